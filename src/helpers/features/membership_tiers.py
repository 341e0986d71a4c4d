"""Tiers of membership: who holds which, who is how far from the next, and what the holders bring."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import ibis

from helpers.days import latest_days
from helpers.errors import ParamsError, message
from helpers.features import windows
from helpers.schemes.tier_rule import TierRule, tier_problems

MONEY = "decimal(18, 4)"
WORDS = (
    ("standard", "basic", "regular", "普通", "注册", "标准"),
    ("blue", "蓝"),
    ("bronze", "copper", "铜"),
    ("silver", "银"),
    ("gold", "金", "黄金"),
    ("platinum", "白金", "铂金"),
    ("diamond", "钻石", "钻"),
    ("black", "黑", "黑金", "黑钻"),
)
"""Names that tiers go by, the lowest first; a longer word wins over one that it holds (白金 over 金)."""


@dataclass(frozen=True)
class TierOrder:
    """The tiers from low to high, and how that is known.

    The source is the rules that state it, the names that tell it, or the sizes (most customers hold the lowest), from
    which it is only supposed.
    """

    tiers: tuple[str, ...]
    source: Literal["rules", "names", "sizes"]


def held(
    memberships: ibis.Table | None, days: ibis.Table, *, as_of: date, rules: Sequence[TierRule], window_days: int
) -> ibis.Table | None:
    """The tier of each customer who has one, from wherever tiers are known: the memberships, or else the rules.

    Returns
    -------
    ibis.Table or None
        One row per customer with a tier, in no order: customer_id, tier. None: no memberships were delivered, and no
        rule asks for anything.
    """
    if memberships is not None:
        return at(memberships, as_of=as_of).select("customer_id", "tier")
    if not have_conditions(rules):
        return None
    earned = by_rules(days, as_of=as_of, rules=rules, window_days=window_days)
    return earned.filter(earned.tier.notnull()).select("customer_id", "tier")


def have_conditions(rules: Sequence[TierRule]) -> bool:
    """Whether rules ask for anything; rules that do not only state the order of the tiers."""
    return any(rule.amount or rule.orders for rule in rules)


def at(memberships: ibis.Table, *, as_of: date) -> ibis.Table:
    """The tier that each customer holds on the day.

    Parameters
    ----------
    memberships
        One row per range of days: customer_id, tier, valid_from, and valid_to (the last day, included; missing or not
        delivered: without an end).
    as_of
        The day asked about; ranges that begin later are invisible.

    Returns
    -------
    ibis.Table
        One row per customer who holds a tier, in no order: customer_id; tier; tier_count (different tiers whose ranges
        hold the day: 1, or more where ranges overlap). Of several the one that began last counts, and of those that
        began on one day the first by name.
    """
    begun = windows.visible(memberships, as_of=as_of, column="valid_from")
    if "valid_to" in begun.columns:
        begun = begun.filter(begun.valid_to.isnull() | (windows.day_of(begun.valid_to) >= ibis.literal(as_of)))
    tiers = begun.group_by("customer_id", "tier").aggregate(begun_on=begun.valid_from.max())
    ranked = tiers.mutate(
        place=ibis.row_number().over(group_by=tiers.customer_id, order_by=[tiers.begun_on.desc(), tiers.tier]),
        tier_count=tiers.tier.count().over(group_by=tiers.customer_id),
    )
    return ranked.filter(ranked.place == 0).select("customer_id", "tier", "tier_count")


def by_rules(
    days: ibis.Table, *, as_of: date, rules: Sequence[TierRule], window_days: int, held: ibis.Table | None = None
) -> ibis.Table:
    """The tier that each customer has earned, or holds, and what is missing to the next.

    A tier is earned by its amount and its orders, both, within the window; zero asks for nothing. Amounts are as paid:
    refunds are not taken off. What is missing supposes that no order leaves the window meanwhile.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id,
        purchased_on, order_count, amount.
    as_of
        The last day of the window; later days are invisible.
    rules
        What each tier takes, the lowest first.
    window_days
        Length of the window.
    held
        Who holds which tier, as `at` gives it: the next tier is then the one above the held, and customers without a
        tier are left out. None: tiers are what the rules make them.

    Returns
    -------
    ibis.Table
        One row per customer with an order by `as_of`, or who holds a tier, in no order: customer_id; tier (missing: not
        even the lowest is earned); next_tier (missing at the top, and where the rules do not know the held tier);
        amount, order_count (of the window); missing_amount (decimal, 0 or more), missing_order_count, both missing
        where there is no next tier; is_one_order_away (something is missing, at most one order, and no more money than
        the customer's own mean order).

    Raises
    ------
    ParamsError
        The rules do not rise from tier to tier, or ask for nothing.
    """
    check(rules)
    done = _sums(days, as_of=as_of, window_days=window_days)
    if held is None:
        standing = done.mutate(place=_earned(done, rules))
        standing = standing.mutate(tier=_of_place(standing.place, [rule.tier for rule in rules], "string"))
    else:
        places = [(held.tier == rule.tier, number + 1) for number, rule in enumerate(rules)]
        known = held.select("customer_id", "tier", place=ibis.cases(*places, else_=len(rules)).cast("int64"))
        joined = known.left_join(done, "customer_id")
        filled = {name: done[name].fill_null(_zero(done[name])) for name in ("amount", "order_count")}
        standing = joined.select("customer_id", "tier", "place", **filled)
    return _missing(standing, rules)


def check(rules: Sequence[TierRule]) -> None:
    """Refuse rules that give no tier.

    Raises
    ------
    ParamsError
        A tier asks for less than the one below it, or for the same; a name occurs twice; nothing is asked at all.
    """
    problems = tier_problems(rules)
    if not have_conditions(rules):
        problems.append("no tier asks for an amount or for orders")
    if problems:
        raise ParamsError(message("`tier_rules` must rise from the lowest tier to the highest", problems))


def order_of(memberships: ibis.Table | None, *, as_of: date, rules: Sequence[TierRule]) -> TierOrder:
    """The tiers from low to high.

    Rules state the order, also where they ask for nothing. Without them the names are read (blue, silver, gold; 银卡,
    金卡; V1, V2), and where these do not tell, the tier of most customers is supposed to be the lowest. Tiers that
    occur and that the rules do not name come below all others.
    """
    counts: dict[str, int] = {}
    if memberships is not None:
        begun = windows.visible(memberships, as_of=as_of, column="valid_from")
        sizes = begun.group_by("tier").aggregate(customer_count=begun.customer_id.nunique()).to_pandas()
        counts = dict(zip(sizes["tier"].astype(str), sizes["customer_count"].astype(int), strict=True))
    stated = [rule.tier for rule in rules]
    by_size = sorted(counts, key=lambda tier: (-counts[tier], tier))
    if stated:
        return TierOrder((*(tier for tier in by_size if tier not in stated), *stated), "rules")
    ranks = {tier: _rank(tier) for tier in counts}
    for known in (ranks, {tier: _number(tier, counts) for tier in counts}):
        if None not in known.values() and len(set(known.values())) == len(known):
            return TierOrder(tuple(sorted(known, key=lambda tier: (known[tier], tier))), "names")
    return TierOrder(tuple(by_size), "sizes")


def spending(
    days: ibis.Table, points: ibis.Table | None = None, *, as_of: date, window_days: int, held: ibis.Table
) -> ibis.Table:
    """What each customer brought and did with points, beside the tier held at the end of it.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id,
        purchased_on, order_count, amount.
    points
        One row per entry of the ledger of points: customer_id, at, kind, points. None: not delivered.
    as_of
        The last day of the window; later rows are invisible.
    window_days
        Length of the window.
    held
        customer_id, tier: who holds which, as `at` and `by_rules` give it.

    Returns
    -------
    ibis.Table
        One row per customer of any of the tables, in no order: customer_id; tier (missing: none); of the window
        order_count, amount, earned_points (all that was added), redeemed_points (0 or more); over all time
        balance_points (below zero only where the ledger is wrong). Zeros where there was nothing.
    """
    window = latest_days(as_of, window_days)
    done = _sums(days, as_of=as_of, window_days=window_days)
    none = ibis.literal(0, type="int64")
    nothing = {"earned_points": none, "redeemed_points": none, "balance_points": none}
    rows = done.select("customer_id", "order_count", amount=done.amount.cast(MONEY), **nothing)
    idle = {"order_count": none, "amount": ibis.literal(Decimal(0), type=MONEY)}
    rows = ibis.union(rows, held.select("customer_id", **idle, **nothing))
    if points is not None:
        booked = windows.visible(points, as_of=as_of, column="at")
        is_now = windows.is_within(booked["at"], window)
        added, taken = is_now & (booked.points > 0), is_now & (booked.points < 0) & (booked.kind == "redeem")
        flows = {
            "earned_points": added.ifelse(booked.points, 0).cast("int64"),
            "redeemed_points": taken.ifelse(-booked.points, 0).cast("int64"),
            "balance_points": booked.points.cast("int64"),
        }
        rows = ibis.union(rows, booked.select("customer_id", **idle, **flows))
    sums = {name: rows[name].sum() for name in ("order_count", "amount", *nothing)}
    everybody = rows.group_by("customer_id").aggregate(**sums)
    return everybody.left_join(held.select("customer_id", "tier"), "customer_id").select("customer_id", "tier", *sums)


def _sums(days: ibis.Table, *, as_of: date, window_days: int) -> ibis.Table:
    """A row per customer with an order by `as_of`: amount and order_count of the window."""
    seen = windows.visible_days(days, as_of=as_of)
    is_now = windows.is_within(seen.purchased_on, latest_days(as_of, window_days))
    return seen.group_by("customer_id").aggregate(
        amount=is_now.ifelse(seen.amount, _zero(seen.amount)).sum(),
        order_count=is_now.ifelse(seen.order_count, 0).cast("int64").sum(),
    )


def _earned(done: ibis.Table, rules: Sequence[TierRule]) -> Any:
    """How many tiers are earned: since the rules rise, the place of the highest."""
    met = [(done.amount >= _money(rule.amount)) & (done.order_count >= rule.orders) for rule in rules]
    return sum((one.ifelse(1, 0).cast("int64") for one in met[1:]), met[0].ifelse(1, 0).cast("int64"))


def _missing(standing: ibis.Table, rules: Sequence[TierRule]) -> ibis.Table:
    above = standing.place + 1
    amount = _of_place(above, [Decimal(str(rule.amount)) for rule in rules], MONEY) - standing.amount
    orders = _of_place(above, [rule.orders for rule in rules], "int64") - standing.order_count
    shown = standing.mutate(
        next_tier=_of_place(above, [rule.tier for rule in rules], "string"),
        missing_amount=(amount < 0).ifelse(_zero(amount), amount),
        missing_order_count=(orders < 0).ifelse(_zero(orders), orders),
    )
    # no more than the mean order: missing <= amount / orders, without dividing by the orders of those who had none
    is_usual = shown.missing_amount * shown.order_count <= shown.amount
    is_any = (shown.missing_amount > 0) | (shown.missing_order_count > 0)
    is_near = is_any & (shown.missing_order_count <= 1) & (shown.order_count > 0) & is_usual
    columns = ("customer_id", "tier", "next_tier", "amount", "order_count", "missing_amount", "missing_order_count")
    return shown.select(*columns, is_one_order_away=is_near.fill_null(False))


def _of_place(place: Any, values: Sequence[Any], kind: str) -> Any:
    """The value at a place counted from 1; missing at 0 and above the last."""
    branches = [(place == number + 1, ibis.literal(value, type=kind)) for number, value in enumerate(values)]
    return ibis.cases(*branches, else_=ibis.null(kind))


def _zero(column: Any) -> Any:
    return ibis.literal(0).cast(column.type())


def _money(amount: float) -> Any:
    return ibis.literal(Decimal(str(amount)), type=MONEY)


def _rank(tier: str) -> int | None:
    """The place of a tier's name among WORDS, by the longest word in it; None: no word, or several as long."""
    matches = [(len(word), rank) for rank, words in enumerate(WORDS) for word in words if word in tier.lower()]
    longest = {rank for length, rank in matches if length == max(matches)[0]}
    return longest.pop() if len(longest) == 1 else None


def _number(tier: str, tiers: Collection[str]) -> int | None:
    """The one number in a tier's name, where all names are alike but for it; None: they are not."""
    stems = {re.sub(r"\d+", "#", name) for name in tiers}
    digits = re.findall(r"\d+", tier)
    return int(digits[0]) if len(digits) == 1 and len(stems) == 1 else None
