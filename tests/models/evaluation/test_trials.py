"""A trial of models: what it refuses, and that it changes nothing it is given."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from helpers.models.buying import rows as histories
from helpers.models.evaluation import holdout_days, naive_rivals, trials, verdicts
from tests.models.evaluation.made_trials import LEVEL, company, split_frame


def test_nothing_can_be_tried_without_a_holdout() -> None:
    plan = holdout_days.plan(date(2024, 1, 1), as_of=date(2024, 1, 20), weeks=39)
    known = split_frame((0, 0.0, 1.0, 0, 0.0))
    with pytest.raises(ValueError, match="no holdout to judge by"):
        trials.trial(known, rows=histories.collapse(known), fits=[], plan=plan, level=LEVEL)
    with pytest.raises(ValueError, match="weeks must be above 0, found 0"):
        holdout_days.plan(date(2024, 1, 1), as_of=date(2024, 1, 20), weeks=0)


def test_a_trial_refuses_other_customers() -> None:
    known = split_frame((0, 0.0, 4.0, 0, 0.0), (1, 2.0, 5.0, 1, 3.0))
    plan = holdout_days.plan(date(2024, 1, 1), as_of=date(2024, 5, 19), weeks=10)
    with pytest.raises(ValueError, match="the same customers: 1, found 2"):
        trials.trial(known, rows=histories.collapse(known[:1]), fits=[], plan=plan, level=LEVEL)
    with pytest.raises(ValueError, match="found other ages"):
        trials.trial(known, rows=histories.collapse(known[::-1]), fits=[], plan=plan, level=LEVEL)
    old = known.assign(age_weeks=30.0)
    with pytest.raises(ValueError, match="split at 2024-03-10"):
        trials.trial(old, rows=histories.collapse(old), fits=[], plan=plan, level=LEVEL)


def test_a_trial_leaves_its_frames_as_they_were() -> None:
    known, _, plan = company(customers=50, seed=3)
    before = known.copy()
    trial = trials.trial(known, rows=histories.collapse(known), fits=[], plan=plan, earlier=known, level=LEVEL)
    naive_rivals.naive(known, plan=plan, earlier=known)
    assert verdicts.recommend(trial).reasons == ("no_model",)
    pd.testing.assert_frame_equal(known, before)
