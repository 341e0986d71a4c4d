"""Notes of fits are said in the language of the page: those that models really make, not copies of them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from helpers.display.buying import fit_notes
from helpers.display.spend import spend_models
from helpers.display.wording import speaking
from helpers.models.buying import fitting
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import collapse
from helpers.models.spend import gamma_gamma, shrunk_mean

ENGLISH = re.compile(r"[A-Za-z]{2,}")
NAMES = re.compile(r"(?:Pareto|M?BG)/NBD|Gamma-Gamma|alpha|beta")
HISTORIES = {
    "one": ([2], [5], [20]),
    "one of once": ([0], [0], [20]),
    "one of today": ([0], [0], [0]),
    "all of today": ([0] * 5, [0] * 5, [0] * 5),
    "all of once": ([0] * 30, [0] * 30, range(10, 40)),
    "all alike": ([3] * 30, range(60, 90), [100] * 30),
    "all loyal": (range(300, 900, 12), [1000] * 50, [1001] * 50),
}
"""Repeat purchases, and days from the first purchase to the last and to the end of watching, of customers."""


def notes_of(name: str, customers: str) -> tuple[str, ...]:
    frequency, recency, age = (np.array(days, dtype=float) for days in HISTORIES[customers])
    frame = pd.DataFrame({"frequency": frequency, "recency_weeks": recency / 7, "age_weeks": age / 7})
    return fitting.fit(MODELS[name], collapse(frame), level=0.9).notes


@pytest.mark.parametrize("customers", HISTORIES)
def test_what_a_fit_notes_of_its_customers_has_its_chinese(customers: str) -> None:
    for name in ("bg_nbd", "pareto_nbd"):
        notes = notes_of(name, customers)
        assert fit_notes.retold(notes) == " ".join(notes)
        with speaking("zh"):
            told = fit_notes.retold(notes)
        assert not ENGLISH.search(NAMES.sub("", told)), told


def test_what_is_known_all_the_same_is_told_in_chinese_with_its_numbers() -> None:
    with speaking("zh"):
        told = fit_notes.retold(
            ["What is known all the same: purchase rate per week 4.1 (4 to 4.2); dropout rate per week 1 (0 to 2)."]
        )
    assert told == "仍能确定的有：每周购买次数 4.1（4 至 4.2）；每周流失率 1（0 至 2）。"


def test_what_models_of_spend_note_has_its_chinese() -> None:
    spend = pd.DataFrame(
        {"repeat_count": [0, 2, 2, 2, 1], "mean_amount": [np.nan, 10, 20, 30, 0], "first_amount": [9.0, 8, 7, 6, 5]}
    )
    parts = [spend, spend[:4], spend[:2], spend[:1], spend.iloc[[0, 4]], spend[1:4].drop(columns="first_amount")]
    notes = [note for part in parts for note in shrunk_mean.shrink(part).notes] + list(
        gamma_gamma.fit(spend, level=0.9).notes
    )
    assert len(set(notes)) > 5
    with speaking("zh"):
        said = spend_models.chosen("shrunk_mean", notes, n=5).sentence
    assert not ENGLISH.search(NAMES.sub("", said)), said
