"""Tiers on a day, tiers by rules with what is missing to the next, and the order of tiers: by hand and by the truth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.errors import ParamsError
from helpers.features import membership_tiers
from helpers.schemes.tier_rule import TierRule
from helpers.simulation import loyalty_tiers
from tests.features.buying_days import days_of
from tests.simulation.families import long_lived, made

AS_OF = date(2024, 6, 30)
RANGES = ibis.schema({"customer_id": "string", "tier": "string", "valid_from": "date", "valid_to": "date"})
ENTRIES = ibis.schema(
    {"entry_id": "string", "customer_id": "string", "at": "timestamp", "kind": "string", "points": "int64"}
)
RULES = [TierRule(tier="普通"), TierRule(tier="银", amount=100.5, orders=2), TierRule(tier="金", amount=300, orders=3)]
WINDOW = {"as_of": AS_OF, "window_days": 365}


def ranges(*rows: tuple[str, str, str, str | None]) -> ibis.Table:
    days = [(who, tier, date.fromisoformat(a), date.fromisoformat(b) if b else None) for who, tier, a, b in rows]
    return ibis.memtable(pd.DataFrame(days, columns=list(RANGES)), schema=RANGES)


def by_id(table: ibis.Table) -> pd.DataFrame:
    return table.order_by("customer_id").to_pandas().set_index("customer_id")


def held_at(table: ibis.Table, as_of: date = AS_OF) -> dict[str, tuple[str, int]]:
    return {who: tuple(row) for who, row in by_id(membership_tiers.at(table, as_of=as_of)).iterrows()}


def test_a_range_holds_both_of_its_days() -> None:
    table = ranges(("ann", "blue", "2024-06-30", "2024-06-30"))
    assert held_at(table, date(2024, 6, 29)) == {}
    assert held_at(table) == {"ann": ("blue", 1)}
    assert held_at(table, date(2024, 7, 1)) == {}


def test_of_overlapping_ranges_the_latest_begun_counts_and_ties_go_by_name() -> None:
    table = ranges(
        ("ann", "gold", "2023-01-01", None),
        ("ann", "blue", "2024-01-01", None),
        ("bob", "silver", "2024-01-01", "2024-12-31"),
        ("bob", "blue", "2024-01-01", None),
        ("cyd", "blue", "2023-01-01", None),
        ("cyd", "blue", "2024-01-01", None),
        ("dan", "gold", "2024-01-01", "2024-06-29"),
        ("dan", "blue", "2023-01-01", None),
        ("eve", "gold", "2024-07-01", None),
    )
    assert held_at(table) == {"ann": ("blue", 2), "bob": ("blue", 2), "cyd": ("blue", 1), "dan": ("blue", 1)}
    assert held_at(table.drop("valid_to"))["dan"] == ("gold", 2), "without ends nothing ends"


def test_the_tier_on_a_day_is_that_of_the_simulation() -> None:
    company = long_lived(customer_count=400)
    one = made(loyalty_tiers, company)
    table = ibis.memtable(one.arrow["memberships"])
    truth = loyalty_tiers.held(company, one.people, block=0)
    for day in (date(2022, 5, 1), date(2023, 12, 31), date(2024, 12, 31)):
        rows = np.arange(len(one.people))
        codes = truth.tier_at(rows, np.full(len(rows), np.datetime64(day, "us")))
        expected = {
            str(one.people.customer_id[row]): company.memberships.tiers[code]
            for row, code in enumerate(codes)
            if code >= 0
        }
        assert {who: tier for who, (tier, _) in held_at(table, day).items()} == expected
        assert len(expected) > 10


def test_a_tier_takes_its_amount_and_its_orders_to_the_cent(make_orders: Any) -> None:
    orders = make_orders(
        [
            ("all", "2024-06-30T23:59:59", "200"),
            ("all", "2024-06-29", "50"),
            ("all", "2023-07-02", "50"),
            ("edge", "2024-06-01", "100.00"),
            ("edge", "2024-06-02", "0.50"),
            ("cent", "2024-06-01", "100.00"),
            ("cent", "2024-06-02", "0.49"),
            ("once", "2024-06-01", "500.00"),
            ("old", "2023-07-01T23:59:59", "500.00"),
            ("later", "2024-07-01", "500.00"),
        ]
    )
    table = by_id(membership_tiers.by_rules(days_of(orders), rules=RULES, **WINDOW))
    assert list(table.index) == ["all", "cent", "edge", "old", "once"]
    assert list(table["tier"]) == ["金", "普通", "银", "普通", "普通"]
    assert list(table["next_tier"].fillna("")) == ["", "银", "金", "银", "银"]
    missing = table["missing_amount"].drop("all")
    assert list(missing) == [Decimal(text) for text in ("0.0100", "199.5000", "100.5000", "0.0000")]
    assert list(table["missing_order_count"].drop("all")) == [0, 1, 2, 1]
    assert table.loc["all", ["missing_amount", "missing_order_count"]].isna().all()
    assert list(table["amount"]) == [300, Decimal("100.49"), Decimal("100.5"), 0, 500]
    # old lacks two orders, edge lacks more than its mean order of 50.25
    assert table["is_one_order_away"].to_dict() == {"all": 0, "cent": 1, "edge": 0, "old": 0, "once": 1}


def test_one_order_away_is_one_order_of_ones_own_mean_size(make_orders: Any) -> None:
    orders = make_orders(
        [
            ("below", "2024-06-01", "40"),
            ("below", "2024-06-02", "50"),
            ("mean", "2024-06-01", "45"),
            ("mean", "2024-06-02", "55"),
            ("two", "2024-06-01", "500"),
            ("none", "2023-01-01", "500"),
        ]
    )
    rules = [TierRule(tier="a"), TierRule(tier="b", amount=150, orders=3)]
    table = by_id(membership_tiers.by_rules(days_of(orders), rules=rules, **WINDOW))
    # below lacks 60 and orders 45 at a time, mean lacks 50 of 50, two lacks two orders
    assert table["is_one_order_away"].to_dict() == {"below": False, "mean": True, "none": False, "two": False}
    spent = [TierRule(tier="a"), TierRule(tier="b", orders=1)]
    table = by_id(membership_tiers.by_rules(days_of(orders), rules=spent, **WINDOW))
    assert not table.loc["none", "is_one_order_away"], "who ordered nothing has no order of a usual size"


def test_below_the_lowest_tier_that_asks_there_is_none(make_orders: Any) -> None:
    orders = make_orders([("ann", "2024-06-30", "5"), ("bob", "2024-06-30", "50")])
    table = by_id(membership_tiers.by_rules(days_of(orders), rules=[TierRule(tier="vip", amount=20)], **WINDOW))
    assert table["tier"].isna().to_dict() == {"ann": True, "bob": False}
    assert table.loc["ann", "next_tier"] == "vip"
    held = membership_tiers.held(None, days_of(orders), rules=[TierRule(tier="vip", amount=20)], **WINDOW)
    assert held is not None
    assert by_id(held)["tier"].to_dict() == {"bob": "vip"}


def test_holders_are_measured_against_the_tier_above_theirs(make_orders: Any) -> None:
    orders = make_orders(
        [
            ("ann", "2024-06-30", "400"),
            ("ann", "2024-06-29", "0"),
            ("ann", "2024-06-28", "0"),
            ("xen", "2024-06-30", "9"),
        ]
    )
    held = ranges(
        ("ann", "普通", "2024-01-01", None),
        ("bob", "银", "2024-01-01", None),
        ("cyd", "金", "2024-01-01", None),
        ("dan", "钻", "2024-01-01", None),
    )
    table = by_id(
        membership_tiers.by_rules(days_of(orders), rules=RULES, held=membership_tiers.at(held, as_of=AS_OF), **WINDOW)
    )
    assert list(table.index) == ["ann", "bob", "cyd", "dan"], "who holds no tier is left out, who bought nothing is not"
    assert table["next_tier"].fillna("").to_dict() == {"ann": "银", "bob": "金", "cyd": "", "dan": ""}
    assert (table.loc["ann", "missing_amount"], table.loc["ann", "missing_order_count"]) == (0, 0)
    assert (table.loc["bob", "missing_amount"], table.loc["bob", "missing_order_count"]) == (300, 3)
    assert not table["is_one_order_away"].any(), "ann has it already, bob is far"


def test_held_tiers_come_before_rules_and_without_either_there_is_none(make_orders: Any) -> None:
    orders = make_orders([("ann", "2024-06-30", "400")])
    held = membership_tiers.held(ranges(("bob", "blue", "2024-01-01", None)), days_of(orders), rules=RULES, **WINDOW)
    assert held is not None
    assert by_id(held)["tier"].to_dict() == {"bob": "blue"}
    assert (
        membership_tiers.held(None, days_of(orders), rules=[TierRule(tier="a"), TierRule(tier="b")], **WINDOW) is None
    )
    assert membership_tiers.held(None, days_of(orders), rules=[], **WINDOW) is None


def test_scaling_the_currency_scales_what_is_missing(make_orders: Any, random_rows: Any) -> None:
    rows = random_rows(seed=3, count=300)
    plain = by_id(membership_tiers.by_rules(days_of(make_orders(rows)), rules=RULES, **WINDOW))
    times = [(who, at, Decimal(amount) * 100) for who, at, amount in rows]
    rules = [rule.model_copy(update={"amount": rule.amount * 100}) for rule in RULES]
    scaled = by_id(membership_tiers.by_rules(days_of(make_orders(times[::-1])), rules=rules, **WINDOW))
    same = ["tier", "next_tier", "order_count", "missing_order_count", "is_one_order_away"]
    pd.testing.assert_frame_equal(plain[same], scaled[same])
    assert list(scaled["missing_amount"].dropna()) == [100 * one for one in plain["missing_amount"].dropna()]
    assert plain["tier"].nunique() == 3
    assert plain["is_one_order_away"].any()


def test_rules_that_do_not_rise_are_refused_all_at_once() -> None:
    rules = [TierRule(tier="a", amount=5), TierRule(tier="b", amount=5), TierRule(tier="a", amount=9, orders=0)]
    with pytest.raises(ParamsError) as told:
        membership_tiers.check([*rules, TierRule(tier="c", amount=8, orders=3)])
    assert str(told.value) == (
        "`tier_rules` must rise from the lowest tier to the highest; 3 problems.\n"
        "- tier 'a' is named 2 times\n"
        "- tier 'b' asks for the same as 'a' below it\n"
        "- tier 'c' asks for less than 'a' below it"
    )
    with pytest.raises(ParamsError, match="no tier asks for an amount or for orders"):
        membership_tiers.check([])
    membership_tiers.check(RULES)


@pytest.mark.parametrize(
    ("names", "order", "source"),
    [
        (["gold", "Blue", "silver member"], ["Blue", "silver member", "gold"], "names"),
        (["白金卡", "金卡", "银卡", "钻石卡"], ["银卡", "金卡", "白金卡", "钻石卡"], "names"),
        (["V10", "V2", "V1"], ["V1", "V2", "V10"], "names"),
        (["alpha", "beta", "beta"], ["beta", "alpha"], "sizes"),
        (["gold", "gold", "golden"], ["gold", "golden"], "sizes"),
        (["gold", "friend", "friend"], ["friend", "gold"], "sizes"),
        (["V1", "L2", "L2"], ["L2", "V1"], "sizes"),
    ],
)
def test_the_order_is_read_off_names_and_else_supposed_from_sizes(
    names: list[str], order: list[str], source: str
) -> None:
    table = ranges(*((f"c{at}", name, "2024-01-01", None) for at, name in enumerate(names)))
    found = membership_tiers.order_of(table, as_of=AS_OF, rules=[])
    assert (list(found.tiers), found.source) == (order, source)


def test_rules_state_the_order_and_what_they_do_not_name_comes_below() -> None:
    table = ranges(("a", "gold", "2024-01-01", None), ("b", "odd", "2024-01-01", None), ("c", "x", "2024-07-01", None))
    found = membership_tiers.order_of(table, as_of=AS_OF, rules=[TierRule(tier="gold"), TierRule(tier="blue")])
    assert found == membership_tiers.TierOrder(("odd", "gold", "blue"), "rules")
    assert membership_tiers.order_of(None, as_of=AS_OF, rules=RULES).tiers == ("普通", "银", "金")


def test_spending_counts_every_customer_of_every_table_once(make_orders: Any) -> None:
    orders = make_orders([("ann", "2024-06-30", "4.50"), ("ann", "2023-01-01", "9"), ("bob", "2024-07-01", "9")])
    rows = [
        ("1", "ann", "2023-01-01", "earn", 900),
        ("2", "ann", "2024-06-30", "earn", 40),
        ("3", "ann", "2024-06-30", "redeem", -100),
        ("4", "ann", "2024-06-30", "expire", -300),
        ("5", "zoe", "2024-01-01", "referral", 50),
        ("6", "zoe", "2024-07-01", "redeem", -50),
    ]
    frame = pd.DataFrame([(a, b, pd.Timestamp(c), d, e) for a, b, c, d, e in rows], columns=list(ENTRIES))
    book = ibis.memtable(frame, schema=ENTRIES)
    held = ranges(("cyd", "gold", "2024-01-01", None), ("ann", "blue", "2024-01-01", None)).select(
        "customer_id", "tier"
    )
    found = by_id(membership_tiers.spending(days_of(orders), held=held, points=book, **WINDOW))
    assert found.fillna("").to_numpy().tolist() == [
        ["blue", 1, Decimal("4.5000"), 40, 100, 540],
        ["gold", 0, 0, 0, 0, 0],
        ["", 0, 0, 50, 0, 50],
    ]
    assert list(found.index) == ["ann", "cyd", "zoe"]
    without = by_id(membership_tiers.spending(days_of(orders), held=held, **WINDOW))
    assert list(without.columns) == list(found.columns)
    assert without["balance_points"].sum() == 0
