"""Writes docs/ARCHITECTURE.md: how data flows, and what each file holds, by the first sentence of its docstring."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "helpers"
PAGE = ROOT / "docs" / "ARCHITECTURE.md"
ROOMS = {
    ".": "The ground",
    "params": "Parameters",
    "schema": "Canonical tables",
    "schemes": "Segment schemes, tier rules and actions",
    "connectors": "Connectors",
    "contract": "The data contract",
    "simulation": "The simulated company",
    "features": "Features",
    "models": "Models and judges",
    "display": "Display",
    "reports": "Reports",
}
HEAD = """\
# Architecture

Written by `make map` (tools/architecture.py) from the first sentence of each module; do not edit.

## How data flows

    params/*.yml ──> params ───> notebooks (one parameters cell, then small steps) ──> reports ──> reports/<report>/<day>/
                                   │
    delivered files ─> connectors ─> contract ─> features ─> models ─> display
    (CSV, Excel,       one file per  checks,     Ibis, where fit,      figures,
    Parquet, DB)       kind          ledger      data live   judge     tables, findings

1. **Params** are read by notebooks, reports and the command line, and end there: everything else takes frames and named
   values.
2. **Connectors** stage what was delivered as Parquet, with a checksum. **The contract** maps names once, reads types,
   asks the rules, and gives canonical tables with a ledger of every row (`loading.load`). From then on all names are
   canonical. `tables.observed.watched_until` is the day to which customers were watched.
3. **Features** are Ibis expressions that run where the data live. Purchase days (customer, day, orders, amount) are made
   once a run; whatever needs no more than that reads them. `frames.fetch` is the border to pandas: a row per customer or
   per period, never a row per order.
4. **Models** take such frames and give frozen results; **judges** (`models/evaluation`) compare them with days they have
   not seen, and with simple rivals. Random draws come from streams by name (`randomness.stream`).
5. **Display** turns results into figures, tables and findings, and computes nothing. A finding is a sentence with its
   number, interval and n.
6. **Reports** run the notebooks, render one self-contained page each, and publish all of it or nothing. The same data,
   parameters and code give the same bytes, on any processor.

Imports run one way: the ground; schema, schemes, params; connectors, contract; features, models, display, reports. A test
holds them to it, and another finds public names that nothing reaches.

## The files
"""


def written() -> str:
    return HEAD + "".join(section(room, title) for room, title in ROOMS.items())


def section(room: str, title: str) -> str:
    paths = sorted((PACKAGE / room).glob("*.py") if room == "." else (PACKAGE / room).rglob("*.py"))
    rows = [
        f"| {path.relative_to(PACKAGE)} | {first_sentence(path)} |\n" for path in paths if path.name != "__init__.py"
    ]
    where = "src/helpers/" if room == "." else f"src/helpers/{room}/"
    return "".join([f"\n### {title}: {where}\n\n| file | what is in it |\n|---|---|\n", *rows])


def first_sentence(path: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|").rstrip(".")


def undescribed() -> list[str]:
    """Modules that do not say what is in them."""
    paths = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    return sorted(str(path.relative_to(ROOT)) for path in paths if len(first_sentence(path)) < 20)


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
    print("docs/ARCHITECTURE.md is written")
