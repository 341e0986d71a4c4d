"""Groups of customers who behave alike, and whether there are any: separation and stability must both say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import floor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.models.segments import k_means
from helpers.models.statistics import references, scaling
from helpers.models.statistics.scaling import Scaling
from helpers.randomness import stream
from helpers.threads import one_thread
from helpers.watching import Readable

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
ORDER_COUNT, PRIOR_ORDERS = 3, 5
"""Orders that a customer needs to show a habit; and orders of an average customer that are added to everybody's own
when a share of orders is judged, so that one of one order on a Sunday is no weekend shopper."""
SMALLEST_BASE = 50
FITTED, JUDGED = 20_000, 2_000
"""Customers on whom groups are fitted, and on whom numbers of groups are judged: samples where there are more."""
REFERENCE_COUNT, SPLIT_COUNT, START_COUNT = 19, 8, 3
STABLE_FROM = 0.8
LEAST_LEAD, LEAST_PAIR_LEAD = 0.05, 0.03
"""By how much a silhouette must be above the mean of the references: of all groups, and of two that lie side by side.
A search that changes its seed moves the lead by about 0.01; planted groups six spreads apart lead by 0.07 and more."""
KEYS = ("customer_id", "order_count")
SCORES = [
    "group_count", "silhouette", "reference", "reference_high", "agreement", "weakest", "needed", "is_separated",
    "is_stable", "is_chosen",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Groups(Readable):
    """The result of a search for groups.

    Attributes
    ----------
    is_stable
        Whether there are groups.
    reason
        Why there are none, as a sentence; empty where there are.
    features
        The customers as given: customer_id, order_count, and their behaviour.
    labels
        The group of each row of `features` (the same index), 1 being the largest; missing for customers outside the
        groups (with fewer than three orders, or with a used feature missing) and where nothing is stable.
    scores
        A row per number of groups tried: group_count; silhouette (-1 to 1: how much nearer customers are to their own
        group's centre than to the next); reference and reference_high (what made-up customers without groups reach:
        their mean, and what must be beaten); agreement (of the groups found in two halves of the customers, by the
        adjusted Rand index: 0 chance, 1 the same); weakest (prediction strength, 0 to 1: of the pairs of customers in
        one group by one half, the share that are together by the other too, in the group where it is least); needed
        (0.8, of agreement and weakest); is_separated; is_stable; is_chosen.
    scaling
        A row per feature: what was done to it; as in `scaling.Scaling`.
    scaled
        The features on which groups rest, in spreads from the median, of the customers who could be grouped.
    fitted_count, judged_count
        On how many customers the groups were fitted, and on how many their number was judged.
    """

    is_stable: bool
    reason: str
    features: pd.DataFrame
    labels: pd.Series
    scores: pd.DataFrame
    scaling: pd.DataFrame
    scaled: pd.DataFrame
    fitted_count: int
    judged_count: int

    @property
    def group_count(self) -> int:
        """Number of groups; 0 where nothing is stable."""
        return int(self.labels.max()) if self.is_stable else 0

    @property
    def customer_count(self) -> int:
        """How many customers were given."""
        return len(self.features)

    @property
    def searched_count(self) -> int:
        """How many of them did enough, with nothing missing, to be grouped."""
        return len(self.scaled)


def find(features: pd.DataFrame, *, group_count: int, seed: int) -> Groups:
    """The groups into which customers fall by what they do, or why there are none.

    Parameters
    ----------
    features
        One row per customer: customer_id, and numbers (missing ones allowed), such as `behaviour.per_customer`. Where
        there is an order_count, customers with fewer than three are left out, and features called `_share` are drawn
        towards the average of all customers as if each had placed five average orders more. The order of the rows
        changes nothing.
    group_count
        The most groups to try, 2 or more.
    seed
        Of every draw.

    Returns
    -------
    Groups
        A number of groups counts only if it is separated (the silhouette is above those of nineteen sets of made-up
        customers without groups, for whichever number of groups these do best at, and by 0.05 above their mean) and
        stable (groups found in two halves of the customers agree, on the whole and in each group). Of several such the
        largest is taken in which each group with the one next to it is two heaps and not one cut in two: their
        silhouette is above those of nineteen references with single peaks for these two alone. Above 20,000 customers
        the groups are fitted to a sample, and the others assigned; numbers of groups are judged on 2,000.

    Notes
    -----
    k-means (Lloyd) from the best of three starts (k-means++). A customer's silhouette is the simplified one: distances
    to centres in place of mean distances to customers. The test is a Monte Carlo test at 5 %: real data without groups
    would be the best of twenty one time in twenty. Made-up customers have the very values of each feature, and the
    correlations of the real ones: what two peaks of a single feature, bounds and correlation bring is in both. So
    customers who differ in one feature alone are no groups, however far apart they lie: that is a threshold.

    References
    ----------
    Rousseeuw (1987), Silhouettes, J. Comp. Appl. Math. 20, 53-65; Hruschka, de Castro and Campello (2004), Evolutionary
    algorithms for clustering gene-expression data, IEEE ICDM, for the simplified one. Hope (1968), A simplified Monte
    Carlo significance test procedure, JRSS B 30(3), 582-598. Tibshirani and Walther (2005), Cluster validation by
    prediction strength, J. Comp. Graph. Stat. 14(3), 511-528, for `weakest`, the largest number and 0.8; Steinley
    (2004), Properties of the Hubert-Arabie adjusted Rand index, Psychological Methods 9(3), 386-396, for 0.8.
    """
    if group_count < 2:
        raise ValueError(f"group_count must be 2 or more, found {group_count}")
    rng = stream(seed, "groups search")
    habits = _habits(features)
    fitted = _some(habits, FITTED, rng)
    scale = scaling.learn(fitted)
    groups = _nothing(features, scale, scale.apply(habits).dropna())
    if len(groups.scaled) < SMALLEST_BASE or groups.scaled.shape[1] < 2:
        return replace(groups, reason=_too_little(features, groups.scaled))
    with one_thread():
        return _searched(groups, group_count, rng)


def _habits(features: pd.DataFrame) -> pd.DataFrame:
    """The features of the customers with enough orders, by customer_id; shares drawn towards the average."""
    ordered = features.sort_values("customer_id", kind="stable")
    columns = [name for name in features.columns if name not in KEYS]
    habits = ordered[columns].astype(float).replace([np.inf, -np.inf], np.nan)
    if "order_count" not in features.columns:
        return habits
    orders = ordered["order_count"].astype(float)
    habits, orders = habits[orders >= ORDER_COUNT], orders[orders >= ORDER_COUNT]
    shares = {name: _drawn_in(habits[name], orders) for name in columns if name.endswith("_share")}
    return habits.assign(**shares)


def _drawn_in(share: pd.Series, orders: pd.Series) -> pd.Series:
    weight = orders.where(share.notna())
    average = (share * weight).sum() / weight.sum() if weight.sum() else np.nan
    return (orders * share + PRIOR_ORDERS * average) / (orders + PRIOR_ORDERS)


def _some(rows: pd.DataFrame, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """All rows, or a sample of `count` in their order."""
    return rows if len(rows) <= count else rows.iloc[np.sort(rng.choice(len(rows), count, replace=False))]


def _nothing(features: pd.DataFrame, scale: Scaling, scaled: pd.DataFrame) -> Groups:
    none = pd.Series(pd.NA, index=features.index, dtype="Int64", name="group")
    return Groups(False, "", features, none, pd.DataFrame(columns=SCORES), scale.table, scaled, 0, 0)


def _too_little(features: pd.DataFrame, scaled: pd.DataFrame) -> str:
    if scaled.shape[1] < 2 and len(features) >= SMALLEST_BASE:
        return "fewer than two of the features tell customers apart"
    which = f" have {ORDER_COUNT} orders or more and nothing missing" if "order_count" in features.columns else ""
    which = f"{len(scaled):,} of {len(features):,} customers{which or ' have nothing missing'}"
    return f"{which}, and it takes {SMALLEST_BASE} to look for groups"


def _searched(groups: Groups, group_count: int, rng: np.random.Generator) -> Groups:
    judged, fitted = _some(groups.scaled, JUDGED, rng), _some(groups.scaled, FITTED, rng)
    points = judged.to_numpy()
    # as many groups as could have 25 customers each, and places to stand
    most = min(group_count, len(points) // 25, len(np.unique(points, axis=0)) - 1)
    scores = _scores(points, range(2, most + 1), rng)
    groups = replace(groups, scores=scores, fitted_count=len(fitted), judged_count=len(points))
    best = _chosen(points, scores, rng)
    scores["is_chosen"] = scores["group_count"] == best
    if not best:
        return replace(groups, reason=_refusal(scores))
    numbers = _numbered(_fit(fitted.to_numpy(), best, rng, starts=10), groups.scaled.to_numpy())
    labels = groups.labels.copy()
    labels.loc[groups.scaled.index] = numbers
    return replace(groups, is_stable=True, labels=labels)


def _scores(points: Floats, counts: Iterable[int], rng: np.random.Generator) -> pd.DataFrame:
    group_counts = list(counts)
    own = np.array([_silhouette(points, _fit(points, count, rng)) for count in group_counts])
    reference = references.resembling(points, rng=rng)
    drawn = np.array(
        [_of_reference(reference.draw(len(points), rng), group_counts, rng) for _ in range(REFERENCE_COUNT)]
    )
    mean, spread = drawn.mean(axis=0), np.maximum(drawn.std(axis=0, ddof=1), 1e-9)
    # the farthest that any reference gets at any number of groups: so trying many numbers is no advantage
    farthest = float(((drawn - mean) / spread).max()) if group_counts else 0.0
    high = np.maximum(mean + farthest * spread, mean + LEAST_LEAD)
    agreement, weakest = np.array([_stability(points, count, rng) for count in group_counts]).reshape(-1, 2).T
    is_stable = np.minimum(agreement, weakest) >= STABLE_FROM
    rows = (group_counts, own, mean, high, agreement, weakest, STABLE_FROM, own > high, is_stable, False)
    return pd.DataFrame(dict(zip(SCORES, rows, strict=True)))


def _chosen(points: Floats, scores: pd.DataFrame, rng: np.random.Generator) -> int:
    """The largest number of groups that passes every test; 0 where none does."""
    passed = scores.loc[scores["is_separated"] & scores["is_stable"], "group_count"]
    for count in sorted(passed.tolist(), reverse=True):
        if _are_apart(points, _fit(points, count, rng, starts=10), rng):
            return int(count)
    return 0


def _are_apart(points: Floats, centres: Floats, rng: np.random.Generator) -> bool:
    """Whether each group and the one next to it are two heaps: else one heap was cut in two."""
    labels = _distances(points, centres).argmin(axis=1)
    between = _distances(centres, centres)
    np.fill_diagonal(between, np.inf)
    pairs = {tuple(sorted((at, int(nearest)))) for at, nearest in enumerate(between.argmin(axis=1))}
    return all(_are_two_heaps(points[np.isin(labels, pair)], rng) for pair in sorted(pairs))


def _are_two_heaps(points: Floats, rng: np.random.Generator) -> bool:
    reference = references.resembling(points, rng=rng, has_single_peaks=True)
    own = _silhouette(points, _fit(points, 2, rng))
    drawn = [_of_reference(reference.draw(len(points), rng), [2], rng)[0] for _ in range(REFERENCE_COUNT)]
    return own > max(*drawn, float(np.mean(drawn)) + LEAST_PAIR_LEAD)


def _of_reference(points: Floats, group_counts: list[int], rng: np.random.Generator) -> list[float]:
    return [_silhouette(points, _fit(points, count, rng)) for count in group_counts]


def _fit(points: Floats, count: int, rng: np.random.Generator, *, starts: int = START_COUNT) -> Floats:
    """The centres of `count` groups."""
    return k_means.centres(points, count=count, starts=starts, seed=int(rng.integers(2**31)))


def _distances(points: Floats, centres: Floats) -> Floats:
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
    distances: Floats = np.sqrt(np.maximum(squares, 0.0))
    return distances


def _silhouette(points: Floats, centres: Floats) -> float:
    nearest = np.partition(_distances(points, centres), 1, axis=1)
    own, next_one = nearest[:, 0], nearest[:, 1]
    return float(np.mean((next_one - own) / np.maximum(next_one, 1e-12)))


def _stability(points: Floats, count: int, rng: np.random.Generator) -> tuple[float, float]:
    """How alike are the groups that two halves give to all customers: agreement and weakest, the mean over splits."""
    splits = []
    for _ in range(SPLIT_COUNT):
        halves = np.array_split(rng.permutation(len(points)), 2)
        one, other = (_distances(points, _fit(points[half], count, rng)).argmin(axis=1) for half in halves)
        both = np.zeros((count, count), dtype=np.int64)
        np.add.at(both, (one, other), 1)
        splits.append((_agreement(both), _weakest(both)))
    agreement, weakest = np.mean(splits, axis=0)
    return float(agreement), float(weakest)


def _agreement(both: Whole) -> float:
    """The adjusted Rand index of two groupings, from the customers in each pair of groups; 1 where they are the same.

    Hubert and Arabie (1985), Comparing partitions, Journal of Classification 2, 193-218. scikit-learn's asks for the
    labels, and is half a second of imports to a search that needs nothing else of it.
    """
    together, one, other = (int((sizes**2).sum()) for sizes in (both, both.sum(axis=1), both.sum(axis=0)))
    in_one, in_other, n = one - together, other - together, int(both.sum())
    if in_one == 0 and in_other == 0:
        return 1.0
    # pairs of customers, each counted twice: together in both, and in neither
    same, apart = together - n, n**2 + together - one - other
    chance = (same + in_one) * (in_one + apart) + (same + in_other) * (in_other + apart)
    return 2 * (same * apart - in_one * in_other) / chance


def _weakest(both: Whole) -> float:
    """The prediction strength of two groupings of the same customers, the mean of both ways round."""
    pairs = both * (both - 1.0)
    kept = [
        pairs.sum(axis=axis) / np.maximum(size * (size - 1.0), 1.0) for axis in (0, 1) for size in [both.sum(axis=axis)]
    ]
    return float(np.mean([share.min() for share in kept]))


def _numbered(centres: Floats, points: Floats) -> Whole:
    """The group of each customer: 1 is the largest; of equal size the one with the higher first feature comes first."""
    labels = _distances(points, centres).argmin(axis=1)
    sizes = np.bincount(labels, minlength=len(centres))
    order = sorted(range(len(centres)), key=lambda at: (-sizes[at], *(-centres[at])))
    numbers = np.empty(len(centres), dtype=np.int64)
    numbers[order] = np.arange(1, len(centres) + 1)
    return numbers[labels]


def _refusal(scores: pd.DataFrame) -> str:
    if scores.empty:
        return "there are fewer kinds of customers than groups to try"
    separated = scores[scores["is_separated"]]
    if separated.empty:
        return (
            "customers differ by degree and not by kind: however many groups are tried, they lie hardly further apart "
            "than made-up customers without groups"
        )
    if separated["is_stable"].any():
        return "what could be cut into groups are not heaps of their own: neighbouring groups run into one another"
    weaker = separated[["agreement", "weakest"]].min(axis=1)
    those, best = ", ".join(str(count) for count in separated["group_count"]), floor(100 * weaker.max()) / 100
    return (
        f"where groups lie apart (tried with {those}), those found in one half of the customers are not those found in "
        f"the other, with an agreement of {best:.2f} at best where {STABLE_FROM:.2f} is needed"
    )
