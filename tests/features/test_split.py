"""Calibration and holdout: a worked example, days at their edges, and the published facts of CDNOW."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from helpers.days import Window
from helpers.features import purchases, repeat_spend, split
from helpers.features.frames import fetch

END, AS_OF = date(2024, 3, 31), date(2024, 4, 14)
ORDERS = [
    ("ann", "2023-04-03T10:00", "3.00"),  # the first purchase is no repeat, in the weeks a year before
    ("ann", "2023-04-10T10:00", "3.00"),  # a repeat in them
    ("ann", "2023-04-17T10:00", "3.00"),  # the day after them
    ("ann", "2024-03-31T23:59:59", "4.00"),  # the last instant that a model may see
    ("ann", "2024-04-01T00:00:00", "5.25"),  # the first of the holdout
    ("ann", "2024-04-01T21:00:00", "1.00"),  # the same day: one purchase
    ("ann", "2024-04-14T23:59:59", "2.00"),
    ("ann", "2024-04-15T00:00:00", "99.00"),  # after as_of
    ("bob", "2024-02-11T00:00", "7.00"),
    ("cyd", "2024-04-01T00:00", "7.25"),  # unknown at calibration_end
]


def days_of(orders):
    """All purchase days, later ones too: what is asked of them is told the day."""
    return purchases.purchase_days(orders, as_of=date(2030, 1, 1))


def rows(table):
    return [tuple(row.values()) for row in table.order_by("customer_id").to_pyarrow().to_pylist()]


def test_the_worked_example(make_orders):
    found = split.split(days_of(make_orders(ORDERS)), calibration_end=END, as_of=AS_OF)
    assert found.columns == (
        "customer_id", "frequency", "recency_weeks", "age_weeks", "first_on", "last_on", "year_before_count",
        "holdout_purchase_count", "holdout_amount", "holdout_first_on",
    )  # fmt: skip
    assert rows(found) == [
        ("ann", 3, 363 / 7, 363 / 7, date(2023, 4, 3), date(2024, 3, 31), 1, 2, Decimal("8.25"), date(2024, 4, 1)),
        ("bob", 0, 0.0, 49 / 7, date(2024, 2, 11), date(2024, 2, 11), 0, 0, Decimal("0.00"), None),
    ]


def test_the_weeks_a_year_before_match_in_weekdays_and_lie_before_the_holdout():
    assert split.year_before(END, as_of=AS_OF) == Window(date(2023, 4, 3), date(2023, 4, 16))
    # a holdout of 53 weeks: one year back would lie in the holdout itself, so it is two
    long = split.year_before(date(2022, 12, 25), as_of=date(2023, 12, 31))
    assert long == Window(date(2020, 12, 28), date(2022, 1, 2))
    assert long.start.weekday() == date(2022, 12, 26).weekday()


def test_histories_are_those_of_the_calibration(make_orders, random_rows):
    orders = make_orders(random_rows(seed=5, count=500))
    end, as_of = date(2024, 6, 30), date(2024, 9, 30)
    found = split.split(days_of(orders), calibration_end=end, as_of=as_of).order_by("customer_id").to_pandas()
    days = purchases.purchase_days(orders, as_of=as_of)
    alone = purchases.per_customer(days, as_of=end, unit="weeks").order_by("customer_id").to_pandas()
    for column in ("customer_id", "frequency", "recency_weeks", "age_weeks", "first_on", "last_on"):
        assert found[column].tolist() == alone[column].tolist()
    both = purchases.per_customer(days, as_of=as_of, unit="weeks").to_pandas().set_index("customer_id")
    later = both.loc[found["customer_id"], "frequency"].to_numpy() - found["frequency"].to_numpy()
    assert found["holdout_purchase_count"].tolist() == later.tolist()
    paid = both.loc[found["customer_id"], "amount"].to_numpy() - alone["amount"].to_numpy()
    assert found["holdout_amount"].tolist() == paid.tolist()


def test_order_of_rows_and_days_to_come_change_nothing(make_orders, random_rows):
    made = random_rows(seed=6, count=300)
    days = {"calibration_end": date(2024, 6, 30), "as_of": date(2024, 9, 30)}
    future = [(who, f"2025-{1 + n % 12:02d}-01", "5") for n, (who, _, _) in enumerate(made[:50])]
    expected = rows(split.split(days_of(make_orders(made)), **days))
    assert rows(split.split(days_of(make_orders(future + made[::-1])), **days)) == expected


def test_days_without_a_time_serve_as_well(make_orders):
    orders = make_orders(ORDERS)
    days = orders.mutate(ordered_at=orders.ordered_at.date())
    assert rows(split.split(days_of(days), calibration_end=END, as_of=AS_OF)) == rows(
        split.split(days_of(orders), calibration_end=END, as_of=AS_OF)
    )


@pytest.mark.parametrize("as_of", [END, date(2024, 3, 30)])
def test_a_holdout_of_no_day_is_refused(make_orders, as_of):
    with pytest.raises(ValueError, match=f"calibration_end 2024-03-31 must be before as_of {as_of}"):
        split.split(days_of(make_orders(ORDERS)), calibration_end=END, as_of=as_of)
    with pytest.raises(ValueError, match="must be before as_of"):
        split.year_before(END, as_of=as_of)


def test_nobody_known_gives_no_rows(make_orders):
    assert rows(split.split(days_of(make_orders(ORDERS)), calibration_end=date(2020, 1, 1), as_of=AS_OF)) == []


def test_cdnow_sample_has_its_published_holdout(cdnow_sample):
    """Fader and Hardie's sample: 39 weeks and 39 weeks; BTYD's holdout by calibration frequency."""
    found = split.split(days_of(cdnow_sample), calibration_end=date(1997, 9, 30), as_of=date(1998, 6, 30)).to_pandas()
    assert len(found) == 2_357
    assert found["frequency"].sum() == 2_457
    assert (found["frequency"] == 0).sum() == 1_411
    assert found["holdout_purchase_count"].sum() == 1_882
    assert found["holdout_amount"].sum() == Decimal("70976.39")
    by_frequency = found.groupby(found["frequency"].clip(upper=7))["holdout_purchase_count"].agg(["size", "mean"])
    assert by_frequency["size"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert by_frequency["mean"].round(3).tolist() == [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]


def test_origins_told_of_together_are_as_each_alone(cdnow):
    days, origins = days_of(cdnow), [date(1998, 1, 4), date(1997, 9, 30)]
    together = fetch(split.at_origins(days, made_on=origins, weeks=13).order_by("customer_id"))
    shared = ["frequency", "recency_weeks", "age_weeks"]
    shared += ["holdout_purchase_count", "holdout_amount", "holdout_first_on"]
    for made_on in origins:
        own = together[together["made_on"] == pd.Timestamp(made_on)].reset_index(drop=True)
        alone = split.split(days, calibration_end=made_on, as_of=made_on + timedelta(weeks=13)).order_by("customer_id")
        spend = repeat_spend.repeat_spend(days, as_of=made_on).order_by("customer_id")
        pd.testing.assert_frame_equal(own[["customer_id", *shared]], fetch(alone)[["customer_id", *shared]])
        spent = ["customer_id", "repeat_count", "first_amount", "mean_amount"]
        pd.testing.assert_frame_equal(own[spent], fetch(spend)[spent])


def test_an_origin_before_the_first_purchase_and_no_origin_have_nobody(make_orders):
    days = days_of(make_orders(ORDERS))
    for made_on in ([], [date(2023, 4, 2)]):
        assert not len(fetch(split.at_origins(days, made_on=made_on, weeks=4)))
