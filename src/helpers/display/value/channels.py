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
from helpers.models.value.budget import BudgetTotals

LONGEST = "not within 60 months"
NAMED_OPTIONS = 3
SMALLEST_AMOUNT = 0.005
"""Half a cent: a smaller amount is shown as none."""


def no_channels(column: str) -> Finding:
    """That the channel of new customers is unknown."""
    why = f"{column} of customers was not delivered."
    return Finding("clv_channels", "The channel of new customers is unknown.", evidence=why)


def channels(frame: pd.DataFrame, *, months: float, has_margin: bool, currency: str, level: float) -> Finding:
    """Which channel pays best; one row of `frame` is a channel, as `acquisition.economics` gives it."""
    known = frame[frame["clv_to_cac"].notna()]
    if not len(frame):
        return untold("clv_best_channel", "What a new customer of each channel is worth is")
    if not len(known):
        best = frame.nlargest(1, "value_amount").iloc[0]
        bounds = [say.money(best[name], currency=currency) for name in ("low", "high")]
        worth = f"{say.money(best['value_amount'], currency=currency)} in {say.value_in(has_margin)}"
        claim = f"A new customer by {say.quoted(best['channel'])} is worth most, {worth} over {_months(months)}."
        interval = say.interval(*bounds, level=level, is_start=True)
        evidence = f"{interval}; no cost to win a customer is known, so channels are compared by value alone."
        amounts = (best["value_amount"], best["low"], best["high"])
        return Finding("clv_best_channel", claim, *amounts, unit=currency, evidence=evidence)
    best = known.nlargest(1, "clv_to_cac").iloc[0]
    bounds = [say.number(best[f"clv_to_cac_{bound}"], digits=1) for bound in ("low", "high")]
    claim = (
        f"A new customer by {say.quoted(best['channel'])} brings {say.number(best['clv_to_cac'], digits=1)} times the "
        f"cost to win one over {_months(months)}."
    )
    evidence = (
        f"{say.interval(*bounds, level=level, is_start=True)}; "
        f"{say.money(best['value_amount'], currency=currency)} in {say.value_in(has_margin)} for "
        f"{say.money(best['acquisition_cost_amount'], currency=currency)}, the most of "
        f"{say.counted(len(known), 'channel')}; the cost is back {_back(best['payback_months'])}."
    )
    losing = [say.quoted(channel) for channel in known.loc[known["clv_to_cac_high"] < 1, "channel"]]
    unsure = [
        say.quoted(channel)
        for channel in known.loc[(known["clv_to_cac_low"] < 1) & (known["clv_to_cac_high"] >= 1), "channel"]
    ]
    if losing:
        evidence += f" By {say.listed(losing)} customers cost more to win than they bring in that time."
    if unsure:
        evidence += f" Whether {say.listed(unsure)} pays is unknown."
    pooled = [say.quoted(channel) for channel in known.loc[~known["is_own_fit"].astype(bool), "channel"]]
    if pooled and len(pooled) < len(known):
        evidence += f" {say.listed(pooled)} {'is' if len(pooled) == 1 else 'are'} taken to buy like all customers."
    ratio = (best["clv_to_cac"], best["clv_to_cac_low"], best["clv_to_cac_high"])
    return Finding("clv_best_channel", claim, *ratio, int(frame["customer_count"].sum()), "ratio", evidence)


@themed
def ratios(frame: pd.DataFrame, *, months: float, has_margin: bool, currency: str) -> Drawing:
    """Value to cost of a new customer by channel, with intervals; value alone where no cost is known."""
    has_cost = bool(frame["clv_to_cac"].notna().any())
    names = ("clv_to_cac", "clv_to_cac_low", "clv_to_cac_high") if has_cost else ("value_amount", "low", "high")
    shown = frame[frame[names[0]].notna()].sort_values(names[0], ascending=False, kind="stable")
    if not len(shown):
        return empty("New customers by channel", "No value of a new customer could be worked out.")
    figure, (axes,) = canvas(height=1.2 + 0.36 * len(shown))
    place = np.arange(len(shown))[::-1]
    axes.hlines(place, shown[names[1]], shown[names[2]], color=BLUE, linewidth=2)
    axes.scatter(shown[names[0]], place, color=BLUE, zorder=3)
    axes.set_yticks(
        place, [f"{row['channel']}, n = {say.number(row['customer_count'])}" for row in shown.to_dict("records")]
    )
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlim(min(0.0, 1.05 * float(shown[names[1]].min())), None)
    if has_cost:
        axes.axvline(1, color=VERMILION, linestyle="--", linewidth=1)
        axes.text(1, len(shown) - 0.5, " cost is back", color=INK, fontsize="small", va="center")
    else:
        axes.xaxis.set_major_formatter(AMOUNT_AXIS)
    what = "Value over cost of a new customer" if has_cost else "Value of a new customer"
    axes.set(title=f"{what}, {_months(months)} (point and interval)")
    axes.set_xlabel("CLV to CAC" if has_cost else f"{say.value_in(has_margin)}, {currency}")
    parts = [f"{row['channel']} {say.number(row[names[0]], digits=2)}" for row in shown.to_dict("records")]
    return Drawing(figure, f"{what} over {_months(months)}: {', '.join(parts)}.")


def channel_table(frame: pd.DataFrame, *, months: float, has_margin: bool, currency: str) -> Table:
    """The channels: value, cost, their ratio and payback; one row a channel."""
    value = f"value in {say.value_in(has_margin)}, {currency}"
    shown = pd.DataFrame(
        {
            "channel": frame["channel"],
            "customers so far": frame["customer_count"],
            value: frame["value_amount"],
            "from": frame["low"],
            "to": frame["high"],
            f"cost to win, {currency}": frame["acquisition_cost_amount"],
            "CLV to CAC": frame["clv_to_cac"],
            "paid back": [_back(value) for value in frame["payback_months"]],
            "buying": ["own fit" if is_own else "as all customers" for is_own in frame["is_own_fit"]],
        }
    )
    digits = [value, "from", "to", f"cost to win, {currency}", "CLV to CAC"]
    formats: dict[str, tables.Format] = dict.fromkeys(digits, lambda value: say.number(value, digits=2))
    formats |= {"customers so far": say.number}
    return tables.table(
        shown, caption=f"A new customer of each channel, first order and {_months(months)} after it", formats=formats
    )


def budget(shared: pd.DataFrame, totals: BudgetTotals, *, budget_amount: float, currency: str) -> Finding:
    """Where a budget would bring most; one row of `shared` is an option, the best first."""
    key = "clv_budget"
    if not totals.spent_amount:
        why = "none of the options pays for itself" if budget_amount else "there is no budget"
        return Finding(key, f"Nothing should be spent: {why}.", 0.0, n=len(shared), unit=currency)
    used = shared[shared["spent_amount"] > 0]
    parts = [
        f"{say.money(row['spent_amount'], currency=currency)} to {row['option']} (about "
        f"{say.counted(round(row['customer_count']), 'customer')})"
        for row in used.head(NAMED_OPTIONS).to_dict("records")
    ]
    if len(used) > NAMED_OPTIONS:
        parts.append(f"the rest to the next {say.number(len(used) - NAMED_OPTIONS)}")
    low, high, net, even, kept = (
        say.money(amount, currency=currency)
        for amount in (totals.net_low, totals.net_high, totals.net_amount, totals.even_net_amount, totals.kept_amount)
    )
    of = say.money(budget_amount, currency=currency)
    claim = f"The best use of a budget of {of} would bring {net} more than it costs, if its assumptions hold."
    evidence = (
        f"{low} to {high} between the bounds of all, against doing nothing: {say.listed(parts)}; shared evenly over "
        f"all options it would be {even}."
    )
    if totals.kept_amount > SMALLEST_AMOUNT:
        evidence += f" {kept} is better kept: no option that pays is left."
    evidence += " It rests on the assumed effects and on costs staying as they are: try it on a part first."
    return Finding(key, claim, totals.net_amount, totals.net_low, totals.net_high, len(shared), currency, evidence)


def budget_table(plan: pd.DataFrame, *, currency: str) -> Table:
    """How a budget is shared out; one row an option, the best first."""
    shown = plan[["option", "return_share", "customer_count", "spent_amount", "net_amount", "net_low", "net_high"]]
    shown = shown.set_axis(
        ["option", "return on the money", "customers", f"spend, {currency}", f"gain, {currency}", "from", "to"],
        axis="columns",
    )
    formats: dict[str, tables.Format] = dict.fromkeys(shown.columns[2:], say.number)
    formats |= {"return on the money": lambda value: say.signed_share(value, digits=0)}
    return tables.table(
        shown, caption="The budget, to the best return first; gains are against doing nothing", formats=formats
    )


def _back(months: float) -> str:
    if say.is_missing(months):
        return "–"
    if isinf(months):
        return LONGEST
    return "with the first order" if months == 0 else f"after {_months(months)}"


def _months(months: float) -> str:
    whole = months == round(months)
    return say.counted(int(months), "month") if whole else f"{say.number(months, digits=1)} months"
