"""What the page says of models of leaving: better than recency alone, or not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpers.display.churn import forecasts
from helpers.display.figures import svg
from helpers.models.churn.leaving_models import RECENCY, Judged, judge
from helpers.models.statistics.intervals import Estimate
from tests.models.churn.test_leaving_models import drawn

LEVEL = 0.95
TERMS = {"horizon_days": 182, "lead_days": 14, "level": LEVEL}


@pytest.fixture(scope="module")
def judged() -> Judged:
    made = judge([(drawn(1, n=1000), drawn(2, n=1000))], seed=1, level=LEVEL)
    assert made is not None
    return made


def test_a_better_model_is_named(judged: Judged) -> None:
    told = forecasts.summary(judged, **TERMS)
    assert told.claim == "Logistic regression tells who leaves better than how long a customer has been away."
    assert told.evidence.startswith("On 1 January 2024 logistic regression had a log-loss of 0.")
    assert told.evidence.endswith("leaving: no purchase within 182 days after 14 days.")
    assert (told.value, told.n) == (judged.gap.value, 1000)


def test_a_model_that_is_not_better_is_said(judged: Judged) -> None:
    worse = replace(judged, gap=Estimate(0.001, -0.002, 0.004, 1000))
    claim = "No model tells clearly better who leaves than how long a customer has been away."
    assert forecasts.summary(worse, **TERMS).claim == claim
    assert forecasts.summary(replace(judged, best=RECENCY), **TERMS).claim == claim
    assert "No model tells who will leave" in forecasts.summary(None, **TERMS).claim


def test_tables_and_figures_hold_the_numbers(judged: Judged) -> None:
    cells = forecasts.model_table(judged).cells
    assert list(cells["model"]) == ["recency alone", "logistic regression", "gradient boosting"]
    drawing = forecasts.figure(judged, level=LEVEL)
    assert "The likeliest tenth holds" in drawing.alt
    assert "<svg" in svg(drawing.figure)
