"""Lines of the log: one for each step, for people or as JSON, whatever a message holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from helpers.reports.logs import json_line, text_line
from helpers.reports.run_events import Event

AT = datetime(2025, 1, 31, 6, 0, 0, 123456, tzinfo=UTC)
ENDED = Event("end", "小店: done", "shop", "2025-01-31", "clv", seconds=1.23456, peak_bytes=3 * 2**20, exit_code=0)


def test_a_text_line_is_dated_and_one_line() -> None:
    assert text_line(Event("warn", "a\nb"), AT) == "2025-01-31 06:00:00 a\\nb"


def test_a_step_as_json_has_every_key_and_nulls_where_nothing_applies() -> None:
    assert json.loads(json_line(ENDED, AT)) == {
        "at": "2025-01-31T06:00:00.123+00:00",
        "level": "info",
        "event": "end",
        "report": "shop",
        "day": "2025-01-31",
        "notebook": "clv",
        "seconds": 1.235,
        "memory_mb": 3.0,
        "exit": 0,
        "message": "小店: done",
    }
    bare = json.loads(json_line(Event("refuse", "a\nb", exit_code=6), AT))
    assert (bare["level"], bare["report"], bare["notebook"], bare["seconds"], bare["exit"]) == ("error", *[None] * 3, 6)
    assert "\n" not in json_line(Event("refuse", "a\nb"), AT)
