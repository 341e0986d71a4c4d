"""What to recommend to whom, from what others bought beside the same items, and whether that beats simple rivals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtri

from helpers.models.statistics.intervals import SMALLEST, Estimate, wilson
from helpers.randomness import stream
from helpers.watching import Readable

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]
NEIGHBOURS, POPULARITY, OWN = "neighbours", "popularity", "own"
SHRINKAGE = 10.0
"""Customers in common at which a similarity counts half."""
NEIGHBOUR_COUNT = 100
"""Most items that speak for an item."""
CUSTOMER_LIMIT = 20_000
"""Most customers the similarities are learned and tested on; take a `sample` of more."""
LARGEST_PRIOR = 1e6
CHUNK = 1000
RECOMMENDED_COLUMNS = ["customer_id", "place", "item", "because", "is_owned"]


@dataclass(frozen=True, eq=False)
class Learned(Readable):
    """Items, how many customers bought each, and how alike they are; the most popular item first.

    Attributes
    ----------
    items
        The candidates.
    customer_counts
        Customers who bought each.
    similarity
        Row: an item in a customer's history; column: the candidate it speaks for. Nothing on the diagonal.
    prior_count
        How many purchases of a customer's own weigh as much as all that others bought, where items that the customer
        has bought may be recommended: small where people buy the same again, large where they do not.
    """

    items: NDArray[np.object_]
    customer_counts: Rows
    similarity: sparse.csr_array
    prior_count: float


@dataclass(frozen=True, eq=False)
class Comparison(Readable):
    """The ways of recommending on the same held-out purchases of the same customers.

    Attributes
    ----------
    methods
        One row per method: neighbours, popularity, and own (what each customer bought most, popular items where these
        are too few) where items that the customer has bought may be recommended: method, hit_count, hit_share
        (customers who bought one of the items recommended to them or more), low, high, n.
    difference
        Hit share of neighbours minus that of popularity, paired by customer.
    own_difference
        The same, minus that of own; None where own is no rival.
    best
        neighbours where each difference is surely above 0; else the simpler: own where it surely beats popularity,
        popularity where it does not.
    """

    methods: pd.DataFrame
    difference: Estimate
    own_difference: Estimate | None
    best: str


def sample(customer_ids: pd.Series, *, seed: int, limit: int = CUSTOMER_LIMIT) -> pd.DataFrame:
    """At most `limit` customers by lot, in the order of their ids: one column, customer_id."""
    ids = np.sort(customer_ids.to_numpy(dtype=object).astype(str))
    if len(ids) > limit:
        ids = np.sort(stream(seed, "recommendations sample").choice(ids, limit, replace=False))
    return pd.DataFrame({"customer_id": ids})


def learn(bought: pd.DataFrame) -> Learned:
    """How alike items are, by the customers who bought both.

    Parameters
    ----------
    bought
        One row per customer and item, as `features.basket_items.bought` gives it: customer_id, item, order_count. All
        its items are candidates; the work grows with the square of their number.

    Notes
    -----
    The cosine of the items' customers, shrunk by the number n_ij they have in common, n_ij / (n_ij + 10), so that two
    rare items that one customer bought are not twins; of each candidate the 100 most alike items are kept.

    References
    ----------
    Sarwar, Karypis, Konstan and Riedl (2001), Item-based collaborative filtering recommendation algorithms, WWW10,
    section 3; Bell and Koren (2007), Scalable collaborative filtering with jointly derived neighborhood interpolation
    weights, ICDM, section 3.1 (the shrinkage); Mosimann (1962), On the compound multinomial distribution, Biometrika
    49, 65-82 (the moments behind `prior_count`).
    """
    counted = bought.groupby("item")["customer_id"].nunique().rename("count").reset_index()
    ranked = counted.sort_values(["count", "item"], ascending=[False, True])
    items, customer_counts = ranked["item"].to_numpy(dtype=object), ranked["count"].to_numpy(dtype=np.int64)
    who, _ = pd.factorize(bought["customer_id"], sort=True)
    owned = _matrix(
        who, _places(bought["item"], items), np.ones(len(bought)), (int(who.max(initial=-1)) + 1, len(items))
    )
    common = np.zeros((len(items), len(items)))
    for start in range(0, owned.shape[0], CHUNK):
        some = owned[start : start + CHUNK].toarray()  # much faster dense, and whole numbers add up the same everywhere
        common += some.T @ some
    np.fill_diagonal(common, 0)
    cosine = common / np.sqrt(np.outer(customer_counts, customer_counts))
    alike = cosine * common / (common + SHRINKAGE)
    if len(items) > NEIGHBOUR_COUNT:
        alike[alike < np.partition(alike, -NEIGHBOUR_COUNT, axis=0)[-NEIGHBOUR_COUNT]] = 0  # ties stay
    return Learned(items, customer_counts, sparse.csr_array(alike), _prior_count(bought))


def _prior_count(bought: pd.DataFrame) -> float:
    """The precision of a Dirichlet prior of customers' shares of items, by the moments of their counts.

    For counts x of n purchases, E x (x - 1) = n (n - 1) (p^2 + r p (1 - p)), and r = 1 / (1 + precision).
    """
    times = bought["order_count"].astype(float)
    of_customer, of_item = (times.groupby(bought[name].to_numpy()).sum() for name in ("customer_id", "item"))
    pairs, alike = float((of_customer * (of_customer - 1)).sum()), float((times * (times - 1)).sum())
    by_chance = float(((of_item / of_item.sum()) ** 2).sum())
    if not pairs or by_chance == 1:
        return LARGEST_PRIOR
    again = (alike / pairs - by_chance) / (1 - by_chance)
    return min(max(1 / again - 1, 0.0), LARGEST_PRIOR) if again > 0 else LARGEST_PRIOR


def compare(
    bought: pd.DataFrame, held_out: pd.DataFrame, *, count: int, recommend_owned: bool, level: float
) -> Comparison:
    """How many bought what was recommended, learned before the held-out days, against what is simpler.

    Parameters
    ----------
    bought
        One row per customer and item until the day before the held-out days: customer_id, item, order_count.
    held_out
        The same of the held-out days, of all items. Who has no history in `bought` is left out; items that are no
        candidates count as not hit.
    count
        Items recommended to each.
    recommend_owned
        Whether items that the customer has bought may be recommended. All methods obey; what customers bought most
        is then a rival too, for people buy the same again.
    level
        Coverage of the intervals; none under ten customers.

    Notes
    -----
    Popularity is the number of customers who bought an item before the held-out days, and a customer's own items go by
    the baskets that they were in. A difference of two hit shares is that of paired proportions.

    References
    ----------
    Agresti and Min (2005), Simple improved confidence intervals for comparing matched proportions, Statistics in
    Medicine 24(5), 729-740.
    """
    learned = learn(bought)
    known = held_out[held_out["customer_id"].isin(bought["customer_id"].unique())]
    ids = np.unique(known["customer_id"].to_numpy(dtype=object).astype(str))
    history = _history(bought, ids, learned.items)
    later = _history(known, ids, learned.items)
    hits = {}
    for method in (NEIGHBOURS, POPULARITY, OWN) if recommend_owned else (NEIGHBOURS, POPULARITY):
        chosen = [
            np.take_along_axis(later[rows].toarray() > 0, top, axis=1) & is_allowed
            for rows, top, is_allowed in _ranked(
                history, learned, method=method, count=count, recommend_owned=recommend_owned
            )
        ]
        hits[method] = np.concatenate([np.zeros(0, dtype=bool), *(rows.any(axis=1) for rows in chosen)])
    methods = pd.DataFrame([{"method": method, **_share(hit, level)} for method, hit in hits.items()])
    against = {rival: _paired(hits[NEIGHBOURS], hits[rival], level) for rival in hits if rival != NEIGHBOURS}
    if all(one.low > 0 for one in against.values()):
        best = NEIGHBOURS
    else:
        best = OWN if recommend_owned and _paired(hits[OWN], hits[POPULARITY], level).low > 0 else POPULARITY
    return Comparison(methods, against[POPULARITY], against.get(OWN), best)


def recommend(
    bought: pd.DataFrame, learned: Learned, *, count: int, recommend_owned: bool, method: str = NEIGHBOURS
) -> pd.DataFrame:
    """The items to recommend to each customer of `bought`.

    Returns
    -------
    pandas.DataFrame
        One row per customer and recommended item, by customer_id and place: customer_id; place (1 is the best); item;
        because (the item of the customer's history that speaks for it most; missing where none does, and for
        popularity and own); is_owned (whether the customer has bought it already). Fewer than `count` rows where a
        customer has bought nearly everything.
    """
    ids = np.unique(bought["customer_id"].to_numpy(dtype=object).astype(str))
    history = _history(bought, ids, learned.items)
    parts = [pd.DataFrame(columns=RECOMMENDED_COLUMNS)]
    for rows, top, is_allowed in _ranked(history, learned, method=method, count=count, recommend_owned=recommend_owned):
        row, place = np.nonzero(is_allowed)
        item, who = top[row, place], row + rows.start
        because = _because(history, learned, who, item) if method == NEIGHBOURS else np.full(len(item), -1)
        is_owned = history[rows].toarray()[row, item] > 0
        columns = [ids[who], place + 1, learned.items[item], _named(learned.items, because), is_owned]
        parts.append(pd.DataFrame(dict(zip(RECOMMENDED_COLUMNS, columns, strict=True))))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _ranked(
    history: sparse.csr_array, learned: Learned, *, method: str, count: int, recommend_owned: bool
) -> Iterator[tuple[slice, Rows, Flags]]:
    """Chunks of customers: their rows, the best items of each, and which of those may be recommended."""
    for start in range(0, history.shape[0], CHUNK):
        rows = slice(start, min(start + CHUNK, history.shape[0]))
        times = history[rows]
        score = _score(times, learned, method)
        is_owned = times.toarray() > 0
        if not recommend_owned:
            score[is_owned] = -np.inf
        elif method == NEIGHBOURS:
            total = score.sum(axis=1, keepdims=True)
            score = np.round(times.toarray() + learned.prior_count * score / np.where(total > 0, total, 1), 9)
        # items lie in order of popularity, and a stable sort keeps it among equals
        top = np.argsort(-score, axis=1, kind="stable")[:, :count]
        yield rows, top, np.isfinite(np.take_along_axis(score, top, axis=1))


def _score(times: sparse.csr_array, learned: Learned, method: str) -> Floats:
    """How much speaks for each item: the mean similarity to the history or the share of customers, or own baskets."""
    if method == OWN:
        return times.toarray()
    if method == POPULARITY:
        share = learned.customer_counts / max(int(learned.customer_counts.max(initial=1)), 1)
        return np.tile(share, (times.shape[0], 1))
    weight = times.log1p()
    total = np.asarray(weight.sum(axis=1)).reshape(-1, 1)
    score = (weight @ learned.similarity).toarray() / np.maximum(total, 1e-12)
    return np.round(score, 12)  # sums of one value in another order must stay equal


def _because(history: sparse.csr_array, learned: Learned, who: Rows, item: Rows) -> Rows:
    """The place of the item in each customer's history that speaks most for an item; -1 where none does."""
    spoken = history[who].log1p().multiply(learned.similarity.T.tocsr()[item]).tocsr()
    if not len(who) or not spoken.nnz:
        return np.full(len(who), -1)
    best = np.asarray(spoken.argmax(axis=1)).ravel()
    return np.where(np.asarray(spoken.max(axis=1).todense()).ravel() > 0, best, -1)


def _history(bought: pd.DataFrame, ids: NDArray[np.object_], items: NDArray[np.object_]) -> sparse.csr_array:
    """Customers by items: in how many baskets."""
    column, row = _places(bought["item"], items), _places(bought["customer_id"], ids)
    there = (column >= 0) & (row >= 0)
    times = bought["order_count"].to_numpy(dtype=float)
    return _matrix(row[there], column[there], times[there], (len(ids), len(items)))


def _places(values: pd.Series, among: NDArray[np.object_]) -> Rows:
    return pd.Index(among, dtype=object).get_indexer(pd.Index(values.to_numpy(dtype=object)))


def _matrix(row: Rows, column: Rows, values: Floats, shape: tuple[int, int]) -> sparse.csr_array:
    return sparse.csr_array((values, (row, column)), shape=shape)


def _named(items: NDArray[np.object_], places: Rows) -> NDArray[np.object_]:
    return np.array([items[place] if place >= 0 else None for place in places], dtype=object)


def _share(hit: Flags, level: float) -> dict[str, float]:
    share = wilson(int(hit.sum()), len(hit), level=level)
    is_thin = share.n < SMALLEST
    low, high = (nan, nan) if is_thin else (share.low, share.high)
    return {"hit_count": int(hit.sum()), "hit_share": share.value, "low": low, "high": high, "n": share.n}


def _paired(one: Flags, other: Flags, level: float) -> Estimate:
    n, gained, lost = len(one), int((one & ~other).sum()), int((other & ~one).sum())
    if n < SMALLEST:
        return Estimate((gained - lost) / n if n else nan, nan, nan, n)
    more, less, every = gained + 0.5, lost + 0.5, n + 2
    centre = (more - less) / every
    half = float(ndtri((1 + level) / 2)) * sqrt(more + less - (more - less) ** 2 / every) / every
    return Estimate((gained - lost) / n, max(centre - half, -1.0), min(centre + half, 1.0), n)
