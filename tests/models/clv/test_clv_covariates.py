"""Covariates: coded as said, the likelihood of the plain model at shifted parameters, and effects that are covered."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime

from helpers.errors import FitError
from helpers.models.buying import covariates, fitting, rows
from helpers.models.buying.prediction import interval, predict
from helpers.models.buying.registry import MODELS
from helpers.simulation.sales_settings import Channel, Customers
from tests.models.clv import clv_companies

PLAIN = {
    "pareto_nbd": np.array([0.7, 30.0, 0.6, 9.0]),
    "bg_nbd": np.array([0.7, 30.0, 0.8, 2.5]),
    "mbg_nbd": np.array([0.7, 30.0, 0.8, 2.5]),
}
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": list("abcdef"),
        "frequency": [0, 2, 2, 9, 0, 2],
        "recency_weeks": [0.0, 30.0, 30.0, 30.0, 0.0, 30.0],
        "age_weeks": [39.0, 39.0, 39.0, 31.0, 2.0, 39.0],
        "channel": ["搜索", "搜索", "social", "social", "搜索", "搜索"],
        "region": ["north", "south", "north", "south", "south", "south"],
    }
)
CHANNELS = (Channel("search", 0.5), Channel("social", 0.5, rate_effect=-0.3, dropout_effect=0.5))
EFFECTS = np.log([0.8, 1.3, 1.5, 0.7])
"""social and north on purchases, then on dropout."""


def small(*names: str, customers: pd.DataFrame = CUSTOMERS) -> covariates.Design:
    return covariates.design(customers, covariates=names, least_count=1)


BOTH = small("channel", "region")


def theta(name: str, effects: np.ndarray = EFFECTS) -> np.ndarray:
    return np.concatenate([PLAIN[name], np.exp(effects)])


def test_texts_are_coded_against_the_largest_level() -> None:
    assert BOTH.base == {"channel": "搜索", "region": "south"}
    assert BOTH.effects == (("channel", "social"), ("region", "north"))
    assert BOTH.patterns[BOTH.pattern].tolist() == [[0, 1], [0, 0], [1, 1], [1, 0], [0, 0], [0, 0]]
    assert BOTH.shares[BOTH.pattern[1]] == pytest.approx(0.5)
    assert BOTH.notes == ()
    assert covariates.parameter_names(BOTH) == (
        "purchases channel=social",
        "purchases region=north",
        "dropout channel=social",
        "dropout region=north",
    )
    asked = covariates.design(CUSTOMERS, covariates=["channel"], base={"channel": "social"}, least_count=1)
    assert asked.effects == (("channel", "搜索"),)


def test_of_equal_levels_the_first_by_name_is_the_base() -> None:
    equal = pd.DataFrame({"channel": ["web", "app", "web", "app"]})
    assert covariates.design(equal, covariates=["channel"], least_count=1).base == {"channel": "app"}


def test_small_levels_are_pooled_and_missing_is_a_level() -> None:
    channel = ["a"] * 50 + ["b"] * 30 + ["c"] * 6 + ["d"] * 5 + [None] * 20
    pooled = covariates.design(pd.DataFrame({"channel": channel}), covariates=["channel"], least_count=10)
    assert pooled.effects == (("channel", "b"), ("channel", "not stated"), ("channel", "other"))
    assert pooled.notes == ("channel: levels with fewer than 10 customers count as other: c, d.",)
    into_base = covariates.design(pd.DataFrame({"channel": channel}), covariates=["channel"], least_count=12)
    assert into_base.effects == (("channel", "b"), ("channel", "not stated"))
    assert into_base.notes == ("channel: levels with fewer than 12 customers count as a: c, d.",)
    assert into_base.shares.sum() == pytest.approx(1)
    asked = covariates.design(
        pd.DataFrame({"channel": channel}), covariates=["channel"], base={"channel": "d"}, least_count=6
    )
    assert (asked.base, asked.notes) == ({"channel": "d"}, ())
    # all that is pooled together may outnumber the largest level, which stays the base
    few = covariates.design(pd.DataFrame({"channel": channel}), covariates=["channel"], least_count=31)
    assert (few.base, few.effects) == ({"channel": "a"}, (("channel", "other"),))


def test_a_column_of_one_level_is_told_and_left_out() -> None:
    customers = CUSTOMERS.assign(country="CN")
    found = small("country", "channel", customers=customers)
    assert found.effects == (("channel", "social"),)
    assert found.notes == ("country: all customers are of one level, CN; it sets nobody apart.",)


def test_unfit_covariates_say_what_must_hold() -> None:
    with pytest.raises(
        FitError, match="covariates need two levels that set customers apart; found one level of country"
    ):
        small("country", customers=CUSTOMERS.assign(country="CN"))
    with pytest.raises(FitError, match="each say something of their own; one of channel, site repeats the others"):
        small("channel", "site", customers=CUSTOMERS.assign(site=CUSTOMERS["channel"] + "!"))
    many = pd.DataFrame({"code": [str(number) for number in range(600)]})
    with pytest.raises(FitError, match="may have 500 combinations of levels, found 600; raise least_count"):
        small("code", customers=many)
    with pytest.raises(ValueError, match="covariates must be columns of customers, found chanel"):
        small("chanel")
    with pytest.raises(ValueError, match="base must name levels of covariates, found channel=shop"):
        covariates.design(CUSTOMERS, covariates=["channel"], base={"channel": "shop"})
    with pytest.raises(ValueError, match="covariates must name a column at least, found none"):
        small()
    with pytest.raises(ValueError, match="the design has 6 customers, the histories 5"):
        covariates.collapse(CUSTOMERS.head(5), design=BOTH)
    with pytest.raises(ValueError, match="covariates are for pareto_nbd, bg_nbd, mbg_nbd, found pareto_nbd_covariates"):
        covariates.with_covariates(covariates.with_covariates(MODELS["pareto_nbd"], design=BOTH), design=BOTH)
    with pytest.raises(TypeError, match=r"needs rows of covariates\.collapse"):
        covariates.with_covariates(MODELS["bg_nbd"], design=BOTH).p_alive(theta("bg_nbd"), rows.collapse(CUSTOMERS))


def test_customers_are_one_row_only_with_the_same_history_and_covariates() -> None:
    found = covariates.collapse(CUSTOMERS, design=BOTH)
    assert len(found) == 5
    assert len(rows.collapse(CUSTOMERS)) == 4
    assert found.weight.sum() == found.customer_count == 6
    assert found.index[1] == found.index[5] != found.index[2]
    assert found.spread(found.pattern).tolist() == BOTH.pattern.tolist()
    assert found.spread(found.frequency).tolist() == CUSTOMERS["frequency"].tolist()
    assert found.some(np.array([3, 1])).pattern.tolist() == found.pattern[[3, 1]].tolist()


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_each_customer_has_the_plain_model_at_shifted_parameters(name: str) -> None:
    plain, model = MODELS[name], covariates.with_covariates(MODELS[name], design=BOTH)
    together = covariates.collapse(CUSTOMERS, design=BOTH)
    found = {
        "log_likelihood": together.spread(model.log_likelihood(theta(name), together)[0]),
        "p_alive": together.spread(model.p_alive(theta(name), together)),
        "expected": together.spread(model.expected_purchases(theta(name), together, 26.0)),
        "residual": together.spread(model.residual(theta(name), together, 0.002)),
    }
    for place, (channel, region) in enumerate(CUSTOMERS[["channel", "region"]].to_numpy()):
        own = covariates.theta_of(theta(name), model=plain, design=BOTH, levels={"channel": channel, "region": region})
        # by hand: alpha exp(-gamma'z), and beta or b exp(-delta'z)
        z = np.array([channel == "social", region == "north"], dtype=float)
        assert own == pytest.approx(PLAIN[name] * [1, np.exp(-z @ EFFECTS[:2]), 1, np.exp(-z @ EFFECTS[2:])])
        alone = rows.collapse(CUSTOMERS.iloc[[place]])
        assert found["log_likelihood"][place] == pytest.approx(plain.log_likelihood(own, alone)[0][0])
        assert found["p_alive"][place] == pytest.approx(plain.p_alive(own, alone)[0])
        assert found["expected"][place] == pytest.approx(plain.expected_purchases(own, alone, 26.0)[0])
        assert found["residual"][place] == pytest.approx(plain.residual(own, alone, 0.002)[0])


def test_levels_that_are_not_in_the_design_are_refused() -> None:
    with pytest.raises(ValueError, match=r"levels must be those of the design .*, found channel=shop"):
        covariates.theta_of(theta("bg_nbd"), model=MODELS["bg_nbd"], design=BOTH, levels={"channel": "shop"})


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_the_gradient_is_that_of_the_likelihood(name: str) -> None:
    model, together = covariates.with_covariates(MODELS[name], design=BOTH), covariates.collapse(CUSTOMERS, design=BOTH)

    def total(log_theta: np.ndarray) -> float:
        return float(together.weight @ model.log_likelihood(np.exp(log_theta), together)[0])

    gradient = together.weight @ model.log_likelihood(theta(name), together)[1]
    assert approx_fprime(np.log(theta(name)), total, 1e-6) == pytest.approx(gradient, abs=2e-4)


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_without_effects_it_is_the_plain_model(name: str) -> None:
    plain, model = MODELS[name], covariates.with_covariates(MODELS[name], design=BOTH)
    none, weeks = theta(name, np.zeros(4)), np.array([4.0, 52.0])
    assert model.expected_new(none, weeks) == pytest.approx(plain.expected_new(PLAIN[name], weeks))
    assert model.count_shares(none, weeks, 5) == pytest.approx(plain.count_shares(PLAIN[name], weeks, 5))
    medians = {"median_lifetime_weeks"}
    assert model.means(none) == pytest.approx({k: v for k, v in plain.means(PLAIN[name]).items() if k not in medians})


def test_a_new_customer_is_of_the_mix_of_the_design() -> None:
    plain, weeks = MODELS["bg_nbd"], np.array([52.0])
    model = covariates.with_covariates(plain, design=BOTH)
    levels = CUSTOMERS[["channel", "region"]].to_dict("records")
    own = [covariates.theta_of(theta("bg_nbd"), model=plain, design=BOTH, levels=one) for one in levels]
    mean = np.mean([plain.expected_new(one, weeks) for one in own])
    assert model.expected_new(theta("bg_nbd"), weeks)[0] == pytest.approx(mean)
    rate = model.means(theta("bg_nbd"))["purchase_rate_per_week"]
    assert rate == pytest.approx(np.mean([one[0] / one[1] for one in own]))


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_draws_follow_the_customer_and_the_expectation(name: str) -> None:
    many = CUSTOMERS.loc[CUSTOMERS.index.repeat(4_000)].reset_index(drop=True)
    shape = small("channel", "region", customers=many)
    model, together = covariates.with_covariates(MODELS[name], design=shape), covariates.collapse(many, design=shape)
    rng = np.random.default_rng(4)
    once = model.draw(theta(name), together, 52.0, rng).reshape(6, -1)
    expected = together.spread(model.expected_purchases(theta(name), together, 52.0)).reshape(6, -1)[:, 0]
    assert (np.abs(once.mean(axis=1) - expected) < 4 * once.std(axis=1) / np.sqrt(4_000)).all()
    path = model.draw(theta(name), together, np.array([26.0, 52.0]), rng)
    assert path.shape == (24_000, 2)
    assert path.sum(axis=1).mean() == pytest.approx(expected.mean(), rel=0.05)


@pytest.mark.parametrize("process", ["pareto_nbd", "bg_nbd"])
def test_effects_and_totals_by_channel_are_covered(process: str) -> None:
    held, totals, misses = [], [], []
    for seed in range(1, 7):
        histories = clv_companies.cut(clv_companies.with_channels(seed, 3_000, CHANNELS, process=process))
        shape = covariates.design(histories, covariates=["channel"], base={"channel": "search"})
        together = covariates.collapse(histories, design=shape)
        model = covariates.with_covariates(MODELS[process], design=shape)
        fit = fitting.fit(model, together, level=0.9)
        found = covariates.effects(fit, design=shape, level=0.9)
        true = np.array([CHANNELS[1].rate_effect, CHANNELS[1].dropout_effect])
        held.append((found["low"] <= true) & (true <= found["high"]))
        misses.append((found["coefficient"] - true) / found["standard_error"])
        future = predict(
            together, fit=fit, model=model, weeks=clv_companies.FUTURE_WEEKS, draws=60, seed=seed, level=0.9
        )
        channels = np.unique(histories["channel"])
        drawn = [future.counts[:, histories["channel"].to_numpy() == one].sum(axis=1) for one in channels]
        low, high = interval(np.stack(drawn, axis=1), level=0.9)
        actual = histories.groupby("channel")["future_count"].sum().to_numpy()
        totals.append((low <= actual) & (actual <= high))
    assert np.mean(held) >= 0.75
    assert np.mean(totals) >= 0.75
    assert np.abs(np.mean(misses)) < 0.9
    assert 0.5 < np.std(misses) < 1.5


def test_effects_are_the_logarithms_of_the_fitted_ratios() -> None:
    company = clv_companies.with_channels(1, 1_500, Customers().channels, process="bg_nbd")
    histories = clv_companies.cut(company)
    shape = covariates.design(histories, covariates=["channel"], least_count=200)
    assert shape.notes == (
        "channel: levels with fewer than 200 customers count as other: marketplace, referral, store.",
    )
    together = covariates.collapse(histories, design=shape)
    fit = fitting.fit(covariates.with_covariates(MODELS["bg_nbd"], design=shape), together, level=0.9)
    plain = fitting.fit(MODELS["bg_nbd"], rows.collapse(histories), level=0.9)
    assert fit.log_likelihood >= plain.log_likelihood
    found = covariates.effects(fit, design=shape, level=0.9)
    table = fit.parameters.set_index("parameter")
    for one in found.itertuples():
        fitted = table.loc[f"{one.process} channel={one.level}"]
        assert np.exp(one.coefficient) == pytest.approx(fitted["estimate"]) == one.ratio
        assert (one.ratio_low, one.ratio_high) == pytest.approx((fitted["low"], fitted["high"]))
        assert np.exp([one.low, one.high]) == pytest.approx([one.ratio_low, one.ratio_high])
    assert found["process"].tolist() == ["purchases", "purchases", "dropout", "dropout"]
    social = int((histories["channel"] == "social").sum())
    search = int((histories["channel"] == "search").sum())
    assert found["level"].tolist() == ["other", "social"] * 2
    assert found["n"].tolist() == [len(histories) - social - search, social] * 2
    assert set(found["base_level"]) == {"search"}
