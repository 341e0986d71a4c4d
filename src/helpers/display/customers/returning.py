"""Whether customers come back: the repeat rate, the curve by age, and the cohorts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display.charts import cells, name_lines
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, estimated, untold
from helpers.display.theme import BLUE, ORANGE, themed
from helpers.display.wording import named, sentences, vocabulary, worded
from helpers.models.customers.arrivals import Arrivals
from helpers.models.customers.retention import CohortValue
from helpers.models.statistics.intervals import Estimate

(NO_COHORT,) = vocabulary("No cohort to show has lived through a month after its first yet.")
TITLES = vocabulary("Customers of a cohort who bought, by month", "Revenue per customer of a cohort, by month")
"""Of the triangles of the exploration notebook."""
MOST_WRITTEN = 24
"""Ages of a cohort whose numbers still fit into their cells."""


def repeat_rate(estimate: Estimate, *, as_of: date, level: float) -> Finding:
    """The share of customers who bought on a second day, as `retention.repeat_rate` gives it."""
    count = say.number(estimate.value * estimate.n)
    interval = say.interval(say.share(estimate.low), say.share(estimate.high), level=level, is_start=True)
    claim = worded("{share} of customers have bought on more than one day.", share=say.share(estimate.value))
    evidence = worded(
        "{interval}; {count} of {customers} by {day}.",
        interval=interval,
        count=count,
        customers=say.counted(estimate.n, "customer"),
        day=say.day(as_of),
    )
    return estimated("repeat_rate", claim, estimate, "share", evidence=evidence)


def new_customers(arrivals: Arrivals, *, began_on: date | None) -> Finding:
    """Whose first order makes them new: who is left out of retention and cohorts, and whether new ones still come.

    `began_on` is the day the business began, where that was stated.
    """
    claim, why = _left_out(arrivals, began_on)
    evidence = [why] if why else []
    if arrivals.left_out_count and not arrivals.has_usual_month:
        falling = worded("First orders fall to the end of the data, so later cohorts may hold old customers too.")
        evidence.append(falling)
    if arrivals.closed_after is not None:
        since = say.month(arrivals.closed_after)
        evidence.append(worded("Nobody new has come since {month}: the cohorts are closed.", month=since))
    out = None if say.is_missing(arrivals.left_out_share) else arrivals.left_out_share
    n = arrivals.customer_count
    return Finding("new_customers", claim, out, n=n, unit="share", evidence=sentences(*evidence))


def _left_out(arrivals: Arrivals, began_on: date | None) -> tuple[str, str]:
    """Who counts as new, and why."""
    all_new = worded("All customers count as new.")
    if arrivals.evidence == "too short":
        return all_new, worded("The data are too short to tell old customers from new ones.")
    if arrivals.evidence == "no sign":
        return all_new, worded("No more than usual are first seen in the first month.")
    if arrivals.evidence == "stated new":
        return all_new, worded("The business began on {day}.", day=say.day(began_on))
    claim = worded(
        "Retention and cohorts leave out {count} of {customers}, those first seen before {month}.",
        count=say.number(arrivals.left_out_count),
        customers=say.counted(arrivals.customer_count, "customer"),
        month=say.month(arrivals.new_from),
    )
    if began_on:
        return claim, worded("The business began on {day}, before the data.", day=say.day(began_on))
    return claim, worded("Far more are first seen then than later, so most are old customers.")


def next_month(curve: pd.DataFrame, *, level: float, left_out_count: int = 0) -> Finding:
    """Who comes back in the month after the first, of new customers; `left_out_count` customers are not among them.

    A row of `curve` is an age, as `retention.pooled` gives it: age_months, n, share, low, high, reach_share, reach_low,
    reach_high.
    """
    if not len(curve):
        of_new = worded("No new customer's following month is over yet, so retention is unknown.")
        of_all = worded("No customer's following month is over yet, so retention is unknown.")
        return Finding("next_month_retention", of_new if left_out_count else of_all)
    curve = curve[curve["n"].notna()]
    if not len(curve):
        return untold("next_month_retention", worded("Who buys again in the month after their first is"))
    first, later = curve.iloc[0], curve.iloc[len(curve) // 2]
    interval = say.interval(say.share(first["low"]), say.share(first["high"]), level=level, is_start=True)
    share = say.share(first["share"])
    of_new = worded("{share} of new customers buy again in the month after their first.", share=share)
    of_all = worded("{share} of customers buy again in the month after their first.", share=share)
    evidence = worded("{interval}.", interval=interval)
    if len(curve) > 1 and not say.is_missing(later["reach_share"]):
        evidence = worded(
            "{interval}; {share} of those who could be watched so long bought {months} after it or later still "
            "({share_interval}).",
            interval=interval,
            share=say.share(later["reach_share"]),
            months=say.counted(int(later["age_months"]), "month"),
            share_interval=say.interval(say.share(later["reach_low"]), say.share(later["reach_high"]), level=level),
        )
    bounds, claim = (first["share"], first["low"], first["high"]), of_new if left_out_count else of_all
    return Finding("next_month_retention", claim, *bounds, int(first["n"]), "share", evidence)


def cohort_value(value: CohortValue | None, *, currency: str) -> Finding:
    """What the oldest cohort shown has brought per customer; amounts are in `currency`."""
    if value is None:
        return Finding("cohort_value", worded("No cohort that may be shown has lived through a whole month yet."))
    first = {"month": say.month(value.cohort), "amount": say.money(value.first_amount, currency=currency)}
    claim = worded("Customers first seen in {month} brought {amount} each in that month.", **first)
    if value.later_count:
        claim = worded(
            "Customers first seen in {month} brought {amount} each in that month and {later} in the {months} after it.",
            later=say.money(value.later_amount, currency=currency),
            months=say.counted(value.later_count, "month"),
            **first,
        )
    evidence = worded("{customers}, the oldest cohort shown.", customers=say.counted(value.customer_count, "customer"))
    return Finding("cohort_value", claim, value.amount, n=value.customer_count, unit=currency, evidence=evidence)


@themed
def curve(frame: pd.DataFrame) -> Drawing:
    """Two ways to count who comes back, by age: active in that month, and active then or ever after.

    One row of `frame` is an age in months; columns share, low, high and reach_share, reach_low, reach_high, n.
    """
    if not len(frame):
        return empty(worded("Customers who come back"), worded(NO_COHORT))
    drawn, (axes,) = canvas(height=3.0)
    for prefix, label, color, marker in (
        ("", worded("bought in that month"), BLUE, "o"),
        ("reach_", worded("bought in that month or later"), ORANGE, "s"),
    ):
        axes.plot(frame["age_months"], frame[f"{prefix}share"], color=color, marker=marker, markersize=4, label=label)
        axes.fill_between(frame["age_months"], frame[f"{prefix}low"], frame[f"{prefix}high"], color=color, alpha=0.18)
    axes.set(xlabel=worded("months after the first purchase"), ylabel=worded("share of customers"), ylim=(0, None))
    axes.set_title(worded("Customers who come back, all observed cohorts together (band: interval)"))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.set_major_formatter(SHARE_AXIS)
    axes.grid(visible=False, axis="x")
    name_lines(axes)
    first, last = frame.iloc[0], frame.iloc[-1]
    return Drawing(
        drawn,
        worded(
            "{first} of customers bought again {first_months} after their first purchase, {last} after {last_months}.",
            first=say.share(first["share"]),
            first_months=say.counted(first["age_months"], "month"),
            last=say.share(last["share"]),
            last_months=say.counted(last["age_months"], "month"),
        ),
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
        return empty(named(title), worded(NO_COHORT))
    drawn, (axes,) = canvas(height=1.5 + 0.3 * len(grid))
    shown = (grid.astype(float) if currency else grid.astype(float) * 100).to_numpy()
    texts = [["" if np.isnan(value) else f"{value:.0f}" for value in row] for row in shown]
    is_written = shown.shape[1] <= MOST_WRITTEN
    mesh = cells(axes, shown, texts=texts if is_written else None, limits=(0, float(np.nanmax(shown))))
    unit = worded("{currency} each", currency=named(currency)) if currency else worded("% of cohort")
    if not is_written:
        drawn.colorbar(mesh, ax=axes, label=unit)
    axes.set(title=worded("{title} ({unit})", title=named(title), unit=unit))
    axes.set(xlabel=worded("months after the month of the first purchase"), ylabel="")
    sizes = frame.drop_duplicates("cohort").set_index("cohort")["cohort_size"]
    labels = [
        worded("first in {month}, n = {n}", month=f"{cohort:%Y-%m}", n=say.number(sizes[cohort]))
        for cohort in grid.index
    ]
    axes.set_yticks(np.arange(len(grid)) + 0.5, labels)
    ages = range(0, len(grid.columns), 1 if is_written else 6)
    axes.set_xticks([age + 0.5 for age in ages], [str(grid.columns[age]) for age in ages])
    observed = int(grid.notna().to_numpy().sum())
    return Drawing(
        drawn,
        worded(
            "{title}: {cohorts}, {cells}, the highest of all {highest}; cells that were not over at as_of, or of too "
            "few customers, are blank.",
            title=named(title),
            cohorts=say.counted(len(grid), "monthly cohort"),
            cells=say.counted(observed, "observed cell"),
            highest=_highest(grid, currency),
        ),
        is_dense=True,
    )


def _highest(grid: pd.DataFrame, currency: str | None) -> str:
    """The cell of all that are shown with most, the oldest cohort of equals: its number, cohort and age."""
    numbers = grid.to_numpy(dtype=float)
    row, column = divmod(int(np.nanargmax(numbers)), len(grid.columns))
    most, age = float(numbers[row, column]), int(grid.columns[column])
    told = say.money(most, currency=currency) if currency else say.share(most)
    return worded(
        "{value}, of those first seen in {month}, {months} after it",
        value=told,
        month=say.month(grid.index[row]),
        months=say.counted(age, "month"),
    )
