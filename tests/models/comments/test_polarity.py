"""How comments read: learned out of fold, recovered where planted, chance where unrelated, by lexicon where few."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from helpers.models.comments.comment_words import Comments
from helpers.models.comments.polarity import LEAST_SCORED, Polarity, auc_bounds, folds, judged
from tests.models.comments.planted_comments import planted

Floats = np.ndarray


def marked(truth: pd.DataFrame, *, seed: int) -> pd.Series:
    """Marks, 1 to 5, that follow the planted polarity with much noise."""
    noise = np.random.default_rng(seed).normal(size=len(truth))
    return pd.Series(np.clip(np.round(3.3 + 0.6 * truth["sign"] + noise), 1, 5), dtype=float)


def read(comments: Comments, marks: pd.Series, balance: Floats, customers: list[str] | None = None) -> Polarity:
    interviews = pd.DataFrame({"response_id": [f"r{n}" for n in range(len(marks))]})
    if customers is not None:
        interviews["customer_id"] = customers
    side = np.select([marks.isna(), marks >= 4, marks <= 2], [np.nan, 1.0, -1.0], 0.0)
    return judged(comments, interviews, marks=marks, side=side, balance=balance, level=0.95, seed=1)


def test_planted_polarity_is_recovered_out_of_fold() -> None:
    """Measured: 0.99 against the planted polarity, and 0.80 against marks that are mostly noise."""
    truth, comments, coded = planted()
    found = read(comments, marked(truth, seed=2), coded.balance)
    assert found.method == "scores"
    assert found.tells
    is_known = truth["sign"] != 0
    auc, _, _ = auc_bounds(found.values[is_known], (truth["sign"][is_known] > 0).to_numpy(dtype=float), level=0.95)
    assert auc >= 0.95
    assert found.auc >= 0.7


def test_where_marks_have_nothing_to_do_with_words_the_interval_holds_one_half() -> None:
    truth, comments, coded = planted()
    found = [
        read(comments, marked(truth, seed=seed).sample(frac=1, random_state=seed, ignore_index=True), coded.balance)
        for seed in range(6)
    ]
    assert np.mean([one.auc for one in found]) == pytest.approx(0.5, abs=0.02)
    assert sum(one.low <= 0.5 <= one.high for one in found) >= 5
    assert not all(one.tells for one in found)


def test_no_comment_is_read_by_who_has_seen_its_customer() -> None:
    """Each customer writes words of their own eight times and gives one mark: only a model that saw them could know."""
    count = 100
    words = [[f"own{n}", f"very{n}"] for n in range(count) for _ in range(8)]
    n = len(words)
    comments = Comments(np.arange(n), np.full(n, "", dtype=object), words, np.full(n, "en", dtype=object))
    marks = pd.Series(np.repeat(np.random.default_rng(3).choice([1.0, 5.0], count), 8))
    customers = [f"c{row // 8}" for row in range(n)]
    balance = np.zeros(n)
    assert not read(comments, marks, balance, customers).auc > 0.55
    assert read(comments, marks, balance, [f"c{row}" for row in range(n)]).auc > 0.9


def test_all_comments_of_a_customer_are_in_one_fold() -> None:
    customers = pd.Series([f"c{n % 50}" for n in range(200)])
    found = pd.Series(folds(customers, seed=1))
    assert (found.groupby(customers).nunique() == 1).all()
    assert found.value_counts().to_list() == [40] * 5


def test_few_marks_are_read_by_the_lexicon() -> None:
    truth, comments, coded = planted()
    marks = marked(truth, seed=2).where(pd.Series(range(len(truth))) < LEAST_SCORED - 1)
    found = read(comments, marks, coded.balance)
    assert (found.method, found.n) == ("lexicon", LEAST_SCORED - 1)
    assert np.array_equal(found.values, coded.balance, equal_nan=True)
    assert found.tells
    assert read(comments, marked(truth, seed=2).head(len(truth)), coded.balance).method == "scores"


def test_the_auc_is_that_of_all_pairs_with_ties_by_half() -> None:
    above, below = np.array([3.0, 2.0, 2.0]), np.array([1.0, 2.0])
    pairs = [(a > b) + (a == b) / 2 for a, b in product(above, below)]
    values, sides = np.concatenate([above, below]), np.array([1.0, 1, 1, 0, 0])
    auc, low, high = auc_bounds(values, sides, level=0.95)
    assert auc == pytest.approx(np.mean(pairs))
    # DeLong by hand: of each above the share of below that it beats, and the other way round
    first, second = np.array([1.0, 0.75, 0.75]), np.array([1.0, (1 + 0.5 + 0.5) / 3])
    half = 1.959964 * np.sqrt(first.var(ddof=1) / 3 + second.var(ddof=1) / 2)
    assert (low, high) == (pytest.approx(auc - half, abs=1e-6), pytest.approx(min(auc + half, 1), abs=1e-6))


def test_no_marks_no_judgement() -> None:
    _, comments, coded = planted()
    found = read(comments, pd.Series(np.full(len(comments), np.nan)), coded.balance)
    assert np.isnan(found.auc)
    assert not found.tells
