"""What the arms of a campaign moved against its control: differences with intervals, all and segment by segment."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr, stdtrit

from helpers.models.campaigns.sample_ratio import CONTROL
from helpers.models.statistics.families import adjusted
from helpers.models.statistics.intervals import wilson_bounds

Floats = NDArray[np.float64]
CONVERSION, VISITS, SPEND, CONTRIBUTION = "conversion", "visits", "spend", "contribution"
OUTCOMES = {
    CONVERSION: "has_converted",
    VISITS: "visit_count",
    SPEND: "spend_amount",
    CONTRIBUTION: "contribution_amount",
}
"""What is compared, by the column of a customer that holds it. Contribution: margin of the spend, less the costs."""
ALL = "(all)"
FEWEST = 10
"""Customers of an arm, and customers in whom an outcome is not 0, below which no effect is told."""
COLUMNS = [
    "segment",
    "arm",
    "outcome",
    "customer_count",
    "control_count",
    "mean",
    "effect",
    "low",
    "high",
    "p_value",
]


def with_contribution(people: pd.DataFrame, *, margin_share: float) -> pd.DataFrame:
    """The customers of a campaign with contribution_amount: the margin of what they spent, less what they cost."""
    return people.assign(contribution_amount=margin_share * people["spend_amount"] - people["cost_amount"])


def compared(people: pd.DataFrame, *, level: float, by: str | None = None) -> pd.DataFrame:
    """What each arm moved, as assigned: those who never saw it count too, since chance drew the arms and not who looks.

    Parameters
    ----------
    people
        One row per customer of a sound campaign: arm, and the columns of OUTCOMES; a column that is missing for all is
        not told.
    level
        Coverage of the intervals.
    by
        The column that holds the segment of a customer before the campaign; all together where none is named.

    Returns
    -------
    pandas.DataFrame
        One row per segment, arm (control first) and outcome: segment; arm; outcome; customer_count; control_count;
        mean (a customer); effect (mean less that of control; missing for control), low, high, p_value (two-sided;
        missing under ten customers of either arm, or ten in whom the outcome is not 0); adjusted_p_value: of all rows
        of the table together, so that of the effects that are called so at most a stated share is none. Where no arm
        does anything, any effect is found as seldom as one alone would be.

    Notes
    -----
    Shares: Newcombe's interval from two of Wilson's, and the score test. Means: Welch's interval and test.

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics in Medicine 17,
    873-890, method 10; Welch (1947), Biometrika 34; Benjamini and Hochberg (1995), JRSS B 57, 289-300.
    """
    groups = [(ALL, people)] if by is None else [(str(name), rows) for name, rows in people.groupby(by)]
    told = [outcome for outcome, column in OUTCOMES.items() if column in people and people[column].notna().any()]
    rows = [row for name, own in groups for outcome in told for row in _arms(name, own, outcome, level=level)]
    # without rows, too, each column has its kind: who hides what is few looks for numbers
    kinds = (
        dict.fromkeys(COLUMNS, "float64") | dict.fromkeys(COLUMNS[:3], "object") | dict.fromkeys(COLUMNS[3:5], "int64")
    )
    table = pd.DataFrame(rows, columns=COLUMNS).astype(kinds)
    return table.assign(adjusted_p_value=adjusted(table["p_value"], control="benjamini_hochberg"))


def _arms(name: str, own: pd.DataFrame, outcome: str, *, level: float) -> list[tuple[object, ...]]:
    by_arm = {str(arm): rows[OUTCOMES[outcome]].to_numpy(dtype=float) for arm, rows in own.groupby("arm")}
    control = by_arm.pop(CONTROL, np.empty(0))
    held = len(control)
    rows: list[tuple[object, ...]] = [(name, CONTROL, outcome, held, held, _mean(control), *(np.nan,) * 4)]
    for arm, values in by_arm.items():
        about = (name, arm, outcome, len(values), held, _mean(values))
        rows.append((*about, *difference(values, control, is_share=outcome == CONVERSION, level=level)))
    return rows


def difference(values: Floats, control: Floats, *, is_share: bool, level: float) -> tuple[float, float, float, float]:
    """Mean less that of control, the bounds of its interval, and its p value; see `compared`."""
    if not len(values) or not len(control):
        return (np.nan,) * 4
    effect = _mean(values) - _mean(control)
    active = np.count_nonzero(values) + np.count_nonzero(control)
    if min(len(values), len(control)) < FEWEST or active < FEWEST:
        return effect, np.nan, np.nan, np.nan
    return effect, *(_newcombe if is_share else _welch)(values, control, level)


def _newcombe(values: Floats, control: Floats, level: float) -> tuple[float, float, float]:
    counts, sizes = np.array([values.sum(), control.sum()]), np.array([len(values), len(control)])
    shares = counts / sizes
    low, high = wilson_bounds(counts, sizes, level=level)
    effect, pooled = shares[0] - shares[1], counts.sum() / sizes.sum()
    error = np.sqrt(pooled * (1 - pooled) * (1 / sizes).sum())
    below = np.hypot(shares[0] - low[0], high[1] - shares[1])
    above = np.hypot(high[0] - shares[0], shares[1] - low[1])
    p_value = float(2 * ndtr(-abs(effect) / error)) if error > 0 else np.nan
    return float(effect - below), float(effect + above), p_value


def _welch(values: Floats, control: Floats, level: float) -> tuple[float, float, float]:
    sizes = np.array([len(values), len(control)])
    errors = np.array([values.var(ddof=1), control.var(ddof=1)]) / sizes
    error = np.sqrt(errors.sum())
    if error <= 0:
        return np.nan, np.nan, np.nan
    degrees = errors.sum() ** 2 / (errors**2 / (sizes - 1)).sum()
    effect = _mean(values) - _mean(control)
    width = float(stdtrit(degrees, (1 + level) / 2)) * error
    return float(effect - width), float(effect + width), float(2 * stdtr(degrees, -abs(effect) / error))


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.nan
