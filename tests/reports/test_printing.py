"""The pages of a report as one PDF, and a run that makes it and the workbook."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from helpers.errors import RunError
from helpers.reports import printing
from tests import shops
from tests.commands import regulars

AS_OF = date(2025, 1, 31)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body><h1>{title}</h1>
<p style="break-after: page">客户</p><h2>Second part</h2><details><summary>More</summary><p>folded text</p></details>
</body></html>"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Path:
    folder = tmp_path_factory.mktemp("printed")
    for name, title in (("index.html", "Overview"), ("clv.html", "Value & tiers")):
        (folder / name).write_text(PAGE.format(title=title.replace("&", "&amp;")), encoding="utf-8")
    return printing.write(folder, pages=["index.html", "clv.html"], title='A "shop"', as_of=AS_OF)


def sheets(pdf: Path, pdftotext: str) -> list[str]:
    """The text of each sheet of a PDF."""
    done = subprocess.run([pdftotext, "-layout", pdf, "-"], capture_output=True, text=True, check=True)
    return done.stdout.removesuffix("\f").split("\f")


def test_pages_are_numbered_through_with_their_title_at_the_foot(printed: Path, pdftotext: str) -> None:
    feet = [text.strip().splitlines()[-1].split() for text in sheets(printed, pdftotext)]
    assert [foot[-1] for foot in feet] == ["1", "2", "3", "4"]
    titles = [" ".join(foot[:-1]) for foot in feet]
    assert titles == [f'A "shop" · {page} · 31 January 2025' for page in ("Overview",) * 2 + ("Value & tiers",) * 2]


def test_bookmarks_lead_to_each_page_and_its_parts(printed: Path) -> None:
    reader = PdfReader(printed)
    places = []

    def walk(items: Any) -> None:
        for item in items:
            if isinstance(item, list):
                walk(item)
            else:
                places.append((item.title, reader.get_destination_page_number(item)))

    walk(reader.outline)
    assert ("Overview", 0) in places
    assert ("Value & tiers", 2) in places
    assert [page for title, page in places if title == "Second part"] == [1, 3]


def test_what_is_folded_on_the_page_is_open_in_print(printed: Path, pdftotext: str) -> None:
    assert ["folded text" in text for text in sheets(printed, pdftotext)] == [False, True, False, True]


CARD = '<div class="card"><p class="card-label">Revenue</p><p class="card-value">1</p></div>'
CLAIM = '<li><p class="finding">Claim {number} of the answer.</p><p class="evidence">{words}</p></li>'
ROW = "<tr><td>row {number}</td><td>1</td></tr>"


def test_an_answer_begins_on_its_first_sheet_and_a_table_with_its_first_row(
    tmp_path: Path, chromium: str, pdftotext: str
) -> None:
    style = (files("helpers.reports") / "templates/regulars/page.css").read_text(encoding="utf-8")
    claims = "".join(CLAIM.format(number=number, words="what it rests on " * 25) for number in range(20))
    parts = "".join(
        f'<h2>Part {part}</h2><p style="padding-top: {part * 9}mm">So it is.</p><div class="scroll"><table><caption>Rows of {part}</caption>'
        f"<thead><tr><th>name</th><th>n</th></tr></thead><tbody>{ROW.format(number=part) * 6}</tbody></table></div>"
        for part in range(12)
    )
    html = PAGE.format(title="Overview").replace("</head>", f"<style>{style}</style></head>")
    body = f'<section class="answer"><div class="cards">{CARD * 4}</div><ul class="findings">{claims}</ul></section>'
    (tmp_path / "index.html").write_text(html.replace("<h1>", f"{body}{parts}<h1>"), encoding="utf-8")
    texts = sheets(printing.write(tmp_path, pages=["index.html"], title="Shop", as_of=AS_OF), pdftotext)
    assert "Claim 3 of the answer." in texts[0], "it goes on to the next sheet, and is not put off to it as a whole"
    for part in range(12):
        (sheet,) = (text for text in texts if f"Rows of {part}\n" in text)
        assert f"Part {part}\n" in sheet
        assert f"row {part} " in sheet


def test_without_chromium_nothing_runs_and_the_error_says_what_to_do(tmp_path: Path) -> None:
    params = shops.write_params(tmp_path / "shop.yml", shops.write_csv(tmp_path / "orders.csv", shops.orders(20)))
    none = {printing.BROWSER_VARIABLE: str(tmp_path / "none")}
    done = regulars("run", params, "--pdf", "--out", tmp_path / "out", environment=none)
    assert done.returncode == 5
    assert "A PDF needs Chromium on the path" in done.stderr
    assert "apt-get install chromium" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_browser_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.html").write_text(PAGE.format(title="Overview"), encoding="utf-8")
    monkeypatch.setenv(printing.BROWSER_VARIABLE, "false")
    with pytest.raises(RunError, match=r"could not print index.html.*Nothing was published"):
        printing.write(tmp_path, pages=["index.html"], title="Shop", as_of=AS_OF)
    assert not (tmp_path / printing.FILE_NAME).exists()


def test_a_run_makes_both_and_they_make_no_revision(small_shop: Path, tmp_path: Path, chromium: str) -> None:
    shutil.copytree(small_shop / "out", tmp_path / "out", symlinks=True)
    params, folder = small_shop / "shop.yml", tmp_path / "out" / "shop" / "2025-01-31"
    assert not (folder / "report.pdf").exists()
    both = regulars("run", params, "--pdf", "--xlsx", "--out", tmp_path / "out")
    assert "revised" in both.stderr, both.stderr
    assert len(PdfReader(folder / "report.pdf").pages) > 5
    assert (folder / "tables.xlsx").stat().st_size > 10_000
    (folder / "report.pdf").write_bytes(b"as another version of the browser writes it")
    again = regulars("run", params, "--pdf", "--xlsx", "--out", tmp_path / "out")
    assert "unchanged" in again.stderr, again.stderr
