"""Questions with several answers, in each layout in which they come, and their shares by hand."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from helpers.features import survey_answers
from helpers.models.survey import design, multiple_response

TICKS = {"app": "a", "shop": "s"}
QUESTIONS = pd.DataFrame(
    {
        "question_id": ["text", "t_app", "t_shop", "m_1", "m_2", "csat"],
        "kind": ["multiple"] * 5 + ["csat"],
        "topic": [None, "app", "shop", None, None, None],
        "part_of": [None, "ticks", "ticks", "mentions", "mentions", None],
        "delimiter": [";", None, None, None, None, None],
    }
)


def responses(**answers: dict[str, str]) -> ibis.Table:
    rows = [(one, question, said) for one, own in answers.items() for question, said in own.items()]
    return ibis.memtable(pd.DataFrame(rows, columns=["response_id", "question_id", "answer"]))


def test_three_layouts_say_the_same() -> None:
    said = responses(
        r1={"text": "app; shop", "t_app": "1", "t_shop": "yes", "m_1": "app", "m_2": "shop"},
        r2={"text": "shop", "t_app": "0", "t_shop": "1", "m_1": "shop", "m_2": "0"},
        r3={"csat": "5", "t_app": "0", "t_shop": "0"},
    )
    found = survey_answers.named_answers(said, QUESTIONS)
    by_question = {name: own[["response_id", "answer"]] for name, own in found.groupby("question_id")}
    named = [["r1", "app"], ["r1", "shop"], ["r2", "shop"]]
    assert by_question["text"].to_numpy().tolist() == named
    assert by_question["mentions"].to_numpy().tolist() == named
    # who was shown the ticks and made none was asked; a blank text says nothing
    assert by_question["ticks"].dropna().to_numpy().tolist() == named
    assert by_question["ticks"]["response_id"].tolist() == ["r1", "r1", "r2", "r3"]
    assert len(survey_answers.named_answers(said, QUESTIONS[QUESTIONS["kind"] == "csat"])) == 0


def test_shares_of_respondents_and_of_answers_by_hand() -> None:
    """Weights 1, 3 and 2; r1 names app and shop, r2 shop, r3 nothing: of 6 customers 1 and 4 named them, of 5 answers
    too. r4 was not asked, r5 is of another wave."""
    chosen = pd.DataFrame(
        {
            "response_id": ["r1", "r1", "r2", "r3", "r5"],
            "question_id": "ticks",
            "answer": ["app", "shop", "shop", None, "app"],
        }
    )
    interviews = pd.DataFrame({"response_id": ["r1", "r2", "r3", "r4", "r5"]})
    sample = design.design([1.0, 3, 2, 5, 7])
    last = pd.Series([True, True, True, True, False])
    how = {"design": sample, "is_in": last, "level": 0.95}
    found = multiple_response.named_shares(chosen, interviews, smallest_base=2, **how)
    assert found["answer"].tolist() == ["shop", "app"]
    assert found["share"].tolist() == pytest.approx([4 / 6, 1 / 6])
    assert found["answer_share"].tolist() == pytest.approx([4 / 5, 1 / 5])
    assert found[["named_count", "n"]].to_numpy().tolist() == [[2, 3], [1, 3]]
    assert (found["low"] < found["share"]).all()
    assert (found["answer_share"] < found["answer_share_high"]).all()
    assert len(multiple_response.named_shares(chosen, interviews, smallest_base=4, **how)) == 0


def test_the_error_of_a_share_of_answers_is_that_of_the_clusters() -> None:
    """Whole clusters name alike: their number counts, not that of the interviews."""
    n = 400
    whose = pd.Series([f"r{i}" for i in range(n)])
    cluster = pd.Series(range(n)) % 20
    chosen = pd.DataFrame(
        {"response_id": whose, "question_id": "q", "answer": (cluster < 8).map({True: "a", False: "b"})}
    )
    every = pd.Series(True, index=whose.index)
    widths = {}
    for name, clusters in {"clusters": [cluster], "none": []}.items():
        sample = design.design([1.0] * n, clusters=clusters)
        found = multiple_response.named_shares(
            chosen, whose.to_frame("response_id"), design=sample, is_in=every, level=0.95, smallest_base=2
        )
        widths[name] = (found["answer_share_high"] - found["answer_share_low"]).iloc[0]
    assert widths["clusters"] > 3 * widths["none"]
