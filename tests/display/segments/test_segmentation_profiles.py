"""What is said and drawn of profiles: true for any data, and from the rows alone."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.display.figures import svg
from helpers.display.segments import profiles as shown
from helpers.models.segments.profiles import HiddenCells

NAN = float("nan")
COLUMNS = [
    "attribute", "segment", "level", "segment_count", "known_count", "customer_count", "customer_share", "base_share", "lift", "low",
    "high", "is_hidden", "is_divided",
]  # fmt: skip
PROFILES = pd.DataFrame(
    [
        ("region", "重要价值客户", "四川, <S>", 1200, 1200, 600, 0.5, 0.25, 1.9, 1.7, 2.1, False, False),
        ("region", "重要价值客户", "North", 1200, 1200, 600, 0.5, 0.75, 0.7, 0.6, 0.8, False, False),
        ("region", "一般", "四川, <S>", 30, 30, None, NAN, 0.25, NAN, NAN, NAN, True, False),
        ("region", "一般", "North", 30, 30, None, NAN, 0.75, NAN, NAN, NAN, True, False),
        ("main_thing", "重要价值客户", "tea", 1200, 1200, 900, 0.3, 0.2, 1.4, 1.2, 1.6, False, True),
        ("main_thing", "一般", "tea", 30, 30, 0, 0.0, 0.2, 0.0, 0.0, 0.3, False, True),
    ],
    columns=COLUMNS,
)
ROWS = PROFILES.iloc[[0, 4, 1]]


def test_the_strongest_is_said_with_its_numbers() -> None:
    finding = shown.strongest(PROFILES, ROWS, level=0.95)
    assert finding.sentence == (
        '50.0 % of "重要价值客户" have region "四川, <S>", against 25.0 % of all. Allowing for chance 1.90 times the base'
        " (95 % interval 1.70 to 2.10), the most of any segment; 1,200 customers."
    )
    assert (finding.value, finding.low, finding.high, finding.n, finding.unit) == (1.9, 1.7, 2.1, 1200, "ratio")
    assert shown.strongest(PROFILES, ROWS.iloc[[1]], level=0.95).sentence == (
        '30.0 % of the orders of "重要价值客户" have main thing "tea", against 20.0 % of all. Allowing for chance 1.40 '
        "times the base (95 % interval 1.20 to 1.60), the most of any segment; 1,200 customers, each counting the"
        " same."
    )


def test_customers_who_are_not_known_are_not_counted() -> None:
    finding = shown.strongest(PROFILES, ROWS.assign(known_count=80), level=0.95)
    assert finding.evidence.endswith("; 80 customers of whom it is known.")
    assert finding.n == 80


@pytest.mark.parametrize(
    ("profiles", "sentence"),
    [
        (
            PROFILES.head(0),
            "Segments cannot be compared with all customers: no attribute with two levels was delivered.",
        ),
        (PROFILES.iloc[2:4], "Segments cannot be compared with all customers: no cell that may be shown has a base."),
        (
            PROFILES.iloc[[1]],
            (
                "No segment stands apart from all customers. None of 1 comparison has an interval that leaves out"
                " a lift of 1."
            ),
        ),
    ],
)
def test_where_nothing_stands_apart_the_sentence_says_why(profiles: pd.DataFrame, sentence: str) -> None:
    finding = shown.strongest(profiles, PROFILES.head(0), level=0.95)
    assert finding.sentence == sentence
    assert finding.value is None


def test_what_is_hidden_is_said() -> None:
    assert shown.hidden(HiddenCells(6, 2, 1 / 3), smallest_cell=10).sentence == (
        "2 of 6 cells are hidden, to protect people. Those of fewer than 10 customers, and as many others as it "
        "takes so that no total gives one away."
    )
    assert shown.hidden(HiddenCells(0, 0, NAN), smallest_cell=10).sentence == "There is no profile, so no cell to hide."
    none = shown.hidden(HiddenCells(2, 0, 0.0), smallest_cell=10)
    assert none.sentence == "No cell is hidden: each that is not empty has 10 customers or more."
    assert (none.value, none.n) == (0.0, 2)


def test_concentration_is_said_for_one_segment_many_and_none() -> None:
    frame = pd.DataFrame(
        [("a", 3, NAN, NAN, NAN, NAN), ("b", 50, 10.0, 0.4, 0.3, 0.5), ("=c", 60, 10.0, 0.6, NAN, NAN)],
        columns=["segment", "customer_count", "value_amount", "top_amount_share", "low", "high"],
    )
    said = shown.concentration(frame, top_share=0.2, level=0.95)
    assert said.sentence == (
        'In "=c" the best 20 % of customers bring 60.0 % of its value. No interval can be given; 60 customers; '
        'the most of 2 segments; the least is 40.0 % in "b".'
    )
    assert said.record()["low"] is None
    assert shown.concentration(frame.iloc[[1]], top_share=0.2, level=0.95).sentence == (
        'In "b" the best 20 % of customers bring 40.0 % of its value. 95 % interval 30.0 % to 50.0 %; 50 customers.'
    )
    assert shown.concentration(frame.head(1), top_share=0.2, level=0.95).sentence == (
        "No segment has customers and value enough to say how it is spread."
    )


@pytest.mark.filterwarnings("error")
def test_deviations_draw_each_row_with_its_interval() -> None:
    drawing = shown.deviations(ROWS)
    (axes,) = drawing.figure.axes
    assert [line.get_xdata()[0] for line in axes.lines[:3]] == [1.9, 1.4, 0.7]
    assert [line.get_marker() for line in axes.lines[:3]] == [">", ">", "<"], "colour is not the only code"
    assert axes.get_yticklabels()[0].get_text() == '重要价值客户 (n = 1,200)\nregion "四川, <S>"'
    assert drawing.alt == (
        'Where segments differ most from all customers: region "四川, <S>" in 重要价值客户 1.90 times (1.70 to 2.10); '
        'main thing "tea" in 重要价值客户 1.40 times (1.20 to 1.60); region "North" in 重要价值客户 0.70 times (0.60 to '
        "0.80)."
    )
    assert svg(shown.deviations(ROWS).figure) == svg(shown.deviations(ROWS).figure)
    assert shown.deviations(ROWS.head(0)).alt.endswith("No interval leaves out a lift of 1.")


def test_a_level_that_nobody_has_can_be_drawn() -> None:
    zero = ROWS.head(1).assign(lift=0.0, low=0.0, high=0.2)
    drawing = shown.deviations(zero)
    assert svg(drawing.figure)
    assert drawing.figure.axes[0].get_xlim() == pytest.approx((0.05 / 1.05, 1.1 * 1.05))
