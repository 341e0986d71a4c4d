"""What the page says of whom to act on."""

from __future__ import annotations

from datetime import date

import pandas as pd

from helpers.display.churn import doing
from helpers.models.churn.action_list import Counts

TOLD = pd.DataFrame({"action": ["remind them", "call"], "customer_count": [14.0, None]})
LISTED = pd.DataFrame(
    {
        "customer_id": ["a", "b"], "action": "remind them", "reason": ["90 days", "long away"], "arm": "contact",
        "channels": ["email, sms", None],
        "p_gone": [0.5, 0.25], "value_at_risk_amount": [900.0, 2.0],
    }
)  # fmt: skip


def test_the_page_says_how_many_and_how_many_are_new() -> None:
    told = doing.summary(Counts(15, 2, 3, 4), TOLD, since=date(2024, 10, 1))
    assert told.claim == "Act on 15 customers this week; 2 were not at risk on 1 October 2024."
    assert told.evidence == (
        "14: remind them; few: call; 3 are left alone by chance, to measure what it brings; "
        "4 more may be reached by no channel and are left out."
    )
    nobody = doing.summary(Counts(0, 0, 0, 0), TOLD.head(0), since=date(2024, 10, 1))
    assert nobody.claim == "Nobody needs to be acted on this week."


def test_the_list_says_what_to_do_and_why() -> None:
    cells = doing.table(LISTED, count=2, currency="CNY").cells
    assert list(cells.iloc[0]) == ["a", "remind them", "90 days", "50.0\u00a0%", "900", "contact", "email and sms"]
    assert cells.iloc[1, -1] == "not known"
