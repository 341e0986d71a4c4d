"""Two-stage samples as delivered: a file with its own column names becomes the design, checked by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.contract import survey_loading
from helpers.errors import ContractError
from helpers.features import survey_answers
from helpers.features.frames import fetch
from helpers.models.survey import estimators, samples
from helpers.schema.sources import TableSource

SCHOOLS = """school,district,districts,schools,weight,mark
s1,d1,4,3,3,1
s2,d1,4,3,3,3
s3,d2,4,3,3,6
s4,d2,4,3,3,10
"""
COLUMNS = {
    "response_id": "school",
    "cluster": "district",
    "subcluster": "school",
    "stratum_unit_count": "districts",
    "cluster_unit_count": "schools",
}
HOW = {"waves_share_clusters": True, "population_is_finite": True}


def delivered(folder: Path, text: str = SCHOOLS, **columns: str) -> tuple[pd.DataFrame, np.ndarray]:
    """The interviews and marks of a delivered file, by the mapping that its params state."""
    (folder / "schools.csv").write_text(text, encoding="utf-8")
    rows = [{"question_id": "q", "kind": "csat", "scale_low": 1, "scale_high": 10}]
    mapped = COLUMNS | {"question_id": "question_id", "answer": "answer"} | columns
    responses = TableSource(source=str(folder / "schools.csv"), columns=mapped, unpivot={"columns": {"q": "mark"}})
    tables = {"survey_responses": responses, "survey_questions": TableSource(source="rows", rows=rows)}
    said = survey_loading.load(tables, as_of=date(2024, 3, 2), currency="EUR")
    marks = fetch(survey_answers.scored(said.responses, fetch(said.questions)))["q"].to_numpy(dtype=float)
    return fetch(survey_answers.interviews(said.responses)), marks


def test_a_delivered_sample_of_two_stages_by_hand(tmp_path: Path) -> None:
    """Two of four districts, two of three schools each. Of the mean 5 the districts add -1.5 and 1.5: between them
    (1 - 1/2) 2/1 of 4.5. Their schools add -1 and -0.5, 0.25 and 1.25: within them half of (1 - 2/3) 2/1 of 0.625."""
    interviews, marks = delivered(tmp_path)
    sample = samples.of_interviews(interviews, **HOW)
    found = estimators.means(marks, design=sample)
    assert [len(stage.stratum_of_unit) for stage in sample.stages] == [2, 4]
    assert found.values[0] == pytest.approx(5, rel=1e-12)
    assert found.errors[0] ** 2 == pytest.approx(4.5 + 0.625 / 3, rel=1e-12)
    endless = samples.of_interviews(interviews, waves_share_clusters=True, population_is_finite=False)
    assert estimators.means(marks, design=endless).errors[0] ** 2 == pytest.approx(2 * 4.5, rel=1e-12)


def test_without_a_column_of_subclusters_the_interviews_are_the_second_stage(tmp_path: Path) -> None:
    interviews, marks = delivered(tmp_path)
    sample = samples.of_interviews(interviews.drop(columns="subcluster"), **HOW)
    assert estimators.means(marks, design=sample).errors[0] ** 2 == pytest.approx(4.5 + 0.625 / 3, rel=1e-12)


def test_a_population_that_nobody_told_is_endless(tmp_path: Path) -> None:
    """The districts are endless where their number is empty: then what was sampled within them adds nothing."""
    interviews, marks = delivered(tmp_path, SCHOOLS.replace(",4,3,", ",,3,"))
    sample = samples.of_interviews(interviews, **HOW)
    assert estimators.means(marks, design=sample).errors[0] ** 2 == pytest.approx(2 * 4.5, rel=1e-12)


def test_populations_that_cannot_be_are_refused_in_one_message(tmp_path: Path) -> None:
    interviews, _ = delivered(tmp_path, SCHOOLS.replace("s4,d2,4,3", "s4,d2,4,5").replace(",4,", ",1,"))
    with pytest.raises(ContractError) as refused:
        samples.of_interviews(interviews, **HOW)
    assert str(refused.value) == (
        "the populations of `survey_responses` must fit their sample; 2 problems.\n"
        "- `stratum_unit_count` must be at least the units that were sampled: 4 interviews are of a stratum with fewer\n"
        "- `cluster_unit_count` must be one number for all interviews of a cluster: 2 interviews are of a cluster with "
        "several"
    )
