"""The words and pictures of channels and of a budget."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from helpers.display.figures import svg
from helpers.display.findings import Finding
from helpers.display.showing import show
from helpers.display.value import channels as shown_acquisition
from helpers.models.value import budget

NAN, INF = float("nan"), float("inf")
CHANNELS = pd.DataFrame(
    {
        "channel": ["广告", "mail", "fairs"], "customer_count": [50, 20, 10], "is_own_fit": [True, True, False],
        "value_amount": [30.0, 20.0, 10.0], "low": [25.0, 10.0, 8.0], "high": [35.0, 30.0, 12.0],
        "acquisition_cost_amount": [10.0, 20.0, 40.0], "clv_to_cac": [3.0, 0.9, 0.25],
        "clv_to_cac_low": [2.5, 0.5, 0.2], "clv_to_cac_high": [3.5, 1.5, 0.3], "payback_months": [2.0, 0.0, INF],
    }
)  # fmt: skip
FREE = CHANNELS.assign(acquisition_cost_amount=NAN, clv_to_cac=NAN, payback_months=NAN)
PLAN = pd.DataFrame(
    {
        "option": ["win customers by 广告", "contact the low tier"], "return_share": [2.0, -0.5],
        "customer_count": [5.0, 0.0], "spent_amount": [50.0, 0.0], "net_amount": [100.0, 0.0], "net_low": [80.0, 0.0],
        "net_high": [120.0, 0.0], "even_net_amount": [60.0, -25.0],
    }
)  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("low", "high", "losing", "unknown"),
    [(0.5, 0.999, True, False), (0.5, 1.0, False, True), (0.999, 1.5, False, True), (1.0, 1.5, False, False)],
)
def test_a_ratio_of_one_is_no_loss(low: float, high: float, losing: bool, unknown: bool) -> None:
    frame = CHANNELS.assign(clv_to_cac_low=[2.5, low, 2.0], clv_to_cac_high=[3.5, high, 3.0])
    told = shown_acquisition.channels(frame, months=24, has_margin=True, currency="EUR", level=0.9).sentence
    assert ('By "mail" customers cost more to win' in told) is losing
    assert ('Whether "mail" pays is unknown' in told) is unknown


def test_channels_say_who_pays_who_does_not_and_who_may() -> None:
    told = shown_acquisition.channels(CHANNELS, months=24, has_margin=True, currency="EUR", level=0.9)
    assert plain(told.sentence) == (
        'A new customer by "广告" brings 3.0 times the cost to win one over 24 months. 90 % interval 2.5 to 3.5; '
        'EUR 30.00 in margin for EUR 10.00, the most of 3 channels; the cost is back after 2 months. By "fairs" '
        'customers cost more to win than they bring in that time. Whether "mail" pays is unknown. Customers '
        'of "fairs" are taken to buy like all customers.'
    )
    assert (told.key, told.value, told.low, told.high, told.n) == ("clv_best_channel", 3.0, 2.5, 3.5, 80)


def test_channels_without_a_cost() -> None:
    told = shown_acquisition.channels(FREE, months=24, has_margin=True, currency="EUR", level=0.9)
    assert plain(told.sentence) == (
        'A new customer by "广告" is worth most, EUR 30.00 in margin over 24 months. 90 % interval EUR 25.00 to EUR'
        " 35.00; no cost to win a customer is known, so channels are compared by value alone."
    )


@pytest.mark.filterwarnings("error")
def test_ratios() -> None:
    drawing = shown_acquisition.ratios(CHANNELS, months=24, has_margin=True, currency="EUR")
    axes = drawing.figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["广告, n = 50", "mail, n = 20", "fairs, n = 10"]
    assert axes.get_xlabel() == "CLV to CAC"
    assert drawing.alt == "Value over cost of a new customer over 24 months: 广告 3.00, mail 0.90, fairs 0.25."
    assert svg(drawing.figure) == svg(
        shown_acquisition.ratios(CHANNELS, months=24, has_margin=True, currency="EUR").figure
    )
    assert (
        shown_acquisition.ratios(FREE, months=24, has_margin=True, currency="EUR").figure.axes[0].get_xlabel()
        == "margin, EUR"
    )
    assert axes.get_xlim()[0] == 0
    losing = shown_acquisition.ratios(CHANNELS.assign(clv_to_cac_low=-2.0), months=24, has_margin=True, currency="EUR")
    assert losing.figure.axes[0].get_xlim()[0] < -2
    assert (
        "could be worked out" in shown_acquisition.ratios(FREE.head(0), months=24, has_margin=True, currency="EUR").alt
    )


def test_channel_table(shown: list[dict[str, Any]]) -> None:
    show(shown_acquisition.channel_table(CHANNELS, months=24, has_margin=True, currency="EUR"))
    lines = shown[0]["text/plain"].splitlines()
    assert "after 2 months" in lines[2]
    assert "with the first order" in lines[3]
    assert "not within 60 months" in lines[4]
    assert "as all customers" in lines[4]


def budgeted(shared: pd.DataFrame, amount: float) -> Finding:
    """What the page says of a budget shared out."""
    totals = budget.totals(shared, budget_amount=amount)
    return shown_acquisition.budget(shared, totals, budget_amount=amount, currency="EUR")


def test_budget() -> None:
    told = budgeted(PLAN, 80.0)
    assert plain(told.sentence) == (
        "The best use of a budget of EUR 80.00 would bring EUR 100.00 more than it costs, if its assumptions hold. EUR 80.00 to EUR 120.00"
        " between the bounds of all, against doing nothing: EUR 50.00 to win customers by 广告 (about 5 customers);"
        " shared evenly over all options it would be EUR 35.00. EUR 30.00 is better kept: no option that pays is "
        "left. It rests on the assumed effects and on costs staying as they are: try it on a part first."
    )
    assert (told.value, told.low, told.high) == (100.0, 80.0, 120.0)
    many = pd.concat([PLAN.head(1)] * 5, ignore_index=True)
    assert "(about 5 customers) and the rest to the next 2; shared evenly" in plain(budgeted(many, 250.0).sentence)
    nothing = PLAN.assign(spent_amount=0.0)
    assert budgeted(nothing, 80.0).sentence == ("Nothing should be spent: none of the options pays for itself.")
    assert "there is no budget" in budgeted(nothing, 0.0).sentence


def test_budget_table(shown: list[dict[str, Any]]) -> None:
    show(shown_acquisition.budget_table(PLAN, currency="EUR"))
    assert plain(shown[0]["text/plain"].splitlines()[2]).split()[-6:] == ["%", "5", "50", "100", "80", "120"]
