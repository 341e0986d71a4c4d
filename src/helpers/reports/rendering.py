"""From an executed notebook to one self-contained page: the answer first, no code, no script, no outside address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import nh3
from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell

from helpers.display.design import recoloured, stylesheet
from helpers.display.findings import collected, is_lacking
from helpers.display.pages import PAGE
from helpers.display.tables import KEPT
from helpers.display.typeface import carried
from helpers.display.wording import TAGS as LANGUAGE_TAGS
from helpers.display.wording import speaking, spoken, vocabulary, worded
from helpers.errors import NotebookError
from helpers.reports.prose import ANALYST_TAG, in_language, language_tag, said, short_name, without_to_try

ANSWER_TAG = "answer"
(MORE_DATA,) = vocabulary("What would more data show?")
TAGS = set(
    "p br hr h1 h2 h3 h4 ul ol li dl dt dd div span section strong em b i code pre blockquote sub sup small "
    "table caption thead tbody tfoot tr th td details summary".split()
)
ATTRIBUTES = {"*": {"class", "id", "role", "tabindex", "aria-label"}, "th": {"scope", "colspan", "rowspan"}}
HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)
SECTION = re.compile(r"^(?=## )", re.MULTILINE)
"""Where a section begins: also in the middle of a cell, below how to read the one before."""


def render(
    notebook: NotebookNode, *, name: str = "", names: Sequence[str] = (), steps: Sequence[Mapping[str, str]] = ()
) -> str:
    """The page of an executed notebook, in the language that it spoke.

    Parameters
    ----------
    notebook
        As executed: its first markdown cell is the question, one of its outputs is the head of the page
        (`helpers.display.pages.open_page`), the cells tagged `answer` are lifted to the top, and those tagged
        `analyst` are for readers of the notebook alone.
    name, names
        What the notebook is called, and all of the same run: the page links to theirs and to the overview.
    steps
        What there is to do by this page, in words: text, customers, money, owner, href, warning.

    Raises
    ------
    NotebookError
        The notebook showed no head of a page, or no cell of it is tagged `answer`.
    """
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    page = page_of(outputs)
    answer = [cell for cell in notebook.cells if is_answer(cell)]
    if page is None or not answer:
        raise NotebookError("A notebook must show `open_page(...)` and tag one cell `answer` to become a page.")
    with speaking(page.get("language", "en")):
        return _rendered(notebook, page, answer, name=name, names=names, steps=steps)


def _rendered(
    notebook: NotebookNode,
    page: dict[str, Any],
    answer: list[NotebookNode],
    *,
    name: str,
    names: Sequence[str],
    steps: Sequence[Mapping[str, str]],
) -> str:
    heading, introduction = question(notebook)
    body = [
        _in_language(cell)
        for cell in notebook.cells[1:]
        if not (_tags(cell) & {ANSWER_TAG, ANALYST_TAG} or _is_head(cell))
    ]
    body = [_with_links(cell) for cell in _told(body)] + _of_more_data(notebook)
    resources = {
        "page": page,
        "name": name,
        "here": f"{name}.html",
        "pages": siblings(names),
        "heading": heading,
        "introduction": introduction,
        "answer_cells": [_with_links(cell) for cell in answer],
        "steps": steps,
        "answer_title": worded("The answer"),
        "contents": _contents(body),
        "untranslated": _untranslated(page),
        "version": version("regulars"),
    }
    shown = NotebookNode({**notebook, "cells": body})
    return carried(str(_exporter().from_notebook_node(shown, resources=resources)[0]))


def page_of(outputs: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The head of the page among the outputs of a notebook, or None."""
    return next((output["data"][PAGE]["page"] for output in outputs if PAGE in output.get("data", {})), None)


def inputs_of(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The input files that a notebook said it read."""
    return [item for output in outputs if PAGE in output.get("data", {}) for item in output["data"][PAGE]["inputs"]]


def is_answer(cell: NotebookNode) -> bool:
    """Whether a cell is lifted to the top of the page."""
    return ANSWER_TAG in _tags(cell)


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def notes_of(outputs: list[dict[str, Any]]) -> list[str]:
    """What a notebook said of how its inputs were read."""
    return [note for output in outputs if PAGE in output.get("data", {}) for note in output["data"][PAGE]["notes"]]


def without_inputs(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what it handed on for the manifest alone, and without rows of customers.

    The inputs and the notes on them are for the manifest; what a cell tagged `analyst` shows are rows of customers.
    """
    kept = deepcopy(notebook)
    for cell in kept.cells:
        if ANALYST_TAG in _tags(cell) and cell.cell_type == "code":
            cell.outputs = []
        for output in cell.get("outputs", []):
            if PAGE in output.get("data", {}):
                output["data"][PAGE] |= {"inputs": [], "notes": []}
    return kept


def _in_language(cell: NotebookNode) -> NotebookNode:
    """A cell of prose as the page says it."""
    is_prose = cell.cell_type == "markdown"
    return NotebookNode({**cell, "source": in_language(without_to_try(cell.source))}) if is_prose else cell


def _untranslated(page: dict[str, Any]) -> dict[str, str] | None:
    """What is said where the report asks for a language that the notebook does not speak yet."""
    asked = dict(page["parameters"]).get("language", "en")
    if asked == spoken() or asked not in LANGUAGE_TAGS:
        return None
    with speaking(asked):
        return {"language": LANGUAGE_TAGS[asked], "text": worded("This page is in English: it is not translated yet.")}


def _of_more_data(notebook: NotebookNode) -> list[NotebookNode]:
    """A section of what tables that were not delivered would show, a line each; none where nothing is lacking."""
    lines = [output for cell in notebook.cells for output in cell.get("outputs", []) if is_lacking(output)]
    if not lines:
        return []
    heading = new_markdown_cell(f"## {worded(MORE_DATA)}", id="more-data")
    return [heading, NotebookNode({**new_code_cell(id="more-data-lines"), "outputs": lines})]


def _told(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells without those of sections that show nothing, or only what is lacking, which is told further down."""
    sections: list[list[NotebookNode]] = [[]]
    for cell in cells:
        pieces = SECTION.split(cell.source) if cell.cell_type == "markdown" else [cell.source]
        for number, piece in enumerate(filter(None, pieces)):
            if cell.cell_type == "markdown" and SECTION.match(piece):
                sections.append([])
            own = {**cell, "id": f"{cell.get('id', 'cell')}-{number}", "source": piece}
            if cell.cell_type == "code":
                own["outputs"] = [output for output in cell.outputs if not is_lacking(output)]
            sections[-1].append(NotebookNode(own))
    return [cell for section in sections if _is_told(section) for cell in section]


def _is_told(section: list[NotebookNode]) -> bool:
    """Whether a section shows something, or is prose alone."""
    shown = [not all(map(_is_kept, cell.outputs)) for cell in section if cell.cell_type == "code"]
    return any(shown) or not shown


def _with_links(cell: NotebookNode) -> NotebookNode:
    """A cell whose last output names all tables that were kept in it, each once, for the page to link to."""
    outputs = cell.get("outputs", [])
    tables = list(dict.fromkeys(output.data[KEPT]["table"] for output in outputs if _is_kept(output)))
    if not tables:
        return cell
    links = {"output_type": "display_data", "metadata": {}, "data": {KEPT: {"tables": tables}, "text/plain": ""}}
    others = [output for output in outputs if not _is_kept(output)]
    return NotebookNode({**cell, "outputs": [*others, from_dict(links)]})


def _is_kept(output: NotebookNode) -> bool:
    return KEPT in output.get("data", {})


def _is_head(cell: NotebookNode) -> bool:
    return any(PAGE in output.get("data", {}) for output in cell.get("outputs", []))


def sections(notebook: NotebookNode) -> dict[str, str]:
    """Where on the page of a notebook each finding is proven, by its key: the fragment of the section that tells it.

    It is that of the answer for what the answer alone tells.
    """
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    found: dict[str, str] = {}
    with speaking((page_of(outputs) or {}).get("language", "en")):
        here = ANSWER_TAG
        for cell in sorted(notebook.cells, key=is_answer):
            if cell.cell_type == "markdown" and ANALYST_TAG not in _tags(cell):
                headings = HEADING.findall(in_language(without_to_try(cell.source)))
                here = _heading_id(headings[-1]) if headings else here
            for output in cell.get("outputs", []):
                at = _heading_id(worded(MORE_DATA)) if is_lacking(output) else ANSWER_TAG if is_answer(cell) else here
                found |= {each["key"]: at for each in collected([output]) if each["key"] not in found}
    return found


def siblings(names: Sequence[str]) -> list[dict[str, str]]:
    """The pages of a run, the overview first, each with the word that links to it; none where no notebook is named."""
    links = [{"text": short_name(name), "href": f"{name}.html"} for name in names]
    return [{"text": worded("Overview"), "href": "index.html"}, *links] if links else []


def question(notebook: NotebookNode) -> tuple[str, str]:
    """The title of the notebook, and what its first cell says under it."""
    title, _, rest = in_language(notebook.cells[0].source).partition("\n")
    return title.lstrip("# ").strip(), rest.strip()


def _contents(cells: list[NotebookNode]) -> list[dict[str, str]]:
    headings = [heading for cell in cells if cell.cell_type == "markdown" for heading in HEADING.findall(cell.source)]
    headings.append(worded("Where this page comes from"))
    known = {headings[-1]: "provenance"}
    return [{"text": heading, "id": known.get(heading, _heading_id(heading))} for heading in headings]


def _heading_id(heading: str) -> str:
    """The id that nbconvert gives to a heading: as it stands in a URL fragment."""
    return quote(heading.replace(" ", "-"), safe="?/:@!$&'()*+,;=")


def safe_html(markup: str) -> str:
    """Markup with nothing in it that could run, load or link: only the tags that text and tables need."""
    return nh3.clean(str(markup), tags=TAGS, attributes=ATTRIBUTES, link_rel=None)


def alt_text(output: NotebookNode) -> str:
    """The words of a figure: its alt text where it has one, else its text form."""
    alts = [kind["alt"] for kind in output.get("metadata", {}).values() if isinstance(kind, dict) and "alt" in kind]
    return str(alts[0] if alts else output.data.get("text/plain", "")).removeprefix("[figure] ")


def _markdown(source: str) -> str:
    return str(MarkdownWithMath(renderer=IPythonRenderer(escape=True, anchor_link_text="")).render(source))


@lru_cache(maxsize=1)
def _exporter() -> TemplateExporter:
    exporter = TemplateExporter(
        template_name="regulars",
        extra_template_basedirs=[str(files("helpers.reports") / "templates")],
        template_file="index.html.j2",
        file_extension=".html",
    )
    uses = {"safe_html": safe_html, "alt_text": alt_text, "markdown2html": _markdown, "recoloured": recoloured}
    for name, use in uses.items():
        exporter.register_filter(name, use)
    exporter.environment.globals.update(stylesheet=stylesheet, say=said, language=language_tag)
    return exporter
