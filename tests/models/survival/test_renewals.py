"""The shifted beta-geometric: published cohorts, what it projects and when it refuses to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.survival import renewals
from helpers.models.survival.renewals import Cohort, fit, of_spells, project, survival

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]
"""Fader and Hardie (2007), table 1: per mille left after 0 to 12 years."""
LEVEL = 0.95


def of_survivors(survivors: list[int]) -> Cohort:
    """A cohort of which it is known how many were left at the start, after one renewal, after two ..."""
    left = np.array(survivors, dtype=float)
    return Cohort(-np.diff(left), np.append(np.zeros(len(left) - 1), left[-1]))


def test_the_published_fit_and_its_projection() -> None:
    found = fit(of_survivors(REGULAR[:8]))
    assert found.alpha == pytest.approx(0.704077, abs=5e-7)
    assert found.beta == pytest.approx(1.182043, abs=5e-7)
    assert found.log_likelihood == pytest.approx(-1680.265188, abs=5e-7)
    left = 100 * survival(np.log([found.alpha, found.beta]), periods=12)
    assert list(left[7:].round(2)) == [22.01, 20.44, 19.12, 17.99, 17.00]


def test_the_likelihood_published_of_the_other_cohort() -> None:
    """Fader and Hardie (2007), appendix: -2115.5 at 1 and 1, -1611.2 at the optimum, .668 and 3.806."""
    found = fit(of_survivors(HIGH_END[:8]))
    assert [round(found.alpha, 3), round(found.beta, 3)] == [0.668, 3.806]
    assert found.log_likelihood == pytest.approx(-1611.2, abs=0.05)
    assert renewals._loss(np.zeros(2), of_survivors(HIGH_END[:8]))[0] == pytest.approx(2115.5, abs=0.05)


@pytest.mark.parametrize("survivors", [REGULAR, HIGH_END])
def test_the_years_that_came_lie_in_the_interval(survivors: list[int]) -> None:
    told = project(of_survivors(survivors[:8]), smallest_group=100, level=LEVEL)
    assert told.problem == ""
    later = told.table.iloc[7:12]
    assert later["survival_share"].isna().all()
    came = np.array(survivors[8:13]) / 1000
    assert ((later["low"] < came) & (came < later["high"])).all()
    assert (later["high"] - later["low"] < 0.15).all(), "an interval that tells something"


def test_too_few_renewals_cannot_be_projected_yet() -> None:
    told = project(of_survivors(REGULAR[:5]), smallest_group=100, level=LEVEL)
    assert told.problem == "4 renewals were seen by enough subscriptions, 5 are needed"
    assert told.table["projected_share"].isna().all()
    assert list(told.table["survival_share"]) == pytest.approx([0.631, 0.468, 0.382, 0.326])


def test_renewals_that_were_missed_cannot_be_projected() -> None:
    """A tenth leaves each month until the ninth renewal, at which a contract of the first ten months ends."""
    left = [1000, 900, 810, 729, 656, 590, 531, 478, 430, 120, 100, 90]
    told = project(of_survivors(left), smallest_group=50, level=LEVEL)
    assert told.problem == "renewals held out were missed"
    assert told.off_share > 0.1
    assert told.table["projected_share"].isna().all()


def test_nobody_left_or_nobody_there_is_no_error() -> None:
    assert project(of_survivors([500] * 9), smallest_group=30, level=LEVEL).problem != ""
    assert project(Cohort(np.zeros(0), np.array([40.0])), smallest_group=30, level=LEVEL).seen_count == 0


def drawn(seed: int, *, count: int = 2_000) -> tuple[Cohort, np.ndarray]:
    """Contracts begun over two years and watched to its end, and the curve they follow."""
    draw, truth = np.random.default_rng(seed), np.log([0.8, 5.0])
    watched = draw.integers(0, 25, count)
    lasted = draw.geometric(draw.beta(*np.exp(truth), count))
    is_ended = lasted <= watched
    lost = np.bincount(lasted[is_ended], minlength=25)[1:25]
    return Cohort(lost.astype(float), np.bincount(watched[~is_ended], minlength=25).astype(float)), truth


def test_the_truth_lies_in_the_interval_as_often_as_it_says() -> None:
    held = refused = 0
    for seed in range(30):
        cohort, truth = drawn(seed)
        told = project(cohort, smallest_group=100, level=0.9)
        refused += told.problem != ""
        if told.problem == "":
            last = told.table.iloc[-1]
            held += last["low"] <= survival(truth, periods=len(told.table))[-1] <= last["high"]
    assert refused <= 3
    assert 0.82 <= held / (30 - refused) <= 1


def test_months_of_subscriptions_by_hand() -> None:
    """Renewed on the 31st, which is the last day of shorter months; what ended within an open month still runs."""
    rows = [
        ("2024-01-31", "2024-02-29", True),  # not renewed at the first renewal
        ("2024-01-31", "2024-03-15", True),  # within the second month: not renewed at the second
        ("2024-01-10", "2024-04-30", False),  # three renewals seen
        ("2024-04-20", "2024-04-25", True),  # its first renewal would come after the day: not counted yet
        ("2024-02-10", "2024-02-10", True),  # ended on the first day: not renewed at the first
    ]
    frame = pd.DataFrame(rows, columns=["started_on", "last_on", "is_ended"])
    cohort = of_spells(frame["started_on"], frame["last_on"], frame["is_ended"], as_of=pd.Timestamp("2024-04-30"))
    assert list(cohort.lost) == [2, 1, 0]
    assert list(cohort.watched) == [1, 0, 0, 1]
    assert list(cohort.at_risk) == [4, 2, 1]
