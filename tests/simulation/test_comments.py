"""Comments: every cell of topic, polarity and language has its texts, and a text tells its cell."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from helpers.simulation.comments import LANGUAGES, POLARITIES, SLOTS, TEMPLATES, TOPICS, filled, texts, write

CELLS = list(product(TOPICS, POLARITIES, LANGUAGES))


def wanted(count: int) -> pd.DataFrame:
    return pd.DataFrame(CELLS * count, columns=["topic", "polarity", "language"])


def test_every_cell_has_several_templates() -> None:
    assert set(TEMPLATES) == set(product(TOPICS, POLARITIES))
    assert min(len(TEMPLATES[topic, polarity][language]) for topic, polarity, language in CELLS) >= 3


def test_a_text_belongs_to_one_cell() -> None:
    every = [text for cell in CELLS for text in texts(*cell)]
    assert len(set(every)) == len(every) > 900


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_told_by_its_letters(language: str) -> None:
    for topic, polarity in TEMPLATES:
        for text in texts(topic, polarity, language):
            assert any("一" <= letter <= "鿿" for letter in text) == (language == "zh")
            assert "{" not in text


def test_a_template_is_filled_with_every_word_of_its_slots() -> None:
    assert filled("{days} and {item}", "en")[:2] == ["two and kettle", "two and lamp"]
    assert len(filled("{days} and {item}", "en")) == len(SLOTS["en"]["days"]) * len(SLOTS["en"]["item"])
    assert filled("nothing", "en") == ["nothing"]


def test_comments_come_from_their_own_cell_and_use_all_templates() -> None:
    cells = wanted(200)
    written = pd.Series(write(cells, generator=np.random.default_rng(1)))
    for (topic, polarity, language), rows in cells.groupby(["topic", "polarity", "language"]):
        found = set(written[rows.index])
        assert found <= set(texts(topic, polarity, language))
        assert all(found & set(filled(t, language)) for t in TEMPLATES[topic, polarity][language])


def test_the_same_generator_writes_the_same() -> None:
    one, two = (write(wanted(3), generator=np.random.default_rng(7)) for _ in range(2))
    assert list(one) == list(two)
    assert list(one) != list(write(wanted(3), generator=np.random.default_rng(8)))


def test_negation_alone_may_turn_a_comment() -> None:
    """The trap for lists of stop words: drop 不 and these two praise and complain in the same words."""
    assert "一点也不便宜" in "".join(texts("price", "negative", "zh"))
    assert "一点也不贵" in "".join(texts("price", "positive", "zh"))


def test_no_rows_no_comments() -> None:
    assert len(write(wanted(1).head(0), generator=np.random.default_rng(1))) == 0
