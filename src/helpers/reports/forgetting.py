"""Superseded reports without the customers who were erased since: their rows leave every table that has a row each."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from helpers.reports import manifest

CUSTOMER = "customer_id"
UNFINISHED = ".unfinished"


def erased_customers(folder: Path) -> frozenset[str]:
    """The ids that the notebooks of a run handed on as erased, each in a file of its own."""
    files = sorted(folder.glob("*.erased.parquet")) if folder.is_dir() else []
    return frozenset(str(one) for file in files for one in pq.read_table(file)[CUSTOMER].to_pylist())


def forget(superseded: Path, erased: frozenset[str]) -> None:
    """Take the rows of erased customers out of the tables of superseded reports, file by file in one step each.

    Parameters
    ----------
    superseded
        The folder that holds the superseded reports, a folder each.
    erased
        Ids as the tables have them.
    """
    for revision in sorted(superseded.iterdir()) if erased and superseded.is_dir() else ():
        files = [path for path in revision.rglob("*") if path.is_file() and not path.is_symlink()]
        changed = [_without(path, erased) for path in sorted(files)]
        if any(changed):
            manifest.retell_outputs(revision)


def _without(path: Path, erased: frozenset[str]) -> bool:
    """Whether a file held rows of these customers, which it holds no more."""
    unfinished = path.with_name(path.name + UNFINISHED)
    match path.suffix:
        case ".csv":
            is_changed = _csv_without(path, unfinished, erased)
        case ".parquet":
            is_changed = _parquet_without(path, unfinished, erased)
        case _:
            return False
    if is_changed:
        unfinished.replace(path)
    return is_changed


def _csv_without(path: Path, target: Path, erased: frozenset[str]) -> bool:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if CUSTOMER not in header:
        return False
    place = header.index(CUSTOMER)
    # an id that a spreadsheet would run has an apostrophe in front
    kept = [row for row in rows if row[place] not in erased and row[place].removeprefix("'") not in erased]
    if len(kept) < len(rows):
        with target.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *kept])
    return len(kept) < len(rows)


def _parquet_without(path: Path, target: Path, erased: frozenset[str]) -> bool:
    table = pq.read_table(path)
    if CUSTOMER not in table.column_names:
        return False
    is_gone = pc.is_in(table[CUSTOMER].cast(pa.string()), value_set=pa.array(sorted(erased), pa.string()))
    kept = table.filter(pc.invert(is_gone))
    if kept.num_rows < table.num_rows:
        pq.write_table(kept, target)
    return bool(kept.num_rows < table.num_rows)
