"""Who moved between two dates: transitions of segments, stages and tiers, and where the sizes go if it goes on so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr

from helpers.models.statistics import small_groups
from helpers.models.statistics.intervals import SMALLEST, Estimate, wilson, wilson_bounds
from helpers.randomness import stream

NEW = "(not yet a customer)"
"""Where a customer comes from who was not known at the earlier date."""
NONE = "(none)"
"""The group of a customer who was known and in no group: no member, or without a score."""
ALL = "(all)"
"""The row of `rates` that holds all groups together."""
REASONS = ("bought", "aged", "cut moved")
"""Why a customer is called something else: an order since, time alone, or thresholds that lie elsewhere."""
DIRECTIONS = ("upgrade", "same", "downgrade", "left")
RARE = 0.05
"""Probability up to which so few sizes in their intervals are held against a projection."""
GRAIN = 10_000
"""Money is summed in whole ten-thousandths: a sum of floats would depend on the order of its rows."""


def transitions(
    before: pd.DataFrame, after: pd.DataFrame, *, kind: str, level: float, order: Sequence[str] | None = None
) -> pd.DataFrame:
    """How many customers of each group are in which group at the later date, with the share of the group they left.

    Parameters
    ----------
    before, after
        One row per customer each, at the earlier and the later date (the snapshots): customer_id and a text column
        named `kind`, missing where a customer is in no group.
    kind
        The column to compare: the name of a scheme, `stage`, or `tier`.
    level
        Coverage of the intervals (Wilson), between 0 and 1.
    order
        The groups in the order in which they are to stand, tiers lowest first; those that nobody is in are kept. Groups
        that it does not name follow, sorted.

    Returns
    -------
    pandas.DataFrame
        One row for each pair of groups, also those that nobody went between: kind; from, to; customer_count; share (of
        the customers of `from`, 0 to 1), low, high. Who was not known at the earlier date comes from `NEW`, who is in
        no group is in `NONE`; these two stand last, and only where they occur. The counts sum to the rows of `after`.
        The share of a group that nobody was in is NaN; under ten customers there are no bounds.

    Raises
    ------
    ValueError
        A customer twice, or one of the earlier date missing at the later: who is known on a day is known ever after.

    Notes
    -----
    Both snapshots must be made with the same thresholds: with new ones, customers who did nothing seem to move.
    """
    source, target = _paired(before, after, kind)
    groups = _groups(pd.concat([source, target]), order)
    sources = [*groups, NEW] if (source == NEW).any() else groups
    cells = _codes(source, sources) * len(groups) + _codes(target, groups)
    counts = np.bincount(cells, minlength=len(sources) * len(groups))
    moves = _grid(kind, sources, groups).assign(customer_count=counts)
    return moves.assign(**_shares(moves["customer_count"], _totals(moves), level))


def values(before: pd.DataFrame, after: pd.DataFrame, *, kind: str) -> pd.DataFrame:
    """What the customers who went from one group to another are worth, at both dates.

    Parameters
    ----------
    before, after
        The same frames as for `transitions`, with value_amount.
    kind
        The column to compare.

    Returns
    -------
    pandas.DataFrame
        One row per pair of groups that somebody went between: kind, from, to, customer_count, value_amount (at the
        later date), previous_amount (at the earlier; 0 for who was not yet a customer), value_share (of the value of
        all at the later date; missing where that is 0 or less). Both amounts are sums in the currency of the frames;
        nobody's amount is missing from them, and a missing amount counts as 0.
    """
    source, target = _paired(before, after, kind)
    earlier = before.set_index("customer_id")["value_amount"].reindex(after["customer_id"])
    pairs = pd.DataFrame({"from": source.to_numpy(), "to": target.to_numpy(), "customer_count": 1})
    pairs = pairs.assign(value_amount=_whole(after["value_amount"]), previous_amount=_whole(earlier))
    sums = pairs.groupby(["from", "to"], as_index=False, observed=True).sum()
    money = {name: sums[name] / GRAIN for name in ("value_amount", "previous_amount")}
    total = float(money["value_amount"].sum())
    money["value_share"] = money["value_amount"] / (total if total > 0 else nan)
    return sums.assign(kind=kind, **money)[["kind", "from", "to", "customer_count", *money]]


def without_few(moved: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The transitions, of one or several kinds, with nothing told of few customers: see `small_groups.hide_pairs`."""
    return small_groups.hide_pairs(moved, rows="from", columns="to", by=["kind"], smallest_cell=smallest_cell)


def worth(before: pd.DataFrame, after: pd.DataFrame, *, moved: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The pairs of `values` that are not hidden in `moved`, as `without_few` gives it."""
    pairs = values(before, after, kind=kind)
    amounts = ["customer_count", "value_amount", "previous_amount", "value_share"]
    return small_groups.told(small_groups.hide_alike(pairs, moved, on=["kind", "from", "to"], values=amounts))


def reasons_without_few(why: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The reasons, with nothing told of few customers: who bought and who aged sum up to who moved, which is known."""
    told = why.assign(has_moved=why["reason"] != "cut moved")
    values = ["customer_count", "share", "low", "high"]
    hidden = small_groups.hide(told, by=["kind", "has_moved"], values=values, smallest_cell=smallest_cell)
    return hidden.drop(columns="has_moved")


def moved_share(moved: pd.DataFrame, *, level: float) -> Estimate:
    """The share of the customers known at the earlier date who are in another group at the later, with its interval.

    Parameters
    ----------
    moved
        As `transitions` gives it, of one kind. Who is new is not counted; who went from or to `NONE` has moved.
    level
        Coverage of the interval (Wilson), between 0 and 1; under ten customers there are no bounds.
    """
    _kind(moved)
    known = moved[moved["from"] != NEW]
    n = int(known["customer_count"].sum())
    share = wilson(int(known.loc[known["from"] != known["to"], "customer_count"].sum()), n, level=level)
    return share if n >= SMALLEST else Estimate(share.value, nan, nan, n)


def reasons(before: pd.DataFrame, after: pd.DataFrame, told: pd.DataFrame, *, kind: str, level: float) -> pd.DataFrame:
    """Why customers are in another group than before: they bought, they aged past a cut, or a cut moved.

    Parameters
    ----------
    before, after
        One row per customer each, at the earlier and the later date, by the thresholds of the later: customer_id,
        last_on (missing for prospects) and a text column named `kind`.
    told
        The customers of the earlier date by its own thresholds: what a report of that day has told of them.
    kind
        The column to compare.
    level
        Coverage of the intervals (Wilson), between 0 and 1; under ten customers there are no bounds.

    Returns
    -------
    pandas.DataFrame
        One row per reason: kind; reason; customer_count; moved_count (who bought and who aged together); n (customers
        of the earlier date); share (of n), low, high. bought: in another group, and a purchase lies between the dates;
        aged: in another group without one, by time alone; these two sum to `moved_share`. cut moved: by the thresholds
        of the later date they are where they were, by those of the earlier they were elsewhere.
    """
    now = after.set_index("customer_id").reindex(before["customer_id"])
    reported = told.set_index("customer_id")[kind].reindex(before["customer_id"]).astype(object).fillna(NONE)
    source, target = (frame[kind].astype(object).fillna(NONE).to_numpy() for frame in (before, now))
    has_moved = source != target
    has_bought = (pd.to_datetime(now["last_on"]).to_numpy() > pd.to_datetime(before["last_on"]).to_numpy()) | (
        now["last_on"].notna().to_numpy() & before["last_on"].isna().to_numpy()
    )
    is_elsewhere = ~has_moved & (reported.to_numpy() != target)
    counts = [int(each.sum()) for each in (has_moved & has_bought, has_moved & ~has_bought, is_elsewhere)]
    found = pd.DataFrame({"kind": kind, "reason": REASONS, "customer_count": counts})
    found = found.assign(moved_count=int(has_moved.sum()), n=len(before))
    return found.assign(**_shares(found["customer_count"], found["n"], level))


def rates(moved: pd.DataFrame, *, order: Sequence[str], level: float) -> pd.DataFrame:
    """How large a share of each ordered group moved up, stayed, moved down or left the order.

    Parameters
    ----------
    moved
        As `transitions` gives it, of one kind.
    order
        The groups, lowest first. A move to a group that it does not name, such as out of membership, is `left`.
    level
        Coverage of the intervals (Wilson), between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per group and direction, and for `ALL` of them together: kind; from; direction (upgrade, same,
        downgrade, left); customer_count; n (customers of the group at the earlier date); share (0 to 1), low, high. The
        shares of a group sum to 1. Who was in none of the groups at the earlier date is not among them.
    """
    _known(moved, order)
    rank = {group: place for place, group in enumerate(order)}
    rows = moved[moved["from"].isin(rank)]
    step = rows["to"].map(rank).astype(float) - rows["from"].map(rank).astype(float)
    direction = step.clip(-1, 1).map({1.0: "upgrade", 0.0: "same", -1.0: "downgrade"}).fillna("left")
    counts = rows.assign(direction=direction).groupby(["from", "direction"])["customer_count"].sum()
    table = counts.unstack(fill_value=0).reindex(index=list(order), columns=list(DIRECTIONS), fill_value=0)
    table = pd.concat([table, table.sum().to_frame(ALL).T])
    shares = _grid(_kind(moved), [*order, ALL], DIRECTIONS).rename(columns={"to": "direction"})
    shares = shares.assign(customer_count=table.to_numpy().ravel(), n=np.repeat(table.sum(axis=1).to_numpy(), 4))
    return shares.assign(**_shares(shares["customer_count"], shares["n"], level))


def net_flow(moved: pd.DataFrame) -> pd.DataFrame:
    """How each group grew and shrank: whom it kept, gained, lost, and who is new.

    Parameters
    ----------
    moved
        As `transitions` gives it, of one kind.

    Returns
    -------
    pandas.DataFrame
        One row per group: kind, group, before_count, stayed_count, in_count (from other groups), new_count (not yet
        customers at the earlier date), out_count, after_count, net_count. after = before + in + new - out, and net =
        after - before. Over all groups, in and out are equal.
    """
    table = _counts(moved)
    new = table.loc[NEW] if NEW in table.index else 0 * table.sum()
    known = table.drop(index=NEW, errors="ignore")
    stayed = np.diag(known.to_numpy())
    flows = pd.DataFrame(
        {
            "kind": _kind(moved),
            "group": known.index,
            "before_count": known.sum(axis=1).to_numpy(),
            "stayed_count": stayed,
            "in_count": known.sum().to_numpy() - stayed,
            "new_count": new.to_numpy(),
            "out_count": known.sum(axis=1).to_numpy() - stayed,
            "after_count": table.sum().to_numpy(),
        }
    )
    return flows.assign(net_count=flows["after_count"] - flows["before_count"])


def project(
    moved: pd.DataFrame,
    *,
    periods: int,
    seed: int,
    level: float,
    error: ProjectionError | None = None,
    draw_count: int = 2_000,
) -> pd.DataFrame:
    """The sizes of the groups some periods ahead, if customers keep moving as they did between the two dates.

    The population is closed: the customers of the later date, and nobody new. A period is as long as the time between
    the two dates.

    Parameters
    ----------
    moved
        As `transitions` gives it, of one kind. Its later date is where the projection starts.
    periods
        How many periods ahead, 1 or more.
    seed
        Of the draws.
    level
        Coverage of the intervals, between 0 and 1.
    error
        Of such a projection on an earlier period, where one was tried: one that failed leaves no bounds.
    draw_count
        Draws of the future.

    Returns
    -------
    pandas.DataFrame
        One row per group and period, period 0 being the later date: kind, group, period, customer_count (expected, not
        rounded), low, high. The expected sizes of a period sum to the customers of the later date. Where nobody was at
        the earlier date in a group that has customers at the later, nobody knows where these go: all periods after 0
        are NaN. With fewer than ten customers, and where the earlier trial failed, there are no bounds.

    Notes
    -----
    Expected sizes are n P^k with P the matrix of shares. Of each draw, every row of P is drawn once from its Dirichlet
    posterior (prior weight 1/K for each of the K cells of a row: Perks 1947), and then each customer moves at random
    by it (multinomial), period after period: the interval holds both how well the matrix is known and chance. It does
    not hold that times change, nor that those who moved lately may move differently (a Markov chain forgets it);
    `back_test` shows how it did before.
    """
    if periods < 1:
        raise ValueError(f"periods must be 1 or more, found {periods}")
    table = _counts(moved)
    sizes = table.sum().to_numpy()
    known = table.drop(index=NEW, errors="ignore").to_numpy()
    blind = ((known.sum(axis=1) == 0) & (sizes > 0)).any()
    expected = _expected(known, sizes, periods) if not blind else np.full((periods, len(sizes)), nan)
    bounds = np.full((2, periods, len(sizes)), nan)
    is_trusted = error is None or not error.is_failed
    if not blind and sizes.sum() >= SMALLEST and is_trusted:
        drawn = _drawn(known, sizes, periods, draw_count, stream(seed, "movements projection"))
        bounds = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
    projected = _grid(_kind(moved), range(periods + 1), list(table.columns)).rename(
        columns={"from": "period", "to": "group"}
    )
    projected = projected.assign(
        customer_count=np.vstack([sizes, expected]).ravel(),
        # the draws lean a little to equal shares, so that an extreme expectation may lie at their very edge
        low=np.vstack([sizes, np.minimum(bounds[0], expected)]).ravel(),
        high=np.vstack([sizes, np.maximum(bounds[1], expected)]).ravel(),
    )
    return projected[["kind", "group", "period", "customer_count", "low", "high"]]


def back_test(earlier: pd.DataFrame, moved: pd.DataFrame, *, seed: int, level: float) -> pd.DataFrame | None:
    """How the projection would have done: the period before projected one period ahead, beside what then came.

    Parameters
    ----------
    earlier
        `transitions` of the period that ends where `moved` begins, of the same kind and groups.
    moved
        `transitions` of the latest period.
    seed, level
        As for `project`.

    Returns
    -------
    pandas.DataFrame or None
        None where nobody was a customer when `earlier` begins. One row per group: kind, group, customer_count (what
        came, of those known where `moved` begins), expected, low, high (the projection), previous_count (the simple
        rival: sizes stay as they are).
    """
    if (earlier["from"] == NEW).all() or not len(earlier):
        return None
    projected = project(earlier, periods=1, seed=seed, level=level)
    came = net_flow(moved).set_index("group")
    came = came.assign(customer_count=came["after_count"] - came["new_count"])
    start = projected[projected["period"] == 0].set_index("group")["customer_count"]
    groups = start.index.union(came.index, sort=False)
    if not (start.reindex(groups, fill_value=0) == came["before_count"].reindex(groups, fill_value=0)).all():
        raise ValueError("`moved` must begin with the customers and groups with whom `earlier` ends")
    ahead = projected[projected["period"] == 1].set_index("group").rename(columns={"customer_count": "expected"})
    both = ahead.reindex(groups).assign(kind=_kind(moved), group=groups)
    # a group that comes up only later was not foreseen
    both = both.fillna({"expected": 0.0, "low": 0.0, "high": 0.0}) if ahead["expected"].notna().all() else both
    both["customer_count"] = came["customer_count"].reindex(groups, fill_value=0)
    both["previous_count"] = came["before_count"].reindex(groups, fill_value=0)
    columns = ["kind", "group", "customer_count", "expected", "low", "high", "previous_count"]
    return both[columns].reset_index(drop=True)


@dataclass(frozen=True)
class LargestChange:
    """The group whose size a projection changes most, from its first day to its last.

    Attributes
    ----------
    group, periods
        The group, "" where nothing can be projected, and periods to the last day.
    start_count, end_count
        Its customers at both days; end_count is expected, with low and high.
    customer_count
        Customers of all groups at the first day.
    """

    group: str
    periods: int
    start_count: int
    end_count: float
    low: float
    high: float
    customer_count: int


def largest_change(projection: pd.DataFrame) -> LargestChange:
    """The group that changes most in size; a row of `projection` is a group and period, as `project` gives it."""
    last = int(projection["period"].max()) if len(projection) else 0
    start = projection[projection["period"] == 0].set_index("group")["customer_count"]
    ends = projection[projection["period"] == last].set_index("group")
    total = int(start.sum())
    if not total or ends["customer_count"].isna().any():
        return LargestChange("", last, 0, nan, nan, nan, total)
    group = str((ends["customer_count"] - start).abs().idxmax())
    end, low, high = (float(ends[name].loc[group]) for name in ("customer_count", "low", "high"))
    return LargestChange(group, last, int(start[group]), end, low, high, total)


@dataclass(frozen=True)
class ProjectionError:
    """How far off a projection was, beside sizes left as they were.

    Attributes
    ----------
    misplaced_count, unmoved_misplaced_count
        Customers in the wrong group by the projection, and by sizes left as they were: half the sum of the absolute
        errors of the sizes, since each customer who is missing in one group is too many in another.
    held_count, group_count
        Sizes that lie in their interval, of so many; held_count is None where there are no intervals.
    level
        Coverage of the intervals, between 0 and 1.
    """

    misplaced_count: float
    unmoved_misplaced_count: float
    held_count: int | None
    group_count: int
    level: float

    @property
    def is_better(self) -> bool:
        """Whether it beats sizes left as they were, in whole customers."""
        return round(self.misplaced_count) < round(self.unmoved_misplaced_count)

    @property
    def is_failed(self) -> bool:
        """Whether the trial speaks against the projection and its intervals.

        It does where somebody was misplaced and sizes left as they were did as well; and where the intervals held so
        few sizes that intervals of this level do it in one trial of twenty at most (binomial).
        """
        if not self.is_better and round(self.misplaced_count):
            return True
        return self.held_count is not None and bool(bdtr(self.held_count, self.group_count, self.level) <= RARE)


def projection_error(trial: pd.DataFrame | None, *, level: float) -> ProjectionError | None:
    """The error of a projection that was tried on an earlier period.

    Parameters
    ----------
    trial
        One row per group, as `back_test` gives it; None, or a size that could not be projected, has no error.
    level
        Coverage of its intervals, between 0 and 1.
    """
    if trial is None or trial["expected"].isna().any():
        return None
    came = trial["customer_count"]
    missed, unmoved = (float((came - trial[name]).abs().sum() / 2) for name in ("expected", "previous_count"))
    held = int(came.between(trial["low"], trial["high"]).sum()) if trial["low"].notna().all() else None
    return ProjectionError(missed, unmoved, held, len(trial), level)


def _paired(before: pd.DataFrame, after: pd.DataFrame, kind: str) -> tuple[pd.Series, pd.Series]:
    """The group of every customer of the later date, at both dates."""
    for name, frame in (("before", before), ("after", after)):
        if again := frame["customer_id"].duplicated().sum():
            raise ValueError(f"`{name}` must have a row per customer, found {again} more")
    place = pd.Index(before["customer_id"]).get_indexer(pd.Index(after["customer_id"]))
    is_there = np.zeros(len(before), dtype=bool)
    is_there[place[place >= 0]] = True
    if not is_there.all():
        gone = before.loc[~is_there, "customer_id"]
        raise ValueError(
            f"every customer of `before` must be in `after`, found {len(gone)} who are not, first {gone.iloc[0]!r}: "
            "who is known on a day is known ever after; are the two dates exchanged, or the frames of two deliveries?"
        )
    named = before[kind].astype(object).where(before[kind].notna(), NONE)
    source = np.append(named.to_numpy(), NEW)[place]  # who is not found has the place -1, which is the last
    return pd.Series(source, dtype=object), after[kind].astype(object).where(after[kind].notna(), NONE)


def _groups(labels: pd.Series, order: Sequence[str] | None) -> list[str]:
    stated = list(dict.fromkeys(order or ()))
    seen = set(labels.unique())
    rest = sorted(seen - {*stated, NEW, NONE})
    return [*stated, *rest, *([NONE] if NONE in seen and NONE not in stated else [])]


def _codes(labels: pd.Series, groups: Sequence[str]) -> NDArray[np.int64]:
    return pd.Index(list(groups)).get_indexer(pd.Index(labels))


def _grid(kind: str, sources: Sequence[object], targets: Sequence[object]) -> pd.DataFrame:
    """A row for each pair: kind, from, to."""
    pairs = pd.MultiIndex.from_product([list(sources), list(targets)], names=["from", "to"]).to_frame(index=False)
    return pairs.assign(kind=kind)[["kind", "from", "to"]]


def _totals(moves: pd.DataFrame) -> pd.Series:
    return moves.groupby("from", sort=False)["customer_count"].transform("sum")


def _shares(counts: pd.Series, totals: pd.Series, level: float) -> dict[str, NDArray[np.float64]]:
    n = totals.to_numpy(dtype=float)
    low, high = wilson_bounds(counts, np.where(n < SMALLEST, nan, n), level=level)
    with np.errstate(invalid="ignore"):
        return {"share": counts.to_numpy() / n, "low": low, "high": high}


def _counts(moved: pd.DataFrame) -> pd.DataFrame:
    """The counts as a matrix: a row per group before, NEW among them where it occurs, and a column per group after."""
    sources, groups = moved["from"].unique(), moved["to"].unique()
    return pd.DataFrame(moved["customer_count"].to_numpy().reshape(len(sources), len(groups)), sources, groups)


def _kind(moved: pd.DataFrame) -> str:
    kinds = list(moved["kind"].unique())
    if len(kinds) > 1:
        raise ValueError(f"`moved` must be of one kind, found {', '.join(kinds)}")
    return str(kinds[0]) if kinds else ""


def _known(moved: pd.DataFrame, groups: Sequence[str]) -> None:
    unknown = [group for group in groups if group not in set(moved["to"])]
    if unknown:
        raise ValueError(f"`moved` must have every group asked for, found no {unknown[0]!r}: name it in its `order`")


def _whole(amounts: pd.Series) -> NDArray[np.int64]:
    return np.rint(amounts.fillna(0).to_numpy(dtype=float) * GRAIN).astype(np.int64)


def _expected(known: NDArray[np.int64], sizes: NDArray[np.int64], periods: int) -> NDArray[np.float64]:
    matrix = known / np.maximum(known.sum(axis=1, keepdims=True), 1)
    steps = [sizes.astype(float)]
    for _ in range(periods):
        steps.append(steps[-1] @ matrix)
    return np.array(steps[1:])


def _drawn(
    known: NDArray[np.int64], sizes: NDArray[np.int64], periods: int, draw_count: int, draw: np.random.Generator
) -> NDArray[np.int64]:
    """Sizes by period, draw and group."""
    matrices = np.stack([draw.dirichlet(row + 1 / len(row), size=draw_count) for row in known])
    now, steps = np.tile(sizes, (draw_count, 1)), []
    for _ in range(periods):
        now = np.sum([draw.multinomial(now[:, place], one) for place, one in enumerate(matrices)], axis=0)
        steps.append(now)
    return np.array(steps)
