"""The words of models on the churn page, in both languages, with the same numbers."""

from __future__ import annotations

import math

from helpers.display.churn.churn_words import ACTIONS, p_value_of, reason, starting
from helpers.display.wording import named, speaking
from helpers.models.churn.action_list import APPROACH, ASK, HELP, MEND, REMIND
from helpers.models.churn.leaving_models import WORDS

TOLD = "93 days since the last purchase, usually 21; visits: 78% less since 2024-10-21; few like them come back"


def test_all_reasons_of_a_customer_are_said_in_chinese_with_their_numbers() -> None:
    assert reason(TOLD) == TOLD
    with speaking("zh"):
        assert reason(TOLD) == "距上次购买 93 天，平时间隔 21 天；到访：自 2024-10-21 起减少 78%；同类客户很少回来"
        assert reason("category mix: another mix since 2024-09-30") == "品类结构：自 2024-09-30 起有变"
    assert reason(None) == "–"


def test_actions_and_features_of_the_models_have_their_chinese() -> None:
    assert set(ACTIONS) == {MEND, ASK, APPROACH, HELP, REMIND}
    with speaking("zh"):
        for text in (*ACTIONS, *WORDS.values()):
            assert not any(letter.isascii() and letter.isalpha() for letter in reason(text) + named(text)), text


def test_small_p_values_and_first_words() -> None:
    assert [p_value_of(value) for value in (0.0004, 0.04, math.nan)] == ["below 0.001", "0.040", "–"]
    assert starting("category mix") == "Category mix"
    with speaking("zh"):
        assert [p_value_of(0.0004), starting("category mix")] == ["小于 0.001", "品类结构"]
