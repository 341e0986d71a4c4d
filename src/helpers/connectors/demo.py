"""The built-in `demo`: a simulated company, made on first use, with every canonical table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from helpers.connectors.locations import Found
from helpers.errors import ParamsError, nearest
from helpers.simulation.company import SIMULATED, TABLES, ensure
from helpers.simulation.settings import Company

NAME = "demo"


def files(table: str | None, *, root: Path) -> list[Found]:
    """The files of one table of the demo company, which is made under data/demo/ where it is not there yet.

    Raises
    ------
    ParamsError
        The company has no such table.
    """
    if table not in TABLES:
        raise ParamsError(
            f"the built-in `{NAME}` has no table {table!r}.{nearest(str(table), TABLES)} Known: {', '.join(TABLES)}."
        )
    folder = ensure(root / "data" / NAME, Company())
    found = sorted((folder / table).rglob("*.parquet"))
    return [Found(path, f"{NAME}/{path.relative_to(folder).as_posix()}") for path in found]


def is_simulated(schema: pa.Schema) -> bool:
    """Whether a Parquet file was written by the simulation."""
    return SIMULATED in (schema.metadata or {})
