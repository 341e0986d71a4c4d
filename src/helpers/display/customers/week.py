"""On which weekdays and at which hours customers buy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display.charts import cells, name_lines
from helpers.display.figures import AMOUNT_AXIS, Drawing, canvas
from helpers.display.findings import Finding, estimated
from helpers.display.theme import BLUE, FAINT, INK, themed
from helpers.display.wording import sentences, worded
from helpers.models.customers.weekly import EVEN_SHARE
from helpers.models.statistics.intervals import Estimate


def finding(days: pd.DataFrame, busiest: Estimate, *, level: float, hours: pd.DataFrame | None = None) -> Finding:
    """The busiest and the quietest weekday, and the busiest hour of the week where orders carry a time of day.

    A row of `days` is a weekday, as `weekly.by_weekday` gives it: weekday, order_count, order_share (0 to 1).
    `busiest` is the share of orders on the busiest weekday, with its interval; a row of `hours` is a
    weekday and hour (`calendar.weekday_hour`): weekday, hour, order_count.
    """
    key, shares = "busiest_weekday_share", days.set_index("weekday")["order_share"].astype(float)
    leaders = [say.weekday(int(day)) for day in shares.index[shares == shares.max()]]
    if len(leaders) > 1:
        each = say.share(shares.max())
        none = worded("No weekday leads: {days} have {share} of orders each.", days=say.listed(leaders), share=each)
        return Finding(key, sentences(none, _of_hour(hours)))
    (day,), quiet = leaders, int(shares.to_numpy().argmin()) + 1
    evidence = worded(
        "{interval}; an even week would give {even}; {day} is the quietest with {share}.",
        interval=say.interval(say.share(busiest.low), say.share(busiest.high), level=level, is_start=True),
        even=say.share(EVEN_SHARE),
        day=say.weekday(quiet),
        share=say.share(shares[quiet]),
    )
    has = {"day": day, "share": say.share(busiest.value)}
    clear = worded("{day} is the busiest weekday, with {share} of orders.", **has)
    unclear = worded("No weekday stands out: even the busiest, {day}, has {share} of orders.", **has)
    claim = clear if busiest.low > EVEN_SHARE else unclear
    return estimated(key, claim, busiest, "share", evidence=sentences(evidence, _of_hour(hours)))


def _of_hour(hours: pd.DataFrame | None) -> str:
    """The sentence on the busiest hour of the week; nothing where orders carry no time of day."""
    named = None if hours is None else _busiest(hours)
    return worded("Most orders of any hour came on {hour}.", hour=named) if named else ""


def _busiest(hours: pd.DataFrame) -> str | None:
    """The hour of all with most orders, as `Monday, 8:00 to 8:59 (4 of 10 orders)`; None without hours."""
    if hours["hour"].nunique() < 2:
        return None
    leaders = hours[hours["order_count"] == hours["order_count"].max()].sort_values(["weekday", "hour"])
    first, others = leaders.iloc[0], len(leaders) - 1
    told = {
        "day": say.weekday(int(first["weekday"])),
        "hour": int(first["hour"]),
        "count": say.number(first["order_count"]),
        "orders": say.counted(int(hours["order_count"].sum()), "order"),
    }
    if not others:
        return worded("{day}, {hour}:00 to {hour}:59 ({count} of {orders})", **told)
    as_many = say.counted(others, "other hour")
    return worded("{day}, {hour}:00 to {hour}:59 ({count} of {orders}, as many as in {others})", others=as_many, **told)


@themed
def figure(hours: pd.DataFrame, days: pd.DataFrame) -> Drawing:
    """Orders by weekday and, where the orders carry a time of day, by hour.

    A row of `hours` is a weekday and hour (`calendar.weekday_hour`): weekday, hour, order_count. A row of `days` is a
    weekday (`weekly.by_weekday`): weekday, order_count, order_share (0 to 1).
    """
    drawn, (axes,) = canvas(height=2.6)
    names = [say.short_weekday(at) for at in days["weekday"]]
    if hours["hour"].nunique() > 1:
        grid = hours.pivot(index="weekday", columns="hour", values="order_count")
        grid = grid.reindex(index=days["weekday"], columns=range(24)).fillna(0).astype(float)
        mesh = cells(axes, grid.to_numpy(), limits=(0, float(grid.to_numpy().max())))
        drawn.colorbar(mesh, ax=axes, label=worded("orders"), format=AMOUNT_AXIS)
        axes.set_xticks(np.arange(0, 24, 3) + 0.5, [str(hour) for hour in range(0, 24, 3)])
        axes.set_yticks(np.arange(7) + 0.5, names)
        axes.set(title=worded("Orders by weekday and hour"), xlabel=worded("hour of the day"), ylabel="")
    else:
        shares = days["order_share"].astype(float)
        axes.vlines(range(7), EVEN_SHARE, shares, color=BLUE, linewidth=2)
        axes.scatter(range(7), shares, color=BLUE, s=45, zorder=3)
        for place, share in enumerate(shares):
            beyond = {"xytext": (0, 6), "va": "bottom"} if share >= EVEN_SHARE else {"xytext": (0, -6), "va": "top"}
            axes.annotate(
                say.share(share), (place, share), textcoords="offset points", ha="center", color=INK, **beyond
            )
        axes.axhline(
            EVEN_SHARE, color=FAINT, linewidth=1, label=worded("an even week: {share}", share=say.share(EVEN_SHARE))
        )
        axes.set_xticks(range(7), names)
        axes.set(title=worded("Share of orders by weekday (no time of day was delivered)"), xlim=(-0.4, 6.5))
        axes.margins(y=0.25)
        axes.set_yticks([])
        axes.grid(visible=False)
        name_lines(axes)
    if named := _busiest(hours):
        return Drawing(drawn, worded("Orders by weekday and hour: most on {hour}.", hour=named))
    best = days.nlargest(1, "order_count").iloc[0]
    most, total = say.number(best["order_count"]), say.number(days["order_count"].sum())
    day = say.weekday(int(best["weekday"]))
    return Drawing(
        drawn, worded("Orders by weekday: most on {day} ({most} of {total}).", day=day, most=most, total=total)
    )
