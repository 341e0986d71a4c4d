"""The judge's words and pictures: which model to use, for what not, and how near each forecaster came."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.display import language as say
from helpers.display import tables
from helpers.display.charts import key_on_top, name_lines
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, estimated, untold
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION, themed
from helpers.models.buying.registry import MODELS
from helpers.models.evaluation.calibration import GroupError, ProbabilityError, SpendError
from helpers.models.evaluation.holdout_days import Plan
from helpers.models.evaluation.tracking import TrackingError
from helpers.models.evaluation.verdicts import Verdict
from helpers.models.statistics.intervals import Estimate

TITLES = {name: model.title for name, model in MODELS.items()}
RIVALS = {
    "past_rate": "the past rate carried forward",
    "year_before": "the same weeks a year before",
    "segment_mean": "the mean of the segment",
}
USES = {"totals": "budgets and totals", "customers": "choosing customers"}
STYLES = ((ORANGE, "-", "s"), (GREEN, "--", "^"), (VERMILION, ":", "D"), (PURPLE, "-.", "v"), (SKY, "-", "P"))
NOT_MODELS = {"label", "n", "actual_mean", "low", "high", "customer_count", *RIVALS}
PASTS = {"once": "customers who had bought once", "repeatedly": "customers who had come back before"}
NO_HOLDOUT = "No group that may be shown was held out, so there is nothing to compare."


def marked(unfit_for: tuple[str, ...], *said: Finding | Table | Drawing) -> list[Finding | Table | Drawing]:
    """Findings, tables and drawings whose numbers rest on a model, with what it must not be used for before each.

    `unfit_for` is what the verdict names; where that is nothing, they are as they were.
    """
    if not unfit_for:
        return list(said)
    return [_marked(one, f"Do not use for {_uses(unfit_for)}") for one in said]


def _marked(said: Finding | Table | Drawing, mark: str) -> Finding | Table | Drawing:
    if isinstance(said, Finding):
        return replace(said, claim=f"{mark}: {said.claim}")
    if isinstance(said, Table):
        return replace(said, caption=f"{mark}: {said.caption}")
    return replace(said, alt=f"{mark}: {said.alt}", title=f"{mark}: {said.title}" if said.title else mark)


def _uses(unfit_for: tuple[str, ...]) -> str:
    return ", nor for ".join(USES[use] for use in unfit_for)


def verdict(judged: Verdict, *, level: float, key: str = "clv_verdict") -> Finding:
    """The sentence that the page opens with: which model to use, or what its values must not be used for."""
    unit = "share"
    claim, evidence = _against(judged) if judged.reasons else _for(judged, level)
    if not judged.is_identified:
        evidence += f" The data do not identify the parameters of {judged.title}, so its intervals are too narrow."
    if say.is_missing(judged.off.value):
        return Finding(key, claim, n=judged.n, evidence=evidence)
    return estimated(key, claim, judged.off, unit, evidence=evidence)


def _for(judged: Verdict, level: float) -> tuple[str, str]:
    low, high = (say.signed_share(bound) for bound in (judged.off.low, judged.off.high))
    off = judged.off.value
    direction = "low" if off < 0 else "high"
    claim = (
        f"The model can be used: on {_weeks(judged.weeks)} that it had not seen it was {say.share(abs(off))} "
        f"{direction}."
    )
    evidence = (
        f"{say.interval(low, high, level=level, is_start=True)}; of {say.counted(judged.n, 'customer')} {judged.title} "
        f"expected {_purchases(judged.expected)}, and {say.number(judged.actual)} came"
    )
    if judged.rival is None:
        return claim, f"{evidence}; there was no naive rival to compare it with."
    rival_off = say.signed_share(judged.rival_off)
    errs = f"{say.number(judged.rival_rmse, digits=2)} purchases a customer against {say.number(judged.rmse, digits=2)}"
    rival = f"The best naive rival, {_name(judged.rival)}, is {rival_off} off and errs by {errs} (root mean square)."
    return claim, f"{evidence}. {rival}"


def _against(judged: Verdict) -> tuple[str, str]:
    """Do not use ... : because of this, and that."""
    seen = f"in the {_weeks(judged.weeks)} held out"
    rival = _name(judged.rival) if judged.rival else ""
    why = {
        "no_holdout": "the data are too young to hold anything out, so no model was tested",
        "no_model": "no model could be fitted",
        "no_purchases": f"none of {say.counted(judged.n, 'customer')} bought {seen}, so no model could be tested",
        "total_off": (
            f"{judged.title}, the best model, expected {_purchases(judged.expected)} {seen} where "
            f"{say.number(judged.actual)} came ({say.signed_share(judged.off.value)}; the limit is "
            f"{say.exact_share(judged.limit)} either way)"
        ),
        "revenue_off": (
            f"with it the revenue {seen} was {say.signed_share(judged.revenue_off)} off (the limit is "
            f"{say.exact_share(judged.limit)} either way)"
        ),
        "rival_total": (
            f"{rival} comes nearer to the {_purchases(judged.actual)} that came {seen} "
            f"({say.number(judged.rival_expected)} against {say.number(judged.expected)} of {judged.title})"
        ),
        "rival_customers": (
            f"{rival} errs less per customer than {judged.title} ({say.number(judged.rival_rmse, digits=2)} purchases "
            f"against {say.number(judged.rmse, digits=2)}, root mean square)"
        ),
    }
    reasons = "; ".join(why[reason] for reason in judged.reasons)
    return f"Do not use these values for {_uses(judged.unfit_for)}.", f"{reasons[0].upper()}{reasons[1:]}."


def held_out(plan: Plan) -> Finding:
    """Which days were kept from the models, and why fewer than asked for."""
    key, unit = "clv_holdout", "weeks"
    span = _weeks(((plan.as_of - plan.first_on).days + 1) / 7)
    if plan.calibration_end is None:
        return Finding(
            key,
            "No model has been tested: the data are too few to hold any out.",
            unit=unit,
            evidence=f"They hold {span} to {say.day(plan.as_of)}; models can be fitted to what customers did so far.",
        )
    start = plan.calibration_end + timedelta(days=1)
    claim = f"The {_weeks(plan.weeks)} from {say.day(start)} to {say.day(plan.as_of)} were held out."
    evidence = f"Models saw nothing after {say.day(plan.calibration_end)}"
    if round(plan.weeks * 7) < round(plan.asked_weeks * 7):
        evidence += f"; half of the data, since with {span} of them {_weeks(plan.asked_weeks)} were too many"
    return Finding(key, claim, value=plan.weeks, unit=unit, evidence=f"{evidence}.")


def scores(frame: pd.DataFrame, *, recommended: str | None = None) -> Table:
    """How models and rivals did: one row a forecaster."""
    names = [f"{_capital(_name(name))}{' ✓' if name == recommended else ''}" for name in frame["model"]]
    columns = {
        "holdout_purchase_count": "purchases expected",
        "total_error": "total off",
        "mae": "MAE",
        "rmse": "RMSE",
        "msle": "MSLE",
        "bias": "bias",
        "log_likelihood": "log-likelihood",
        "bic": "BIC",
    }
    shown = frame[list(columns)].set_axis(list(columns.values()), axis="columns")
    shown.insert(0, "forecaster", names)
    actual = say.number(frame["actual_purchase_count"].max() if len(frame) else None)
    return tables.table(
        shown,
        caption=f"What each expected of the weeks held out, in which {actual} purchases came; MAE, RMSE and bias in "
        "purchases per customer, ✓ recommended",
        formats=dict.fromkeys(shown.columns[1:], _one_digit)
        | {"total off": say.signed_share}
        | dict.fromkeys(["MAE", "RMSE", "MSLE", "bias"], _four_digits),
    )


def tracked(error: TrackingError, *, model: str) -> Finding:
    """How far the holdout ran away from what the model expected when customers came."""
    if not error.actual:
        return Finding("clv_tracking", "Nobody bought in the weeks held out.")
    off = say.signed_share(error.off_share)
    claim = f"Knowing first purchases alone, {_name(model)} was {off} off in the weeks held out."
    evidence = f"It expected {say.number(error.expected)} repeat purchases where {say.number(error.actual)} came"
    if not say.is_missing(error.weekly_off_share):
        evidence += f"; a single week was off by {say.share(error.weekly_off_share, digits=0)} on average"
    return Finding("clv_tracking", claim, value=error.off_share, n=error.actual, unit="share", evidence=f"{evidence}.")


@themed
def tracking(frame: pd.DataFrame) -> Drawing:
    """Repeat purchases week by week and added up, actual and expected; a row of `frame` is a week."""
    models = [name for name in map(str, frame) if f"cumulative_{name}" in frame and name != "actual"]
    figure, (added, weekly) = canvas(columns=2, height=3.6)
    whole = frame[frame["is_complete"]]
    border = frame.loc[~frame["is_holdout"], "week"].max() + 0.5
    added.plot(frame["week"], frame["cumulative_actual"], color=INK, linewidth=2, label="actual")
    weekly.plot(whole["week"], whole["actual"], color=INK, linewidth=1, marker=".", markersize=4, label="actual")
    for name, (color, line, _) in zip(models, STYLES, strict=False):
        added.plot(frame["week"], frame[f"cumulative_{name}"], color=color, linestyle=line, label=_name(name))
        weekly.plot(whole["week"], whole[name], color=color, linestyle=line, label=_name(name))
    added.set(title="Repeat purchases, added up", xlabel="week", ylabel="purchases", ylim=(0, None))
    weekly.set(title="Repeat purchases in the week", xlabel="week", ylabel="purchases", ylim=(0, None))
    for axes in (added, weekly):
        axes.axvline(border, color=FAINT, linestyle="--")
        axes.text(border, axes.get_ylim()[1], " held out", va="top")
        axes.yaxis.set_major_formatter(lambda value, _: say.number(value))
    name_lines(added)
    ends = [f"{_name(name)} {say.number(frame[f'cumulative_{name}'].iloc[-1])}" for name in models]
    return Drawing(
        figure,
        f"Repeat purchases over {say.counted(len(frame), 'week')}, the last {frame['is_holdout'].sum()} held out: "
        f"{say.number(frame['cumulative_actual'].iloc[-1])} came; expected {', '.join(ends)}.",
    )


def conditional(error: GroupError | None, *, model: str) -> Finding:
    """Where the expectation given the past is furthest off, among groups of past frequency that may be shown."""
    if error is None:
        return untold("clv_conditional", "How far off groups of customers were is")
    times = f"{error.label} repeat {'purchase' if error.label == '1' else 'purchases'}"
    claim = f"{_name(model)} is furthest off for customers with {times} before."
    evidence = (
        f"It expected {say.number(error.expected_mean, digits=2)} purchases of each and "
        f"{say.number(error.actual_mean, digits=2)} came; {say.counted(error.n, 'customer')}"
    )
    if error.bounded_count:
        evidence += (
            f"; in {error.inside_count} of {say.counted(error.bounded_count, 'group')} its mean lies in the interval "
            "of the actual one"
        )
    n = error.customer_count
    return Finding("clv_conditional", claim, value=error.missed_count, n=n, evidence=f"{evidence}.")


def coming_back(frame: pd.DataFrame, *, model: str, level: float) -> Finding:
    """Whether the model knew who would come back at all, one-time buyers first; a row of `frame` is a group of them."""
    first, *others = frame.to_dict("records")
    if say.is_missing(first["n"]):
        return untold("clv_coming_back", "Who came back is")
    others = [one for one in others if not say.is_missing(one["n"])]
    actual = Estimate(first["actual_share"], first["low"], first["high"], int(first["n"]))
    claim = (
        f"Of {PASTS[first['label']]}, {_name(model)} expected {say.share(first[model])} back, and "
        f"{say.share(actual.value)} came."
    )
    parts = [f"of {say.counted(actual.n, 'customer')} in the weeks held out"]
    if not say.is_missing(actual.low):
        bounds = say.interval(say.share(actual.low), say.share(actual.high), level=level, is_start=True)
        parts = [f"{bounds}, {parts[0]}"]
    parts += [
        f"of {say.number(one['n'])} {PASTS[one['label']]}, {say.share(one[model])} were expected and "
        f"{say.share(one['actual_share'])} came"
        for one in others
    ]
    evidence = "; ".join(parts)
    return estimated("clv_coming_back", claim, actual, "share", evidence=f"{evidence[0].upper()}{evidence[1:]}.")


@themed
def purchases(histogram: pd.DataFrame, frequency: pd.DataFrame, recency: pd.DataFrame) -> Drawing:
    """Repeats in the calibration, and purchases in the holdout by past frequency and by recency.

    Frames of `histogram`, `by_frequency` and `by_recency`; the bars are intervals of the actual means.
    """
    figure, (repeats, often, recent) = canvas(columns=3, height=3.6)
    models = [name for name in map(str, histogram) if name not in NOT_MODELS]
    place = np.arange(len(histogram))
    repeats.bar(place, histogram["customer_count"], color=FAINT, label="actual")
    for name, (color, _, marker) in zip(models, STYLES, strict=False):
        repeats.plot(place, histogram[name], color=color, linestyle="", marker=marker, markersize=4, label=_name(name))
    repeats.set_title(f"Past repeats (n = {say.number(histogram['customer_count'].sum())})", fontsize=10)
    repeats.set(xlabel="repeat purchases", ylabel="customers", ylim=(0, None))
    repeats.yaxis.set_major_formatter(lambda value, _: say.number(value))
    key_on_top(repeats)
    _ticks(repeats, histogram["label"])
    for axes, frame, title, name in (
        (often, frequency, "Held out, by past repeats", "repeat purchases before"),
        (recent, recency, "Held out, by recency", "weeks from first purchase to last"),
    ):
        _means(axes, frame, models)
        axes.set_title(title, fontsize=10)
        axes.set(xlabel=name, ylabel="purchases a customer (bar: interval)", ylim=(0, None))
        _ticks(axes, frame["label"])
    parts = [
        f"{row['label']}: {say.number(row['actual_mean'], digits=2)}"
        + "".join(f", {_name(name)} {say.number(row[name], digits=2)}" for name in models)
        for row in frequency.to_dict("records")
    ]
    return Drawing(
        figure, f"Purchases a customer in the holdout by repeat purchases before, actual {'; '.join(parts)}."
    )


def _means(axes: Axes, frame: pd.DataFrame, models: list[str]) -> None:
    place = np.arange(len(frame))
    below, above = (frame["actual_mean"] - frame["low"]).fillna(0), (frame["high"] - frame["actual_mean"]).fillna(0)
    axes.errorbar(place, frame["actual_mean"], yerr=[below, above], color=INK, fmt="o", markersize=4, label="actual")
    for name, (color, line, marker) in zip(models, STYLES, strict=False):
        axes.plot(place, frame[name], color=color, linestyle=line, marker=marker, markersize=3, label=_name(name))


def _ticks(axes: Axes, labels: pd.Series) -> None:
    turned = 45 if labels.str.len().max() > 2 else 0
    axes.set_xticks(np.arange(len(labels)), list(labels), rotation=turned)
    axes.grid(visible=False, axis="x")


def calibrated(deciles: pd.DataFrame, error: ProbabilityError, *, model: str) -> Finding:
    """Whether the best customers were found, and whether customers called alive came back.

    A row of `deciles` is a tenth of customers, the most expected first.
    """
    if not len(deciles):
        return untold("clv_calibration", "Whether the best customers were found is")
    best = deciles.iloc[0]
    if say.is_missing(best["actual_share"]):
        return Finding("clv_calibration", "Nobody bought in the weeks held out, so there is nothing to order.")
    claim = (
        f"{_name(model)} expected {say.share(error.expected_share)} of customers to buy at all, and "
        f"{say.share(error.actual_share)} did."
    )
    evidence = (
        f"Over groups of like P(alive) its share is off by {say.points(error.error_share)} on average. The "
        f"{say.counted(int(best['n']), 'customer')} of whom it expected most made {say.share(best['actual_share'])} of "
        f"the purchases held out ({say.share(best['best_share'])} had the order been known)."
    )
    if not MODELS[model].tells_one_time_buyers:
        evidence += f" {_name(model)} cannot tell who of those who bought once is alive: of them none is given."
    return Finding("clv_calibration", claim, value=error.error_share, n=error.n, unit="share", evidence=evidence)


def next_orders(share: Estimate, *, plan: Plan, level: float) -> Finding:
    """Whether customers bought by the day that they were as likely as not to buy by; `share` of `by_their_day`."""
    key = "clv_next_orders"
    if not share.n or plan.calibration_end is None:
        return Finding(key, "Nobody was likelier than not to buy in the weeks held out: no day was named.")
    if say.is_missing(share.value):
        return untold(key, "How many bought by the day named for their next order is")
    claim = (
        f"Of {say.counted(share.n, 'customer')} with a day for the next order, {say.share(share.value)} bought by it."
    )
    bounds = say.interval(say.share(share.low), say.share(share.high), level=level, is_start=True)
    evidence = (
        f"{bounds}; half of them should. Days were named on {say.day(plan.calibration_end)}, for whoever was likelier "
        f"than not to buy within {_weeks(plan.weeks)}, that they may have left counted in."
    )
    return estimated(key, claim, share, "share", evidence=evidence)


def spending(groups: pd.DataFrame, error: SpendError, *, currency: str) -> Finding:
    """Whether customers paid what was expected of them; a row of `groups` is a fifth of them, by expected spend."""
    if not error.n:
        return Finding("clv_spend", "Nobody bought in the weeks held out, so spend cannot be compared.", unit=currency)

    def group(row: pd.Series) -> str:
        due, came = (say.money(row[f"{name}_spend_amount"], currency=currency) for name in ("expected", "actual"))
        return f"{came} where {due} was expected"

    claim, evidence = "The purchases held out were worth nothing.", []
    if error.actual_amount:
        claim = (
            f"A purchase held out was worth {say.money(error.actual_amount, currency=currency)} where "
            f"{say.money(error.expected_amount, currency=currency)} was expected."
        )
        evidence = [f"Expected was {say.signed_share(error.off_share)} of what came"]
    if len(groups) > 1:
        first, last = groups.iloc[0], groups.iloc[-1]
        evidence.append(f"lowest expected spend: {group(first)}; highest: {group(last)}")
    value = error.off_share if error.actual_amount else None
    told = f"{'; '.join(evidence)}." if evidence else ""
    return Finding("clv_spend", claim, value=value, n=error.n, unit="share", evidence=told)


@themed
def calibration(
    deciles: pd.DataFrame, alive: pd.DataFrame, spend: pd.DataFrame, *, model: str, currency: str
) -> Drawing:
    """Expected and actual by tenths of customers, by P(alive), and by expected spend; bars are intervals of the actual.

    Frames of `deciles`, `alive` and `spend`.
    """
    if not len(deciles) or not len(alive):
        return empty("Calibration", NO_HOLDOUT)
    figure, (tenths, living, paid) = canvas(columns=3, height=3.6)
    place = np.arange(len(deciles))
    tenths.bar(place, deciles["expected_mean"], color=SKY, label="expected")
    _bars(tenths, place, deciles, "actual_mean")
    tenths.set_title(f"By expected purchases (n = {say.number(deciles['n'].sum())})", fontsize=10)
    tenths.set(xlabel="tenths, most expected first", ylabel="purchases a customer")
    tenths.set_xticks(place, [str(at) for at in deciles["decile"]])
    tenths.legend()
    living.plot([0, 1], [0, 1], color=FAINT, linestyle="--", label="all alive buy")
    living.plot(
        alive["p_alive"], alive["expected_share"], color=BLUE, marker="s", markersize=3, label="expected to buy"
    )
    _bars(living, alive["p_alive"], alive, "actual_share")
    living.set_title("By P(alive)", fontsize=10)
    living.set(xlabel="P(alive)", ylabel="customers who bought", xlim=(0, 1.02), ylim=(0, 1.02))
    living.xaxis.set_major_formatter(SHARE_AXIS)
    living.yaxis.set_major_formatter(SHARE_AXIS)
    living.legend(loc="upper left")
    _spend(paid, spend, currency)
    first, last = alive.iloc[0], alive.iloc[-1]
    return Drawing(
        figure,
        f"{_name(model)}: expected and actual purchases a customer fall from "
        f"{say.number(deciles['expected_mean'].iloc[0], digits=2)} and "
        f"{say.number(deciles['actual_mean'].iloc[0], digits=2)} in the first tenth to "
        f"{say.number(deciles['expected_mean'].iloc[-1], digits=2)} and "
        f"{say.number(deciles['actual_mean'].iloc[-1], digits=2)} in the last; of customers with P(alive) near "
        f"{say.share(first['p_alive'], digits=0)} {say.share(first['actual_share'], digits=0)} bought, near "
        f"{say.share(last['p_alive'], digits=0)} {say.share(last['actual_share'], digits=0)}.",
    )


def _spend(axes: Axes, frame: pd.DataFrame, currency: str) -> None:
    axes.set_title(f"By expected spend (n = {say.number(frame['n'].sum())})", fontsize=10)
    if not len(frame):
        axes.text(0.5, 0.5, "nobody bought", ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    high = 1.08 * frame[["expected_spend_amount", "actual_spend_amount", "high"]].max().max()
    axes.plot([0, high], [0, high], color=FAINT, linestyle="--", label="as expected")
    _bars(axes, frame["expected_spend_amount"], frame, "actual_spend_amount")
    axes.set(xlabel=f"{currency} a purchase, expected", ylabel=f"{currency} a purchase, actual")
    axes.set(xlim=(0, high), ylim=(0, high))
    axes.legend(loc="upper left")


def _bars(axes: Axes, place: ArrayLike, frame: pd.DataFrame, column: str) -> None:
    below, above = (frame[column] - frame["low"]).fillna(0), (frame["high"] - frame[column]).fillna(0)
    axes.errorbar(place, frame[column], yerr=[below, above], color=INK, fmt="o", markersize=4, label="actual, interval")


def _name(forecaster: str) -> str:
    return {**TITLES, **RIVALS}.get(forecaster, forecaster)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _purchases(value: float) -> str:
    return "no purchases" if say.is_missing(value) else say.counted(round(value), "purchase")


def _weeks(value: float) -> str:
    return say.counted(round(value), "week")


def _one_digit(value: float) -> str:
    return say.number(value, digits=1)


def _four_digits(value: float) -> str:
    return say.number(value, digits=4)
