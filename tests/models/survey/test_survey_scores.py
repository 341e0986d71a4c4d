"""Scores and moves of a survey: worked examples by hand, and coverage where the truth is known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri
from scipy.stats import binom, multinomial

from helpers.models.survey import design, estimators, nps, proportions, samples, survey_scores, waves
from helpers.simulation.company import simulate
from helpers.simulation.settings import Company
from helpers.simulation.survey_design import expected_means

QUESTIONS = pd.DataFrame(
    {
        "question_id": ["csat", "nps"],
        "kind": ["csat", "nps"],
        "scale_low": [1.0, 0.0],
        "scale_high": [5.0, 10.0],
        "wording": ["Are you satisfied?", "Would you recommend us?"],
    }
)


def frame_of(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"response_id": [f"r{i}" for i in range(4)], **columns})


def test_a_mean_by_hand() -> None:
    """Weights 1, 1, 2 and 4: the mean is (1 + 2 + 6 + 16) / 8 = 3.125; its influences w (y - mean) / 8 add up to 0, and
    n / (n - 1) times their squares is the variance."""
    weights, answers = np.array([1.0, 1, 2, 4]), np.array([1.0, 2, 3, 4])
    found = estimators.means(answers, design=design.design(weights))
    scores = weights * (answers - 3.125) / 8
    assert found.values[0] == 3.125
    assert found.errors[0] == pytest.approx(np.sqrt(4 / 3 * (scores @ scores)), rel=1e-12)


def test_who_has_no_answer_stays_in_the_design() -> None:
    """Leaving the rows out would make the strata smaller, and the error another."""
    rng = np.random.default_rng(3)
    strata, answers = np.repeat([0, 1], 30), rng.normal(size=60)
    answers[rng.random(60) < 0.4] = np.nan
    known = np.isfinite(answers)
    whole = estimators.means(answers, design=design.design(np.ones(60), strata=strata))
    scores = np.where(known, answers - whole.values[0], 0) / known.sum()
    by_hand = sum(30 / 29 * ((scores[strata == h] - scores[strata == h].mean()) ** 2).sum() for h in (0, 1))
    assert whole.errors[0] == pytest.approx(np.sqrt(by_hand), rel=1e-12)
    filtered = estimators.means(answers[known], design=design.design(np.ones(known.sum()), strata=strata[known]))
    assert filtered.errors[0] != pytest.approx(whole.errors[0], rel=1e-6)


def test_clusters_of_one_name_in_two_strata_are_two() -> None:
    plain = design.design(np.ones(8), strata=[0] * 4 + [1] * 4, clusters=[["a", "a", "b", "b"] * 2])
    assert len(plain.stages[0].stratum_of_unit) == 4
    assert plain.degrees == 2


def test_two_stages_with_small_populations_by_hand() -> None:
    """Two of four clusters, two of three units each: between clusters (1 - 1/2) 2/1 of squares, and within them half of
    (1 - 2/3) 2/1 of squares."""
    answers, weights = np.array([1.0, 3, 6, 10]), np.full(4, 3.0)
    stages = design.design(
        weights, clusters=[[0, 0, 1, 1], [0, 1, 2, 3]], populations=[np.full(4, 4.0), np.full(4, 3.0)]
    )
    found = estimators.totals(answers, design=stages)
    between = 0.5 * 2 * ((12 - 30) ** 2 + (48 - 30) ** 2)
    within = 0.5 * (1 / 3) * 2 * ((3 - 6) ** 2 + (9 - 6) ** 2 + (18 - 24) ** 2 + (30 - 24) ** 2)
    assert found.values[0] == 60
    assert found.covariance[0, 0] == pytest.approx(between + within, rel=1e-12)


def test_a_unit_alone_is_compared_with_all() -> None:
    alone = design.design(np.ones(3), strata=[0, 0, 1])
    found = estimators.totals([1.0, 3, 8], design=alone)
    assert alone.lonely_count == 1
    assert found.covariance[0, 0] == pytest.approx(2 * (1 + 1) + (8 - 4) ** 2, rel=1e-12)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="weights must be numbers of zero or more"):
        design.design([1.0, np.nan])
    with pytest.raises(ValueError, match="at least the units that were sampled"):
        design.design(np.ones(3), populations=[np.full(3, 2.0)])


def test_all_or_none_of_a_small_group() -> None:
    """Clopper and Pearson: of 10 who all agree, 1 - 0.025 ** (1 / 10) is the other end."""
    shares, errors, counts = np.array([0.0, 1.0]), np.zeros(2), np.array([10, 10])
    low, high = proportions.bounds(shares, errors, counts, degrees=np.array([9, 9]), level=0.95)
    assert low == pytest.approx([0, 0.025**0.1])
    assert high == pytest.approx([1 - 0.025**0.1, 1])


OUTCOMES = [(a, b) for a, b in product(range(21), repeat=2) if a + b <= 20]


def covered_of_twenty(up: float, down: float, *, method: nps.Method = "score") -> float:
    """Of every outcome of 20 answers its probability, where the interval holds the truth: no simulation."""
    chance = multinomial.pmf([(a, b, 20 - a - b) for a, b in OUTCOMES], n=20, p=[up, down, 1 - up - down])
    p, d = (np.array(one) / 20 for one in zip(*OUTCOMES, strict=True))
    n = np.full(len(p), 20)
    low, high = nps.bounds(p, d, nps.plain_error(p, d, n), n, degrees=np.inf, level=0.95, method=method)
    score = up - down
    return float(chance @ ((low <= score + 1e-9) & (score - 1e-9 <= high)))


MIDDLE = [(0.5, 0.2), (0.3, 0.3), (0.9, 0.05), (0.2, 0.6), (0.75, 0.1), (0.6, 0.4)]


@pytest.mark.parametrize(
    "shares", [*MIDDLE, *((0.95, d / 1000) for d in range(5, 46, 5)), *((d / 1000, 0.95) for d in range(5, 46, 5))]
)
def test_the_interval_of_a_score_of_twenty_covers(shares: tuple[float, float]) -> None:
    """Also where 19 of 20 are promoters, or detractors, and the others are of both kinds."""
    assert 0.93 <= covered_of_twenty(*shares) <= 0.97


@pytest.mark.parametrize("shares", [(0.95, 0.0), (0.95, 0.05)])
def test_where_all_others_are_of_one_kind_no_interval_covers_nearer(shares: tuple[float, float]) -> None:
    """The promoters among 20 are binomial: 18 and more come in 92.5 % of surveys, 17 and more in 98.4 %."""
    of_18, of_17 = (float(binom.sf(least - 1, 20, 0.95)) for least in (18, 17))
    assert (of_18, of_17) == pytest.approx((0.9245, 0.9841), abs=5e-5)
    assert covered_of_twenty(*shares) == pytest.approx(of_18, abs=1e-9)


def test_the_adjusted_interval_covers_too_often_near_the_end() -> None:
    assert covered_of_twenty(0.95, 0.03, method="adjusted_wald") > 0.97


def test_the_score_interval_by_hand_and_by_another_program() -> None:
    """All of 20 promote: (1 - s)^2 20 = z^2 (1 - s^2), so that s = (20 - z^2) / (20 + z^2). R's PropCIs gives
    scoreci.mp(25, 28, 618, 0.9) as -0.0148 to 0.0247."""
    z = ndtri(0.975)
    low, high = nps.bounds(np.ones(1), np.zeros(1), np.zeros(1), np.array([20]), degrees=np.inf, level=0.95)
    assert (low[0], high[0]) == pytest.approx(((20 - z**2) / (20 + z**2), 1))
    up, down, n = np.array([28 / 618]), np.array([25 / 618]), np.array([618])
    found = nps.bounds(up, down, nps.plain_error(up, down, n), n, degrees=np.inf, level=0.9)
    assert np.concatenate(found) == pytest.approx([-0.0148, 0.0247], abs=5e-5)


def test_scores_by_wave_and_group() -> None:
    interviews = frame_of(wave=["w1", "w1", "w2", "w2"], weight=[1.0, 3, 2, 2])
    answers = pd.DataFrame({"csat": [5.0, 1, 4, np.nan], "nps": [10.0, 0, 9, 7]})
    sample = samples.of_interviews(interviews, waves_share_clusters=True, population_is_finite=True)
    found = survey_scores.scores(
        survey_scores.measures(answers, QUESTIONS), interviews, design=sample,
        groupings={"mode": pd.Series(["online", "phone", "online", None])}, level=0.95, smallest_base=1,
    )  # fmt: skip
    keys = found.set_index(["wave", "item", "group", "statistic", "weighted"])
    assert keys.loc[("w1", "csat", "all", "mean", True), "estimate"] == 2
    assert keys.loc[("w1", "csat", "all", "mean", False), "estimate"] == 3
    assert keys.loc[("w1", "nps", "all", "net_promoter_score", True), "estimate"] == -0.5
    assert keys.loc[("w2", "csat", "all", "top_2_share", True), ["estimate", "n"]].tolist() == [1, 1]
    assert keys.loc[("w2", "nps", "mode: online", "net_promoter_score", True), "n"] == 1
    assert ("w2", "nps", "mode: None", "net_promoter_score", True) not in keys.index
    thin = survey_scores.scores(
        survey_scores.measures(answers, QUESTIONS), interviews, design=sample, groupings={}, level=0.95, smallest_base=2
    )
    of_two = thin[(thin["wave"] == "w2") & (thin["item"] == "csat")]
    assert of_two["is_thin"].all()
    assert of_two["estimate"].isna().all()


def test_how_many_are_unhappy_and_how_marks_fall() -> None:
    interviews = frame_of(wave=["w1"] * 4, weight=[1.0, 3, 2, 2])
    answers = pd.DataFrame({"csat": [5.0, 1, 2, np.nan]})
    sample = samples.of_interviews(interviews, waves_share_clusters=True, population_is_finite=True)
    everybody = pd.Series([True] * 4)
    bad = survey_scores.unhappy(answers, QUESTIONS, design=sample, is_in=everybody, level=0.95)
    assert bad[["item", "customer_count", "n"]].to_numpy().tolist() == [["csat", 5, 3]]
    marks = survey_scores.answer_shares(answers, QUESTIONS, design=sample, is_in=everybody)
    assert marks["share"].tolist() == pytest.approx([3 / 6, 2 / 6, 0, 0, 1 / 6])
    assert marks["from_middle"].tolist() == pytest.approx([-5 / 6, -2 / 6, 0, 0, 0])
    assert marks["best_share"].tolist() == pytest.approx([1 / 6] * 5)
    far = survey_scores.spread(answers, design=sample, is_in=everybody, level=0.95, smallest_base=2)
    assert far["median"].tolist() == [1]
    assert far["n"].tolist() == [3]


def test_a_customer_who_answers_twice_makes_the_move_surer() -> None:
    rng = np.random.default_rng(1)
    level = rng.normal(size=200)
    answers = np.concatenate([level, level + 0.1 + 0.1 * rng.normal(size=200)])
    interviews = pd.DataFrame(
        {
            "response_id": [f"r{i}" for i in range(400)],
            "customer_id": [f"c{i % 200}" for i in range(400)],
            "wave": np.repeat(["w1", "w2"], 200),
            "weight": 1.0,
        }
    )
    measure = [survey_scores.Measure("csat", "mean", answers)]
    errors = {}
    for is_shared in (True, False):
        sample = samples.of_interviews(interviews, waves_share_clusters=is_shared, population_is_finite=True)
        found = waves.moves(measure, interviews, design=sample, level=0.95, control="holm")
        errors[is_shared] = float(found["standard_error"].iloc[0])
        assert found["difference"].iloc[0] == pytest.approx(0.1, abs=0.03)
    assert errors[True] < 0.2 * errors[False]


def test_waves_without_a_move_are_seldom_flagged(part: int) -> None:
    """Three waves, eight questions, clusters that answer alike: any of them flagged in at most 5 % of surveys."""
    rng, runs, flagged = np.random.default_rng(7), 200 // part, 0
    for _ in range(runs):
        cluster = rng.integers(40, size=600)
        interviews = pd.DataFrame(
            {
                "response_id": np.arange(600).astype(str),
                "wave": rng.choice(["w1", "w2"], 600),
                "weight": rng.uniform(1, 3, 600),
                "stratum": (cluster % 4).astype(str),
                "cluster": cluster.astype(str),
            }
        )
        effects = 0.5 * rng.normal(size=(40, 2))
        drift = effects[cluster, (interviews["wave"] == "w2").astype(int)]
        answers = drift[:, None] + rng.normal(size=(600, 8))
        measured = [survey_scores.Measure(str(j), "mean", answers[:, j]) for j in range(8)]
        sample = samples.of_interviews(interviews, waves_share_clusters=True, population_is_finite=True)
        flagged += int(waves.moves(measured, interviews, design=sample, level=0.95, control="holm")["is_real"].any())
    assert flagged <= 0.05 * runs + 2 * np.sqrt(0.05 * 0.95 * runs)


@pytest.mark.slow
def test_weights_cover_the_truth_at_the_nominal_rate_where_none_do_not() -> None:
    """The simulated company: those who are satisfied answer more often, and the weights know it. Nine questions in four
    waves of 12 companies are 432 intervals, of which 95 % cover, give or take 1 % (a standard deviation)."""
    covered: dict[bool, list[bool]] = {True: [], False: []}
    for seed in range(12):
        world = simulate(Company(seed=seed, customer_count=3000), tables=["survey_responses"])
        said = world.tables["survey_responses"].to_pandas()
        known = world.truth.frames["surveys"]
        truth = expected_means(known["survey_strata"], known["survey_expected"]).set_index(["question_id", "wave"])
        is_mark = said["question_id"].isin(truth.index.get_level_values("question_id"))
        said = said[is_mark].astype({"weight": float})
        for question, own in said.groupby("question_id"):
            sample = samples.of_interviews(own, waves_share_clusters=True, population_is_finite=True)
            codes, names = samples.codes_of(own["wave"])
            expected = truth.loc[question, "mean"].loc[names].to_numpy()
            for is_weighted, used in ((True, sample), (False, design.unweighted(sample))):
                answers = own["answer"].astype(float)
                found = estimators.means(answers, design=used, groups=codes, group_count=len(names))
                low, high = found.bounds(level=0.95)
                covered[is_weighted] += ((low <= expected) & (expected <= high)).tolist()
    assert np.mean(covered[True]) == pytest.approx(0.95, abs=0.03)
    assert np.mean(covered[False]) <= 0.3


def test_another_mix_of_modes_is_no_move() -> None:
    """Phone gives 1 more; the last wave has more of it. Nothing else moved."""
    rng = np.random.default_rng(4)
    wave, is_phone = np.repeat(["w1", "w2"], 500), rng.random(1000) < np.repeat([0.2, 0.8], 500)
    values = 3 + is_phone + 0.5 * rng.normal(size=1000)
    interviews = pd.DataFrame({"wave": wave, "response_id": np.arange(1000).astype(str)})
    modes = pd.Series(np.where(is_phone, "phone", "online"))
    found = waves.at_equal_modes(
        [survey_scores.Measure("csat", "mean", values)], interviews, modes=modes, design=design.design(np.ones(1000)),
        level=0.95,
    ).iloc[0]  # fmt: skip
    assert found["plain_difference"] == pytest.approx(0.6, abs=0.1)
    assert found["low"] < 0 < found["high"]
    assert found["difference"] == pytest.approx(0, abs=0.1)
