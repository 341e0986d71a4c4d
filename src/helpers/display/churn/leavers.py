"""Who has gone and who may go next: what gone means, how many are at risk, and what may be lost with them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.cards import Card, Cards
from helpers.display.cards import change as changed
from helpers.display.churn.churn_words import reason
from helpers.display.findings import Finding, untold
from helpers.display.tables import Table
from helpers.display.wording import named, recast, vocabulary, worded, worded_n
from helpers.models.churn.at_risk import CONTRACT, HIGH, Change, Totals

RISKS = dict(zip(("gone", "high", "low"), vocabulary("gone", "at risk", "not at risk"), strict=True))
BUYERS = dict(zip(("once", "more"), vocabulary("one day", "several days"), strict=True))
DEFINITIONS = vocabulary(
    "lapsed",
    "lapsed, at half the chance to come back",
    "lapsed, at twice the chance",
    "no purchase for {days} days",
    "P(alive) below one half",
)


def definition(
    compared: pd.DataFrame, *, own: str, as_of: date, comeback_days: int, lapsed_share: float, level: float
) -> Finding:
    """What gone means without a contract, how many have gone, and what the neighbouring definitions say.

    A row of `compared` is a definition, as `definitions.compared` gives it, empty where few have gone; `own` is that of
    the page.
    """
    rows = {row["definition"]: row for row in compared.to_dict("records")}
    mine, told = rows[own], compared.dropna(subset=["gone_share"])
    means = worded(
        "Gone: of customers like them at most {share} come back within {days}.",
        share=say.exact_share(lapsed_share),
        days=say.counted(comeback_days, "day"),
    )
    if say.is_missing(mine["told_count"]):
        return untold("churn_gone", worded("How many customers have gone is"))
    if not mine["told_count"]:
        claim = worded("Who has gone by {day} is unknown.", day=say.day(as_of))
        return Finding("churn_gone", claim, n=0, evidence=means)
    claim = worded(
        "{gone} of {customers} had gone by {day}, {share}.",
        gone=say.number(mine["gone_count"]),
        customers=say.counted(mine["told_count"], "customer"),
        day=say.day(as_of),
        share=say.share(mine["gone_share"]),
    )
    interval = say.interval(say.share(mine["low"]), say.share(mine["high"]), level=level, is_start=True)
    by_share = told.sort_values("gone_share", kind="stable").to_dict("records")
    least, most = by_share[0], by_share[-1]
    evidence = worded(
        "{interval}. {means} Other definitions say from {least} ({least_name}) to {most} ({most_name}).",
        interval=interval,
        means=means,
        least=say.share(least["gone_share"]),
        least_name=recast(least["definition"], DEFINITIONS),
        most=say.share(most["gone_share"]),
        most_name=recast(most["definition"], DEFINITIONS),
    )
    bounds = (mine["gone_share"], mine["low"], mine["high"])
    return Finding("churn_gone", claim, *bounds, int(mine["told_count"]), "share", evidence)


def definition_table(compared: pd.DataFrame, *, own: str, level: float) -> Table:
    """How many have gone under each definition, and how often each says of a customer what the page's says."""
    told, gone = worded("customers it can tell"), worded("gone")
    shares = [worded("share"), worded("from"), worded("to"), worded("says the same of")]
    shown = pd.DataFrame(
        {
            worded("gone means"): [_defined(name, own) for name in compared["definition"]],
            told: compared["told_count"],
            gone: compared["gone_count"],
            shares[0]: compared["gone_share"],
            shares[1]: compared["low"],
            shares[2]: compared["high"],
            shares[3]: compared["agree_share"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(shares, say.share)
    formats |= dict.fromkeys([told, gone], say.number)
    caption = worded("Definitions of gone beside each other; from, to: {level} interval", level=say.exact_share(level))
    return tables.table(shown, caption=caption, formats=formats)


def _defined(name: str, own: str) -> str:
    said = recast(name, DEFINITIONS)
    return worded("{definition} (this page)", definition=said) if name == own else said


def at_risk(totals: Totals, *, as_of: date, days: int, has_margin: bool, currency: str, level: float) -> Finding:
    """How many of those still there are at risk, and what is expected to be lost with them within `days` days."""
    is_contract, on = totals.definition == CONTRACT, say.day(as_of)
    key = "churn_subscribers_at_risk" if is_contract else "churn_at_risk"
    there = totals.customer_count - totals.gone_count
    if not there:
        nobody = worded("Nobody is left who could leave by {day}.", day=on)
        no_subscriber = worded("No subscriber is left who could leave by {day}.", day=on)
        return Finding(key, no_subscriber if is_contract else nobody, n=0)
    if not totals.high_count:
        nobody = worded("No customer is at risk on {day}.", day=on)
        no_subscriber = worded("No subscriber is at risk on {day}.", day=on)
        return Finding(key, no_subscriber if is_contract else nobody, 0.0, n=there, unit=currency)
    amount, share = totals.high_amount, totals.high_share
    evidence = worded(
        "{share} of {customers} not gone; {interval}; amount: {amount_interval}; {meaning}.",
        share=say.share(share.value),
        customers=say.counted(there, "subscriber") if is_contract else say.counted(there, "customer"),
        interval=say.interval(say.share(share.low), say.share(share.high), level=level),
        amount_interval=_interval(amount.low, amount.high, currency, level),
        meaning=_meaning(days, is_contract=is_contract, has_margin=has_margin),
    )
    bounds, claim = (amount.value, amount.low, amount.high), _at_risk(totals, on, currency=currency)
    return Finding(key, claim, *bounds, totals.high_count, currency, evidence)


def _at_risk(totals: Totals, on: str, *, currency: str) -> str:
    """How many are at risk on a day, and what with them: a year of purchases, or payments of subscribers."""
    count, money = totals.high_count, say.money(totals.high_amount.value, currency=currency)
    if totals.definition == CONTRACT:
        return worded_n(
            count,
            "{subscribers} is at risk on {day}: {amount} of payments.",
            "{subscribers} are at risk on {day}: {amount} of payments.",
            subscribers=say.counted(count, "subscriber"),
            day=on,
            amount=money,
        )
    return worded_n(
        count,
        "{customers} is at risk on {day}, and {amount} a year with them.",
        "{customers} are at risk on {day}, and {amount} a year with them.",
        customers=say.counted(count, "customer"),
        day=on,
        amount=money,
    )


def _meaning(days: int, *, is_contract: bool, has_margin: bool) -> str:
    within = say.counted(days, "day")
    if is_contract:
        return worded("payments that are expected to be missed within {days}, by plan and age", days=within)
    return worded(
        "what they brought in the latest year ({value}), times the chance not to come back within {days}; at risk: "
        "slipping, as in segmentation",
        value=say.value_in(has_margin),
        days=within,
    )


def _interval(low: float, high: float, currency: str, level: float) -> str:
    return say.interval(say.money(low, currency=currency), say.money(high, currency=currency), level=level)


def once(apart: pd.DataFrame, *, model: str, tells_once: bool) -> Finding:
    """Who bought once, told apart: what a model of buying says of them, and what their pauses do.

    A row of `apart` is a kind of buyers and a risk band, as `at_risk.apart` gives it; `model` in print.
    """
    own = apart[apart["buyers"] == "once"]
    if own["customer_count"].isna().any():
        return untold("churn_once", worded("How many of those who bought once have gone is"))
    n, gone = int(own["customer_count"].sum()), int(own.loc[own["risk_band"] == "gone", "customer_count"].sum())
    if not n:
        return Finding("churn_once", worded("Nobody has bought only once."), n=0)
    claim = worded(
        "{gone} of {customers} who bought once have gone.", gone=say.number(gone), customers=say.counted(n, "customer")
    )
    evidence = worded(
        "{model} calls all of them alive by construction, so P(alive) is not told; gone is told by their pause alone.",
        model=model,
    )
    if tells_once:
        evidence = worded("P(alive) of them is an estimate of {model}; gone is told by their pause alone.", model=model)
    return Finding("churn_once", claim, gone, n=n, unit="count", evidence=evidence)


def apart_table(apart: pd.DataFrame, *, currency: str) -> Table:
    """Customers by how often they bought and by risk."""
    count, amount = worded("customers"), worded("at risk, {currency}", currency=named(currency))
    chance, alive = worded("chance not to come back"), worded("P(alive)")
    shown = pd.DataFrame(
        {
            worded("bought on"): [named(BUYERS[buyers]) for buyers in apart["buyers"]],
            worded("risk"): [named(RISKS[band]) for band in apart["risk_band"]],
            count: apart["customer_count"],
            chance: apart["p_gone"],
            alive: apart["p_alive"],
            amount: apart["value_at_risk_amount"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys([chance, alive], say.share)
    formats |= dict.fromkeys([count, amount], say.number)
    caption = worded("Customers by purchase days and risk; chances are means")
    return tables.table(shown, caption=caption, formats=formats)


def most_at_risk(customers: pd.DataFrame, *, count: int, currency: str) -> Table:
    """The customers at risk with whom most is expected to be lost, and why they are."""
    chance, amount = worded("chance to be gone"), worded("at risk, {currency}", currency=named(currency))
    own = customers[customers["risk_band"] == HIGH]
    top = own.sort_values(["value_at_risk_amount", "customer_id"], ascending=[False, True]).head(count)
    shown = pd.DataFrame(
        {
            worded("customer"): top["customer_id"],
            worded("by"): [named(name) for name in top["definition"]],
            chance: top["p_gone"],
            worded("why"): [reason(text) for text in top["reason"]],
            amount: top["value_at_risk_amount"],
        }
    )
    formats: dict[str, tables.Format] = {chance: say.share, amount: say.number}
    caption = worded(
        "The {customers} at risk with whom most is expected to be lost", customers=say.counted(len(top), "customer")
    )
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)


def cards(
    totals: list[Totals], change: Change, *, days: int, currency: str, year: float | None, year_days: int
) -> Cards:
    """Who is at risk, what is at risk, how that changed, and how many subscriptions last a year."""
    made = []
    for one in totals:
        is_contract, amount = one.definition == CONTRACT, one.high_amount
        before = {"count": say.number(change.before_count), "days": say.counted(days, "day")}
        against = worded("{count}, {days} before", **before)
        moved = change.change
        note = "" if is_contract else changed(moved.value, moved.low, moved.high, against=against)
        who = worded("Subscribers at risk") if is_contract else worded("Customers at risk")
        what = worded("At risk with these subscribers") if is_contract else worded("At risk with these customers")
        low, high = (say.money(bound, currency=currency) for bound in (amount.low, amount.high))
        made.append(Card(who, say.number(one.high_count), note))
        made.append(
            Card(what, say.money(amount.value, currency=currency), worded("{low} to {high}", low=low, high=high))
        )
    if year is not None:
        label = worded("Subscriptions still there after {days}", days=say.counted(year_days, "day"))
        made.append(Card(label, say.share(year)))
    return Cards(tuple(made))
