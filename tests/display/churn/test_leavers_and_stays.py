"""What the churn page says and draws: whole sentences, and what is said where there is nothing to tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.display.churn import leavers, stays
from helpers.display.figures import svg
from helpers.models.churn.at_risk import CONTRACT, PURCHASES, Change, Totals
from helpers.models.churn.plans import INCIDENT, Curves, Hazards
from helpers.models.churn.plans import curves as curves_of
from helpers.models.statistics.intervals import Estimate
from helpers.models.statistics.small_groups import hide

DAY, LEVEL = date(2024, 12, 31), 0.95
MONEY = {"has_margin": True, "currency": "CNY"}
TOTALS = Totals(
    PURCHASES, 100, 20, 30, Estimate(2 / 7, 0.19, 0.4, 70), Estimate(500.0, 400.0, 600.0, 100), Estimate(800.0, 700.0, 900.0, 100)
)  # fmt: skip
BESIDE = pd.DataFrame(
    {
        "definition": ["lapsed", "no purchase for 182 days", "P(alive) below one half"], "told_count": [100, 100, 0],
        "gone_count": [30, 60, 0], "gone_share": [0.3, 0.6, np.nan], "low": [0.2, 0.5, np.nan],
        "high": [0.4, 0.7, np.nan], "agree_share": [1.0, 0.7, np.nan],
    }
)  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_gone_is_told_beside_its_neighbours() -> None:
    told = leavers.definition(BESIDE, own="lapsed", as_of=DAY, comeback_days=182, lapsed_share=0.1, level=LEVEL)
    assert plain(told.claim) == "30 of 100 customers had gone by 31 December 2024, 30.0 %."
    assert plain(told.evidence) == (
        "95 % interval 20.0 % to 40.0 %. Gone: of customers like them at most 10 % come back within 182 days. "
        "Other definitions say from 30.0 % (lapsed) to 60.0 % (no purchase for 182 days)."
    )
    table = leavers.definition_table(BESIDE, own="lapsed", level=LEVEL).cells
    assert list(table["gone means"])[:2] == ["lapsed (this page)", "no purchase for 182 days"]


def test_who_is_at_risk_and_what_with_them() -> None:
    told = leavers.at_risk(TOTALS, as_of=DAY, days=182, level=LEVEL, **MONEY)
    assert plain(told.claim) == "20 customers are at risk on 31 December 2024, and CNY 500.00 a year with them."
    assert plain(told.evidence) == (
        "28.6 % of 70 customers not gone; 95 % interval 19.0 % to 40.0 %; amount: 95 % interval CNY 400.00 to "
        "CNY 600.00; what they brought in the latest year (margin), times the chance not to come back within 182 days; "
        "at risk: slipping, as in segmentation."
    )
    assert (told.value, told.low, told.high, told.n, told.unit) == (500, 400, 600, 20, "CNY")


@pytest.mark.parametrize(
    ("totals", "claim"),
    [
        (replace(TOTALS, high_count=0), "No customer is at risk on 31 December 2024."),
        (replace(TOTALS, gone_count=100), "Nobody is left who could leave by 31 December 2024."),
        (
            replace(TOTALS, definition=CONTRACT, high_count=1),
            "1 subscriber is at risk on 31 December 2024: CNY 500.00 of payments.",
        ),
    ],
)
def test_none_and_one_at_risk(totals: Totals, claim: str) -> None:
    assert plain(leavers.at_risk(totals, as_of=DAY, days=91, level=LEVEL, **MONEY).claim) == claim


def test_cards_tell_change_against_the_earlier_day() -> None:
    change = Change(10, Estimate(1.0, 0.6, 1.4, 100))
    made = leavers.cards([TOTALS], change, days=91, currency="CNY", year=0.5, year_days=365)
    (text,) = (bundle[0]["text/plain"] for bundle in made.bundles())
    assert plain(text).splitlines() == [
        "Customers at risk: 20 (▲ 100.0 % (+60.0 % to +140.0 %) against 10, 91 days before)",
        "At risk with these customers: CNY 500.00 (CNY 400.00 to CNY 600.00)",
        "Subscriptions still there after 365 days: 50.0 %",
    ]


def test_who_bought_once_is_told_apart() -> None:
    apart = pd.DataFrame(
        {
            "buyers": ["once"] * 3 + ["more"] * 3, "risk_band": ["gone", "high", "low"] * 2,
            "customer_count": [8, 1, 1, 2, 3, 4], "p_gone": 0.5, "p_alive": [np.nan] * 3 + [0.5] * 3,
            "value_at_risk_amount": 1.0,
        }
    )  # fmt: skip
    told = leavers.once(apart, model="BG/NBD", tells_once=False)
    assert told.sentence == (
        "8 of 10 customers who bought once have gone. BG/NBD calls all of them alive by construction, so P(alive) is not told; "
        "gone is told by their pause alone."
    )
    assert list(leavers.apart_table(apart, currency="CNY").cells["P(alive)"])[:3] == ["–"] * 3
    nobody = apart.assign(customer_count=0)
    assert leavers.once(nobody, model="BG/NBD", tells_once=False).claim == "Nobody has bought only once."


def test_those_with_whom_most_is_lost_come_first() -> None:
    customers = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"], "definition": PURCHASES, "risk_band": ["high", "high", "gone"],
            "p_gone": [0.5, 0.7, 1.0], "reason": ["away", None, "away"], "value_at_risk_amount": [5.0, 9.0, 99.0],
        }
    )  # fmt: skip
    table = leavers.most_at_risk(customers, count=10, currency="CNY")
    assert list(table.cells["customer"]) == ["b", "a"]
    assert list(table.cells["why"]) == ["–", "away"]
    assert table.is_folded


@pytest.fixture(scope="module")
def curves() -> Curves:
    """Of 100 on each plan all of basic end evenly in 400 days; of plus half never do."""
    days = np.arange(4, 404, 4)
    spells = pd.DataFrame({"plan": ["basic"] * 100 + ["plus"] * 100, "age_days": [*days, *days]})
    spells["is_ended"] = [True] * 100 + [True, False] * 50
    made = curves_of(spells, smallest_group=30, level=LEVEL)
    assert made is not None
    return made


def test_how_long_subscriptions_last(curves: Curves) -> None:
    told = stays.stays(curves, level=LEVEL)
    assert plain(told.claim).endswith("of subscriptions are still there after 365 days.")
    assert "Kaplan-Meier; 150 of 200 have ended, the others are watched on." in told.evidence
    parted = stays.plans(curves, level=LEVEL)
    assert parted.claim.startswith('The plan "plus" keeps subscribers ')
    assert parted.claim.endswith(' days longer than "basic", within 365 days.')
    assert "log-rank test of all plans: p below 0.001" in parted.evidence
    assert "basic, n = 100: half have ended by day 2" in stays.survival(curves, level=LEVEL).alt
    assert "<svg" in svg(stays.survival(curves, level=LEVEL).figure)
    assert list(stays.plan_table(curves, level=LEVEL).cells["plan"]) == ["all", "basic", "plus"]


def test_one_plan_and_plans_alike_are_said(curves: Curves) -> None:
    assert "one plan of subscriptions only" in stays.plans(replace(curves, gap=None), level=LEVEL).claim
    alike = replace(curves, test=replace(curves.test, p_value=0.4))
    assert stays.plans(alike, level=LEVEL).claim == "Plans do not clearly differ in how long subscriptions last."
    assert "p 0.400" in stays.plans(alike, level=LEVEL).evidence


def test_without_subscriptions_one_line_says_what_they_would_show() -> None:
    assert "subscriptions would show how long they last" in stays.too_few(is_delivered=False).claim
    assert "these are too few" in stays.too_few(is_delivered=True).claim


REASONS = pd.DataFrame(
    {
        "reason": ["price", "moved"], "age": 365.0, "share": [0.2, 0.1], "standard_error": 0.01, "low": [0.18, 0.08],
        "high": [0.22, 0.12], "ended_count": [40, 20],
    }
)  # fmt: skip


def test_why_subscriptions_end() -> None:
    told = stays.reasons(REASONS, level=LEVEL)
    assert plain(told.claim) == '20.0 % of subscriptions end within 365 days for the reason "price".'
    assert plain(told.evidence) == (
        '95 % interval 18.0 % to 22.0 %; Aalen-Johansen, other reasons compete; "moved" 10.0 %.'
    )
    assert "is unknown" in stays.reasons(REASONS.head(0), level=LEVEL).claim
    assert list(stays.reason_table(REASONS, level=LEVEL).cells["ended for it"]) == ["40", "20"]


def hazards(ratio: float, low: float, high: float, *, proportional: float = 0.5) -> Hazards:
    row = {
        "term": INCIDENT, "log_hazard_ratio": np.log(ratio), "standard_error": 0.1, "low": np.log(low),
        "high": np.log(high), "hazard_ratio": ratio, "hazard_ratio_low": low, "hazard_ratio_high": high,
        "p_value": 0.0004, "proportional_p_value": proportional,
    }  # fmt: skip
    return Hazards(pd.DataFrame([row]), "basic", 1260, 500, 31)


def test_an_incident_is_an_association() -> None:
    told = stays.incident(hazards(2.0, 1.3, 3.4), level=LEVEL)
    assert told.claim == "After a bad service incident subscriptions end sooner: 2.00 times the risk of others."
    assert plain(told.evidence) == (
        "95 % interval 1.30 to 3.40; Cox, of the same plan and age; 31 of 1,260 met one; an association, not an effect."
    )
    changing = stays.incident(hazards(2.0, 1.3, 3.4, proportional=0.01), level=LEVEL)
    assert changing.evidence.endswith("; the ratio changes with age, and this is its mean.")
    assert "do not clearly end sooner" in stays.incident(hazards(1.2, 0.8, 1.6), level=LEVEL).claim


def test_no_incident_is_said() -> None:
    none = Hazards(hazards(2, 1, 3).table.head(0), "basic", 100, 50, 0, "there are too few plans to compare")
    assert stays.incident(none, level=LEVEL).sentence == (
        "What a bad service incident does to subscriptions is unknown. There are too few plans to compare."
    )
    assert "there are too few plans to compare" in stays.hazard_figure(none, level=LEVEL).alt


def test_hazards_are_tabled_and_drawn() -> None:
    made = hazards(2.0, 1.3, 3.4)
    cells = stays.hazard_table(made, level=LEVEL).cells
    assert list(cells.iloc[0]) == [INCIDENT, "2.00", "1.30", "3.40", "below 0.001", "0.500"]
    plan = replace(made, table=made.table.assign(term="plus"))
    assert stays.hazard_table(plan, level=LEVEL).cells["compared"].iloc[0] == "plan plus, not basic"
    assert "plus 2.00" in stays.hazard_figure(plan, level=LEVEL).alt


def test_where_few_have_gone_their_number_is_not_told() -> None:
    few = hide(BESIDE.assign(gone_count=[4, 60, 0]), counts=["gone_count"], smallest_cell=10, has_total=False)
    told = leavers.definition(few, own="lapsed", as_of=DAY, comeback_days=182, lapsed_share=0.1, level=LEVEL)
    assert told.claim == "How many customers have gone is not shown, to protect people."
    assert told.value is None
    assert leavers.definition_table(few, own="lapsed", level=LEVEL).cells["gone"].astype(str).tolist()[0] == "–"
    parted = pd.DataFrame(
        {
            "buyers": ["once", "once", "more"], "risk_band": ["gone", "low", "low"], "customer_count": [4, 90, 50],
            "p_gone": [0.9, 0.2, 0.3], "p_alive": [0.1, 0.9, 0.8], "value_at_risk_amount": [1.0, 2.0, 3.0],
        }
    )  # fmt: skip
    once = leavers.once(hide(parted, by=["buyers"], smallest_cell=10), model="Pareto/NBD", tells_once=True)
    assert once.claim == "How many of those who bought once have gone is not shown, to protect people."
    assert once.value is None
