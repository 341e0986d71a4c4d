"""Whom we did not hear: what weights change, and which customers answered less often than there are of them."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import UNITS, records, written
from helpers.display.tables import Table
from helpers.models.survey.r_indicator import Representativity
from helpers.models.survey.samples import Surveyed

EVEN = 0.9
"""R-indicator from which groups are said to answer nearly alike: chances lie 5 points from their mean."""
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


def response(rates: pd.DataFrame, even: Representativity, came: Surveyed, *, level: float) -> list[Finding]:
    """How many of those who were asked answered, and how evenly; `rates` as `response_rates.rates` gives it."""
    of_all = records(rates[rates["grouping"] == "all"])
    if not of_all or say.is_missing(of_all[0]["rate_1"]):
        return [Finding("response_rate", "How many did not answer is unknown: who was asked was not delivered.")]
    row = of_all[0]
    claim = f"{say.share(row['rate_1'])} of those who were asked answered."
    interval = say.interval(say.share(row["low"]), say.share(row["high"]), level=level, is_start=True)
    evidence = (
        f"{interval}; complete interviews among all who may be eligible (AAPOR rate 1; rate 3 is "
        f"{say.share(row['rate_3'])}); {say.counted(int(row['invited']), 'invitation')} of wave {came.latest_wave}"
        f"{_trend(rates, level)}."
    )
    numbers = (row["rate_1"], row["low"], row["high"], int(row["invited"]))
    return [Finding("response_rate", claim, *numbers, "share", evidence), _evenness(even, came, level=level)]


def _trend(rates: pd.DataFrame, level: float) -> str:
    waves = rates[rates["grouping"] == "wave"]
    if len(waves) < 2 or say.is_missing(waves["trend_p_value"].iloc[0]):
        return ""
    if waves["trend_p_value"].iloc[0] >= 1 - level:
        return "; no trend over the waves is clear"
    way = "risen" if waves["rate_1"].iloc[-1] > waves["rate_1"].iloc[0] else "fallen"
    return f"; it has {way} over {say.counted(len(waves), 'wave')}"


def _evenness(even: Representativity, came: Surveyed, *, level: float) -> Finding:
    if even.why:
        return Finding("representativity", "Whether all groups answered alike is unknown.", n=even.n, evidence=even.why)
    value, low, high = (say.number(one, digits=2) for one in (even.indicator, even.low, even.high))
    is_even = even.high >= EVEN
    claim = (
        "All groups that we know of answered nearly alike." if is_even else "Some groups answered far less than others."
    )
    evidence = (
        f"R-indicator {value} (1: all alike), {say.interval(low, high, level=level)}, by "
        f"{say.listed(list(even.names))}; {say.counted(even.n, 'invitation')} of wave {came.latest_wave}."
    )
    numbers = (even.indicator, even.low, even.high, even.n)
    return Finding("representativity", claim, *numbers, "", evidence)


def rates(frame: pd.DataFrame) -> Table:
    """The response rates of all, of each wave and of each group, as `response_rates.rates` gives them."""
    of_one = frame["grouping"] == frame["group"]
    shown = pd.DataFrame(
        {
            "asked": frame["group"].where(
                of_one, frame["grouping"] + ": " + frame["group"] + " (" + frame["letter"] + ")"
            ),
            "invitations": frame["invited"],
            "answered": [f"{say.share(row['rate_1'])} {row['letters']}".strip() for row in records(frame)],
            "from": frame["low"],
            "to": frame["high"],
            "rate 3": frame["rate_3"],
            "refused": frame["refusal"],
            "not reached": frame["no_contact"],
        }
    )
    formats = dict.fromkeys(("from", "to", "rate 3"), say.share)
    formats |= dict.fromkeys(("invitations", "refused", "not reached"), say.number)
    caption = (
        "Who answered, of those who were asked (AAPOR rate 1 with its interval). A letter says that the rate is "
        "clearly higher than that of the group of that letter; groups of too few invitations are left empty."
    )
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)


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
