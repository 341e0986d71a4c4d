"""Order files and params with one fault or oddity each, made from a seed, and what an independent reader makes of them."""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

Cells = list[tuple[str | None, ...]]
HEADER = ("order_id", "customer_id", "ordered_at", "amount", "note")
QUICK, SLOW = 100, 200


def asked(default: int) -> int:
    """How many mutants to try: REGULARS_MUTATIONS, else the default."""
    return int(os.environ.get("REGULARS_MUTATIONS", default))


@dataclass(frozen=True)
class Mutant:
    """One file: what it holds, what stands in it to an independent reader, and what is stated of it.

    `cells` are the header and the rows; None: nobody can read it, so it must be refused. `must_read`: it is sound.
    """

    kind: str
    name: str
    content: bytes
    cells: Cells | None
    must_read: bool = False
    stated: dict[str, Any] = field(default_factory=dict)


def shop(draw: random.Random, count: int = 40) -> Cells:
    """The header and the orders of a small shop, every field text."""
    rows: Cells = [HEADER]
    for number in range(count):
        amount = f"{draw.randint(100, 99_999) / 100:.2f}"
        day = f"2024-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
        note = draw.choice(["plain", "a, b", 'say "hi"', "semi;colon", "线下门店", "", "two\nlines"])
        rows.append((f"o{number:04d}", f"c{draw.randint(1, 9)}", day, amount, note))
    return rows


def plain(draw: random.Random) -> Cells:
    """The shop without anything that must be quoted or is no ASCII."""
    return [row[:4] for row in shop(draw)]


def text(cells: Cells, *, delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL, end: str = "\n") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(cells)
    return stream.getvalue()


def read_plain(content: bytes, *, encoding: str = "utf-8") -> Cells | None:
    """The cells as the csv module reads them; None where it cannot, or where rows differ in length."""
    try:
        decoded = content.decode(encoding)
        rows = [tuple(row) for row in csv.reader(io.StringIO(decoded, newline=""), strict=True) if row]
    except (UnicodeDecodeError, csv.Error):
        return None
    while rows and 2 * len(rows[0]) <= len(rows[-1]):
        rows = rows[1:]  # a title: a lone line end in the header makes one of its beginning
    width = len(rows[0]) if rows else 0
    rows = [row[:-1] if len(row) == width + 1 and not row[-1] else row for row in rows]  # nothing after a last comma
    if "\0" in decoded or not rows or len({len(row) for row in rows}) > 1:
        return None
    return rows


def damaged(draw: random.Random, content: bytes) -> bytes:
    """The bytes with some of them other ones, some left out, or some put in."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(changed))
        match draw.randrange(4):
            case 0:
                changed[place] = draw.randrange(256)
            case 1:
                del changed[place : place + draw.randint(1, 8)]
            case 2:
                changed[place:place] = draw.randbytes(draw.randint(1, 4))
            case _:
                changed[place:place] = draw.choice(
                    [b'"', b",", b"\n", b"\r", b"\0", b"\\", b";", b"\xef\xbb\xbf", b"="]
                )
    return bytes(changed)


# Text


def damaged_text(draw: random.Random) -> Mutant:
    content = damaged(draw, text(plain(draw)).encode())
    return Mutant("damaged text", "a.csv", content, read_plain(in_one_encoding(content)))


def in_one_encoding(content: bytes) -> bytes:
    """The bytes in UTF-8, where each line is in UTF-8 or in windows-1252; as they are where one is in neither."""
    lines = []
    for line in content.split(b"\n"):
        try:
            line.decode("utf-8")
            lines.append(line)
        except UnicodeDecodeError:
            try:
                lines.append(line.decode("cp1252").encode())
            except UnicodeDecodeError:
                return content
    return b"\n".join(lines)


def cut_text(draw: random.Random) -> Mutant:
    whole = text(shop(draw)).encode()
    content = whole[: draw.randrange(1, len(whole))]
    return Mutant("cut text", "a.csv", content, read_plain(content))


def packed(draw: random.Random) -> Mutant:
    content = gzip.compress(text(plain(draw)).encode(), mtime=0)
    match draw.randrange(3):
        case 0:
            content = content[: draw.randrange(3, len(content))]
        case 1:
            content += draw.randbytes(draw.randint(1, 20))
        case _:
            content = damaged(draw, content)
    try:
        cells = read_plain(gzip.decompress(content))
    except (OSError, EOFError, ValueError, zlib.error):
        cells = None
    return Mutant("damaged gzip", "a.csv.gz", content, cells)


def other_layout(draw: random.Random) -> Mutant:
    cells = shop(draw)
    delimiter, end = draw.choice(",;\t|"), draw.choice(["\n", "\r\n"])
    encoding = draw.choice(["utf-8", "utf-8-sig", "utf-16", "gb18030"])
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    if end == "\r\n":  # a cell's own line end would be another one than the file's
        cells = [tuple((cell or "").replace("\n", " ") for cell in row) for row in cells]
    content = text(cells, delimiter=delimiter, quoting=quoting, end=end).encode(encoding)
    name = "a.csv"
    if draw.random() < 0.3:
        content, name = gzip.compress(content), "a.csv.gz"
    stated = {"delimiter": delimiter} if draw.random() < 0.3 else {}
    return Mutant("other layout", name, content, cells, must_read=True, stated=stated)


def with_title(draw: random.Random) -> Mutant:
    cells = plain(draw)
    titles = ["Orders of 2024", "2024年订单明细", "Export,,,", "Shop:,Berlin,,", "", "", "as of 2024-12-31"]
    above = "".join(f"{draw.choice(titles)}\n" for _ in range(draw.randint(1, 6)))
    return Mutant("titles above the header", "a.csv", (above + text(cells)).encode(), cells, must_read=True)


def other_header(draw: random.Random) -> Mutant:
    order = draw.sample(range(4), 4)
    cells = [tuple(row[place] for place in order) for row in plain(draw)]
    names = list(cells[0])
    match draw.randrange(4):
        case 0:
            names[0] = draw.choice(
                ["_path", "_file", "_row", "_seq", "file_row_number", "_FILE", names[1], names[1].upper()]
            )
            return Mutant("columns of one name", "a.csv", text([tuple(names), *cells[1:]]).encode(), None)
        case 1:
            names[draw.randrange(4)] = draw.choice(
                ["filename", "select", 'a"b', "a'b", "a`b", "金额（元）", "x" * 300, "a.b"]
            )
        case 2:
            wide = [(*row, *(["x"] * 3_000)) for row in cells]
            return Mutant("too many columns", "a.csv", text(wide).encode(), None)
        case _:
            more = [f"more {number}" for number in range(draw.randint(1, 500))]
            cells = [(*row, *(more if row is cells[0] else ["1"] * len(more))) for row in cells]
            names = list(cells[0])
    return Mutant(
        "other header", "a.csv", text([tuple(names), *cells[1:]]).encode(), [tuple(names), *cells[1:]], must_read=True
    )


def ragged(draw: random.Random) -> Mutant:
    cells = [list(row) for row in plain(draw)]
    row = cells[draw.randrange(1, len(cells))]
    row.append("more") if draw.random() < 0.5 else row.pop()
    return Mutant("ragged", "a.csv", text([tuple(one) for one in cells]).encode(), None)


def open_quote(draw: random.Random) -> Mutant:
    lines = text(plain(draw)).splitlines(keepends=True)
    place = draw.randrange(1, len(lines))
    fields = lines[place].split(",")
    column = draw.randrange(4)
    fields[column] = '"' + fields[column]
    lines[place] = ",".join(fields)
    return Mutant("a quote that never closes", "a.csv", "".join(lines).encode(), None)


def quoted_otherwise(draw: random.Random) -> Mutant:
    cells = [(*row, 'say "hi", ok' if n else "note") for n, row in enumerate(plain(draw))]
    if draw.random() < 0.5:
        body = "".join(
            f'{",".join(row[:4])},"{str(row[4]).replace(chr(34), chr(92) + chr(34))}"\n' for row in cells[1:]
        )
        return Mutant(
            "backslash quotes", "a.csv", (",".join(map(str, cells[0])) + "\n" + body).encode(), cells, must_read=True
        )
    guarded = [cells[0][:4], *[(f'="{row[0]},{row[1]}"', *row[1:4]) for row in cells[1:]]]
    body = "".join(",".join(map(str, row)) + "\n" for row in guarded)
    return Mutant("guards", "a.csv", body.encode(), guarded, must_read=True)


def long_field(draw: random.Random) -> Mutant:
    cells = [(*row, "x" * draw.choice([0, 10, 100_000]) if n == 7 else "y") for n, row in enumerate(plain(draw))]
    return Mutant("long field", "a.csv", text(cells).encode(), cells, must_read=True)


def nul(draw: random.Random) -> Mutant:
    content = bytearray(text(plain(draw)).encode())
    content[draw.randrange(len(content))] = 0
    return Mutant("NUL", "a.csv", bytes(content), None)


# Other kinds of file


def workbook(draw: random.Random) -> Mutant:
    cells = plain(draw)
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    content, is_sound = stream.getvalue(), draw.random() < 0.2
    if not is_sound:
        content = content[: draw.randrange(len(content))] if draw.random() < 0.3 else damaged(draw, content)
    return Mutant("workbook", "a.xlsx", content, cells, must_read=is_sound)


def parquet(draw: random.Random) -> Mutant:
    cells = plain(draw)
    table = pa.table({name: [row[place] for row in cells[1:]] for place, name in enumerate(HEADER[:4])})
    stream = io.BytesIO()
    pq.write_table(table, stream, write_page_checksum=True)
    content = stream.getvalue()
    match draw.randrange(3):
        case 0:
            return Mutant("parquet", "a.parquet", content, cells, must_read=True)
        case 1:
            return Mutant("cut parquet", "a.parquet", content[: draw.randrange(len(content))], None)
    content = damaged(draw, content)
    try:
        found = pq.read_table(io.BytesIO(content), page_checksum_verification=True)
        cells = [
            tuple(found.column_names),
            *zip(*(column.cast("string").to_pylist() for column in found.columns), strict=True),
        ]
    except (pa.ArrowException, OSError, ValueError, UnicodeError):
        return Mutant("damaged parquet, unjudged", "a.parquet", content, None)
    return Mutant("damaged parquet", "a.parquet", content, cells)


def page(draw: random.Random) -> Mutant:
    cells = plain(draw)
    ending = draw.choice(["</tr>", ""])
    rows = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) + ending for row in cells)
    whole = f"<html><body><table border=1>{rows}</table></body></html>".encode()
    if draw.random() < 0.5:
        return Mutant("page", "a.xls", whole, cells, must_read=True)
    return Mutant("cut page", "a.xls", whole[: draw.randrange(whole.index(b"</table>"))], None)


READING: tuple[Callable[[random.Random], Mutant], ...] = (
    damaged_text,
    cut_text,
    packed,
    other_layout,
    with_title,
    other_header,
    ragged,
    open_quote,
    quoted_otherwise,
    long_field,
    nul,
    workbook,
    parquet,
    page,
)


def reading(count: int, *, seed: int) -> Iterator[Mutant]:
    """Mutants of every kind in turn."""
    for number in range(count):
        yield READING[number % len(READING)](random.Random(f"{seed} {number}"))


def write(folder: Path, mutant: Mutant) -> Path:
    path = folder / mutant.name
    path.write_bytes(mutant.content)
    return path
