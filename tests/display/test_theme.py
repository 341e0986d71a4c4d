"""The theme holds for a drawing and ends with it."""

from __future__ import annotations

import matplotlib as mpl
import pytest

from helpers.display.theme import theme, themed


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
