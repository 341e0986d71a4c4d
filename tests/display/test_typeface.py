"""The typeface of a page: the characters that it shows, and no others; the same bytes every time."""

from __future__ import annotations

import re
from base64 import b64decode
from io import BytesIO

from fontTools.ttLib import TTFont

from helpers.display.typeface import PLACE, carried


def font_in(page: str) -> TTFont:
    (data,) = re.findall(r"url\(\"data:font/otf;base64,([^\"]+)\"\)", page)
    return TTFont(BytesIO(b64decode(data)))


def page(text: str) -> str:
    return carried(f"<style>{PLACE}</style><p>{text}</p>")


def test_a_page_carries_the_characters_that_it_shows() -> None:
    known = set(map(chr, font_in(page("复购率 &#23458; Größe")).getBestCmap()))
    assert set("复购率客Ab8%−–") <= known
    assert "留" not in known


def test_characters_of_pictures_are_not_carried() -> None:
    assert "客" not in map(chr, font_in(page('<img src="data:image/png;base64,客">')).getBestCmap())


def test_pages_without_chinese_carry_the_same_few_bytes() -> None:
    one, two = (re.findall('base64,([^"]+)', page(text)) for text in ("one", "two"))
    assert one == two
    assert len(one[0]) < 20_000


def test_the_same_page_has_the_same_bytes() -> None:
    from helpers.display import typeface

    first = page("重要价值客户")
    typeface._face.cache_clear()
    assert page("重要价值客户") == first
