"""What comments are about by a codebook, and whether they praise or complain, negations minded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.models.comments.comment_words import BREAK, Comments, Cutter
from helpers.schemes.codebooks import Codebook, Tone

Pattern = tuple[str, ...]
Meaning = tuple[str, int]
"""A code, or ANY_TOPIC, and what a word of it says: 1 praise, -1 complaint, 0 neither."""
ANY_TOPIC = ""


def vocabulary(book: Codebook, lexicon: Tone) -> set[str]:
    """Every word that a codebook and a lexicon name, negations too."""
    lists = [words for one in (*book.codes, lexicon) for said in one.by_sign.values() for words in said.values()]
    lists += [*book.negation.words.values(), *book.negation.ends_at.values()]
    return {word.casefold() for words in lists for word in words}


@dataclass(frozen=True, eq=False)
class Coded:
    """What comments are about.

    Attributes
    ----------
    hits
        A row per word or phrase of the codebook that was met: comment (its position), clause, code (ANY_TOPIC: a word
        of the lexicon), sign (1 praise, -1 complaint, 0 neither; turned round where it was negated).
    tones
        A row per comment and code that it mentions: comment, code, tone (1, -1, 0 where neither or as much of both).
    balance
        Of each comment its words of praise less those of complaint, over both: -1 to 1; NaN where it has none.
    """

    hits: pd.DataFrame
    tones: pd.DataFrame
    balance: NDArray[np.float64]


def coded(comments: Comments, book: Codebook, lexicon: Tone) -> Coded:
    """What each comment is about, and how it speaks of it.

    Parameters
    ----------
    comments
        Cut into words with the `vocabulary` of the same codebook and lexicon.
    book
        The topics, their words, and what negates a word.
    lexicon
        Words of praise and complaint of no topic: they count for the topics of their clause, and in a comment on one
        topic for that.

    Notes
    -----
    The longest phrase wins, and its words are used up. A word is turned round where an odd number of negations stands
    among the `window_words` before it, in the same clause and behind the last word at which a negation ends.
    """
    matcher = _Matcher(book, lexicon)
    rows = [(place, *hit) for place, words in enumerate(comments.words) for hit in matcher.hits(words)]
    hits = pd.DataFrame(rows, columns=["comment", "clause", "code", "sign"])
    return Coded(hits, _tones(hits), _balance(hits, len(comments)))


class _Matcher:
    """Finds the words of a codebook in the words of a comment."""

    def __init__(self, book: Codebook, lexicon: Tone) -> None:
        cutter = Cutter(frozenset(vocabulary(book, lexicon)))
        self.meanings: dict[Pattern, list[Meaning]] = defaultdict(list)
        for name, tone in [*((code.name, code) for code in book.codes), (ANY_TOPIC, lexicon)]:
            for sign, lists in tone.by_sign.items():
                for word in (word for words in lists.values() for word in words):
                    self.meanings[_pattern(word, cutter)].append((name, sign))
        negation = book.negation
        self.negations = {word.casefold() for words in negation.words.values() for word in words}
        self.ends = {word.casefold() for words in negation.ends_at.values() for word in words} | {BREAK}
        self.window = negation.window_words
        self.by_stem: dict[str, list[Pattern]] = defaultdict(list)
        for pattern in sorted(self.meanings, key=lambda one: (-len(one), one)):
            self.by_stem[pattern[0].rstrip("*")].append(pattern)
        self.stems = {len(one) for one in self.by_stem}
        self.found: dict[str, list[Pattern]] = {}

    def hits(self, words: list[str]) -> Iterable[tuple[int, str, int]]:
        """Clause, code and sign of each word of the codebook."""
        place = clause = 0
        while place < len(words):
            pattern = self._longest(words, place)
            if pattern is None:
                clause += words[place] == BREAK
                place += 1
                continue
            turn = -1 if self._is_negated(words, place) else 1
            for code, sign in self.meanings[pattern]:
                yield clause, code, sign * turn
            place += len(pattern)

    def _longest(self, words: list[str], place: int) -> Pattern | None:
        for pattern in self._starting(words[place]):
            if len(pattern) == 1 or _fits(pattern, words[place : place + len(pattern)]):
                return pattern
        return None

    def _starting(self, word: str) -> list[Pattern]:
        """The patterns that begin with a word, the longest first; each word is looked up once."""
        if word not in self.found:
            stems = [word[:length] for length in self.stems if length <= len(word)]
            fitting = [one for stem in stems for one in self.by_stem.get(stem, []) if _is_like(one[0], word)]
            self.found[word] = sorted(fitting, key=lambda one: (-len(one), one))
        return self.found[word]

    def _is_negated(self, words: list[str], place: int) -> bool:
        count = 0
        for word in reversed(words[max(0, place - self.window) : place]):
            if word in self.ends:
                break
            count += word in self.negations
        return count % 2 == 1


def _pattern(word: str, cutter: Cutter) -> Pattern:
    """The words of an entry of the codebook, each with its * where it had one."""
    parts = word.casefold().split()
    return tuple(
        f"{cut}*" if part.endswith("*") and last else cut
        for part in parts
        for cut, last in _marked([one for one in cutter.words(part.rstrip("*")) if one != BREAK] or [part])
    )


def _marked(words: list[str]) -> list[tuple[str, bool]]:
    return [(word, place == len(words) - 1) for place, word in enumerate(words)]


def _is_like(wanted: str, word: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def _fits(pattern: Pattern, words: list[str]) -> bool:
    return len(words) == len(pattern) and all(map(_is_like, pattern, words))


def _tones(hits: pd.DataFrame) -> pd.DataFrame:
    """How each comment speaks of each code that it mentions: comment, code, tone."""
    own = hits[hits["code"] != ANY_TOPIC]
    mentioned = own[["comment", "clause", "code"]].drop_duplicates()
    codes = mentioned[["comment", "code"]].drop_duplicates()
    is_alone = codes["comment"].map(codes["comment"].value_counts()) == 1
    free = hits.loc[hits["code"] == ANY_TOPIC, ["comment", "clause", "sign"]]
    lent = [
        free.merge(codes[is_alone], on="comment"),
        free.merge(mentioned[~mentioned["comment"].isin(codes.loc[is_alone, "comment"])], on=["comment", "clause"]),
    ]
    parts = [own, *lent]
    signed = pd.concat([part[["comment", "code", "sign"]] for part in parts], ignore_index=True)
    summed = signed.groupby(["comment", "code"], as_index=False)["sign"].sum()
    return summed.assign(tone=np.sign(summed["sign"]).astype(np.int64)).drop(columns="sign")


def _balance(hits: pd.DataFrame, count: int) -> NDArray[np.float64]:
    """Praise less complaint over both, an entry per comment."""
    good, bad = (
        np.bincount(hits.loc[hits["sign"] == sign, "comment"].astype(np.int64), minlength=count) for sign in (1, -1)
    )
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = (good - bad) / (good + bad)
    return found
