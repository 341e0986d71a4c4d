"""The overview of a run: the answers of all notebooks, under the head of the least healthy, and nothing that could run."""

from __future__ import annotations

from typing import Any

import nbformat.v4 as nb
from nbformat import NotebookNode

from helpers.display.pages import PAGE
from helpers.reports import overview


def head(light: str) -> dict[str, Any]:
    return {
        "title": "小店 <Shop>", "as_of": "1 May 2025", "period": "p", "base": "b", "light": light,
        "health": f"Data health is {light}.", "notice": "", "remarks": (), "parameters": (),
    }  # fmt: skip


def executed(question: str, light: str, answer: str) -> NotebookNode:
    page = nb.new_output("display_data", {PAGE: {"page": head(light), "inputs": [], "notes": []}})
    told = nb.new_output("display_data", {"text/html": answer, "text/plain": "x"})
    cell = nb.new_code_cell("tell(...)", outputs=[told], metadata={"tags": ["answer"]})
    return nb.new_notebook(cells=[nb.new_markdown_cell(f"# {question}"), nb.new_code_cell("", outputs=[page]), cell])


NOTEBOOKS = {
    "exploration": executed("Who buys?", "green", '<p class="finding">Fewer.</p>'),
    "clv": executed("What is it <worth>?", "red", '<p class="finding">Less.<script>alert(1)</script></p>'),
}


def test_answers_stand_in_order_and_link_to_their_pages() -> None:
    page = overview.page(NOTEBOOKS)
    places = [page.index(text) for text in ('<a href="exploration.html">Who buys?', "Fewer.", "What is it", "Less.")]
    assert places == sorted(places)
    assert '<h2><a href="clv.html">What is it &lt;worth&gt;?</a></h2>' in page


def test_the_head_is_that_of_the_least_healthy_page() -> None:
    assert "Data health is red." in overview.page(NOTEBOOKS)
    assert "Data health is red." not in overview.page({"exploration": NOTEBOOKS["exploration"]})


def test_nothing_of_data_runs_or_loads() -> None:
    page = overview.page(NOTEBOOKS)
    assert "<script" not in page
    assert "alert(1)" not in page
    assert "小店 &lt;Shop&gt;" in page
    assert "default-src 'none'" in page


def test_what_is_made_of_all_pages_is_linked_where_it_is_made() -> None:
    page = overview.page(NOTEBOOKS, files=["report.pdf", "tables.xlsx"])
    assert '<a href="report.pdf">All pages as one PDF</a>' in page
    assert '<a href="tables.xlsx">All tables as one workbook</a>' in page
    assert 'class="files"' not in overview.page(NOTEBOOKS)


def test_all_pages_of_the_run_are_linked_and_this_one_is_marked() -> None:
    page = overview.page(NOTEBOOKS)
    assert '<a href="index.html" aria-current="page">Overview</a>' in page
    assert '<a href="clv.html">CLV</a>' in page
