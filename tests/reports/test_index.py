"""The pages that list reports: complete, in order, self-contained, and safe whatever a manifest says."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from helpers.reports import index, publishing, revisions


def publish(out: Path, place: str, **record: Any) -> Path:
    """A published folder with a manifest and one page."""
    folder = out / place
    folder.mkdir(parents=True)
    told = {"notebooks": [{"name": "exploration", "title": "Who buys?", "html": "exploration.html"}], **record}
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "exploration.html").write_text("page", encoding="utf-8")
    return folder


def page(out: Path) -> str:
    return index.latest_of_each(index.by_report(revisions.find(out)))


def history(out: Path, name: str) -> str:
    return index.history(index.by_report(revisions.find(out))[name])


def text_of(html: str) -> list[str]:
    body = html.partition("<main>")[2]
    return [line for line in re.sub(r"<[^>]+>", "\n", body).splitlines() if line.strip()]


def links(html: str) -> list[str]:
    found: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value or "" for name, value in attrs if name == "href")

    Links().feed(html)
    return found


def test_order_titles_and_links(tmp_path: Path) -> None:
    publish(tmp_path, "zebra/2025-01-31", title="Apples", created_at="t1", headline="Old news.")
    publish(tmp_path, "zebra/2025-02-28", title="Apples", created_at="t2", headline="A third came back.")
    publish(tmp_path, "zebra/.superseded/2025-02-28.1", title="Apples", created_at="t0")
    publish(tmp_path, "zebra/.superseded/2025-02-28.2", title="Apples", created_at="t1")
    publish(tmp_path, "apples/2024-12-31", title="bananas", created_at="t3", status="failed")
    html = page(tmp_path)
    assert text_of(html) == [
        "Reports",
        *["Apples", "As of 28 February 2025 · published t2 · zebra", "A third came back.", "Exploration", "manifest"],
        "All days of it: 2 reports",
        *[
            "bananas",
            "As of 31 December 2024 · failed t3 · apples",
            "Exploration",
            "manifest",
            "All days of it: 1 report",
        ],
    ]
    assert links(html)[:3] == [
        "zebra/2025-02-28/exploration.html",
        "zebra/2025-02-28/manifest.json",
        "zebra/index.html",
    ]
    html = history(tmp_path, "zebra")
    assert text_of(html) == [
        *["All reports", "Apples", "zebra"],
        *["As of 28 February 2025", "A third came back.", "published t2", "Exploration", "manifest"],
        *["Superseded revisions: 2", "Revision 2, published t1", "Exploration", "manifest"],
        *["Revision 1, published t0", "Exploration", "manifest"],
        *["As of 31 January 2025", "Old news.", "published t1", "Exploration", "manifest"],
    ]
    assert links(html)[1:4] == [
        "2025-02-28/exploration.html",
        "2025-02-28/manifest.json",
        ".superseded/2025-02-28.2/exploration.html",
    ]
    assert [link for link in links(html)[1:] if not (tmp_path / "zebra" / link).is_file()] == []


def test_figures_are_drawn_over_the_days_of_a_report(tmp_path: Path) -> None:
    for day, value in (("2025-01-31", 0.5), ("2025-02-28", 0.25)):
        publish(
            tmp_path, f"shop/{day}", findings=[{"key": "repeat_rate", "value": value, "unit": "share"}, {"key": "x"}]
        )
    html = page(tmp_path)
    assert "25.0 %" in html
    assert re.findall(r'<i class="h(\d+)">', html) == ["10", "5"]


def test_what_an_older_kit_remembered_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, "shop/2025-01-31", title="Shop")
    cache = tmp_path / "cache.json"
    cache.write_text(revisions.remember(revisions.find(tmp_path)), encoding="utf-8")
    assert [each.title for each in revisions.remembered(cache, tmp_path)] == ["Shop"]
    monkeypatch.setattr(revisions, "FORMAT", revisions.FORMAT + 1)
    assert revisions.remembered(cache, tmp_path) == []


def test_value_is_called_by_its_months_and_drawn_beside_its_like(tmp_path: Path) -> None:
    terms = [(24, 0.3), (12, 0.3), (12, 0.3), (12, None)]
    for number, (months, margin_share) in enumerate(terms, start=1):
        publish(
            tmp_path,
            f"shop/2025-0{number}-28",
            findings=[{"key": "clv_total", "value": 1000.0 * number, "unit": "EUR"}],
            parameters={"clv": {"value_months": [months, 36], "margin_share": margin_share}},
        )
        html = page(tmp_path)
        kind = "Revenue" if margin_share is None else "Margin"
        assert f"{kind} of the next {months} months, today's customers" in text_of(html)
        assert len(re.findall(r'<i class="h', html)) == (2 if number == 3 else 0), "a figure alone is not drawn"
    publish(tmp_path, "other/2025-01-31", findings=[{"key": "clv_total", "value": 5.0, "unit": "EUR"}], parameters=[])
    assert "Value of today's customers" in text_of(page(tmp_path))
    stale = [{"key": "clv_total", "value": 7.0, "unit": "EUR"}, {"key": "clv_begun", "value": 365}]
    publish(tmp_path, "other/2026-01-31", findings=stale)
    shown = text_of(page(tmp_path))
    assert "Value of today's customers" not in shown, "neither the stale one nor that of the day before"


def test_a_day_that_was_refused_after_the_latest_report_is_said(tmp_path: Path) -> None:
    publish(tmp_path, "shop/2025-01-31", headline="Fine.")
    publish(tmp_path, "shop/.refused/2025-02-28", headline="Data health is red.", notebooks=[])
    assert "Not published as of 28 February 2025. Data health is red." in text_of(page(tmp_path))
    publish(tmp_path, "shop/2025-03-31", headline="Fine again.")
    assert "Not published" not in page(tmp_path)
    assert "Not published as of 28 February 2025. Data health is red." in text_of(history(tmp_path, "shop"))


def test_only_what_changed_is_read_and_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        publish(tmp_path, f"{name}/2025-01-31", title=name)
    publishing.write_index(tmp_path)
    first = (tmp_path / "one" / "index.html").stat().st_mtime_ns
    read: list[Path] = []
    told = revisions._told
    monkeypatch.setattr(revisions, "_told", lambda folder: read.append(folder) or told(folder))
    new = publish(tmp_path, "two/2025-02-28", title="two")
    publishing.write_index(tmp_path)
    assert read == [new]
    assert (tmp_path / "one" / "index.html").stat().st_mtime_ns == first
    assert "2025-02-28" in (tmp_path / "two" / "index.html").read_text(encoding="utf-8")
    (new / "manifest.json").write_text('{"title": "renamed"}', encoding="utf-8")
    publishing.write_index(tmp_path)
    assert "renamed" in (tmp_path / "index.html").read_text(encoding="utf-8"), "a manifest that changed is read again"


@pytest.mark.parametrize("text", ["", "[7]", '[{"report": "x"}]', "{"])
def test_a_broken_memory_is_none(tmp_path: Path, text: str) -> None:
    publish(tmp_path, "shop/2025-01-31", title="Shop")
    publishing.write_index(tmp_path)
    before = (tmp_path / "index.html").read_bytes()
    (tmp_path / ".work" / ".index.json").write_text(text, encoding="utf-8")
    publishing.write_index(tmp_path)
    assert (tmp_path / "index.html").read_bytes() == before


def test_the_overview_of_a_run_is_its_first_link(tmp_path: Path) -> None:
    folder = publish(tmp_path, "shop/2025-01-31", title="Shop")
    (folder / "index.html").write_text("all answers", encoding="utf-8")
    assert links(page(tmp_path))[0] == "shop/2025-01-31/index.html"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2025-02-28T09:05:59+00:00", "published 28 February 2025, 09:05 UTC"),
        ("2025-02-28T09:05:59+08:00", "published 28 February 2025, 01:05 UTC"),
        ("soon", "published soon"),
    ],
)
def test_the_time_of_publishing_is_in_words(tmp_path: Path, written: str, words: str) -> None:
    publish(tmp_path, "shop/2025-02-28", title="Shop", created_at=written)
    assert f"As of 28 February 2025 · {words} · shop" in text_of(page(tmp_path))


def test_no_report_yet(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("x", encoding="utf-8")
    publish(tmp_path, ".failed/shop", title="x")
    publish(tmp_path, ".work/shop/run", title="x")
    assert text_of(page(tmp_path)) == ["Reports", "No report is published yet."]


def test_text_from_manifests_never_becomes_markup(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>\"'&"
    publish(tmp_path, "shop/2025-01-31", title=bad, headline=bad, created_at=bad, status=bad)
    notebooks = [{"name": bad, "title": bad, "html": "exploration.html"}]
    publish(tmp_path, "shop/<i>2025", title=bad, notebooks=notebooks)
    html = page(tmp_path)
    assert "<script" not in html
    assert "<i>" not in html
    html += history(tmp_path, "shop")
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;") == 8


@pytest.mark.parametrize(
    "html", ["../../secret.html", "/etc/hostname", "javascript:alert(1)", "", "gone.html", "a\0b", 7]
)
def test_only_files_of_the_report_are_linked(tmp_path: Path, html: Any) -> None:
    (tmp_path / "secret.html").write_text("x", encoding="utf-8")
    publish(tmp_path, "shop/2025-01-31", notebooks=[{"title": "Who?", "html": html}])
    assert links(page(tmp_path)) == ["shop/2025-01-31/manifest.json", "shop/index.html"]
    assert links(history(tmp_path, "shop")) == ["../index.html", "2025-01-31/manifest.json"]
    assert "(missing)" in page(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"notebooks": 7}', '{"notebooks": [7]}', "\xff"])
def test_a_broken_manifest_breaks_nothing(tmp_path: Path, text: str) -> None:
    publish(tmp_path, "good/2025-01-31", title="Good")
    folder = publish(tmp_path, "bad/2025-01-31", title="Bad")
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    shown = text_of(page(tmp_path))
    assert "Good" in shown
    assert "bad" in shown


def test_odd_names_are_quoted_in_addresses(tmp_path: Path) -> None:
    folder = publish(tmp_path, "店-shop/2025-01-31", notebooks=[{"title": "Q", "html": "a b#?.html"}])
    (folder / "a b#?.html").write_text("x", encoding="utf-8")
    assert links(page(tmp_path))[0] == "%E5%BA%97-shop/2025-01-31/a%20b%23%3F.html"


def test_the_page_is_self_contained(tmp_path: Path) -> None:
    publish(tmp_path, "shop/2025-01-31", title="Shop")
    html = page(tmp_path)
    assert not re.search(r"https?:|(?:src|href)=[\"']?//|url\([\"']?(?!data:)[^d\"']", html)
    assert "default-src &#x27;none&#x27;" in html or "default-src 'none'" in html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html


@pytest.mark.browser
def test_a_browser_shows_it_on_a_phone(tmp_path: Path, browser: Any) -> None:
    publish(tmp_path, "shop/2025-01-31", title="Shop " + "x" * 80, headline="A third came back.", created_at="t")
    (tmp_path / "index.html").write_text(page(tmp_path), encoding="utf-8")
    shown = browser.new_page(viewport={"width": 360, "height": 640})
    problems: list[str] = []
    shown.on("console", lambda line: problems.append(line.text))
    shown.goto((tmp_path / "index.html").as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") <= 360
    assert shown.evaluate("getComputedStyle(document.querySelector('h1')).marginBottom") == "12px", (
        "the style is applied"
    )
    shown.get_by_role("link", name="Exploration").click()
    assert shown.inner_text("body") == "page"
    assert problems == []
