"""Small shops whose orders the tests of the command line and of runs read."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

AS_OF = date(2025, 1, 31)


def orders(count: int = 400, *, seed: int = 1, after: int = 0) -> list[tuple[str, str, str, str, str]]:
    """Orders of a small shop over a year until AS_OF, and `after` more in the month that follows."""
    draw = random.Random(seed)
    rows = []
    for number in range(count + after):
        offset = -draw.randint(1, 28) if number >= count else draw.randint(0, 364)
        day = AS_OF - timedelta(days=offset)
        who, amount, channel = (
            f"客{draw.randint(1, count // 4)}",
            draw.randint(100, 9999) / 100,
            draw.choice(["网店", "shop"]),
        )
        rows.append((f"o{number}", who, day.isoformat(), f"{amount:.2f}", channel))
    return rows


def write_csv(path: Path, rows: list[tuple[str, str, str, str, str]]) -> Path:
    """The orders as a CSV file with canonical headings."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["order_id", "customer_id", "ordered_at", "amount", "channel"])
        writer.writerows(rows)
    return path


def write_params(
    path: Path, source: Path, *, more: str = "", as_of: date = AS_OF, notebook: str = "exploration"
) -> Path:
    """The YAML of a report on that file, of one notebook."""
    path.write_text(
        f"title: 小店 <Shop>\nas_of: {as_of}\ncurrency: CNY\nnotebooks: [{notebook}]\n"
        f"orders:\n  source: {source}\n{more}",
        encoding="utf-8",
    )
    return path
