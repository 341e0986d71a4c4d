"""The design of delivered interviews: which columns say how they were sampled, and what stands in where none does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

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


def of_interviews(interviews: pd.DataFrame, *, waves_share_clusters: bool) -> Design:
    """The design of interviews of one or more waves.

    Parameters
    ----------
    interviews
        A row per interview: wave, weight, and of stratum, cluster and customer_id what was delivered.
    waves_share_clusters
        Whether a cluster (or stratum) of the same name in two waves is the same one, as a shop is: its waves then move
        together, and differences between waves know it. Otherwise each wave is a sample of its own.

    Returns
    -------
    Design
        The sampled unit is the cluster; else the customer, who may have answered in several waves; else the interview.
        An interview without a weight gets none: it counts for nobody.
    """
    known = {name: interviews[name].fillna("").astype(str) for name in ("stratum", "cluster") if name in interviews}
    whose = interviews["customer_id"] if "customer_id" in interviews else interviews["response_id"]
    unit = known.get("cluster", whose.fillna(interviews["response_id"]).astype(str))
    stratum = known.get("stratum", pd.Series("", index=interviews.index))
    if not waves_share_clusters:
        stratum = interviews["wave"].astype(str) + "\n" + stratum
    weights = interviews["weight"].fillna(0).to_numpy(dtype=float)
    return design(weights, strata=stratum.to_numpy(dtype=str), clusters=[unit.to_numpy(dtype=str)])


def codes_of(labels: pd.Series) -> tuple[Ints, list[str]]:
    """The code of each label and the labels in the order of the alphabet; -1 where there is none."""
    categories = pd.Categorical(labels.astype(object))
    return categories.codes.astype(np.int64), [str(one) for one in categories.categories]
