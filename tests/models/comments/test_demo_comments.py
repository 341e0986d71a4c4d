"""The simulated company's survey, with its own marks: what was planted in its comments is found again."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.features import survey_answers
from helpers.features.frames import fetch
from helpers.models.comments import (
    comment_codes,
    comment_words,
    distinctive_words,
    polarity,
    topic_discovery,
    topic_shares,
)
from helpers.models.comments.comment_codes import Coded
from helpers.models.comments.comment_words import Comments
from helpers.models.comments.polarity import Polarity, auc_bounds
from helpers.models.survey import samples
from helpers.schemes import codebooks
from helpers.simulation.company import simulate
from helpers.simulation.settings import Company
from tests.models.comments.planted_comments import purity

BOOK, LEXICON = codebooks.chosen(None), codebooks.lexicon()


@dataclass
class Read:
    """The comments of the company: truth in their order, codes, how they read, and shares by wave."""

    truth: pd.DataFrame
    comments: Comments
    coded: Coded
    tone: Polarity
    topics: pd.DataFrame


@pytest.fixture(scope="module")
def read() -> Read:
    made = simulate(Company(), tables=["survey_responses", "survey_questions"])
    said = ibis.memtable(made.tables["survey_responses"].to_pandas())
    questions = made.tables["survey_questions"].to_pandas()
    interviews = fetch(survey_answers.interviews(said))
    answers = fetch(survey_answers.scored(said, questions)).drop(columns="response_id")
    texts = fetch(survey_answers.comments(said, questions, withdrawn=None))
    written = comment_words.read(texts, known=comment_codes.vocabulary(BOOK, LEXICON))
    coded = comment_codes.coded(written, BOOK, LEXICON)
    side = distinctive_words.sides(answers, questions, outcome="csat")
    learned = {"marks": answers["csat"], "side": side, "balance": coded.balance}
    tone = polarity.judged(written, interviews, level=0.95, seed=1, **learned)
    spoken = interviews[["wave"]].assign(mark=answers["csat"], polarity=tone.by_interview)
    rules = {"level": 0.95, "smallest_base": 30, "smallest_cell": 10}
    sample = samples.of_interviews(interviews, waves_share_clusters=True, population_is_finite=True)
    topics = topic_shares.shares([(topic_shares.of_codes(coded, BOOK), written)], design=sample, spoken=spoken, **rules)
    truth = made.truth.frames["surveys"]["survey_comments"].set_index("response_id")
    return Read(truth.loc[interviews["response_id"].iloc[written.row]].reset_index(), written, coded, tone, topics)


def test_planted_topics_tones_and_languages(read: Read) -> None:
    """Measured: 99.0 % of the topics, none wrong, the tone of all of these."""
    truth = read.truth.assign(sign=read.truth["polarity"].map({"negative": -1, "neutral": 0, "positive": 1}))
    both = read.coded.tones.merge(truth.reset_index(names="comment"), on="comment")
    right = both[both["code"] == both["topic"]]
    assert len(right) / len(truth) >= 0.95
    assert (right["tone"] == right["sign"]).mean() >= 0.95
    assert (read.comments.language == truth["language"]).all()


def test_polarity_is_learned_from_the_companys_own_marks(read: Read) -> None:
    """Out of fold, from marks that depend on six things of which a comment tells one; measured: 0.97."""
    assert read.tone.method == "scores"
    assert read.tone.tells
    is_told = (read.truth["polarity"] != "neutral").to_numpy()
    is_good = (read.truth["polarity"] == "positive").to_numpy(dtype=float)[is_told]
    assert auc_bounds(read.tone.values[is_told], is_good, level=0.95)[0] >= 0.9


def test_planted_topics_are_discovered(read: Read) -> None:
    """Measured: purity 0.77, where one topic in six gives 0.17."""
    found = topic_discovery.discovered(read.comments, topic_count=10, smallest_cell=10, seed=1)
    assert purity(found, read.truth) >= 0.6


def test_the_planted_fall_of_delivery_is_seen_in_its_wave(read: Read) -> None:
    found = read.topics.set_index(["wave", "topic"])
    assert topic_shares.worst(read.topics, "w3") == "delivery"
    assert found.loc[("w3", "delivery"), "complaint_low"] > found.loc[("w2", "delivery"), "complaint_high"]
    others = ["price", "quality", "service", "app", "range"]
    shares = np.array([[found.loc[(wave, one), "complaint_share"] for one in others] for wave in ("w2", "w3")])
    assert (np.abs(shares[1] - shares[0]) < 0.1).all()
