"""Said and done on the page: what a point of satisfaction goes with in later spend, always as an association."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import ends
from helpers.display.tables import Table
from helpers.display.theme import BLUE, INK, ORANGE, themed
from helpers.display.wording import named, sentences, vocabulary, worded
from helpers.models.survey.said_and_done import METHODS, SaidAndDone

HEADLINE = "adjusted_weighted"
"""The method by which the page leads; the others stand beside it."""
TITLES = dict(
    zip(
        ("unadjusted", "adjusted", "adjusted_weighted", "adjusted_delivered"),
        vocabulary(
            "as it stands",
            "earlier purchases held equal",
            "... and weighted by the chance to answer",
            "... and by the delivered weights instead",
        ),
        strict=True,
    )
)
"""How the money a point was reckoned, by method."""


def findings(found: SaidAndDone | None, *, horizon_days: int, currency: str, level: float) -> list[Finding]:
    """What a point of satisfaction goes with: in money, and in customers who stayed away."""
    if found is None:
        claim = worded(
            "What satisfaction goes with in later spend is unknown: too few answers whose later purchases were seen."
        )
        return [Finding("spend_per_point", claim)]
    return [_money(found, horizon_days, currency, level), _away(found, horizon_days, level)]


def _money(found: SaidAndDone, days: int, currency: str, level: float) -> Finding:
    row, plain = found.row("later_amount", HEADLINE), found.row("later_amount", "unadjusted")
    low, high = (_sum(row[end], currency) for end in ("low", "high"))
    if row["low"] <= 0 <= row["high"]:
        claim = worded("Satisfaction does not clearly go with what customers spend in the next {days} days.", days=days)
    else:
        told = {"amount": say.money(abs(row["estimate"]), currency=currency), "days": days}
        more = worded("One point more of satisfaction goes with {amount} more spend in the next {days} days.", **told)
        less = worded("One point more of satisfaction goes with {amount} less spend in the next {days} days.", **told)
        claim = more if row["estimate"] > 0 else less
    size = worded(
        "{amount} a point, {interval}, beside {plain} without holding earlier purchases equal; customers spent {mean} "
        "on average.",
        amount=_sum(row["estimate"], currency),
        interval=say.interval(low, high, level=level),
        plain=_sum(plain["estimate"], currency),
        mean=say.money(found.mean_amount, currency=currency),
    )
    caveat = worded("An association, not an effect: who is content may differ in other ways.")
    evidence = sentences(size, caveat, *_base(found))
    return Finding("spend_per_point", claim, row["estimate"], row["low"], row["high"], found.n, currency, evidence)


def _away(found: SaidAndDone, days: int, level: float) -> Finding:
    row = found.row("silent_share", HEADLINE)
    if row["low"] <= 0 <= row["high"]:
        claim = worded("Satisfaction does not clearly go with who buys nothing in the next {days} days.", days=days)
    else:
        told = {"points": say.points(abs(row["estimate"])), "days": days}
        fewer = worded("With one point more of satisfaction, {points} fewer buy nothing in {days} days.", **told)
        more = worded("With one point more of satisfaction, {points} more buy nothing in {days} days.", **told)
        claim = fewer if row["estimate"] < 0 else more
    low, high = (say.number(100 * row[end], digits=1) for end in ("low", "high"))
    size = say.number(100 * row["estimate"], digits=1)
    per_point = worded(
        "{size} points of share a point of satisfaction, {interval}.",
        size=size,
        interval=say.interval(low, high, level=level),
    )
    caveat = worded("An association, not an effect: who is content may differ in other ways.")
    evidence = sentences(per_point, caveat)
    return Finding("silent_per_point", claim, row["estimate"], row["low"], row["high"], found.n, "share", evidence)


def _base(found: SaidAndDone) -> tuple[str, str]:
    """Who is in it, who is not, and what the weights rest on."""
    response = found.response
    base = worded(
        "{answers} of {customers}; left out: {late} too near the end of the data, {unknown} without an earlier "
        "purchase or a mark.",
        answers=say.counted(found.n, "answer"),
        customers=say.counted(found.customer_count, "customer"),
        late=say.number(found.late_count),
        unknown=say.number(found.unknown_count),
    )
    told = {
        "answered": say.number(response.answered_count),
        "asked": say.number(found.frame_count),
        "cut": say.number(response.trimmed_count),
        "ratio": f"{response.largest_ratio:g}",
    }
    if found.knows_invited:
        return base, worded(
            "Of those asked who had bought before, {answered} of {asked} answered; {cut} weights were cut to {ratio} "
            "times the median.",
            **told,
        )
    return base, worded(
        "Who was asked was not delivered: of all who had bought before a wave, {answered} of {asked} answered; {cut} "
        "weights were cut to {ratio} times the median.",
        **told,
    )


def _sum(value: float, currency: str) -> str:
    text = say.money(abs(value), currency=currency)
    return text if say.is_missing(value) else f"{'−' if value < 0 else '+'}{text}"


@themed
def figure(found: SaidAndDone | None, *, horizon_days: int, currency: str) -> Drawing:
    """Money a point, without and with what is held equal, each with its interval."""
    if found is None:
        return empty(worded("Later spend and satisfaction"), worded("Too few answers whose later purchases were seen."))
    drawn, (axes,) = canvas(height=2.6)
    rows = {name: found.row("later_amount", name) for name in METHODS}
    for place, (name, row) in enumerate(rows.items()):
        color = ORANGE if name == "unadjusted" else BLUE
        axes.hlines(place, row["low"], row["high"], color=color, linewidth=1.8)
        axes.plot(row["estimate"], place, marker="s" if name == HEADLINE else "o", color=color)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [named(TITLES[name]) for name in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set(
        title=worded("Later spend per point of satisfaction (n = {n}; point and interval)", n=say.number(found.n)),
        xlabel=worded(
            "{currency} per point, in {days} days: an association", currency=named(currency), days=horizon_days
        ),
    )
    told = [
        worded("{name} {share}", name=named(TITLES[name]), share=_sum(row["estimate"], currency))
        for name, row in rows.items()
    ]
    alt = worded(
        "Spend in {days} days per point of satisfaction: {parts}.", days=horizon_days, parts=say.lined_up(told)
    )
    return Drawing(drawn, alt)


def table(found: SaidAndDone | None, *, horizon_days: int, currency: str) -> Table:
    """Adjusted beside unadjusted, a row per way."""
    columns = [worded("how"), worded("spend per point"), worded("interval")]
    columns += [worded("bought nothing, points of share"), worded("answers")]
    shown: list[list[Any]] = []
    for name in METHODS:
        if found is None:
            break
        money, away = found.row("later_amount", name), found.row("silent_share", name)
        size, low, high = (say.number(100 * away[end], digits=1) for end in ("estimate", "low", "high"))
        shown.append(
            [
                named(TITLES[name]),
                _sum(money["estimate"], currency),
                ends(_sum(money["low"], currency), _sum(money["high"], currency)),
                worded("{value} ({interval})", value=size, interval=ends(low, high)),
                say.number(money["n"]),
            ]
        )
    caption = worded(
        "What one point of satisfaction goes with in the {days} days after the answer: associations", days=horizon_days
    )
    return tables.table(pd.DataFrame(shown, columns=columns), caption=caption, is_folded=True)
