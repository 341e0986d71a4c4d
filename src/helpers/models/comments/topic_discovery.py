"""Topics that nobody thought of: words that stand together in comments, by TF-IDF and a non-negative factorisation."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from helpers.models.comments.comment_words import BREAK, LITTLE_WORDS, NEGATIONS, Comments
from helpers.randomness import stream
from helpers.threads import one_thread

WORD_COUNT = 5
"""Words by which a reader knows a topic."""
MOST_COMMON_SHARE = 0.5
"""Share of comments above which a word is in too many to tell topics apart."""
LEAST_PER_TOPIC = 10
"""Comments per topic below which none are looked for."""


def discovered(comments: Comments, *, topic_count: int, smallest_cell: int, seed: int) -> pd.DataFrame:
    """The topics of the comments of each language, a row per comment that has one.

    Parameters
    ----------
    topic_count
        Topics looked for in each language; fewer where there are few comments.
    smallest_cell
        Comments that a word must stand in to be told: rarer ones could name somebody.
    seed
        Of the search.

    Returns
    -------
    pandas.DataFrame
        method (`discovered`), topic (`zh 1` has most comments), language, words (those of most weight), comment (its
        position), tone (missing: a topic of this kind says nothing of it). A comment is in its heaviest topic.

    Notes
    -----
    Non-negative matrix factorisation of TF-IDF, begun from its singular values (Lee and Seung (1999), Nature 401,
    788-791; Boutsidis and Gallopoulos (2008), Pattern Recognition 41, 1350-1362). A rival is to read them.
    """
    blocks = [
        _of_language(comments, language, topic_count, smallest_cell, seed)
        for language in ("zh", "en")
        if (comments.language == language).sum() >= LEAST_PER_TOPIC
    ]
    return pd.concat([EMPTY, *blocks], ignore_index=True) if blocks else EMPTY.copy()


EMPTY = pd.DataFrame(
    {name: pd.Series(dtype=object) for name in ("method", "topic", "language", "words")}
    | {"comment": pd.Series(dtype=np.int64), "tone": pd.Series(dtype=float)}
)


def _of_language(comments: Comments, language: str, topic_count: int, smallest_cell: int, seed: int) -> pd.DataFrame:
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfVectorizer

    place = np.flatnonzero(comments.language == language)
    texts = [list(_telling(comments.words[one])) for one in place]
    weights = TfidfVectorizer(analyzer=list, min_df=max(smallest_cell, 2), max_df=MOST_COMMON_SHARE)
    try:
        matrix = weights.fit_transform(texts)
    except ValueError:  # no word stands in so many comments
        return EMPTY
    count = min(topic_count, len(place) // LEAST_PER_TOPIC, *(size - 1 for size in matrix.shape))
    if count < 1:
        return EMPTY
    drawn = int(stream(seed, "comments.topics").integers(2**31))
    with one_thread("sklearn.decomposition"):
        model = NMF(n_components=count, init="nndsvda", random_state=drawn, max_iter=400, tol=1e-3)
        loads = model.fit_transform(matrix) * np.linalg.norm(model.components_, axis=1)
    names = weights.get_feature_names_out()
    words = [" ".join(names[np.argsort(-one, kind="stable")[:WORD_COUNT]]) for one in model.components_]
    topic = np.where(loads.max(axis=1) > 0, loads.argmax(axis=1), -1)
    order = np.argsort(-np.bincount(topic[topic >= 0], minlength=count), kind="stable")
    rank = np.argsort(order)
    has_one = topic >= 0
    told = pd.DataFrame({"comment": place[has_one], "rank": rank[topic[has_one]]}).sort_values("rank", kind="stable")
    named = told["rank"].map({rank[one]: text for one, text in enumerate(words)})
    return pd.DataFrame(
        {
            "method": "discovered",
            "topic": language + " " + (told["rank"] + 1).astype(str),
            "language": language,
            "words": named,
            "comment": told["comment"],
            "tone": np.nan,
        }
    )


def _telling(words: list[str]) -> Iterable[str]:
    return (word for word in words if word != BREAK and word not in LITTLE_WORDS | NEGATIONS)
