"""Colours that everybody tells apart and can read, in light and dark, on pages and in figures alike."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from helpers.display import theme
from helpers.display.design import (
    DARK,
    HEAT,
    LIGHT,
    NAMES,
    SERIES,
    SIDES,
    SIZES,
    STRONG_HEAT,
    STRONG_SIDES,
    recoloured,
    stylesheet,
)

# Machado, Oliveira and Fernandes (2009), A physiologically-based model for simulation of color vision deficiency, table 1
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
LEAST_DISTANCE = {"normal": 0.12, "protanopia": 0.10, "deuteranopia": 0.10, "tritanopia": 0.07}
"""In OKLab; the eight colours of Wong (Nature Methods 8, 441, 2011) come to 0.16, 0.10, 0.08 and 0.09, at most 2.2:1."""
TEXT_CONTRAST, GRAPHIC_CONTRAST = 4.5, 3.0
SCHEMES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def oklab(light: np.ndarray) -> np.ndarray:
    """Ottosson (2020), A perceptual color space for image processing."""
    cones = light @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    return np.cbrt(cones) @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    lights = [float(linear(colour) @ [0.2126, 0.7152, 0.0722]) + 0.05 for colour in (one, other)]
    return max(lights) / min(lights)


def test_the_measures_agree_with_known_answers() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert oklab(linear("#ffffff")) == pytest.approx([1, 0, 0], abs=1e-3)
    assert oklab(linear("#ff0000")) == pytest.approx([0.628, 0.225, 0.126], abs=1e-3)


@SCHEMES
@pytest.mark.parametrize("sight", SIGHTS)
def test_what_tells_things_apart_stays_apart(colours: dict[str, str], sight: str) -> None:
    seen = {name: oklab(np.clip(SIGHTS[sight] @ linear(colours[name]), 0, 1)) for name in SERIES}
    apart = {pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in combinations(SERIES, 2)}
    closest = min(apart, key=lambda pair: apart[pair])
    assert apart[closest] >= LEAST_DISTANCE[sight], closest


@SCHEMES
def test_text_and_graphics_have_their_contrast(colours: dict[str, str]) -> None:
    low = [
        f"{name} on {ground}: {contrast(colours[name], colours[ground]):.2f}"
        for names, ground, least in (
            (("ink", "soft", "accent", "good", "warn", "bad"), "paper", TEXT_CONTRAST),
            (("ink", "soft", "accent"), "tint", TEXT_CONTRAST),
            (("ink", "soft"), "blank", TEXT_CONTRAST),
            ((*SERIES, "faint"), "paper", GRAPHIC_CONTRAST),
        )
        for name in names
        if contrast(colours[name], colours[ground]) < least
    ]
    assert not low


@SCHEMES
@pytest.mark.parametrize(("ramp", "strong"), [(HEAT, STRONG_HEAT), (SIDES, STRONG_SIDES)], ids=["heat", "sides"])
def test_what_is_written_on_a_cell_can_be_read(
    colours: dict[str, str], ramp: tuple[str, ...], strong: frozenset[str]
) -> None:
    for colour in ramp:
        ink = colours["paper" if colour in strong else "ink"]
        assert contrast(ink, colours[NAMES[colour]]) >= TEXT_CONTRAST, NAMES[colour]


def test_both_schemes_name_the_same_colours_and_each_colour_has_one_name() -> None:
    assert set(LIGHT) == set(DARK)
    assert len(NAMES) == len(LIGHT)


def test_figures_and_pages_read_the_same_design() -> None:
    css = stylesheet()
    assert theme.theme()["text.color"] == theme.INK == LIGHT["ink"]
    assert f"--ink:{theme.INK};" in css
    assert f"--blue:{theme.BLUE};" in css
    assert theme.theme()["font.size"] == 12 * SIZES["small"]
    assert "prefers-color-scheme: dark" in css


def test_the_style_of_a_page_has_no_colour_or_size_of_its_own() -> None:
    css = Path("src/helpers/reports/templates/regulars/page.css")
    text = (Path(__file__).parents[2] / css).read_text(encoding="utf-8")
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", text)
    used = set(re.findall(r"var\(--([a-z-]+)\)", text)) - {"tenths", "twentieths", "typeface"}
    assert used <= set(LIGHT) | {f"size-{name}" for name in SIZES}


def test_a_drawing_follows_into_the_dark() -> None:
    svg = f'<?xml version="1.0"?><svg width="1"><path style="fill: {LIGHT["blue"]}; stroke: #123456"/></svg>'
    told = recoloured(svg)
    assert 'style="fill: var(--blue); stroke: #123456"' in told
    assert f"--blue:{LIGHT['blue']};" in told
    assert f"--blue:{DARK['blue']};" in told
    assert "--ink" not in told, "only what is used"
    assert recoloured("<svg/>") == "<svg/>"
