"""What a kind of source says of itself, so that the registry can find it: files by their endings, others by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ibis.backends.duckdb import Backend

from helpers.connectors.locations import Location
from helpers.connectors.staging import Part
from helpers.schema.sources import TableSource


class StageFile(Protocol):
    """Makes one file a Parquet file that DuckDB reads; `name` is what messages call it."""

    def __call__(self, connection: Backend, path: Path, *, name: str, source: TableSource) -> Part: ...


class StageNamed(Protocol):
    """Makes what a source names Parquet files; `root` is the folder at which relative paths start."""

    def __call__(self, connection: Backend, location: Location, *, source: TableSource, root: Path) -> list[Part]: ...


class IsNamed(Protocol):
    """Whether a source is of this kind, by its text alone."""

    def __call__(self, location: Location) -> bool: ...


@dataclass(frozen=True)
class FileKind:
    """Files of one kind.

    `name` is the kind in messages, `endings` the ends of file names in lower case, `shown` how the list of all kinds
    names it. Of a kind that `may_be_gzipped`, `.gz` may follow the ending.
    """

    name: str
    endings: tuple[str, ...]
    shown: str
    stage: StageFile
    may_be_gzipped: bool = False


@dataclass(frozen=True)
class NamedKind:
    """Sources that are named and are no file of the user's, such as a built-in data set or the URL of a database.

    `built_ins` are the names that a message may suggest. A kind that `has_canonical_tables` names its tables as the
    contract does: a table that the params do not state is the one they are about.
    """

    is_named: IsNamed
    stage: StageNamed
    built_ins: tuple[str, ...] = ()
    has_canonical_tables: bool = False
