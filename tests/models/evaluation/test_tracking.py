"""Purchases week by week: the published weeks of CDNOW, weeks cut off, and the errors of the holdout by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from helpers.models.evaluation import trials
from helpers.models.evaluation.tracking import TrackingError, tracking, tracking_error


def test_cdnow_sample_tracks_as_published(sample: trials.Trial, sample_weeks: pd.DataFrame) -> None:
    """BTYD's walkthrough, weeks 20 to 25; cumulative week 78 with ages as in the fit, a day less than BTYD's."""
    found = tracking(sample, sample_weeks).set_index("week")
    assert len(found) == 78
    assert found.loc[20:25, "actual"].tolist() == [73, 55, 70, 33, 56, 99]
    assert found.loc[20:25, "cumulative_actual"].tolist() == [1359, 1414, 1484, 1517, 1573, 1672]
    assert found.loc[[39, 78], "cumulative_actual"].tolist() == [2457, 4339]
    published = {
        "bg_nbd": [76.86531, 74.88843, 73.04554, 71.32166, 69.70412, 68.18213],
        "cumulative_bg_nbd": [1312.458, 1387.347, 1460.392, 1531.713, 1601.418, 1669.6],
        "pareto_nbd": [78.308, 76.419, 74.648, 72.983, 71.414, 69.933],
        "cumulative_pareto_nbd": [1308.856, 1385.275, 1459.923, 1532.906, 1604.32, 1674.253],
    }
    for column, values in published.items():
        assert found.loc[20:25, column].to_numpy() == pytest.approx(values, rel=1e-4)
    assert found["is_holdout"].tolist() == [False] * 39 + [True] * 39
    assert found["is_complete"].all()
    assert found.loc[[39, 78], "ends_on"].dt.date.tolist() == [date(1997, 9, 30), date(1998, 6, 30)]
    for name, total in {"bg_nbd": 4160.60, "pareto_nbd": 4270.33}.items():
        model, fit = sample.fit_of(name)
        by_age = model.expected_new(fit.theta, sample.rows.age + 39)
        assert sample.rows.weight @ by_age == pytest.approx(total, abs=0.3)
        assert found.loc[78, f"cumulative_{name}"] - total == pytest.approx(found.loc[78, name] / 7, abs=0.5)


def test_tracking_refuses_weeks_of_others(truth: tuple[trials.Trial, pd.DataFrame]) -> None:
    trial, weeks = truth
    moved = weeks.assign(week=weeks["week"] + 1)
    with pytest.raises(ValueError, match=r"weekly must hold the repeat purchases .* make it with origin=days"):
        tracking(trial, moved)
    more = weeks.assign(repeat_count=weeks["repeat_count"] + (weeks["week"] == 60))
    with pytest.raises(ValueError, match="in the holdout; found"):
        tracking(trial, more)


def test_a_week_that_is_cut_off_is_expected_for_its_days_alone(truth: tuple[trials.Trial, pd.DataFrame]) -> None:
    trial, weeks = truth
    whole = tracking(trial, weeks)
    shorter = replace(trial.plan, as_of=trial.plan.as_of - timedelta(days=3))
    cut = tracking(replace(trial, plan=shorter), weeks)
    assert len(cut) == 78
    assert cut["is_complete"].tolist() == [True] * 77 + [False]
    assert cut["pareto_nbd"].iloc[-1] == pytest.approx(whole["pareto_nbd"].iloc[-1] * 4 / 7, rel=5e-3)
    assert cut["ends_on"].iloc[-1].date() == shorter.as_of


def test_the_error_of_the_holdout_by_hand() -> None:
    weeks = pd.DataFrame(
        {
            "is_holdout": [False, True, True, True],
            "is_complete": [True, True, True, False],
            "actual": [6, 8, 4, 2],
            "bg_nbd": [50.0, 6.0, 5.0, 2.5],
        }
    )
    # 13.5 expected of 14; of the whole weeks, 12 purchases, one is off by 2 and one by 1
    assert tracking_error(weeks, model="bg_nbd") == TrackingError(14, 13.5, pytest.approx(-0.5 / 14), 0.25)
    quiet = tracking_error(weeks.assign(actual=0), model="bg_nbd")
    assert (quiet.actual, quiet.expected) == (0, 13.5)
    assert np.isnan([quiet.off_share, quiet.weekly_off_share]).all()
