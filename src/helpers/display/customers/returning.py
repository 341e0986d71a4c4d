"""Whether customers come back: the repeat rate, the curve by age, and the cohorts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import seaborn as sns

from helpers.display import language as say
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, estimated, untold
from helpers.display.theme import BLUE, ORANGE, themed
from helpers.models.customers.arrivals import Arrivals
from helpers.models.customers.retention import CohortValue
from helpers.models.statistics.intervals import Estimate


def repeat_rate(estimate: Estimate, *, as_of: date, level: float) -> Finding:
    """The share of customers who bought on a second day, as `retention.repeat_rate` gives it."""
    count = say.number(estimate.value * estimate.n)
    interval = say.interval(say.share(estimate.low), say.share(estimate.high), level=level, is_start=True)
    claim = f"{say.share(estimate.value)} of customers have bought on more than one day."
    evidence = f"{interval}; {count} of {say.counted(estimate.n, 'customer')} by {say.day(as_of)}."
    return estimated("repeat_rate", claim, estimate, "share", evidence=evidence)


def new_customers(arrivals: Arrivals, *, began_on: date | None) -> Finding:
    """Whose first order makes them new: who is left out of retention and cohorts, and whether new ones still come.

    `began_on` is the day the business began, where that was stated.
    """
    claim, why = _left_out(arrivals, began_on)
    evidence = [why] if why else []
    if arrivals.left_out_count and not arrivals.has_usual_month:
        evidence.append("First orders fall to the end of the data, so later cohorts may hold old customers too.")
    if arrivals.closed_after is not None:
        evidence.append(f"Nobody new has come since {say.month(arrivals.closed_after)}: the cohorts are closed.")
    out = None if say.is_missing(arrivals.left_out_share) else arrivals.left_out_share
    n = arrivals.customer_count
    return Finding("new_customers", claim, out, n=n, unit="share", evidence=" ".join(evidence))


def _left_out(arrivals: Arrivals, began_on: date | None) -> tuple[str, str]:
    """Who counts as new, and why."""
    if arrivals.evidence == "too short":
        return "All customers count as new.", "The data are too short to tell old customers from new ones."
    if arrivals.evidence == "no sign":
        return "All customers count as new.", "No more than usual are first seen in the first month."
    began = f"The business began on {say.day(began_on)}"
    if arrivals.evidence == "stated new":
        return "All customers count as new.", f"{began}."
    out = f"{say.number(arrivals.left_out_count)} of {say.counted(arrivals.customer_count, 'customer')}"
    why = (
        f"{began}, before the data."
        if began_on
        else "Far more are first seen then than later, so most are old customers."
    )
    return f"Retention and cohorts leave out {out}, those first seen before {say.month(arrivals.new_from)}.", why


def next_month(curve: pd.DataFrame, *, level: float, left_out_count: int = 0) -> Finding:
    """Who comes back in the month after the first, of new customers; `left_out_count` customers are not among them.

    A row of `curve` is an age, as `retention.pooled` gives it: age_months, n, share, low, high, reach_share, reach_low,
    reach_high.
    """
    if not len(curve):
        whose = "new customer" if left_out_count else "customer"
        return Finding("next_month_retention", f"No {whose}'s following month is over yet, so retention is unknown.")
    curve = curve[curve["n"].notna()]
    if not len(curve):
        return untold("next_month_retention", "Who buys again in the month after their first is")
    first, later = curve.iloc[0], curve.iloc[len(curve) // 2]
    interval = say.interval(say.share(first["low"]), say.share(first["high"]), level=level, is_start=True)
    who = "new customers" if left_out_count else "customers"
    claim = f"{say.share(first['share'])} of {who} buy again in the month after their first."
    evidence = interval
    if len(curve) > 1:
        reach = say.interval(say.share(later["reach_low"]), say.share(later["reach_high"]), level=level)
        evidence += (
            f"; {say.share(later['reach_share'])} of those who could be watched so long bought "
            f"{say.counted(int(later['age_months']), 'month')} after it or later still ({reach})"
        )
    bounds = (first["share"], first["low"], first["high"])
    return Finding("next_month_retention", claim, *bounds, int(first["n"]), "share", f"{evidence}.")


def cohort_value(value: CohortValue | None, *, currency: str) -> Finding:
    """What the oldest cohort shown has brought per customer; amounts are in `currency`."""
    if value is None:
        return Finding("cohort_value", "No cohort that may be shown has lived through a whole month yet.")
    people, first = say.counted(value.customer_count, "customer"), say.money(value.first_amount, currency=currency)
    claim = f"Customers first seen in {say.month(value.cohort)} brought {first} each in that month"
    if value.later_count:
        later = say.money(value.later_amount, currency=currency)
        claim += f" and {later} in the {say.counted(value.later_count, 'month')} after it"
    evidence = f"{people}, the oldest cohort shown."
    return Finding("cohort_value", f"{claim}.", value.amount, n=value.customer_count, unit=currency, evidence=evidence)


@themed
def curve(frame: pd.DataFrame) -> Drawing:
    """Two ways to count who comes back, by age: active in that month, and active then or ever after.

    One row of `frame` is an age in months; columns share, low, high and reach_share, reach_low, reach_high, n.
    """
    if not len(frame):
        return empty("Customers who come back", "No cohort to show has lived through a month after its first yet.")
    drawn, (axes,) = canvas(height=3.0)
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
        drawn,
        f"{say.share(first['share'])} of customers bought again {say.counted(first['age_months'], 'month')} after "
        f"their first purchase, {say.share(last['share'])} after {say.counted(last['age_months'], 'month')}.",
    )


@themed
def triangle(frame: pd.DataFrame, *, title: str, currency: str | None = None) -> Drawing:
    """The triangle of cohorts by age: shares of customers, or revenue per customer where a currency is given.

    `frame` as `cohorts.retention` or `cohorts.revenue_per_customer` gives it: cohort, age_months, cohort_size, share (0
    to 1, or money a customer). Cells that cannot be observed yet, or be told, stay grey.
    """
    grid = frame[frame["age_months"] > 0].pivot(index="cohort", columns="age_months", values="share")
    grid = grid.dropna(axis="columns", how="all")
    if not grid.size:
        return empty(title, "No cohort to show has lived through a month after its first yet.")
    drawn, (axes,) = canvas(height=1.5 + 0.26 * len(grid))
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
    sizes = frame.drop_duplicates("cohort").set_index("cohort")["cohort_size"]
    labels = [f"first in {cohort:%Y-%m}, n = {say.number(sizes[cohort])}" for cohort in grid.index]
    axes.set_yticks(np.arange(len(grid)) + 0.5, labels, rotation=0, fontsize=8)
    axes.grid(visible=False)
    observed = int(grid.notna().to_numpy().sum())
    return Drawing(
        drawn,
        f"{title}: {say.counted(len(grid), 'monthly cohort')}, {say.counted(observed, 'observed cell')}, the highest "
        f"of all {_highest(grid, currency)}; cells that were not over at as_of, or of too few customers, are blank.",
        is_dense=True,
    )


def _highest(grid: pd.DataFrame, currency: str | None) -> str:
    """The cell of all that are shown with most, the oldest cohort of equals: its number, cohort and age."""
    numbers = grid.to_numpy(dtype=float)
    row, column = divmod(int(np.nanargmax(numbers)), len(grid.columns))
    most, age = float(numbers[row, column]), int(grid.columns[column])
    told = say.money(most, currency=currency) if currency else say.share(most)
    return f"{told}, of those first seen in {say.month(grid.index[row])}, {say.counted(age, 'month')} after it"
