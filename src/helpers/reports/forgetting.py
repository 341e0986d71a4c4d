"""Reports without the customers who were erased since: their rows leave every table that has a row each."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from helpers.display.tables import CSV_ENCODING
from helpers.display.wording import speaking
from helpers.reports import manifest, workbook

CUSTOMER = "customer_id"
UNFINISHED = ".unfinished"


def erased_customers(folder: Path) -> frozenset[str]:
    """The ids that the notebooks of a run handed on as erased, each in a file of its own."""
    files = sorted(folder.glob("*.erased.parquet")) if folder.is_dir() else []
    return frozenset(str(one) for file in files for one in pq.read_table(file)[CUSTOMER].to_pylist())


def forget_superseded(superseded: Path, erased: frozenset[str]) -> None:
    """Take the rows of erased customers out of the tables of superseded reports, file by file in one step each.

    Parameters
    ----------
    superseded
        The folder that holds the superseded reports, a folder each.
    erased
        Ids as the tables have them.
    """
    for revision in sorted(superseded.iterdir()) if erased and superseded.is_dir() else ():
        forget(revision, erased)


def forget(report: Path, erased: frozenset[str]) -> None:
    """Take the rows of erased customers out of the tables of one report; its manifest says how many went, and when."""
    counts = [_forgotten(path, erased) for path in _files(report)] if erased else []
    if any(counts):
        _again_as_workbook(report)
        manifest.retell_outputs(report, forgotten_count=sum(counts))


def _again_as_workbook(report: Path) -> None:
    """Make the workbook of a report anew from its tables, where it has one."""
    record = manifest.read(report)
    if record is not None and (report / workbook.FILE_NAME).is_file():
        with speaking(record.get("language", "en")):
            workbook.write(report, title=record["title"], as_of=date.fromisoformat(record["as_of"]))


def names(report: Path, erased: frozenset[str]) -> bool:
    """Whether a table of a report has a row of one of these customers."""
    return bool(erased) and any(_kept(path, erased)[1] for path in _files(report))


def _files(report: Path) -> list[Path]:
    files = [path for path in report.rglob("*") if path.is_file() and not path.is_symlink()]
    return sorted(path for path in files if path.suffix in WRITERS)


def _forgotten(path: Path, erased: frozenset[str]) -> int:
    """How many rows of these customers a file held, which it holds no more."""
    kept, gone = _kept(path, erased)
    if gone:
        unfinished = path.with_name(path.name + UNFINISHED)
        WRITERS[path.suffix](kept, unfinished)
        unfinished.replace(path)
    return gone


def _kept(path: Path, erased: frozenset[str]) -> tuple[Any, int]:
    """What a file holds without these customers, and how many rows of theirs it has."""
    return _csv_without(path, erased) if path.suffix == ".csv" else _parquet_without(path, erased)


def _csv_without(path: Path, erased: frozenset[str]) -> tuple[list[list[str]], int]:
    with path.open(encoding=CSV_ENCODING, newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if CUSTOMER not in header:
        return [header, *rows], 0
    place = header.index(CUSTOMER)
    # an id that a spreadsheet would run has an apostrophe in front
    kept = [row for row in rows if row[place] not in erased and row[place].removeprefix("'") not in erased]
    return [header, *kept], len(rows) - len(kept)


def _parquet_without(path: Path, erased: frozenset[str]) -> tuple[pa.Table, int]:
    table = pq.read_table(path)
    if CUSTOMER not in table.column_names:
        return table, 0
    is_gone = pc.is_in(table[CUSTOMER].cast(pa.string()), value_set=pa.array(sorted(erased), pa.string()))
    kept = table.filter(pc.invert(is_gone))
    return kept, table.num_rows - kept.num_rows


def _write_csv(rows: list[list[str]], target: Path) -> None:
    with target.open("w", encoding=CSV_ENCODING, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


WRITERS: dict[str, Callable[[Any, Path], None]] = {".csv": _write_csv, ".parquet": pq.write_table}
"""How a table is written, by the ending of its file: the kinds that may have a row a customer."""
