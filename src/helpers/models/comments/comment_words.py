"""Comments as words: masked, cut into words in Chinese, English and both, with emoji, and told by their language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.redaction import MASK, masked

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
EMOJI = "\U0001f300-\U0001f3fa\U0001f400-\U0001faff\u2600-\u27bf\u2b50\u2b55"
PIECES = re.compile(
    rf"(?P<mask>{MASK})|(?P<han>[{HAN}]+)|(?P<word>(?:(?![{HAN}])[^\W\d_])+(?:'(?:(?![{HAN}])[^\W\d_])+)*)"
    rf"|(?P<emoji>[{EMOJI}])|(?P<face>[:;]-?[()D])|(?P<digits>\d+)|(?P<end>[.,;:!?()\n。、…~—]+)"
)
WITHOUT_APOSTROPHE = re.compile(r"(do|does|did|is|was|are|were|wo|would|could|should|ca|have|has|had|must|need)n'?t")
NOT = "n't"
BREAK = "\n"
"""What stands between two clauses in the words of a comment."""
NOTHING_SAID = frozenset(
    "none|no|n/a|na|nil|nothing|no comment|no comments|nope|-|--|.|无|没有|没|暂无|无意见|没意见|没有意见|没了".split(
        "|"
    )
)
"""Answers that say that there is nothing to say."""
# what may stand before or behind a word of a codebook in one word of the segmenter: degrees, 了 and 的
DEGREES = ("很", "太", "真", "挺", "更", "最", "超", "蛮", "偏", "好")
PARTICLES = ("了", "的")
# words of no topic, whatever they are worth to those who learn how a comment reads
LITTLE_WORDS = frozenset(
    (
        "a an the and or but if of to in on at for from by with as is are was were be been am do does did have has had "
        "it its this that these those there here i me my we us our you your he she they them their who what when where "
        "which how so than very just also more any all some can ca could would should will wo then again after before "
        "since much many really one out up only get got "
        "的 了 是 我 我们 你 你们 他 她 它 也 都 就 还 又 很 在 和 与 有 这 那 个 这个 那个 吗 呢 吧 啊 着 过 地 得 "
        "把 被 给 对 但 但是 而且 因为 所以 如果 会 能 可以 要 想 再 更 最 "
        "非常 比较 一 一个 上 下 里 一点 什么 月 用 以后"
    ).split()
)
NEGATIONS = frozenset(f"not {NOT} no never too 不 没 没有 太".split())

Texts = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Comments:
    """The comments of a survey, an entry each, in the order of the interviews.

    Attributes
    ----------
    row
        The position of the interview that each belongs to.
    text
        The comment with phone numbers, addresses and the like masked: nothing else of the kit sees more of it.
    words
        Its words in small letters, with BREAK between clauses.
    language
        zh, en, or other where it has no letters of either.
    """

    row: NDArray[np.int64]
    text: Texts
    words: list[list[str]]
    language: Texts

    def __len__(self) -> int:
        return len(self.row)


def read(answers: pd.DataFrame, *, known: Iterable[str]) -> Comments:
    """The comments of interviews, masked and cut into words.

    Parameters
    ----------
    answers
        A row per interview: response_id, may_be_quoted, then a column of text per question that asked for a comment;
        missing where none was given.
    known
        Words that are to be found whole, such as those of a codebook: Chinese has no blanks, and a segmenter does not
        know what a shop calls its things.
    """
    rows = answers.drop(columns=["response_id", "may_be_quoted"]).to_numpy(dtype=object)
    joined = [[text for text in row if isinstance(text, str) and _says(text)] for row in rows]
    row = np.array([place for place, texts in enumerate(joined) if texts], dtype=np.int64)
    text = [masked("\n".join(joined[place])) for place in row]
    cut = Cutter(frozenset(known))
    words = [cut.words(one) for one in text]
    language = np.array([language_of(one) for one in text], dtype=object)
    return Comments(row, np.array(text, dtype=object), words, language)


def _says(text: str) -> bool:
    return text.strip().casefold().rstrip("。.!！") not in NOTHING_SAID and bool(text.strip())


def language_of(text: str) -> str:
    """The language in which most of a comment is written: `zh`, `en`, or `other` without letters of either.

    >>> [language_of(text) for text in ("APP太卡了", "the 客服 never answered me", "👍 5/5")]
    ['zh', 'en', 'other']
    """
    han, latin = len(re.findall(f"[{HAN}]", text)), len(re.findall(r"[A-Za-z]+", MASKED.sub("", text)))
    if not han + latin:
        return "other"
    return "zh" if han >= latin else "en"


MASKED = re.compile(MASK)


class Cutter:
    """Cuts texts into words: Chinese by rjieba round the known words, everything else by blanks and signs."""

    def __init__(self, known: frozenset[str]) -> None:
        chinese = sorted((word for word in known if len(word) > 1 and re.fullmatch(f"[{HAN}]+", word)), key=_by_length)
        self.known = known
        self.whole = re.compile("|".join(map(re.escape, chinese)) or r"(?!)")

    def words(self, text: str) -> list[str]:
        """The words of a text in small letters, with BREAK between clauses."""
        found: list[str] = []
        plain = unicodedata.normalize("NFKC", text).replace("’", "'").casefold()
        for piece in PIECES.finditer(plain):
            kind, part = piece.lastgroup, piece[0]
            if kind == "han":
                found += self._chinese(part)
            elif kind == "word":
                found += _english(part)
            elif kind in ("emoji", "face"):
                found.append(part)
            elif kind == "end" and found and found[-1] != BREAK:
                found.append(BREAK)
        return found

    def _chinese(self, run: str) -> list[str]:
        found, place = [], 0
        for match in self.whole.finditer(run):
            found += self._segmented(run[place : match.start()])
            found.append(match[0])
            place = match.end()
        return found + self._segmented(run[place:])

    def _segmented(self, run: str) -> list[str]:
        return [part for word in segmenter().cut(run) for part in self._apart(word)] if run else []

    def _apart(self, word: str) -> list[str]:
        """A word of the segmenter, taken apart where the rest of it is a known word: 不贵, 太贵, 贵了."""
        if len(word) == 1 or word in self.known:
            return [word]
        for end in PARTICLES:
            if word.endswith(end) and word[: -len(end)] in self.known:
                return [word[: -len(end)], end]
        for start in (word[:1], word[:2]):
            if word[len(start) :] in self.known and (start in self.known or start in DEGREES):
                return [start, word[len(start) :]]
        return [word]


def _by_length(word: str) -> tuple[int, str]:
    return -len(word), word


def _english(word: str) -> list[str]:
    short = WITHOUT_APOSTROPHE.fullmatch(word)
    if short:
        return [short[1], NOT]
    return ["can", "not"] if word == "cannot" else [word.removesuffix("'s")]


@lru_cache(maxsize=1)
def segmenter() -> Any:
    """The segmenter of Chinese, made once a process."""
    import rjieba

    return rjieba.Jieba()
