"""What the page says of early warnings."""

from __future__ import annotations

from datetime import date

import pandas as pd

from helpers.display.churn import alarms
from helpers.models.churn.early_warning import Warnings

SIGNALS = pd.DataFrame(
    {
        "signal": ["purchases", "visits"], "customer_count": [1000, 1000], "usual_count": [0.05, 3.0],
        "warned_count": [1, 2], "caught_share": [0.001, 0.8], "false_alarm_share": [0.002, 0.006],
        "rival_caught_share": [0.0, 0.5], "rival_standing_share": [0.0, 0.05], "rival_warned_count": [0, 1],
    }
)  # fmt: skip
TABLE = pd.DataFrame(
    {
        "customer_id": ["a", "b", "b"], "signal": ["visits", "purchases", "visits"],
        "since_on": pd.to_datetime(["2024-10-21", "2024-11-04", "2024-10-28"]),
        "warned_on": pd.to_datetime(["2024-11-10"] * 3), "expected_count": [9.06, 3.0, 12.0], "actual_count": [1, 0, 2],
        "change_share": [0.8896, 1.0, 0.8333],
    }
)  # fmt: skip
WARNED = Warnings(TABLE, SIGNALS)
CUSTOMERS = pd.DataFrame({"customer_id": ["a", "b"], "value_at_risk_amount": [10.0, 20.0]})


def test_customers_are_counted_once_and_chance_is_named() -> None:
    told = alarms.summary(WARNED, as_of=date(2024, 12, 31), weeks=14, fall_share=0.35)
    surer = Warnings(TABLE, SIGNALS.assign(false_alarm_share=0.00005))
    assert (
        alarms.summary(surer, as_of=date(2024, 12, 31), weeks=14, fall_share=0.35).claim
        == "2 customers have begun to do much less than they used to, by 31 December 2024."
    )
    assert told.evidence.replace("\u00a0", " ") == (
        "Of 1,000 customers watched over 14 weeks chance alone would give 8 warnings, 0.80 % false alarms; by signal: "
        "purchases 1 (would catch 0.1 %); visits 2 (would catch 80.0 %), of declines to 35 %."
    )
    assert (told.value, told.n) == (2, 1000)


def test_no_more_than_chance_is_said() -> None:
    told = alarms.summary(WARNED, as_of=date(2024, 12, 31), weeks=14, fall_share=0.35)
    assert told.claim == ("No more customers than chance would show do much less, by 31 December 2024.")


def test_who_all_do_more_is_not_told_to_do_as_much() -> None:
    more = FALLS.assign(common_share=1.43, low=1.23, high=1.65, since_on=pd.NaT)
    assert alarms.common(more, level=0.95).claim == "Customers as a whole do more than they used to."


FALLS = pd.DataFrame(
    {
        "signal": ["purchases", "visits"], "customer_count": [1000, 1000], "common_share": [0.97, 0.62],
        "low": [0.9, 0.58], "high": [1.04, 0.66], "since_on": pd.to_datetime([None, "2024-10-21"]),
    }
)  # fmt: skip


def test_a_common_fall_is_told_once() -> None:
    told = alarms.common(FALLS, level=0.95)
    assert told.claim.replace("\u00a0", " ") == (
        "Everybody does less: visits are 38 % below what is usual since 21 October 2024."
    )
    assert told.evidence.replace("\u00a0", " ") == (
        "Visits: 62 % of what is usual (95 % interval 58 % to 66 %); Purchases: 97 % of what is usual (95 % interval 90 % "
        "to 104 %). Each customer is judged against what all do."
    )
    assert (told.value, told.low, told.high, told.n) == (0.62, 0.58, 0.66, 1000)
    told = alarms.common(FALLS.head(1), level=0.95)
    assert told.claim == "Customers as a whole do about as much as they used to."
    assert alarms.common(FALLS.head(0), level=0.95).value is None


def test_too_few_baselines_are_said() -> None:
    told = alarms.summary(Warnings(TABLE.head(0), SIGNALS.head(0)), as_of=date(2024, 12, 31), weeks=14, fall_share=0.35)
    assert told.claim == "Who has begun to do less is unknown: too few customers have a baseline."


def test_warnings_say_which_signal_since_when_and_how_strong() -> None:
    cells = alarms.warning_table(WARNED, CUSTOMERS, count=2, currency="CNY").cells
    assert list(cells["customer"]) == ["b", "b"], "those with most at risk first"
    assert list(cells.iloc[1])[1:5] == ["visits", "28 October 2024", "12.0", "2"]
    assert list(alarms.signal_table(WARNED, weeks=14).cells["false alarms"]) == ["0.20\u00a0%", "0.60\u00a0%"]


def test_a_change_of_mix_says_what_is_bought_less_and_more() -> None:
    mixed = {"customer_id": ["a"], "signal": ["category mix"], "since_on": [pd.Timestamp("2024-10-21")]}
    mixed |= {"change_share": [0.4567], "lost_category": ["tea"], "gained_category": ["coffee"]}
    watched = pd.DataFrame({"signal": ["category mix"], "customer_count": [900], "caught_share": [0.5]})
    watched = watched.assign(usual_count=1.0, warned_count=1, false_alarm_share=0.004)
    surer = pd.concat([SIGNALS, watched]).assign(false_alarm_share=0.00005)
    both = Warnings(pd.concat([TABLE, pd.DataFrame(mixed)]), surer)
    cells = alarms.warning_table(both, CUSTOMERS, count=4, currency="CNY").cells
    assert list(cells["what changed"]) == [
        "100\u00a0% less", "83\u00a0% less", "less \"tea\", more \"coffee\"; distance 0.46", "89\u00a0% less",
    ]  # fmt: skip
    told = alarms.summary(both, as_of=date(2024, 12, 31), weeks=14, fall_share=0.35)
    assert told.claim == (
        "2 customers have begun to do much less, or buy other things, than they used to, by 31 December 2024."
    )
    shown = alarms.signal_table(both, weeks=14).cells
    assert list(shown["the last 4 weeks against the 12 before would catch"]) == ["0.0\u00a0%", "50.0\u00a0%", "–"]
