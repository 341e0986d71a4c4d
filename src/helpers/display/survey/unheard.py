"""Whom we did not hear: what weights change, and which customers answered less often than there are of them."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import UNITS, records, written
from helpers.display.tables import Table
from helpers.models.survey.samples import Surveyed

SMALL = 0.1
"""Standardised difference below which a level is heard well enough (Austin (2009))."""


def without_weights(scores: pd.DataFrame, came: Surveyed, *, item: str) -> Finding:
    """What the first score would be without weights; rows as `survey_scores.scores` gives them."""
    of_item = scores[(scores["item"] == item) & (scores["wave"] == came.latest_wave) & (scores["group"] == "all")]
    told = of_item[of_item["statistic"] != "mean"]
    told = told if len(told) else of_item
    with_weights, plain = (records(told[told["weighted"] == used])[0] for used in (True, False))
    statistic = with_weights["statistic"]
    value, other = written(with_weights["estimate"], statistic), written(plain["estimate"], statistic)
    is_score = statistic == "net_promoter_score"
    if with_weights["low"] <= plain["estimate"] <= with_weights["high"]:
        claim = f"Those who answered are like all customers: {_scored(is_score)} {other}, after weighting {value}."
        evidence = "The difference is within the interval."
    else:
        way = "more" if plain["estimate"] > with_weights["estimate"] else "less"
        claim = f"Those who answered are {way} satisfied than all customers: {_scored(is_score)} {other}, not {value}."
        evidence = "The difference is beyond the interval; the weights take it away."
    evidence += f" {say.counted(int(plain['n']), 'answer')} of wave {came.latest_wave}."
    numbers = (plain["estimate"], plain["low"], plain["high"], int(plain["n"]))
    return Finding("without_weights", claim, *numbers, UNITS[statistic], evidence)


def _scored(is_score: bool) -> str:
    return "a net promoter score of" if is_score else "satisfied are"


def finding(represented: pd.DataFrame, came: Surveyed) -> Finding:
    """Whom we heard least; a row of `represented` as `representation.represented` gives it, the worst heard first."""
    if not len(represented):
        return Finding("unheard", "Whom we did not hear is unknown: the customers who were asked are not known.")
    row = records(represented)[0]
    evidence = (
        f"{say.share(row['answered_share'])} of interviews, {say.share(row['customer_share'])} of customers, "
        f"{say.share(row['weighted_share'])} after weighting; {say.counted(row['n'], 'interview')} of wave "
        f"{came.latest_wave}."
    )
    if row["difference"] > -SMALL:
        claim = "Every group that we know of was heard nearly as often as there are customers in it."
    else:
        claim = f"We heard least of {row['margin']} {say.quoted(row['level'])}, for how many they are."
    return Finding("unheard", claim, row["difference"], n=row["n"], unit="", evidence=evidence)


def table(represented: pd.DataFrame) -> Table:
    """Each group among customers, among interviews, and after weighting."""
    shown = pd.DataFrame(
        {
            "group": represented["margin"] + ": " + represented["level"],
            "of customers": represented["customer_share"],
            "of interviews": represented["answered_share"],
            "after weighting": represented["weighted_share"],
            "interviews": represented["n"],
        }
    )
    formats = dict.fromkeys(("of customers", "of interviews", "after weighting"), say.share)
    caption = "Who answered beside all customers, the worst heard first"
    return tables.table(shown, caption=caption, formats={**formats, "interviews": say.number}, is_folded=True)
