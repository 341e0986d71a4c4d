"""The prose of a notebook: its markdown cells, block by block, in the language of the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape
from nbformat import NotebookNode

from helpers.display.wording import TAGS, named, spoken, vocabulary

ANALYST_TAG = "analyst"
TO_TRY = re.compile(r"^To try: .*(?:\n(?!\n).*)*\n*", re.MULTILINE)
"""What an analyst may change in a section: for the notebook, not for the page."""
MARK = re.compile(r"(#{1,6} +|[-*] +|\d+\. +|)(.*)", re.DOTALL)
ITEM = re.compile(r"\n(?=[-*] |\d+\. )")


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph or an item of a list: its mark, and its text on one line."""

    mark: str
    text: str


def is_read(cell: NotebookNode) -> bool:
    """Whether readers of a page see a cell of prose."""
    return cell.cell_type == "markdown" and ANALYST_TAG not in cell.metadata.get("tags", [])


def without_to_try(source: str) -> str:
    """The markdown of a cell without what an analyst may try."""
    return TO_TRY.sub("", source).rstrip()


def blocks(source: str) -> Iterator[Block]:
    """The blocks of a cell of markdown, in order, each a message of the catalogue; a table is one, with its lines."""
    for paragraph in re.split(r"\n\s*\n", without_to_try(source).strip()):
        heading, _, rest = paragraph.partition("\n") if paragraph.startswith("#") else ("", "", paragraph)
        for part in filter(None, [heading, *ITEM.split(rest)]):
            mark, text = MARK.fullmatch(part).groups()  # type: ignore[union-attr]
            yield Block(mark, text if text.startswith("|") else " ".join(text.split()))


def in_language(source: str) -> str:
    """The markdown of a cell in the language that is spoken, block by block; as it is where none has a translation."""
    told = list(blocks(source))
    if all(named(block.text) == block.text for block in told):
        return source
    lines: list[str] = []
    for block in told:
        is_item = bool(block.mark) and not block.mark.startswith("#")
        lines += [] if is_item and lines and lines[-1].startswith(block.mark[:1]) else [""] * bool(lines)
        lines.append(block.mark + named(block.text))
    return "\n".join(lines)


def said(template: str, /, **values: object) -> Markup:
    """What a template of pages says, as markup: everything is escaped but values that are markup already."""
    return escape(named(template)).format(**values)


def language_tag() -> str:
    """The language that is spoken, as a browser calls it."""
    return TAGS[spoken()]


SHORT_NAMES = vocabulary("Exploration", "Segmentation", "CLV", "Churn", "Survey")
"""Of the kit's own notebooks."""


def short_name(name: str) -> str:
    """The name of a notebook as a word: `clv` as CLV, `exploration` as Exploration."""
    return named(name.upper() if len(name) <= 3 else name.replace("_", " ").capitalize())
