"""Words of promoters against detractors: an example by hand, what was planted, and nothing where nothing is."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from helpers.models.comments.distinctive_words import distinctive, log_odds_ratio, sides
from tests.models.comments.planted_comments import planted

RULES = {"level": 0.95, "smallest_cell": 10}


def test_an_example_by_hand() -> None:
    """Of 100 words 10 against 2 of 50, with a prior of 20 words of which 3: odds 13/107 against 5/65."""
    log_odds, z = log_odds_ratio(np.array([10.0]), np.array([2.0]), np.array([3.0]), sizes=(100, 50), prior_size=20)
    by_hand = math.log(13 / 107) - math.log(5 / 65)
    assert log_odds[0] == pytest.approx(by_hand)
    assert z[0] == pytest.approx(by_hand / math.sqrt(1 / 13 + 1 / 5))


def test_words_that_were_planted_are_clear_and_on_their_side() -> None:
    truth, comments, _ = planted()
    found = distinctive(comments, truth["sign"].to_numpy(dtype=float), **RULES).set_index("word")
    assert found.loc[["不错", "点赞", "love"], "z"].min() > 3
    assert found.loc[["没有货", "not", "days"], "z"].max() < -3
    assert found.loc[["不错", "没有货", "not"], "is_clear"].all()
    assert not found.loc[["快递", "水壶"], "is_clear"].any()
    assert not {"the", "的"} & set(found.index)
    assert found["z"].is_monotonic_increasing


def test_where_words_and_sides_are_unrelated_nothing_is_clear() -> None:
    truth, comments, _ = planted()
    clear = 0
    for seed in range(20):
        side = np.random.default_rng(seed).permutation(truth["sign"].to_numpy(dtype=float))
        clear += bool(distinctive(comments, side, **RULES)["is_clear"].any())
    assert clear <= 3  # one in twenty is expected; four or more happen once in sixty


def test_rare_words_are_not_told() -> None:
    truth, comments, _ = planted()
    found = distinctive(comments, truth["sign"].to_numpy(dtype=float), **RULES | {"smallest_cell": 40})
    assert found["comment_count"].min() >= 40


def test_one_side_alone_has_no_words() -> None:
    _, comments, _ = planted()
    assert distinctive(comments, np.ones(len(comments)), **RULES).empty


def test_sides_are_by_recommendation_else_by_the_mark() -> None:
    questions = pd.DataFrame(
        {"question_id": ["csat", "nps"], "kind": ["csat", "nps"], "scale_low": [1, 0], "scale_high": [5, 10]}
    )
    answers = pd.DataFrame({"csat": [5, 3, 2, np.nan], "nps": [0, 7, 9, np.nan]})
    assert sides(answers, questions, outcome="csat")[:3].tolist() == [-1, 0, 1]
    assert sides(answers, questions.head(1), outcome="csat")[:3].tolist() == [1, 0, -1]
    assert np.isnan(sides(answers, questions.head(1), outcome="csat")[3])
