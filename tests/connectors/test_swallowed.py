"""Rows that a stray quotation mark swallows are told, and text on several lines is text."""

from __future__ import annotations

from pathlib import Path

import pytest
from ibis.backends.duckdb import Backend

from helpers.connectors.delivery import connect, deliver
from helpers.errors import ContractError
from helpers.schema.sources import TableSource

HEADER = "order_id,customer_id,ordered_at,amount,note\n"
ROWS = [f"{n},c{n % 7},2025-01-{n % 28 + 1:02d},{n}.50,fine" for n in range(1, 41)]


@pytest.fixture(scope="module")
def connection() -> Backend:
    return connect()


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ('11,"c4,2025-01-12,11.50,fine', '31,c3",2025-01-03,31.50,fine'),
        ('"11,c4,2025-01-12,11.50,fine', '31",c3,2025-01-03,31.50,fine'),
        ('11,c4,2025-01-12,11.50,"6 inch', '31,c3,2025-01-03,31.50,6"'),
        ('11,c4,2025-01-12,"11.50,fine', '31,c3,2025-01-03,31.50",fine'),
    ],
)
@pytest.mark.parametrize("last", [12, 30])
def test_rows_inside_a_field_are_told(connection: Backend, tmp_path: Path, opened: str, closed: str, last: int) -> None:
    swallowing = [*ROWS[:10], opened, *ROWS[11:last], closed, *ROWS[31:]]
    (tmp_path / "a.csv").write_text(HEADER + "\n".join(swallowing) + "\n", encoding="utf-8")
    told = rf"a.csv must not hold rows inside a field; 1 problem.\n- row 12: `\w+` holds {last - 9} lines"
    with pytest.raises(ContractError, match=told):
        deliver(connection, TableSource(source="a.csv"), root=tmp_path)


def test_text_on_several_lines_is_text(connection: Backend, tmp_path: Path) -> None:
    notes = ['"two\nlines"', '"Dear Ann,\nplease ring, at noon, or later,\nBob"', '"1, 2, 3, 4\n5, 6, 7, 8, 9"']
    rows = [f"{n},c1,2025-01-02,5,{note}" for n, note in enumerate(notes)]
    (tmp_path / "a.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    assert deliver(connection, TableSource(source="a.csv"), root=tmp_path).table.count().execute() == 3
