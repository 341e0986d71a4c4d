"""The data-health light and its reasons, on data small enough to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from helpers.contract import health
from helpers.contract.coverage import Coverage, Day, LargeCustomer, LargeOrder
from helpers.contract.health import Health, LeftOut, Limits, Reason, dropped_shares, judge
from helpers.contract.ledger import WITHDRAWN, Entry
from helpers.contract.spans import DayCount

AS_OF = date(2025, 1, 31)
LIMITS = Limits(
    stale_days=31,
    warn_share=0.01,
    alarm_share=0.1,
    least_weeks=8,
    least_orders=50,
    least_customers=20,
    hole_days=62,
    far_days=183,
    refund_share=0.2,
    outsized_share=0.1,
    unknown_share=0.1,
)
SMALL = LargeCustomer("ann", 5.0, 0.05)
SMALL_ORDER = LargeOrder("o1", "ann", AS_OF, 5.0, 0.05)


def ledger(dropped: int = 0, *, read: int = 1000, unknown: int = 0) -> pd.DataFrame:
    rows = [("orders", "rows read", "read", read), ("orders", "zero amount", "noted", read)]
    rows += [("orders", "no customer", "dropped", dropped)] if dropped else []
    rows += [("orders", "customer_id not in customers", "noted", unknown)] if unknown else []
    return pd.DataFrame(rows, columns=["table", "rule", "outcome", "row_count"])


def covered(*spans: tuple[str, str], order_count: int = 1) -> Coverage:
    """Orders worth 10 each on every day of the spans."""
    days = [day for first, last in spans for day in pd.date_range(first, last).date]
    daily = tuple(Day(day, order_count, order_count, 10.0 * order_count) for day in days)
    return Coverage(daily, 50, 0.0, (SMALL,), (SMALL_ORDER,))


WHOLE = covered(("2024-10-01", "2025-01-31"))


def reasons(coverage: Coverage = WHOLE, table: pd.DataFrame | None = None, **limits: float) -> list[Reason]:
    return list(
        judge(coverage, ledger() if table is None else table, as_of=AS_OF, limits=replace(LIMITS, **limits)).reasons
    )


def test_sound_data_are_green_without_a_reason() -> None:
    assert judge(WHOLE, ledger(), as_of=AS_OF, limits=LIMITS) == Health("green", ())


@pytest.mark.parametrize(
    ("dropped", "light"), [(0, "green"), (10, "green"), (11, "amber"), (100, "amber"), (101, "red")]
)
def test_the_light_changes_just_above_each_share_of_dropped_rows(dropped: int, light: str) -> None:
    found = judge(WHOLE, ledger(dropped), as_of=AS_OF, limits=LIMITS)
    assert found.light == light
    assert [one.name for one in found.reasons] == ["orders: no customer"] * (light != "green")


def test_a_small_table_is_judged_by_its_own_rows() -> None:
    both = pd.concat([ledger(1), ledger(5, read=10).assign(table="customers")])
    assert [(one.light, one.name, one.size) for one in reasons(table=both)] == [("red", "customers: no customer", 0.5)]


def test_each_rule_counts_and_not_the_sum() -> None:
    two = pd.concat([ledger(60), ledger(50).tail(1).assign(rule="no price")])
    assert [one.rule for one in dropped_shares(two)] == ["no customer", "no price"]
    assert judge(WHOLE, two, as_of=AS_OF, limits=LIMITS).light == "amber"


def test_data_that_end_before_the_report_are_stale() -> None:
    for last, expected in (
        ("2025-01-01", []),
        ("2024-12-31", [Reason("stale", "red", 31, 31, date(2024, 12, 31), AS_OF)]),
    ):
        assert reasons(covered(("2024-10-01", last))) == expected


def test_days_far_from_all_others_are_red_and_are_no_hole() -> None:
    for day in (date(1970, 1, 1), date(2042, 10, 3)):
        days = tuple(sorted([*WHOLE.days, Day(day, 1, 1, 10.0)]))
        found = replace(WHOLE, days=days, far_days=(DayCount(day, 1),))
        assert reasons(found) == [Reason("far", "red", 1, 183, day, day)]


def test_two_halves_with_a_gap_are_a_hole_and_not_far() -> None:
    halves = covered(("2023-01-01", "2023-06-30"), ("2024-06-01", "2025-01-31"))
    assert reasons(halves) == [Reason("hole", "amber", 336, 62, date(2023, 6, 30), date(2024, 6, 1))]
    assert not reasons(covered(("2024-01-01", "2024-06-30"), ("2024-08-31", "2025-01-31")))
    assert reasons(covered(("2024-01-01", "2024-06-30"), ("2024-09-01", "2025-01-31")))[0].size == 62


@pytest.mark.parametrize(("first", "light"), [("2024-12-07", "green"), ("2024-12-08", "amber"), ("2025-01-30", "red")])
def test_data_of_too_few_weeks_are_not_green(first: str, light: str) -> None:
    assert judge(covered((first, "2025-01-31")), ledger(), as_of=AS_OF, limits=LIMITS).light == light


@pytest.mark.parametrize(
    ("orders", "customers", "found"),
    [
        (50, 20, []),
        (49, 20, [Reason("few_orders", "amber", 49, 50)]),
        (50, 19, [Reason("few_customers", "amber", 19, 20)]),
        (12, 5, [Reason("few_orders", "red", 12, 50), Reason("few_customers", "amber", 5, 20)]),
        (50, 4, [Reason("few_customers", "red", 4, 20)]),
    ],
)
def test_what_a_page_needs_at_least_is_counted(orders: int, customers: int, found: list[Reason]) -> None:
    few = replace(
        WHOLE, days=(Day(date(2024, 11, 1), orders - 1, 1, 9.0), Day(AS_OF, 1, 1, 1.0)), customer_count=customers
    )
    assert reasons(few, hole_days=365) == found


def test_money_that_hangs_on_refunds_or_on_one_customer_or_order_is_amber() -> None:
    revenue = WHOLE.revenue
    assert not reasons(replace(WHOLE, refund_amount=0.2 * revenue))
    assert reasons(replace(WHOLE, refund_amount=0.25 * revenue)) == [Reason("refunds", "amber", 0.25, 0.2)]
    customers = (SMALL._replace(share=0.3), SMALL)
    assert reasons(replace(WHOLE, top_customers=customers)) == [Reason("customer", "amber", 0.3, 0.1)]
    orders = (SMALL_ORDER._replace(share=0.3), SMALL_ORDER)
    assert reasons(replace(WHOLE, top_orders=orders)) == [Reason("order", "amber", 0.3, 0.1)]
    assert reasons(replace(WHOLE, reversed_amount=3 * revenue)) == [Reason("reversed", "amber", 3.0, 0.1)]


def test_orders_of_unknown_customers_and_other_currencies_are_amber() -> None:
    count = WHOLE.order_count
    assert not reasons(table=ledger(unknown=count // 10))
    assert [one.rule for one in reasons(table=ledger(unknown=count // 10 + 2))] == ["unknown"]
    assert reasons(replace(WHOLE, other_currency_count=7)) == [Reason("currency", "amber", 7, 0)]


def test_the_worst_reason_comes_first() -> None:
    found = judge(replace(WHOLE, other_currency_count=1), ledger(200), as_of=AS_OF, limits=LIMITS)
    assert [one.rule for one in found.reasons] == ["dropped", "currency"]
    assert found.light == "red"


def by_table() -> pd.DataFrame:
    rows = [
        ("orders", "rows read", "read", 1000),
        ("orders", "no customer", "dropped", 60),
        ("orders", "no price", "dropped", 50),
        ("orders", WITHDRAWN, "noted", 7),
        ("items", "rows read", "read", 8),
        ("items", "no product", "dropped", 2),
    ]
    return pd.DataFrame(rows, columns=["table", "rule", "outcome", "row_count"])


def test_shares_are_of_the_rows_of_the_own_table() -> None:
    shares = health.with_shares(by_table()).set_index(["table", "rule"])["share"]
    assert shares["orders", "no customer"] == 0.06
    assert shares["items", "no product"] == 0.25
    assert shares["items", "rows read"] == 1.0


def test_all_rules_together_leave_out_so_many_rows_of_a_table() -> None:
    found = health.left_out(by_table())
    assert found == {"items": LeftOut(8, 2, 0), "orders": LeftOut(1000, 110, 7)}
    assert [one.dropped_share for one in found.values()] == [0.25, 0.11]
    assert health.left_out(by_table().iloc[[0]])["orders"].dropped_share == 0.0


def test_entries_are_judged_as_their_frame_is() -> None:
    frame = pd.concat([by_table(), ledger(unknown=900)])
    entries = [Entry(*row) for row in frame.itertuples(index=False)]
    assert health.left_out(entries) == health.left_out(frame)
    asked = {"as_of": AS_OF, "limits": LIMITS}
    assert judge(WHOLE, entries, **asked) == judge(WHOLE, frame, **asked)
    assert judge(WHOLE, entries, **asked).light == "red"
