"""Topics that are found without a codebook: those that were planted, the same each time, none out of rare words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.comments.comment_words import Comments
from helpers.models.comments.topic_discovery import discovered
from tests.models.comments.planted_comments import planted, purity

SEARCH = {"topic_count": 10, "smallest_cell": 10}


def test_planted_topics_are_recovered() -> None:
    """Measured: purity 0.69 where one topic in six by chance gives 0.17; comments out of order give 0.23."""
    truth, comments, _ = planted()
    found = discovered(comments, seed=1, **SEARCH)
    assert len(found) >= 0.95 * len(comments)
    assert purity(found, truth) >= 0.6
    shuffled = truth.sample(frac=1, random_state=1)
    assert purity(found, shuffled) < 0.3


def test_the_same_seed_finds_the_same_topics() -> None:
    _, comments, _ = planted()
    pd.testing.assert_frame_equal(discovered(comments, seed=3, **SEARCH), discovered(comments, seed=3, **SEARCH))


def test_topics_are_of_one_language_and_the_largest_is_the_first() -> None:
    _, comments, _ = planted()
    found = discovered(comments, seed=1, **SEARCH)
    of_comment = comments.language[found["comment"].to_numpy(dtype=int)]
    assert (of_comment == found["language"]).all()
    counts = found[found["language"] == "zh"]["topic"].value_counts()
    assert counts.index[0] == "zh 1"
    assert not set(" ".join(found["words"]).split()) & {"the", "的", "不", "not"}


@pytest.mark.parametrize("words", [[], [["slow"]] * 5, [[f"word{n}"] for n in range(30)]])
def test_few_comments_or_rare_words_have_no_topics(words: list[list[str]]) -> None:
    n = len(words)
    few = Comments(np.arange(n), np.array([""] * n, dtype=object), words, np.array(["en"] * n, dtype=object))
    assert discovered(few, seed=1, **SEARCH).empty
