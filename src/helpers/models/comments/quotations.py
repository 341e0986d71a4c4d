"""Comments to quote: masked, of those who allow it, and never out of a group that is too small to be told of."""

from __future__ import annotations

import pandas as pd

from helpers.models.comments.comment_codes import Coded
from helpers.models.comments.comment_words import Comments
from helpers.models.survey.design import Floats

QUOTATION_COUNT = 3
ALIKE = 0.5
"""Share of words in common from which on two comments say the same."""
LONGEST_QUOTATION = 160
"""Letters; a longer comment is cut at a blank or between Chinese words."""


def complaints(
    comments: Comments,
    coded: Coded,
    *,
    topic: str | None,
    is_quotable: pd.Series,
    polarity: Floats,
    smallest_base: int,
) -> list[str]:
    """The worst complaints about a topic, unlike each other, in both languages where both have any.

    Parameters
    ----------
    topic
        The code they are about; None: there is none.
    is_quotable
        Of each interview whether it may be quoted: of the wave that is spoken of, and by somebody who did not withdraw
        consent.
    polarity
        How each comment reads; the lowest are quoted.
    smallest_base
        Complaints below which none is quoted: so few people could be known by what they write.

    Returns
    -------
    list of str
        Three at most, masked and shortened; none where fewer than `smallest_base` complain.
    """
    tones = coded.tones
    about = tones[(tones["code"] == topic) & (tones["tone"] < 0)]
    about = about[is_quotable.to_numpy()[comments.row[about["comment"].to_numpy(dtype=int)]]]
    if len(about) < smallest_base:
        return []
    place = about["comment"].to_numpy(dtype=int)
    told = pd.DataFrame({"place": place, "language": comments.language[place], "text": comments.text[place]})
    told = told.assign(polarity=polarity[place]).sort_values(["polarity", "text"], kind="stable")
    first = told.groupby("language", sort=False).head(1)
    chosen: list[int] = []
    for one in pd.concat([first, told.drop(first.index)])["place"]:
        if len(chosen) < QUOTATION_COUNT and all(_overlap(comments, one, other) < ALIKE for other in chosen):
            chosen.append(one)
    return [shortened(comments.text[one]) for one in chosen]


def _overlap(comments: Comments, one: int, other: int) -> float:
    """Share of the words of two comments that stand in both."""
    first, second = set(comments.words[one]), set(comments.words[other])
    return len(first & second) / max(len(first | second), 1)


def shortened(text: str) -> str:
    """A comment on one line, cut where it is long.

    >>> shortened("so " * 100)[-7:]
    'so so …'
    """
    line = " ".join(text.split())
    if len(line) <= LONGEST_QUOTATION:
        return line
    cut = line[:LONGEST_QUOTATION]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[-30:] else cut} …"
