"""Campaigns that are over, each read out or refused, and what the one before had promised of the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.days import as_day
from helpers.models.campaigns import effects
from helpers.models.campaigns.effects import CONVERSION
from helpers.models.campaigns.sample_ratio import CONTROL, SampleRatio, check
from helpers.models.statistics.intervals import Estimate
from helpers.models.statistics.small_groups import hide

SEGMENT = "stage"
NO_ORDER = "no order yet"


@dataclass(frozen=True, eq=False)
class Reading:
    """One campaign that is over.

    Attributes
    ----------
    campaign_id, starts_on, ends_on
        The campaign and its days.
    ratio
        Whether chance alone drew its arms.
    people
        One row per customer in one arm alone: the outcomes, and what was known of them before.
    table, segments
        What each arm moved, all customers together and by the stage that they were in before, as `effects.compared`
        tells it; without rows where the campaign is refused.
    """

    campaign_id: str
    starts_on: date
    ends_on: date
    ratio: SampleRatio
    people: pd.DataFrame
    table: pd.DataFrame
    segments: pd.DataFrame


@dataclass(frozen=True)
class Promise:
    """What an earlier campaign promised of an arm of the last one, and what the customers left alone then showed.

    The promise: what the arm moved in each stage in the earlier campaign, weighted as the stages were in the last one.
    Shares of customers who took the offer up, beyond control. `gap` is shown less promised.
    """

    campaign_id: str
    earlier_id: str
    arm: str
    promised: Estimate
    shown: Estimate
    gap: Estimate


def read(
    ended: pd.DataFrame,
    arms: pd.DataFrame,
    known: pd.DataFrame,
    *,
    features: Sequence[str],
    margin_share: float,
    level: float,
) -> list[Reading]:
    """The campaigns that are over, the earliest first.

    Parameters
    ----------
    ended
        One row per campaign and customer, as `features.campaign_outcomes.outcomes` gives them.
    arms
        One row per campaign and arm, as delivered: campaign_id, arm, starts_on, ends_on and, where stated,
        planned_share.
    known
        One row per campaign and customer, as `features.campaign_outcomes.before_and_now` gives them:
        campaign_id, customer_id, stage, features.
    features
        What was known that the arms must not differ in.
    margin_share
        Margin of revenue, 0 to 1; 1 where none is known.
    level
        Coverage of the intervals.
    """
    named = arms.assign(arm=arms["arm"].str.strip().str.lower())
    made = []
    for campaign_id, done in ended.groupby("campaign_id"):
        own = named[named["campaign_id"] == campaign_id]
        people = done.merge(known, on=["campaign_id", "customer_id"], how="left")
        ratio = check(people, own, features=list(features))
        people = people[people["arm_count"] == 1].assign(**{SEGMENT: people[SEGMENT].fillna(NO_ORDER)})
        people = effects.with_contribution(people, margin_share=margin_share)
        used = people if ratio.is_sound else people.head(0)
        both = effects.compared(used, level=level), effects.compared(used, by=SEGMENT, level=level)
        starts_on, ends_on = (as_day(pd.Timestamp(each)) for each in (own["starts_on"].min(), own["ends_on"].max()))
        made.append(Reading(str(campaign_id), starts_on, ends_on, ratio, people, *both))
    return sorted(made, key=lambda one: (one.starts_on, one.campaign_id))


def last_sound(readings: Sequence[Reading]) -> Reading | None:
    """The latest campaign whose arms were drawn by chance."""
    return next((one for one in reversed(readings) if one.ratio.is_sound), None)


def table(readings: Sequence[Reading], *, smallest_cell: int) -> pd.DataFrame:
    """What every campaign that can be read moved, with nothing told of few customers.

    Returns
    -------
    pandas.DataFrame
        One row per campaign, segment, arm and outcome: campaign_id, the columns of `effects.compared`, and is_hidden.
    """
    parts = [part.assign(campaign_id=one.campaign_id) for one in readings for part in (one.table, one.segments)]
    columns = ["campaign_id", *effects.COLUMNS, "adjusted_p_value"]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    is_total = (rows["segment"] == effects.ALL).rename("is_total")
    counts = ["customer_count", "control_count"]
    by = ["campaign_id", "arm", "outcome", "is_total"]
    hidden = hide(rows[columns].assign(is_total=is_total), smallest_cell=smallest_cell, counts=counts, by=by)
    return hidden.drop(columns="is_total")


def kept(readings: Sequence[Reading], *, level: float) -> list[Promise]:
    """What was promised of each arm of the last sound campaign that an earlier sound one had too, and what it showed.

    Notes
    -----
    The promise is the direct standardisation of the earlier effects to the stages of the last campaign; its variance
    the sum of theirs, weighted by the squares. Stages that the earlier campaign cannot tell count with its effect over
    all. The two campaigns are taken as independent.
    """
    last = last_sound(readings)
    earlier = [one for one in readings if one.ratio.is_sound and last is not None and one.starts_on < last.starts_on]
    if last is None:
        return []
    made = []
    for arm in [name for name in last.ratio.table["arm"] if name != CONTROL]:
        before = next((one for one in reversed(earlier) if (one.ratio.table["arm"] == arm).any()), None)
        if before is not None:
            made.append(_promise(last, before, arm, level=level))
    return made


def _promise(last: Reading, before: Reading, arm: str, *, level: float) -> Promise:
    shares = last.people[SEGMENT].value_counts(normalize=True)
    own = _conversions(before.segments, arm).set_index("segment").reindex(shares.index)
    every, shown = (_conversions(one.table, arm).iloc[0] for one in (before, last))
    effect, error = (own[name].fillna(every[name]).to_numpy() for name in ("effect", "error"))
    weights = shares.to_numpy()
    promised, promised_error = float(weights @ effect), float(np.sqrt(weights**2 @ error**2))
    gap = shown["effect"] - promised
    n = len(last.people)
    return Promise(
        last.campaign_id,
        before.campaign_id,
        arm,
        _normal(promised, promised_error, level=level, n=len(before.people)),
        Estimate(float(shown["effect"]), float(shown["low"]), float(shown["high"]), n),
        _normal(float(gap), float(np.hypot(promised_error, shown["error"])), level=level, n=n),
    )


def _conversions(compared: pd.DataFrame, arm: str) -> pd.DataFrame:
    """The effects on conversion of an arm, with their standard errors; missing where no interval is told."""
    own = compared[(compared["arm"] == arm) & (compared["outcome"] == CONVERSION)]
    control = compared[(compared["arm"] == CONTROL) & (compared["outcome"] == CONVERSION)]
    held = own["segment"].map(control.set_index("segment")["mean"])
    variance = own["mean"] * (1 - own["mean"]) / own["customer_count"] + held * (1 - held) / own["control_count"]
    error = np.sqrt(variance).where(own["low"].notna())
    return own.assign(error=error, effect=own["effect"].where(own["low"].notna()))


def _normal(value: float, error: float, *, level: float, n: int) -> Estimate:
    width = float(ndtri((1 + level) / 2)) * error
    return Estimate(value, value - width, value + width, n)
