"""How numbers, money, shares, days and intervals read in a sentence: one way each, on every machine."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from helpers.display.wording import named, spoken, vocabulary, worded, worded_n

NBSP = "\u00a0"  # keeps a number and its unit on one line
MONTHS = vocabulary(  # no locale
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
SHORT_MONTHS = vocabulary("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = vocabulary("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT_WEEKDAYS = vocabulary("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CURRENCIES = vocabulary("CNY", "USD", "EUR", "GBP", "JPY", "HKD", "TWD", "SGD", "AUD", "CAD", "CHF", "KRW", "INR")
"""Of which a language may have a name of its own; others go by their code."""
SCALES = {"en": ((1e9, "billion"), (1e6, "million")), "zh": ((1e8, "亿"), (1e4, "万"))}
"""From where on sums are said in larger units, by language."""
LARGE_COUNT = 1_000_000
Number = int | float | Decimal

if TYPE_CHECKING:
    from pandas.api.typing import NAType


def is_missing(value: Number | NAType | None) -> bool:
    """Whether there is no number: None, NaN or a missing whole number."""
    missing = getattr(sys.modules.get("pandas"), "NA", None)  # of a whole number; where pandas is not there, it is not
    return value is None or value is missing or cast("Number", value) != value


def number(value: Number | None, *, digits: int = 0) -> str:
    """`1234.5` as `1,234` or `1,234.5`; a dash where there is none."""
    return "–" if is_missing(value) else f"{value:,.{digits}f}".replace("-", "−")


def share(value: Number | None, *, digits: int = 1) -> str:
    """A share between 0 and 1 as a percentage: `0.4886` as `48.9 %`."""
    return "–" if is_missing(value) else _percent(number(100 * float(value), digits=digits))  # type: ignore[arg-type]


def exact_share(value: Number) -> str:
    """A share that somebody chose, with all its digits: `0.95` as `95 %`, `0.999` as `99.9 %`."""
    return _percent(f"{float(f'{100 * float(value):.9g}'):g}")


def _percent(number: str) -> str:
    return worded("{number}\u00a0%", number=number)


def signed_share(value: Number | None, *, digits: int = 1) -> str:
    """A relative change with its sign: `-0.031` as `−3.1 %`, `0.02` as `+2.0 %`."""
    if is_missing(value):
        return "–"
    text = share(value, digits=digits)
    return text if text.startswith("−") else f"+{text}"


def points(value: Number | None, *, digits: int = 1) -> str:
    """A difference of two shares in percentage points: `0.104` as `10.4 points`."""
    if is_missing(value):
        return "–"
    return worded("{number} points", number=number(100 * float(value), digits=digits))  # type: ignore[arg-type]


def money(value: Number | None, *, currency: str) -> str:
    """A sum in the report's currency, rounded as one would say it: `USD 2.50 million`, `USD 69,450`, `USD 35.89`.

    In Chinese from ten thousand on in 万 or 亿: `250 万美元`, `6.95 万元`, `35.89 元`.
    """
    if is_missing(value):
        return "–"
    sum_, unit_of_money = float(value), named(currency)  # type: ignore[arg-type]
    for floor, unit in SCALES[spoken()]:
        if abs(sum_) >= floor:
            scaled = _scaled(sum_ / floor)
            return worded("{currency}\u00a0{number}\u00a0{unit}", currency=unit_of_money, number=scaled, unit=unit)
    plain = number(value, digits=0 if abs(sum_) >= 1000 else 2)
    return worded("{currency}\u00a0{number}", currency=unit_of_money, number=plain)


def _scaled(value: float) -> str:
    """A sum in millions or in 万: two decimals in English, and in Chinese no more than it takes to tell it."""
    if spoken() == "en":
        return number(value, digits=2)
    text = number(value, digits=2 if abs(value) < 100 else 1 if abs(value) < 1000 else 0)
    return text.rstrip("0").rstrip(".") if "." in text else text


def in_unit(value: Number | None, unit: str) -> str:
    """A number of a finding in its unit: a share, a count, days, nothing, or a currency."""
    if unit == "share":
        return share(value)
    if unit == "days":
        return worded("{number} days", number=number(value))
    return number(value) if unit in ("count", "") else money(value, currency=unit)


def value_in(has_margin: bool) -> str:
    """Whether an amount is margin, or revenue since no margin is known."""
    return worded("margin") if has_margin else worded("revenue")


def value_ahead(span: float, *, has_margin: bool) -> str:
    """What the value of customers is called over so many months: margin, or revenue since no margin is known."""
    if has_margin:
        return worded("Margin of the next {months}, today's customers", months=months(span))
    return worded("Revenue of the next {months}, today's customers", months=months(span))


def months(span: float) -> str:
    """A span of months: `12 months`, `1.5 months`."""
    if span == round(span):
        return counted(int(span), "month")
    return worded("{number} months", number=number(span, digits=1))


def day(value: date | None) -> str:
    """A day as `30 June 1998`, or `1998年6月30日`."""
    if value is None:
        return "–"
    return worded("{day} {month} {year}", day=value.day, month=named(MONTHS[value.month - 1]), year=value.year)


def month(value: date) -> str:
    """The month of a day as `June 1998`, or `1998年6月`."""
    return worded("{month} {year}", month=named(MONTHS[value.month - 1]), year=value.year)


def short_month(value: date) -> str:
    """The name of the month of a day, as a label of an axis: `Jun`, or `6月`."""
    return named(SHORT_MONTHS[value.month - 1])


def weekday(value: int) -> str:
    """The name of a weekday, Monday being 1."""
    return named(WEEKDAYS[value - 1])


def short_weekday(value: int) -> str:
    """The name of a weekday as a label of an axis, Monday being 1: `Mon`, or `周一`."""
    return named(SHORT_WEEKDAYS[value - 1])


def counted(value: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun: `1 customer`, `23,570 customers`; in Chinese with its measure word: `23,570 位客户`."""
    one, many = f"{{count}} {singular}", f"{{count}} {plural or singular + 's'}"
    return worded_n(0 if is_missing(value) else value, one, many, count=_count(value))


def _count(value: int) -> str:
    """A count in digits; in Chinese a large one in 万."""
    if spoken() == "en" or is_missing(value) or value < LARGE_COUNT:
        return number(value)
    return f"{_scaled(value / 1e4)}{NBSP}万"


def interval(low: str, high: str, *, level: float, is_start: bool = False) -> str:
    """An interval in words: `95 % interval 48.2 % to 49.5 %`; says so where there is none, as a sentence may start."""
    if "–" in (low, high):
        return worded("No interval can be given") if is_start else worded("no interval can be given")
    return worded("{level} interval {low} to {high}", level=exact_share(level), low=low, high=high)


def quoted(text: object) -> str:
    """A text from data in quotation marks, on one line."""
    return worded('"{text}"', text=" ".join(str(text).split()))


def itemised(items: list[str]) -> str:
    """`a, b, c`: a list in brackets or behind a colon."""
    text = items[0]
    for item in items[1:]:
        text = worded("{items}, {item}", items=text, item=item)
    return text


def lined_up(items: list[str]) -> str:
    """`a; b; c`: longer parts of a sentence."""
    text = items[0]
    for item in items[1:]:
        text = worded("{items}; {item}", items=text, item=item)
    return text


def listed(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) == 1:
        return items[0]
    return worded("{items} and {item}", items=itemised(items[:-1]), item=items[-1])
