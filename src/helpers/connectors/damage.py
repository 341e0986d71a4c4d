"""Damage that shows only when the engine reads a file to its end, told as an error of the data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from helpers.errors import ContractError

OURS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.InterruptException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
)
"""Faults of the engine that no file causes: of our own queries, or of the machine."""
FOLDER = re.compile(r'"/[^"]*/([^"/]*)"')


@contextmanager
def readable(label: str) -> Iterator[None]:
    """What is done inside reads delivered files: where the engine cannot, the data's owner must act.

    Raises
    ------
    ContractError
        A file cannot be read to its end, or holds a value that no column can.
    """
    try:
        yield
    except (duckdb.Error, pa.ArrowInvalid, UnicodeError, OverflowError) as error:
        if isinstance(error, OURS):
            raise
        reason = FOLDER.sub(r'"\1"', str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise ContractError(f"{label} must be readable to the end, found damage: {reason.rstrip('. ')}.") from error
