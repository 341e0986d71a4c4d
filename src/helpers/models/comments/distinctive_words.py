"""Words that promoters use more than detractors, and the other way round, beyond what chance does with rare words."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from scipy.special import ndtr

from helpers.models.comments.comment_words import BREAK, LITTLE_WORDS, Comments, language_of
from helpers.models.statistics.families import adjusted
from helpers.models.survey import nps
from helpers.models.survey.design import Floats

PRIOR_WORDS = 500
"""Size of the prior, in words: as if each side had written so many more, spread as in all comments."""
COLUMNS = [
    "word",
    "language",
    "promoter_count",
    "detractor_count",
    "comment_count",
    "log_odds",
    "z",
    "p_value",
    "adjusted_p_value",
    "is_clear",
]


def sides(answers: pd.DataFrame, questions: pd.DataFrame, *, outcome: str) -> Floats:
    """On which side each interview is: 1 promoter, -1 detractor, 0 neither; missing where the mark is.

    By the first question of kind nps (nine and ten; six and below); without one, by the best and the worst two marks of
    `outcome`.
    """
    asked = questions[questions["question_id"].isin(answers.columns)]
    recommending = asked.loc[asked["kind"] == "nps", "question_id"]
    if len(recommending):
        return nps.balance(answers[recommending.iloc[0]].to_numpy(dtype=float))
    scale = asked[asked["question_id"] == outcome].iloc[0]
    points = answers[outcome].to_numpy(dtype=float)
    side = (points > scale["scale_high"] - 2).astype(float) - (points < scale["scale_low"] + 2)
    return np.where(np.isfinite(points), side, np.nan)


def distinctive(comments: Comments, side: Floats, *, level: float, smallest_cell: int) -> pd.DataFrame:
    """How much more often promoters use each word than detractors do.

    Parameters
    ----------
    side
        Of each interview 1 promoter, -1 detractor, 0 or missing neither.
    level
        One less the level of the tests.
    smallest_cell
        Comments that a word must stand in to be told: rarer ones could name somebody.

    Returns
    -------
    pandas.DataFrame
        A row per word (articles and the like left out), those of detractors first: word, language, promoter_count and
        detractor_count (how often each side uses it; missing where few do), comment_count (comments with it), log_odds
        (natural; above zero: promoters use it more), z, p_value, adjusted_p_value, is_clear.

    Notes
    -----
    Of the words that are clear a few may be false, a share that the level sets (Benjamini and Hochberg).

    References
    ----------
    Monroe, Colaresi and Quinn (2008), Fightin' Words, Political Analysis 16(4), 372-403: equations 15, 16, 20 and 22,
    with an informative Dirichlet prior as large as PRIOR_WORDS, spread as the words of all comments.
    """
    used = [[word for word in words if word != BREAK] for words in comments.words]
    total = Counter(word for words in used for word in words)
    within = Counter(word for words in used for word in set(words))
    of_side = side[comments.row]
    counts = {
        sign: Counter(word for words, one in zip(used, of_side, strict=True) if one == sign for word in words)
        for sign in (1, -1)
    }
    told = {word for word, count in within.items() if count >= max(smallest_cell, 2)}
    words = sorted(told - LITTLE_WORDS)
    if not words or not counts[1] or not counts[-1]:
        return pd.DataFrame(columns=COLUMNS)
    everything = sum(total.values())
    prior = PRIOR_WORDS * np.array([total[word] for word in words]) / everything
    promoters, detractors = (np.array([counts[sign][word] for word in words]) for sign in (1, -1))
    sizes = [sum(counts[sign].values()) for sign in (1, -1)]
    log_odds, z = log_odds_ratio(promoters, detractors, prior, sizes=(sizes[0], sizes[1]), prior_size=PRIOR_WORDS)
    p_values = 2 * ndtr(-np.abs(z))
    after = adjusted(p_values, control="benjamini_hochberg")
    frame = pd.DataFrame(
        {
            "word": words,
            "language": [language_of(word) for word in words],
            "promoter_count": promoters,
            "detractor_count": detractors,
            "comment_count": [within[word] for word in words],
            "log_odds": log_odds,
            "z": z,
            "p_value": p_values,
            "adjusted_p_value": after,
            "is_clear": after < 1 - level,
        }
    )
    for name in ("promoter_count", "detractor_count"):
        is_few = frame[name].between(1, smallest_cell - 1)
        frame[name] = frame[name].astype("Int64").mask(is_few)
    return frame.sort_values(["z", "word"], ignore_index=True)[COLUMNS]


def log_odds_ratio(
    first: Floats, second: Floats, prior: Floats, *, sizes: tuple[float, float], prior_size: float
) -> tuple[Floats, Floats]:
    """The log of the ratio of a word's odds on the first side to those on the second, and over its standard error.

    `first`, `second` and `prior` count each word, `sizes` and `prior_size` all words of a side and of the prior.
    """
    one, two = first + prior, second + prior
    odds = one / (sizes[0] + prior_size - one), two / (sizes[1] + prior_size - two)
    log_odds = np.log(odds[0]) - np.log(odds[1])
    return log_odds, log_odds / np.sqrt(1 / one + 1 / two)
