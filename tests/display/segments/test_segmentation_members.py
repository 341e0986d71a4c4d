"""Membership and points on the page: sentences true for whatever data, figures and tables with the frames' numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.display.figures import Drawing, svg
from helpers.display.findings import Finding
from helpers.display.segments import memberships
from helpers.display.showing import show
from helpers.models.segments.points import Account
from helpers.models.segments.tier_economics import near_next
from helpers.models.statistics.intervals import Estimate

NAN = float("nan")
DAY = date(2025, 1, 31)
TOLD = {"as_of": DAY, "days": 365, "currency": "CNY", "level": 0.95}
OWED = {"as_of": DAY, "days": 91, "currency": "CNY", "level": 0.95}
TIERS = pd.DataFrame(
    {
        "tier": ["(no tier)", "普通,<x>", "gold"], "customer_count": [5, 12, 3], "customer_share": [0.25, 0.6, 0.15],
        "revenue_share": [0.0, 0.4, 0.6], "mean_amount": [0.0, 20.0, 100.0], "mean_low": [NAN, 14.0, NAN],
        "mean_high": [NAN, 28.0, NAN], "earned_points": [0, 60, 15], "redeemed_points": [0, 60, 50],
        "redeemer_share": [0.0, 0.25, 1 / 3], "balance_points": [0, 120, 30], "margin_amount": [0.0, 120.0, 150.0],
        "points_amount": [0.0, 6.0, 5.0], "net_amount": [0.0, 114.0, 145.0],
    }
)  # fmt: skip
NEXT = pd.DataFrame(
    [("(no tier)", "blue", 1, 0, 1, 5.0, 0.0), ("blue", "gold", 3, 1, 1, 50.0, 0.5)],
    columns="tier next_tier customer_count reached_count one_order_count median_amount median_order_count".split(),
)
MONTHS = pd.DataFrame(
    {
        "month": pd.to_datetime(["2024-12-01", "2025-01-01"]), "earned_points": [100, 50], "referral_points": [0, 0],
        "adjusted_points": [-5, 10], "redeemed_points": [0, -20], "expired_points": [0, -30], "other_points": [0, 0],
        "balance_points": [95, 105],
    }
)  # fmt: skip
COHORTS = pd.DataFrame(
    {
        "month": pd.to_datetime(["2024-12-01", "2025-01-01"]), "is_settled": [True, False], "earned_points": [100, 50],
        "redeemed_points": [20, 0], "expired_points": [80, 0], "other_points": [0, 5], "outstanding_points": [0, 45],
        "redeemed_share": [0.2, 0.0], "expired_share": [0.8, 0.0], "other_share": [0.0, 0.1],
        "outstanding_share": [0.0, 0.9], "redeemed_low": [0.1, NAN], "redeemed_high": [0.4, NAN],
    }
)  # fmt: skip
SHARES = {"redeemed_share": 20 / 150, "expired_share": 80 / 150, "other_share": 5 / 150, "outstanding_share": 0.3}
CHECKS = pd.DataFrame(
    {
        "check": ["kinds are known", "balances"],
        "row_count": [7, 2],
        "breach_count": [0, 0],
        "first_example": [None, None],
    }
)


EXPIRED, REDEEMED = Estimate(0.9, 0.85, 0.95, 40), Estimate(0.1, 0.05, 0.15, 40)


def account(**changes: Any) -> Account:
    """A ledger of points, judged, with some of its parts changed."""
    parts = {
        "months": MONTHS,
        "cohorts": COHORTS,
        "checks": CHECKS,
        "life_days": 366,
        "settled_until": date(2024, 1, 31),
        "expired": EXPIRED,
        "redeemed": REDEEMED,
        "holder_count": 3,
        "expiring": pd.DataFrame({"expiring_points": [10, 20]}),
    }
    return Account(**parts | changes)


def plain(finding: Finding) -> str:
    return finding.sentence.replace("\u00a0", " ")


def owed(points: Account, point_amount: float | None = 0.1) -> list[str]:
    return [plain(one) for one in memberships.points(points, point_amount=point_amount, **OWED)]


def words(drawing: Drawing) -> list[str]:
    return [text.get_text() for axes in drawing.figure.axes for text in axes.texts]


def test_tiers_say_who_holds_what_and_what_the_two_ends_brought() -> None:
    told = memberships.tiers(TIERS, is_supposed=False, **TOLD)
    assert plain(told) == (
        'A customer of the tier "gold" brought CNY 100.00 in 365 days. No interval can be given; one of "普通,<x>" '
        "brought CNY 20.00 (95 % interval CNY 14.00 to CNY 28.00). 15 of 20 customers hold a tier on 31 January "
        '2025: "gold" 3 and "普通,<x>" 12.'
    )
    assert (told.value, told.n, told.unit) == (100.0, 3, "CNY")
    supposed = plain(memberships.tiers(TIERS, is_supposed=True, **TOLD))
    assert supposed.endswith("Which tier is the higher is supposed from their sizes: state it in `tier_rules`.")


def test_tiers_of_one_of_none_and_of_many() -> None:
    one = plain(memberships.tiers(TIERS.iloc[:2], is_supposed=True, **TOLD))
    assert "brought CNY 20.00 in 365 days. 95 % interval CNY 14.00 to CNY 28.00. " in one
    assert one.count("brought") == 1
    by_rules = plain(memberships.tiers(TIERS.iloc[:2], is_supposed=False, is_by_rules=True, **TOLD))
    assert (
        "By the rules stated 12 of 17 customers would be in a tier on 31 January 2025, memberships not having"
        in by_rules
    )
    none = memberships.tiers(TIERS.iloc[:1], is_supposed=False, **TOLD)
    assert plain(none) == "Nobody holds a tier on 31 January 2025."
    many = pd.concat([TIERS.iloc[1:2].assign(tier=f"V{at}") for at in range(1, 8)])
    assert '"V7" 12, "V6" 12, "V5" 12, "V4" 12 and 3 further tiers the rest.' in plain(
        memberships.tiers(many, is_supposed=False, **TOLD)
    )
    assert "there are no tiers to show" in plain(memberships.no_tiers())
    assert "there are none to show" in plain(memberships.no_points())


def test_reach_counts_who_is_one_order_short() -> None:
    told = memberships.reach(near_next(NEXT, smallest_cell=1), days=365)
    assert (told.value, told.n, told.unit) == (0.5, 4, "share")
    assert plain(told) == (
        "2 customers lack no more than one usual order for the next tier. 50.0 % of 4 customers below the highest"
        " tier, counted over 365 days; 1 more has what it takes already."
    )
    assert plain(memberships.reach(near_next(NEXT.head(1), smallest_cell=1), days=1)).endswith("counted over 1 day.")
    assert (
        plain(memberships.reach(near_next(NEXT.head(0), smallest_cell=1), days=365))
        == "Nobody stands below a next tier."
    )


def test_the_ledger_is_told_whole_or_broken_check_by_check() -> None:
    assert plain(memberships.ledger(CHECKS)) == (
        "The ledger of points balances. Its 7 entries pass all 2 checks, among them that the entries of every "
        "customer sum to what is left of what was earned."
    )
    broken = CHECKS.assign(breach_count=[2, 1], first_example=["p9", "客1"])
    told = memberships.ledger(broken)
    assert plain(told) == (
        "The ledger of points is not whole; what follows rests on it all the same. "
        '"kinds are known" fails in 2 of 7 cases; "balances" fails in 1 of 2 cases.'
    )
    assert told.value == 3
    assert "客1" not in plain(told), "a customer's id is nobody's to read"
    assert "nothing to check" in plain(memberships.ledger(CHECKS.assign(row_count=0)))


def test_points_say_what_is_owed_unused_and_about_to_expire() -> None:
    balance, unused, soon = owed(account())
    assert balance == "On 31 January 2025 3 customers hold 45 points. They are a liability of CNY 4.50 if all are used."
    assert unused == (
        "90.0 % of points expired unused and 10.0 % were redeemed. Expired: 95 % interval 85.0 % to 95.0 %; "
        "redeemed: 95 % interval 5.0 % to 15.0 %; points of 40 customers, earned up to 31 January 2024 and 366 "
        "days old or older, the age at which they expire."
    )
    assert soon == (
        "30 points of 2 customers will reach that age within the next 91 days and expire unless they are used."
    )
    assert [one.key for one in memberships.points(account(), point_amount=None, **OWED)] == [
        "points", "points_expired", "points_expiring",
    ]  # fmt: skip
    assert "since no `point_amount` is stated" in owed(account(), None)[0]


def test_what_cannot_be_told_of_points_says_why() -> None:
    never = account(life_days=None, settled_until=None, expiring=pd.DataFrame())
    assert owed(never)[1:] == ["No points have expired yet, so how many go unused is unknown."]
    young = owed(replace(account(), settled_until=None))
    assert young[1].startswith("How many points go unused is unknown. Those")
    assert owed(account(months=MONTHS.head(0))) == ["No points were booked by 31 January 2025."]
    below = owed(account(months=MONTHS.assign(balance_points=38)), None)[0]
    assert below.startswith("On 31 January 2025 3 customers hold 45 points. ")
    assert below.endswith(" Other balances are below zero by 7 points in all, which is not set against it.")
    nothing = {"months": MONTHS.assign(balance_points=0), "cohorts": COHORTS.assign(outstanding_points=0)}
    empty = owed(account(**nothing, holder_count=0))[0]
    assert empty == "On 31 January 2025 nobody holds points."


def test_flows_stack_what_was_added_above_and_what_was_taken_below() -> None:
    drawing = memberships.flows(MONTHS)
    moved, held = drawing.figure.axes
    bars = {
        bar.get_label(): [(one.get_y(), one.get_height()) for one in bar if one.get_height()]
        for bar in moved.containers
    }
    assert bars == {
        "earned": [(0, 100), (0, 50)],
        "adjusted (net)": [(0, -5), (50, 10)],
        "redeemed": [(0, -20)],
        "expired": [(-20, -30)],
    }
    assert list(held.lines[0].get_ydata()) == [95, 105]
    assert (moved.get_ylabel(), held.get_ylabel()) == ("points", "points")
    assert words(drawing) == ["105"]
    assert drawing.alt == (
        "Points in 2 months from December 2024 to January 2025: earned 150, adjusted (net) 5, redeemed −20, expired "
        "−30; balance at the end 105."
    )
    assert "No points" in words(memberships.flows(MONTHS.head(0)))[0]


def test_fates_mark_months_that_are_not_over_and_draw_intervals_of_the_others() -> None:
    drawing = memberships.fates(COHORTS, shares=SHARES, level=0.95)
    (axes,) = drawing.figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["Dec\n2024", "Jan\n2025*"]
    tops = [[patch.get_y() + patch.get_height() for patch in bar] for bar in axes.containers]
    assert np.allclose(tops, [[0.2, 0.0], [1.0, 0.0], [1.0, 0.1], [1.0, 1.0]])
    (interval,) = axes.collections
    assert [segment.tolist() for segment in interval.get_segments()] == [[[0.0, 0.1], [0.0, 0.4]]]
    assert axes.get_xlabel() == "n = 150 points of 2 months; * their time is not over"
    assert drawing.alt.replace("\u00a0", " ") == (
        "What became of points, by the month in which they were earned: 2 months, the time of 1 of them is over; of all "
        "points so far redeemed 13.3 %, expired unused 53.3 %, taken back 3.3 %, still held 30.0 %."
    )
    assert not memberships.fates(COHORTS.tail(1), shares=SHARES, level=0.95).figure.axes[0].collections
    assert "No points" in words(memberships.fates(COHORTS.head(0), shares=SHARES, level=0.95))[0]


@pytest.mark.parametrize("count", [1, 60])
def test_figures_are_drawn_for_one_month_and_for_many(count: int) -> None:
    months = pd.date_range("2020-01-01", periods=count, freq="MS")
    for drawing in (
        memberships.flows(pd.DataFrame({"month": months, **dict.fromkeys(MONTHS.columns[1:], 1)})),
        memberships.fates(
            pd.DataFrame({"month": months, **dict.fromkeys(COHORTS.columns[1:], 0.25)}).assign(is_settled=True),
            shares=SHARES,
            level=0.95,
        ),
    ):
        assert all(len(axes.get_xticks()) <= 16 for axes in drawing.figure.axes)
        assert svg(drawing.figure).startswith("<?xml")


def test_the_tier_table_leaves_out_what_nobody_knows(shown: list[dict[str, Any]]) -> None:
    show(memberships.tier_table(TIERS, days=365, currency="CNY"))
    head, *rows = shown[0]["text/plain"].replace("\u00a0", " ").splitlines()[1:]
    assert "margin less these, CNY" in head
    assert rows[1].split() == [
        "普通,<x>",
        "12",
        "60.0",
        "%",
        "40.0",
        "%",
        "20.00",
        "14.00",
        "28.00",
        "25.0",
        "%",
        "120",
        "6",
        "114",
    ]
    assert "&lt;x&gt;" in shown[0]["text/html"]
    show(
        memberships.tier_table(
            TIERS.assign(points_amount=NAN, net_amount=NAN, margin_amount=NAN), days=365, currency="CNY"
        )
    )
    assert "less these" not in shown[1]["text/plain"]
    assert "points held" in shown[1]["text/plain"]
    show(memberships.tier_table(TIERS.assign(balance_points=0, earned_points=0), days=365, currency="CNY"))
    assert "points" not in shown[2]["text/plain"].splitlines()[1], "no ledger, no columns of points"


def test_the_table_of_next_tiers(shown: list[dict[str, Any]]) -> None:
    show(memberships.reach_table(NEXT, currency="元"))
    lines = shown[0]["text/plain"].splitlines()
    assert "median missing, 元" in lines[1]
    assert lines[3].split() == ["blue", "gold", "3", "1", "1", "50.00", "0.5"]
