"""The ledger of points: does it balance, what flows in and out, and what became of what was earned.

A sum that was added is a *lot*. The ledger does not say which lot a redeemed or expired point came from; here the
oldest points are always used first, which is also the order in which they expire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd

from helpers.features import windows
from helpers.features.frames import fetch

ADDS, TAKES, EITHER = ("earn", "referral"), ("redeem", "expire"), ("adjust",)
KINDS = (*ADDS, *TAKES, *EITHER)
LINKED = ("earn", "redeem")
FATES = ("redeemed_points", "expired_points", "other_points")
"""What became of points: used by the customer, expired unused, or taken by an adjustment."""
LIFE_SHARE, SETTLED_SHARE = 0.99, 0.95


@dataclass(frozen=True, eq=False)
class Ledger:
    """The ledger of points in grouped summaries, as frames.

    Attributes
    ----------
    flows, checks, cohorts
        As the functions of these names give them.
    life_days
        Days after which points expire, read off the ledger: the age by which 99 % of those that expired had done so.
        None: none has expired.
    settled_until
        Points earned on or before this day have lived that long: what became of them is known. None where there are no
        such points, or where more than 5 % of them are still outstanding: points then do not all expire at that age.
    settled
        The one row of `settled` for them; empty where there are none.
    holder_count
        Customers who hold points.
    expiring
        As `expiring` gives it, by customer; empty where it is not known when points expire.
    """

    flows: pd.DataFrame
    checks: pd.DataFrame
    cohorts: pd.DataFrame
    life_days: int | None
    settled_until: date | None
    settled: pd.DataFrame
    holder_count: int
    expiring: pd.DataFrame


def ledger(points: ibis.Table, orders: ibis.Table, *, as_of: date, days: int) -> Ledger:
    """The ledger of points in grouped summaries: all that models and figures need of it, fetched.

    Parameters
    ----------
    points
        One row per entry: entry_id, customer_id, at, kind, points, and order_id where it was delivered.
    orders
        One row per order: order_id, customer_id.
    as_of
        The day the report speaks from; later entries are invisible.
    days
        How far ahead points that are about to expire are listed.
    """
    line = _line(points, as_of=as_of).cache()
    earned = _lots(line).cache()
    life = life_days(fetch(_expiry_ages(line)))
    until = None if life is None else as_of - timedelta(days=life)
    over = fetch(settled(earned, until=until or date.min))
    is_over = until is not None and _is_over(over.to_dict("records")[0])
    soon = expiring(earned, as_of=as_of, life_days=life or 0, days=days)
    return Ledger(
        fetch(flows(points, as_of=as_of)),
        fetch(_checks(points, orders, earned, as_of=as_of)),
        fetch(cohorts(earned)),
        life,
        until if is_over else None,
        over if is_over else over.iloc[:0],
        int(earned.filter(earned.outstanding_points > 0).customer_id.nunique().execute()),
        fetch(soon.order_by("customer_id") if is_over else soon.order_by("customer_id").limit(0)),
    )


def _is_over(totals: dict[Any, Any]) -> bool:
    if not totals["customer_count"]:
        return False
    return bool(totals["outstanding_points"] <= (1 - SETTLED_SHARE) * totals["earned_points"])


def life_days(ages: pd.DataFrame) -> int | None:
    """Days after which points expire; a few odd entries, such as those of closed accounts, do not move it.

    Parameters
    ----------
    ages
        One row per age at expiry, ascending: age_days (from the day of earning), point_count.

    Returns
    -------
    int or None
        The age by which 99 % of the points that expired had expired; None where none has. In a programme younger than
        its points live, only the odd ones have, and the age is too low.
    """
    reached = ages["point_count"].cumsum() / ages["point_count"].sum()
    return int(ages.loc[reached >= LIFE_SHARE, "age_days"].iloc[0]) if len(ages) else None


def flows(points: ibis.Table, *, as_of: date) -> ibis.Table:
    """What each kind of entry added or took, month by month.

    Parameters
    ----------
    points
        One row per entry: customer_id, at, kind, points.
    as_of
        The day the report speaks from; later entries are invisible.

    Returns
    -------
    ibis.Table
        One row per month and kind that occur, ascending: month (its first day), kind, entry_count, customer_count,
        points (below zero: taken). The points sum to the balance of all customers.
    """
    booked = windows.visible(points, as_of=as_of, column="at")
    by_month = booked.group_by(month_number=windows.month_number(booked["at"]), kind=booked.kind)
    sums = by_month.aggregate(
        entry_count=booked.count(),
        customer_count=booked.customer_id.nunique(),
        points=booked.points.cast("int64").sum(),
    )
    counted = ["kind", "entry_count", "customer_count", "points"]
    months = sums.select(*counted, month=windows.month_from_number(sums.month_number))
    return months.relocate("month").order_by("month", "kind")


def checks(points: ibis.Table, orders: ibis.Table, *, as_of: date) -> ibis.Table:
    """What must hold of a ledger of points, and where it does not.

    Parameters
    ----------
    points
        One row per entry: entry_id, customer_id, at, kind, points, and order_id where it was delivered. At one instant
        entries follow one another by entry_id.
    orders
        One row per order: order_id, customer_id.
    as_of
        The day the report speaks from; later entries are invisible.

    Returns
    -------
    ibis.Table
        One row per check, in a fixed order: check (what must hold, in words); row_count (rows asked); breach_count
        (rows of which it does not hold); first_example (the first id among them, missing where there is none: of an
        entry, or of a customer in the last check). The last check is the ledger's identity: what is left of each
        customer's lots is the sum of the customer's entries.
    """
    return _checks(points, orders, lots(points, as_of=as_of), as_of=as_of)


def _checks(points: ibis.Table, orders: ibis.Table, earned: ibis.Table, *, as_of: date) -> ibis.Table:
    booked = windows.visible(points, as_of=as_of, column="at")
    signs = ibis.cases(
        (booked.kind.isin(ADDS), booked.points > 0),
        (booked.kind.isin(TAKES), booked.points < 0),
        else_=booked.points != 0,
    )
    # at one instant what was added comes first: a ledger by days must not look overdrawn
    in_order = [booked["at"], (booked.points < 0).ifelse(1, 0), booked.entry_id]
    up_to = ibis.window(group_by=booked.customer_id, order_by=in_order, preceding=(None, 0))
    running = booked.points.cast("int64").sum().over(up_to)
    checks = [
        _check("kinds are earn, redeem, expire, adjust or referral", booked, ~booked.kind.isin(KINDS)),
        _check("earn and referral add, redeem and expire take, no entry is of 0 points", booked, ~signs),
        _check("no balance is ever below zero", booked.mutate(running=running), lambda rows: rows.running < 0),
    ]
    if "order_id" in booked.columns:
        checks += _link_checks(booked, orders)
    left = earned.group_by("customer_id").aggregate(left=earned.outstanding_points.sum())
    sums = booked.group_by("customer_id").aggregate(balance=booked.points.cast("int64").sum())
    both = sums.left_join(left, "customer_id").select(entry_id="customer_id", balance="balance", left="left")
    is_off = both.balance != both.left.fill_null(0)
    checks.append(_check("what is left of what was earned is the sum of the entries, for every customer", both, is_off))
    numbered = [one.mutate(number=ibis.literal(place)) for place, one in enumerate(checks)]
    return ibis.union(*numbered).order_by("number").drop("number")


def lots(points: ibis.Table, *, as_of: date) -> ibis.Table:
    """Each sum of points that was added, and what became of it, the oldest points being used first.

    Parameters
    ----------
    points
        One row per entry: entry_id, customer_id, at, kind, points.
    as_of
        The day the report speaks from; later entries are invisible.

    Returns
    -------
    ibis.Table
        One row per entry above zero, in no order: customer_id, entry_id, earned_on (day), kind, earned_points, and what
        they became: redeemed_points, expired_points, other_points (taken by other kinds), outstanding_points. They sum
        to the earned.

    Notes
    -----
    Of a customer lay all lots end to end on a line, by time, and likewise all that was taken. With A the lots' and T
    the takings' cumulative sums, a lot covers A[j-1] to A[j], and the redeemed part of the first x points is known from
    the cumulative redeemed points at the takings before and after x.
    """
    return _lots(_line(points, as_of=as_of))


def _lots(line: ibis.Table) -> ibis.Table:
    ends = line.mutate(taken=_least(line.position, line.all_taken), **{name: _gone_by(line, name) for name in FATES})
    ends = ends.filter(ends.is_lot == 1)
    before = {name: ends[name].lag().over(_along(ends)).fill_null(0) for name in ("taken", *FATES)}
    parts = {name: ends[name] - before[name] for name in FATES}
    left = ends.lot_points - (ends.taken - before["taken"])
    columns = {"customer_id": ends.customer_id, "entry_id": ends.entry_id, "earned_on": ends.booked_on}
    return ends.select(**columns, kind=ends.kind, earned_points=ends.lot_points, **parts, outstanding_points=left)


def _expiry_ages(line: ibis.Table) -> ibis.Table:
    # lots rise along the line, so that the first lot to end at or after a taking's end holds its last point
    last_lot = (line.is_lot == 1).ifelse(line.booked_on, ibis.null("date")).min().over(_from_here(line))
    aged = line.mutate(earned_on=last_lot)
    aged = aged.filter((aged.is_lot == 0) & (aged.kind == "expire") & aged.earned_on.notnull())
    aged = aged.mutate(age_days=windows.days_between(aged.earned_on, aged.booked_on))
    grouped = aged.group_by("age_days").aggregate(entry_count=aged.count(), point_count=aged.take_points.sum())
    return grouped.order_by("age_days")


def cohorts(earned: ibis.Table) -> ibis.Table:
    """What became of the points earned in each month, over all customers.

    Parameters
    ----------
    earned
        One row per lot, as `lots` gives it.

    Returns
    -------
    ibis.Table
        One row per month in which points were added, ascending: month (its first day), customer_count, earned_points,
        redeemed_points, expired_points, other_points, outstanding_points, and the sums over customers of products that
        the intervals need, such as expired_points_x_earned_points (float).
    """
    numbered = earned.mutate(month_number=windows.month_number(earned.earned_on))
    totals = _totals(numbered, "month_number")
    months = totals.mutate(month=windows.month_from_number(totals.month_number))
    return months.drop("month_number").relocate("month").order_by("month")


def settled(earned: ibis.Table, *, until: date) -> ibis.Table:
    """What became of all points earned on or before a day, as one row: the columns of `cohorts`, without the month."""
    return _totals(earned.filter(earned.earned_on <= ibis.literal(until)))


def expiring(earned: ibis.Table, *, as_of: date, life_days: int, days: int) -> ibis.Table:
    """Who loses points soon, unless they are used.

    Parameters
    ----------
    earned
        One row per lot, as `lots` gives it.
    as_of
        The day the report speaks from.
    life_days
        Days after which points expire. Lots that have lived longer are left out: they seem to stay.
    days
        How far ahead to look, from the day after `as_of`.

    Returns
    -------
    ibis.Table
        One row per customer with such points, in no order: customer_id; expiring_points; expires_in_days (days from
        `as_of` to the first of these expiries, 1 to `days`).
    """
    held = earned.filter(earned.outstanding_points > 0)
    left = life_days - windows.days_between(held.earned_on, ibis.literal(as_of))
    soon = held.mutate(days_left=left.cast("int64"))
    soon = soon.filter((soon.days_left > 0) & (soon.days_left <= days))
    return soon.group_by("customer_id").aggregate(
        expiring_points=soon.outstanding_points.sum(), expires_in_days=soon.days_left.min()
    )


def _totals(earned: ibis.Table, *keys: str) -> ibis.Table:
    names = ("earned_points", *FATES, "outstanding_points")
    by_customer = earned.group_by("customer_id", *keys).aggregate(**{name: earned[name].sum() for name in names})
    # exact as decimals: neither the order of rows nor the number of threads changes a sum
    exact = {name: by_customer[name].cast("decimal(18, 0)") for name in names}
    pairs = [("earned_points", "earned_points")]
    pairs += [pair for fate in FATES[:2] for pair in ((fate, fate), (fate, "earned_points"))]
    products = {f"{a}_x_{b}": (exact[a] * exact[b]).sum().cast("float64") for a, b in pairs}
    sums = {name: by_customer[name].sum() for name in names}
    grouped = by_customer.group_by(*keys) if keys else by_customer
    return grouped.aggregate(customer_count=by_customer.count(), **sums, **products)


def _check(words: str, rows: ibis.Table, is_breach: Any) -> ibis.Table:
    marked = rows.mutate(is_breach=is_breach)
    marked = marked.mutate(is_breach=marked.is_breach.fill_null(False), entry_id=marked.entry_id.cast("string"))
    counted = marked.aggregate(
        row_count=marked.count(),
        breach_count=marked.is_breach.ifelse(1, 0).cast("int64").sum().fill_null(0),
        first_example=marked.entry_id.min(where=marked.is_breach),
    )
    return counted.select(ibis.literal(words).name("check"), "row_count", "breach_count", "first_example")


def _link_checks(booked: ibis.Table, orders: ibis.Table) -> list[ibis.Table]:
    linked = booked.filter(booked.kind.isin(LINKED))
    named = booked.filter(booked.order_id.notnull()).select("entry_id", "customer_id", "order_id")
    buyers = orders.select("order_id", buyer_id="customer_id")
    with_buyer = named.left_join(buyers, "order_id").select("entry_id", "customer_id", "buyer_id")
    is_strange = with_buyer.buyer_id.isnull() | (with_buyer.buyer_id != with_buyer.customer_id)
    return [
        _check("entries of earn and redeem name an order", linked, linked.order_id.isnull()),
        _check("an order that is named is one of the same customer", with_buyer, is_strange),
    ]


def _line(points: ibis.Table, *, as_of: date) -> ibis.Table:
    """A row per entry: where it ends on its customer's line of lots, and how much of each fate ends there.

    Columns besides those of the entry: is_lot (1, or 0 for a taking), lot_points, take_points, position (the end on the
    line), all_taken (points ever taken from the customer), and by fate the points taken of it so far (takings only).
    """
    booked = windows.visible(points, as_of=as_of, column="at")
    booked = booked.filter(booked.points != 0)
    size = booked.points.cast("int64")
    rows = booked.select(
        "customer_id",
        "entry_id",
        "kind",
        "at",
        booked_on=windows.day_of(booked["at"]),
        is_lot=(size > 0).ifelse(1, 0).cast("int64"),
        lot_points=(size > 0).ifelse(size, 0).cast("int64"),
        take_points=(size < 0).ifelse(-size, 0).cast("int64"),
    )
    fates = (rows.kind == "redeem", rows.kind == "expire", ~rows.kind.isin(TAKES))
    past = _until_now(rows)
    so_far = {
        name: (rows.is_lot == 0).ifelse(fate.ifelse(rows.take_points, 0).sum().over(past), ibis.null("int64"))
        for name, fate in zip(FATES, fates, strict=True)
    }
    lot_end, take_end = rows.lot_points.sum().over(past), rows.take_points.sum().over(past)
    position = (rows.is_lot == 1).ifelse(lot_end, take_end)
    all_taken = rows.take_points.sum().over(ibis.window(group_by=rows.customer_id))
    take_end = (rows.is_lot == 0).ifelse(take_end, ibis.null("int64"))
    return rows.mutate(position=position, take_end=take_end, all_taken=all_taken, **so_far)


def _until_now(rows: ibis.Table) -> Any:
    """All entries of the customer up to this one."""
    return ibis.window(group_by=rows.customer_id, order_by=[rows["at"], rows.entry_id], preceding=(None, 0))


def _along(rows: ibis.Table) -> Any:
    return ibis.window(group_by=rows.customer_id, order_by=[rows.position, rows.is_lot, rows["at"], rows.entry_id])


def _from_here(rows: ibis.Table) -> Any:
    order = [rows.position, rows.is_lot, rows["at"], rows.entry_id]
    return ibis.window(group_by=rows.customer_id, order_by=order, following=(0, None))


def _up_to_here(rows: ibis.Table) -> Any:
    order = [rows.position, rows.is_lot, rows["at"], rows.entry_id]
    return ibis.window(group_by=rows.customer_id, order_by=order, preceding=(None, 0))


def _gone_by(line: ibis.Table, fate: str) -> Any:
    """How many of the first `position` points met this fate: all cumulative sums rise along the line.

    The taking that reaches over the position is of this fate where the fate's sum rises with it.
    """
    past, rest = _up_to_here(line), _from_here(line)
    before = line[fate].max().over(past).fill_null(0)
    after = line[fate].min().over(rest).fill_null(before)
    end = line.take_end.max().over(past).fill_null(0)
    return (after > before).ifelse(before + line.position - end, before)


def _least(a: Any, b: Any) -> Any:
    return (a < b).ifelse(a, b)
