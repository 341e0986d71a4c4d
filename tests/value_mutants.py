"""Files of a small shop whose values are written in another way, or one of them wrongly, and what they come to."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.mutants import text

AS_OF = date(2024, 12, 31)
NAMES = ("order_id", "customer_id", "ordered_at", "amount")
Order = tuple[str, str, date, Decimal]


@dataclass(frozen=True)
class Valued:
    """One file of orders: what orders less refunds come to; None: it must be refused. `must_read`: it is sound."""

    kind: str
    name: str
    content: bytes
    total: Decimal | None
    customer_count: int
    must_read: bool = False
    stated: dict[str, Any] = field(default_factory=dict)


def orders(draw: random.Random, count: int = 30) -> list[Order]:
    start = date(2024, 1, 1)
    return [
        (
            f"o{n:04d}",
            f"c{n % 7}",
            start + timedelta(days=draw.randint(0, 364)),
            Decimal(draw.randint(100, 999_999)) / 100,
        )
        for n in range(count)
    ]


def total(rows: list[Order]) -> Decimal:
    return sum((row[3] for row in rows), Decimal(0))


def written(rows: list[tuple[Any, ...]], **how: Any) -> bytes:
    return text([NAMES, *[tuple(str(cell) for cell in row) for row in rows]], **how).encode()


def german(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


NUMBERS: dict[str, Callable[[Decimal], str]] = {
    "plain": lambda a: f"{a:.2f}",
    "thousands": lambda a: f"{a:,.2f}",
    "German": german,
    "spaces": lambda a: f"{a:,.2f}".replace(",", " "),
    "euro before": lambda a: f"€{a:,.2f}",
    "euro behind": lambda a: f"{german(a)} €",
    "code": lambda a: f"EUR {a:.2f}",
    "plus": lambda a: f"+{a:.2f}",
    "padded": lambda a: f"  {a:.2f}\u00a0",
    "tab": lambda a: f"{a:.2f}\t",
    "guarded": lambda a: f'="{a:.2f}"',
    "exponent": lambda a: f"{a:.9e}",
    "big exponent": lambda a: f"{a * 100:.0f}E-2",
    "many zeros": lambda a: f"{a:.6f}",
    "apostrophe": lambda a: f"{a:,.2f}".replace(",", "'"),
}
DATES = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%d %b %Y",
    "%Y年%m月%d日",
    "%Y-%m-%d %H:%M",
)
BAD_NUMBERS = (
    "--5",
    "5,",
    "1e999",
    "NaN",
    "inf",
    "n/a",
    "12.5.3",
    "1,2,3",
    "abc",
    "0x10",
    "1_000",
    "½",
    "12:30",
    "1/2",
    "",
    "-",
    "5%",
)
BAD_DATES = (
    "2024-13-01",
    "0000-00-00",
    "-0044-03-15",
    "99999-01-01",
    "2024-02-30",
    "soon",
    "2024-01-01 25:00:00",
    "",
    "31",
)
INVISIBLE = ("\ufeff", "\u00a0", "\u200b", "\u200d", "\u3000", "\t", " ", "\u2060")


def other_numbers(draw: random.Random) -> Valued:
    rows, (kind, how) = orders(draw), draw.choice(list(NUMBERS.items()))
    cells = [(*row[:3], how(row[3])) for row in rows]
    return Valued(f"amounts: {kind}", "a.csv", written(cells, delimiter=";"), total(rows), 7)


def one_bad_number(draw: random.Random) -> Valued:
    rows, bad = orders(draw), draw.choice(BAD_NUMBERS)
    cells: list[tuple[Any, ...]] = list(rows)
    place = draw.randrange(len(cells))
    cells[place] = (*cells[place][:3], bad)
    return Valued(f"an amount {bad!r}", "a.csv", written(cells), None, 7)


def other_dates(draw: random.Random) -> Valued:
    rows, how = orders(draw), draw.choice(DATES)
    cells = [(*row[:2], datetime(row[2].year, row[2].month, row[2].day, 9, 30).strftime(how), row[3]) for row in rows]
    return Valued(f"dates: {how}", "a.csv", written(cells), total(rows), 7)


def one_bad_date(draw: random.Random) -> Valued:
    rows, bad = orders(draw), draw.choice(BAD_DATES)
    cells: list[tuple[Any, ...]] = list(rows)
    place = draw.randrange(len(cells))
    cells[place] = (*cells[place][:2], bad, cells[place][3])
    return Valued(f"a date {bad!r}", "a.csv", written(cells), None, 7)


def invisible(draw: random.Random) -> Valued:
    """One customer's id with a character that nobody sees at its edge."""
    rows, sign = orders(draw), draw.choice(INVISIBLE)
    place = draw.randrange(len(rows))
    row = rows[place]
    changed = sign + row[1] if draw.random() < 0.5 else row[1] + sign
    cells = [*rows[:place], (row[0], changed, *row[2:]), *rows[place + 1 :]]
    return Valued(f"an id with {sign!r}", "a.csv", written(cells), total(rows), 7)


def after_as_of(draw: random.Random) -> Valued:
    rows = orders(draw)
    place = draw.randrange(len(rows))
    seen = [*rows[:place], *rows[place + 1 :]]
    cells = [*seen, (*rows[place][:2], date(2042, 1, 1), rows[place][3])]
    return Valued(
        "an order of 2042", "a.csv", written(cells), total(seen), len({row[1] for row in seen}), must_read=True
    )


def refund(draw: random.Random) -> Valued:
    rows = orders(draw)
    row = rows[draw.randrange(len(rows))]
    given = Decimal(draw.randint(1, 99)) / 100
    shown = draw.choice([f"-{given}", f"\u2212{given}", f"({given})", f"{given}-"])
    cells = [*rows, ("r1", row[1], row[2], shown)]
    return Valued(f"a refund as {shown}", "a.csv", written(cells), total(rows) - given, 7)


def other_types(draw: random.Random) -> Valued:
    rows = orders(draw)
    days = pa.array([row[2] for row in rows], pa.date32())
    amounts = pa.array([row[3] for row in rows], pa.decimal128(12, 2))
    ids = pa.array([int(row[0][1:]) + 10_000 for row in rows], pa.int64())
    customers = pa.array([row[1] for row in rows])
    day_type = draw.choice([pa.date32(), pa.date64(), *[pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")]])
    amount_type = draw.choice(
        [pa.decimal128(12, 2), pa.decimal128(30, 6), pa.float64(), pa.decimal256(50, 2), pa.string()]
    )
    id_type = draw.choice(
        [pa.int16(), pa.int64(), pa.uint64(), pa.float64(), pa.string(), pa.large_string(), pa.float32()]
    )
    told = draw.choice(
        [customers, customers.dictionary_encode(), customers.cast(pa.large_string()), customers.cast(pa.binary())]
    )
    columns = [ids.cast(id_type), told, days.cast(day_type), amounts.cast(amount_type)]
    stream = io.BytesIO()
    pq.write_table(pa.table(dict(zip(NAMES, columns, strict=True))), stream)
    kind = f"types {', '.join(str(column.type) for column in columns)}"
    return Valued(kind, "a.parquet", stream.getvalue(), total(rows), 7)


def priced(draw: random.Random) -> Valued:
    """Quantities and prices, one of them beyond what money holds."""
    rows = orders(draw)
    names = ("order_id", "customer_id", "ordered_at", "quantity", "unit_price")
    cells = [(*row[:3], "1", str(row[3])) for row in rows]
    beyond = draw.random() < 0.5
    if beyond:
        cells[draw.randrange(len(cells))] = (*cells[0][:3], "9" * draw.randint(9, 30), "9" * draw.randint(9, 30))
    content = text([names, *[tuple(map(str, cell)) for cell in cells]]).encode()
    return Valued("quantity times price", "a.csv", content, None if beyond else total(rows), 7, must_read=not beyond)


def doubled(draw: random.Random) -> Valued:
    rows = orders(draw)
    row = rows[draw.randrange(len(rows))]
    again = row if draw.random() < 0.5 else (*row[:3], row[3] + 1)
    return Valued("an order told twice", "a.csv", written([*rows, again]), None, 7)


def merged_cells(draw: random.Random) -> Valued:
    """Lines whose order stands on the first of them only."""
    rows, cells = orders(draw), []
    for row in rows:
        parts = draw.randint(1, 3)
        first = row[3] - (parts - 1)
        cells += [(*row[:3], first), *[("", "", "", Decimal(1))] * (parts - 1)]
    stated = {"grain": "line", "fill_down": list(NAMES[:3])}
    return Valued("lines without their order", "a.csv", written(cells), total(rows), 7, must_read=True, stated=stated)


VALUES: tuple[Callable[[random.Random], Valued], ...] = (
    other_numbers,
    one_bad_number,
    other_dates,
    one_bad_date,
    invisible,
    after_as_of,
    refund,
    other_types,
    priced,
    doubled,
    merged_cells,
)


def values(count: int, *, seed: int) -> Iterator[Valued]:
    """Mutants of every kind in turn."""
    for number in range(count):
        yield VALUES[number % len(VALUES)](random.Random(f"{seed} {number}"))
