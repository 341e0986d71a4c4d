"""Every feature as an expression of orders alone: what the engines are compared on (`test_spark`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import ibis

from helpers.days import Window
from helpers.features import (
    activity,
    attributes,
    basket_items,
    behaviour,
    calendar,
    cohorts,
    concentration,
    contacts,
    lifecycle,
    membership_tiers,
    points_ledger,
    purchases,
    refunds,
    repeat_spend,
    rfm,
    split,
    timeline,
)
from helpers.schemes.scheme import built_in_names, chosen
from helpers.schemes.tier_rule import TierRule

AS_OF = date(2024, 6, 30)
HAND_MADE = [
    ("ann", "2024-01-31T23:59:59", "10.00"),
    ("ann", "2024-01-31T00:00:00", "5.50"),
    ("ann", "2024-02-29T12:00:00", "20.00"),
    ("ann", "2024-06-30T23:59:59", "0.01"),
    ("bob", "2023-12-31T23:59:59", "10.00"),
    ("bob", "2024-06-01T00:00:00", "25.51"),
    ("cyd", "2024-03-10T02:30:00", "0.00"),  # an hour that summer time skips in some places
    ("dan", "2024-07-01T00:00:00", "99.00"),  # after as_of
    ("ann", "2025-01-01T00:00:00", "99.00"),
]

Feature = Callable[[ibis.Table], ibis.Table]


def _days(orders: ibis.Table) -> ibis.Table:
    return purchases.purchase_days(orders, as_of=AS_OF)


def _customers(orders: ibis.Table) -> ibis.Table:
    return purchases.per_customer(_days(orders), as_of=AS_OF, unit="months")


def _compared(orders: ibis.Table) -> ibis.Table:
    return activity.comparison(_days(orders), as_of=AS_OF, days=91)


SCHEMES = chosen(built_in_names())
RULE = lifecycle.Rule(comeback_days=182, slipping_share=0.5, lapsed_share=0.1, loyal_purchase_count=4)
TIERS = [TierRule(tier="蓝"), TierRule(tier="银", amount=100.5, orders=2), TierRule(tier="金", amount=400, orders=3)]
WINDOW: dict[str, Any] = {"as_of": AS_OF, "window_days": 365}


def _scored(orders: ibis.Table, *, bins: str = "quantile") -> ibis.Table:
    staged = lifecycle.stages(_days(orders), as_of=AS_OF, rule=RULE).select("customer_id", "is_dormant")
    measured = rfm.measures(_days(orders), as_of=AS_OF, window_days=200).inner_join(staged, "customer_id")
    return rfm.scored(measured, schemes=SCHEMES, cuts=rfm.thresholds(measured, schemes=SCHEMES, bins=bins))


def _people(orders: ibis.Table) -> ibis.Table:
    seen = orders.group_by("customer_id").aggregate(first_seen_on=orders.ordered_at.min().date())
    ghost = orders.filter(orders.order_id == "o1").select(
        customer_id=ibis.literal("nobody"), first_seen_on=orders.ordered_at.date()
    )
    return seen.union(ghost)


def _items(orders: ibis.Table) -> ibis.Table:
    item = (orders.ordered_at.hour().cast("int64") % 7).cast("string")
    basket = orders.customer_id.concat(orders.ordered_at.day().cast("string"))
    return orders.mutate(order_id=basket, product_id=item, category=item, quantity=orders.amount)


def _lines(orders: ibis.Table) -> ibis.Table:
    return basket_items.lines(_items(orders), as_of=AS_OF, by="product_id")


def _events(orders: ibis.Table) -> ibis.Table:
    return orders.select("customer_id", at="ordered_at", kind=orders.channel.fill_null("none"))


def _book(orders: ibis.Table) -> ibis.Table:
    """A ledger of points out of the orders, by channel."""
    cents = (orders.amount * 100).cast("int64")
    is_taken = (orders.channel != "web").fill_null(True)
    kind = ibis.cases((orders.channel == "web", "earn"), (orders.channel == "shop", "redeem"), else_="expire")
    taken = is_taken.ifelse(-cents, cents * 4)
    return orders.select("customer_id", "order_id", entry_id="order_id", at="ordered_at", kind=kind, points=taken)


def _held(orders: ibis.Table) -> ibis.Table:
    day = orders.ordered_at.date()
    until = (orders.channel == "web").ifelse(day, ibis.null("date"))
    ranges = orders.select("customer_id", tier=orders.channel.fill_null("none"), valid_from=day, valid_to=until)
    return membership_tiers.at(ranges, as_of=AS_OF)


def _lots(orders: ibis.Table) -> ibis.Table:
    return points_ledger.lots(_book(orders), as_of=AS_OF)


def _reachable(orders: ibis.Table) -> ibis.Table:
    consents = orders.select(
        "customer_id", purpose=orders.channel.fill_null("email"), granted_at="ordered_at", withdrawn_at="ordered_at"
    )
    assigned = orders.select("customer_id", arm=orders.channel.fill_null("control"), assigned_at="ordered_at")
    others = {"consents": consents, "campaign_assignments": assigned}
    return contacts.reachable(
        orders, channels=["web", "email"], customers=None, others=others, as_of=AS_OF, cap_count=2, cap_days=30
    )


def _profiled(orders: ibis.Table) -> ibis.Table:
    members = _customers(orders).select("customer_id", segment=ibis.literal("s"), value_amount="amount")
    levels = attributes.levels(orders, None, None, as_of=AS_OF, columns=["channel"])
    return attributes.counts(members, levels=levels, smallest_cell=3)


FEATURES: dict[str, Feature] = {
    "purchases.purchase_days": lambda orders: purchases.purchase_days(orders, as_of=AS_OF),
    "purchases.per_customer days": lambda orders: purchases.per_customer(_days(orders), as_of=AS_OF, unit="days"),
    "purchases.per_customer weeks": lambda orders: purchases.per_customer(_days(orders), as_of=AS_OF, unit="weeks"),
    "purchases.per_customer months": _customers,
    "purchases.purchase_counts": lambda orders: purchases.purchase_counts(_days(orders), as_of=AS_OF),
    "purchases.gap_counts": lambda orders: purchases.gap_counts(_days(orders), as_of=AS_OF),
    "purchases.short_gaps": lambda orders: purchases.short_gaps(_days(orders), as_of=AS_OF, longest_days=10.5),
    "cohorts.customer_months": lambda orders: cohorts.customer_months(_days(orders), as_of=AS_OF),
    "cohorts.cohort_activity": lambda orders: cohorts.cohort_activity(_days(orders), as_of=AS_OF),
    "cohorts.cohort_reach": lambda orders: cohorts.cohort_reach(_days(orders), as_of=AS_OF),
    "concentration.lorenz_curve": lambda orders: concentration.lorenz_curve(_customers(orders)),
    "concentration.lorenz_curve coarse": lambda orders: concentration.lorenz_curve(_customers(orders), point_count=7),
    "concentration.abc": lambda orders: concentration.abc(_customers(orders)),
    "calendar.weekday_hour": lambda orders: calendar.weekday_hour(orders, as_of=AS_OF),
    "calendar.weekday_orders": lambda orders: calendar.weekday_orders(_days(orders), as_of=AS_OF, weekday=3),
    "activity.by_month": lambda orders: activity.by_month(_days(orders), as_of=AS_OF),
    "activity.by_month incomplete": lambda orders: activity.by_month(_days(orders), as_of=date(2024, 6, 29)),
    "activity.comparison": _compared,
    "activity.comparison with a year before": lambda orders: activity.comparison(
        _days(orders), as_of=AS_OF, days=91, earlier=Window(date(2023, 4, 3), date(2023, 7, 2))
    ),
    "activity.breakdown": lambda orders: activity.breakdown(orders, by="channel", as_of=AS_OF, days=91),
    "activity.breakdown of lines": lambda orders: activity.breakdown(
        orders.mutate(product_id=orders.channel), by="product_id", as_of=AS_OF, days=91
    ),
    "refunds.per_customer": lambda orders: refunds.per_customer(
        _days(orders), orders.filter(orders.amount < 20), as_of=AS_OF
    ),
    "split.at_origins": lambda orders: split.at_origins(
        _days(orders), made_on=[date(2023, 10, 1), date(2024, 3, 9)], weeks=4
    ),
    "split.split": lambda orders: split.split(_days(orders), calibration_end=date(2024, 3, 9), as_of=AS_OF),
    "repeat_spend.repeat_spend": lambda orders: repeat_spend.repeat_spend(_days(orders), as_of=AS_OF),
    "timeline.by_week": lambda orders: timeline.by_week(_days(orders), origin=date(2023, 2, 1), as_of=AS_OF),
    "timeline.by_week of the known": lambda orders: timeline.by_week(
        _days(orders), origin=date(2023, 2, 1), as_of=AS_OF, born_until=date(2024, 3, 9)
    ),
    "timeline.births": lambda orders: timeline.births(_days(orders), as_of=AS_OF),
    "rfm.measures": lambda orders: rfm.measures(_days(orders), as_of=AS_OF, window_days=200),
    "rfm.measures of all": lambda orders: rfm.measures(_days(orders), as_of=AS_OF, window_days=None),
    "rfm.scored": _scored,
    "rfm.scored log": lambda orders: _scored(orders, bins="log"),
    "rfm.score_grid": lambda orders: rfm.score_grid(_scored(orders)),
    "lifecycle.stages": lambda orders: lifecycle.stages(_days(orders), as_of=AS_OF, rule=RULE),
    "lifecycle.stages with prospects": lambda orders: lifecycle.stages(
        _days(orders), _people(orders), as_of=AS_OF, rule=RULE
    ),
    "lifecycle.prospects": lambda orders: lifecycle.prospects(
        _people(orders), lifecycle.stages(_days(orders), as_of=AS_OF, rule=RULE), as_of=AS_OF
    ),
    "lifecycle.staged": lambda orders: lifecycle.staged(
        _days(orders), moments=[(AS_OF, RULE), (date(2024, 1, 1), RULE)]
    ),
    "lifecycle.comebacks": lambda orders: lifecycle.comebacks(
        _days(orders), made_on=[date(2023, 10, 1), date(2024, 1, 1)], rule=RULE
    ),
    "membership_tiers.at": _held,
    "membership_tiers.held": lambda orders: membership_tiers.held(None, _days(orders), rules=TIERS, **WINDOW),  # type: ignore[dict-item]
    "membership_tiers.by_rules": lambda orders: membership_tiers.by_rules(_days(orders), rules=TIERS, **WINDOW),
    "membership_tiers.by_rules of the held": lambda orders: membership_tiers.by_rules(
        _days(orders), rules=TIERS, held=_held(orders), **WINDOW
    ),
    "membership_tiers.spending": lambda orders: membership_tiers.spending(
        _days(orders), held=_held(orders), points=_book(orders), **WINDOW
    ),
    "points_ledger.flows": lambda orders: points_ledger.flows(_book(orders), as_of=AS_OF),
    "points_ledger.checks": lambda orders: points_ledger.checks(_book(orders), orders, as_of=AS_OF),
    "points_ledger.lots": _lots,
    "points_ledger.cohorts": lambda orders: points_ledger.cohorts(_lots(orders)),
    "points_ledger.settled": lambda orders: points_ledger.settled(_lots(orders), until=date(2024, 1, 31)),
    "points_ledger.expiring": lambda orders: points_ledger.expiring(_lots(orders), as_of=AS_OF, life_days=300, days=91),
    "contacts.reachable": _reachable,
    "attributes.divided": lambda orders: attributes.divided(orders, as_of=AS_OF, by="channel"),
    "attributes.divided_orders": lambda orders: attributes.divided_orders(orders, as_of=AS_OF, by="channel"),
    "attributes.counts": _profiled,
    "basket_items.lines": _lines,
    "basket_items.frequent": lambda orders: basket_items.frequent(_lines(orders), item_limit=5),
    "basket_items.sizes": lambda orders: basket_items.sizes(_lines(orders)),
    "basket_items.item_sizes": lambda orders: basket_items.item_sizes(_lines(orders)),
    "basket_items.pair_sizes": lambda orders: basket_items.pair_sizes(_lines(orders)),
    "basket_items.repeats": lambda orders: basket_items.repeats(_lines(orders)),
    "basket_items.weights": lambda orders: basket_items.weights(_lines(orders)),
    "basket_items.bought": lambda orders: basket_items.bought(_items(orders), as_of=AS_OF, by="product_id"),
    "basket_items.bought lately": lambda orders: basket_items.bought(
        _items(orders), as_of=AS_OF, by="product_id", days=200, item_limit=None
    ),
    "behaviour.per_customer": lambda orders: behaviour.per_customer(
        orders, _items(orders), _events(orders), as_of=AS_OF
    ),
}
DIVIDING = tuple(f"concentration.{name}" for name in ("lorenz_curve", "abc")) + (
    "activity.breakdown",
    "activity.by_month",
    "rfm.scored",
    "rfm.score_grid",
    "behaviour.per_customer",
    "repeat_spend.repeat_spend",
)
ROOMS = (
    activity,
    basket_items,
    behaviour,
    calendar,
    cohorts,
    concentration,
    contacts,
    split,
    lifecycle,
    points_ledger,
    attributes,
    purchases,
    refunds,
    rfm,
    repeat_spend,
    membership_tiers,
    timeline,
)
NO_TABLE = {
    "attributes.age_band",
    "attributes.levels",
    "basket_items.counts",
    "basket_items.names",
    "behaviour.event_kinds",
    "cohorts.retention",
    "cohorts.revenue_per_customer",
    "lifecycle.stages_of_days",
    "membership_tiers.check",
    "membership_tiers.have_conditions",
    "membership_tiers.order_of",
    "points_ledger.ledger",
    "points_ledger.life_days",
    "rfm.bin_sizes",
    "rfm.score_sizes",
    "rfm.segment_sizes",
    "rfm.thresholds",
    "split.year_before",
}
"""Public functions whose answer is a frame, a number or several tables; what they ask of the engine is in the others."""
