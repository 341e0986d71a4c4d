"""The questions of the segmentation notebook, each answered in one call: from tables and params to what a page shows.

Every answer joins a feature, worked out where the orders live, to the model that judges it; an answer is None where the
tables that it needs were not delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from helpers.contract.loading import Tables
from helpers.features import activity, behaviour, contacts, purchases, snapshots
from helpers.features import attributes as profile_features
from helpers.features import basket_items as basket_features
from helpers.features import membership_tiers as tier_features
from helpers.features import points_ledger as point_features
from helpers.features.frames import fetch
from helpers.features.snapshots import Snapshot
from helpers.models.segments import (
    actions,
    baskets,
    group_profiles,
    groups,
    movements,
    points,
    profiles,
    recommendations,
    tier_economics,
)
from helpers.models.segments.actions import Plan
from helpers.models.segments.baskets import Pairs
from helpers.models.segments.groups import Groups
from helpers.models.segments.points import Account
from helpers.models.segments.recommendations import Comparison
from helpers.models.statistics.intervals import Estimate
from helpers.params import SegmentationParams
from helpers.schemes.action import Action

STRONGEST = 12
"""Deviations from the base that a page shows."""


@dataclass(frozen=True, eq=False)
class Moves:
    """Who moved between two days: `all_kinds` as `movements.transitions` gives it; the rest of the page's scheme."""

    all_kinds: pd.DataFrame
    own: pd.DataFrame
    values: pd.DataFrame
    share: Estimate


def moves(then: Snapshot, now: Snapshot, *, level: float) -> Moves:
    """Who moved between two snapshots of the same thresholds, by every kind of group that the later one knows."""
    # somebody known without an order is no customer yet: prospects are in the stages alone
    pairs = {
        kind: movements.transitions(*_sides(then, now, kind), kind=kind, level=level, order=order)
        for kind, order in now.kinds.items()
    }
    own = pairs[now.scheme_name]
    values = movements.values(then.buyers, now.buyers, kind=now.scheme_name)
    share = movements.moved_share(own, level=level)
    return Moves(pd.concat(pairs.values(), ignore_index=True), own, values, share)


def _sides(then: Snapshot, now: Snapshot, kind: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    return (then.people, now.people) if kind == "stage" else (then.buyers, now.buyers)


@dataclass(frozen=True, eq=False)
class Ladder:
    """Tiers of membership: what they bring, who moves between them, and who is close to the next.

    `economics` as in `tiers`; `moves`, `rates`, `projection` and `tried` as in `movements`; `standing` and `distances`
    as in `tiers` again, None where no rules tell what a tier takes.
    """

    economics: pd.DataFrame
    moves: pd.DataFrame
    rates: pd.DataFrame
    projection: pd.DataFrame
    tried: pd.DataFrame | None
    standing: pd.DataFrame | None
    distances: pd.DataFrame | None
    is_supposed: bool
    is_by_rules: bool

    @property
    def known_by(self) -> dict[str, bool]:
        """What a page says of where the tiers and their order are from."""
        return {"is_supposed": self.is_supposed, "is_by_rules": self.is_by_rules}


def ladder(data: Tables, params: SegmentationParams, then: Snapshot, now: Snapshot) -> Ladder | None:
    """What is known of tiers; None where nobody has one."""
    if now.tier_order is None or now.held is None:
        return None
    order, level, points_of = now.tier_order.tiers, params.interval_level, data.others.get("points")
    window: dict[str, Any] = {"as_of": now.as_of, "window_days": params.tier_window_days}
    brought = tier_features.spending(data.orders, held=now.held, points=points_of, **window)
    worth = {"margin_share": params.margin_share, "point_amount": params.point_amount}
    economics = tier_economics.economics(fetch(brought.order_by("customer_id")), order=order, level=level, **worth)
    moved = movements.transitions(then.buyers, now.buyers, kind="tier", level=level, order=order)
    standing = distances = None
    if tier_features.asks(params.tier_rules):
        held = None if data.others.get("memberships") is None else now.held
        asked = tier_features.by_rules(data.orders, rules=params.tier_rules, held=held, **window)
        standing = fetch(asked.order_by("customer_id"))
        distances = tier_economics.distances(standing, order=order)
    return Ladder(
        economics,
        moved,
        movements.rates(moved, order=order, level=level),
        movements.project(moved, periods=params.projection_count, seed=params.seed, level=level),
        _tried(data, params, then, moved),
        standing,
        distances,
        now.tier_order.source == "sizes",
        data.others.get("memberships") is None,
    )


def _tried(data: Tables, params: SegmentationParams, then: Snapshot, moved: pd.DataFrame) -> pd.DataFrame | None:
    """How well the moves of the period before would have told the sizes of today; None where nobody was there."""
    days = timedelta(days=params.movement_days)
    before = snapshots.take(data, params, as_of=then.as_of - days, cuts=then.cuts)
    if before.buyers.empty or before.tier_order is None:
        return None
    earlier = movements.transitions(
        before.buyers, then.buyers, kind="tier", level=params.interval_level, order=before.tier_order.tiers
    )
    return movements.tried(earlier, moved, seed=params.seed, level=params.interval_level)


def account(data: Tables, params: SegmentationParams) -> Account | None:
    """The ledger of points, judged; None where there is none."""
    booked = data.others.get("points")
    if booked is None:
        return None
    ledger = point_features.ledger(booked, data.orders, as_of=params.as_of, days=params.horizon_days)
    return points.account(ledger, as_of=params.as_of, level=params.interval_level)


@dataclass(frozen=True, eq=False)
class Behaviour:
    """Groups of behaviour: what was found, and the frames that `group_profiles` makes of it."""

    found: Groups
    profile: pd.DataFrame
    contrasts: pd.DataFrame
    members: pd.DataFrame


def behaviour_groups(data: Tables, params: SegmentationParams, now: Snapshot) -> Behaviour:
    """The groups into which customers fall by what they do, or why there are none."""
    events = data.others.get("events")
    features = behaviour.per_customer(data.orders, data.order_items, events, as_of=now.as_of)
    found = groups.find(fetch(features.order_by("customer_id")), group_count=params.group_count, seed=params.seed)
    return Behaviour(
        found,
        group_profiles.profile(found, now.buyers, level=params.interval_level),
        group_profiles.contrasts(found),
        group_profiles.members(found),
    )


@dataclass(frozen=True, eq=False)
class Portraits:
    """Segments by what else is known of their customers: `cells`, `strongest`, `concentration`, as in `profiles`."""

    cells: pd.DataFrame
    strongest: pd.DataFrame
    concentration: pd.DataFrame


def portraits(data: Tables, params: SegmentationParams, now: Snapshot) -> Portraits:
    """The segments of the page's scheme by every attribute that was delivered; small cells are hidden."""
    members = now.scored.select("customer_id", "value_amount", segment=now.scored[now.scheme_name])
    levels = profile_features.levels(
        data.orders, data.order_items, data.customers, as_of=now.as_of, columns=params.profile_columns
    )
    counts = fetch(profile_features.counts(members, levels=levels, smallest_cell=params.smallest_cell))
    how: dict[str, Any] = {"smallest_cell": params.smallest_cell, "level": params.interval_level}
    cells = profiles.profile(counts, segments=now.scheme.names, **how)
    own = now.buyers.assign(segment=now.buyers[now.scheme_name])
    held = profiles.concentration(own, segments=now.scheme.names, top_share=params.top_share, **how)
    return Portraits(cells, profiles.strongest(cells, count=STRONGEST), held)


@dataclass(frozen=True, eq=False)
class Baskets:
    """What goes together: all pairs tested, those `found`, and the same as `rules`; `names` by item."""

    tested: Pairs
    found: pd.DataFrame
    rules: pd.DataFrame
    names: dict[str, str]


def together(data: Tables, params: SegmentationParams) -> Baskets | None:
    """Which items are bought together more often than chance explains; None where no lines tell the items."""
    items = data.order_items
    if items is None or params.basket_column not in items.columns:
        return None
    lines = basket_features.lines(items, as_of=params.as_of, by=params.basket_column).cache()
    counts = {name: fetch(table) for name, table in basket_features.counts(lines).items()}
    tested = baskets.pairs(counts, level=params.interval_level)
    found = baskets.found(tested, false_discovery_share=params.false_discovery_share)
    named = sorted({*found["first"], *found["second"]})
    names = basket_features.names(data.products, items=named, by=params.basket_column)
    return Baskets(tested, found, baskets.rules(found, order_count=tested.order_count), names)


@dataclass(frozen=True, eq=False)
class Recommended:
    """How recommending did on held-out days, and what the better way recommends today."""

    comparison: Comparison
    items: pd.DataFrame


def recommended(data: Tables, params: SegmentationParams, *, as_of: date) -> Recommended | None:
    """What each customer may want next, by what did better on held-out days; None where no lines tell the items."""
    items, by = data.order_items, params.basket_column
    if items is None or by not in items.columns:
        return None
    how: dict[str, Any] = {"count": params.recommendation_count, "recommend_owned": params.recommend_owned}
    before, days = as_of - timedelta(days=params.recommendation_days), params.recommendation_days
    bought = fetch(basket_features.bought(items, as_of=as_of, by=by))
    # likeness of items is learned from customers enough; everybody gets a list
    some = recommendations.sample(bought["customer_id"].drop_duplicates(), seed=params.seed)
    history = fetch(basket_features.bought(items, as_of=before, by=by, customers=some))
    later = fetch(basket_features.bought(items, as_of=as_of, by=by, days=days, customers=some, item_limit=None))
    comparison = recommendations.compare(history, later, level=params.interval_level, **how)
    learned = recommendations.learn(bought[bought["customer_id"].isin(some["customer_id"])])
    return Recommended(comparison, recommendations.recommend(bought, learned, method=comparison.best, **how))


@dataclass(frozen=True, eq=False)
class Acted:
    """What is done for whom, and what it must bring: a plan, and its `worth` as `actions.worth` gives it."""

    plan: Plan
    worth: pd.DataFrame


def acted(data: Tables, params: SegmentationParams, now: Snapshot, then: Snapshot) -> Acted:
    """The lists of the actions of the params, and their value against doing nothing.

    The horizon looked back on ends with the last day that was watched: days without data are no days without orders.
    `then` is an earlier snapshot by the same thresholds, taken again where it is of another day than that.
    """
    days, start = params.horizon_days, now.watched - timedelta(days=params.horizon_days)
    then = then if then.as_of == start else snapshots.take(data, params, as_of=start, cuts=now.cuts)
    made, past = (_plan(data, params, snapshot) for snapshot in (now, then))
    bought = purchases.purchase_days(data.orders, as_of=now.watched)
    spend = fetch(activity.comparison(bought, as_of=now.watched, days=days).order_by("customer_id"))
    how: dict[str, Any] = {"level": params.interval_level, "margin_share": params.margin_share}
    return Acted(made, actions.worth(made, past, spend, actions=params.actions, **how))


def _plan(data: Tables, params: SegmentationParams, snapshot: Snapshot) -> Plan:
    reach = _reach(data, params, params.actions, as_of=snapshot.as_of)
    return actions.plan(
        snapshot.people,
        reach,
        actions=params.actions,
        scheme=snapshot.scheme_name,
        currency=params.currency,
        seed=params.seed,
        window_days=params.rfm_window_days,
    )


def _reach(data: Tables, params: SegmentationParams, planned: Sequence[Action], *, as_of: date) -> pd.DataFrame:
    """Who may be contacted by which channel of the actions on a day; without any action, nobody is asked about."""
    people = data.orders.select("customer_id").distinct()
    reach = contacts.reachable(
        people,
        channels=[action.channel for action in planned] or ["none"],
        customers=data.customers,
        others=data.others,
        as_of=as_of,
        cap_count=params.contact_cap_count,
        cap_days=params.contact_cap_days,
    )
    return fetch(reach.order_by("customer_id", "channel"))
