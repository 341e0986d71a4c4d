"""Tables of groups without what they would tell of a few customers: small rows are emptied, and others with them.

A *cell* is a number of customers whom something that they are or did picks out: those of a row, a part of them that a
column counts or gives as a share, and the rest of them. Orders, pauses and answers are cells as their customers are.

A row that is emptied alone could be worked out from the total of its table: as many further rows are emptied, the
smallest first, as it takes for the total to tell no more than the sum of several groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.models.statistics import suppression

Mask = NDArray[np.bool_]


def hide(
    groups: pd.DataFrame,
    *,
    smallest_cell: int,
    counts: Sequence[str] = ("customer_count",),
    by: Sequence[str] = (),
    names: Sequence[str] = (),
    values: Sequence[str] | None = None,
    has_total: bool = True,
) -> pd.DataFrame:
    """The same rows, with nothing told of groups of few customers.

    Parameters
    ----------
    groups
        One row per group of customers.
    smallest_cell
        Fewest customers of a group of which anything is told, 1 or more; 1 hides nothing. Of a group of nobody it is
        told that it is empty.
    counts
        Columns of customers (or of orders, where customers are not counted); a row is small if any of them is.
    by
        Columns whose values tell tables with totals of their own apart.
    names
        Columns of numbers that say which group a row is, such as an age or a score: they stay.
    values
        Columns to empty; all columns of numbers that neither name a row nor tell tables apart where not given.
    has_total
        Whether the rows sum up to something known, so that a row emptied alone could be worked out.

    Returns
    -------
    pandas.DataFrame
        The rows with their values missing where they are hidden (whole numbers become `Int64` there), and is_hidden.

    References
    ----------
    Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapter 4: the threshold rule and secondary
    suppression.
    """
    hidden = np.zeros(len(groups), dtype=bool)
    for rows in _tables(groups, by):
        hidden[rows] = _few(groups.iloc[rows][list(counts)].to_numpy(dtype=float), smallest_cell, has_total)
    wanted = _numbers(groups, {*by, *names}) if values is None else list(values)
    return _emptied(groups, hidden, wanted)


def hide_pairs(
    pairs: pd.DataFrame, *, smallest_cell: int, rows: str, columns: str, by: Sequence[str] = ()
) -> pd.DataFrame:
    """The same pairs of groups, with nothing told of pairs of few customers (customer_count); see `hide`.

    Rows and columns of such a table have totals that are known, so that further pairs are hidden with a small one
    (`suppression.hide`). `rows` and `columns` name the two groups of a pair; pairs without a row are empty.
    """
    hidden = np.zeros(len(pairs), dtype=bool)
    for at in _tables(pairs, by):
        hidden[at] = _few_pairs(pairs.iloc[at], rows, columns, smallest_cell)
    return _emptied(pairs, hidden, _numbers(pairs, {*by, rows, columns}))


def hide_within(
    groups: pd.DataFrame,
    *,
    parts: Mapping[str, str],
    values: Sequence[str],
    smallest_cell: int,
    by: Sequence[str] = (),
    has_total: bool = True,
) -> pd.DataFrame:
    """The same rows, without `values` where few customers are a part of their group, or all but few are.

    `parts` names columns that count a part of the group, or give it as a share, and for each the column that counts
    the group; a row whose own number is hidden already is left as it is. The rest as in `hide`.
    """
    people = pd.DataFrame(index=groups.index)
    for part, whole in parts.items():
        of_all = groups[whole].astype(float)
        inside = groups[part].astype(float)
        people[part] = np.rint(inside * of_all) if part.endswith("share") else inside
        people[f"not {part}"] = of_all - people[part]
    hidden = np.zeros(len(groups), dtype=bool)
    for rows in _tables(groups, by):
        hidden[rows] = _few(people.iloc[rows].to_numpy(), smallest_cell, has_total)
    return _emptied(groups, hidden, values)


def hide_edges(bins: pd.DataFrame, *, by: Sequence[str], smallest_cell: int) -> pd.DataFrame:
    """The same bins, with nothing told of those of few customers (customer_count): see `hide`; nor their bounds.

    A row of `bins` is a bin: from and to, its bounds, which its neighbours within `by` share.
    """
    told_of = hide(bins, by=by, values=["customer_count"], smallest_cell=smallest_cell)
    few = told_of["is_hidden"].to_numpy(dtype=bool)
    for bound in ("from", "to"):
        is_secret = np.zeros(len(bins), dtype=bool)
        for rows in _tables(bins, by):
            secrets = bins.iloc[rows[few[rows]]][["from", "to"]].stack()
            is_secret[rows] = bins.iloc[rows][bound].isin(secrets)
        told_of = _emptied(told_of, is_secret, [bound])
    return told_of


def hide_alike(
    cells: pd.DataFrame, hidden: pd.DataFrame, *, on: Sequence[str], values: Sequence[str] | None = None
) -> pd.DataFrame:
    """The rows of `cells`, without `values` (all numbers but `on`) where a row of `hidden` alike in `on` is hidden."""
    keys = pd.MultiIndex.from_frame(hidden.loc[hidden["is_hidden"], list(on)])
    is_hidden = pd.MultiIndex.from_frame(cells[list(on)]).isin(keys)
    return _emptied(cells, np.asarray(is_hidden), _numbers(cells, set(on)) if values is None else values)


def told(groups: pd.DataFrame, *, where: str | None = None) -> pd.DataFrame:
    """The rows that are not hidden, as a page shows them; a row of `groups` is one that `hide` or `hide_pairs` gave.

    `where` names a column: rows of which it is told are shown too, without the parts that are hidden.
    """
    is_told = ~groups["is_hidden"] if where is None else groups[where].notna()
    shown = groups[is_told].drop(columns="is_hidden").reset_index(drop=True)
    whole = [name for name in shown if isinstance(shown[name].dtype, pd.Int64Dtype) and shown[name].notna().all()]
    return shown.astype(dict.fromkeys(whole, "int64"))


def curve_points(customer_count: int, *, smallest_cell: int, largest: int = 101) -> int:
    """Points of a curve over customers, ends included, with `smallest_cell` customers or more between any two."""
    return max(2, min(largest, customer_count // smallest_cell + 1))


def _tables(groups: pd.DataFrame, by: Sequence[str]) -> list[NDArray[np.int64]]:
    if not by:
        return [np.arange(len(groups))]
    return [np.asarray(rows) for rows in groups.groupby(list(by), sort=False, dropna=False).indices.values()]


def _few(counts: NDArray[np.float64], smallest_cell: int, has_total: bool) -> Mask:
    """Which rows must not be told; a row of `counts` has a column for each way in which its customers are counted."""
    counts = np.nan_to_num(counts)
    hidden: Mask = np.asarray(((counts > 0) & (counts < smallest_cell)).any(axis=1), dtype=bool)
    for people in counts.T if has_total and hidden.any() else ():
        for row in np.argsort(people, kind="stable"):
            of_many = hidden & (people > 0)
            if not of_many.any() or (of_many.sum() > 1 and people[of_many].sum() >= smallest_cell):
                break
            hidden[row] |= people[row] > 0
    return hidden


def _few_pairs(pairs: pd.DataFrame, rows: str, columns: str, smallest_cell: int) -> Mask:
    table = pairs.pivot_table(index=rows, columns=columns, values="customer_count", aggfunc="sum", fill_value=0)
    counts = table.to_numpy(dtype=np.int64)
    try:
        cells = suppression.hide(counts, smallest_cell=smallest_cell).cells
    except ValueError:  # a table of one row or column: its totals are its cells, and tell them
        cells = np.full(counts.shape, (counts[counts > 0] < smallest_cell).any())
    at = table.index.get_indexer(pd.Index(pairs[rows])), table.columns.get_indexer(pd.Index(pairs[columns]))
    return np.asarray(cells[at], dtype=bool)


def _numbers(groups: pd.DataFrame, names: set[str]) -> list[str]:
    numeric = groups.select_dtypes("number").columns
    return [str(name) for name in numeric if name not in names]


def _emptied(groups: pd.DataFrame, hidden: Mask, values: Sequence[str]) -> pd.DataFrame:
    before = groups["is_hidden"].to_numpy(dtype=bool) if "is_hidden" in groups else np.zeros(len(groups), dtype=bool)
    emptied = groups.copy()
    for name in values if hidden.any() else ():
        column = emptied[name]
        column = column.astype("Int64") if pd.api.types.is_integer_dtype(column) else column
        emptied[name] = column.mask(hidden)
    return emptied.assign(is_hidden=hidden | before)
