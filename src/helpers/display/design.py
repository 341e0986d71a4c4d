"""The design of pages and figures in one place: colours for light and dark, sizes of type, as CSS and in drawings."""

from __future__ import annotations

import re

POINTS_PER_REM = 12.0
"""Of a figure that is shown at its own width."""

SIZES = {"note": 0.8125, "small": 0.875, "body": 1.0625, "lead": 1.25, "title": 1.625, "hero": 2.25}
"""The one scale of type, in rem."""

TYPEFACE = "Regulars"
"""The family that a page carries; where a character is not in it, the reader's own system steps in."""
FAMILIES = f'"{TYPEFACE}", system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", sans-serif'

SERIES = ("blue", "orange", "green", "vermilion", "sky", "purple")
"""What tells things apart: all pairs stay apart with every kind of colour blindness, as a test measures."""

LIGHT = {
    "paper": "#ffffff", "ink": "#1b2530", "soft": "#55616e", "faint": "#808b97", "line": "#d8dde3", "tint": "#f3f6f9",
    "blank": "#e3e6ea", "accent": "#00568a", "good": "#05704d", "warn": "#8a5a00", "bad": "#b3261e",
    "blue": "#0b4a8a", "orange": "#c47107", "green": "#3d9978", "vermilion": "#8a2f24", "sky": "#2099f0",
    "purple": "#9d58ab",
    "heat-0": "#f2f8fc", "heat-1": "#cde5f7", "heat-2": "#aad2f0", "heat-3": "#85bde8", "heat-4": "#5ca6dd",
    "heat-5": "#1671af", "heat-6": "#005c96", "heat-7": "#004879", "heat-8": "#01355b",
    "side-0": "#612c06", "side-1": "#994a08", "side-2": "#da8844", "side-3": "#eec59e", "side-4": "#f2f4f5",
    "side-5": "#aed7f5", "side-6": "#60a9e1", "side-7": "#106eab", "side-8": "#00406c",
}  # fmt: skip
"""Colours by what they are for; `heat` runs from nothing to most, and `side` from below a middle to above it."""
DARK = {
    "paper": "#14191f", "ink": "#e6eaee", "soft": "#a5b0bb", "faint": "#7c8793", "line": "#313a44", "tint": "#1b222a",
    "blank": "#2a323b", "accent": "#7cbdf0", "good": "#4fc493", "warn": "#e0a93f", "bad": "#ff8a80",
    "blue": "#5b9be6", "orange": "#f1b452", "green": "#6be6b7", "vermilion": "#d07f55", "sky": "#a1c4f6",
    "purple": "#b06a95",
    "heat-0": "#181f25", "heat-1": "#1c2d3c", "heat-2": "#1f3c54", "heat-3": "#204b6d", "heat-4": "#225984",
    "heat-5": "#3e8cc9", "heat-6": "#5fa5de", "heat-7": "#8cc1ee", "heat-8": "#bddcf7",
    "side-0": "#f4d0af", "side-1": "#da924f", "side-2": "#7a471b", "side-3": "#4b311d", "side-4": "#1c2024",
    "side-5": "#1e384d", "side-6": "#24577e", "side-7": "#559fda", "side-8": "#bddcf7",
}  # fmt: skip
HEAT = tuple(LIGHT[f"heat-{step}"] for step in range(9))
SIDES = tuple(LIGHT[f"side-{step}"] for step in range(9))
STRONG_HEAT = frozenset(HEAT[5:])
STRONG_SIDES = frozenset((*SIDES[:2], *SIDES[7:]))
"""Grounds on which writing is in the colour of the paper, in light as in dark; on all others it is ink."""

NAMES = {colour: name for name, colour in LIGHT.items()}
COLOUR = re.compile(f"(?:{'|'.join(NAMES)})(?![0-9a-f])")


def points(size: str) -> float:
    """A size of the scale as points of a figure."""
    return POINTS_PER_REM * SIZES[size]


def stylesheet() -> str:
    """The colours and sizes as custom properties; dark where the reader's system is, and never on paper."""
    dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_properties(DARK)} }} }}"
    return f":root {{ color-scheme: light dark; {light_properties()} }}\n{dark}"


def light_properties() -> str:
    """The colours of light and the sizes of type as custom properties."""
    sizes = {f"size-{name}": f"{size}rem" for name, size in SIZES.items()}
    return _properties({**LIGHT, **sizes, "typeface": FAMILIES})


def recoloured(svg: str) -> str:
    """A drawing whose colours follow the page into the dark: each of ours is named, and has its value in both."""
    used = sorted({NAMES[colour] for colour in COLOUR.findall(svg)})
    if not used:
        return svg
    light, dark = (_properties({name: colours[name] for name in used}) for colours in (LIGHT, DARK))
    style = f"<style>:root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    named = COLOUR.sub(lambda colour: f"var(--{NAMES[colour[0]]})", svg)
    start = named.index(">", named.index("<svg")) + 1
    return named[:start] + style + named[start:]


def _properties(values: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in values.items())
