"""Main views of the pages beside kept pictures of them: how alike they are in structure, and what has changed.

`REGULARS_PICTURES=1 pytest tests/reports/test_pictures.py` keeps the pictures of today. They are grey and a quarter of the
size, so that edges of letters do not count, and pages carry their own typeface, so that fonts of a machine do not either.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image
from scipy.ndimage import uniform_filter

KEPT = Path(__file__).parent / "pictures"
LEAST_ALIKE = 0.65
"""A claim that takes a line more, which moves all that follows, leaves 0.70; cards below each other 0.61, none at all 0.56,
a title a third larger 0.46. That is measured on the overview."""
WINDOW, SMALLER = 7, 4
WIDE, PHONE = {"width": 1280, "height": 1000}, {"width": 400, "height": 1000}
HEAD, FIGURES = "body", "figure"
VIEWS = {
    "list": ("cdnow", "../../index.html", HEAD, WIDE, "light"),
    "overview": ("cdnow", "index.html", HEAD, WIDE, "light"),
    "exploration": ("cdnow", "exploration.html", HEAD, WIDE, "light"),
    "exploration_phone_dark": ("cdnow", "exploration.html", HEAD, PHONE, "dark"),
    "exploration_figures": ("cdnow", "exploration.html", FIGURES, WIDE, "light"),
    "segmentation": ("demo", "segmentation.html", HEAD, WIDE, "light"),
    "segmentation_figures": ("demo", "segmentation.html", FIGURES, WIDE, "light"),
    "segmentation_figures_phone": ("demo", "segmentation.html", FIGURES, PHONE, "light"),
    "clv": ("demo", "clv.html", HEAD, WIDE, "light"),
    "clv_figures": ("demo", "clv.html", FIGURES, WIDE, "light"),
    "clv_figures_dark": ("demo", "clv.html", FIGURES, WIDE, "dark"),
    "churn": ("demo", "churn.html", HEAD, WIDE, "light"),
    "churn_figures": ("demo", "churn.html", FIGURES, WIDE, "light"),
    "survey": ("demo", "survey.html", HEAD, WIDE, "light"),
    "survey_figures_phone": ("demo", "survey.html", FIGURES, PHONE, "light"),
}
"""Report, file, what stands at the upper edge, size, colour scheme."""


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """The mean structural similarity of two grey pictures, 1 where they are the same.

    Wang, Bovik, Sheikh and Simoncelli (2004), Image quality assessment, equation 13, in windows of equal weight.
    """
    small, smaller = 0.01**2, 0.03**2
    means = [uniform_filter(picture, WINDOW) for picture in (one, other)]
    spreads = [uniform_filter(p * p, WINDOW) - mean**2 for p, mean in zip((one, other), means, strict=True)]
    both = uniform_filter(one * other, WINDOW) - means[0] * means[1]
    light = (2 * means[0] * means[1] + small) / (means[0] ** 2 + means[1] ** 2 + small)
    return float((light * (2 * both + smaller) / (spreads[0] + spreads[1] + smaller)).mean())


def grey(picture: np.ndarray) -> np.ndarray:
    """A quarter of the size, in grey from 0 to 1."""
    flat = picture[:, :, :3].astype(float).mean(axis=2)
    rows, columns = flat.shape
    return flat.reshape(rows // SMALLER, SMALLER, columns // SMALLER, SMALLER).mean(axis=(1, 3))


def taken(browser: Any, file: Path, at: str, size: dict[str, int], scheme: str) -> np.ndarray:
    """What a reader sees with the first `at` of a page at the upper edge."""
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.goto(file.resolve().as_uri())
    page.evaluate("document.fonts.ready")
    page.locator(at).first.evaluate("element => element.scrollIntoView({block: 'start', behavior: 'instant'})")
    picture = grey(imread(BytesIO(page.screenshot())))
    page.close()
    return picture


def save(picture: np.ndarray, file: Path) -> None:
    """A grey picture as PNG, of 16 shades."""
    Image.fromarray((np.round(15 * picture) * 17).astype(np.uint8)).save(file, optimize=True)


@pytest.mark.browser
@pytest.mark.parametrize("name", VIEWS)
def test_a_page_looks_as_it_did(browser: Any, publish: Callable[[str], Path], name: str, tmp_path: Path) -> None:
    report, file, *view = VIEWS[name]
    kept, now = KEPT / f"{name}.png", taken(browser, publish(report) / file, *view)
    if os.environ.get("REGULARS_PICTURES") == "1":
        KEPT.mkdir(exist_ok=True)
        save(now, kept)
    before = imread(kept).astype(float)
    found = alike(before, now)
    if found < LEAST_ALIKE:
        shown = tmp_path / f"{name}_before_and_now.png"
        save(np.hstack([before, now]), shown)
        pytest.fail(f"{name} has changed: {found:.2f} alike, {LEAST_ALIKE} wanted; before and now stand in {shown}")


def test_the_measure_of_likeness() -> None:
    stripes = np.tile(np.repeat([0.0, 1.0], 2), (64, 16))
    assert alike(stripes, stripes) == pytest.approx(1)
    assert alike(stripes, 1 - stripes) < -0.5, "the opposite"
    assert 0.5 < alike(stripes, np.clip(stripes + 0.02, 0, 1)) <= 1, "a little lighter"
    assert alike(stripes, np.full_like(stripes, 0.5)) < 0.1, "nothing is left"


@pytest.mark.browser
def test_a_page_without_its_style_is_not_alike(browser: Any, cdnow_report: Path, tmp_path: Path) -> None:
    html = (cdnow_report / "index.html").read_text(encoding="utf-8")
    (tmp_path / "bare.html").write_text(html.replace("<style>", "<style media='not all'>"), encoding="utf-8")
    bare = taken(browser, tmp_path / "bare.html", HEAD, WIDE, "light")
    assert alike(imread(KEPT / "overview.png").astype(float), bare) < LEAST_ALIKE
