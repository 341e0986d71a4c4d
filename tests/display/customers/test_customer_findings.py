"""The sentences of the exploration notebook, true for whatever data they are made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from helpers.display.customers import base, breakdown, inequality, pauses, period_change, returning, steps, week
from helpers.display.customers import months as monthly
from helpers.display.findings import Finding
from helpers.models.customers import arrivals, changes, retention, rhythm, trend, weekly
from helpers.models.customers.customer_totals import GivenBack, Ordered
from helpers.models.statistics.intervals import Estimate

NAN = float("nan")
LEVEL = {"level": 0.95}
DAY = date(2025, 1, 31)
PEOPLE = pd.DataFrame(
    {
        "order_count": [2, 1],
        "amount": [30.0, 10.0],
        "first_on": pd.to_datetime(["2025-01-02", "2025-01-05"]),
        "last_on": pd.to_datetime(["2025-01-20", "2025-01-05"]),
        "days_since_last": [11, 26],
    }
)


def said_of(months: pd.DataFrame, *, currency: str) -> Finding:
    return monthly.finding(trend.of_months(months), currency=currency)


def said_of_pauses(median: Estimate, gaps: pd.DataFrame, *, level: float) -> Finding:
    return pauses.finding(median, rhythm.gap_quantile(gaps, share=0.9), level=level)


def said_of_week(hours: pd.DataFrame, busiest: Estimate, *, level: float) -> Finding:
    return week.finding(weekly.by_weekday(hours), busiest, level=level, hours=hours)


def said_of_cohort(earned: pd.DataFrame, *, currency: str) -> Finding:
    return returning.cohort_value(retention.oldest_cohort(earned), currency=currency)


def plain(finding: Finding) -> str:
    return finding.sentence.replace("\u00a0", " ")


def test_coverage_says_size_period_and_order_value() -> None:
    told = base.finding(PEOPLE, Ordered(3, 40.0), Estimate(13.33, NAN, NAN, 2), currency="EUR", **LEVEL)
    assert plain(told) == (
        "An order is worth EUR 13.33 on average. No interval can be given; 2 customers placed 3 orders worth EUR 40.00 "
        "between 2 January 2025 and 20 January 2025."
    )


SEASON = "Season may be in it: the data hold no year before to compare with."


def changed(current: float, previous: float, change: float, low: float, high: float) -> pd.DataFrame:
    columns = "measure current previous change low high n".split()
    rows = pd.DataFrame([("revenue", current, previous, change, low, high, 9)], columns=columns)
    return changes.with_year_before(rows, None, **LEVEL)


def one(told: list[Finding]) -> Finding:
    (only,) = told
    return only


NOW = "revenue was EUR 50.00 in the 91 days to 31 January 2025"


@pytest.mark.parametrize(
    ("change", "low", "high", "says"),
    [
        (
            -0.193, -0.234, -0.151,
            f"Revenue fell 19.3 % against the 91 days before. 95 % interval −23.4 % to −15.1 %; {NOW}. {SEASON}",
        ),
        (
            0.05, -0.01, 0.11,
            (
                "Revenue has not clearly changed against the 91 days before. "
                f"+5.0 %, 95 % interval −1.0 % to +11.0 %; {NOW}. {SEASON}"
            ),
        ),
        (
            -1.0, NAN, NAN,
            f"Revenue fell 100.0 % against the 91 days before. No interval can be given; {NOW}. {SEASON}",
        ),
        (
            NAN, NAN, NAN,
            f"R{NOW[1:]}. There is no comparison: nothing was earned in the same time before.",
        ),
    ],
)  # fmt: skip
def test_change_says_direction_and_whether_it_is_clear(change: float, low: float, high: float, says: str) -> None:
    rows = changed(50.0, 40.0, change, low, high)
    told = plain(one(period_change.findings(rows, days=91, as_of=DAY, currency="EUR", **LEVEL)))
    uncovered = one(period_change.findings(rows.assign(previous=NAN), days=91, as_of=DAY, currency="EUR", **LEVEL))
    assert plain(uncovered) == (
        f"R{NOW[1:]}. There is no comparison: the data do not reach back through the same time before."
    )
    assert told == says


def test_the_year_before_leads_and_season_is_named_where_it_may_be() -> None:
    rows = changed(50.0, 40.0, 0.25, 0.1, 0.4).assign(
        year_before=48.0, year_change=1 / 24, year_low=0.01, year_high=0.08
    )
    year, before = period_change.findings(rows.assign(year_n=11), days=91, as_of=DAY, currency="EUR", **LEVEL)
    assert plain(year) == (
        "Revenue rose 4.2 % against the same 91 days a year before. 95 % interval +1.0 % to +8.0 %; revenue was "
        "EUR 50.00 in the 91 days to 31 January 2025."
    )
    assert (year.key, year.value, year.n) == ("revenue_year_change", 1 / 24, 11)
    assert before.key == "revenue_change"
    assert plain(before).endswith("Season may be in it: these are other days of the year.")


@pytest.mark.parametrize(("days", "may_be"), [(91, True), (357, True), (364, False), (365, False), (400, True)])
def test_a_whole_year_holds_every_season(days: int, may_be: bool) -> None:
    told = one(
        period_change.findings(changed(50.0, 40.0, 0.2, 0.1, 0.3), days=days, as_of=DAY, currency="EUR", **LEVEL)
    )
    assert ("Season may be in it" in plain(told)) is may_be


def test_the_last_month_stands_beside_the_same_one_a_year_before() -> None:
    months = pd.DataFrame(
        {
            "month": pd.date_range("2024-01-01", periods=13, freq="MS"), "is_complete": True, "order_count": 1,
            "customer_count": 3, "amount": [40.0, *range(50, 61), 44.0], "returning_amount": 11.0,
        }
    )  # fmt: skip
    told = plain(said_of(months, currency="EUR"))
    assert "January 2025, the last whole month, brought EUR 44.00" in told
    assert ", beside EUR 40.00 in the same month a year before." in told
    assert "a year before" not in plain(said_of(months.tail(12), currency="EUR"))


def test_repeat_rate_counts_customers() -> None:
    told = returning.repeat_rate(Estimate(0.5, 0.4, 0.6, 40), as_of=DAY, **LEVEL)
    assert plain(told) == (
        "50.0 % of customers have bought on more than one day. 95 % interval 40.0 % to 60.0 %; 20 of 40 customers"
        " by 31 January 2025."
    )
    assert (told.value, told.low, told.high, told.n, told.unit) == (0.5, 0.4, 0.6, 40, "share")


def curve(*ages: int) -> pd.DataFrame:
    columns = ["age_months", "n", "share", "low", "high", "reach_share", "reach_low", "reach_high"]
    return pd.DataFrame([(age, 50, 0.2 / age, 0.1 / age, 0.3 / age, 0.5, 0.4, 0.6) for age in ages], columns=columns)


def test_next_month_looks_as_far_as_it_can() -> None:
    assert plain(returning.next_month(curve(), **LEVEL)) == (
        "No customer's following month is over yet, so retention is unknown."
    )
    assert plain(returning.next_month(curve(1), **LEVEL)) == (
        "20.0 % of customers buy again in the month after their first. 95 % interval 10.0 % to 30.0 %."
    )
    assert "bought 2 months after it or later still (95 % interval 40.0 % to 60.0 %)." in plain(
        returning.next_month(curve(1, 2, 3), **LEVEL)
    )


LEFT_OUT = "Retention and cohorts leave out 40 of 50 customers, those first seen before February 2025"
FALLING = "First orders fall to the end of the data, so later cohorts may hold old customers too."
CLOSED = "Nobody new has come since March 2025: the cohorts are closed."
ARRIVED = arrivals.Arrivals(date(2025, 2, 1), "found old", 50, 40)


@pytest.mark.parametrize(
    ("arrived", "began_on", "says"),
    [
        (
            ARRIVED, None,
            f"{LEFT_OUT}. Far more are first seen then than later, so most are old customers.",
        ),
        (
            replace(ARRIVED, evidence="stated old", has_usual_month=False), date(2020, 5, 1),
            f"{LEFT_OUT}. The business began on 1 May 2020, before the data. {FALLING}",
        ),
        (
            replace(ARRIVED, evidence="stated new", left_out_count=0), date(2025, 1, 1),
            "All customers count as new. The business began on 1 January 2025.",
        ),
        (
            replace(ARRIVED, evidence="no sign", left_out_count=0, closed_after=date(2025, 3, 1)), None,
            f"All customers count as new. No more than usual are first seen in the first month. {CLOSED}",
        ),
        (
            replace(ARRIVED, evidence="too short", left_out_count=0), None,
            "All customers count as new. The data are too short to tell old customers from new ones.",
        ),
    ],
)  # fmt: skip
def test_who_counts_as_new_is_said(arrived: arrivals.Arrivals, began_on: date | None, says: str) -> None:
    told = returning.new_customers(arrived, began_on=began_on)
    assert plain(told) == says
    assert (told.value, told.n, told.unit) == (arrived.left_out_count / 50, 50, "share")


def test_retention_says_whether_it_is_of_new_customers() -> None:
    told = plain(returning.next_month(curve(1), left_out_count=40, **LEVEL))
    assert told.startswith("20.0 % of new customers buy again")
    nobody = plain(returning.next_month(curve(), left_out_count=40, **LEVEL))
    assert nobody == "No new customer's following month is over yet, so retention is unknown."


def test_concentration_has_both_measures() -> None:
    told = inequality.finding(
        Estimate(0.678, 0.669, 0.686, 9), Estimate(0.6346, 0.626, 0.643, 9), top_share=0.2, as_of=DAY, **LEVEL
    )
    assert plain(told) == (
        "The best 20 % of customers bring 67.8 % of all revenue. 95 % interval 66.9 % to 68.6 %; to 31 January "
        "2025; the Gini coefficient is 0.635 (95 % interval 0.626 to 0.643)."
    )


def months(*rows: tuple[str, bool, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["month", "is_complete", "amount", "returning_amount"])
    return frame.assign(month=pd.to_datetime(frame["month"]), customer_count=3, order_count=4)


def test_concentration_without_an_interval_says_so() -> None:
    few = Estimate(0.3, NAN, NAN, 2)
    told = plain(inequality.finding(few, few, top_share=0.2, as_of=DAY, **LEVEL))
    assert "nan" not in told
    assert told.lower().count("no interval can be given") == 2
    nothing = Estimate(NAN, NAN, NAN, 5)
    assert plain(inequality.finding(nothing, nothing, top_share=0.2, as_of=DAY, **LEVEL)).startswith(
        "Nothing was earned"
    )


def test_trend_compares_whole_months_only() -> None:
    told = said_of(
        months(("2024-11-01", True, 40, 0), ("2024-12-01", True, 20, 10), ("2025-01-01", False, 90, 90)), currency="EUR"
    )
    assert plain(told) == (
        "December 2024, the last whole month, brought EUR 20.00. From 3 customers; 50.0 % of it from returning customers; "
        "the best whole month was November 2024 with EUR 40.00."
    )
    two = months(("2024-11-01", True, 40, 0), ("2024-12-01", True, 50, 0))
    assert "no whole month has brought more" in plain(said_of(two, currency="EUR"))
    assert "it is the only whole month so far" in plain(said_of(two.head(1), currency="EUR"))
    assert plain(said_of(months(("2025-01-01", False, 9, 0)), currency="EUR")).startswith("No calendar month")
    assert "returning" not in plain(said_of(months(("2024-11-01", True, 0, 0)), currency="EUR"))


def test_a_hole_in_the_data_is_told() -> None:
    three = months(("2024-10-01", True, 40, 0), ("2024-11-01", True, 0, 0), ("2024-12-01", True, 20, 10))
    told = said_of(three.assign(order_count=[4, 0, 2]), currency="EUR")
    assert plain(told).endswith("Beware: 1 whole month had no order at all; were all data delivered?")
    assert "Beware" not in plain(said_of(three, currency="EUR"))


def test_pauses() -> None:
    gaps = pd.DataFrame({"gap_days": [1, 7, 30], "gap_count": [5, 4, 1]})
    assert plain(said_of_pauses(Estimate(4, 1, 7, 10), gaps, **LEVEL)) == (
        "Half of all pauses between purchases last 4 days or less. "
        "95 % interval 1 to 7; nine in ten last 7 days or less; 10 pauses."
    )
    assert "Nobody has bought on two days yet" in plain(
        said_of_pauses(Estimate(NAN, NAN, NAN, 0), gaps.head(0), **LEVEL)
    )


def test_weekday_names_busiest_and_quietest() -> None:
    frame = pd.DataFrame({"weekday": [1, 1, 3], "hour": [8, 9, 8], "order_count": [4, 2, 4]})
    assert plain(said_of_week(frame, Estimate(0.6, 0.5, 0.7, 9), **LEVEL)) == (
        "Monday is the busiest weekday, with 60.0 % of orders. 95 % interval 50.0 % to 70.0 %; an even week would give "
        "14.3 %; Tuesday is the quietest with 0.0 %. Most orders of any hour came on Monday, 8:00 to 8:59 (4 of 10 "
        "orders, as many as in 1 other hour)."
    )


def test_a_lead_that_chance_could_make_is_no_lead() -> None:
    frame = pd.DataFrame({"weekday": [1, 3], "hour": [0, 0], "order_count": [3, 2]})
    told = said_of_week(frame, Estimate(0.173, 0.141, 0.213, 90), **LEVEL)
    assert plain(told) == (
        "No weekday stands out: even the busiest, Monday, has 17.3 % of orders. 95 % interval 14.1 % to 21.3 %; an even "
        "week would give 14.3 %; Tuesday is the quietest with 0.0 %."
    )


def test_weekdays_that_are_level_are_all_named() -> None:
    frame = pd.DataFrame({"weekday": [1, 3], "hour": [0, 0], "order_count": [2, 2]})
    told = said_of_week(frame, Estimate(0.5, NAN, NAN, 2), **LEVEL)
    assert plain(told) == "No weekday leads: Monday and Wednesday have 50.0 % of orders each."


def test_a_single_pause_is_too_few_to_speak_of() -> None:
    gaps = pd.DataFrame({"gap_days": [19], "gap_count": [1]})
    assert "too few to speak of" in plain(said_of_pauses(Estimate(19, NAN, NAN, 1), gaps, **LEVEL))


def test_a_leading_level_or_nothing_to_break_down() -> None:
    frame = pd.DataFrame(
        {"level": ["web", "shop"], "amount": [30.0, 10.0], "amount_share": [0.75, 0.25], "order_count": [3, 1]}
    )
    told = plain(breakdown.finding(frame, by="channel", days=91, currency="EUR"))
    assert told == (
        'By channel, "web" leads with 75.0 % of revenue. EUR 30.00 on 3 orders in the latest 91 days; 2 levels in all.'
    )
    nothing = breakdown.finding(frame.assign(amount=0.0, amount_share=NAN), by="channel", days=91, currency="EUR")
    assert plain(nothing) == "No revenue in the latest 91 days to break down by channel."


def test_refunds_and_their_absence() -> None:
    assert plain(
        base.refunds(GivenBack(2, 8.0), Estimate(0.1, 0.05, 0.2, 9), reversed_count=0, currency="EUR", **LEVEL)
    ) == ("10.0 % of revenue was given back. EUR 8.00 in 2 refunds; 95 % interval 5.0 % to 20.0 %.")
    assert plain(
        base.refunds(GivenBack(0, 0.0), Estimate(0, NAN, NAN, 9), reversed_count=0, currency="EUR", **LEVEL)
    ).startswith("No refunds")


def test_orders_that_a_refund_undid_stand_apart_from_refunds() -> None:
    none, share = GivenBack(0, 0.0), Estimate(0, NAN, NAN, 9)
    assert plain(base.refunds(none, share, reversed_count=1, currency="EUR", **LEVEL)) == (
        "No other refund was delivered. 1 order was undone by a refund of the whole amount, and counts neither as revenue "
        "nor as a refund."
    )
    some = base.refunds(GivenBack(2, 8.0), Estimate(0.1, 0.05, 0.2, 9), reversed_count=3, currency="EUR", **LEVEL)
    assert plain(some).endswith(
        "3 orders were undone by a refund of the whole amount, and count neither as revenue nor as a refund."
    )


def test_cohort_value_and_steps() -> None:
    cells = pd.DataFrame(
        {
            "cohort": pd.to_datetime(["2024-11-01"] * 2 + ["2024-12-01"]), "cohort_size": [5, 5, 9],
            "share": [10.0, 4.0, 3.0], "is_observed": [True, True, True],
        }
    )  # fmt: skip
    assert plain(said_of_cohort(cells, currency="EUR")) == (
        "Customers first seen in November 2024 brought EUR 10.00 each in that month and EUR 4.00 in the 1 month "
        "after it. 5 customers, the oldest cohort shown."
    )
    assert plain(said_of_cohort(cells.assign(is_observed=False), currency="EUR")).startswith("No cohort")
    rows = pd.DataFrame(
        [("a", 1.2, 120, 5.0, 4.0, 6.0), ("b", 0.4, 50, 9.0, NAN, NAN)],
        columns=["step", "customer_count", "pool_count", "amount", "low", "high"],
    )
    assert plain(steps.finding(rows, days=91, step_share=0.01, has_margin=False, currency="EUR", **LEVEL)) == (
        "Of small steps, b would bring most: EUR 9.00 in revenue. No interval can be given; in 91 days, if 1 % of them "
        "moved, less than one of 50 customers."
    )
