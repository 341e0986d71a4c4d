"""Fits: the published estimates, coverage of a known truth, and what is said where the data do not tell."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

from helpers.models.buying import fitting
from helpers.models.buying.fitting import Fit
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import Rows, collapse
from tests.models.buying import processes as clv_processes
from tests.models.buying.processes import rows_of, simulate
from tests.models.conftest import histories

EACH = pytest.mark.parametrize("name", MODELS)
TRUTH = {"pareto_nbd": (0.6, 8.0, 0.8, 14.0), "bg_nbd": (0.6, 5.0, 0.8, 2.5), "mbg_nbd": (0.6, 5.0, 0.8, 2.5)}

PUBLISHED = {
    # r, alpha, s or a, beta or b; log-likelihood; purchases in the holdout; MAE; RMSE; mean P(alive); by BTYD, BTYDplus
    # and CLVTools in R, which agree; the estimates of the papers are these, rounded
    "pareto_nbd": ((0.55328, 10.5777, 0.6062, 11.669), -9594.9762, 1665.5, 0.7545, 1.6028, 0.4462),
    "bg_nbd": ((0.242595, 4.41360, 0.79292, 2.42589), -9582.4292, 1653.4, 0.7855, 1.6080, 0.8134),
    "mbg_nbd": ((0.524844, 6.18308, 0.89136, 1.61400), -9582.1357, 1576.7, 0.7648, 1.6072, 0.4487),
}
ERRORS = {  # of CLVTools
    "pareto_nbd": (0.0476264, 0.8427222, 0.1872594, 6.2105448),
    "bg_nbd": (0.012557, 0.378224, 0.185733, 0.705407),
}


@pytest.fixture(scope="module")
def fits(cdnow_rows: Rows) -> dict[str, Fit]:
    return {name: fitting.fit(model, cdnow_rows, level=0.9) for name, model in MODELS.items()}


@EACH
def test_cdnow_sample_has_the_published_estimates(name: str, fits: dict[str, Fit]) -> None:
    theta, log_likelihood, *_ = PUBLISHED[name]
    found = fits[name]
    assert found.theta == pytest.approx(theta, rel=2e-4)
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=1e-3)
    assert (found.n, found.is_identified, found.notes, found.pooled) == (2357, True, (), None)
    assert found.aic == pytest.approx(8 - 2 * log_likelihood, abs=2e-3)
    assert found.bic == pytest.approx(4 * np.log(2357) - 2 * log_likelihood, abs=2e-3)


def test_the_same_customers_in_fewer_rows_have_the_same_bic(fits: dict[str, Fit], cdnow_rows: Rows) -> None:
    """Customers are counted, and not the distinct histories that they share."""
    few = cdnow_rows.some(np.arange(len(cdnow_rows)))
    assert len(few.index) < 2357
    found = fitting.fit(MODELS["bg_nbd"], few, level=0.9)
    assert (found.n, found.bic) == (2357, pytest.approx(fits["bg_nbd"].bic, abs=1e-6))


@EACH
def test_cdnow_sample_has_the_published_holdout(name: str, fits: dict[str, Fit], cdnow_sample: pd.DataFrame) -> None:
    _, _, total, mae, rmse, alive = PUBLISHED[name]
    rows, theta, model = collapse(cdnow_sample), fits[name].theta, MODELS[name]
    expected = rows.spread(model.expected_purchases(theta, rows, 39.0))
    off = expected - cdnow_sample["holdout_purchase_count"].to_numpy()
    assert cdnow_sample["holdout_purchase_count"].sum() == 1882
    assert expected.sum() == pytest.approx(total, abs=0.2)
    assert [np.abs(off).mean(), np.sqrt((off**2).mean())] == pytest.approx([mae, rmse], abs=6e-5)
    assert rows.spread(model.p_alive(theta, rows)).mean() == pytest.approx(alive, abs=1e-4)


@pytest.mark.parametrize("name", ERRORS)
def test_cdnow_sample_has_the_published_standard_errors(name: str, fits: dict[str, Fit]) -> None:
    table = fits[name].parameters
    assert table.columns.tolist() == fitting.COLUMNS
    assert table["parameter"].tolist() == list(MODELS[name].parameters)
    assert table["standard_error"].tolist() == pytest.approx(list(ERRORS[name]), rel=5e-4)


@pytest.mark.parametrize(
    ("name", "theta", "log_likelihood"),
    [
        ("bg_nbd", (0.2536, 5.4473, 0.6074, 2.6472), None),
        ("pareto_nbd", (0.5630, 12.5591, 0.4081, 10.5124), -17135.836),
    ],
)
def test_all_78_weeks(name: str, theta: tuple[float, ...], log_likelihood: float | None, cdnow_whole: Rows) -> None:
    found = fitting.fit(MODELS[name], cdnow_whole, level=0.9)
    assert found.theta == pytest.approx(theta, rel=3e-4)
    if log_likelihood is not None:
        assert found.log_likelihood == pytest.approx(log_likelihood, abs=1e-3)


@EACH
def test_intervals_are_made_on_the_log_scale(name: str, fits: dict[str, Fit]) -> None:
    for table in (fits[name].parameters, fits[name].means):
        estimate, error = table["estimate"].to_numpy(), table["standard_error"].to_numpy()
        factor = np.exp(norm.ppf(0.95) * error / estimate)
        assert table["low"].to_numpy() == pytest.approx(estimate / factor)
        assert table["high"].to_numpy() == pytest.approx(estimate * factor)
        assert (table["model"] == name).all()


@EACH
def test_the_error_of_a_mean_is_that_of_the_delta_method(name: str, fits: dict[str, Fit]) -> None:
    """Var(log r / alpha) = Var(log r) + Var(log alpha) - 2 Cov."""
    found = fits[name]
    rate = found.means.set_index("parameter").loc["purchase_rate_per_week"]
    spread = np.array([1, -1, 0, 0])
    error = np.sqrt(spread @ found.covariance_log @ spread)
    assert rate["estimate"] == pytest.approx(found.theta[0] / found.theta[1])
    assert rate["standard_error"] / rate["estimate"] == pytest.approx(error, rel=1e-6)


def test_means_of_the_mixing_distributions_by_hand() -> None:
    assert MODELS["pareto_nbd"].means(np.array([0.5, 10.0, 2.0, 30.0])) == pytest.approx(
        {
            "purchase_rate_per_week": 0.05,
            "dropout_rate_per_week": 2 / 30,
            "median_lifetime_weeks": 30 * (np.sqrt(2) - 1),  # P(lifetime > t) = (30 / (30 + t))²
        }
    )
    for name in ("bg_nbd", "mbg_nbd"):
        found = MODELS[name].means(np.array([0.5, 10.0, 1.0, 3.0]))
        assert found == pytest.approx({"purchase_rate_per_week": 0.05, "dropout_probability": 0.25})


def test_a_refit_that_meets_a_bound_goes_on_to_the_optimum(cdnow_days: pd.DataFrame) -> None:
    """Of 15 weeks nobody can tell how lives differ, and the likelihood rises until s is at its largest."""
    rows = collapse(histories(cdnow_days, end=date(1997, 4, 15)))
    model = MODELS["pareto_nbd"]
    again = fitting.refit(model, rows, near=np.array([0.563, 12.56, 0.408, 10.51]))
    reached = float(rows.weight @ model.log_likelihood(again.theta, rows)[0])
    best = fitting.fit(model, rows, level=0.9)
    assert not best.is_identified
    assert reached == pytest.approx(best.log_likelihood, abs=0.01)
    expected = (float(rows.weight @ model.expected_purchases(one.theta, rows, 15.0)) for one in (again, best))
    assert next(expected) == pytest.approx(next(expected), rel=1e-3)


@EACH
def test_the_optimum_is_one(name: str, fits: dict[str, Fit], cdnow_rows: Rows) -> None:
    """No slope, and no better place nearby."""
    found, model = fits[name], MODELS[name]
    assert np.abs(cdnow_rows.weight @ model.log_likelihood(found.theta, cdnow_rows)[1]).max() < 1e-3
    for step in np.random.default_rng(1).normal(scale=0.02, size=(20, 4)):
        near = found.theta * np.exp(step)
        assert cdnow_rows.weight @ model.log_likelihood(near, cdnow_rows)[0] < found.log_likelihood


@EACH
def test_same_bytes_however_customers_are_ordered(name: str, cdnow_sample: pd.DataFrame, fits: dict[str, Fit]) -> None:
    shuffled = fitting.fit(MODELS[name], collapse(cdnow_sample.sample(frac=1, random_state=1)), level=0.9)
    assert np.array_equal(shuffled.theta, fits[name].theta)
    pd.testing.assert_frame_equal(shuffled.parameters, fits[name].parameters, check_exact=True)


@EACH
def test_the_time_unit_moves_the_times_alone(name: str, cdnow_rows: Rows, fits: dict[str, Fit]) -> None:
    days = Rows(cdnow_rows.frequency, cdnow_rows.recency * 7, cdnow_rows.age * 7, cdnow_rows.weight, cdnow_rows.index)
    found, factor = fitting.fit(MODELS[name], days, level=0.9), np.where(MODELS[name].is_scaled, 7.0, 1.0)
    assert found.theta == pytest.approx(fits[name].theta * factor, rel=1e-5)
    # the density of 2,457 purchases, each in days instead of weeks
    assert found.log_likelihood == pytest.approx(fits[name].log_likelihood - 2457 * np.log(7), abs=1e-4)


def test_a_sample_shows_the_way_and_all_rows_decide(cdnow_rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, model in MODELS.items():
        whole = fitting.fit(model, cdnow_rows, level=0.9)
        monkeypatch.setattr(fitting, "SAMPLE_ROWS", 300)
        sampled = fitting.fit(model, cdnow_rows, level=0.9)
        monkeypatch.undo()
        assert sampled.theta == pytest.approx(whole.theta, rel=1e-6), name
        assert sampled.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-6)
        assert sampled.is_identified


@EACH
def test_a_known_truth_is_covered(name: str, part: int) -> None:
    """By hand, 300 companies of 3,000 customers: the intervals of 90 % cover 88 to 95 % of the parameters and means."""
    truth, model, hits = TRUTH[name], MODELS[name], []
    means = list(model.means(np.array(truth)).values())
    for seed in range(12 // part):
        age = np.random.default_rng(1000 + seed).uniform(26, 78, 1500)
        people = simulate(name, truth, age=age, future=0.0, seed=seed)
        found = fitting.fit(model, rows_of(people), level=0.9)
        tables = pd.concat([found.parameters, found.means])
        true = np.array([*truth, *means])
        hits.append((tables["low"].to_numpy() <= true) & (true <= tables["high"].to_numpy()))
    assert np.mean(hits) >= 0.9 - 0.1 * np.sqrt(part)
    assert part > 1 or np.mean(hits) <= 0.99


def test_robust_errors_are_those_of_the_hessian_where_the_model_is_true() -> None:
    age = np.random.default_rng(7).uniform(26, 78, 20_000)
    people = simulate("bg_nbd", TRUTH["bg_nbd"], age=age, future=0.0, seed=7)
    table = fitting.fit(MODELS["bg_nbd"], rows_of(people), level=0.9).parameters
    assert (table["robust_standard_error"] / table["standard_error"]).to_numpy() == pytest.approx(np.ones(4), abs=0.06)


def test_robust_errors_count_customers_who_are_alike() -> None:
    """Each customer twice in the data: the errors shrink alike, by the root of two, whether rows or weights."""
    age = np.random.default_rng(8).uniform(26, 78, 2_000)
    one = rows_of(simulate("bg_nbd", TRUTH["bg_nbd"], age=age, future=0.0, seed=8))
    two = Rows(one.frequency, one.recency, one.age, 2 * one.weight, np.tile(one.index, 2))
    tables = [fitting.fit(MODELS["bg_nbd"], rows, level=0.9).parameters for rows in (one, two)]
    for name in ("standard_error", "robust_standard_error"):
        assert (tables[0][name] / tables[1][name]).to_numpy() == pytest.approx(np.sqrt([2.0] * 4), rel=1e-4)


@pytest.fixture(scope="module")
def few(cdnow_sample: pd.DataFrame) -> Rows:
    """A segment of thirty customers."""
    return collapse(cdnow_sample.sample(30, random_state=0))


class TestNotIdentified:
    @EACH
    def test_a_segment_of_thirty(self, name: str, few: Rows) -> None:
        found = fitting.fit(MODELS[name], few, level=0.9)
        assert not found.is_identified
        assert found.notes[0].startswith(f"{MODELS[name].title} is not identified: ")
        assert np.isnan(found.covariance_log).all()
        assert np.isfinite(found.theta).all()
        assert found.parameters[["standard_error", "robust_standard_error", "low", "high"]].isna().any(axis=None)
        assert found.usable is found

    @EACH
    def test_most_segments_of_thirty_and_few_of_a_thousand(self, name: str, cdnow_sample: pd.DataFrame) -> None:
        """By hand, 60 each: 2 to 22 % of segments of 30 are identified, 25 to 62 % of 100, 63 to 92 % of 300."""
        shares = {}
        for n, least, most in ((30, 0, 3), (1000, 7, 8)):
            fits = [
                fitting.fit(MODELS[name], collapse(cdnow_sample.sample(n, random_state=seed)), level=0.9)
                for seed in range(8)
            ]
            shares[n] = sum(one.is_identified for one in fits)
            assert least <= shares[n] <= most
            assert all(one.is_identified == (not one.notes) for one in fits)

    @EACH
    def test_the_pooled_model_stands_in(self, name: str, few: Rows, fits: dict[str, Fit]) -> None:
        found, pooled = fitting.fit(MODELS[name], few, level=0.9, pooled=fits[name]), fits[name]
        assert found.usable is found.pooled is pooled
        values = ", ".join(
            f"{one} {value:.3g}" for one, value in zip(MODELS[name].parameters, pooled.theta, strict=True)
        )
        lost = 2 * (found.log_likelihood - few.weight @ MODELS[name].log_likelihood(pooled.theta, few)[0])
        assert found.notes[-1] == (
            f"{MODELS[name].title} of 2,357 customers stands in: {values}. These 30 are not known to differ from them "
            f"(likelihood ratio {lost:.1f}, p = {chi2.sf(lost, 4):.2g})."
        )

    def test_who_differs_is_said_to(self, fits: dict[str, Fit]) -> None:
        lively = pd.DataFrame({"frequency": [12, 15, 11, 13] * 5, "recency_weeks": 38.0, "age_weeks": 39.0})
        found = fitting.fit(MODELS["bg_nbd"], collapse(lively), level=0.9, pooled=fits["bg_nbd"])
        assert found.usable is fits["bg_nbd"]
        assert "These 20 differ from them (likelihood ratio " in found.notes[-1]

    def test_who_can_be_told_needs_no_stand_in(self, cdnow_sample: pd.DataFrame, fits: dict[str, Fit]) -> None:
        many = collapse(cdnow_sample.sample(1200, random_state=0))
        found = fitting.fit(MODELS["bg_nbd"], many, level=0.9, pooled=fits["bg_nbd"])
        assert (found.pooled, found.notes) == (None, ())
        assert found.usable is found

    def test_a_stand_in_must_be_of_the_same_model(self, few: Rows, fits: dict[str, Fit]) -> None:
        with pytest.raises(ValueError, match="pooled must be a fit of the same model, bg_nbd, found mbg_nbd"):
            fitting.fit(MODELS["bg_nbd"], few, level=0.9, pooled=fits["mbg_nbd"])

    @EACH
    def test_loyal_customers_tell_their_pace_and_nothing_of_their_end(self, name: str) -> None:
        """Hundreds of purchases up to the last day: the dropout runs to the edge, the pace is known."""
        counts = np.random.default_rng(3).integers(300, 900, 50)
        loyal = pd.DataFrame({"frequency": counts, "recency_weeks": 1000 / 7, "age_weeks": 1001 / 7})
        found = fitting.fit(MODELS[name], collapse(loyal), level=0.9)
        assert not found.is_identified
        doubt, still = found.notes
        assert "hardly identify" in doubt
        assert still.startswith("What is known all the same: purchase rate per week 4.1 (")
        rate = found.means.set_index("parameter").loc["purchase_rate_per_week"]
        assert rate["estimate"] == pytest.approx(counts.mean() / 143, rel=1e-3)
        assert rate["low"] < rate["estimate"] < rate["high"]
        told = found.parameters.set_index("parameter")["standard_error"]
        assert told.iloc[:2].notna().all()
        assert told.iloc[2:].isna().all()

    def test_a_parameter_at_its_bound_is_named(self) -> None:
        """Everybody comes back three times in a hundred days: r has no end."""
        same = pd.DataFrame({"frequency": 3, "recency_weeks": np.arange(60, 90) / 7, "age_weeks": 100 / 7})
        found = fitting.fit(MODELS["bg_nbd"], collapse(same), level=0.9)
        assert found.notes == (
            "All 30 customers have come back equally often, 3 times: chance alone would spread them more, so how customers differ is unknown.",
            "BG/NBD is not identified: the likelihood rises until r is at the edge of its range, and the data hardly identify a, b.",
            "What is known all the same: purchase rate per week 0.21 (0.177 to 0.25).",
        )


class TestBadInput:
    @EACH
    def test_who_bought_once_is_expected_to_buy_no_more(self, name: str) -> None:
        once = pd.DataFrame({"frequency": 0, "recency_weeks": 0.0, "age_weeks": np.arange(10, 40) / 7})
        rows, model = collapse(once), MODELS[name]
        found = fitting.fit(model, rows, level=0.9)
        assert not found.is_identified
        assert found.notes == (
            *rows.remarks,
            f"{model.title} is not identified: the data hardly identify {', '.join(model.parameters)}.",
        )
        assert rows.weight @ model.expected_purchases(found.theta, rows, 39.0) < 0.5
        assert found.means[["low", "high"]].isna().all(axis=None)

    @EACH
    def test_who_came_on_the_last_day_says_nothing(self, name: str, fits: dict[str, Fit]) -> None:
        today = collapse(pd.DataFrame({"frequency": [0] * 5, "recency_weeks": 0.0, "age_weeks": 0.0}))
        found = fitting.fit(MODELS[name], today, level=0.9, pooled=fits[name])
        assert found.notes[:2] == (
            "All 5 customers first bought on the last day of watching: nothing is known yet of what they do next.",
            f"{MODELS[name].title} is not identified: no parameter changes the likelihood, so nothing is expected.",
        )
        assert MODELS[name].expected_purchases(found.theta, today, 39.0)[0] < 1e-3
        assert found.usable is fits[name]

    @EACH
    @pytest.mark.parametrize("days", [(0, 0, 0), (0, 0, 300), (1, 20, 300), (40, 300, 300)], ids=str)
    def test_one_customer(self, name: str, days: tuple[int, int, int]) -> None:
        model, one = MODELS[name], clv_processes.row(*days)
        found = fitting.fit(model, one, level=0.9)
        assert not found.is_identified
        assert found.notes[0] == "There is one customer: how customers differ is unknown from one history."
        asked = [
            model.p_alive(found.theta, one),
            model.expected_purchases(found.theta, one, 39.0),
            model.residual(found.theta, one, 0.002),
            model.expected_new(found.theta, np.array([39.0])),
            model.count_shares(found.theta, np.array([39.0]), 5),
            model.draw(found.theta, one, 39.0, np.random.default_rng(1)),
        ]
        assert all(np.isfinite(values).all() and (values >= 0).all() for values in asked)
        assert asked[1][0] <= 1.2 * max(days[0], 1) * 39 * 7 / max(days[2], 1)

    @pytest.mark.parametrize("level", [0.0, 1.0, 90.0, float("nan")])
    def test_a_level_is_a_share(self, level: float, cdnow_rows: Rows) -> None:
        with pytest.raises(ValueError, match="level must lie between 0 and 1, found"):
            fitting.fit(MODELS["bg_nbd"], cdnow_rows, level=level)
