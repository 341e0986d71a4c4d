"""Membership and points on the page: what tiers bring, who is near the next, what points are owed and never used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.display import language as say
from helpers.display import tables
from helpers.display.charts import key_on_top
from helpers.display.figures import AMOUNT_AXIS, SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, estimated, untold
from helpers.display.tables import Table
from helpers.display.theme import BLANK, BLUE, GREEN, INK, ORANGE, PURPLE, SKY, themed
from helpers.display.wording import named, recast, sentences, vocabulary, worded, worded_n
from helpers.models.segments.points import Account
from helpers.models.segments.tier_economics import Near

(NO_TIER,) = vocabulary("(no tier)")
NAMED = 5
ADDED = vocabulary("earned", "referrals", "adjusted (net)", "redeemed", "expired", "other kinds")
FLOWS = tuple(
    zip(
        (
            "earned_points",
            "referral_points",
            "adjusted_points",
            "redeemed_points",
            "expired_points",
            "other_points",
        ),
        ADDED,
        (BLUE, SKY, PURPLE, GREEN, ORANGE, INK),
        ("", "...", "xxx", "\\\\\\", "///", "++"),
        strict=True,
    )
)
BECAME = vocabulary("redeemed", "expired unused", "taken back", "still held")
FATES = tuple(
    zip(
        ("redeemed_share", "expired_share", "other_share", "outstanding_share"),
        BECAME,
        (GREEN, ORANGE, PURPLE, BLANK),
        ("", "///", "xxx", ""),
        strict=True,
    )
)
CHECKS = vocabulary(
    "kinds are earn, redeem, expire, adjust or referral",
    "earn and referral add, redeem and expire take, no entry is of 0 points",
    "no balance is ever below zero",
    "entries of earn and redeem name an order",
    "an order that is named is one of the same customer",
    "what is left of what was earned is the sum of the entries, for every customer",
)
"""What must hold of a ledger."""


def no_tiers() -> Finding:
    """That there are no tiers."""
    claim = worded("No memberships were delivered and no tier rules are stated: there are no tiers to show.")
    return Finding("tiers", claim)


def no_points() -> Finding:
    """That there is no ledger of points."""
    return Finding("points", worded("No ledger of points was delivered, so there are none to show."))


def tiers(
    economics: pd.DataFrame,
    *,
    as_of: date,
    days: int,
    currency: str,
    level: float,
    is_supposed: bool,
    is_by_rules: bool = False,
) -> Finding:
    """Who holds which tier, and what the lowest and the highest bring; one row of `economics` is a tier, low to high.

    `is_supposed` says that the order of the tiers is only supposed from their sizes, `is_by_rules` that nobody holds a
    membership and tiers are what the rules of the params make of the orders.
    """
    is_told, day = economics["customer_count"].notna(), say.day(as_of)
    held = economics[(economics["tier"] != NO_TIER) & (economics["customer_count"] > 0)]
    if not len(held) and not is_told.all():
        return untold("tiers", worded("Who holds which tier is"))
    if not len(held):
        return Finding("tiers", worded("Nobody holds a tier on {day}.", day=day), n=0)
    low, top = held.iloc[0], held.iloc[-1]
    claim = worded(
        "A customer of the tier {tier} brought {amount} in {days}.",
        tier=say.quoted(top["tier"]),
        amount=say.money(top["mean_amount"], currency=currency),
        days=say.counted(days, "day"),
    )
    parts = [_interval(top, currency, level)]
    if len(held) > 1:
        parts.append(_brought(low, currency, level))
    who = {"day": day, "tiers": say.listed(_sizes(held)), "count": say.number(int(held["customer_count"].sum()))}
    who["customers"] = say.counted(int(economics["customer_count"].sum()), "customer")
    by_rules = worded(
        "By the rules stated {count} of {customers} would be in a tier on {day}, memberships not having been "
        "delivered: {tiers}.",
        **who,
    )
    by_membership = worded("{count} of {customers} hold a tier on {day}: {tiers}.", **who)
    in_part = worded("Customers on {day}: {tiers}.", **who)
    supposed = worded("Which tier is the higher is supposed from their sizes: state it in `tier_rules`.")
    evidence = sentences(
        worded("{parts}.", parts=say.lined_up(parts)),
        (by_rules if is_by_rules else by_membership) if is_told.all() else in_part,
        supposed if is_supposed and len(held) > 1 else "",
    )
    means = (float(top["mean_amount"]), float(top["mean_low"]), float(top["mean_high"]))
    return Finding("tiers", claim, *means, int(top["customer_count"]), currency, evidence)


def _sizes(held: pd.DataFrame) -> list[str]:
    """The tiers with their customers, the highest first; of many the lowest together."""
    sizes = [
        worded("{tier} {count}", tier=say.quoted(row["tier"]), count=say.number(row["customer_count"]))
        for row in held.to_dict("records")[::-1]
    ]
    if len(sizes) <= NAMED:
        return sizes
    return [*sizes[: NAMED - 1], worded("{count} further tiers the rest", count=say.number(len(sizes) - NAMED + 1))]


def _interval(row: pd.Series, currency: str, level: float) -> str:
    bounds = [say.money(row[name], currency=currency) for name in ("mean_low", "mean_high")]
    return say.interval(*bounds, level=level, is_start=True)


def _brought(row: pd.Series, currency: str, level: float) -> str:
    mean, low, high = (say.money(row[name], currency=currency) for name in ("mean_amount", "mean_low", "mean_high"))
    return worded(
        "one of {tier} brought {amount} ({interval})",
        tier=say.quoted(row["tier"]),
        amount=mean,
        interval=say.interval(low, high, level=level),
    )


def reach(near: Near, *, days: int) -> Finding:
    """How many customers are close to the next tier."""
    if not near.below_count:
        return Finding("tier_reach", worded("Nobody stands below a next tier."), n=0)
    claim = worded_n(
        near.near_count,
        "{count} customer lacks no more than one usual order for the next tier.",
        "{count} customers lack no more than one usual order for the next tier.",
        count=say.number(near.near_count),
    )
    below = worded(
        "{share} of {customers} below the highest tier, counted over {days}",
        share=say.share(near.near_share),
        customers=say.counted(near.below_count, "customer"),
        days=say.counted(days, "day"),
    )
    more = worded_n(
        near.reached_count,
        "{count} more has what it takes already",
        "{count} more have what it takes already",
        count=say.number(near.reached_count),
    )
    evidence = worded("{parts}.", parts=say.lined_up([below, more] if near.reached_count else [below]))
    return Finding("tier_reach", claim, near.near_share, n=near.below_count, unit="share", evidence=evidence)


def ledger(checks: pd.DataFrame) -> Finding:
    """Whether the ledger of points is whole; one row of `checks` is something that must hold of it."""
    entries, key = int(checks["row_count"].max()), "points_ledger"
    broken = checks[checks["breach_count"] > 0]
    if not entries:
        return Finding(key, worded("No points have been booked, so there is nothing to check."), 0.0, n=0)
    if not len(broken):
        evidence = worded(
            "Its {entries} pass all {checks}, among them that the entries of every customer sum to what is left of "
            "what was earned.",
            entries=say.counted(entries, "entry", "entries"),
            checks=say.counted(len(checks), "check"),
        )
        claim = worded("The ledger of points balances.")
        return Finding(key, claim, 0.0, n=entries, unit="count", evidence=evidence)
    parts = [
        worded(
            "{check} fails in {breaches} of {rows} cases",
            check=say.quoted(recast(row["check"], CHECKS)),
            breaches=say.number(row["breach_count"]),
            rows=say.number(row["row_count"]),
        )
        for row in broken.to_dict("records")
    ]
    claim = worded("The ledger of points is not whole; what follows rests on it all the same.")
    count, evidence = float(broken["breach_count"].sum()), worded("{parts}.", parts=say.lined_up(parts))
    return Finding(key, claim, count, n=entries, unit="count", evidence=evidence)


def points(
    account: Account, *, as_of: date, days: int, currency: str, point_amount: float | None, level: float
) -> list[Finding]:
    """What points are owed, how many are never used, and what expires in the next `days` days."""
    if not len(account.months):
        return [Finding("points", worded("No points were booked by {day}.", day=say.day(as_of)), 0.0, n=0)]
    return [
        _owed(account, as_of, currency, point_amount),
        _unused(account, level),
        *([_soon(account, days)] if len(account.expiring) else []),
    ]


def _owed(account: Account, as_of: date, currency: str, point_amount: float | None) -> Finding:
    balance, day = account.outstanding_points, say.day(as_of)
    claim = worded_n(
        account.holder_count,
        "On {day} {customers} holds {points}.",
        "On {day} {customers} hold {points}.",
        day=day,
        customers=say.counted(account.holder_count, "customer"),
        points=say.counted(balance, "point"),
    )
    if not balance:
        claim = worded("On {day} nobody holds points.", day=day)
    evidence = []
    if balance > 0 and point_amount is None:
        evidence.append(worded("What that is in money is unknown, since no `point_amount` is stated."))
    elif balance > 0 and point_amount is not None:
        liability = say.money(account.liability_amount(point_amount), currency=currency)
        evidence.append(worded("They are a liability of {amount} if all are used.", amount=liability))
    if account.overdrawn_points > 0:
        below = worded(
            "Other balances are below zero by {points} in all, which is not set against it.",
            points=say.counted(account.overdrawn_points, "point"),
        )
        evidence.append(below)
    return Finding(
        "points", claim, float(balance), n=account.holder_count, unit="points", evidence=sentences(*evidence)
    )


def _unused(account: Account, level: float) -> Finding:
    key = "points_expired"
    if account.life_days is None:
        return Finding(key, worded("No points have expired yet, so how many go unused is unknown."))
    if account.settled_until is None:
        why = worded(
            "Those that expired did so up to {days} after they were earned, but no points that old are nearly all used "
            "or expired.",
            days=say.counted(account.life_days, "day"),
        )
        return Finding(key, worded("How many points go unused is unknown."), evidence=why)
    claim = worded(
        "{expired} of points expired unused and {redeemed} were redeemed.",
        expired=say.share(account.expired.value),
        redeemed=say.share(account.redeemed.value),
    )
    expired, redeemed = (
        say.interval(say.share(one.low), say.share(one.high), level=level)
        for one in (account.expired, account.redeemed)
    )
    evidence = worded(
        "Expired: {expired}; redeemed: {redeemed}; points of {customers}, earned up to {day} and {days} days old or "
        "older, the age at which they expire.",
        expired=expired,
        redeemed=redeemed,
        customers=say.counted(account.expired.n, "customer"),
        day=say.day(account.settled_until),
        days=account.life_days,
    )
    return estimated(key, claim, account.expired, "share", evidence=evidence)


def _soon(account: Account, days: int) -> Finding:
    total, who = int(account.expiring["expiring_points"].sum()), len(account.expiring)
    claim = worded(
        "{points} of {customers} will reach that age within the next {days} and expire unless they are used.",
        points=say.counted(total, "point"),
        customers=say.counted(who, "customer"),
        days=say.counted(days, "day"),
    )
    return Finding("points_expiring", claim, float(total), n=who, unit="points")


@themed
def flows(months: pd.DataFrame) -> Drawing:
    """Points added and taken a month, and the balance at its end; a row of `months` is a month.

    Numbers that are hidden, since few customers stand behind them, have no bar.
    """
    if not len(months):
        return empty(worded("Points added and taken"), worded("No points have been booked yet."))
    figure, (moved, held) = canvas(columns=2, height=3.6)
    place, up, down = np.arange(len(months)), np.zeros(len(months)), np.zeros(len(months))
    for column, label, color, hatch in FLOWS:
        size = months[column].to_numpy(dtype=float, na_value=0.0)
        if not size.any():
            continue
        base = np.where(size >= 0, up, down)
        moved.bar(
            place, size, bottom=base, color=color, hatch=hatch, edgecolor="white", linewidth=0.3, label=named(label)
        )
        up, down = up + np.maximum(size, 0), down + np.minimum(size, 0)
    moved.axhline(0, color=INK, linewidth=0.8)
    moved.set(title=worded("Points added and taken a month"), ylabel=worded("points"))
    moved.legend(loc="upper left", ncols=3)
    moved.set_ylim(1.1 * min(down.min(), 0), 1.45 * max(up.max(), 1))
    balance = months["balance_points"].to_numpy(dtype=float)
    held.plot(place, balance, color=BLUE, marker="o", markersize=3)
    held.set(title=worded("Balance of all customers at the end of the month"), ylabel=worded("points"))
    held.set_ylim(min(1.1 * balance.min(), 0), 1.2 * max(balance.max(), 1))
    held.annotate(say.number(balance[-1]), (place[-1], balance[-1]), (0, 6), textcoords="offset points", ha="right")
    for axes in (moved, held):
        axes.yaxis.set_major_formatter(AMOUNT_AXIS)
        _month_axis(axes, months["month"])
    return Drawing(figure, _flows_alt(months))


def _flows_alt(months: pd.DataFrame) -> str:
    parts = [
        worded("{label} {count}", label=named(label), count=say.number(months[name].sum()))
        for name, label, *_ in FLOWS
        if months[name].any()
    ]
    span = worded(
        "{months} from {first} to {last}",
        months=say.counted(len(months), "month"),
        first=say.month(months["month"].iloc[0]),
        last=say.month(months["month"].iloc[-1]),
    )
    if months.isna().any(axis=None):
        span = worded("{months} (without numbers of few customers)", months=span)
    return worded(
        "Points in {months}: {parts}; balance at the end {balance}.",
        months=span,
        parts=say.itemised(parts),
        balance=say.number(months["balance_points"].iloc[-1]),
    )


def _month_axis(axes: Axes, months: pd.Series, stars: pd.Series | None = None) -> None:
    marked = [False] * len(months) if stars is None else list(stars)
    labels = [
        f"{say.short_month(month)}\n{month.year}{'*' if star else ''}"
        for month, star in zip(months, marked, strict=True)
    ]
    at = list(range(0, len(labels), -(-len(labels) // (8 if stars is None else 14))))
    axes.set_xticks(at, [labels[one] for one in at])
    axes.grid(visible=False, axis="x")


@themed
def fates(cohorts: pd.DataFrame, *, shares: Mapping[str, float], level: float) -> Drawing:
    """What became of the points earned in each month; a row of `cohorts` is a month, `shares` are of all months."""
    title = worded("What became of points, by the month in which they were earned")
    if not len(cohorts):
        return empty(title, worded("No points have been earned yet."))
    figure, (axes,) = canvas(height=3.2)
    place, base = np.arange(len(cohorts)), np.zeros(len(cohorts))
    for column, label, color, hatch in FATES:
        size = cohorts[column].to_numpy(dtype=float)
        axes.bar(
            place, size, bottom=base, color=color, hatch=hatch, edgecolor="white", linewidth=0.3, label=named(label)
        )
        base = base + size
    known = cohorts["redeemed_low"].notna().to_numpy()
    if known.any():
        bounds = [cohorts.loc[known, f"redeemed_{name}"].to_numpy(dtype=float) for name in ("low", "high")]
        label = worded("{level} interval of redeemed", level=say.exact_share(level))
        axes.vlines(place[known], *bounds, color=INK, linewidth=1.2, label=label)
    axes.set(title=title, ylabel=worded("share of points earned"), ylim=(0, 1))
    axes.yaxis.set_major_formatter(SHARE_AXIS)
    _month_axis(axes, cohorts["month"], ~cohorts["is_settled"])
    note = worded(
        "n = {points} of {months}",
        points=say.counted(int(cohorts["earned_points"].sum()), "point"),
        months=say.counted(len(cohorts), "month"),
    )
    starred = worded("{note}; * their time is not over", note=note)
    axes.set_xlabel(note if cohorts["is_settled"].all() else starred)
    key_on_top(axes, columns=3)
    return Drawing(figure, _fates_alt(cohorts, shares, title))


def _fates_alt(cohorts: pd.DataFrame, shares: Mapping[str, float], title: str) -> str:
    parts = [worded("{name} {share}", name=named(label), share=say.share(shares[name])) for name, label, *_ in FATES]
    return worded(
        "{title}: {months}, the time of {count} of them is over; of all points so far {parts}.",
        title=title,
        months=say.counted(len(cohorts), "month"),
        count=say.number(int(cohorts["is_settled"].sum())),
        parts=say.itemised(parts),
    )


def tier_table(economics: pd.DataFrame, *, days: int, currency: str) -> Table:
    """What each tier brought and cost; one row of `economics` is a tier."""
    unit = named(currency)
    revenue = worded("revenue less these, {currency}", currency=unit)
    margin = worded("margin less these, {currency}", currency=unit)
    columns = {
        "tier": worded("tier"),
        "customer_count": worded("customers"),
        "customer_share": worded("share of customers"),
        "revenue_share": worded("share of revenue"),
        "mean_amount": worded("{currency} each", currency=unit),
        "mean_low": worded("from"),
        "mean_high": worded("to"),
        "redeemer_share": worded("redeemed points"),
        "balance_points": worded("points held"),
        "points_amount": worded("points used, {currency}", currency=unit),
        "net_amount": revenue if economics["margin_amount"].isna().all() else margin,
    }
    # what is unknown for want of a price of points or of a ledger has no column
    is_empty = {name for name in columns if economics[name].isna().all()}
    if not economics["balance_points"].any() and not economics["earned_points"].any():
        is_empty |= {"redeemer_share", "balance_points", "points_amount", "net_amount"}
    kept = {name: label for name, label in columns.items() if name not in is_empty}
    return tables.table(
        economics[list(kept)]
        .assign(tier=[_tier(tier) for tier in economics["tier"]])
        .set_axis(list(kept.values()), axis="columns"),
        caption=worded(
            "Tiers, lowest first: who is in them, and what they brought in {days}", days=say.counted(days, "day")
        ),
        formats={label: _format(name) for name, label in kept.items() if name != "tier"},
    )


def _format(name: str) -> tables.Format:
    """How the numbers of a column of tiers are written."""
    if name.endswith("_share"):
        return say.share
    if name.startswith("mean_"):
        return lambda value: say.number(value, digits=2)
    return say.number


def _tier(tier: str) -> str:
    return named(tier) if tier == NO_TIER else tier


def reach_table(distances: pd.DataFrame, *, currency: str) -> Table:
    """How far customers are from the next tier; one row of `distances` is a tier."""
    columns = {
        "tier": worded("tier"),
        "next_tier": worded("next tier"),
        "customer_count": worded("customers"),
        "reached_count": worded("have what it takes"),
        "one_order_count": worded("one order short"),
        "median_amount": worded("median missing, {currency}", currency=named(currency)),
        "median_order_count": worded("median missing orders"),
    }
    shown = distances[list(columns)].assign(tier=[_tier(tier) for tier in distances["tier"]])
    shown = shown.set_axis(list(columns.values()), axis="columns")
    caption = worded("Customers by tier, and what they lack for the next one (medians of those who lack something)")
    return tables.table(
        shown,
        caption=caption,
        formats=dict.fromkeys(shown.columns[2:5], say.number)
        | dict.fromkeys(shown.columns[5:6], lambda value: say.number(value, digits=2))
        | dict.fromkeys(shown.columns[6:], lambda value: say.number(value, digits=1)),
    )
