"""Actions on the page: who may be contacted, what pays from which rise, and what the hold-out could show."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding, untold
from helpers.display.tables import Table
from helpers.models.segments.actions import Listed

SMALLEST_BASELINE = 10
"""Customers of the back-test below which an action is not valued."""
NONE_STATED = "No action is stated: `actions` in the parameters turn segments into lists."
BLOCKS = (
    ("no_consent_count", "{} without a standing consent for the channel"),
    ("erased_count", "{} who asked to be erased"),
    ("capped_count", "{} who had {cap}"),
    ("over_limit_count", "{} beyond the limit of an action"),
)


def reachable(counts: pd.DataFrame, listed: Listed, *, cap_count: int, cap_days: int) -> Finding:
    """How many customers of the segments with an action are on a list, and what keeps the others off.

    One row of `counts` is an action, as a plan counts it. That nobody's consent is known is said first.
    """
    if not len(counts):
        return Finding("reachable", NONE_STATED)
    if counts["segment_count"].isna().all():
        return untold("reachable", "How many are on a list is")
    if not listed.segment_count:
        return Finding("reachable", "The segments that have an action hold nobody today, so no list has a name on it.")
    claim = (
        f"{say.number(listed.listed_count)} of {say.counted(listed.segment_count, 'customer')} in segments with an "
        "action are on a list."
    )
    evidence = (
        f"{say.share(listed.listed_share)}; {say.number(listed.holdout_count)} of them are held out by chance and must "
        "not be contacted"
    )
    cap = f"{say.counted(cap_count, 'contact')} or more in the latest {say.counted(cap_days, 'day')}"
    off = listed.kept_off
    kept_off = [text.format(say.number(off[name]), cap=cap) for name, text in BLOCKS if off.get(name)]
    if kept_off:
        evidence += f"; on none are {say.listed(kept_off)}"
    evidence = f"{evidence}.{_silent(listed.silent_channels)}"
    if counts["consent_unknown_count"].isna().any() or counts["consent_unknown_count"].any():
        claim = "No consents were delivered: check every list against your own register before anybody is contacted."
        on_lists = f"{say.number(listed.listed_count)} of {say.counted(listed.segment_count, 'customer')} are on a list"
        evidence = f"{on_lists}, {evidence}"
    n, share = listed.segment_count, listed.listed_share
    return Finding("reachable", claim, share, n=n, unit="share", evidence=evidence)


def best(worth: pd.DataFrame, *, days: int, currency: str, level: float, margin_share: float | None) -> Finding:
    """The action with the largest expected value against doing nothing; where no lift is assumed, what is at stake.

    One row of `worth` is an action.
    """
    if not len(worth):
        return Finding("best_action", NONE_STATED)
    if worth["segment_count"].isna().all():
        return untold("best_action", "What the actions are worth is")
    used = worth[worth["contact_count"] > 0]
    known = used[(used["baseline_n"] >= SMALLEST_BASELINE) & (used["baseline_amount"] > 0)]
    if not len(known):
        why = (
            "no list has anybody to contact"
            if not len(used)
            else f"fewer than {SMALLEST_BASELINE} customers would have been on any of these lists "
            f"{say.counted(days, 'day')} before, or they bought nothing since"
        )
        return Finding("best_action", f"What the actions are worth is unknown: {why}.")
    assumed = known[known["expected_amount"].notna()]
    if not len(assumed):
        return _at_stake(known, days=days, currency=currency, level=level)
    row = assumed.iloc[int(assumed["expected_amount"].astype(float).argmax())]
    value, low, high = (float(row[name]) for name in ("expected_amount", "expected_low", "expected_high"))
    amount, low_text, high_text = (say.money(number, currency=currency) for number in (value, low, high))
    within, kind = f"within {say.counted(days, 'day')}", _kind(margin_share)
    if value > 0:
        claim = f"Do first: {_named(row)}, worth {amount} more {kind} {within} if its assumed lift comes true."
    else:
        claim = f"No action pays by its assumed lift; the nearest is {_named(row)}, at {amount} of {kind} {within}."
    evidence = (
        f"{say.interval(low_text, high_text, level=level, is_start=True)}, for what they spend when left alone; "
        f"against doing nothing, less what contacting {say.counted(int(row['contact_count']), 'customer')} costs; the "
        f"lift of {_lift(row['assumed_lift_share'])} is an assumption."
    )
    return Finding("best_action", claim, value, low, high, int(row["baseline_n"]), currency, evidence)


def table(worth: pd.DataFrame, *, days: int, currency: str, margin_share: float | None) -> Table:
    """The actions: who, what, by whom, how many, at what cost, and what they must bring; a row is an action."""
    shown = pd.DataFrame(
        {
            "segment": worth["segment"],
            "action": [f"{row['offer']}, by {row['channel']}" for row in worth.to_dict("records")],
            "owner": worth["owner"],
            "customers": worth["segment_count"],
            "to contact": worth["contact_count"],
            "held out": worth["holdout_count"],
            f"cost, {currency}": worth["cost_amount"],
            f"spent each if left alone, {currency}": _with_bounds(worth, "baseline", "baseline_amount"),
            "pays from a lift of": worth["break_even_share"],
            "assumed lift": worth["assumed_lift_share"],
            f"{_kind(margin_share)} against doing nothing, {currency}": _with_bounds(
                worth, "expected", "expected_amount"
            ),
            "smallest lift that shows": worth["detectable_share"],
        }
    )
    counted: dict[str, tables.Format] = dict.fromkeys(["customers", "to contact", "held out"], say.number)
    shares: dict[str, tables.Format] = dict.fromkeys(["pays from a lift of", "smallest lift that shows"], _share)
    return tables.table(
        shown,
        caption=(
            f"Actions over {say.counted(days, 'day')}; in brackets the interval; a lift is a relative rise of what "
            "those contacted spend, and an assumed one is no forecast"
        ),
        formats={**counted, f"cost, {currency}": _sized, **shares, "assumed lift": _lift},
    )


def measurement(worth: pd.DataFrame, *, days: int, level: float) -> Finding:
    """How the effect is measured, and how small a lift the hold-outs can show; a row of `worth` an action."""
    used = worth[worth["contact_count"] > 0]
    if worth["segment_count"].isna().any() and not len(used):
        return untold("detectable_lift", "How small a lift would show is")
    if not len(used):
        return Finding("detectable_lift", "There is nothing to measure, since no list has anybody to contact.")
    if not used["holdout_count"].any():
        claim = "Nobody is held out, so the effect of these actions cannot be measured: state a `control_share`."
        return Finding("detectable_lift", claim)
    how = (
        f"After {say.counted(days, 'day')} compare what those contacted and those held out of an action have spent "
        "each; everybody on the list counts, buyer or not."
    )
    known = used[used["detectable_share"].notna()]
    if not len(known):
        claim = "So few are held out, or spend, that no lift could be distinguished from none."
        return Finding("detectable_lift", claim, evidence=how)
    row = known.iloc[int(known["detectable_share"].astype(float).argmin())]
    least = float(row["detectable_share"])
    held = int(row["holdout_count"])
    claim = f"The smallest lift that would show is {_share(least)}, of {_named(row)}."
    evidence = (
        f"Four times in five, with {say.counted(held, 'customer')} held out, at the level of {say.exact_share(level)}. "
        f"{how}"
    )
    smallest = used["detectable_share"].fillna(float("inf"))
    too_small = used[used["assumed_lift_share"].between(-smallest, smallest, inclusive="neither")]
    if len(too_small):
        of = "" if len(used) == 1 else f" of {_of_all(len(too_small), len(used))}"
        evidence += f" The assumed lift{of} is too small for its hold-out: hold out more, or over several rounds."
    return Finding("detectable_lift", claim, least, n=held, unit="share", evidence=evidence)


def _silent(channels: tuple[str, ...]) -> str:
    """Channels to which nobody consents: mostly a purpose by another name."""
    if not channels:
        return ""
    names = say.listed([say.quoted(name) for name in channels])
    return f" Nobody in these segments consents to {names}: the purpose of a consent must have the name of the channel."


def _at_stake(known: pd.DataFrame, *, days: int, currency: str, level: float) -> Finding:
    row = known.nlargest(1, "at_stake_amount").iloc[0]
    value, low, high = (float(row[name]) for name in _names("baseline", "baseline_amount"))
    each, low_text, high_text = (say.money(number, currency=currency) for number in (value, low, high))
    claim = f"Most is at stake for {_named(row)}: {each} a customer within {say.counted(days, 'day')}."
    evidence = (
        f"{say.interval(low_text, high_text, level=level, is_start=True)}; what "
        f"{say.counted(int(row['contact_count']), 'customer')} would spend each when left alone; no action states a "
        "lift, so none has an expected value"
    )
    pays = float(row["break_even_share"])
    if not say.is_missing(pays):
        evidence += f"; it pays from a lift of {_share(pays)}" if pays > 0 else "; contacting them costs nothing"
    return Finding("best_action", claim, value, low, high, int(row["baseline_n"]), currency, f"{evidence}.")


def _names(prefix: str, value: str) -> tuple[str, str, str]:
    return value, f"{prefix}_low", f"{prefix}_high"


def _with_bounds(worth: pd.DataFrame, prefix: str, value: str) -> list[str]:
    return [
        middle if "–" in (low, high) else f"{middle} ({low} to {high})"
        for middle, low, high in (
            tuple(_sized(row[name]) for name in _names(prefix, value)) for row in worth.to_dict("records")
        )
    ]


def _named(row: Any) -> str:
    return f"{say.quoted(row['offer'])} by {row['channel']} to {say.quoted(row['segment'])}"


def _kind(margin_share: float | None) -> str:
    return say.value_in(margin_share is not None)


def _lift(value: float) -> str:
    return "–" if say.is_missing(value) else f"{'−' if value < 0 else ''}{say.exact_share(abs(value))}"


def _share(value: float) -> str:
    """A share with a digit where it is small: 0.4 %, 3.5 %, 212 %."""
    return say.share(value, digits=0 if not say.is_missing(value) and abs(value) >= 1 else 1)


def _sized(value: float) -> str:
    return say.number(value, digits=0 if not say.is_missing(value) and abs(value) >= 1000 else 2)


def _of_all(count: int, total: int) -> str:
    return f"all {total} actions" if count == total else f"{count} of {say.counted(total, 'action')}"
