"""Whether delivered data can carry a report: one light, and each reason for it, by rules that the params state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np
import pandas as pd

from helpers.contract.coverage import Coverage
from helpers.contract.ledger import WITHDRAWN
from helpers.watching import Readable

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


def judge(coverage: Coverage, ledger: pd.DataFrame, *, as_of: date, limits: Limits) -> Health:
    """The light of the data: the worst of what its rules say.

    Parameters
    ----------
    coverage
        What the orders cover, by `coverage.measure`.
    ledger
        One row per table, rule and outcome, as `contract.loading.load` gives it.
    as_of
        The day the report speaks from.
    limits
        The limits of each rule. Stale data, dates far from all others, data of less than a quarter of the weeks, orders
        or customers needed, and rules that drop more than the alarm share are red; everything else is amber.
    """
    reasons = [*_of_days(coverage, as_of, limits), *_of_rows(ledger, limits), *_of_money(coverage, limits)]
    reasons += _of_customers(coverage, ledger, limits)
    return _worst_first(reasons)


def judge_survey(ledger: pd.DataFrame, *, unweighted_share: float, limits: Limits) -> Health:
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
    reasons = [*_of_rows(ledger[ledger["table"].str.startswith("survey")], limits)]
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
    if len(far):
        yield Reason(
            "far", "red", int(far["order_count"].sum()), limits.far_days, far["day"].iloc[0], far["day"].iloc[-1]
        )
    daily = coverage.daily
    days = pd.to_datetime(daily.loc[~daily["day"].isin(far["day"]), "day"]).reset_index(drop=True)
    last = days.iloc[-1].date()
    idle_days = (as_of - last).days
    if idle_days >= limits.stale_days:
        yield Reason("stale", "red", idle_days, limits.stale_days, last, as_of)
    yield from _holes(days, limits.hole_days)
    weeks = ((days.iloc[-1] - days.iloc[0]).days + 1) / 7
    least: tuple[tuple[RuleName, float, int], ...] = (
        ("young", weeks, limits.least_weeks),
        ("few_orders", coverage.order_count, limits.least_orders),
        ("few_customers", coverage.customer_count, limits.least_customers),
    )
    for rule, size, limit in least:
        if size < limit:
            yield Reason(rule, "red" if 4 * size < limit else "amber", size, limit)


def _holes(days: pd.Series[pd.Timestamp], hole_days: int) -> Iterator[Reason]:
    """The longest stretch without any order, where it is too long."""
    empty_days = days.diff().dt.days.fillna(1).to_numpy() - 1
    place = int(np.argmax(empty_days))
    if empty_days[place] >= hole_days:
        yield Reason("hole", "amber", int(empty_days[place]), hole_days, days[place - 1].date(), days[place].date())


def _of_rows(ledger: pd.DataFrame, limits: Limits) -> Iterator[Reason]:
    for row in dropped_shares(ledger).to_dict("records"):
        if row["share"] > limits.warn_share:
            is_red = row["share"] > limits.alarm_share
            light: Light = "red" if is_red else "amber"
            limit = limits.alarm_share if is_red else limits.warn_share
            yield Reason("dropped", light, float(row["share"]), limit, name=f"{row['table']}: {row['rule']}")


def _of_money(coverage: Coverage, limits: Limits) -> Iterator[Reason]:
    revenue = coverage.revenue
    if coverage.refund_amount > limits.refund_share * revenue:
        yield Reason("refunds", "amber", _ratio(coverage.refund_amount, revenue), limits.refund_share)
    largest: Iterable[tuple[RuleName, float]] = (
        ("customer", float(coverage.largest_customers["share"].max())),
        ("order", float(coverage.largest_orders["share"].max())),
        ("reversed", _ratio(coverage.reversed_amount, revenue)),
    )
    for rule, share in largest:
        if share > limits.outsized_share:
            yield Reason(rule, "amber", share, limits.outsized_share)


def _of_customers(coverage: Coverage, ledger: pd.DataFrame, limits: Limits) -> Iterator[Reason]:
    unknown = ledger[(ledger["table"] == "orders") & (ledger["rule"] == "customer_id not in customers")]
    share = float(unknown["row_count"].sum()) / coverage.order_count
    if share > limits.unknown_share:
        yield Reason("unknown", "amber", share, limits.unknown_share)
    if coverage.other_currency_count:
        yield Reason("currency", "amber", coverage.other_currency_count, 0)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("inf") if part else 0.0


def dropped_shares(ledger: pd.DataFrame) -> pd.DataFrame:
    """The rules that dropped rows, the worst first: table, rule, row_count, share (0 to 1, of the table's rows)."""
    shares = with_shares(ledger)
    shares = shares.loc[shares["outcome"] == "dropped", ["table", "rule", "row_count", "share"]]
    return shares.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def with_shares(ledger: pd.DataFrame) -> pd.DataFrame:
    """The ledger with the share of the table's rows that each of its rows stands for: share, 0 to 1."""
    read = ledger[ledger["outcome"] == "read"].groupby("table")["row_count"].sum()
    return ledger.assign(share=ledger["row_count"] / ledger["table"].map(read).astype(float))


def left_out(ledger: pd.DataFrame) -> pd.DataFrame:
    """How many rows of each table were left out by all rules together, and how many count in totals only.

    Returns
    -------
    pandas.DataFrame
        One row per table, by name: table, read_count, dropped_count, dropped_share (0 to 1, of the rows read),
        withdrawn_count (rows of customers who withdrew consent to analysis, among the kept ones).
    """
    counts = ledger.pivot_table(index="table", columns="outcome", values="row_count", aggfunc="sum", fill_value=0)
    counts = counts.reindex(columns=["read", "dropped"], fill_value=0).astype("int64").rename_axis(columns=None)
    counts = counts.rename(columns={"read": "read_count", "dropped": "dropped_count"})
    withdrawn = ledger[ledger["rule"] == WITHDRAWN].groupby("table")["row_count"].sum()
    return counts.assign(
        dropped_share=counts["dropped_count"] / counts["read_count"],
        withdrawn_count=withdrawn.reindex(counts.index, fill_value=0).astype("int64"),
    ).reset_index()
