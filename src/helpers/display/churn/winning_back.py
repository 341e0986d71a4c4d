"""Those who have gone, on the page: how many a contact brings back, when that is given up, and who is on the list."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.models.churn.winback import EVERY, GIVE_UP, WinBack

KEY = "churn_winback"
NO_LIST = Finding(
    KEY,
    "Nobody is on a win-back list: none is planned.",
    evidence="Needed is a `winback_action` in the parameters: who have gone are offered what, and how.",
)
UNKNOWN = Finding(
    f"{KEY}_rate",
    "How many of those who have gone a contact brings back is unknown.",
    evidence="Needed is a campaign drawn by chance in which some of them were: hold some out of the next one.",
)
KEPT_OFF = (
    ("no_consent_count", "{} without a standing consent"),
    ("erased_count", "{} who asked to be erased"),
    ("capped_count", "{} contacted often of late"),
    ("over_limit_count", "{} beyond the limit of the list"),
)


def summary(lists: WinBack | None, shown: pd.DataFrame, *, currency: str, level: float) -> list[Finding]:
    """Who is on the list to win back, and what a contact has brought; a row of `shown` as in `winback.rates`."""
    every = shown[(shown["away"] == EVERY) & shown["effect"].notna()].to_dict("records")
    found = UNKNOWN
    if every:
        row = every[0]
        effect = say.points(row["effect"])
        claim = f"A contact brought back {effect} more of those who had gone than came by themselves."
        if not row["low"] > 0:
            claim = "Whether a contact brings back those who have gone is not clear."
        money = [say.money(row[f"contribution_{name}"], currency=currency) for name in ("amount", "low", "high")]
        evidence = (
            f"{say.share(row['back_share'])} of {say.counted(row['customer_count'], 'customer')} contacted in the last "
            f"campaign came back, {say.share(row['control_back_share'])} of {say.number(row['control_count'])} left "
            f"alone: {effect}, {say.interval(say.points(row['low']), say.points(row['high']), level=level)}. A contact "
            f"adds {money[0]} of margin less costs ({money[1]} to {money[2]}). "
            f"{_rule(shown)}"
        )
        bounds = (row["effect"], row["low"], row["high"])
        found = Finding(f"{KEY}_rate", claim, *bounds, int(row["customer_count"]), "share", evidence)
    return [NO_LIST if lists is None else _listed(lists), found]


def _rule(shown: pd.DataFrame) -> str:
    given_up = shown[(shown["rule"] == GIVE_UP) & (shown["away"] != EVERY)]
    rule = "The rule: give up on those away so long that a contact surely adds nothing"
    if given_up.empty:
        return f"{rule}; of none is that sure yet."
    return f"{rule}: {say.counted(int(given_up['away_from_days'].min()), 'day')} or more, where that holds to the end."


def _listed(lists: WinBack) -> Finding:
    (row,) = lists.plan.counts.to_dict("records")
    count = int(row["contact_count"])
    claim = f"{say.counted(count, 'customer')} who have gone are to be offered a {row['offer']}."
    if row["offer"].startswith(("a ", "an ", "the ")):
        claim = f"{say.counted(count, 'customer')} who have gone are to be offered {row['offer']}."
    off = [text.format(say.number(row[name])) for name, text in KEPT_OFF if row[name]]
    if lists.given_up_count:
        off.append(f"{say.number(lists.given_up_count)} who are given up")
    kept_off = f"; not on it are {say.listed(off)}" if off else ""
    unknown = " No consents were delivered: check it against your register." if row["consent_unknown_count"] else ""
    evidence = (
        f"By {row['channel']}; {say.number(row['holdout_count'])} more are held out by chance and must not be contacted"
        f"; of {say.number(lists.gone_count)} who have gone{kept_off}.{unknown}"
    )
    return Finding(KEY, claim, float(count), n=lists.gone_count, unit="count", evidence=evidence)


def table(shown: pd.DataFrame, *, currency: str, level: float) -> Table:
    """How many came back, contacted and left alone, by how long they had been away, and what is done about it."""
    cells = pd.DataFrame(
        {
            "away": [
                "all"
                if row["away"] == EVERY
                else f"{say.number(row['away_from_days'])} to {say.number(row['away_to_days'])} days"
                for row in shown.to_dict("records")
            ],
            "contacted": shown["customer_count"],
            "came back": shown["back_share"],
            "left alone": shown["control_count"],
            "came by themselves": shown["control_back_share"],
            "difference": shown["effect"],
            "from": shown["low"],
            "to": shown["high"],
            f"added, {currency}": shown["contribution_amount"],
            "at least": shown["contribution_low"],
            "at most": shown["contribution_high"],
            "rule": shown["rule"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["contacted", "left alone"], say.number)
    formats |= dict.fromkeys(["came back", "came by themselves"], say.share)
    formats |= dict.fromkeys(["difference", "from", "to"], say.points)
    formats |= dict.fromkeys([f"added, {currency}", "at least", "at most"], _two)
    caption = (
        f"Those who had gone before the last campaign, by days since their last purchase; {say.exact_share(level)} "
        "intervals; added: margin less costs, a contact"
    )
    return tables.table(cells, caption=caption, formats=formats)


def _two(value: float) -> str:
    return say.number(value, digits=2)
