"""The work of listing reports after a run: 5,000 of them, 50 names by 100 days, one of which is new.

    python benchmarks/bench_index.py [reports]

Prints the seconds and the size of the page, for the first listing, which reads every manifest, and for the next ones.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from helpers.reports import publishing

NAMES, RUNS = 50, 5
FINDINGS = [{"key": f"finding_{number}", "sentence": "x" * 200, "value": 0.5, "unit": "share"} for number in range(40)]


def publish(out: Path, name: str, day: date) -> None:
    """A folder as a run leaves it, with a manifest of ordinary size."""
    folder = out / name / day.isoformat()
    folder.mkdir(parents=True)
    pages = [{"name": page, "title": f"{page}?", "html": f"{page}.html"} for page in ("exploration", "clv")]
    figure = {"key": "repeat_rate", "value": 0.4, "unit": "share"}
    told = {
        "title": name, "status": "published", "created_at": "2025-01-31T00:00:00+00:00", "data_health": "green",
        "headline": "Revenue has not clearly changed.", "notebooks": pages, "findings": [*FINDINGS, figure],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    for page in ("index", "exploration", "clv"):
        (folder / f"{page}.html").touch()


def timed(out: Path) -> float:
    """Seconds of listing the reports."""
    begun = time.process_time()
    publishing.write_index(out)
    return time.process_time() - begun


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for number in range(count):
            publish(out, f"report-{number % NAMES}", date(2000, 1, 1) + timedelta(days=number // NAMES))
        first, later = timed(out), []
        for number in range(RUNS):
            publish(out, "report-7", date(2040, 1, 1) + timedelta(days=number))
            later.append(timed(out))
        size = (out / "index.html").stat().st_size / 1000
    print(f"{count:,} reports: first listing {first:.2f} CPU s; one more report {statistics.median(later):.2f} CPU s")
    print(f"index.html {size:,.0f} kB")


if __name__ == "__main__":
    main()
