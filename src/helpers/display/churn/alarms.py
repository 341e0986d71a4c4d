"""Early warnings on the page: who has begun to do less, by which signal, since when, and what a warning is worth."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from datetime import date
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.churn.churn_words import starting
from helpers.display.findings import Finding, Lacking
from helpers.display.tables import Table
from helpers.display.wording import named, sentences, worded, worded_n
from helpers.models.churn.category_mix import SIGNAL
from helpers.models.churn.early_warning import Warnings

KEY, COMMON = "churn_warnings", "churn_common"


def summary(warned: Warnings, *, as_of: date, weeks: int, fall_share: float) -> Finding:
    """How many have begun to do less, and how many of such warnings chance alone would give."""
    if warned.signals.empty:
        return Finding(KEY, worded("Who has begun to do less is unknown: too few customers have a baseline."), n=0)
    rows = warned.signals.to_dict("records")
    watched = int(warned.signals["customer_count"].max())
    count = int(warned.table["customer_id"].nunique())
    claim = _begun(count, as_of, has_mix=SIGNAL in set(warned.signals["signal"]))
    if count and not warned.is_beyond_chance:
        claim = worded("No more customers than chance would show do much less, by {day}.", day=say.day(as_of))
    evidence = worded(
        "Of {customers} watched over {weeks} chance alone would give {by_chance} warnings, {false_share} false alarms; "
        "by signal: {signals}, of declines to {fall_share}.",
        customers=say.counted(watched, "customer"),
        weeks=say.counted(weeks, "week"),
        by_chance=say.number(warned.by_chance),
        false_share=say.share(warned.false_alarm_share, digits=2),
        signals=say.lined_up([_signal(row) for row in rows]),
        fall_share=say.exact_share(fall_share),
    )
    return Finding(KEY, claim, count, n=watched, unit="count", evidence=evidence)


def _begun(count: int, as_of: date, *, has_mix: bool) -> str:
    """How many do less than they used to; of a mix of categories it is said that they buy other things."""
    told = {"customers": say.counted(count, "customer"), "day": say.day(as_of)}
    if has_mix:
        return worded_n(
            count,
            "{customers} has begun to do much less, or buy other things, than they used to, by {day}.",
            "{customers} have begun to do much less, or buy other things, than they used to, by {day}.",
            **told,
        )
    return worded_n(
        count,
        "{customers} has begun to do much less than they used to, by {day}.",
        "{customers} have begun to do much less than they used to, by {day}.",
        **told,
    )


def common(falls: pd.DataFrame, *, level: float) -> Finding:
    """What everybody does less of, told once; a row of `falls` is a signal, as `early_warning.common_falls` has it."""
    if falls.empty:
        return Finding(
            COMMON, worded("Whether everybody does less is unknown: too few customers have a baseline."), n=0
        )
    rows = sorted(falls.to_dict("records"), key=lambda row: (pd.isna(row["since_on"]), row["common_share"]))
    first = rows[0]
    claim = worded("Customers as a whole do about as much as they used to.")
    if first["low"] > 1:
        claim = worded("Customers as a whole do more than they used to.")
    if not pd.isna(first["since_on"]):
        less, since = say.share(1 - first["common_share"], digits=0), say.day(pd.Timestamp(first["since_on"]).date())
        claim = worded(
            "Everybody does less: {signal} are {share} below what is usual since {day}.",
            signal=named(first["signal"]),
            share=less,
            day=since,
        )
    evidence = worded(
        "{signals}. Each customer is judged against what all do.",
        signals=say.lined_up([_common(row, level) for row in rows]),
    )
    numbers = (first["common_share"], first["low"], first["high"])
    return Finding(COMMON, claim, *numbers, int(first["customer_count"]), "ratio", evidence)


def unwatched(watched: Collection[str], *, has_baskets: bool) -> list[Finding]:
    """What cannot be watched for a decline, and by which table it could be; `watched` are the signals that are."""
    lines = [
        "" if "visits" in watched else worded("Events would show who visits or takes part less."),
        "" if has_baskets else worded("Order items and products would show who buys other categories."),
    ]
    return [Lacking("churn_unwatched", sentences(*lines))] if any(lines) else []


def _common(row: dict[Hashable, Any], level: float) -> str:
    low, high = (say.share(row[end], digits=0) for end in ("low", "high"))
    return worded(
        "{signal}: {share} of what is usual ({interval})",
        signal=starting(str(row["signal"])),
        share=say.share(row["common_share"], digits=0),
        interval=say.interval(low, high, level=level),
    )


def _signal(row: dict[Hashable, Any]) -> str:
    return worded(
        "{signal} {count} (would catch {share})",
        signal=named(row["signal"]),
        count=say.number(row["warned_count"]),
        share=say.share(row["caught_share"]),
    )


def signal_table(warned: Warnings, *, weeks: int) -> Table:
    """What each signal watches, how many it warns of, and what it may be trusted for, beside its simple rival."""
    rows = warned.signals
    caught, false = worded("declines it would catch"), worded("false alarms")
    rival, still = worded("the last 4 weeks against the 12 before would catch"), worded("and still tell of")
    shown = pd.DataFrame(
        {
            worded("signal"): [named(name) for name in rows["signal"]],
            worded("customers watched"): rows["customer_count"],
            worded("usual a week"): rows["usual_count"],
            worded("warned of"): rows["warned_count"],
            caught: rows["caught_share"],
            false: rows["false_alarm_share"],
            rival: rows["rival_caught_share"],
            still: rows["rival_standing_share"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys([worded("customers watched"), worded("warned of")], say.number)
    formats |= {worded("usual a week"): _two, caught: say.share, false: _fine, rival: say.share, still: say.share}
    caption = worded(
        "Signals over {weeks}; declines it would catch: within ten weeks (of a category mix: the mix of another "
        "customer); false alarms: of customers who never change, the same for the last 4 weeks against the 12 before, "
        "whose warnings fade",
        weeks=say.counted(weeks, "week"),
    )
    return tables.table(shown, caption=caption, formats=formats)


def warning_table(warned: Warnings, customers: pd.DataFrame, *, count: int, currency: str) -> Table:
    """The customers warned of with whom most is at risk: which signal, since when, how strong."""
    own = customers.set_index("customer_id")["value_at_risk_amount"]
    rows = warned.table.assign(amount=warned.table["customer_id"].map(own).astype(float))
    top = rows.sort_values(["amount", "customer_id", "signal"], ascending=[False, True, True]).head(count)
    expected, came = worded("expected since"), worded("came")
    at_risk = worded("at risk, {currency}", currency=named(currency))
    shown = pd.DataFrame(
        {
            worded("customer"): top["customer_id"],
            worded("signal"): [named(name) for name in top["signal"]],
            worded("since"): [say.day(on.date()) for on in pd.to_datetime(top["since_on"])],
            expected: top["expected_count"],
            came: top["actual_count"],
            worded("what changed"): [_changed(row) for row in top.to_dict("records")],
            at_risk: top["amount"],
        }
    )
    formats: dict[str, tables.Format] = {expected: _one, came: say.number, at_risk: say.number}
    caption = worded("Warnings, those with most at risk first")
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)


def _changed(row: dict[Hashable, Any]) -> str:
    """How strong a change is: how much less was done, or what is bought less and more, and how far mixes lie apart."""
    if row["signal"] != SIGNAL:
        return worded("{share} less", share=say.share(row["change_share"], digits=0))
    less, more = say.quoted(row["lost_category"]), say.quoted(row["gained_category"])
    distance = say.number(row["change_share"], digits=2)
    return worded("less {less}, more {more}; distance {distance}", less=less, more=more, distance=distance)


def _one(value: float) -> str:
    return say.number(value, digits=1)


def _two(value: float) -> str:
    return say.number(value, digits=2)


def _fine(value: float) -> str:
    return say.share(value, digits=2)
