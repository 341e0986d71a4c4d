"""What customers did after what they said: satisfaction beside later purchases, an association and never a cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from helpers.errors import FitError
from helpers.models.survey import regression
from helpers.models.survey.design import Design, Floats
from helpers.models.survey.response_propensity import Propensities, propensities
from helpers.watching import Readable

OUTCOMES = ("later_amount", "silent_share")
METHODS = ("unadjusted", "adjusted", "adjusted_weighted", "adjusted_delivered")
CONTROLS = ("earlier_amount", "earlier_count", "days_since_last")
COLUMNS = ["outcome", "method", "estimate", "low", "high", "n"]
STANDING = (*CONTROLS, "age_days")
"""What is known of all customers when a wave opens."""


@dataclass(frozen=True, eq=False)
class Stood(Readable):
    """Those who could have answered, and their chances to.

    Attributes
    ----------
    rows
        A row per wave and customer: wave, customer_id, has_answered, weight (0 for who did not answer).
    response
        The chances behind it.
    knows_invited
        Whether these are the customers who were asked; else all who had bought before the wave.
    """

    rows: pd.DataFrame
    response: Propensities
    knows_invited: bool


@dataclass(frozen=True, eq=False)
class SaidAndDone(Readable):
    """What a point of satisfaction goes with.

    Attributes
    ----------
    table
        A row per outcome and method: outcome (`later_amount`: money of the days after the answer; `silent_share`:
        whether nothing was bought in them), method (`unadjusted`; `adjusted` for earlier spend; `adjusted_weighted` by
        the chance to answer too; `adjusted_delivered` by the delivered weights instead), estimate (per point of the
        scale), low, high, n.
    n, customer_count
        Interviews that were used, and the customers who gave them.
    late_count, unknown_count
        Interviews left out: too near the end of the data; of nobody who had bought before, or without a mark.
    response
        The chances to answer behind the weights.
    frame_count, knows_invited
        Customers and waves that could have answered: those who were asked, where that is known.
    mean_amount
        What the customers of these interviews spent on average in the days after, in money.
    """

    table: pd.DataFrame
    n: int
    customer_count: int
    late_count: int
    unknown_count: int
    response: Propensities
    frame_count: int
    knows_invited: bool
    mean_amount: float

    def row(self, outcome: str, method: str) -> dict[str, float]:
        """The estimate of an outcome by a method, with its interval."""
        is_it = (self.table["outcome"] == outcome) & (self.table["method"] == method)
        found = self.table.loc[is_it].iloc[0]
        return {name: float(found[name]) for name in ("estimate", "low", "high", "n")}


def rows(found: SaidAndDone | None) -> pd.DataFrame:
    """The estimates by outcome and method; no row where nothing could be told."""
    return pd.DataFrame(columns=COLUMNS) if found is None else found.table


def joined(interviews: pd.DataFrame, around: pd.DataFrame, *, watched_until: date, horizon_days: int) -> pd.DataFrame:
    """Each interview with what its customer bought, in the order of the interviews, which all stay.

    Parameters
    ----------
    interviews
        A row per interview: response_id, answered_on.
    around
        Of those whose customer had bought before, as `features.said_spend.around_answers` gives it.
    watched_until
        The last day on which purchases were seen.
    horizon_days
        The days after the answer that count.

    Returns
    -------
    pandas.DataFrame
        The columns of `around`, and `silent_share` (1 where nothing was bought after); `is_late` where the days after
        the answer had not all been seen: what came later is missing then.
    """
    all_of_them = interviews[["response_id"]].merge(around, on="response_id", how="left")
    end = pd.Timestamp(watched_until) - timedelta(days=horizon_days)
    is_late = (pd.to_datetime(interviews["answered_on"]) > end).to_numpy()
    silent = (all_of_them["later_count"] == 0).astype(float).where(all_of_them["later_count"].notna())
    later = all_of_them.assign(silent_share=silent, is_late=is_late)
    later.loc[is_late, [*OUTCOMES, "later_count"]] = np.nan
    return later


def chances(
    standing: pd.DataFrame, interviews: pd.DataFrame, *, names: Sequence[str], invited: pd.DataFrame
) -> Stood | None:
    """The chances of those who could have answered to do so.

    Parameters
    ----------
    standing
        A row per wave and customer, as `features.said_spend.standing` gives it.
    interviews
        Those that were given: customer_id, wave.
    names
        What else may tell who answers: of the columns of `standing` those of these names.
    invited
        Who was asked: wave, customer_id, outcome, and `weight` where customers were asked with unequal chances; those
        who proved ineligible are left out. Where it has no row, nobody knows who was asked, and all customers of
        `standing` stand in: the chance is then that to be asked and to answer.

    Returns
    -------
    Stood or None
        None where the chances cannot be fitted.
    """
    gave = interviews[["wave", "customer_id"]].dropna().drop_duplicates().assign(has_answered=True)
    frame = standing.assign(asked_weight=1.0)
    if len(invited):
        able = invited[invited["outcome"] != "ineligible"]
        weight = able["weight"].astype(float) if "weight" in able else 1.0
        asked = able[["wave", "customer_id"]].assign(asked_weight=weight).drop_duplicates(["wave", "customer_id"])
        frame = standing.merge(asked, on=["wave", "customer_id"])
    frame = frame.merge(gave, on=["wave", "customer_id"], how="left")
    frame["has_answered"] = frame["has_answered"].notna()
    for name in STANDING:
        frame[name] = np.log1p(frame[name].clip(lower=0))
    known = [name for name in names if name in standing]
    try:
        response = propensities(frame, features=["wave", *STANDING, *known])
    except FitError:  # the page says that nothing is known
        return None
    weight = response.table["weight"] * frame["asked_weight"].fillna(0)
    rows = frame[["wave", "customer_id", "has_answered"]].assign(weight=weight)
    return Stood(rows, response, len(invited) > 0)


def associated(
    score: pd.Series,
    later: pd.DataFrame,
    interviews: pd.DataFrame,
    *,
    frame: Stood | None,
    design: Design,
    level: float,
    smallest_base: int,
) -> SaidAndDone | None:
    """What one point of satisfaction goes with, in money and in customers who stayed away.

    Parameters
    ----------
    score
        The mark of each interview.
    later
        As `joined` gives it.
    interviews
        customer_id, wave, in the same order.
    frame
        As `chances` gives it.
    design
        The design of the interviews; those that are left out stay in it.
    level
        Coverage of the intervals, 0 to 1.
    smallest_base
        Interviews below which nothing is told: None.

    Notes
    -----
    Least squares under the design (`regression.linear`); controls are what was bought before the answer, how lately,
    and the wave. Who is content may differ in what no control knows: an association.
    """
    if frame is None:
        return None
    given = interviews[["wave", "customer_id"]].merge(
        frame.rows[["wave", "customer_id", "weight"]],
        on=["wave", "customer_id"],
        how="left",
    )["weight"]
    mark = score.to_numpy(dtype=float)
    is_known = later["earlier_amount"].notna().to_numpy() & np.isfinite(mark) & (given.fillna(0) > 0).to_numpy()
    is_used = is_known & ~later["is_late"].to_numpy(dtype=bool)
    if is_used.sum() < smallest_base:
        return None
    held = _controls(later, interviews["wave"], is_used)
    same = replace(design, weights=np.ones(len(design)), auxiliaries=None, base_weights=None)
    designs = (same, same, replace(same, weights=given.fillna(0).to_numpy(dtype=float)), design)
    made = []
    for outcome in OUTCOMES:
        values = np.where(is_used, later[outcome].to_numpy(dtype=float), np.nan)
        for method, how in zip(METHODS, designs, strict=True):
            columns = mark[:, None] if method == "unadjusted" else np.column_stack([mark, held])
            made.append((outcome, method, *_slope(values, columns, how, level), int(is_used.sum())))
    return SaidAndDone(
        table=pd.DataFrame(made, columns=COLUMNS),
        n=int(is_used.sum()),
        customer_count=int(interviews.loc[is_used, "customer_id"].nunique()),
        late_count=int((is_known & later["is_late"].to_numpy(dtype=bool)).sum()),
        unknown_count=int((~is_known).sum()),
        response=frame.response,
        frame_count=len(frame.rows),
        knows_invited=frame.knows_invited,
        mean_amount=float(later.loc[is_used, "later_amount"].mean()),
    )


def _controls(later: pd.DataFrame, waves: pd.Series, is_used: np.ndarray) -> Floats:
    """What is held equal, each in its standard deviations: earlier purchases, and the wave."""
    own = later[list(CONTROLS)].astype(float)
    dummies = pd.get_dummies(waves[is_used]).columns[1:]
    own = own.assign(**{f"wave {name}": (waves == name).to_numpy(dtype=float) for name in dummies})
    spread = own[is_used].std()
    own = own.loc[:, (spread > 0).to_numpy()]
    return ((own - own[is_used].mean()) / own[is_used].std()).to_numpy(dtype=float)


def _slope(values: Floats, columns: Floats, design: Design, level: float) -> tuple[float, float, float]:
    """The slope of the first column, with its interval; missing where there is nothing to fit."""
    is_used = np.isfinite(values) & (design.weights > 0)
    if is_used.sum() < columns.shape[1] + 2 or np.ptp(columns[is_used, 0]) == 0:
        return (np.nan, np.nan, np.nan)
    found = regression.linear(values, columns, design=design)
    half = float(stdtrit(found.degrees, (1 + level) / 2) * found.errors[1])
    value = float(found.coefficients[1])
    return (value, value - half, value + half)
