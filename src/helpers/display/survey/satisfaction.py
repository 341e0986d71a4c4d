"""How satisfied customers are and whether they recommend: the cards, the sentences, and the scores in a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.cards import Card, Cards, Change
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.wording import named, vocabulary, worded
from helpers.models.survey.samples import Surveyed

KEYS = {"csat": "satisfaction", "nps": "net_promoter_score", "ces": "ease"}
"""Kinds of questions that the page leads with, and the keys of their findings."""
STATISTICS = {"csat": "top_2_share", "nps": "net_promoter_score", "ces": "top_2_share"}
"""By what the page tells each of them."""
UNITS = {"mean": "points", "top_2_share": "share", "net_promoter_score": "score"}
MINUS = "−"
MEASURES = dict(
    zip(
        ("mean", "top_2_share", "net_promoter_score"),
        vocabulary("mean", "best two marks", "net promoter score"),
        strict=True,
    )
)
"""What a reader calls each statistic."""
GROUPINGS = vocabulary("all", "mode", "wave", "region", "gender", "channel", "age_band", "priority")
"""Columns that answers are compared by."""
LEVELS = vocabulary(
    "online",
    "onsite",
    "phone",
    "email",
    "chat",
    "female",
    "male",
    "not stated",
    "product",
    "account",
    "delivery",
    "billing",
    "low",
    "normal",
    "high",
    "critical",
    "shop",
    "site",
    "app",
)
"""Levels that surveys share; others are the data's own."""


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, each by the names of its columns."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def written(value: float, statistic: str) -> str:
    """A score as one would say it: `64.2 %`, `3.72`, and the net promoter score as `+12.4`."""
    if statistic == "top_2_share":
        return say.share(value)
    if statistic == "mean":
        return say.number(value, digits=2)
    return _signed(100 * value, digits=1)


def written_change(value: float, statistic: str) -> str:
    """A change of a score with its sign: `+2.1 points`, and `−0.12` where it is on the scale of the answers."""
    if statistic == "mean":
        return _signed(value, digits=2)
    return worded("{number} points", number=_signed(100 * value, digits=1))


def interval_of_change(move: Mapping[str, Any]) -> str:
    """The ends of the interval of a change, the unit after both: `+2.6 to +13.6 points`."""
    if move["statistic"] == "mean":
        return ends(*(_signed(move[end], digits=2) for end in ("low", "high")))
    low, high = (_signed(100 * move[end], digits=1) for end in ("low", "high"))
    return worded("{low} to {high} points", low=low, high=high)


def ends(low: str, high: str) -> str:
    """The two ends of an interval: `2.6 to 13.6`."""
    return worded("{low} to {high}", low=low, high=high)


def measure(statistic: str) -> str:
    """What a reader calls a statistic."""
    return named(MEASURES.get(statistic, statistic))


def group(by: str, level: str, *, letter: str = "") -> str:
    """A group as one would say it: `mode: online`, with its letter in a table of letters behind it."""
    if letter:
        return worded("{column}: {level} ({letter})", column=named(by), level=level_named(level), letter=letter)
    return worded("{column}: {level}", column=named(by), level=level_named(level))


def level_named(level: str) -> str:
    """A level in the language that is spoken, where it is one that surveys share."""
    return named(level) if level in LEVELS else level


def _signed(value: float, *, digits: int) -> str:
    text = say.number(value, digits=digits)
    return text if text.startswith((MINUS, "–")) else f"+{text}"


def when(came: Surveyed) -> str:
    """The last wave with its days, as part of a sentence."""
    if came.latest_on is None or came.last_on is None:
        return worded("wave {wave}", wave=came.latest_wave)
    first, last = say.day(came.latest_on), say.day(came.last_on)
    return worded("wave {wave}, {first} to {last}", wave=came.latest_wave, first=first, last=last)


def findings(scores: pd.DataFrame, questions: pd.DataFrame, came: Surveyed, *, level: float) -> list[Finding]:
    """How satisfied customers are, whether they recommend, how easy it was: those that were asked, of the last wave.

    `scores` as `survey_scores.scores` gives it, `questions` with question_id, kind and scale_high.
    """
    told = []
    for kind, row, question in leading(scores, questions, came):
        low, high = (written(row[end], row["statistic"]) for end in ("low", "high"))
        evidence = _evidence(
            question,
            interval=say.interval(low, high, level=level, is_start=True),
            answers=say.counted(int(row["n"]), "answer"),
            when=when(came),
        )
        told.append(
            Finding(
                KEYS[kind],
                _claim(kind, row),
                row["estimate"],
                row["low"],
                row["high"],
                int(row["n"]),
                UNITS[row["statistic"]],
                evidence,
            )
        )
    return told


def _claim(kind: str, row: Mapping[str, Any]) -> str:
    value = written(row["estimate"], row["statistic"])
    if say.is_missing(row["estimate"]):
        return {
            "csat": worded("How satisfied customers are is unknown: too few answered."),
            "nps": worded("Whether customers recommend is unknown: too few answered."),
            "ces": worded("How easy it was is unknown: too few answered."),
        }[kind]
    return {
        "csat": worded("{share} of customers are satisfied: they gave one of the best two marks.", share=value),
        "nps": worded(
            "The net promoter score is {value}: promoters less detractors, of a hundred customers.", value=value
        ),
        "ces": worded("{share} of customers found it easy: they gave one of the best two marks.", share=value),
    }[kind]


def _evidence(question: Mapping[str, Any], **told: str) -> str:
    wording = question.get("wording")
    if wording is None or wording != wording:
        return worded("{interval}; {answers} of {when}, weighted.", **told)
    return worded("{interval}; {answers} of {when}, weighted; asked: {question}.", question=say.quoted(wording), **told)


def leading(
    scores: pd.DataFrame, questions: pd.DataFrame, came: Surveyed
) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The weighted scores of everybody that the page leads with: kind, row of the score, row of the question."""
    everybody = scores[(scores["group"] == "all") & scores["weighted"] & (scores["wave"] == came.latest_wave)]
    found = []
    for question in records(questions):
        if question["kind"] in KEYS:
            of_it = everybody["item"] == question["question_id"]
            rows = records(everybody[of_it & (everybody["statistic"] == STATISTICS[question["kind"]])])
            found += [(str(question["kind"]), rows[0], question)] if rows else []
    return [one for kind in KEYS for one in found if one[0] == kind][:3]


def cards(scores: pd.DataFrame, moves: pd.DataFrame, questions: pd.DataFrame, came: Surveyed) -> Cards:
    """Satisfaction, recommendation and ease in the last wave, each with its move and the waves before.

    `moves` as `waves.moves` gives it.
    """
    names = {
        "csat": worded("Satisfied customers"),
        "nps": worded("Net promoter score"),
        "ces": worded("Customers who found it easy"),
    }
    found = []
    for kind, row, _ in leading(scores, questions, came):
        same = (scores["item"] == row["item"]) & (scores["statistic"] == row["statistic"])
        past = scores[same & (scores["group"] == "all") & scores["weighted"]].sort_values("wave")["estimate"]
        of_it = moves[(moves["item"] == row["item"]) & (moves["statistic"] == row["statistic"])]
        latest = records(of_it[of_it["to_wave"] == came.latest_wave])
        change = _change(latest[0]) if latest else ""
        value = written(row["estimate"], row["statistic"])
        n = say.number(row["n"])
        label = worded("{measure}, {wave} (n = {n})", measure=names[kind], wave=came.latest_wave, n=n)
        found.append(Card(label, value, change, tuple(past)))
    return Cards(tuple(found))


def _change(move: Mapping[str, Any]) -> Change | str:
    if say.is_missing(move["difference"]):
        return ""
    arrow = "=" if not move["is_real"] else "▲" if move["difference"] > 0 else "▼"
    told = {"interval": interval_of_change(move), "wave": move["from_wave"]}
    note = worded("({interval}) against {wave}", **told)
    if not move["is_real"]:
        note = worded("({interval}) against {wave}, not clear among all moves tested", **told)
    return Change(f"{arrow} {written_change(move['difference'], move['statistic'])}", note)


def table(scores: pd.DataFrame, labels: Mapping[str, str], came: Surveyed) -> Table:
    """The scores of everybody in the last wave, weighted beside unweighted, a row per item and statistic."""
    last = scores[(scores["wave"] == came.latest_wave) & (scores["group"] == "all")]
    keys = ["item", "statistic"]
    plain = last.loc[~last["weighted"], [*keys, "estimate"]]
    both = last[last["weighted"]].merge(plain, on=keys, suffixes=("", "_plain"))
    rows = records(both)
    shown = pd.DataFrame(
        {
            worded("question"): [labels.get(row["item"], row["item"]) for row in rows],
            worded("measure"): [measure(row["statistic"]) for row in rows],
            worded("all customers"): [written(row["estimate"], row["statistic"]) for row in rows],
            worded("interval"): [_interval(row) for row in rows],
            worded("without weights"): [written(row["estimate_plain"], row["statistic"]) for row in rows],
            worded("answers"): both["n"],
        }
    )
    caption = worded("Scores of {when}", when=when(came))
    return tables.table(shown, caption=caption, formats={worded("answers"): say.number})


def _interval(row: Mapping[str, Any]) -> str:
    return ends(written(row["low"], row["statistic"]), written(row["high"], row["statistic"]))
