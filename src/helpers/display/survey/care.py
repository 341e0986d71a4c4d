"""Whether the grid of items can be trusted: what it measures, and with how much care it was answered."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import records
from helpers.display.tables import Table
from helpers.display.wording import sentences, worded
from helpers.models.survey.reliability import Reliability, Speeders

GOOD = 0.7
"""Alpha from which a sum of items is commonly taken for reliable (Nunnally (1978), Psychometric Theory)."""


def findings(found: Reliability, fast: Speeders, *, level: float) -> list[Finding]:
    """Whether the items measure one thing, and how many interviews gave one mark to all of them or were too fast."""
    told = [_of_alpha(found, level=level)]
    if found.straight_n:
        low, high = say.share(found.straight_low), say.share(found.straight_high)
        claim = worded("{share} of interviews gave one mark to all items.", share=say.share(found.straight_share))
        interval = say.interval(low, high, level=level, is_start=True)
        evidence = sentences(
            worded(
                "{interval}; {interviews} with five answered items or more. Some mean it.",
                interval=interval,
                interviews=say.counted(found.straight_n, "interview"),
            ),
            "" if fast.n else worded("How long an interview took was not delivered."),
        )
        numbers = (found.straight_share, found.straight_low, found.straight_high, found.straight_n)
        told.append(Finding("straight_liners", claim, *numbers, "share", evidence))
    if fast.n:
        claim = worded("{share} of interviews were too fast to be true.", share=say.share(fast.share))
        interval = say.interval(say.share(fast.low), say.share(fast.high), level=level, is_start=True)
        evidence = worded(
            "{interval}; less than a third of the median time of their mode and wave; {interviews}, half of them "
            "within {seconds} seconds.",
            interval=interval,
            interviews=say.counted(fast.n, "interview"),
            seconds=say.number(fast.median_seconds),
        )
        told.append(Finding("speeders", claim, fast.share, fast.low, fast.high, fast.n, "share", evidence))
    return told


def _of_alpha(found: Reliability, *, level: float) -> Finding:
    if not len(found.table):
        claim = worded("Whether the items measure one thing is unknown: too few answered all of them.")
        return Finding("reliability", claim, n=found.n)
    of_all = found.table[found.table["item"] == ""].set_index("statistic")
    row = records(of_all)[0]
    value, low, high = (say.number(row[name], digits=2) for name in ("value", "low", "high"))
    omega, kmo = (say.number(of_all["value"][name], digits=2) for name in ("omega", "kmo"))
    one = worded("The items measure one thing together (alpha {alpha}).", alpha=value)
    several = worded("The items measure several things: do not add them up (alpha {alpha}).", alpha=value)
    claim = one if row["value"] >= GOOD else several
    evidence = worded(
        "{interval}; omega {omega}, sampling adequacy {kmo}, {factors}; {interviews} with all answers, weighted, all "
        "waves.",
        interval=say.interval(low, high, level=level, is_start=True),
        omega=omega,
        kmo=kmo,
        factors=say.counted(found.factor_count, "common factor"),
        interviews=say.counted(found.n, "interview"),
    )
    return Finding("reliability", claim, row["value"], row["low"], row["high"], found.n, "", evidence)


def table(found: Reliability, labels: Mapping[str, str]) -> Table:
    """Of each item alpha without it, its loading on one factor, and its sampling adequacy."""
    is_told = found.table["statistic"].isin(["alpha_if_dropped", "loading", "kmo"])
    of_each = found.table[is_told & (found.table["item"] != "")]
    wide = of_each.pivot(index="item", columns="statistic", values="value").reset_index()
    wide = wide.reindex(columns=["item", "alpha_if_dropped", "loading", "kmo"])
    shown = pd.DataFrame({worded("item"): [labels.get(item, item) for item in wide["item"]]}).assign(
        **{
            worded("alpha without it"): wide["alpha_if_dropped"],
            worded("loading on one factor"): wide["loading"],
            worded("sampling adequacy"): wide["kmo"],
        }
    )
    formats = dict.fromkeys(shown.columns[1:], _two_digits)
    caption = worded("How each item hangs together with the others")
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)


def factors(found: Reliability, labels: Mapping[str, str]) -> Table:
    """Of each item its loadings on the rotated factors; under the table how these correlate."""
    of_factors = found.table[found.table["statistic"].str.match(r"factor_\d+$")]
    wide = of_factors.pivot(index="item", columns="statistic", values="value")
    wide = wide.reindex(of_factors["item"].unique())
    shown = pd.DataFrame({worded("item"): [labels.get(item, item) for item in wide.index]})
    shown = shown.assign(**{_factor(name): wide[name].to_numpy() for name in wide.columns})
    pairs = records(found.table[found.table["statistic"] == "factor_correlation"])
    told = [
        worded(
            "{factors} {correlation}",
            factors=say.listed([_factor(name) for name in one["item"].split(",")]),
            correlation=_two_digits(one["value"]),
        )
        for one in pairs
    ]
    caption = worded("What the items load on, factors that stand out")
    if told:
        pairs_told = say.lined_up(told)
        caption = worded("What the items load on, factors that stand out; correlations: {pairs}", pairs=pairs_told)
    return tables.table(shown, caption=caption, formats=dict.fromkeys(shown.columns[1:], _two_digits), is_folded=True)


def _factor(name: str) -> str:
    """A factor as one would say it: `factor_1` as `factor 1`."""
    return worded("factor {number}", number=name.rpartition("_")[2])


def _two_digits(value: float) -> str:
    return say.number(value, digits=2)
