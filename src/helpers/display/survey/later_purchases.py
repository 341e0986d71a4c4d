"""Said and done on the page: what a point of satisfaction goes with in later spend, always as an association."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.theme import BLUE, INK, ORANGE, themed
from helpers.models.survey.said_and_done import METHODS, SaidAndDone

HEADLINE = "adjusted_weighted"
"""The method by which the page leads; the others stand beside it."""
TITLES = {
    "unadjusted": "as it stands",
    "adjusted": "earlier purchases held equal",
    "adjusted_weighted": "... and weighted by the chance to answer",
    "adjusted_delivered": "... and by the delivered weights instead",
}
CAVEAT = "An association, not an effect: who is content may differ in other ways."


def findings(found: SaidAndDone | None, *, horizon_days: int, currency: str, level: float) -> list[Finding]:
    """What a point of satisfaction goes with: in money, and in customers who stayed away."""
    if found is None:
        claim = (
            "What satisfaction goes with in later spend is unknown: too few answers whose later purchases were seen."
        )
        return [Finding("spend_per_point", claim)]
    return [_money(found, horizon_days, currency, level), _away(found, horizon_days, level)]


def _money(found: SaidAndDone, days: int, currency: str, level: float) -> Finding:
    row, plain = found.row("later_amount", HEADLINE), found.row("later_amount", "unadjusted")
    low, high = (_sum(row[end], currency) for end in ("low", "high"))
    if row["low"] <= 0 <= row["high"]:
        claim = f"Satisfaction does not clearly go with what customers spend in the next {days} days."
    else:
        way = "more" if row["estimate"] > 0 else "less"
        size = say.money(abs(row["estimate"]), currency=currency)
        claim = f"One point more of satisfaction goes with {size} {way} spend in the next {days} days."
    evidence = (
        f"{_sum(row['estimate'], currency)} a point, {say.interval(low, high, level=level)}, beside "
        f"{_sum(plain['estimate'], currency)} without holding earlier purchases equal; customers spent "
        f"{say.money(found.mean_amount, currency=currency)} on average. {CAVEAT} {_base(found)}"
    )
    return Finding("spend_per_point", claim, row["estimate"], row["low"], row["high"], found.n, currency, evidence)


def _away(found: SaidAndDone, days: int, level: float) -> Finding:
    row = found.row("silent_share", HEADLINE)
    if row["low"] <= 0 <= row["high"]:
        claim = f"Satisfaction does not clearly go with who buys nothing in the next {days} days."
    else:
        way = "fewer" if row["estimate"] < 0 else "more"
        claim = (
            f"With one point more of satisfaction, {say.points(abs(row['estimate']))} {way} buy nothing in {days} days."
        )
    low, high = (say.number(100 * row[end], digits=1) for end in ("low", "high"))
    size = say.number(100 * row["estimate"], digits=1)
    evidence = f"{size} points of share a point of satisfaction, {say.interval(low, high, level=level)}; {CAVEAT}"
    return Finding("silent_per_point", claim, row["estimate"], row["low"], row["high"], found.n, "share", evidence)


def _base(found: SaidAndDone) -> str:
    """Who is in it, who is not, and what the weights rest on."""
    response = found.response
    frame = (
        "Of those asked who had bought before"
        if found.knows_invited
        else "Who was asked was not delivered: of all who had bought before a wave"
    )
    return (
        f"{say.counted(found.n, 'answer')} of {say.counted(found.customer_count, 'customer')}; left out: "
        f"{say.number(found.late_count)} too near the end of the data, {say.number(found.unknown_count)} without an "
        f"earlier purchase or a mark. {frame}, "
        f"{say.number(response.answered_count)} of {say.number(found.frame_count)} answered; "
        f"{say.number(response.trimmed_count)} weights were cut to {response.largest_ratio:g} times the median."
    )


def _sum(value: float, currency: str) -> str:
    text = say.money(abs(value), currency=currency)
    return text if say.is_missing(value) else f"{'−' if value < 0 else '+'}{text}"


@themed
def figure(found: SaidAndDone | None, *, horizon_days: int, currency: str) -> Drawing:
    """Money a point, without and with what is held equal, each with its interval."""
    if found is None:
        return empty("Later spend and satisfaction", "Too few answers whose later purchases were seen.")
    drawn, (axes,) = canvas(height=2.6)
    rows = {name: found.row("later_amount", name) for name in METHODS}
    for place, (name, row) in enumerate(rows.items()):
        color = ORANGE if name == "unadjusted" else BLUE
        axes.hlines(place, row["low"], row["high"], color=color, linewidth=1.8)
        axes.plot(row["estimate"], place, marker="s" if name == HEADLINE else "o", color=color)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [TITLES[name] for name in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set(
        title=f"Later spend per point of satisfaction (n = {say.number(found.n)}; point and interval)",
        xlabel=f"{currency} per point, in {horizon_days} days: an association",
    )
    told = "; ".join(f"{TITLES[name]} {_sum(row['estimate'], currency)}" for name, row in rows.items())
    return Drawing(drawn, f"Spend in {horizon_days} days per point of satisfaction: {told}.")


def table(found: SaidAndDone | None, *, horizon_days: int, currency: str) -> Table:
    """Adjusted beside unadjusted, a row per way."""
    shown: list[dict[str, Any]] = []
    for name in METHODS:
        if found is None:
            break
        money, away = found.row("later_amount", name), found.row("silent_share", name)
        ends = [say.number(100 * away[end], digits=1) for end in ("estimate", "low", "high")]
        shown.append(
            {
                "how": TITLES[name],
                "spend per point": _sum(money["estimate"], currency),
                "interval": f"{_sum(money['low'], currency)} to {_sum(money['high'], currency)}",
                "bought nothing, points of share": f"{ends[0]} ({ends[1]} to {ends[2]})",
                "answers": say.number(money["n"]),
            }
        )
    columns = ["how", "spend per point", "interval", "bought nothing, points of share", "answers"]
    caption = f"What one point of satisfaction goes with in the {horizon_days} days after the answer: associations"
    return tables.table(pd.DataFrame(shown, columns=columns), caption=caption, is_folded=True)
