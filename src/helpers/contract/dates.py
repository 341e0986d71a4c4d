"""Text to instants: the format detected in the data, or stated where the data leave it open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from helpers.contract.clock_words import are_worded, in_figures
from helpers.contract.duckdb_functions import EngineError, matched_group, read_instant, read_zoned_instant
from helpers.contract.evidence import NO_DATE, Parsed, bared, filled, first, joined, quote, rows, single_row
from helpers.contract.time_zones import INSTANT, OFFSET, observed_offsets, offset_minutes, wall_clock
from helpers.errors import ParamsError

SHAPES_SHOWN = 200
NO_DAYS = (
    date(1, 1, 1),
    date(1753, 1, 1),
    date(1899, 12, 30),
    date(1899, 12, 31),
    date(1900, 1, 1),
    date(9999, 12, 31),
)
"""Days that programs write where there is none: the first and last that they know, and the zeros of spreadsheets."""
FIRST_PLAIN_DAY = date(1900, 1, 2)
"""The first day after those of the past that stand for none."""
EPOCHS = {
    "9" * 10: ("seconds", 1),
    "9" * 13: ("milliseconds", 1000),
    "9" * 16: ("microseconds", 1_000_000),
}
FIRST_DAY_NUMBER, LAST_DAY_NUMBER = 32874, 58804
"""Of a spreadsheet: 1 January 1990 and 31 December 2060, between which a number is plausible as a day."""
DAY_ZERO = datetime(1899, 12, 30)
"""What a spreadsheet counts days from."""
DAY_NUMBER = "day number"
ZONE = rf"(:\d{{2}}(?:\.\d+)?)\s*{OFFSET}"
TIME = re.compile(
    r"(?P<gap> |T)(?P<hour>9{1,2}):99(?P<second>:99)?(?P<part>\.9+)?(?P<zone> ?(Z|UTC|GMT|[-+]99(:?99)?))?"
)


@dataclass(frozen=True)
class DateFormat:
    """How the dates of a column are written: `formats` (strptime) that differ in the time of day alone, or counts.

    `epoch` is how many units since 1970 make a second, `is_day_number` says that a spreadsheet counted days, and
    `is_worded` that words such as 下午 or PM are read as figures first.
    """

    formats: tuple[str, ...] = ()
    epoch: int = 0
    has_zone: bool = False
    is_day_number: bool = False
    is_worded: bool = False
    problem: str | None = None


def is_clock(kind: dt.DataType) -> bool:
    """Whether values of a type are days, or instants as a clock on the wall shows them."""
    return kind.is_date() or (kind.is_timestamp() and kind.timezone is None)


def is_odd_day(at: ir.Value) -> ir.BooleanValue:
    """Whether a day or an instant needs a closer look: it stands for none, or is of no year that is known."""
    return (at < ibis.literal(FIRST_PLAIN_DAY)) | (at >= ibis.literal(NO_DAYS[-1]))


def parse_instant(
    table: ir.Table,
    column: str,
    *,
    date_format: str | None,
    time_zone: str | None = None,
    is_tidy: bool = False,
    is_plain: bool = False,
) -> Parsed:
    """A column as instants on the wall clock of one zone.

    Parameters
    ----------
    table, column
        The delivered table and the column to read: text, numbers (20111231, seconds since 1970, day numbers of a
        spreadsheet), or a date type.
    date_format
        A strptime format such as "%d/%m/%Y %H:%M"; found out from the data where None.
    time_zone
        The zone, an IANA name, in whose days and hours instants are given that know theirs: those with an offset or a
        type with a zone, and seconds since 1970. All others are taken as they stand.
    is_tidy
        Whether no text is known to have anything around it or to be a word for nothing: then nothing is taken off.
    is_plain
        Whether no value is known to be odd (`is_odd_day`).

    Returns
    -------
    Parsed
        Day and month are never guessed: where "03/04/2011" can be either throughout, it is a problem that asks. Without
        a zone, offsets that are one zone's, summer and winter, keep the wall clock of each row; offsets that are not
        are a problem that asks; and instants of no offset are in UTC. The note, remark and doubt say which.
    """
    kind = table.schema()[column]
    if is_plain and is_clock(kind):
        return _typed(table, column, time_zone)
    if kind.is_timestamp() or kind.is_date():
        return _checked(table, column, _typed(table, column, time_zone), table[column].notnull(), "must be a date")
    if not kind.is_string() and (not kind.is_numeric() or kind.is_boolean()):
        return Parsed(ibis.null(INSTANT), f"must be a date, found {kind}")
    text = _text(table, column, is_tidy=is_tidy)
    if date_format is not None:
        parsed = _stated(table, column, text, date_format, time_zone)
    else:
        found = _detected(table, column, text)
        if found.problem is not None:
            return Parsed(ibis.null(INSTANT), found.problem)
        parsed = _read(table, column, text, found, time_zone)
    return parsed if is_tidy else replace(parsed, note=joined(parsed.note, _absent(table, column, text)))


def _text(table: ir.Table, column: str, *, is_tidy: bool = False) -> ir.StringValue:
    """The texts of a column of dates; whole numbers without a point."""
    given = table[column]
    if is_tidy:
        return given
    if given.type().is_floating() or given.type().is_decimal():
        whole = given.try_cast("int64")
        given = ibis.ifelse(given == whole, whole.cast("string"), given.cast("string")).nullif("nan")
    return filled(bared(given), words=NO_DATE)


def _typed(table: ir.Table, column: str, time_zone: str | None) -> Parsed:
    kind = table.schema()[column]
    if not kind.is_timestamp() or kind.timezone is None:
        return Parsed(table[column].try_cast(INSTANT))
    absent = _is_no_day(wall_clock(table[column], None))
    at = ibis.ifelse(absent, ibis.null(kind), table[column])
    return _since(Parsed(wall_clock(at, time_zone), absent=absent), "instants with a time zone", time_zone)


def _since(parsed: Parsed, what: str, time_zone: str | None) -> Parsed:
    """The same, with what is said of instants that are exact but tell no wall clock."""
    if time_zone is not None:
        return replace(parsed, note=joined(f"{what}, read in {time_zone}", parsed.note))
    said = f"{what}, read in UTC"
    asked = f"holds {said}: state `time_zone`, such as Asia/Shanghai, for the days and hours of the shop"
    return replace(parsed, remark=joined(parsed.remark, f"holds {said}"), doubt=asked)


def _checked(table: ir.Table, column: str, parsed: Parsed, given: ir.BooleanValue, must: str) -> Parsed:
    """The same with a problem where a given value was not read, or is of a year that no calendar here goes to."""
    unread = given & parsed.value.isnull()
    is_far = parsed.value.notnull() & ~parsed.value.year().between(1, 9999).fill_null(False)
    absent = _is_no_day(parsed.value)
    if parsed.absent is not None:
        unread, absent = unread & ~parsed.absent, parsed.absent | absent
    counts = single_row(table.aggregate(unread=unread.sum(), far=is_far.sum(), absent=absent.sum()))
    if counts["absent"]:
        parsed = _without_absent(table, column, parsed, absent, int(counts["absent"]))
    if counts["unread"]:
        return replace(parsed, problem=f"{must}: {rows(counts['unread'])}, {first(table, column, unread)}")
    if not counts["far"]:
        return parsed
    problem = f"must be a date of the years 1 to 9999: {rows(counts['far'])}, {first(table, column, is_far)}"
    return replace(parsed, value=ibis.ifelse(is_far, ibis.null(INSTANT), parsed.value), problem=problem)


def _is_no_day(at: ir.Value) -> ir.BooleanValue:
    return at.cast(INSTANT).date().isin(NO_DAYS).fill_null(False)


def _without_absent(table: ir.Table, column: str, parsed: Parsed, absent: ir.BooleanValue, row_count: int) -> Parsed:
    """The same with days that stand for none as missing, which is said."""
    example = table.filter(absent).aggregate(day=table[column].cast("string").min()).to_pyarrow()["day"][0].as_py()
    said = f"has days that stand for none, such as {quote(example)}: {rows(row_count)} count as missing"
    value = ibis.ifelse(absent, ibis.null(INSTANT), parsed.value)
    return replace(parsed, value=value, remark=joined(parsed.remark, said), absent=absent)


def _stated(table: ir.Table, column: str, text: ir.StringValue, date_format: str, time_zone: str | None) -> Parsed:
    has_zone = "%z" in date_format
    must = f'must be a date like `date_format` "{date_format}"'
    try:
        if has_zone:
            at = read_zoned_instant(text, ibis.array([date_format])).cast(INSTANT)
            value = at + offset_minutes(matched_group(text, OFFSET, 1)).as_interval("m")
        else:
            value = read_instant(text, ibis.array([date_format]))
            if table.schema()[column].is_string() and are_worded(table, text):
                value = value.coalesce(read_instant(in_figures(text), ibis.array([date_format])))
        parsed = _checked(table, column, Parsed(value.cast(INSTANT)), text.notnull(), must)
    except EngineError as error:
        raise ParamsError(
            f"`date_format` must be a strptime format such as %d/%m/%Y %H:%M, found {date_format!r}: "
            f"{str(error).splitlines()[0]}"
        ) from None
    return _zoned(table, text, parsed, time_zone) if has_zone and parsed.problem is None else parsed


def _absent(table: ir.Table, column: str, text: ir.StringValue) -> str | None:
    worded = table.filter(table[column].notnull() & text.isnull() & (bared(table[column]) != ""))
    found = (
        worded.aggregate(row_count=ibis._.count(), word=table[column].cast("string").min()).to_pyarrow().to_pylist()[0]
    )
    if not found["row_count"]:
        return None
    return f"{rows(found['row_count'])} such as {quote(found['word'])} read as missing"


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
    return _detected(table, column, _text(table, column))


def _detected(table: ir.Table, column: str, text: ir.StringValue) -> DateFormat:
    found = _found(table, column, text)
    if found.problem is None or not table.schema()[column].is_string() or not are_worded(table, text):
        return found
    return replace(_found(table, column, in_figures(text)), is_worded=True)


def _found(table: ir.Table, column: str, text: ir.StringValue) -> DateFormat:
    """The format of texts as they are, without words of the clock."""
    outline = text.translate("012345678", "9" * 9)
    groups = (
        table.select(outline=outline, value=text)
        .filter(ibis._.outline.notnull())
        .group_by("outline")
        .aggregate(row_count=ibis._.count(), example=ibis._.value.min())
        .order_by([ibis.desc("row_count"), "outline"])
    )
    found = groups.limit(SHAPES_SHOWN).to_pyarrow().to_pylist()
    shapes = [_shape(str(one["outline"]), int(one["row_count"]), str(one["example"])) for one in found]
    if not shapes:
        return DateFormat()
    families = Counter[str]()
    for shape in shapes:
        families[shape.family] += shape.count
    if set(families) == {DAY_NUMBER} and _are_days(table, text):
        return DateFormat(is_day_number=True)
    if families[""] or families[DAY_NUMBER] or (len(families) > 1 and not _are_clear(shapes)):
        return DateFormat(problem=_several(table, column, outline, shapes, families))
    if shapes[0].family in EPOCHS:
        return DateFormat(epoch=EPOCHS[shapes[0].family][1])
    return _ordered(table, column, text, shapes)


def _are_clear(shapes: list[_Shape]) -> bool:
    """Whether each outline can be read in one way only, so that different ones may stand side by side."""
    return len({shape.has_zone for shape in shapes}) == 1 and all(len(shape.formats) == 1 for shape in shapes)


def _are_days(table: ir.Table, text: ir.StringValue) -> bool:
    """Whether all numbers are days that a spreadsheet may have counted."""
    numbers = table.select(number=text.try_cast("float64")).aggregate(low=ibis._.number.min(), high=ibis._.number.max())
    found = single_row(numbers)
    return bool(found["low"] >= FIRST_DAY_NUMBER and found["high"] < LAST_DAY_NUMBER + 1)


def _shape(outline: str, count: int, example: str) -> _Shape:
    if outline in EPOCHS:
        return _Shape(outline, count, example, outline, {}, False)
    if re.fullmatch(r"9{5}(\.9+)?", outline):
        return _Shape(outline, count, example, DAY_NUMBER, {}, False)
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
    return f"{time['gap']}%H:%M{':%S' if time['second'] else ''}{'.%f' if time['part'] else ''}"


def _readings(outline: str) -> Iterable[tuple[str, dict[str, tuple[str, ...]], str]]:
    """Ways to read the day at the head of an outline: a family, its formats by order, and what follows the day."""
    if match := re.match(r"(9999)([-/.])9{1,2}\2(9{1,2})(?!9)", outline):
        yield f"Y{match[2]}", {"year first": (f"%Y{match[2]}%m{match[2]}%d",)}, outline[match.end() :]
    if match := re.match(r"9999年9{1,2}月9{1,2}日", outline):
        yield "年", {"year first": ("%Y年%m月%d日",)}, outline[match.end() :]
    if match := re.match(r"99年9{1,2}月9{1,2}日", outline):
        yield "y年", {"year first": ("%y年%m月%d日",)}, outline[match.end() :]
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
    if families[""] or families[DAY_NUMBER]:
        odd = [shape for shape in shapes if shape.family in ("", DAY_NUMBER)]
        read = [shape.outline for shape in shapes if shape not in odd]
        unread = outline.notnull() & ~outline.isin(read) if read else outline.notnull()
        count = table.filter(unread).count().to_pyarrow().as_py()
        hint = "; state `date_format`"
        if odd[0].family == DAY_NUMBER:
            hint = "; these look like day numbers of a spreadsheet, of 1990 to 2060 alone: export the column as dates"
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
    if _are_clear(shapes):
        formats = dict.fromkeys(one for shape in shapes for ways in shape.formats.values() for one in ways)
        return DateFormat(tuple(formats), has_zone=has_zone)
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
    found = single_row(table.aggregate(**asked))
    return {"differ": 0} | {name: int(value or 0) for name, value in found.items()}


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


def _read(table: ir.Table, column: str, text: ir.StringValue, found: DateFormat, time_zone: str | None) -> Parsed:
    if found.epoch:
        unit = next(name for name, factor in EPOCHS.values() if factor == found.epoch)
        at = text.cast("int64").as_timestamp({1: "s", 1000: "ms", 1_000_000: "us"}[found.epoch])
        return _since(Parsed(wall_clock(at.cast(INSTANT), time_zone)), f"{unit} since 1970", time_zone)
    if found.is_day_number:
        return Parsed(_day_number(text), None, "day numbers of a spreadsheet")
    if not found.formats:
        return Parsed(ibis.null(INSTANT))
    plain = in_figures(text) if found.is_worded else text
    value = read_instant(_local(plain), ibis.array(list(found.formats))).cast(INSTANT)
    note = f"dates like {' or '.join(quote(one) for one in found.formats[:3])}"
    parsed = _checked(table, column, Parsed(value, None, note), text.notnull(), "must be a date")
    return _zoned(table, text, parsed, time_zone) if found.has_zone and parsed.problem is None else parsed


def _day_number(text: ir.StringValue) -> ir.TimestampValue:
    """Days since the end of 1899 and their fraction, to the second: what a spreadsheet holds behind a date."""
    seconds = (text.cast("float64") * 86400).round().cast("int64")
    return (ibis.literal(DAY_ZERO, type=INSTANT) + seconds.as_interval("s")).cast(INSTANT)


def _zoned(table: ir.Table, text: ir.StringValue, parsed: Parsed, time_zone: str | None) -> Parsed:
    """Wall clocks with their offsets, in the zone; without one as they stand, where they are of one zone."""
    offset = matched_group(text, OFFSET, 1)
    at = parsed.value - offset_minutes(offset).as_interval("m")
    if time_zone is not None:
        note = joined(parsed.note, f"with offsets, read in {time_zone}")
        return replace(parsed, value=wall_clock(at, time_zone), note=note)
    seen = observed_offsets(table, offset, at)
    told = "tells offsets from UTC, and is read on the wall clock of each row"
    remark = joined(parsed.remark, told)
    if seen.low == seen.high:
        said, such = f"all at offset {seen.low}, whose wall clock is kept", "Asia/Shanghai"
    elif (such := seen.fitting_zone() or "") != "":
        said = f"{seen.commonest()}, as in {such}; the wall clock of each row is kept"
    else:
        problem = f"must be in one time zone: {seen.commonest()}; state `time_zone`, such as Asia/Shanghai"
        return replace(parsed, problem=problem)
    asked = f"holds instants, {said}: are these the days and hours of the shop? State `time_zone`, such as {such}"
    return replace(parsed, note=joined(parsed.note, said), remark=remark, doubt=asked)
