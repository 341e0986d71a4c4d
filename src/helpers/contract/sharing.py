"""Checked tables that the notebooks of a report share: the first to ask has them checked, the others read them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from helpers.connectors.delivery import InputFile, are_small, connect
from helpers.connectors.found_once import find_once, place_of
from helpers.contract.canonical import Observed, Tables
from helpers.contract.ledger import Entry
from helpers.contract.spans import DayCount
from helpers.errors import ContractError, ParamsError

SHARE_VARIABLE = "REGULARS_CHECKED_DIR"
"""Names the folder in which the notebooks of a report leave checked tables for one another; it goes with the run."""
NAMED = ("orders", "refunds", "order_items", "products", "customers", "reversed_orders", "withdrawn")
ERRORS: dict[str, type[ContractError | ParamsError]] = {"contract": ContractError, "params": ParamsError}


def once(asked: Mapping[str, Any], check: Callable[[], Tables]) -> Tables:
    """The tables that are asked for, checked once for all who share a folder; what is wrong with them, told to each.

    Parameters
    ----------
    asked
        All that the tables depend on, as plain JSON.
    check
        Reads and checks them.

    Raises
    ------
    ContractError, ParamsError
        What `check` raised, now or when another notebook asked.
    """
    folder = os.environ.get(SHARE_VARIABLE)
    if not folder:
        return check()
    place = place_of(folder, asked)
    _find_out_once(place, lambda: _written(check(), place))
    return _read(place)


def once_in_place(
    asked: Mapping[str, Any], check: Callable[[], Tables], again: Callable[[Observed, bool], Tables]
) -> Tables:
    """The tables that are asked for, on the engine where they stay: what was found out about them is shared alone.

    Parameters
    ----------
    asked
        All that the tables depend on, as plain JSON.
    check
        Checks and makes them.
    again
        Makes them once more for another notebook and checks nothing; given the days of which they tell, and whether
        some orders are reversed.

    Raises
    ------
    ContractError, ParamsError
        What `check` raised, now or when another notebook asked.
    """
    folder = os.environ.get(SHARE_VARIABLE)
    if not folder:
        return check()
    place, made = place_of(folder, asked), list[Tables]()

    def facts() -> dict[str, Any]:
        made.append(check())
        return _facts(made[0])

    _find_out_once(place, facts)
    known = _known(place)
    if made:
        return made[0]
    return replace(again(_observed(known), known["has_reversed"]), **_of_facts(known))


def _find_out_once(place: Path, found: Callable[[], dict[str, Any]]) -> None:
    """Write what is found out about tables, or what is wrong with them, unless another notebook has."""

    def facts() -> dict[str, Any]:
        try:
            return found()
        except (ContractError, ParamsError) as error:
            kind = next(name for name, known in ERRORS.items() if isinstance(error, known))
            return {"error": {"kind": kind, "message": str(error)}}

    find_once(place / "facts.json", facts)


def _written(tables: Tables, place: Path) -> dict[str, Any]:
    """Every table as a Parquet file in a folder; returns all else that is known of them, as plain JSON."""
    named = {name: table for name in NAMED if (table := getattr(tables, name)) is not None}
    everything = named | {f"others.{name}": table for name, table in tables.others.items()}
    for name, table in everything.items():
        table.to_parquet(_file(place, name))
    return {"schemas": {name: _schema(table) for name, table in everything.items()}, **_facts(tables)}


def _file(place: Path, name: str) -> Path:
    return place / f"{name}.parquet"


def _facts(tables: Tables) -> dict[str, Any]:
    """All that is known of tables beside their rows, as plain JSON."""
    seen = tables.observed
    return {
        "has_reversed": tables.reversed_orders is not None,
        "observed": {**asdict(seen), **{key: getattr(seen, key).isoformat() for key in DAYS}},
        "ledger": [_plain(asdict(entry)) for entry in tables.entries],
        "inputs": [asdict(one) for one in tables.inputs],
        "notes": list(tables.notes),
        "remarks": list(tables.remarks),
        "rows_after": {name: int(count) for name, count in tables.rows_after.items()},
        "is_simulated": bool(tables.is_simulated),
        "other_currency_count": int(tables.other_currency_count),
        "far_days": [[day.isoformat(), int(order_count)] for day, order_count in tables.far_days],
    }


DAYS = ("as_of", "first_on", "watched_until")


def _schema(table: ir.Table) -> dict[str, str]:
    return {name: str(kind) for name, kind in table.schema().items()}


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    amount = row["amount"]
    return {**row, "row_count": int(row["row_count"]), "amount": None if amount is None else str(amount)}


def _read(place: Path) -> Tables:
    facts = _known(place)
    connection = connect(begins_small=are_small(_file(place, name) for name in facts["schemas"]))
    tables = {name: _table(connection, place, name, schema) for name, schema in facts["schemas"].items()}
    return Tables(
        backend=connection,
        orders=tables["orders"],
        refunds=tables["refunds"],
        order_items=tables.get("order_items"),
        products=tables.get("products"),
        customers=tables.get("customers"),
        reversed_orders=tables.get("reversed_orders"),
        withdrawn=tables.get("withdrawn"),
        others={name.removeprefix("others."): one for name, one in tables.items() if name.startswith("others.")},
        **_of_facts(facts),
    )


def _known(place: Path) -> dict[str, Any]:
    """What was found out about tables, or the error that it was."""
    facts: dict[str, Any] = json.loads((place / "facts.json").read_text(encoding="utf-8"))
    if "error" in facts:
        raise ERRORS[facts["error"]["kind"]](facts["error"]["message"])
    return facts


def _observed(facts: Mapping[str, Any]) -> Observed:
    days = {key: date.fromisoformat(facts["observed"][key]) for key in DAYS}
    return Observed(stale_days=int(facts["observed"]["stale_days"]), **days)


def _of_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of tables that are not rows."""
    entries = (Entry(**{**row, "amount": row["amount"] and Decimal(row["amount"])}) for row in facts["ledger"])
    return {
        "observed": _observed(facts),
        "entries": tuple(entries),
        "inputs": tuple(InputFile(**one) for one in facts["inputs"]),
        "notes": tuple(facts["notes"]),
        "remarks": tuple(facts["remarks"]),
        "rows_after": facts["rows_after"],
        "is_simulated": facts["is_simulated"],
        "other_currency_count": facts["other_currency_count"],
        "far_days": tuple(DayCount(date.fromisoformat(day), count) for day, count in facts["far_days"]),
    }


def _table(connection: Backend, place: Path, name: str, schema: Mapping[str, str]) -> ir.Table:
    table = connection.read_parquet(_file(place, name), table_name=name.replace(".", "_"))
    return table.cast(ibis.schema(dict(schema)))
