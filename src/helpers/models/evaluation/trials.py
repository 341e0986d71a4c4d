"""What the fitted models and the naive rivals expect of the days held out, beside what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from helpers.models.buying.fitting import Fit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.prediction import p_buys
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import DAYS_PER_WEEK, Floats, Rows
from helpers.models.evaluation.holdout_days import Plan
from helpers.models.evaluation.naive_rivals import naive
from helpers.watching import Readable


@dataclass(frozen=True, eq=False)
class Trial(Readable):
    """What forecasters expected of the holdout, and what came.

    Attributes
    ----------
    customers
        One row per customer, as `features.split.split` gives them, in order.
    rows
        Their histories, collapsed.
    plan
        The days.
    fits, models
        The fits to those histories, and the models they are of, by name.
    expected
        One row per customer, in the same order, and one column per forecaster (the models, then the naive rivals that
        the data allow): purchases expected in the holdout.
    chances
        The same for the models alone: the probability of any purchase in the holdout.
    level
        Coverage of the intervals.
    """

    customers: pd.DataFrame
    rows: Rows
    plan: Plan
    fits: tuple[Fit, ...]
    models: Mapping[str, BuyingModel]
    expected: pd.DataFrame
    chances: pd.DataFrame
    level: float

    @property
    def actual(self) -> Floats:
        """Purchases in the holdout, one entry per customer."""
        return self.customers["holdout_purchase_count"].to_numpy(dtype=float)

    @property
    def seen_until(self) -> date:
        """The last day that the models saw."""
        return _seen_until(self.plan)

    def fit_of(self, model: str) -> tuple[BuyingModel, Fit]:
        """A model of the trial with its fit."""
        fit_by_name = {fit.model: fit for fit in self.fits}
        if model not in fit_by_name:
            raise ValueError(f"model must be one of {', '.join(fit_by_name)}; found {model!r}")
        return self.models[model], fit_by_name[model]


def trial(
    customers: pd.DataFrame,
    *,
    rows: Rows,
    fits: Sequence[Fit],
    plan: Plan,
    earlier: pd.DataFrame | None = None,
    level: float,
    models: Mapping[str, BuyingModel] = MODELS,
) -> Trial:
    """What the fitted models and the naive rivals expect of each customer in the holdout.

    Parameters
    ----------
    customers
        One row per customer: `features.split.split` at plan.calibration_end, ordered by customer_id.
    rows
        The histories of the same customers in the same order, collapsed: what `fits` were fitted to.
    fits
        Of the models to judge, each of a name in `models`.
    plan
        Of `plan`.
    earlier
        The same split, at plan.earlier_end and up to plan.calibration_end; without it there is no segment mean.
    level
        Coverage of the intervals, between 0 and 1.
    models
        The models by name, where there are others than those of the registry.

    Raises
    ------
    ValueError
        There is no holdout, the customers and the rows are not the same, or a customer's age is not that at
        calibration_end.
    """
    _check(customers, rows, plan)
    of_models = {
        fit.model: rows.spread(models[fit.model].expected_purchases(fit.theta, rows, plan.weeks)) for fit in fits
    }
    coming = {fit.model: rows.spread(p_buys(rows, fit=fit, model=models[fit.model], weeks=plan.weeks)) for fit in fits}
    expected, chances = (pd.DataFrame(one, index=customers.index) for one in (of_models, coming))
    expected = pd.concat([expected, naive(customers, plan=plan, earlier=earlier)], axis="columns")
    return Trial(customers, rows, plan, tuple(fits), models, expected, chances, level)


def _seen_until(plan: Plan) -> date:
    if plan.calibration_end is None:
        raise ValueError("there is no holdout to judge by: plan.calibration_end is None; take `unjudged`")
    return plan.calibration_end


def _check(customers: pd.DataFrame, rows: Rows, plan: Plan) -> None:
    end = _seen_until(plan)
    if len(customers) != rows.customer_count:
        raise ValueError(f"rows must be of the same customers: {rows.customer_count:,}, found {len(customers):,}")
    if not np.allclose(rows.spread(rows.age), customers["age_weeks"]):
        raise ValueError("rows must be of the same customers in the same order; found other ages")
    oldest = (end - plan.first_on).days
    if round(customers["age_weeks"].max() * DAYS_PER_WEEK) > oldest:
        raise ValueError(f"customers must be split at {end}; the oldest is older than the data")
