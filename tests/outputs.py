"""What docs/outputs.md says of the things that a run leaves."""

from __future__ import annotations

from pathlib import Path


def documented(heading: str) -> dict[str, str]:
    """First and last cell of each row of the table under a heading of docs/outputs.md."""
    text = (Path(__file__).resolve().parents[1] / "docs" / "outputs.md").read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return {cells[0]: cells[-1] for cells in lines[2:]}
