"""The typeface of pages: carried in each of them, cut down to the characters that it shows."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from html import unescape
from importlib.resources import as_file, files
from io import BytesIO

from helpers.display.design import TYPEFACE

FILE = files("helpers.display") / "fonts" / "NotoSansCJKsc-GB2312.otf"
"""Noto Sans CJK, simplified Chinese: its Latin is that of Source Sans, so that both scripts stand well together."""
PLACE = "/*typeface*/"
"""Where in the style of a page its typeface goes."""
LATIN = frozenset([*map(chr, range(0x20, 0x7F)), *"\u00a0§°±²·×é–—‘’“”…€£¥−≈≤≥▲"])
"""What every page carries, whatever it shows, so that all pages without Chinese carry the same bytes."""
IMAGE = re.compile(r"data:image/[^\"']*")
UNNEEDED = ["BASE", "VORG", "vhea", "vmtx", "GSUB"]
"""Tables for text that runs from top to bottom, and for forms of letters that no page asks for."""


def carried(page: str) -> str:
    """The page with the characters that it shows, as a font inside it."""
    shown = frozenset(unescape(IMAGE.sub("", page)))
    return page.replace(PLACE, _face(LATIN | {each for each in shown if each > "\u2e7f"}), 1)


@lru_cache(maxsize=16)
def _face(characters: frozenset[str]) -> str:
    data = b64encode(subset(characters)).decode()
    return (
        f'@font-face {{ font-family: "{TYPEFACE}"; src: url("data:font/otf;base64,{data}") format("opentype"); '
        "font-weight: 400; }"
    )


def subset(characters: frozenset[str]) -> bytes:
    """The font with these characters alone, those that it has; the same characters give the same bytes.

    It is not compressed: what compression makes differs between versions of its library, and outlines gain little.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(layout_features=["kern"], hinting=False, name_IDs=[], notdef_outline=True)
    options.drop_tables += UNNEEDED
    with as_file(FILE) as path, TTFont(path, lazy=True, recalcTimestamp=False) as font:
        cut = Subsetter(options)
        cut.populate(text="".join(sorted(characters)))
        cut.subset(font)
        written = BytesIO()
        font.save(written)
    return written.getvalue()
