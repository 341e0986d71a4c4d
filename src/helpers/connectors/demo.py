"""The built-in `demo`: a simulated company, made on first use, with every canonical table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from ibis.backends.duckdb import Backend

from helpers.connectors import parquet_files
from helpers.connectors.locations import FoundFile, Location
from helpers.connectors.source_kinds import NamedKind
from helpers.connectors.staging import Part
from helpers.errors import ParamsError, nearest
from helpers.schema.sources import TableSource
from helpers.simulation import SIMULATED

NAME = "demo"


def is_named(location: Location) -> bool:
    """Whether a source is the demo company."""
    return location.text == NAME


def stage(connection: Backend, location: Location, *, source: TableSource, root: Path) -> list[Part]:  # noqa: ARG001 - as every kind
    """The files of the table that the source states, read where they lie."""
    return [parquet_files.part(file.path, name=file.name) for file in files(source.table, root=root)]


def files(table: str | None, *, root: Path) -> list[FoundFile]:
    """The files of one table of the demo company, which is made under data/demo/ where it is not there yet.

    Raises
    ------
    ParamsError
        The company has no such table.
    """
    # what says how a company was made, and what makes one, take long to import: who reads other data needs neither
    from helpers.simulation.manifests import TABLES, manifest, manifest_in
    from helpers.simulation.settings import Company

    if table not in TABLES:
        raise ParamsError(
            f"the built-in `{NAME}` has no table {table!r}.{nearest(str(table), TABLES)} Known: {', '.join(TABLES)}."
        )
    folder, company = root / "data" / NAME, Company()
    if manifest_in(folder) != manifest(company):
        from helpers.simulation.company import ensure

        ensure(folder, company)
    paths = sorted((folder / table).rglob("*.parquet"))
    return [FoundFile(path, f"{NAME}/{path.relative_to(folder).as_posix()}") for path in paths]


def is_simulated(schema: pa.Schema) -> bool:
    """Whether a Parquet file was written by the simulation."""
    return SIMULATED in (schema.metadata or {})


KIND = NamedKind(is_named, stage, built_ins=(NAME,), has_canonical_tables=True)
