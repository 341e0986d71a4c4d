"""The words and pictures of value, true for whatever frames they are made from."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.display.figures import svg
from helpers.display.findings import Finding
from helpers.display.showing import show
from helpers.display.value import worth as shown_value
from helpers.models.statistics.intervals import Estimate
from helpers.models.value.value import Brought, Value

NAN, INF = float("nan"), float("inf")


def value_of(total: Estimate, totals: pd.DataFrame, customers: pd.DataFrame, *, notes: tuple[str, ...] = ()) -> Value:
    """A value over 12 months at a level of 90 %."""
    return Value(12.0, 0.9, customers, totals, total, np.empty(0), notes)


TOTALS = pd.DataFrame(
    {
        "months": [12.0, 24.0, INF],
        "amount": [5000.0, 8000.0, 2e6],
        "low": [4000.0, 7000.0, 1e6],
        "high": [6000.0, 9000.0, 3e6],
    }
)
SEEN = pd.DataFrame({"is_spend_seen": [True, True, False, False]})
WORTH = value_of(Estimate(5000.0, 4000.0, 6000.0, 4), TOTALS, SEEN, notes=("A note.",))
TABLE = pd.DataFrame(
    {
        "tier": ["high", "middle", "low"], "customer_count": [1, 2, 7], "customer_share": [0.1, 0.2, 0.7],
        "amount": [60.0, 30.0, 10.0], "amount_share": [0.6, 0.3, 0.1], "least_amount": [60.0, 12.0, 0.0],
        "straddle_count": [1, 1, 0], "straddle_share": [1.0, 0.5, 0.0],
    }
)  # fmt: skip
GROUPS = pd.DataFrame(
    {
        "label": pd.Categorical(["high", "middle", "low"]), "n": [1, 2, 7], "amount": [60.0, 30.0, 10.0],
        "low": [50.0, 25.0, 8.0], "high": [70.0, 35.0, 12.0], "amount_share": [0.6, 0.3, 0.1],
        "share_low": [0.5, 0.2, 0.05], "share_high": [0.7, 0.4, 0.2],
    }
)  # fmt: skip
LEVERS = pd.DataFrame(
    {
        "lever": ["spend per order", "cost to serve", "time as a customer"], "amount": 1000.0,
        "down_amount": [-120.0, 20.0, -9.0], "up_amount": [120.0, -20.0, 8.0],
        "down_share": [-0.12, 0.02, -0.009], "up_share": [0.12, -0.02, 0.008],
    }
)  # fmt: skip
CURVE = pd.DataFrame({"customer_share": [0.0, 0.2, 0.6, 1.0], "amount_share": [0.0, 0.8, 1.1, 1.0]})


def plain(finding: Any) -> str:
    return finding.sentence.replace("\u00a0", " ")


def test_worth_says_value_horizons_rate_and_what_is_a_guess() -> None:
    told = shown_value.worth(WORTH, since=date(2024, 6, 30), yearly_rate=0.1, has_margin=True, currency="EUR")
    assert plain(told) == (
        "4 customers are worth EUR 5,000 in margin over 12 months. 90 % interval EUR 4,000 to EUR 6,000; in the "
        "12 months after 30 June 2024; EUR 8,000 over 24 months (90 % interval EUR 7,000 to EUR 9,000) and EUR "
        "2.00 million over all time to come (90 % interval EUR 1.00 million to EUR 3.00 million); discounted at "
        "10 % a year. Of 2 customers (50.0 %) no repeat purchase was seen: their orders are taken to be worth the"
        " mean of all. A note."
    )
    assert (told.key, told.value, told.low, told.high, told.n, told.unit) == ("clv_total", 5000, 4000, 6000, 4, "EUR")


def test_revenue_is_not_called_margin() -> None:
    told = shown_value.worth(WORTH, since=date(2024, 6, 30), yearly_rate=0.1, has_margin=False, currency="EUR")
    assert plain(told).startswith("4 customers are worth EUR 5,000 in revenue over 12 months. ")
    assert "; no margin is known; " in plain(told)


def test_worth_of_one_customer_without_a_residual() -> None:
    totals = TOTALS.assign(amount=[3.5, 5.0, NAN], low=[0.0, NAN, NAN], high=[9.0, NAN, NAN])
    one = value_of(Estimate(3.5, 0.0, 9.0, 1), totals, SEEN.head(1))
    assert plain(shown_value.worth(one, since=date(2024, 6, 30), yearly_rate=0.0, has_margin=True, currency="EUR")) == (
        "1 customer is worth EUR 3.50 in margin over 12 months. 90 % interval EUR 0.00 to EUR 9.00; in the 12 "
        "months after 30 June 2024; EUR 5.00 over 24 months (no interval can be given); discounted at 0 % a year."
    )


def test_what_is_to_come_has_begun_where_data_end_long_before() -> None:
    assert shown_value.begun(date(2025, 1, 31), as_of=date(2025, 1, 31)) == ()
    (told,) = shown_value.begun(date(2024, 12, 1), as_of=date(2025, 1, 31))
    assert plain(told) == (
        "What is to come is told from 1 December 2024 on, where the data end: 61 days of it had passed by 31 January 2025."
    )
    assert (told.key, told.value) == ("clv_begun", 61)


def test_holders() -> None:
    told = shown_value.holders(TABLE, GROUPS, months=12, straddle_share=0.2, level=0.9)
    assert plain(told).startswith(
        "10.0 % of the customers hold 60.0 % of the value to come. 1 customer in the high tier (10.0 % of all) holds 60.0 % of the value of 12 months (90 % interval 50.0 % to "
        "70.0 %); 2 customers in the middle tier (20.0 % of all) hold 30.0 %"
    )
    assert plain(told).endswith(
        "for 20.0 % of customers the border between two tiers lies inside their own interval: a tier is right for many "
        "customers together, not for each."
    )
    assert (told.key, told.value, told.low, told.high, told.n) == ("clv_high_tier", 0.6, 0.5, 0.7, 10)
    nobody = TABLE.assign(customer_count=[0, 0, 10])
    assert "no tiers" in shown_value.holders(nobody, GROUPS, months=12, straddle_share=0.0, level=0.9).sentence
    empty = TABLE.assign(customer_count=[1, 0, 9])
    assert "middle" not in plain(shown_value.holders(empty, GROUPS, months=12, straddle_share=0.2, level=0.9))


def test_levers_name_the_good_direction() -> None:
    told = shown_value.levers(LEVERS, months=12, lever_share=0.1, has_margin=False, currency="EUR")
    assert plain(told) == (
        "Of single changes of 10 %, one of spend per order would add most to the value of 12 months. 10 % higher "
        "spend per order EUR 120.00 (+12.0 %), 10 % lower cost to serve EUR 20.00 (+2.0 %) and 10 % longer time "
        "as a customer EUR 8.00 (+0.8 %), of EUR 1,000 in revenue; at the estimated parameters, whether or not "
        "anybody can bring them about."
    )
    assert told.value == 120.0
    nothing = shown_value.levers(
        LEVERS.assign(amount=0.0), months=INF, lever_share=0.1, has_margin=False, currency="EUR"
    )
    assert "no lever moves anything" in nothing.sentence


def test_drawings_carry_units_intervals_and_their_numbers() -> None:
    bars = shown_value.horizons(WORTH, has_margin=True, currency="元")
    assert [label.get_text() for label in bars.figure.axes[0].get_xticklabels()] == [
        "12 months",
        "24 months",
        "all time to come",
    ]
    assert bars.figure.axes[0].get_ylabel() == "margin, 元"
    assert "over all time to come" in bars.alt
    without = shown_value.horizons(
        value_of(WORTH.total, TOTALS.assign(amount=[1.0, 2.0, NAN]), SEEN), has_margin=True, currency="EUR"
    )
    assert len(without.figure.axes[0].patches) == 2
    whale = shown_value.whale(CURVE, TABLE, GROUPS)
    assert whale.alt.replace("\u00a0", " ") == (
        "The best 20 % of customers hold 80.0 % of the value, at most 110.0 % before customers who cost more than they "
        "bring; high tier 1 customer, 60.0 % of it, middle tier 2 customers, 30.0 % of it, low tier 7 customers, 10.0 % of "
        "it."
    )
    assert whale.figure.axes[0].get_ylim()[1] > 1.1
    assert "nobody holds a share" in shown_value.whale(CURVE.head(0), TABLE, GROUPS).alt
    storm = shown_value.tornado(LEVERS, months=INF, lever_share=0.1, has_margin=False, currency="EUR")
    assert storm.figure.axes[0].get_xlabel() == "revenue, EUR"
    assert storm.alt.startswith("Change of the value of all time to come by levers 10")


@pytest.mark.filterwarnings("error")
def test_drawings_render_without_a_warning_and_to_the_same_bytes() -> None:
    def drawn() -> list[str]:
        return [
            svg(shown_value.horizons(WORTH, has_margin=True, currency="元").figure),
            svg(shown_value.whale(CURVE, TABLE, GROUPS).figure),
        ]

    assert drawn() == drawn()
    assert svg(shown_value.tornado(LEVERS, months=12, lever_share=0.1, has_margin=False, currency="EUR").figure)


def test_tiers_table(shown: list[dict[str, Any]]) -> None:
    show(
        shown_value.tiers(
            TABLE.assign(straddle_share=[1.0, np.nan, 0.0]), GROUPS.iloc[::-1], has_margin=True, currency="EUR"
        )
    )
    lines = [line.replace("\u00a0", " ").split() for line in shown[0]["text/plain"].splitlines()]
    assert lines[2] == ["high", "tier", "1", "60", "50", "70", "60.0", "%", "60.00", "100.0", "%"]
    assert lines[3][-1] == "–"


def test_cards_put_the_value_beside_as_long_a_past_and_say_who_holds_it() -> None:
    total = Finding("clv_total", "c", 5000.0, 4000.0, 6000.0, 4, "EUR")
    sales = Finding("clv_forecast", "c", 900.0, 800.0, 1000.0, 4, "EUR")
    terms = {"value": WORTH, "past": Brought(7000.0, 3), "weeks": 24}
    first, second, third = shown_value.cards(total, sales, TABLE, has_margin=True, **terms).cards
    assert first.label.replace("\u00a0", " ") == "Margin of the next 12 months, today's customers"
    assert first.value == "EUR\u00a05,000"
    told = "90 % interval EUR 4,000 to EUR 6,000; the 12 months before brought EUR 7,000 from the 3 customers of then"
    assert first.change.replace("\u00a0", " ") == told
    assert (second.label, second.value) == ("Revenue of the next 24 weeks, new customers too", "EUR\u00a0900.00")
    assert (third.label.replace("\u00a0", " "), third.value) == ("Customers who hold 60 % of that value", "1")
    young = terms | {"past": Brought(NAN, 0)}
    young = shown_value.cards(total, Finding("clv_forecast", "none"), TABLE, has_margin=False, **young).cards
    labels = ["Revenue of the next 12 months, today's customers", third.label]
    assert [card.label.replace("\u00a0", " ") for card in young] == [label.replace("\u00a0", " ") for label in labels]
    assert "before" not in young[0].change
