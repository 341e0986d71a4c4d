"""Which items go together: pairs that share more baskets than baskets of their size would give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaincinv

from helpers.models.statistics.families import adjusted
from helpers.models.statistics.intervals import SMALLEST

Floats = NDArray[np.float64]
SIDES = ["first", "second"]
PAIR_COLUMNS = [
    "first", "second", "count", "customer_count", "first_count", "second_count", "lift", "low", "high",
    "expected_count", "excess", "excess_low", "excess_high", "repeat_factor", "p_value", "q_value",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Pairs:
    """What was tested, and how it came out.

    Attributes
    ----------
    frame
        One row per pair of items that was ever bought together, the strongest first; see `pairs`.
    order_count
        Baskets.
    item_count
        Items whose pairs were tested.
    tested_count
        Pairs that were tested, those never bought together too.
    """

    frame: pd.DataFrame
    order_count: int
    item_count: int
    tested_count: int


def pairs(counts: Mapping[str, pd.DataFrame], *, level: float, smallest_count: int = SMALLEST) -> Pairs:
    """Every pair of items: how often it was bought together, against what baskets of that size would give.

    Parameters
    ----------
    counts
        The fetched frames of `features.basket_items.counts`.
    level
        Coverage of the intervals.
    smallest_count
        Fewest customers who bought both: a pair of fewer is no discovery (its p-value is 1) and has no interval.

    Returns
    -------
    Pairs
        Its frame has first, second; count (baskets with both), customer_count; first_count, second_count (baskets
        with each); lift = count x baskets / (first_count x second_count), with low and high; expected_count (baskets
        with both by chance, the way that explains most of them: see the notes);
        excess = count / expected_count, with excess_low and excess_high; repeat_factor (1: no customer weighs more
        than another; 3: the same customers again, so that three baskets tell no more than one); p_value, q_value
        (the smallest false discovery rate at which the pair would be reported). In order of excess_low, the largest
        first.

    Notes
    -----
    *Big baskets hold everything*, so over all baskets nearly every pair has a lift above 1. Each pair is therefore
    tested within strata of baskets that hold as many items besides the second one, by Mantel and Haenszel's statistic
    of the second item's presence with and without the first; then the other way round; then over all baskets. The
    largest expectation of the three is given, and the weakest evidence counts. Where items enter by their own odds
    times a propensity of the basket, whatever its distribution, the odds of an item depend on the number of other
    items alone (Rasch's model), and the strata take the propensity out; where items are independent they harm nothing,
    even if every basket has exactly one item of some kind.

    *The same customers repeat their baskets*, so baskets are not independent. The variance of the count is taken over
    customers, centred at their share of all pairs; count and expectation are divided by its ratio to the Poisson
    variance (never below 1), and the tail is Poisson's, exact also for small counts.

    False discoveries are held by Benjamini and Hochberg's step-up rule over all tested pairs. Each interval is its
    pair's own and takes the expectation as known: that of the best of many pairs is somewhat too hopeful.

    References
    ----------
    Mantel and Haenszel (1959), J. Nat. Cancer Inst. 22(4), 719-748. Tjur (1982), A connection between Rasch's item
    analysis model and a multiplicative Poisson model, Scand. J. Statistics 9(1), 23-30. Rao and Scott (1992), A simple
    method for the analysis of clustered binary data, Biometrics 48(2), 577-585. Garwood (1936), Biometrika 28, 437-442
    (the interval). Benjamini and Hochberg (1995), JRSS B 57(1), 289-300.
    """
    items = np.unique(counts["item_sizes"]["item"].to_numpy(dtype=object).astype(str))
    order_count, tested = int(counts["sizes"]["order_count"].sum()), len(items) * (len(items) - 1) // 2
    repeats = counts["repeats"]
    if not len(repeats):
        return Pairs(pd.DataFrame(columns=PAIR_COLUMNS), order_count, len(items), tested)
    of_item = counts["item_sizes"].groupby("item")["order_count"].sum()
    frame = repeats[["first", "second", "customer_count"]].assign(
        count=repeats["order_count"],
        first_count=repeats["first"].map(of_item).to_numpy(dtype=np.int64),
        second_count=repeats["second"].map(of_item).to_numpy(dtype=np.int64),
        repeat_factor=_repeat_factor(repeats, counts["weights"]),
    )
    expected, tail = _by_chance(frame, counts, items)
    is_thin = (frame["customer_count"] < smallest_count).to_numpy()
    low, high = (np.where(is_thin, np.nan, bound) for bound in _bounds(frame["count"] / frame["repeat_factor"], level))
    lift = frame["count"] * float(order_count) / frame["first_count"] / frame["second_count"]
    excess, p_value = frame["count"] / expected, np.where(is_thin, 1.0, tail)
    frame = frame.assign(
        lift=lift, low=lift * low, high=lift * high,
        expected_count=expected, excess=excess, excess_low=excess * low, excess_high=excess * high,
        p_value=p_value, q_value=_q_values(p_value, tested),
    )  # fmt: skip
    ranked = frame.sort_values(["excess_low", "count", "first", "second"], ascending=[False, False, True, True])
    return Pairs(ranked[PAIR_COLUMNS].reset_index(drop=True), order_count, len(items), tested)


def discovered(tested: Pairs, *, false_discovery_share: float) -> pd.DataFrame:
    """The pairs that are bought together more often than chance explains, the strongest first.

    Of all pairs so reported, over many reports, at most `false_discovery_share` are chance.
    """
    return tested.frame[tested.frame["q_value"] <= false_discovery_share].reset_index(drop=True)


def rules(pairs: pd.DataFrame, *, order_count: int) -> pd.DataFrame:
    """The pairs as rules, each in both directions: who buys the antecedent buys the consequent too.

    Parameters
    ----------
    found
        One row per pair, as `discovered` gives it.
    order_count
        Baskets, `Pairs.order_count`.

    Returns
    -------
    pandas.DataFrame
        One row per rule, pairs in their order, the surer direction first: antecedent, consequent; support (share of
        all baskets that hold both); confidence (share of the baskets with the antecedent that hold the consequent);
        lift (confidence over the consequent's share of all baskets); count (baskets with both); low, high (of the
        lift); expected_count (of the count, see `pairs`); excess (count over expected_count); q_value; pair (1 is the
        strongest; a pair has two rules).
    """
    sides = [("first", "second"), ("second", "first")]
    both = pd.concat(
        [
            pd.DataFrame(
                {
                    "antecedent": pairs[one],
                    "consequent": pairs[other],
                    "support": pairs["count"] / max(order_count, 1),
                    "confidence": pairs["count"] / pairs[f"{one}_count"],
                    "lift": pairs["lift"],
                    "count": pairs["count"],
                    **{name: pairs[name] for name in ("low", "high", "expected_count", "excess", "q_value")},
                    "pair": np.arange(1, len(pairs) + 1),
                }
            )
            for one, other in sides
        ]
    )
    ranked = both.sort_values(["pair", "confidence", "antecedent"], ascending=[True, False, True])
    return ranked.reset_index(drop=True)


def _by_chance(
    frame: pd.DataFrame, counts: Mapping[str, pd.DataFrame], items: NDArray[np.str_]
) -> tuple[Floats, Floats]:
    """Each pair's expected count and the probability of so large a one: the largest of the three ways to count."""
    place = pd.Series(np.arange(len(items)), index=items)
    first, second = (place[frame[name].astype(str)].to_numpy() for name in SIDES)
    given_size = _given_size(counts, place)
    ways = [
        tuple(cells[first, second] for cells in given_size),
        tuple(cells[second, first] for cells in given_size),
        _independent(frame, int(counts["sizes"]["order_count"].sum())),
    ]
    count, repeat_factor = frame["count"].to_numpy(dtype=float), frame["repeat_factor"].to_numpy()
    tails = np.array([_tail(count, expected, variance, repeat_factor) for expected, variance in ways])
    return np.max([expected for expected, _ in ways], axis=0), tails.max(axis=0)


def _independent(frame: pd.DataFrame, order_count: int) -> tuple[Floats, Floats]:
    """Mean and variance of each pair's count if the items enter all baskets independently."""
    first, second = (frame[f"{side}_count"].to_numpy(dtype=float) for side in SIDES)
    expected = first * second / order_count
    return expected, expected * (order_count - first) * (order_count - second) / order_count / max(order_count - 1, 1)


def _given_size(counts: Mapping[str, pd.DataFrame], place: pd.Series) -> tuple[Floats, Floats]:
    """Mean and variance of each pair's count if the second item (column) does not heed the first (row)."""
    sizes = counts["sizes"].set_index("item_count")["order_count"]
    of_item, of_pair = _by_size(counts["item_sizes"], ["item"], place), _by_size(counts["pair_sizes"], SIDES, place)
    shape = (len(place), len(place))
    expected, variance = np.zeros(shape), np.zeros(shape)
    for others in sorted({int(size) - 1 for size in sizes.index if size > 1}):
        # baskets with so many items besides the second: those that hold it are one item larger
        held, held_with_it = of_item(others), of_item(others + 1)
        with_first = of_pair(others + 1) + held[:, None] - of_pair(others)
        with_second = held_with_it[None, :]
        every = float(sizes.get(others, 0)) - held[None, :] + with_second
        share = np.divide(with_second, every, out=np.zeros_like(every), where=every > 0)
        mean = with_first * share
        spread = np.divide(every - with_first, every - 1, out=np.zeros(shape), where=every > 1)
        expected += mean
        variance += mean * (1 - share) * spread
    return expected, variance


def _by_size(frame: pd.DataFrame, names: list[str], place: pd.Series) -> Callable[[int], Floats]:
    """For a basket size, the counts of items as a vector, or of pairs as a symmetric matrix."""
    ordered = frame.sort_values("item_count", kind="stable")
    size, count = ordered["item_count"].to_numpy(), ordered["order_count"].to_numpy(dtype=float)
    at = tuple(place[ordered[name].astype(str)].to_numpy() for name in names)

    def counted(item_count: int) -> Floats:
        start, end = np.searchsorted(size, [item_count, item_count + 1])
        cells = np.zeros((len(place),) * len(names))
        rows = tuple(axis[start:end] for axis in at)
        cells[rows] = count[start:end]
        cells[rows[::-1]] = count[start:end]
        return cells

    return counted


def _repeat_factor(repeats: pd.DataFrame, weights: pd.DataFrame) -> Floats:
    """Variance of each count over customers, against that of as many baskets of as many customers; 1 at least."""
    count, squares, weighted = (repeats[name].to_numpy(float) for name in ("order_count", "square_sum", "weight_sum"))
    total, total_of_squares = (float(weights[name].iloc[0]) for name in ("weight_total", "weight_square_total"))
    centred = squares - 2 * count * weighted / total + count**2 * total_of_squares / total**2
    return np.maximum(centred / count, 1.0)


def _tail(count: Floats, expected: Floats, variance: Floats, repeat_factor: Floats) -> Floats:
    """Probability of so large a count: Poisson's, at the scale where its variance is that of the count."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = repeat_factor * variance / expected
        tail = gammainc(count / scale, expected / scale)
    return np.where(np.isfinite(tail), tail, 1.0)


def _bounds(count: ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Poisson bounds of a count, as multiples of it."""
    count = np.asarray(count, dtype=float)
    tail = (1 - level) / 2
    return gammaincinv(count, tail) / count, gammaincinv(count + 1, 1 - tail) / count


def _q_values(p_value: Floats, tested_count: int) -> Floats:
    """Benjamini and Hochberg's adjusted p-values; the pairs without a row count as tested, with p = 1."""
    never_together = np.ones(tested_count - len(p_value))
    return adjusted(np.append(p_value, never_together), control="benjamini_hochberg")[: len(p_value)]
