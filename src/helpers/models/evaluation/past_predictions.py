"""What was once predicted of single customers against what they did, and against what each had done before."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.models.evaluation.calibration import tied_groups
from helpers.models.statistics.small_groups import hide

EVERYBODY = "all"
FIFTHS = 5
NEARER, FURTHER, UNCLEAR = "nearer", "further", "unclear"


def judged(made: pd.DataFrame, *, level: float, smallest_cell: int) -> pd.DataFrame:
    """How predictions of single customers came out: of all, and by fifths of what was predicted, the least first.

    Parameters
    ----------
    made
        One row per customer: expected; low and high (between which it was to come out with the level of the prediction,
        missing where none was told); came; before (what the customer had done in as many days up to the prediction:
        the naive rival).
    level
        Of the comparison with the rival, between 0 and 1.
    smallest_cell
        Fewest customers of a group of which anything is told.

    Returns
    -------
    pandas.DataFrame
        A row for all and one per fifth: group (`all`, `fifth 1` ...); n; expected, came and before (means); held_share
        (of customers whose bounds held what came; missing without bounds); error and rival_error (root of the mean
        squared error of the prediction and of the rival); verdict (nearer, further or unclear: whether the prediction
        came nearer than the rival); is_hidden. Equal predictions are never parted, so there may be fewer fifths.

    Notes
    -----
    The verdict is of the mean difference of squared errors, by its normal interval over customers (Diebold and Mariano
    1995, Journal of Business and Economic Statistics 13(3), with customers as independent draws in place of times).
    """
    fifth = tied_groups(made["expected"], count=FIFTHS)
    groups = [(EVERYBODY, made), *((f"fifth {number}", made[fifth == number]) for number in np.unique(fifth))]
    rows = pd.DataFrame([{"group": name, **_row(own, level=level)} for name, own in groups])
    is_part = rows["group"] != EVERYBODY
    told = hide(rows.assign(is_part=is_part), counts=["n"], by=["is_part"], smallest_cell=smallest_cell)
    return told.assign(verdict=told["verdict"].mask(told["is_hidden"])).drop(columns="is_part")


def _row(made: pd.DataFrame, *, level: float) -> dict[str, object]:
    expected, low, high, came, before = (
        made[name].to_numpy(dtype=float) for name in ("expected", "low", "high", "came", "before")
    )
    has_bounds = ~np.isnan(low)
    is_held = (low <= came) & (came <= high)
    own, rival = (expected - came) ** 2, (before - came) ** 2
    return {
        "n": len(made),
        "expected": float(expected.mean()),
        "came": float(came.mean()),
        "before": float(before.mean()),
        "held_share": float(is_held[has_bounds].mean()) if has_bounds.any() else np.nan,
        "error": float(np.sqrt(own.mean())),
        "rival_error": float(np.sqrt(rival.mean())),
        "verdict": _verdict(rival - own, level=level),
    }


def _verdict(gain: np.ndarray, *, level: float) -> str:
    """Whether the mean of a gain per customer is surely above or below zero."""
    if len(gain) < 2:
        return UNCLEAR
    reach = float(ndtri((1 + level) / 2)) * float(gain.std(ddof=1)) / np.sqrt(len(gain))
    mean = float(gain.mean())
    return NEARER if mean > reach else FURTHER if mean < -reach else UNCLEAR
