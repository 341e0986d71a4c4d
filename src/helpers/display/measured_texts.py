"""Texts of figures, measured and traced once a process: ticks and labels recur, and matplotlib would do it each time.

A text of a font that reads Chinese takes as long to measure as to draw, and a figure that is laid out measures each of
its texts several times. Everything here gives what matplotlib itself gives, to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import TextToPath

MOST_TEXTS = 4096
"""As many as matplotlib keeps for each renderer."""
HEIGHTS = (("OS/2", "sTypoAscender", "sTypoDescender", "sTypoLineGap"), ("hhea", "ascent", "descent", "lineGap"))
"""Where a font says how tall its lines are, the first that does: ascender, descender (below zero) and gap."""
POINTS_PER_INCH = 72


def quicken(renderer: RendererBase, *, dpi: float) -> None:
    """Let a renderer take from here what it knows of fonts, and one that writes SVG the outlines of texts too.

    Parameters
    ----------
    renderer
        As a figure gets it; it is changed.
    dpi
        Of its figure.
    """
    own: Any = renderer._renderer if isinstance(renderer, MixedModeRenderer) else renderer
    own._get_font_height_metrics = partial(line_heights, dpi=dpi)
    if isinstance(own, RendererSVG):
        own._text2path = TRACED


def line_heights(prop: FontProperties, *, dpi: float) -> tuple[float | None, float | None, float | None]:
    """Ascent, descent and gap of a line in pixels, as the font tells them; None each where it does not."""
    known = _told_heights(_files(prop.copy(), len(fontManager.ttflist)))
    if known is None:
        return None, None, None
    units_per_em, ascender, descender, gap = known
    scale = 1 / units_per_em * prop.get_size_in_points() * dpi / POINTS_PER_INCH
    return ascender * scale, -descender * scale, gap * scale


@lru_cache(MOST_TEXTS)
def _files(prop: FontProperties, font_count: int) -> tuple[str, ...]:  # noqa: ARG001 - new fonts are new answers
    """The files of a font and of those that stand in for letters that it lacks."""
    return tuple(fontManager._find_fonts_by_props(prop))


@lru_cache(MOST_TEXTS)
def _told_heights(files: tuple[str, ...]) -> tuple[int, int, int, int] | None:
    font = get_font(list(files))
    for name, *keys in HEIGHTS:
        table: Mapping[str, Any] | None = font.get_sfnt_table(name)
        if table is not None:
            ascender, descender, gap = (table[key] for key in keys)
            return font.get_sfnt_table("head")["unitsPerEm"], ascender, descender, gap
    return None


class _Traced(TextToPath):
    """matplotlib's outlines of texts, each made once a process."""

    def _get_font(self, prop: FontProperties) -> FT2Font:
        font = get_font(list(_files(prop.copy(), len(fontManager.ttflist))))
        font.set_size(self.FONT_SCALE, self.DPI)
        return font

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        return self._measured(s, prop.copy(), ismath, len(fontManager.ttflist))

    @lru_cache(MOST_TEXTS)  # noqa: B019 - there is one, and it lives as long as the process
    def _measured(self, s: str, prop: FontProperties, ismath: Any, _font_count: int) -> tuple[float, float, float]:
        return super().get_text_width_height_descent(s, prop, ismath)

    def get_glyphs_with_font(
        self,
        font: FT2Font,
        s: str,
        glyph_map: dict[str, Any] | None = None,
        return_new_glyphs_only: bool = False,
        **more: Any,
    ) -> tuple[list[tuple[str, float, float, float]], dict[str, Any], list[Any]]:
        if glyph_map is None or not return_new_glyphs_only or any(more.values()):
            return super().get_glyphs_with_font(font, s, glyph_map, return_new_glyphs_only, **more)
        places, outlines, rects = self._outlined(font, s)
        return places, {name: one for name, one in outlines.items() if name not in glyph_map}, rects

    @lru_cache(MOST_TEXTS)  # noqa: B019 - there is one, and it lives as long as the process
    def _outlined(self, font: FT2Font, s: str) -> tuple[Any, Any, Any]:
        return super().get_glyphs_with_font(font, s)


TRACED = _Traced()
