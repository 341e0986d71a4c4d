"""What customers name where several answers are possible: the sentence and the table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import records
from helpers.display.tables import Table
from helpers.models.survey.samples import Surveyed


def finding(named: pd.DataFrame, labels: Mapping[str, str], came: Surveyed, *, level: float) -> Finding:
    """What most customers name; a row of `named` as `multiple_response.named_shares` gives it."""
    if not len(named):
        return Finding("named_most", "No question with several answers was answered often enough.")
    row = records(named.sort_values("share", ascending=False, kind="stable"))[0]
    what = say.quoted(labels.get(row["item"], row["item"]))
    claim = f"Most customers name {say.quoted(row['answer'])}: {say.share(row['share'])}."
    if row["share"] <= 0.5:
        claim = f"{say.quoted(row['answer'])} is named most, by {say.share(row['share'])} of customers."
    interval = say.interval(say.share(row["low"]), say.share(row["high"]), level=level, is_start=True)
    evidence = f"{interval}; {say.counted(row['n'], 'interview')} of wave {came.latest_wave}, weighted; asked: {what}."
    return Finding("named_most", claim, row["share"], row["low"], row["high"], row["n"], "share", evidence)


def table(named: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """Each answer by how many customers name it, and its share of all that is named."""
    rows = records(named)
    shown = pd.DataFrame(
        {
            "question": [labels.get(row["item"], row["item"]) for row in rows],
            "answer": named["answer"],
            "of customers": named["share"],
            "interval": [f"{say.share(row['low'])} to {say.share(row['high'])}" for row in rows],
            "of answers": named["answer_share"],
            "interval of that": [
                f"{say.share(row['answer_share_low'])} to {say.share(row['answer_share_high'])}" for row in rows
            ],
            "named it": named["named_count"],
            "were asked": named["n"],
        }
    )
    formats = dict.fromkeys(("of customers", "of answers"), say.share) | dict.fromkeys(
        ("named it", "were asked"), say.number
    )
    caption = "What customers name: shares of customers add up to more than all, shares of answers to all"
    return tables.table(shown, caption=caption, formats=formats)
