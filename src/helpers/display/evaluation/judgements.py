"""The judge's words and pictures: which model to use, for what not, and how near each forecaster came."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from datetime import timedelta
from typing import Any

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
from helpers.display.wording import named, sentences, vocabulary, worded, worded_n
from helpers.models.buying.registry import MODELS
from helpers.models.evaluation.calibration import GroupError, ProbabilityError, SpendError
from helpers.models.evaluation.holdout_days import Plan
from helpers.models.evaluation.tracking import TrackingError
from helpers.models.evaluation.verdicts import Verdict
from helpers.models.statistics.intervals import Estimate

TITLES = {name: model.title for name, model in MODELS.items()}
RIVALS = dict(
    zip(
        ("past_rate", "year_before", "segment_mean"),
        vocabulary("the past rate carried forward", "the same weeks a year before", "the mean of the segment"),
        strict=True,
    )
)
USES = dict(zip(("totals", "customers"), vocabulary("budgets and totals", "choosing customers"), strict=True))
STYLES = ((ORANGE, "-", "s"), (GREEN, "--", "^"), (VERMILION, ":", "D"), (PURPLE, "-.", "v"), (SKY, "-", "P"))
NOT_MODELS = {"label", "n", "actual_mean", "low", "high", "customer_count", *RIVALS}
PASTS = dict(
    zip(
        ("once", "repeatedly"),
        vocabulary("customers who had bought once", "customers who had come back before"),
        strict=True,
    )
)

WHY_NOT = dict(
    zip(
        (
            "no_holdout",
            "no_model",
            "no_purchases",
            "total_off",
            "revenue_off",
            "rival_total",
            "rival_customers",
        ),
        vocabulary(
            "The data are too young to hold anything out, so no model was tested.",
            "No model could be fitted.",
            "None of {customers} bought in the {weeks} held out, so no model could be tested.",
            "The best model expected {expected} in the {weeks} held out where {actual} came ({off}; the limit is "
            "{limit} either way).",
            "By the model, revenue in the {weeks} held out was {revenue_off} off (the limit is {limit} either way).",
            "{rival} comes nearer to the {came} that came in the {weeks} held out ({rival_expected} against "
            "{model_expected} of the model).",
            "{rival} errs less per customer than the model ({rival_error} purchases against {error}, root mean "
            "square).",
        ),
        strict=True,
    )
)
"""What speaks against a model, by the codes of the verdict."""


def marked(unfit_for: tuple[str, ...], *said: Finding | Table | Drawing) -> list[Finding | Table | Drawing]:
    """Findings, tables and drawings whose numbers rest on a model, with what it must not be used for before each.

    `unfit_for` is what the verdict names; where that is nothing, they are as they were.
    """
    if not unfit_for:
        return list(said)
    return [_marked(one, worded("Do not use for {uses}", uses=_uses(unfit_for))) for one in said]


def _marked(said: Finding | Table | Drawing, mark: str) -> Finding | Table | Drawing:
    if isinstance(said, Finding):
        return replace(said, claim=_after(mark, said.claim))
    if isinstance(said, Table):
        return replace(said, caption=_after(mark, said.caption))
    return replace(said, alt=_after(mark, said.alt), title=_after(mark, said.title) if said.title else mark)


def _after(mark: str, said: str) -> str:
    return worded("{mark}: {said}", mark=mark, said=said)


def _uses(unfit_for: tuple[str, ...]) -> str:
    first, *others = (named(USES[use]) for use in unfit_for)
    for other in others:
        first = worded("{use}, nor for {other}", use=first, other=other)
    return first


def verdict(judged: Verdict, *, level: float, key: str = "clv_verdict") -> Finding:
    """The sentence that the page opens with: which model to use, or what its values must not be used for."""
    unit = "share"
    claim, evidence = _against(judged) if judged.reasons else _for(judged, level)
    if not judged.is_identified:
        told = worded("The data do not identify the parameters of the model, so its intervals are too narrow.")
        evidence = sentences(evidence, told)
    if say.is_missing(judged.off.value):
        return Finding(key, claim, n=judged.n, evidence=evidence)
    return estimated(key, claim, judged.off, unit, evidence=evidence)


def _for(judged: Verdict, level: float) -> tuple[str, str]:
    low, high = (say.signed_share(bound) for bound in (judged.off.low, judged.off.high))
    off = judged.off.value
    terms = {"weeks": _weeks(judged.weeks), "off": say.share(abs(off))}
    if off < 0:
        claim = worded("The model can be used: on {weeks} that it had not seen it was {off} low.", **terms)
    else:
        claim = worded("The model can be used: on {weeks} that it had not seen it was {off} high.", **terms)
    told = {
        "interval": say.interval(low, high, level=level, is_start=True),
        "customers": say.counted(judged.n, "customer"),
        "expected": _purchases(judged.expected),
        "actual": say.number(judged.actual),
    }
    if judged.rival is None:
        return claim, worded(
            "{interval}; of {customers} it expected {expected}, and {actual} came; there was no naive rival to compare "
            "it with.",
            **told,
        )
    rival = worded(
        "The best naive rival, {rival}, is {off} off and errs by {rival_error} purchases a customer against {error} "
        "(root mean square).",
        rival=_name(judged.rival),
        off=say.signed_share(judged.rival_off),
        rival_error=say.number(judged.rival_rmse, digits=2),
        error=say.number(judged.rmse, digits=2),
    )
    evidence = worded("{interval}; of {customers} it expected {expected}, and {actual} came.", **told)
    return claim, sentences(evidence, rival)


def _against(judged: Verdict) -> tuple[str, str]:
    """Do not use ... : because of this, and that."""
    terms = {
        "weeks": _weeks(judged.weeks),
        "rival": _capital(_name(judged.rival)) if judged.rival else "",
        "customers": say.counted(judged.n, "customer"),
        "expected": _purchases(judged.expected),
        "actual": say.number(judged.actual),
        "came": _purchases(judged.actual),
        "off": say.signed_share(judged.off.value),
        "revenue_off": say.signed_share(judged.revenue_off),
        "limit": say.exact_share(judged.limit),
        "rival_expected": say.number(judged.rival_expected),
        "model_expected": say.number(judged.expected),
        "rival_error": say.number(judged.rival_rmse, digits=2),
        "error": say.number(judged.rmse, digits=2),
    }
    reasons = sentences(*(worded(WHY_NOT[reason], **terms) for reason in judged.reasons))
    return worded("Do not use these values for {uses}.", uses=_uses(judged.unfit_for)), reasons


def held_out(plan: Plan) -> Finding:
    """Which days were kept from the models, and why fewer than asked for."""
    key, unit = "clv_holdout", "weeks"
    span = _weeks(((plan.as_of - plan.first_on).days + 1) / 7)
    if plan.calibration_end is None:
        told = worded(
            "They hold {span} to {day}; models can be fitted to what customers did so far.",
            span=span,
            day=say.day(plan.as_of),
        )
        claim = worded("No model has been tested: the data are too few to hold any out.")
        return Finding(key, claim, unit=unit, evidence=told)
    start = plan.calibration_end + timedelta(days=1)
    claim = worded(
        "The {weeks} from {start} to {end} were held out.",
        weeks=_weeks(plan.weeks),
        start=say.day(start),
        end=say.day(plan.as_of),
    )
    seen = say.day(plan.calibration_end)
    if round(plan.weeks * 7) < round(plan.asked_weeks * 7):
        evidence = worded(
            "Models saw nothing after {day}; half of the data, since with {span} of them {asked} were too many.",
            day=seen,
            span=span,
            asked=_weeks(plan.asked_weeks),
        )
    else:
        evidence = worded("Models saw nothing after {day}.", day=seen)
    return Finding(key, claim, value=plan.weeks, unit=unit, evidence=evidence)


def scores(frame: pd.DataFrame, *, recommended: str | None = None) -> Table:
    """How models and rivals did: one row a forecaster."""
    names = [f"{_capital(_name(name))}{' ✓' if name == recommended else ''}" for name in frame["model"]]
    bias, likelihood, off = worded("bias"), worded("log-likelihood"), worded("total off")
    columns = {
        "holdout_purchase_count": worded("purchases expected"),
        "total_error": off,
        "mae": "MAE",
        "rmse": "RMSE",
        "msle": "MSLE",
        "bias": bias,
        "log_likelihood": likelihood,
        "bic": "BIC",
    }
    shown = frame[list(columns)].set_axis(list(columns.values()), axis="columns")
    shown.insert(0, worded("forecaster"), names)
    actual = say.number(frame["actual_purchase_count"].max() if len(frame) else None)
    formats: dict[str, tables.Format] = dict.fromkeys(shown.columns[1:], _one_digit)
    formats |= dict.fromkeys(["MAE", "RMSE", "MSLE", bias], _four_digits)
    formats[off] = say.signed_share
    caption = worded(
        "What each expected of the weeks held out, in which {actual} purchases came; MAE, RMSE and bias in purchases "
        "per customer, ✓ recommended",
        actual=actual,
    )
    return tables.table(shown, caption=caption, formats=formats)


def tracked(error: TrackingError, *, model: str) -> Finding:
    """How far the holdout ran away from what the model expected when customers came."""
    if not error.actual:
        return Finding("clv_tracking", worded("Nobody bought in the weeks held out."))
    claim = worded(
        "Knowing first purchases alone, {model} was {off} off in the weeks held out.",
        model=_name(model),
        off=say.signed_share(error.off_share),
    )
    terms = {"expected": say.number(error.expected), "actual": say.number(error.actual)}
    if say.is_missing(error.weekly_off_share):
        evidence = worded("It expected {expected} repeat purchases where {actual} came.", **terms)
    else:
        evidence = worded(
            "It expected {expected} repeat purchases where {actual} came; a single week was off by {off} on average.",
            **terms,
            off=say.share(error.weekly_off_share, digits=0),
        )
    return Finding("clv_tracking", claim, value=error.off_share, n=error.actual, unit="share", evidence=evidence)


@themed
def tracking(frame: pd.DataFrame) -> Drawing:
    """Repeat purchases week by week and added up, actual and expected; a row of `frame` is a week."""
    models = [name for name in map(str, frame) if f"cumulative_{name}" in frame and name != "actual"]
    figure, (added, weekly) = canvas(columns=2, height=3.6)
    whole = frame[frame["is_complete"]]
    border = frame.loc[~frame["is_holdout"], "week"].max() + 0.5
    added.plot(frame["week"], frame["cumulative_actual"], color=INK, linewidth=2, label=worded("actual"))
    weekly.plot(
        whole["week"], whole["actual"], color=INK, linewidth=1, marker=".", markersize=4, label=worded("actual")
    )
    for name, (color, line, _) in zip(models, STYLES, strict=False):
        added.plot(frame["week"], frame[f"cumulative_{name}"], color=color, linestyle=line, label=_name(name))
        weekly.plot(whole["week"], whole[name], color=color, linestyle=line, label=_name(name))
    added.set(title=worded("Repeat purchases, added up"))
    weekly.set(title=worded("Repeat purchases in the week"))
    for axes in (added, weekly):
        axes.set(xlabel=worded("week"), ylabel=worded("purchases"), ylim=(0, None))
        axes.axvline(border, color=FAINT, linestyle="--")
        axes.text(border, axes.get_ylim()[1], f" {worded('held out')}", va="top")
        axes.yaxis.set_major_formatter(lambda value, _: say.number(value))
    name_lines(added)
    ends = [
        worded("{name} {count}", name=_name(name), count=say.number(frame[f"cumulative_{name}"].iloc[-1]))
        for name in models
    ]
    alt = worded(
        "Repeat purchases over {weeks}, the last {held} held out: {actual} came; expected {ends}.",
        weeks=say.counted(len(frame), "week"),
        held=frame["is_holdout"].sum(),
        actual=say.number(frame["cumulative_actual"].iloc[-1]),
        ends=say.listed(ends),
    )
    return Drawing(figure, alt)


def conditional(error: GroupError | None, *, model: str) -> Finding:
    """Where the expectation given the past is furthest off, among groups of past frequency that may be shown."""
    if error is None:
        return untold("clv_conditional", worded("How far off groups of customers were is"))
    claim = worded_n(
        2 - (error.label == "1"),
        "{model} is furthest off for customers with {count} repeat purchase before.",
        "{model} is furthest off for customers with {count} repeat purchases before.",
        model=_name(model),
        count=error.label,
    )
    terms = {
        "expected": say.number(error.expected_mean, digits=2),
        "actual": say.number(error.actual_mean, digits=2),
        "customers": say.counted(error.n, "customer"),
    }
    if error.bounded_count:
        evidence = worded(
            "It expected {expected} purchases of each and {actual} came; {customers}; in {inside} of {groups} its mean "
            "lies in the interval of the actual one.",
            **terms,
            inside=error.inside_count,
            groups=say.counted(error.bounded_count, "group"),
        )
    else:
        evidence = worded("It expected {expected} purchases of each and {actual} came; {customers}.", **terms)
    n = error.customer_count
    return Finding("clv_conditional", claim, value=error.missed_count, n=n, evidence=evidence)


def coming_back(frame: pd.DataFrame, *, model: str, level: float) -> Finding:
    """Whether the model knew who would come back at all, one-time buyers first; a row of `frame` is a group of them."""
    first, *others = frame.to_dict("records")
    if say.is_missing(first["n"]):
        return untold("clv_coming_back", worded("Who came back is"))
    others = [one for one in others if not say.is_missing(one["n"])]
    actual = Estimate(first["actual_share"], first["low"], first["high"], int(first["n"]))
    claim = worded(
        "Of {past}, {model} expected {expected} back, and {actual} came.",
        past=named(PASTS[first["label"]]),
        model=_name(model),
        expected=say.share(first[model]),
        actual=say.share(actual.value),
    )
    customers = say.counted(actual.n, "customer")
    if say.is_missing(actual.low):
        evidence = worded("Of {customers} in the weeks held out.", customers=customers)
    else:
        bounds = say.interval(say.share(actual.low), say.share(actual.high), level=level, is_start=True)
        evidence = worded("{interval}, of {customers} in the weeks held out.", interval=bounds, customers=customers)
    more = [
        worded(
            "Of {count} {past}, {expected} were expected and {actual} came.",
            count=say.number(one["n"]),
            past=named(PASTS[one["label"]]),
            expected=say.share(one[model]),
            actual=say.share(one["actual_share"]),
        )
        for one in others
    ]
    return estimated("clv_coming_back", claim, actual, "share", evidence=sentences(evidence, *more))


@themed
def purchases(histogram: pd.DataFrame, frequency: pd.DataFrame, recency: pd.DataFrame) -> Drawing:
    """Repeats in the calibration, and purchases in the holdout by past frequency and by recency.

    Frames of `histogram`, `by_frequency` and `by_recency`; the bars are intervals of the actual means.
    """
    figure, (repeats, often, recent) = canvas(columns=3, height=3.6)
    models = [name for name in map(str, histogram) if name not in NOT_MODELS]
    place = np.arange(len(histogram))
    repeats.bar(place, histogram["customer_count"], color=FAINT, label=worded("actual"))
    for name, (color, _, marker) in zip(models, STYLES, strict=False):
        repeats.plot(place, histogram[name], color=color, linestyle="", marker=marker, markersize=4, label=_name(name))
    customers = say.number(histogram["customer_count"].sum())
    repeats.set_title(worded("Past repeats (n = {count})", count=customers), fontsize=10)
    repeats.set(xlabel=worded("repeat purchases"), ylabel=worded("customers"), ylim=(0, None))
    repeats.yaxis.set_major_formatter(lambda value, _: say.number(value))
    key_on_top(repeats)
    _ticks(repeats, histogram["label"])
    for axes, frame, title, name in (
        (often, frequency, worded("Held out, by past repeats"), worded("repeat purchases before")),
        (recent, recency, worded("Held out, by recency"), worded("weeks from first purchase to last")),
    ):
        _means(axes, frame, models)
        axes.set_title(title, fontsize=10)
        axes.set(xlabel=name, ylabel=worded("purchases a customer (bar: interval)"), ylim=(0, None))
        _ticks(axes, frame["label"])
    parts = [_group_means(row, models) for row in frequency.to_dict("records")]
    alt = worded(
        "Purchases a customer in the holdout by repeat purchases before, actual {parts}.", parts=say.lined_up(parts)
    )
    return Drawing(figure, alt)


def _group_means(row: dict[Hashable, Any], models: list[str]) -> str:
    means = [worded("{name} {mean}", name=_name(name), mean=say.number(row[name], digits=2)) for name in models]
    actual = say.number(row["actual_mean"], digits=2)
    return worded("{label}: {actual}, {means}", label=row["label"], actual=actual, means=say.listed(means))


def _means(axes: Axes, frame: pd.DataFrame, models: list[str]) -> None:
    place = np.arange(len(frame))
    below, above = (frame["actual_mean"] - frame["low"]).fillna(0), (frame["high"] - frame["actual_mean"]).fillna(0)
    axes.errorbar(
        place, frame["actual_mean"], yerr=[below, above], color=INK, fmt="o", markersize=4, label=worded("actual")
    )
    for name, (color, line, marker) in zip(models, STYLES, strict=False):
        axes.plot(place, frame[name], color=color, linestyle=line, marker=marker, markersize=3, label=_name(name))


def _ticks(axes: Axes, labels: pd.Series) -> None:
    turned = 45 if labels.str.len().max() > 2 else 0
    said = [worded("once") if label == "once" else label for label in labels]
    axes.set_xticks(np.arange(len(labels)), said, rotation=turned)
    axes.grid(visible=False, axis="x")


def calibrated(deciles: pd.DataFrame, error: ProbabilityError, *, model: str) -> Finding:
    """Whether the best customers were found, and whether customers called alive came back.

    A row of `deciles` is a tenth of customers, the most expected first.
    """
    if not len(deciles):
        return untold("clv_calibration", worded("Whether the best customers were found is"))
    best = deciles.iloc[0]
    if say.is_missing(best["actual_share"]):
        claim = worded("Nobody bought in the weeks held out, so there is nothing to order.")
        return Finding("clv_calibration", claim)
    found = worded(
        "The {customers} of whom it expected most made {share} of the purchases held out ({best} had the order been "
        "known).",
        customers=say.counted(int(best["n"]), "customer"),
        share=say.share(best["actual_share"]),
        best=say.share(best["best_share"]),
    )
    blind = worded(
        "{model} cannot tell who of those who bought once is alive: of them none is given.", model=_name(model)
    )
    blind = "" if MODELS[model].tells_one_time_buyers else blind
    if say.is_missing(error.expected_share):  # no group of like P(alive) is large enough to be told of
        return Finding("clv_calibration", found, n=int(best["n"]), evidence=blind)
    claim = worded(
        "{model} expected {expected} of customers to buy at all, and {actual} did.",
        model=_name(model),
        expected=say.share(error.expected_share),
        actual=say.share(error.actual_share),
    )
    off = worded(
        "Over groups of like P(alive) its share is off by {off} on average.", off=say.points(error.error_share)
    )
    evidence = sentences(off, found, blind)
    return Finding("clv_calibration", claim, value=error.error_share, n=error.n, unit="share", evidence=evidence)


def spending(groups: pd.DataFrame, error: SpendError, *, currency: str) -> Finding:
    """Whether customers paid what was expected of them; a row of `groups` is a fifth of them, by expected spend."""
    if not error.n:
        claim = worded("Nobody bought in the weeks held out, so spend cannot be compared.")
        return Finding("clv_spend", claim, unit=currency)
    claim, off, ends = worded("The purchases held out were worth nothing."), "", ""
    if error.actual_amount:
        claim = worded(
            "A purchase held out was worth {actual} where {expected} was expected.",
            actual=say.money(error.actual_amount, currency=currency),
            expected=say.money(error.expected_amount, currency=currency),
        )
        off = worded("Expected was {off} of what came.", off=say.signed_share(error.off_share))
    if len(groups) > 1:
        ends = worded(
            "Lowest expected spend: {lowest} where {lowest_expected} was expected; highest: {highest} where "
            "{highest_expected} was expected.",
            **{
                name: say.money(row[column], currency=currency)
                for name, row, column in (
                    ("lowest", groups.iloc[0], "actual_spend_amount"),
                    ("lowest_expected", groups.iloc[0], "expected_spend_amount"),
                    ("highest", groups.iloc[-1], "actual_spend_amount"),
                    ("highest_expected", groups.iloc[-1], "expected_spend_amount"),
                )
            },
        )
    value = error.off_share if error.actual_amount else None
    return Finding("clv_spend", claim, value=value, n=error.n, unit="share", evidence=sentences(off, ends))


@themed
def calibration(
    deciles: pd.DataFrame, alive: pd.DataFrame, spend: pd.DataFrame, *, model: str, currency: str
) -> Drawing:
    """Expected and actual by tenths of customers, by P(alive), and by expected spend; bars are intervals of the actual.

    Frames of `deciles`, `alive` and `spend`.
    """
    if not len(deciles) or not len(alive):
        why = worded("No group that may be shown was held out, so there is nothing to compare.")
        return empty(worded("Calibration"), why)
    figure, (tenths, living, paid) = canvas(columns=3, height=3.6)
    place = np.arange(len(deciles))
    tenths.bar(place, deciles["expected_mean"], color=SKY, label=worded("expected"))
    _bars(tenths, place, deciles, "actual_mean")
    count = say.number(deciles["n"].sum())
    tenths.set_title(worded("By expected purchases (n = {count})", count=count), fontsize=10)
    tenths.set(xlabel=worded("tenths, most expected first"), ylabel=worded("purchases a customer"))
    tenths.set_xticks(place, [str(at) for at in deciles["decile"]])
    tenths.legend()
    living.plot([0, 1], [0, 1], color=FAINT, linestyle="--", label=worded("all alive buy"))
    expected = worded("expected to buy")
    living.plot(alive["p_alive"], alive["expected_share"], color=BLUE, marker="s", markersize=3, label=expected)
    _bars(living, alive["p_alive"], alive, "actual_share")
    living.set_title(worded("By P(alive)"), fontsize=10)
    living.set(xlabel=worded("P(alive)"), ylabel=worded("customers who bought"), xlim=(0, 1.02), ylim=(0, 1.02))
    living.xaxis.set_major_formatter(SHARE_AXIS)
    living.yaxis.set_major_formatter(SHARE_AXIS)
    living.legend(loc="upper left")
    _spend(paid, spend, currency)
    return Drawing(figure, _calibration_alt(deciles, alive, model))


def _calibration_alt(deciles: pd.DataFrame, alive: pd.DataFrame, model: str) -> str:
    first, last = deciles.iloc[0], deciles.iloc[-1]
    least, most = alive.iloc[0], alive.iloc[-1]
    return worded(
        "{model}: expected and actual purchases a customer fall from {expected} and {actual} in the first tenth to "
        "{last_expected} and {last_actual} in the last; of customers with P(alive) near {least} {least_bought} bought, "
        "near {most} {most_bought}.",
        model=_name(model),
        expected=say.number(first["expected_mean"], digits=2),
        actual=say.number(first["actual_mean"], digits=2),
        last_expected=say.number(last["expected_mean"], digits=2),
        last_actual=say.number(last["actual_mean"], digits=2),
        least=say.share(least["p_alive"], digits=0),
        least_bought=say.share(least["actual_share"], digits=0),
        most=say.share(most["p_alive"], digits=0),
        most_bought=say.share(most["actual_share"], digits=0),
    )


def _spend(axes: Axes, frame: pd.DataFrame, currency: str) -> None:
    axes.set_title(worded("By expected spend (n = {count})", count=say.number(frame["n"].sum())), fontsize=10)
    if not len(frame):
        axes.text(0.5, 0.5, worded("nobody bought"), ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    high = 1.08 * frame[["expected_spend_amount", "actual_spend_amount", "high"]].max().max()
    axes.plot([0, high], [0, high], color=FAINT, linestyle="--", label=worded("as expected"))
    _bars(axes, frame["expected_spend_amount"], frame, "actual_spend_amount")
    axes.set(
        xlabel=worded("{currency} a purchase, expected", currency=named(currency)),
        ylabel=worded("{currency} a purchase, actual", currency=named(currency)),
    )
    axes.set(xlim=(0, high), ylim=(0, high))
    axes.legend(loc="upper left")


def _bars(axes: Axes, place: ArrayLike, frame: pd.DataFrame, column: str) -> None:
    below, above = (frame[column] - frame["low"]).fillna(0), (frame["high"] - frame[column]).fillna(0)
    label = worded("actual, interval")
    axes.errorbar(place, frame[column], yerr=[below, above], color=INK, fmt="o", markersize=4, label=label)


def _name(forecaster: str) -> str:
    return TITLES.get(forecaster) or named(RIVALS.get(forecaster, forecaster))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _purchases(value: float) -> str:
    return worded("no purchases") if say.is_missing(value) else say.counted(round(value), "purchase")


def _weeks(value: float) -> str:
    return say.counted(round(value), "week")


def _one_digit(value: float) -> str:
    return say.number(value, digits=1)


def _four_digits(value: float) -> str:
    return say.number(value, digits=4)
