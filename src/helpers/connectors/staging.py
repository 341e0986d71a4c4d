"""Where delivered files wait as Parquet: one folder per connection, gone with it, and what each file became."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
import weakref
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ibis.backends.duckdb import Backend

from helpers.errors import ContractError, message, one_line

try:
    import fcntl
except ImportError:  # a system without such locks: there folders of killed processes stay
    fcntl = None  # type: ignore[assignment]

PREFIX, HELD = "regulars-", "held"
"""How the folders of connections begin, and the file in each that its process holds."""
YOUNG_SECONDS = 1.0
"""Below this age a file may have been made and not yet be held."""
SPILL_VARIABLE = "REGULARS_SPILL_DIR"
RESERVED = ("_file", "_row", "_seq", "_path", "_filled", "file_row_number")
"""Names that the kit gives to columns of its own."""
MOST_COLUMNS = 2_000
SHOWN_LENGTH = 60


@dataclass(frozen=True)
class Part:
    """One delivered file or database table, readable as Parquet.

    `first_row` is the number of its first row as a person would look for it; None where the Parquet file carries a
    column `_row` of its own. `origin` is the file on disk, None for a table of a database.
    """

    name: str
    parquet: Path
    origin: Path | None
    row_count: int
    first_row: int | None
    notes: tuple[str, ...] = ()


def make_workspace(connection: Backend, spill_dir: Path | None) -> Path:
    """A new folder that lives as long as the connection; a forked child never removes its parent's.

    It is made in `spill_dir`, else where the environment's REGULARS_SPILL_DIR says (a run names a folder that it cleans
    up itself, however the notebook ends), else among the system's temporary files. What killed processes left there
    is cleared first.
    """
    where = spill_dir or Path(os.environ.get(SPILL_VARIABLE) or tempfile.gettempdir())
    where.mkdir(parents=True, exist_ok=True)
    _clear_after_the_killed(where)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=where))
    held = _held(folder / HELD)
    weakref.finalize(connection, _remove, folder, os.getpid(), held)
    return folder


def _held(path: Path) -> int | None:
    """A file that this process holds until it ends, however it ends; None where another one does, or none can."""
    if fcntl is None:
        return None
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def _clear_after_the_killed(where: Path) -> None:
    """Take away the folders whose process was killed: nobody holds their file any more."""
    for folder in where.glob(f"{PREFIX}*"):
        held = folder / HELD
        with suppress(OSError):
            if folder.is_symlink() or not held.is_file() or time.time() - held.stat().st_mtime < YOUNG_SECONDS:
                continue
            file = _held(held)
            if file is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(file)


def _remove(folder: Path, owner: int, held: int | None = None) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
        if held is not None:
            os.close(held)


def workspace(connection: Backend) -> Path:
    """The folder into which this connection spills, and where its staged files lie."""
    row = connection.con.execute("SELECT current_setting('temp_directory')").fetchone()
    folder = Path(row[0]) if row and row[0] else make_workspace(connection, None)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def new_file(connection: Backend, suffix: str) -> Path:
    """A path in the workspace that no other file has."""
    return workspace(connection) / f"{uuid.uuid4().hex}{suffix}"


def quoted(text: str | Path) -> str:
    """A text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def first_words(cells: Iterable[str]) -> str:
    """What a row tells, short enough for a message."""
    text = one_line(" ".join(", ".join(cell for cell in cells if cell).split()))
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"


def header(names: Iterable[object], *, where: str) -> tuple[str, ...]:
    """The column names of a file, trimmed; a column without a name gets one from its place.

    Raises
    ------
    ContractError
        Two columns bear one name (letter case aside), or a name that the kit itself needs; or there are too many.
    """
    trimmed = ["" if name is None else str(name).strip().lstrip("\ufeff").strip() for name in names]
    if len(trimmed) > MOST_COLUMNS:
        raise ContractError(f"{where} must have at most {MOST_COLUMNS:,} columns, found {len(trimmed):,}.")
    named = tuple(name or f"column_{place}" for place, name in enumerate(trimmed, start=1))
    places: dict[str, list[str]] = {}
    for place, name in enumerate(named, start=1):
        places.setdefault(name.casefold(), []).append(str(place))
    problems = []
    for name in dict.fromkeys(named):
        there = places.pop(name.casefold(), [])
        if len(there) > 1:
            problems.append(
                f"column `{name}` must be there once, found {len(there)} times (columns {', '.join(there[:9])}), "
                "letter case aside; rename or remove one"
            )
        elif name.casefold() in RESERVED:
            problems.append(f"column `{name}`: the kit itself needs this name; rename the column")
    if problems:
        raise ContractError(message(f"{where} must have columns that can be told apart", problems))
    return named
