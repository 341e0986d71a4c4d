"""Early warnings on the page: who has begun to do less, by which signal, since when, and what a warning is worth."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.wording import worded
from helpers.models.churn.category_mix import SIGNAL
from helpers.models.churn.early_warning import Warnings

KEY, COMMON = "churn_warnings", "churn_common"


def summary(warned: Warnings, *, as_of: date, weeks: int, fall_share: float) -> Finding:
    """How many have begun to do less, and how many of such warnings chance alone would give."""
    if warned.signals.empty:
        return Finding(KEY, "Who has begun to do less is unknown: too few customers have a baseline.", n=0)
    rows = warned.signals.to_dict("records")
    watched = int(warned.signals["customer_count"].max())
    count = int(warned.table["customer_id"].nunique())
    verb = "has" if count == 1 else "have"
    less = "do much less, or buy other things," if SIGNAL in set(warned.signals["signal"]) else "do much less"
    claim = f"{say.counted(count, 'customer')} {verb} begun to {less} than they used to, by {say.day(as_of)}."
    if count and not warned.is_beyond_chance:
        claim = f"No more customers than chance would show have begun to do much less, by {say.day(as_of)}."
    by_signal = "; ".join(_signal(row) for row in rows)
    evidence = (
        f"Of {say.counted(watched, 'customer')} watched over {say.counted(weeks, 'week')} chance alone would give "
        f"{say.number(warned.by_chance)}, {say.share(warned.false_alarm_share, digits=2)} false alarms; by signal: "
        f"{by_signal}, of declines to {say.exact_share(fall_share)}."
    )
    return Finding(KEY, claim, count, n=watched, unit="count", evidence=evidence)


def common(falls: pd.DataFrame, *, level: float) -> Finding:
    """What everybody does less of, told once; a row of `falls` is a signal, as `early_warning.common_falls` has it."""
    if falls.empty:
        return Finding(COMMON, "Whether everybody does less is unknown: too few customers have a baseline.", n=0)
    rows = sorted(falls.to_dict("records"), key=lambda row: (pd.isna(row["since_on"]), row["common_share"]))
    first = rows[0]
    claim = "Customers as a whole do about as much as they used to."
    if first["low"] > 1:
        claim = worded("Customers as a whole do more than they used to.")
    if not pd.isna(first["since_on"]):
        less, since = say.share(1 - first["common_share"], digits=0), say.day(pd.Timestamp(first["since_on"]).date())
        claim = f"Everybody does less: {first['signal']} are {less} below what is usual since {since}."
    evidence = f"{'; '.join(_common(row, level) for row in rows)}. Each customer is judged against what all do."
    numbers = (first["common_share"], first["low"], first["high"])
    return Finding(COMMON, claim, *numbers, int(first["customer_count"]), "ratio", evidence)


def _common(row: dict[Hashable, Any], level: float) -> str:
    low, high = (say.share(row[end], digits=0) for end in ("low", "high"))
    of_usual = f"{say.share(row['common_share'], digits=0)} of what is usual"
    return f"{str(row['signal']).capitalize()}: {of_usual} ({say.interval(low, high, level=level)})"


def _signal(row: dict[Hashable, Any]) -> str:
    return f"{row['signal']} {say.number(row['warned_count'])} (would catch {say.share(row['caught_share'])})"


def signal_table(warned: Warnings, *, weeks: int) -> Table:
    """What each signal watches, how many it warns of, and what it may be trusted for, beside its simple rival."""
    rows = warned.signals
    rival = "the last 4 weeks against the 12 before"
    shown = pd.DataFrame(
        {
            "signal": rows["signal"],
            "customers watched": rows["customer_count"],
            "usual a week": rows["usual_count"],
            "warned of": rows["warned_count"],
            "declines it would catch": rows["caught_share"],
            "false alarms": rows["false_alarm_share"],
            f"{rival} would catch": rows["rival_caught_share"],
            "and still tell of": rows["rival_standing_share"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["customers watched", "warned of"], say.number)
    formats |= {"usual a week": _two, "declines it would catch": say.share, "false alarms": _fine}
    formats |= dict.fromkeys([f"{rival} would catch", "and still tell of"], say.share)
    caption = (
        f"Signals over {say.counted(weeks, 'week')}; declines it would catch: within ten weeks (of a category mix: the "
        f"mix of another customer); false alarms: of customers who never change, the same for {rival}, whose warnings "
        "fade"
    )
    return tables.table(shown, caption=caption, formats=formats)


def warning_table(warned: Warnings, customers: pd.DataFrame, *, count: int, currency: str) -> Table:
    """The customers warned of with whom most is at risk: which signal, since when, how strong."""
    own = customers.set_index("customer_id")["value_at_risk_amount"]
    rows = warned.table.assign(amount=warned.table["customer_id"].map(own).astype(float))
    top = rows.sort_values(["amount", "customer_id", "signal"], ascending=[False, True, True]).head(count)
    shown = pd.DataFrame(
        {
            "customer": top["customer_id"],
            "signal": top["signal"],
            "since": [say.day(on.date()) for on in pd.to_datetime(top["since_on"])],
            "expected since": top["expected_count"],
            "came": top["actual_count"],
            "what changed": [_changed(row) for row in top.to_dict("records")],
            f"at risk, {currency}": top["amount"],
        }
    )
    formats: dict[str, tables.Format] = {"expected since": _one, "came": say.number, f"at risk, {currency}": say.number}
    return tables.table(shown, caption="Warnings, those with most at risk first", formats=formats, is_folded=True)


def _changed(row: dict[Hashable, Any]) -> str:
    """How strong a change is: how much less was done, or what is bought less and more, and how far mixes lie apart."""
    if row["signal"] != SIGNAL:
        return f"{say.share(row['change_share'], digits=0)} less"
    less, more = say.quoted(row["lost_category"]), say.quoted(row["gained_category"])
    return f"less {less}, more {more}; distance {say.number(row['change_share'], digits=2)}"


def _one(value: float) -> str:
    return say.number(value, digits=1)


def _two(value: float) -> str:
    return say.number(value, digits=2)


def _fine(value: float) -> str:
    return say.share(value, digits=2)
