"""What is said and drawn of fitted models."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from helpers.display.buying import fitted_models as models
from helpers.display.figures import svg
from helpers.display.showing import show

WEEKS = 365.2425 / 7


def _means(**rows: tuple[float, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "low", "high"])
    return frame.rename_axis("parameter").reset_index()


RATE = (2 / WEEKS, 1.5 / WEEKS, 2.5 / WEEKS)
PARETO = _means(
    purchase_rate_per_week=RATE, dropout_rate_per_week=(0.05, 0.04, 0.06), median_lifetime_weeks=(47, 38.2, 57.8)
)
BG = _means(purchase_rate_per_week=RATE, dropout_probability=(0.25, 0.2, 0.31))


@dataclass(frozen=True)
class Told:
    """A fit, as far as words need it."""

    model: str = "pareto_nbd"
    means: pd.DataFrame = field(default_factory=lambda: PARETO)
    parameters: pd.DataFrame = field(default_factory=pd.DataFrame)
    n: int = 2357
    is_identified: bool = True
    notes: tuple[str, ...] = ()


def sentence(fit: Told, **more: Any) -> str:
    return models.parameters(fit, title="Pareto/NBD", level=0.9, **more).sentence.replace("\u00a0", " ")


def test_parameters_in_plain_words() -> None:
    assert sentence(Told()) == (
        "While they are customers, people buy 2.00 times a year after the first purchase. By Pareto/NBD, fitted "
        "to the 2,357 customers. While they are customers they buy 2.00 times a year on average after the first "
        "purchase (90 % interval 1.50 to 2.50). Half of them have left 47.0 weeks after the first purchase (90 % "
        "interval 38.2 to 57.8)."
    )
    finding = models.parameters(Told(), title="Pareto/NBD", level=0.9)
    assert (round(finding.value or 0, 9), finding.n, finding.unit) == (2.0, 2357, "purchases a year")


def test_leaving_with_a_purchase_is_told_as_such() -> None:
    told = sentence(Told(model="bg_nbd", means=BG))
    assert told.endswith("With every repeat purchase, 25.0 % of them leave (90 % interval 20.0 % to 31.0 %).")
    assert "With every purchase, the first too, 25.0 %" in sentence(Told(model="mbg_nbd", means=BG))


def test_a_lifetime_of_centuries_is_no_lifetime() -> None:
    for weeks in (1e6, np.inf, np.nan):
        endless = PARETO.assign(estimate=[*PARETO["estimate"][:2], weeks], low=[*PARETO["low"][:2], np.nan])
        said = sentence(Told(means=endless))
        assert "How soon they leave is unknown: half of them would stay for a hundred years and more" in said
    wide = PARETO.assign(high=[*PARETO["high"][:2], 1e9])
    assert "47.0 weeks after the first purchase (no interval can be given)" in sentence(Told(means=wide))


def test_not_identified_is_the_answer_with_the_pooled_model_beside() -> None:
    segment = replace(
        Told(),
        n=30,
        is_identified=False,
        notes=("Pareto/NBD is not identified: its likelihood is flat at the optimum.",),
    )
    told = sentence(segment, who="门店", pooled=Told())
    assert told.startswith(
        'What the model would say of the buying of the 30 customers of "门店" is no more than a guess. Pareto/NBD is not '
        "identified: its likelihood is flat at the optimum. Of all 2,357 customers together it says this. While they are"
    )
    assert models.parameters(segment, title="Pareto/NBD", level=0.9).value is None


def test_the_table_has_a_dash_for_what_is_not_known(shown: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame(
        {
            "model": "bg_nbd", "parameter": ["r", "alpha"], "estimate": [0.242595, 4.4136],
            "standard_error": [0.01256, np.nan], "robust_standard_error": [0.0131, np.nan], "low": [0.22, np.nan],
            "high": [0.27, np.nan],
        }
    )  # fmt: skip
    show(models.parameter_table(frame, titles={"bg_nbd": "BG/NBD"}, level=0.9))
    html = shown[0]["text/html"]
    assert '<td>BG/NBD</td><td>r</td><td class="number">0.243</td><td class="number">0.0126</td>' in html
    assert '<td class="number">4.41</td><td class="number">–</td><td class="number">–</td>' in html
    assert "Parameters with 90\u00a0% intervals" in html


def cells() -> pd.DataFrame:
    """A matrix of two frequencies and two recencies; the values name their cell."""
    return pd.DataFrame(
        {
            "frequency": [0, 1, 1, 2, 2], "recency_weeks": [0.0, 5.0, 10.0, 5.0, 10.0],
            "p_alive": [0.5, 0.4, 0.8, 0.2, 0.9], "expected_purchase_count": [0.1, 0.2, 0.4, 0.15, 0.8],
            "age_weeks": 10.0, "customer_count": 1,
        }
    )  # fmt: skip


def test_matrices_draw_each_cell_where_it_belongs() -> None:
    drawing = models.matrices(cells(), title="BG/NBD", weeks=26.0)
    alive, expected = drawing.figure.axes[:2]
    image = np.ma.filled(np.ma.asarray(alive.collections[0].get_array(), dtype=float), np.nan)
    np.testing.assert_array_equal(image, [[0.5, np.nan, np.nan], [np.nan, 0.4, 0.8], [np.nan, 0.2, 0.9]])
    assert alive.collections[0].get_clim() == (0.0, 1.0)
    assert expected.get_title(loc="left") == "Expected purchases, next 26 weeks"
    assert alive.get_xlabel() == "recency: weeks from first to last purchase"
    assert drawing.alt.replace("\u00a0", " ") == (
        "BG/NBD, a customer of 10.0 weeks: bought once only, P(alive) 50.0 % and 0.10 purchases in the next 26 weeks; "
        "2 repeat purchases, the last of them half way, 20.0 % and 0.15; most are expected of 2 repeat purchases up to "
        "week 10.0, 0.80."
    )
    assert svg(drawing.figure) == svg(models.matrices(cells(), title="BG/NBD", weeks=26.0).figure)


def test_matrices_of_a_model_that_tells_nothing_apart_are_drawn() -> None:
    flat = cells().assign(p_alive=1.0, expected_purchase_count=0.0)
    assert models.matrices(flat, title="BG/NBD", weeks=4.0).alt


def test_mixing_draws_a_bar_per_bin_and_the_mean() -> None:
    frame = pd.DataFrame(
        {
            "quantity": ["purchase_rate_per_week"] * 2 + ["dropout_probability"] * 2, "start": [0, 0.1, 0, 0.5],
            "end": [0.1, 0.2, 0.5, 1.0], "share": [0.9, 0.1, 0.6, 0.4], "mean": [0.05, 0.05, 0.3, 0.3],
        }
    )  # fmt: skip
    drawing = models.mixing(frame, title="BG/NBD", n=50)
    assert [bar.get_height() for axes in drawing.figure.axes for bar in axes.patches] == [0.9, 0.1, 0.6, 0.4]
    assert drawing.alt.replace("\u00a0", " ") == (
        "BG/NBD, how 50 customers differ by the model: purchases a week while a customer: mean 0.0500, 90.0 % of "
        "customers below 0.100; chance to leave with a purchase: mean 0.300, 60.0 % of customers below 0.500."
    )
    nothing = models.mixing(frame.assign(share=np.nan), title="BG/NBD", n=50)
    assert nothing.alt == "BG/NBD: how customers differ: How customers differ is unknown from this fit."
