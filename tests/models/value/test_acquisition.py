"""New customers by channel: value against cost, and payback."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.errors import FitError
from helpers.models.buying.fitting import Fit
from helpers.models.buying.registry import MODELS
from helpers.models.value import acquisition
from helpers.models.value.value import Terms

PARETO = MODELS["pareto_nbd"]
THETA = np.array([0.5533, 10.578, 0.6060, 11.664])
NOTHING = pd.DataFrame()
FIT = Fit("pareto_nbd", THETA, NOTHING, NOTHING, -1.0, 2.0, 3.0, 500, True, (), 0.001 * np.eye(4))
PEOPLE = pd.DataFrame(
    {
        "channel": ["ads"] * 4 + ["not known"] * 2,
        "first_amount": [10.0, 20.0, 30.0, 40.0, 8.0, 8.0],
        "expected_spend_amount": [30.0, 40.0, 30.0, 40.0, 12.0, 12.0],
        "acquisition_cost": [6.0, 4.0, np.nan, 5.0, np.nan, np.nan],
    }
)
CHANNELS = acquisition.by_channel(PEOPLE)
HOW = {"terms": Terms(0.1, 0.5, 1.0), "months": 24, "level": 0.9, "seed": 1}
BUYING = acquisition.Buying(PARETO, FIT)


def test_what_is_known_of_each_channel() -> None:
    assert CHANNELS["channel"].tolist() == ["ads", "not known"]
    ads = CHANNELS.iloc[0]
    assert ads[["customer_count", "first_amount", "spend_amount", "acquisition_cost_amount"]].tolist() == [4, 25, 35, 5]
    assert ads["first_error"] == pytest.approx(np.std([10, 20, 30, 40], ddof=1) / 2)
    assert np.isnan(CHANNELS["acquisition_cost_amount"].iloc[1])
    assert acquisition.by_channel(PEOPLE.drop(columns="acquisition_cost"))["acquisition_cost_amount"].isna().all()


def test_buyers_are_won_by_their_channel_in_the_order_of_the_spend() -> None:
    customers = pd.DataFrame(
        {"customer_id": ["d", "b", "a"], "how": ["mail", None, "ads"], "acquisition_cost": [9.0, 2.0, 1.0], "age": 1}
    )
    spend = pd.DataFrame({"customer_id": ["a", "b", "c"], "first_amount": [10.0, 20.0, 30.0], "repeat_count": 0})
    won = acquisition.won(customers, spend, by="how", expected_spend=[5.0, 6.0, 7.0])
    assert won["customer_id"].tolist() == ["a", "b", "c"]
    assert won["channel"].tolist() == ["ads", "not known", "not known"], "of b no channel is known, c is no customer"
    assert won["expected_spend_amount"].tolist() == [5.0, 6.0, 7.0]
    assert won["acquisition_cost"].tolist()[:2] == [1.0, 2.0]
    assert np.isnan(won["acquisition_cost"][2])
    free = acquisition.won(customers.drop(columns="acquisition_cost"), spend, by="how", expected_spend=[5.0, 6.0, 7.0])
    assert "acquisition_cost" not in free


def test_value_of_a_new_customer_by_hand() -> None:
    told = acquisition.economics(CHANNELS, buying=BUYING, **HOW).iloc[0]
    # the first order leaves 25 / 2 - 1, a later one 35 / 2 - 1; months as small as a day make the integral a sum
    days = np.linspace(0, 24 * 30.436875 / 7, 20_001)
    expected = PARETO.expected_new(THETA, days)
    middle = np.exp(-np.log(1.1) * 7 / 365.2425 * (days[1:] + days[:-1]) / 2)
    worth = 11.5 + 16.5 * float(middle @ np.diff(expected))
    assert told["first_margin_amount"] == pytest.approx(11.5)
    assert told["value_amount"] == pytest.approx(worth, rel=1e-5)
    assert told["clv_to_cac"] == pytest.approx(worth / 5, rel=1e-5)
    assert told["net_amount"] == pytest.approx(worth - 5, rel=1e-5)
    assert told["low"] < told["value_amount"] < told["high"]
    assert told["clv_to_cac_low"] == pytest.approx(told["low"] / 5)


def test_payback_in_whole_months() -> None:
    def months(cost: float) -> float:
        dearer = CHANNELS.assign(acquisition_cost_amount=cost)
        return float(acquisition.economics(dearer, buying=BUYING, **HOW)["payback_months"].iloc[0])

    assert months(11.5) == 0.0, "the first order leaves 11.5"
    one = float(acquisition.economics(CHANNELS, buying=BUYING, **{**HOW, "months": 7})["value_amount"].iloc[0])
    assert [months(one - 0.01), months(one + 0.01)] == [7.0, 8.0]
    assert months(1e6) == np.inf


def test_a_channel_without_a_cost_has_a_value_and_no_ratio() -> None:
    told = acquisition.economics(CHANNELS, buying=BUYING, **HOW).iloc[1]
    assert told["value_amount"] > 0
    names = [name for name in told.index if "payback" in name or "cac" in name or name == "net_amount"]
    assert len(names) == 7
    assert told[names].isna().all()


def test_a_fit_of_its_own_is_used_where_it_is_identified() -> None:
    faster = replace(FIT, theta=THETA * np.array([2.0, 1, 1, 1]))
    plain = acquisition.economics(CHANNELS, buying=BUYING, **HOW)
    own = acquisition.economics(CHANNELS, buying=acquisition.Buying(PARETO, FIT, {"ads": faster}), **HOW)
    assert own["is_own_fit"].tolist() == [True, False]
    assert own["value_amount"].iloc[0] > plain["value_amount"].iloc[0]
    unclear = acquisition.Buying(PARETO, FIT, {"ads": replace(faster, is_identified=False)})
    pd.testing.assert_frame_equal(acquisition.economics(CHANNELS, buying=unclear, **HOW), plain)


def test_currency_scales_value_and_nothing_else() -> None:
    plain = acquisition.economics(CHANNELS, buying=BUYING, **HOW).iloc[0]
    money = [name for name in CHANNELS if name not in {"channel", "customer_count"}]
    scaled = acquisition.economics(
        CHANNELS.assign(**{name: 7 * CHANNELS[name] for name in money}),
        buying=BUYING,
        **{**HOW, "terms": Terms(0.1, 0.5, 7.0)},
    ).iloc[0]
    assert scaled["high"] == pytest.approx(7 * plain["high"])
    assert scaled["clv_to_cac"] == pytest.approx(plain["clv_to_cac"])
    assert scaled["payback_months"] == plain["payback_months"]


def test_misuse() -> None:
    with pytest.raises(ValueError, match="months must be above 0"):
        acquisition.economics(CHANNELS, buying=BUYING, **{**HOW, "months": 0})
    with pytest.raises(FitError, match="one channel at least"):
        acquisition.economics(CHANNELS.head(0), buying=BUYING, **HOW)
