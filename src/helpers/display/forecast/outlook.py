"""What the next periods bring: in a sentence, beside what repeating the year before would have said, and as a fan."""

from __future__ import annotations

from datetime import date

import pandas as pd
from matplotlib.axes import Axes

from helpers.display import language as say
from helpers.display import tables
from helpers.display.charts import key_on_top
from helpers.display.figures import AMOUNT_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, INK, ORANGE, themed
from helpers.models.forecast.forecast import ALL, EXISTING, MODEL, NAIVE, NEW
from helpers.models.forecast.periods import AMOUNT, NEW_CUSTOMERS, PURCHASES

NAMES = {PURCHASES: "purchases", AMOUNT: "revenue", NEW_CUSTOMERS: "new customers"}
TITLE = "Forecast"
LEVEL_GAP = 0.02
"""Difference of relative errors below which two methods are called level."""


def too_young() -> Finding:
    """That there is nothing to forecast from."""
    return Finding(
        "clv_forecast", "No forecast can be made: the data are too young to test a model, or cover no whole period yet."
    )


def total(
    periods: pd.DataFrame,
    totals: pd.DataFrame,
    *,
    year_before: float,
    customer_count: int,
    currency: str,
    level: float,
) -> Finding:
    """What all the next periods bring together, of whom, with the interval.

    Parameters
    ----------
    periods, totals
        Of `forecast.Forecast`: rows by measure and part.
    year_before
        Revenue of the same weeks a year before; NaN where the data do not hold all of them.
    customer_count
        Existing customers.
    currency, level
        Of the amounts, and coverage of the intervals.
    """
    rows = {(row["measure"], row["part"]): row for row in totals.to_dict("records")}
    money, bought = rows[AMOUNT, ALL], rows[PURCHASES, ALL]
    first, last = periods["starts_on"].min(), periods["ends_on"].max()
    weeks = ((last - first).days + 1) // 7
    comers = rows[NEW_CUSTOMERS, NEW]
    bounds = [say.money(money[name], currency=currency) for name in ("low", "high")]
    counts = [say.number(bought[name]) for name in ("low", "high")]
    claim = (
        f"The {say.counted(weeks, 'week')} to {say.day(last.date())} should bring "
        f"{say.money(money['expected'], currency=currency)} of revenue."
    )
    evidence = (
        f"{say.interval(*bounds, level=level, is_start=True)}; from {_purchases(bought['expected'])} "
        f"({say.interval(*counts, level=level)}): "
        f"{say.money(rows[AMOUNT, EXISTING]['expected'], currency=currency)} from the "
        f"{say.counted(customer_count, 'customer')} there are, and "
    )
    if comers["high"] > 0:
        range_ = say.interval(say.number(comers["low"]), say.number(comers["high"]), level=level)
        evidence += (
            f"{say.money(rows[AMOUNT, NEW]['expected'], currency=currency)} from "
            f"{say.counted(round(comers['expected']), 'customer')} still to come ({range_})."
        )
    else:
        evidence += "nothing from new ones, since none have come lately."
    if say.is_missing(year_before):
        evidence += " The data hold no year before, so no season is in it."
    else:
        evidence += f" The same weeks a year before brought {say.money(year_before, currency=currency)}."
    amounts = (money["expected"], money["low"], money["high"])
    return Finding("clv_forecast", claim, *amounts, customer_count, currency, evidence)


def trust(scores: pd.DataFrame, periods: pd.DataFrame, *, made_on: date, level: float) -> Finding:
    """How an earlier forecast came out, beside repeating the year before; and which of the two to rely on.

    Parameters
    ----------
    scores, periods
        Of `forecast.Judgement`. Empty where the past was too short to judge one.
    made_on
        The day of the earlier forecast.
    level
        Coverage of its fan.
    """
    key = "clv_forecast_backtest"
    if not len(scores) or say.is_missing(_score(scores, MODEL, "error_share")):
        return Finding(key, "The past is too short to test a forecast on: nothing is known of how far it will be off.")
    model, naive = (_score(scores, method, "error_share") for method in (MODEL, NAIVE))
    n, inside = int(_score(scores, MODEL, "n")), int(_score(scores, MODEL, "covered_count"))
    weeks = _weeks(periods)
    claim = f"A forecast made on {say.day(made_on)} would have been off by {say.share(model)} of what came."
    evidence = (
        f"Period by period, for {say.counted(n, 'period')} of {weeks} weeks, and by "
        f"{say.signed_share(_score(scores, MODEL, 'total_off_share'))} in total; {say.number(inside)} of "
        f"{say.counted(n, 'period')} lay inside the {say.exact_share(level)} band"
    )
    return Finding(key, claim, model, n=n, unit="share", evidence=f"{evidence}{_against(model, naive)}")


def _against(model: float, naive: float) -> str:
    """What the year before would have said, and which to rely on."""
    if say.is_missing(naive):
        return ". The data do not reach back far enough to compare it with the year before."
    against = f"; repeating the year before would have been off by {say.share(naive)}"
    if model <= naive - LEVEL_GAP:
        return f"{against}. The forecast is the better one."
    if naive <= model - LEVEL_GAP:
        advice = "Plan with the year before, which was the better one"
        return f"{against}. {advice}, and use this forecast for who buys, not for how much."
    return f"{against}: as good as each other."


@themed
def fan(periods: pd.DataFrame, history: pd.DataFrame, naive: pd.DataFrame, *, currency: str, level: float) -> Drawing:
    """Revenue and purchases, past and to come, with the fan and the year before; a row of each frame is a period.

    `periods` as `forecast.Forecast` has it (rows by measure and part), `history` as `periods.history` and `naive` as
    `periods.seasonal_naive` give them. The latest two years of the past are drawn.
    """
    if not len(periods):
        return empty(TITLE, "There is no period to forecast.")
    weeks = _weeks(periods)
    past = history[history["ends_on"] < periods["starts_on"].min()].tail(-(-104 // weeks))
    figure, axes_list = canvas(columns=2, height=3.6)
    for axes, measure, unit in zip(axes_list, (AMOUNT, PURCHASES), (currency, "days with an order"), strict=True):
        measured = periods[periods["measure"] == measure]
        _fan(
            axes, measured[measured["part"] == ALL], measured[measured["part"] == EXISTING], past, naive, measure, level
        )
        axes.set(title=f"{NAMES[measure].capitalize()} in {weeks} weeks", ylabel=unit, ylim=(0, None))
        axes.yaxis.set_major_formatter(AMOUNT_AXIS)
        key_on_top(axes)
    return Drawing(figure, _fan_alt(periods, naive, weeks, currency, level))


def _fan(
    axes: Axes,
    whole: pd.DataFrame,
    existing: pd.DataFrame,
    past: pd.DataFrame,
    naive: pd.DataFrame,
    measure: str,
    level: float,
) -> None:
    ends = whole["ends_on"]
    axes.plot(past["ends_on"], past[measure], color=INK, linewidth=1.2, label="what came")
    axes.fill_between(ends, whole["low"], whole["high"], color=BLUE, alpha=0.18, label=f"{say.exact_share(level)} band")
    axes.fill_between(ends, whole["half_low"], whole["half_high"], color=BLUE, alpha=0.32, label="50 % band")
    marker = "o" if len(whole) < 3 else None
    axes.plot(ends, whole["expected"], color=BLUE, marker=marker, label="forecast")
    axes.plot(ends, existing["expected"], color=BLUE, linestyle=":", marker=marker, label="of existing customers")
    if naive[measure].notna().any():
        axes.plot(naive["ends_on"], naive[measure], color=ORANGE, linestyle="--", marker="x", markersize=4,
                  label="the year before")  # fmt: skip
    axes.axvline(whole["starts_on"].min(), color=FAINT, linewidth=1)
    axes.tick_params(axis="x", labelrotation=30)


def _fan_alt(periods: pd.DataFrame, naive: pd.DataFrame, weeks: int, currency: str, level: float) -> str:
    parts = []
    for measure in (AMOUNT, PURCHASES):
        whole = periods[(periods["measure"] == measure) & (periods["part"] == ALL)]
        first, last = whole.iloc[0], whole.iloc[-1]
        write = _writer(measure, currency)
        text = (
            f"{NAMES[measure]} {write(first['expected'])} in the {weeks} weeks to {say.day(first['ends_on'].date())} "
            f"({say.interval(write(first['low']), write(first['high']), level=level)})"
        )
        if len(whole) > 1:
            text += f", {write(last['expected'])} in those to {say.day(last['ends_on'].date())}"
            text += f" ({write(last['low'])} to {write(last['high'])})"
        if naive[measure].notna().any():
            text += f"; a year before the first were {write(naive[measure].iloc[0])}"
        parts.append(text)
    return f"{TITLE}: {'. '.join(part[0].upper() + part[1:] if at else part for at, part in enumerate(parts))}."


def table(periods: pd.DataFrame, naive: pd.DataFrame, *, currency: str, level: float) -> Table:
    """The forecast: one row a period, revenue with its band, of whom, and the year before."""
    amounts = periods[periods["measure"] == AMOUNT]
    parts = {part: amounts[amounts["part"] == part].set_index("period") for part in (ALL, EXISTING)}
    bought = periods[(periods["measure"] == PURCHASES) & (periods["part"] == ALL)].set_index("period")
    comers = periods[periods["measure"] == NEW_CUSTOMERS].set_index("period")
    whole = parts[ALL]
    shown = pd.DataFrame(
        {
            "period": [
                f"{say.day(first.date())} to {say.day(last.date())}"
                for first, last in zip(whole["starts_on"], whole["ends_on"], strict=True)
            ],
            f"revenue, {currency}": whole["expected"],
            "from": whole["low"],
            "to": whole["high"],
            "of existing customers": parts[EXISTING]["expected"],
            "the year before": naive.set_index("period")[AMOUNT].reindex(whole.index),
            "purchases": bought["expected"],
            "new customers": comers["expected"],
        }
    )
    return tables.table(
        shown,
        caption=f"Forecast by period, with {say.exact_share(level)} bands; amounts in {currency}",
        formats=dict.fromkeys(shown.columns[1:], say.number),
    )


def _score(scores: pd.DataFrame, method: str, column: str) -> float:
    score = scores[(scores["measure"] == AMOUNT) & (scores["method"] == method)]
    return float(score[column].iloc[0]) if len(score) else float("nan")


def _weeks(periods: pd.DataFrame) -> int:
    starts_on, ends_on = periods.iloc[0][["starts_on", "ends_on"]]
    return int(((ends_on - starts_on).days + 1) // 7)


def _purchases(value: float) -> str:
    return say.counted(round(value), "purchase")


def _writer(measure: str, currency: str) -> tables.Format:
    return (lambda value: say.money(value, currency=currency)) if measure == AMOUNT else say.number
