"""Who has gone and who is at risk: definitions beside each other, bands, money at risk and its change, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.churn import at_risk, definitions
from helpers.models.survival.survivors import survivors

LEVEL = 0.95


def people(**columns: list[object]) -> pd.DataFrame:
    base = {"customer_id": ["a", "b", "c"], "stage": ["lapsed", "slipping", "loyal"], "purchase_count": [1, 3, 9]}
    base |= {"days_since_last": [400, 90, 5], "usual_gap_days": [60.0, 20.0, 7.0], "comeback_share": [0.05, 0.4, 0.9]}
    return pd.DataFrame(base | {"p_alive": [np.nan, 0.5, 0.99]} | columns)


def test_by_purchases_by_hand() -> None:
    spent = pd.DataFrame({"customer_id": ["a", "b"], "amount": [70.0, 200.0]})
    told = at_risk.by_purchases(people(), spent, margin_share=0.5)
    assert list(told["risk_band"]) == ["gone", "high", "low"]
    assert list(told["p_gone"]) == pytest.approx([0.95, 0.6, 0.1])
    assert list(told["value_at_risk_amount"]) == pytest.approx([0.0, 200 * 0.5 * 0.6, 0.0]), "nothing is left to lose"
    assert list(told["reason"].fillna("")) == [
        "400 days since the last purchase",
        "90 days since the last purchase, usually 20",
        "",
    ]
    assert list(told.columns) == at_risk.COLUMNS


def test_by_contract_by_hand() -> None:
    """Of ten begun, one leaves on each of days 10, 20 ... 100: half are there from day 50 on."""
    curve = survivors(np.repeat(np.arange(10, 101, 10), 10), np.ones(100, dtype=bool))
    spells = pd.DataFrame(
        {
            "customer_id": ["young", "old", "gone", "young"],
            "plan": "p",
            "started_on": pd.to_datetime(["2024-03-01", "2024-01-01", "2024-01-01", "2023-01-01"]),
            "monthly_amount": 30.436875,
            "end_reason": [None, None, "price", "price"],
            "age_days": [20, 60, 30, 10],
            "is_ended": [False, False, True, True],
            "incident_days": [np.nan, 3.0, np.nan, np.nan],
        }
    )
    told = at_risk.by_contract(spells, {"p": curve}, horizon_days=20).set_index("customer_id")
    assert told.loc["young", "p_gone"] == pytest.approx(2 / 8), "the latest subscription counts"
    assert told.loc["old", "p_gone"] == pytest.approx(2 / 4)
    # of the young, by day 30 one of eight, by day 40 another, who misses nothing within the horizon
    assert told.loc["young", "value_at_risk_amount"] == pytest.approx(10 / 8)
    assert dict(told["risk_band"]) == {"young": "low", "old": "high", "gone": "gone"}
    assert dict(told["reason"].fillna("")) == {"young": "", "old": "a bad service incident", "gone": "price"}


def test_who_is_older_than_the_curve_leaves_as_the_oldest_known_do() -> None:
    curve = survivors(np.repeat(np.arange(10, 101, 10), 10), np.ones(100, dtype=bool))
    spells = pd.DataFrame({"customer_id": ["a", "b"], "plan": "p", "monthly_amount": 1.0, "end_reason": None})
    spells = spells.assign(
        started_on=pd.Timestamp("2024-01-01"), age_days=[80, 5000], is_ended=False, incident_days=np.nan
    )
    told = at_risk.by_contract(spells, {"p": curve}, horizon_days=20)
    assert list(told["p_gone"]) == [1.0, 1.0]
    assert at_risk.by_contract(spells, {"p": curve}, horizon_days=200)["p_gone"].isna().all(), "not watched so long"


def test_totals_count_those_at_risk_and_their_money() -> None:
    n = 40
    customers = pd.DataFrame({"definition": "purchases", "risk_band": ["high"] * 20 + ["gone"] * 10 + ["low"] * 10})
    amounts = np.where(customers["risk_band"] == "high", 10.0, 0.0)
    customers = customers.assign(is_gone=customers["risk_band"] == "gone", value_at_risk_amount=amounts)
    told = at_risk.totals(customers, definition="purchases", level=LEVEL)
    assert (told.customer_count, told.high_count, told.gone_count) == (n, 20, 10)
    assert told.high_share.value == pytest.approx(20 / 30)
    assert told.high_amount.value == 200
    half = 1.959963985 * amounts.std(ddof=1) * np.sqrt(n)
    assert told.high_amount.high == pytest.approx(200 + half)


def test_the_interval_of_the_money_holds_its_level() -> None:
    """Customers drawn from one population: the total at risk of as many others lies in it 95 times in 100."""
    draw, held = np.random.default_rng(1), 0
    for _ in range(400):
        amounts = np.where(draw.random(300) < 0.3, draw.gamma(2, 10, 300), 0.0)
        frame = pd.DataFrame({"definition": "purchases", "risk_band": np.where(amounts > 0, "high", "low")})
        told = at_risk.totals(
            frame.assign(is_gone=False, value_at_risk_amount=amounts), definition="purchases", level=LEVEL
        )
        held += told.high_amount.low <= 300 * 0.3 * 20 <= told.high_amount.high
    assert 0.92 <= held / 400 <= 0.98


def test_a_change_is_that_of_the_same_customers() -> None:
    before = pd.Series([True] * 50 + [False] * 50, index=range(100))
    now = pd.Series([True] * 30 + [False] * 20 + [True] * 10 + [False] * 40, index=range(100))
    told = at_risk.change(now, before, level=LEVEL)
    assert (told.before_count, told.change.value) == (50, -0.2)
    assert told.change.high == pytest.approx(-0.2 + 1.959963985 * np.sqrt(30) / 50)
    assert np.isnan(at_risk.change(now & False, before & False, level=LEVEL).change.value)


def test_who_bought_once_stands_apart() -> None:
    told = at_risk.apart(
        at_risk.by_purchases(people(), pd.DataFrame({"customer_id": [], "amount": []}), margin_share=1)
    )
    by = told.set_index(["buyers", "risk_band"])["customer_count"]
    assert by["once", "gone"] == 1
    assert by["more", "high"] == 1
    assert by.sum() == 3
    assert told["p_alive"].notna().sum() == 2


def test_definitions_stand_beside_each_other() -> None:
    gone = {"own": [True] * 8 + [False] * 12, "other": [True] * 4 + [False] * 12 + [None] * 4}
    told = definitions.compared(gone, own="own", level=LEVEL).set_index("definition")
    assert list(told["gone_count"]) == [8, 4]
    assert list(told["told_count"]) == [20, 16]
    assert told.loc["other", "agree_share"] == pytest.approx(12 / 16)
    assert told.loc["own", "low"] == pytest.approx(0.2188, abs=5e-5), "Wilson, 8 of 20"


def test_below_tells_nothing_of_who_has_no_number() -> None:
    assert list(definitions.below(pd.Series([0.2, 0.5, np.nan]), 0.5).fillna(False)) == [True, False, False]
    assert definitions.below(pd.Series([np.nan]), 0.5).isna().all()


def test_warnings_join_the_customers_they_are_of() -> None:
    nobody = pd.DataFrame({"customer_id": [], "amount": []})
    warned = pd.DataFrame({"customer_id": ["b"], "signal": ["visits"], "since_on": [pd.Timestamp(2024, 10, 21)]})
    told = at_risk.with_warnings(at_risk.by_purchases(people(), nobody, margin_share=1), warned)
    assert list(told["warning_signal"].fillna("")) == ["", "visits", ""]
    assert told.loc[1, "warning_since_on"] == pd.Timestamp(2024, 10, 21)
    none = at_risk.with_warnings(at_risk.by_purchases(people(), nobody, margin_share=1), warned.head(0))
    assert none["warning_signal"].isna().all()
