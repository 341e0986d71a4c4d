"""The overview of a run: one page for who decides, with the answers of all notebooks, each linked to its proof."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version

from jinja2 import Environment, PackageLoader, select_autoescape
from nbformat import NotebookNode

from helpers.display.design import stylesheet
from helpers.display.typeface import carried
from helpers.display.wording import TAGS
from helpers.reports.comparison import Comparison
from helpers.reports.manifest import pages as heads_of
from helpers.reports.manifest import unhealthiest_page
from helpers.reports.past_forecasts import Record
from helpers.reports.prose import language_tag, said
from helpers.reports.rendering import is_answer, question, safe_html, siblings

FILE_NAME = "index.html"


def page(
    notebooks: Mapping[str, NotebookNode], *, since: Comparison | None = None, record: Record | None = None
) -> str:
    """The overview of executed notebooks, by name: their answers in this order, under the head of the least healthy.

    It is in the language that is spoken; the answers are in that of their notebook.

    `since` is the comparison with the report before; None where this is the first of its name. `record` are the
    forecasts of earlier reports beside what came; None where none can be judged.
    """
    head, heads = unhealthiest_page(notebooks) or {}, heads_of(notebooks)
    answers = [
        {
            "title": question(notebook)[0],
            "href": f"{name}.html",
            "markup": _answer(notebook),
            "language": TAGS[(heads.get(name) or {}).get("language", "en")],
        }
        for name, notebook in notebooks.items()
    ]
    return rendered(
        "overview.html.j2",
        page=head,
        since=since,
        record=record,
        answers=answers,
        pages=siblings(list(notebooks)),
        version=version("regulars"),
    )


def _answer(notebook: NotebookNode) -> str:
    """What the cells tagged `answer` show, as markup."""
    outputs = [output for cell in notebook.cells if is_answer(cell) for output in cell.get("outputs", [])]
    return "".join(output.data["text/html"] for output in outputs if "text/html" in output.get("data", {}))


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
