"""Whether the grid of items can be trusted: what it measures, and with how much care it was answered."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import records
from helpers.display.tables import Table
from helpers.models.survey.reliability import Reliability

GOOD = 0.7
"""Alpha from which a sum of items is commonly taken for reliable (Nunnally (1978), Psychometric Theory)."""


def findings(found: Reliability, *, level: float) -> list[Finding]:
    """Whether the items measure one thing, and how many interviews gave one mark to all of them."""
    told = [_of_alpha(found, level=level)]
    if found.straight_n:
        low, high = say.share(found.straight_low), say.share(found.straight_high)
        claim = f"{say.share(found.straight_share)} of interviews gave one mark to all items."
        interval = say.interval(low, high, level=level, is_start=True)
        evidence = (
            f"{interval}; {say.counted(found.straight_n, 'interview')} with five answered items or more. Some mean it; "
            "how long an interview took was not delivered."
        )
        numbers = (found.straight_share, found.straight_low, found.straight_high, found.straight_n)
        told.append(Finding("straight_liners", claim, *numbers, "share", evidence))
    return told


def _of_alpha(found: Reliability, *, level: float) -> Finding:
    if not len(found.table):
        claim = "Whether the items measure one thing is unknown: too few answered all of them."
        return Finding("reliability", claim, n=found.n)
    of_all = found.table[found.table["item"] == ""].set_index("statistic")
    row = records(of_all)[0]
    value, low, high = (say.number(row[name], digits=2) for name in ("value", "low", "high"))
    verdict = "measure one thing together" if row["value"] >= GOOD else "measure several things: do not add them up"
    omega, kmo = (say.number(of_all["value"][name], digits=2) for name in ("omega", "kmo"))
    claim = f"The items {verdict} (alpha {value})."
    evidence = (
        f"{say.interval(low, high, level=level, is_start=True)}; omega {omega}, sampling adequacy {kmo}; "
        f"{say.counted(found.n, 'interview')} with all answers, weighted, all waves."
    )
    return Finding("reliability", claim, row["value"], row["low"], row["high"], found.n, "", evidence)


def table(found: Reliability, labels: Mapping[str, str]) -> Table:
    """Of each item alpha without it, its loading on one factor, and its sampling adequacy."""
    of_each = found.table[found.table["item"] != ""]
    wide = of_each.pivot(index="item", columns="statistic", values="value").reset_index()
    wide = wide.reindex(columns=["item", "alpha_if_dropped", "loading", "kmo"])
    shown = pd.DataFrame({"item": [labels.get(item, item) for item in wide["item"]]}).assign(
        **{
            "alpha without it": wide["alpha_if_dropped"],
            "loading on one factor": wide["loading"],
            "sampling adequacy": wide["kmo"],
        }
    )
    formats = dict.fromkeys(shown.columns[1:], _two_digits)
    return tables.table(shown, caption="How each item hangs together with the others", formats=formats, is_folded=True)


def _two_digits(value: float) -> str:
    return say.number(value, digits=2)
