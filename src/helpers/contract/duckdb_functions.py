"""What the contract needs of the engine beyond Ibis: four functions under their names in DuckDB, and its error.

Everything else of the contract is Ibis; on another engine these five are all that changes.
"""

from __future__ import annotations

import duckdb
import ibis
import ibis.expr.datatypes as dt

EngineError = duckdb.Error
"""What the engine raises where it cannot run a query, such as for a format of dates that it does not know."""


@ibis.udf.scalar.builtin(name="try_strptime")
def read_instant(text: str, formats: dt.Array[dt.String]) -> dt.Timestamp(scale=6):  # type: ignore  # noqa: PGH003
    """The instant by the first of the formats that reads the whole text, null where none does."""


@ibis.udf.scalar.builtin(name="try_strptime")
def read_zoned_instant(text: str, formats: dt.Array[dt.String]) -> dt.Timestamp(timezone="UTC", scale=6):  # type: ignore  # noqa: PGH003
    """The same for formats with %z: texts that tell their offset from UTC."""


@ibis.udf.scalar.builtin(name="timezone")
def in_zone(zone: str, at: dt.Timestamp(timezone="UTC")) -> dt.Timestamp(scale=6):  # type: ignore  # noqa: PGH003
    """The wall clock of a zone."""


@ibis.udf.scalar.builtin(name="regexp_extract")
def matched_group(text: str, pattern: str, group: int) -> str:  # type: ignore[empty-body]
    """One group of the first match, "" where there is none."""
