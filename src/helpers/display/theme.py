"""How every figure looks: one theme, applied round a drawing and never to the process."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from importlib.resources import as_file, files
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import seaborn as sns
from matplotlib import font_manager

P = ParamSpec("P")
R = TypeVar("R")

# Wong's eight colours, told apart with every kind of colour blindness (Nature Methods 8, 441, 2011)
BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7"
INK, FAINT = "#1f2933", "#9aa5b1"
CJK_FONT = "Noto Sans CJK SC"


@lru_cache(maxsize=1)
def _register_font() -> str:
    """Make the carried Chinese font known to matplotlib, once a process; returns its family."""
    with as_file(files("helpers.display") / "fonts" / "NotoSansCJKsc-GB2312.otf") as path:
        font_manager.fontManager.addfont(str(path))
    return CJK_FONT


def theme() -> dict[str, Any]:
    """The rc parameters of every figure: seaborn's white grid, our colours, a font that also reads Chinese.

    The salt makes the ids inside an SVG the same in every run.
    """
    return {
        **sns.axes_style("whitegrid"),
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE]),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        # a title whose place is known need not be fitted to the ticks each time a figure is laid out
        "axes.titley": 1.0,
        # nor is there a common factor of the ticks above the axes, where the title stands
        "axes.formatter.limits": [-5, 12],
        "axes.formatter.useoffset": False,
        "axes.unicode_minus": True,
        "figure.constrained_layout.use": True,
        "font.family": ["DejaVu Sans", _register_font()],
        "font.size": 9.5,
        "grid.color": "#e4e7eb",
        "legend.frameon": False,
        "svg.fonttype": "path",
        "svg.hashsalt": "regulars",
        "text.color": INK,
        "text.parse_math": False,
        "xtick.color": INK,
        "ytick.color": INK,
    }


def themed(draw: Callable[P, R]) -> Callable[P, R]:
    """Draw in our theme and leave the process' own settings as they were."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context(theme()):
            return draw(*args, **kwargs)

    return drawn
