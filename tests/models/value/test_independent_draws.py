"""The doubt about buying, about spend, about new customers and about channels: drawn independently of each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.models.buying.fitting import Fit
from helpers.models.buying.prediction import parameter_draws
from helpers.randomness import stream

DRAWS = 4_000


def fit_of(model: str, k: int) -> Fit:
    """A fit whose estimates are independent of each other, each with a doubt of a tenth."""
    none = pd.DataFrame()
    return Fit(model, np.ones(k), none, none, -10.0, 28.0, 30.0, 9, True, (), 0.01 * np.eye(k))


def correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of every column of the one with every column of the other."""
    return np.corrcoef(one, other, rowvar=False)[: one.shape[1], one.shape[1] :]


@pytest.mark.parametrize("buying", ["pareto_nbd", "bg_nbd", "mbg_nbd"])
def test_parameters_of_buying_and_of_spend_are_drawn_independently(buying: str) -> None:
    bought = np.log(parameter_draws(fit_of(buying, 4), draws=DRAWS, seed=1))
    spent = np.log(parameter_draws(fit_of("gamma_gamma", 3), draws=DRAWS, seed=1))
    assert np.abs(correlations(bought, spent)).max() < 4 / np.sqrt(DRAWS)
    # of equal shape they would have been the same numbers before streams had names
    assert np.abs(correlations(bought, np.log(parameter_draws(fit_of("other", 4), draws=DRAWS, seed=1)))).max() < 0.07


def test_channels_and_forecast_have_streams_of_their_own() -> None:
    names = ("mean spend of a channel", "season, shocks and new customers", "mean spend of all", "purchases to come")
    drawn = np.column_stack([stream(1, name).standard_normal(DRAWS) for name in names])
    apart = np.corrcoef(drawn, rowvar=False) - np.eye(len(names))
    assert np.abs(apart).max() < 4 / np.sqrt(DRAWS)


def test_one_model_and_seed_draw_the_same() -> None:
    fit = fit_of("bg_nbd", 4)
    once, again, other = (parameter_draws(fit, draws=9, seed=seed) for seed in (1, 1, 2))
    assert (once == again).all()
    assert (once != other).any()
    assert (parameter_draws(replace(fit, model="mbg_nbd"), draws=9, seed=1) != once).any()
