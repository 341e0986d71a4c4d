"""What the survey notebook may be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.errors import ParamsError
from helpers.params import read_report
from helpers.params.survey import SurveyParams

SURVEY = "  survey_responses: a.csv\n  survey_questions: b.csv\n"


def report(folder: Path, text: str) -> Path:
    path = folder / "shop.yml"
    path.write_text(f"title: Shop\nas_of: 2025-01-31\norders: orders.csv\n{text}", encoding="utf-8")
    return path


def test_a_report_has_the_notebook_where_it_states_its_tables(tmp_path: Path) -> None:
    assert "survey" not in read_report(report(tmp_path, "")).params
    read = read_report(report(tmp_path, f"other_tables:\n{SURVEY}"))
    assert isinstance(read.params["survey"], SurveyParams)


def test_its_tables_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="`other_tables` must name survey_responses and survey_questions"):
        read_report(report(tmp_path, "notebooks: [survey]\nother_tables: {events: a.csv}\n"))
