"""All kinds of source that the kit reads: a new one is a file of this package, and a line here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from helpers.connectors import cdnow, databases, demo, parquet_files, stated_rows, textfiles, workbooks
from helpers.connectors.locations import FoundFile, Location
from helpers.connectors.source_kinds import FileKind, NamedKind
from helpers.errors import SHOWN, ContractError, ParamsError
from helpers.schema.sources import TableSource

FILE_KINDS: tuple[FileKind, ...] = (textfiles.KIND, workbooks.KIND, parquet_files.KIND, databases.KIND)
NAMED_KINDS: tuple[NamedKind, ...] = (cdnow.KIND, demo.KIND, stated_rows.KIND, databases.URL_KIND)
BUILT_INS = tuple(name for kind in NAMED_KINDS for name in kind.built_ins)


def named_kind(location: Location) -> NamedKind | None:
    """The kind of a source that is no file; None where it must be one."""
    return next((kind for kind in NAMED_KINDS if kind.is_named(location)), None)


def file_kind(files: list[FoundFile], location: Location) -> FileKind:
    """The one kind that all the files have.

    Raises
    ------
    ContractError
        A folder or glob holds files of several kinds.
    ParamsError
        The kind is none that the kit reads.
    """
    kinds = {file: _kind(file.path) for file in files}
    counts = Counter(kind.name if isinstance(kind, FileKind) else kind for kind in kinds.values())
    if len(counts) > 1:
        common = counts.most_common(SHOWN)
        held = ", ".join(f"{count} {kind}" for kind, count in sorted(common))
        held += f" and {len(counts) - SHOWN} other kinds" if len(counts) > SHOWN else ""
        raise ContractError(
            f"{location.shown} must hold files of one kind, found {held}; "
            "name the files to read with a glob, such as folder/*.csv."
        )
    kind = kinds[files[0]]
    if not isinstance(kind, FileKind):
        known = ", ".join(one.shown for one in FILE_KINDS)
        raise ParamsError(f"{files[0].name} must be a file of a known kind: {known}; found {kind}.")
    return kind


def _kind(path: Path) -> FileKind | str:
    """The kind of a file, or its ending where that is unknown."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if not suffixes:
        return "a name without an ending"
    if suffixes[-1] == ".gz":
        inner = suffixes[-2] if suffixes[1:] else ""
        return next((kind for kind in FILE_KINDS if kind.may_be_gzipped and inner in kind.endings), ".gz")
    return next((kind for kind in FILE_KINDS if suffixes[-1] in kind.endings), suffixes[-1])


def with_canonical_table(source: TableSource, name: str) -> TableSource:
    """The source with the canonical table `name` as its `table`, where its kind has such and the params state none."""
    canonical = {built_in for kind in NAMED_KINDS if kind.has_canonical_tables for built_in in kind.built_ins}
    if source.table is not None or source.source not in canonical:
        return source
    return source.model_copy(update={"table": name})
