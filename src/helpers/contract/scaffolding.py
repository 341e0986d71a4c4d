"""A first params file for data that nobody has described yet: guesses, each with its reason, and the doubts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from helpers.connectors import warehouses
from helpers.connectors.damage import readable
from helpers.connectors.delivery import Delivered, connect, deliver
from helpers.contract import currencies, filling, grain, last_days, params_text, rule_proposals, sheet_choice
from helpers.contract.column_names import name_score
from helpers.contract.column_profiles import Profile
from helpers.contract.evidence import single_row
from helpers.contract.grain import Grain
from helpers.contract.guessing import Guess, Guesses, guess
from helpers.contract.params_text import WHAT
from helpers.contract.parsing import Parsed, parse_id
from helpers.contract.rule_proposals import Proposed
from helpers.errors import ParamsError, nearest
from helpers.project import REPORT_NAME
from helpers.schema.sources import OrdersSource

OF_LINES = ("product_id", "quantity", "unit_price", "category")
OPTIONS = {"order_id": "--order-id", "customer_id": "--customer", "ordered_at": "--ordered-at", "amount": "--amount"}


@dataclass(frozen=True)
class Answers:
    """What somebody states of the orders: answers to the questions of an earlier proposal; None where it is open.

    `columns` are delivered columns by canonical name; `rules` are names of proposed rules to take, or `all`.
    """

    table: str | None = None
    header_row: int | None = None
    time_zone: str | None = None
    currency: str | None = None
    as_of: date | None = None
    date_format: str | None = None
    grain: Literal["order", "line"] | None = None
    amount_of: Literal["row", "order"] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A params file as text, what it takes the data for, and in sentences what a person should check in it."""

    text: str
    unsure: tuple[str, ...]
    summary: tuple[str, ...] = ()


@readable("the delivered table")
def propose(name: str, orders_path: Path | str, *, root: Path, answers: Answers | None = None) -> Proposal:
    """A commented params file for a report on the orders in a file.

    Parameters
    ----------
    name
        Name of the report.
    orders_path
        The orders: whatever `source` may be in the params (file, folder, glob, built-in ...).
    root
        The folder at which relative paths start.
    answers
        What is known already, such as the sheet of a workbook or the time zone of the shop.

    Returns
    -------
    Proposal
        Its text is read by `params.report_files.read_report`; columns that were not found stand in it as comments.

    Raises
    ------
    ParamsError
        The name cannot be one of a report, there is no such file, or an answer names what is not there.
    ContractError
        The file cannot be read.
    """
    if not REPORT_NAME.fullmatch(name):
        raise ParamsError(
            f"report name {name!r} must be letters, digits, _ and - only, 64 at most, since it names a folder."
        )
    given = answers or Answers()
    source = OrdersSource(
        source=_written(orders_path, root),
        table=given.table,
        header_row=given.header_row,
        date_format=given.date_format,
    )
    look = _look(connect(begins_small=True), source, given, root)
    return Proposal(params_text.write(name, look), tuple(look.unsure), tuple(_summary(look)))


def _written(path: Path | str, root: Path) -> str:
    """The path as the params should name it: from the root where it lies below it."""
    given = Path(path)
    if given.is_absolute() and given.is_relative_to(root.resolve()):
        return given.relative_to(root.resolve()).as_posix()
    return str(path)


def _look(connection: Backend, source: OrdersSource, given: Answers, root: Path) -> params_text.Found:
    if stays := warehouses.stays(source):
        (delivered, whole), sheet_doubts = warehouses.sampled(connection, source), list[str]()
    else:
        source, sheet_doubts = sheet_choice.chosen(source, root=root)
        delivered = deliver(connection, source, root=root)
        whole = delivered.table
    _check_answers(given, delivered.table)
    seen = guess(delivered.table, stated=given.columns)
    told = grain.presence(delivered.table, seen.names)
    merged = grain.merged_columns(told, seen.names)
    sparse = merged or grain.sparse_columns(told, seen.names)
    source, delivered, half_told = _filled(connection, source, delivered, seen, merged=merged, sparse=sparse)
    table, columns = delivered.table, seen.names
    of_first = () if merged else tuple(source.fill_down)
    numbers = grain.parsed_numbers(table, columns)
    what = _grain(grain.find(table, columns, numbers=numbers, merged=merged, sparse=of_first), given)
    kept = {name: one for name, one in seen.columns.items() if _belongs(name, what, columns)}
    mapped = {name: one.column for name, one in kept.items()}
    zone = given.time_zone or delivered.zones.get(mapped.get("ordered_at", ""))
    days = last_days.find(
        table, mapped.get("ordered_at"), date_format=given.date_format, time_zone=zone, whole=whole if stays else None
    )
    numbers = {name: parsed for name, parsed in numbers.items() if name in mapped}
    currency, currency_doubts = (given.currency, []) if given.currency else currencies.find(table, mapped, numbers)
    rules = rule_proposals.find(table, mapped, seen.profiles, what, numbers=numbers, far_years=days.far_years)
    _check_rules(given, rules)
    used = {*mapped.values(), *(name for rule in rules for name in seen.profiles if name in rule.yaml)}
    source = source.model_copy(update={"fill_down": [name for name in source.fill_down if name in used]})
    unsure = [
        *sheet_doubts,
        *_column_doubts(kept, given),
        *half_told,
        *(() if given.amount_of or given.grain else what.doubts),
        *days.doubts,
        *_value_doubts(table, mapped, numbers),
        *currency_doubts,
        *_refund_doubts(table, mapped, what, grain.number(numbers, "refund_amount")),
        *(_rule_doubt(rule) for rule in rules if not {rule.name, "all"} & set(given.rules)),
    ]
    return params_text.Found(
        source=source,
        notes=delivered.notes,
        delivered=[name for name in table.columns if not name.startswith("_")],
        columns=kept,
        set_aside=_set_aside(seen.profiles, mapped),
        grain=what,
        rules=rules,
        as_of=given.as_of or days.as_of,
        currency=str(currency),
        time_zone=given.time_zone,
        taken=frozenset(given.rules),
        unsure=unsure,
    )


def _check_answers(given: Answers, table: ir.Table) -> None:
    there = [name for name in table.columns if not name.startswith("_")]
    for canonical, name in given.columns.items():
        if name not in there:
            option = OPTIONS.get(canonical, canonical)
            raise ParamsError(f"{option} names column {name!r}, which is not there.{nearest(name, there)}")


def _check_rules(given: Answers, rules: Sequence[Proposed]) -> None:
    known = ["all", *(rule.name for rule in rules)]
    for name in given.rules:
        if name not in known:
            raise ParamsError(f"--take names the rule {name!r}, which is not proposed.{nearest(name, known)}")


def _filled(
    connection: Backend,
    source: OrdersSource,
    delivered: Delivered,
    seen: Guesses,
    *,
    merged: tuple[str, ...],
    sparse: tuple[str, ...],
) -> tuple[OrdersSource, Delivered, list[str]]:
    """The orders with cells filled down that are told on the first row of an order only, and what to ask about it."""
    if not sparse:
        return source, delivered, []
    # of the many columns of some exports only those that are mapped, or may tell what became of an order
    mapped = set(seen.names.values())
    shown = [name for name in sparse if name in mapped or seen.profiles[name].distinct <= rule_proposals.MOST_LEVELS]
    shown += [name for name in sparse if name not in shown and rule_proposals.is_mark(name)]
    filled = source.model_copy(update={"fill_down": shown})
    again = filling.fill_down(connection, delivered, fill=shown, columns=seen.names)
    again = replace(again, notes=delivered.notes)
    if not merged:
        return filled, again, []
    both = grain.totals(again.table, delivered.table, seen.names)
    named = ", ".join(f"`{name}`" for name in merged[:4])
    doubt = (
        f"{named} stand on the first row of an order only, as merged cells do: they are filled down (`fill_down`). "
        f"In all {both[0]}; the rows with an order alone would be {both[1]}."
    )
    return filled, again, [doubt]


def _grain(look: Grain, given: Answers) -> Grain:
    """What a row is, as it was found or as somebody stated it."""
    is_line = look.is_line if given.grain is None else given.grain == "line"
    amount_of = (given.amount_of or look.amount_of) if is_line else "row"
    if (is_line, amount_of) == (look.is_line, look.amount_of):
        return look
    retold = 0 if is_line else look.retold
    return replace(look, is_line=is_line, amount_of=amount_of, retold=retold, reason="as stated")


def _belongs(canonical: str, what: Grain, columns: Mapping[str, str]) -> bool:
    """Whether a column may be mapped: those of a line only where rows are lines, or where they make the amount."""
    if canonical in ("quantity", "unit_price") and "amount" not in columns:
        return True
    if canonical == "discount_amount" and what.amount_of == "order":
        return False  # of the order or of the line: nothing tells which
    return what.is_line or canonical not in OF_LINES


def _column_doubts(guesses: Mapping[str, Guess], given: Answers) -> list[str]:
    doubts = []
    for canonical, one in guesses.items():
        if canonical in given.columns:
            continue
        others = f" It could also be {', '.join(f'`{rival}`' for rival in one.rivals[:3])}." if one.rivals else ""
        odd = f": {one.why}" if one.why else ""
        option = f" ({OPTIONS[canonical]})" if canonical in OPTIONS else ""
        if not one.is_sure or (one.rivals and canonical in WHAT):
            doubts.append(f"Column `{one.column}` is taken for `{canonical}`{odd}.{others}{option}")
    for canonical, what in WHAT.items():
        priced = canonical == "amount" and {"quantity", "unit_price"} <= set(guesses)
        if canonical not in guesses and canonical != "order_id" and not priced:
            doubts.append(
                f"No column was found for `{canonical}` ({what}): map it under `columns`, or pass {OPTIONS[canonical]}."
            )
    if "order_id" not in guesses:
        doubts.append("No column looks like an order id: each row is taken for an order of its own. (--order-id)")
    is_open = {"amount", "quantity"} <= set(guesses) and "unit_price" not in guesses and "amount" not in given.columns
    if is_open and name_score("unit_price", guesses["amount"].column):
        doubts.append(f"Is `{guesses['amount'].column}` the sum of the row, or the price of one piece?")
    return doubts


def _value_doubts(table: ir.Table, columns: Mapping[str, str], numbers: Mapping[str, Parsed]) -> list[str]:
    """What keeps numbers and ids from being read; in the words of the contract."""
    ids = {name: parse_id(table, columns[name]) for name in ("order_id", "customer_id") if name in columns}
    look = {**numbers, **ids}
    asked = [(name, shown) for name, parsed in look.items() for shown in (parsed.problem, parsed.doubt) if shown]
    return [f"Column `{columns[name]}` {shown}." for name, shown in asked]


def _refund_doubts(
    table: ir.Table, columns: Mapping[str, str], what: Grain, given_back: ir.NumericValue | None
) -> list[str]:
    """What the column of refunds would give back, where it is not empty."""
    if given_back is None:
        return []
    shown = table.mutate(_back=given_back.cast("float64").abs())
    if what.amount_of == "order" and "order_id" in columns:
        shown = shown.group_by(shown[columns["order_id"]]).aggregate(_back=shown["_back"].max())
    totals = single_row(shown.aggregate(total=shown["_back"].sum(), n=(shown["_back"] > 0).sum()))
    if not totals["n"]:
        return []
    weight = f"{totals['n']:,} time{'' if totals['n'] == 1 else 's'}, {totals['total']:,.2f}"
    return [f"`{columns['refund_amount']}` is taken for what orders gave back ({weight}): refunds beside the revenue."]


def _rule_doubt(rule: Proposed) -> str:
    if rule.is_needed:
        return f"{rule.reason}: the rule `{rule.name}` is in force, since the data cannot be read without; is it right?"
    return f"{rule.reason}: is the rule `{rule.name}` right? (--take '{rule.name}')"


def _set_aside(profiles: Mapping[str, Profile], mapped: Mapping[str, str]) -> dict[str, str]:
    """Columns that are named as money and hold none."""
    money = ("amount", "discount_amount", "refund_amount", "unit_price")
    named = (name for name in profiles if any(name_score(canonical, name) > 40 for canonical in money))
    return {name: "rates, no money" for name in named if name not in mapped.values() and profiles[name].is_rate}


def _summary(look: params_text.Found) -> list[str]:
    """What the orders are taken for, in a few lines."""
    columns = ", ".join(f"{canonical} = {one.column}" for canonical, one in look.columns.items() if canonical in WHAT)
    return [f"Columns: {columns}.", f"Rows: {look.grain.reason}."]
