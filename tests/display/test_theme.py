"""The theme holds for a drawing and ends with it."""

from __future__ import annotations

import re
import warnings

import matplotlib as mpl
import pytest
from matplotlib import font_manager

from helpers.display.figures import canvas, svg
from helpers.display.theme import FONT, NOT_DRAWN, drawable, theme, themed
from helpers.simulation.comments import SLOTS, TEMPLATES


def test_the_theme_holds_inside_and_ends_even_after_an_error() -> None:
    @themed
    def failing() -> None:
        assert mpl.rcParams["svg.hashsalt"] == theme()["svg.hashsalt"]
        raise ValueError("stop")

    before = mpl.rcParams["svg.hashsalt"]
    with pytest.raises(ValueError, match="stop"):
        failing()
    assert mpl.rcParams["svg.hashsalt"] == before


def test_the_licence_lies_beside_the_font() -> None:
    from importlib.resources import files

    fonts = files("helpers.display") / "fonts"
    assert (fonts / "NotoSansCJKsc-GB2312.otf").is_file()
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts / "OFL.txt").read_text(encoding="utf-8")


EVERY_LETTER = "".join(
    sorted(
        {one for of_topic in TEMPLATES.values() for text in of_topic["zh"] for one in text}
        | {one for words in SLOTS["zh"].values() for text in words for one in text}
    )
)


def drawn(text: str) -> str:
    """The SVG of a figure whose title is this text; a letter that no font has is an error."""
    figure, (axes,) = canvas(height=1.0)
    axes.set_title(text)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing")
        return svg(figure)


def test_chinese_is_drawn_with_the_font_that_is_carried() -> None:
    """Each letter of the demo's comments is a path of Noto Sans CJK, whatever fonts the machine has."""
    font = font_manager.get_font(font_manager.findfont(FONT, fallback_to_default=False))
    chinese = {f"{font.get_char_index(ord(one)):x}" for one in EVERY_LETTER if "\u4e00" <= one <= "\u9fff"}
    assert len(chinese) > 200
    assert chinese <= set(re.findall(r'<path id="NotoSansCJKsc[^"]*-([0-9a-f]+)"', drawn(EVERY_LETTER)))


@pytest.mark.parametrize("letter", ["龘", "👍", "한"])
def test_a_letter_that_no_font_has_is_seen_and_becomes_a_box(letter: str) -> None:
    with pytest.raises(UserWarning, match="missing"):
        drawn(letter)
    assert drawable(f"物流 ok {letter}") == f"物流 ok {NOT_DRAWN}"
    assert drawn(drawable(letter))
