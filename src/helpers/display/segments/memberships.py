"""Membership and points on the page: what tiers bring, who is near the next, what points are owed and never used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import AMOUNT_AXIS, SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, estimated, untold
from helpers.display.tables import Table
from helpers.display.theme import BLANK, BLUE, GREEN, INK, ORANGE, PURPLE, SKY, themed
from helpers.models.segments.points import Account
from helpers.models.segments.tier_economics import Near

NO_TIER = "(no tier)"
NAMED = 5
FLOWS = (
    ("earned_points", "earned", BLUE, ""),
    ("referral_points", "referrals", SKY, "..."),
    ("adjusted_points", "adjusted (net)", PURPLE, "xxx"),
    ("redeemed_points", "redeemed", GREEN, "\\\\\\"),
    ("expired_points", "expired", ORANGE, "///"),
    ("other_points", "other kinds", INK, "++"),
)
FATES = (
    ("redeemed_share", "redeemed", GREEN, ""),
    ("expired_share", "expired unused", ORANGE, "///"),
    ("other_share", "taken back", PURPLE, "xxx"),
    ("outstanding_share", "still held", BLANK, ""),
)


def no_tiers() -> Finding:
    """That there are no tiers."""
    return Finding("tiers", "No memberships were delivered and no tier rules are stated: there are no tiers to show.")


def no_points() -> Finding:
    """That there is no ledger of points."""
    return Finding("points", "No ledger of points was delivered, so there are none to show.")


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
    is_told = economics["customer_count"].notna()
    held = economics[(economics["tier"] != NO_TIER) & (economics["customer_count"] > 0)]
    if not len(held) and not is_told.all():
        return untold("tiers", "Who holds which tier is")
    if not len(held):
        return Finding("tiers", f"Nobody holds a tier on {say.day(as_of)}.", n=0)
    low, top = held.iloc[0], held.iloc[-1]
    count, everybody = int(held["customer_count"].sum()), int(economics["customer_count"].sum())
    sizes = [f"{say.quoted(row['tier'])} {say.number(row['customer_count'])}" for row in held.to_dict("records")[::-1]]
    if len(sizes) > NAMED:
        sizes = [*sizes[: NAMED - 1], f"{say.number(len(sizes) - NAMED + 1)} further tiers the rest"]
    hold = (
        "would be in a tier by the rules stated, memberships not having been delivered,"
        if is_by_rules
        else "hold a tier"
    )
    mean = say.money(top["mean_amount"], currency=currency)
    claim = f"A customer of the tier {say.quoted(top['tier'])} brought {mean} in {say.counted(days, 'day')}."
    bounds = [say.money(top[name], currency=currency) for name in ("mean_low", "mean_high")]
    evidence = say.interval(*bounds, level=level, is_start=True)
    if len(held) > 1:
        evidence += f"; one of {_brought(low, currency, level)}"
    of_all = f"{say.number(count)} of {say.counted(everybody, 'customer')} {hold}" if is_told.all() else "Customers"
    evidence += f". {of_all} on {say.day(as_of)}: {say.listed(sizes)}."
    if is_supposed and len(held) > 1:
        evidence += " Which tier is the higher is supposed from their sizes: state it in `tier_rules`."
    means = (float(top["mean_amount"]), float(top["mean_low"]), float(top["mean_high"]))
    return Finding("tiers", claim, *means, int(top["customer_count"]), currency, evidence)


def _brought(row: pd.Series, currency: str, level: float) -> str:
    mean, low, high = (say.money(row[name], currency=currency) for name in ("mean_amount", "mean_low", "mean_high"))
    return f"{say.quoted(row['tier'])} brought {mean} ({say.interval(low, high, level=level)})"


def reach(near: Near, *, days: int) -> Finding:
    """How many customers are close to the next tier."""
    if not near.below_count:
        return Finding("tier_reach", "Nobody stands below a next tier.", n=0)
    claim = f"{say.number(near.near_count)} customers lack no more than one usual order for the next tier."
    if near.near_count == 1:
        claim = "1 customer lacks no more than one usual order for the next tier."
    evidence = (
        f"{say.share(near.near_share)} of {say.counted(near.below_count, 'customer')} below the highest tier, counted "
        f"over {say.counted(days, 'day')}"
    )
    if near.reached_count:
        have = "has" if near.reached_count == 1 else "have"
        evidence += f"; {say.number(near.reached_count)} more {have} what it takes already"
    return Finding("tier_reach", claim, near.near_share, n=near.below_count, unit="share", evidence=f"{evidence}.")


def ledger(checks: pd.DataFrame) -> Finding:
    """Whether the ledger of points is whole; one row of `checks` is something that must hold of it."""
    entries = int(checks["row_count"].max())
    broken = checks[checks["breach_count"] > 0]
    if not entries:
        return Finding("points_ledger", "No points have been booked, so there is nothing to check.", 0.0, n=0)
    if not len(broken):
        evidence = (
            f"Its {say.counted(entries, 'entry', 'entries')} pass all {say.counted(len(checks), 'check')}, among them "
            "that the entries of every customer sum to what is left of what was earned."
        )
        claim = "The ledger of points balances."
        return Finding("points_ledger", claim, 0.0, n=entries, unit="count", evidence=evidence)
    parts = [
        f"{say.quoted(row['check'])} fails in {say.number(row['breach_count'])} of {say.number(row['row_count'])} cases"
        for row in broken.to_dict("records")
    ]
    claim = "The ledger of points is not whole; what follows rests on it all the same."
    count = float(broken["breach_count"].sum())
    return Finding("points_ledger", claim, count, n=entries, unit="count", evidence=f"{'; '.join(parts)}.")


def points(
    account: Account, *, as_of: date, days: int, currency: str, point_amount: float | None, level: float
) -> list[Finding]:
    """What points are owed, how many are never used, and what expires in the next `days` days."""
    if not len(account.months):
        return [Finding("points", f"No points were booked by {say.day(as_of)}.", 0.0, n=0)]
    return [
        _owed(account, as_of, currency, point_amount),
        _unused(account, level),
        *([_soon(account, days)] if len(account.expiring) else []),
    ]


def _owed(account: Account, as_of: date, currency: str, point_amount: float | None) -> Finding:
    balance, overdrawn = account.outstanding_points, account.overdrawn_points
    if not balance:
        sentence = f"On {say.day(as_of)} nobody holds points"
    else:
        verb = "holds" if account.holder_count == 1 else "hold"
        sentence = (
            f"On {say.day(as_of)} {say.counted(account.holder_count, 'customer')} {verb} "
            f"{say.counted(balance, 'point')}"
        )
    if balance > 0 and point_amount is None:
        sentence += "; what that is in money is unknown, since no `point_amount` is stated"
    elif balance > 0 and point_amount is not None:
        liability = say.money(account.liability_amount(point_amount), currency=currency)
        sentence += f", a liability of {liability} if all are used"
    if overdrawn > 0:
        sentence += (
            f"; other balances are below zero by {say.counted(overdrawn, 'point')} in all, which is not set against it"
        )
    return Finding("points", f"{sentence}.", float(balance), n=account.holder_count, unit="points")


def _unused(account: Account, level: float) -> Finding:
    if account.life_days is None:
        return Finding("points_expired", "No points have expired yet, so how many go unused is unknown.")
    if account.settled_until is None:
        why = (
            f"Those that expired did so up to {say.counted(account.life_days, 'day')} after they were earned, but "
            "no points that old are nearly all used or expired."
        )
        return Finding("points_expired", "How many points go unused is unknown.", evidence=why)
    claim = (
        f"{say.share(account.expired.value)} of points expired unused and {say.share(account.redeemed.value)} were "
        "redeemed."
    )
    expired, redeemed = (
        say.interval(say.share(one.low), say.share(one.high), level=level)
        for one in (account.expired, account.redeemed)
    )
    evidence = (
        f"Expired: {expired}; redeemed: {redeemed}; points of {say.counted(account.expired.n, 'customer')}, earned up "
        f"to {say.day(account.settled_until)} and {account.life_days} days old or older, the age at which they expire."
    )
    return estimated("points_expired", claim, account.expired, "share", evidence=evidence)


def _soon(account: Account, days: int) -> Finding:
    total, who = int(account.expiring["expiring_points"].sum()), len(account.expiring)
    sentence = (
        f"{say.counted(total, 'point')} of {say.counted(who, 'customer')} will reach that age within the next "
        f"{say.counted(days, 'day')} and expire unless they are used."
    )
    return Finding("points_expiring", sentence, float(total), n=who, unit="points")


@themed
def flows(months: pd.DataFrame) -> Drawing:
    """Points added and taken a month, and the balance at its end; a row of `months` is a month.

    Numbers that are hidden, since few customers stand behind them, have no bar.
    """
    if not len(months):
        return empty("Points added and taken", "No points have been booked yet.")
    figure, (moved, held) = canvas(columns=2, height=3.6)
    place, up, down = np.arange(len(months)), np.zeros(len(months)), np.zeros(len(months))
    for column, label, color, hatch in FLOWS:
        size = months[column].to_numpy(dtype=float, na_value=0.0)
        if not size.any():
            continue
        base = np.where(size >= 0, up, down)
        moved.bar(place, size, bottom=base, color=color, hatch=hatch, edgecolor="white", linewidth=0.3, label=label)
        up, down = up + np.maximum(size, 0), down + np.minimum(size, 0)
    moved.axhline(0, color=INK, linewidth=0.8)
    moved.set(title="Points added and taken a month", ylabel="points")
    moved.legend(loc="upper left", ncols=3)
    moved.set_ylim(1.1 * min(down.min(), 0), 1.45 * max(up.max(), 1))
    balance = months["balance_points"].to_numpy(dtype=float)
    held.plot(place, balance, color=BLUE, marker="o", markersize=3)
    held.set(title="Balance of all customers at the end of the month", ylabel="points")
    held.set_ylim(min(1.1 * balance.min(), 0), 1.2 * max(balance.max(), 1))
    held.annotate(say.number(balance[-1]), (place[-1], balance[-1]), (0, 6), textcoords="offset points", ha="right")
    for axes in (moved, held):
        axes.yaxis.set_major_formatter(AMOUNT_AXIS)
        _month_axis(axes, months["month"])
    return Drawing(figure, _flows_alt(months))


def _flows_alt(months: pd.DataFrame) -> str:
    parts = [f"{label} {say.number(months[name].sum())}" for name, label, *_ in FLOWS if months[name].any()]
    first, last = (say.month(months["month"].iloc[at]) for at in (0, -1))
    left_out = " (without numbers of few customers)" * bool(months.isna().any(axis=None))
    return (
        f"Points in {say.counted(len(months), 'month')} from {first} to {last}{left_out}: {', '.join(parts)}; "
        f"balance at the end {say.number(months['balance_points'].iloc[-1])}."
    )


def _month_axis(axes: Axes, months: pd.Series, stars: pd.Series | None = None) -> None:
    marked = [False] * len(months) if stars is None else list(stars)
    labels = [
        f"{say.month(month)[:3]}\n{month.year}{'*' if star else ''}" for month, star in zip(months, marked, strict=True)
    ]
    at = list(range(0, len(labels), -(-len(labels) // (8 if stars is None else 14))))
    axes.set_xticks(at, [labels[one] for one in at])
    axes.grid(visible=False, axis="x")


@themed
def fates(cohorts: pd.DataFrame, *, shares: Mapping[str, float], level: float) -> Drawing:
    """What became of the points earned in each month; a row of `cohorts` is a month, `shares` are of all months."""
    title = "What became of points, by the month in which they were earned"
    if not len(cohorts):
        return empty(title, "No points have been earned yet.")
    figure, (axes,) = canvas(height=3.2)
    place, base = np.arange(len(cohorts)), np.zeros(len(cohorts))
    for column, label, color, hatch in FATES:
        size = cohorts[column].to_numpy(dtype=float)
        axes.bar(place, size, bottom=base, color=color, hatch=hatch, edgecolor="white", linewidth=0.3, label=label)
        base = base + size
    known = cohorts["redeemed_low"].notna().to_numpy()
    if known.any():
        bounds = [cohorts.loc[known, f"redeemed_{name}"].to_numpy(dtype=float) for name in ("low", "high")]
        label = f"{say.exact_share(level)} interval of redeemed"
        axes.vlines(place[known], *bounds, color=INK, linewidth=1.2, label=label)
    axes.set(title=title, ylabel="share of points earned", ylim=(0, 1))
    axes.yaxis.set_major_formatter(SHARE_AXIS)
    _month_axis(axes, cohorts["month"], ~cohorts["is_settled"])
    earned, months = int(cohorts["earned_points"].sum()), say.counted(len(cohorts), "month")
    notes = f"n = {say.counted(earned, 'point')} of {months}"
    axes.set_xlabel(notes + ("" if cohorts["is_settled"].all() else "; * their time is not over"))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.1), ncols=5)
    return Drawing(figure, _fates_alt(cohorts, shares, title))


def _fates_alt(cohorts: pd.DataFrame, shares: Mapping[str, float], title: str) -> str:
    parts = [f"{label} {say.share(shares[name])}" for name, label, *_ in FATES]
    settled = int(cohorts["is_settled"].sum())
    return (
        f"{title}: {say.counted(len(cohorts), 'month')}, the time of {say.number(settled)} of them is over; of all "
        f"points so far {', '.join(parts)}."
    )


def tier_table(economics: pd.DataFrame, *, days: int, currency: str) -> Table:
    """What each tier brought and cost; one row of `economics` is a tier."""
    value = "revenue" if economics["margin_amount"].isna().all() else "margin"
    columns = {
        "tier": "tier",
        "customer_count": "customers",
        "customer_share": "share of customers",
        "revenue_share": "share of revenue",
        "mean_amount": f"{currency} each",
        "mean_low": "from",
        "mean_high": "to",
        "redeemer_share": "redeemed points",
        "balance_points": "points held",
        "points_amount": f"points used, {currency}",
        "net_amount": f"{value} less these, {currency}",
    }
    # what is unknown for want of a price of points or of a ledger has no column
    is_empty = {name for name in columns if economics[name].isna().all()}
    if not economics["balance_points"].any() and not economics["earned_points"].any():
        is_empty |= {"redeemer_share", "balance_points", "points_amount", "net_amount"}
    kept = {name: label for name, label in columns.items() if name not in is_empty}
    shares = ("share of customers", "share of revenue", "redeemed points")
    formats: dict[str, tables.Format] = dict.fromkeys([*kept.values()][1:], say.number)
    each = dict.fromkeys((f"{currency} each", "from", "to"), lambda value: say.number(value, digits=2))
    return tables.table(
        economics[list(kept)].set_axis(list(kept.values()), axis="columns"),
        caption=f"Tiers, lowest first: who is in them, and what they brought in {say.counted(days, 'day')}",
        formats=formats | {name: say.share for name in shares if name in formats} | each,
    )


def reach_table(distances: pd.DataFrame, *, currency: str) -> Table:
    """How far customers are from the next tier; one row of `distances` is a tier."""
    names = "tier next_tier customer_count reached_count one_order_count median_amount median_order_count".split()
    labels = ["tier", "next tier", "customers", "have what it takes", "one order short", f"median missing, {currency}"]
    shown = distances[names].set_axis([*labels, "median missing orders"], axis="columns")
    return tables.table(
        shown,
        caption="Customers by tier, and what they lack for the next one (medians of those who lack something)",
        formats=dict.fromkeys(shown.columns[2:5], say.number)
        | dict.fromkeys(shown.columns[5:6], lambda value: say.number(value, digits=2))
        | dict.fromkeys(shown.columns[6:], lambda value: say.number(value, digits=1)),
    )
