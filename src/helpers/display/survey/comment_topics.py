"""What customers write: the claim on complaints, topics in a figure, masked quotations, and telling words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import records, when
from helpers.display.tables import Table
from helpers.display.theme import FAINT, GREEN, INK, PAPER, VERMILION, drawable, themed
from helpers.models.comments.polarity import Polarity
from helpers.models.comments.topic_shares import GIVEN
from helpers.models.survey.samples import Surveyed

BAR = 0.62
"""Height of a bar, of the distance between two."""
SHOWN_WORDS = 8
"""Words of each side in the table."""
FOUND_BY = {"codebook": "codebook", "discovered": "search", GIVEN: "coders"}
TITLE = "Comments by topic: complaints and praise"


def told(topics: pd.DataFrame) -> pd.DataFrame:
    """The topics of which enough is known, and enough people wrote."""
    return topics[~topics["is_thin"].astype(bool) & ~topics["is_hidden"].astype(bool)]


def of_wave(topics: pd.DataFrame, wave: str) -> pd.DataFrame:
    """The topics of the codebook in a wave that are told, the one with most complaints first."""
    rows = told(topics[(topics["wave"] == wave) & (topics["method"] == "codebook")])
    return rows.sort_values(["complaint_share", "share"], ascending=False, kind="stable")


def finding(topics: pd.DataFrame, came: Surveyed, *, book: str, level: float) -> Finding:
    """What most complaints are about; `topics` as `topic_shares.shares` gives them, `book` the codebook's title."""
    rows = of_wave(topics, came.latest_wave)
    if not len(topics):
        claim = "No comments were delivered, so nothing is told in customers' own words."
        needs = "It takes a question of kind comment in survey_questions, and its answers."
        return Finding("complaints", claim, evidence=needs)
    if not len(rows) or not rows["complaint_share"].iloc[0] > 0:
        of_it = topics.loc[topics["wave"] == came.latest_wave, "comment_count"]
        n = int(of_it.fillna(0).max()) if len(of_it) else 0
        whose = f"{say.counted(n, 'comment')} of {when(came)}" if n else f"Comments of {when(came)}"
        why = f"{whose}; codebook {say.quoted(book)}."
        return Finding("complaints", "Too few comments complain to say of what.", n=n or None, evidence=why)
    row = records(rows)[0]
    claim = f"Most complaints are about {row['topic']}: {say.share(row['complaint_share'], digits=0)} of comments."
    low, high = (say.share(row[end]) for end in ("complaint_low", "complaint_high"))
    praise = f"; {say.share(row['praise_share'])} praise it" if row["praise_share"] > 0 else ""
    evidence = (
        f"{say.interval(low, high, level=level)}{_before(topics, row, came)}{_by_coders(topics, row, came)}{praise}; "
        f"{say.counted(int(row['comment_count']), 'comment')} of {when(came)}, weighted; codebook {say.quoted(book)}, "
        "in which a negated word says the opposite."
    )
    numbers = (row["complaint_share"], row["complaint_low"], row["complaint_high"], int(row["comment_count"]))
    return Finding("complaints", claim, *numbers, "share", evidence)


def _before(topics: pd.DataFrame, row: Mapping[str, Any], came: Surveyed) -> str:
    """The share in the wave before, with its interval, where it is told."""
    waves = [wave for wave in sorted(topics["wave"].unique()) if wave < came.latest_wave and wave != "all"]
    if not waves:
        return ""
    rows = of_wave(topics, waves[-1])
    of_it = records(rows[rows["topic"] == row["topic"]])
    if not of_it:
        return ""
    share, low, high = (say.share(of_it[0][name]) for name in ("complaint_share", "complaint_low", "complaint_high"))
    return f"; {share} in wave {waves[-1]} ({low} to {high})"


def _by_coders(topics: pd.DataFrame, row: Mapping[str, Any], came: Surveyed) -> str:
    """What coders counted for the same topic, where they did."""
    is_same = (topics["method"] == GIVEN) & (topics["wave"] == came.latest_wave) & (topics["topic"] == row["topic"])
    of_it = records(told(topics[is_same]))
    return f"; the coders gave it to {say.share(of_it[0]['share'])}" if of_it else ""


def further(topics: pd.DataFrame, read: Polarity, tested: pd.DataFrame, *, level: float) -> list[Finding]:
    """What else is said of comments, where there are any: whether they fit the marks, and by which words."""
    return [reading(read, level=level), words(tested)] if len(topics) else []


def details(
    topics: pd.DataFrame, tested: pd.DataFrame, came: Surveyed, *, quoted: list[str], most: str | None
) -> list[Drawing | Table]:
    """What is shown of comments, where there are any: topics, quotations about the one of `most` complaints, words."""
    if not len(topics):
        return []
    return [figure(topics, came), quotations(quoted, most), table(topics), telling(tested)]


def reading(read: Polarity, *, level: float) -> Finding:
    """Whether what customers write fits the marks that they give."""
    if say.is_missing(read.auc):
        return Finding("comment_polarity", "Whether comments fit the marks is unknown: too few have both.", n=read.n)
    low, high = (say.share(end, digits=0) for end in (read.low, read.high))
    by = "five models, none of which has seen the customer" if read.method == "scores" else "a small lexicon"
    evidence = (
        f"{say.interval(low, high, level=level, is_start=True)}, where half is chance; "
        f"{say.counted(read.n, 'comment')} with a mark, read by {by}."
    )
    if read.tells:
        share = say.share(read.auc, digits=0)
        claim = f"Words fit marks: a promoter's comment reads better than a detractor's in {share} of pairs."
    else:
        claim = "How a comment reads does not tell promoters from detractors."
    return Finding("comment_polarity", claim, read.auc, read.low, read.high, read.n, "share", evidence)


def words(tested: pd.DataFrame) -> Finding:
    """By which words promoters and detractors differ most; a row as `distinctive_words.distinctive` gives it."""
    rows = records(tested[tested["is_clear"].astype(bool)])
    sides = [[row for row in rows if row["z"] < 0][:2], [row for row in rows[::-1] if row["z"] > 0][:2]]
    n = len(tested)
    how = f"{say.counted(n, 'word')} tested together; log-odds with a Dirichlet prior (Monroe and others)."
    if not rows:
        claim = "No single word tells promoters from detractors for sure."
        return Finding("distinctive_words", claim, n=n, evidence=how)
    who = [
        f"{name} write {say.listed([say.quoted(row['word']) for row in side])}"
        for name, side in zip(("detractors", "promoters"), sides, strict=True)
        if side
    ]
    claim = "; ".join(who)
    counts = ", ".join(
        f"{say.quoted(row['word'])} {_uses(row['detractor_count'])} against {_uses(row['promoter_count'])}"
        for side in sides
        for row in side
    )
    evidence = f"Uses by detractors against promoters: {counts}. {how}"
    top = (sides[0] or sides[1])[0]
    return Finding(
        "distinctive_words",
        f"{claim[0].upper()}{claim[1:]} more often.",
        top["log_odds"],
        n=n,
        evidence=evidence,
    )


def _uses(count: Any) -> str:
    return "few" if say.is_missing(count) else say.number(count)


@themed
def figure(topics: pd.DataFrame, came: Surveyed) -> Drawing:
    """Each topic of the codebook as a bar: complaints with their interval, neither, praise."""
    rows = of_wave(topics, came.latest_wave)
    if not len(rows):
        return empty(TITLE, "Too few comments are about a topic of the codebook.")
    drawn, (axes,) = canvas(height=1.3 + 0.4 * len(rows))
    lines = np.arange(len(rows))[::-1]
    # the whole bar first: what neither covers is neither
    axes.barh(lines, rows["share"], height=BAR, color=FAINT, edgecolor=PAPER, label="neither")
    parts = {"complains": ("complaint_share", 0.0, VERMILION, "////"), "praises": ("praise_share", None, GREEN, "..")}
    for name, (column, start, color, hatch) in parts.items():
        left = rows["complaint_share"].fillna(0) if start is None else start
        axes.barh(
            lines, rows[column].fillna(0), left=left, height=BAR, color=color, hatch=hatch, edgecolor=PAPER, label=name
        )
    axes.hlines(lines, rows["complaint_low"], rows["complaint_high"], color=INK, linewidth=1.4)
    for line, row in zip(lines, records(rows), strict=True):
        end = np.nanmax([row["share"], row["complaint_high"]])
        axes.annotate(f"  {say.number(row['n'])} comments", (end, line), va="center", fontsize=8)
    axes.set_yticks(lines, [drawable(f"{row['topic']} {row['words']}".strip()) for row in records(rows)])
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.margins(x=0.16)
    axes.set(title=TITLE, xlabel=f"share of comments, {came.latest_wave} (line: interval)")
    drawn.legend(loc="outside lower center", ncols=3)
    alt = ", ".join(
        f"{row['topic']} {say.share(row['share'])}, of which {say.share(row['complaint_share'])} complain"
        for row in records(rows)
    )
    return Drawing(drawn, f"Share of comments by topic: {alt}.")


def quotations(quoted: list[str], topic: str | None) -> Table:
    """Complaints in customers' own words, a row each."""
    caption = f"In their words, about {topic}: numbers and addresses are hidden" if quoted else "No comment is quoted"
    shown = quoted or ["Too few complain of one thing for anybody to be quoted without being known."]
    return tables.table(pd.DataFrame({"comment": shown}), caption=caption)


def table(topics: pd.DataFrame) -> Table:
    """Every topic in every wave, for analysts."""
    rows = records(told(topics))
    shown = pd.DataFrame(
        {
            "wave": [row["wave"] for row in rows],
            "topic": [row["topic"] for row in rows],
            "found by": [FOUND_BY[row["method"]] for row in rows],
            "words": [row["words"] for row in rows],
            "of comments": [_with_ends(row, "share", "low", "high") for row in rows],
            "complain": [_with_ends(row, "complaint_share", "complaint_low", "complaint_high") for row in rows],
            "praise": [say.share(row["praise_share"]) for row in rows],
            "mean mark": [say.number(row["mean_score"], digits=2) for row in rows],
            "comments": [say.number(row["n"]) for row in rows],
        }
    )
    caption = "Topics by wave: by the codebook, by a search in each language, and by coders"
    return tables.table(shown, caption=caption, is_folded=True)


def _with_ends(row: Mapping[str, Any], value: str, low: str, high: str) -> str:
    if say.is_missing(row[value]):
        return "–"
    return f"{say.share(row[value])} ({say.share(row[low])} to {say.share(row[high])})"


def telling(tested: pd.DataFrame) -> Table:
    """The words that promoters and detractors use most unlike each other, those of detractors first."""
    of_sides = pd.concat([tested[tested["z"] < 0].head(SHOWN_WORDS), tested[tested["z"] > 0].tail(SHOWN_WORDS)])
    shown = pd.DataFrame(
        {
            "word": of_sides["word"],
            "used more by": np.where(of_sides["z"] < 0, "detractors", "promoters"),
            "clearly?": np.where(of_sides["is_clear"].astype(bool), "yes", "may be chance"),
            "detractors": of_sides["detractor_count"],
            "promoters": of_sides["promoter_count"],
            "z": of_sides["z"],
        }
    )
    formats = {"detractors": _uses, "promoters": _uses, "z": lambda value: say.number(value, digits=1)}
    return tables.table(shown, caption="Words that tell promoters from detractors", formats=formats, is_folded=True)
