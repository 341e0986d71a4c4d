"""Text as some exports write it: guards against the spreadsheet program, backslashes, and quotes that never close."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.connectors.delivery import connect
from helpers.connectors.textfiles import stage
from helpers.errors import ContractError
from helpers.schema.sources import TableSource


@pytest.fixture(scope="module")
def connection():
    return connect()


@pytest.fixture
def read(connection, tmp_path: Path):
    """The rows of a text file, and its notes."""

    def read_one(content: str) -> tuple[list[tuple], str]:
        path = tmp_path / "a.csv"
        path.write_text(content, encoding="utf-8", newline="")
        part = stage(connection, path, name="a.csv", source=TableSource(source="a.csv"))
        rows = connection.con.execute(f"FROM '{part.parquet}'").fetchall()
        return rows, " | ".join(part.notes)

    return read_one


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('="0001",2', ('="0001"', "2")),
        ('="a,b",2', ('="a,b"', "2")),
        ('2,="a,b"', ("2", '="a,b"')),
        ('"=""a,b""",2', ('="a,b"', "2")),
        ('"=""0001""","2"', ('="0001"', "2")),
        ('"1"\t,"2"\t', ("1", "2")),
        ("1\t,2\t", ("1\t", "2\t")),
        (r'"say \"hi\", ok",2', ('say "hi", ok', "2")),
        (r'"5\" nail",2', ('5" nail', "2")),
        ('5" nail,2', ('5" nail', "2")),
        ('"C:\\temp\\",2', ("C:\\temp\\", "2")),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_fields_as_exports_quote_them(read, line: str, fields: tuple[str, str], end: str) -> None:
    assert read(end.join(["a,b", "x,1", line, "y,2", ""]))[0] == [("x", "1"), fields, ("y", "2")]


def test_what_was_read_otherwise_is_said(read) -> None:
    assert 'fields such as ="0001" and tabs behind quotation marks' in read('a,b\n="1,2",3\n')[1]
    assert r"quotation marks inside quoted fields are written \"" in read('a,b\n"x \\"y\\"",3\n')[1]
    assert read('a,b\n"x ""y""",3\n')[1].count("|") == 0


@pytest.mark.parametrize("more", [0, 3, 300_000])
def test_a_quotation_mark_that_never_closes_is_refused_with_its_row(read, more: int) -> None:
    with pytest.raises(ContractError, match=r"row 3: a quotation mark is not closed, or stands inside a quoted field"):
        read('a,b\n1,2\n3,"4\n' + "5,6\n" * more)


def test_long_fields_are_read_and_have_a_limit(read) -> None:
    assert len(read(f"a,b\n{'x' * 100_000},2\n")[0][0][0]) == 100_000
    with pytest.raises(ContractError, match="row 2: Maximum line size"):
        read(f"a,b\n{'x' * 3_000_000},2\n")


def test_nul_is_refused_wherever_it_stands(read) -> None:
    with pytest.raises(ContractError, match=r"a\.csv must be text throughout, found a NUL in line 200,002;"):
        read("a,b\n" + "1,2\n" * 200_000 + "1,2\0\n")
