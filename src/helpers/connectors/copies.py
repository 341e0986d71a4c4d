"""Files of one delivery that hold the same rows: a copy would count every order twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import PurePosixPath

import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from helpers.connectors.staging import Part, identifier, quoted
from helpers.errors import ContractError, message
from helpers.schema.sources import Rule

REMEDY = (
    "\nTake the copies away, or name the files by a glob. Are repeated rows meant? Say so by a rule: "
    "{rule: repeated rows, duplicates: true, do: note}; without `do` it drops them."
)


def check(
    connection: Backend, parts: Iterable[Part], checksums: Mapping[str, str], *, rules: Iterable[Rule], label: str
) -> None:
    """No two files hold the same rows, in whatever order they stand, and however they are written or packed.

    Parameters
    ----------
    parts
        The files as staged. Files of different folders such as `month=2024-01` differ by what those say.
    checksums
        The SHA-256 of each file by its name.
    rules
        Those of the table: where one says what becomes of repeated rows, copies are left to it.
    label
        The source as messages call it.

    Raises
    ------
    ContractError
        A file is the copy of another.
    """
    if any(rule.duplicates or rule.keep for rule in rules):
        return
    problems = []
    for group in _alike([part for part in parts if part.row_count], _size):
        same_bytes = _alike(group, lambda part: checksums[part.name] or part.name)
        problems += [_told(copies, "the same bytes") for copies in same_bytes]
        known = {part.name for copies in same_bytes for part in copies[1:]}
        rest = [part for part in group if part.name not in known]
        problems += [_told(copies, "the same rows") for copies in _of_same_rows(connection, rest)]
    if problems:
        raise ContractError(message(f"{label} must hold each file once", problems) + REMEDY)


def _alike(parts: Iterable[Part], key: Callable[[Part], Hashable]) -> list[list[Part]]:
    """The groups of several files that have the same key."""
    groups: dict[Hashable, list[Part]] = {}
    for part in parts:
        groups.setdefault(key(part), []).append(part)
    return [group for group in groups.values() if len(group) > 1]


def _size(part: Part) -> Hashable:
    """What copies share and costs nothing to know: how many rows they have, and folders that make columns."""
    folders = PurePosixPath(part.name).parts[:-1]
    return part.row_count, tuple(folder for folder in folders if "=" in folder)


def _of_same_rows(connection: Backend, parts: list[Part]) -> list[list[Part]]:
    """The groups of files whose rows are the same; all columns are read only where the first one agrees."""
    if len(parts) < 2:
        return []
    columns = [name for name in pq.read_schema(parts[0].parquet).names if name != "_row"]
    groups = [parts]
    for compared in (columns[:1], columns):
        groups = [alike for group in groups for alike in _alike(group, _print_of(connection, group, compared))]
    return groups


def _print_of(connection: Backend, parts: list[Part], columns: list[str]) -> Callable[[Part], Hashable]:
    """What the rows of a file come to, whatever their order; all files are read at once."""
    row = f"hash({', '.join(f'CAST({identifier(name)} AS VARCHAR)' for name in columns)})"
    paths = ", ".join(quoted(part.parquet) for part in parts)
    asked = (
        f"SELECT _path, sum({row}::HUGEINT), bit_xor({row}) "
        f"FROM read_parquet([{paths}], union_by_name=true, filename='_path', hive_partitioning=false) GROUP BY _path"
    )
    prints = {path: (total, mixed) for path, total, mixed in connection.con.execute(asked).fetchall()}
    return lambda part: prints[str(part.parquet)]


def _told(copies: list[Part], what: str) -> str:
    names = [part.name for part in copies]
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    count = copies[0].row_count
    return f"{shown} hold {what} ({count:,} row{'' if count == 1 else 's'} each)"
