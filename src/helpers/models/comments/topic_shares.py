"""How many comments are about a topic, complain and praise, by wave, for all customers and with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.models.comments.comment_codes import Coded
from helpers.models.comments.comment_words import Comments
from helpers.models.statistics.small_groups import hide
from helpers.models.survey.design import Design, Floats, Ints
from helpers.models.survey.estimators import Estimates, means
from helpers.models.survey.proportions import bounds
from helpers.models.survey.samples import codes_of
from helpers.schemes.codebooks import Codebook

Mask = NDArray[np.bool_]
EVERY_WAVE = EVERY_LANGUAGE = "all"
GIVEN = "given"
"""The method of topics that a coder gave."""
KEYS = ["method", "topic", "language", "words"]
COLUMNS = [
    "wave",
    "method",
    "topic",
    "language",
    "words",
    "n",
    "share",
    "low",
    "high",
    "complaint_share",
    "complaint_low",
    "complaint_high",
    "praise_share",
    "mean_score",
    "polarity",
    "comment_count",
    "is_thin",
    "is_hidden",
]
COUNTED = ["share", "low", "high", "complaint_share", "complaint_low", "complaint_high", "praise_share"]
MEANS = ["mean_score", "polarity"]


def shares(
    topics: list[tuple[pd.DataFrame, Comments]],
    *,
    design: Design,
    spoken: pd.DataFrame,
    level: float,
    smallest_base: int,
    smallest_cell: int,
) -> pd.DataFrame:
    """Of each topic the share of the comments that are about it, in all waves and in each.

    Parameters
    ----------
    topics
        Frames with a row per comment and topic, each with the comments in which they were found: method (how),
        topic, language (`all`, or the one whose comments it was looked for in), words (by which a reader knows it),
        comment (its position), tone (1, -1, 0; missing: unknown).
    design
        The design of the interviews.
    spoken
        A row per interview: wave, mark (of satisfaction, in points), polarity (how its comment reads).
    level
        Coverage of the intervals, 0 to 1.
    smallest_base, smallest_cell
        Comments below which no share and no mean is told, and comments on a topic below which nothing is told of it.

    Returns
    -------
    pandas.DataFrame
        A row per wave (and `all`), method, topic: language, words, n (comments about it), share of the comments of its
        language with low and high, complaint_share with its ends and praise_share (of all these comments, 0 to 1;
        missing where the tone is not known or few have it), mean_score (weighted mark of who wrote about it, in
        points), polarity (weighted mean), comment_count (comments of the language), is_thin (too few comments),
        is_hidden (too few on the topic). Interviews without a comment stay in the design.
    """
    codes, names = codes_of(spoken["wave"].astype(str))
    groupings = [(codes, names)]
    if len(names) != 1:
        groupings.insert(0, (np.zeros(len(spoken), dtype=np.int64), [EVERY_WAVE]))
    blocks = []
    for groups, labels in groupings:
        among = _Groups(design, groups, len(labels))
        for comments, key, topic in _one_by_one(topics):
            said = _Said(topic, comments, len(spoken))
            told = _counted(said, among, level=level, smallest_cell=smallest_cell)
            for name, source in (("mean_score", "mark"), ("polarity", "polarity")):
                told[name] = among.means(spoken[source].where(said.is_about).to_numpy(dtype=float)).values
            blocks.append(pd.DataFrame({"wave": labels, **dict(zip(KEYS, key, strict=True)), **told}))
    found = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=COLUMNS)
    found["is_thin"] = found["comment_count"] < smallest_base
    found.loc[found["n"] < smallest_base, MEANS] = np.nan
    found.loc[found["is_thin"], COUNTED + MEANS] = np.nan
    hidden = hide(
        found,
        smallest_cell=smallest_cell,
        counts=["n", "comment_count"],
        by=["wave", "method", "language"],
        values=["n", "comment_count", *COUNTED, *MEANS],
    )
    return hidden[COLUMNS]


def _one_by_one(
    topics: list[tuple[pd.DataFrame, Comments]],
) -> Iterator[tuple[Comments, tuple[Any, ...], pd.DataFrame]]:
    """Each topic alone, with the comments in which it was found."""
    for frame, comments in topics:
        for key, topic in frame.groupby(KEYS, sort=False):
            yield comments, key, topic


def given(
    codes: pd.DataFrame, interviews: pd.DataFrame, named: Mapping[str, list[str]]
) -> tuple[pd.DataFrame, Comments]:
    """The topics that coders gave to comments before these were delivered, as `shares` takes them.

    Parameters
    ----------
    codes
        A row per code of an interview: response_id, code.
    interviews
        A row per interview: response_id.
    named
        The codes of each topic; a comment with other codes alone counts among the comments and has no topic.
    """
    place = pd.Series(np.arange(len(interviews)), index=interviews["response_id"])
    row = np.sort(place[codes["response_id"].unique()].to_numpy(dtype=np.int64))
    nothing = np.full(len(row), "", dtype=object)
    coded = Comments(row, nothing, [[] for _ in row], nothing)
    topic_of = {code: name for name, of_topic in named.items() for code in of_topic}
    found = codes.assign(topic=codes["code"].map(topic_of)).dropna(subset=["topic"])
    found = found.drop_duplicates(["response_id", "topic"]).sort_values("topic", kind="stable")
    comment = np.searchsorted(row, place[found["response_id"]].to_numpy(dtype=np.int64))
    topics = pd.DataFrame({"method": GIVEN, "topic": found["topic"], "language": EVERY_LANGUAGE, "words": ""})
    return topics.assign(comment=comment, tone=np.nan), coded


@dataclass(frozen=True, eq=False)
class _Groups:
    """The groups that are estimated together, such as waves."""

    design: Design
    codes: Ints
    count: int

    def means(self, values: Floats) -> Estimates:
        return means(values, design=self.design, groups=self.codes, group_count=self.count)

    def counted(self, is_said: Mask) -> Floats:
        return np.bincount(self.codes[is_said & (self.codes >= 0)], minlength=self.count).astype(float)


class _Said:
    """What interviews say of one topic: an entry per interview, whether it has a comment of the topic's language."""

    def __init__(self, topic: pd.DataFrame, comments: Comments, interview_count: int) -> None:
        self.row, self.interview_count = comments.row, interview_count
        language = topic["language"].iloc[0]
        is_base = np.full(len(comments), True) if language == EVERY_LANGUAGE else comments.language == language
        self.has_comment = self._at(np.flatnonzero(is_base))
        place = topic["comment"].to_numpy(dtype=np.int64)
        self.is_about = self._at(place)
        self.tone = {sign: self._at(place[topic["tone"].to_numpy() == sign]) for sign in (-1, 1)}
        self.has_tone = bool(topic["tone"].notna().all())

    def _at(self, place: Ints) -> Mask:
        found = np.zeros(self.interview_count, dtype=bool)
        found[self.row[place]] = True
        return found

    def among_comments(self, is_said: Mask) -> Floats:
        """1 where it is said, 0 where a comment says something else, missing without a comment."""
        return np.where(self.has_comment, is_said.astype(float), np.nan)


def _counted(said: _Said, among: _Groups, *, level: float, smallest_cell: int) -> dict[str, Any]:
    """Shares of the comments with their intervals, an entry per group."""
    about, complaint, praise = (
        among.means(said.among_comments(one)) for one in (said.is_about, said.tone[-1], said.tone[1])
    )
    ends, of_complaints = (
        bounds(one.values, one.errors, one.counts, degrees=one.degrees, level=level) for one in (about, complaint)
    )
    told: dict[str, Any] = {"n": among.counted(said.is_about).astype(int), "share": about.values}
    told |= {"low": ends[0], "high": ends[1], "comment_count": about.counts}
    toned = {"complaint_share": complaint.values, "complaint_low": of_complaints[0], "complaint_high": of_complaints[1]}
    toned |= {"praise_share": praise.values}
    for name, values in toned.items():
        count = among.counted(said.tone[1 if name == "praise_share" else -1])
        told[name] = np.where(said.has_tone & ((count == 0) | (count >= smallest_cell)), values, np.nan)
    return told


def of_codes(coded: Coded, book: Codebook) -> pd.DataFrame:
    """The topics of a codebook as `shares` takes them; words: those by which it was met."""
    words = {code.name: code.zh for code in book.codes}
    named = coded.tones.rename(columns={"code": "topic"})
    order = {code.name: place for place, code in enumerate(book.codes)}
    named = named.sort_values("topic", key=lambda names: names.map(order), kind="stable")
    return named.assign(method="codebook", language=EVERY_LANGUAGE, words=named["topic"].map(words))


def worst(told: pd.DataFrame, wave: str) -> str | None:
    """The topic with most complaints in a wave, of those that are told; None where there is none."""
    of_wave = told[(told["wave"] == wave) & (told["method"] == "codebook") & ~told["is_thin"] & ~told["is_hidden"]]
    of_wave = of_wave[of_wave["complaint_share"] > 0]
    return None if of_wave.empty else str(of_wave.sort_values("complaint_share", kind="stable")["topic"].iloc[-1])
