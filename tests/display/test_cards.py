"""Cards over a page: figures, their changes, and a past that is drawn from zero."""

from __future__ import annotations

import re
from typing import Any

import pytest

from helpers.display.cards import Card, Cards, change
from helpers.display.showing import show
from helpers.display.wording import speaking

NAN = float("nan")


def test_texts_of_a_card_cannot_become_markup(shown: list[dict[str, Any]]) -> None:
    show(Cards((Card("Revenue <b>", "1 & 2", "▼ 3 %"), Card("Buyers", "5"))))
    assert "Revenue &lt;b&gt;" in shown[0]["text/html"]
    assert "<b>" not in shown[0]["text/html"]
    assert shown[0]["text/plain"] == "Revenue <b>: 1 & 2 (▼ 3 %)\nBuyers: 5"


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((-0.193, -0.234, -0.151), "▼ 19.3 % (−23.4 % to −15.1 %) against last year"),
        ((0.1, 0.02, 0.2), "▲ 10.0 % (+2.0 % to +20.0 %) against last year"),
        ((-0.01, -0.03, 0.02), "= −1.0 % (−3.0 % to +2.0 %) against last year"),
        ((0.1, NAN, NAN), "= +10.0 % against last year"),
        ((NAN, NAN, NAN), ""),
    ],
)
def test_a_change_that_could_be_none_has_no_arrow(numbers: tuple[float, float, float], told: str) -> None:
    assert str(change(*numbers, against="last year")).replace("\u00a0", " ") == told


def test_the_size_of_a_change_stands_out_in_both_languages(shown: list[dict[str, Any]]) -> None:
    show(
        Cards((Card("Revenue", "5", change(-0.193, -0.234, -0.151, against="<last>")), Card("Buyers", "5", "= 3 of 4")))
    )
    html = shown[0]["text/html"].replace("\u00a0", " ")
    assert "<strong>▼ 19.3 %</strong> (−23.4 % to −15.1 %) against &lt;last&gt;" in html
    assert '<p class="card-change">= 3 of 4</p>' in html
    with speaking("zh"):
        told = change(-0.193, -0.234, -0.151, against="上年")
    assert (told.size, told.note) == ("▼\u00a019.3%", "较上年（−23.4% 至 −15.1%）")


def heights(*past: float) -> list[int]:
    ((data, _),) = Cards((Card("x", "1", past=past),)).bundles()
    return [int(height) for height in re.findall(r'<i class="h(\d+)">', data["text/html"])]


def test_the_past_is_drawn_from_zero_to_its_largest() -> None:
    assert heights(5.0, 10.0, 0.0, NAN, 2.5) == [5, 10, 0, 0, 2]
    assert heights(3.0) == heights(0.0, 0.0) == [], "one period, or nothing at all, is no picture"


def test_a_unit_may_stand_on_a_line_of_its_own() -> None:
    ((data, _),) = Cards((Card("Revenue", "USD\u00a01.18\u00a0million"),)).bundles()
    assert '<p class="card-value">USD 1.18 million</p>' in data["text/html"]
