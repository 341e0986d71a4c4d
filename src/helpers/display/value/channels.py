"""What new customers of each channel are worth against their cost, and where a budget would bring most."""

from __future__ import annotations

from math import isinf

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import AMOUNT_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, untold
from helpers.display.tables import Table
from helpers.display.theme import BLUE, INK, VERMILION, themed
from helpers.display.wording import column_named, named, sentences, vocabulary, worded, worded_n
from helpers.models.value.budget import BudgetTotals

(LONGEST,) = vocabulary("not within 60 months")
NAMED_OPTIONS = 3
SMALLEST_AMOUNT = 0.005
"""Half a cent: a smaller amount is shown as none."""


def no_channels(column: str) -> Finding:
    """That the channel of new customers is unknown."""
    why = worded("The column of customers that names it was not delivered: {column}.", column=column_named(column))
    return Finding("clv_channels", worded("The channel of new customers is unknown."), evidence=why)


def channels(frame: pd.DataFrame, *, months: float, has_margin: bool, currency: str, level: float) -> Finding:
    """Which channel pays best; one row of `frame` is a channel, as `acquisition.economics` gives it."""
    known = frame[frame["clv_to_cac"].notna()]
    if not len(frame):
        return untold("clv_best_channel", worded("What a new customer of each channel is worth is"))
    if not len(known):
        return _without_cost(frame, months=months, has_margin=has_margin, currency=currency, level=level)
    best = known.nlargest(1, "clv_to_cac").iloc[0]
    claim = worded(
        "A new customer by {channel} brings {ratio} times the cost to win one over {months}.",
        channel=say.quoted(best["channel"]),
        ratio=say.number(best["clv_to_cac"], digits=1),
        months=_months(months),
    )
    evidence = worded(
        "{interval}; {amount} in {kind} for {cost}, the most of {channels}; the cost is back {back}.",
        interval=say.interval(
            *(say.number(best[f"clv_to_cac_{bound}"], digits=1) for bound in ("low", "high")),
            level=level,
            is_start=True,
        ),
        amount=say.money(best["value_amount"], currency=currency),
        kind=say.value_in(has_margin),
        cost=say.money(best["acquisition_cost_amount"], currency=currency),
        channels=say.counted(len(known), "channel"),
        back=_back(best["payback_months"]),
    )
    ratio = (best["clv_to_cac"], best["clv_to_cac_low"], best["clv_to_cac_high"])
    evidence = sentences(evidence, *_remarks(known))
    return Finding("clv_best_channel", claim, *ratio, int(frame["customer_count"].sum()), "ratio", evidence)


def _without_cost(frame: pd.DataFrame, *, months: float, has_margin: bool, currency: str, level: float) -> Finding:
    """Which channel brings the customers who are worth most, where the cost of none is known."""
    best = frame.nlargest(1, "value_amount").iloc[0]
    claim = worded(
        "A new customer by {channel} is worth most, {amount} in {kind} over {months}.",
        channel=say.quoted(best["channel"]),
        amount=say.money(best["value_amount"], currency=currency),
        kind=say.value_in(has_margin),
        months=_months(months),
    )
    bounds = [say.money(best[name], currency=currency) for name in ("low", "high")]
    evidence = worded(
        "{interval}; no cost to win a customer is known, so channels are compared by value alone.",
        interval=say.interval(*bounds, level=level, is_start=True),
    )
    amounts = (best["value_amount"], best["low"], best["high"])
    return Finding("clv_best_channel", claim, *amounts, unit=currency, evidence=evidence)


def _remarks(known: pd.DataFrame) -> list[str]:
    """Which channels lose money, of which that is unknown, and which had too few customers for a fit of their own."""
    high, low = known["clv_to_cac_high"], known["clv_to_cac_low"]
    losing, unsure = _quoted(known[high < 1]), _quoted(known[(low < 1) & (high >= 1)])
    pooled = _quoted(known[~known["is_own_fit"].astype(bool)])
    said = []
    if losing:
        lost = worded(
            "By {channels} customers cost more to win than they bring in that time.", channels=say.listed(losing)
        )
        said.append(lost)
    if unsure:
        pays = worded_n(
            len(unsure),
            "Whether {channels} pays is unknown.",
            "Whether {channels} pay is unknown.",
            channels=say.listed(unsure),
        )
        said.append(pays)
    if pooled and len(pooled) < len(known):
        alike = worded("Customers of {channels} are taken to buy like all customers.", channels=say.listed(pooled))
        said.append(alike)
    return said


def _quoted(rows: pd.DataFrame) -> list[str]:
    return [say.quoted(channel) for channel in rows["channel"]]


@themed
def ratios(frame: pd.DataFrame, *, months: float, has_margin: bool, currency: str) -> Drawing:
    """Value to cost of a new customer by channel, with intervals; value alone where no cost is known."""
    has_cost = bool(frame["clv_to_cac"].notna().any())
    names = ("clv_to_cac", "clv_to_cac_low", "clv_to_cac_high") if has_cost else ("value_amount", "low", "high")
    shown = frame[frame[names[0]].notna()].sort_values(names[0], ascending=False, kind="stable")
    if not len(shown):
        return empty(worded("New customers by channel"), worded("No value of a new customer could be worked out."))
    figure, (axes,) = canvas(height=1.2 + 0.36 * len(shown))
    place = np.arange(len(shown))[::-1]
    axes.hlines(place, shown[names[1]], shown[names[2]], color=BLUE, linewidth=2)
    axes.scatter(shown[names[0]], place, color=BLUE, zorder=3)
    axes.set_yticks(
        place,
        [
            worded("{channel}, n = {n}", channel=row["channel"], n=say.number(row["customer_count"]))
            for row in shown.to_dict("records")
        ],
    )
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlim(min(0.0, 1.05 * float(shown[names[1]].min())), None)
    if has_cost:
        axes.axvline(1, color=VERMILION, linestyle="--", linewidth=1)
        axes.text(1, len(shown) - 0.5, f" {worded('cost is back')}", color=INK, fontsize="small", va="center")
    else:
        axes.xaxis.set_major_formatter(AMOUNT_AXIS)
    over = {"months": _months(months)}
    in_money = worded("{kind}, {currency}", kind=say.value_in(has_margin), currency=named(currency))
    parts = [
        worded("{channel} {number}", channel=row["channel"], number=say.number(row[names[0]], digits=2))
        for row in shown.to_dict("records")
    ]
    if has_cost:
        axes.set_title(worded("Value over cost of a new customer, {months} (point and interval)", **over))
        axes.set_xlabel(worded("CLV to CAC"))
        alt = worded("Value over cost of a new customer over {months}: {parts}.", parts=say.itemised(parts), **over)
    else:
        axes.set_title(worded("Value of a new customer, {months} (point and interval)", **over))
        axes.set_xlabel(in_money)
        alt = worded("Value of a new customer over {months}: {parts}.", parts=say.itemised(parts), **over)
    return Drawing(figure, alt)


def channel_table(frame: pd.DataFrame, *, months: float, has_margin: bool, currency: str) -> Table:
    """The channels: value, cost, their ratio and payback; one row a channel."""
    value = worded("value in {kind}, {currency}", kind=say.value_in(has_margin), currency=named(currency))
    cost = worded("cost to win, {currency}", currency=named(currency))
    low, high, so_far = worded("from"), worded("to"), worded("customers so far")
    own, as_all = worded("own fit"), worded("as all customers")
    numbers = {value: frame["value_amount"], low: frame["low"], high: frame["high"]}
    numbers |= {cost: frame["acquisition_cost_amount"], worded("CLV to CAC"): frame["clv_to_cac"]}
    shown = pd.DataFrame(
        {
            worded("channel"): frame["channel"],
            so_far: frame["customer_count"],
            **numbers,
            worded("paid back"): [_back(value) for value in frame["payback_months"]],
            worded("buying"): [own if is_own else as_all for is_own in frame["is_own_fit"]],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(numbers, lambda value: say.number(value, digits=2))
    caption = worded("A new customer of each channel, first order and {months} after it", months=_months(months))
    return tables.table(shown, caption=caption, formats=formats | {so_far: say.number})


def budget(shared: pd.DataFrame, totals: BudgetTotals, *, budget_amount: float, currency: str) -> Finding:
    """Where a budget would bring most; one row of `shared` is an option, the best first."""
    key = "clv_budget"
    if not totals.spent_amount:
        claim = worded("Nothing should be spent: there is no budget.")
        if budget_amount:
            claim = worded("Nothing should be spent: none of the options pays for itself.")
        return Finding(key, claim, 0.0, n=len(shared), unit=currency)
    low, high, net, even, kept = (
        say.money(amount, currency=currency)
        for amount in (totals.net_low, totals.net_high, totals.net_amount, totals.even_net_amount, totals.kept_amount)
    )
    claim = worded(
        "The best use of a budget of {budget} would bring {net} more than it costs, if its assumptions hold.",
        budget=say.money(budget_amount, currency=currency),
        net=net,
    )
    bounds = worded(
        "{low} to {high} between the bounds of all, against doing nothing: {uses}; shared evenly over all options it "
        "would be {even}.",
        low=low,
        high=high,
        uses=say.listed(_uses(shared, currency)),
        even=even,
    )
    rest = worded("{amount} is better kept: no option that pays is left.", amount=kept)
    assumed = worded("It rests on the assumed effects and on costs staying as they are: try it on a part first.")
    evidence = sentences(bounds, rest if totals.kept_amount > SMALLEST_AMOUNT else "", assumed)
    return Finding(key, claim, totals.net_amount, totals.net_low, totals.net_high, len(shared), currency, evidence)


def _uses(shared: pd.DataFrame, currency: str) -> list[str]:
    """What the money goes to, the best options by name."""
    used = shared[shared["spent_amount"] > 0]
    parts = [
        worded(
            "{amount} to {option} (about {customers})",
            amount=say.money(row["spent_amount"], currency=currency),
            option=row["option"],
            customers=say.counted(round(row["customer_count"]), "customer"),
        )
        for row in used.head(NAMED_OPTIONS).to_dict("records")
    ]
    if len(used) > NAMED_OPTIONS:
        parts.append(worded("the rest to the next {count}", count=say.number(len(used) - NAMED_OPTIONS)))
    return parts


def budget_table(plan: pd.DataFrame, *, currency: str) -> Table:
    """How a budget is shared out; one row an option, the best first."""
    shown = plan[["option", "return_share", "customer_count", "spent_amount", "net_amount", "net_low", "net_high"]]
    back = worded("return on the money")
    of_money = {"currency": named(currency)}
    names = [worded("option"), back, worded("customers"), worded("spend, {currency}", **of_money)]
    names += [worded("gain, {currency}", **of_money), worded("from"), worded("to")]
    shown = shown.set_axis(names, axis="columns")
    formats: dict[str, tables.Format] = dict.fromkeys(shown.columns[2:], say.number)
    formats |= {back: lambda value: say.signed_share(value, digits=0)}
    caption = worded("The budget, to the best return first; gains are against doing nothing")
    return tables.table(shown, caption=caption, formats=formats)


def _back(months: float) -> str:
    if say.is_missing(months):
        return "–"
    if isinf(months):
        return named(LONGEST)
    return worded("with the first order") if months == 0 else worded("after {months}", months=_months(months))


def _months(months: float) -> str:
    if months == round(months):
        return say.counted(int(months), "month")
    return worded("{number} months", number=say.number(months, digits=1))
