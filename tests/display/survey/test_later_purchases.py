"""Said and done on the page: every sentence is called an association, and adjusted stands beside unadjusted."""

from __future__ import annotations

import pandas as pd

from helpers.display.survey import later_purchases
from helpers.models.survey.design import design
from helpers.models.survey.response_propensity import Propensities
from helpers.models.survey.said_and_done import COLUMNS, METHODS, SaidAndDone

TERMS = {"horizon_days": 90, "currency": "CNY"}


def found(low: float) -> SaidAndDone:
    rows = [("later_amount", name, 8.0 + at, low, 14.0, 500) for at, name in enumerate(METHODS)]
    rows += [("silent_share", name, -0.031, -0.05, -0.01, 500) for name in METHODS]
    response = Propensities(pd.DataFrame(), pd.DataFrame(), design([1.0]), 520, 3, 5.0)
    table = pd.DataFrame(rows, columns=COLUMNS)
    return SaidAndDone(table, 500, 400, 90, 12, response, 2_000, False, 45.5)


def test_sentences() -> None:
    spend, away = later_purchases.findings(found(2.0), level=0.95, **TERMS)
    assert spend.claim == "One point more of satisfaction goes with CNY\u00a010.00 more spend in the next 90 days."
    assert spend.evidence == (
        "+CNY\u00a010.00 a point, 95\u00a0% interval +CNY\u00a02.00 to +CNY\u00a014.00, beside +CNY\u00a08.00 without holding "
        "earlier purchases equal; customers spent CNY\u00a045.50 on average. An association, not an effect: who is content "
        "may differ in other ways. 500 answers of 400 customers; left out: 90 too near the end of the data, 12 without an "
        "earlier purchase or a mark. Who was asked was not delivered: of all who had bought before a wave, 520 of "
        "2,000 answered; 3 weights were cut to 5 times the median."
    )
    assert away.claim == "With one point more of satisfaction, 3.1 points fewer buy nothing in 90 days."
    assert "An association, not an effect" in away.evidence


def test_an_interval_that_holds_zero_is_no_association() -> None:
    spend, _ = later_purchases.findings(found(-2.0), level=0.95, **TERMS)
    assert spend.claim == "Satisfaction does not clearly go with what customers spend in the next 90 days."


def test_adjusted_stands_beside_unadjusted() -> None:
    shown = later_purchases.table(found(2.0), **TERMS)
    assert "associations" in shown.caption
    assert shown.cells["spend per point"].tolist() == [f"+CNY\u00a0{8 + at}.00" for at in range(4)]
    drawn = later_purchases.figure(found(2.0), **TERMS)
    assert "an association" in drawn.figure.axes[0].get_xlabel()
    assert drawn.alt.count("CNY") == 4


def test_nothing_known_is_said() -> None:
    (one,) = later_purchases.findings(None, level=0.95, **TERMS)
    assert one.value is None
    assert "unknown" in one.claim
    assert len(later_purchases.table(None, **TERMS).cells) == 0
    assert "Too few answers" in later_purchases.figure(None, **TERMS).alt
