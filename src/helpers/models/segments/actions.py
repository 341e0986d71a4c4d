"""From a table of actions to lists of customers, with a hold-out drawn by chance, and what each action must earn.

Nothing here forecasts what an action will do. What customers spend when nothing is done comes from a back-test; a lift
is an assumption that somebody states, and the hold-out is there to replace it by a measurement.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import isnan, nan, sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from helpers.features.contacts import CAP, CONSENT, ERASURE, NOT_KNOWN
from helpers.models.statistics import small_groups
from helpers.models.statistics.intervals import SMALLEST, Estimate, ratio_of_totals
from helpers.schemes.action import Action

CONTACT, HOLDOUT = "contact", "holdout"
TAKEN, OVER_LIMIT = "other action", "over limit"
OUTCOMES = {
    CONTACT: "contact_count",
    HOLDOUT: "holdout_count",
    ERASURE: "erased_count",
    CONSENT: "no_consent_count",
    CAP: "capped_count",
    TAKEN: "other_action_count",
    OVER_LIMIT: "over_limit_count",
}
KEPT_OFF = tuple(OUTCOMES[outcome] for outcome in (ERASURE, CONSENT, CAP, TAKEN, OVER_LIMIT))
POWER = 0.8
WORTH = [
    "cost_amount",
    *("baseline_amount", "baseline_low", "baseline_high", "baseline_n"),
    "at_stake_amount",
    "break_even_share",
    "assumed_lift_share",
    *("expected_amount", "expected_low", "expected_high"),
    "detectable_share",
]
NAMES = ["action", "segment", "offer", "channel", "owner"]


@dataclass(frozen=True, eq=False)
class Plan:
    """Who is in which action, and what became of everybody else.

    Attributes
    ----------
    contacts
        One row per customer in an action, by action and customer_id: action (its place in the params, from 1); segment,
        offer, channel, owner; customer_id; arm (contact or holdout); reason (why this customer); consent (given or not
        known).
    counts
        One row per action: action, segment, offer, channel, owner; segment_count (customers of the segment), which is
        the sum of contact_count, holdout_count, erased_count, no_consent_count, capped_count, other_action_count (in an
        earlier action already), over_limit_count; consent_unknown_count (of contact and holdout).
    """

    contacts: pd.DataFrame
    counts: pd.DataFrame


@dataclass(frozen=True)
class Listed:
    """Who is on a list of an action, over all actions.

    Attributes
    ----------
    segment_count
        Customers of the segments that have an action, those of a segment with several counted once.
    listed_count, holdout_count
        On a list, and of these held out by chance.
    listed_share
        listed_count over segment_count, 0 to 1; NaN where the segments hold nobody.
    kept_off
        Customers who are on no list, by what keeps them off: counts by the columns of OUTCOMES. Of a segment with
        several actions the last one says what keeps off those who are on no list at all.
    silent_channels
        Channels to which nobody in these segments consents.
    """

    segment_count: int
    listed_count: int
    holdout_count: int
    listed_share: float
    kept_off: Mapping[str, int]
    silent_channels: tuple[str, ...]


def plan(
    snapshot: pd.DataFrame,
    reach: pd.DataFrame,
    *,
    actions: Sequence[Action],
    scheme: str,
    currency: str,
    seed: int,
    window_days: int | None = None,
) -> Plan:
    """The list of each action: whom to contact, whom to leave alone, and why these.

    Of a segment an action takes the customers who may be contacted by its channel and are in no earlier action, the
    most valuable where customer_limit is stated. Chance decides who of them is held out: each by a number made from the
    seed and the customer_id alone, so that no other customer's coming or going moves anybody between the arms. Whoever
    is held out once is held out of every action of the same seed and the same or a larger control_share; another seed
    draws afresh.

    Parameters
    ----------
    snapshot
        One row per customer: customer_id, days_since_last, order_count, value_amount, and a column named `scheme`.
    reach
        One row per customer and channel, as `contacts.reachable` gives it.
    actions
        What is done for whom, the first choice first.
    scheme
        The column that holds the segments.
    currency
        Of value_amount, for the reasons.
    seed
        Of the hold-out.
    window_days
        Days that order_count and value_amount are counted over, for the reasons; None: all days.

    Raises
    ------
    ValueError
        `reach` does not hold each customer of an action once for its channel.
    """
    people = snapshot.sort_values("customer_id", kind="stable", ignore_index=True)
    by_channel = {channel: rows.set_index("customer_id") for channel, rows in reach.groupby("channel")}
    taken = np.zeros(len(people), dtype=bool)
    lists, rows = [], []
    for place, action in enumerate(actions, start=1):
        is_member = (people[scheme] == action.segment).fillna(False).to_numpy(dtype=bool)
        group = people[is_member]
        asked = _asked(group, by_channel.get(action.channel, reach.head(0)), channel=action.channel)
        outcome = _outcomes(group, asked, taken[is_member], action=action, seed=seed)
        names = {"action": place, **{name: getattr(action, name) for name in NAMES[1:]}}
        is_listed = np.isin(outcome, [CONTACT, HOLDOUT])
        taken[np.flatnonzero(is_member)[is_listed]] = True
        listed = group[is_listed].assign(
            **names, arm=outcome[is_listed], consent=asked["consent"].to_numpy()[is_listed]
        )
        lists.append(listed.assign(reason=_reasons(listed, currency=currency, window_days=window_days)))
        counts = {column: int((outcome == name).sum()) for name, column in OUTCOMES.items()}
        unknown = int((listed["consent"] == NOT_KNOWN).sum())
        rows.append({**names, "segment_count": len(group), **counts, "consent_unknown_count": unknown})
    columns = [*NAMES, "customer_id", "arm", "reason", "consent"]
    empty = pd.DataFrame({name: pd.Series(dtype="int64" if name == "action" else "str") for name in columns})
    contacts = pd.concat([one[columns] for one in lists], ignore_index=True) if lists else empty
    counted = [*NAMES, "segment_count", *OUTCOMES.values(), "consent_unknown_count"]
    return Plan(contacts.astype(empty.dtypes), pd.DataFrame(rows, columns=counted))


def worth(
    made: Plan,
    past: Plan,
    spend: pd.DataFrame,
    *,
    actions: Sequence[Action],
    level: float,
    margin_share: float | None = None,
) -> pd.DataFrame:
    """What each action costs, what its customers bring when nothing is done, and what it must add to pay.

    Parameters
    ----------
    made
        The plan as of today.
    past
        The same actions planned one horizon ago, from the snapshot of that day scored with today's thresholds and who
        could be contacted then. Nobody of either arm is taken to have been contacted: it is a list that was never used.
    spend
        One row per customer who bought in the horizon since: customer_id, amount. Who is not in it spent nothing.
    actions
        As given to both plans.
    level
        Coverage of the intervals.
    margin_share
        Share of revenue that is margin; None: value is revenue.

    Returns
    -------
    pandas.DataFrame
        One row per action, as in `made.counts`: its columns, and
        cost_amount (contact_amount of everybody contacted); baseline_amount (mean revenue per customer over the
        horizon when nothing is done; missing where nobody was listed then), baseline_low, baseline_high, baseline_n;
        at_stake_amount (baseline_amount times contact_count: what those contacted would spend when left alone);
        break_even_share (relative rise of the revenue of those contacted that pays for them; missing where the
        baseline is 0); assumed_lift_share (as stated); expected_amount (margin that the assumed lift brings, less the
        cost, against doing nothing; missing where no lift is assumed), expected_low, expected_high (from the baseline's
        interval alone: they say nothing on whether the assumption is right); detectable_share (smallest relative lift
        that arms of this size would tell from none with power 0.8 at the two-sided level 1 - `level`).

    Notes
    -----
    The baseline is a mean over customers, with the interval of `intervals.ratio_of_totals`; it does not cover that the
    coming horizon may have another season than the past one. detectable_share is the x that solves
    x = (z[(1 + level) / 2] + z[0.8]) c sqrt((1 + x)^2 / contact_count + 1 / holdout_count), with c the standard
    deviation over the mean of the customers' amounts in the back-test: the lift is taken to multiply what each of those
    contacted spends, and so their spread too. Missing where no lift is large enough.

    References
    ----------
    Duflo, Glennerster and Kremer (2007), Using randomization in development economics research: a toolkit, Handbook of
    Development Economics 4, equation 6, with the spread of each arm its own.
    """
    amounts = past.contacts["customer_id"].map(spend.set_index("customer_id")["amount"].astype(float)).fillna(0.0)
    groups = amounts.groupby(past.contacts["action"])
    spent: dict[object, NDArray[np.float64]] = {place: np.asarray(group, dtype=np.float64) for place, group in groups}
    arms = (made.counts["contact_count"].astype(int), made.counts["holdout_count"].astype(int))
    worths = [
        _worth(action, spent.get(place, np.empty(0)), arms=(contacted, held), level=level, margin=margin_share or 1.0)
        for place, action, contacted, held in zip(made.counts["action"], actions, *arms, strict=True)
    ]
    return pd.concat([made.counts, pd.DataFrame(worths, columns=WORTH)], axis="columns")


def _worth(
    action: Action, spent: NDArray[np.float64], *, arms: tuple[int, int], level: float, margin: float
) -> dict[str, float]:
    base = ratio_of_totals(spent, np.ones(len(spent)), level=level)
    value, low, high = base.value, base.low, base.high
    cost = action.contact_amount * arms[0]
    lift = nan if action.assumed_lift_share is None else action.assumed_lift_share
    # a lift below zero turns the bounds round
    earned = [arms[0] * margin * lift * each - cost for each in (value, *((high, low) if lift < 0 else (low, high)))]
    return {
        "cost_amount": cost,
        "baseline_amount": value,
        "baseline_low": low,
        "baseline_high": high,
        "baseline_n": base.n,
        "at_stake_amount": value * arms[0],
        "break_even_share": action.contact_amount / (margin * value) if value > 0 else nan,
        "assumed_lift_share": lift,
        **dict(zip(("expected_amount", "expected_low", "expected_high"), earned, strict=True)),
        "detectable_share": _detectable(spent, base, *arms, level=level),
    }


def _detectable(spent: NDArray[np.float64], base: Estimate, contacted: int, held: int, *, level: float) -> float:
    if min(contacted, held) < 1 or base.n < SMALLEST or base.value <= 0:
        return nan
    distance = float(ndtri((1 + level) / 2) + ndtri(POWER)) * float(spent.std(ddof=1)) / base.value
    of_contacted, of_held = distance**2 / contacted, distance**2 / held
    if of_contacted >= 1:
        return nan
    # the positive root of x^2 = of_contacted (1 + x)^2 + of_held
    return (of_contacted + sqrt(of_contacted + of_held - of_contacted * of_held)) / (1 - of_contacted)


def without_few(worth: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The actions as `worth` gives them, with nothing told of segments and lists of few customers: `small_groups.hide`.

    Where few would have been on the list a horizon ago, what they spent is hidden alone, and what rests on it; where
    one reason keeps few of a segment off the list, so are the numbers of all reasons.
    """
    rests_on_it = ("baseline", "at_stake", "break_even", "expected", "detectable")
    spent = [str(name) for name in worth if str(name).startswith(rests_on_it)]
    few = functools.partial(small_groups.hide, smallest_cell=smallest_cell, names=["action"], has_total=False)
    large = few(few(worth, counts=["baseline_n"], values=spent), counts=["segment_count"])
    reasons = [*KEPT_OFF, "consent_unknown_count"]
    of_segment = dict.fromkeys(reasons, "segment_count")
    return small_groups.hide_within(
        large, parts=of_segment, values=reasons, smallest_cell=smallest_cell, has_total=False
    )


def listed(counts: pd.DataFrame) -> Listed:
    """Who is on a list, over all actions; a row of `counts` is an action, as in `Plan.counts` or `without_few`."""
    counts = counts[counts["segment_count"].notna()]
    last = counts.drop_duplicates("segment", keep="last")
    total = int(last["segment_count"].sum())
    is_told = bool(counts[list(KEPT_OFF)].notna().all(axis=None))
    kept_off = {name: int(last[name].sum()) for name in KEPT_OFF} if is_told else {}
    held = int(counts["holdout_count"].sum())
    on_list = int(counts["contact_count"].sum()) + held
    by_channel = counts.groupby("channel", sort=False)[list(OUTCOMES.values())].sum()
    others = by_channel.drop(columns=["no_consent_count", "erased_count"]).sum(axis=1)
    silent = by_channel.index[(by_channel["no_consent_count"] > 0) & (others == 0)]
    return Listed(total, on_list, held, on_list / total if total else nan, kept_off, tuple(map(str, silent)))


def _asked(group: pd.DataFrame, reach: pd.DataFrame, *, channel: str) -> pd.DataFrame:
    """The rows of `reach`, indexed by customer, for the customers of `group`, in their order."""
    is_unique = reach.index.is_unique
    places = reach.index.get_indexer(pd.Index(group["customer_id"])) if is_unique else np.array([-1])
    if (places < 0).any():
        raise ValueError(f"reach must hold each customer of the segment once for the channel {channel!r}")
    return reach.iloc[places]


def _outcomes(
    group: pd.DataFrame, asked: pd.DataFrame, taken: NDArray[np.bool_], *, action: Action, seed: int
) -> NDArray[np.object_]:
    """What becomes of each customer of the segment: a key of OUTCOMES."""
    outcome = np.where(asked["blocked_by"].notna(), asked["blocked_by"].astype(object), "")
    outcome = np.where(taken, TAKEN, outcome)
    free = np.flatnonzero(outcome == "")
    if action.customer_limit is not None:
        # the most valuable first; of equals the first by customer_id, since the group is in that order
        ranked = free[np.argsort(-group["value_amount"].to_numpy(dtype=float)[free], kind="stable")]
        outcome[ranked[action.customer_limit :]] = OVER_LIMIT
        free = np.sort(ranked[: action.customer_limit])
    draws = uniforms(group["customer_id"].iloc[free], seed=seed)
    outcome[free] = np.where(draws < action.control_share, HOLDOUT, CONTACT)
    return outcome


def uniforms(customers: Iterable[str], *, seed: int) -> NDArray[np.float64]:
    """A number from 0 to below 1 for each customer, by the seed and the customer_id alone."""
    salt = str(seed).encode()
    digests = b"".join(blake2b(one.encode(), digest_size=8, key=salt).digest() for one in customers)
    # 53 bits: all that a double can hold, and none of them rounds up to 1
    return (np.frombuffer(digests, dtype=">u8") >> np.uint64(11)).astype(np.float64) / 2.0**53


def _reasons(listed: pd.DataFrame, *, currency: str, window_days: int | None) -> list[str]:
    within = "" if window_days is None else f" in {window_days:,} days"
    numbers = [listed[name].astype(float) for name in ("days_since_last", "order_count", "value_amount")]
    return [
        f"segment {segment}: has not bought yet"
        if isnan(days)
        else f"segment {segment}: last bought {_counted(days, 'day')} ago, {_counted(orders, 'order')}, "
        f"{currency} {amount:,.{0 if abs(amount) >= 1000 else 2}f}{within}"
        for segment, days, orders, amount in zip(listed["segment"], *numbers, strict=True)
    ]


def _counted(count: float, noun: str) -> str:
    return f"{count:,.0f} {noun}{'' if count == 1 else 's'}"
