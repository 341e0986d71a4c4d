"""Comments in Chinese, in English and in both, cut into words that one can read."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.models.comments import comment_codes, comment_words
from helpers.models.comments.comment_words import BREAK, Cutter, language_of
from helpers.schemes import codebooks

KNOWN = frozenset(comment_codes.vocabulary(codebooks.chosen(None), codebooks.lexicon()))


def read(*texts: str | None) -> comment_words.Comments:
    frame = pd.DataFrame({"response_id": range(len(texts)), "may_be_quoted": True, "comment": texts})
    return comment_words.read(frame, known=KNOWN)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("价格一点也不便宜", "价格 一点 也 不 便宜"),
        ("太贵了！不贵", "太贵 了 / 不 贵"),
        ("物流不慢，没货", "物流 不 慢 / 没货"),
        ("The courier didn't call; couldnt reach", "the courier did n't call / could n't reach"),
        ("I can't, I cannot", "i ca n't / i can not"),
        ("APP卡, 客服 never replied 👍🏽😡", "app 卡 / 客服 never replied 👍 😡"),
        ("ＡＰＰ很卡。。。five-star :)", "app 很卡 / five star :)"),
    ],
)
def test_words(text: str, words: str) -> None:
    found = Cutter(KNOWN).words(text)
    assert " ".join(found).replace(f" {BREAK}", " /") == words


def test_chinese_that_no_codebook_knows_is_cut_by_the_segmenter() -> None:
    assert Cutter(frozenset()).words("我们在北京大学看电影") == ["我们", "在", "北京大学", "看", "电影"]


def test_languages() -> None:
    assert [language_of(one) for one in ("APP太卡了吧", "the 客服 never replied", "👍👍 5/5", "[phone hidden]好")] == [
        "zh",
        "en",
        "other",
        "zh",
    ]


def test_comments_stand_at_their_interviews_and_nothing_said_is_none() -> None:
    found = read(None, "快递很慢", "N/A", "  ", "无", "Good.", "没有！")
    assert found.row.tolist() == [1, 5]
    assert found.text.tolist() == ["快递很慢", "Good."]


def test_several_questions_make_one_comment_in_two_clauses() -> None:
    frame = pd.DataFrame({"response_id": [1], "may_be_quoted": [True], "a": ["not"], "b": ["cheap"]})
    assert comment_words.read(frame, known=KNOWN).words == [["not", BREAK, "cheap"]]


def test_nothing_of_a_phone_number_is_left_in_text_or_words() -> None:
    found = read("打１３８００１３８０００ or mail ann@shop.example 谢谢")
    assert found.text.tolist() == ["打[phone hidden] or mail [e-mail hidden] 谢谢"]
    assert found.words == [["打", "or", "mail", "谢谢"]]
