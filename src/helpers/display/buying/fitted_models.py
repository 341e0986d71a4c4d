"""What a fitted model of buying says of customers, in plain words, in a table and in pictures."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from helpers.display import language as say
from helpers.display import tables
from helpers.display.buying import fit_notes
from helpers.display.design import HEAT
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.theme import BLANK, BLUE, INK, ORANGE, themed
from helpers.display.wording import named, recast, sentences, vocabulary, worded
from helpers.models.buying.fitting import Fit
from helpers.models.buying.lifetimes_check import Check

WEEKS_PER_YEAR = 365.2425 / 7
LONG_WEEKS = 100 * WEEKS_PER_YEAR
"""A lifetime beyond which no data of a shop say anything: a hundred years."""
MEANINGS = dict(
    zip(
        ("r", "alpha", "s", "beta", "a", "b", "p", "q", "gamma"),
        vocabulary(
            "how alike customers are in how often they buy (below 1: most buy rarely, few often)",
            "weeks; the mean purchase rate a week is r / alpha",
            "how alike customers are in how soon they leave",
            "weeks; the mean dropout rate a week is s / beta",
            "the mean chance to leave with a purchase is a / (a + b)",
            "see a",
            "how alike the purchases of one customer are in what they cost",
            "how alike customers are in what they spend (above 1, or there is no mean)",
            "money; the mean spend is p gamma / (q - 1)",
        ),
        strict=True,
    )
)
FAILURES = vocabulary(
    "The model did not converge. Try adding a larger penalizer to see if that helps convergence.",
    "Singular matrix",
)
"""What the optimiser of lifetimes says where it failed."""
OFTEN, SOON = vocabulary("How often customers buy", "How soon customers leave")
A_WEEK, LEAVING, CHANCE = vocabulary(
    "purchases a week while a customer", "rate of leaving a week", "chance to leave with a purchase"
)
QUANTITIES = {
    "purchase_rate_per_week": (OFTEN, A_WEEK, BLUE, ""),
    "dropout_rate_per_week": (SOON, LEAVING, ORANGE, "///"),
    "dropout_probability": (SOON, CHANCE, ORANGE, "///"),
}


def parameters(fit: Fit, *, title: str, level: float, who: str = "", pooled: Fit | None = None) -> Finding:
    """What the parameters of a model of buying mean: how often customers buy, and how soon they leave.

    Parameters
    ----------
    fit
        Of Pareto/NBD, BG/NBD or MBG/NBD.
    title
        Name of the model in print.
    level
        Coverage of the intervals.
    who
        Whom the fit is of, where it is a part of the customers: a quoted name of a segment.
    pooled
        The fit of all customers, beside one that is not identified.
    """
    key = "clv_parameters" + (f"_{who}" if who else "")
    whose = _whose(fit, who)
    if not fit.is_identified:
        claim = worded("What the model would say of the buying of {whose} is no more than a guess.", whose=whose)
        evidence = fit_notes.retold(fit.notes)
        if pooled is not None and pooled.is_identified:
            told = worded("Of all {customers} together it says this.", customers=say.counted(pooled.n, "customer"))
            evidence = sentences(evidence, told, _described(pooled, level=level))
        return Finding(key, claim, n=fit.n, evidence=evidence)
    rate = _row(fit, "purchase_rate_per_week")
    value, low, high = (rate[name] * WEEKS_PER_YEAR for name in ("estimate", "low", "high"))
    claim = worded(
        "While they are customers, people buy {times} times a year after the first purchase.", times=_figures(value)
    )
    by = worded("By {model}, fitted to {whose}.", model=title, whose=whose)
    evidence = sentences(by, _described(fit, level=level), fit_notes.retold(fit.notes))
    return Finding(key, claim, value, low, high, fit.n, "purchases a year", evidence)


def _whose(fit: Fit, who: str) -> str:
    customers = say.counted(fit.n, "customer")
    if who:
        return worded("the {customers} of {segment}", customers=customers, segment=say.quoted(who))
    return worded("the {customers}", customers=customers)


def parameter_table(frame: pd.DataFrame, *, titles: dict[str, str], level: float) -> Table:
    """The parameters of fitted models with standard errors and intervals; a row of `frame` is a parameter."""
    estimate, error, robust = worded("estimate"), worded("standard error"), worded("robust")
    low, high = worded("from"), worded("to")
    shown = pd.DataFrame(
        {
            worded("model"): [titles.get(name, name) for name in frame["model"]],
            worded("parameter"): frame["parameter"],
            estimate: frame["estimate"],
            error: frame["standard_error"],
            robust: frame["robust_standard_error"],
            low: frame["low"],
            high: frame["high"],
            worded("what it is"): [named(MEANINGS.get(name, "")) for name in frame["parameter"]],
        }
    )
    caption = worded("Parameters with {level} intervals; a dash where a value is unknown", level=say.exact_share(level))
    formats = dict.fromkeys([estimate, error, robust, low, high], _figures)
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)


@themed
def matrices(frame: pd.DataFrame, *, title: str, weeks: float) -> Drawing:
    """P(alive) and expected purchases of a customer of one age, by frequency and recency; a row of `frame` is a cell.

    `frame` as `shapes.matrix` gives it. Cells that no history can have are grey.
    """
    age = float(frame["age_weeks"].iloc[0])
    span = say.number(weeks, digits=0 if float(weeks).is_integer() else 1)
    figure, (alive, expected) = canvas(columns=2, height=3.8)
    _matrix(alive, frame, "p_alive", worded("P(alive)"), top=1.0)
    _matrix(expected, frame, "expected_purchase_count", worded("Expected purchases, next {span} weeks", span=span))
    heading = worded("{model}: a customer of {age} weeks", model=title, age=say.number(age, digits=1))
    return Drawing(figure, _matrices_alt(frame, title, age, span), title=heading)


def _matrix(axes: Axes, frame: pd.DataFrame, column: str, name: str, *, top: float | None = None) -> None:
    many = frame[frame["frequency"] > 0]
    grid = many.pivot(index="frequency", columns="recency_weeks", values=column)
    step = float(grid.columns[0])
    image = np.full((len(grid) + 1, len(grid.columns) + 1), np.nan)
    image[1:, 1:] = grid.to_numpy()
    image[0, 0] = frame.loc[frame["frequency"] == 0, column].iloc[0]
    extent = (-step / 2, float(grid.columns[-1]) + step / 2, -0.5, len(grid) + 0.5)
    left, right, bottom, upper = extent
    drawn = axes.pcolormesh(
        np.linspace(left, right, image.shape[1] + 1),
        np.linspace(bottom, upper, image.shape[0] + 1),
        np.ma.masked_invalid(image),
        cmap=ListedColormap(HEAT),
        vmin=0,
        vmax=top,
        linewidth=0,
        antialiased=False,
    )
    axes.set_facecolor(BLANK)
    axes.grid(visible=False)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set(title=name, xlabel=worded("recency: weeks from first to last purchase"), ylabel=worded("repeat purchases"))
    bar = axes.figure.colorbar(drawn, ax=axes)
    if top is not None:
        bar.ax.yaxis.set_major_formatter(SHARE_AXIS)
    if np.isfinite(image).any() and np.nanmax(image) > np.nanmin(image):
        x, y = np.arange(len(grid.columns) + 1) * step, np.arange(len(grid) + 1)
        lines = axes.contour(x, y, image, levels=4, colors=INK, linewidths=0.5, alpha=0.6)
        axes.clabel(lines, fontsize="small", fmt=(lambda value: f"{100 * value:.0f}%") if top else "%.3g")


def _matrices_alt(frame: pd.DataFrame, title: str, age: float, span: str) -> str:
    once = frame[frame["frequency"] == 0].iloc[0]
    best = frame.nlargest(1, "expected_purchase_count").iloc[0]
    most = frame[frame["frequency"] == frame["frequency"].max()].to_dict("records")
    early = min(most, key=lambda row: abs(row["recency_weeks"] - age / 2))
    return worded(
        "{model}, a customer of {age} weeks: bought once only, P(alive) {alive} and {once} purchases in the next "
        "{span} weeks; {repeats}, the last of them half way, {early_alive} and {early}; most are expected of "
        "{best_repeats} up to week {week}, {best}.",
        model=title,
        age=say.number(age, digits=1),
        alive=worded("unknown") if say.is_missing(once["p_alive"]) else say.share(once["p_alive"]),
        once=say.number(once["expected_purchase_count"], digits=2),
        span=span,
        repeats=say.counted(int(early["frequency"]), "repeat purchase"),
        early_alive=say.share(early["p_alive"]),
        early=say.number(early["expected_purchase_count"], digits=2),
        best_repeats=say.counted(int(best["frequency"]), "repeat purchase"),
        week=say.number(best["recency_weeks"], digits=1),
        best=say.number(best["expected_purchase_count"], digits=2),
    )


@themed
def mixing(frame: pd.DataFrame, *, title: str, n: int) -> Drawing:
    """How customers differ in how often they buy and how soon they leave; a row of `frame` is a bin.

    `frame` as `shapes.mixing` gives it.
    """
    quantities = list(frame["quantity"].unique())
    if not np.isfinite(frame["share"]).all():
        heading = worded("{model}: how customers differ", model=title)
        return empty(heading, worded("How customers differ is unknown from this fit."))
    figure, axes_list = canvas(columns=len(quantities), height=3.0)
    parts = []
    for axes, quantity in zip(axes_list, quantities, strict=True):
        bins = frame[frame["quantity"] == quantity]
        name, unit, color, hatch = QUANTITIES[quantity]
        axes.bar(
            bins["start"], bins["share"], bins["end"] - bins["start"], align="edge", color=color, hatch=hatch,
            edgecolor="white", linewidth=0.4,
        )  # fmt: skip
        mean = float(bins["mean"].iloc[0])
        axes.axvline(mean, color=INK, linestyle="--", linewidth=1, label="_")
        axes.annotate(
            worded("mean {mean}", mean=_figures(mean)), (mean, 0.96), (6, 0), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", color=INK,
        )  # fmt: skip
        axes.yaxis.set_major_formatter(SHARE_AXIS)
        said = named(unit)
        is_cut = quantity.endswith("_per_week")
        label = worded("{unit} (last bar: all above)", unit=said) if is_cut else said
        axes.set(title=named(name), xlabel=label, ylabel=worded("share of customers"))
        parts.append(
            worded(
                "{unit}: mean {mean}, {share} of customers below {end}",
                unit=said,
                mean=_figures(mean),
                share=say.share(bins["share"].iloc[0]),
                end=_figures(bins["end"].iloc[0]),
            )
        )
    alt = worded(
        "{model}, how {customers} differ by the model: {parts}.",
        model=title,
        customers=say.counted(n, "customer"),
        parts=say.lined_up(parts),
    )
    return Drawing(figure, alt, title=worded("{model} (n = {count})", model=title, count=say.number(n)))


def _described(fit: Fit, *, level: float) -> str:
    rate = {name: value * WEEKS_PER_YEAR for name, value in _row(fit, "purchase_rate_per_week").items()}
    bounds = [_figures(rate[name]) for name in ("low", "high")]
    text = worded(
        "While they are customers they buy {times} times a year on average after the first purchase ({interval}).",
        times=_figures(rate["estimate"]),
        interval=say.interval(*bounds, level=level),
    )
    names = set(fit.means["parameter"])
    if "median_lifetime_weeks" in names:
        return sentences(text, _lifetime(_row(fit, "median_lifetime_weeks"), level))
    if "dropout_probability" in names:
        return sentences(text, _dropout(fit, level))
    return text


def _dropout(fit: Fit, level: float) -> str:
    left = _row(fit, "dropout_probability")
    digits = 1 if left["estimate"] >= 0.01 else 2
    share, *bounds = (say.share(left[name], digits=digits) for name in ("estimate", "low", "high"))
    terms = {"share": share, "interval": say.interval(*bounds, level=level)}
    # MBG/NBD lets people leave with the first purchase too
    if fit.model.startswith("mbg"):
        return worded("With every purchase, the first too, {share} of them leave ({interval}).", **terms)
    return worded("With every repeat purchase, {share} of them leave ({interval}).", **terms)


def _lifetime(lifetime: dict[str, float], level: float) -> str:
    if not lifetime["estimate"] < LONG_WEEKS:
        return worded("How soon they leave is unknown: half of them would stay for a hundred years and more.")
    bounds = [_figures(lifetime[name]) if lifetime[name] < LONG_WEEKS else "–" for name in ("low", "high")]
    return worded(
        "Half of them have left {weeks} weeks after the first purchase ({interval}).",
        weeks=_figures(lifetime["estimate"]),
        interval=say.interval(*bounds, level=level),
    )


def _row(fit: Fit, name: str) -> dict[str, float]:
    row = fit.means[fit.means["parameter"] == name].iloc[0]
    return {column: float(row[column]) for column in ("estimate", "low", "high")}


def _figures(value: float) -> str:
    """A number with three significant figures, at least; whole where it is large."""
    if say.is_missing(value) or not np.isfinite(value):
        return "–"
    size = abs(float(value))
    digits = 0 if size >= 100 else 2 - int(np.floor(np.log10(size))) if size > 0 else 0
    return say.number(value, digits=min(digits, 6))


def cross_check(check: Check) -> Table:
    """BG/NBD by this package and by lifetimes; a row is a parameter."""
    names = [worded("parameter"), worded("own fit"), "lifetimes", worded("difference")]
    shown = check.parameters.set_axis(names, axis="columns")
    terms = {"customers": say.counted(check.n, "customer"), "failure": recast(check.failure, FAILURES)}
    formats: dict[str, tables.Format] = {names[1]: _figures, names[2]: _figures}
    formats[names[3]] = lambda share: say.share(abs(share), digits=1)
    if check.failure:
        caption = worded(
            "BG/NBD fitted to {customers} by this package and by lifetimes; lifetimes failed: {failure}", **terms
        )
    else:
        caption = worded("BG/NBD fitted to {customers} by this package and by lifetimes", **terms)
    return tables.table(shown, caption=caption, formats=formats)
