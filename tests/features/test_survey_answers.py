"""Interviews and answers side by side, on a few rows that can be read."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from helpers.features import survey_answers
from helpers.features.frames import fetch

QUESTIONS = pd.DataFrame(
    {
        "question_id": ["csat", "nps", "age", "comment"],
        "kind": ["csat", "nps", "profile", "comment"],
        "scale_low": [1.0, 0.0, None, None],
        "scale_high": [5.0, 10.0, None, None],
    }
)
ROWS = [
    ("b", "c2", "w1", "online", 2.0, "csat", "6"),
    ("b", "c2", "w1", "online", 2.0, "nps", "6"),
    ("b", "c2", "w1", "online", 2.0, "comment", "5"),
    ("a", "c1", "w1", "phone", 1.0, "csat", "4"),
    ("a", "c1", "w1", "phone", 1.0, "age", "under 35"),
    ("c", None, "w2", "phone", 4.0, "nps", "Blank"),
]
COLUMNS = ["response_id", "customer_id", "wave", "mode", "weight", "question_id", "answer"]


@pytest.fixture
def said() -> ibis.Table:
    return ibis.memtable(pd.DataFrame(ROWS, columns=COLUMNS))


def test_an_interview_is_a_row(said: ibis.Table) -> None:
    found = fetch(survey_answers.interviews(said))
    assert found["response_id"].tolist() == ["a", "b", "c"]
    assert found["weight"].tolist() == [1, 2, 4]
    bare = fetch(survey_answers.interviews(said.drop("wave", "weight")))
    assert bare[["wave", "weight"]].to_numpy().tolist() == [["all", 1]] * 3


def test_an_answer_off_the_scale_is_none_and_the_interview_stays(said: ibis.Table) -> None:
    found = fetch(survey_answers.scored(said, QUESTIONS))
    assert list(found.columns) == ["response_id", "csat", "nps"]
    assert found["csat"].fillna(-1).tolist() == [4, -1, -1]
    assert found["nps"].fillna(-1).tolist() == [-1, 6, -1]


def test_what_was_said_off_the_scale_is_counted(said: ibis.Table) -> None:
    found = fetch(survey_answers.off_scale(said, QUESTIONS))
    assert found.to_numpy().tolist() == [["w1", "csat", "6", 1], ["w2", "nps", "Blank", 1]]


def test_by_what_answers_are_compared(said: ibis.Table) -> None:
    customers = ibis.memtable(pd.DataFrame({"customer_id": ["c1", "c2"], "region": ["north", "south"]}))
    names = ["mode", "region", "age", "shoe_size"]
    found = fetch(survey_answers.about_them(said, QUESTIONS, customers, names=names))
    assert list(found.columns) == ["response_id", "age", "mode", "region"]
    assert found["age"].fillna("").tolist() == ["under 35", "", ""]
    assert found["mode"].tolist() == ["phone", "online", "phone"]
    assert found["region"].fillna("").tolist() == ["north", "south", ""]
    without = fetch(survey_answers.about_them(said, QUESTIONS, None, names=names))
    assert list(without.columns) == ["response_id", "age", "mode"]


def test_customers_are_counted_by_level() -> None:
    customers = ibis.memtable(pd.DataFrame({"customer_id": ["a", "b", "c"], "region": ["north", None, "north"]}))
    assert fetch(survey_answers.customers_by(customers, name="region")).to_numpy().tolist() == [["north", 2]]


def test_comments_stand_at_their_interviews_and_who_withdrew_is_not_quoted(said: ibis.Table) -> None:
    found = fetch(survey_answers.comments(said, QUESTIONS, withdrawn=None))
    assert found["response_id"].tolist() == ["a", "b", "c"]
    assert found["comment"].fillna("").tolist() == ["", "5", ""]
    assert found["may_be_quoted"].all()
    gone = ibis.memtable(pd.DataFrame({"customer_id": ["c2", "c9"]}))
    found = fetch(survey_answers.comments(said, QUESTIONS, withdrawn=gone))
    assert found["may_be_quoted"].tolist() == [True, False, True]
    assert found["comment"].fillna("").tolist() == ["", "5", ""], "they count in totals"


def test_codes_of_coders_are_whole_numbers_as_text() -> None:
    names = ["response_id", "question_id", "answer"]
    rows = [
        ("a", "code_1", "32.0"),
        ("a", "code_2", "32"),
        ("a", "code_2", "5"),
        ("b", "code_1", "0"),
        ("b", "csat", "5"),
    ]
    said = ibis.memtable(pd.DataFrame(rows, columns=names))
    asked = pd.DataFrame({"question_id": ["code_1", "code_2", "csat"], "kind": ["comment_code"] * 2 + ["csat"]})
    assert fetch(survey_answers.given_codes(said, asked)).to_numpy().tolist() == [["a", "32"], ["a", "5"]]
    assert fetch(survey_answers.given_codes(said, asked.tail(1))).empty


def test_a_survey_without_comments_has_no_column_of_them(said: ibis.Table) -> None:
    found = fetch(survey_answers.comments(said, QUESTIONS.head(2), withdrawn=None))
    assert list(found.columns) == ["response_id", "may_be_quoted"]
