"""What is said and drawn of a forecast."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.display.figures import svg
from helpers.display.forecast import outlook as forecast
from helpers.display.showing import show

STARTS = pd.to_datetime(["2025-01-01", "2025-01-29"])
ENDS = pd.to_datetime(["2025-01-28", "2025-02-25"])
VALUES = {
    ("purchase_count", "existing"): (80.0, 70.0),
    ("purchase_count", "new"): (20.0, 30.0),
    ("purchase_count", "all"): (100.0, 100.0),
    ("amount", "existing"): (8000.0, 7000.0),
    ("amount", "new"): (2000.0, 3000.0),
    ("amount", "all"): (10000.0, 10000.0),
    ("new_customer_count", "new"): (12.0, 13.0),
}


def bands(expected: float) -> dict[str, float]:
    return {
        "expected": expected, "low": 0.8 * expected, "high": 1.2 * expected, "half_low": 0.9 * expected,
        "half_high": 1.1 * expected,
    }  # fmt: skip


PERIODS = pd.DataFrame(
    [
        {"measure": measure, "part": part, "period": at + 1, "starts_on": STARTS[at], "ends_on": ENDS[at]}
        | bands(value)
        for (measure, part), values in VALUES.items()
        for at, value in enumerate(values)
    ]
)
TOTALS = pd.DataFrame(
    [{"measure": measure, "part": part} | bands(sum(values)) for (measure, part), values in VALUES.items()]
)
PAST = pd.DataFrame(
    {
        "ends_on": pd.to_datetime(["2024-12-03", "2024-12-31", "2025-01-28"]),
        "amount": [9000.0, 11000.0, 9500.0],
        "purchase_count": [90.0, 110.0, 95.0],
    }
)
NAIVE = pd.DataFrame({"period": [1, 2], "ends_on": ENDS, "amount": [7000.0, np.nan], "purchase_count": [70.0, np.nan]})


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def total(totals: pd.DataFrame, *, year_before: float = 18_000.0, as_of: date = date(2024, 12, 31)) -> str:
    of = {"year_before": year_before, "customer_count": 400, "currency": "CNY", "level": 0.9, "as_of": as_of}
    return plain(forecast.total(PERIODS, totals, **of).sentence)


def test_a_forecast_whose_weeks_are_over_says_so() -> None:
    last = date(2025, 2, 25)
    assert " should bring CNY 20,000" in total(TOTALS, as_of=last - timedelta(days=1))
    assert total(TOTALS, as_of=last).startswith("The 8 weeks to 25 February 2025 should have brought CNY 20,000 of")


def test_the_total_says_how_much_of_whom_and_how_sure() -> None:
    assert total(TOTALS) == (
        "The 8 weeks to 25 February 2025 should bring CNY 20,000 of revenue. 90 % interval CNY 16,000 to CNY "
        "24,000; from 200 purchases (90 % interval 160 to 240): CNY 15,000 from the 400 customers there are, and "
        "CNY 5,000 from 25 customers still to come (90 % interval 20 to 30). The same weeks a year before brought"
        " CNY 18,000."
    )
    comers = TOTALS["measure"] == "new_customer_count"
    unsure = TOTALS.assign(low=TOTALS["low"].mask(comers, 3.0), high=TOTALS["high"].mask(comers, 370.0))
    assert "CNY 5,000 from new ones, whose number is too uncertain to plan on: 3 to 370. The" in total(unsure)
    few = TOTALS.assign(low=TOTALS["low"].mask(comers, 0.0), high=TOTALS["high"].mask(comers, 9.0))
    assert "25 customers still to come (90 % interval 0 to 9)" in total(few), "nobody to nine is a small number"
    nobody = TOTALS.assign(**{name: TOTALS[name].where(TOTALS["part"] != "new", 0.0) for name in bands(1.0)})
    assert total(nobody, year_before=np.nan).endswith(
        "from the 400 customers there are, and nothing from new ones, since none have come lately. The data hold no year "
        "before, so no season is in it."
    )


def scores(model: float, naive: float) -> pd.DataFrame:
    common = {"measure": "amount", "n": 6, "mae": 1.0, "total_off_share": -0.031}
    return pd.DataFrame(
        [
            common | {"method": "model", "error_share": model, "covered_count": 5.0},
            common | {"method": "seasonal_naive", "error_share": naive, "covered_count": np.nan},
        ]
    )


@pytest.mark.parametrize(
    ("model", "naive", "ending"),
    [
        (0.1, 0.2, "; repeating the year before would have been off by 20.0 %. The forecast is the better one."),
        (0.3, 0.2, "Plan with the year before, which was the better one, and use this forecast for who buys, not for how much."),
        (0.2, 0.21, "; repeating the year before would have been off by 21.0 %. The two are as good as each other."),
        (0.1, np.nan, ". The data do not reach back far enough to compare it with the year before."),
    ],
)  # fmt: skip
def test_the_back_test_says_which_to_rely_on(model: float, naive: float, ending: str) -> None:
    told = forecast.trust(scores(model, naive), PERIODS, made_on=date(2024, 7, 16), level=0.9)
    assert plain(told.sentence).startswith(
        f"A forecast made on 16 July 2024 would have been off by {100 * model:.1f} % of what came. Period by period, for "
        "6 periods of 4 weeks, and by −3.1 % in total; 5 of 6 periods lay inside the 90 % band"
    )
    assert plain(told.sentence).endswith(ending)
    assert (told.value, told.n) == (model, 6)


def test_no_back_test_is_said_too() -> None:
    for frame in (scores(0.1, 0.1).head(0), scores(np.nan, np.nan)):
        told = forecast.trust(frame, PERIODS, made_on=date(2024, 7, 16), level=0.9)
        assert (
            told.sentence == "The past is too short to test a forecast on: nothing is known of how far it will be off."
        )


def test_the_fan_draws_past_bands_and_the_year_before() -> None:
    drawing = forecast.fan(PERIODS, PAST, NAIVE, currency="CNY", level=0.9)
    revenue, bought = drawing.figure.axes
    lines = {str(line.get_label()): np.asarray(line.get_ydata(), dtype=float).tolist() for line in revenue.lines}
    assert lines["what came"] == [9000, 11000], "what came after the day of the forecast is not its past"
    assert lines["forecast"] == [10000, 10000]
    assert lines["of existing customers"] == [8000, 7000]
    assert lines["the year before"][0] == 7000
    heights = [band.get_paths()[0].vertices[:, 1] for band in revenue.collections]
    assert [(ys.min(), ys.max()) for ys in heights] == [(8000, 12000), (9000, 11000)]
    assert (revenue.get_ylabel(), bought.get_ylabel()) == ("CNY", "days with an order")
    assert revenue.get_ylim()[0] == 0
    assert plain(drawing.alt) == (
        "Forecast: revenue CNY 10,000 in the 4 weeks to 28 January 2025 (90 % interval CNY 8,000 to CNY 12,000), CNY "
        "10,000 in those to 25 February 2025 (CNY 8,000 to CNY 12,000); a year before the first were CNY 7,000. "
        "Purchases 100 in the 4 weeks to 28 January 2025 (90 % interval 80 to 120), 100 in those to 25 February 2025 "
        "(80 to 120); a year before the first were 70."
    )
    again = forecast.fan(PERIODS, PAST, NAIVE, currency="CNY", level=0.9)
    assert svg(drawing.figure) == svg(again.figure)


def test_a_fan_without_a_year_before_has_no_line_for_it() -> None:
    drawing = forecast.fan(PERIODS, PAST, NAIVE.assign(amount=np.nan, purchase_count=np.nan), currency="CNY", level=0.9)
    labels = [str(line.get_label()) for axes in drawing.figure.axes for line in axes.lines]
    assert "the year before" not in labels
    assert "year before" not in drawing.alt
    assert forecast.fan(PERIODS.head(0), PAST, NAIVE, currency="CNY", level=0.9).alt.endswith("no period to forecast.")


def test_the_table_has_a_row_a_period(shown: list[dict[str, Any]]) -> None:
    show(forecast.table(PERIODS, NAIVE, currency="CNY", level=0.9))
    html = shown[0]["text/html"]
    cells = ["10,000", "8,000", "12,000", "8,000", "7,000", "100", "12"]
    numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    assert f"<td>1 January 2025 to 28 January 2025</td>{numbers}" in html
    assert '<td class="number">–</td>' in html, "no year before the second period"
