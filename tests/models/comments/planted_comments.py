"""Comments of the simulated company, with what was planted in each."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from helpers.models.comments import comment_codes, comment_words
from helpers.schemes import codebooks
from helpers.simulation import comments

SIGNS = {"negative": -1, "neutral": 0, "positive": 1}


@cache
def planted(count: int = 1_500, seed: int = 7) -> tuple[pd.DataFrame, comment_words.Comments, comment_codes.Coded]:
    """Truth (topic, polarity, language, sign), comments and their codes: a comment per interview, three in five Chinese."""
    generator = np.random.default_rng(seed)
    truth = pd.DataFrame(
        {
            "topic": generator.choice(comments.TOPICS, count),
            "polarity": generator.choice(comments.POLARITIES, count),
            "language": generator.choice(comments.LANGUAGES, count, p=[0.4, 0.6]),
        }
    )
    truth["sign"] = truth["polarity"].map(SIGNS)
    written = comments.write(truth[["topic", "polarity", "language"]], generator=generator)
    book, lexicon = codebooks.chosen(None), codebooks.lexicon()
    texts = pd.DataFrame({"response_id": range(count), "may_be_quoted": True, "comment": written})
    found = comment_words.read(texts, known=comment_codes.vocabulary(book, lexicon))
    return truth, found, comment_codes.coded(found, book, lexicon)


def purity(found: pd.DataFrame, truth: pd.DataFrame) -> float:
    """Share of comments whose planted topic is the commonest of their discovered one."""
    topic = truth["topic"].to_numpy()[found["comment"].to_numpy(dtype=int)]
    commonest = pd.Series(topic).groupby(found["topic"].to_numpy()).agg(lambda one: one.value_counts().iloc[0])
    return float(commonest.sum() / len(found))
