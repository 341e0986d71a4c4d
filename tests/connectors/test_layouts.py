"""How records are told apart, from the beginning of a file alone."""

from __future__ import annotations

import pytest

from helpers.connectors.layouts import decimal_mark, layout
from helpers.errors import ContractError, ParamsError
from helpers.schema.sources import TableSource


def found(sample: str, **stated: str):
    return layout(sample, TableSource(source="a.csv", **stated), name="a.csv")


def test_the_lines_above_the_header_are_skipped() -> None:
    read = found("\n\nTitle\n\nid;day\n1;2024-01-02\n")
    assert (read.delimiter, read.names, read.skipped_lines) == (";", ("id", "day"), 4)
    assert read.records == [["1", "2024-01-02"]]


def test_titles_do_not_decide_the_delimiter() -> None:
    assert found("Orders, of all shops, in 2024\nid;day\n1;2024-01-02\n2;2024-01-03\n").delimiter == ";"


@pytest.mark.parametrize("delimiter", [";;", '\\"', '"', "\n", "a", "1", "\\", "\0"])
def test_what_cannot_be_a_delimiter_is_one_error(delimiter: str) -> None:
    with pytest.raises(ParamsError, match="`delimiter` must be one character"):
        found("a;b\n1;2\n", delimiter=delimiter)


def test_columns_have_a_limit() -> None:
    line = ",".join(f"c{n}" for n in range(5_000))
    with pytest.raises(ContractError, match=r"a\.csv must have at most 2,000 columns, found 5,000\."):
        found(f"{line}\n{line}\n")


def test_the_decimal_mark_is_that_of_the_numbers() -> None:
    assert [decimal_mark([[text]]) for text in ("1,5", "1.5", "1.234,5", "15")] == [",", ".", ",", None]
