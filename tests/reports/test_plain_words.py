"""Pages speak in words: names of parameters and columns stand in what folds, and in code, only."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

UNREAD = re.compile(r"<style.*?</style>|<svg.*?</svg>|<img[^>]*>|<details.*?</details>|<footer.*?</footer>", re.DOTALL)
FILE = re.compile(r"\S+\.(?:csv|json|parquet)\b")
NAME = re.compile(r"\b[a-z]+_[a-z_]+\b")


def names(html: str) -> list[str]:
    """Names with an underscore that a reader sees without unfolding anything."""
    text = unescape(re.sub(r"<[^>]+>", " ", UNREAD.sub("", html)))
    return sorted(set(NAME.findall(FILE.sub("", text))))


@pytest.mark.parametrize("report", ["cdnow", "demo"])
def test_no_page_names_a_parameter(publish: Callable[[str], Path], report: str) -> None:
    found = {page.name: names(page.read_text(encoding="utf-8")) for page in publish(report).glob("*.html")}
    assert {page: words for page, words in found.items() if words} == {}


def test_the_reader_finds_what_is_not_folded() -> None:
    assert names("<p>State <code>stale_days</code></p>") == ["stale_days"]
    assert names("<details>stale_days</details><a>some_table.csv</a><p>well kept</p>") == []
