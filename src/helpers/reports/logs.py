"""Steps of a run as lines of a log: for people, or as JSON for whoever watches many machines."""

from __future__ import annotations

import json
from datetime import datetime

from helpers.errors import one_line
from helpers.reports.run_events import Event

LEVELS = {"refuse": "error", "fail": "error", "warn": "warning", "wait": "warning"}


def text_line(event: Event, at: datetime) -> str:
    """A step as one dated line."""
    return f"{at:%Y-%m-%d %H:%M:%S} {one_line(event.text)}"


def json_line(event: Event, at: datetime) -> str:
    """A step as one JSON object on one line.

    Keys: at (ISO instant with offset), level (info, warning, error), event, report, day, notebook, seconds, memory_mb
    (the most memory held, MiB), exit (the exit code it leads to), message. What does not apply is null.
    """
    megabytes = None if event.peak_bytes is None else round(event.peak_bytes / 2**20, 1)
    record = {
        "at": at.isoformat(timespec="milliseconds"),
        "level": LEVELS.get(event.kind, "info"),
        "event": event.kind,
        "report": event.report or None,
        "day": event.as_of or None,
        "notebook": event.notebook or None,
        "seconds": None if event.seconds is None else round(event.seconds, 3),
        "memory_mb": megabytes,
        "exit": event.exit_code,
        "message": event.text,
    }
    return json.dumps(record, ensure_ascii=False)
