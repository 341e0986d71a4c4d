"""Questions with several answers: who named each of them, and its share of all that was named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.models.statistics import small_groups
from helpers.models.survey import proportions
from helpers.models.survey.design import Design
from helpers.models.survey.estimators import Estimates, means, ratios

COLUMNS = [
    "item",
    "answer",
    "share",
    "low",
    "high",
    "answer_share",
    "answer_share_low",
    "answer_share_high",
    "named_count",
    "n",
]


def named_shares(
    chosen: pd.DataFrame,
    interviews: pd.DataFrame,
    *,
    design: Design,
    is_in: pd.Series,
    level: float,
    smallest_base: int,
) -> pd.DataFrame:
    """Of each answer to each multiple question the share of customers who named it, and of all that was named.

    Parameters
    ----------
    chosen
        A row per interview, question and answer: response_id, question_id, answer; an interview that was asked and
        named nothing has one row with a missing answer.
    interviews
        A row per interview in the order of the design: response_id.
    is_in
        The interviews that count, such as those of the last wave; the others stay in the design.
    smallest_base
        Respondents below which a question is not told.

    Returns
    -------
    pandas.DataFrame
        A row per question and answer, the most named first: item, answer, share, low, high (of those who were asked:
        these add up to more than 1), answer_share with its interval (of all that was named: these add up to 1),
        named_count, n (interviews that were asked).
    """
    rows = []
    for item, own in chosen.groupby("question_id", sort=True):
        marks = pd.crosstab(own["response_id"], own["answer"].fillna("")).clip(upper=1)
        wide = marks.reindex(interviews["response_id"]).set_axis(interviews.index).where(is_in)
        wide = wide.drop(columns="", errors="ignore")
        is_asked = (interviews["response_id"].isin(own["response_id"]) & is_in).to_numpy()
        n = int(is_asked.sum())
        if n < smallest_base:
            continue
        ticks = np.where(is_asked[:, None], wide.fillna(0).to_numpy(dtype=float), np.nan)
        every = ticks.sum(axis=1)
        for place, answer in enumerate(wide.columns):
            of_them = means(ticks[:, place], design=design)
            of_named = ratios(ticks[:, place], every, design=design)
            named = int(np.nansum(ticks[:, place]))
            told = (*_with_bounds(of_them, n, level), *_with_bounds(of_named, int(np.nansum(every)), level))
            rows.append((str(item), str(answer), *told, named, n))
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found.sort_values(["item", "share"], ascending=[True, False], ignore_index=True, kind="stable")


def _with_bounds(found: Estimates, count: int, level: float) -> tuple[float, float, float]:
    low, high = proportions.bounds(found.values, found.errors, np.array([count]), degrees=found.degrees, level=level)
    return float(found.values[0]), float(low[0]), float(high[0])


def without_few(named: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The answers as `named_shares` gives them, with nothing told of those that few named, or all but few."""
    values = [name for name in COLUMNS if name not in ("item", "answer")]
    parts = {"named_count": "n"}
    return small_groups.hide_within(named, parts=parts, values=values, by=["item"], smallest_cell=smallest_cell)
