"""The parameters of several fits in one table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from helpers.models.buying.fitting import Fit

COLUMNS = [
    "model", "parameter", "estimate", "standard_error", "low", "high", "robust_standard_error", "fitted_until",
]  # fmt: skip


def of_fits(fits: Iterable[Fit], *, fitted_until: date | None) -> pd.DataFrame:
    """The parameters of fits to one and the same past, and the means that follow from them.

    Parameters
    ----------
    fits
        Fits of purchase models, and of Gamma-Gamma too.
    fitted_until
        The last day that the fits saw.

    Returns
    -------
    pandas.DataFrame
        One row per fit and parameter or mean: model, parameter, estimate, standard_error, low, high,
        robust_standard_error, fitted_until (day). No rows without fits.
    """
    frames = [pd.concat([fit.parameters, fit.means]).assign(fitted_until=fitted_until) for fit in fits]
    return (
        pd.concat([frame[COLUMNS] for frame in frames], ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    )


def joined(*tables: pd.DataFrame) -> pd.DataFrame:
    """Several tables of `of_fits` under each other; those without rows are left out."""
    return pd.concat([table for table in tables if len(table)], ignore_index=True)
