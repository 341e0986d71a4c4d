"""Published answers of models and tests: R's survey, MASS, and Kalton and Flores-Cervantes' worked example."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import chi2_contingency

from helpers.models.survey import crosstabs, design, estimators, regression, table_tests, weight_calibration
from helpers.models.survey.design import Design
from tests.conftest import missing


def reference(folder: Path, name: str) -> pd.DataFrame:
    path = folder / "reference" / name
    if not path.is_file():
        missing("DATA", f"reference/{name} is missing under REGULARS_DATA {folder}")
    return pd.read_csv(path)


@pytest.fixture(scope="module")
def schools(regulars_data: Path) -> pd.DataFrame:
    return reference(regulars_data, "apistrat.csv")


@pytest.fixture(scope="module")
def stratified(schools: pd.DataFrame) -> Design:
    return design.design(schools["pw"], strata=schools["stype"], populations=[schools["fpc"]])


@pytest.mark.parametrize(
    ("method", "published"),
    [
        ("rao_scott", (14.16940812, 1.885135885, 371.3717694, 2.082108676e-06)),
        ("rao_scott_first_order", (19.47965642, 2, np.inf, 7.019468711e-07)),
        ("wald", (14.94437017, 2, 197, 9.064592696e-07)),
        ("adjusted_wald", (14.86851043, 2, 196, 9.72795725e-07)),
    ],
)
def test_independence(
    schools: pd.DataFrame, stratified: Design, method: table_tests.Method, published: tuple[float, ...]
) -> None:
    awards, types = (design.codes(schools[name]) for name in ("awards", "stype"))
    found = table_tests.independence(awards, types, design=stratified, method=method)
    told = (found.statistic, found.degrees, found.denominator_degrees, found.p_value)
    assert told == pytest.approx(published, rel=1e-8)


def test_independence_of_two_by_two(schools: pd.DataFrame, stratified: Design) -> None:
    wide, met = (design.codes(schools[name]) for name in ("sch.wide", "comp.imp"))
    found = table_tests.independence(wide, met, design=stratified)
    told = (found.statistic, found.degrees, found.denominator_degrees, found.p_value)
    assert told == pytest.approx((47.317733, 1, 197, 7.822040652e-11), rel=1e-8)


def test_a_cell_that_nobody_is_in_is_tested_all_the_same() -> None:
    """In a simple random sample the design effects are near 1: Pearson's own test, nearly."""
    rows = np.repeat([0, 0, 1, 1, 2, 2], [40, 30, 25, 35, 12, 0])
    columns = np.repeat([0, 1, 0, 1, 0, 1], [40, 30, 25, 35, 12, 0])
    found = table_tests.independence(rows, columns, design=design.design(np.ones(len(rows))))
    pearson = chi2_contingency(np.array([[40, 30], [25, 35], [12, 0]]), correction=False)
    assert found.p_value == pytest.approx(pearson.pvalue, abs=2e-3)


def test_a_linear_regression(schools: pd.DataFrame, stratified: Design) -> None:
    found = regression.linear(schools["api00"], schools[["ell", "meals", "mobility"]], design=stratified)
    coefficients = [820.8873159056, -0.4805866122, -3.14153531, 0.2257132102]
    assert found.coefficients == pytest.approx(coefficients, rel=1e-9)
    assert found.errors == pytest.approx([10.0777359495, 0.3919734032, 0.2839465064, 0.393218362], rel=1e-9)


def test_an_ordered_logit_with_weights(schools: pd.DataFrame, stratified: Design) -> None:
    marks = pd.cut(schools["api00"], [0, 500, 600, 700, 800, 1000]).cat.codes
    found = regression.ordered_logit(marks, schools[["meals", "mobility"]], design=stratified)
    assert found.coefficients == pytest.approx([-0.08458296494, 0.01636587617], abs=5e-9)
    assert found.cuts == pytest.approx([-7.9132669, -5.2558968, -2.9081347, -0.629165], abs=5e-6)
    # R takes second derivatives by differences over steps of 0.001, and is off in the fourth digit of the errors
    errors = [0.007468289049, 0.010357828768, 0.5983767, 0.4198654, 0.314603, 0.3109598]
    assert found.errors == pytest.approx(errors, rel=4e-4)
    by_differences = errors_as_r_takes_them(found, marks.to_numpy(), schools[["meals", "mobility"]], stratified)
    assert by_differences == pytest.approx(errors, rel=1e-6), "R prints seven digits"


def errors_as_r_takes_them(
    fit: regression.OrderedLogit, marks: np.ndarray, columns: pd.DataFrame, sample: Design
) -> np.ndarray:
    """The errors with R's matrix of second derivatives: differences of scores over steps of 0.001, of the parameters
    that R maximises over (the first cut, and the logarithms of the steps between cuts)."""
    x, theta, k = columns.to_numpy(dtype=float), np.concatenate([fit.coefficients, fit.cuts]), len(fit.coefficients)
    w = sample.weights / sample.weights.mean()

    def to_cuts(at: np.ndarray) -> np.ndarray:
        return np.concatenate([at[:k], np.cumsum(np.concatenate([at[k : k + 1], np.exp(at[k + 1 :])]))])

    def slopes(at: np.ndarray) -> np.ndarray:
        matrix = np.eye(len(at))
        matrix[k:, k] = 1
        for j in range(k + 1, len(at)):
            matrix[j:, j] = np.exp(at[j])
        return matrix

    def gradient(at: np.ndarray) -> np.ndarray:
        return -(w @ scores_by_hand(to_cuts(at), marks, x, k)) @ slopes(at)

    at = np.concatenate([theta[: k + 1], np.log(np.diff(theta[k:]))])
    steps = 1e-3 * np.eye(len(at))
    second = np.array([(gradient(at + step) - gradient(at - step)) / 2e-3 for step in steps])
    bread = slopes(at) @ np.linalg.inv((second + second.T) / 2) @ slopes(at).T / sample.weights.mean()
    return np.sqrt(np.diag(design.covariance(sample, scores_by_hand(theta, marks, x, k) @ bread)))


def scores_by_hand(theta: np.ndarray, marks: np.ndarray, x: np.ndarray, k: int) -> np.ndarray:
    """The score of each row by numerical differences of its own log-likelihood: nothing of the kit's is in it."""

    def logs(at: np.ndarray) -> np.ndarray:
        cuts = np.concatenate([[-np.inf], at[k:], [np.inf]])
        eta = x @ at[:k]
        return np.log(expit(cuts[marks + 1] - eta) - expit(cuts[marks] - eta))

    steps = 1e-5 * np.eye(len(theta))
    return np.column_stack([(logs(theta + step) - logs(theta - step)) / 2e-5 for step in steps])


def test_the_satisfaction_of_tenants(regulars_data: Path) -> None:
    """MASS::housing, a real survey of satisfaction: Venables and Ripley (2002), section 7.3."""
    tenants = reference(regulars_data, "housing_mass.csv")
    levels = {"Infl": ["Medium", "High"], "Type": ["Apartment", "Atrium", "Terrace"], "Cont": ["High"]}
    columns = np.column_stack([tenants[name] == one for name, ones in levels.items() for one in ones]).astype(float)
    marks = tenants["Sat"].map({"Low": 1, "Medium": 2, "High": 3})
    found = regression.ordered_logit(marks, columns, design=design.design(tenants["Freq"]))
    assert found.coefficients == pytest.approx([0.56639, 1.28882, -0.57235, -0.36619, -1.09101, 0.36028], abs=1.5e-5)
    assert found.cuts == pytest.approx([-0.49614, 0.69071], abs=1.5e-5)
    errors = np.sqrt(np.diag(found.model_covariance))[:6]
    assert errors == pytest.approx([0.104653, 0.127156, 0.119238, 0.155173, 0.151486, 0.095536], abs=1.5e-5)
    assert (found.log_likelihood, -2 * found.log_likelihood) == pytest.approx((-1739.5746, 3479.1493), abs=1e-4)


SAMPLE = np.array([[20, 40, 40], [50, 140, 310], [100, 50, 50], [30, 100, 70]])
POPULATION = np.array([[80, 40, 55], [60, 150, 340], [170, 60, 200], [55, 165, 125]])


@pytest.mark.parametrize(
    ("distance", "published"),
    [
        ("raking", [[1.81, 1.45, 2.02], [1.08, 0.87, 1.21], [2.2, 1.76, 2.45], [1.83, 1.47, 2.04]]),
        ("linear", [[1.82, 1.5, 1.97], [1.09, 0.78, 1.24], [2.19, 1.88, 2.34], [1.83, 1.52, 1.98]]),
    ],
)
def test_kalton_and_flores_cervantes(distance: weight_calibration.Distance, published: list[list[float]]) -> None:
    rows, columns = (np.repeat(one.ravel(), SAMPLE.ravel()) for one in np.indices(SAMPLE.shape))
    plain = design.design(np.ones(len(rows)))
    totals = [POPULATION.sum(axis=1), POPULATION.sum(axis=0)]
    found = weight_calibration.calibrate([rows, columns], totals, design=plain, distance=distance)
    assert found.has_converged
    by_cell = np.array([[found.factors[(rows == a) & (columns == b)][0] for b in range(3)] for a in range(4)])
    assert np.round(by_cell, 2).tolist() == published


def test_calibrated_totals_have_no_error_and_weights_stay_in_bounds() -> None:
    rng = np.random.default_rng(5)
    level, other = rng.integers(3, size=400), rng.integers(2, size=400)
    plain = design.design(np.full(400, 10.0), strata=rng.integers(4, size=400))
    totals = [np.array([1500.0, 1200.0, 1300.0]), np.array([2300.0, 1700.0])]
    outcome = level + other + rng.normal(size=400)
    for distance in ("raking", "linear", "bounded"):
        found = weight_calibration.calibrate([level, other], totals, design=plain, distance=distance, bounds=(0.8, 1.3))
        assert found.has_converged
        known = estimators.totals((level == 1).astype(float), design=found.design)
        assert known.values[0] == pytest.approx(1200)
        assert known.errors[0] == pytest.approx(0, abs=1e-6)
        surer = estimators.means(outcome, design=found.design).errors[0]
        assert surer < 0.85 * estimators.means(outcome, design=plain).errors[0]
        if distance == "bounded":
            assert found.factors.min() >= 0.8
            assert found.factors.max() <= 1.3
    with pytest.raises(ValueError, match="must have one sum"):
        weight_calibration.calibrate([level, other], [totals[0], totals[1] + 1], design=plain)


def test_bounds_that_cannot_be_kept_are_said_and_kept_all_the_same() -> None:
    """Of 100 the 50 of the first level are to count for 10: that takes a factor of 0.2, and 0.8 is the least."""
    level = np.repeat([0, 1], 50)
    how = {"design": design.design(np.ones(100)), "distance": "bounded", "bounds": (0.8, 1.3)}
    found = weight_calibration.calibrate([level], [np.array([10.0, 90.0])], **how)
    assert not found.has_converged
    assert found.largest_miss == pytest.approx(3)
    assert (found.factors.min(), found.factors.max()) == (0.8, 1.3)


@pytest.mark.parametrize("seed", range(3))
def test_tight_bounds_are_met_where_they_can_be(seed: int) -> None:
    """Totals of factors that lie at the bounds for two of four levels; an interview strictly between them has the
    factor 1 + x'lambda, so that factors of interviews alike in both margins are alike."""
    rng = np.random.default_rng(seed)
    levels, other, weights = rng.integers(4, size=300), rng.integers(3, size=300), rng.uniform(1, 5, 300)
    planted = np.select([levels == 0, levels == 1], [1.58, 0.62], rng.uniform(0.6, 1.6, 300))
    totals = [np.bincount(one, weights=planted * weights) for one in (levels, other)]
    found = weight_calibration.calibrate(
        [levels, other], totals, design=design.design(weights), distance="bounded", bounds=(0.6, 1.6)
    )
    assert found.has_converged
    assert found.factors.min() >= 0.6
    assert found.factors.max() <= 1.6
    assert np.bincount(levels, weights=found.design.weights) == pytest.approx(totals[0], rel=1e-8)
    assert pd.Series(found.factors).groupby([levels, other]).nunique().max() == 1


def test_letters_of_the_top_box_by_type(schools: pd.DataFrame, stratified: Design) -> None:
    """Elementary schools are above middle ones, and by Holm no more: raw p 0.048, 0.005 and 0.490."""
    answers = pd.DataFrame({"top": (schools["api00"] > 700).astype(float)})
    everybody = pd.Series([True] * len(schools))
    how = {"design": stratified, "is_in": everybody, "level": 0.95, "smallest_base": 10}
    found = crosstabs.crosstabs(answers, {"type": schools["stype"]}, control="holm", **how)
    top = found[found["answer"] == 1].set_index("column")
    assert top["share"].tolist() == pytest.approx([0.46, 0.3, 0.24])
    assert top["letters"].tolist() == ["C", "", ""]
    assert found[found["answer"] == 0]["letters"].tolist() == ["", "", "A"]


def test_a_column_too_thin_is_neither_told_nor_tested() -> None:
    """Nine of ten in column c agree, all of 40 in b do not, and half of 40 in a: c would be above both."""
    answers = pd.DataFrame({"top": np.repeat([1.0, 0, 0, 1, 0], [20, 20, 40, 9, 1])})
    banner = pd.Series(np.repeat(["a", "b", "c"], [40, 40, 10]))
    how = {"design": design.design(np.ones(90)), "is_in": pd.Series([True] * 90), "level": 0.95, "control": "holm"}
    found = crosstabs.crosstabs(answers, {"column": banner}, smallest_base=11, **how)
    top = found[found["answer"] == 1].set_index("column")
    assert top["letters"].tolist() == ["B", "", ""]
    assert top["n"].tolist() == [40, 40, 10]
    assert top.loc["c", ["share", "low", "high"]].isna().all()
    whole = crosstabs.crosstabs(answers, {"column": banner}, smallest_base=10, **how)
    assert whole[whole["answer"] == 1].set_index("column").loc["c", "share"] == pytest.approx(0.9)


def test_fast_shares_are_those_of_each_row(schools: pd.DataFrame, stratified: Design) -> None:
    """Unit totals alone give what the influence of each interview gives, a missing answer and column among them."""
    rng = np.random.default_rng(2)
    sample = design.design(
        rng.uniform(1, 3, 500), strata=rng.integers(5, size=500), clusters=[rng.integers(9, size=500)]
    )
    answer, column = rng.integers(-1, 4, size=500), rng.integers(-1, 3, size=500)
    found = crosstabs.shares(answer, column, design=sample, sizes=(4, 3))
    slow = estimators.means(np.where(answer >= 0, answer == 2, np.nan), design=sample, groups=column, group_count=3)
    assert found.values[:, 2] == pytest.approx(slow.values)
    assert found.covariance[2] == pytest.approx(slow.covariance)
    assert found.degrees.tolist() == slow.degrees.tolist()
    flat = weight_calibration.calibrate([np.zeros(500, dtype=int)], [np.array([1000.0])], design=sample).design
    by_row = crosstabs.shares(answer, column, design=flat, sizes=(4, 3))
    assert by_row.values == pytest.approx(found.values)
    assert by_row.covariance == pytest.approx(found.covariance)
