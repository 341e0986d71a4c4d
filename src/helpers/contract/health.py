"""Whether delivered data can carry a report: one light, and each reason for it, by rules that the params state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import nan
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from helpers.contract.coverage import Coverage
from helpers.contract.ledger import WITHDRAWN, Entry, listed
from helpers.watching import Readable

if TYPE_CHECKING:
    import pandas as pd

Light = Literal["green", "amber", "red"]
LIGHTS: tuple[Light, ...] = get_args(Light)
"""From the best to the worst."""
RuleName = Literal[
    "stale",
    "dropped",
    "far",
    "hole",
    "young",
    "few_orders",
    "few_customers",
    "refunds",
    "customer",
    "order",
    "reversed",
    "unknown",
    "currency",
    "unweighted",
]


@dataclass(frozen=True)
class Limits(Readable):
    """From where on data are doubtful: days, weeks, and shares between 0 and 1; the parameters of the same names."""

    stale_days: int
    warn_share: float
    alarm_share: float
    least_weeks: int
    least_orders: int
    least_customers: int
    hole_days: int
    far_days: int
    refund_share: float
    outsized_share: float
    unknown_share: float


class Dropped(NamedTuple):
    """A rule that dropped rows of a table: how many, and their share (0 to 1) of the rows read."""

    table: str
    rule: str
    row_count: int
    share: float


@dataclass(frozen=True)
class LeftOut(Readable):
    """How many rows of a table were read, and how many of them all rules together left out.

    `dropped_share` is between 0 and 1, of the rows read; `withdrawn_count` are rows of customers who withdrew consent
    to analysis, among the kept ones, which count in totals only.
    """

    read_count: int
    dropped_count: int
    withdrawn_count: int

    @property
    def dropped_share(self) -> float:
        return self.dropped_count / self.read_count if self.read_count else nan


@dataclass(frozen=True)
class Reason(Readable):
    """Why the light is not green: the rule, how bad it is, what was found, and the limit it passed.

    `size` is days (stale, hole), weeks (young), rows (currency), orders (far, few_orders), customers (few_customers) or
    a share between 0 and 1 (the others),
    and `limit` is in the same unit, but days for orders far from all others; `start` and `end` are the days
    it is about; `name` is the table and rule that dropped rows.
    """

    rule: RuleName
    light: Light
    size: float
    limit: float
    start: date | None = None
    end: date | None = None
    name: str = ""


@dataclass(frozen=True)
class Health(Readable):
    """The light of the data, and the reasons for it, the worst first; green has none."""

    light: Light
    reasons: tuple[Reason, ...]


def judge(coverage: Coverage, ledger: pd.DataFrame | Sequence[Entry], *, as_of: date, limits: Limits) -> Health:
    """The light of the data: the worst of what its rules say.

    Parameters
    ----------
    coverage
        What the orders cover, by `coverage.measure`.
    ledger
        One row per table, rule and outcome, as `contract.loading.load` gives it, or the entries that it is made of.
    as_of
        The day the report speaks from.
    limits
        The limits of each rule. Stale data, dates far from all others, data of less than a quarter of the weeks, orders
        or customers needed, and rules that drop more than the alarm share are red; everything else is amber.
    """
    entries = listed(ledger)
    reasons = [*_of_days(coverage, as_of, limits), *_of_rows(entries, limits), *_of_money(coverage, limits)]
    reasons += _of_customers(coverage, entries, limits)
    return _worst_first(reasons)


def judge_survey(ledger: pd.DataFrame | Sequence[Entry], *, unweighted_share: float, limits: Limits) -> Health:
    """The light of a survey: rules that dropped many of its rows, and interviews without a weight.

    Parameters
    ----------
    ledger
        One row per table, rule and outcome; the tables whose names begin with `survey` are judged.
    unweighted_share
        Share of the interviews, 0 to 1, whose weight is missing though others have one.
    limits
        `warn_share` and `alarm_share` are asked.
    """
    reasons = [*_of_rows([entry for entry in listed(ledger) if entry.table.startswith("survey")], limits)]
    if unweighted_share > limits.warn_share:
        is_red = unweighted_share > limits.alarm_share
        limit = limits.alarm_share if is_red else limits.warn_share
        reasons.append(Reason("unweighted", "red" if is_red else "amber", unweighted_share, limit))
    return _worst_first(reasons)


def _worst_first(reasons: list[Reason]) -> Health:
    reasons = sorted(reasons, key=lambda reason: -LIGHTS.index(reason.light))
    return Health(reasons[0].light if reasons else "green", tuple(reasons))


def _of_days(coverage: Coverage, as_of: date, limits: Limits) -> Iterator[Reason]:
    far = coverage.far_days
    if far:
        order_count = sum(one.order_count for one in far)
        yield Reason("far", "red", order_count, limits.far_days, far[0].day, far[-1].day)
    apart = {one.day for one in far}
    days = [one.day for one in coverage.days if one.day not in apart]
    last = days[-1]
    idle_days = (as_of - last).days
    if idle_days >= limits.stale_days:
        yield Reason("stale", "red", idle_days, limits.stale_days, last, as_of)
    yield from _holes(days, limits.hole_days)
    weeks = ((last - days[0]).days + 1) / 7
    least: tuple[tuple[RuleName, float, int], ...] = (
        ("young", weeks, limits.least_weeks),
        ("few_orders", coverage.order_count, limits.least_orders),
        ("few_customers", coverage.customer_count, limits.least_customers),
    )
    for rule, size, limit in least:
        if size < limit:
            yield Reason(rule, "red" if 4 * size < limit else "amber", size, limit)


def _holes(days: Sequence[date], hole_days: int) -> Iterator[Reason]:
    """The longest stretch without any order, the first of them, where it is too long."""
    holes = [((later - day).days - 1, day, later) for day, later in pairwise(days)]
    empty_days, day, later = max(holes, key=lambda hole: hole[0], default=(0, days[0], days[0]))
    if empty_days >= hole_days:
        yield Reason("hole", "amber", empty_days, hole_days, day, later)


def _of_rows(entries: Sequence[Entry], limits: Limits) -> Iterator[Reason]:
    for one in dropped_shares(entries):
        if one.share > limits.warn_share:
            is_red = one.share > limits.alarm_share
            light: Light = "red" if is_red else "amber"
            limit = limits.alarm_share if is_red else limits.warn_share
            yield Reason("dropped", light, one.share, limit, name=f"{one.table}: {one.rule}")


def _of_money(coverage: Coverage, limits: Limits) -> Iterator[Reason]:
    revenue = coverage.revenue
    if coverage.refund_amount > limits.refund_share * revenue:
        yield Reason("refunds", "amber", _ratio(coverage.refund_amount, revenue), limits.refund_share)
    largest: Iterable[tuple[RuleName, float]] = (
        ("customer", max(one.share for one in coverage.top_customers)),
        ("order", max(one.share for one in coverage.top_orders)),
        ("reversed", _ratio(coverage.reversed_amount, revenue)),
    )
    for rule, share in largest:
        if share > limits.outsized_share:
            yield Reason(rule, "amber", share, limits.outsized_share)


def _of_customers(coverage: Coverage, entries: Sequence[Entry], limits: Limits) -> Iterator[Reason]:
    unknown = [one.row_count for one in entries if (one.table, one.rule) == ("orders", "customer_id not in customers")]
    share = sum(unknown) / coverage.order_count
    if share > limits.unknown_share:
        yield Reason("unknown", "amber", share, limits.unknown_share)
    if coverage.other_currency_count:
        yield Reason("currency", "amber", coverage.other_currency_count, 0)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("inf") if part else 0.0


def dropped_shares(ledger: pd.DataFrame | Sequence[Entry]) -> list[Dropped]:
    """The rules that dropped rows, the worst first."""
    entries = listed(ledger)
    read = _sums(entry for entry in entries if entry.outcome == "read")
    dropped = [
        Dropped(
            entry.table, entry.rule, entry.row_count, entry.row_count / read[entry.table] if read[entry.table] else 0.0
        )
        for entry in entries
        if entry.outcome == "dropped"
    ]
    return sorted(dropped, key=lambda one: -one.share)


def _sums(entries: Iterable[Entry]) -> Counter[str]:
    """The rows of entries by table."""
    sums = Counter[str]()
    for entry in entries:
        sums[entry.table] += entry.row_count
    return sums


def with_shares(ledger: pd.DataFrame) -> pd.DataFrame:
    """The ledger with the share of the table's rows that each of its rows stands for: share, 0 to 1."""
    read = ledger[ledger["outcome"] == "read"].groupby("table")["row_count"].sum()
    return ledger.assign(share=ledger["row_count"] / ledger["table"].map(read).astype(float))


def left_out(ledger: pd.DataFrame | Sequence[Entry]) -> dict[str, LeftOut]:
    """How many rows of each table were left out by all rules together, and how many count in totals only, by table."""
    entries = listed(ledger)
    read, dropped = (_sums(one for one in entries if one.outcome == outcome) for outcome in ("read", "dropped"))
    withdrawn = _sums(entry for entry in entries if entry.rule == WITHDRAWN)
    return {
        table: LeftOut(read[table], dropped[table], withdrawn[table])
        for table in sorted({entry.table for entry in entries})
    }
