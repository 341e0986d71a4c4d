"""Files that the days and notebooks of a run share as they are staged: each is read once, however many ask for it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ibis.backends.duckdb import Backend

from helpers.connectors.found_once import find_once, place_of
from helpers.connectors.staging import Part, workspace

STAGED_VARIABLE = "REGULARS_STAGED_DIR"
"""Names the folder in which the days of a report leave staged files for one another; it goes with the run."""


def once(
    connection: Backend, asked: Mapping[str, Any], files: Sequence[Path], stage: Callable[[], list[Part]]
) -> list[Part]:
    """The parts of a delivery, staged once for all who share a folder; anew for each where none is shared.

    Parameters
    ----------
    connection
        Who asks. What is staged in its workspace moves to the shared folder, since it would go with the connection.
    asked
        All that the parts depend on beside the bytes of the files, as plain JSON.
    files
        Those of the delivery: one that was written to since it was staged is staged anew. None of a database, which is
        asked once a run: all its days speak of the same rows.
    stage
        Stages them.

    Raises
    ------
    ContractError, ParamsError
        What `stage` raised; nothing is shared then, and whoever asks next meets it anew.
    """
    folder = os.environ.get(STAGED_VARIABLE)
    if not folder:
        return stage()
    place = place_of(folder, [asked, _state(files)])
    told = place / "parts.json"
    find_once(told, lambda: [asdict(_moved(part, connection, place)) for part in stage()])
    return [_part(one) for one in json.loads(told.read_text(encoding="utf-8"))]


def _state(files: Sequence[Path]) -> list[tuple[str, int, int]]:
    """What changes with a file when somebody writes to it."""
    stats = {str(file): file.stat() for file in files}
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()]


def _moved(part: Part, connection: Backend, place: Path) -> Part:
    """A part that outlives its connection; one that is read where it lies stays there."""
    if part.parquet.parent != workspace(connection):
        return part
    moved = place / part.parquet.name
    shutil.move(part.parquet, moved)
    return Part(part.name, moved, part.origin, part.row_count, part.first_row, part.notes)


def _part(told: Mapping[str, Any]) -> Part:
    origin = None if told["origin"] is None else Path(told["origin"])
    return Part(**{**told, "parquet": Path(told["parquet"]), "origin": origin, "notes": tuple(told["notes"])})
