"""What the next periods bring: in a sentence, beside what repeating the year before would have said, and as a fan."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from helpers.display import language as say
from helpers.display import tables
from helpers.display.charts import days_below, key_on_top
from helpers.display.figures import AMOUNT_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, INK, ORANGE, themed
from helpers.display.wording import named, sentences, vocabulary, worded
from helpers.models.forecast.forecast import ALL, EXISTING, MODEL, NAIVE, NEW
from helpers.models.forecast.periods import AMOUNT, NEW_CUSTOMERS, PURCHASES

TITLES = dict(
    zip((PURCHASES, AMOUNT), vocabulary("Purchases in {weeks} weeks", "Revenue in {weeks} weeks"), strict=True)
)
(TITLE,) = vocabulary("Forecast")
WIDEST = 10
"""How many times the low bound of customers to come the high one may be, before nobody can plan on their number."""
LEVEL_GAP = 0.02
"""Difference of relative errors below which two methods are called level."""


def too_young() -> Finding:
    """That there is nothing to forecast from."""
    claim = worded("No forecast can be made: the data are too young to test a model, or cover no whole period yet.")
    return Finding("clv_forecast", claim)


def total(
    periods: pd.DataFrame,
    totals: pd.DataFrame,
    *,
    year_before: float,
    customer_count: int,
    currency: str,
    level: float,
    as_of: date,
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
    as_of
        Day of the report, after which periods may end long before where data are stale.
    """
    rows = {(row["measure"], row["part"]): row for row in totals.to_dict("records")}
    money, bought = rows[AMOUNT, ALL], rows[PURCHASES, ALL]
    first, last = periods["starts_on"].min(), periods["ends_on"].max()
    weeks = ((last - first).days + 1) // 7
    comers = rows[NEW_CUSTOMERS, NEW]
    of_what = {
        "weeks": say.counted(weeks, "week"),
        "day": say.day(last.date()),
        "amount": say.money(money["expected"], currency=currency),
    }
    if last.date() <= as_of:
        claim = worded("The {weeks} to {day} should have brought {amount} of revenue.", **of_what)
    else:
        claim = worded("The {weeks} to {day} should bring {amount} of revenue.", **of_what)
    of_whom = {
        "interval": _interval(money, _writer(AMOUNT, currency), level, is_start=True),
        "purchases": say.counted(round(bought["expected"]), "purchase"),
        "purchase_interval": _interval(bought, say.number, level),
        "amount": say.money(rows[AMOUNT, EXISTING]["expected"], currency=currency),
        "customers": say.counted(customer_count, "customer"),
    }
    evidence = sentences(_by_whom(of_whom, comers, rows[AMOUNT, NEW], currency, level), _earlier(year_before, currency))
    amounts = (money["expected"], money["low"], money["high"])
    return Finding("clv_forecast", claim, *amounts, customer_count, currency, evidence)


def _by_whom(
    of_whom: dict[str, str], comers: dict[Hashable, Any], money: dict[Hashable, Any], currency: str, level: float
) -> str:
    """The interval of the forecast, and what of it comes from the customers there are and from those still to come."""
    if comers["high"] <= 0:
        return worded(
            "{interval}; from {purchases} ({purchase_interval}): {amount} from the {customers} there are, and nothing "
            "from new ones, since none have come lately.",
            **of_whom,
        )
    new_amount = say.money(money["expected"], currency=currency)
    if comers["high"] > WIDEST * max(comers["low"], 1):
        return worded(
            "{interval}; from {purchases} ({purchase_interval}): {amount} from the {customers} there are, and "
            "{new_amount} from new ones, whose number is too uncertain to plan on: {low} to {high}.",
            **of_whom,
            new_amount=new_amount,
            low=say.number(comers["low"]),
            high=say.number(comers["high"]),
        )
    return worded(
        "{interval}; from {purchases} ({purchase_interval}): {amount} from the {customers} there are, and {new_amount} "
        "from {comers} still to come ({comer_interval}).",
        **of_whom,
        new_amount=new_amount,
        comers=say.counted(round(comers["expected"]), "customer"),
        comer_interval=_interval(comers, say.number, level),
    )


def _earlier(year_before: float, currency: str) -> str:
    if say.is_missing(year_before):
        return worded("The data hold no year before, so no season is in it.")
    return worded("The same weeks a year before brought {amount}.", amount=say.money(year_before, currency=currency))


def _interval(row: Mapping[Hashable, Any], write: tables.Format, level: float, *, is_start: bool = False) -> str:
    return say.interval(write(row["low"]), write(row["high"]), level=level, is_start=is_start)


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
        untried = worded("The past is too short to test a forecast on: nothing is known of how far it will be off.")
        return Finding(key, untried)
    model, naive = (_score(scores, method, "error_share") for method in (MODEL, NAIVE))
    n, inside = int(_score(scores, MODEL, "n")), int(_score(scores, MODEL, "covered_count"))
    claim = worded(
        "A forecast made on {day} would have been off by {share} of what came.",
        day=say.day(made_on),
        share=say.share(model),
    )
    tested = {
        "periods": say.counted(n, "period"),
        "weeks": _weeks(periods),
        "off": say.signed_share(_score(scores, MODEL, "total_off_share")),
        "inside": say.number(inside),
        "level": say.exact_share(level),
    }
    return Finding(key, claim, model, n=n, unit="share", evidence=_against(tested, model, naive))


def _against(tested: dict[str, object], model: float, naive: float) -> str:
    """How the earlier forecast came out, what the year before would have said, and which to rely on."""
    if say.is_missing(naive):
        alone = worded(
            "Period by period, for {periods} of {weeks} weeks, and by {off} in total; {inside} of {periods} lay inside "
            "the {level} band.",
            **tested,
        )
        return sentences(alone, worded("The data do not reach back far enough to compare it with the year before."))
    beside = worded(
        "Period by period, for {periods} of {weeks} weeks, and by {off} in total; {inside} of {periods} lay inside the "
        "{level} band; repeating the year before would have been off by {naive}.",
        **tested,
        naive=say.share(naive),
    )
    if model <= naive - LEVEL_GAP:
        return sentences(beside, worded("The forecast is the better one."))
    if naive <= model - LEVEL_GAP:
        advice = worded(
            "Plan with the year before, which was the better one, and use this forecast for who buys, not for how much."
        )
        return sentences(beside, advice)
    return sentences(beside, worded("The two are as good as each other."))


@themed
def fan(periods: pd.DataFrame, history: pd.DataFrame, naive: pd.DataFrame, *, currency: str, level: float) -> Drawing:
    """Revenue and purchases, past and to come, with the fan and the year before; a row of each frame is a period.

    `periods` as `forecast.Forecast` has it (rows by measure and part), `history` as `periods.history` and `naive` as
    `periods.seasonal_naive` give them. The latest two years of the past are drawn.
    """
    if not len(periods):
        return empty(named(TITLE), worded("There is no period to forecast."))
    weeks = _weeks(periods)
    past = history[history["ends_on"] < periods["starts_on"].min()].tail(-(-104 // weeks))
    figure, axes_list = canvas(columns=2, height=3.6)
    for axes, measure, unit in zip(
        axes_list, (AMOUNT, PURCHASES), (named(currency), worded("days with an order")), strict=True
    ):
        measured = periods[periods["measure"] == measure]
        _fan(
            axes, measured[measured["part"] == ALL], measured[measured["part"] == EXISTING], past, naive, measure, level
        )
        axes.set(title=worded(TITLES[measure], weeks=weeks), ylabel=unit, ylim=(0, None))
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
    axes.plot(past["ends_on"], past[measure], color=INK, linewidth=1.2, label=worded("what came"))
    band = worded("{level} band", level=say.exact_share(level))
    half = worded("{level} band", level=say.exact_share(0.5))
    axes.fill_between(ends, whole["low"], whole["high"], color=BLUE, alpha=0.18, label=band)
    axes.fill_between(ends, whole["half_low"], whole["half_high"], color=BLUE, alpha=0.32, label=half)
    marker = "o" if len(whole) < 3 else None
    axes.plot(ends, whole["expected"], color=BLUE, marker=marker, label=worded("forecast"))
    of_existing = worded("of existing customers")
    axes.plot(ends, existing["expected"], color=BLUE, linestyle=":", marker=marker, label=of_existing)
    if naive[measure].notna().any():
        axes.plot(naive["ends_on"], naive[measure], color=ORANGE, linestyle="--", marker="x", markersize=4,
                  label=worded("the year before"))  # fmt: skip
    axes.axvline(whole["starts_on"].min(), color=FAINT, linewidth=1)
    days_below(axes)


def _fan_alt(periods: pd.DataFrame, naive: pd.DataFrame, weeks: int, currency: str, level: float) -> str:
    money, bought = (_fan_part(periods, naive, weeks, measure, currency, level) for measure in (AMOUNT, PURCHASES))
    return sentences(
        worded("{title}: revenue {part}.", title=named(TITLE), part=money), worded("Purchases {part}.", part=bought)
    )


def _fan_part(periods: pd.DataFrame, naive: pd.DataFrame, weeks: int, measure: str, currency: str, level: float) -> str:
    """The first and the last period of a measure, and what came a year before the first."""
    whole = periods[(periods["measure"] == measure) & (periods["part"] == ALL)].to_dict("records")
    first, last, write = whole[0], whole[-1], _writer(measure, currency)
    parts = [
        worded(
            "{amount} in the {weeks} weeks to {day} ({interval})",
            amount=write(first["expected"]),
            weeks=weeks,
            day=say.day(first["ends_on"].date()),
            interval=_interval(first, write, level),
        )
    ]
    if len(whole) > 1:
        late = worded(
            "{amount} in those to {day} ({low} to {high})",
            amount=write(last["expected"]),
            day=say.day(last["ends_on"].date()),
            low=write(last["low"]),
            high=write(last["high"]),
        )
        parts = [worded("{items}, {item}", items=parts[0], item=late)]
    if naive[measure].notna().any():
        parts.append(worded("a year before the first were {amount}", amount=write(naive[measure].iloc[0])))
    return say.lined_up(parts)


def table(periods: pd.DataFrame, naive: pd.DataFrame, *, currency: str, level: float) -> Table:
    """The forecast: one row a period, revenue with its band, of whom, and the year before."""
    amounts = periods[periods["measure"] == AMOUNT]
    parts = {part: amounts[amounts["part"] == part].set_index("period") for part in (ALL, EXISTING)}
    bought = periods[(periods["measure"] == PURCHASES) & (periods["part"] == ALL)].set_index("period")
    comers = periods[periods["measure"] == NEW_CUSTOMERS].set_index("period")
    whole = parts[ALL]
    shown = pd.DataFrame(
        {
            worded("period"): [
                worded("{low} to {high}", low=say.day(first.date()), high=say.day(last.date()))
                for first, last in zip(whole["starts_on"], whole["ends_on"], strict=True)
            ],
            worded("revenue, {currency}", currency=named(currency)): whole["expected"],
            worded("from"): whole["low"],
            worded("to"): whole["high"],
            worded("of existing customers"): parts[EXISTING]["expected"],
            worded("the year before"): naive.set_index("period")[AMOUNT].reindex(whole.index),
            worded("purchases"): bought["expected"],
            worded("new customers"): comers["expected"],
        }
    )
    caption = worded(
        "Forecast by period, with {level} bands; amounts in {currency}",
        level=say.exact_share(level),
        currency=named(currency),
    )
    return tables.table(shown, caption=caption, formats=dict.fromkeys(shown.columns[1:], say.number))


def _score(scores: pd.DataFrame, method: str, column: str) -> float:
    score = scores[(scores["measure"] == AMOUNT) & (scores["method"] == method)]
    return float(score[column].iloc[0]) if len(score) else float("nan")


def _weeks(periods: pd.DataFrame) -> int:
    starts_on, ends_on = periods.iloc[0][["starts_on", "ends_on"]]
    return int(((ends_on - starts_on).days + 1) // 7)


def _writer(measure: str, currency: str) -> tables.Format:
    return (lambda value: say.money(value, currency=currency)) if measure == AMOUNT else say.number
