"""What customers name where several answers are possible: the sentence and the table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import ends, level_named, records
from helpers.display.tables import Table
from helpers.display.wording import worded
from helpers.models.survey.samples import Surveyed


def finding(named: pd.DataFrame, labels: Mapping[str, str], came: Surveyed, *, level: float) -> Finding:
    """What most customers name; a row of `named` as `multiple_response.named_shares` gives it."""
    if not len(named):
        return Finding("named_most", worded("No question with several answers was answered often enough."))
    row = records(named.sort_values("share", ascending=False, kind="stable"))[0]
    what = say.quoted(labels.get(row["item"], row["item"]))
    told = {"answer": say.quoted(level_named(row["answer"])), "share": say.share(row["share"])}
    claim = worded("Most customers name {answer}: {share}.", **told)
    if row["share"] <= 0.5:
        claim = worded("{answer} is named most, by {share} of customers.", **told)
    interval = say.interval(say.share(row["low"]), say.share(row["high"]), level=level, is_start=True)
    evidence = worded(
        "{interval}; {interviews} of wave {wave}, weighted; asked: {question}.",
        interval=interval,
        interviews=say.counted(row["n"], "interview"),
        wave=came.latest_wave,
        question=what,
    )
    return Finding("named_most", claim, row["share"], row["low"], row["high"], row["n"], "share", evidence)


def table(named: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """Each answer by how many customers name it, and its share of all that is named."""
    rows = records(named)
    shown = pd.DataFrame(
        {
            worded("question"): [labels.get(row["item"], row["item"]) for row in rows],
            worded("answer"): [level_named(answer) for answer in named["answer"]],
            (of_customers := worded("of customers")): named["share"],
            worded("interval"): [ends(say.share(row["low"]), say.share(row["high"])) for row in rows],
            (of_answers := worded("of answers")): named["answer_share"],
            worded("interval of that"): [
                ends(say.share(row["answer_share_low"]), say.share(row["answer_share_high"])) for row in rows
            ],
            (naming := worded("named it")): named["named_count"],
            (asked := worded("were asked")): named["n"],
        }
    )
    formats = dict.fromkeys((of_customers, of_answers), say.share) | dict.fromkeys((naming, asked), say.number)
    caption = worded("What customers name: shares of customers add up to more than all, shares of answers to all")
    return tables.table(shown, caption=caption, formats=formats)
