"""Which groups answer differently: the sentence, tables with letters, and what calibrated weights change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import (
    ends,
    group,
    interval_of_change,
    measure,
    records,
    written,
    written_change,
)
from helpers.display.survey.wave_moves import CONTROLS
from helpers.display.tables import Table
from helpers.display.wording import named, worded
from helpers.models.survey.samples import Surveyed
from helpers.models.survey.weight_calibration import Calibrated


def finding(associations: pd.DataFrame, labels: Mapping[str, str], came: Surveyed, *, level: float) -> Finding:
    """Where answers differ most surely; a row of `associations` as `table_tests.associations` gives it."""
    told = associations.dropna(subset=["p_value"])
    if not len(told):
        return Finding("differs", worded("Answers cannot be compared: no column has two groups."))
    row = records(told)[0]
    tests = worded("{tables} tested as one family, by Rao and Scott", tables=say.counted(len(told), "table"))
    if row["adjusted_p_value"] >= 1 - level:
        evidence = worded(
            "{tests}, level {level}; wave {wave}.", tests=tests, level=say.exact_share(level), wave=came.latest_wave
        )
        claim = worded("No group answers clearly otherwise than another.")
        return Finding("differs", claim, n=row["n"], evidence=evidence)
    what = say.quoted(labels.get(row["item"], row["item"]))
    share = say.share(row["adjusted_p_value"])
    odds = worded("less than {share}", share=say.share(0.001)) if row["adjusted_p_value"] < 0.001 else share
    claim = worded("Answers to {what} differ most surely by {column}.", what=what, column=named(row["banner"]))
    evidence = worded(
        "Chance alone would make such a difference in {odds} of surveys; {answers} of wave {wave}; {tests}.",
        odds=odds,
        answers=say.counted(row["n"], "answer"),
        wave=came.latest_wave,
        tests=tests,
    )
    return Finding("differs", claim, row["adjusted_p_value"], n=row["n"], unit="share", evidence=evidence)


def crosstab(
    frame: pd.DataFrame, labels: Mapping[str, str], *, item: str, smallest_base: int, level: float, families: str
) -> Table:
    """One question by all banners: shares with letters, and the rule of the letters as its caption.

    A row of `frame` is an item, answer, banner and column, as `crosstabs.crosstabs` gives it.
    """
    of_item = frame[frame["item"] == item]
    cells = of_item.assign(
        column=[group(row["banner"], row["column"], letter=row["letter"]) for row in records(of_item)],
        cell=[_cell(row["share"], row["letters"]) for row in records(of_item)],
    )
    wide = cells.pivot(index=["banner", "column", "n"], columns="answer", values="cell").reset_index()
    shown = wide.rename(columns={answer: say.number(answer) for answer in of_item["answer"].unique()})
    shown = shown.drop(columns="banner").rename(columns={"column": worded("group"), "n": worded("answers")})
    caption = worded(
        "{question}: share of each mark by group. A letter says that the share is clearly higher than in the group of "
        "that letter within the same banner: pairs tested with the errors of the design, {control} within a mark, "
        "level {level}. Groups of fewer than {smallest_base} answers are neither told nor tested.",
        question=labels.get(item, item),
        control=named(CONTROLS[families]),
        level=say.exact_share(level),
        smallest_base=smallest_base,
    )
    return tables.table(shown, caption=caption, formats={worded("answers"): say.number})


def _cell(share: float, letters: str) -> str:
    return f"{say.share(share)} {letters}".strip()


def equal_modes(frame: pd.DataFrame, labels: Mapping[str, str], came: Surveyed) -> Table:
    """Moves into the last wave as they came, and at equal shares of the modes of interview.

    A row of `frame` is a measure, as `waves.at_equal_modes` gives it.
    """
    rows = records(frame)
    shown = pd.DataFrame(
        {
            worded("question"): [labels.get(row["item"], row["item"]) for row in rows],
            worded("measure"): [measure(row["statistic"]) for row in rows],
            worded("move"): [written_change(row["plain_difference"], row["statistic"]) for row in rows],
            worded("at equal modes"): [written_change(row["difference"], row["statistic"]) for row in rows],
            worded("interval"): [interval_of_change(row) for row in rows],
            worded("answers"): [row["n"] for row in rows],
        }
    )
    caption = worded("Moves into wave {wave}, were the modes of interview mixed as before", wave=came.latest_wave)
    return tables.table(shown, caption=caption, formats={worded("answers"): say.number}, is_folded=True)


def calibrated(
    found: Calibrated | None,
    scores: pd.DataFrame,
    before: pd.DataFrame,
    labels: Mapping[str, str],
    *,
    margins: Sequence[str],
    came: Surveyed,
) -> Finding:
    """What a score would be with weights that also meet the margins; rows as `survey_scores.scores` gives them."""
    if found is None:
        return Finding("calibrated", worded("No margin of the customer table is known of all who answered."))
    new, old = (
        records(one[(one["wave"] == came.latest_wave) & one["weighted"] & (one["group"] == "all")])[0]
        for one in (scores, before)
    )
    statistic = new["statistic"]
    what = {"mean": worded("the mean mark"), "top_2_share": worded("the share of best marks")}
    claim = worded(
        "Calibrated to all customers by {margins}, {what} is {value}, beside {before}.",
        margins=say.listed([named(margin) for margin in margins]),
        what=what.get(statistic, worded("the score")),
        value=written(new["estimate"], statistic),
        before=written(old["estimate"], statistic),
    )
    off = worded("totals are off by {share} at most", share=say.share(found.largest_miss))
    evidence = worded(
        "{question}, interval {interval}; {answers} of wave {wave}; raking in {steps}, {met}.",
        question=say.quoted(labels.get(new["item"], new["item"])),
        interval=ends(*(written(new[end], statistic) for end in ("low", "high"))),
        answers=say.counted(int(new["n"]), "answer"),
        wave=came.latest_wave,
        steps=say.counted(found.step_count, "step"),
        met=worded("all totals are met") if found.has_converged else off,
    )
    return Finding("calibrated", claim, new["estimate"], new["low"], new["high"], int(new["n"]), "share", evidence)


def weightings(frame: pd.DataFrame, labels: Mapping[str, str], came: Surveyed) -> Table:
    """Each score of the last wave under each weighting, a row per item and statistic.

    A row of `frame` is a weighting, item and statistic, as `survey_scores.under_weights` gives it.
    """
    names = {
        "none": worded("without weights"),
        "delivered": worded("as delivered"),
        "calibrated": worded("calibrated"),
        "propensity": worded("for silence"),
    }
    keys = ["item", "statistic"]
    told = frame.assign(cell=[written(row["estimate"], row["statistic"]) for row in records(frame)])
    wide = told.pivot(index=keys, columns="weighting", values="cell").reset_index()
    n = frame.drop_duplicates(keys).set_index(keys)["n"]
    shown = pd.DataFrame(
        {
            worded("question"): [labels.get(item, item) for item in wide["item"]],
            worded("measure"): [measure(statistic) for statistic in wide["statistic"]],
            **{label: wide[name] for name, label in names.items() if name in wide},
            worded("answers"): [n[key] for key in zip(wide["item"], wide["statistic"], strict=True)],
        }
    )
    caption = worded("Scores of wave {wave} under different weights", wave=came.latest_wave)
    return tables.table(shown, caption=caption, formats={worded("answers"): say.number}, is_folded=True)
