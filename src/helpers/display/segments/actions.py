"""Actions on the page: who may be contacted, what pays from which rise, and what the hold-out could show."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding, untold
from helpers.display.segments.naming import channel_name, in_words
from helpers.display.tables import Table
from helpers.display.wording import named, sentences, vocabulary, worded
from helpers.models.segments.actions import Listed
from helpers.schemes.scheme import Scheme

SMALLEST_BASELINE = 10
"""Customers of the back-test below which an action is not valued."""
BLOCKS = dict(
    zip(
        ("no_consent_count", "erased_count", "capped_count", "over_limit_count"),
        vocabulary(
            "{count} without a standing consent for the channel",
            "{count} who asked to be erased",
            "{count} who had {contacts} or more in the latest {days}",
            "{count} beyond the limit of an action",
        ),
        strict=True,
    )
)
"""What keeps customers off a list."""


def reachable(counts: pd.DataFrame, listed: Listed, *, cap_count: int, cap_days: int) -> Finding:
    """How many customers of the segments with an action are on a list, and what keeps the others off.

    One row of `counts` is an action, as a plan counts it. That nobody's consent is known is said first.
    """
    if not len(counts):
        return _none_stated("reachable")
    if counts["segment_count"].isna().all():
        return untold("reachable", worded("How many are on a list is"))
    if not listed.segment_count:
        nobody = worded("The segments that have an action hold nobody today, so no list has a name on it.")
        return Finding("reachable", nobody)
    said = {"count": say.number(listed.listed_count), "customers": say.counted(listed.segment_count, "customer")}
    claim, share = (
        worded("{count} of {customers} in segments with an action are on a list.", **said),
        listed.listed_share,
    )
    on_lists = say.share(share)
    if counts["consent_unknown_count"].isna().any() or counts["consent_unknown_count"].any():
        claim = worded(
            "No consents were delivered: check every list against your own register before anybody is contacted."
        )
        on_lists = worded("{count} of {customers} are on a list, {share}", **said, share=on_lists)
    held = worded(
        "{count} of them are held out by chance and must not be contacted", count=say.number(listed.holdout_count)
    )
    kept_off = _kept_off(listed, cap_count=cap_count, cap_days=cap_days)
    off = [worded("on none are {parts}", parts=say.listed(kept_off))] if kept_off else []
    told = worded("{parts}.", parts=say.lined_up([on_lists, held, *off]))
    evidence = sentences(told, _silent(listed.silent_channels))
    return Finding("reachable", claim, share, n=listed.segment_count, unit="share", evidence=evidence)


def _none_stated(key: str) -> Finding:
    return Finding(key, worded("No action is stated: `actions` in the parameters turn segments into lists."))


def _kept_off(listed: Listed, *, cap_count: int, cap_days: int) -> list[str]:
    """How many are on no list, by what keeps them off."""
    count = {name: say.number(number) for name, number in listed.kept_off.items() if number}
    contacts, days = say.counted(cap_count, "contact"), say.counted(cap_days, "day")
    return [
        worded(text, count=count[name], contacts=contacts, days=days) for name, text in BLOCKS.items() if name in count
    ]


def best(
    worth: pd.DataFrame,
    *,
    days: int,
    currency: str,
    level: float,
    margin_share: float | None,
    scheme: Scheme | None = None,
) -> Finding:
    """The action with the largest expected value against doing nothing; where no lift is assumed, what is at stake.

    One row of `worth` is an action for a segment of the `scheme`.
    """
    key = "best_action"
    if not len(worth):
        return _none_stated(key)
    if worth["segment_count"].isna().all():
        return untold(key, worded("What the actions are worth is"))
    used = in_words(worth[worth["contact_count"] > 0], scheme, columns=["segment"])
    known = used[(used["baseline_n"] >= SMALLEST_BASELINE) & (used["baseline_amount"] > 0)]
    if not len(used):
        return Finding(key, worded("What the actions are worth is unknown: no list has anybody to contact."))
    if not len(known):
        unknown = worded(
            "What the actions are worth is unknown: fewer than {count} customers would have been on any of these lists "
            "{days} before, or they bought nothing since.",
            count=SMALLEST_BASELINE,
            days=say.counted(days, "day"),
        )
        return Finding(key, unknown)
    assumed = known[known["expected_amount"].notna()]
    if not len(assumed):
        return _at_stake(known, days=days, currency=currency, level=level)
    row = assumed.iloc[int(assumed["expected_amount"].astype(float).argmax())]
    value, low, high = (float(row[name]) for name in ("expected_amount", "expected_low", "expected_high"))
    amount, low_text, high_text = (say.money(number, currency=currency) for number in (value, low, high))
    said = {"action": _named(row), "amount": amount, "days": say.counted(days, "day"), "value": _kind(margin_share)}
    pays = worded(
        "Do first: {action}, worth {amount} more {value} within {days} if its assumed lift comes true.", **said
    )
    loses = worded(
        "No action pays by its assumed lift; the nearest is {action}, at {amount} of {value} within {days}.", **said
    )
    evidence = worded(
        "{interval}, for what they spend when left alone; against doing nothing, less what contacting {customers} "
        "costs; the lift of {lift} is an assumption.",
        interval=say.interval(low_text, high_text, level=level, is_start=True),
        customers=say.counted(int(row["contact_count"]), "customer"),
        lift=_lift(row["assumed_lift_share"]),
    )
    claim = pays if value > 0 else loses
    return Finding(key, claim, value, low, high, int(row["baseline_n"]), currency, evidence)


def table(
    worth: pd.DataFrame, *, days: int, currency: str, margin_share: float | None, scheme: Scheme | None = None
) -> Table:
    """The actions: who, what, by whom, how many, at what cost, and what they must bring; a row is an action."""
    worth, unit = in_words(worth, scheme, columns=["segment"]), named(currency)
    counts = {
        worded("customers"): worth["segment_count"],
        worded("to contact"): worth["contact_count"],
        worded("held out"): worth["holdout_count"],
    }
    cost, pays = worded("cost, {currency}", currency=unit), worded("pays from a lift of")
    assumed, shows = worded("assumed lift"), worded("smallest lift that shows")
    left_alone = worded("spent each if left alone, {currency}", currency=unit)
    against = worded("{value} against doing nothing, {currency}", value=_kind(margin_share), currency=unit)
    columns = {
        worded("segment"): worth["segment"],
        worded("action"): [_offer(row) for row in worth.to_dict("records")],
        worded("owner"): worth["owner"],
        **counts,
        cost: worth["cost_amount"],
        left_alone: _with_bounds(worth, "baseline", "baseline_amount"),
        pays: worth["break_even_share"],
        assumed: worth["assumed_lift_share"],
        against: _with_bounds(worth, "expected", "expected_amount"),
        shows: worth["detectable_share"],
    }
    formats: dict[str, tables.Format] = {cost: _sized, pays: _share, shows: _share, assumed: _lift}
    caption = worded(
        "Actions over {days}; in brackets the interval; a lift is a relative rise of what those contacted spend, and "
        "an assumed one is no forecast",
        days=say.counted(days, "day"),
    )
    return tables.table(pd.DataFrame(columns), caption=caption, formats=formats | dict.fromkeys(counts, say.number))


def measurement(worth: pd.DataFrame, *, days: int, level: float, scheme: Scheme | None = None) -> Finding:
    """How the effect is measured, and how small a lift the hold-outs can show; a row of `worth` an action."""
    used, key = in_words(worth[worth["contact_count"] > 0], scheme, columns=["segment"]), "detectable_lift"
    if worth["segment_count"].isna().any() and not len(used):
        return untold(key, worded("How small a lift would show is"))
    if not len(used):
        return Finding(key, worded("There is nothing to measure, since no list has anybody to contact."))
    if not used["holdout_count"].any():
        claim = worded(
            "Nobody is held out, so the effect of these actions cannot be measured: state a `control_share`."
        )
        return Finding(key, claim)
    how = worded(
        "After {days} compare what those contacted and those held out of an action have spent each; everybody on the "
        "list counts, buyer or not.",
        days=say.counted(days, "day"),
    )
    known = used[used["detectable_share"].notna()]
    if not len(known):
        claim = worded("So few are held out, or spend, that no lift could be distinguished from none.")
        return Finding(key, claim, evidence=how)
    row = known.iloc[int(known["detectable_share"].astype(float).argmin())]
    least, held = float(row["detectable_share"]), int(row["holdout_count"])
    claim = worded("The smallest lift that would show is {lift}, of {action}.", lift=_share(least), action=_named(row))
    power = worded(
        "Four times in five, with {customers} held out, at the level of {level}.",
        customers=say.counted(held, "customer"),
        level=say.exact_share(level),
    )
    evidence = sentences(power, how, _too_small(used))
    return Finding(key, claim, least, n=held, unit="share", evidence=evidence)


def _too_small(used: pd.DataFrame) -> str:
    """Of how many actions the assumed lift would not show; nothing where all would."""
    smallest = used["detectable_share"].fillna(float("inf"))
    count = len(used[used["assumed_lift_share"].between(-smallest, smallest, inclusive="neither")])
    if not count:
        return ""
    if len(used) == 1:
        return worded("The assumed lift is too small for its hold-out: hold out more, or over several rounds.")
    actions = say.counted(len(used), "action")
    if count == len(used):
        return worded(
            "The assumed lift of all {actions} is too small for its hold-out: hold out more, or over several rounds.",
            actions=actions,
        )
    return worded(
        "The assumed lift of {count} of {actions} is too small for its hold-out: hold out more, or over several "
        "rounds.",
        count=count,
        actions=actions,
    )


def _silent(channels: tuple[str, ...]) -> str:
    """Channels to which nobody consents: mostly a purpose by another name."""
    if not channels:
        return ""
    return worded(
        "Nobody in these segments consents to {channels}: the purpose of a consent must have the name of the channel.",
        channels=say.listed([say.quoted(name) for name in channels]),
    )


def _at_stake(known: pd.DataFrame, *, days: int, currency: str, level: float) -> Finding:
    row = known.nlargest(1, "at_stake_amount").iloc[0]
    value, low, high = (float(row[name]) for name in _names("baseline", "baseline_amount"))
    each, low_text, high_text = (say.money(number, currency=currency) for number in (value, low, high))
    claim = worded(
        "Most is at stake for {action}: {amount} a customer within {days}.",
        action=_named(row),
        amount=each,
        days=say.counted(days, "day"),
    )
    spent = worded(
        "{interval}; what {customers} would spend each when left alone; no action states a lift, so none has an "
        "expected value",
        interval=say.interval(low_text, high_text, level=level, is_start=True),
        customers=say.counted(int(row["contact_count"]), "customer"),
    )
    parts, pays = [spent], float(row["break_even_share"])
    if not say.is_missing(pays):
        from_lift, for_nothing = (
            worded("it pays from a lift of {lift}", lift=_share(pays)),
            worded("contacting them costs nothing"),
        )
        parts.append(from_lift if pays > 0 else for_nothing)
    evidence = worded("{parts}.", parts=say.lined_up(parts))
    return Finding("best_action", claim, value, low, high, int(row["baseline_n"]), currency, evidence)


def _names(prefix: str, value: str) -> tuple[str, str, str]:
    return value, f"{prefix}_low", f"{prefix}_high"


def _with_bounds(worth: pd.DataFrame, prefix: str, value: str) -> list[str]:
    texts = (tuple(_sized(row[name]) for name in _names(prefix, value)) for row in worth.to_dict("records"))
    return [
        middle if "–" in (low, high) else worded("{value} ({low} to {high})", value=middle, low=low, high=high)
        for middle, low, high in texts
    ]


def _named(row: Any) -> str:
    return worded(
        "{offer} by {channel} to {segment}",
        offer=say.quoted(row["offer"]),
        channel=channel_name(row["channel"]),
        segment=say.quoted(row["segment"]),
    )


def _offer(row: Any) -> str:
    return worded("{offer}, by {channel}", offer=row["offer"], channel=channel_name(row["channel"]))


def _kind(margin_share: float | None) -> str:
    return say.value_in(margin_share is not None)


def _lift(value: float) -> str:
    return "–" if say.is_missing(value) else f"{'−' if value < 0 else ''}{say.exact_share(abs(value))}"


def _share(value: float) -> str:
    """A share with a digit where it is small: 0.4 %, 3.5 %, 212 %."""
    return say.share(value, digits=0 if not say.is_missing(value) and abs(value) >= 1 else 1)


def _sized(value: float) -> str:
    return say.number(value, digits=0 if not say.is_missing(value) and abs(value) >= 1000 else 2)
