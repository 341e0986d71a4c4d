"""Whom we did not hear: what weights change, and which customers answered less often than there are of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import UNITS, group, level_named, records, written
from helpers.display.tables import Table
from helpers.display.wording import named, recast, sentences, vocabulary, worded
from helpers.models.survey.r_indicator import Representativity
from helpers.models.survey.samples import Surveyed

EVEN = 0.9
"""R-indicator from which groups are said to answer nearly alike: chances lie 5 points from their mean."""
SMALL = 0.1
"""Standardised difference below which a level is heard well enough (Austin (2009))."""
WHY = vocabulary(
    "It takes {fewest} invitations, of which some were answered and some not, and groups of customers.",
)
"""Why there is no R-indicator, as the model says it."""


def without_weights(scores: pd.DataFrame, came: Surveyed, *, item: str) -> Finding:
    """What the first score would be without weights; rows as `survey_scores.scores` gives them."""
    of_item = scores[(scores["item"] == item) & (scores["wave"] == came.latest_wave) & (scores["group"] == "all")]
    told = of_item[of_item["statistic"] != "mean"]
    told = told if len(told) else of_item
    with_weights, plain = (records(told[told["weighted"] == used])[0] for used in (True, False))
    statistic = with_weights["statistic"]
    value, other = written(with_weights["estimate"], statistic), written(plain["estimate"], statistic)
    if with_weights["low"] <= plain["estimate"] <= with_weights["high"]:
        claim = _alike(statistic, other, value)
        evidence = worded("The difference is within the interval.")
    else:
        claim = _unlike(statistic, other, value, are_happier=plain["estimate"] > with_weights["estimate"])
        evidence = worded("The difference is beyond the interval; the weights take it away.")
    base = worded("{answers} of wave {wave}.", answers=say.counted(int(plain["n"]), "answer"), wave=came.latest_wave)
    evidence = sentences(evidence, base)
    numbers = (plain["estimate"], plain["low"], plain["high"], int(plain["n"]))
    return Finding("without_weights", claim, *numbers, UNITS[statistic], evidence)


def _alike(statistic: str, plain: str, weighted: str) -> str:
    told = {"plain": plain, "weighted": weighted}
    if statistic == "net_promoter_score":
        return worded(
            "Those who answered are like all customers: a net promoter score of {plain}, after weighting {weighted}.",
            **told,
        )
    if statistic == "mean":
        return worded(
            "Those who answered are like all customers: a mean of {plain}, after weighting {weighted}.", **told
        )
    return worded("Those who answered are like all customers: {plain} satisfied, after weighting {weighted}.", **told)


def _unlike(statistic: str, plain: str, weighted: str, *, are_happier: bool) -> str:
    told = {"plain": plain, "weighted": weighted}
    if statistic == "net_promoter_score":
        more = worded(
            "Those who answered are more satisfied than all customers: a net promoter score of {plain}, not "
            "{weighted}.",
            **told,
        )
        less = worded(
            "Those who answered are less satisfied than all customers: a net promoter score of {plain}, not "
            "{weighted}.",
            **told,
        )
    elif statistic == "mean":
        more = worded(
            "Those who answered are more satisfied than all customers: a mean of {plain}, not {weighted}.", **told
        )
        less = worded(
            "Those who answered are less satisfied than all customers: a mean of {plain}, not {weighted}.", **told
        )
    else:
        more = worded(
            "Those who answered are more satisfied than all customers: {plain} are satisfied, not {weighted}.", **told
        )
        less = worded(
            "Those who answered are less satisfied than all customers: {plain} are satisfied, not {weighted}.", **told
        )
    return more if are_happier else less


def finding(represented: pd.DataFrame, came: Surveyed) -> Finding:
    """Whom we heard least; a row of `represented` as `representation.represented` gives it, the worst heard first."""
    if not len(represented):
        claim = worded("Whom we did not hear is unknown: the customers who were asked are not known.")
        return Finding("unheard", claim)
    row = records(represented)[0]
    evidence = worded(
        "{answered} of interviews, {customers} of customers, {weighted} after weighting; {interviews} of wave {wave}.",
        answered=say.share(row["answered_share"]),
        customers=say.share(row["customer_share"]),
        weighted=say.share(row["weighted_share"]),
        interviews=say.counted(row["n"], "interview"),
        wave=came.latest_wave,
    )
    if row["difference"] > -SMALL:
        claim = worded("Every group that we know of was heard nearly as often as there are customers in it.")
    else:
        claim = worded(
            "We heard least of {column} {level}, for how many they are.",
            column=named(row["margin"]),
            level=say.quoted(level_named(row["level"])),
        )
    return Finding("unheard", claim, row["difference"], n=row["n"], unit="", evidence=evidence)


def response(rates: pd.DataFrame, even: Representativity, came: Surveyed, *, level: float) -> list[Finding]:
    """How many of those who were asked answered, and how evenly; `rates` as `response_rates.rates` gives it."""
    of_all = records(rates[rates["grouping"] == "all"])
    if not of_all or say.is_missing(of_all[0]["rate_1"]):
        unknown = worded("How many did not answer is unknown: who was asked was not delivered.")
        return [Finding("response_rate", unknown)]
    row = of_all[0]
    claim = worded("{share} of those who were asked answered.", share=say.share(row["rate_1"]))
    interval = say.interval(say.share(row["low"]), say.share(row["high"]), level=level, is_start=True)
    evidence = worded(
        "{interval}; complete interviews among all who may be eligible (AAPOR rate 1; rate 3 is {rate}); {invitations} "
        "of wave {wave}.",
        interval=interval,
        rate=say.share(row["rate_3"]),
        invitations=say.counted(int(row["invited"]), "invitation"),
        wave=came.latest_wave,
    )
    evidence = sentences(evidence, _trend(rates, level))
    numbers = (row["rate_1"], row["low"], row["high"], int(row["invited"]))
    return [Finding("response_rate", claim, *numbers, "share", evidence), _evenness(even, came, level=level)]


def _trend(rates: pd.DataFrame, level: float) -> str:
    waves = rates[rates["grouping"] == "wave"]
    if len(waves) < 2 or say.is_missing(waves["trend_p_value"].iloc[0]):
        return ""
    if waves["trend_p_value"].iloc[0] >= 1 - level:
        return worded("No trend over the waves is clear.")
    if waves["rate_1"].iloc[-1] > waves["rate_1"].iloc[0]:
        return worded("It has risen over {waves}.", waves=say.counted(len(waves), "wave"))
    return worded("It has fallen over {waves}.", waves=say.counted(len(waves), "wave"))


def _evenness(even: Representativity, came: Surveyed, *, level: float) -> Finding:
    if even.why:
        unknown = worded("Whether all groups answered alike is unknown.")
        return Finding("representativity", unknown, n=even.n, evidence=recast(even.why, WHY))
    value, low, high = (say.number(one, digits=2) for one in (even.indicator, even.low, even.high))
    alike = worded("All groups that we know of answered nearly alike.")
    claim = alike if even.high >= EVEN else worded("Some groups answered far less than others.")
    evidence = worded(
        "R-indicator {value} (1: all alike), {interval}, by {columns}; {invitations} of wave {wave}.",
        value=value,
        interval=say.interval(low, high, level=level),
        columns=say.listed([named(name) for name in even.names]),
        invitations=say.counted(even.n, "invitation"),
        wave=came.latest_wave,
    )
    numbers = (even.indicator, even.low, even.high, even.n)
    return Finding("representativity", claim, *numbers, "", evidence)


def rates(frame: pd.DataFrame) -> Table:
    """The response rates of all, of each wave and of each group, as `response_rates.rates` gives them."""
    columns = {
        worded("asked"): [_asked(row) for row in records(frame)],
        worded("invitations"): frame["invited"],
        worded("answered"): [f"{say.share(row['rate_1'])} {row['letters']}".strip() for row in records(frame)],
        worded("from"): frame["low"],
        worded("to"): frame["high"],
        worded("rate 3"): frame["rate_3"],
        worded("refusals"): frame["refusal"],
        worded("not reached"): frame["no_contact"],
    }
    formats = dict.fromkeys((worded("from"), worded("to"), worded("rate 3")), say.share)
    formats |= dict.fromkeys((worded("invitations"), worded("refusals"), worded("not reached")), say.number)
    caption = worded(
        "Who answered, of those who were asked (AAPOR rate 1 with its interval). A letter says that the rate is "
        "clearly higher than that of the group of that letter; groups of too few invitations are left empty."
    )
    return tables.table(pd.DataFrame(columns), caption=caption, formats=formats, is_folded=True)


def _asked(row: Mapping[str, Any]) -> str:
    if row["grouping"] == row["group"]:
        return named(row["group"])
    return group(row["grouping"], row["group"], letter=row["letter"])


def table(represented: pd.DataFrame) -> Table:
    """Each group among customers, among interviews, and after weighting."""
    shown = pd.DataFrame(
        {
            worded("group"): [group(row["margin"], row["level"]) for row in records(represented)],
            (customers := worded("of customers")): represented["customer_share"],
            (answered := worded("of interviews")): represented["answered_share"],
            (weighted := worded("after weighting")): represented["weighted_share"],
            (interviews := worded("interviews")): represented["n"],
        }
    )
    formats = {**dict.fromkeys((customers, answered, weighted), say.share), interviews: say.number}
    caption = worded("Who answered beside all customers, the worst heard first")
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)
