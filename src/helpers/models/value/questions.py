"""The questions of the notebook on lifetime value, each answered in one call: from tables and params to its frames."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from helpers.contract.loading import Tables
from helpers.days import watched_until, week_origin
from helpers.features import purchases, timeline, windows
from helpers.features import split as holdout_features
from helpers.features.frames import fetch
from helpers.features.repeat_spend import repeat_spend
from helpers.models.buying.fitting import Fit, fit
from helpers.models.buying.prediction import Prediction, next_order, predict
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import collapse
from helpers.models.evaluation import calibration, holdout_days, scores, trials, verdicts
from helpers.models.evaluation.trials import Trial
from helpers.models.evaluation.verdicts import Verdict
from helpers.models.forecast import forecast, periods
from helpers.models.forecast.forecast import Forecast, Judgement
from helpers.models.spend import spend_choice
from helpers.models.spend.spend_choice import SpendChoice
from helpers.models.value import acquisition, budget, tornado, value
from helpers.models.value import value_tiers as tiers
from helpers.models.value.discounting import weeks_of
from helpers.models.value.value import Base, Terms, Value
from helpers.models.value.value_tiers import Tiers
from helpers.params import ClvParams


@dataclass(frozen=True, eq=False)
class Judged:
    """What the holdout says of the models.

    Attributes
    ----------
    watched
        The last day on which the data watched the customers.
    plan
        Which days were held out.
    trial
        What was expected of them and what came; None where no holdout is possible.
    scores
        As `scores.scores` gives it; no rows without a trial.
    verdict
        The model to use, and for what not.
    spend
        As `calibration.spend` gives it: whether customers paid what was expected; None without a trial.
    """

    watched: date
    plan: holdout_days.Plan
    trial: Trial | None
    scores: pd.DataFrame
    verdict: Verdict
    spend: pd.DataFrame | None


def judged(data: Tables, params: ClvParams) -> Judged:
    """Models of buying and of spend, fitted up to a day and judged by what came after it, beside naive rivals."""
    first, last = _span(data, as_of=params.as_of)
    watched = watched_until(last, as_of=params.as_of, stale_days=params.stale_days)
    plan = holdout_days.plan(first, as_of=watched, weeks=params.holdout_weeks)
    end = plan.calibration_end
    if end is None or plan.earlier_end is None:
        rows = collapse(_histories(data, as_of=watched))
        fits = [fit(MODELS[name], rows, level=params.interval_level) for name in params.models]
        return Judged(watched, plan, None, pd.DataFrame(), verdicts.unjudged(fits), None)
    known = _split(data, calibration_end=end, as_of=watched)
    earlier = _split(data, calibration_end=plan.earlier_end, as_of=end)
    rows = collapse(known)
    fits = [fit(MODELS[name], rows, level=params.interval_level) for name in params.models]
    trial = trials.trial(known, rows=rows, fits=fits, plan=plan, earlier=earlier, level=params.interval_level)
    expected = spend_choice.choose(_spend(data, as_of=end), level=params.interval_level).customers
    paid = expected["expected_spend_amount"].to_numpy()
    verdict = verdicts.recommend(trial, limit=params.off_share, expected_spend=paid)
    table = scores.scores(trial.expected, trial.actual, fits=fits)
    amounts = known["holdout_amount"].to_numpy(dtype=float)
    paying = calibration.spend(paid, trial.actual, amounts, level=params.interval_level)
    return Judged(watched, plan, trial, table, verdict, paying)


def weekly(data: Tables, plan: holdout_days.Plan) -> pd.DataFrame:
    """Repeat purchases week by week of the customers that the models knew, as `tracking.tracking` takes them."""
    end = plan.calibration_end
    if end is None:
        raise ValueError("there is no holdout to track")
    origin = week_origin(plan.first_on, end=end)
    return fetch(timeline.by_week(data.orders, origin=origin, as_of=plan.as_of, born_until=end))


@dataclass(frozen=True, eq=False)
class Valued:
    """What the customers are worth from here on.

    Attributes
    ----------
    histories
        One row per customer, ordered by customer_id, up to the last day that was watched.
    base, prediction, worth
        Who is valued and by what; the purchases to come within the first horizon; and their value.
    fits
        Of all models that were asked for, to all that is known; the one in use is `base.fit`.
    spend, choice
        What customers paid on repeat purchases, and the model of it.
    tiers
        High, middle and low by share of value, and `tier_values`: their values with intervals.
    levers
        The tornado, as `tornado.tornado` gives it.
    table
        One row per customer: the file of customers.
    """

    histories: pd.DataFrame
    base: Base
    prediction: Prediction
    worth: Value
    fits: tuple[Fit, ...]
    spend: pd.DataFrame
    choice: SpendChoice
    tiers: Tiers
    tier_values: pd.DataFrame
    levers: pd.DataFrame
    table: pd.DataFrame


def valued(data: Tables, params: ClvParams, judgement: Judged) -> Valued:
    """The value of all customers, by the model that the holdout recommends or the first where it recommends none."""
    level, draws, seed = params.interval_level, params.draw_count, params.seed
    histories, spend = _histories(data, as_of=judgement.watched), _spend(data, as_of=judgement.watched)
    rows = collapse(histories)
    fits = tuple(fit(MODELS[name], rows, level=level) for name in params.models)
    used = next((one for one in fits if one.model == judgement.verdict.model), fits[0])
    model = MODELS[used.model]
    choice = spend_choice.choose(spend, level=level)
    spending = spend_choice.spending_of(choice, spend, draws=draws, seed=seed)
    base = Base(rows, used, model, spending, _terms(params))
    weeks = float(weeks_of(params.value_months[0]))
    prediction = predict(rows, fit=used, model=model, weeks=weeks, draws=draws, seed=seed, level=level)
    worth = value.clv(base, prediction=prediction, months=params.value_months, seed=seed)
    found = tiers.tiers(worth.customers, shares=params.tier_shares)
    coming = next_order(rows, fit=used, model=model, as_of=judgement.watched, weeks=weeks)
    return Valued(
        histories,
        base,
        prediction,
        worth,
        fits,
        spend,
        choice,
        found,
        value.group_values(base, prediction=prediction, labels=found.labels, seed=seed),
        tornado.tornado(base, months=params.value_months[0], step_share=params.step_share),
        value.customer_table(histories, prediction=prediction, value=worth, next_orders=coming),
    )


def parameters(judgement: Judged, found: Valued) -> pd.DataFrame:
    """The parameters of all fits, up to the holdout and of all that is known, and their means: a row each."""
    fits = [(one, judgement.plan.calibration_end) for one in (judgement.trial.fits if judgement.trial else ())]
    fits += [(one, judgement.watched) for one in found.fits]
    if found.choice.fit is not None:
        fits.append((found.choice.fit, judgement.watched))
    parts = [pd.concat([one.parameters, one.means]).assign(fitted_until=until) for one, until in fits]
    columns = ["model", "parameter", "estimate", "standard_error", "low", "high"]
    return pd.concat(parts, ignore_index=True)[[*columns, "robust_standard_error", "fitted_until"]]


@dataclass(frozen=True, eq=False)
class Acquired:
    """New customers by channel against their cost, and a budget shared out; None where no budget was stated."""

    channels: pd.DataFrame
    plan: pd.DataFrame | None


MOST_SHARE = 0.5
"""How many more customers of a channel a budget may win, as a share of those it has won so far."""


def acquired(data: Tables, params: ClvParams, found: Valued) -> Acquired | None:
    """What a new customer of each channel is worth; None where the channel was not delivered."""
    column = params.acquisition_column
    if data.customers is None or column not in data.customers.columns:
        return None
    wanted = [name for name in ("customer_id", column, "acquisition_cost") if name in data.customers.columns]
    people = fetch(data.customers.select(*wanted).order_by("customer_id"))
    spend = found.spend[["customer_id", "first_amount"]].assign(
        expected_spend_amount=found.choice.customers["expected_spend_amount"].to_numpy()
    )
    people = spend.merge(people, on="customer_id", how="left", validate="one_to_one")
    channels = people[column].astype(object).where(people[column].notna(), acquisition.UNKNOWN).astype(str)
    model = found.base.model
    own = {
        str(channel): fit(model, collapse(part), level=params.interval_level)
        for channel, part in found.histories.groupby(channels.to_numpy())
    }
    economics = acquisition.economics(
        acquisition.by_channel(people, by=column),
        buying=acquisition.Buying(model, found.base.fit, own),
        terms=found.base.terms,
        months=params.value_months[0],
        level=params.interval_level,
        seed=params.seed,
    )
    if params.budget_amount is None or not economics["acquisition_cost_amount"].notna().any():
        return Acquired(economics, None)
    options = budget.acquisition_options(economics, most_share=MOST_SHARE)
    return Acquired(economics, budget.share_out(options, budget_amount=params.budget_amount))


@dataclass(frozen=True, eq=False)
class Ahead:
    """The forecast, the past it stands on, the year before, and how an earlier forecast did (None where too young)."""

    made: Forecast
    history: pd.DataFrame
    naive: pd.DataFrame
    judgement: Judgement | None
    made_on: date | None


def ahead(data: Tables, params: ClvParams, judgement: Judged, found: Valued) -> Ahead | None:
    """Orders and revenue of the next periods, with a fan that would have held an earlier one; None without a period."""
    weeks, watched = params.forecast_weeks, judgement.watched
    history = _periods(data, as_of=watched, period_weeks=weeks)
    if history is None:
        return None
    plan = forecast.Plan(watched, weeks, params.forecast_count, params.draw_count, params.seed, params.interval_level)
    made = forecast.forecast(
        found.base.rows,
        fit=found.base.fit,
        model=found.base.model,
        spending=found.base.spending,
        history=history,
        plan=plan,
    )
    naive = periods.seasonal_naive(history, as_of=watched, period_weeks=weeks, periods=params.forecast_count)
    past = forecast.backtest_plan(history, plan=plan)
    if past is None:
        return Ahead(made, history, naive, None, None)
    tested = forecast.judge(_earlier(data, params, found, past), history=history)
    return Ahead(forecast.widened(made, factors=tested.factors), history, naive, tested, past.as_of)


def _earlier(data: Tables, params: ClvParams, found: Valued, plan: forecast.Plan) -> Forecast:
    """The forecast as it would have been made on an earlier day, from the data of that day alone."""
    spend = _spend(data, as_of=plan.as_of)
    rows = collapse(_histories(data, as_of=plan.as_of))
    history = _periods(data, as_of=plan.as_of, period_weeks=plan.period_weeks)
    if history is None:
        raise ValueError("an earlier forecast needs a period that was over by then")
    choice = spend_choice.choose(spend, level=params.interval_level)
    return forecast.forecast(
        rows,
        fit=fit(found.base.model, rows, level=params.interval_level),
        model=found.base.model,
        spending=spend_choice.spending_of(choice, spend, draws=plan.draws, seed=plan.seed),
        history=history,
        plan=plan,
    )


def _periods(data: Tables, *, as_of: date, period_weeks: int) -> pd.DataFrame | None:
    first, _ = _span(data, as_of=as_of)
    origin = week_origin(first, end=as_of)
    if (as_of - origin).days + 1 < 7 * period_weeks:
        return None
    weeks = fetch(timeline.by_week(data.orders, origin=origin, as_of=as_of))
    births = fetch(timeline.births(data.orders, as_of=as_of))
    return periods.history(weeks, births, origin=origin, as_of=as_of, period_weeks=period_weeks)


def _terms(params: ClvParams) -> Terms:
    return Terms(params.discount_share, params.margin_share or 1.0, params.order_cost_amount)


def _span(data: Tables, *, as_of: date) -> tuple[date, date]:
    """The first and the last day with an order, up to a day."""
    seen = windows.visible(data.orders, as_of=as_of)
    found = seen.aggregate(first=seen.ordered_at.min(), last=seen.ordered_at.max()).to_pandas().iloc[0]
    return pd.Timestamp(found["first"]).date(), pd.Timestamp(found["last"]).date()


def _histories(data: Tables, *, as_of: date) -> pd.DataFrame:
    days = purchases.purchase_days(data.orders, as_of=as_of)
    people = purchases.per_customer(days, as_of=as_of, unit="weeks")
    return fetch(people.order_by("customer_id"))[["customer_id", "frequency", "recency_weeks", "age_weeks"]]


def _split(data: Tables, *, calibration_end: date, as_of: date) -> pd.DataFrame:
    known = holdout_features.split(data.orders, calibration_end=calibration_end, as_of=as_of)
    return fetch(known.order_by("customer_id"))


def _spend(data: Tables, *, as_of: date) -> pd.DataFrame:
    """Repeat spend, its mean missing for who bought once."""
    spend = fetch(repeat_spend(data.orders, as_of=as_of).order_by("customer_id"))
    count = spend["repeat_count"].to_numpy(dtype=float)
    mean = np.divide(spend["repeat_amount"], count, out=np.full(len(spend), np.nan), where=count > 0)
    return spend.assign(mean_amount=mean)
