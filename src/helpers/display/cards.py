"""Cards: the few figures over a page, each with its change, the interval of that, and a small picture of its past."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from helpers.display import language as say
from helpers.display.findings import Finding
from helpers.display.wording import worded

LEVELS = 10
"""Heights of a bar in the small picture, from nothing to the largest."""


@dataclass(frozen=True)
class Change:
    """How a figure changed: by how much, with an arrow, and what there is to know of that, such as its interval."""

    size: str
    note: str = ""

    def __str__(self) -> str:
        return worded("{size} {note}", size=self.size, note=self.note) if self.note else self.size


@dataclass(frozen=True)
class Card:
    """One figure: what it is, how much, how it changed, and what it was before.

    Parameters
    ----------
    label
        What the figure is, with its period.
    value
        The figure as one would say it.
    change
        Its change against what, or what else there is to know of it; empty where there is nothing.
    past
        The figure in earlier periods, oldest first and the present one last; drawn as bars from zero.
    """

    label: str
    value: str
    change: Change | str = ""
    past: tuple[float, ...] = ()


@dataclass(frozen=True)
class Cards:
    """Several cards side by side."""

    cards: tuple[Card, ...]

    def bundles(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """The cards as markup in which nothing of a text can run, and as lines of text."""
        html = f'<div class="cards">{"".join(map(_html, self.cards))}</div>'
        lines = [_plain(card) for card in self.cards]
        return [({"text/html": html, "text/plain": "\n".join(lines)}, {})]

    def _repr_html_(self) -> str:
        return str(self.bundles()[0][0]["text/html"])


def change(value: float, low: float, high: float, *, against: str) -> Change | str:
    """A relative change with an arrow and its interval: `▼ 19.3 % (−23.4 % to −15.1 %) against ...`.

    Where the interval holds zero the change is not clear, and the arrow is an equals sign; empty without a change.
    """
    if say.is_missing(value):
        return ""
    is_clear = not (say.is_missing(low) or low <= 0 <= high)
    arrow = ("▲" if value > 0 else "▼") if is_clear else "="
    size = worded("{arrow} {size}", arrow=arrow, size=say.share(abs(value)) if is_clear else say.signed_share(value))
    if say.is_missing(low):
        return Change(size, worded("against {period}", period=against))
    bounds = {"low": say.signed_share(low), "high": say.signed_share(high)}
    return Change(size, worded("({low} to {high}) against {period}", period=against, **bounds))


def told(label: str, finding: Finding, *, level: float) -> Card:
    """The number of a finding as a card, with its interval where there is one; its unit is a share or a currency."""
    value, low, high = (say.in_unit(number, finding.unit) for number in (finding.value, finding.low, finding.high))
    bounds = say.interval(low, high, level=level, is_start=True) if not say.is_missing(finding.low) else ""
    return Card(label, value, bounds)


def _plain(card: Card) -> str:
    if not card.change:
        return worded("{label}: {value}", label=card.label, value=card.value)
    return worded("{label}: {value} ({change})", label=card.label, value=card.value, change=card.change)


def _html(card: Card) -> str:
    value = card.value.replace(say.NBSP, " ")  # a card is narrow: a unit may stand on a line of its own
    lines = [("card-label", escape(card.label)), ("card-value", escape(value)), ("card-change", _told(card.change))]
    text = "".join(f'<p class="{kind}">{line}</p>' for kind, line in lines if line)
    return f'<div class="card">{text}{_spark(card.past)}</div>'


def _told(change: Change | str) -> str:
    """A change as markup: its size stands out from what there is to know of it."""
    if isinstance(change, str):
        return escape(change)
    return f"<strong>{escape(change.size)}</strong> {escape(change.note)}"


def _spark(past: Sequence[float]) -> str:
    known = [0.0 if math.isnan(value) else max(value, 0.0) for value in past]
    if len(known) < 2 or not max(known):
        return ""
    heights = [round(LEVELS * value / max(known)) for value in known]
    bars = "".join(f'<i class="h{height}"></i>' for height in heights)
    name = worded("{periods}, the latest last", periods=say.counted(len(known), "period"))
    return f'<div class="spark" role="img" aria-label="{escape(name)}">{bars}</div>'
