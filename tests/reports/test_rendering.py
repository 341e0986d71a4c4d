"""From notebook to page: the answer first, nothing that runs, loads or links, every figure with its words."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import nbformat.v4 as nb
import pytest
from nbformat import NotebookNode

from helpers.display.findings import FINDINGS
from helpers.display.pages import PAGE
from helpers.errors import NotebookError
from helpers.reports.rendering import alt_text, inputs_of, page_of, render, safe_html, sections, without_inputs

HEAD = {
    "title": "<img src=x onerror=alert(1)>", "as_of": "30 June 1998", "period": "1 to 2", "base": "3 customers",
    "light": "green", "health": "Data health is <b>green</b>.", "parameters": [["title", "</td><script>1</script>"]],
}  # fmt: skip
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def display(data: dict, metadata: dict | None = None) -> NotebookNode:
    return nb.new_output("display_data", data=data, metadata=metadata or {})


def code(*outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return nb.new_code_cell("secret_code()", outputs=list(outputs), metadata={"tags": list(tags)}, execution_count=1)


def notebook(*cells: NotebookNode) -> NotebookNode:
    question = nb.new_markdown_cell("# Who buys?\n\n**For** the manager.")
    head = code(display({PAGE: {"page": HEAD, "inputs": [{"name": "a.csv"}], "notes": []}, "text/html": "<p>head</p>"}))
    answer = code(display({"text/html": "<ol><li>The answer is 3.</li></ol>", FINDINGS: {}}), tags=("answer",))
    return nb.new_notebook(cells=[question, head, *cells, answer])


class Reader(HTMLParser):
    """What is in a page, as a browser would find it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


def test_the_answer_stands_before_everything_else_and_only_once() -> None:
    page = render(notebook(nb.new_markdown_cell("## A section\n\nIts text.")))
    assert page.index("The answer is 3.") < page.index("A section</a>") < page.index("Its text.")
    assert page.count("The answer is 3.") == 1


def test_what_to_try_is_for_the_notebook_alone() -> None:
    section = "## Pauses\n\nHalf of them.\n\nTo try: `gaps = longer`\nshows others.\n\n## Next\n\nMore."
    page = render(notebook(nb.new_markdown_cell(section)))
    assert "To try" not in page
    assert "shows others" not in page
    assert page.index("Half of them.") < page.index("More.")


def test_a_section_whose_code_shows_nothing_is_left_out_also_where_its_heading_ends_a_cell() -> None:
    """The heading of the empty section stands under how to read the one before, and below it that of the next."""
    shown = code(display({"text/html": "<p>Seven tickets.</p>"}))
    page = render(
        notebook(
            nb.new_markdown_cell("## Desk"),
            code(),
            shown,
            nb.new_markdown_cell("Read it so.\n\n## Fix"),
            code(),
            nb.new_markdown_cell("Of nothing.\n\n## Limits\n\nOnly words."),
        )
    )
    assert page.index("Seven tickets.") < page.index("Read it so.") < page.index("Only words.")
    assert "Fix" not in page
    assert "Of nothing." not in page
    assert ">Limits<" in page


def test_a_section_that_lacks_its_data_is_one_line_at_the_end_and_its_findings_are_proven_there() -> None:
    plans = {"findings": [{"key": "plans"}], "is_lacking": True}
    lacking = code(display({"text/html": "<p>The table plans would show it.</p>", FINDINGS: plans}))
    known = display({"text/html": "<p>Seven tickets.</p>", FINDINGS: {"findings": [{"key": "desk"}]}})
    both = code(known, display({"text/html": "<p>Another would show more.</p>", FINDINGS: plans}))
    cells = notebook(
        nb.new_markdown_cell("## Plans\n\nRead it so."),
        lacking,
        nb.new_markdown_cell("Of nothing.\n\n## Desk"),
        both,
        nb.new_markdown_cell("## Limits\n\nOnly words."),
    )
    page = render(cells)
    assert [text for text in ("Plans", "Read it so.", "Of nothing.") if text in page] == []
    said = ("Seven tickets.", "Only words.", "What would more data show?</h2>", "The table plans", "Another would")
    assert sorted(map(page.index, said)) == list(map(page.index, said))
    assert page.count("would show") == 2
    assert sections(cells) == {"plans": "What-would-more-data-show?", "desk": "Desk"}
    assert 'href="#What-would-more-data-show?"' in page


def test_the_notebook_that_is_kept_shows_no_rows_of_customers() -> None:
    rows = code(display({"text/plain": "ann, 42"}), tags=("analyst",))
    kept = without_inputs(notebook(rows, code(display({"text/plain": "a sum"}))))
    assert "ann" not in str(kept)
    assert "a sum" in str(kept)


def test_no_code_and_nothing_for_analysts_is_on_the_page() -> None:
    page = render(
        notebook(
            nb.new_markdown_cell("Only here.", metadata={"tags": ["analyst"]}), code(display({"text/plain": "42"}))
        )
    )
    assert "secret_code" not in page
    assert "Only here." not in page
    assert "42" in page


def test_contents_link_to_headings_that_are_there() -> None:
    reader = Reader(render(notebook(nb.new_markdown_cell("Text.\n\n## What & why?"), nb.new_markdown_cell("## 客户"))))
    targets = [attrs["href"] for attrs in reader.all("a")]
    ids = {f"#{attrs['id']}" for _, attrs in reader.found if attrs.get("id")}
    assert len(targets) == 4
    assert set(targets) <= ids


HOSTILE = [
    {"text/html": "<script>alert(1)</script><p onclick='alert(1)' style='x'>kept</p><iframe src='http://x'></iframe>"},
    {"text/html": "<img src='http://x/y.png'><a href='http://x'>kept</a><svg onload=alert(1)></svg><base href='//x'>"},
    {"text/markdown": "<script>alert(1)</script>\n\n[kept](javascript:alert(1)) ![x](http://x/y.png)"},
    {"text/plain": "<script>alert(1)</script>kept"},
    {"image/svg+xml": SVG, "text/plain": "[figure] kept"},
]


@pytest.mark.parametrize("data", HOSTILE, ids=lambda data: next(iter(data)))
def test_nothing_on_a_page_can_run_load_or_link_outside(data: dict[str, str]) -> None:
    reader = Reader(render(notebook(code(display(data)))))
    tags = {tag for tag, _ in reader.found}
    assert not tags & {"script", "iframe", "svg", "base", "link", "object", "embed", "form"}
    for tag, attrs in reader.found:
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
        assert tag != "a" or str(attrs["href"]).startswith("#")
        assert tag != "img" or str(attrs["src"]).startswith("data:image/")


def test_text_from_data_stays_text_everywhere() -> None:
    page = render(notebook(nb.new_markdown_cell("A <script>alert(1)</script> in prose.")))
    assert "<script" not in page
    assert "onerror=alert" not in page.replace("&lt;img src=x onerror=alert(1)&gt;", "")
    assert "&lt;/td&gt;&lt;script&gt;" in page
    assert "Data health is &lt;b&gt;green&lt;/b&gt;." in page


def test_a_policy_forbids_scripts_and_outside_addresses() -> None:
    page = render(notebook())
    policy = next(
        str(m["content"]) for m in Reader(page).all("meta") if m.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "http" not in policy
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page)


def test_a_figure_has_its_words_and_its_bytes() -> None:
    output = display({"image/svg+xml": SVG, "text/plain": "[figure] other"}, {"image/svg+xml": {"alt": 'Up "3 %" <b>'}})
    image = Reader(render(notebook(code(output)))).all("img")[0]
    assert image["alt"] == 'Up "3 %" <b>'
    assert base64.b64decode(str(image["src"]).partition(",")[2]).decode() == SVG
    assert alt_text(display({"image/png": "x", "text/plain": "[figure] words"})) == "words"


def test_the_head_says_whose_when_and_how_sound() -> None:
    page = render(notebook())
    for text in ("30 June 1998", "1 to 2", "3 customers", 'class="light green"', "Where this page comes from"):
        assert text in page
    assert "Who buys? · " in page
    assert "<strong>For</strong> the manager." in page


def test_a_notice_is_the_first_line_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 'class="notice"' not in render(notebook())
    monkeypatch.setitem(HEAD, "notice", "Simulated data: <b>nobody</b>.")
    page = render(notebook())
    assert "Simulated data: &lt;b&gt;nobody&lt;/b&gt;." in page
    assert page.index('class="notice"') < page.index('class="whose"')


def test_the_same_notebook_gives_the_same_bytes() -> None:
    assert render(notebook()) == render(notebook())


def test_a_notebook_without_head_or_answer_is_refused() -> None:
    bare = nb.new_notebook(cells=[nb.new_markdown_cell("# Who?")])
    with pytest.raises(NotebookError, match="tag one cell `answer`"):
        render(bare)


def test_what_is_handed_on_is_found() -> None:
    outputs = [output for cell in notebook().cells for output in cell.get("outputs", [])]
    assert page_of(outputs) == HEAD
    assert inputs_of(outputs) == [{"name": "a.csv"}]
    assert page_of([]) is None


def test_tables_keep_what_they_need() -> None:
    markup = '<div class="scroll" role="region" tabindex="0" aria-label="x"><table><thead><tr><th scope="col">a</th></tr></thead></table></div>'
    assert safe_html(markup) == markup


def test_a_page_that_is_not_translated_says_so_in_the_language_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(HEAD, "parameters", [["language", "zh"]])
    page = render(notebook())
    assert '<html lang="en">' in page
    assert '<p class="notice" lang="zh-Hans">本页暂无中文版，以下为英文。</p>' in page
    assert "Skip to the answer" in page
    monkeypatch.setitem(HEAD, "language", "zh")
    page = render(notebook())
    assert '<html lang="zh-Hans">' in page
    assert "暂无中文版" not in page
    assert "直接看结论" in page


def test_prose_is_said_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HEAD, "language", "zh")
    cell = "## What has\nchanged?\n\n- one\n- Customers who never gave an id, or gave several, are missing\n  or counted twice.\n"
    page = render(
        notebook(nb.new_markdown_cell(f"{cell}\nTo try: `x = 1` more.")), name="exploration", names=["exploration"]
    )
    assert "<li>没有留下编号或用过多个编号的客户，会漏计或重复计。</li>" in re.sub(r"\s*\n\s*", "", page)
    assert "<li>one</li>" in re.sub(r"\s*\n\s*", "", page)
    assert "To try" not in page
    assert '<a href="exploration.html" aria-current="page">客户概览</a>' in page
