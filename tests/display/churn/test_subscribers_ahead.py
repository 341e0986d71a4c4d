"""What the page says of subscribers to come, and of plans that cannot be projected yet."""

from __future__ import annotations

import pandas as pd

from helpers.display.churn import subscribers_ahead
from helpers.models.churn.projections import Projections

NONE = float("nan")
SUMMARY = pd.DataFrame(
    {
        "stratum": ["basic", "plus", "young"], "seen_count": [18, 18, 3], "fitted_count": [12, 12, 1],
        "off_share": [-0.0261, 0.004, NONE], "last_period": [30, 30, 3], "projected_share": [0.2217, 0.3599, NONE],
        "low": [0.17, 0.28, NONE], "high": [0.27, 0.44, NONE], "problem": ["", "", "3 renewals were seen"],
    }
)  # fmt: skip
ROW = {"at_risk_count": 9, "survival_share": 0.5, "projected_share": 0.5, "low": 0.4, "high": 0.6}
TABLE = pd.DataFrame([{"stratum": plan, "period": 1} | ROW for plan in ("basic", "plus")])
YOUNG = pd.DataFrame(
    [{"stratum": "young", "period": 1} | ROW | dict.fromkeys(["projected_share", "low", "high"], NONE)]
)
MADE = Projections(pd.concat([TABLE, YOUNG]), SUMMARY)


def test_the_lowest_and_the_highest_are_told_and_who_cannot_be() -> None:
    told = subscribers_ahead.summary(MADE, level=0.95)
    assert told.claim.replace("\u00a0", " ") == (
        'Of plan "basic" 22 % will be left after 30 months, of "plus" 36 % will be left after 30 months.'
    )
    assert told.evidence.replace("\u00a0", " ") == (
        '95 % interval 17.0 % to 27.0 % for "basic"; shifted beta-geometric; fitted to 12 renewals it was 2.6 % of all '
        'low at renewal 18; "young" cannot be projected yet: 3 renewals were seen.'
    )
    assert (told.value, told.low, told.high, told.unit) == (0.2217, 0.17, 0.27, "share")


def test_nothing_is_told_where_nothing_can_be_projected() -> None:
    told = subscribers_ahead.summary(Projections(YOUNG, SUMMARY.tail(1)), level=0.95)
    assert told.claim == "How many subscribers will be left further on cannot be projected yet."
    assert told.value is None
    assert told.evidence == '"young" cannot be projected yet: 3 renewals were seen.'


def test_the_table_and_the_picture_say_which_cannot_be_projected() -> None:
    assert list(subscribers_ahead.table(MADE).cells["why not"]) == ["", "", "3 renewals were seen"]
    assert list(subscribers_ahead.table(MADE).cells["off at the last one seen"])[::2] == ["−2.6\u00a0%", "–"]
    drawn = subscribers_ahead.figure(MADE, level=0.95)
    assert "young cannot be projected yet" in drawn.alt
    assert "basic 50.0" in drawn.alt
