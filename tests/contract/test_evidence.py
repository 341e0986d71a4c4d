"""How delivered values are quoted, counted and pointed at."""

from __future__ import annotations

import ibis
import pytest

from helpers.contract.evidence import first, is_missing, joined, quote, rows


def test_words() -> None:
    assert (rows(1), rows(1234)) == ("1 row", "1,234 rows")
    assert quote("x" * 70) == '"' + "x" * 60 + '..."'
    assert (joined(None, "a", None, "b"), joined(None)) == ("a; b", None)


def test_the_first_row_is_named_with_its_value_and_its_file_where_there_are_several() -> None:
    table = ibis.memtable({"_file": ["a.csv", "a.csv", "b.csv"], "_row": [2, 3, 2], "amount": ["1", "x", "y"]})
    bad = table.amount.isin(["x", "y"])
    assert first(table, "amount", bad) == 'first at row 3 of a.csv ("x")'
    one = table.filter(table["_file"] == "a.csv")
    assert first(one, "amount", one.amount == "x") == 'first at row 3 ("x")'
    assert first(table, "amount", table.amount == "none") == ""


@pytest.mark.parametrize("value", ["", " ", "NULL", "n/a", "\u3000"])
def test_words_that_stand_for_nothing_are_missing(value: str) -> None:
    table = ibis.memtable({"a": [value, "x"]})
    assert table.select(gone=is_missing(table.a)).to_pyarrow()["gone"].to_pylist() == [True, False]
