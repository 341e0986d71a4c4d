"""Guards of spreadsheets and invisible characters: said once for a table, with the columns and the rows."""

from __future__ import annotations

import pyarrow as pa

from helpers.connectors.delivery import connect
from helpers.contract.wrappings import remarks


def test_each_kind_is_one_sentence() -> None:
    columns = {
        "id": ['="1"', "'2", "3\u200b", "4"],
        "day": ['="2023-01-03"', "x", "x", "x"],
        "name": ["'s", "a", "b", "c"],
    }
    given = connect().create_table("given", pa.table(columns), temp=True)
    assert remarks(given, ["id", "day"], ["name"], name="orders") == (
        'Guards of a spreadsheet, such as ="0001" and \'0001, are taken off `id` and `day` of orders: 2 rows.',
        "Invisible characters, such as a byte order mark or a no-break space, are taken off `id` of orders: 1 row.",
    )
    assert remarks(given, [], ["name"], name="orders") == ()
