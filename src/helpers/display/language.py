"""How numbers, money, shares, days and intervals read in a sentence: one way each, on every machine."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pandas.api.typing import NAType

NBSP = "\u00a0"  # keeps a number and its unit on one line
MONTHS = (
    "January February March April May June July August September October November December".split()  # no locale
)
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
Number = int | float | Decimal


def is_missing(value: Number | NAType | None) -> bool:
    """Whether there is no number: None, NaN or a missing whole number."""
    return value is None or isinstance(value, NAType) or value != value


def number(value: Number | None, *, digits: int = 0) -> str:
    """`1234.5` as `1,234` or `1,234.5`; a dash where there is none."""
    return "–" if is_missing(value) else f"{value:,.{digits}f}".replace("-", "−")


def share(value: Number | None, *, digits: int = 1) -> str:
    """A share between 0 and 1 as a percentage: `0.4886` as `48.9 %`."""
    return "–" if is_missing(value) else f"{number(100 * float(value), digits=digits)}{NBSP}%"  # type: ignore[arg-type]


def exact_share(value: Number) -> str:
    """A share that somebody chose, with all its digits: `0.95` as `95 %`, `0.999` as `99.9 %`."""
    return f"{float(f'{100 * float(value):.9g}'):g}{NBSP}%"


def signed_share(value: Number | None, *, digits: int = 1) -> str:
    """A relative change with its sign: `-0.031` as `−3.1 %`, `0.02` as `+2.0 %`."""
    if is_missing(value):
        return "–"
    text = share(value, digits=digits)
    return text if text.startswith("−") else f"+{text}"


def points(value: Number | None, *, digits: int = 1) -> str:
    """A difference of two shares in percentage points: `0.104` as `10.4 points`."""
    return "–" if is_missing(value) else f"{number(100 * float(value), digits=digits)} points"  # type: ignore[arg-type]


def money(value: Number | None, *, currency: str) -> str:
    """A sum in the report's currency, rounded as one would say it: `USD 2.50 million`, `USD 69,450`, `USD 35.89`."""
    if is_missing(value):
        return "–"
    size = abs(float(value))  # type: ignore[arg-type]
    for floor, unit in ((1e9, "billion"), (1e6, "million")):
        if size >= floor:
            return f"{currency}{NBSP}{number(float(value) / floor, digits=2)}{NBSP}{unit}"  # type: ignore[arg-type]
    return f"{currency}{NBSP}{number(value, digits=0 if size >= 1000 else 2)}"


def in_unit(value: Number | None, unit: str) -> str:
    """A number of a finding in its unit: a share, a count, days, nothing, or a currency."""
    if unit == "share":
        return share(value)
    if unit in ("count", "days", ""):
        return f"{number(value)} {unit}".removesuffix(" count").strip()
    return money(value, currency=unit)


def value_in(has_margin: bool) -> str:
    """Whether an amount is margin, or revenue since no margin is known."""
    return "margin" if has_margin else "revenue"


def day(value: date | None) -> str:
    """A day as `30 June 1998`."""
    return "–" if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: date) -> str:
    """The month of a day as `June 1998`."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def weekday(value: int) -> str:
    """The name of a weekday, Monday being 1."""
    return WEEKDAYS[value - 1]


def counted(value: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun: `1 customer`, `23,570 customers`."""
    return f"{number(value)} {singular if not is_missing(value) and value == 1 else plural or singular + 's'}"


def interval(low: str, high: str, *, level: float, is_start: bool = False) -> str:
    """An interval in words: `95 % interval 48.2 % to 49.5 %`; says so where there is none, as a sentence may start."""
    if "–" in (low, high):
        return "No interval can be given" if is_start else "no interval can be given"
    return f"{exact_share(level)} interval {low} to {high}"


def quoted(text: object) -> str:
    """A text from data in quotation marks, on one line."""
    return f'"{" ".join(str(text).split())}"'


def listed(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
