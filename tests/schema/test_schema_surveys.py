"""The tables of surveys and campaigns: consistent in themselves, and with one another."""

from __future__ import annotations

import pytest

from helpers.schema import MUST_BE
from helpers.schema.research import CAMPAIGN_ASSIGNMENTS, CAMPAIGNS, SURVEY_QUESTIONS, SURVEY_RESPONSES, SURVEYS

SURVEY_SCHEMAS = {schema.name: schema for schema in SURVEYS}


@pytest.mark.parametrize("table", SURVEY_SCHEMAS)
def test_columns_are_named_once_and_have_a_known_kind(table: str) -> None:
    schema = SURVEY_SCHEMAS[table]
    assert len(set(schema.names)) == len(schema.names)
    assert {column.kind for column in schema.columns} <= set(MUST_BE)
    assert schema.key is None or schema.column(schema.key).kind == "id"


@pytest.mark.parametrize("table", SURVEY_SCHEMAS)
def test_names_carry_their_unit(table: str) -> None:
    for column in SURVEY_SCHEMAS[table].columns:
        assert column.name.endswith("_on") == (column.kind == "day")
        assert column.name.endswith("_at") == (column.kind == "instant")
        assert (column.kind in {"money", "day", "instant"}) <= bool(column.unit)
        assert column.description


@pytest.mark.parametrize("table", SURVEY_SCHEMAS)
def test_something_must_be_delivered(table: str) -> None:
    assert any(column.required for column in SURVEY_SCHEMAS[table].columns)


def test_tables_meet_in_columns_of_one_kind() -> None:
    assert SURVEY_RESPONSES.column("question_id").kind == SURVEY_QUESTIONS.column("question_id").kind
    for name in ("campaign_id", "arm"):
        assert CAMPAIGNS.column(name).kind == CAMPAIGN_ASSIGNMENTS.column(name).kind
