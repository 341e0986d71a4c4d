"""Text to instants: the format detected in the data, or stated where the data leave it open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.contract.duckdb_functions import EngineError, in_zone, matched_group, read_instant
from helpers.contract.evidence import NO_DATE, Parsed, filled, first, joined, quote, rows, trimmed
from helpers.errors import ParamsError

INSTANT = "timestamp(6)"
SHAPES_SHOWN = 200
EPOCHS = {"9" * 10: ("seconds", 1), "9" * 13: ("milliseconds", 1000)}
ZONE = r"(:\d{2}(?:\.\d+)?)\s*(Z|UTC|[-+]\d{2}(?::?\d{2})?)$"
TIME = re.compile(
    r"(?P<gap> |T)(?P<hour>9{1,2}):99(?P<second>:99)?(?P<part>\.9+)?(?P<half> ?[AaPp][Mm])?"
    r"(?P<zone> ?(Z|UTC|[-+]99(:?99)?))?"
)


@dataclass(frozen=True)
class DateFormat:
    """How the dates of a column are written: `formats` (strptime) that differ in the time of day alone."""

    formats: tuple[str, ...] = ()
    epoch: int = 0
    has_zone: bool = False
    problem: str | None = None


def parse_instant(table: ir.Table, column: str, *, date_format: str | None) -> Parsed:
    """A column as instants without a time zone.

    Parameters
    ----------
    table, column
        The delivered table and the column to read: text, whole numbers (20111231, seconds since 1970), or a date type.
    date_format
        A strptime format such as "%d/%m/%Y %H:%M"; found out from the data where None.

    Returns
    -------
    Parsed
        Day and month are never guessed: where "03/04/2011" can be either throughout, it is a problem that asks. Texts
        that all carry one offset (+08:00) keep their wall clock; with several offsets, or a column that has a time
        zone as its type, the instants are in UTC. The note says which.
    """
    kind = table.schema()[column]
    if kind.is_timestamp() or kind.is_date():
        return _typed(table, column)
    if not kind.is_string() and not kind.is_integer():
        return Parsed(ibis.null(INSTANT), f"must be a date, found {kind}")
    text = filled(trimmed(table[column]), words=NO_DATE)
    if date_format is not None:
        return _stated(table, column, text, date_format)
    detected = detect_date_format(table, column)
    if detected.problem is not None:
        return Parsed(ibis.null(INSTANT), detected.problem)
    return _read(table, column, text, detected)


def _typed(table: ir.Table, column: str) -> Parsed:
    kind = table.schema()[column]
    if kind.is_timestamp() and kind.timezone is not None:
        note = "instants with a time zone, read in UTC"
        return Parsed(in_zone("UTC", table[column]).cast(INSTANT), None, note)
    return Parsed(table[column].cast(INSTANT))


def _stated(table: ir.Table, column: str, text: ir.StringValue, date_format: str) -> Parsed:
    value = read_instant(text, ibis.array([date_format]))
    unread = text.notnull() & value.isnull()
    try:
        count = table.filter(unread).count().to_pyarrow().as_py()
    except EngineError as error:
        raise ParamsError(
            f"`date_format` must be a strptime format such as %d/%m/%Y %H:%M, found {date_format!r}: "
            f"{str(error).splitlines()[0]}"
        ) from None
    problem = None
    if count:
        problem = f'must be a date like `date_format` "{date_format}": {rows(count)}, {first(table, column, unread)}'
    zone = "instants with a time zone, read in UTC" if "%z" in date_format else None
    return Parsed(value.cast(INSTANT), problem, None if count else joined(zone, _absent(table, column, text)))


def _absent(table: ir.Table, column: str, text: ir.StringValue) -> str | None:
    worded = table.filter(table[column].notnull() & text.isnull() & (trimmed(table[column]) != ""))
    commonest = (
        worded.aggregate(row_count=ibis._.count(), word=table[column].cast("string").min()).to_pyarrow().to_pylist()[0]
    )
    if not commonest["row_count"]:
        return None
    return f"{rows(commonest['row_count'])} such as {quote(commonest['word'])} read as missing"


@dataclass(frozen=True)
class _Shape:
    """Values of one outline, such as 99/99/9999 99:99: how many, one of them, and how it may be read."""

    outline: str
    count: int
    example: str
    family: str
    formats: dict[str, tuple[str, ...]]
    has_zone: bool


def detect_date_format(table: ir.Table, column: str) -> DateFormat:
    """The one way of writing dates that every value of a column shares, or the problem in finding it.

    Values are grouped by their outline (digits as 9), so a look at a few groups tells about all rows.
    """
    text = filled(trimmed(table[column]), words=NO_DATE)
    outline = text.translate("012345678", "9" * 9)
    groups = (
        table.select(outline=outline, value=text)
        .filter(ibis._.outline.notnull())
        .group_by("outline")
        .aggregate(row_count=ibis._.count(), example=ibis._.value.min())
        .order_by([ibis.desc("row_count"), "outline"])
    )
    outlines = groups.limit(SHAPES_SHOWN).to_pyarrow().to_pylist()
    shapes = [_shape(str(one["outline"]), int(one["row_count"]), str(one["example"])) for one in outlines]
    if not shapes:
        return DateFormat()
    families = Counter[str]()
    for shape in shapes:
        families[shape.family] += shape.count
    if families[""] or len(families) > 1:
        return DateFormat(problem=_several(table, column, outline, shapes, families))
    if shapes[0].family in EPOCHS:
        return DateFormat(epoch=EPOCHS[shapes[0].family][1])
    return _ordered(table, column, text, shapes)


def _shape(outline: str, count: int, example: str) -> _Shape:
    if outline in EPOCHS:
        return _Shape(outline, count, example, outline, {}, False)
    for family, orders, rest in _readings(outline):
        time = TIME.fullmatch(rest) if rest else None
        if rest and time is None:
            continue
        endings = [_time_format(time)] if time else [""]
        formats = {name: tuple(day + ending for day in days for ending in endings) for name, days in orders.items()}
        zone = bool(time and time["zone"])
        return _Shape(outline, count, example, f"{family}{' with zone' if zone else ''}", formats, zone)
    return _Shape(outline, count, example, "", {}, False)


def _time_format(time: re.Match[str]) -> str:
    hour = "%I" if time["half"] else "%H"
    half = f"{' ' if (time['half'] or '').startswith(' ') else ''}%p" if time["half"] else ""
    return f"{time['gap']}{hour}:%M{':%S' if time['second'] else ''}{'.%f' if time['part'] else ''}{half}"


def _readings(outline: str) -> Iterable[tuple[str, dict[str, tuple[str, ...]], str]]:
    """Ways to read the day at the head of an outline: a family, its formats by order, and what follows the day."""
    if match := re.match(r"(9999)([-/.])9{1,2}\2(9{1,2})(?!9)", outline):
        yield f"Y{match[2]}", {"year first": (f"%Y{match[2]}%m{match[2]}%d",)}, outline[match.end() :]
    if match := re.match(r"9999年9{1,2}月9{1,2}日", outline):
        yield "年", {"year first": ("%Y年%m月%d日",)}, outline[match.end() :]
    if match := re.match(r"9{8}(?!9)", outline):
        yield "D8", {"year first": ("%Y%m%d",)}, outline[match.end() :]
    if re.fullmatch(r"9{14}", outline):
        yield "D14", {"year first": ("%Y%m%d%H%M%S",)}, ""
    if match := re.match(r"9{1,2}([-/.])9{1,2}\1(9999|99)(?!9)", outline):
        yield _numeric(match[1], "%Y" if len(match[2]) == 4 else "%y", outline[match.end() :])
    if match := re.match(r"9{1,2}([- /])[A-Za-z]{3,9}\1(9999|99)(?!9)", outline):
        year = "%Y" if len(match[2]) == 4 else "%y"
        named = tuple(f"%d{match[1]}{month}{match[1]}{year}" for month in ("%b", "%B"))
        yield f"dM{match[1]}{year}", {"day first": named}, outline[match.end() :]
    if match := re.match(r"[A-Za-z]{3,9} 9{1,2}(,?) 9999(?!9)", outline):
        yield (
            f"Md{match[1]}",
            {"month first": tuple(f"{m} %d{match[1]} %Y" for m in ("%b", "%B"))},
            outline[match.end() :],
        )


def _numeric(mark: str, year: str, rest: str) -> tuple[str, dict[str, tuple[str, ...]], str]:
    orders: dict[str, tuple[str, ...]] = {
        "day first": (f"%d{mark}%m{mark}{year}",),
        "month first": (f"%m{mark}%d{mark}{year}",),
    }
    if year == "%y":
        orders["year first"] = (f"%y{mark}%m{mark}%d",)
    return f"n{mark}{year}", orders, rest


def _several(
    table: ir.Table, column: str, outline: ir.StringValue, shapes: list[_Shape], families: Counter[str]
) -> str:
    if families[""]:
        odd = [shape for shape in shapes if not shape.family]
        unread = outline.notnull() & ~outline.isin([shape.outline for shape in shapes if shape.family])
        count = table.filter(unread).count().to_pyarrow().as_py()
        hint = "; state `date_format`"
        if re.fullmatch(r"9{5}(\.9+)?", odd[0].outline):
            hint = "; these look like day numbers of a spreadsheet: export the column as dates"
        return f"must be a date: {rows(count)}, {first(table, column, unread)}{hint}"
    seen: dict[str, str] = {}
    for shape in shapes:
        seen.setdefault(shape.family, shape.example)
    said = ", ".join(f"{count:,} like {quote(seen[family])}" for family, count in families.most_common())
    number = {2: "two", 3: "three"}.get(len(families), str(len(families)))
    return f"must have its dates in one format: dates in {number} formats: {said}; state `date_format`"


def _ordered(table: ir.Table, column: str, text: ir.StringValue, shapes: list[_Shape]) -> DateFormat:
    """Which of day, month and year comes first: the order that reads every value, where no other differs."""
    has_zone = any(shape.has_zone for shape in shapes)
    orders = [order for order in shapes[0].formats if all(order in shape.formats for shape in shapes)]
    ways = {order: tuple(dict.fromkeys(f for shape in shapes for f in shape.formats[order])) for order in orders}
    local = _local(text)
    values = {order: read_instant(local, ibis.array(list(formats))) for order, formats in ways.items()}
    counts = _counts(table, text, values)
    reading = [order for order in orders if counts[order] == counts["total"]]
    if len(reading) > 1 and counts["differ"]:
        rivals = [values[order] for order in reading]
        differ = rivals[0] != rivals[1]
        shown = " or ".join(f"`{ways[order][0]}`" for order in reading)
        return DateFormat(
            problem=f"must show which is the day and which the month: all {rows(counts['total'])} can "
            f"be read both ways, {first(table, column, differ)}; state `date_format`, such as {shown}"
        )
    best = reading[0] if reading else max(orders, key=lambda order: counts[order])
    if not reading and any(counts[order] and order != best for order in orders):
        return DateFormat(problem=_contradiction(table, column, text, values, counts, best))
    return DateFormat(ways[best], has_zone=has_zone)


def _counts(table: ir.Table, text: ir.StringValue, values: dict[str, ir.Value]) -> dict[str, int]:
    given = list(values.values())
    unlike = [one != other for place, one in enumerate(given) for other in given[place + 1 :]]
    asked = {order: value.count() for order, value in values.items()}
    asked["total"] = text.count()
    if unlike:
        asked["differ"] = ibis.or_(*unlike).sum()
    counts: dict[str, Any] = table.aggregate(**asked).to_pyarrow().to_pylist()[0]
    return {"differ": 0} | {name: int(value or 0) for name, value in counts.items()}


def _contradiction(
    table: ir.Table, column: str, text: ir.StringValue, values: dict[str, ir.Value], counts: dict[str, int], best: str
) -> str:
    unread = text.notnull() & values[best].isnull()
    return (
        f"must have its dates in one format: {rows(counts[best])} can be read {best}, "
        f"{rows(counts['total'] - counts[best])} cannot, {first(table, column, unread)}; state `date_format`"
    )


def _local(text: ir.StringValue) -> ir.StringValue:
    """The wall clock of a text: without its offset, and with six decimals of a second at most."""
    return text.re_replace(ZONE, r"\1").re_replace(r"(\.\d{6})\d+", r"\1")


def _read(table: ir.Table, column: str, text: ir.StringValue, date_format: DateFormat) -> Parsed:
    if date_format.epoch:
        return _epoch(table, column, text, date_format.epoch)
    if not date_format.formats:
        return Parsed(ibis.null(INSTANT))
    value = read_instant(_local(text), ibis.array(list(date_format.formats)))
    unread = text.notnull() & value.isnull()
    count = table.filter(unread).count().to_pyarrow().as_py()
    problem = f"must be a date: {rows(count)}, {first(table, column, unread)}" if count else None
    note = f"dates like {' or '.join(quote(one) for one in date_format.formats[:3])}"
    if date_format.has_zone:
        value, zone_note = _zoned(table, text, value)
        note = f"{note}; {zone_note}"
    return Parsed(value.cast(INSTANT), problem, joined(note, _absent(table, column, text)))


def _epoch(table: ir.Table, column: str, text: ir.StringValue, per_second: int) -> Parsed:
    unit = next(name for name, factor in EPOCHS.values() if factor == per_second)
    instant = text.cast("int64").as_timestamp("s" if per_second == 1 else "ms")
    note = f"{unit} since 1970, read in UTC"
    return Parsed(instant.cast(INSTANT), None, joined(note, _absent(table, column, text)))


def _zoned(table: ir.Table, text: ir.StringValue, value: ir.Value) -> tuple[ir.Value, str]:
    zone = matched_group(text, ZONE, 2)
    offsets = table.aggregate(low=zone.min(), high=zone.max()).to_pyarrow().to_pylist()[0]
    if offsets["low"] == offsets["high"]:
        return value, f"all at offset {offsets['low']}, whose wall clock is kept"
    digits = zone.re_replace(r"[^\d]", "")
    size = digits.substr(0, 2).try_cast("int64").fill_null(0) * 60 + digits.substr(2, 2).try_cast("int64").fill_null(0)
    minutes = ibis.ifelse(zone.startswith("-"), -size, size)
    return value - minutes.as_interval("m"), "at several offsets, read in UTC"
