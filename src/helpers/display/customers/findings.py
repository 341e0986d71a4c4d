"""The sentences of the exploration notebook: each takes frames and estimates, and says what they say."""

from __future__ import annotations

from datetime import date

import pandas as pd

from helpers.display import language as say
from helpers.display.findings import Finding, Interval, estimated


def _share_interval(estimate: Interval, level: float) -> str:
    return say.interval(say.share(estimate.low), say.share(estimate.high), level=level)


def coverage(customers: pd.DataFrame, order_value: Interval, *, currency: str, level: float) -> Finding:
    """The size of the base and what an order is worth; a row of `customers` is a customer."""
    orders, amount = int(customers["order_count"].sum()), customers["amount"].sum()
    span = f"between {say.day(customers['first_on'].min())} and {say.day(customers['last_on'].max())}"
    low, high = (say.money(bound, currency=currency) for bound in (order_value.low, order_value.high))
    sentence = (
        f"{say.counted(len(customers), 'customer')} placed {say.counted(orders, 'order')} worth "
        f"{say.money(amount, currency=currency)} {span}; an order is worth "
        f"{say.money(order_value.value, currency=currency)} on average ({say.interval(low, high, level=level)})."
    )
    return estimated("order_value", sentence, order_value, currency)


def change(measures: pd.DataFrame, *, days: int, as_of: date, currency: str, level: float) -> Finding:
    """Revenue of the latest period against the one before; one row of `measures` is a measure, revenue among them."""
    row = measures.set_index("measure").loc["revenue"].astype(float).to_dict()
    amount, moved, low, high = row["current"], row["change"], row["low"], row["high"]
    now = f"In the {say.counted(days, 'day')} to {say.day(as_of)} revenue was {say.money(amount, currency=currency)}"
    if say.is_missing(row["previous"]):
        why = "the data do not reach back through the same time before"
        return Finding("revenue_change", f"{now}; there is no comparison, since {why}.")
    if say.is_missing(moved):
        return Finding("revenue_change", f"{now}; nothing was earned in the same time before to compare it with.")
    direction = "more" if moved >= 0 else "less"
    interval = say.interval(say.signed_share(low), say.signed_share(high), level=level)
    clear = ", so no clear change" if low <= 0 <= high else ""
    sentence = f"{now}, {say.share(abs(moved))} {direction} than in the {days} days before ({interval}){clear}."
    return Finding("revenue_change", sentence, moved, low, high, int(row["n"]), "share")


def repeat_rate(estimate: Interval, *, as_of: date, level: float) -> Finding:
    """How many customers bought on a second day."""
    count = say.number(estimate.value * estimate.n)
    sentence = (
        f"{count} of {say.counted(estimate.n, 'customer')} ({say.share(estimate.value)}, "
        f"{_share_interval(estimate, level)}) had bought on more than one day by {say.day(as_of)}."
    )
    return estimated("repeat_rate", sentence, estimate, "share")


def next_month(curve: pd.DataFrame, *, level: float) -> Finding:
    """Who comes back in the month after the first; one row of `curve` is an age in months."""
    if not len(curve):
        return Finding(
            "next_month_retention", "No customer's following month is over yet, so retention cannot be told."
        )
    first, later = curve.iloc[0], curve.iloc[len(curve) // 2]
    interval = say.interval(say.share(first["low"]), say.share(first["high"]), level=level)
    sentence = f"{say.share(first['share'])} of customers buy again in the month after their first ({interval})"
    if len(curve) > 1:
        reach = say.interval(say.share(later["reach_low"]), say.share(later["reach_high"]), level=level)
        sentence += (
            f"; {say.share(later['reach_share'])} of those who could be watched so long bought "
            f"{say.counted(int(later['age_months']), 'month')} after it or later still ({reach})"
        )
    return Finding(
        "next_month_retention", f"{sentence}.", first["share"], first["low"], first["high"], int(first["n"]), "share"
    )


def concentration(top: Interval, gini: Interval, *, top_share: float, as_of: date, level: float) -> Finding:
    """How much of revenue hangs on the best customers."""
    if say.is_missing(top.value):
        return Finding("top_share", "Nothing was earned yet, so it cannot be told how much hangs on how few.", n=top.n)
    value, low, high = (say.number(number, digits=3) for number in (gini.value, gini.low, gini.high))
    sentence = (
        f"The best {say.exact_share(top_share)} of customers bring {say.share(top.value)} of all revenue to "
        f"{say.day(as_of)} ({_share_interval(top, level)}); the Gini coefficient is {value} "
        f"({say.interval(low, high, level=level)})."
    )
    return estimated("top_share", sentence, top, "share")


def trend(months: pd.DataFrame, *, currency: str) -> Finding:
    """What the last whole month brought, beside the best one; one row of `months` is a month."""
    whole = months[months["is_complete"].astype(bool)]
    if not len(whole):
        return Finding("last_month", "No calendar month is wholly covered yet, so months cannot be compared.")
    last, best = whole.iloc[-1], whole.nlargest(1, "amount").iloc[0]
    amount = float(last["amount"])
    returning = (
        f", {say.share(float(last['returning_amount']) / amount)} of it from returning customers" if amount else ""
    )
    record = f"the best whole month was {say.month(best['month'])} with {say.money(best['amount'], currency=currency)}"
    if best["month"] == last["month"]:
        record = "no whole month has brought more" if len(whole) > 1 else "it is the only whole month so far"
    sentence = (
        f"The last whole month, {say.month(last['month'])}, brought {say.money(amount, currency=currency)} from "
        f"{say.counted(int(last['customer_count']), 'customer')}{returning}; {record}."
    )
    if empty := int((whole["order_count"] == 0).sum()):
        sentence += f" Beware: {say.counted(empty, 'whole month')} had no order at all; were all data delivered?"
    return Finding("last_month", sentence, amount, n=int(last["customer_count"]), unit=currency)


def pause(median: Interval, gaps: pd.DataFrame, *, level: float) -> Finding:
    """How long customers pause between two purchases; one row of `gaps` is a length in days with its count."""
    total = int(gaps["gap_count"].sum())
    if not total:
        return Finding("gap_median", "Nobody has bought on two days yet, so there are no pauses to measure.")
    if total == 1:
        return Finding("gap_median", "Only one pause between two purchases has been seen, too few to speak of.", n=1)
    long = int(gaps.loc[gaps["gap_count"].cumsum() >= 0.9 * total, "gap_days"].iloc[0])
    interval = say.interval(say.number(median.low), say.number(median.high), level=level)
    sentence = (
        f"Half of the {say.counted(total, 'pause')} between purchases last "
        f"{say.counted(int(median.value), 'day')} or less ({interval}); nine in ten last {say.counted(long, 'day')} or "
        "less."
    )
    return estimated("gap_median", sentence, median, "days")


def weekday(frame: pd.DataFrame, busiest: Interval, *, day: int, level: float) -> Finding:
    """The busiest and the quietest weekday; one row of `frame` is a weekday and hour with its orders."""
    by_day = orders_by_weekday(frame)
    level_days = [say.weekday(int(at)) for at in by_day.index[by_day == by_day.max()]]
    if len(level_days) > 1:
        each = say.share(by_day.max() / by_day.sum())
        return Finding(
            "busiest_weekday_share", f"No weekday leads: {say.listed(level_days)} have {each} of orders each."
        )
    quiet = int(by_day.to_numpy().argmin()) + 1
    if busiest.low <= 1 / 7:
        sentence = (
            f"No weekday stands out: even the busiest, {say.weekday(day)}, has {say.share(busiest.value)} of orders "
            f"({_share_interval(busiest, level)}; an even week would give {say.share(1 / 7)})."
        )
        return estimated("busiest_weekday_share", sentence, busiest, "share")
    sentence = (
        f"{say.weekday(day)} is the busiest weekday with {say.share(busiest.value)} of orders "
        f"({_share_interval(busiest, level)}; an even week would give {say.share(1 / 7)}), {say.weekday(quiet)} the "
        f"quietest with {say.share(by_day[quiet] / by_day.sum())}."
    )
    return estimated("busiest_weekday_share", sentence, busiest, "share")


def busiest_weekday(frame: pd.DataFrame) -> int:
    """The weekday with most orders, 1 (Monday) to 7; the earlier one where two are level."""
    return int(orders_by_weekday(frame).to_numpy().argmax()) + 1


def orders_by_weekday(frame: pd.DataFrame) -> pd.Series:
    """Orders of each weekday, 1 (Monday) to 7; `frame` as `calendar.weekday_hour` gives it."""
    return frame.groupby("weekday")["order_count"].sum().reindex(range(1, 8), fill_value=0)


def leading_level(frame: pd.DataFrame, *, by: str, days: int, currency: str) -> Finding:
    """The largest level of a breakdown; one row of `frame` is a level, the largest first."""
    if not float(frame["amount"].sum()):
        return Finding(f"leading_{by}", f"No revenue in the latest {say.counted(days, 'day')} to break down by {by}.")
    first = frame.iloc[0]
    level = say.quoted(first["level"]) if isinstance(first["level"], str) else "the rows that name none"
    sentence = (
        f"By {by}: {level} leads with {say.share(first['amount_share'])} of revenue of the latest {days} days "
        f"({say.money(first['amount'], currency=currency)} on {say.counted(int(first['order_count']), 'order')}), of "
        f"{say.counted(len(frame), 'level')} in all."
    )
    return Finding(f"leading_{by}", sentence, float(first["amount_share"]), n=int(first["order_count"]), unit="share")


def refunds(customers: pd.DataFrame, given_back: Interval, *, currency: str, level: float) -> Finding:
    """What was given back, as a share of revenue; one row of `customers` is a customer."""
    count, amount = int(customers["refund_count"].sum()), customers["refund_amount"].sum()
    if not count:
        return Finding("refund_share", "No refunds were delivered: no row below zero, and no rule that names one.", 0.0)
    sentence = (
        f"{say.money(amount, currency=currency)} was given back in {say.counted(count, 'refund')}: "
        f"{say.share(given_back.value)} of revenue ({_share_interval(given_back, level)})."
    )
    return estimated("refund_share", sentence, given_back, "share")


def cohort_value(earned: pd.DataFrame, *, currency: str) -> Finding:
    """What the oldest shown cohort has brought per customer; `earned` holds revenue per customer as `share`."""
    seen = earned[earned["is_observed"]]
    if not len(seen):
        return Finding("cohort_value", "No cohort has lived through a whole month yet.")
    oldest = seen[seen["cohort"] == seen["cohort"].min()]
    first, later = oldest["share"].iloc[0], oldest["share"].iloc[1:].sum()
    size, cohort = int(oldest["cohort_size"].iloc[0]), say.month(oldest["cohort"].iloc[0])
    each = say.money(first, currency=currency)
    sentence = f"First seen in {cohort}, {say.counted(size, 'customer')} brought {each} each in that month"
    if len(oldest) > 1:
        sentence += (
            f" and {say.money(later, currency=currency)} each in the {say.counted(len(oldest) - 1, 'month')} after it"
        )
    return Finding("cohort_value", f"{sentence}.", float(first + later), n=size, unit=currency)


def steps(frame: pd.DataFrame, *, days: int, step_share: float, currency: str, level: float) -> Finding:
    """Which small step would bring most; one row of `frame` is a step."""
    known = frame[frame["amount"].notna()]
    best = known.nlargest(1, "amount").iloc[0]
    worth = say.money(best["amount"], currency=currency)
    low, high = (say.money(best[bound], currency=currency) for bound in ("low", "high"))
    moved = round(best["customer_count"])
    who = say.number(moved) if moved else "less than one"
    pool = say.counted(int(best["pool_count"]), "customer")
    sentence = (
        f"Of small steps, {best['step']} would bring most: {worth} in {say.counted(days, 'day')} "
        f"({say.interval(low, high, level=level)}), if {say.exact_share(step_share)} of them moved, {who} of {pool}."
    )
    return Finding("best_step", sentence, best["amount"], best["low"], best["high"], int(best["pool_count"]), currency)


def no_breakdown(columns: list[str]) -> Finding:
    """That no column to break revenue down by was delivered."""
    if not columns:
        return Finding("breakdown", "No column to break revenue down by was asked for.")
    return Finding("breakdown", f"None of {', '.join(columns)} was delivered, so revenue cannot be broken down.")
