"""The drawings of the exploration notebook: each takes a frame that somebody else made, and draws it as it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from helpers.display import language as say
from helpers.display.customers.findings import busiest_weekday, orders_by_weekday
from helpers.display.figures import AMOUNT_AXIS, SHARE_AXIS, Drawing, canvas, empty
from helpers.display.theme import BLUE, FAINT, GREEN, INK, ORANGE, SKY, themed


@themed
def months(frame: pd.DataFrame, *, currency: str) -> Drawing:
    """Revenue a month, of new and of returning customers, and orders a month; a row of `frame` is a month."""
    figure, (revenue, orders) = canvas(columns=2)
    position = np.arange(len(frame))
    new, returning = (frame[name].astype(float) for name in ("new_amount", "returning_amount"))
    revenue.bar(position, returning, color=BLUE, label="returning customers")
    revenue.bar(position, new, bottom=returning, color=ORANGE, hatch="///", edgecolor="white", label="new customers")
    revenue.set(title="Revenue a month", ylabel=currency)
    revenue.yaxis.set_major_formatter(AMOUNT_AXIS)
    orders.plot(position, frame["order_count"], color=BLUE, marker="o", markersize=3, label="orders")
    orders.plot(position, frame["customer_count"], color=GREEN, marker="s", markersize=3, label="customers")
    orders.set(title="Orders and customers a month", ylabel="count")
    orders.yaxis.set_major_formatter(AMOUNT_AXIS)
    for axes in (revenue, orders):
        _month_axis(axes, frame)
        axes.set_ylim(0, 1.2 * axes.get_ylim()[1])
        axes.legend(loc="upper left", ncols=2, fontsize=8)
    return Drawing(figure, _months_alt(frame, currency))


def _month_axis(axes: Axes, frame: pd.DataFrame) -> None:
    step = -(-len(frame) // 8)
    position = list(range(0, len(frame), step))
    labels = [
        f"{say.month(row['month'])[:3]}\n{row['month'].year}{'' if row['is_complete'] else '*'}"
        for row in frame.to_dict("records")
    ]
    axes.set_xticks(position, [labels[at] for at in position], fontsize=8)
    axes.grid(visible=False, axis="x")
    if not frame["is_complete"].all():
        axes.set_xlabel("* month not wholly covered", fontsize=8)


def _months_alt(frame: pd.DataFrame, currency: str) -> str:
    best, last = frame.nlargest(1, "amount").to_dict("records")[0], frame.to_dict("records")[-1]
    return (
        f"Revenue and orders in {say.counted(len(frame), 'month')}: most revenue in {say.month(best['month'])} "
        f"({say.money(best['amount'], currency=currency)}), last {say.month(last['month'])} "
        f"({say.money(last['amount'], currency=currency)} from {say.counted(last['order_count'], 'order')})."
    )


@themed
def rhythm(counts: pd.DataFrame, gaps: pd.DataFrame) -> Drawing:
    """How many customers bought how often, and how long they paused; frames of `purchase_counts` and `gap_counts`."""
    figure, (often, pause) = canvas(columns=2)
    capped = counts.assign(purchase_count=counts["purchase_count"].clip(upper=10))
    bars = capped.groupby("purchase_count")["customer_count"].sum().reindex(range(1, 11), fill_value=0)
    often.bar(bars.index, bars, color=BLUE)
    often.set_xticks(range(1, 11), [*map(str, range(1, 10)), "10+"])
    often.set(title=f"Customers by days with a purchase (n = {say.number(bars.sum())})", xlabel="purchase days")
    often.set_ylabel("customers")
    often.yaxis.set_major_formatter(AMOUNT_AXIS)
    often.grid(visible=False, axis="x")
    total = int(gaps["gap_count"].sum())
    if total:
        lengths, reached = [0, *gaps["gap_days"]], [0.0, *(gaps["gap_count"].cumsum() / total)]
        pause.step(lengths, reached, color=BLUE, where="post")
        pause.set(ylim=(0, 1.02), xlim=(0, None), xlabel="days between purchases", ylabel="gaps at most this long")
        pause.yaxis.set_major_formatter(SHARE_AXIS)
    else:
        pause.text(0.5, 0.5, "nobody bought on two days", ha="center", transform=pause.transAxes)
        pause.set_axis_off()
    pause.set_title(f"Pauses between purchases (n = {say.number(total)})")
    return Drawing(
        figure,
        f"{say.counted(int(bars[1]), 'customer')} of {say.number(bars.sum())} bought on one day only, "
        f"{say.number(bars[10])} on ten days or more; {say.counted(total, 'gap')} between purchases.",
    )


@themed
def cohorts(frame: pd.DataFrame, *, title: str, currency: str | None = None) -> Drawing:
    """A triangle of cohorts by age: shares of customers, or revenue per customer where a currency is given.

    `frame` as `cohorts.retention` gives it: cells that could not yet be observed are empty, and stay blank.
    """
    grid = frame[frame["age_months"] > 0].pivot(index="cohort", columns="age_months", values="share")
    grid = grid.dropna(axis="columns", how="all")
    if not grid.size:
        return empty(title, "No cohort has lived through a month after its first yet.")
    figure, (axes,) = canvas(height=1.5 + 0.26 * len(grid))
    shown = grid.astype(float) if currency else grid.astype(float) * 100
    sns.heatmap(
        shown,
        ax=axes,
        cmap="Blues",
        annot=shown.shape[1] <= 24,
        fmt=".0f",
        annot_kws={"fontsize": 7},
        linewidths=0.5,
        vmin=0,
        cbar_kws={"label": f"{currency} each" if currency else "% of cohort"},
    )
    axes.set_facecolor("#dfe3e8")  # what could not be observed is grey, a zero is white
    axes.set(title=title, xlabel="months after the month of the first purchase", ylabel="")
    sizes = frame.groupby("cohort")["cohort_size"].first()
    labels = [f"first in {cohort:%Y-%m}, n = {say.number(sizes[cohort])}" for cohort in grid.index]
    axes.set_yticks(np.arange(len(grid)) + 0.5, labels, rotation=0, fontsize=8)
    axes.grid(visible=False)
    observed = int(grid.notna().sum().sum())
    return Drawing(
        figure,
        f"{title}: {say.counted(len(grid), 'monthly cohort')}, {say.counted(observed, 'observed cell')}; "
        "cells that were not over at as_of are blank.",
    )


@themed
def retention_curve(frame: pd.DataFrame) -> Drawing:
    """Two ways to count who comes back, by age: active in that month, and active then or ever after.

    One row of `frame` is an age in months; columns share, low, high and reach_share, reach_low, reach_high, n.
    """
    if not len(frame):
        return empty("Customers who come back", "No cohort has lived through a month after its first yet.")
    figure, (axes,) = canvas(height=3.0)
    for prefix, label, color, marker in (
        ("", "bought in that month", BLUE, "o"),
        ("reach_", "bought in that month or later", ORANGE, "s"),
    ):
        axes.plot(frame["age_months"], frame[f"{prefix}share"], color=color, marker=marker, markersize=4, label=label)
        axes.fill_between(frame["age_months"], frame[f"{prefix}low"], frame[f"{prefix}high"], color=color, alpha=0.18)
    axes.set(xlabel="months after the first purchase", ylabel="share of customers", ylim=(0, None))
    axes.set_title("Customers who come back, all observed cohorts together (band: interval)")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.set_major_formatter(SHARE_AXIS)
    axes.legend(fontsize=8)
    first, last = frame.iloc[0], frame.iloc[-1]
    return Drawing(
        figure,
        f"{say.share(first['share'])} of customers bought again {say.counted(first['age_months'], 'month')} after "
        f"their first purchase, {say.share(last['share'])} after {say.counted(last['age_months'], 'month')}.",
    )


@themed
def concentration(curve: pd.DataFrame, abc: pd.DataFrame, *, gini: float) -> Drawing:
    """The Lorenz curve of revenue and the ABC classes; frames of `lorenz_curve` and `abc`."""
    figure, (lorenz, classes) = canvas(columns=2)
    lorenz.plot([0, 1], [0, 1], color=FAINT, linestyle="--", label="all customers equal")
    lorenz.plot(curve["customer_share"], curve["amount_share"], color=BLUE, label=f"revenue (Gini {gini:.3f})")
    lorenz.set(xlabel="customers, smallest first", ylabel="share of revenue", xlim=(0, 1), ylim=(0, 1))
    lorenz.set_title("How unequal revenue is")
    lorenz.xaxis.set_major_formatter(SHARE_AXIS)
    lorenz.yaxis.set_major_formatter(SHARE_AXIS)
    lorenz.legend(fontsize=8, loc="upper left")
    place = np.arange(len(abc))
    customers = abc["customer_count"] / abc["customer_count"].sum()
    classes.bar(place - 0.2, customers, 0.4, color=SKY, label="customers")
    classes.bar(place + 0.2, abc["amount_share"].astype(float), 0.4, color=BLUE, hatch="...", label="revenue")
    classes.set_xticks(place, [f"class {name}" for name in abc["abc_class"]])
    classes.set(
        title="ABC classes", ylabel="share", ylim=(0, 1.2 * max(1 / len(abc), *customers, *abc["amount_share"]))
    )
    classes.yaxis.set_major_formatter(SHARE_AXIS)
    classes.grid(visible=False, axis="x")
    classes.legend(fontsize=8)
    parts = [
        f"class {row['abc_class']}: {say.counted(row['customer_count'], 'customer')}, "
        f"{say.share(row['amount_share'])} of revenue"
        for row in abc.to_dict("records")
    ]
    return Drawing(figure, f"Gini of revenue {gini:.3f}; {'; '.join(parts)}.")


@themed
def calendar(frame: pd.DataFrame) -> Drawing:
    """Orders by weekday and, where the orders carry a time of day, by hour; `frame` as `weekday_hour` gives it."""
    by_day = orders_by_weekday(frame)
    hours = frame["hour"].nunique()
    figure, (axes,) = canvas(height=2.6)
    if hours > 1:
        grid = frame.pivot(index="weekday", columns="hour", values="order_count")
        grid = grid.reindex(index=range(1, 8), columns=range(24)).fillna(0)
        sns.heatmap(grid.astype(float), ax=axes, cmap="Blues", vmin=0, cbar_kws={"label": "orders"}, linewidths=0.5)
        axes.set_yticks(np.arange(7) + 0.5, [say.weekday(at)[:3] for at in range(1, 8)], rotation=0)
        axes.set(title="Orders by weekday and hour", xlabel="hour of the day", ylabel="")
    else:
        axes.bar(range(7), by_day, color=BLUE)
        axes.set_xticks(range(7), [say.weekday(at)[:3] for at in range(1, 8)])
        axes.set(title="Orders by weekday (no time of day was delivered)", ylabel="orders")
        axes.grid(visible=False, axis="x")
    best = busiest_weekday(frame)
    return Drawing(
        figure,
        f"Orders by weekday: most on {say.weekday(best)} ({say.number(by_day[best])} of {say.number(by_day.sum())}).",
    )


@themed
def breakdown(frame: pd.DataFrame, *, by: str, currency: str, days: int) -> Drawing:
    """Revenue by the levels of one column, now and in the period before; a row of `frame` is a level."""
    figure, (axes,) = canvas(height=1.2 + 0.34 * len(frame))
    place = np.arange(len(frame))[::-1]
    axes.barh(place + 0.2, frame["amount"].astype(float), 0.4, color=BLUE, label=f"latest {days} days")
    axes.barh(place - 0.2, frame["previous_amount"].astype(float), 0.4, color=FAINT, label=f"{days} days before")
    axes.set_yticks(place, [_short(level) for level in frame["level"]])
    axes.set(title=f"Revenue by {by}", xlabel=currency)
    axes.xaxis.set_major_formatter(AMOUNT_AXIS)
    axes.grid(visible=False, axis="y")
    axes.legend(fontsize=8, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    parts = [f"{_short(row['level'])} {say.share(row['amount_share'])}" for row in frame.to_dict("records")]
    return Drawing(figure, f"Revenue by {by}, latest {days} days: {', '.join(parts)}.")


def _short(level: str, *, length: int = 28) -> str:
    return level if len(level) <= length else level[: length - 1] + "…"


@themed
def changes(frame: pd.DataFrame) -> Drawing:
    """What changed against the period before: one row of `frame` a measure, columns measure, change, low, high."""
    if frame["change"].isna().all():
        return empty("Change against the period before", "There is nothing to compare the latest period with.")
    figure, (axes,) = canvas(height=1.1 + 0.36 * len(frame))
    place = np.arange(len(frame))[::-1]
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.hlines(place, frame["low"], frame["high"], color=BLUE, linewidth=2)
    axes.scatter(frame["change"], place, color=BLUE, zorder=3)
    axes.set_yticks(place, frame["measure"])
    axes.set_ylim(-0.6, len(frame) - 0.4)
    axes.set(title="Change against the period before (point and interval)", xlabel="relative change")
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    parts = [f"{row['measure']} {say.signed_share(row['change'])}" for row in frame.to_dict("records")]
    return Drawing(figure, f"Change against the period before: {', '.join(parts)}.")
