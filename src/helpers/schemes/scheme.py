"""Schemes: which segment a customer is in, by recency, frequency and value. A scheme is data, and checked whole.

A scheme asks a few questions (its axes), each answered by a level; the levels together are a cell, written as their
digits in the order of the axes: `555` is the best of three scores. Every cell must lead to exactly one segment, so that
every customer does. That is checked by going through all of them when a scheme is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Annotated, Literal, Self

import yaml
from pydantic import BeforeValidator, Field, FiniteFloat, model_validator

from helpers.errors import SHOWN, ParamsError, message, nearest
from helpers.validation import Strict, name_problems, validated

AxisName = Literal["r", "f", "m", "is_dormant"]
MEASURES: dict[str, str] = {"r": "days_since_last", "f": "order_count", "m": "value_amount", "is_dormant": "is_dormant"}
"""What each axis measures: r days since the last order, f orders, m value, is_dormant whether they lapsed."""

SCORES = "scores"
NAME = re.compile(r"[^\W\d]\w{0,39}")
TAKEN = frozenset(
    "customer_id first_on last_on days_since_last order_count value_amount r_score f_score m_score stage is_dormant "
    "purchase_count usual_gap_days comeback_share slipping_days limit_days due_on tier customer_count revenue_amount "
    "scores".split()
)
"""Names of other columns that stand beside the schemes' own."""


class Axis(Strict):
    """How one measure is cut into levels. The higher level is the better one: few days, many orders, much value."""

    cut: Literal["scores", "median", "mean", "flag"] | FiniteFloat | None = Field(
        None,
        description="scores: the report's five (1 to 5); median, mean or a number: at or above it 1, else 0 "
        "(of days: at or below it 1); flag: 1 where true",
    )
    quantiles: tuple[FiniteFloat, ...] = Field(
        (), max_length=8, description="shares that part the levels 0, 1, 2 ...; a value on a quantile is below it"
    )

    @model_validator(mode="after")
    def one_way(self) -> Self:
        if (self.cut is None) == (not self.quantiles):
            raise ValueError("needs a `cut` (scores, median, mean, flag or a number) or `quantiles`, and not both")
        if list(self.quantiles) != sorted(set(self.quantiles)) or not all(0 < share < 1 for share in self.quantiles):
            raise ValueError(f"`quantiles` must rise between 0 and 1, found {list(self.quantiles)}")
        return self

    @property
    def levels(self) -> range:
        """The levels, the worst first."""
        if self.cut == SCORES:
            return range(1, 6)
        return range(len(self.quantiles) + 1) if self.quantiles else range(2)


def _axis(value: object) -> object:
    if isinstance(value, str | int | float):
        return {"cut": value}
    return {"quantiles": value} if isinstance(value, list | tuple) else value


def _cells(value: object) -> object:
    if isinstance(value, str):
        return value.split()
    if not isinstance(value, list | tuple) or not all(isinstance(cell, str) for cell in value):
        raise ValueError('must be quoted text, such as "011 010": YAML reads a bare 011 as the number 9')
    return value


def _box(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {axis: [part, part] if isinstance(part, int) else part for axis, part in value.items()}


class Segment(Strict):
    """One segment: its name, what one does with its customers, and the cells that lead to it."""

    name: str = Field(min_length=1, max_length=60, description="as it stands in tables and on the page")
    zh: str | None = Field(None, description="Chinese name, where the name is English")
    en: str | None = Field(None, description="English gloss, where the name is Chinese")
    advice: str = Field("", description="what one does with these customers, in a line")
    zh_advice: str | None = Field(None, description="the same in Chinese")
    new_days: int | None = Field(
        None, ge=1, le=36600, description="where the name says new: days since the first order up to which it is true"
    )
    cells: Annotated[tuple[str, ...], BeforeValidator(_cells)] = Field(
        (), description='cells by their digits, as quoted text: "555 554"'
    )
    where: Annotated[dict[AxisName, tuple[int, int]], BeforeValidator(_box)] = Field(
        default_factory=dict, description="levels by axis, one or from-to, both included; an axis left out may be any"
    )


class Scheme(Strict):
    """A way to put every customer into exactly one segment."""

    title: str = Field(min_length=1, max_length=80, description="what the scheme is called")
    zh_title: str | None = Field(None, description="the same in Chinese")
    source: str = Field("stated for this report", description="where it comes from")
    axes: dict[AxisName, Annotated[Axis, BeforeValidator(_axis)]] = Field(
        min_length=1, description="what it asks, in the order of the digits of a cell"
    )
    segments: list[Segment] = Field(min_length=1, description="its segments, in the order in which they are shown")
    is_ordered: bool = Field(False, description="cells may be claimed several times: the first segment has them")
    otherwise: str | None = Field(None, description="name of the segment, listed without cells, that has the rest")

    @model_validator(mode="after")
    def whole(self) -> Self:
        if problems := _form_problems(self) or _cover_problems(self):
            raise ValueError("; ".join(problems))
        return self

    @property
    def names(self) -> list[str]:
        """The names of the segments, in their order."""
        return [segment.name for segment in self.segments]

    @property
    def new_limits(self) -> dict[str, int]:
        """Days since the first order up to which a segment that is called new is new, by its name."""
        return {segment.name: segment.new_days for segment in self.segments if segment.new_days is not None}

    def grid(self) -> list[str]:
        """Every cell there is, from the worst to the best."""
        return ["".join(map(str, levels)) for levels in product(*(axis.levels for axis in self.axes.values()))]

    def claims(self) -> dict[str, list[str]]:
        """For every cell the segments that claim it; those of an ordered scheme in their order."""
        return {cell: [each.name for each in self.segments if self._claims(each, cell)] for cell in self.grid()}

    def cells(self) -> dict[str, str]:
        """For every cell the one segment that has it."""
        return {cell: (names or [str(self.otherwise)])[0] for cell, names in self.claims().items()}

    def _claims(self, segment: Segment, cell: str) -> bool:
        levels = dict(zip(self.axes, map(int, cell), strict=True))
        boxed = bool(segment.where) and all(low <= levels[axis] <= high for axis, (low, high) in segment.where.items())
        return boxed or cell in segment.cells


def dead_segments(scheme: Scheme) -> list[str]:
    """The segments that no customer can be in, since the ones before them have all their cells.

    >>> dead_segments(built_in("r_rfm_02"))
    ['New Customers', 'Promising', "Can't Lose Them"]
    """
    alive = set(scheme.cells().values())
    return [name for name in scheme.names if name not in alive]


def _form_problems(scheme: Scheme) -> list[str]:
    """What is wrong with the axes and with each segment for itself."""
    problems = [
        f"axis `{name}` must be cut by {'flag' if name == 'is_dormant' else 'anything but flag'}, found {axis.cut!r}"
        for name, axis in scheme.axes.items()
        if (name == "is_dormant") != (axis.cut == "flag")
    ]
    names = scheme.names
    problems += [f"segment {name!r} is named twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += name_problems(names, what="segment")
    if scheme.otherwise is not None and scheme.otherwise not in names:
        problems.append(f"`otherwise` must name one of the segments, found {scheme.otherwise!r}")
    grid = scheme.grid()
    for segment in scheme.segments:
        problems += [f"segment {segment.name!r}: {problem}" for problem in _segment_problems(scheme, segment, grid)]
    return problems


def _segment_problems(scheme: Scheme, segment: Segment, grid: list[str]) -> list[str]:
    if (segment.name == scheme.otherwise) == bool(segment.cells or segment.where):
        return ["has the rest and takes no cells"] if segment.name == scheme.otherwise else ["needs `cells` or `where`"]
    problems = [] if not (segment.cells and segment.where) else ["takes `cells` or `where`, not both"]
    if unknown := [cell for cell in segment.cells if cell not in grid]:
        problems.append(f"no such cells: {_shown(unknown)}; they go from {grid[0]} to {grid[-1]}")
    if len(segment.cells) > len(set(segment.cells)):
        problems.append("names a cell twice")
    for axis, (low, high) in segment.where.items():
        levels = scheme.axes[axis].levels if axis in scheme.axes else range(0)
        if low > high or low not in levels or high not in levels:
            there = f"{levels[0]} to {levels[-1]}" if levels else "not in this scheme"
            problems.append(f"`where.{axis}` asks for {low} to {high}, but the axis is {there}")
    return problems


def _cover_problems(scheme: Scheme) -> list[str]:
    """Cells of no segment, cells of several, segments without any."""
    problems, claims = [], scheme.claims()
    missing = [cell for cell, names in claims.items() if not names]
    if missing and scheme.otherwise is None:
        problems.append(f"{_counted(missing, 'cell')} in no segment: {_shown(missing)}")
    if scheme.is_ordered:
        return problems
    if doubled := [f"{cell} ({' and '.join(names)})" for cell, names in claims.items() if len(names) > 1]:
        problems.append(f"{_counted(doubled, 'cell')} in several segments: {_shown(doubled)}")
    if dead := dead_segments(scheme):
        problems.append(f"{_counted(dead, 'segment')} that no cell reaches: {_shown(dead)}")
    return problems


def _counted(items: list[str], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def _shown(items: list[str]) -> str:
    return ", ".join(items[:SHOWN]) + (f" and {len(items) - SHOWN} more" if len(items) > SHOWN else "")


@cache
def built_in_names() -> tuple[str, ...]:
    """The names of the schemes that the kit brings along."""
    file_names = (file.name for file in files("helpers.schemes").iterdir())
    return tuple(sorted(name.removesuffix(".yml") for name in file_names if name.endswith(".yml")))


@cache
def built_in(name: str) -> Scheme:
    """A scheme that the kit brings along, by its name."""
    text = (files("helpers.schemes") / f"{name}.yml").read_text(encoding="utf-8")
    return validated(Scheme, yaml.safe_load(text), f"{name}.yml")


def choice_problems(names: Iterable[str], *, own: Mapping[str, Scheme]) -> list[str]:
    """What is wrong with a choice of schemes: names that nobody knows, and own names that are taken."""
    known = [*built_in_names(), *own]
    folded = [name.casefold() for name in own]  # engines know columns whatever their capitals
    problems = [
        f"`own_schemes`: {name!r} is a scheme of the kit; take another name"
        for name in own
        if name.casefold() in built_in_names()
    ]
    problems += [f"`own_schemes`: {name!r} is the name of another column" for name in own if name.casefold() in TAKEN]
    problems += [
        f"`own_schemes`: {name!r} is named twice but for capitals" for name in own if folded.count(name.casefold()) > 1
    ]
    problems += [
        f"`own_schemes`: {name!r} must begin with a letter and hold letters, digits and _ only, 40 at most"
        for name in own
        if not NAME.fullmatch(name)
    ]
    return problems + [f"{name!r} is not a scheme.{nearest(name, known)}" for name in names if name not in known]


def chosen(names: Iterable[str], *, own: Mapping[str, Scheme] | None = None) -> dict[str, Scheme]:
    """The schemes of these names, built-in or own, each once and in their order.

    Parameters
    ----------
    names
        Names of schemes of the kit or of `own`.
    own
        Schemes that the report states itself, by name.

    Raises
    ------
    ParamsError
        A name is not known or is taken; all such names are reported at once.
    """
    names, own = list(dict.fromkeys(names)), own or {}
    if problems := choice_problems(names, own=own):
        raise ParamsError(message("the schemes must be known, each by a name of its own", problems))
    return {name: own[name] if name in own else built_in(name) for name in names}
