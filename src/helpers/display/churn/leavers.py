"""Who has gone and who may go next: what gone means, how many are at risk, and what may be lost with them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.cards import Card, Cards
from helpers.display.cards import change as changed
from helpers.display.findings import Finding, untold
from helpers.display.tables import Table
from helpers.models.churn.at_risk import CONTRACT, HIGH, Change, Totals

NOUNS = {"purchases": "customer", "subscription": "subscriber"}
RISKS = {"gone": "gone", "high": "at risk", "low": "not at risk"}


def definition(
    compared: pd.DataFrame, *, own: str, as_of: date, comeback_days: int, lapsed_share: float, level: float
) -> Finding:
    """What gone means without a contract, how many have gone, and what the neighbouring definitions say.

    A row of `compared` is a definition, as `definitions.compared` gives it, empty where few have gone; `own` is that of
    the page.
    """
    rows = {row["definition"]: row for row in compared.to_dict("records")}
    mine, told = rows[own], compared.dropna(subset=["gone_share"])
    words = (
        f"Gone: of customers like them at most {say.exact_share(lapsed_share)} come back within "
        f"{say.counted(comeback_days, 'day')}"
    )
    if say.is_missing(mine["told_count"]):
        return untold("churn_gone", "How many customers have gone is")
    if not mine["told_count"]:
        return Finding("churn_gone", f"Who has gone by {say.day(as_of)} is unknown.", n=0, evidence=f"{words}.")
    claim = (
        f"{say.number(mine['gone_count'])} of {say.counted(mine['told_count'], 'customer')} had gone by "
        f"{say.day(as_of)}, {say.share(mine['gone_share'])}."
    )
    interval = say.interval(say.share(mine["low"]), say.share(mine["high"]), level=level, is_start=True)
    by_share = told.sort_values("gone_share", kind="stable").to_dict("records")
    least, most = by_share[0], by_share[-1]
    evidence = (
        f"{interval}. {words}. Neighbouring definitions say from {say.share(least['gone_share'])} "
        f"({least['definition']}) to {say.share(most['gone_share'])} ({most['definition']})."
    )
    bounds = (mine["gone_share"], mine["low"], mine["high"])
    return Finding("churn_gone", claim, *bounds, int(mine["told_count"]), "share", evidence)


def definition_table(compared: pd.DataFrame, *, own: str, level: float) -> Table:
    """How many have gone under each definition, and how often each says of a customer what the page's says."""
    shown = pd.DataFrame(
        {
            "gone means": [f"{name} (this page)" if name == own else name for name in compared["definition"]],
            "customers it can tell": compared["told_count"],
            "gone": compared["gone_count"],
            "share": compared["gone_share"],
            "from": compared["low"],
            "to": compared["high"],
            "says the same of": compared["agree_share"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["share", "from", "to", "says the same of"], say.share)
    formats |= dict.fromkeys(["customers it can tell", "gone"], say.number)
    caption = f"Definitions of gone beside each other; from, to: {say.exact_share(level)} interval"
    return tables.table(shown, caption=caption, formats=formats)


def at_risk(totals: Totals, *, as_of: date, days: int, has_margin: bool, currency: str, level: float) -> Finding:
    """How many of those still there are at risk, and what is expected to be lost with them within `days` days."""
    noun = NOUNS[totals.definition]
    key = "churn_subscribers_at_risk" if totals.definition == CONTRACT else "churn_at_risk"
    there = totals.customer_count - totals.gone_count
    if not there:
        return Finding(key, f"No {noun} is left who could leave by {say.day(as_of)}.", n=0)
    if not totals.high_count:
        return Finding(key, f"No {noun} is at risk on {say.day(as_of)}.", 0.0, n=there, unit=currency)
    money, amount = say.money(totals.high_amount.value, currency=currency), totals.high_amount
    verb = "is" if totals.high_count == 1 else "are"
    claim = (
        f"{say.counted(totals.high_count, noun)} {verb} at risk on {say.day(as_of)}, and {money} a year with them."
        if totals.definition != CONTRACT
        else f"{say.counted(totals.high_count, noun)} {verb} at risk on {say.day(as_of)}: {money} of payments."
    )
    share = totals.high_share
    parts = [
        f"{say.share(share.value)} of {say.counted(there, noun)} not gone",
        say.interval(say.share(share.low), say.share(share.high), level=level),
        f"amount: {_interval(amount.low, amount.high, currency, level)}",
        _meaning(totals.definition, days=days, has_margin=has_margin),
    ]
    bounds = (amount.value, amount.low, amount.high)
    return Finding(key, claim, *bounds, totals.high_count, currency, f"{'; '.join(parts)}.")


def _meaning(name: str, *, days: int, has_margin: bool) -> str:
    if name == CONTRACT:
        return f"payments that are expected to be missed within {say.counted(days, 'day')}, by plan and age"
    return (
        f"what they brought in the latest year ({say.value_in(has_margin)}), times the chance not to come back within "
        f"{say.counted(days, 'day')}; at risk: slipping, as in segmentation"
    )


def _interval(low: float, high: float, currency: str, level: float) -> str:
    return say.interval(say.money(low, currency=currency), say.money(high, currency=currency), level=level)


def once(apart: pd.DataFrame, *, model: str, tells_once: bool) -> Finding:
    """Who bought once, told apart: what a model of buying says of them, and what their pauses do.

    A row of `apart` is a kind of buyers and a risk band, as `at_risk.apart` gives it; `model` in print.
    """
    own = apart[apart["buyers"] == "once"]
    if own["customer_count"].isna().any():
        return untold("churn_once", "How many of those who bought once have gone is")
    n, gone = int(own["customer_count"].sum()), int(own.loc[own["risk_band"] == "gone", "customer_count"].sum())
    if not n:
        return Finding("churn_once", "Nobody has bought only once.", n=0)
    claim = f"{say.number(gone)} of {say.counted(n, 'customer')} who bought once have gone."
    reading = (
        "P(alive) of them is an estimate" if tells_once else "P(alive) is 1 for them by construction, and not told"
    )
    return Finding(
        "churn_once", claim, gone, n=n, unit="count", evidence=f"{model}: {reading}; gone is told by their pause alone."
    )


def apart_table(apart: pd.DataFrame, *, currency: str) -> Table:
    """Customers by how often they bought and by risk."""
    shown = pd.DataFrame(
        {
            "bought on": apart["buyers"].map({"once": "one day", "more": "several days"}),
            "risk": apart["risk_band"].map(RISKS),
            "customers": apart["customer_count"],
            "chance not to come back": apart["p_gone"],
            "P(alive)": apart["p_alive"],
            f"at risk, {currency}": apart["value_at_risk_amount"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["chance not to come back", "P(alive)"], say.share)
    formats |= dict.fromkeys(["customers", f"at risk, {currency}"], say.number)
    return tables.table(shown, caption="Customers by purchase days and risk; chances are means", formats=formats)


def most_at_risk(customers: pd.DataFrame, *, count: int, currency: str) -> Table:
    """The customers at risk with whom most is expected to be lost, and why they are."""
    own = customers[customers["risk_band"] == HIGH]
    top = own.sort_values(["value_at_risk_amount", "customer_id"], ascending=[False, True]).head(count)
    shown = pd.DataFrame(
        {
            "customer": top["customer_id"],
            "by": top["definition"],
            "chance to be gone": top["p_gone"],
            "why": top["reason"],
            f"at risk, {currency}": top["value_at_risk_amount"],
        }
    )
    formats: dict[str, tables.Format] = {"chance to be gone": say.share, f"at risk, {currency}": say.number}
    caption = f"The {say.counted(len(top), 'customer')} at risk with whom most is expected to be lost"
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)


def cards(
    totals: list[Totals], change: Change, *, days: int, currency: str, year: float | None, year_days: int
) -> Cards:
    """Who is at risk, what is at risk, how that changed, and how many subscriptions last a year."""
    made = []
    for one in totals:
        noun = NOUNS[one.definition]
        against = f"{say.number(change.before_count)}, {days} days before"
        moved = change.change
        note = changed(moved.value, moved.low, moved.high, against=against) if one.definition != CONTRACT else ""
        made.append(Card(f"{noun.capitalize()}s at risk", say.number(one.high_count), note))
        bounds = f"{_short(one.high_amount.low, currency)} to {_short(one.high_amount.high, currency)}"
        made.append(Card(f"At risk with these {noun}s", say.money(one.high_amount.value, currency=currency), bounds))
    if year is not None:
        made.append(Card(f"Subscriptions still there after {year_days} days", say.share(year)))
    return Cards(tuple(made))


def _short(amount: float, currency: str) -> str:
    return say.money(amount, currency=currency)
