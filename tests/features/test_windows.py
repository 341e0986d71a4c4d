"""Days, windows and months, at their edges."""

from datetime import date

import ibis
import pytest

from helpers.days import (
    UNIT_DAYS,
    Window,
    add_months,
    last_complete_month,
    latest_days,
    month_start,
    months_from,
    reaches_back,
    unit_days,
    watched_until,
    window_before,
)
from helpers.features import windows

EDGE = [
    ("a", "2024-01-30T23:59:59", 1),
    ("a", "2024-01-31T00:00:00", 2),
    ("a", "2024-01-31T23:59:59", 4),
    ("a", "2024-02-01T00:00:00", 8),
]


def test_as_of_sees_its_whole_day_and_nothing_after_it(make_orders):
    orders = make_orders(EDGE)
    assert windows.visible(orders, as_of=date(2024, 1, 31)).amount.sum().to_pyarrow().as_py() == 7
    assert windows.visible(orders, as_of=date(2024, 1, 30)).amount.sum().to_pyarrow().as_py() == 1


def test_the_same_holds_for_a_column_of_days(make_orders):
    orders = make_orders(EDGE)
    orders = orders.mutate(ordered_at=orders.ordered_at.date())
    assert windows.visible(orders, as_of=date(2024, 1, 31)).amount.sum().to_pyarrow().as_py() == 7
    window = Window(date(2024, 1, 31), date(2024, 1, 31))
    assert windows.within(orders, window).amount.sum().to_pyarrow().as_py() == 6


def test_a_window_holds_both_of_its_ends(make_orders):
    window = Window(date(2024, 1, 31), date(2024, 1, 31))
    assert window.day_count == 1
    assert windows.within(make_orders(EDGE), window).amount.sum().to_pyarrow().as_py() == 6


def test_the_window_before_is_as_long_and_adjoins():
    latest = latest_days(date(2024, 3, 31), 91)
    assert latest == Window(date(2024, 1, 1), date(2024, 3, 31))
    assert window_before(latest) == Window(date(2023, 10, 2), date(2023, 12, 31))
    assert window_before(latest).day_count == latest.day_count == 91


def test_months_are_counted_by_the_calendar():
    assert months_from(date(2023, 12, 31), date(2024, 1, 1)) == 1
    assert months_from(date(2022, 5, 1), date(2024, 2, 29)) == 21
    assert add_months(date(2023, 11, 30), 3) == date(2024, 2, 1)
    assert add_months(date(2024, 1, 31), -1) == date(2023, 12, 1)
    assert month_start(date(2024, 2, 29)) == date(2024, 2, 1)


@pytest.mark.parametrize(
    ("as_of", "month"),
    [
        (date(2024, 2, 29), date(2024, 2, 1)),
        (date(2024, 2, 28), date(2024, 1, 1)),
        (date(2024, 1, 30), date(2023, 12, 1)),
        (date(2023, 12, 31), date(2023, 12, 1)),
    ],
)
def test_a_month_is_complete_on_its_last_day(as_of, month):
    assert last_complete_month(as_of) == month


def test_month_numbers_go_to_months_and_back():
    for month in (date(1997, 1, 1), date(1999, 12, 1), date(2024, 2, 1)):
        number = windows.month_number(ibis.literal(month))
        assert windows.month_from_number(number).to_pyarrow().as_py() == month
    gap = windows.month_number(ibis.literal(date(2024, 1, 1))) - windows.month_number(ibis.literal(date(2023, 12, 31)))
    assert gap.to_pyarrow().as_py() == 1


def test_monday_is_day_one_and_sunday_day_seven():
    assert windows.weekday_of(ibis.literal(date(2024, 1, 1))).to_pyarrow().as_py() == 1
    assert windows.weekday_of(ibis.literal(date(2024, 1, 7))).to_pyarrow().as_py() == 7


def test_twelve_months_of_the_unit_are_a_mean_gregorian_year():
    assert UNIT_DAYS["months"] * 12 == 365.2425


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: latest_days(date(2024, 1, 1), 0), "days must be 1 or more, found 0"),
        (lambda: unit_days("years"), "unit must be one of days, weeks, months; found 'years'"),
        (
            lambda: Window(date(2024, 1, 2), date(2024, 1, 1)),
            "a window must not end before it starts, found 2024-01-02 to 2024-01-01",
        ),
    ],
)
def test_a_wrong_window_says_what_must_hold(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_customers_are_watched_until_the_data_end():
    as_of = date(2024, 3, 31)
    assert watched_until(date(2024, 3, 1), as_of=as_of, stale_days=31) == as_of
    assert watched_until(date(2024, 2, 29), as_of=as_of, stale_days=31) == date(2024, 2, 29)


def test_data_reach_back_through_both_periods_or_they_do_not():
    as_of = date(2024, 3, 31)
    assert reaches_back(date(2024, 2, 1), as_of=as_of, days=30)
    assert not reaches_back(date(2024, 2, 2), as_of=as_of, days=30)
