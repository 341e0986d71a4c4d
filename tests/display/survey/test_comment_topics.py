"""What is said and drawn of comments: whole sentences, and Chinese that is drawn."""

from __future__ import annotations

import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.display.survey import comment_topics
from helpers.display.wording import speaking
from helpers.models.comments.polarity import Polarity
from helpers.models.comments.topic_shares import COLUMNS
from helpers.models.survey.samples import Surveyed
from helpers.schemes import codebooks

CAME = Surveyed(200, 2, 150, "w2", 120, date(2024, 1, 1), date(2024, 6, 9), date(2024, 6, 1), 0.0)
BOOK = codebooks.chosen(None)


def topic(wave: str, name: str, words: str, complaint: float, **others: object) -> dict[str, object]:
    row = {"wave": wave, "method": "codebook", "topic": name, "language": "all", "words": words, "n": 40, "share": 0.4}
    row |= {"low": 0.35, "high": 0.45, "complaint_share": complaint, "praise_share": 0.05, "mean_score": 3.5}
    row |= {"complaint_low": complaint - 0.05, "complaint_high": complaint + 0.05, "polarity": -0.2}
    return row | {"comment_count": 100, "is_thin": False, "is_hidden": False} | others


@pytest.fixture
def topics() -> pd.DataFrame:
    found = {"method": "discovered", "complaint_share": np.nan, "praise_share": np.nan}
    rows = [
        topic("w1", "delivery", "物流", 0.3),
        topic("w2", "delivery", "物流", 0.23),
        topic("w2", "price", "价格 👍", 0.1),
        topic("w2", "rare", "", 0.9, is_hidden=True),
        topic("w2", "zh 1", "快递 慢", 0.0, **found),
    ]
    return pd.DataFrame(rows)[COLUMNS]


def test_what_most_complaints_are_about(topics: pd.DataFrame) -> None:
    told = comment_topics.finding(topics, CAME, book=BOOK, level=0.95)
    assert told.sentence == (
        "Most complaints are about delivery: 23\u00a0% of comments. 95\u00a0% interval 18.0\u00a0% to 28.0\u00a0%; 30.0\u00a0% in "
        "wave w1 (25.0\u00a0% to 35.0\u00a0%); 5.0\u00a0% praise it; 100 comments of wave w2, 1 June 2024 to 9 June 2024, "
        'weighted; codebook "Shop, in English and Chinese", in which a negated word says the opposite.'
    )
    assert (told.value, told.n, told.unit) == (0.23, 100, "share")
    given = pd.DataFrame([topic("w2", "delivery", "", np.nan, method="given", share=0.25)])
    also = comment_topics.finding(pd.concat([topics, given]), CAME, book=BOOK, level=0.95)
    assert "; the coders gave it to 25.0\u00a0%; 5.0\u00a0% praise it; " in also.evidence


def test_without_comments_or_complaints_it_says_so(topics: pd.DataFrame) -> None:
    told = comment_topics.finding(topics.head(0), CAME, book=BOOK, level=0.95)
    assert told.sentence == (
        "No comments were delivered, so nothing is told in customers' own words. It takes a question of kind comment in "
        "survey_questions, and its answers."
    )
    unread = Polarity(np.zeros(0), np.zeros(0), "lexicon", np.nan, np.nan, np.nan, 0)
    assert [
        one.key for one in comment_topics.further(topics, unread, topics.head(0).assign(is_clear=False), level=0.95)
    ] == [
        "comment_polarity",
        "distinctive_words",
    ]
    none = topics.head(0)
    assert comment_topics.further(none, unread, none, level=0.95) == []
    assert comment_topics.details(none, none, CAME, book=BOOK, quoted=[], most=None) == []
    thin = topics.assign(is_thin=True)
    told = comment_topics.finding(thin, CAME, book=BOOK, level=0.95)
    assert told.claim == "Too few comments complain to say of what."
    assert told.value is None


@pytest.mark.parametrize(
    ("read", "claim"),
    [
        (
            (0.77, 0.73, 0.82),
            "Words fit marks: a promoter's comment reads better than a detractor's in 77\u00a0% of pairs.",
        ),
        ((0.51, 0.47, 0.55), "How a comment reads does not tell promoters from detractors."),
        ((np.nan,) * 3, "Whether comments fit the marks is unknown: too few have both."),
    ],
)
def test_whether_words_fit_marks(read: tuple[float, float, float], claim: str) -> None:
    told = comment_topics.reading(Polarity(np.zeros(1), np.zeros(1), "scores", *read, 500), level=0.95)
    assert told.claim == claim
    by_lexicon = comment_topics.reading(Polarity(np.zeros(1), np.zeros(1), "lexicon", *read, 50), level=0.95)
    assert ("small lexicon" in by_lexicon.evidence) == (not np.isnan(read[0]))


def test_words_of_both_sides() -> None:
    tested = pd.DataFrame(
        {
            "word": ["慢", "late", "ok", "fast"],
            "promoter_count": [1, 0, 5, 30],
            "detractor_count": [20, 9, 5, 2],
            "log_odds": [-2.0, -1.0, 0.0, 2.0],
            "z": [-5.0, -4.0, 0.0, 6.0],
            "is_clear": [True, True, False, True],
        }
    )
    assert comment_topics.words(tested).sentence == (
        'Detractors write "慢" and "late"; promoters write "fast" more often. Uses by detractors against promoters: "慢" 20 '
        'against 1, "late" 9 against 0, "fast" 2 against 30. 4 words tested together; log-odds with a Dirichlet prior '
        "(Monroe and others)."
    )
    none = comment_topics.words(tested.assign(is_clear=False))
    assert none.claim == "No single word tells promoters from detractors for sure."
    assert comment_topics.words(tested.head(0)).value is None
    shown = comment_topics.telling(tested).cells
    assert shown["clearly?"].tolist() == ["yes", "yes", "yes"]


def test_the_figure_is_drawn_in_chinese_without_a_missing_letter(topics: pd.DataFrame) -> None:
    """Also where a codebook names a topic by what no font has."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing")
        drawing = comment_topics.figure(topics, CAME, book=BOOK)
        ((data, _),) = drawing.bundles()
    assert "NotoSansCJK" in data["image/svg+xml"]
    labels = [one.get_text() for one in drawing.figure.axes[0].get_yticklabels()]
    assert labels == ["delivery 物流", "price 价格 □"]
    assert drawing.alt == (
        "Share of comments by topic: delivery 40.0\u00a0%, of which 23.0\u00a0% complain; price 40.0\u00a0%, of which 10.0\u00a0% "
        "complain."
    )
    assert "Too few comments" in comment_topics.figure(topics.head(0), CAME, book=BOOK).alt


def test_quotations_or_why_there_are_none() -> None:
    assert comment_topics.quotations(["快递很慢"], "delivery").cells["comment"].tolist() == ["快递很慢"]
    none = comment_topics.quotations([], "delivery")
    assert none.cells["comment"].tolist() == [
        "Too few complain of one thing for anybody to be quoted without being known."
    ]


def test_the_table_of_topics_leaves_out_what_is_hidden(topics: pd.DataFrame) -> None:
    cells = comment_topics.table(topics, book=BOOK).cells
    assert cells["topic"].tolist() == ["delivery", "delivery", "price", "zh 1"]
    assert cells["found by"].tolist() == ["codebook", "codebook", "codebook", "search"]
    assert cells["complain"].tolist()[-1] == "–"
    assert cells["complain"].iloc[1] == "23.0\u00a0% (18.0\u00a0% to 28.0\u00a0%)"


def test_in_chinese_topics_have_the_names_of_the_codebook_and_the_numbers_stay(topics: pd.DataFrame) -> None:
    english = comment_topics.finding(topics, CAME, book=BOOK, level=0.95)
    with speaking("zh"):
        chinese = comment_topics.finding(topics, CAME, book=BOOK, level=0.95)
        cells = comment_topics.table(topics, book=BOOK).cells
    assert chinese.claim == "抱怨最多的是物流：占留言的 23%。"
    assert (chinese.value, chinese.low, chinese.high, chinese.n) == (
        english.value,
        english.low,
        english.high,
        english.n,
    )
    assert cells["话题"].tolist() == ["物流", "物流", "价格", "中文话题 1"]
