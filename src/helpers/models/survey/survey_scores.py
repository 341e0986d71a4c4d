"""Scores of a survey by wave and group: means, top-two boxes and net promoter scores, weighted and not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from helpers.models.statistics import small_groups
from helpers.models.survey import nps, proportions
from helpers.models.survey.design import Design, Floats, Ints, unweighted
from helpers.models.survey.estimators import Estimates, design_effect, means, quantiles, totals, variances
from helpers.models.survey.samples import codes_of

Statistic = Literal["mean", "top_2_share", "net_promoter_score"]
EVERYBODY = "all"
BOX = 2
"""Points of the scale, from the best down, that make the top box."""
COLUMNS = [
    "wave",
    "item",
    "group",
    "statistic",
    "estimate",
    "standard_error",
    "low",
    "high",
    "n",
    "weighted",
    "is_thin",
]


@dataclass(frozen=True, eq=False)
class Measure:
    """One thing that is measured of an item: an entry of `values` per interview, missing where it was not answered."""

    item: str
    statistic: Statistic
    values: Floats


def measures(answers: pd.DataFrame, questions: pd.DataFrame) -> list[Measure]:
    """What is measured of each question with a scale.

    Parameters
    ----------
    answers
        A row per interview, a column per question, in points.
    questions
        A row per question: question_id, kind, scale_high. The question of kind `nps` is measured by its net promoter
        score, every other one by its mean and by the share of the best two points.
    """
    found = []
    for row in questions[questions["question_id"].isin(answers.columns)].to_dict("records"):
        item = str(row["question_id"])
        points = answers[item].to_numpy(dtype=float)
        if row["kind"] == "nps":
            found.append(Measure(item, "net_promoter_score", nps.balance(points)))
            continue
        top = np.where(np.isfinite(points), points > row["scale_high"] - BOX, np.nan)
        found += [Measure(item, "mean", points), Measure(item, "top_2_share", top)]
    return found


def scores(
    measured: list[Measure],
    interviews: pd.DataFrame,
    *,
    design: Design,
    groupings: Mapping[str, pd.Series],
    level: float,
    smallest_base: int,
) -> pd.DataFrame:
    """Every measure by wave, for all and for each group, with weights and without.

    Parameters
    ----------
    measured
        From `measures`, for the same interviews in the same order.
    interviews
        A row per interview: wave.
    design
        The design of the interviews.
    groupings
        The group of each interview by the name of the grouping, such as mode: online, phone, onsite.
    level
        Coverage of the intervals, 0 to 1.
    smallest_base
        Answers below which a group is too thin: its estimate is left empty.

    Returns
    -------
    pandas.DataFrame
        A row per wave, item, group (`all`, `mode: online` ...), statistic and weighting: estimate, standard_error, low,
        high (points of the scale; shares; the net promoter score from -1 to 1), n, weighted, is_thin. Without weights
        the interviews are taken for a simple random sample.
    """
    waves = interviews["wave"].astype(str)
    cells = {EVERYBODY: pd.Series(EVERYBODY, index=interviews.index)}
    cells |= {
        name: (f"{name}: " + labels.astype(object).astype(str)).where(labels.notna(), None)
        for name, labels in groupings.items()
    }
    blocks = []
    for labels in cells.values():
        codes, names = codes_of((waves + "\n" + labels.astype(object)).where(labels.notna(), None))
        keys = pd.DataFrame([name.split("\n", 1) for name in names], columns=["wave", "group"])
        for one in measured:
            for used, is_weighted in ((design, True), (unweighted(design), False)):
                told = _told(one, used, codes, len(names), level=level, is_weighted=is_weighted)
                blocks.append(pd.concat([keys, told], axis=1))
    found = pd.concat(blocks, ignore_index=True)
    found["is_thin"] = found["n"] < smallest_base
    found.loc[found["is_thin"], ["estimate", "standard_error", "low", "high"]] = np.nan
    return found[COLUMNS]


def without_few(scores: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The scores as `scores` gives them, with nothing told of groups of few answers, nor of others that tell them.

    The groups of one grouping sum up to all who answered.
    """
    grouping = scores["group"].str.partition(": ")[0]
    named = scores.assign(grouping=grouping)
    by = ["wave", "item", "statistic", "weighted", "grouping"]
    values = ["estimate", "standard_error", "low", "high", "n"]
    hidden = small_groups.hide(named, by=by, counts=["n"], values=values, smallest_cell=smallest_cell)
    return hidden.drop(columns="grouping")


def _told(
    measure: Measure, design: Design, codes: Ints, count: int, *, level: float, is_weighted: bool
) -> pd.DataFrame:
    found = means(measure.values, design=design, groups=codes, group_count=count)
    low, high = intervals(measure, found, design, codes, level=level, is_weighted=is_weighted)
    return pd.DataFrame(
        {
            "item": measure.item,
            "statistic": measure.statistic,
            "estimate": found.values,
            "standard_error": found.errors,
            "low": low,
            "high": high,
            "n": found.counts,
            "weighted": is_weighted,
        }
    )


def intervals(
    measure: Measure, found: Estimates, design: Design, codes: Ints, *, level: float, is_weighted: bool
) -> tuple[Floats, Floats]:
    """The interval that suits the statistic: Korn and Graubard's, Tango's score interval, or Student's t."""
    if measure.statistic == "mean":
        return found.bounds(level=level)
    if measure.statistic == "top_2_share":
        return proportions.bounds(found.values, found.errors, found.counts, degrees=found.degrees, level=level)
    above, below = ((measure.values == sign).astype(float) for sign in (1, -1))
    is_known = np.isfinite(measure.values)
    up, down = (
        means(np.where(is_known, one, np.nan), design=design, groups=codes, group_count=len(found.values)).values
        for one in (above, below)
    )
    errors = found.errors if is_weighted else nps.plain_error(up, down, found.counts)
    degrees = found.degrees if is_weighted else np.inf
    return nps.bounds(up, down, errors, found.counts, degrees=degrees, level=level)


def under_weights(
    measured: list[Measure],
    designs: Mapping[str, Design | None],
    *,
    is_in: pd.Series,
    level: float,
    smallest_base: int,
) -> pd.DataFrame:
    """Every measure of one wave under different weights, and under none.

    Parameters
    ----------
    designs
        By the name of the weights the design that has them; None where there are none such.

    Returns
    -------
    pandas.DataFrame
        A row per weighting (`none` and the names), item and statistic: estimate, standard_error, low, high, n.
    """
    blocks = []
    codes = np.where(is_in, 0, -1).astype(np.int64)
    known = {name: one for name, one in designs.items() if one is not None}
    for name, used in {"none": unweighted(next(iter(known.values()))), **known}.items():
        for one in measured:
            told = _told(one, used, codes, 1, level=level, is_weighted=name != "none")
            blocks.append(told[told["n"] >= smallest_base].assign(weighting=name))
    found = pd.concat(blocks, ignore_index=True)
    return found[["weighting", "item", "statistic", "estimate", "standard_error", "low", "high", "n"]]


def answer_shares(answers: pd.DataFrame, questions: pd.DataFrame, *, design: Design, is_in: pd.Series) -> pd.DataFrame:
    """How the answers to each question with a scale fall on its points, weighted.

    Parameters
    ----------
    is_in
        The interviews that count, such as those of the latest wave.

    Returns
    -------
    pandas.DataFrame
        A row per question and point of its scale: item, points, share (0 to 1), from_middle (the shares between the
        middle of the scale and the lower end of this one; below zero on the side of the bad marks), best_share (of the
        best two points), n (who answered the question).
    """
    rows = []
    for one in questions[questions["question_id"].isin(answers.columns)].to_dict("records"):
        values = answers[one["question_id"]].where(is_in)
        known = values.notna().to_numpy()
        points = np.arange(int(one["scale_low"]), int(one["scale_high"]) + 1)
        place = (values[known] - one["scale_low"]).astype(int).to_numpy()
        weight = np.bincount(place, weights=design.weights[known], minlength=len(points))
        shares = weight / weight.sum() if weight.sum() else np.full(len(points), np.nan)
        below = shares[: len(points) // 2].sum() + (shares[len(points) // 2] / 2 if len(points) % 2 else 0)
        told = {"item": one["question_id"], "points": points, "share": shares}
        told |= {"from_middle": np.cumsum(shares) - shares - below, "best_share": shares[-BOX:].sum()}
        rows.append(pd.DataFrame(told | {"n": int(known.sum())}))
    return pd.concat(rows, ignore_index=True)


def unhappy(
    answers: pd.DataFrame, questions: pd.DataFrame, *, design: Design, is_in: pd.Series, level: float
) -> pd.DataFrame:
    """How many customers gave one of the worst two marks, the most first.

    Parameters
    ----------
    is_in
        The interviews that count, those of one wave: together their weights stand for all customers.

    Returns
    -------
    pandas.DataFrame
        A row per question that is rated (its kind is csat, ces or item): item, customer_count, low, high (customers),
        share (0 to 1, of those who answered it), share_low, share_high, n, counts_customers: whether weights say how
        many customers an interview stands for, and not only how it compares with the others (their mean is 1 then).
    """
    used = design.weights[is_in.to_numpy()]
    counts = not bool(np.isclose(used.sum(), len(used), rtol=1e-3))
    rated = questions[questions["kind"].isin(["csat", "ces", "item"]) & questions["question_id"].isin(answers.columns)]
    rows = []
    for one in rated.to_dict("records"):
        points = answers[one["question_id"]].where(is_in)
        is_bad = (points < one["scale_low"] + BOX).astype(float).where(points.notna())
        found = totals(is_bad, design=design)
        low, high = found.bounds(level=level)
        told = {"item": one["question_id"], "customer_count": found.values[0], "low": max(low[0], 0.0), "high": high[0]}
        of_them = means(is_bad, design=design)
        ends = proportions.bounds(of_them.values, of_them.errors, of_them.counts, degrees=of_them.degrees, level=level)
        told |= {"share": of_them.values[0], "share_low": ends[0][0], "share_high": ends[1][0]}
        rows.append(told | {"n": int(found.counts[0]), "counts_customers": counts})
    columns = ["item", "customer_count", "low", "high", "share", "share_low", "share_high", "n", "counts_customers"]
    by = "customer_count" if counts else "share"
    return pd.DataFrame(rows, columns=columns).sort_values(by, ascending=False, ignore_index=True)


def spread(
    answers: pd.DataFrame, *, design: Design, is_in: pd.Series, level: float, smallest_base: int
) -> pd.DataFrame:
    """How far customers differ in their marks, and what the design costs.

    Returns
    -------
    pandas.DataFrame
        A row per question that enough have answered: item, deviation, lower_quartile, median, upper_quartile (points),
        median_low, median_high, design_effect (by what the design multiplies the variance of the mean), n.
    """
    rows = []
    for item in answers.columns:
        values = answers[item].where(is_in)
        n = int(values.notna().sum())
        if n < smallest_base:
            continue
        quarters = quantiles(values, [0.25, 0.5, 0.75], design=design, level=level)
        told = dict(zip(("lower_quartile", "median", "upper_quartile"), quarters.values, strict=True))
        told |= {"median_low": quarters.low[1], "median_high": quarters.high[1]}
        deviation = float(np.sqrt(variances(values, design=design).values[0]))
        effect = design_effect(values, design=design)
        rows.append({"item": item, "deviation": deviation, **told, "design_effect": effect, "n": n})
    return pd.DataFrame(rows)


def outcome(questions: pd.DataFrame) -> str:
    """The question that stands for satisfaction: the first of kind csat, else of nps, else of ces, else the first.

    `questions` has a row per question: question_id, kind.
    """
    for kind in ("csat", "nps", "ces"):
        of_kind = questions.loc[questions["kind"] == kind, "question_id"]
        if len(of_kind):
            return str(of_kind.iloc[0])
    return str(questions["question_id"].iloc[0])


def top_two(scores: pd.DataFrame, wave: str) -> pd.DataFrame:
    """Of each item the weighted share of the best two marks in a wave: item, share; `scores` as of `scores`."""
    is_told = (scores["group"] == EVERYBODY) & scores["weighted"] & (scores["statistic"] == "top_2_share")
    found = scores.loc[is_told & (scores["wave"] == wave), ["item", "estimate"]]
    return found.rename(columns={"estimate": "share"}).reset_index(drop=True)
