"""The typical pause."""

from __future__ import annotations

import math

import pandas as pd

from helpers.models.customers import rhythm

GAPS = pd.DataFrame({"gap_days": [1, 7, 30], "gap_count": [20, 30, 10]})


def test_the_median_pause_counts_every_pause() -> None:
    assert rhythm.median_days(GAPS) == 7
    assert math.isnan(rhythm.median_days(GAPS.head(0)))


def test_customers_who_repeat_themselves_widen_the_interval() -> None:
    def short(customers: int) -> pd.DataFrame:
        """The same pauses, all of a customer on the same side of the median."""
        each, pauses = customers * 5 // 6, 60 // customers
        return pd.DataFrame({"short_gap_count": [pauses] * each + [0] * (customers - each), "gap_count": pauses})

    many, few = (rhythm.median_gap(GAPS, short(n), level=0.95) for n in (60, 12))
    assert (many.value, many.n) == (7, 60)
    assert few.n == 12
    assert few.high - few.low >= many.high - many.low
    none = rhythm.median_gap(GAPS.head(0), short(12).head(0), level=0.95)
    assert math.isnan(none.value)
    assert math.isnan(none.low)


def test_the_length_that_nine_in_ten_do_not_exceed() -> None:
    gaps = pd.DataFrame({"gap_days": [1, 7, 30], "gap_count": [5, 4, 1]})
    assert (rhythm.gap_quantile(gaps, share=0.9).value, rhythm.gap_quantile(gaps, share=0.9).n) == (7.0, 10)
    assert rhythm.gap_quantile(gaps, share=0.91).value == 30.0
    assert rhythm.gap_quantile(gaps.head(0), share=0.9).n == 0


def test_pauses_are_gathered_until_none_is_of_few() -> None:
    gaps = pd.DataFrame({"gap_days": [1, 2, 5, 9, 30], "gap_count": [4, 1, 2, 3, 1]})
    assert rhythm.gathered_gaps(gaps, smallest_cell=3).to_numpy().tolist() == [[1, 4], [5, 3], [30, 4]]
    assert len(rhythm.gathered_gaps(gaps, smallest_cell=12)) == 0


def test_counts_are_gathered_from_a_number_on() -> None:
    counts = pd.DataFrame({"purchase_count": [1, 3, 4], "customer_count": [5, 2, 1]})
    assert rhythm.gathered_counts(counts, largest=3).to_numpy().tolist() == [[1, 5], [2, 0], [3, 3]]
