"""Published answers: the R packages survey and NPS on the California schools, by their own documentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, ndtri

from helpers.models.statistics import families
from helpers.models.survey import design, estimators, nps, proportions
from helpers.models.survey.design import Design
from tests.conftest import missing

# survey 4.1-1 in R 4.2.2: Lumley's stratified sample of schools (apistrat), strata by type, with populations


@pytest.fixture(scope="module")
def schools(regulars_data: Path) -> pd.DataFrame:
    path = regulars_data / "reference" / "apistrat.csv"
    if not path.is_file():
        missing("DATA", f"reference/apistrat.csv is missing under REGULARS_DATA {regulars_data}")
    return pd.read_csv(path)


@pytest.fixture(scope="module")
def stratified(schools: pd.DataFrame) -> Design:
    return design.design(schools["pw"], strata=schools["stype"], populations=[schools["fpc"]])


@pytest.fixture(scope="module")
def types(schools: pd.DataFrame) -> np.ndarray:
    return design.codes(schools["stype"])


def yes(column: pd.Series) -> np.ndarray:
    return (column == "Yes").to_numpy(dtype=float)


def test_means_totals_and_ratios(schools: pd.DataFrame, stratified: Design) -> None:
    mean = estimators.means(schools["api00"], design=stratified)
    assert (mean.values[0], mean.errors[0]) == pytest.approx((662.2873632, 9.408940803), rel=1e-9)
    assert np.concatenate(mean.bounds(level=0.95)) == pytest.approx([643.7321883, 680.842538], rel=1e-9)
    assert stratified.degrees == 197
    total = estimators.totals(schools["enroll"], design=stratified)
    assert (total.values[0], total.errors[0]) == pytest.approx((3687177.532, 114641.7161), rel=1e-9)
    ratio = estimators.ratios(schools["api.stu"], schools["enroll"], design=stratified)
    assert (ratio.values[0], ratio.errors[0]) == pytest.approx((0.8369568869, 0.007757103167), rel=1e-9)


def test_variance_and_what_the_design_and_the_weights_cost(schools: pd.DataFrame, stratified: Design) -> None:
    spread = estimators.variances(schools["api00"], design=stratified)
    assert (spread.values[0], spread.errors[0]) == pytest.approx((15190.586, 1255.74), abs=5e-3)
    assert estimators.design_effect(schools["api00"], design=stratified) == pytest.approx(1.20446, abs=5e-6)
    check = design.check_weights(stratified)
    assert (check.loss_factor, check.effective_n) == pytest.approx((1.18637098, 168.581331), rel=1e-8)


def test_quantiles(schools: pd.DataFrame, stratified: Design) -> None:
    found = estimators.quantiles(schools["api00"], [0.25, 0.5, 0.75], design=stratified, level=0.95)
    assert found.values.tolist() == [565, 668, 756]
    assert found.errors == pytest.approx([15.71945113, 13.18405579, 13.18405579], rel=1e-9)
    assert [found.low.tolist(), found.high.tolist()] == [[535, 642, 726], [597, 694, 778]]


def test_domains(schools: pd.DataFrame, stratified: Design, types: np.ndarray) -> None:
    found = estimators.means(schools["api00"], design=stratified, groups=types, group_count=3)
    assert found.values == pytest.approx([674.43, 625.82, 636.6], rel=1e-9)
    assert found.errors == pytest.approx([12.38247979, 14.93712919, 16.21470731], rel=1e-9)


def test_a_difference_of_domains(schools: pd.DataFrame, stratified: Design) -> None:
    wide = yes(schools["sch.wide"]).astype(int)
    found = estimators.means(schools["api00"], design=stratified, groups=wide, group_count=2).contrasts([[-1, 1]])
    assert found.values[0] == pytest.approx(82.78358544, rel=1e-9)
    assert found.values[0] / found.errors[0] == pytest.approx(3.8683819, rel=1e-8)
    # R tests it as a coefficient of a regression, which has one degree of freedom less
    assert found.p_values(degrees=196)[0] == pytest.approx(0.0001490545, rel=1e-6)


def test_proportions_and_their_intervals(schools: pd.DataFrame, stratified: Design) -> None:
    wide = estimators.means(yes(schools["sch.wide"]), design=stratified)
    assert (wide.values[0], wide.errors[0]) == pytest.approx((0.8279480114, 0.02434478011), rel=1e-9)
    met = estimators.means(yes(schools["comp.imp"]), design=stratified)
    assert (met.values[0], met.errors[0]) == pytest.approx((0.6556490119, 0.0337254958), rel=1e-9)
    published: dict[proportions.Method, list[float]] = {
        "logit": [0.5864671343, 0.7188064017],
        "arcsine": [0.5878343399, 0.7204190874],
        "korn_graubard": [0.5850754863, 0.7214935059],
        "wald": [0.5891396688, 0.7221583551],
    }
    for method, ends in published.items():
        found = proportions.bounds(met.values, met.errors, met.counts, degrees=met.degrees, level=0.95, method=method)
        assert np.concatenate(found) == pytest.approx(ends, rel=1e-9), method
    found = proportions.bounds(met.values, met.errors, met.counts, degrees=met.degrees, level=0.95, method="likelihood")
    # R interpolates the profile of the likelihood between a few points, and is off in the sixth digit
    assert np.concatenate(found) == pytest.approx([0.5872540546, 0.7199848364], rel=5e-6)


def test_the_top_box_by_type_with_its_family_of_tests(
    schools: pd.DataFrame, stratified: Design, types: np.ndarray
) -> None:
    top = (schools["api00"] > 700).to_numpy(dtype=float)
    everybody = estimators.means(top, design=stratified)
    assert (everybody.values[0], everybody.errors[0]) == pytest.approx((0.4043397, 0.03748), abs=5e-6)
    found = estimators.means(top, design=stratified, groups=types, group_count=3)
    ends = proportions.bounds(
        found.values, found.errors, found.counts, degrees=found.degrees, level=0.95, method="logit"
    )
    assert found.values == pytest.approx([0.46, 0.3, 0.24], rel=1e-9)
    assert ends[0] == pytest.approx([0.364492815, 0.189592011, 0.140861049], rel=1e-8)
    assert ends[1] == pytest.approx([0.558538135, 0.439810206, 0.378198366], rel=1e-8)
    apart = found.contrasts([[1, -1, 0], [1, 0, -1], [0, 1, -1]])
    assert apart.errors == pytest.approx([0.0803382171, 0.0774077159, 0.0868418657], rel=1e-9)
    raw = apart.p_values()
    assert raw == pytest.approx([0.04779862, 0.00495363, 0.49043477], abs=5e-9)
    assert families.adjusted(raw) == pytest.approx([0.09559725, 0.01486088, 0.49043477], abs=5e-9)
    controlled = families.adjusted(raw, control="benjamini_hochberg")
    assert controlled == pytest.approx([0.07169793, 0.01486088, 0.49043477], abs=5e-9)


def test_the_net_promoter_score_of_a_design(schools: pd.DataFrame, stratified: Design, types: np.ndarray) -> None:
    promoters = np.where(schools["api00"] >= 750, 100.0, np.where(schools["api00"] <= 620, -100.0, 0.0))
    everybody = estimators.means(promoters, design=stratified)
    assert (everybody.values[0], everybody.errors[0]) == pytest.approx((-12.37132731, 6.17881818), rel=1e-8)
    found = estimators.means(promoters, design=stratified, groups=types, group_count=3)
    assert found.values == pytest.approx([-6, -34, -24], rel=1e-9)
    assert found.errors == pytest.approx([8.17176893, 9.40738999, 10.25948569], rel=1e-8)
    wide = yes(schools["sch.wide"]).astype(int)
    apart = estimators.means(promoters, design=stratified, groups=wide, group_count=2).contrasts([[-1, 1]])
    assert (apart.values[0], apart.values[0] / apart.errors[0]) == pytest.approx((35.3912838, 2.616396), abs=5e-7)
    assert apart.p_values(degrees=196)[0] == pytest.approx(0.00957877, rel=1e-6)


@pytest.mark.parametrize(
    ("counts", "score", "error", "adjusted"),
    [
        ((8, 9, 19), 0.305555556, 0.135055112, (0.282051, 0.12922, 0.028784, 0.535318)),
        ((20, 30, 50), 0.3, 0.0781025, (0.291262, 0.076915, 0.140511, 0.442013)),
    ],
)
def test_net_promoter_scores_of_simple_samples(
    counts: tuple[int, int, int], score: float, error: float, adjusted: tuple[float, float, float, float]
) -> None:
    """Rocks (2016): detractors, passives, promoters."""
    n = np.array([sum(counts)])
    down, up = np.array([counts[0]]) / n, np.array([counts[2]]) / n
    plain = nps.plain_error(up, down, n)
    assert ((up - down)[0], plain[0]) == pytest.approx((score, error), abs=5e-9)
    middle, wider = nps.adjusted(up, down, plain, n)
    low, high = nps.bounds(up, down, plain, n, degrees=np.inf, level=0.95, method="adjusted_wald")
    assert (middle[0], wider[0], low[0], high[0]) == pytest.approx(adjusted, abs=5e-7)


def test_two_net_promoter_scores_apart() -> None:
    """20, 30 and 50 of 100 against 30, 35 and 85 of 150: two simple samples, by the normal."""
    up, down, n = np.array([0.5, 85 / 150]), np.array([0.2, 0.2]), np.array([100, 150])
    delta, error = np.diff(up - down)[0], np.hypot(*nps.plain_error(up, down, n))
    assert (delta, error) == pytest.approx((0.0666666667, 0.101561877), abs=5e-10)
    assert delta + ndtri([0.025, 0.975]) * error == pytest.approx([-0.132390954, 0.265724287], abs=5e-10)
    assert 2 * ndtr(-delta / error) == pytest.approx(0.511557602, abs=5e-10)


def test_pairs_of_shares_held_to_a_family() -> None:
    raw = [0.218869161, 0.245491154, 0.0176899261]
    assert families.adjusted(raw) == pytest.approx([0.43774, 0.43774, 0.05307], abs=5e-6)
    controlled = families.adjusted(raw, control="benjamini_hochberg")
    assert controlled == pytest.approx([0.245491154, 0.245491154, 0.0530697784], abs=5e-10)
