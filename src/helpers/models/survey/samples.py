"""The design of delivered interviews: which columns say how they were sampled, and what stands in where none does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from helpers.errors import ContractError, message
from helpers.models.survey.design import Design, Ints, design


@dataclass(frozen=True)
class Surveyed:
    """What a survey came to: its interviews, waves and days.

    Attributes
    ----------
    interview_count, wave_count
        How many were given, in how many waves.
    customer_count
        How many customers gave them; None where the survey was anonymous.
    latest_wave, latest_count
        The last wave, and its interviews.
    first_on, last_on, latest_on
        The first and the last day of an interview, and the first day of the last wave; None where no day was delivered.
    unweighted_share
        Share of the interviews that have no weight, 0 to 1.
    """

    interview_count: int
    wave_count: int
    customer_count: int | None
    latest_wave: str
    latest_count: int
    first_on: date | None
    last_on: date | None
    latest_on: date | None
    unweighted_share: float


def surveyed(interviews: pd.DataFrame) -> Surveyed:
    """What the interviews come to; a row of `interviews` as `features.survey_answers.interviews` gives it."""
    latest = interviews["wave"].max()
    last = interviews[interviews["wave"] == latest]
    days = [pd.to_datetime(one["answered_on"]) for one in (interviews, last) if "answered_on" in one]
    ends = [days[0].min(), days[0].max(), days[1].min()] if days else [pd.NaT] * 3
    first_on, last_on, latest_on = (None if pd.isna(day) else day.date() for day in ends)
    return Surveyed(
        interview_count=len(interviews),
        wave_count=interviews["wave"].nunique(),
        customer_count=interviews["customer_id"].nunique() if "customer_id" in interviews else None,
        latest_wave=str(latest),
        latest_count=len(last),
        first_on=first_on,
        last_on=last_on,
        latest_on=latest_on,
        unweighted_share=float(interviews["weight"].isna().mean()),
    )


def of_interviews(interviews: pd.DataFrame, *, waves_share_clusters: bool, population_is_finite: bool) -> Design:
    """The design of interviews of one or more waves.

    Parameters
    ----------
    interviews
        A row per interview: wave, weight, and of stratum, cluster, subcluster, stratum_unit_count, cluster_unit_count
        and customer_id what was delivered.
    waves_share_clusters
        Whether a cluster (or stratum) of the same name in two waves is the same one, as a shop is: its waves then move
        together, and differences between waves know it. Otherwise each wave is a sample of its own.
    population_is_finite
        Whether errors become smaller the more of the delivered populations (stratum_unit_count, cluster_unit_count) was
        sampled: right for what these customers think, not for what customers like them will.

    Returns
    -------
    Design
        The sampled unit is the cluster; else the customer, who may have answered in several waves; else the interview.
        Within clusters a second stage is known where subclusters or their count were delivered; without subclusters
        its units are the interviews. A population that was not delivered is endless. An interview without a weight gets
        none: it counts for nobody.

    Raises
    ------
    ContractError
        A population is told in two ways, or is smaller than what was sampled of it.
    """
    every = pd.Series("", index=interviews.index)
    stratum = _text(interviews, "stratum", every)
    if not waves_share_clusters:
        stratum = interviews["wave"].astype(str) + "\n" + stratum
    answer = interviews["response_id"].astype(str)
    units = [_text(interviews, "cluster", _text(interviews, "customer_id", answer))]
    is_nested = "cluster" in interviews and {"subcluster", "cluster_unit_count"} & set(interviews)
    if is_nested:
        units.append(_text(interviews, "subcluster", answer))
    above = [stratum, stratum + "\n" + units[0]]
    populations = [pd.Series(np.inf, index=interviews.index)] * len(units)
    if population_is_finite:
        populations = _populations(interviews, above, units)
    weights = interviews["weight"].fillna(0).to_numpy(dtype=float)
    clusters = [unit.to_numpy(dtype=str) for unit in units]
    return design(
        weights,
        strata=stratum.to_numpy(dtype=str),
        clusters=clusters,
        populations=[one.to_numpy() for one in populations],
    )


def _text(interviews: pd.DataFrame, name: str, otherwise: pd.Series) -> pd.Series:
    """A column as text, and the other one where it is missing; clusters without a name are one."""
    if name not in interviews:
        return otherwise
    return interviews[name].fillna("" if name in ("stratum", "cluster") else otherwise).astype(str)


def _populations(interviews: pd.DataFrame, above: list[pd.Series], units: list[pd.Series]) -> list[pd.Series]:
    """At each stage, how many units each interview's stratum (then: cluster) holds, endless where nobody told."""
    found, problems = [], []
    for owner, of, unit in zip(("stratum", "cluster"), above, units, strict=False):
        name = f"{owner}_unit_count"
        told = interviews.get(name, pd.Series(np.nan, index=interviews.index)).astype(float).groupby(of)
        low, held = told.transform("min"), told.transform("max")
        is_several, is_fewer = low < held, held < unit.groupby(of).transform("nunique")
        if is_several.any():
            problems.append(
                f"`{name}` must be one number for all interviews of a {owner}: {is_several.sum()} interviews are of a "
                f"{owner} with several"
            )
        if is_fewer.any():
            problems.append(
                f"`{name}` must be at least the units that were sampled: {is_fewer.sum()} interviews are of a {owner} "
                "with fewer"
            )
        found.append(held.fillna(np.inf))
    if problems:
        raise ContractError(message("the populations of `survey_responses` must fit their sample", problems))
    return found


def codes_of(labels: pd.Series) -> tuple[Ints, list[str]]:
    """The code of each label and the labels in the order of the alphabet; -1 where there is none."""
    categories = pd.Categorical(labels.astype(object))
    return categories.codes.astype(np.int64), [str(one) for one in categories.categories]
