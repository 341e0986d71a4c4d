"""The service desk on the page: whole sentences, by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from helpers.display.survey import service
from helpers.models.survey.feedback_desk import COLUMNS, Targets
from helpers.models.survey.fix_effect import FixEffect

TARGETS = Targets(reply_hours=8, resolution_hours=48)
UNTIL = date(2024, 12, 31)
NONE = (np.nan, np.nan)


def desk() -> pd.DataFrame:
    rows = [
        ("reply_median_hours", "all", "all", 5.84, 5.4, 6.4, 1366, 1, 900, 5.8),
        ("reply_within_target_share", "all", "all", 0.617, 0.591, 0.643, 1366, 1, 900, 0.618),
        ("resolution_within_target_share", "all", "all", 0.665, 0.64, 0.69, 1366, 40, 900, 0.667),
        ("reopened_share", "all", "all", 0.089, 0.074, 0.106, 1326, 0, 900, 0.089),
        ("satisfied_share", "resolution", "within target", 0.73, 0.68, 0.77, 357, 0, 300, 0.73),
        ("satisfied_share", "resolution", "later", 0.48, 0.4, 0.56, 194, 0, 170, 0.48),
        ("backlog_count", "age", "0 to 1 days", 28.0, *NONE, 28, 28, 28, np.nan),
        ("backlog_count", "age", "7 to 30 days", 12.0, *NONE, 12, 12, 12, np.nan),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_sentences_of_the_desk() -> None:
    told = {one.key: one for one in service.findings(desk(), TARGETS, until=UNTIL, level=0.95)}
    reply = told["first_reply"]
    assert reply.claim == "61.7\u00a0% of tickets get a first reply within 8 hours."
    assert reply.evidence == (
        "95\u00a0% interval 59.1\u00a0% to 64.3\u00a0%; half of them had their first reply within 5.8 hours (5.4 to 6.4); "
        "1,366 tickets, 1 of which still wait and count as such (Kaplan-Meier); those that no longer wait alone would say "
        "61.8\u00a0%."
    )
    assert (reply.value, reply.low, reply.high, reply.n, reply.unit) == (0.617, 0.591, 0.643, 1366, "share")
    assert told["content_after_help"].claim == (
        "Of those helped in time 73\u00a0% are content with the service, of the others 48\u00a0%."
    )
    assert told["backlog"].claim == "40 tickets are open, 12 of them for more than 7 days."
    assert told["backlog"].evidence.startswith("A full count at the end of 31 December 2024: 0 to 1 days: 28; ")


def test_a_hidden_band_of_ages_hides_how_many_are_old() -> None:
    few = desk()[lambda frame: frame["group"] != "7 to 30 days"]
    told = {one.key: one for one in service.findings(few, TARGETS, until=UNTIL, level=0.95)}
    assert told["backlog"].claim == "40 tickets are open."


def test_nothing_known_is_said_and_drawn_as_such() -> None:
    nothing = desk().iloc[:0]
    told = service.findings(nothing, TARGETS, until=UNTIL, level=0.95)
    assert [one.value for one in told] == [None, None, None, None, 0]
    assert "Too few tickets" in service.figure(nothing, TARGETS).alt
    assert len(service.table(nothing).cells) == 0


def test_the_figure_tells_n_and_the_table_the_intervals() -> None:
    drawn = service.figure(desk(), TARGETS)
    assert [label.get_text() for label in drawn.figure.axes[0].get_yticklabels()] == ["all tickets (n = 1,366)"]
    assert drawn.alt == "Tickets within target: all tickets first reply 61.7\u00a0%, resolution 66.5\u00a0%."
    assert service.table(desk()).cells.iloc[0]["resolved in time"] == "66.5\u00a0% (64.0 to 69.0)"


def effect(value: float, low: float, high: float) -> FixEffect:
    cells = pd.DataFrame(
        {
            "group": ["had the trouble"] * 2 + ["had it not"] * 2,
            "period": ["before", "after"] * 2,
            "mean": [2.0, 3.1, 2.5, 2.9],
            "low": 2.0,
            "high": 3.0,
            "n": 50,
            "customer_count": 45,
        }
    )
    return FixEffect(value, low, high, 200, cells)


def test_a_fix_is_said_to_help_only_where_its_interval_is_clear_of_zero() -> None:
    how = {"category": "delivery", "question": "q1", "fixed_on": date(2024, 10, 1), "level": 0.95}
    clear = service.fix(effect(0.7, 0.3, 1.1), {"q1": "speed"}, **how)
    assert clear.claim == 'Since the fix, who had trouble with "delivery" gained 0.70 points more than the others.'
    assert clear.evidence == (
        'Difference of differences +0.70 points of "speed", 95\u00a0% interval +0.30 to +1.10; who had the trouble: 2.00 '
        "before, 3.10 after; who had it not: 2.50 before, 2.90 after; fixed on 1 October 2024; 200 answers. It is the fix's "
        "doing only if both would have moved alike without it."
    )
    unclear = service.fix(effect(0.7, -0.3, 1.1), {}, **how)
    assert unclear.claim == (
        'The fix of "delivery" did not clearly help those who had the trouble more than the others.'
    )
    assert service.fix(None, {}, **how).value is None
    assert service.fix_table(effect(0.7, 0.3, 1.1)).cells["mean mark"].tolist() == ["2.00", "3.10", "2.50", "2.90"]
    assert len(service.fix_table(None).cells) == 0
