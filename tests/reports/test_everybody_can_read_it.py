"""Pages that everybody can read: axe finds nothing, in light and dark, on a phone, enlarged, in forced colours, on paper."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from helpers.display.design import DARK, LIGHT

pytestmark = pytest.mark.browser
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ENLARGED = {"width": 640, "height": 450}
"""A window of 1280 pixels at twice the size."""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PAGES = ["index.html", "exploration.html", "segmentation.html", "clv.html", "../index.html", "../../index.html"]
READERS = {
    "light": (WIDE, {"color_scheme": "light"}),
    "dark on a phone": (PHONE, {"color_scheme": "dark"}),
    "forced colours": (WIDE, {"forced_colors": "active"}),
}
OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules of axe that rest on colours: the rest finds the same in forced colours as in light, on the same elements."""


@contextmanager
def opened(browser: Any, file: Path, size: dict[str, int], **media: str) -> Iterator[Any]:
    page = browser.new_page(viewport=size, **media)
    page.goto(file.resolve().as_uri())
    yield page
    page.close()


def find_faults(browser: Any, file: Path, *, readers: Sequence[str] = tuple(READERS), has_colours: bool = True) -> None:
    """Look for faults as each reader sees the page, which is loaded once; of colours where asked, which takes longest."""
    from axe_playwright_python.sync_playwright import Axe

    with opened(browser, file, WIDE) as page:
        for reader, (size, media) in READERS.items():
            shown_as(page, size, **media)
            assert page.evaluate(SIDEWAYS) == 0, f"{file.name}, {reader}"
            if reader in readers:
                rules: dict[str, Any] = {"runOnly": OF_COLOURS} if reader == "forced colours" else {}
                if not has_colours:
                    rules = {"rules": {name: {"enabled": False} for name in OF_COLOURS}}
                found = Axe().run(page, options={"resultTypes": ["violations"], **rules})
                assert not found.violations_count, f"{file.name}, {reader}: {found.generate_report()}"
        shown_as(page, ENLARGED)
        assert page.evaluate(SIDEWAYS) == 0, f"{file.name}: at twice the size nothing must be pushed sideways"


def shown_as(page: Any, size: dict[str, int], **media: str) -> None:
    """Give the page this size and these media, and wait until it is drawn anew."""
    page.set_viewport_size(size)
    page.emulate_media(**{"color_scheme": "light", "forced_colors": "none", **media})
    page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser: Any, cdnow_report: Path, name: str) -> None:
    find_faults(browser, cdnow_report / name)


@pytest.mark.parametrize("name", ["churn.html", "survey.html"])
def test_axe_finds_nothing_on_churn_and_survey(browser: Any, demo_report: Path, name: str) -> None:
    find_faults(browser, demo_report / name)


def test_axe_finds_nothing_in_chinese(browser: Any, publish: Callable[[str], Path]) -> None:
    """Once for each page, and nothing of colours: the style sheet is that of the English pages."""
    report = publish("demo_zh")
    pages = [*sorted(report.glob("*.html")), report.parent / "index.html", report.parents[1] / "index.html"]
    assert {"index.html", "exploration.html"} <= {page.name for page in pages}
    for page in pages:
        assert '<html lang="zh-Hans">' in page.read_text(encoding="utf-8"), page
        find_faults(browser, page, readers=["dark on a phone"], has_colours=False)


def test_axe_would_find_a_fault(browser: Any, cdnow_report: Path, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    html = (cdnow_report / "index.html").read_text(encoding="utf-8")
    (tmp_path / "pale.html").write_text(html.replace(LIGHT["soft"], "#bbbbbb"), encoding="utf-8")
    with opened(browser, tmp_path / "pale.html", WIDE) as page:
        assert "color-contrast" in Axe().run(page).generate_report()


def test_keys_lead_through_the_page_and_what_they_reach_is_seen(browser: Any, cdnow_report: Path) -> None:
    with opened(browser, cdnow_report / "exploration.html", WIDE) as page:
        page.keyboard.press("Tab")
        first = page.evaluate("[document.activeElement.className, document.activeElement.getBoundingClientRect().x]")
        assert first[0] == "skip"
        assert first[1] >= 0, "it comes into view"
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector(':target').id") == "answer"
        page.keyboard.press("Tab")
        reached = page.evaluate(
            "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert reached[0] != "BODY"
        assert reached[1] == "solid"


FOCUSED = """() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  return {tag: e.tagName, at: [...document.querySelectorAll('*')].indexOf(e), outline: s.outlineStyle,
          width: parseFloat(s.outlineWidth), seen: r.width > 0 && r.bottom > 0 && r.top < innerHeight}; }"""


@pytest.mark.parametrize("media", [{}, {"forced_colors": "active"}], ids=["colours", "forced colours"])
def test_every_stop_of_the_keyboard_is_seen_and_in_the_order_of_the_page(
    browser: Any, demo_report: Path, media: dict[str, str]
) -> None:
    with opened(browser, demo_report / "churn.html", WIDE, **media) as page:
        stops: list[dict[str, Any]] = []
        while len(stops) < 300:
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUSED)
            if stop["tag"] == "BODY" or (stops and stop["at"] == stops[0]["at"]):
                break
            stops.append(stop)
    assert 60 < len(stops) < 300
    assert [stop for stop in stops if not stop["seen"]] == []
    assert [stop for stop in stops if stop["outline"] == "none" or stop["width"] < 2] == []
    assert [stop["at"] for stop in stops] == sorted(stop["at"] for stop in stops)
    assert {"A", "SUMMARY", "DIV"} <= {stop["tag"] for stop in stops}, "links, what folds, what scrolls"


@pytest.mark.parametrize("name", ["exploration.html", "survey.html"])
def test_every_figure_has_numbers_in_its_words_and_its_data_beside_it(demo_report: Path, name: str) -> None:
    html = (demo_report / name).read_text(encoding="utf-8")
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert len(figures) > 4
    for figure in figures:
        alt = re.search(r'alt="([^"]*)"', figure)
        assert alt is not None
        assert re.search(r"\d|described with the panel before", alt[1]), alt[1]
        assert "<details><summary>" in figure, f"no table of its numbers: {alt[1]}"


@pytest.mark.parametrize("name", ["exploration", "churn", "survey"])
def test_every_table_that_was_kept_has_a_link_and_excel_can_open_it(demo_report: Path, name: str) -> None:
    html = (demo_report / f"{name}.html").read_text(encoding="utf-8")
    linked = set(re.findall(rf'href="tables/{name}/([^"]+)"', html))
    kept = {file.name for file in (demo_report / "tables" / name).glob("*.csv")}
    assert linked == kept
    for file in kept:
        assert (demo_report / "tables" / name / file).read_bytes().startswith(b"\xef\xbb\xbf"), file


def test_contents_stay_beside_the_text_where_there_is_room(browser: Any, cdnow_report: Path) -> None:
    place = "document.querySelector('.contents').getBoundingClientRect()"
    with opened(browser, cdnow_report / "exploration.html", WIDE) as page:
        page.evaluate("window.scrollTo(0, 3000)")
        assert page.evaluate(f"{place}.top") == pytest.approx(17, abs=4)
        text = page.evaluate("document.querySelector('.body').getBoundingClientRect().right")
        assert page.evaluate(f"{place}.left") > text
    with opened(browser, cdnow_report / "exploration.html", PHONE) as page:
        page.evaluate("window.scrollTo(0, 3000)")
        assert page.evaluate(f"{place}.bottom") < 0


def ground(figure: Any) -> str:
    """The colour of a figure's corner, as it is shown."""
    pixel = imread(BytesIO(figure.screenshot()))[3, 3, :3]
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in pixel)


def test_figures_are_dark_where_the_page_is_and_light_on_paper(browser: Any, cdnow_report: Path) -> None:
    with opened(browser, cdnow_report / "exploration.html", WIDE, color_scheme="dark") as page:
        assert ground(page.locator("figure img").first) == DARK["paper"]
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_paper_has_page_numbers_and_everything_that_folds_open(
    browser: Any, cdnow_report: Path, pdftotext: str, tmp_path: Path
) -> None:
    with opened(browser, cdnow_report / "exploration.html", WIDE, color_scheme="dark") as page:
        page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    told = subprocess.run(
        [pdftotext, "-layout", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True
    )
    sheets = told.stdout.split("\f")[:-1]
    assert [f"{number} / {len(sheets)}" in sheet for number, sheet in enumerate(sheets, 1)] == [True] * len(sheets)
    assert "comparison_days" in told.stdout, "the parameters are folded away on a screen"
    last_lines = [[line for line in sheet.splitlines() if line.strip()][-2].strip() for sheet in sheets]
    headings = {"What has changed?", "How much hangs on how few?", "When do they buy?", "So what?"}
    assert not headings & set(last_lines), "no heading stands at the foot of a sheet"


@pytest.mark.parametrize("name", PAGES[:4])
def test_a_page_stays_small(cdnow_report: Path, name: str) -> None:
    assert (cdnow_report / name).stat().st_size < 3_000_000
