"""Shares of comments by topic: by hand, with weights, in each wave, and nothing of few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.models.comments import comment_codes, comment_words
from helpers.models.comments.topic_shares import COLUMNS, given, of_codes, shares, worst
from helpers.models.survey import design, proportions
from helpers.models.survey.estimators import means
from helpers.schemes import codebooks
from tests.models.comments.planted_comments import planted

BOOK, LEXICON = codebooks.chosen(None), codebooks.lexicon()


def topics(
    texts: list[str | None], *, weights: list[float] | None = None, waves: list[str] | None = None, **limits: Any
) -> pd.DataFrame:
    frame = pd.DataFrame({"response_id": range(len(texts)), "may_be_quoted": True, "comment": texts})
    written = comment_words.read(frame, known=comment_codes.vocabulary(BOOK, LEXICON))
    found = comment_codes.coded(written, BOOK, LEXICON)
    spoken = pd.DataFrame({"wave": waves or "w1", "mark": np.arange(len(texts)) + 1.0, "polarity": 0.5})
    sample = design.design(weights or [1.0] * len(texts))
    limits = {"smallest_base": 2, "smallest_cell": 1} | limits
    return shares([(of_codes(found, BOOK), written)], design=sample, spoken=spoken, level=0.95, **limits)


TEXTS = ["物流很慢", "fast delivery", None, "太贵了", "The parcel is here"]


def test_shares_by_hand() -> None:
    """Of four comments one complains of delivery, one praises it, one mentions it; who wrote nothing is outside."""
    found = topics(TEXTS).set_index("topic")
    assert found.loc["delivery", ["n", "share", "complaint_share", "praise_share", "comment_count"]].tolist() == [
        3,
        0.75,
        0.25,
        0.25,
        4,
    ]
    assert found.loc["price", ["n", "share", "complaint_share"]].tolist() == [1, 0.25, 0.25]
    assert found.loc["delivery", "mean_score"] == pytest.approx((1 + 2 + 5) / 3)
    assert np.isnan(found.loc["price", "mean_score"])  # one comment has no mean
    assert found.loc["delivery", "words"] == "物流"


def test_weights_count_customers_and_the_interval_is_that_of_the_design() -> None:
    weights = [3.0, 1.0, 9.0, 1.0, 1.0]
    row = topics(TEXTS, weights=weights).set_index("topic").loc["delivery"]
    assert row["complaint_share"] == pytest.approx(3 / 6)
    plain = means(np.array([1, 0, np.nan, 0, 0]), design=design.design(weights))
    ends = proportions.bounds(plain.values, plain.errors, plain.counts, degrees=plain.degrees, level=0.95)
    assert row[["complaint_low", "complaint_high"]].tolist() == pytest.approx([ends[0][0], ends[1][0]])


def test_each_wave_and_all() -> None:
    found = topics(TEXTS, waves=["w1", "w1", "w1", "w2", "w2"]).set_index(["wave", "topic"])
    assert found.loc[("all", "delivery"), "share"] == 0.75
    assert found.loc[("w1", "delivery"), "share"] == 1
    assert found.loc[("w2", "delivery"), "share"] == 0.5
    assert list(dict.fromkeys(found.index.get_level_values("wave"))) == ["all", "w1", "w2"]


def test_too_few_comments_are_thin_and_few_on_a_topic_are_hidden() -> None:
    thin = topics(TEXTS, smallest_base=5)
    assert thin["is_thin"].all()
    assert thin[["share", "complaint_share", "mean_score"]].isna().all(axis=None)
    hidden = topics(TEXTS * 4, smallest_cell=5).set_index("topic")
    assert hidden["is_hidden"].to_dict() == {"price": True, "delivery": True}  # else the total would give it away
    assert hidden[["n", "share", "complaint_share"]].isna().all(axis=None)


def test_what_most_complain_of() -> None:
    found = topics([*TEXTS, "延误", "太贵", "not expensive"])
    assert worst(found, "w1") in ("delivery", "price")
    assert worst(topics([*TEXTS, "延误"]), "w1") == "delivery"
    assert worst(topics(["fast delivery"] * 4), "w1") is None
    assert worst(topics([*TEXTS, "延误"], smallest_base=30), "w1") is None


def test_no_comments_no_topics() -> None:
    found = topics([None, None])
    assert found.empty
    assert list(found.columns) == COLUMNS


def test_topics_that_coders_gave() -> None:
    codes = pd.DataFrame({"response_id": ["b", "b", "b", "d"], "code": ["1", "2", "9", "7"]})
    interviews = pd.DataFrame({"response_id": ["a", "b", "c", "d"]})
    by_coders = given(codes, interviews, {"late": ["1", "2"], "dear": ["9"], "never": ["4"]})
    spoken = pd.DataFrame({"wave": "w1", "mark": [1.0, 2, 3, 4], "polarity": np.nan})
    rules = {"level": 0.95, "smallest_base": 1, "smallest_cell": 1}
    found = shares([by_coders], design=design.design(np.ones(4)), spoken=spoken, **rules).set_index("topic")
    assert found[["n", "share", "comment_count"]].to_dict("index") == {
        "dear": {"n": 1, "share": 0.5, "comment_count": 2},
        "late": {"n": 1, "share": 0.5, "comment_count": 2},
    }
    assert found["complaint_share"].isna().all()
    assert found.loc["late", "mean_score"] == 2


def test_planted_shares_lie_in_their_intervals() -> None:
    truth, comments, coded = planted()
    spoken = pd.DataFrame({"wave": "w1", "mark": 3.0, "polarity": coded.balance})
    rules = {"level": 0.95, "smallest_base": 30, "smallest_cell": 10}
    sample = design.design(np.ones(len(truth)))
    found = shares([(of_codes(coded, BOOK), comments)], design=sample, spoken=spoken, **rules).set_index("topic")
    assert ((found["low"] <= 1 / 6) & (found["high"] >= 1 / 6)).sum() >= 5
    assert ((found["complaint_low"] <= 1 / 18) & (found["complaint_high"] >= 1 / 18)).sum() >= 5


def test_a_tone_of_few_is_not_told() -> None:
    found = topics(["物流很慢"] * 3 + ["fast delivery"] * 12, smallest_cell=10).set_index("topic").loc["delivery"]
    assert found["n"] == 15
    assert found["praise_share"] == 12 / 15
    assert found[["complaint_share", "complaint_low", "complaint_high"]].isna().all()
