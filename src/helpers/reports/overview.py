"""The overview of a run: one page for who decides, with the answers of all notebooks, each linked to its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from nbformat import NotebookNode

from helpers.display.design import stylesheet
from helpers.display.findings import collected
from helpers.display.typeface import carried
from helpers.display.wording import TAGS, named, vocabulary
from helpers.reports import past_customers, printing, workbook
from helpers.reports.comparison import Comparison
from helpers.reports.manifest import pages as heads_of
from helpers.reports.manifest import unhealthiest_page
from helpers.reports.past_forecasts import Record
from helpers.reports.prose import language_tag, said
from helpers.reports.ranking import LIGHT, Weight
from helpers.reports.rendering import ANSWER_TAG, is_answer, question, safe_html, sections, siblings

FILE_NAME = "index.html"
PREDICTING = ("segmentation", "clv")
"""Notebooks whose predictions later reports judge."""
FIRST_STEPS = 6
"""Things to do that are not folded away."""
FILES = dict(
    zip(
        (printing.FILE_NAME, workbook.FILE_NAME),
        vocabulary("All pages as one PDF", "All tables as one workbook"),
        strict=True,
    )
)


def page(
    notebooks: Mapping[str, NotebookNode],
    *,
    since: Comparison | None = None,
    record: Record | None = None,
    customers: past_customers.Record | None = None,
    steps: Sequence[Mapping[str, str]] = (),
    weights: Mapping[tuple[str, str], Weight] | None = None,
    files: Sequence[str] = (),
) -> str:
    """The overview of executed notebooks, by name: their answers, under the head of the least healthy.

    It is in the language that is spoken; the answers are in that of their notebook.

    `since` is the comparison with the report before; None where this is the first of its name. `record` are the
    forecasts of earlier reports beside what came; None where none can be judged. `customers` is
    the same of what they predicted of single customers; None where there is no earlier report. `steps` are what there
    is to do, in words. The claims of a notebook, and the notebooks, stand in the order of their `weights`, the heaviest
    first, of equals as they are told. `files` lie beside the page, for all pages or tables in one.
    """
    head, heads = unhealthiest_page(notebooks) or {}, heads_of(notebooks)
    known = weights or {}
    heaviest = {name: max((known[each] for each in known if each[0] == name), default=LIGHT) for name in notebooks}
    answers = [
        {
            "title": question(notebooks[name])[0],
            "href": f"{name}.html",
            "parts": _answer(name, notebooks[name], known),
            "language": TAGS[(heads.get(name) or {}).get("language", "en")],
        }
        for name in sorted(notebooks, key=lambda name: heaviest[name], reverse=True)
    ]
    places = {name: sections(notebook) for name, notebook in notebooks.items()}
    moved = [
        {
            "claim": each.claim,
            "was": each.was,
            "href": f"{each.notebook}.html#{places[each.notebook].get(each.key, ANSWER_TAG)}",
        }
        for each in (since.moved if since else ())
    ]
    return rendered(
        "overview.html.j2",
        page=head,
        since=since,
        moved=moved,
        record=record,
        customers=customers,
        predicts=any(name in PREDICTING for name in notebooks),
        answers=answers,
        steps=steps,
        first_count=FIRST_STEPS,
        files=[{"href": name, "text": named(FILES[name])} for name in files],
        pages=siblings(list(notebooks)),
        version=version("regulars"),
    )


def _answer(name: str, notebook: NotebookNode, weights: Mapping[tuple[str, str], Weight]) -> list[dict[str, Any]]:
    """What the cells tagged `answer` show: findings, each with where it is proven, and all else as markup."""
    outputs = [output for cell in notebook.cells if is_answer(cell) for output in cell.get("outputs", [])]
    places = sections(notebook)
    parts: list[dict[str, Any]] = []
    for output in outputs:
        if told := collected([output]):
            told.sort(key=lambda each: weights.get((name, each["key"]), LIGHT), reverse=True)
            parts.append({"findings": [{**each, "href": f"{name}.html#{places[each['key']]}"} for each in told]})
        elif "text/html" in output.get("data", {}):
            parts.append({"markup": output.data["text/html"]})
    return parts


def rendered(template: str, **values: object) -> str:
    """A page from a template, with its typeface."""
    return carried(_environment().get_template(template).render(**values))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Where the templates of pages are found, every value of which is escaped."""
    loader = PackageLoader("helpers.reports", "templates/regulars")
    environment = Environment(loader=loader, autoescape=select_autoescape(default=True))
    environment.filters["safe_html"] = safe_html
    environment.globals.update(stylesheet=stylesheet, say=said, language=language_tag)
    return environment
