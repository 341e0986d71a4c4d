"""Models of leaving: fitted on one day, judged on a later one that they had not seen, beside recency alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri
from scipy.stats import rankdata

from helpers.days import Window
from helpers.errors import FitError
from helpers.models.statistics.intervals import Estimate, wilson
from helpers.randomness import stream
from helpers.threads import one_thread
from helpers.watching import Readable

Floats = NDArray[np.float64]
RECENCY, LOGISTIC, BOOSTING = "recency alone", "logistic regression", "gradient boosting"
MODELS = (RECENCY, LOGISTIC, BOOSTING)
LEAST, TOO_GOOD = 200, 0.95
"""Fewest customers, and fewest who left and who stayed together, to learn from; AUC of one feature that is leakage."""
MANY = 10_000
"""Customers from which on gradient boosting grows larger trees."""
STEP_DAYS = 28
WORDS = {
    "days_since_last": "long since the last purchase",
    "purchase_count": "how often they have bought",
    "age_days": "how long they have been customers",
    "usual_gap_days": "how long they usually pause",
    "comeback_share": "few like them come back",
    "recent_count": "purchases of the latest three months",
    "earlier_count": "purchases of the three months before",
    "amount_each": "what they spend on a purchase",
    "event_count": "visits and responses of the latest four weeks",
    "earlier_event_count": "visits and responses of the twelve weeks before",
}
"""What is said of a feature that speaks for leaving."""
SMALL = 1e-6


@dataclass(frozen=True)
class Origin(Readable):
    """A day on which models are judged, and the earlier one on which they learn.

    Attributes
    ----------
    learn_on, judge_on
        The last day that features may see. What is learned was known when the judged day came.
    lead_days, horizon_days
        Days after it in which nothing can be done, and days after those in which a customer buys or has left.
    """

    learn_on: date
    judge_on: date
    lead_days: int
    horizon_days: int

    def window(self, day: date) -> Window:
        """The days in which those who stood on a day buy, or have left."""
        first = day + timedelta(days=self.lead_days + 1)
        return Window(first, first + timedelta(days=self.horizon_days - 1))


def origins(first_on: date, *, as_of: date, lead_days: int, horizon_days: int, count: int) -> list[Origin]:
    """The days on which models are judged, the earliest first: as many as the data allow, at most `count`.

    The last window ends with `as_of`, each earlier one four weeks before. Models learn where the window ended with the
    judged day; a model needs as much past before it as the horizon is long, half of it where the data are short.
    """
    span = timedelta(days=lead_days + horizon_days)
    made = []
    for place in range(count):
        judge_on = as_of - span - timedelta(days=STEP_DAYS * place)
        learn_on = judge_on - span
        if (learn_on - first_on).days >= horizon_days // 2:
            made.append(Origin(learn_on, judge_on, lead_days, horizon_days))
    return made[::-1]


@dataclass(frozen=True, eq=False)
class Sample(Readable):
    """Customers as they stood on a day: features, one row each, and whether each had left in the window after it."""

    day: date
    customers: pd.Series
    features: pd.DataFrame
    has_left: Floats


def sample(known: pd.DataFrame, stayed: pd.DataFrame, *, day: date, features: Sequence[str]) -> Sample:
    """A sample of customers.

    Parameters
    ----------
    known
        One row per customer: customer_id, last_on and features, as `features.leaving.standing` gives them.
    stayed
        Who bought in the window: customer_id.
    day
        The last day that features may see.
    features
        The columns to learn from; those that are missing for all, or are alike for all, are left out by the models.

    Raises
    ------
    FitError
        A purchase after the day is in the features: the label was seen before the cut.
    """
    if len(known) and pd.to_datetime(known["last_on"]).max() > pd.Timestamp(day):
        raise FitError(f"Leakage: what is known of customers on {day} holds a purchase after it.")
    has_left = ~known["customer_id"].isin(stayed["customer_id"])
    return Sample(
        day, known["customer_id"], known[list(features)].astype(float), np.asarray(has_left, dtype=np.float64)
    )


@dataclass(frozen=True, eq=False)
class Fitted(Readable):
    """A model that learned: chances to leave, and what each feature adds to the log odds of a customer.

    Of gradient boosting, whose odds are no sum over features, `parts` has no column.
    """

    predict: Callable[[pd.DataFrame], Floats]
    parts: Callable[[pd.DataFrame], pd.DataFrame]


def fit(name: str, learned: Sample, *, seed: int) -> Fitted:
    """A model of leaving, by name, that learned from a sample."""
    if name == BOOSTING:
        return _boosting(learned, seed)
    columns = ["days_since_last"] if name == RECENCY else _told(learned.features)
    return _logistic(name, learned, columns)


def check_leakage(learned: Sample, judged: Sample, *, seed: int) -> None:
    """Refuse samples in which one feature knows the answer, or in which models that learned nonsense still predict.

    Raises
    ------
    FitError
        A single feature has an AUC above 0.95, or a logistic regression that learned from labels in a mixed order is
        beyond chance (by more than four standard errors) on the judged day.
    """
    for name in _told(judged.features):
        one = auc(judged.features[name].to_numpy(), judged.has_left)
        if max(one, 1 - one) > TOO_GOOD:
            raise FitError(f"Leakage: {name} alone tells who leaves with an AUC of {max(one, 1 - one):.3f}.")
    draw = stream(seed, "churn permutation")
    mixed = np.column_stack([draw.permutation(learned.has_left) for _ in range(5)])
    columns = _told(learned.features)
    first, scaled = _scaling(learned.features, columns)
    beta = _of_mixed(first.to_numpy(), mixed)
    odds = scaled(judged.features).to_numpy() @ beta[1:] + beta[0]
    worth = [auc(each, judged.has_left) - 0.5 for each in odds.T]
    # nonsense may go either way from draw to draw; leakage goes one way in all of them
    if min(worth) > 4 * _auc_error(judged.has_left):
        raise FitError("Leakage: models that learned from labels in a mixed order still tell who leaves.")


def scores(chances: Floats, has_left: Floats) -> dict[str, float]:
    """How good chances to leave were: auc, log_loss, brier, calibration_slope, calibration_intercept, top_decile_lift.

    Notes
    -----
    The slope is that of a logistic regression of what came on the log odds of the chances (1 where right, below 1 where
    they are too extreme), the intercept that of one with the slope held at 1 (0 where they are right in the mean); Cox
    (1958), Two further applications of a model for binary regression, Biometrika 45. Lift: the share that left of the
    tenth with the highest chances, over that of all.
    """
    p = np.clip(chances, SMALL, 1 - SMALL)
    loss = -np.mean(has_left * np.log(p) + (1 - has_left) * np.log(1 - p))
    slope, intercept = _calibration(logit(p), has_left)
    # equal chances are told apart by their order, which is that of the ids
    top = np.argsort(-p, kind="stable")[: max(len(p) // 10, 1)]
    return {
        "auc": auc(p, has_left),
        "log_loss": float(loss),
        "brier": float(np.mean((p - has_left) ** 2)),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "top_decile_lift": float(has_left[top].mean() / has_left.mean()),
    }


def auc(values: Floats, has_left: Floats) -> float:
    """The chance that who left has a higher value than who stayed, ties counted by half (Mann and Whitney)."""
    known = np.isfinite(values)
    ranks, left = rankdata(values[known]), has_left[known] == 1
    n, m = int(left.sum()), int((~left).sum())
    return float((ranks[left].sum() - n * (n + 1) / 2) / (n * m)) if n and m else np.nan


def _auc_error(has_left: Floats) -> float:
    n, m = has_left.sum(), (1 - has_left).sum()
    return float(np.sqrt((n + m + 1) / (12 * n * m)))


@dataclass(frozen=True, eq=False)
class Judged(Readable):
    """Models of leaving on several days.

    Attributes
    ----------
    table
        One row per model and day: model, origin, the columns of `scores`, n, left_share.
    best
        The model of the least mean log-loss.
    latest
        One row per customer of the latest day, one column of chances per model, and has_left.
    reliability
        One row per tenth of the latest day by the chance of the best: expected_share, left_share, low, high, n.
    gain
        One row per hundredth of the customers of that day, the likeliest first: customer_share, and the share of all
        who left that is among them, by model.
    gap
        How much less the log-loss of the best is than that of recency alone on the latest day, with its interval.
    """

    table: pd.DataFrame
    best: str
    latest: pd.DataFrame
    reliability: pd.DataFrame
    gain: pd.DataFrame
    gap: Estimate


def judge(samples: Sequence[tuple[Sample, Sample]], *, seed: int, level: float) -> Judged | None:
    """Models that learned on one day, judged on a later one, for several pairs of days; None where data are too few.

    Raises
    ------
    FitError
        Leakage: see `sample` and `check_leakage`.
    """
    usable = [pair for pair in samples if all(map(_is_enough, pair))]
    if not usable:
        return None
    rows, latest = [], pd.DataFrame()
    for learned, judged in usable:
        check_leakage(learned, judged, seed=seed)
        chances = {name: fit(name, learned, seed=seed).predict(judged.features) for name in MODELS}
        about = {"n": len(judged.has_left), "left_share": float(judged.has_left.mean())}
        named = [({"model": name, "origin": judged.day}, chance) for name, chance in chances.items()]
        rows += [name | scores(chance, judged.has_left) | about for name, chance in named]
        latest = pd.DataFrame(chances).assign(customer_id=judged.customers.to_numpy(), has_left=judged.has_left)
    table = pd.DataFrame(rows)
    best = str(table.groupby("model", sort=False)["log_loss"].mean().idxmin())
    return Judged(table, best, latest, _reliability(latest, best, level), _gain(latest), _gap(latest, best, level))


def predict(learned: Sample, today: pd.DataFrame, *, best: str, seed: int) -> pd.DataFrame:
    """The chance of each customer of today to leave, and what speaks most for it.

    Parameters
    ----------
    learned
        The latest sample whose answer is known.
    today
        One row per customer, as `features.leaving.standing` gives them today.
    best
        The model that tells the chance; what speaks for it is told by the logistic regression.
    seed
        Of the model.

    Returns
    -------
    pandas.DataFrame
        One row per customer: customer_id; p_leaves; driver (the feature that adds most to the log odds, in words;
        missing where none adds anything).
    """
    features = today[list(learned.features)].astype(float)
    readable = fit(LOGISTIC, learned, seed=seed)
    parts = readable.parts(features)
    driver = parts.idxmax(axis=1).map(WORDS).where(parts.max(axis=1) > 0)
    chances = fit(best, learned, seed=seed).predict(features)
    return pd.DataFrame({"customer_id": today["customer_id"], "p_leaves": chances, "driver": driver.astype(object)})


def _is_enough(one: Sample) -> bool:
    left = one.has_left.sum()
    return len(one.has_left) >= LEAST and min(left, len(one.has_left) - left) >= LEAST // 10


def _told(features: pd.DataFrame) -> list[str]:
    """The features that are known and differ between customers."""
    return [str(name) for name, column in features.items() if column.notna().any() and column.nunique() > 1]


def _shaped(features: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Logarithms of what is counted or paid, since a step counts for less the higher one stands; shares as they are."""
    shaped = features[columns].copy()
    for name in columns:
        if not name.endswith("_share"):
            shaped[name] = np.log1p(shaped[name].clip(lower=0))
    return shaped


def _of_mixed(values: Floats, labels: Floats) -> Floats:
    """The logistic regressions of labels in a mixed order, a column each: intercept and coefficients.

    Such coefficients are near zero, where three of Newton's steps with the curvature at the mean come as near as many:
    all columns take them at once.
    """
    x = np.column_stack([np.ones(len(values)), values])
    mean = labels.mean(axis=0)
    curvature = np.linalg.pinv(x.T @ x, hermitian=True) / (mean * (1 - mean)).mean()
    beta = np.zeros((x.shape[1], labels.shape[1]))
    beta[0] = logit(mean)
    for _ in range(3):
        beta += curvature @ (x.T @ (labels - expit(x @ beta)))
    return beta


def _scaling(learned: pd.DataFrame, columns: list[str]) -> tuple[pd.DataFrame, Callable[[pd.DataFrame], pd.DataFrame]]:
    """The features that were learned from, shaped and in their standard deviations, and the same scale for others."""
    shaped = _shaped(learned, columns)
    middle, width = shaped.mean(), shaped.std(ddof=0)

    def scaled(features: pd.DataFrame) -> pd.DataFrame:
        return ((_shaped(features, columns) - middle) / width).fillna(0.0)

    return ((shaped - middle) / width).fillna(0.0), scaled


def _logistic(name: str, learned: Sample, columns: list[str]) -> Fitted:
    first, scaled = _scaling(learned.features, columns)
    beta = _maximum(first.to_numpy(), learned.has_left, name)

    def predict(features: pd.DataFrame) -> Floats:
        return np.asarray(expit(beta[0] + scaled(features).to_numpy() @ beta[1:]), dtype=np.float64)

    return Fitted(predict, lambda features: scaled(features) * beta[1:])


def _maximum(values: Floats, has_left: Floats, name: str) -> Floats:
    """Intercept and coefficients of a logistic regression, by statsmodels."""
    # the one module, since all of them together take seconds to import
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    design = np.column_stack([np.ones(len(values)), values])
    try:
        found = Logit(has_left, design).fit(disp=0, maxiter=100, warn_convergence=False)
    except (np.linalg.LinAlgError, PerfectSeparationError) as error:
        raise FitError(f"{name} has no best fit on these customers: {error}.") from error
    return np.asarray(found.params, dtype=np.float64)


def _boosting(learned: Sample, seed: int) -> Fitted:
    columns = _told(learned.features)
    # of few customers larger trees learn by heart, and tell chances that are too extreme
    leaves = 4 if len(learned.has_left) < MANY else 8
    with one_thread("sklearn.ensemble"):
        from sklearn.ensemble import HistGradientBoostingClassifier

        made = HistGradientBoostingClassifier(
            learning_rate=0.05, max_iter=100, max_leaf_nodes=leaves, min_samples_leaf=50, random_state=seed
        ).fit(learned.features[columns].to_numpy(), learned.has_left)

    def predict(features: pd.DataFrame) -> Floats:
        with one_thread("sklearn.ensemble"):
            return np.asarray(made.predict_proba(features[columns].to_numpy())[:, 1], dtype=np.float64)

    return Fitted(predict, lambda features: features[[]])


def _calibration(odds: Floats, has_left: Floats) -> tuple[float, float]:
    try:
        slope = float(_maximum(odds[:, None], has_left, "The calibration")[1])
    except FitError:
        slope = np.nan
    intercept = 0.0
    for _ in range(30):
        p = expit(odds + intercept)
        intercept += float((has_left - p).sum() / max((p * (1 - p)).sum(), SMALL))
    return slope, intercept


def _reliability(latest: pd.DataFrame, best: str, level: float) -> pd.DataFrame:
    ordered = latest.sort_values(best, kind="stable")
    rows = []
    for part in np.array_split(np.arange(len(ordered)), 10):
        own = ordered.iloc[part]
        came = wilson(int(own["has_left"].sum()), len(own), level=level)
        rows.append((float(own[best].mean()), came.value, came.low, came.high, len(own)))
    return pd.DataFrame(rows, columns=["expected_share", "left_share", "low", "high", "n"])


def _gain(latest: pd.DataFrame) -> pd.DataFrame:
    n, total = len(latest), latest["has_left"].sum()
    counts = np.round(np.linspace(0, 1, 101) * n).astype(int)
    table = pd.DataFrame({"customer_share": counts / n})
    for name in MODELS:
        ordered = latest.sort_values(name, ascending=False, kind="stable")["has_left"].to_numpy()
        table[name] = np.concatenate([[0.0], np.cumsum(ordered)])[counts] / total
    return table


def _gap(latest: pd.DataFrame, best: str, level: float) -> Estimate:
    losses = []
    for name in (RECENCY, best):
        p = np.clip(latest[name].to_numpy(), SMALL, 1 - SMALL)
        losses.append(-np.where(latest["has_left"] == 1, np.log(p), np.log(1 - p)))
    less = losses[0] - losses[1]
    width = float(ndtri((1 + level) / 2)) * float(less.std(ddof=1)) / np.sqrt(len(less))
    return Estimate(float(less.mean()), float(less.mean()) - width, float(less.mean()) + width, len(less))
