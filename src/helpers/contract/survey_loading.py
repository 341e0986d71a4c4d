"""The tables of a survey, with orders or without: what the notebook needs, checked against the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from helpers.connectors.damage import readable
from helpers.connectors.delivery import InputFile, connect
from helpers.contract import checking, counting, loading, rules
from helpers.contract.checking import Checked, Terms
from helpers.contract.ledger import Entry, Kept
from helpers.errors import ContractError, ParamsError, message
from helpers.project import project_root
from helpers.schema import SCHEMAS
from helpers.schema.sources import TableSource
from helpers.watching import Readable


@dataclass(frozen=True, eq=False)
class Survey(Kept, Readable):
    """A survey as of the day of the report.

    A row of `responses` is an answer, of `questions` a question; of `invitations` a customer who was asked to answer;
    `customers`, `invitations`, `orders` (until `watched_until`) and
    `tickets` are None where they were not delivered, and without customers who withdrew consent to analysis where
    these are told. `withdrawn` are those customers: they count in totals and are never quoted; None where there are
    none. The other fields are those of `canonical.Tables`.
    """

    responses: ir.Table
    questions: ir.Table
    customers: ir.Table | None
    invitations: ir.Table | None
    orders: ir.Table | None
    tickets: ir.Table | None
    watched_until: date
    entries: tuple[Entry, ...] = field(repr=False)
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    is_simulated: bool
    withdrawn: ir.Table | None = None


@readable("the delivered tables")
def load(
    sources: Mapping[str, TableSource], *, as_of: date, currency: str, root: Path | None = None, **more: Any
) -> Survey:
    """The tables of a survey, checked against the contract.

    Parameters
    ----------
    sources
        The description of each delivered table by its canonical name; survey_responses and survey_questions must be
        there. With orders, all tables are loaded as `loading.load` does, erased customers left out.
    as_of, currency, root
        As `loading.load` takes them, and `more` too, where there are orders.

    Raises
    ------
    ParamsError
        A column or rule that is stated cannot be, whatever the data.
    ContractError
        The data do not meet the contract. All problems are reported at once.
    """
    if "orders" in sources:
        tables = loading.load(sources, as_of=as_of, currency=currency, root=root, **more)
        said, asked = tables.others["survey_responses"], tables.others["survey_questions"]
        theirs = tables.with_consent()
        return Survey(
            responses=said,
            questions=asked,
            customers=tables.customers,
            invitations=tables.others.get("survey_invitations"),
            orders=theirs.orders,
            tickets=theirs.others.get("tickets"),
            watched_until=tables.observed.watched_until,
            entries=tables.entries,
            inputs=tables.inputs,
            notes=tables.notes,
            remarks=tables.remarks,
            is_simulated=tables.is_simulated,
            withdrawn=tables.withdrawn,
        )
    problems = [text for name, one in sources.items() for text in checking.statement_problems(name, one)]
    if problems:
        raise ParamsError(message("the tables of the params must be stated in canonical names", problems))
    checked = _checked(sources, as_of, Terms(currency, more.get("time_zone")), root or project_root())
    counts = {name: counting.count(one, currency=currency) for name, one in checked.items()}
    problems = [
        text for name, one in checked.items() for text in counting.value_problems(one, counts[name], currency=currency)
    ]
    if problems:
        raise ContractError(message("the tables of the survey must meet their contracts", problems))
    entries = tuple(entry for name, one in checked.items() for entry in counting.entries(one, counts[name]))
    kept = {name: _kept(one) for name, one in checked.items()}
    delivered = [one.stated.delivered for one in checked.values()]
    return Survey(
        responses=kept["survey_responses"],
        questions=kept["survey_questions"],
        customers=kept.get("customers"),
        invitations=kept.get("survey_invitations"),
        orders=None,
        tickets=kept.get("tickets"),
        watched_until=as_of,
        entries=entries,
        inputs=tuple(one for source in delivered for one in source.inputs),
        notes=tuple(note for one in checked.values() for note in one.notes),
        remarks=tuple(said for one in checked.values() for said in one.remarks),
        is_simulated=any(source.is_simulated for source in delivered),
    )


def _checked(sources: Mapping[str, TableSource], as_of: date, terms: Terms, root: Path) -> dict[str, Checked]:
    connection = connect(begins_small=True)
    stated = {name: checking.state(connection, name, source, root=root) for name, source in sources.items()}
    problems = [text for table in stated.values() for text in checking.mapping_problems(table)]
    if problems:
        raise ContractError(message("the tables of the survey must meet their contracts", problems))
    return {name: checking.check(connection, table, as_of=as_of, terms=terms) for name, table in stated.items()}


def _kept(checked: Checked) -> ir.Table:
    rows = checked.rows.filter(checked.rows["_outcome"] == rules.KEPT)
    return rows.select(*(name for name in SCHEMAS[checked.stated.name].names if name in rows.columns))
