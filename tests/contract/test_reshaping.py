"""Deliveries whose columns drift, and surveys with a column per question; the airport's survey as it was published."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from helpers.connectors.delivery import connect, deliver
from helpers.contract import survey_loading
from helpers.contract.reshaping import reshaped
from helpers.errors import ContractError, ParamsError
from helpers.params import read_report
from helpers.schema.sources import TableSource
from tests.conftest import missing

QUESTIONS = TableSource(
    source="rows",
    rows=[
        {"question_id": "overall", "kind": "csat", "scale_low": 1, "scale_high": 5},
        {"question_id": "age", "kind": "profile"},
    ],
)
MAPPED = {"response_id": "interview", "wave": "YEAR"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pd.DataFrame({"ID": [1, 2], "Q1": [4, 0], "AGE": [3.0, None]}).to_parquet(tmp_path / "r_2015.parquet")
    second = pd.DataFrame({"*ID": [1, 2], "q1": ["5", "Blank"], "Age  ": ["25-34", "65+"], "NEW": [1, 1]})
    second.to_parquet(tmp_path / "r_2016.parquet")
    return tmp_path


def source(folder: Path, **more: Any) -> TableSource:
    told = {
        "columns_differ": True,
        "also_named": {"ID": ["*ID"], "AGE": ["Age  "]},
        "from_file_name": {"YEAR": r"r_(\d{4})"},
        "joined": {"interview": ["YEAR", "ID"]},
        "unpivot": {"columns": {"overall": "Q1", "age": "AGE"}},
        "columns": MAPPED,
    }
    return TableSource.model_validate({"source": str(folder / "r_*.parquet")} | told | more)


def test_columns_that_drift_become_answers(folder: Path) -> None:
    survey = survey_loading.load(
        {"survey_responses": source(folder), "survey_questions": QUESTIONS}, as_of=date(2016, 1, 1), currency="USD"
    )
    said = survey.responses.order_by("response_id", "question_id").to_pandas()
    assert said[["response_id", "wave", "question_id", "answer"]].to_numpy().tolist() == [
        ["2015-1", "2015", "age", "3"],
        ["2015-1", "2015", "overall", "4"],
        ["2015-2", "2015", "overall", "0"],
        ["2016-1", "2016", "age", "25-34"],
        ["2016-1", "2016", "overall", "5"],
        ["2016-2", "2016", "age", "65+"],
        ["2016-2", "2016", "overall", "Blank"],
    ]
    assert survey.questions.order_by("question_id").to_pandas()["kind"].tolist() == ["profile", "csat"]
    assert survey.ledger.loc[survey.ledger["outcome"] == "kept", "row_count"].tolist() == [7, 2]
    assert [one.row_count for one in survey.inputs] == [2, 2, 2]


def test_files_may_not_differ_unless_it_is_stated(folder: Path) -> None:
    with pytest.raises(ContractError, match="must have the same columns in all files"):
        deliver(connect(), source(folder, columns_differ=False), root=folder)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"also_named": {"ID": ["*IDD"]}}, r"`also_named` names `\*IDD`, which is not a column of it"),
        ({"joined": {"x": ["YEAR", "IDD"]}}, r"`joined` names `IDD`, which is not a column of it. Did you mean `ID`\?"),
        ({"unpivot": {"columns": {"a": "Q2"}}}, "`unpivot` names `Q2`, which is not a column of it"),
        ({"from_file_name": {"YEAR": "week_(.)"}}, r"`from_file_name` finds no 'week_\(.\)' in the name"),
    ],
)
def test_what_is_not_there_is_named(folder: Path, more: dict[str, Any], said: str) -> None:
    told = source(folder, **more)
    connection = connect()
    delivered = deliver(connection, told, root=folder)
    with pytest.raises(ParamsError, match=said):
        reshaped(connection, delivered, told)


def test_a_survey_that_breaks_its_contract_is_refused(folder: Path) -> None:
    unmapped = source(folder, columns={"wave": "YEAR"})
    with pytest.raises(ContractError, match="column `response_id` is missing"):
        survey_loading.load(
            {"survey_responses": unmapped, "survey_questions": QUESTIONS}, as_of=date(2016, 1, 1), currency="USD"
        )


@pytest.fixture(scope="module")
def airport(regulars_data: Path, root: Path) -> survey_loading.Survey:
    if not list((regulars_data / "sfo_survey").glob("*.parquet")):
        missing("DATA", f"sfo_survey/*.parquet is missing under REGULARS_DATA {regulars_data} (see data/README.md)")
    return survey_loading.load(**read_report(root / "params" / "sfo_survey.yml").params["survey"].delivery)


def test_the_airport_as_delivered(airport: survey_loading.Survey) -> None:
    assert airport.responses.response_id.nunique().to_pyarrow().as_py() == 11_685
    said = airport.responses
    unsure = said.filter((said.question_id == "recommend") & (said.answer == "11") & (said.wave == "2017"))
    assert unsure.count().to_pyarrow().as_py() == 84
