"""Whose mix of categories has changed: distances of two mixes, and whether chance alone would give as large ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from helpers.models.churn.early_warning import FEWEST, Terms, Warnings
from helpers.randomness import stream

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
SIGNAL = "category mix"
COLUMNS = "customer_id signal since_on warned_on change_share p_value lost_category gained_category".split()
ENOUGH = 5
"""As-large distances by chance after which no more orders are drawn for a customer."""
FIRST_LOOK = 12
"""Orders drawn for all before those with enough are left out; then after twice as many, and so on."""
TRIED = 200
"""Customers on whom it is tried what the signal would catch."""
EQUAL = 1e-6
"""Difference up to which two distances are equal."""


@dataclass(frozen=True, eq=False)
class Visits:
    """Days on which customers bought, and what.

    Attributes
    ----------
    customer, is_late
        One entry per visit, by customer: the place of the customer, and whether it was in the weeks watched.
    visit, category, lines
        One entry per visit and category: the place of the visit, that of the category, and the order lines.
    """

    customer: Whole
    is_late: Flags
    visit: Whole
    category: Whole
    lines: Floats


def warnings(counts: pd.DataFrame | None, customers: pd.Series, *, as_of: date, terms: Terms, seed: int) -> Warnings:
    """Who buys a mix of categories in the weeks watched that is not the one of their baseline.

    Parameters
    ----------
    counts
        As `features.category_days.category_days` gives them over `terms.weeks` weeks; None where no order lines with a
        category were delivered.
    customers
        Ids of those who were customers all that time.
    as_of
        The last day of the last week: mixes are compared once, on it.
    terms
        What is watched for; of its false alarms all are this signal's.
    seed
        Of the orders of visits that are drawn.

    Returns
    -------
    early_warning.Warnings
        Of one signal. Its table has no counts but change_share (the distance of the two mixes, 0 where they are the
        same, 1 where they share no category), p_value, and the categories whose shares fell and rose most:
        lost_category, gained_category. Customers watched are those whose visits could tell a change at all;
        caught_share is that of customers who took over the mix of another one.

    Notes
    -----
    The distance is the square root of the Jensen-Shannon divergence to base 2 of the shares of order lines. Where a
    customer has not changed, their visits could have come in any order: the p-value is the share of orders, drawn by
    chance, that give as large a distance. Whole visits are moved, for the lines of one are bought together. A category
    of which all buy more, or less, in the weeks watched is weighed down on that side by as much, so that no season, no
    new and no discontinued category is taken for a change of each. Who never changes is warned of with the stated
    chance at most.

    References
    ----------
    Lin (1991), Divergence measures based on the Shannon entropy, IEEE Transactions on Information Theory 37(1);
    Endres and Schindelin (2003), A new metric for probability distributions, ibid. 49(7); Besag and Clifford (1991),
    Sequential Monte Carlo p-values, Biometrika 78(2), 301-304.
    """
    nothing = Warnings(_none(), pd.DataFrame(columns=["signal", *_told(0, 0.0, 0, np.nan, 0.0)]))
    if counts is None:
        return nothing
    first_day = 7 * terms.baseline_weeks
    able = _able(counts[counts["customer_id"].isin(customers)], first_day, terms.false_alarm_share)
    if len(able) < FEWEST:
        return nothing
    own = counts[counts["customer_id"].isin(able)]
    names = np.unique(own["category"].to_numpy(dtype=object))
    visits = _visits(own, able, names, first_day=first_day)
    draw, share = stream(seed, "category mix"), terms.false_alarm_share
    chances = p_values(visits, draw=draw, alarm_share=share)
    place = np.flatnonzero(chances <= share)
    rows = [_told_of(own[own["customer_id"] == one], terms, as_of) for one in able[place]]
    found = {"customer_id": able.to_numpy()[place], "signal": SIGNAL, "warned_on": pd.Timestamp(as_of)}
    known = {"change_share": distances(visits)[place], "p_value": chances[place]}
    whats = pd.DataFrame(rows, columns=["since_on", "lost_category", "gained_category"])
    table = pd.concat([pd.DataFrame(found | known), whats], axis="columns")[COLUMNS]
    caught = _caught(visits, draw=draw, alarm_share=share)
    told = _told(len(able), len(visits.customer) / len(able) / terms.weeks, len(place), caught, share)
    return Warnings(_none() if table.empty else table, pd.DataFrame([{"signal": SIGNAL} | told]))


def beside(counted: Warnings, mixed: Warnings) -> Warnings:
    """The warnings of counts and of mixes in one table, customers in order; what one of them lacks is missing.

    Of counts change_share is the share of what was expected that did not come.
    """
    less = 1 - counted.table["actual_count"].astype(float) / counted.table["expected_count"].astype(float)
    own = counted.table.astype({"actual_count": "Int64"}).assign(change_share=less)
    table = pd.concat([own, mixed.table], ignore_index=True)
    table = table.sort_values(["customer_id", "signal"], kind="stable", ignore_index=True)
    return Warnings(table, pd.concat([counted.signals, mixed.signals], ignore_index=True))


def distances(visits: Visits) -> Floats:
    """The Jensen-Shannon distance of each customer's mix before and in the weeks watched, 0 to 1."""
    cells, weights = _cells(visits), _weights(visits)
    return cells.distances(weights, visits.is_late[visits.visit])


def p_values(visits: Visits, *, draw: np.random.Generator, alarm_share: float) -> Floats:
    """For each customer the chance of as large a distance where they have not changed.

    Orders of visits are drawn until `ENOUGH` gave as large a distance, or so many that chances far below
    `alarm_share` can be told (Besag and Clifford).
    """
    weights, late = _weights(visits), visits.is_late
    cells = _cells(visits)
    seen = cells.distances(weights, late[visits.visit])
    chances, reached = np.ones(len(seen)), np.zeros(len(seen), dtype=np.int64)
    every, left, most = np.arange(len(seen)), visits, int(np.ceil(ENOUGH / alarm_share))
    look = FIRST_LOOK
    for drawn in range(1, most + 1):
        made = cells.distances(weights, _shuffled(left, draw)[left.visit])
        reached[every] += made >= seen[every] - EQUAL
        is_now = (reached[every] == ENOUGH) & (chances[every] == 1)
        chances[every[is_now]] = ENOUGH / drawn
        if drawn == look:
            look *= 2
            is_open = reached[every] < ENOUGH
            every, kept = every[is_open], is_open[left.customer[left.visit]]
            if not len(every):
                break
            left, weights = _some(left, is_open), weights[kept]
            cells = _cells(left)
    is_open = reached < ENOUGH
    chances[is_open] = (reached[is_open] + 1) / (most + 1)
    return chances


@dataclass(frozen=True, eq=False)
class _Cells:
    """Pairs of a customer and a category that they bought: `place` of each entry of lines, and `customer` of each."""

    place: Whole
    customer: Whole
    customer_count: int

    def distances(self, weights: Floats, is_late: Flags) -> Floats:
        late = np.bincount(self.place[is_late], weights[is_late], len(self.customer)).astype(float)
        # what is left of a sum by its own parts is not quite nothing
        early = np.maximum(np.bincount(self.place, weights, len(self.customer)) - late, 0.0)
        before, after = self._shares(early), self._shares(late)
        middle = (before + after) / 2
        gain = (xlogy(before, before) + xlogy(after, after)) / 2 - xlogy(middle, middle)
        spread = np.bincount(self.customer, gain, self.customer_count) / np.log(2)
        return np.sqrt(np.clip(spread, 0.0, 1.0))

    def _shares(self, amounts: Floats) -> Floats:
        total = np.bincount(self.customer, amounts, self.customer_count)[self.customer]
        return np.divide(amounts, total, out=np.zeros(len(total)), where=total > 0)


def _cells(visits: Visits) -> _Cells:
    count = int(visits.category.max(initial=0)) + 1
    pairs, place = np.unique(visits.customer[visits.visit] * count + visits.category, return_inverse=True)
    return _Cells(place, pairs // count, int(visits.customer.max(initial=-1)) + 1)


def _weights(visits: Visits) -> Floats:
    """Order lines, each category weighed down on the side on which all bought more of it."""
    late, count = visits.is_late[visits.visit], int(visits.category.max(initial=0)) + 1
    sides = [np.bincount(visits.category, visits.lines * side, count) for side in (~late, late)]
    before, after = ((side + 0.5) / max(side.sum(), 1.0) for side in sides)
    rise = (after / before)[visits.category]
    return np.asarray(visits.lines * np.minimum(1.0, np.where(late, 1 / rise, rise)), dtype=np.float64)


def _shuffled(visits: Visits, draw: np.random.Generator) -> Flags:
    """Which visits come in the weeks watched where each customer's come in any order."""
    # visits lie by customer, so as many of each customer's are late as there were; whole numbers sort fastest
    mixed = draw.permutation(len(visits.customer))
    order = mixed[np.argsort(visits.customer[mixed].astype(np.min_scalar_type(visits.customer[-1])), kind="stable")]
    late = np.empty_like(visits.is_late)
    late[order] = visits.is_late
    return late


def _some(visits: Visits, is_kept: Flags) -> Visits:
    """The visits of some customers, whose places close up."""
    own, lines = is_kept[visits.customer], is_kept[visits.customer[visits.visit]]
    customer, visit = np.cumsum(is_kept) - 1, np.cumsum(own) - 1
    return Visits(
        customer[visits.customer[own]],
        visits.is_late[own],
        visit[visits.visit[lines]],
        visits.category[lines],
        visits.lines[lines],
    )


def _visits(counts: pd.DataFrame, customers: pd.Index, names: NDArray[np.object_], *, first_day: int) -> Visits:
    ordered = counts.sort_values(["customer_id", "day", "category"], kind="stable")
    place = pd.Index(customers).get_indexer(pd.Index(ordered["customer_id"]))
    day = ordered["day"].to_numpy()
    is_first = np.concatenate([[True], (place[1:] != place[:-1]) | (day[1:] != day[:-1])])
    category = np.searchsorted(names, ordered["category"].to_numpy())
    lines = ordered["line_count"].to_numpy(dtype=float)
    return Visits(place[is_first], day[is_first] >= first_day, np.cumsum(is_first) - 1, category, lines)


def _able(counts: pd.DataFrame, first_day: int, alarm_share: float) -> pd.Index:
    """The customers whose visits have so many orders that one of them can be rarer than a false alarm, ascending."""
    days = counts[["customer_id", "day"]].drop_duplicates()
    sides = (days["day"] >= first_day).groupby(days["customer_id"]).agg(["size", "sum"]).astype(float)
    n, late = sides["size"], sides["sum"]
    orders = gammaln(n + 1) - gammaln(late + 1) - gammaln(n - late + 1)
    return pd.Index(sides.index[orders >= np.log(ENOUGH / alarm_share)])


def _caught(visits: Visits, *, draw: np.random.Generator, alarm_share: float) -> float:
    """The share of customers who would be warned of had they taken over the mix of another customer."""
    count = int(visits.customer[-1]) + 1
    tried = min(TRIED, count)
    is_tried = np.zeros(count, dtype=bool)
    is_tried[np.linspace(0, count - 1, tried).astype(int)] = True
    some = _some(visits, is_tried)
    other = (some.customer + tried // 2) % tried
    customer = np.where(some.is_late, other, some.customer)
    order = np.argsort(customer, kind="stable")
    place = np.argsort(order)
    swapped = Visits(customer[order], some.is_late[order], place[some.visit], some.category, some.lines)
    return float((p_values(swapped, draw=draw, alarm_share=alarm_share) <= alarm_share).mean())


def _told_of(own: pd.DataFrame, terms: Terms, as_of: date) -> tuple[pd.Timestamp, str, str]:
    """Since when a customer's mix is another one, and the categories whose shares fell and rose most."""
    weeks = own.assign(week=own["day"] // 7).pivot_table(
        index="week", columns="category", values="line_count", aggfunc="sum", fill_value=0
    )
    weeks = weeks.reindex(range(terms.weeks), fill_value=0)
    before = weeks.cumsum().shift(fill_value=0).to_numpy(dtype=float)[terms.baseline_weeks :]
    after = weeks.to_numpy(dtype=float).sum(axis=0) - before
    # the week from which two mixes, one before and one since, are likeliest
    likely = sum(xlogy(side, side).sum(axis=1) - xlogy(side.sum(axis=1), side.sum(axis=1)) for side in (before, after))
    since = int(np.argmax(likely))
    shares = [side[since] / side[since].sum() for side in (before, after)]
    moved = pd.Series(shares[1] - shares[0], weeks.columns)
    first = as_of - timedelta(days=7 * (terms.watch_weeks - since) - 1)
    return pd.Timestamp(first), str(moved.idxmin()), str(moved.idxmax())


def _told(watched: int, usual: float, warned: int, caught: float, false: float) -> dict[str, float]:
    names = ("customer_count", "usual_count", "warned_count", "caught_share", "false_alarm_share")
    return dict(zip(names, (watched, usual, warned, caught, false), strict=True))


def _none() -> pd.DataFrame:
    empty = pd.DataFrame(columns=COLUMNS)
    days = dict.fromkeys(["since_on", "warned_on"], "datetime64[ns]")
    return empty.astype(days | {"change_share": "float64", "p_value": "float64"})
