"""Quotations: of the topic, masked, of those who allow it, unlike each other, and never out of a small group."""

from __future__ import annotations

import pandas as pd

from helpers.models.comments import comment_codes, comment_words
from helpers.models.comments.quotations import LONGEST_QUOTATION, complaints, shortened
from helpers.schemes import codebooks

BOOK, LEXICON = codebooks.chosen(None), codebooks.lexicon()
TEXTS = [
    "快递晚了五天",
    "快递晚了六天",
    "My parcel was late, call me on 138 0013 8000",
    "物流太慢，邮箱ａｎｎ＠ｘ．ｄｅ",
    "fast delivery",
    "太贵了",
]


def quoted(*, smallest_base: int = 4, topic: str | None = "delivery", quotable: list[bool] | None = None) -> list[str]:
    frame = pd.DataFrame({"response_id": range(len(TEXTS)), "may_be_quoted": True, "comment": TEXTS})
    written = comment_words.read(frame, known=comment_codes.vocabulary(BOOK, LEXICON))
    coded = comment_codes.coded(written, BOOK, LEXICON)
    allowed = pd.Series(quotable or [True] * len(TEXTS))
    rules = {"is_quotable": allowed, "polarity": coded.balance, "smallest_base": smallest_base}
    return complaints(written, coded, topic=topic, **rules)


def test_three_unlike_each_other_in_both_languages_and_masked() -> None:
    assert sorted(quoted()) == [
        "My parcel was late, call me on [phone hidden]",
        "快递晚了五天",
        "物流太慢，邮箱[e-mail hidden]",
    ]


def test_none_out_of_a_small_group_or_of_those_who_withdrew() -> None:
    assert quoted(smallest_base=5) == []
    assert quoted(quotable=[False] + [True] * 5) == []
    assert quoted(quotable=[False] + [True] * 5, smallest_base=3)[-1] != "快递晚了五天"
    assert quoted(topic=None) == []


def test_a_long_comment_is_cut() -> None:
    assert len(shortened("慢" * 500)) == LONGEST_QUOTATION + 2
    assert shortened("one\n two") == "one two"
