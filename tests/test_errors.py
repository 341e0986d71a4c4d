"""The one way to report many problems, and suggestions."""

from __future__ import annotations

import pytest

from helpers.errors import (
    ContractError,
    FitError,
    NotebookError,
    ParamsError,
    RefusedError,
    RunError,
    message,
    nearest,
    one_line,
)


def test_a_message_counts_its_problems_and_shows_five() -> None:
    told = message("`orders` must meet its contract", [f"problem {i}" for i in range(7)])
    assert told.splitlines() == [
        "`orders` must meet its contract; 7 problems.",
        *[f"- problem {i}" for i in range(5)],
        "- and 2 more",
    ]


def test_one_problem_is_singular() -> None:
    assert message("x must hold", ["a"]) == "x must hold; 1 problem.\n- a"


def test_a_near_name_is_suggested_and_a_far_one_is_not() -> None:
    assert nearest("cohort_cuont", ["cohort_count", "title"]) == " Did you mean `cohort_count`?"
    assert nearest("zzz", ["cohort_count", "title"]) == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [(ParamsError, 2), (ContractError, 3), (FitError, 4), (NotebookError, 4), (RunError, 5), (RefusedError, 6)],
)
def test_exit_codes_say_who_must_act(error: type, code: int) -> None:
    assert error.exit_code == code


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("5\n2025-01-31 06:00:00 shop: done", "5\\n2025-01-31 06:00:00 shop: done"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("a\r\tb", "a\\r\\tb"),
        ("\u202eevil\u200b\u2028", "\\u202eevil\\u200b\\u2028"),
        ("张三 Zürich 5 €", "张三 Zürich 5 €"),
    ],
)
def test_no_value_forges_a_line(value: str, shown: str) -> None:
    assert one_line(value) == shown
    assert message("must hold", [value.replace("\n", "\r")]).count("\n") == 1
