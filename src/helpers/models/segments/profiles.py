"""Who a segment's customers are against the base: counts with small cells hidden, lifts, and how value is spread.

Lifts are made of the cells that are shown, never of hidden ones, so that they can give none of these away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.features.attributes import WHOLE
from helpers.features.dimensions import OTHERS
from helpers.models.statistics import intervals, lifts, small_groups, suppression

IN_ORDER = ("age_band", "income_band", "household_size")
"""Attributes whose levels have an order of their own; levels of others are listed by their size."""
LEANING_COUNT = 20
"""Customers at which a share's own variance weighs as much as that of its segment's shares together."""
COLUMNS = [
    "attribute",
    "segment",
    "level",
    "segment_count",
    "known_count",
    "customer_count",
    "customer_share",
    "value_amount",
    "base_count",
    "base_share",
    "lift",
    "low",
    "high",
    "is_hidden",
    "is_divided",
]


@dataclass(frozen=True)
class HiddenCells:
    """How many cells of a profile there are, and how many are hidden: `hidden_share` is 0 to 1, NaN without cells."""

    cell_count: int
    hidden_count: int
    hidden_share: float


def hidden_cells(profiles: pd.DataFrame) -> HiddenCells:
    """How many cells are not shown; a row of `profiles` is a cell, as `profile` gives it."""
    count, hidden = len(profiles), int(profiles["is_hidden"].astype(bool).sum())
    return HiddenCells(count, hidden, hidden / count if count else nan)


def profile(counts: pd.DataFrame, *, segments: Sequence[str], smallest_cell: int, level: float) -> pd.DataFrame:
    """Each segment by the levels of each attribute, with the lift over the base; small cells are hidden.

    Parameters
    ----------
    counts
        One row per attribute, segment and level that occurs, as `features.attributes.counts` gives it.
    segments
        The segments in the order in which to list them; others follow by name, those without customers are left out.
    smallest_cell
        Fewest customers of a cell that is shown. Further cells are hidden so that no total gives one away
        (`suppression.hide`).
    level
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per attribute, segment and level, zeros too; attributes with one level for all say nothing and are
        left out, and so are segments of whose customers none is known. attribute; segment; level; segment_count
        (customers of the segment); known_count (of these, the ones whose level is known: they alone are spoken of);
        customer_count (who have the level; where the attribute is one of orders: who ever had it); customer_share (0
        to 1: the known customers, each divided over their own levels, so that the shares of a segment sum to one);
        value_amount (of the customers counted); base_count and base_share (the same of all segments together); lift
        (customer_share over base_share, shrunk towards 1) with low and high; is_hidden; is_divided (whether a customer
        can have several levels). What is hidden is missing; where the total of a level is hidden so are its lifts,
        which would tell it, and of segments that `small_groups.hide` hides all is. Of how many a level is known counts
        as no secret.

    Notes
    -----
    Shares of divided customers vary less than those of whole ones: by their design effects, see Rao and Scott (1981),
    The analysis of categorical data from complex sample surveys, JASA 76(374), 221-230.
    """
    order = [*dict.fromkeys([*segments, *sorted(set(counts["segment"]))])]
    parts = [
        _attribute(rows, str(name), order, smallest_cell, level)
        for name, rows in counts.groupby("attribute", sort=False)
        if rows["level"].nunique() > 1
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def strongest(profiles: pd.DataFrame, *, count: int) -> pd.DataFrame:
    """The cells by which segments differ most from the base, the surest first.

    Parameters
    ----------
    profiles
        As `profile` gives it.
    count
        Rows at most.

    Returns
    -------
    pandas.DataFrame
        Rows of `profiles` whose interval leaves out a lift of 1, those first whose nearer bound is farthest from it (in
        ratio). Levels that were gathered are no trait, and left out.
    """
    traits = profiles[profiles["lift"].notna() & (profiles["level"] != OTHERS)]
    apart = traits[(traits["low"] > 1) | (traits["high"] < 1)]
    nearer = np.maximum(apart["low"].astype(float), 1 / apart["high"].astype(float))
    ranked = apart.assign(nearer=nearer).sort_values("nearer", ascending=False, kind="stable")
    return ranked.drop(columns="nearer").head(count).reset_index(drop=True)


def concentration(
    people: pd.DataFrame, *, segments: Sequence[str], top_share: float, smallest_cell: int, level: float
) -> pd.DataFrame:
    """How much of each segment's value hangs on its best customers.

    Parameters
    ----------
    people
        One row per customer: segment, value_amount (0 or more). Customers without a segment are left out.
    segments
        The segments to list, in order; those without customers are left out.
    top_share
        The share of a segment's customers called its top, between 0 and 1.
    smallest_cell
        Of segments with fewer customers only their number is shown.
    level
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per segment: segment, customer_count, value_amount, top_amount_share (0 to 1), low, high. Where all
        spend the same it is top_share, without an interval.
    """
    amounts = people[people["segment"].notna()].groupby("segment")["value_amount"]
    there = {name: each.to_numpy(dtype=float) for name, each in amounts}
    rows: list[tuple[str, int, float, float, float, float]] = []
    for segment in [*dict.fromkeys(segments)]:
        values = there.get(segment)
        if values is None:
            continue
        if len(values) < smallest_cell:
            rows.append((segment, len(values), nan, nan, nan, nan))
            continue
        top = intervals.top_share(np.sort(values), share=top_share, level=level)
        rows.append((segment, len(values), float(np.sort(values).sum()), top.value, top.low, top.high))
    return pd.DataFrame(rows, columns=["segment", "customer_count", "value_amount", "top_amount_share", "low", "high"])


def _attribute(rows: pd.DataFrame, name: str, order: list[str], smallest_cell: int, level: float) -> pd.DataFrame:
    segments = [segment for segment in order if segment in set(rows["segment"])]
    levels = sorted(set(rows["level"]))  # the same in any order of the rows
    sizes, whole = (
        rows.groupby("segment")[column].first().reindex(segments).to_numpy(dtype=np.int64)
        for column in ("known_count", "segment_count")
    )

    def grid(column: str) -> NDArray[np.float64]:
        table = rows.pivot_table(index="segment", columns="level", values=column, aggfunc="sum", fill_value=0)
        return table.reindex(index=segments, columns=levels).to_numpy(dtype=float)

    counts, parts = (grid(column).astype(np.int64) for column in ("customer_count", "part_sum"))
    is_divided = bool((parts != counts * WHOLE).any())
    hidden = suppression.hide(counts, smallest_cell=smallest_cell, sizes=sizes, parts=parts if is_divided else None)
    of_few, few_there = _few_segments(whole, counts, smallest_cell)
    totals = hidden.totals | few_there
    place = _places(name, levels, counts.sum(axis=0), totals)
    cells, shape = hidden.cells[:, place] | of_few[:, None], counts.shape
    shares = parts[:, place] / (sizes[:, None] * WHOLE)
    squares = grid("part_square_sum")[:, place] / (sizes[:, None] * float(WHOLE) ** 2)
    base_shares = parts[:, place].sum(axis=0) / (sizes.sum() * WHOLE)
    is_known = ~cells & ~totals[place]
    value, low, high = _lifts(shares, squares, sizes, base_shares, is_known, level)
    bases = [counts[:, place].sum(axis=0), base_shares]
    base_count, base_share = (np.where(totals[place], nan, base) for base in bases)
    columns: dict[str, object] = {
        "attribute": name,
        "segment": np.repeat(np.array(segments, dtype=object), shape[1]),
        "level": np.tile(np.array(levels, dtype=object)[place], shape[0]),
        "segment_count": _whole_or_missing(np.repeat(np.where(of_few, nan, whole), shape[1])),
        "known_count": _whole_or_missing(np.repeat(np.where(of_few, nan, sizes), shape[1])),
        "customer_count": _whole_or_missing(np.where(cells, nan, counts[:, place]).ravel()),
        "customer_share": np.where(cells, nan, shares).ravel(),
        "value_amount": np.where(cells, nan, grid("value_amount")[:, place]).ravel(),
        "base_count": _whole_or_missing(np.tile(base_count, shape[0])),
        "base_share": np.tile(base_share, shape[0]),
        **{column: each.ravel() for column, each in (("lift", value), ("low", low), ("high", high))},
        "is_hidden": cells.ravel(),
        "is_divided": is_divided,
    }
    return pd.DataFrame(columns)[COLUMNS]


def _few_segments(
    sizes: NDArray[np.int64], counts: NDArray[np.int64], smallest_cell: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which segments are hidden where segments are listed, and at which levels they are few customers together."""
    listed = small_groups.hide(pd.DataFrame({"customer_count": sizes}), smallest_cell=smallest_cell)
    of_few = listed["is_hidden"].to_numpy(dtype=bool)
    together = counts[of_few].sum(axis=0)
    return of_few, (together > 0) & (together < smallest_cell)


def _lifts(
    shares: NDArray[np.float64],
    squares: NDArray[np.float64],
    sizes: NDArray[np.int64],
    base_shares: NDArray[np.float64],
    is_known: NDArray[np.bool_],
    level: float,
) -> lifts.Lifts:
    """The lifts of the cells that are known, NaN elsewhere; a base of one segment is compared with nothing."""
    spread = lifts.Lifts(*(np.full(shares.shape, nan) for _ in range(3)))
    is_known = is_known & (base_shares > 0)
    if len(sizes) < 2 or not is_known.any():
        return spread
    effects = _design_effects(shares, squares, sizes, is_known)
    segment, at = np.nonzero(is_known)
    share, base = shares[is_known], base_shares[at]
    count = lifts.effective_count(
        share, count=sizes[segment], base_share=base, base_count=int(sizes.sum()), design_effect=effects[is_known]
    )
    free = float(np.prod([1 - 1 / each for each in shares.shape]))
    for column, each in zip(
        spread, lifts.shrunk(share, count=count, base_share=base, level=level, free_share=free), strict=True
    ):
        column[is_known] = each
    return spread


def _design_effects(
    shares: NDArray[np.float64],
    squares: NDArray[np.float64],
    sizes: NDArray[np.int64],
    is_known: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Variance of each share over that of as many customers with one level each; 1 where these are all.

    One of a few customers says little of how much they vary: each cell leans on the other shown cells of its segment,
    and a segment on one customer more, who has one level alone.
    """
    spread = np.where(is_known, squares - shares**2, 0)
    simple = np.where(is_known, shares * (1 - shares), 0)
    ones, count = np.ones(len(sizes)), sizes.astype(float)
    by_segment = np.divide(spread.sum(axis=1), simple.sum(axis=1), out=ones, where=simple.sum(axis=1) > 0)
    by_segment = ((count * by_segment + 1) / (count + 1))[:, None]
    by_cell = np.divide(spread, simple, out=np.broadcast_to(by_segment, shares.shape).copy(), where=simple > 0)
    weight = count[:, None] / (count[:, None] + LEANING_COUNT)
    return np.clip(weight * by_cell + (1 - weight) * by_segment, 0.0, 1.0)


def _places(name: str, levels: list[str], totals: NDArray[np.int64], is_hidden: NDArray[np.bool_]) -> list[int]:
    """The order of the levels: their own, or by size; what is hidden by name, since its place would tell its size."""

    def key(at: int) -> tuple[bool, float, int, str]:
        text = levels[at]
        last = text == OTHERS
        if name in IN_ORDER:
            digits = re.search(r"\d+", text)
            is_below = re.search(r"under|below|less|<|以下", text, re.IGNORECASE) is not None
            return last, float(digits[0]) if digits else -1.0, 0 if is_below else 1, text
        return last, 1.0 if is_hidden[at] else -float(totals[at]), 0, text

    return sorted(range(len(levels)), key=key)


def _whole_or_missing(values: NDArray[np.float64]) -> pd.Series:
    return pd.Series(values).astype("Int64")
