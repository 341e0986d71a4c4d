"""A ledger of points that balances: earned in lots, used first in first out, expired after months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema.engagement import POINTS
from helpers.simulation import arrow, lives, loyalty_tiers
from helpers.simulation.buying_process import OrdersBlock
from helpers.simulation.engagement_settings import Points
from helpers.simulation.loyalty_tiers import Held
from helpers.simulation.population import Population
from helpers.simulation.settings import Company

Whole = NDArray[np.int64]
KINDS = ("expire", "redeem", "adjust", "earn", "referral")
EXPIRE, REDEEM, ADJUST, EARN, REFERRAL = range(len(KINDS))
SECOND_BITS = 36
"""A number that sorts by customer and then by second: seconds since 1970 fit into so many bits."""
NOBODY = -1


@dataclass(frozen=True, eq=False)
class _Entries:
    """Entries of the ledger: arrays with an entry each. `order` is a row of the orders, -1 for none."""

    customer: Whole
    second: Whole
    kind: Whole
    points: Whole
    order: Whole

    @property
    def key(self) -> Whole:
        return (self.customer << SECOND_BITS) + self.second

    def take(self, places: Whole) -> _Entries:
        return _Entries(*(getattr(self, name)[places] for name in ("customer", "second", "kind", "points", "order")))


@dataclass(frozen=True, eq=False)
class _Taken:
    """What each request took: entries with points taken above zero, and where on the line of all lots it began."""

    entries: _Entries
    began: Whole


def generate(
    company: Company, people: Population, orders: OrdersBlock, *, block: int
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The table `points`, and in the truth `lots`.

    A row of `lots` is a lot: the `entry_id` that earned it, `earned_points`, and what became of them:
    `redeemed_points`, `adjusted_points` (taken back), `expired_points`, `outstanding_points` (at the company's end);
    they sum to the earned. `expires_at` may lie after the end.
    """
    draw = stream(company.seed, "points", block)
    held = loyalty_tiers.held(company, people, block=block)
    lots = _lots(draw, company, people, orders, held)
    taken = _take(draw, company, lots, _requests(draw, company, people, orders, held))
    expires = _expiry(company.points, lots)
    redeemed, adjusted = (_used(lots, taken, kind) for kind in (REDEEM, ADJUST))
    left = lots.points - redeemed - adjusted
    expired = np.where(expires < lives.end_seconds(company), left, 0)
    entries, place = _ledger(lots, taken.entries, expires, expired)
    ids = arrow.ids(f"p{block:04d}-", np.arange(1, len(entries.key) + 1), 7)
    truth = {
        "customer_id": people.customer_id[lots.customer],
        "entry_id": ids[place],
        "kind": np.array(KINDS)[lots.kind],
        "at": lives.instants(lots.second.astype(float)),
        "expires_at": lives.instants(expires.astype(float)),
        "earned_points": lots.points,
        "redeemed_points": redeemed,
        "adjusted_points": adjusted,
        "expired_points": expired,
        "outstanding_points": left - expired,
    }
    return {"points": _table(people, orders, entries, ids)}, {"lots": pd.DataFrame(truth)}


def _table(people: Population, orders: OrdersBlock, entries: _Entries, ids: NDArray[np.str_]) -> pa.Table:
    of_orders = pa.array(entries.order, mask=entries.order == NOBODY)
    columns = {
        "entry_id": pa.array(ids, pa.string()),
        "customer_id": lives.whose(people, entries.customer),
        "at": lives.instants(entries.second.astype(float)),
        "kind": arrow.coded(entries.kind, KINDS),
        "points": entries.points,
        "order_id": pa.array(orders.order_id, pa.string()).take(of_orders),
    }
    return arrow.table(POINTS, columns)


# ------------------------------------------------------------------------------------------- what is earned, and asked


def _lots(draw: np.random.Generator, company: Company, people: Population, orders: OrdersBlock, held: Held) -> _Entries:
    """Everything that adds points, by customer and then by time."""
    settings = company.points
    tier = held.tier_at(orders.customer_row, orders.ordered_at)
    factor = np.append(np.asarray(settings.tier_multipliers), 0.0)[tier]  # -1, no member, takes the last
    cents = np.round(orders.amount * 100)
    earned = np.floor(cents * factor * settings.points_per_amount / 100 + 1e-9).astype(np.int64)
    kept = np.flatnonzero(earned > 0)
    second = orders.ordered_at[kept].astype("datetime64[s]").astype(np.int64)
    bought = _Entries(orders.customer_row[kept], second, np.full(len(kept), EARN), earned[kept], kept)
    up_rate = settings.adjust_rate_per_year * (1 - settings.adjust_down_share)
    referred = _at_random(draw, company, people, held, (REFERRAL, settings.referral_rate_per_year))
    raised = _at_random(draw, company, people, held, (ADJUST, up_rate))
    lots = _joined(bought, referred, raised)
    return lots.take(np.argsort(lots.key, kind="stable"))


def _requests(
    draw: np.random.Generator, company: Company, people: Population, orders: OrdersBlock, held: Held
) -> _Entries:
    """Everything that wants points, by customer and then by time; `points` are wanted at most, of a redeem all."""
    settings = company.points
    is_asked = draw.random(len(orders.customer_row)) < settings.redeem_share
    asked = np.flatnonzero(is_asked & (held.tier_at(orders.customer_row, orders.ordered_at) >= 0))
    second = orders.ordered_at[asked].astype("datetime64[s]").astype(np.int64)
    redeemed = _Entries(
        orders.customer_row[asked], second, np.full(len(asked), REDEEM), np.zeros(len(asked), np.int64), asked
    )
    down_rate = settings.adjust_rate_per_year * settings.adjust_down_share
    requests = _joined(redeemed, _at_random(draw, company, people, held, (ADJUST, down_rate)))
    return requests.take(np.argsort(requests.key, kind="stable"))


def _at_random(
    draw: np.random.Generator, company: Company, people: Population, held: Held, kind_and_rate: tuple[int, float]
) -> _Entries:
    """Entries of a kind at a steady rate per year, while the customer lives and is a member."""
    kind, rate_per_year = kind_and_rate
    joined, stop = lives.spans(company, people)
    start = np.maximum(lives.seconds(held.first_on), joined[held.customer_row])
    stop = np.fmin(lives.seconds(held.last_on + 1), stop[held.customer_row])
    span, at = lives.arrivals(draw, start=start, stop=stop, rate_per_second=rate_per_year / lives.YEAR_SECONDS)
    size = {REFERRAL: company.points.referral_points, ADJUST: company.points.adjust_points}[kind]
    count = len(span)
    return _Entries(
        held.customer_row[span],
        at.astype(np.int64),
        np.full(count, kind),
        np.full(count, size),
        np.full(count, NOBODY),
    )


def _joined(*parts: _Entries) -> _Entries:
    names = ("customer", "second", "kind", "points", "order")
    return _Entries(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _expiry(settings: Points, lots: _Entries) -> Whole:
    """The midnight at which each lot expires, in seconds: in the order of the lots of a customer."""
    earned_on = lots.second.astype("datetime64[s]").astype("datetime64[D]")
    return lives.add_months(earned_on, settings.expire_months).astype("datetime64[s]").astype(np.int64)


# ------------------------------------------------------------------------------------------------- first in, first out


def _line(lots: _Entries) -> Whole:
    """Bounds of the lots when all of them are laid end to end: lot j covers bounds j to j + 1."""
    return np.concatenate([[0], np.cumsum(lots.points)])


def _take(draw: np.random.Generator, company: Company, lots: _Entries, requests: _Entries) -> _Taken:
    """What the requests take, each from the oldest points that neither were taken nor have expired.

    Lots expire in the order in which they were earned, so that what is gone of a customer's lots is always their
    beginning: one pointer per customer says how far. The loop is over the first, second ... request of all customers.
    """
    line = _line(lots)
    earned = line[np.searchsorted(lots.key, requests.key, side="left")]  # strictly before: an order pays not itself
    expiry_key = (lots.customer << SECOND_BITS) + _expiry(company.points, lots)
    expired = line[np.searchsorted(expiry_key, requests.key, side="right")]
    gone = line[np.searchsorted(lots.customer, np.arange(requests.customer.max(initial=0) + 1))]
    part = draw.random(len(requests.key))
    took, began = np.zeros(len(part), dtype=np.int64), np.zeros(len(part), dtype=np.int64)
    for now in _rounds(requests.customer):
        who = requests.customer[now]
        began[now] = np.maximum(gone[who], expired[now])
        balance = earned[now] - began[now]
        step = company.points.redeem_step_points
        redeemed = np.floor(part[now] * (balance // step + 1)).astype(np.int64) * step
        took[now] = np.where(requests.kind[now] == REDEEM, redeemed, np.minimum(requests.points[now], balance))
        gone[who] = began[now] + took[now]
    kept = np.flatnonzero(took > 0)
    entries = requests.take(kept)
    return _Taken(
        _Entries(entries.customer, entries.second, entries.kind, took[kept], entries.order),
        began[kept],
    )


def _rounds(customer: Whole) -> list[Whole]:
    """Places of everybody's first request, of everybody's second, and so on; `customer` is sorted."""
    if not len(customer):
        return []
    rank = np.arange(len(customer)) - np.searchsorted(customer, customer)
    order = np.argsort(rank, kind="stable")
    return np.split(order, np.cumsum(np.bincount(rank))[:-1])


def _used(lots: _Entries, taken: _Taken, kind: int) -> Whole:
    """How many points of each lot were taken by entries of a kind: stretches of the line, laid over the lots."""
    chosen = taken.entries.kind == kind
    began, size = taken.began[chosen], taken.entries.points[chosen]
    bounds = np.stack([began, began + size], axis=1).ravel()
    total = np.concatenate([[0], np.cumsum(size)])
    passed = np.stack([total[:-1], total[1:]], axis=1).ravel()
    if not len(bounds):
        return np.zeros(len(lots.key), dtype=np.int64)
    return np.diff(np.round(np.interp(_line(lots), bounds, passed)).astype(np.int64))


def _ledger(lots: _Entries, taken: _Entries, expires: Whole, expired: Whole) -> tuple[_Entries, Whole]:
    """All entries by customer and time, and where each lot stands among them.

    At one instant points expire, are taken and are earned in this order, so that the balance is never below zero.
    """
    over = np.flatnonzero(expired)
    kind, order = np.full(len(over), EXPIRE), np.full(len(over), NOBODY)
    gone = _Entries(lots.customer[over], expires[over], kind, -expired[over], order)
    used = _Entries(taken.customer, taken.second, taken.kind, -taken.points, taken.order)
    entries = _joined(lots, gone, used)
    phase = np.where(entries.kind == EXPIRE, 0, np.where(entries.points < 0, 1, 2))
    sequence = np.lexsort((phase, entries.key))
    place = np.empty(len(sequence), dtype=np.int64)
    place[sequence] = np.arange(len(sequence))
    return entries.take(sequence), place[: len(lots.key)]
