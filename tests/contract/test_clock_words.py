"""Words of the clock in dates, Chinese and English, before the time and after it."""

from __future__ import annotations

from datetime import datetime

import ibis
import pyarrow as pa
import pytest

from helpers.connectors.delivery import connect
from helpers.contract.clock_words import are_worded, in_figures
from helpers.contract.dates import parse_instant


def table(values: list[str]) -> ibis.Table:
    columns = {"x": pa.array(values), "_row": pa.array(range(2, len(values) + 2), pa.int64())}
    return connect().create_table("given", pa.table(columns), temp=True)


WRITTEN = {
    "2023/1/3 下午7:07": datetime(2023, 1, 3, 19, 7),
    "2023/1/3 上午7:07:05": datetime(2023, 1, 3, 7, 7, 5),
    "2023/1/3 上午12:30": datetime(2023, 1, 3, 0, 30),
    "2023/1/3 凌晨1:30": datetime(2023, 1, 3, 1, 30),
    "2023/1/3 早上 9:05": datetime(2023, 1, 3, 9, 5),
    "2023/1/3 中午12:05": datetime(2023, 1, 3, 12, 5),
    "2023/1/3 中午11:55": datetime(2023, 1, 3, 11, 55),
    "2023/1/3 中午1:05": datetime(2023, 1, 3, 13, 5),
    "2023/1/3 晚上10:00": datetime(2023, 1, 3, 22),
    "2023/1/3 下午19:07": datetime(2023, 1, 3, 19, 7),
    "2023/1/3 下午12:07": datetime(2023, 1, 3, 12, 7),
    "2023年1月3日 19:07": datetime(2023, 1, 3, 19, 7),
    "2023年1月3日19:07:05": datetime(2023, 1, 3, 19, 7, 5),
    "2023年01月03日 下午7点07分": datetime(2023, 1, 3, 19, 7),
    "2023年1月3日19时07分05秒": datetime(2023, 1, 3, 19, 7, 5),
    "2023 年 1 月 3 日 晚上8点半": datetime(2023, 1, 3, 20, 30),
    "2023年1月3号": datetime(2023, 1, 3),
    "2023-01-03 7:07 PM": datetime(2023, 1, 3, 19, 7),
    "2023-01-03 7:07pm": datetime(2023, 1, 3, 19, 7),
    "2023-01-03 PM 7:07": datetime(2023, 1, 3, 19, 7),
    "2023-01-03 12:07 a.m.": datetime(2023, 1, 3, 0, 7),
    "Jan 3, 2023 12:07:05 PM": datetime(2023, 1, 3, 12, 7, 5),
}


def test_every_way_is_read_beside_all_others() -> None:
    given = table(list(WRITTEN))
    parsed = parse_instant(given, "x", date_format=None)
    assert parsed.problem is None
    read = given.select("_row", at=parsed.value).order_by("_row").at.to_pyarrow().to_pylist()
    assert dict(zip(WRITTEN, read, strict=True)) == WRITTEN


@pytest.mark.parametrize(
    "text", ["2023/1/3 上午13:05", "2023/1/3 晚上12:30", "2023/1/3 13:05 AM", "2023/1/3 下午25:00"]
)
def test_what_contradicts_itself_is_told(text: str) -> None:
    parsed = parse_instant(table(["2023/1/3 下午7:07", text]), "x", date_format=None)
    assert parsed.problem is not None
    assert f'1 row, first at row 3 ("{text}")' in parsed.problem


def test_a_stated_format_reads_words_too() -> None:
    given = table(["3/1/2023 下午7:07"])
    parsed = parse_instant(given, "x", date_format="%d/%m/%Y %H:%M")
    assert given.select(at=parsed.value).to_pyarrow()["at"].to_pylist() == [datetime(2023, 1, 3, 19, 7)]


def test_names_of_months_are_no_words_of_the_clock() -> None:
    given = table(["31-Mar-2023", "3 May 2023 10:05"])
    assert not are_worded(given, given.x)
    assert given.select(x=in_figures(given.x)).to_pyarrow()["x"].to_pylist() == ["31-Mar-2023", "3 May 2023 10:05"]
