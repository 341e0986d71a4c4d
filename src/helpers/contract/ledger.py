"""The ledger: what became of every row that was read, in rows and in money, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from helpers.errors import one_line

if TYPE_CHECKING:
    import pandas as pd

Outcome = Literal["read", "dropped", "refund", "reversed", "erased", "changed", "noted", "kept"]

CENT = Decimal("0.01")
ADDEND = ("dropped", "refund", "reversed", "erased", "kept")
SHOWN_LENGTH = 40
WITHDRAWN = "consent to analysis withdrawn: no row of their own"
"""The rule that notes orders of customers who count in totals only."""


@dataclass(frozen=True)
class Entry:
    """One line of the ledger.

    Rows that are read are kept, dropped, refunds, reversed (an order and the refund that undid it) or erased (of a
    customer who was), each once; `changed` and `noted` rows are among the kept ones.
    `amount` is signed as delivered (a refund is below zero) and None where the table has no money.
    """

    table: str
    rule: str
    outcome: Outcome
    row_count: int
    amount: Decimal | None = None
    first_example: str = ""


def to_cents(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of one table with amounts in cents, such that those of all rows that went one way add up.

    Read, kept, changed and noted are rounded as usual. Fractions of a cent that rounding would lose are put on the
    other entries than kept, the largest remainder first, so that none is further than a cent from its exact sum.
    """
    rounded = [replace(entry, amount=_cents(entry.amount)) for entry in entries]
    parts = [i for i, entry in enumerate(rounded) if entry.outcome in ADDEND and entry.amount is not None]
    total = sum((entry.amount or CENT * 0 for entry in rounded if entry.outcome == "read"), CENT * 0)
    missing = total - sum((rounded[i].amount or CENT * 0 for i in parts), CENT * 0)
    step = CENT.copy_sign(missing)
    movable = [i for i in parts if rounded[i].outcome != "kept" and entries[i].row_count] or parts
    movable.sort(key=lambda i: (_amount(entries[i]) - _amount(rounded[i])) * step, reverse=True)
    for i in movable[: int(abs(missing) / CENT)]:
        rounded[i] = replace(rounded[i], amount=_amount(rounded[i]) + step)
    return rounded


def _amount(entry: Entry) -> Decimal:
    return Decimal(0) if entry.amount is None else entry.amount


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)


class Kept:
    """What has the entries of a ledger, with the same as a frame for whoever wants one."""

    entries: tuple[Entry, ...]

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """The ledger, a row for each entry, as `frame` gives it."""
        return frame(self.entries)


def listed(ledger: pd.DataFrame | Sequence[Entry]) -> Sequence[Entry]:
    """The entries of a ledger, where it is a frame; such entries as they are."""
    if isinstance(ledger, Sequence):
        return ledger
    return [Entry(**{str(name): value for name, value in row.items()}) for row in ledger.to_dict("records")]


def frame(entries: Iterable[Entry]) -> pd.DataFrame:
    """The entries as a frame, a row each: table, rule, outcome, row_count, amount (Decimal), first_example."""
    import pandas as pd  # for notebooks: whoever checks a report in a terminal does without

    columns = list(Entry.__dataclass_fields__)
    return pd.DataFrame([asdict(entry) for entry in entries], columns=columns).astype({"amount": object})


def shown(value: object) -> str:
    """A value as it is shown to people: in quotation marks where it is text, cut where it is long."""
    text = one_line(value if isinstance(value, str) else str(value))
    text = text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text
