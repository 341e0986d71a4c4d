"""Curves, tests and Cox models of survival: published answers, R's, and cases small enough to check by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.errors import FitError
from helpers.models.survival.competing import incidence
from helpers.models.survival.cox import CoxFit, cox, table
from helpers.models.survival.log_rank import log_rank
from helpers.models.survival.proportionality import proportionality
from helpers.models.survival.risk_sets import risk_sets
from helpers.models.survival.survivors import at_ages, mean_difference, median_age, restricted_mean, survivors

HERE = Path(__file__).parent
LEVEL = 0.95
EIGHT = 1e-8
"""Relative difference: eight digits."""


@pytest.fixture(scope="module")
def lung() -> pd.DataFrame:
    return pd.read_csv(HERE / "lung.csv").assign(is_dead=lambda frame: frame["status"] == 2)


@pytest.fixture(scope="module")
def known(lung: pd.DataFrame) -> pd.DataFrame:
    """Those whose performance score is known."""
    return lung.dropna()


@pytest.fixture(scope="module")
def fitted(known: pd.DataFrame) -> CoxFit:
    return cox(known["time"], known["is_dead"], known[["age", "sex", "ph_ecog"]])


@pytest.fixture(scope="module")
def rossi() -> pd.DataFrame:
    return pd.read_csv(HERE / "rossi.csv")


def of_sex(lung: pd.DataFrame, sex: int) -> pd.DataFrame:
    return lung[lung["sex"] == sex]


def near(*values: float) -> object:
    return pytest.approx(list(values), rel=EIGHT)


def test_the_curve_is_that_of_r(lung: pd.DataFrame) -> None:
    """R survival 3.5-3: survfit, conf.type = log-log."""
    told = at_ages(survivors(lung["time"], lung["is_dead"]), [180, 365, 730], level=LEVEL)
    assert list(told["survival_share"]) == near(0.7216706534098, 0.4092416244601, 0.1156930983445)
    assert list(told["standard_error"]) == near(0.0298124194686, 0.0358236381720, 0.0282981973177)
    assert list(told["low"]) == pytest.approx([0.6583045285, 0.3387142691, 0.0676321515], rel=EIGHT)
    assert list(told["high"]) == pytest.approx([0.7753146907, 0.4783807676, 0.1778251997], rel=EIGHT)
    assert list(told["at_risk_count"]) == [160, 65, 13]


@pytest.mark.parametrize(("sex", "answer"), [(1, (270, 212, 310)), (2, (426, 348, 550))])
def test_medians_are_those_of_r(lung: pd.DataFrame, sex: int, answer: tuple[int, ...]) -> None:
    own = of_sex(lung, sex)
    median = median_age(survivors(own["time"], own["is_dead"]), level=LEVEL, scale="log")
    assert (median.value, median.low, median.high) == answer


def test_the_log_interval_is_symmetric_in_the_logarithm_and_cut_at_one() -> None:
    curve = survivors([1, 2, 3, 4], [True, True, True, False])
    told = at_ages(curve, [1, 2], level=LEVEL, scale="log")
    # Greenwood by hand: 1/(4*3), and 1/(3*2) more
    assert told["low"].iloc[1] == pytest.approx(0.5 * np.exp(-1.959963985 * np.sqrt(1 / 12 + 1 / 6)))
    assert list(told["high"]) == [1.0, pytest.approx(min(1.0, 0.5 * np.exp(1.959963985 * 0.5)))]


def test_a_curve_by_hand_with_ties_and_delayed_entry() -> None:
    """Ages 2, 3, 3+, 5, the last watched from 2.5 on: 3 at risk at 2, 3 at 3, 1 at 5."""
    curve = survivors([2, 3, 3, 5], [True, True, False, True], start=[0, 0, 0, 2.5])
    assert list(curve.at_risk) == [3, 3, 1]
    assert list(curve.share) == pytest.approx([2 / 3, 4 / 9, 0])
    assert list(curve.watched_at([2, 2.6, 3, 4, 6])) == [3, 3, 3, 1, 0]
    assert median_age(curve, level=LEVEL).value == 3


def test_nothing_is_told_beyond_what_was_watched() -> None:
    told = at_ages(survivors([1, 2, 3], [True, False, False]), [0.5, 3, 4], level=LEVEL)
    assert list(told["survival_share"].isna()) == [False, False, True]
    assert list(told["at_risk_count"]) == [3, 1, 0]


def test_the_restricted_mean_and_its_difference_are_right(lung: pd.DataFrame) -> None:
    men, women = (survivors(own["time"], own["is_dead"]) for own in (of_sex(lung, 1), of_sex(lung, 2)))
    told = mean_difference(women, men, until=965, level=LEVEL)
    assert [told.value, told.low, told.high] == pytest.approx([131.85566845, 53.93004532, 209.78129158], rel=EIGHT)
    assert told.p_value == pytest.approx(0.00091185948, rel=EIGHT)
    alone = restricted_mean(women, until=965, level=LEVEL).value - restricted_mean(men, until=965, level=LEVEL).value
    assert alone == pytest.approx(told.value)


def test_a_restricted_mean_by_hand() -> None:
    """Area 1 * 1 + 2 * 2/3 + 1 * 1/3 to 4; behind 1 lie 5/3, behind 3 lies 1/3."""
    mean = restricted_mean(survivors([1, 3, 5], [True, True, True]), until=4, level=LEVEL)
    assert mean.value == pytest.approx(1 + 4 / 3 + 1 / 3)
    variance = (5 / 3) ** 2 / (3 * 2) + (1 / 3) ** 2 / (2 * 1)
    assert (mean.high - mean.low) / 2 == pytest.approx(1.959963985 * np.sqrt(variance))


def test_the_log_rank_test_is_that_of_r(lung: pd.DataFrame, known: pd.DataFrame, rossi: pd.DataFrame) -> None:
    plain = log_rank(lung["time"], lung["is_dead"], groups=lung["sex"])
    assert [plain.statistic, plain.p_value] == pytest.approx([10.3267419549, 0.00131116452], rel=EIGHT)
    within = log_rank(known["time"], known["is_dead"], groups=known["sex"], strata=known["ph_ecog"])
    assert within.statistic == pytest.approx(10.7950596335, rel=EIGHT)
    assert log_rank(rossi["week"], rossi["arrest"], groups=rossi["fin"]).statistic == pytest.approx(
        3.83756957655, rel=EIGHT
    )


def test_the_cox_model_is_that_of_r(fitted: CoxFit) -> None:
    assert list(fitted.log_hazard_ratios) == near(0.0110667645601, -0.5526123957036, 0.4637284753704)
    assert list(fitted.standard_errors) == near(0.0092674110137, 0.1677390537873, 0.1135772661620)
    assert [fitted.log_likelihood, fitted.null_log_likelihood] == near(-729.23012137486, -744.48045576144)


def test_the_test_of_proportionality_is_that_of_r(fitted: CoxFit) -> None:
    told = proportionality(fitted)
    assert list(told["statistic"]) == near(0.187987673652, 2.305437227405, 2.054248774054, 4.463657588759)
    assert list(told["freedom"]) == [1, 1, 1, 3]


def test_rossi_is_as_published(rossi: pd.DataFrame) -> None:
    fit = cox(rossi["week"], rossi["arrest"], rossi[["fin", "age", "race", "wexp", "mar", "paro", "prio"]])
    by_term = dict(zip(fit.terms, fit.log_hazard_ratios, strict=True))
    assert [by_term[name] for name in ("fin", "age", "prio")] == near(
        -0.3794221664859, -0.0574377426841, 0.0914970809853
    )
    assert fit.log_likelihood == pytest.approx(-658.74765944609, rel=EIGHT)
    assert proportionality(fit)["statistic"].iloc[-1] == pytest.approx(17.6944152545, rel=EIGHT)


def test_strata_and_delayed_entry_are_those_of_another_package(known: pd.DataFrame) -> None:
    """PyPI survival 2.0.0: Surv(floor(time / 3), time, dead) ~ age + sex + strata(ph.ecog), and its cox.zph (km)."""
    late = {"start": known["time"] // 3, "strata": known["ph_ecog"]}
    fit = cox(known["time"], known["is_dead"], known[["age", "sex"]], **late)
    assert list(fit.log_hazard_ratios) == near(0.005069229020677604, -0.4126375719868537)
    assert [fit.null_log_likelihood, fit.log_likelihood] == near(-498.3436234698417, -495.2481211477748)
    assert list(proportionality(fit)["statistic"]) == near(0.5592680805265053, 0.5482754799363012, 0.6909830252859677)
    whole = cox(known["time"], known["is_dead"], known[["age", "sex"]], strata=known["ph_ecog"])
    assert list(proportionality(whole)["statistic"]) == near(
        0.016163632416617977, 2.2999485925926577, 2.3143022029761937
    )


def test_a_spell_cut_in_two_is_the_same_spell(known: pd.DataFrame, fitted: CoxFit) -> None:
    at = (known["time"] // 2).to_numpy()
    ends = known["is_dead"].to_numpy()
    halves = pd.concat([known, known])[["age", "sex", "ph_ecog"]]
    start, stop = np.concatenate([0 * at, at]), np.concatenate([at, known["time"]])
    fit = cox(stop, np.concatenate([ends & False, ends]), halves, start=start)
    assert list(fit.log_hazard_ratios) == pytest.approx(list(fitted.log_hazard_ratios), rel=1e-6)
    assert fit.log_likelihood == pytest.approx(fitted.log_likelihood)


def test_efron_by_hand() -> None:
    """Two end at 1 of three, x = 1, 0 and 1: at a ratio of r, r / ((2r + 1) (2r + 1 - (r + 1) / 2))."""
    fit = cox([1, 1, 2], [True, True, False], pd.DataFrame({"x": [1.0, 0.0, 1.0]}))
    ratios = np.exp(np.linspace(-3, 3, 60001))
    likelihood = np.log(ratios) - np.log(2 * ratios + 1) - np.log(2 * ratios + 1 - (ratios + 1) / 2)
    assert fit.log_hazard_ratios[0] == pytest.approx(np.log(ratios[likelihood.argmax()]), abs=2e-4)
    assert fit.log_likelihood == pytest.approx(likelihood.max())


def test_the_table_tells_ratios_with_their_intervals(fitted: CoxFit) -> None:
    row = table(fitted, level=LEVEL).set_index("term").loc["sex"]
    assert row["hazard_ratio"] == pytest.approx(np.exp(-0.5526123957036))
    assert row["high"] == pytest.approx(-0.5526123957036 + 1.959963985 * 0.1677390537873)
    assert row["p_value"] == pytest.approx(0.00098605, rel=1e-4)


def test_scaling_and_shuffling_change_nothing(known: pd.DataFrame, fitted: CoxFit) -> None:
    mixed = known.sample(frac=1, random_state=1)
    fit = cox(mixed["time"] * 7, mixed["is_dead"], mixed[["age", "sex", "ph_ecog"]] * 10)
    assert list(fit.log_hazard_ratios * 10) == pytest.approx(list(fitted.log_hazard_ratios), rel=1e-7)


@pytest.mark.parametrize(
    ("ends", "columns", "message"),
    [
        ([False] * 4, {"x": [1, 2, 3, 4]}, "needs somebody who left, found nobody"),
        ([True] * 4, {"x": [1, 1, 1, 1]}, "x must vary among those at risk"),
        ([True] * 4, {"x": [1, 2, 3, 5], "y": [2, 4, 6, 10]}, "one is the sum of others"),
        ([True, True, False, False], {"x": [1, 1, 0, 0]}, "does some value of a term never end?"),
    ],
)
def test_what_cannot_be_fitted_is_said(ends: list[bool], columns: dict[str, list[int]], message: str) -> None:
    with pytest.raises(FitError, match=message.replace("?", r"\?")):
        cox([1, 2, 3, 4], ends, pd.DataFrame(columns, dtype=float))


def test_a_spell_that_stops_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="must start before it stops; 1 do not"):
        survivors([1, 2], [True, True], start=[0, 2])


def test_reasons_compete(known: pd.DataFrame) -> None:
    reasons = pd.Series(np.where(known["sex"] == 1, "man", "woman")).where(known["is_dead"].to_numpy())
    told = incidence(known["time"], reasons, ages=[180, 365], level=LEVEL)
    still = at_ages(survivors(known["time"], known["is_dead"]), [180, 365], level=LEVEL)
    together = told.groupby("age")["share"].sum()
    assert list(together) == pytest.approx(list(1 - still["survival_share"]))
    alone = incidence(known["time"], reasons.where(reasons.isna(), "any"), ages=[180, 365], level=LEVEL)
    assert list(alone["standard_error"]) == pytest.approx(list(still["standard_error"])), "one reason: Greenwood"
    assert list(alone["low"]) == pytest.approx(list(1 - still["high"]))


def test_competing_reasons_by_hand() -> None:
    """Five spells: a at 1, b at 2, one lost at 2, a and b together at 4. No tie is broken by chance."""
    told = incidence([1, 2, 2, 4, 4], ["a", "b", None, "a", "b"], ages=[1, 3, 4], level=LEVEL)
    a, b = (told[told["reason"] == reason]["share"] for reason in "ab")
    assert list(a) == pytest.approx([1 / 5, 1 / 5, 1 / 5 + 3 / 5 * 1 / 2])
    assert list(b) == pytest.approx([0, 4 / 5 * 1 / 4, 1 / 5 + 3 / 5 * 1 / 2])
    assert list(told["ended_count"]) == [1, 1, 2, 0, 1, 2]


def test_risk_sets_by_hand() -> None:
    """Two strata; in the first the second spell is watched from 1 on, so that it is not at risk at 1."""
    sets = risk_sets([1, 3, 4, 2], [True, True, False, True], start=[0, 1, 0, 0], strata=["a", "a", "a", "b"])
    assert list(zip(sets.stratum, sets.time, strict=True)) == [(0, 1), (0, 3), (1, 2)]
    assert list(sets.at_risk()) == [2, 2, 1]
    assert list(sets.at_risk([1, 10, 100, 1000])) == [101, 110, 1000]
    assert list(sets.ended([1, 10, 100, 1000])) == [1, 10, 1000]
    assert list(sets.over_moments(np.array([1.0, 10.0, 100.0]))) == [1, 10, 11, 100]
