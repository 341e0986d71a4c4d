"""What the page says of offers, of whom a next campaign should reach, and of those to win back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.display.churn import paying, uplifts, winning_back
from helpers.display.findings import Lacking
from helpers.models.campaigns.qini import BETTER, CHANCE, Qini
from helpers.models.campaigns.uplift import LEAVE, OFFER, UNCLEAR, Judged
from helpers.models.churn import offers
from helpers.models.churn.offers import Offer, Profit, Value
from helpers.models.churn.winback import EVERY, GIVE_UP, GO_ON, WinBack
from helpers.models.segments.actions import Plan
from helpers.models.statistics.intervals import Estimate

MONEY = {"currency": "CNY", "level": 0.95}
STATED = Offer(200, 10, 1, 6, 14)
CURVE = pd.DataFrame({"chance": [np.inf, 0.5, 0.1], "customer_share": [0, 0.4, 1], "profit_amount": [0, 17.45, 3.0]})
PROFITS = Profit(CURVE, 17.45, 0.4, 17.494, 0.41)
WORTH = Value(
    120, 300, 0.4, Estimate(3490, 900, 6100, 500), Estimate(700, 200, 1200, 500), Estimate(2790, 0, 5000, 500)
)


def test_an_offer_is_told_with_every_symbol_in_plain_words() -> None:
    told = paying.summary(WORTH, PROFITS, STATED, **MONEY)
    assert told.claim == "Offer it to 120 customers: worth CNY\xa03,490 against doing nothing."
    assert (told.value, told.low, told.high, told.unit) == (3490, 900, 6100, "CNY")
    for words in (
        "beyond an offer to everybody, which is worth CNY\xa02,790: CNY\xa0700.00 (CNY\xa0200.00 to CNY\xa01,200)",
        "p* = (d + f) / (γ (CLV − d) + d) = 16.4\xa0%",
        "the offer costs d = CNY\xa010.00 for each who takes it, a contact f = CNY\xa01.00",
        "a kept customer is worth CLV = CNY\xa0200.00, and γ = 30.0\xa0% of those leaving are believed to stay",
        "CNY\xa017.45 a customer (MPC)",
        "CNY\xa017.49 in the mean over what γ may be (EMPC)",
    ):
        assert words in told.evidence


def test_an_offer_that_may_not_pay_or_pays_for_nobody() -> None:
    unsure = replace(WORTH, against_nothing=Estimate(3490, -5, 6100, 500))
    assert paying.summary(unsure, PROFITS, STATED, **MONEY).claim.startswith(
        "Whether the offer to 120 customers pays is not sure"
    )
    nobody = replace(WORTH, offered_count=0)
    assert paying.summary(nobody, PROFITS, STATED, **MONEY).claim.startswith("The offer pays for nobody")
    none = paying.summary(None, None, None, **MONEY)
    assert "in the parameters" in none.claim
    young = paying.summary(None, None, STATED, **MONEY)
    assert young.claim.startswith("Longer data would show")
    assert all(isinstance(one, Lacking) for one in (none, young))


def test_the_profit_curve_says_its_numbers() -> None:
    drawn = paying.figure(PROFITS, STATED, WORTH, currency="CNY")
    assert (
        "at best CNY\xa017.45 a customer, offered to 40.0\xa0% of them, and offered to everybody CNY\xa03.00"
        in drawn.alt
    )


def judged(verdict: str = BETTER) -> Judged:
    curve = pd.DataFrame(
        {"customer_share": [0, 1], "gain": [0, 0.04], "low": [0, 0.04], "high": [0, 0.04], "chance_gain": [0, 0.04]}
    )
    row = {"learner": "two models", "qini": 0.0094, "low": 0.001, "high": 0.018, "verdict": verdict}
    row |= {"top_effect": 0.12, "top_low": 0.05, "top_high": 0.19, "n": 2000}
    fifths = [
        {"fifth": fifth, "outcome": outcome, "customer_count": 400, "mean": 0.2, "effect": effect, "low": effect - 0.01}
        | {"high": effect + 0.01, "adjusted_p_value": 0.001, "expected": effect}
        for outcome in ("conversion", "contribution")
        for fifth, effect in zip(range(1, 6), (0.12, 0.05, 0.02, 0.01, -0.04), strict=True)
    ]
    coefficient = Estimate(0.0094, 0.001, 0.018, 2000)
    return Judged(
        pd.DataFrame([row]), Qini(curve, coefficient, verdict), pd.DataFrame(fifths), np.arange(4.0), np.asarray
    )


def scored(*advice: str) -> pd.DataFrame:
    return pd.DataFrame({"advice": advice})


def test_a_score_that_finds_the_moved_is_told_with_whom_to_leave_alone() -> None:
    told, alone = uplifts.summary(judged(), scored(OFFER, LEAVE, LEAVE), arm="voucher", campaign="c", level=0.95)
    assert told.claim == "A score finds whom the voucher moves: 12.0 points among the fifth it puts first."
    assert "Qini 0.94 (area over chance, in points), 95\xa0% interval 0.10 to 1.80: better than chance" in told.evidence
    assert alone.claim == "Leave 2 customers alone: an offer to customers like them costs more than it brings."
    assert alone.value == 2.0


def test_a_score_no_better_than_chance_is_called_so_and_tells_nobody_apart() -> None:
    told, alone = uplifts.summary(judged(CHANCE), scored(UNCLEAR), arm="voucher", campaign="c", level=0.95)
    assert told.claim == "No score tells better than chance whom the voucher of c moves."
    assert alone.claim == "Nobody is to be left alone by a score that is no better than chance."
    (none,) = uplifts.summary(None, None, arm="", campaign="", level=0.95)
    assert none.claim.endswith("would show whom to reach and whom not.")
    assert isinstance(none, Lacking)


def test_fifths_stand_in_a_table_and_a_figure() -> None:
    cells = uplifts.fifth_table(judged(), pd.Series({1: OFFER, 5: LEAVE}), **MONEY).cells
    assert cells["advice"].tolist() == [OFFER, UNCLEAR, UNCLEAR, UNCLEAR, LEAVE]
    assert cells["seen, points"].tolist()[0] == "12.0"
    assert "highest 12.0 points (11.0 points to 13.0 points)" in uplifts.figure(judged(), arm="voucher").alt
    assert uplifts.learner_table(judged(), level=0.95).cells["verdict"].tolist() == [BETTER]


def rates(low: float = 0.01) -> pd.DataFrame:
    rows = [
        {
            "away": name,
            "away_from_days": start,
            "away_to_days": start + 99,
            "rule": rule,
            "effect": 0.05,
            "low": low,
            "high": 0.09,
        }
        for name, start, rule in ((EVERY, 200, GO_ON), ("third 3", 700, GIVE_UP))
    ]
    money = {"contribution_amount": 1.5, "contribution_low": 0.5, "contribution_high": 2.5}
    shares = {"customer_count": 600, "control_count": 500, "back_share": 0.15, "control_back_share": 0.10}
    return pd.DataFrame(rows).assign(**money, **shares)


def listed() -> WinBack:
    counts = {"offer": "voucher", "channel": "email", "contact_count": 120, "holdout_count": 30, "no_consent_count": 7}
    counts |= {"erased_count": 1, "capped_count": 0, "over_limit_count": 0, "consent_unknown_count": 0}
    return WinBack(Plan(pd.DataFrame(), pd.DataFrame([counts])), 200, 42)


def test_who_is_won_back_with_the_hold_out_and_the_rule() -> None:
    on_list, rate = winning_back.summary(listed(), rates(), **MONEY)
    assert on_list.claim == "120 customers who have gone are to be offered: voucher."
    assert "30 more are held out by chance and must not be contacted" in on_list.evidence
    assert "7 without a standing consent, 1 who asked to be erased and 42 who are given up" in on_list.evidence
    assert rate.claim == "A contact brought back 5.0 points more of those who had gone than came by themselves."
    assert (
        "15.0\xa0% of 600 customers contacted in the last campaign came back, 10.0\xa0% of 500 left alone"
        in rate.evidence
    )
    assert "surely adds nothing: 700 days or more" in rate.evidence


def test_what_is_not_known_of_winning_back_is_said() -> None:
    assert winning_back.summary(listed(), rates(low=-0.01), **MONEY)[1].claim.startswith(
        "Whether a contact brings back"
    )
    planned, rate = winning_back.summary(None, rates().head(0), **MONEY)
    assert "win-back offer in the parameters" in planned.claim
    assert rate.claim.endswith("would show how many a contact brings back.")
    assert all(isinstance(one, Lacking) for one in (planned, rate))


@pytest.mark.parametrize("column", ["came back", "rule"])
def test_the_table_of_rates(column: str) -> None:
    cells = winning_back.table(rates(), **MONEY).cells
    assert cells["away"].tolist() == ["all", "700 to 799 days"]
    assert cells[column].tolist() == {"came back": ["15.0\xa0%"] * 2, "rule": [GO_ON, GIVE_UP]}[column]


def test_the_offer_is_kept_with_how_many_customers_it_pays_for() -> None:
    (row,) = offers.told(WORTH, offer=STATED, smallest_cell=10).to_dict("records")
    assert (row["offered_count"], row["customer_count"], row["value_amount"]) == (120, 300, 3490)
    assert row["threshold_share"] == pytest.approx(11 / (0.3 * 190 + 10)), "(d + f) / (gamma (CLV - d) + d)"
    assert offers.told(WORTH, offer=STATED, smallest_cell=121)["offered_count"].isna().all()
