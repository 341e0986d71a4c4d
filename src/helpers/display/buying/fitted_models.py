"""What a fitted model of buying says of customers, in plain words, in a table and in pictures."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from helpers.display import language as say
from helpers.display import tables
from helpers.display.design import HEAT
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.theme import BLANK, BLUE, INK, ORANGE, themed
from helpers.models.buying.fitting import Fit
from helpers.models.buying.lifetimes_check import Check

WEEKS_PER_YEAR = 365.2425 / 7
LONG_WEEKS = 100 * WEEKS_PER_YEAR
"""A lifetime beyond which no data of a shop say anything: a hundred years."""
MEANINGS = {
    "r": "how alike customers are in how often they buy (below 1: most buy rarely, few often)",
    "alpha": "weeks; the mean purchase rate a week is r / alpha",
    "s": "how alike customers are in how soon they leave",
    "beta": "weeks; the mean dropout rate a week is s / beta",
    "a": "the mean chance to leave with a purchase is a / (a + b)",
    "b": "see a",
    "p": "how alike the purchases of one customer are in what they cost",
    "q": "how alike customers are in what they spend (above 1, or there is no mean)",
    "gamma": "money; the mean spend is p gamma / (q - 1)",
}
QUANTITIES = {
    "purchase_rate_per_week": ("How often customers buy", "purchases a week while a customer", BLUE, ""),
    "dropout_rate_per_week": ("How soon customers leave", "rate of leaving a week", ORANGE, "///"),
    "dropout_probability": ("How soon customers leave", "chance to leave with a purchase", ORANGE, "///"),
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
    whose = f"the {say.counted(fit.n, 'customer')}" + (f" of {say.quoted(who)}" if who else "")
    if not fit.is_identified:
        claim = f"What the model would say of the buying of {whose} is no more than a guess."
        evidence = _joined(fit.notes)
        if pooled is not None and pooled.is_identified:
            evidence += (
                f" Of all {say.counted(pooled.n, 'customer')} together it says: {_described(pooled, level=level)}."
            )
        return Finding(key, claim, n=fit.n, evidence=evidence)
    rate = _row(fit, "purchase_rate_per_week")
    value, low, high = (rate[name] * WEEKS_PER_YEAR for name in ("estimate", "low", "high"))
    claim = f"While they are customers, people buy {_figures(value)} times a year after the first purchase."
    evidence = f"By {title}, fitted to {whose}: {_described(fit, level=level)}."
    if fit.notes:
        evidence += f" {_joined(fit.notes)}"
    return Finding(key, claim, value, low, high, fit.n, "purchases a year", evidence)


def parameter_table(frame: pd.DataFrame, *, titles: dict[str, str], level: float) -> Table:
    """The parameters of fitted models with standard errors and intervals; a row of `frame` is a parameter."""
    shown = pd.DataFrame(
        {
            "model": [titles.get(name, name) for name in frame["model"]],
            "parameter": frame["parameter"],
            "estimate": frame["estimate"],
            "standard error": frame["standard_error"],
            "robust": frame["robust_standard_error"],
            "from": frame["low"],
            "to": frame["high"],
            "what it is": [MEANINGS.get(name, "") for name in frame["parameter"]],
        }
    )
    numbers = ["estimate", "standard error", "robust", "from", "to"]
    return tables.table(
        shown,
        caption=f"Parameters with {say.exact_share(level)} intervals; a dash where a value is unknown",
        formats=dict.fromkeys(numbers, _figures),
        is_folded=True,
    )


@themed
def matrices(frame: pd.DataFrame, *, title: str, weeks: float) -> Drawing:
    """P(alive) and expected purchases of a customer of one age, by frequency and recency; a row of `frame` is a cell.

    `frame` as `shapes.matrix` gives it. Cells that no history can have are grey.
    """
    age = float(frame["age_weeks"].iloc[0])
    horizon = f"next {say.number(weeks, digits=0 if float(weeks).is_integer() else 1)} weeks"
    figure, (alive, expected) = canvas(columns=2, height=3.8)
    _matrix(alive, frame, "p_alive", "P(alive)", top=1.0)
    _matrix(expected, frame, "expected_purchase_count", f"Expected purchases, {horizon}")
    heading = f"{title}: a customer of {say.number(age, digits=1)} weeks"
    return Drawing(figure, _matrices_alt(frame, title, age, horizon), title=heading)


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
    axes.set(title=name, xlabel="recency: weeks from first to last purchase", ylabel="repeat purchases")
    bar = axes.figure.colorbar(drawn, ax=axes)
    if top is not None:
        bar.ax.yaxis.set_major_formatter(SHARE_AXIS)
    if np.isfinite(image).any() and np.nanmax(image) > np.nanmin(image):
        x, y = np.arange(len(grid.columns) + 1) * step, np.arange(len(grid) + 1)
        lines = axes.contour(x, y, image, levels=4, colors=INK, linewidths=0.5, alpha=0.6)
        axes.clabel(lines, fontsize="small", fmt=(lambda value: f"{100 * value:.0f}%") if top else "%.3g")


def _matrices_alt(frame: pd.DataFrame, title: str, age: float, horizon: str) -> str:
    once = frame[frame["frequency"] == 0].iloc[0]
    best = frame.nlargest(1, "expected_purchase_count").iloc[0]
    most = frame[frame["frequency"] == frame["frequency"].max()].to_dict("records")
    early = min(most, key=lambda row: abs(row["recency_weeks"] - age / 2))
    alive = "unknown" if say.is_missing(once["p_alive"]) else say.share(once["p_alive"])
    return (
        f"{title}, a customer of {say.number(age, digits=1)} weeks: bought once only, P(alive) {alive} and "
        f"{say.number(once['expected_purchase_count'], digits=2)} purchases in the {horizon}; "
        f"{say.counted(int(early['frequency']), 'repeat purchase')}, the last of them half way, "
        f"{say.share(early['p_alive'])} and {say.number(early['expected_purchase_count'], digits=2)}; most are "
        f"expected of {say.counted(int(best['frequency']), 'repeat purchase')} up to week "
        f"{say.number(best['recency_weeks'], digits=1)}, {say.number(best['expected_purchase_count'], digits=2)}."
    )


@themed
def mixing(frame: pd.DataFrame, *, title: str, n: int) -> Drawing:
    """How customers differ in how often they buy and how soon they leave; a row of `frame` is a bin.

    `frame` as `shapes.mixing` gives it.
    """
    quantities = list(frame["quantity"].unique())
    if not np.isfinite(frame["share"]).all():
        return empty(f"{title}: how customers differ", "How customers differ is unknown from this fit.")
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
            f"mean {_figures(mean)}", (mean, 0.96), (6, 0), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", color=INK,
        )  # fmt: skip
        axes.yaxis.set_major_formatter(SHARE_AXIS)
        is_cut = quantity.endswith("_per_week")
        axes.set(title=name, xlabel=unit + (" (last bar: all above)" if is_cut else ""), ylabel="share of customers")
        parts.append(f"{unit}: mean {_figures(mean)}, {say.share(bins['share'].iloc[0])} of customers below "
                     f"{_figures(bins['end'].iloc[0])}")  # fmt: skip
    alt = f"{title}, how {say.counted(n, 'customer')} differ by the model: {'; '.join(parts)}."
    return Drawing(figure, alt, title=f"{title} (n = {say.number(n)})")


def _described(fit: Fit, *, level: float) -> str:
    rate = {name: value * WEEKS_PER_YEAR for name, value in _row(fit, "purchase_rate_per_week").items()}
    bounds = [_figures(rate[name]) for name in ("low", "high")]
    text = (
        f"while they are customers they buy {_figures(rate['estimate'])} times a year on average after the first "
        f"purchase ({say.interval(*bounds, level=level)})"
    )
    names = set(fit.means["parameter"])
    if "median_lifetime_weeks" in names:
        return f"{text}; {_lifetime(_row(fit, 'median_lifetime_weeks'), level)}"
    if "dropout_probability" in names:
        left = _row(fit, "dropout_probability")
        # MBG/NBD lets people leave with the first purchase too
        each = "every purchase, the first too" if fit.model.startswith("mbg") else "every repeat purchase"
        digits = 1 if left["estimate"] >= 0.01 else 2
        share, *bounds = (say.share(left[name], digits=digits) for name in ("estimate", "low", "high"))
        return f"{text}; with {each}, {share} of them leave ({say.interval(*bounds, level=level)})"
    return text


def _lifetime(lifetime: dict[str, float], level: float) -> str:
    if not lifetime["estimate"] < LONG_WEEKS:
        return "how soon they leave is unknown: half of them would stay for a hundred years and more"
    bounds = [_figures(lifetime[name]) if lifetime[name] < LONG_WEEKS else "–" for name in ("low", "high")]
    return (
        f"half of them have left {_figures(lifetime['estimate'])} weeks after the first purchase "
        f"({say.interval(*bounds, level=level)})"
    )


def _row(fit: Fit, name: str) -> dict[str, float]:
    row = fit.means[fit.means["parameter"] == name].iloc[0]
    return {column: float(row[column]) for column in ("estimate", "low", "high")}


def _joined(notes: tuple[str, ...]) -> str:
    return " ".join(notes)


def _figures(value: float) -> str:
    """A number with three significant figures, at least; whole where it is large."""
    if say.is_missing(value) or not np.isfinite(value):
        return "–"
    size = abs(float(value))
    digits = 0 if size >= 100 else 2 - int(np.floor(np.log10(size))) if size > 0 else 0
    return say.number(value, digits=min(digits, 6))


def cross_check(check: Check) -> Table:
    """BG/NBD by this package and by lifetimes; a row is a parameter."""
    shown = check.parameters.set_axis(["parameter", "own fit", "lifetimes", "difference"], axis="columns")
    failed = f"; lifetimes failed: {check.failure}" if check.failure else ""
    formats: dict[str, tables.Format] = {"own fit": _figures, "lifetimes": _figures}
    return tables.table(
        shown,
        caption=f"BG/NBD fitted to {say.counted(check.n, 'customer')} by this package and by lifetimes{failed}",
        formats=formats | {"difference": lambda share: say.share(abs(share), digits=1)},
    )
