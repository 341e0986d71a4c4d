"""What a fitted model looks like: published points of the matrices, and shares that are those of the mixing law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma

from helpers.models.buying import fitting, shapes
from helpers.models.buying.fitting import Fit
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import Rows, collapse

# BTYD's walkthrough; reference/clv.md
THETA = {
    "pareto_nbd": [0.5533971, 10.5801985, 0.6060625, 11.6562237],
    "bg_nbd": [0.2425982, 4.4136842, 0.7929899, 2.4261667],
}


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Customers of up to 30 repeat purchases, most of them one-time buyers."""
    x = np.array([0, 0, 0, 1, 2, 30])
    recency = np.array([0, 0, 0, 10.0, 39.0, 20.0])
    return collapse(pd.DataFrame({"frequency": x, "recency_weeks": recency, "age_weeks": 39.0}))


def fitted(name: str) -> Fit:
    """A fit as BTYD gave it."""
    nothing = pd.DataFrame()
    return Fit(name, np.array(THETA[name]), nothing, nothing, 0.0, 0.0, 0.0, 6, True, (), np.full((4, 4), np.nan))


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("pareto_nbd", [0.7062289, 0.1442396, 0.02250658, 0.00309267]),
        ("bg_nbd", [0.3474606, 0.04283391, 0.004158973, 0.0003583685]),
    ],
)
def test_expected_purchases_are_the_published_ones(rows: Rows, name: str, published: list[float]) -> None:
    """A customer of 39 weeks, last seen in week 20, over 52 weeks, with 10, 15, 20 and 25 repeat purchases."""
    frame = shapes.matrix(rows, fit=fitted(name), model=MODELS[name], weeks=52.0)
    seen = frame[np.isclose(frame["recency_weeks"], 20)].set_index("frequency")["expected_purchase_count"]
    assert seen[[10, 15, 20, 25]].tolist() == pytest.approx(published, rel=5e-4)


def test_cells_that_no_history_can_have_are_not_there(rows: Rows) -> None:
    frame = shapes.matrix(rows, fit=fitted("bg_nbd"), model=MODELS["bg_nbd"], weeks=10.0)
    assert len(frame) == 1 + 30 * 39
    once = frame["frequency"] == 0
    assert frame.loc[once, "recency_weeks"].tolist() == [0.0]
    assert frame["p_alive"].isna().tolist() == once.tolist(), "BG/NBD cannot tell who bought once"
    assert (frame.loc[frame["frequency"] > 0, "recency_weeks"] > 0).all()
    assert frame["customer_count"].sum() == rows.customer_count
    assert frame.set_index(["frequency", "recency_weeks"]).loc[(0, 0.0), "customer_count"] == 3
    assert (frame["age_weeks"] == 39).all()


def test_a_matrix_needs_a_future_and_an_age(rows: Rows) -> None:
    with pytest.raises(ValueError, match="must be above 0, found 39 and 0"):
        shapes.matrix(rows, fit=fitted("bg_nbd"), model=MODELS["bg_nbd"], weeks=0.0)
    newborn = collapse(pd.DataFrame({"frequency": [0], "recency_weeks": [0.0], "age_weeks": [0.0]}))
    frame = shapes.matrix(newborn, fit=fitted("pareto_nbd"), model=MODELS["pareto_nbd"], weeks=4.0)
    assert np.isfinite(frame[["p_alive", "expected_purchase_count"]].to_numpy()).all()
    assert frame["frequency"].max() == shapes.SMALLEST_FREQUENCY


def test_shares_are_those_of_the_mixing_law() -> None:
    model = MODELS["pareto_nbd"]
    frame = shapes.mixing(fitted("pareto_nbd"), model=model)
    assert frame.groupby("quantity")["share"].sum().to_numpy() == pytest.approx([1.0, 1.0])
    rate = frame[frame["quantity"] == "purchase_rate_per_week"]
    r, alpha = THETA["pareto_nbd"][:2]
    assert rate["share"].iloc[:3].sum() == pytest.approx(gamma.cdf(rate["end"].iloc[2], r, scale=1 / alpha))
    assert rate["mean"].iloc[0] == pytest.approx(r / alpha)
    assert rate["share"].iloc[-1] > 0.02, "the last bar holds all above it"
    beta = shapes.mixing(fitted("bg_nbd"), model=MODELS["bg_nbd"])
    assert beta["quantity"].unique().tolist() == ["purchase_rate_per_week", "dropout_probability"]
    assert beta["share"].iloc[-shapes.BINS :].sum() == pytest.approx(1)


def test_a_fit_at_its_bounds_has_shares_still() -> None:
    edge = replace(fitted("pareto_nbd"), theta=np.array([1e-5, 1e-3, 1e5, 1e7]))
    assert np.isfinite(shapes.mixing(edge, model=MODELS["pareto_nbd"])["share"]).all()
    few = collapse(pd.DataFrame({"frequency": [0, 0], "recency_weeks": [0.0, 0], "age_weeks": [5.0, 9.0]}))
    fit = fitting.fit(MODELS["bg_nbd"], few, level=0.9)
    assert np.isfinite(shapes.mixing(fit, model=MODELS["bg_nbd"])["share"]).all()
