"""Who answers otherwise than whom: the sentence, tables with letters, and what calibrated weights change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import interval_of_change, records, written, written_change
from helpers.display.survey.wave_moves import CONTROLS
from helpers.display.tables import Table
from helpers.models.survey.samples import Surveyed
from helpers.models.survey.weight_calibration import Calibrated


def finding(associations: pd.DataFrame, labels: Mapping[str, str], came: Surveyed, *, level: float) -> Finding:
    """Where answers differ most surely; a row of `associations` as `table_tests.associations` gives it."""
    told = associations.dropna(subset=["p_value"])
    if not len(told):
        return Finding("differs", "Answers cannot be compared: no column has two groups.")
    row = records(told)[0]
    tests = f"{say.counted(len(told), 'table')} tested as one family, by Rao and Scott"
    if row["adjusted_p_value"] >= 1 - level:
        evidence = f"{tests}, level {say.exact_share(level)}; wave {came.latest_wave}."
        return Finding("differs", "No group answers clearly otherwise than another.", n=row["n"], evidence=evidence)
    what = say.quoted(labels.get(row["item"], row["item"]))
    share = say.share(row["adjusted_p_value"])
    odds = "less than 0.1\u00a0%" if row["adjusted_p_value"] < 0.001 else share
    claim = f"Answers to {what} differ most surely by {row['banner']}."
    evidence = (
        f"Chance alone would make such a difference in {odds} of surveys; {say.counted(row['n'], 'answer')} of wave "
        f"{came.latest_wave}; {tests}."
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
        column=of_item["banner"] + ": " + of_item["column"] + " (" + of_item["letter"] + ")",
        cell=[_cell(row["share"], row["letters"]) for row in records(of_item)],
    )
    wide = cells.pivot(index=["banner", "column", "n"], columns="answer", values="cell").reset_index()
    shown = wide.rename(columns={answer: say.number(answer) for answer in of_item["answer"].unique()})
    shown = shown.drop(columns="banner").rename(columns={"column": "group", "n": "answers"})
    caption = (
        f"{labels.get(item, item)}: share of each mark by group. A letter says that the share is clearly higher than "
        f"in the group of that letter within the same banner: pairs tested with the errors of the design, "
        f"{CONTROLS[families]} within a mark, level {say.exact_share(level)}. Groups of fewer than {smallest_base} "
        "answers are neither told nor tested."
    )
    return tables.table(shown, caption=caption, formats={"answers": say.number})


def _cell(share: float, letters: str) -> str:
    return f"{say.share(share)} {letters}".strip()


def equal_modes(frame: pd.DataFrame, labels: Mapping[str, str], came: Surveyed) -> Table:
    """Moves into the last wave as they came, and at equal shares of the modes of interview.

    A row of `frame` is a measure, as `waves.at_equal_modes` gives it.
    """
    rows = records(frame)
    shown = pd.DataFrame(
        {
            "question": [labels.get(row["item"], row["item"]) for row in rows],
            "measure": [row["statistic"].replace("_", " ").replace("top 2 share", "best two marks") for row in rows],
            "move": [written_change(row["plain_difference"], row["statistic"]) for row in rows],
            "at equal modes": [written_change(row["difference"], row["statistic"]) for row in rows],
            "interval": [interval_of_change(row) for row in rows],
            "answers": [row["n"] for row in rows],
        }
    )
    caption = f"Moves into wave {came.latest_wave}, were the modes of interview mixed as before"
    return tables.table(shown, caption=caption, formats={"answers": say.number}, is_folded=True)


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
        return Finding("calibrated", "No margin of the customer table is known of all who answered.")
    new, old = (
        records(one[(one["wave"] == came.latest_wave) & one["weighted"] & (one["group"] == "all")])[0]
        for one in (scores, before)
    )
    statistic = new["statistic"]
    what = {"mean": "the mean mark", "top_2_share": "the share of best marks"}.get(statistic, "the score")
    claim = (
        f"Calibrated to all customers by {say.listed(list(margins))}, {what} is "
        f"{written(new['estimate'], statistic)}, beside {written(old['estimate'], statistic)}."
    )
    met = "all totals are met" if found.has_converged else f"totals are off by {say.share(found.largest_miss)} at most"
    low, high = (written(new[end], statistic) for end in ("low", "high"))
    asked = say.quoted(labels.get(new["item"], new["item"]))
    evidence = (
        f"{asked}, interval {low} to {high}; {say.counted(int(new['n']), 'answer')} of wave {came.latest_wave}; "
        f"raking in {say.counted(found.step_count, 'step')}, {met}."
    )
    return Finding("calibrated", claim, new["estimate"], new["low"], new["high"], int(new["n"]), "share", evidence)


def weightings(frame: pd.DataFrame, labels: Mapping[str, str], came: Surveyed) -> Table:
    """Each score of the last wave under each weighting, a row per item and statistic.

    A row of `frame` is a weighting, item and statistic, as `survey_scores.under_weights` gives it.
    """
    names = {
        "none": "without weights",
        "delivered": "as delivered",
        "calibrated": "calibrated",
        "propensity": "for silence",
    }
    keys = ["item", "statistic"]
    told = frame.assign(cell=[written(row["estimate"], row["statistic"]) for row in records(frame)])
    wide = told.pivot(index=keys, columns="weighting", values="cell").reset_index()
    n = frame.drop_duplicates(keys).set_index(keys)["n"]
    shown = pd.DataFrame(
        {
            "question": [labels.get(item, item) for item in wide["item"]],
            "measure": [one.replace("_", " ").replace("top 2 share", "best two marks") for one in wide["statistic"]],
            **{label: wide[name] for name, label in names.items() if name in wide},
            "answers": [n[key] for key in zip(wide["item"], wide["statistic"], strict=True)],
        }
    )
    caption = f"Scores of wave {came.latest_wave} under different weights"
    return tables.table(shown, caption=caption, formats={"answers": say.number}, is_folded=True)
