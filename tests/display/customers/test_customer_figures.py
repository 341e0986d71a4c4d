"""The drawings of the exploration notebook: what is on them comes from the frame, and the words say its numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.display.customers import breakdown, inequality, months, pauses, period_change, returning, week
from helpers.display.figures import Drawing, svg
from helpers.models.customers import rhythm, weekly

MONTHS = pd.DataFrame(
    {
        "month": pd.to_datetime(["2024-12-01", "2025-01-01"]), "is_complete": [True, False], "order_count": [4, 2],
        "customer_count": [3, 2], "amount": [40.0, 20.0], "new_amount": [30.0, 5.0], "returning_amount": [10.0, 15.0],
    }
)  # fmt: skip
RETENTION = pd.DataFrame(
    {
        "cohort": pd.to_datetime(["2024-11-01"] * 3 + ["2024-12-01"] * 3), "age_months": [0, 1, 2] * 2,
        "cohort_size": [10] * 3 + [5] * 3, "share": [1.0, 0.0, 0.3, 1.0, 0.4, np.nan],
    }
)  # fmt: skip


def texts(drawing: Drawing) -> list[str]:
    return [text.get_text() for axes in drawing.figure.axes for text in axes.texts]


def test_months_draw_new_on_top_of_returning_and_mark_the_open_month() -> None:
    drawing = months.figure(MONTHS, currency="EUR")
    revenue, orders = drawing.figure.axes
    assert [bar.get_height() for bar in revenue.patches] == [10.0, 15.0, 30.0, 5.0]
    assert revenue.get_ylabel() == "EUR"
    assert [label.get_text() for label in orders.get_xticklabels()] == ["Dec\n2024", "Jan\n2025*"]
    assert drawing.alt == (
        "Revenue and orders in 2 months: most revenue in December 2024 (EUR\u00a040.00), last January 2025 "
        "(EUR\u00a020.00 from 2 orders)."
    )


def test_a_cell_that_could_not_be_observed_is_blank_and_zero_is_zero() -> None:
    drawing = returning.triangle(RETENTION, title="Who came back")
    assert texts(drawing) == ["0", "30", "40"], "three numbers for three observed cells, none for the fourth"
    assert drawing.alt.replace("\u00a0", " ") == (
        "Who came back: 2 monthly cohorts, 3 observed cells, the highest of all 40.0 %, of those first seen in December "
        "2024, 1 month after it; cells that were not over at as_of, or of too few customers, are blank."
    )
    earned = returning.triangle(RETENTION, title="Revenue", currency="EUR").alt.replace("\u00a0", " ")
    assert "the highest of all EUR 0.40, of those first seen in December 2024, 1 month after it" in earned


def test_cohorts_too_young_to_show_say_so() -> None:
    drawing = returning.triangle(RETENTION[RETENTION["age_months"] == 0], title="Who came back")
    assert [text.replace("\n", " ") for text in texts(drawing)] == [
        "No cohort to show has lived through a month after its first yet."
    ]
    assert returning.curve(pd.DataFrame()).alt == (
        "Customers who come back: No cohort to show has lived through a month after its first yet."
    )


def alt_of_days(counts: pd.DataFrame) -> str:
    gaps = pd.DataFrame({"gap_days": [1, 9], "gap_count": [3, 1]})
    return pauses.figure(few_hidden(counts), gaps, customer_count=8).alt


def few_hidden(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts as gathered, those that are missing left missing."""
    gathered = rhythm.gathered_counts(counts.fillna({"customer_count": 0}))
    missing = counts.loc[counts["customer_count"].isna(), "purchase_count"].clip(upper=10)
    return gathered.assign(customer_count=gathered["customer_count"].mask(gathered["purchase_count"].isin(missing)))


def test_rhythm_gathers_ten_and_more() -> None:
    counts = pd.DataFrame({"purchase_count": [1, 10, 25], "customer_count": [5, 2, 1]})
    gaps = pd.DataFrame({"gap_days": [1, 9], "gap_count": [3, 1]})
    drawing = pauses.figure(rhythm.gathered_counts(counts), gaps, customer_count=8)
    assert [bar.get_height() for bar in drawing.figure.axes[0].patches] == [5, *[0] * 8, 3]
    (line,) = drawing.figure.axes[1].lines
    assert line.get_xydata()[1:].tolist() == [[1.0, 0.75], [9.0, 1.0]], "three of four pauses last a day"
    assert drawing.alt == "5 of 8 customers bought on one day only, 3 on 10 days or more; 4 gaps between purchases."
    assert alt_of_days(counts.head(1)) == (
        "5 of 8 customers bought on one day only, none on 10 days or more; 4 gaps between purchases."
    )
    few = counts.assign(customer_count=counts["customer_count"].where(counts["purchase_count"] == 1))
    assert alt_of_days(few) == "5 of 8 customers bought on one day only; 4 gaps between purchases."
    assert "nobody bought on two days" in texts(
        pauses.figure(rhythm.gathered_counts(counts), gaps.head(0), customer_count=8)
    )


def test_calendar_without_hours_shows_how_far_days_are_from_an_even_week() -> None:
    days = pd.DataFrame({"weekday": [1, 7], "hour": [0, 0], "order_count": [2, 3]})
    drawing = week.figure(days, weekly.by_weekday(days))
    (points,) = (each for each in drawing.figure.axes[0].collections if len(each.get_offsets()) == 7)
    assert points.get_offsets()[:, 1].tolist() == pytest.approx([0.4, 0, 0, 0, 0, 0, 0.6])
    assert {"40.0\u00a0%", "60.0\u00a0%", "an even week:\n14.3\u00a0%"} <= set(texts(drawing))
    assert "no time of day" in drawing.figure.axes[0].get_title(loc="left")
    assert "hour" in week.figure(days.assign(hour=[8, 9]), weekly.by_weekday(days)).figure.axes[0].get_xlabel()


def test_a_map_of_hours_names_its_best_cell_not_the_best_row() -> None:
    """Monday has most orders in all, Sunday at nine most of any hour."""
    hours = pd.DataFrame({"weekday": [1, 1, 1, 7], "hour": [8, 9, 10, 9], "order_count": [2, 2, 2, 3]})
    assert week.figure(hours, weekly.by_weekday(hours)).alt == (
        "Orders by weekday and hour: most on Sunday, 9:00 to 9:59 (3 of 9 orders)."
    )
    level = hours.assign(order_count=[3, 1, 3, 3])
    assert week.figure(level, weekly.by_weekday(level)).alt.endswith(
        "Monday, 8:00 to 8:59 (3 of 10 orders, as many as in 2 other hours)."
    )


def test_breakdown_and_changes_carry_their_units() -> None:
    levels = pd.DataFrame(
        {
            "level": ["华东", "x" * 40], "amount": [3.0, 1.0], "amount_share": [0.75, 0.25],
            "previous_amount": [1.0, 0.0], "year_before_amount": [np.nan, np.nan],
        }
    )  # fmt: skip
    drawing = breakdown.figure(levels, by="region", currency="CNY", days=91)
    assert drawing.figure.axes[0].get_xlabel() == "CNY"
    assert drawing.alt.startswith("Revenue by region, latest 91 days: 华东 75.0\u00a0%, xxx")
    assert "…" in drawing.alt
    year = breakdown.figure(levels.assign(year_before_amount=[2.0, 0.5]), by="region", currency="CNY", days=91)
    assert [text.get_text() for text in year.figure.axes[0].get_legend().get_texts()] == [
        "latest 91 days",
        "a year before",
    ]
    marks = next(each for each in year.figure.axes[0].collections if each.get_label() == "a year before")
    assert [mark[0][0] for mark in marks.get_segments()] == [2.0, 0.5]


def test_changes_are_drawn_against_the_year_before_and_the_period_before() -> None:
    columns = "measure change low high year_change year_low year_high".split()
    rows = pd.DataFrame([("revenue", -0.1, *[np.nan] * 5)], columns=columns)
    assert period_change.figure(rows).alt == "Change against the period before: revenue −10.0\u00a0%."
    both = period_change.figure(rows.assign(year_change=0.028))
    assert both.alt == (
        "Change against the same days a year before: revenue +2.8\u00a0%. "
        "Change against the period before: revenue −10.0\u00a0%."
    )
    assert len(both.figure.axes[0].collections) == 4


def test_concentration() -> None:
    line = pd.DataFrame({"customer_share": [0.0, 1.0], "amount_share": [0.0, 1.0]})
    classes = pd.DataFrame(
        {"abc_class": ["A", "C"], "customer_count": [1, 3], "customer_share": [0.25, 0.75], "amount_share": [0.8, 0.2]}
    )
    drawing = inequality.figure(line, classes, gini=0.5)
    assert drawing.alt == (
        "Gini of revenue 0.500; class A: 1 customer, 80.0\u00a0% of revenue; class C: 3 customers, 20.0\u00a0% of revenue."
    )
    assert [bar.get_height() for bar in drawing.figure.axes[1].patches] == [0.25, 0.75, 0.8, 0.2]


@pytest.mark.filterwarnings("error")
def test_every_drawing_renders_without_a_warning_and_to_the_same_bytes() -> None:
    counts = pd.DataFrame({"purchase_count": [1, 2], "customer_count": [5, 2]})
    gaps = pd.DataFrame({"gap_days": [1, 9], "gap_count": [3, 1]})

    def drawn() -> list[str]:
        return [
            svg(pauses.figure(counts, gaps, customer_count=8).figure),
            svg(months.figure(MONTHS, currency="元").figure),
            svg(returning.triangle(RETENTION, title="客户").figure),
        ]

    assert drawn() == drawn()
