"""Means, totals, ratios and shares beside the package svy, on random designs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
import pytest
import svy

from helpers.models.survey import design, estimators
from helpers.models.survey.design import Design
from helpers.models.survey.estimators import Estimates


@dataclass(frozen=True, eq=False)
class Drawn:
    """One random sample: its rows for svy, its design here, and what it is there."""

    rows: pl.DataFrame
    here: Design
    there: svy.Sample


STAGES = {
    "strata": (),
    "strata, small populations": ("stratum_size",),
    "clusters": ("cluster",),
    "clusters, small populations": ("cluster", "clusters_held"),
    "nested clusters": ("cluster", "part"),
    "nested clusters, small populations": ("cluster", "part", "clusters_held", "parts_held"),
}


def drawn(kind: str, seed: int) -> Drawn:
    """Strata of unequal size, clusters that answer alike, unequal weights, a fifth of the answers missing."""
    rng, n = np.random.default_rng(seed), 900
    stratum = rng.choice(4, size=n, p=[0.1, 0.2, 0.3, 0.4])
    cluster = stratum * 10 + rng.integers(7, size=n)
    # at least two parts of each cluster: of one alone svy takes the variance for zero, and the kit does not
    part = cluster * 10 + pd.Series(cluster).groupby(cluster).cumcount().to_numpy() % 4
    marks = np.clip(np.round(3 + 0.7 * rng.normal(size=40)[cluster] + rng.normal(size=n)), 1, 5)
    rows = pl.DataFrame(
        {
            "stratum": stratum,
            "cluster": cluster,
            "part": part,
            "stratum_size": np.array([400, 300, 500, 900])[stratum],
            "clusters_held": np.array([8, 12, 20, 40])[stratum],
            "parts_held": 4 + cluster % 5,
            "weight": rng.uniform(1, 6, n),
            "marks": marks,
            "visits": rng.integers(1, 9, size=n),
            "promotes": (marks == 5).astype(int),
            "group": rng.integers(3, size=n),
            "rated": np.where(rng.random(n) < 0.2, np.nan, marks),
        }
    ).with_columns(pl.col("rated").fill_nan(None))
    names = STAGES[kind]
    units = [name for name in names if name in ("cluster", "part")]
    held = [name for name in names if name not in units]
    here = design.design(
        rows["weight"].to_numpy(),
        strata=stratum,
        clusters=[rows[name].to_numpy() for name in units],
        populations=[rows[name].to_numpy() for name in held],
    )
    size = svy.PopSize(psu=held[0], ssu=held[1]) if len(held) == 2 else (held[0] if held else None)
    told = dict(zip(("psu", "ssu"), units, strict=False))
    return Drawn(
        rows, here, svy.Sample(rows, design=svy.Design(stratum="stratum", wgt="weight", pop_size=size, **told))
    )


def same(theirs: svy.Estimate, ours: Estimates, *, places: Sequence[int] | slice = slice(None)) -> None:
    found = np.array([(one.est, one.se) for one in theirs.estimates])[places]
    assert ours.values == pytest.approx(found[:, 0], rel=1e-9)
    assert ours.errors == pytest.approx(found[:, 1], rel=1e-7)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", list(STAGES))
def test_another_program_finds_the_same(kind: str, seed: int) -> None:
    sample = drawn(kind, seed)
    column = {name: sample.rows[name].to_numpy() for name in ("marks", "visits", "promotes", "group")}
    of_all, of_groups = {"design": sample.here}, {"design": sample.here, "groups": column["group"], "group_count": 3}
    there = sample.there.estimation
    same(there.mean("marks"), estimators.means(column["marks"], **of_all))
    same(there.mean("marks", by="group"), estimators.means(column["marks"], **of_groups))
    same(there.total("marks"), estimators.totals(column["marks"], **of_all))
    same(there.ratio("marks", "visits"), estimators.ratios(column["marks"], column["visits"], **of_all))
    same(there.prop("promotes"), estimators.means(column["promotes"], **of_all), places=[1])
    known = sample.rows["rated"].is_not_null().to_numpy()
    rated = sample.rows["rated"].to_numpy()
    # svy names no domain of those who answered: zeros and ones of its own making are one
    filled = sample.rows.with_columns(answered=pl.Series(known.astype(int)), filled=pl.col("rated").fill_null(0))
    two = sample.there.set_data(filled)
    same(two.estimation.mean("filled", by="answered"), estimators.means(rated, **of_all), places=[1])


def test_rows_without_an_answer_stay_in_the_design_and_filtering_them_halves_the_error() -> None:
    """Strata of 40, of whom half answered at random. A stratum of 40 has, of its scores and zeros, 40 / 39 times the
    sum of squares about its mean; were the zeros left out, n / (n - 1) times that of n scores. svy keeps them too,
    though it calls it dropping."""
    rng = np.random.default_rng(8)
    stratum, marks = np.repeat(np.arange(5), 40), rng.normal(size=200) + 2 * np.repeat(np.arange(5), 40)
    is_known = rng.random(200) < 0.5
    rated = np.where(is_known, marks, np.nan)
    ours = estimators.means(rated, design=design.design(np.ones(200), strata=stratum)).errors[0]
    scores = np.where(is_known, marks - marks[is_known].mean(), 0) / is_known.sum()
    of_strata = [scores[stratum == one] for one in range(5)]
    assert ours == pytest.approx(np.sqrt(sum(40 / 39 * ((one - one.mean()) ** 2).sum() for one in of_strata)), rel=1e-9)
    rows = pl.DataFrame({"stratum": stratum, "weight": np.ones(200), "rated": rated})
    sample = svy.Sample(
        rows.with_columns(pl.col("rated").fill_nan(None)), design=svy.Design(stratum="stratum", wgt="weight")
    )
    assert sample.estimation.mean("rated", drop_nulls=True).estimates[0].se == pytest.approx(ours, rel=1e-9)
    filtered = design.design(np.ones(int(is_known.sum())), strata=stratum[is_known])
    assert estimators.means(marks[is_known], design=filtered).errors[0] < 0.6 * ours
