"""The numbers of a figure as a table: read off what is drawn, beside each picture of a page."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from helpers.display.drawn import MOST_ROWS, numbers
from helpers.display.figures import NUMBERS, Drawing, canvas, empty


def test_lines_with_a_band_are_rows_with_an_interval() -> None:
    _, (axes,) = canvas()
    axes.plot([1, 2], [0.25, 0.5], color="#0b4a8a", label="came back")
    axes.fill_between([1, 2], [0.2, 0.4], [0.3, 0.6], color="#0b4a8a", alpha=0.2)
    axes.axhline(0.9, color="#000000")
    axes.plot([0, 1], [0, 1])
    axes.set(xlabel="month", ylabel="share")
    told = numbers([axes])
    assert told.to_dict("split")["columns"] == ["series", "month", "share", "low", "high"]
    assert told.to_numpy().tolist() == [
        ["came back", "1", "0.25", "0.2", "0.3"],
        ["came back", "2", "0.5", "0.4", "0.6"],
    ], "the line to compare with and the diagonal are no data"


def test_bars_with_intervals_stand_at_the_words_of_their_axis() -> None:
    _, (axes,) = canvas()
    axes.barh([0, 1], [1234.0, 20.5], 0.4)
    axes.hlines([0, 1], [1200, 10], [1300, 30])
    axes.set_yticks([0, 1], ["new", "gone\nn = 9"])
    axes.set_xlabel("customers")
    told = numbers([axes])
    assert list(told.columns) == ["where", "customers", "low", "high"]
    assert told.to_numpy().tolist() == [["new", "1,234", "1,200", "1,300"], ["gone n = 9", "20.5", "10", "30"]]


def test_a_bar_that_is_not_seen_is_not_told_as_zero() -> None:
    _, (axes,) = canvas()
    axes.bar([0, 1], np.nan_to_num([np.nan, 3.0]))
    axes.set_xticks([0, 1], ["hidden", "told"])
    assert numbers([axes]).to_numpy().tolist() == [["told", "3"]]


def test_two_bars_without_a_name_at_one_place_are_two_series() -> None:
    _, (axes,) = canvas()
    axes.bar([-0.2, 0.8], [0.3, 0.7], 0.4)
    axes.bar([0.2, 1.2], [0.8, 0.2], 0.4)
    axes.set_xticks([0, 1], ["A", "B"])
    assert numbers([axes]).to_numpy().tolist() == [
        ["", "A", "0.3"],
        ["", "B", "0.7"],
        ["2", "A", "0.8"],
        ["2", "B", "0.2"],
    ]


def test_a_stalk_is_no_interval() -> None:
    _, (axes,) = canvas()
    axes.vlines([0, 1], 0.5, [0.7, 0.3])
    axes.scatter([0, 1], [0.7, 0.3])
    assert list(numbers([axes]).columns) == ["where", "value"]


def test_a_map_of_cells_keeps_its_shape_and_what_is_hidden_stays_so() -> None:
    _, (axes,) = canvas()
    axes.pcolormesh(np.array([[1.0, np.nan], [3.0, 4.0]]))
    axes.set_xticks([0.5, 1.5], ["seldom", "often"])
    axes.set_yticks([0.5, 1.5], ["lately", "long ago"])
    told = numbers([axes])
    assert list(told.columns)[1:] == ["seldom", "often"]
    assert told.to_numpy().tolist() == [["lately", "1", ""], ["long ago", "3", "4"]]


def test_places_and_numbers_of_any_kind_are_read() -> None:
    _, (axes,) = canvas()
    axes.plot(pd.Series([0, 1], dtype=object), pd.Series([0.5, None], dtype=object), label="hidden in part")
    axes.plot(pd.Series([0, 1]), pd.Series([1, pd.NA], dtype="Int64").astype(object).fillna(np.nan), label="other")
    assert numbers([axes])["value"].tolist() == ["0.5", "1"]


def test_days_are_days_and_a_long_curve_is_thinned() -> None:
    _, (axes,) = canvas()
    axes.plot(pd.to_datetime([date(2025, 1, 31), date(2025, 2, 28)]), [1, 2], label="sales")
    assert numbers([axes])["where"].tolist() == ["31 January 2025", "28 February 2025"]
    axes.clear()
    axes.plot(np.arange(1000), np.arange(1000) / 7, label="long")
    assert MOST_ROWS / 2 < len(numbers([axes])) <= MOST_ROWS


def test_every_picture_carries_its_numbers_folded_away() -> None:
    figure, axes = canvas(columns=2)
    for panel in axes:
        panel.plot([1, 2, 3], [1, 2, 3], label="<b>")
    for data, _ in Drawing(figure, "Words.").bundles():
        assert data[NUMBERS].startswith("<details><summary>The numbers of this figure</summary>")
        assert "<b>" not in data[NUMBERS]
    assert NUMBERS not in empty("Title", "nothing was delivered").bundles()[0][0]
