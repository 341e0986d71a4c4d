"""The published page as a browser shows it: nothing runs, nothing is asked for, nothing sticks out of a phone or paper."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import commands, shops

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a small shop, with a channel whose name is markup."""
    folder = tmp_path_factory.mktemp("page")
    hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>' + "x" * 90
    rows = [(*row[:4], hostile if row[4] == "shop" else row[4]) for row in shops.orders()]
    params = shops.write_params(folder / "shop.yml", shops.write_csv(folder / "orders.csv", rows))
    commands.succeeding("run", params, "--out", folder / "out")
    return folder / "out" / "shop" / "2025-01-31" / "exploration.html"


def opened(browser: Any, file: Path, size: dict[str, int]) -> tuple[Any, list[str], list[str]]:
    """The page, what it asked for beyond itself, and what it complained of."""
    page = browser.new_page(viewport=size)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(file.as_uri())
    own = file.as_uri()
    return page, [url for url in asked if url != own and not url.startswith("data:")], said


@pytest.mark.browser
def test_nothing_runs_and_nothing_is_asked_for(browser: Any, page_file: Path) -> None:
    page, asked, said = opened(browser, page_file, DESKTOP)
    assert asked == []
    assert said == []
    assert page.title().startswith("Who buys here")
    assert page.locator("script, iframe, object, link").count() == 0
    assert page.locator("img").count() == page.locator("img[alt]:not([alt=''])").count() > 5
    assert page.locator("img[alt*='<img src=x onerror']").count() == 1, "the name of the channel is text of its figure"


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_only_tables_and_figures_scroll_sideways(browser: Any, page_file: Path, size: dict[str, int]) -> None:
    page, _, _ = opened(browser, page_file, size)
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(width) == 0
    if size is PHONE:
        inner = "[...document.querySelectorAll('.scroll')].some(box => box.scrollWidth > box.clientWidth)"
        assert page.evaluate(inner), "a wide table scrolls inside itself"


@pytest.mark.browser
def test_each_number_of_a_table_stands_under_its_head(browser: Any, demo_report: Path) -> None:
    page, _, _ = opened(browser, demo_report / "segmentation.html", DESKTOP)
    assert page.locator("td.bar + td.bar").count() > 0, "two columns of bars side by side"
    edges = "row => [...row.cells].map(cell => Math.round(cell.getBoundingClientRect().right))"
    every = "[...document.querySelectorAll('table')]"
    tables = page.evaluate(f"{every}.map(table => [...table.rows].map({edges}))")
    assert all(rows.count(rows[0]) == len(rows) for rows in tables)
    lines = "cells => cells.map(cell => getComputedStyle(cell).borderBottomWidth)"
    assert set(page.eval_on_selector_all("td.bar", lines)) == set(page.eval_on_selector_all("td:not(.bar)", lines))


@pytest.mark.browser
def test_the_answer_is_on_the_first_screen(browser: Any, page_file: Path) -> None:
    for size in (PHONE, DESKTOP):
        page, _, _ = opened(browser, page_file, size)
        top = page.locator("#answer .card, #answer li").first.bounding_box()["y"]
        assert 0 < top < size["height"], size
        assert page.locator("#answer li").count() == 5


@pytest.mark.browser
def test_every_link_of_the_contents_leads_somewhere(browser: Any, page_file: Path) -> None:
    page, _, _ = opened(browser, page_file, DESKTOP)
    hrefs = page.eval_on_selector_all(".contents a", "links => links.map(link => link.getAttribute('href'))")
    assert len(hrefs) > 10
    for href in hrefs:
        page.goto(page_file.as_uri() + href)
        assert page.evaluate("document.querySelector(':target') !== null"), href


@pytest.mark.browser
def test_the_pages_of_a_run_link_to_each_other_and_to_the_overview(browser: Any, page_file: Path) -> None:
    page, _, _ = opened(browser, page_file, DESKTOP)
    hrefs = page.eval_on_selector_all(".pages a", "links => links.map(link => link.getAttribute('href'))")
    assert hrefs[0] == "index.html"
    assert page_file.name in hrefs
    assert all((page_file.parent / href).is_file() for href in hrefs)


@pytest.mark.browser
def test_it_prints_with_its_tables_whole(browser: Any, page_file: Path, pdftotext: str, tmp_path: Path) -> None:
    page, _, _ = opened(browser, page_file, DESKTOP)
    page.pdf(path=tmp_path / "page.pdf", format="A4", prefer_css_page_size=True)
    text = subprocess.run(
        [pdftotext, "-layout", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    for words in ("The answer", "first example", "Where this page comes from", "<Shop>"):
        assert words in text
