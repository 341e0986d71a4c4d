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
from helpers.display.survey.satisfaction import ends, records, when
from helpers.display.tables import Table
from helpers.display.theme import FAINT, GREEN, INK, PAPER, VERMILION, drawable, themed
from helpers.display.wording import named, recast, sentences, spoken, vocabulary, worded
from helpers.models.comments.polarity import Polarity
from helpers.models.comments.topic_shares import GIVEN
from helpers.models.survey.samples import Surveyed
from helpers.schemes.codebooks import Codebook

BAR = 0.62
"""Height of a bar, of the distance between two."""
SHOWN_WORDS = 8
"""Words of each side in the table."""
FOUND_BY = dict(zip(("codebook", "discovered", GIVEN), vocabulary("codebook", "search", "coders"), strict=True))
SEARCHED = vocabulary("zh {number}", "en {number}", "all")
"""What the search calls its topics, by the language of the comments; and the row of all waves."""


def names(book: Codebook) -> dict[str, str]:
    """What the page calls the topics of a codebook: its own names, or those that it has in the language spoken."""
    return {code.name: (code.zh if spoken() == "zh" else "") or code.name for code in book.codes}


def _topic(name: str, book: Codebook) -> str:
    return names(book).get(name) or recast(name, SEARCHED)


def _title(book: Codebook) -> str:
    return say.quoted((book.zh if spoken() == "zh" else "") or book.title)


def told(topics: pd.DataFrame) -> pd.DataFrame:
    """The topics of which enough is known, and enough people wrote."""
    return topics[~topics["is_thin"].astype(bool) & ~topics["is_hidden"].astype(bool)]


def of_wave(topics: pd.DataFrame, wave: str) -> pd.DataFrame:
    """The topics of the codebook in a wave that are told, the one with most complaints first."""
    rows = told(topics[(topics["wave"] == wave) & (topics["method"] == "codebook")])
    return rows.sort_values(["complaint_share", "share"], ascending=False, kind="stable")


def finding(topics: pd.DataFrame, came: Surveyed, *, book: Codebook, level: float) -> Finding:
    """What most complaints are about; `topics` as `topic_shares.shares` gives them."""
    rows = of_wave(topics, came.latest_wave)
    if not len(topics):
        claim = worded("No comments were delivered, so nothing is told in customers' own words.")
        needs = worded("It takes a question of kind comment in survey_questions, and its answers.")
        return Finding("complaints", claim, evidence=needs)
    if not len(rows) or not rows["complaint_share"].iloc[0] > 0:
        of_it = topics.loc[topics["wave"] == came.latest_wave, "comment_count"]
        n = int(of_it.fillna(0).max()) if len(of_it) else 0
        comments = {"comments": say.counted(n, "comment"), "when": when(came), "book": _title(book)}
        counted = worded("{comments} of {when}; codebook {book}.", **comments)
        uncounted = worded("Comments of {when}; codebook {book}.", when=when(came), book=_title(book))
        claim = worded("Too few comments complain to say of what.")
        return Finding("complaints", claim, n=n or None, evidence=counted if n else uncounted)
    row = records(rows)[0]
    claim = worded(
        "Most complaints are about {topic}: {share} of comments.",
        topic=_topic(row["topic"], book),
        share=say.share(row["complaint_share"], digits=0),
    )
    low, high = (say.share(row[end]) for end in ("complaint_low", "complaint_high"))
    praise = worded("{share} praise it", share=say.share(row["praise_share"])) if row["praise_share"] > 0 else ""
    others = (_before(topics, row, came), _by_coders(topics, row, came), praise)
    evidence = worded(
        "{shares}; {comments} of {when}, weighted; codebook {book}, in which a negated word says the opposite.",
        shares=say.lined_up([say.interval(low, high, level=level), *filter(None, others)]),
        comments=say.counted(int(row["comment_count"]), "comment"),
        when=when(came),
        book=_title(book),
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
    return worded("{share} in wave {wave} ({interval})", share=share, wave=waves[-1], interval=ends(low, high))


def _by_coders(topics: pd.DataFrame, row: Mapping[str, Any], came: Surveyed) -> str:
    """What coders counted for the same topic, where they did."""
    is_same = (topics["method"] == GIVEN) & (topics["wave"] == came.latest_wave) & (topics["topic"] == row["topic"])
    of_it = records(told(topics[is_same]))
    return worded("the coders gave it to {share}", share=say.share(of_it[0]["share"])) if of_it else ""


def further(topics: pd.DataFrame, read: Polarity, tested: pd.DataFrame, *, level: float) -> list[Finding]:
    """What else is said of comments, where there are any: whether they fit the marks, and by which words."""
    return [reading(read, level=level), words(tested)] if len(topics) else []


def details(
    topics: pd.DataFrame,
    tested: pd.DataFrame,
    came: Surveyed,
    *,
    book: Codebook,
    quoted: list[str],
    most: str | None,
) -> list[Drawing | Table]:
    """What is shown of comments, where there are any: topics, quotations about the one of `most` complaints, words."""
    if not len(topics):
        return []
    about = None if most is None else _topic(most, book)
    return [figure(topics, came, book=book), quotations(quoted, about), table(topics, book=book), telling(tested)]


def reading(read: Polarity, *, level: float) -> Finding:
    """Whether what customers write fits the marks that they give."""
    if say.is_missing(read.auc):
        unknown = worded("Whether comments fit the marks is unknown: too few have both.")
        return Finding("comment_polarity", unknown, n=read.n)
    low, high = (say.share(end, digits=0) for end in (read.low, read.high))
    told = {
        "interval": say.interval(low, high, level=level, is_start=True),
        "comments": say.counted(read.n, "comment"),
    }
    evidence = worded("{interval}, where half is chance; {comments} with a mark, read by a small lexicon.", **told)
    if read.method == "scores":
        evidence = worded(
            "{interval}, where half is chance; {comments} with a mark, read by five models, none of which has seen the "
            "customer.",
            **told,
        )
    if read.tells:
        claim = worded(
            "Words fit marks: a promoter's comment reads better than a detractor's in {share} of pairs.",
            share=say.share(read.auc, digits=0),
        )
    else:
        claim = worded("How a comment reads does not tell promoters from detractors.")
    return Finding("comment_polarity", claim, read.auc, read.low, read.high, read.n, "share", evidence)


def words(tested: pd.DataFrame) -> Finding:
    """By which words promoters and detractors differ most; a row as `distinctive_words.distinctive` gives it."""
    rows = records(tested[tested["is_clear"].astype(bool)])
    sides = [[row for row in rows if row["z"] < 0][:2], [row for row in rows[::-1] if row["z"] > 0][:2]]
    n = len(tested)
    how = worded(
        "{words} tested together; log-odds with a Dirichlet prior (Monroe and others).", words=say.counted(n, "word")
    )
    if not rows:
        claim = worded("No single word tells promoters from detractors for sure.")
        return Finding("distinctive_words", claim, n=n, evidence=how)
    counts = [
        worded(
            "{word} {detractors} against {promoters}",
            word=say.quoted(row["word"]),
            detractors=_uses(row["detractor_count"]),
            promoters=_uses(row["promoter_count"]),
        )
        for side in sides
        for row in side
    ]
    uses = worded("Uses by detractors against promoters: {counts}.", counts=say.itemised(counts))
    top = (sides[0] or sides[1])[0]
    return Finding("distinctive_words", _who(*sides), top["log_odds"], n=n, evidence=sentences(uses, how))


def _who(against: list[dict[str, Any]], pro: list[dict[str, Any]]) -> str:
    """Who writes which words more often."""
    worse, better = (say.listed([say.quoted(row["word"]) for row in side]) if side else "" for side in (against, pro))
    if not better:
        return worded("Detractors write {words} more often.", words=worse)
    if not worse:
        return worded("Promoters write {words} more often.", words=better)
    return worded("Detractors write {worse}; promoters write {better} more often.", worse=worse, better=better)


def _uses(count: Any) -> str:
    return worded("few") if say.is_missing(count) else say.number(count)


@themed
def figure(topics: pd.DataFrame, came: Surveyed, *, book: Codebook) -> Drawing:
    """Each topic of the codebook as a bar: complaints with their interval, neither, praise."""
    rows, title = of_wave(topics, came.latest_wave), worded("Comments by topic: complaints and praise")
    if not len(rows):
        return empty(title, worded("Too few comments are about a topic of the codebook."))
    drawn, (axes,) = canvas(height=1.3 + 0.4 * len(rows))
    lines = np.arange(len(rows))[::-1]
    # the whole bar first: what neither covers is neither
    axes.barh(lines, rows["share"], height=BAR, color=FAINT, edgecolor=PAPER, label=worded("neither"))
    parts = {
        worded("complains"): ("complaint_share", 0.0, VERMILION, "////"),
        worded("praises"): ("praise_share", None, GREEN, ".."),
    }
    for name, (column, start, color, hatch) in parts.items():
        left = rows["complaint_share"].fillna(0) if start is None else start
        axes.barh(
            lines, rows[column].fillna(0), left=left, height=BAR, color=color, hatch=hatch, edgecolor=PAPER, label=name
        )
    axes.hlines(lines, rows["complaint_low"], rows["complaint_high"], color=INK, linewidth=1.4)
    for line, row in zip(lines, records(rows), strict=True):
        end = np.nanmax([row["share"], row["complaint_high"]])
        axes.annotate(f"  {say.counted(row['n'], 'comment')}", (end, line), va="center", fontsize=8)
    axes.set_yticks(lines, [drawable(_with_words(row, book)) for row in records(rows)])
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.margins(x=0.16)
    axes.set(title=title, xlabel=worded("share of comments, {wave} (line: interval)", wave=came.latest_wave))
    drawn.legend(loc="outside lower center", ncols=3)
    told = [
        worded(
            "{topic} {share}, of which {complaints} complain",
            topic=_topic(row["topic"], book),
            share=say.share(row["share"]),
            complaints=say.share(row["complaint_share"]),
        )
        for row in records(rows)
    ]
    return Drawing(drawn, worded("Share of comments by topic: {parts}.", parts=say.lined_up(told)))


def _with_words(row: Mapping[str, Any], book: Codebook) -> str:
    """A topic with the words by which a reader knows it; in Chinese its name alone, which says the same."""
    topic = _topic(row["topic"], book)
    return topic if row["words"] == topic else f"{topic} {row['words']}".strip()


def quotations(quoted: list[str], topic: str | None) -> Table:
    """Complaints in customers' own words, a row each."""
    about = worded("In their words, about {topic}: numbers and addresses are hidden", topic=topic)
    caption = about if quoted else worded("No comment is quoted")
    shown = quoted or [worded("Too few complain of one thing for anybody to be quoted without being known.")]
    return tables.table(pd.DataFrame({worded("comment"): shown}), caption=caption)


def table(topics: pd.DataFrame, *, book: Codebook) -> Table:
    """Every topic in every wave, for analysts."""
    rows = records(told(topics))
    shown = pd.DataFrame(
        {
            worded("wave"): [recast(row["wave"], SEARCHED) for row in rows],
            worded("topic"): [_topic(row["topic"], book) for row in rows],
            worded("found by"): [named(FOUND_BY[row["method"]]) for row in rows],
            worded("words"): [row["words"] for row in rows],
            worded("of comments"): [_with_ends(row, "share", "low", "high") for row in rows],
            worded("complain"): [_with_ends(row, "complaint_share", "complaint_low", "complaint_high") for row in rows],
            worded("praise"): [say.share(row["praise_share"]) for row in rows],
            worded("mean mark"): [say.number(row["mean_score"], digits=2) for row in rows],
            worded("comments"): [say.number(row["n"]) for row in rows],
        }
    )
    caption = worded("Topics by wave: by the codebook, by a search in each language, and by coders")
    return tables.table(shown, caption=caption, is_folded=True)


def _with_ends(row: Mapping[str, Any], value: str, low: str, high: str) -> str:
    if say.is_missing(row[value]):
        return "–"
    interval = ends(say.share(row[low]), say.share(row[high]))
    return worded("{value} ({interval})", value=say.share(row[value]), interval=interval)


def telling(tested: pd.DataFrame) -> Table:
    """The words that promoters and detractors use most unlike each other, those of detractors first."""
    of_sides = pd.concat([tested[tested["z"] < 0].head(SHOWN_WORDS), tested[tested["z"] > 0].tail(SHOWN_WORDS)])
    shown = pd.DataFrame(
        {
            worded("word"): of_sides["word"],
            worded("used more by"): np.where(of_sides["z"] < 0, worded("detractors"), worded("promoters")),
            worded("clearly?"): np.where(of_sides["is_clear"].astype(bool), worded("yes"), worded("may be chance")),
            worded("detractors"): of_sides["detractor_count"],
            worded("promoters"): of_sides["promoter_count"],
            "z": of_sides["z"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys((worded("detractors"), worded("promoters")), _uses)
    formats["z"] = lambda value: say.number(value, digits=1)
    caption = worded("Words that tell promoters from detractors")
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)
