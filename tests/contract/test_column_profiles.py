"""What the values of columns look like: their kinds, bounds, rates, and columns that only count the rows."""

from __future__ import annotations

from typing import Any

import ibis
import pytest

from helpers.contract.column_profiles import Profile, profiles


def profile(values: list[Any]) -> Profile:
    return profiles(ibis.memtable({"x": values}), ["x"])["x"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["12.50", "3", "-4"], "number"),
        (["1,234.50", "3.00", "7.25"], "number"),
        ([1, 2, 3], "number"),
        (["2024-01-31", "2024-02-01", None], "date"),
        (["20240131", "20240201", "20240301"], "day number"),
        (["01/02/2024", "03/04/2024", "05/06/2024"], "unclear date"),
        (["C0009", "C0010", "C0011"], "text"),
        (["a1@x.org", "b2@x.org", "c3@x.org"], "text"),
        (["red", "blue", "7"], "text"),
        ([None, "", "NULL"], "nothing"),
    ],
)
def test_kinds(values: list[Any], kind: str) -> None:
    assert profile(values).kind == kind


def test_counts_and_bounds() -> None:
    seen = profile(["1.5", "2", "2", None])
    assert (seen.row_count, seen.given, seen.distinct, seen.fill) == (4, 3, 2, 0.75)
    assert (seen.numbers["low"], seen.numbers["high"], seen.has_fractions) == (1.5, 2.0, True)
    assert profile(["red", "blue"]).numbers == {}


def test_rates() -> None:
    assert profile(["0", "0.1", "0.25"]).is_rate
    assert profile(["10%", "25 %", "0%"]).is_rate
    assert not profile(["0", "1", "1"]).is_rate, "whole numbers are counts"
    assert not profile([str(n / 1000) for n in range(1000)]).is_rate, "many different ones may be sums of a large unit"
    assert not profile(["0.1", "0.25", "3"]).is_rate


def test_columns_that_count_the_rows() -> None:
    assert profile(["1", "2", "3"]).is_index
    assert profile([0, 1, 2, 3]).is_index
    assert not profile(["1", "2", "4"]).is_index
    assert not profile(["1", "2", "2"]).is_index
