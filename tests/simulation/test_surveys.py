"""Surveys: what was planted is found again by whoever weights rightly, and missed by a known amount by who does not.

Coverage is counted over companies of many seeds: an interval at 90 % must hold the truth about nine times in ten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import statsmodels.api as sm

from helpers.schema.research import SURVEY_QUESTIONS, SURVEY_RESPONSES
from helpers.simulation.buying_process import orders_block
from helpers.simulation.comments import texts
from helpers.simulation.population import population
from helpers.simulation.research_settings import Surveys
from helpers.simulation.settings import Company
from helpers.simulation.survey_design import drivers, expected_answers, expected_means, waves
from helpers.simulation.surveys import generate

SEEDS = range(50)
Z90 = 1.6449
TWO_STAGES = {"subcluster", "stratum_unit_count", "cluster_unit_count"}
RESPONSES = tuple(name for name in SURVEY_RESPONSES.names if name not in TWO_STAGES)
"""Clusters of a stratum are drawn with no second stage, and their count is not told."""
COMPANY = Company(seed=11)
SURVEYS = COMPANY.surveys


@dataclass(frozen=True)
class Survey:
    """One company's survey: an interview a row (answers as columns of numbers), and the truth frames."""

    interviews: pd.DataFrame
    truth: dict[str, pd.DataFrame]


def made(company: Company, block: int = 0) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    people = population(company, block=block)
    return generate(company, people, orders_block(company, people), block=block)


def survey(seed: int) -> Survey:
    tables, truth = made(replace(COMPANY, seed=seed))
    answers = tables["survey_responses"].to_pandas()
    shared = answers.drop_duplicates("response_id").set_index("response_id").drop(columns=["question_id", "answer"])
    points = answers[~answers["question_id"].isin(["comment", "channels"])].pivot(
        index="response_id", columns="question_id", values="answer"
    )
    return Survey(shared.assign(weight=shared["weight"].astype(float)).join(points.astype(float)), truth)


@pytest.fixture(scope="module")
def several(part: int) -> list[Survey]:
    return [survey(seed) for seed in SEEDS[: len(SEEDS) // part]]


@pytest.fixture(scope="module")
def one() -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    return made(COMPANY)


def standard_error(rows: pd.DataFrame, scores: pd.Series) -> float:
    """Of a sum of scores by Taylor linearisation: clusters within strata, lone ones against the mean of all."""
    totals = scores.groupby([rows["stratum"], rows["cluster"]]).sum()
    within = totals.groupby("stratum")
    counts = within.transform("size")
    centre = within.transform("mean").where(counts > 1, totals.mean())
    factor = (counts / (counts - 1)).where(counts > 1, 1.0)
    return float(np.sqrt((factor * (totals - centre) ** 2).sum()))


def weighted_mean(rows: pd.DataFrame, values: pd.Series, among: pd.Series | None = None) -> tuple[float, pd.Series]:
    """The mean with weights among some rows, and its linearised scores."""
    used = values.notna() & (True if among is None else among)
    weight = rows["weight"].where(used, 0.0)
    mean = float((weight * values.fillna(0)).sum() / weight.sum())
    return mean, weight * (values.fillna(0) - mean) / weight.sum()


def is_inside(estimate: float, error: float, truth: float) -> bool:
    return abs(estimate - truth) <= Z90 * error


def is_about_nine_in_ten(hits: list[bool], *, independent: int) -> bool:
    """Within three standard deviations of what `independent` tries at 90 % give; more tries than that may hang together."""
    return abs(np.mean(hits) - 0.9) <= 3 * np.sqrt(0.09 / independent)


def of_all(tolerance: float, several: list[Survey]) -> float:
    """A tolerance for the mean over all seeds, widened as the error of a mean is where there are fewer of them."""
    return float(tolerance * np.sqrt(len(SEEDS) / len(several)))


# ---------------------------------------------------------------------------------------------------------- recovery


@pytest.mark.parametrize("question", ["csat", "nps", "ces", "item_delivery"])
def test_weighted_means_cover_and_unweighted_ones_miss_by_the_known_amount(
    several: list[Survey], question: str
) -> None:
    covered, missed, off = [], [], []
    for each in several:
        expected = expected_means(each.truth["survey_strata"], each.truth["survey_expected"])
        for wave, rows in each.interviews.groupby("wave"):
            truth = expected[(expected["wave"] == wave) & (expected["question_id"] == question)].iloc[0]
            mean, scores = weighted_mean(rows, rows[question])
            covered.append(is_inside(mean, standard_error(rows, scores), truth["mean"]))
            plain = rows[question].dropna()
            missed.append(not is_inside(plain.mean(), plain.std() / np.sqrt(len(plain)), truth["mean"]))
            off.append(plain.mean() - truth["mean"] - truth["unweighted_bias"])
    assert is_about_nine_in_ten(covered, independent=len(several))
    assert np.mean(missed) > 0.9
    assert abs(np.mean(off)) < 4 * np.std(off) / np.sqrt(len(several))
    assert abs(np.mean(off)) < 0.03


def test_net_promoters_without_weights_are_too_many_by_the_known_amount(several: list[Survey]) -> None:
    covered, off = [], []
    for each in several:
        expected = expected_means(each.truth["survey_strata"], each.truth["survey_expected"])
        truth = expected[(expected["wave"] == "w2") & (expected["question_id"] == "nps")].iloc[0]
        rows = each.interviews[each.interviews["wave"] == "w2"]
        net = (rows["nps"] >= 9).astype(float) - (rows["nps"] <= 6)
        net = net.where(rows["nps"].notna())
        mean, scores = weighted_mean(rows, net)
        covered.append(is_inside(mean, standard_error(rows, scores), truth["top_share"] - truth["bottom_share"]))
        off.append(net.mean() - truth["unweighted_top_share"] + truth["unweighted_bottom_share"])
        assert truth["unweighted_top_share"] - truth["top_share"] > 0.08
    assert is_about_nine_in_ten(covered, independent=len(several))
    assert abs(np.mean(off)) < 0.02


def test_the_planted_change_between_two_waves_is_covered(several: list[Survey]) -> None:
    """And where nothing was planted, between the first two, nothing is found more often than by chance."""
    for before, after, is_planted in (("w1", "w2", False), ("w2", "w3", True)):
        hits, found = [], []
        for each in several:
            rows = each.interviews[each.interviews["wave"].isin([before, after])]
            expected = expected_means(each.truth["survey_strata"], each.truth["survey_expected"])
            means = expected[expected["question_id"] == "csat"].set_index("wave")["mean"]
            first, first_scores = weighted_mean(rows, rows["csat"], rows["wave"] == before)
            second, second_scores = weighted_mean(rows, rows["csat"], rows["wave"] == after)
            error = standard_error(rows, second_scores - first_scores)
            hits.append(is_inside(second - first, error, means[after] - means[before]))
            found.append(not is_inside(second - first, error, 0.0))
        assert is_about_nine_in_ten(hits, independent=len(several))
        assert (np.mean(found) > 0.75) if is_planted else (np.mean(found) < 0.25)


def test_the_effect_of_the_mode_is_covered(several: list[Survey]) -> None:
    for mode in ("phone", "onsite"):
        hits = []
        for each in several:
            rows = each.interviews[each.interviews["wave"] == "w4"]
            expected = each.truth["survey_strata"].merge(each.truth["survey_expected"], on=["wave", "age_band"])
            cells = expected[(expected["wave"] == "w4") & (expected["question_id"] == "csat")]
            truths = cells.groupby("mode").apply(lambda of: np.average(of["mean"], weights=of["customer_count"]))
            online, online_scores = weighted_mean(rows, rows["csat"], rows["mode"] == "online")
            other, other_scores = weighted_mean(rows, rows["csat"], rows["mode"] == mode)
            error = standard_error(rows, other_scores - online_scores)
            hits.append(is_inside(other - online, error, truths[mode] - truths["online"]))
        assert is_about_nine_in_ten(hits, independent=len(several))


def regression(rows: pd.DataFrame, y: str, x: list[str], weight: str | None) -> pd.DataFrame:
    """Coefficients and standard errors by cluster, with weights or without; the levels of the strata taken out."""
    rows = rows.dropna(subset=[y, *x])
    design = pd.get_dummies(rows["stratum"], dtype=float).join(rows[x])
    weights = rows[weight] if weight else np.ones(len(rows))
    fit = sm.WLS(rows[y], design, weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["cluster"])[0]}
    )
    return pd.DataFrame({"weight": fit.params[x], "error": fit.bse[x]})


def test_driver_weights_are_covered_in_points(several: list[Survey]) -> None:
    hits, found = [], []
    items = [f"item_{topic}" for topic in SURVEYS.topics]
    truth = drivers(SURVEYS)["csat_weight"].to_numpy()
    for each in several:
        rows = each.interviews
        rows = rows[rows["wave"].isin(["w1", "w2"]) & (rows["mode"] == "online")]
        fit = regression(rows, "csat", items, "weight")
        hits += [is_inside(row.weight, row.error, value) for row, value in zip(fit.itertuples(), truth, strict=True)]
        found.append(fit["weight"].to_numpy())
    assert is_about_nine_in_ten(hits, independent=len(several))
    assert np.mean(found, axis=0) == pytest.approx(truth, abs=of_all(0.025, several))


def test_driver_weights_are_covered_in_latent_units_and_shrink_without_weights(several: list[Survey]) -> None:
    hits, plain = [], []
    facets = [f"facet_{topic}" for topic in SURVEYS.topics]
    for each in several:
        rows = each.truth["survey_invitations"].query("is_given and wave == 'w4'")
        rows = rows.assign(
            weight=1 / (rows["sampling_share"] * rows["response_share"]),
            cluster=rows["stratum"] + rows["cluster_number"].astype(str),
        )
        fit = regression(rows, "overall", facets, "weight")
        pairs = zip(fit.itertuples(), SURVEYS.weights, strict=True)
        hits += [is_inside(row.weight, row.error, value) for row, value in pairs]
        plain.append(regression(rows, "overall", facets, None)["weight"].to_numpy())
    assert is_about_nine_in_ten(hits, independent=len(several))
    assert np.mean(plain, axis=0).sum() < 0.98 * SURVEYS.weights.sum()


def test_without_the_slope_nobody_needs_the_weights_for_response() -> None:
    plain = replace(SURVEYS, response_slope=0.0, age_sampling_factors=(1.0, 1.0, 1.0, 1.0))
    plain = replace(plain, modes=tuple(replace(mode, response_intercept=0.0) for mode in plain.modes))
    _, truth = made(replace(COMPANY, surveys=plain))
    found = expected_means(truth["survey_strata"], truth["survey_expected"])
    assert found["unweighted_bias"].to_numpy() == pytest.approx(0.0, abs=1e-9)


# --------------------------------------------------------------------------------------------------- what was planted


def test_latents_are_as_stated(several: list[Survey]) -> None:
    invited = pd.concat([each.truth["survey_invitations"] for each in several])
    first = invited[invited["wave"] == "w1"]
    facets = first[[f"facet_{topic}" for topic in SURVEYS.topics]]
    assert facets.corr().to_numpy() == pytest.approx(SURVEYS.correlations, abs=of_all(0.02, several))
    within = first["overall"] - first.groupby("stratum")["overall"].transform("mean")
    assert within.var() == pytest.approx(1.0, abs=of_all(0.02, several))
    assert invited["is_given"].mean() == pytest.approx(invited["response_share"].mean(), abs=0.005)
    moved = invited.groupby("wave")["facet_delivery"].mean()
    assert moved.diff().iloc[1:].to_numpy() == pytest.approx(np.diff(SURVEYS.facet_shifts[:, 1]), abs=0.03)
    changes = several[0].truth["survey_changes"]
    assert changes["overall_shift"].to_numpy() == pytest.approx([-1.25 * 0.2, 0.5 * 0.2])


def test_a_cluster_moves_its_customers_alike_in_every_block() -> None:
    strong = replace(SURVEYS, cluster_sd=0.5, invitation_count=15_000)
    company = replace(COMPANY, customer_count=51_000, surveys=strong)
    means = []
    for block in (0, 1):
        invited = made(company, block)[1]["survey_invitations"]
        means.append(invited.groupby(["stratum", "cluster_number"])["overall"].mean())
    assert means[0].std() == pytest.approx(np.hypot(0.5, np.std(SURVEYS.age_shifts)), abs=0.08)
    assert means[0].corr(means[1]) > 0.3


def test_the_satisfied_customers_of_the_population_answer_better(
    one: tuple[dict[str, pa.Table], dict[str, pd.DataFrame]],
) -> None:
    people = population(COMPANY, block=0)
    satisfaction = pd.Series(people.satisfaction, people.customer_id)
    invited = one[1]["survey_invitations"]
    slope = np.polyfit(invited["customer_id"].map(satisfaction), invited["overall"], 1)[0]
    assert slope == pytest.approx(SURVEYS.weights @ SURVEYS.loadings, abs=0.05)


def test_the_expected_answers_are_those_of_a_large_sample() -> None:
    """The quadrature against plain simulation, in one cell."""
    rng, count = np.random.default_rng(3), 400_000
    expected = expected_answers(SURVEYS).set_index(["wave", "age_band", "mode", "question_id"]).sort_index()
    cell = expected.loc[("w3", "under 35", "phone")]
    satisfaction = rng.standard_normal((count, 1))
    facets = SURVEYS.facet_shifts[2] + SURVEYS.loadings * satisfaction
    facets = facets + np.sqrt(1 - SURVEYS.loadings**2) * rng.standard_normal(facets.shape)
    rest = np.sqrt(SURVEYS.noise_variance + SURVEYS.cluster_sd**2) * rng.standard_normal(count)
    overall = facets @ SURVEYS.weights + SURVEYS.age_shifts[0] + rest
    answers = rng.random(count) < 1 / (1 + np.exp(-SURVEYS.modes[1].response_intercept - 0.7 * overall))
    nps = SURVEYS.questions[1]
    latent = nps.loading * overall + np.sqrt(1 - nps.loading**2) * rng.standard_normal(count) + SURVEYS.modes[1].shift
    points = np.searchsorted(nps.thresholds, latent)
    items = 1 + np.searchsorted(SURVEYS.facets[1].thresholds, facets[:, 1] + SURVEYS.modes[1].shift)
    assert cell.loc["nps", "response_share"] == pytest.approx(answers.mean(), abs=0.004)
    assert cell.loc["nps", "mean"] == pytest.approx(points.mean(), abs=0.02)
    assert cell.loc["nps", "respondent_mean"] == pytest.approx(points[answers].mean(), abs=0.02)
    assert cell.loc["nps", "bottom_share"] == pytest.approx((points <= 6).mean(), abs=0.005)
    assert cell.loc["item_delivery", "respondent_mean"] == pytest.approx(items[answers].mean(), abs=0.02)


def test_weights_that_leave_no_noise_are_refused() -> None:
    facets = tuple(replace(facet, weight=0.4) for facet in SURVEYS.facets)
    with pytest.raises(ValueError, match=r"must be below 1, found 3\.\d{3}; make the weights smaller\."):
        Surveys(facets=facets)


# ------------------------------------------------------------------------------------------------------------- tables


def test_the_tables_are_those_of_the_contract(one: tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]) -> None:
    tables, _ = one
    assert tuple(tables["survey_responses"].column_names) == RESPONSES
    assert tuple(tables["survey_questions"].column_names) == SURVEY_QUESTIONS.names
    assert {
        name: column.null_count for name, column in zip(RESPONSES, tables["survey_responses"].columns, strict=True)
    } == dict.fromkeys(RESPONSES, 0)
    answers = tables["survey_responses"].to_pandas()
    assert not answers.duplicated(["response_id", "question_id"]).any()
    questions = tables["survey_questions"].to_pandas().set_index("question_id")
    assert set(answers["question_id"]) == set(questions.index)
    for question, given in answers.groupby("question_id")["answer"]:
        if question not in ("comment", "channels"):
            low, high = questions.loc[question, ["scale_low", "scale_high"]]
            assert (given.astype(int).min(), given.astype(int).max()) == (low, high)


def test_weights_add_up_to_the_customers_who_had_joined(several: list[Survey]) -> None:
    shares = [
        each.interviews.groupby("wave")["weight"].sum()
        / each.truth["survey_strata"].groupby("wave")["customer_count"].sum()
        for each in several
    ]
    assert np.mean(shares, axis=0) == pytest.approx(1.0, abs=of_all(0.02, several))


def test_strata_are_what_the_table_of_customers_tells(one: tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]) -> None:
    """Region by age reached in the first year: whoever has the customers can count the strata."""
    people = population(COMPANY, block=0)
    age = COMPANY.start.year - people.birth_year
    bands = np.array(["under 35", "35-49", "50-64", "65+"])[np.searchsorted([35, 50, 65], age, side="right")]
    own = pd.Series(np.array(people.region_names)[people.region], people.customer_id) + ", " + bands
    answers = one[0]["survey_responses"].to_pandas()
    assert (answers["stratum"] == answers["customer_id"].map(own)).all()
    assert all(
        cluster.startswith(f"{stratum}, ")
        for cluster, stratum in zip(answers["cluster"], answers["stratum"], strict=True)
    )
    joined = people.joined_on < np.datetime64("2023-10-20")
    counts = one[1]["survey_strata"].query("wave == 'w1'").set_index("stratum")["customer_count"]
    assert waves(SURVEYS, COMPANY.start, COMPANY.end)[0].opens_on == date(2023, 10, 20)
    assert counts[counts > 0].to_dict() == own[joined].value_counts().to_dict()


def test_interviews_lie_within_their_wave_and_after_joining(
    one: tuple[dict[str, pa.Table], dict[str, pd.DataFrame]],
) -> None:
    people = population(COMPANY, block=0)
    answers = one[0]["survey_responses"].to_pandas()
    opened = answers["wave"].map({wave.name: wave.opens_on for wave in waves(SURVEYS, COMPANY.start, COMPANY.end)})
    days = (pd.to_datetime(answers["answered_on"]) - pd.to_datetime(opened)).dt.days
    assert (days.min(), days.max()) == (0, SURVEYS.field_days - 1)
    joined = answers["customer_id"].map(pd.Series(people.joined_on, people.customer_id))
    assert (joined < pd.to_datetime(opened)).all()


def test_the_truth_of_the_comments_is_theirs(one: tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]) -> None:
    tables, truth = one
    answers = (
        tables["survey_responses"].to_pandas().query("question_id == 'comment'").set_index("response_id")["answer"]
    )
    known = truth["survey_comments"].set_index("response_id")
    assert set(known.index) == set(answers.index)
    for row in known.assign(text=answers).itertuples():
        assert row.text in texts(row.topic, row.polarity, row.language)
    facets = truth["survey_invitations"].set_index("response_id").loc[known.index]
    value = np.array([facets.loc[index, f"facet_{topic}"] for index, topic in known["topic"].items()])
    limit = SURVEYS.comment_limit
    polarity = np.select([value > limit, value < -limit], ["positive", "negative"], "neutral")
    assert (polarity == known["polarity"]).all()
    assert (known["language"] == "zh").mean() == pytest.approx(SURVEYS.chinese_share, abs=0.08)
    given = truth["survey_invitations"]["is_given"].sum()
    assert len(known) / given == pytest.approx(SURVEYS.comment_share, abs=0.04)


def test_the_same_seed_gives_the_same_and_another_one_does_not(
    one: tuple[dict[str, pa.Table], dict[str, pd.DataFrame]],
) -> None:
    again = made(COMPANY)
    assert all(again[0][name].equals(table) for name, table in one[0].items())
    for name, frame in one[1].items():
        pd.testing.assert_frame_equal(again[1][name], frame)
    assert not made(replace(COMPANY, seed=12))[0]["survey_responses"].equals(one[0]["survey_responses"])


def test_a_later_block_has_answers_of_its_own_and_no_questions() -> None:
    tables, truth = made(replace(COMPANY, customer_count=51_000), block=1)
    assert list(tables) == ["survey_responses", "survey_invitations"]
    assert set(truth) == {"survey_invitations", "survey_strata", "survey_comments"}
    assert tables["survey_responses"].num_rows > 0


def test_a_company_too_short_for_a_wave_has_an_empty_table() -> None:
    tables, truth = made(replace(COMPANY, end=date(2023, 1, 20)))
    assert tables["survey_responses"].num_rows == 0
    assert tuple(tables["survey_responses"].column_names) == RESPONSES
    assert "survey_invitations" not in truth
