"""Whether answers differ between the columns of a table at all, tested with the errors of the design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtrc

from helpers.models.statistics.families import Control, adjusted
from helpers.models.survey.design import Design, Floats, Ints, covariance
from helpers.models.survey.samples import codes_of

Method = Literal["rao_scott", "rao_scott_first_order", "wald", "adjusted_wald"]


@dataclass(frozen=True)
class Tested:
    """A test of independence: the statistic, its degrees of freedom, and the p value.

    `denominator_degrees` is infinite where the statistic is compared with a chi-squared distribution.
    """

    statistic: float
    degrees: float
    denominator_degrees: float
    p_value: float


def independence(rows: Ints, columns: Ints, *, design: Design, method: Method = "rao_scott") -> Tested:
    """Whether the rows and columns of a table are independent.

    Parameters
    ----------
    rows, columns
        Codes from zero, an entry per interview; -1 where there is none. Such interviews stay in the design.
    method
        `rao_scott`: Pearson's statistic over the trace of the design effects, as F with Satterthwaite's degrees (the
        best kept level). `rao_scott_first_order`: Pearson's statistic itself, with the p value of its mean correction.
        `wald` and `adjusted_wald`: on the observed less the expected totals, as F; liberal with few units.

    References
    ----------
    Rao and Scott (1984), Annals of Statistics 12, 46-60; Thomas and Rao (1987), JASA 82, 630-636; Koch, Freeman and
    Freeman (1975), International Statistical Review 43, 59-78.
    """
    is_in = (rows >= 0) & (columns >= 0)
    sizes = int(rows[is_in].max(initial=-1)) + 1, int(columns[is_in].max(initial=-1)) + 1
    if min(sizes) < 2:
        return Tested(np.nan, np.nan, np.nan, np.nan)
    cells = sizes[0] * sizes[1]
    code = np.where(is_in, rows * sizes[1] + columns, -1)
    if method in ("wald", "adjusted_wald"):
        return _wald(code, sizes, design, is_adjusted=method == "adjusted_wald")
    w, n = np.where(is_in, design.weights, 0), int(is_in.sum())
    share = np.bincount(np.maximum(code, 0), weights=w, minlength=cells) / w.sum()
    table = share.reshape(sizes)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)).ravel()
    pearson = n * float(((share - expected) ** 2 / expected).sum())
    influence = ((code[:, None] == np.arange(cells)) - share) / w.sum() * is_in[:, None]
    # a cell that nobody is in has no share to divide by: there the one that independence expects
    effects = _effects(share if share.min() > 0 else expected, covariance(design, influence), sizes, n)
    trace, k = float(np.trace(effects)), len(effects)
    if method == "rao_scott_first_order":
        return Tested(pearson, k, np.inf, float(chdtrc(k, pearson * k / trace)))
    degrees = trace**2 / float(np.trace(effects @ effects))
    below = degrees * design.degrees
    return Tested(pearson / trace, degrees, below, float(fdtrc(degrees, below, pearson / trace)))


def _effects(share: Floats, found: Floats, sizes: tuple[int, int], n: int) -> Floats:
    """The design effects of the interaction: their eigenvalues weigh the chi-squared variables of Pearson's sum."""
    first, second = (_contrasts(size) for size in sizes)
    ones = [np.ones((size, 1)) for size in sizes]
    main = np.hstack([np.kron(ones[0], ones[1]), np.kron(first, ones[1]), np.kron(ones[0], second)])
    crossed = np.kron(first, second)
    inner = crossed - main @ np.linalg.lstsq(main, crossed, rcond=None)[0]
    inverse = 1 / share[:, None]
    simple = inner.T @ (inverse / n * inner)
    designed = (inverse * inner).T @ found @ (inverse * inner)
    effects: Floats = np.linalg.solve(simple, designed)
    return effects


def _contrasts(size: int) -> Floats:
    return np.vstack([np.eye(size - 1), -np.ones((1, size - 1))])


def _wald(code: Ints, sizes: tuple[int, int], design: Design, *, is_adjusted: bool) -> Tested:
    rows, columns = sizes
    inside = (code[:, None] == np.arange(rows * columns)).astype(float).reshape(-1, rows, columns)
    totals = np.tensordot(design.weights, inside, axes=1)
    of_row, of_column, total = totals.sum(axis=1), totals.sum(axis=0), totals.sum()
    apart = (totals - np.outer(of_row, of_column) / total)[:-1, :-1].ravel()
    in_row, in_column = inside.sum(axis=2)[:, :, None], inside.sum(axis=1)[:, None, :]
    influence = inside - (in_row * of_column + of_row[:, None] * in_column) / total
    influence += np.outer(of_row, of_column) / total**2 * inside.sum(axis=(1, 2))[:, None, None]
    found = covariance(design, influence[:, :-1, :-1].reshape(len(code), -1))
    k, nu = len(apart), design.degrees
    statistic = float(apart @ np.linalg.solve(found, apart)) / k
    below = float(nu)
    if is_adjusted:
        below = float(nu - k + 1)
        statistic *= below / nu
    return Tested(statistic, k, below, float(fdtrc(k, below, statistic)))


def associations(
    answers: pd.DataFrame,
    groupings: Mapping[str, pd.Series],
    *,
    design: Design,
    is_in: pd.Series,
    control: Control,
    method: Method = "rao_scott",
) -> pd.DataFrame:
    """Of every question and banner, whether the answers differ between its columns; all of them are one family.

    Returns
    -------
    pandas.DataFrame
        A row per item and banner, the surest first: item, banner, statistic, degrees, denominator_degrees, p_value,
        adjusted_p_value, n.
    """
    rows = []
    banners = {name: codes_of(labels)[0] for name, labels in groupings.items()}
    for item in answers.columns:
        code = codes_of(answers[item].where(is_in))[0]
        for banner, column in banners.items():
            is_asked = (code >= 0) & (column >= 0)
            levels = np.where(is_asked, column, -1)
            levels[is_asked] = np.unique(levels[is_asked], return_inverse=True)[1]
            found = independence(np.where(is_asked, code, -1), levels, design=design, method=method)
            numbers = (found.statistic, found.degrees, found.denominator_degrees, found.p_value)
            rows.append((item, banner, *numbers, int(is_asked.sum())))
    names = ["item", "banner", "statistic", "degrees", "denominator_degrees", "p_value", "n"]
    table = pd.DataFrame(rows, columns=names)
    table.insert(6, "adjusted_p_value", adjusted(table["p_value"], control=control))
    return table.sort_values(["adjusted_p_value", "p_value"], kind="stable", ignore_index=True)
