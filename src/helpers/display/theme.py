"""How every figure looks: one theme, applied round a drawing and never to the process."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from importlib.resources import as_file
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import seaborn as sns
from matplotlib import font_manager

from helpers.display.design import LIGHT, SERIES, points
from helpers.display.typeface import FILE

P = ParamSpec("P")
R = TypeVar("R")

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE = (LIGHT[name] for name in SERIES)
INK, SOFT, FAINT, PAPER, BLANK = (LIGHT[name] for name in ("ink", "soft", "faint", "paper", "blank"))
FONT, SECOND_FONT = "Noto Sans CJK SC", "DejaVu Sans"
NOT_DRAWN = "\u25a1"
"""What stands in a figure for a letter that no font of ours has."""


@lru_cache(maxsize=1)
def _register_font() -> str:
    """Make the carried font known to matplotlib, once a process; returns its family."""
    with as_file(FILE) as path:
        font_manager.fontManager.addfont(str(path))
    return FONT


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    """The letters that our fonts have, by their code points."""
    fonts = [font_manager.findfont(name, fallback_to_default=False) for name in (_register_font(), SECOND_FONT)]
    return frozenset(code for path in fonts for code in font_manager.get_font(path).get_charmap())


def drawable(text: str) -> str:
    """A text of somebody else for a figure: a letter that our fonts lack, such as an emoji, is an empty box.

    >>> drawable("快递 ok 👍🏽")
    '快递 ok □□'
    """
    return "".join(one if ord(one) in _letters() or one.isspace() else NOT_DRAWN for one in text)


def theme() -> dict[str, Any]:
    """The rc parameters of every figure: the colours, sizes and typeface of the page.

    The salt makes the ids inside an SVG the same in every run.
    """
    return {
        **sns.axes_style("whitegrid"),
        "axes.edgecolor": FAINT,
        "axes.facecolor": PAPER,
        "axes.labelcolor": SOFT,
        "axes.labelsize": points("note"),
        "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE]),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.spines.left": False,
        "axes.titlelocation": "left",
        "axes.titlesize": points("body"),
        "axes.titlepad": 10,
        # a title whose place is known need not be fitted to the ticks each time a figure is laid out
        "axes.titley": 1.0,
        # nor is there a common factor of the ticks above the axes, where the title stands
        "axes.formatter.limits": [-5, 12],
        "axes.formatter.useoffset": False,
        "axes.unicode_minus": True,
        "figure.constrained_layout.use": True,
        "figure.facecolor": PAPER,
        "font.family": [_register_font(), SECOND_FONT],
        "font.size": points("small"),
        "grid.color": LIGHT["line"],
        "grid.linewidth": 0.8,
        "hatch.linewidth": 0.6,
        "legend.fontsize": points("note"),
        "legend.frameon": False,
        "legend.handlelength": 1.4,
        "lines.linewidth": 2.0,
        "patch.edgecolor": PAPER,
        "svg.fonttype": "path",
        "svg.hashsalt": "regulars",
        "text.color": INK,
        "text.parse_math": False,
        "xtick.color": FAINT,
        "xtick.labelcolor": SOFT,
        "xtick.labelsize": points("note"),
        "ytick.color": FAINT,
        "ytick.labelcolor": SOFT,
        "ytick.labelsize": points("note"),
    }


def themed(draw: Callable[P, R]) -> Callable[P, R]:
    """Draw in our theme and leave the process' own settings as they were."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context(theme()):
            return draw(*args, **kwargs)

    return drawn
