"""Who is about to leave, and what that puts at stake: a row per customer, and the totals of those at risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.models.statistics import intervals
from helpers.models.statistics.intervals import SMALLEST, Estimate
from helpers.models.survival.survivors import Survivors
from helpers.watching import Readable

PURCHASES, CONTRACT = "purchases", "subscription"
GONE, HIGH, LOW = "gone", "high", "low"
BANDS = (GONE, HIGH, LOW)
"""Risk bands: has gone; is slipping, or likelier to end its subscription than others; neither."""
MONTH_DAYS = 30.436875
COLUMNS = [
    "customer_id",
    "definition",
    "is_gone",
    "p_gone",
    "risk_band",
    "warning_signal",
    "warning_since_on",
    "reason",
    "value_at_risk_amount",
    "purchase_count",
    "days_since_last",
    "p_alive",
    "monthly_amount",
    "p_leaves",
    "driver",
]


def by_purchases(people: pd.DataFrame, spent: pd.DataFrame, *, margin_share: float) -> pd.DataFrame:
    """The customers by their purchases: who has gone, who may go, and what they brought.

    Parameters
    ----------
    people
        One row per customer with an order: customer_id, stage, purchase_count, days_since_last, usual_gap_days,
        comeback_share as `lifecycle.stages` gives them, and p_alive (missing where it cannot be told).
    spent
        Revenue of the latest year, one row per customer who brought any: customer_id, amount.
    margin_share
        Margin of revenue, 0 to 1; 1 where amounts are told as revenue.

    Returns
    -------
    pandas.DataFrame
        One row per customer: customer_id; definition (purchases); is_gone (the stage is lapsed); p_gone (chance not to
        buy within the horizon; missing where nobody has bought on two days); risk_band; warning_signal,
        warning_since_on (missing); reason; value_at_risk_amount (what they brought in the year, times p_gone; 0 for
        who has gone, since nothing is left to lose); purchase_count, days_since_last, p_alive; monthly_amount
        (missing).
    """
    amount = people["customer_id"].map(spent.set_index("customer_id")["amount"]).astype(float).fillna(0.0)
    is_gone = (people["stage"] == "lapsed").to_numpy()
    p_gone = 1 - people["comeback_share"].astype(float)
    band = np.select([is_gone, people["stage"] == "slipping"], [GONE, HIGH], LOW)
    told = people.assign(
        definition=PURCHASES,
        is_gone=is_gone,
        p_gone=p_gone,
        risk_band=band,
        reason=pd.Series(_away(people), people.index, dtype=object).where(band != LOW),
        value_at_risk_amount=np.where(is_gone, 0.0, amount * margin_share * p_gone),
    )
    return told.reset_index(drop=True).reindex(columns=COLUMNS)


def by_contract(tenures: pd.DataFrame, curves: dict[str, Survivors], *, horizon_days: int) -> pd.DataFrame:
    """The subscribers by their subscriptions: which have ended, which may end, and what they pay.

    Parameters
    ----------
    tenures
        One row per subscription, as `features.tenures.tenures` gives them.
    curves
        The survival curve of each plan, in days.
    horizon_days
        Days ahead within which a subscription ends or does not.

    Returns
    -------
    pandas.DataFrame
        One row per customer, whose latest subscription counts: the columns of `by_purchases`. p_gone is the share of
        those of the plan and age who end within the horizon (1 for who has ended; missing where the curve does not
        reach so far); high are those above the mean of all who have not ended; value_at_risk_amount is the payments
        to be missed within the horizon, in the mean over those who end and who do not.
    """
    latest = tenures.sort_values(["customer_id", "started_on"], kind="stable").drop_duplicates(
        "customer_id", keep="last"
    )
    age, ended = latest["age_days"].to_numpy(dtype=float), latest["is_ended"].to_numpy(dtype=bool)
    p_gone, missed_days = np.full(len(latest), np.nan), np.full(len(latest), np.nan)
    for plan, curve in curves.items():
        own = np.flatnonzero((latest["plan"] == plan).to_numpy() & ~ended)
        p_gone[own], missed_days[own] = _ahead(curve, age[own], horizon_days)
    p_gone[ended] = 1.0
    is_high = (
        p_gone > np.nanmean(p_gone[~ended]) if np.isfinite(p_gone[~ended]).any() else np.zeros(len(age), dtype=bool)
    )
    band = np.select([ended, is_high], [GONE, HIGH], LOW)
    incident = latest["incident_days"].notna().map({True: "a bad service incident"})
    monthly = latest["monthly_amount"].to_numpy(dtype=float)
    told = latest.assign(
        definition=CONTRACT,
        is_gone=ended,
        p_gone=p_gone,
        risk_band=band,
        reason=latest["end_reason"].where(ended, incident),
        value_at_risk_amount=np.where(ended, 0.0, monthly * missed_days / MONTH_DAYS),
        monthly_amount=monthly,
    )
    return told.reset_index(drop=True).reindex(columns=COLUMNS)


def with_warnings(customers: pd.DataFrame, warned: pd.DataFrame) -> pd.DataFrame:
    """The customers by their purchases with the warnings of them: warning_signal and warning_since_on filled in.

    Parameters
    ----------
    customers
        Of `by_purchases`.
    warned
        One row per customer with a warning: customer_id, signal, since_on.
    """
    by_id = warned.set_index("customer_id").reindex(customers["customer_id"])
    signal, since_on = by_id["signal"].astype(object), pd.to_datetime(by_id["since_on"])
    return customers.assign(warning_signal=signal.to_numpy(), warning_since_on=since_on.to_numpy())


def with_chances(customers: pd.DataFrame, chances: pd.DataFrame) -> pd.DataFrame:
    """The customers by their purchases with what the model of leaving says of them: p_leaves and driver filled in.

    Parameters
    ----------
    customers
        Of `by_purchases`.
    chances
        Of `leaving_models.predict`: customer_id, p_leaves, driver. Who has gone is not in it.
    """
    by_id = chances.set_index("customer_id").reindex(customers["customer_id"])
    return customers.assign(p_leaves=by_id["p_leaves"].to_numpy(), driver=by_id["driver"].to_numpy())


def together(*tables: pd.DataFrame) -> pd.DataFrame:
    """The rows of `by_purchases` and `by_contract` in one table: one row per customer and definition."""
    return pd.concat([table.astype(object) for table in tables], ignore_index=True).infer_objects()


@dataclass(frozen=True)
class Totals(Readable):
    """Those at risk of one definition: how many, of how many not yet gone, and the money at risk with its interval."""

    definition: str
    customer_count: int
    high_count: int
    gone_count: int
    high_share: Estimate
    high_amount: Estimate
    all_amount: Estimate


def totals(customers: pd.DataFrame, *, definition: str, level: float) -> Totals:
    """How many customers are at risk, and what is expected to be lost with them.

    Parameters
    ----------
    customers
        Of `by_purchases` or `by_contract`.
    definition
        Which of the two.
    level
        Coverage of the intervals: Wilson's for the share of customers not gone, the central limit theorem over
        customers for the money; none under ten customers at risk.
    """
    own = customers[customers["definition"] == definition]
    is_high, is_gone = own["risk_band"] == HIGH, own["is_gone"].astype(bool)
    high, there = int(is_high.sum()), int((~is_gone).sum())
    share = intervals.wilson(high, there, level=level)
    amounts = own["value_at_risk_amount"].astype(float).fillna(0.0)
    money = [_total(amounts.where(chosen, 0.0), level) for chosen in (is_high, ~is_gone)]
    return Totals(definition, len(own), high, int(is_gone.sum()), share, *money)


@dataclass(frozen=True)
class Change(Readable):
    """How many customers were at risk on an earlier day, and how that changed: relative, with its interval."""

    before_count: int
    change: Estimate


def change(now: pd.Series, before: pd.Series, *, level: float) -> Change:
    """How the number of customers at risk changed between two days.

    Parameters
    ----------
    now, before
        Whether each customer was at risk, indexed by customer_id; who is missing on one day was not then.
    level
        Coverage of the interval. The same customers stand on both days: the variance of the change is that of its two
        discordant counts (McNemar); none under ten of them.

    References
    ----------
    McNemar (1947), Note on the sampling error of the difference between correlated proportions, Psychometrika 12(2).
    """
    both = pd.concat([now.rename("now"), before.rename("before")], axis="columns").fillna(False).astype(bool)
    came, left = int((both["now"] & ~both["before"]).sum()), int((both["before"] & ~both["now"]).sum())
    count = int(both["before"].sum())
    if not count:
        return Change(0, Estimate(np.nan, np.nan, np.nan, len(both)))
    value = (came - left) / count
    width = float(ndtri((1 + level) / 2)) * np.sqrt(came + left) / count if came + left >= SMALLEST else np.nan
    return Change(count, Estimate(value, value - width, value + width, len(both)))


def apart(customers: pd.DataFrame) -> pd.DataFrame:
    """Customers by how often they bought and by risk: who bought once stands apart, for a model may not tell them.

    Returns
    -------
    pandas.DataFrame
        One row per buyers (once, more) and risk band: buyers; risk_band; customer_count; p_gone (mean); p_alive (mean,
        missing where it cannot be told); value_at_risk_amount.
    """
    own = customers[customers["definition"] == PURCHASES]
    buyers = np.where(own["purchase_count"] == 1, "once", "more")
    grouped = own.assign(buyers=buyers).groupby(["buyers", "risk_band"])
    told = grouped.agg(
        customer_count=("customer_id", "size"),
        p_gone=("p_gone", "mean"),
        p_alive=("p_alive", "mean"),
        value_at_risk_amount=("value_at_risk_amount", "sum"),
    )
    rows = pd.MultiIndex.from_product([["once", "more"], BANDS], names=["buyers", "risk_band"])
    table = told.reindex(rows).reset_index()
    return table.assign(customer_count=table["customer_count"].fillna(0).astype(int))


def _total(amounts: pd.Series, level: float) -> Estimate:
    n, total = len(amounts), float(amounts.sum())
    if int((amounts > 0).sum()) < SMALLEST:
        return Estimate(total, np.nan, np.nan, n)
    width = float(ndtri((1 + level) / 2)) * float(amounts.std(ddof=1)) * np.sqrt(n)
    return Estimate(total, max(total - width, 0.0), total + width, n)


def _away(people: pd.DataFrame) -> list[str]:
    """How long each customer has been away, beside their usual pause, in words."""
    days, usual = people["days_since_last"], people["usual_gap_days"].astype(float)
    return [
        f"{int(away)} days since the last purchase" + (f", usually {gap:.0f}" if count > 1 and gap == gap else "")
        for away, gap, count in zip(days.astype(int), usual, people["purchase_count"], strict=True)
    ]


def _ahead(curve: Survivors, age: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """For spells of some ages, the chance to end within the horizon, and the days of it that are missed in the mean.

    Who is older than a horizon before the last age of which ten are watched is taken to leave as those of that age do.
    """
    reach = float(np.max(curve.age[curve.at_risk >= SMALLEST], initial=0.0)) - horizon
    if reach < 0:
        return np.full(len(age), np.nan), np.full(len(age), np.nan)
    since = np.minimum(age, reach)
    here, then = curve.step(curve.share, since, before=1.0), curve.step(curve.share, since + horizon, before=1.0)
    lived = (_area_to(curve, since + horizon) - _area_to(curve, since)) / here
    return 1 - then / here, horizon - lived


def _area_to(curve: Survivors, ages: np.ndarray) -> np.ndarray:
    """The area under the curve from 0 to each age."""
    corners, heights = np.concatenate([[0.0], curve.age]), np.concatenate([[1.0], curve.share])
    before = np.concatenate([[0.0], np.cumsum(np.diff(corners) * heights[:-1])])
    place = np.searchsorted(corners, ages, side="right") - 1
    return before[place] + heights[place] * (ages - corners[place])
