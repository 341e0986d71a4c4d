"""Flows between the groups of two dates, drawn as an alluvial diagram: bars of customers and the ribbons between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path

from helpers.display import language as say
from helpers.display.figures import Drawing, canvas, empty
from helpers.display.lines import room
from helpers.display.theme import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, SKY, SOFT, themed
from helpers.display.wording import named, sentences, vocabulary, worded
from helpers.models.segments.movements import NEW, NONE

BAR, STUB = 0.025, 0.07
"""Widths of a bar and of a stub, where the ribbons go from 0 to 1."""
TALL, SLOT, GAP = 3.6, 0.2, 0.06
"""Inches: all customers, the least room of a bar with its label, and the room between bars."""
SORTS = vocabulary(
    "stayed",
    "largest moves",
    "moved",
    "moved up",
    "moved down",
    "joined or left",
    "new customers",
    "smaller flows",
)
NOUNS = vocabulary("segment", "stage", "tier")
LOOKS = {
    "stayed": (FAINT, "", 0.45),
    "largest moves": (BLUE, "", 0.75),
    "moved": (SKY, "", 0.3),
    "moved up": (BLUE, "", 0.5),
    "moved down": (ORANGE, "///", 0.5),
    "joined or left": (PURPLE, "xx", 0.45),
    "new customers": (GREEN, "...", 0.4),
    "smaller flows": (FAINT, "", 0.7),
}
"""Colour, hatch and opacity of each sort of flow: no sort is shown by colour alone where two could be mixed up."""


@dataclass(frozen=True)
class _Bar:
    """A group at one date; `top` and `size` in inches, y growing downwards; its count may not be one to be told."""

    group: str
    count: int
    top: float
    size: float
    is_told: bool = True

    @property
    def text(self) -> str:
        """The count as it is written."""
        return say.number(self.count) if self.is_told else worded("hidden")


@themed
def flows(
    transitions: pd.DataFrame,
    *,
    since: date,
    until: date,
    level: float,
    is_ordered: bool = False,
    smallest_share: float = 0.0025,
    hidden: pd.Series | None = None,
) -> Drawing:
    """The customers of each group at two dates and the flows between; a row of `transitions` is a pair of groups.

    Where the groups are ordered, lowest first, the highest stands on top, and moves up and down differ in their look.
    Flows below `smallest_share` of all customers are drawn together, as a light stub at each bar; so are those that are
    `hidden`, an entry per pair, and of a group all of whose flows are hidden the number of customers is not written.
    """
    noun = noun_of(transitions)
    dates = {"since": say.day(since), "until": say.day(until)}
    title = worded("Customers by {noun} on {since} and on {until}", noun=noun, **dates)
    total = int(transitions["customer_count"].sum())
    if not total:
        return empty(title, worded("There is no customer yet."))
    if not (transitions["from"] != NEW).mul(transitions["customer_count"]).any():
        return empty(title, worded("Nobody was a customer on {since} yet.", **dates))
    is_told = np.ones(len(transitions), dtype=bool) if hidden is None else ~hidden.to_numpy(dtype=bool)
    told, peopled = transitions[is_told], _sizes(transitions, "from", is_ordered).index
    left, right = (
        _bars(_sizes(transitions, side, is_ordered), total, told=set(told.loc[told["from"].isin(peopled), side]))
        for side in ("from", "to")
    )
    height = max(bars[-1].top + max(bars[-1].size, SLOT) for bars in (left, right))
    figure, (axes,) = canvas(height=height + 1.35)
    drawn = transitions.assign(customer_count=transitions["customer_count"].where(is_told, 0))
    sorts = _ribbons(axes, drawn, left, right, is_ordered, smallest_share * total)
    _labels(axes, left, right, noun)
    axes.set(xlim=(-0.42, 1.42), ylim=(height + 0.05, -0.05))
    axes.set_axis_off()
    axes.set_title(worded("{title} (n = {n})", title=title, n=say.number(total)))
    keys = [
        Patch(facecolor=LOOKS[s][0], hatch=LOOKS[s][1], alpha=LOOKS[s][2], edgecolor="white", label=named(s))
        for s in sorts
    ]
    axes.legend(handles=keys, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=len(keys))
    moves = _largest(told, noun, level)
    why_none = worded("Nobody changed their {noun}.", noun=noun)
    if not len(told):
        why_none = worded("No move is one of customers enough to be told.")
    below = worded("Largest moves: {moves}", moves=_stacked(moves)) if moves else why_none
    figure.supxlabel(below, fontsize="small", color=SOFT)
    largest = worded("Largest moves: {moves}.", moves=say.lined_up(moves)) if moves else why_none
    alt = sentences(_alt(title, total, left, right, noun), largest)
    return Drawing(figure, alt, is_dense=True, told=_numbers(told, noun, dates))


def _numbers(told: pd.DataFrame, noun: str, dates: Mapping[str, str]) -> pd.DataFrame:
    """Every flow of which the number may be told, the largest first."""
    rows = told[told["customer_count"] > 0].sort_values("customer_count", ascending=False, kind="stable")
    cells = {
        worded("on {day}", day=dates["since"]): [plain(group, noun) for group in rows["from"]],
        worded("on {day}", day=dates["until"]): [plain(group, noun) for group in rows["to"]],
        worded("customers"): [say.number(count) for count in rows["customer_count"]],
    }
    return pd.DataFrame(cells)


def plain(group: str, noun: str) -> str:
    """How a group is written on one line; who is in none, or was no customer, in words."""
    if group == NONE:
        return worded("no {noun}", noun=noun)
    return worded("not yet a customer") if group == NEW else " ".join(str(group).split())


def noun_of(frame: pd.DataFrame) -> str:
    """What a group of the frame's `kind` is called: stage or tier; the groups of a scheme are segments."""
    kind = str(frame["kind"].iloc[0]) if len(frame) else "segment"
    return named(kind if kind in NOUNS else "segment")


def short(text: str, *, width: int = 24) -> str:
    """A name cut to a width in its middle, since names often differ at their end; a Chinese sign is two wide.

    >>> short("Customers of the northern region"), short("重要价值客户")
    ('Customers of th…rn region', '重要价值客户')
    """
    wide = [room(sign) for sign in text]
    if sum(wide) <= width:
        return text
    head, tail = np.cumsum(wide) <= width * 5 // 8, np.cumsum(wide[::-1]) <= width * 3 // 8
    return f"{text[: int(head.sum())]}…{text[len(text) - int(tail.sum()) :]}"


def _sizes(transitions: pd.DataFrame, side: str, is_ordered: bool) -> pd.Series:
    """Customers of the groups at one date that have any, from top to bottom."""
    sizes = transitions.groupby(side, sort=False)["customer_count"].sum()
    last = [group for group in (NONE, NEW) if group in sizes.index]
    named = [group for group in sizes.index if group not in last]
    sizes = sizes.reindex([*(named[::-1] if is_ordered else named), *last])
    return sizes[sizes > 0]


def _bars(sizes: pd.Series, total: int, *, told: set[str]) -> list[_Bar]:
    bars, top = [], 0.0
    for group, count in sizes.items():
        size = TALL * count / total
        room = max(size, SLOT)
        bars.append(_Bar(str(group), int(count), top + (room - size) / 2, size, group in told))
        top += room + GAP
    return bars


def _ribbons(
    axes: Axes, transitions: pd.DataFrame, left: list[_Bar], right: list[_Bar], is_ordered: bool, least: float
) -> list[str]:
    """Draw the flows; returns which sorts of them there are."""
    counts = transitions.set_index(["from", "to"])["customer_count"]
    rank = {group: place for place, group in enumerate(transitions["to"].unique())}
    used, largest = set(), set(_moves(transitions).set_index(["from", "to"]).index)
    starts, ends = _edges(left, right, counts, least), _edges(right, left, counts.swaplevel(), least)
    for pair, (top, size) in starts.items():
        sort = _sort(*pair, rank, is_ordered)
        sort = "largest moves" if sort == "moved" and pair in largest else sort
        used.add(sort)
        _draw(axes, _band(top, ends[pair[::-1]][0], size), sort)
    for bars, others, at, cells in ((left, right, 0.0, counts), (right, left, 1.0, counts.swaplevel())):
        for bar in bars:
            rest = bar.count - sum(count for count in _of(cells, bar, others) if count and count >= least)
            if rest:
                used.add("smaller flows")
                _draw(axes, _stub(bar, bar.size * rest / bar.count, at), "smaller flows")
    return [sort for sort in LOOKS if sort in used]


def _edges(
    bars: list[_Bar], others: list[_Bar], counts: pd.Series, least: float
) -> dict[tuple[str, str], tuple[float, float]]:
    """Where each flow that is drawn leaves its bar: the pair of groups, and top and size in inches."""
    edges = {}
    for bar in bars:
        top = bar.top
        for other, count in zip(others, _of(counts, bar, others), strict=True):
            if count and count >= least:
                size = bar.size * count / bar.count
                edges[bar.group, other.group] = (top, size)
                top += size
    return edges


def _of(counts: pd.Series, bar: _Bar, others: list[_Bar]) -> list[int]:
    return [int(counts.get((bar.group, other.group), 0)) for other in others]


def _sort(source: str, target: str, rank: dict[str, int], is_ordered: bool) -> str:
    if source == NEW:
        return "new customers"
    if source == target:
        return "stayed"
    if not is_ordered:
        return "moved"
    if NONE in (source, target):
        return "joined or left"
    return "moved up" if rank[target] > rank[source] else "moved down"


def _band(start: float, end: float, size: float) -> Path:
    """A ribbon between two bars: a cubic curve there, and back below it."""
    a, b, middle = BAR, 1 - BAR, 0.5
    upper = [(a, start), (middle, start), (middle, end), (b, end)]
    lower = [(b, end + size), (middle, end + size), (middle, start + size), (a, start + size)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path([*upper, *lower, (a, start)], codes)


def _stub(bar: _Bar, size: float, at: float) -> Path:
    """The light wedge at the lower end of a bar that stands for all its smaller flows."""
    x, tip, low = (BAR, BAR + STUB, bar.top + bar.size) if at == 0 else (1 - BAR, 1 - BAR - STUB, bar.top + bar.size)
    return Path([(x, low - size), (tip, low - size / 2), (x, low), (x, low - size)], closed=True)


def _draw(axes: Axes, path: Path, sort: str) -> None:
    color, hatch, alpha = LOOKS[sort]
    axes.add_patch(PathPatch(path, facecolor=color, edgecolor="white", alpha=alpha, hatch=hatch, linewidth=0.3))


def _labels(axes: Axes, left: list[_Bar], right: list[_Bar], noun: str) -> None:
    """The bars, with name and count on both sides, and on the right the change since."""
    before = {bar.group: bar for bar in left}
    for bars, x, side in ((left, 0.0, "right"), (right, 1 - BAR, "left")):
        for bar in bars:
            axes.add_patch(Rectangle((x, bar.top), BAR, bar.size, facecolor=INK, linewidth=0))
            text = f"{short(plain(bar.group, noun))}  {bar.text}"
            then = before.get(bar.group)
            if side == "left" and bar.is_told and (then is None or then.is_told):
                change = _signed(bar.count - (then.count if then else 0))
                text = worded("{group} ({change})", group=text, change=change)
            place = x - 0.012 if side == "right" else 1.012
            axes.text(place, bar.top + bar.size / 2, text, ha=side, va="center")


def _moves(transitions: pd.DataFrame) -> pd.DataFrame:
    """The three largest moves from one group to another."""
    is_move = (transitions["from"] != transitions["to"]) & (transitions["from"] != NEW)
    return transitions[is_move & (transitions["customer_count"] > 0)].nlargest(3, "customer_count")


def _largest(transitions: pd.DataFrame, noun: str, level: float) -> list[str]:
    """The three largest moves with the intervals of their shares, in words."""
    return [
        worded(
            "{source} to {target} {count}, {share} of those there ({interval})",
            source=short(plain(row["from"], noun)),
            target=short(plain(row["to"], noun)),
            count=say.number(row["customer_count"]),
            share=say.share(row["share"]),
            interval=say.interval(say.share(row["low"]), say.share(row["high"]), level=level),
        )
        for row in _moves(transitions).to_dict("records")
    ]


def _stacked(moves: list[str]) -> str:
    """Each on a line of its own."""
    text = moves[0]
    for move in moves[1:]:
        text = worded("{items};\n{item}", items=text, item=move)
    return text


def _alt(title: str, total: int, left: list[_Bar], right: list[_Bar], noun: str) -> str:
    before, after = ({bar.group: bar.text for bar in bars} for bars in (left, right))
    sizes = [
        worded(
            "{group} {before} to {after}",
            group=plain(group, noun),
            before=before.get(group, "0"),
            after=after.get(group, "0"),
        )
        for group in dict.fromkeys([*before, *after])
        if group != NEW
    ]
    return worded("{title}, n = {n}: {sizes}.", title=title, n=say.number(total), sizes=say.itemised(sizes))


def _signed(change: int) -> str:
    return say.number(change) if change < 0 else f"+{say.number(change)}" if change else "±0"
