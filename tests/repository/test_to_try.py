"""What a notebook says is worth trying works: each section's line `To try:` is put in, and the section runs again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from helpers.params import NOTEBOOKS
from tests import cells

TRY = re.compile(r"^To try: .*?`(?P<line>(?P<name>\w+) = [^`]+)`")
SMALL = {"source": "cdnow_sample"}


@dataclass
class Section:
    """A heading, the code cells under it, and its lines that begin with `To try:`."""

    heading: str
    cells: list[str] = field(default_factory=list)
    tries: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        """What is wrong with what the section says is worth trying."""
        if len(self.tries) != 1:
            return [f"{self.heading}: {len(self.tries)} lines that begin with `To try: `, not one"]
        told = TRY.match(self.tries[0])
        if told is None:
            return [f"{self.heading}: `To try: ` names no `name = expression` in backticks"]
        count = sum(line.startswith(f"{told['name']} = ") for cell in self.cells for line in cell.splitlines())
        return [] if count == 1 else [f"{self.heading}: {count} lines begin with `{told['name']} = `, not one"]

    def changed(self) -> list[str]:
        """The code cells from that of the line to try on, with the line in its place: those before do not know of it."""
        told = TRY.match(self.tries[0])
        assert told is not None
        line = re.compile(rf"^{told['name']} = .*$", re.MULTILINE)
        first = next(number for number, cell in enumerate(self.cells) if line.search(cell))
        return [line.sub(lambda _: told["line"], cell) for cell in self.cells[first:]]


def sections(notebook: NotebookNode) -> list[Section]:
    """The sections in their order; what stands before the first heading of the second level has none."""
    found = [Section("")]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if "parameters" in cell.metadata.get("tags", []) and found[-1].heading == "":
                found[-1].cells.append(f"{cell.source}\norders = {SMALL}")
            elif "answer" not in cell.metadata.get("tags", []):
                found[-1].cells.append(cell.source)
            continue
        for line in cell.source.splitlines():
            if line.startswith("## "):
                found.append(Section(line.removeprefix("## ")))
            elif line.startswith("To try: "):
                found[-1].tries.append(line)
    return found


def run(sources: list[str], names: dict[str, Any]) -> None:
    for source in sources:
        cells.run_one(source, names)


def unsaid(notebook: NotebookNode) -> list[str]:
    return [problem for section in sections(notebook)[1:] if section.cells for problem in section.problems()]


@pytest.mark.parametrize("name", [*NOTEBOOKS, "cookbook"])
def test_every_section_says_what_to_try(name: str) -> None:
    found = unsaid(cells.read(name))
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NOTEBOOKS, "cookbook"])
def test_what_is_worth_trying_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the sample of CDNOW: a section runs as it stands, then with its line changed, and the next goes on from the first.

    Pictures are drawn with the line changed alone: as it stands each notebook runs against its stored outputs.
    """
    monkeypatch.chdir(cells.NOTEBOOKS)
    every = sections(cells.read(name))
    names = cells.namespace()
    for section in every:
        with cells.undrawn():
            run(section.cells, names)
        if section.tries and not section.problems():
            run(section.changed(), dict(names))


def test_a_line_that_is_not_there_or_not_one_is_seen() -> None:
    written = [
        nbformat.v4.new_markdown_cell("# Why\n## One"),
        nbformat.v4.new_code_cell("size = 1\nshare = size / 2"),
        nbformat.v4.new_markdown_cell("So.\n\nTo try: `size = 2`, and the share doubles.\n\n## Two"),
        nbformat.v4.new_code_cell("tall = share"),
        nbformat.v4.new_markdown_cell("To try: `share = 2`\n## Three"),
        nbformat.v4.new_code_cell("wide = share"),
        nbformat.v4.new_markdown_cell("To try: something else.\n## Four"),
        nbformat.v4.new_code_cell("wide = share"),
        nbformat.v4.new_markdown_cell("## Nothing to run"),
    ]
    notebook = nbformat.v4.new_notebook(cells=written)
    assert unsaid(notebook) == [
        "Two: 0 lines begin with `share = `, not one",
        "Three: `To try: ` names no `name = expression` in backticks",
        "Four: 0 lines that begin with `To try: `, not one",
    ]
    assert sections(notebook)[1].changed() == ["size = 2\nshare = size / 2"]
