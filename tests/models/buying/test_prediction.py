"""Predictions: the draws are what the models expect, and the intervals hold what then happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from helpers.models.buying import fitting, prediction
from helpers.models.buying.fitting import Fit
from helpers.models.buying.prediction import Prediction, interval, next_order, parameter_draws, predict
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import Rows, collapse
from tests.models import companies as clv_companies
from tests.simulation import companies

THETAS = {
    "pareto_nbd": np.array([0.55, 10.6, 0.61, 11.7]),
    "bg_nbd": np.array([0.24, 4.4, 0.79, 2.4]),
    "mbg_nbd": np.array([0.52, 6.2, 0.89, 1.6]),
}
HISTORIES = pd.DataFrame(
    {
        "customer_id": list("abcdef"),
        "frequency": [0, 2, 2, 26, 0, 7],
        "recency_weeks": [0.0, 30.0, 30.0, 30.857, 0.0, 8.0],
        "age_weeks": [38.857, 38.857, 38.857, 31.0, 0.0, 39.0],
    }
)


def known(name: str, *, sd: float | None = None) -> Fit:
    """A fit whose parameters are known, or doubted by `sd` on the log scale each on its own."""
    covariance = np.full((4, 4), np.nan) if sd is None else sd**2 * np.eye(4)
    empty = pd.DataFrame()
    return Fit(name, THETAS[name], empty, empty, 0.0, 0.0, 0.0, 1, sd is not None, (), covariance)


def told(histories: pd.DataFrame, name: str = "pareto_nbd", *, sd: float | None = 0.1, draws: int = 99) -> Prediction:
    return predict(
        collapse(histories), fit=known(name, sd=sd), model=MODELS[name], weeks=39.0, draws=draws, seed=5, level=0.9
    )


def cohort(seed: int, count: int, process: str) -> pd.DataFrame:
    return clv_companies.cut(companies.plain(seed, count, process=process))


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_draws_are_on_average_what_the_model_expects(name: str) -> None:
    many = HISTORIES.loc[HISTORIES.index.repeat(200)].reset_index(drop=True)
    rows = collapse(many)
    found = predict(rows, fit=known(name), model=MODELS[name], weeks=52.0, draws=200, seed=1, level=0.9)
    each = found.counts.reshape(200, len(HISTORIES), 200).swapaxes(0, 1).reshape(len(HISTORIES), -1)
    error = each.std(axis=1) / np.sqrt(each.shape[1])
    expected = found.customers["expected_purchase_count"].to_numpy()[::200]
    assert (np.abs(each.mean(axis=1) - expected) < 4 * error + 1e-9).all()
    assert found.total.value == pytest.approx(found.customers["expected_purchase_count"].sum())
    assert found.customers["p_alive"].to_numpy() == pytest.approx(rows.spread(MODELS[name].p_alive(THETAS[name], rows)))


@pytest.mark.slow
@pytest.mark.parametrize("process", ["pareto_nbd", "bg_nbd"])
def test_nine_in_ten_totals_and_deciles_are_inside_their_intervals(process: str) -> None:
    totals, deciles, customers = [], [], []
    for seed in range(1, 11):
        histories = cohort(seed, 2_000, process)
        rows, model, future = collapse(histories), MODELS[process], histories["future_count"]
        fit = fitting.fit(model, rows, level=0.9)
        found = predict(rows, fit=fit, model=model, weeks=clv_companies.FUTURE_WEEKS, draws=100, seed=seed, level=0.9)
        rank = found.customers["expected_purchase_count"].rank(method="first")
        tenth = pd.qcut(rank, 10, labels=False)
        low, high = interval(
            np.stack([found.counts[:, tenth == at].sum(axis=1) for at in range(10)], axis=1), level=0.9
        )
        actual = future.groupby(tenth).sum().to_numpy()
        totals.append(found.total.low <= future.sum() <= found.total.high)
        deciles.append(((low <= actual) & (actual <= high)).mean())
        customers.append(future.between(found.customers["low"], found.customers["high"]).mean())
    assert np.sum(totals) >= 7
    assert 0.84 <= np.mean(deciles) <= 0.97
    # whole purchases: an interval for nearly nobody can hold exactly nine in ten
    assert 0.9 <= np.mean(customers) <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("process", ["pareto_nbd", "bg_nbd"])
def test_where_the_model_is_true_p_alive_is_calibrated_and_the_total_near(process: str) -> None:
    expected, bought = 0.0, 0
    for seed in (1, 2, 3):
        company = companies.plain(seed, 20_000, process=process)
        histories = clv_companies.cut(company)
        rows, model = collapse(histories), MODELS[process]
        fit = fitting.fit(model, rows, level=0.9)
        p, is_alive = rows.spread(model.p_alive(fit.theta, rows)), histories["is_alive"].to_numpy()
        best = rows.spread(model.p_alive(clv_companies.true_theta(company), rows))
        assert calibration_error(p, is_alive) <= 0.03
        assert roc_auc_score(is_alive, p) >= roc_auc_score(is_alive, best) - 0.01
        expected += rows.weight @ model.expected_purchases(fit.theta, rows, clv_companies.FUTURE_WEEKS)
        bought += histories["future_count"].sum()
    # one such company may be off by 5 % by chance alone
    assert expected == pytest.approx(bought, rel=0.05)


def calibration_error(p: np.ndarray, is_alive: np.ndarray) -> float:
    """The mean gap between what was said and what was true, over ten bins of equal width."""
    by_bin = pd.DataFrame({"p": p, "is_alive": is_alive}).groupby(np.minimum((p * 10).astype(int), 9))
    return float(np.average((by_bin["p"].mean() - by_bin["is_alive"].mean()).abs(), weights=by_bin.size()))


def test_doubt_about_the_parameters_widens_the_interval_of_a_total_and_is_shared_by_all() -> None:
    many = HISTORIES.loc[HISTORIES.index.repeat(500)].reset_index(drop=True)
    sure, unsure = told(many, sd=0.0001), told(many, sd=0.2)
    assert unsure.total.high - unsure.total.low > 2 * (sure.total.high - sure.total.low)
    halves = unsure.counts[:, ::2].sum(axis=1, dtype=float), unsure.counts[:, 1::2].sum(axis=1, dtype=float)
    assert np.corrcoef(*halves)[0, 1] > 0.8


def test_parameters_are_drawn_around_their_estimates_on_the_log_scale() -> None:
    logs = np.log(parameter_draws(known("bg_nbd", sd=0.3), draws=20_000, seed=2))
    assert logs.mean(axis=0) == pytest.approx(np.log(THETAS["bg_nbd"]), abs=0.01)
    assert np.cov(logs.T) == pytest.approx(0.09 * np.eye(4), abs=0.004)


def test_what_is_not_identified_is_predicted_at_its_estimate_and_says_so() -> None:
    found = told(HISTORIES, sd=None)
    assert (found.thetas == THETAS["pareto_nbd"]).all()
    assert found.notes == (
        "The intervals of Pareto/NBD hold the chance of the future alone: how sure its parameters are is not known.",
    )
    assert told(HISTORIES, sd=0.1).notes == ()
    assert found.customers.notna().all(axis=None)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_customers_of_one_history_have_one_prediction_wherever_they_stand(name: str) -> None:
    found = told(HISTORIES, name)
    pd.testing.assert_series_equal(found.customers.loc[1], found.customers.loc[2], check_names=False)
    turned = told(HISTORIES[::-1].reset_index(drop=True), name)
    pd.testing.assert_frame_equal(turned.customers[::-1].reset_index(drop=True), found.customers)
    assert turned.total == found.total


def test_same_seed_same_bytes_on_any_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction, "BLOCK", 2)
    first = told(HISTORIES)
    monkeypatch.setattr(prediction.os, "cpu_count", lambda: 1)
    again = told(HISTORIES)
    assert first.counts.tobytes() == again.counts.tobytes()
    pd.testing.assert_frame_equal(first.customers, again.customers)


def test_another_seed_is_another_future_of_the_same_parameters() -> None:
    rows, fit, model = collapse(HISTORIES), known("pareto_nbd"), MODELS["pareto_nbd"]
    first, other = (
        predict(rows, fit=fit, model=model, weeks=39.0, draws=99, seed=seed, level=0.9).counts for seed in (5, 6)
    )
    assert (first != other).any()


def test_blocks_cut_customers_where_rows_end_and_split_only_what_is_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction, "BLOCK", 8)
    assert prediction._edges(np.cumsum([3, 4, 2, 30, 1])) == [0, 7, 9, 17, 25, 33, 40]
    many = HISTORIES.loc[HISTORIES.index.repeat([3, 2, 2, 2, 30, 1])].reset_index(drop=True)
    found = told(many, draws=2_000)
    assert found.counts.shape == (2_000, 40)
    whole = found.customers.groupby(list(many[["frequency", "age_weeks"]].to_numpy().T))[["low", "high"]].nunique()
    assert (whole == 1).all(axis=None)
    monkeypatch.setattr(prediction, "BLOCK", 1_000)
    at_once = told(many, draws=2_000)
    assert found.total.low == pytest.approx(at_once.total.low, rel=0.1)
    assert found.customers["high"].to_numpy() == pytest.approx(at_once.customers["high"].to_numpy(), abs=2)


def test_the_interval_of_a_history_comes_from_the_draws_of_all_who_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = HISTORIES.loc[[3] * 30].reset_index(drop=True)

    def bounds(found: Prediction) -> list[float]:
        return found.customers[["low", "high"]].drop_duplicates().to_numpy().ravel().tolist()

    at_once = told(one, draws=99)
    assert bounds(at_once) == list(interval(at_once.counts.ravel(), level=0.9))
    # of a history that is cut over blocks, the draws of the first
    monkeypatch.setattr(prediction, "BLOCK", 8)
    in_parts = told(one, draws=99)
    assert bounds(in_parts) == list(interval(in_parts.counts[:, :8].ravel(), level=0.9))
    assert bounds(in_parts) != list(interval(in_parts.counts[:, 24:].ravel(), level=0.9))


def test_blocks_do_not_share_their_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction, "BLOCK", 100)
    found = told(HISTORIES.loc[[1] * 200], sd=None, draws=1_000)
    halves = found.counts[:, :100].sum(axis=1, dtype=float), found.counts[:, 100:].sum(axis=1, dtype=float)
    assert abs(np.corrcoef(*halves)[0, 1]) < 0.15


def test_an_interval_is_two_order_statistics() -> None:
    assert interval(np.arange(1.0, 20.0), level=0.9) == (1, 19)
    assert interval(np.arange(39.0, 0.0, -1), level=0.9) == (2, 38)
    low, high = interval(np.column_stack([np.arange(199.0), np.ones(199)]), level=0.9)
    assert (low.tolist(), high.tolist()) == ([9, 1], [189, 1])


def test_a_further_draw_is_inside_as_often_as_the_level_says() -> None:
    draws = np.random.default_rng(3).normal(size=(40, 20_000))
    low, high = interval(draws[:39], level=0.9)
    assert ((low <= draws[39]) & (draws[39] <= high)).mean() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_extreme_histories_have_finite_predictions(name: str) -> None:
    extreme = pd.DataFrame(
        {
            "customer_id": list("abc"),
            "frequency": [400, 0, 300],
            "recency_weeks": [104.0, 0, 1],
            "age_weeks": [104.0, 0, 104],
        }
    )
    found = told(extreme, name)
    assert np.isfinite(found.customers.to_numpy()).all()
    assert (found.customers["low"] <= found.customers["high"]).all()
    doubted = told(extreme, name, sd=2.0, draws=500)
    assert np.isfinite(doubted.customers.to_numpy()).all()
    assert doubted.total.high < 10_000
    alone = told(extreme.tail(1), name)
    assert alone.total.n == 1


def test_customers_of_the_last_day_are_told_as_new() -> None:
    found = told(HISTORIES[HISTORIES["age_weeks"] == 0])
    assert found.notes == ("Every customer came on the last day: their future is that of any new customer.",)
    model = MODELS["pareto_nbd"]
    assert found.total.value == pytest.approx(model.expected_new(THETAS["pareto_nbd"], np.array([39.0]))[0])


def test_too_few_draws_and_other_misuse_say_what_is_needed() -> None:
    with pytest.raises(ValueError, match=r"an interval of level 0\.9 needs 19 draws or more, found 18"):
        told(HISTORIES, draws=18)
    assert told(HISTORIES, draws=19).total.n == 6
    rows, fit, model = collapse(HISTORIES), known("bg_nbd"), MODELS["bg_nbd"]
    with pytest.raises(ValueError, match="weeks must be above 0, found 0"):
        predict(rows, fit=fit, model=model, weeks=0.0, draws=50, seed=1, level=0.9)
    with pytest.raises(ValueError, match="level must lie between 0 and 1, found 90"):
        predict(rows, fit=fit, model=model, weeks=1.0, draws=50, seed=1, level=90)


def orders(theta: list[float], *, weeks: float = 52.0) -> pd.DataFrame:
    fit = replace(known("bg_nbd"), theta=np.array(theta))
    return next_order(collapse(HISTORIES), fit=fit, model=MODELS["bg_nbd"], as_of=date(1997, 9, 30), weeks=weeks)


def test_the_next_order_is_the_median_pause_from_the_day_of_the_report() -> None:
    found = orders([1.0, 8.0, 0.1, 10.0])
    # who bought once is there to BG/NBD: r + x = 1, alpha + T = 8: (8 / (8 + t))^1 = 1/2 at t = 8
    assert found.loc[4, "next_order_weeks"] == pytest.approx(8)
    assert found.loc[4, "next_order_on"] == pd.Timestamp("1997-11-25")
    # who bought twice more may have left: P(alive) (1 - (46.9 / (46.9 + t))^3) = 1/2
    fit = replace(known("bg_nbd"), theta=np.array([1.0, 8.0, 0.1, 10.0]))
    alive = MODELS["bg_nbd"].p_alive(fit.theta, collapse(HISTORIES.loc[[1]]))[0]
    left = 1 - 0.5 / alive
    assert found.loc[1, "next_order_weeks"] == pytest.approx((8 + 272 / 7) * (left ** (-1 / 3) - 1))
    assert found.loc[1, "next_order_weeks"] > (8 + 272 / 7) * (2 ** (1 / 3) - 1)


def test_who_buys_in_time_with_less_than_one_half_has_no_day() -> None:
    found = orders([1.0, 8.0, 0.1, 10.0], weeks=40.0)["next_order_on"].isna()
    fit = replace(known("bg_nbd"), theta=np.array([1.0, 8.0, 0.1, 10.0]))
    chance = prediction.p_buys(collapse(HISTORIES), fit=fit, model=MODELS["bg_nbd"], weeks=40.0)
    assert found.tolist() == (collapse(HISTORIES).spread(chance) < 0.5).tolist()
    assert found.any()
    assert not found.all()


def test_a_pause_of_hours_ends_on_the_next_day() -> None:
    assert orders([900.0, 8.0, 0.1, 10.0]).loc[4, "next_order_on"] == pd.Timestamp("1997-10-01")


def test_the_day_is_the_nearest_and_the_chance_another_where_it_is_stated() -> None:
    # as above, (8 / (8 + t))^r = 1/2: for r = 12.1 after 3.3 days, of which the fourth is a day of 56 %
    fit = replace(known("bg_nbd"), theta=np.array([12.1, 8.0, 0.1, 10.0]))
    asked = {"fit": fit, "model": MODELS["bg_nbd"], "as_of": date(1997, 9, 30), "weeks": 52.0}
    found = next_order(collapse(HISTORIES), **asked).loc[4]
    assert found["next_order_weeks"] * 7 == pytest.approx(7 * 8 * (2 ** (1 / 12.1) - 1), rel=1e-6)
    assert found["next_order_on"] == pd.Timestamp("1997-10-03")
    later = next_order(collapse(HISTORIES), **asked, chance=0.6).loc[4]
    assert later["next_order_weeks"] == pytest.approx(8 * (0.4 ** (-1 / 12.1) - 1), rel=1e-6)
    assert later["next_order_on"] == pd.Timestamp("1997-10-04")


@pytest.mark.parametrize("name", sorted(MODELS))
def test_half_of_those_who_have_a_day_buy_by_it(name: str) -> None:
    rows, model = collapse(HISTORIES.loc[[1] * 1_000]), MODELS[name]
    fit = replace(known(name), theta=np.array([0.9, 4.4, 0.79, 12.4]))
    found = next_order(rows, fit=fit, model=model, as_of=date(1997, 9, 30), weeks=200.0)
    wait = float(found.loc[0, "next_order_weeks"])
    ahead = predict(rows, fit=fit, model=model, weeks=wait, draws=20, seed=1, level=0.9)
    assert (ahead.counts > 0).mean() == pytest.approx(0.5, abs=0.015)
    assert ahead.customers.loc[0, "p_alive"] < 0.95, "some have left, and count"


@pytest.mark.parametrize("name", ["pareto_nbd", "mbg_nbd"])
def test_half_of_cdnow_bought_by_their_day(cdnow_days: pd.DataFrame, cdnow_sample: pd.DataFrame, name: str) -> None:
    rows, model = collapse(cdnow_sample), MODELS[name]
    fit = fitting.fit(model, rows, level=0.9)
    found = next_order(rows, fit=fit, model=model, as_of=date(1997, 9, 30), weeks=39.0)
    later = cdnow_days[cdnow_days["purchased_on"] > pd.Timestamp("1997-09-30")]
    bought_on = cdnow_sample["customer_id"].map(later.groupby("customer_id")["purchased_on"].min())
    has_day = found["next_order_on"].notna()
    n, bought = int(has_day.sum()), int((bought_on <= found["next_order_on"])[has_day].sum())
    assert n > 200
    # four standard errors of one half
    assert bought / n == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / n))


def test_counts_beyond_what_is_stored_are_cut_and_not_wrapped() -> None:
    assert prediction._whole(np.array([0, 65_535, 65_536, 10**9])).tolist() == [0, 65_535, 65_535, 65_535]


def test_nothing_of_the_input_is_changed() -> None:
    rows = collapse(HISTORIES)
    before = [one.copy() for one in (rows.frequency, rows.recency, rows.age, rows.weight, rows.index)]
    predict(rows, fit=known("bg_nbd"), model=MODELS["bg_nbd"], weeks=9.0, draws=20, seed=1, level=0.9)
    assert isinstance(rows, Rows)
    assert all(
        (a == b).all()
        for a, b in zip(before, (rows.frequency, rows.recency, rows.age, rows.weight, rows.index), strict=True)
    )


def test_the_last_history_of_a_full_block_is_told_from_all_others() -> None:
    rows, most = np.array([0, prediction.BLOCK - 1]), np.array([1, 65_535], dtype=np.uint16)
    assert prediction._keys(rows, most).tolist() == [1, ((prediction.BLOCK - 1) << 16) + 65_535]
