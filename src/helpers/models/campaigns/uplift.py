"""Whom a campaign moves: models of the difference that an offer makes to a customer, judged by customers not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.models.campaigns.effects import CONTRIBUTION, CONVERSION, OUTCOMES, compared, difference
from helpers.models.campaigns.qini import BETTER, Qini, qini
from helpers.models.campaigns.sample_ratio import CONTROL
from helpers.models.statistics.small_groups import hide
from helpers.randomness import stream
from helpers.threads import one_thread
from helpers.watching import Readable

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Predict = Callable[[Floats], Floats]
RESIDUALS, TWO_MODELS, RESPONSE = "residual learner", "two models", "model of response"
LEARNERS = (TWO_MODELS, RESIDUALS, RESPONSE)
"""The first is used; the last is the rival that asks who will respond, and not whom an offer moves."""
OFFER, LEAVE, UNCLEAR = "offer", "leave alone", "not clear"
FEWEST, FOLDS, FIFTHS = 400, 4, 5
"""Customers of an arm and of control together below which nothing is learned; parts for judging; groups by score."""
Sample = tuple[Floats, Floats, Mask]
"""Features, outcome, and who was offered: one row per customer each."""


@dataclass(frozen=True, eq=False)
class Judged(Readable):
    """Models of uplift of one arm against control, judged by customers that they had not seen.

    Attributes
    ----------
    table
        One row per learner, the one in use first: learner; qini, low, high; verdict; top_effect, top_low, top_high (of
        the fifth with its highest scores, as measured against control); n.
    used
        The Qini curve of the learner in use.
    fifths
        One row per fifth of its scores, the highest first, and outcome (conversion, contribution): fifth (1 to 5);
        outcome; customer_count; expected (mean score; missing but for conversion); mean (of those offered);
        control_mean; effect, low, high, p_value; all measured against control; is_hidden where few are in it.
    borders
        Scores above which a customer is in the first, second, third and fourth fifth.
    predict
        The learner in use, having seen everybody: features to the expected uplift of conversion.
    """

    table: pd.DataFrame
    used: Qini
    fifths: pd.DataFrame
    borders: Floats
    predict: Predict

    @property
    def is_told(self) -> bool:
        """Whether the learner in use finds whom the offer moves better than chance does."""
        return self.used.verdict == BETTER


def judge(
    people: pd.DataFrame, *, arm: str, features: list[str], smallest_cell: int, seed: int, level: float
) -> Judged | None:
    """Models of uplift, each score from a model that had not seen the customer; None where customers are too few.

    Parameters
    ----------
    people
        One row per customer of a sound campaign: arm, `features` (known before it), and the outcomes of `effects`.
    arm
        The arm that is compared with control.
    features
        The columns to learn from.
    smallest_cell
        Fewest customers of a fifth and arm of which anything is told.
    seed
        Of the quarters and of the draws.
    level
        Coverage of the intervals.

    Notes
    -----
    Everybody is scored by a model that learned from the other quarters. *Two models*: the expected outcome of those
    offered less that of control, a model each. *Residual learner*: with m(x) the expected outcome of all, and e the
    share offered, the uplift t(x) is what makes (y - m - (w - e) t)^2 least; m, too, is told by customers not in it.
    The *model of response* ranks by m, and is there to be beaten. All are gradient boosting on squares.

    References
    ----------
    Nie and Wager (2021), Quasi-oracle estimation of heterogeneous treatment effects, Biometrika 108(2), 299-319;
    Radcliffe (2007), as in `qini`.
    """
    own = people[people["arm"].isin([arm, CONTROL])].sort_values("customer_id", kind="stable", ignore_index=True)
    is_offered = (own["arm"] == arm).to_numpy()
    outcome = own[OUTCOMES[CONVERSION]].to_numpy(dtype=float)
    if min(is_offered.sum(), (~is_offered).sum()) < FEWEST // 2 or not 0 < outcome.mean() < 1:
        return None
    values = own[features].to_numpy(dtype=float)
    folds = stream(seed, "campaign quarters").permutation(len(own)) % FOLDS
    everybody = (values, outcome, is_offered)
    with one_thread("sklearn.ensemble"):
        scores = unseen(everybody, folds=folds, seed=seed)
        predict = fit(LEARNERS[0], everybody, seed=seed)
    used = scores[LEARNERS[0]]
    curves = {name: qini(score, outcome, is_offered, seed=seed, level=level) for name, score in scores.items()}
    rows = [_row(name, scores[name], curve, everybody, level=level) for name, curve in curves.items()]
    borders = np.quantile(used, np.arange(FIFTHS - 1, 0, -1) / FIFTHS)
    fifths = _fifths(own, used, smallest_cell=smallest_cell, level=level)
    return Judged(pd.DataFrame(rows), curves[LEARNERS[0]], fifths, borders, predict)


def arm_of(people: pd.DataFrame) -> str:
    """The arm beside control that most customers were in, the first by name of equals."""
    counts = people.loc[people["arm"] != CONTROL, "arm"].value_counts()
    return min(str(arm) for arm in counts.index[counts == counts.max()])


def advice(judged: Judged, *, level: float) -> pd.Series:
    """What the campaign advises for each fifth of the scores, by its number: offer, leave alone, or not clear.

    By contribution where the costs are known, which an offer may lower though it moves customers; else by conversion.
    An effect counts that is clear among all of the table (`adjusted_p_value`). Where the scores are no better than
    chance they tell nobody apart, and nothing is advised by them.
    """
    rows = judged.fifths[judged.fifths["outcome"] == judged.fifths["outcome"].iloc[-1]].set_index("fifth")
    is_clear = (rows["adjusted_p_value"] < 1 - level) & judged.is_told
    return pd.Series(np.select([is_clear & (rows["effect"] > 0), is_clear], [OFFER, LEAVE], UNCLEAR), rows.index)


def scored(judged: Judged, today: pd.DataFrame, *, features: list[str], level: float) -> pd.DataFrame:
    """What a next campaign like this one would move, customer by customer.

    Parameters
    ----------
    judged
        Of `judge`.
    today
        One row per customer, as `features.campaign_outcomes.before_and_now` gives them today.
    features
        The columns that the models learned from.

    Returns
    -------
    pandas.DataFrame
        One row per customer: customer_id; expected_uplift (of conversion, a share); fifth (1 to 5, by the borders of
        the campaign); advice (see `advice`).
    """
    expected = judged.predict(today[features].to_numpy(dtype=float))
    fifth = 1 + (expected[:, None] < judged.borders[None, :]).sum(axis=1)
    advised = pd.Series(fifth).map(advice(judged, level=level)).to_numpy()
    told = {"customer_id": today["customer_id"], "expected_uplift": expected, "fifth": fifth, "advice": advised}
    return pd.DataFrame(told)


def unseen(everybody: Sample, *, folds: NDArray[np.int64], seed: int) -> dict[str, Floats]:
    """The scores of each learner, those of a fold by models that learned from the other folds."""
    scores = {name: np.empty(len(folds)) for name in LEARNERS}
    for fold in range(FOLDS):
        is_here = folds == fold
        learned = (everybody[0][~is_here], everybody[1][~is_here], everybody[2][~is_here])
        for name in LEARNERS:
            scores[name][is_here] = fit(name, learned, seed=seed)(everybody[0][is_here])
    return scores


def fit(name: str, learned: Sample, *, seed: int) -> Predict:
    """A learner, by name, that learned from customers of both arms."""
    values, outcome, is_offered = learned
    if name == RESPONSE:
        return _boosting(values, outcome, None, seed)
    if name == TWO_MODELS:
        of_offered, of_control = (
            _boosting(values[chosen], outcome[chosen], None, seed) for chosen in (is_offered, ~is_offered)
        )
        return lambda rows: of_offered(rows) - of_control(rows)
    share = is_offered.mean()
    folds = stream(seed, "campaign residuals").permutation(len(outcome)) % FOLDS
    expected = np.empty(len(outcome))
    for fold in range(FOLDS):
        here = folds == fold
        expected[here] = _boosting(values[~here], outcome[~here], None, seed)(values[here])
    rest = is_offered - share
    return _boosting(values, (outcome - expected) / rest, rest**2, seed)


def _row(name: str, score: Floats, curve: Qini, everybody: Sample, *, level: float) -> dict[str, object]:
    """What a learner is worth: its Qini, and what the offer moved among the fifth with its highest scores."""
    outcome, is_offered = everybody[1:]
    top = np.argsort(-score, kind="stable")[: max(len(score) // FIFTHS, 1)]
    offered = is_offered[top]
    effect, low, high, _ = difference(outcome[top][offered], outcome[top][~offered], is_share=True, level=level)
    found = {"qini": curve.coefficient.value, "low": curve.coefficient.low, "high": curve.coefficient.high}
    measured = {"top_effect": effect, "top_low": low, "top_high": high}
    return {"learner": name, **found, "verdict": curve.verdict, **measured, "n": len(score)}


def _fifths(own: pd.DataFrame, score: Floats, *, smallest_cell: int, level: float) -> pd.DataFrame:
    """What the offer moved in each fifth of the scores, as `effects.compared` tells it, beside what was expected."""
    place = np.empty(len(score), dtype=np.int64)
    place[np.argsort(-score, kind="stable")] = np.arange(len(score)) * FIFTHS // len(score) + 1
    table = compared(own.assign(fifth=place), by="fifth", level=level).rename(columns={"segment": "fifth"})
    expected = pd.Series(score).groupby(place).mean()
    table = table.assign(fifth=table["fifth"].astype(int))
    held = table[table["arm"] == CONTROL].set_index(["fifth", "outcome"])["mean"]
    offered = table[table["arm"] != CONTROL].drop(columns="arm")
    keys = pd.MultiIndex.from_frame(offered[["fifth", "outcome"]])
    is_conversion = offered["outcome"] == CONVERSION
    told = offered.assign(
        control_mean=held.reindex(keys).to_numpy(),
        expected=offered["fifth"].map(expected).where(is_conversion),
        offered_count=offered["customer_count"],
        customer_count=offered["fifth"].map(pd.Series(place).value_counts()),
    )
    told = told[told["outcome"].isin([CONVERSION, CONTRIBUTION])]
    # the outcome by which is advised stands last
    told = told.sort_values(["outcome", "fifth"], ascending=[False, True], kind="stable", ignore_index=True)
    counts = ["customer_count", "control_count", "offered_count"]
    return hide(told, counts=counts, by=["outcome"], names=["fifth"], smallest_cell=smallest_cell)


def _boosting(values: Floats, target: Floats, weights: Floats | None, seed: int) -> Predict:
    with one_thread("sklearn.ensemble"):
        from sklearn.ensemble import HistGradientBoostingRegressor

        made = HistGradientBoostingRegressor(
            learning_rate=0.1,
            max_iter=30,
            max_bins=32,
            max_leaf_nodes=4,
            min_samples_leaf=max(50, len(target) // 20),
            random_state=seed,
        ).fit(values, target, sample_weight=weights)

    def predict(rows: Floats) -> Floats:
        with one_thread("sklearn.ensemble"):
            return np.asarray(made.predict(rows), dtype=np.float64)

    return predict
