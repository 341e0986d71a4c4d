"""Those who have gone, on the page: how many a contact brings back, when that is given up, and who is on the list."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.churn.churn_words import hundredths
from helpers.display.findings import Finding, Lacking
from helpers.display.tables import Table
from helpers.display.wording import named, sentences, vocabulary, worded
from helpers.models.churn.winback import EVERY, GIVE_UP, WinBack

KEY = "churn_winback"
KEPT_OFF = dict(
    zip(
        ("no_consent_count", "erased_count", "capped_count", "over_limit_count"),
        vocabulary(
            "{count} without a standing consent",
            "{count} who asked to be erased",
            "{count} contacted often of late",
            "{count} beyond the limit of the list",
        ),
        strict=True,
    )
)
RULES = vocabulary("go on", "give up", "go on with a hold-out")
CHANNELS = vocabulary("email", "sms", "phone", "app", "mail")


def summary(lists: WinBack | None, shown: pd.DataFrame, *, currency: str, level: float) -> list[Finding]:
    """Who is on the list to win back, and what a contact has brought; a row of `shown` as in `winback.rates`."""
    every = shown[(shown["away"] == EVERY) & shown["effect"].notna()].to_dict("records")
    rate = _rate(every[0], shown, currency=currency, level=level) if every else _unknown()
    return [_no_list() if lists is None else _listed(lists), rate]


def _no_list() -> Finding:
    return Lacking(KEY, worded("A win-back offer in the parameters would list who has gone and is offered something."))


def _unknown() -> Finding:
    claim = worded("A campaign drawn by chance among those who have gone would show how many a contact brings back.")
    return Lacking(f"{KEY}_rate", claim)


def _rate(row: dict[Hashable, Any], shown: pd.DataFrame, *, currency: str, level: float) -> Finding:
    effect = say.points(row["effect"])
    claim = worded("Whether a contact brings back those who have gone is not clear.")
    if row["low"] > 0:
        claim = worded(
            "A contact brought back {effect} more of those who had gone than came by themselves.", effect=effect
        )
    money = {name: say.money(row[f"contribution_{name}"], currency=currency) for name in ("amount", "low", "high")}
    evidence = worded(
        "{back_share} of {customers} contacted in the last campaign came back, {control_share} of {control_count} left "
        "alone: {effect}, {interval}. A contact adds {amount} of margin less costs ({low} to {high}).",
        back_share=say.share(row["back_share"]),
        customers=say.counted(row["customer_count"], "customer"),
        control_share=say.share(row["control_back_share"]),
        control_count=say.number(row["control_count"]),
        effect=effect,
        interval=say.interval(say.points(row["low"]), say.points(row["high"]), level=level),
        **money,
    )
    bounds, n = (row["effect"], row["low"], row["high"]), int(row["customer_count"])
    return Finding(f"{KEY}_rate", claim, *bounds, n, "share", sentences(evidence, _rule(shown)))


def _rule(shown: pd.DataFrame) -> str:
    given_up = shown[(shown["rule"] == GIVE_UP) & (shown["away"] != EVERY)]
    if given_up.empty:
        return worded(
            "The rule: give up on those away so long that a contact surely adds nothing; of none is that sure yet."
        )
    return worded(
        "The rule: give up on those away so long that a contact surely adds nothing: {days} or more, where that holds "
        "to the end.",
        days=say.counted(int(given_up["away_from_days"].min()), "day"),
    )


def _listed(lists: WinBack) -> Finding:
    (row,) = lists.plan.counts.to_dict("records")
    count = int(row["contact_count"])
    claim = worded(
        "{customers} who have gone are to be offered: {offer}.",
        customers=say.counted(count, "customer"),
        offer=row["offer"],
    )
    off = [worded(text, count=say.number(row[name])) for name, text in KEPT_OFF.items() if row[name]]
    if lists.given_up_count:
        off.append(worded("{count} who are given up", count=say.number(lists.given_up_count)))
    parts = [
        worded("By {channel}", channel=named(row["channel"])),
        worded("{count} more are held out by chance and must not be contacted", count=say.number(row["holdout_count"])),
        worded("of {count} who have gone", count=say.number(lists.gone_count)),
        *([worded("not on it are {others}", others=say.listed(off))] if off else []),
    ]
    unknown = worded("No consents were delivered: check it against your register.")
    evidence = sentences(worded("{parts}.", parts=say.lined_up(parts)), unknown if row["consent_unknown_count"] else "")
    return Finding(KEY, claim, float(count), n=lists.gone_count, unit="count", evidence=evidence)


def table(shown: pd.DataFrame, *, currency: str, level: float) -> Table:
    """How many came back, contacted and left alone, by how long they had been away, and what is done about it."""
    counts, shares = [worded("contacted"), worded("left alone")], [worded("came back"), worded("came by themselves")]
    effects = [worded("difference, points"), worded("from"), worded("to")]
    amounts = [worded("added, {currency}", currency=named(currency)), worded("at least"), worded("at most")]
    cells = pd.DataFrame(
        {
            worded("away"): [_away(row) for row in shown.to_dict("records")],
            counts[0]: shown["customer_count"],
            shares[0]: shown["back_share"],
            counts[1]: shown["control_count"],
            shares[1]: shown["control_back_share"],
            effects[0]: shown["effect"],
            effects[1]: shown["low"],
            effects[2]: shown["high"],
            amounts[0]: shown["contribution_amount"],
            amounts[1]: shown["contribution_low"],
            amounts[2]: shown["contribution_high"],
            worded("rule"): [named(rule) if isinstance(rule, str) else "–" for rule in shown["rule"]],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(counts, say.number)
    formats |= dict.fromkeys(shares, say.share)
    formats |= dict.fromkeys(effects, hundredths) | dict.fromkeys(amounts, _two)
    caption = worded(
        "Those who had gone before the last campaign, by days since their last purchase; {level} intervals; added: "
        "margin less costs, a contact",
        level=say.exact_share(level),
    )
    return tables.table(cells, caption=caption, formats=formats)


def _away(row: dict[Hashable, Any]) -> str:
    if row["away"] == EVERY:
        return worded("all")
    return worded("{low} to {high} days", low=say.number(row["away_from_days"]), high=say.number(row["away_to_days"]))


def _two(value: float) -> str:
    return say.number(value, digits=2)
