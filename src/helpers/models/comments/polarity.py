"""How comments read, from bad to good: learned from the marks of the survey, or by a lexicon where these are few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import rankdata

from helpers.models.comments.comment_words import BREAK, Comments
from helpers.models.survey.design import Floats, Ints
from helpers.randomness import stream
from helpers.threads import one_thread

LEAST_SCORED = 300
"""Comments with a mark below which none of it is learned."""
FOLD_COUNT = 5
LEAST_COMMENTS = 3
"""Comments that a word must stand in to be learned from."""
PENALTY = 2.0
"""Of the squared weights of words (ridge regression)."""

Method = Literal["scores", "lexicon"]


@dataclass(frozen=True, eq=False)
class Polarity:
    """How comments read.

    Attributes
    ----------
    values
        An entry per comment, the higher the better: by `scores` the mark that its words let expect less the mean mark,
        in points, by a model that has not seen the customer; by `lexicon` words of praise less those of complaint over
        both, -1 to 1. NaN where it has no word that is known.
    by_interview
        The same, an entry per interview; missing without a comment.
    method
        Where they come from.
    auc, low, high
        The chance that the comment of a promoter reads better than that of a detractor, with interval; NaN where no two
        of each are known.
    n
        Comments with a mark.
    """

    values: Floats
    by_interview: Floats
    method: Method
    auc: float
    low: float
    high: float
    n: int

    @property
    def tells(self) -> bool:
        """Whether the words tell promoters from detractors, beyond chance."""
        return bool(self.low > 0.5)


def judged(
    comments: Comments,
    interviews: pd.DataFrame,
    *,
    marks: pd.Series,
    side: Floats,
    balance: Floats,
    level: float,
    seed: int,
) -> Polarity:
    """How each comment reads.

    Parameters
    ----------
    interviews
        A row per interview: response_id, and customer_id where it was delivered: what is told of a customer comes from
        a model that has seen none of their comments.
    marks, side
        Of each interview the mark of satisfaction, and 1 for a promoter, -1 for a detractor; missing where not given.
    balance
        The polarity of each comment by a lexicon, as `comment_codes.coded` gives it.
    level
        Coverage of the interval.
    seed
        Of the parts into which customers are drawn.

    Notes
    -----
    Ridge regression of the mark on TF-IDF of words and pairs of words within a clause, so that 不 便宜 has a weight of
    its own; five folds by customer. The interval is DeLong's (1988, Biometrics 44, 837-845).
    """
    mark, is_promoter = marks.to_numpy(dtype=float)[comments.row], np.where(side == 0, np.nan, side > 0)
    is_promoter = np.where(np.isfinite(side), is_promoter, np.nan)[comments.row]
    is_scored = np.isfinite(mark)
    method: Method = "scores" if is_scored.sum() >= LEAST_SCORED and np.ptp(mark[is_scored]) > 0 else "lexicon"
    if method == "scores":
        whose = interviews["response_id"]
        whose = interviews["customer_id"].fillna(whose) if "customer_id" in interviews else whose
        parts = folds(whose.iloc[comments.row].astype(str), seed=seed)
        values = _out_of_fold(comments, mark, parts)
    else:
        values = balance
    by_interview = np.full(len(marks), np.nan)
    by_interview[comments.row] = values
    ends = auc_bounds(np.nan_to_num(values), is_promoter, level=level)
    return Polarity(values, by_interview, method, *ends, int(is_scored.sum()))


def folds(customers: pd.Series, *, seed: int) -> Ints:
    """The part, 0 to 4, of each comment: all comments of a customer are in one."""
    codes, names = pd.factorize(customers, sort=True)
    drawn = stream(seed, "comments.folds").permutation(len(names)) % FOLD_COUNT
    found: Ints = drawn[codes].astype(np.int64)
    return found


def _out_of_fold(comments: Comments, mark: Floats, parts: Ints) -> Floats:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

    texts = [list(_terms(words)) for words in comments.words]
    found = np.full(len(comments), np.nan)
    with one_thread("sklearn.linear_model"):
        for part in range(FOLD_COUNT):
            seen = np.flatnonzero((parts != part) & np.isfinite(mark))
            told = np.flatnonzero(parts == part)
            if not len(told) or not len(seen):
                continue
            weights = TfidfVectorizer(analyzer=_as_it_is, min_df=LEAST_COMMENTS, sublinear_tf=True)
            try:
                known = weights.fit_transform([texts[one] for one in seen])
            except ValueError:  # no word stands in so many comments
                continue
            centre = mark[seen].mean()
            model = Ridge(alpha=PENALTY, fit_intercept=True, solver="sparse_cg", tol=1e-6).fit(
                known, mark[seen] - centre
            )
            found[told] = model.predict(weights.transform([texts[one] for one in told]))
    return found


def _as_it_is(terms: list[str]) -> list[str]:
    return terms


def _terms(words: list[str]) -> Iterator[str]:
    """Words, and pairs of words of one clause."""
    for place, word in enumerate(words):
        if word == BREAK:
            continue
        yield word
        if place and words[place - 1] != BREAK:
            yield f"{words[place - 1]} {word}"


def auc_bounds(values: Floats, is_promoter: Floats, *, level: float) -> tuple[float, float, float]:
    """The chance that a promoter's value is higher than a detractor's, ties by half, with DeLong's interval."""
    above, below = values[is_promoter == 1], values[is_promoter == 0]
    m, n = len(above), len(below)
    if min(m, n) < 2:
        return np.nan, np.nan, np.nan
    together = rankdata(np.concatenate([above, below]))
    higher = (together[:m] - rankdata(above)) / n
    lower = 1 - (together[m:] - rankdata(below)) / m
    auc = float(higher.mean())
    half = float(ndtri((1 + level) / 2) * np.sqrt(higher.var(ddof=1) / m + lower.var(ddof=1) / n))
    return auc, max(auc - half, 0.0), min(auc + half, 1.0)
