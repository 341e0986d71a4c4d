"""The words and pictures of a survey, on small frames: whole sentences."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.contract.health import Health, LeftOut, Reason
from helpers.display.survey import (
    answer_bars,
    care,
    comparisons,
    driver_map,
    satisfaction,
    several_answers,
    survey_head,
    unheard,
    wave_moves,
)
from helpers.display.wording import speaking
from helpers.models.survey import design, weight_calibration
from helpers.models.survey.design import WeightCheck
from helpers.models.survey.drivers import Drivers
from helpers.models.survey.r_indicator import Representativity
from helpers.models.survey.reliability import Reliability, Speeders
from helpers.models.survey.samples import Surveyed

CAME = Surveyed(200, 2, 150, "w2", 120, date(2024, 1, 1), date(2024, 6, 9), date(2024, 6, 1), 0.0)
QUESTIONS = pd.DataFrame(
    {
        "question_id": ["csat", "nps", "item_price"],
        "kind": ["csat", "nps", "item"],
        "topic": [None, None, "price"],
        "wording": ["Are you satisfied?", None, "Prices are fair."],
    }
)
LABELS = survey_head.labels(QUESTIONS)


def score(wave: str, item: str, statistic: str, estimate: float, **others: object) -> dict[str, object]:
    row = {"wave": wave, "item": item, "group": "all", "statistic": statistic, "estimate": estimate, "weighted": True}
    return row | {"low": estimate - 0.1, "high": estimate + 0.1, "n": 100} | others


@pytest.fixture
def scores() -> pd.DataFrame:
    rows = [
        score("w1", "csat", "top_2_share", 0.5),
        score("w2", "csat", "top_2_share", 0.6),
        score("w2", "csat", "top_2_share", 0.7, weighted=False),
        score("w1", "nps", "net_promoter_score", 0.2),
        score("w2", "nps", "net_promoter_score", -0.05),
        score("w2", "nps", "net_promoter_score", 0.1, weighted=False),
        score("w1", "item_price", "mean", 3.25),
        score("w2", "item_price", "mean", 3.5),
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def moves() -> pd.DataFrame:
    names = "item statistic from_wave to_wave difference low high n adjusted_p_value is_real".split()
    rows = [
        ("csat", "top_2_share", "w1", "w2", 0.1, 0.02, 0.18, 80, 0.04, True),
        ("nps", "net_promoter_score", "w1", "w2", -0.25, -0.4, -0.1, 80, 0.01, True),
        ("item_price", "mean", "w1", "w2", 0.25, -0.05, 0.55, 80, 0.4, False),
    ]
    return pd.DataFrame(rows, columns=names)


def test_labels_are_topics_or_wordings_or_ids() -> None:
    assert LABELS == {"csat": "Are you satisfied?", "nps": "nps", "item_price": "price"}


def test_what_is_said_of_the_last_wave(scores: pd.DataFrame) -> None:
    told = satisfaction.findings(scores, QUESTIONS, CAME, level=0.95)
    assert [one.key for one in told] == ["satisfaction", "net_promoter_score"]
    assert told[0].sentence == (
        "60.0\u00a0% of customers are satisfied: they gave one of the best two marks. 95\u00a0% interval 50.0\u00a0% to "
        '70.0\u00a0%; 100 answers of wave w2, 1 June 2024 to 9 June 2024, weighted; asked: "Are you satisfied?".'
    )
    assert told[1].claim == "The net promoter score is −5.0: promoters less detractors, of a hundred customers."
    thin = scores.assign(estimate=float("nan"))
    unknown = satisfaction.findings(thin, QUESTIONS, CAME, level=0.95)[0]
    assert unknown.claim == "How satisfied customers are is unknown: too few answered."


def test_the_cards_say_whether_a_move_is_real(scores: pd.DataFrame, moves: pd.DataFrame) -> None:
    first, second = satisfaction.cards(scores, moves, QUESTIONS, CAME).cards
    assert str(first.change) == "▲ +10.0 points (+2.0 to +18.0 points) against w1"
    assert first.past == (0.5, 0.6)
    assert first.label == "Satisfied customers, w2 (n = 100)"
    assert str(second.change).startswith("▼ −25.0 points")
    unsure = satisfaction.cards(scores, moves.assign(is_real=False), QUESTIONS, CAME).cards[0]
    assert str(unsure.change) == "= +10.0 points (+2.0 to +18.0 points) against w1, not clear among all moves tested"


def test_scores_stand_beside_those_without_weights(scores: pd.DataFrame) -> None:
    cells = satisfaction.table(scores, LABELS, CAME).cells
    assert cells["all customers"].tolist() == ["60.0\u00a0%", "−5.0"]
    assert cells["without weights"].tolist() == ["70.0\u00a0%", "+10.0"]


def test_the_surest_move_leads(moves: pd.DataFrame) -> None:
    told = wave_moves.finding(moves, LABELS, CAME, level=0.95, families="holm")
    assert told.sentence == (
        "The net promoter score fell by 25.0 points since wave w1: the surest move. 95\u00a0% interval −40.0 to −10.0 "
        "points; 80 answers in the smaller wave; 2 scores moved clearly, 3 tests as one family (Holm)."
    )
    still = wave_moves.finding(moves.assign(is_real=False), LABELS, CAME, level=0.95, families="holm")
    assert still.claim == "No score has clearly moved since wave w1."
    assert wave_moves.finding(moves[:0], LABELS, CAME, level=0.95, families="holm").claim == (
        "There is one wave only, so nothing can be said of moves."
    )
    assert wave_moves.table(moves, LABELS).cells["is it real?"].tolist() == ["yes", "yes", "not clearly"]


def test_the_pictures_say_their_numbers(scores: pd.DataFrame) -> None:
    assert wave_moves.figure(scores, LABELS).alt == "Means of wave w2: price 3.50."
    shares = pd.DataFrame(
        {"item": "item_price", "points": [1, 2, 3], "share": [0.2, 0.3, 0.5], "from_middle": [-0.35, -0.15, 0.15],
         "best_share": 0.8, "n": 40}
    )  # fmt: skip
    assert answer_bars.figure(shares, LABELS, wave="w2").alt == "Share of the best two marks: price 80.0\u00a0%."


def test_how_many_are_unhappy_is_said_in_customers() -> None:
    more = {"share": [0.25], "share_low": [0.2], "share_high": [0.3], "counts_customers": [True]}
    unhappy = pd.DataFrame(
        more | {"item": ["item_price"], "customer_count": [1234.5], "low": [1000.0], "high": [1400.0], "n": 99}
    )
    told = answer_bars.finding(unhappy, LABELS, wave="w2", level=0.95)
    assert told.claim == (
        'About 1,234 customers gave one of the worst two marks for "price", more than for anything else.'
    )
    shared = answer_bars.finding(unhappy.assign(counts_customers=False), LABELS, wave="w2", level=0.95)
    assert shared.claim == '25.0\u00a0% gave one of the worst two marks for "price", more than for anything else.'
    assert answer_bars.finding(unhappy[:0], LABELS, wave="w2", level=0.95).claim == "No question was rated."


def test_the_head_of_the_page() -> None:
    left_out = {"survey_responses": LeftOut(900, 0, 0)}
    fine = survey_head.summary(CAME, Health("green", ()), left_out)
    assert fine.claim == ("Data health is green: all 900 answers were used, and the last interview is of 9 June 2024.")
    bad = Health("red", (Reason("unweighted", "red", 0.2, 0.1),))
    assert survey_head.summary(CAME, bad, left_out).claim == (
        "Data health is red: 20.0\u00a0% of the interviews have no weight and count for nobody (limit 10\u00a0%)."
    )
    page = survey_head.page(CAME, bad, sentence="x", parameters={"title": "Shop", "as_of": "2024-06-30"})
    assert (page.base, page.period, page.reasons) == (
        "200 interviews of 150 customers in 2 waves", "1 January 2024 to 9 June 2024", ("unweighted",)
    )  # fmt: skip
    weights = survey_head.weights(WeightCheck(150.4, 1.33, 4.0), CAME, lonely_count=1)
    assert weights.claim == "After weighting, the interviews tell as much as 150 of equal weight."
    assert "1 stratum with one sampled unit only" in weights.evidence
    off = pd.DataFrame({"wave": ["w1"], "question_id": ["item_price"], "answer": ["6"], "answer_count": [7]})
    assert survey_head.off_scale(off, LABELS).cells.to_numpy().tolist() == [["price", "w1", "6", "7"]]


def test_where_answers_differ_is_said() -> None:
    tested = pd.DataFrame(
        {"item": ["csat"], "banner": ["mode"], "p_value": [0.01], "adjusted_p_value": [0.02], "n": [99]}
    )
    told = comparisons.finding(tested, LABELS, CAME, level=0.95)
    assert told.claim == 'Answers to "Are you satisfied?" differ most surely by mode.'
    assert told.evidence == (
        "Chance alone would make such a difference in 2.0\u00a0% of surveys; 99 answers of wave w2; 1 table tested as one "
        "family, by Rao and Scott."
    )
    unsure = comparisons.finding(tested.assign(adjusted_p_value=0.3), LABELS, CAME, level=0.95)
    assert unsure.claim == "No group answers clearly otherwise than another."
    assert comparisons.finding(tested[:0], LABELS, CAME, level=0.95).claim.startswith("Answers cannot be compared")


def test_letters_stand_behind_shares_and_their_rule_under_the_table() -> None:
    crossed = pd.DataFrame(
        {"item": "csat", "answer": [1.0, 1.0], "banner": "mode", "column": ["online", "phone"], "letter": ["A", "B"],
         "share": [0.5, 0.25], "low": 0.1, "high": 0.6, "n": [80, 70], "letters": ["B", ""]}
    )  # fmt: skip
    how = {"item": "csat", "smallest_base": 30, "level": 0.95, "families": "holm"}
    table = comparisons.crosstab(crossed, LABELS, **how)
    assert table.cells["1"].tolist() == ["50.0\u00a0% B", "25.0\u00a0%"]
    assert table.cells["group"].tolist() == ["mode: online (A)", "mode: phone (B)"]
    assert "Groups of fewer than 30 answers are neither told nor tested." in table.caption


def test_moves_at_equal_modes_and_calibrated_scores(scores: pd.DataFrame) -> None:
    equal = pd.DataFrame(
        {"item": ["csat"], "statistic": ["mean"], "plain_difference": [0.2], "difference": [0.1], "low": [-0.1],
         "high": [0.3], "n": [150]}
    )  # fmt: skip
    assert comparisons.equal_modes(equal, LABELS, CAME).cells["at equal modes"].tolist() == ["+0.10"]
    found = weight_calibration.Calibrated(design.design([1.0, 1.0]), pd.Series([1.0]).to_numpy(), 0.0, True, 4)
    told = comparisons.calibrated(found, scores, scores, LABELS, margins=["region", "gender"], came=CAME)
    assert told.claim == (
        "Calibrated to all customers by region and gender, the share of best marks is 60.0\u00a0%, beside 60.0\u00a0%."
    )
    assert told.evidence.endswith("raking in 4 steps, all totals are met.")
    unknown = comparisons.calibrated(None, scores, scores, LABELS, margins=[], came=CAME)
    assert unknown.claim == "No margin of the customer table is known of all who answered."


def test_what_to_fix_first_is_said() -> None:
    row = {"outcome": "csat", "driver": "item_price", "method": "johnson", "importance": 0.4, "low": 0.3, "high": 0.5}
    found = Drivers(pd.DataFrame([row]), 0.62, 150, ())
    priorities = pd.DataFrame([row]).assign(performance_share=0.25, verdict="fix", is_sure=False)
    told = driver_map.finding(found, priorities, LABELS, level=0.95)
    assert told.claim == (
        'Fix "price" first: it carries 40\u00a0% of what explains satisfaction, and its marks are low.'
    )
    assert "that it matters more than the mean item is not sure; 25.0\u00a0% of best marks" in told.evidence
    kept = driver_map.finding(found, priorities.assign(verdict="keep"), LABELS, level=0.95)
    assert kept.claim == 'Keep "price" good: it carries 40\u00a0% of what explains satisfaction, most of all.'
    assert driver_map.figure(priorities, LABELS).alt == "What to do, with importance: price fix (40.0\u00a0%)."
    assert driver_map.table(found, LABELS).cells["interval"].tolist() == ["30.0\u00a0% to 50.0\u00a0%"]
    nothing = Drivers(found.table[:0], float("nan"), 20, (), "Too few.")
    assert driver_map.finding(nothing, priorities[:0], LABELS, level=0.95).sentence == (
        "What drives satisfaction is unknown. Too few."
    )
    assert "Too few answered" in driver_map.figure(priorities[:0], LABELS).alt


def test_whether_the_grid_can_be_trusted() -> None:
    rows = [("alpha", "", 0.83, 0.8, 0.86), ("omega", "", 0.84, None, None), ("kmo", "", 0.9, None, None)]
    rows += [(name, "item_price", 0.75, None, None) for name in ("alpha_if_dropped", "loading", "kmo")]
    rows += [("factor_1", "item_price", 0.8, None, None), ("factor_2", "item_price", 0.1, None, None)]
    rows += [("factor_correlation", "factor_1, factor_2", 0.42, None, None)]
    table = pd.DataFrame(rows, columns=["statistic", "item", "value", "low", "high"])
    found = Reliability(table, 140, 0.1, 0.05, 0.15, 120, 2)
    unknown = Speeders(np.nan, np.nan, np.nan, 0, np.nan)
    good, straight = care.findings(found, unknown, level=0.95)
    assert good.sentence == (
        "The items measure one thing together (alpha 0.83). 95\u00a0% interval 0.80 to 0.86; omega 0.84, sampling adequacy "
        "0.90, 2 common factors; 140 interviews with all answers, weighted, all waves."
    )
    assert straight.claim == "10.0\u00a0% of interviews gave one mark to all items."
    assert care.table(found, LABELS).cells.to_numpy().tolist() == [["price", "0.75", "0.75", "0.75"]]
    factors = care.factors(found, LABELS)
    assert factors.cells.to_numpy().tolist() == [["price", "0.80", "0.10"]]
    assert factors.caption.endswith("correlations: factor 1 and factor 2 0.42")
    (*_, fast) = care.findings(found, Speeders(0.03, 0.02, 0.05, 110, 240.0), level=0.95)
    assert fast.sentence == (
        "3.0\u00a0% of interviews were too fast to be true. 95\u00a0% interval 2.0\u00a0% to 5.0\u00a0%; less than a third "
        "of the median time of their mode and wave; 110 interviews, half of them within 240 seconds."
    )
    (thin,) = care.findings(Reliability(table[:0], 12, 0.1, 0.05, 0.15, 0), unknown, level=0.95)
    assert thin.claim == "Whether the items measure one thing is unknown: too few answered all of them."


def test_whom_we_did_not_hear(scores: pd.DataFrame) -> None:
    gap = unheard.without_weights(scores, CAME, item="csat")
    assert gap.claim == "Those who answered are like all customers: 70.0\u00a0% satisfied, after weighting 60.0\u00a0%."
    assert gap.evidence.startswith("The difference is within the interval")
    far = scores.assign(low=scores["estimate"] - 0.01, high=scores["estimate"] + 0.01)
    far_off = unheard.without_weights(far, CAME, item="csat")
    assert far_off.evidence.startswith("The difference is beyond the interval")
    assert far_off.claim == (
        "Those who answered are more satisfied than all customers: 70.0\u00a0% are satisfied, not 60.0\u00a0%."
    )
    heard = pd.DataFrame(
        {"margin": ["region"], "level": ["south"], "customer_share": [0.5], "answered_share": [0.25],
         "weighted_share": [0.5], "difference": [-0.5], "n": [30]}
    )  # fmt: skip
    told = unheard.finding(heard, CAME)
    assert told.claim == 'We heard least of region "south", for how many they are.'
    assert told.evidence == (
        "25.0\u00a0% of interviews, 50.0\u00a0% of customers, 50.0\u00a0% after weighting; 30 interviews of wave w2."
    )
    assert unheard.finding(heard.assign(difference=-0.05), CAME).claim.startswith(
        "Every group that we know of was heard"
    )
    assert unheard.finding(heard[:0], CAME).claim.startswith("Whom we did not hear is unknown")
    assert unheard.table(heard).cells["group"].tolist() == ["region: south"]


def test_what_customers_name() -> None:
    columns = "item answer share low high answer_share answer_share_low answer_share_high named_count n".split()
    named = pd.DataFrame([("csat", "shop", 0.8, 0.7, 0.9, 0.6, 0.5, 0.7, 80, 100)], columns=columns)
    assert several_answers.finding(named, LABELS, CAME, level=0.95).sentence == (
        'Most customers name "shop": 80.0\u00a0%. 95\u00a0% interval 70.0\u00a0% to 90.0\u00a0%; 100 interviews of wave w2, '
        'weighted; asked: "Are you satisfied?".'
    )
    few = several_answers.finding(named.assign(share=0.3), LABELS, CAME, level=0.95)
    assert few.claim == '"shop" is named most, by 30.0\u00a0% of customers.'
    none = several_answers.finding(named[:0], LABELS, CAME, level=0.95)
    assert none.claim == "No question with several answers was answered often enough."
    shown = several_answers.table(named, LABELS).cells.iloc[0].tolist()
    assert shown[1:] == [
        "shop",
        "80.0\u00a0%",
        "70.0\u00a0% to 90.0\u00a0%",
        "60.0\u00a0%",
        "50.0\u00a0% to 70.0\u00a0%",
        "80",
        "100",
    ]


def test_who_was_asked_and_answered() -> None:
    rows = [
        ("all", "all", 0.4, 1.0),
        ("wave", "w1", 0.5, 0.01),
        ("wave", "w2", 0.4, 0.01),
        ("mode", "phone", 0.6, None),
    ]
    rates = pd.DataFrame(rows, columns=["grouping", "group", "rate_1", "trend_p_value"])
    rates = rates.assign(letter="A", letters=["", "B", "", "C"], invited=200, low=0.3, high=0.5, rate_3=0.42)
    rates = rates.assign(refusal=50, no_contact=60)
    even = Representativity(0.8, 0.7, 0.88, 0.79, pd.DataFrame(), ("mode", "region"), 200)
    rate, uneven = unheard.response(rates, even, CAME, level=0.95)
    assert rate.sentence == (
        "40.0\u00a0% of those who were asked answered. 95\u00a0% interval 30.0\u00a0% to 50.0\u00a0%; complete interviews among all "
        "who may be eligible (AAPOR rate 1; rate 3 is 42.0\u00a0%); 200 invitations of wave w2. It has fallen over 2 waves."
    )
    assert uneven.sentence == (
        "Some groups answered far less than others. R-indicator 0.80 (1: all alike), 95\u00a0% interval 0.70 to 0.88, by mode "
        "and region; 200 invitations of wave w2."
    )
    clear = unheard.response(rates.assign(trend_p_value=0.4), even, CAME, level=0.95)[0]
    assert "No trend over the waves is clear." in clear.evidence
    alike = Representativity(0.97, 0.9, 1.0, 0.95, pd.DataFrame(), ("mode",), 200)
    assert unheard.response(rates, alike, CAME, level=0.95)[1].claim.endswith("answered nearly alike.")
    unknown = Representativity(np.nan, np.nan, np.nan, np.nan, pd.DataFrame(), (), 20, "Too few.")
    assert unheard.response(rates, unknown, CAME, level=0.95)[1].evidence == "Too few."
    (silent,) = unheard.response(rates[:0], unknown, CAME, level=0.95)
    assert silent.claim == "How many did not answer is unknown: who was asked was not delivered."
    cells = unheard.rates(rates).cells
    assert cells["asked"].tolist() == ["all", "wave: w1 (A)", "wave: w2 (A)", "mode: phone (A)"]
    assert cells["answered"].iloc[3] == "60.0\u00a0% C"


def test_scores_under_different_weights() -> None:
    columns = ["weighting", "item", "statistic", "estimate", "n"]
    rows = [("none", "csat", "top_2_share", 0.7, 90), ("delivered", "csat", "top_2_share", 0.6, 90)]
    shown = comparisons.weightings(pd.DataFrame(rows, columns=columns), LABELS, CAME).cells
    assert shown.columns.tolist() == ["question", "measure", "without weights", "as delivered", "answers"]
    assert shown.iloc[0].tolist() == ["Are you satisfied?", "best two marks", "70.0\u00a0%", "60.0\u00a0%", "90"]


def test_both_languages_find_the_same_and_the_chinese_has_no_english_word(
    scores: pd.DataFrame, moves: pd.DataFrame
) -> None:
    """But for the questions and the name of a method, which are those of the data and of the field."""
    found = {}
    asked = survey_head.called(QUESTIONS, {"csat": "您满意吗？", "item_price": "价格"})
    labels = survey_head.labels(asked)
    for language in ("en", "zh"):
        with speaking(language):
            told = satisfaction.findings(scores, asked, CAME, level=0.95)
            told += [wave_moves.finding(moves, labels, CAME, level=0.95, families="holm")]
            told += [unheard.without_weights(scores, CAME, item="csat")]
            heads = [*wave_moves.table(moves, labels).cells, *satisfaction.table(scores, labels, CAME).cells]
            card = satisfaction.cards(scores, moves, asked, CAME).cards[0]
            change = str(card.change)
        found[language] = [(one.key, one.value, one.low, one.high, one.n, one.unit) for one in told]
    assert found["zh"] == found["en"]
    texts = [*(one.sentence for one in told), *heads, card.label, change]
    assert {word for text in texts for word in re.findall("[A-Za-z]{2,}", text)} == {"Holm"}
    assert told[0].evidence.endswith("已加权；题目：“您满意吗？”。")
    assert change == "▲ +10.0 个百分点，较 w1 期（+2.0 至 +18.0 个百分点）"


def test_questions_keep_their_own_words_where_the_parameters_give_none() -> None:
    assert survey_head.called(QUESTIONS, {}).equals(QUESTIONS)
    called = survey_head.called(QUESTIONS, {"item_price": "价格"})
    assert survey_head.labels(called) == LABELS | {"item_price": "价格"}
    assert called["wording"].tolist()[::2] == ["Are you satisfied?", "价格"]
