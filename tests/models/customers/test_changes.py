"""The change between two periods: by hand, as an identity, and as coverage of a known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.customers import changes

COLUMNS = ["order_count", "amount", "previous_order_count", "previous_amount"]


def compared(*rows: tuple[float, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def test_measures_by_hand() -> None:
    told = changes.measures(compared((2, 30.0, 1, 10.0), (1, 30.0, 1, 20.0), (0, 0.0, 2, 10.0)), level=0.95)
    by_name = told.set_index("measure")
    assert by_name["current"].to_dict() == {
        "revenue": 60.0,
        "customers who bought": 2.0,
        "orders per customer": 1.5,
        "revenue per order": 20.0,
    }
    assert by_name["previous"].tolist() == [40.0, 3.0, 4 / 3, 10.0]
    assert by_name["change"].tolist() == pytest.approx([0.5, -1 / 3, 0.125, 1.0])
    assert by_name[["low", "high"]].isna().all(axis=None), "three customers are too few for an interval"


def test_the_interval_by_hand() -> None:
    # customers who bought, ten of either period: five in both, two now only, three before only: 7 against 8.
    # Linearised, a customer adds 1/7 - 1/8, 1/7 or -1/8: the squares sum to 5 (1/56)² + 2/49 + 3/64.
    both, now, before = (1, 1.0, 1, 1.0), (1, 1.0, 0, 0.0), (0, 0.0, 1, 1.0)
    row = changes.measures(compared(*[both] * 5, *[now] * 2, *[before] * 3), level=0.95).iloc[1]
    assert (row["measure"], row["n"]) == ("customers who bought", 10)
    error = (10 / 9 * (5 / 56**2 + 2 / 49 + 3 / 64)) ** 0.5
    width = np.exp(2.2621571628 * error)  # t with 9 degrees of freedom
    assert (row["low"] + 1, row["high"] + 1) == pytest.approx((7 / 8 / width, 7 / 8 * width))


def random_customers(seed: int, *, size: int = 400, growth: float = 1.2) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    before, now = draw.poisson(1.0, size), draw.poisson(1.0 * growth, size)
    value = draw.gamma(2.0, 10.0, size)
    frame = pd.DataFrame(
        {"order_count": now, "amount": now * value, "previous_order_count": before, "previous_amount": before * value}
    )
    return frame[(frame["order_count"] > 0) | (frame["previous_order_count"] > 0)]


def test_the_factors_multiply_to_the_whole() -> None:
    told = changes.measures(random_customers(1), level=0.95).set_index("measure")["change"] + 1
    factors = told["customers who bought"] * told["orders per customer"] * told["revenue per order"]
    assert factors == pytest.approx(told["revenue"])


def test_intervals_cover_the_true_change_about_as_often_as_they_say(part: int) -> None:
    hits = [
        row["low"] <= 0.2 <= row["high"]
        for seed in range(400 // part)
        for row in [changes.measures(random_customers(seed), level=0.9).iloc[0]]
    ]
    assert abs(np.mean(hits) - 0.9) <= 0.04 * np.sqrt(part)


def test_scaling_the_currency_changes_no_change() -> None:
    frame = random_customers(2)
    scaled = frame.assign(amount=frame["amount"] * 7, previous_amount=frame["previous_amount"] * 7)
    one, two = (changes.measures(each, level=0.95)[["change", "low", "high"]] for each in (frame, scaled))
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize(
    ("rows", "change"),
    [([(1, 5.0, 0, 0.0)] * 12, np.nan), ([(0, 0.0, 1, 5.0)] * 12, -1.0)],
)
def test_an_empty_period_has_no_interval(rows: list[tuple[float, ...]], change: float) -> None:
    told = changes.measures(compared(*rows), level=0.95).iloc[0]
    assert told["change"] == pytest.approx(change, nan_ok=True)
    assert np.isnan(told["low"])
    assert np.isnan(told["high"])


def test_nobody_at_all_is_no_error() -> None:
    assert changes.measures(compared().astype(float), level=0.95)["change"].isna().all()


def test_a_period_that_the_data_do_not_cover_is_not_compared() -> None:
    told = changes.measures(random_customers(1), level=0.95, is_covered=False)
    assert told[["previous", "change", "low", "high"]].isna().all(axis=None)
    assert told["current"].notna().all()


def test_the_year_before_stands_beside_the_period_before() -> None:
    before, year = (changes.measures(random_customers(seed), level=0.95) for seed in (1, 2))
    both = changes.with_year_before(before, random_customers(2), level=0.95)
    assert both[before.columns].equals(before)
    assert both["year_change"].tolist() == year["change"].tolist()
    assert both["year_n"].tolist() == year["n"].tolist()
    assert changes.with_year_before(before, None, level=0.95)[list(changes.YEAR_COLUMNS.values())].isna().all(axis=None)


def test_a_ratio_of_an_empty_period_is_no_fall() -> None:
    told = changes.measures(compared(*[(0, 0.0, 1, 5.0)] * 12), level=0.95).set_index("measure")["change"]
    assert told[["revenue", "customers who bought"]].tolist() == [-1.0, -1.0]
    assert told[["orders per customer", "revenue per order"]].isna().all()
