"""What all who share a folder find out once: a place for each question, and a file that is whole or not there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock


def place_of(folder: str, asked: object) -> Path:
    """The folder within a shared one that belongs to a question, as plain JSON; it is made."""
    place = Path(folder) / hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True)
    return place


def find_once(file: Path, found: Callable[[], Any]) -> None:
    """Write what is found out, as JSON, unless somebody has; others wait meanwhile. An error leaves no file."""
    with FileLock(file.parent / "lock"):
        if not file.exists():
            unfinished = file.with_suffix(".unfinished")
            unfinished.write_text(json.dumps(found(), default=str), encoding="utf-8")
            unfinished.replace(file)
