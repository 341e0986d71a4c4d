"""The choice of a model of spend: which, why in words, and what values get of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import FitError
from helpers.models.spend import gamma_gamma, spend_choice
from helpers.models.spend.spending import GammaGammaSpending, ScatteredSpending
from tests.models.spend.spends import cdnow_days, made, repeat_spend


def test_cdnow_gets_gamma_gamma():
    spend = repeat_spend(cdnow_days())
    found = spend_choice.choose(spend, level=0.9)
    assert found.name == "gamma_gamma"
    assert found.shrunk is None
    assert found.notes == (found.independence.note,)
    expected = gamma_gamma.expected_spend(found.fit.theta, spend)
    assert (found.customers["expected_spend_amount"] == expected).all()
    assert found.customers["is_seen"].sum() == 946
    ready = spend_choice.spending_of(found, spend, draws=20, seed=1)
    assert isinstance(ready, GammaGammaSpending)
    assert (ready.expected == expected).all()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"seed": 1, "n": 2_000, "slope": 0.5}, "Spend goes with frequency, too much for Gamma-Gamma: correlation 0."),
        ({"seed": 1, "n": 800, "theta": (6.0, 0.7, 90.0)}, "Gamma-Gamma has no mean spend: q must be above 1, and "),
        ({"seed": 5, "n": 60}, "Gamma-Gamma is not identified: the data hardly identify p, gamma."),
    ],
)
def test_elsewhere_the_shrunk_mean_and_why(arguments, why):
    spend = made(**arguments).spend
    found = spend_choice.choose(spend, level=0.9)
    assert found.name == "shrunk_mean"
    assert found.notes[0].startswith(
        f"Expected spend is the shrunk mean of each customer's own purchases, not Gamma-Gamma's. {why}"
    )
    assert np.isfinite(found.customers["expected_spend_amount"]).all()
    ready = spend_choice.spending_of(found, spend, draws=20, seed=1)
    assert isinstance(ready, ScatteredSpending)
    assert (ready.expected == found.customers["expected_spend_amount"]).all()
    assert np.isfinite(ready.totals(np.ones(len(spend)))).all()


def test_a_mean_of_all_that_nobody_paid_speaks_against_gamma_gamma():
    """Lognormal spend, 1.2 between customers and 0.6 between the orders of each."""
    rng, true = np.random.default_rng(11), 30 * np.exp(1.2**2 / 2 + 0.6**2 / 2)
    who = np.repeat(np.arange(3_000), rng.poisson(1.5, 3_000))
    own = 30 * np.exp(1.2 * rng.standard_normal(3_000))
    paid = pd.Series(own[who] * np.exp(0.6 * rng.standard_normal(len(who)))).groupby(who).agg(["size", "mean"])
    spend = pd.DataFrame({"repeat_count": paid["size"], "mean_amount": paid["mean"]}).reindex(np.arange(3_000))
    spend["repeat_count"] = spend["repeat_count"].fillna(0).astype(int)
    found = spend_choice.choose(spend, level=0.95)
    assert found.independence.is_independent, "nothing else speaks against it"
    assert found.fit.is_identified
    assert gamma_gamma.population_mean(found.fit.theta) > 1.3 * true
    assert found.name == "shrunk_mean"
    assert "Its mean customer pays " in found.notes[0]
    never_back = found.customers.loc[~found.customers["is_seen"], "expected_spend_amount"]
    assert never_back.to_numpy() == pytest.approx(true, rel=0.15)


def test_nobody_came_back():
    spend = pd.DataFrame({"repeat_count": [0] * 9, "mean_amount": np.nan, "first_amount": np.arange(1.0, 10.0)})
    found = spend_choice.choose(spend, level=0.9)
    assert found.fit is None
    assert found.customers["expected_spend_amount"].tolist() == [5.0] * 9
    assert found.notes[0].startswith("Expected spend is the mean of the first purchases, for nobody came back;")
    assert (spend_choice.spending_of(found, spend, draws=4, seed=1).expected == 5).all()


def test_one_customer():
    found = spend_choice.choose(pd.DataFrame({"repeat_count": [2], "mean_amount": [7.0]}), level=0.9)
    assert found.name == "shrunk_mean"
    assert found.customers["expected_spend_amount"].tolist() == pytest.approx([7.0])


def test_no_customer():
    with pytest.raises(FitError, match="needs one customer at least, found none"):
        spend_choice.choose(pd.DataFrame({"repeat_count": [], "mean_amount": []}), level=0.9)


def test_impossible_spend_is_refused_also_where_nothing_is_fitted():
    with pytest.raises(FitError, match="the spend of customers must be possible"):
        spend_choice.choose(pd.DataFrame({"repeat_count": [0], "mean_amount": [3.0]}), level=0.9)
