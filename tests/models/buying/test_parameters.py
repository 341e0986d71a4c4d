"""The parameters of fits to two pasts, under each other."""

from __future__ import annotations

from datetime import date

import pandas as pd

from helpers.models.buying import fitting, parameters
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import collapse

HISTORIES = pd.DataFrame(
    {
        "frequency": [0, 0, 1, 2, 5, 0, 3, 1],
        "recency_weeks": [0.0, 0.0, 3.0, 8.0, 20.0, 0.0, 25.0, 9.0],
        "age_weeks": [30.0, 28.0, 26.0, 29.0, 24.0, 20.0, 27.0, 22.0],
    }
)


def test_each_parameter_of_each_fit_is_a_row_with_its_day() -> None:
    fits = [fitting.fit(MODELS[name], collapse(HISTORIES), level=0.9) for name in ("bg_nbd", "mbg_nbd")]
    early = parameters.of_fits(fits[:1], fitted_until=date(2024, 1, 1))
    both = parameters.of_fits(fits, fitted_until=date(2024, 7, 1))
    assert list(both) == parameters.COLUMNS
    assert both["model"].unique().tolist() == ["bg_nbd", "mbg_nbd"]
    assert set(early["parameter"]) >= {"r", "alpha", "a", "b", "purchase_rate_per_week", "dropout_probability"}
    table = parameters.joined(early, both)
    assert not table.duplicated(["model", "parameter", "fitted_until"]).any()
    assert len(table) == len(early) + len(both)


def test_without_a_fit_there_are_no_rows() -> None:
    empty = parameters.of_fits([], fitted_until=None)
    assert list(empty) == parameters.COLUMNS
    assert len(empty) == 0
    fits = [fitting.fit(MODELS["bg_nbd"], collapse(HISTORIES), level=0.9)]
    known = parameters.of_fits(fits, fitted_until=date(2024, 1, 1))
    assert parameters.joined(empty, known)["estimate"].dtype == float
