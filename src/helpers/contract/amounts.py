"""Text to exact numbers: decimal marks, thousands, signs and currency signs, detected in the data or stated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.contract.duckdb_functions import matched_group
from helpers.contract.evidence import (
    Parsed,
    bared,
    filled,
    first,
    joined,
    missing_counts,
    missing_note,
    quote,
    rows,
    single_row,
)
from helpers.contract.units import CURRENCY_CODES, Unit, allows, currencies_of, unit_of_header
from helpers.contract.units import unit as unit_in_words

MONEY = "decimal(18, 4)"
LARGEST = 10**14
"""What money must be below, on either side of zero."""
SIGN = rf"[$€£¥￥元円₩₹₽₺฿₫₱₪]|{CURRENCY_CODES}|(?:US|R|HK|NT|NZ|A|C|S)\$|kr|zł|Kč|Fr\.|Rp\.?"
IN_CELLS = (
    "百万 千万 十万 万 萬 千 亿 億 分 角 k m mn mio million millions bn billion thousand lakh lakhs crore "
    "cents cent ct ¢ pence"
).split()
"""Units that a cell may hold behind its number, all known to helpers.contract.units."""
IN_CELL = "|".join(sorted(IN_CELLS, key=len, reverse=True))
PLAIN = r"^-?\d+(\.(\d{1,2}|\d{4,}))?$"
NUMBER = (
    rf"^(\()?([-+])?\s?({SIGN})?\s?([-+])?([\d.,' ’]*\d[.,]?(?:[eE][-+]?\d+)?)"
    rf"\s?((?i:{IN_CELL}))?\s?({SIGN})?\s?([-+])?(\))?$"
)
CURRENCY, LAST_CURRENCY = 3, 7
"""Groups of `NUMBER` in which a currency stands, before the digits and after."""
CUT = "\x1f"
"""Stands between the parts of a number that was taken apart."""
PARTS = rf"\1\2\4\8\9{CUT}\5{CUT}\6"
EITHER_WAY = r"^[1-9]\d{0,2}[.,]\d{3}$"
READABLE = {
    ".": (
        r"(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[1-9]\d{0,2}(,\d{3})+(\.\d*)?|[1-9]\d?(,\d{2})+,\d{3}(\.\d*)?"
        r"|[1-9]\d{0,2}([ '’]\d{3})+(\.\d*)?"
    ),
    ",": (
        r"(\d+(,\d+)?|,\d+)([eE][-+]?\d+)?|[1-9]\d{0,2}(\.\d{3})+(,\d+)?"
        r"|[1-9]\d{0,2}([ '’]\d{3})+(,\d+)?"
    ),
}
"""By decimal mark, the digits that can be read with it."""
WORDS = {".": "a point", ",": "a comma"}
Counts = dict[str, Any]
"""What the numbers of a file show of their decimal marks, units and currency signs."""
Marks = dict[str, str | None]
"""The decimal mark of each file."""
WIDE = (f"０１２３４５６７８９．，－−–（）＋{CUT}", "0123456789.,---()+?")
UNROUNDED, FACTOR = "decimal(26, 10)", "decimal(12, 2)"
"""A number before it is multiplied, and what multiplies it: their product has the 38 digits that the engine holds."""


@dataclass(frozen=True)
class Money:
    """What is known of a column of money: the `currency` of the report, and the `unit` that the params state for it."""

    currency: str | None = None
    unit: str | None = None

    def unit_of(self, column: str) -> Unit | None:
        """The unit of a column's numbers: as stated, or as its name tells."""
        return unit_of_header(column) if self.unit is None else unit_in_words(self.unit)


def parse_number(
    table: ir.Table, column: str, *, decimal: str | None, money: Money | None = None, is_tidy: bool = False
) -> Parsed:
    """A column as exact numbers, decimal(18, 4).

    Parameters
    ----------
    table, column
        The delivered table and the column to read: text, or a number type already. `_file` and `_row`, where there are
        any, say where the first unreadable row is.
    decimal
        The decimal mark, "." or ","; found out from the data where None. The mark is the one under which every value
        can be read; where both do and give different numbers ("1,234" throughout), the other text columns decide, and
        where they are silent too, it is a problem that asks.
    money
        Given for a column of money: then units such as 万元, k or cents multiply, whether the name of the column or a
        cell tells them, and a currency other than the report's is a problem. None: a number, and units are none of it.
    is_tidy
        Whether no text is known to have anything around it or to be a word for nothing: then nothing is taken off.

    Returns
    -------
    Parsed
        Read are thousands ("1.234,50", "1 234,50", "1'234.50"), one sign before or after, brackets for negatives, one
        currency sign per column, and scientific notation. Never is "12,50" read as 1250. The remark says what was
        multiplied by what.
    """
    kind = table.schema()[column]
    if not kind.is_string() and (not kind.is_numeric() or kind.is_boolean()):
        return Parsed(ibis.null(MONEY), f"must be a number, found {kind}")
    whole = money.unit_of(column) if money else None
    if whole and money and not allows(whole.currencies, money.currency):
        told = "its unit" if money.unit else "its name"
        return Parsed(ibis.null(MONEY), _other_currency(money, f"{told} says {whole.words}"))
    factor = whole.factor if whole else Decimal(1)
    if kind.is_string():
        parsed = _from_text(table, column, decimal, money, factor, is_tidy=is_tidy)
    else:
        parsed = _typed(table, column, factor)
    return parsed if whole is None or factor == 1 else _multiplied(parsed, whole, is_stated=bool(money and money.unit))


def multiplied(value: ir.Value, factor: Decimal | ir.Value) -> ir.Value:
    """A number or text of a number times a factor, exact; missing where it is none or does not fit."""
    if isinstance(factor, Decimal):
        if factor == 1:
            return value.try_cast(MONEY)
        factor = ibis.literal(factor, type=FACTOR)
    return (value.try_cast(UNROUNDED) * factor).try_cast(MONEY)


def within_money(value: ir.Value) -> ir.Value:
    """A number as money, missing where it is too large for that: on engines too that cannot try a cast."""
    return ibis.ifelse(value.abs() < LARGEST, value, ibis.null(value.type())).cast(MONEY)


def _multiplied(parsed: Parsed, whole: Unit, *, is_stated: bool) -> Parsed:
    """The same with a remark on the unit of the column."""
    how = "as `units` states" if is_stated else "as its name tells"
    said = f"is in {whole.words}, {how}: multiplied by {whole.factor:,f}"
    asked = f"{said}; state `units` if that is wrong"
    remark = said if parsed.remark is None else f"{said}; it {parsed.remark}"
    return replace(parsed, remark=remark, doubt=None if is_stated else asked)


def _typed(table: ir.Table, column: str, factor: Decimal) -> Parsed:
    given = table[column]
    if table.schema()[column].is_floating():
        given = ibis.ifelse(given.isnan(), None, given)
    value = multiplied(given, factor)
    return Parsed(value, _problem(table, column, given.notnull() & value.isnull()))


def _problem(table: ir.Table, column: str, unread: ir.BooleanValue, count: int | None = None) -> str | None:
    """What cannot be read; counted where that is not known."""
    if count is None:
        count = table.filter(unread).count().to_pyarrow().as_py()
    return f"must be a number: {rows(count)}, {first(table, column, unread)}" if count else None


def _other_currency(money: Money, found: str) -> str:
    return (
        f"must be in {money.currency}, the currency of the report: {found}; one report speaks in one currency: convert "
        f"the amounts, or state their `currency`, or `units` where the amounts are in {money.currency} nevertheless"
    )


def _from_text(
    table: ir.Table, column: str, decimal: str | None, money: Money | None, factor: Decimal, *, is_tidy: bool
) -> Parsed:
    text = table[column] if is_tidy else filled(bared(table[column]))
    counts = _text_counts(table, column, factor, is_tidy=is_tidy)
    absent = None if is_tidy else missing_note(counts)
    if not counts["filled"]:
        return Parsed(ibis.null(MONEY), note=absent)
    if counts["plain"] == counts["filled"] and decimal != ",":
        value = multiplied(text, factor)
        return Parsed(value, _problem(table, column, text.notnull() & value.isnull(), counts["unread"]), absent)
    parsed = _marked(table, column, text, decimal, money, factor)
    return replace(parsed, note=joined(parsed.note, absent))


def _text_counts(table: ir.Table, column: str, factor: Decimal, *, is_tidy: bool) -> Counts:
    """Of a column of text: how many are numbers as plain as can be, do not fit, are words for nothing; in one query."""
    given = table[column]
    asked = table.select(given=given, bare=given if is_tidy else bared(given))
    text = asked.bare if is_tidy else filled(asked.bare)
    counted = {"filled": text.count(), "plain": text.re_search(PLAIN).sum()}
    counted["unread"] = (text.notnull() & multiplied(text, factor).isnull()).sum()
    return _one(asked.aggregate(**counted, **({} if is_tidy else missing_counts(asked.given, asked.bare))))


def _marked(
    table: ir.Table, column: str, text: ir.StringValue, decimal: str | None, money: Money | None, factor: Decimal
) -> Parsed:
    """Numbers of which some have a mark, a sign, a currency or a unit."""
    wide = text.translate(*WIDE)
    number = wide.re_replace(NUMBER, PARTS)
    shown = _shown(table, wide, number, reads_units=money is not None)
    found = _together(shown.values())
    if problem := _currency_problem(table, column, wide, found, money):
        return Parsed(ibis.null(MONEY), problem)
    marks = {file: decimal or _mark(one) or _mark_elsewhere(table, column, file) for file, one in shown.items()}
    unknown = next((file for file, mark in marks.items() if mark is None), None)
    if unknown is not None:
        return Parsed(ibis.null(MONEY), _ambiguous(table, column, _body(number), shown, unknown))
    has_units = bool(money and found["unit_count"])
    value = _by_file(table, number, marks, _factors(table, number, factor) if has_units else factor, has_units)
    unread = text.notnull() & value.isnull()
    problem = _problem(table, column, unread)
    if problem is not None:
        problem += _hint(table, unread, _body(number), marks)
    sign = f'currency sign "{found["sign"]}" left out' if found["sign"] else None
    parsed = Parsed(value, problem, joined(_said(marks, found), sign))
    return _with_cell_units(table, column, parsed, _unit(number), money, factor) if has_units and money else parsed


def _by_file(
    table: ir.Table,
    number: ir.StringValue,
    marks: Marks,
    factor: Decimal | ir.Value,
    has_units: bool,
) -> ir.Value:
    """The numbers, those of each file read by its decimal mark."""
    ways = {mark: _value(number, mark, factor, reads_units=has_units) for mark in WORDS if mark in marks.values()}
    if len(ways) == 1:
        return next(iter(ways.values()))
    with_comma = [file for file, mark in marks.items() if mark == ","]
    return table["_file"].isin(with_comma).ifelse(ways[","], ways["."])


def _said(marks: Marks, found: Counts) -> str | None:
    """What is noted of the decimal mark, where it could have been another."""
    counts = {mark: sum(other == mark for other in marks.values()) for mark in WORDS}
    if all(counts.values()):
        told = (f"{mark!r} in {count} file{'' if count == 1 else 's'}" for mark, count in counts.items())
        return f"decimal mark {' and '.join(told)}"
    mark = "," if counts[","] else "."
    return f"decimal mark {mark!r}" if found["marked"] and (mark == "," or found["either"]) else None


def _factors(table: ir.Table, number: ir.StringValue, factor: Decimal) -> ir.Value:
    """What each number is multiplied by: the unit in its cell, else that of its column."""
    there = table.select(unit=_unit(number)).distinct().to_pyarrow()["unit"].to_pylist()
    known = {name: one for name in there if name and (one := unit_in_words(name))}
    ways = [(name, ibis.literal(one.factor, type=FACTOR)) for name, one in known.items()]
    return _unit(number).cases(*ways, else_=ibis.literal(factor, type=FACTOR))


def _with_cell_units(
    table: ir.Table, column: str, parsed: Parsed, unit: ir.StringValue, money: Money, factor: Decimal
) -> Parsed:
    """The same with what was found in cells; a problem where the name of the column tells another unit than they do."""
    scaled = (unit != "").fill_null(False)
    found = _one(
        table.select(unit=unit, value=bared(table[column]))
        .filter(ibis._.unit != "")
        .aggregate(row_count=ibis._.count(), low=ibis._.unit.min(), high=ibis._.unit.max(), example=ibis._.value.min())
    )
    said = f"has units in its cells, such as {quote(found['example'])}: {rows(found['row_count'])} multiplied"
    units = [unit_in_words(found[name]) for name in ("low", "high")]
    if factor != 1 and money.unit is None and any(one and one.factor != factor for one in units):
        problem = (
            f"must have one unit: its name says that numbers are multiplied by {factor:,f}, and "
            f"{rows(found['row_count'])} tell their own, {first(table, column, scaled)}; state `units`"
        )
        return replace(parsed, problem=problem)
    return replace(parsed, remark=said, scaled=scaled)


def _shown(table: ir.Table, text: ir.StringValue, number: ir.StringValue, *, reads_units: bool) -> dict[str, Counts]:
    """By file, how many numbers can be read with which mark, how many have a unit; the first and last currency sign."""
    file = table["_file"] if "_file" in table.columns else ibis.literal("")
    numbers = table.select(number=number, sign=_sign(text), file=file)
    numbers = numbers.mutate(body=_body(numbers.number), unit=_unit(numbers.number))
    numbers = numbers.mutate(body=ibis.ifelse(ibis.or_(numbers.unit == "", reads_units), numbers.body, ""))
    body = numbers.body
    dot, comma = body.re_search(_whole(READABLE["."])), body.re_search(_whole(READABLE[","]))
    found = numbers.group_by("file").aggregate(
        dot=dot.sum(),
        comma=comma.sum(),
        only_dot=(dot & ~comma).sum(),
        marked=body.re_search(r"[.,]").sum(),
        either=body.re_search(EITHER_WAY).sum(),
        unit_count=(numbers.unit != "").sum(),
        sign=numbers.sign.min(),
        other_sign=numbers.sign.max(),
    )
    return {str(one.pop("file")): one for one in found.to_pyarrow().to_pylist()}


def _together(shown: Iterable[Counts]) -> Counts:
    """What several files show between them."""
    counts = list(shown)
    signs = sorted(one[name] for one in counts for name in ("sign", "other_sign") if one[name])
    sums = {name: sum(one[name] or 0 for one in counts) for name in counts[0] if name not in ("sign", "other_sign")}
    return sums | {"sign": signs[0] if signs else None, "other_sign": signs[-1] if signs else None}


def _whole(pattern: str) -> str:
    return f"^({pattern})$"


def _hint(table: ir.Table, unread: ir.BooleanValue, body: ir.StringValue, marks: Marks) -> str:
    if len(set(marks.values())) > 1:
        return ""
    other = "," if "." in marks.values() else "."
    readable = body.re_search(_whole(READABLE[other])) & body.re_search("[.,]")
    like_other = table.filter(unread & readable).count().to_pyarrow().as_py()
    return f"; is the decimal mark {WORDS[other]}?" if like_other else ""


def _body(number: ir.StringValue) -> ir.StringValue:
    """The digits and marks of a number that was taken apart; "" for what is no number."""
    return matched_group(number, f"{CUT}([^{CUT}]*){CUT}", 1)


def _unit(number: ir.StringValue) -> ir.StringValue:
    """The unit in the cell of a number that was taken apart, in small letters; "" where there is none."""
    return matched_group(number, f"{CUT}([^{CUT}]*)$", 1).lower()


def _sign(text: ir.StringValue) -> ir.StringValue:
    sign = matched_group(text, NUMBER, CURRENCY).concat(matched_group(text, NUMBER, LAST_CURRENCY))
    return sign.nullif("")


def _value(number: ir.StringValue, mark: str, factor: Decimal | ir.Value, *, reads_units: bool) -> ir.Value:
    """The number that each taken apart is; missing where it cannot be read, has two signs, or one bracket."""
    unit = f"[^{CUT}]*" if reads_units else ""
    readable = number.re_search(rf"^(\(\)|[-+]?){CUT}({READABLE[mark]}){CUT}{unit}$")
    plain = number.re_replace(f"{CUT}[^{CUT}]*$", "").re_replace(rf"[ '’{'.' if mark == ',' else ','}]", "")
    plain = plain.replace(",", ".").re_replace(rf"^(\(\)|-){CUT}", "-").re_replace(rf"^\+?{CUT}", "")
    return multiplied(ibis.ifelse(readable, plain, None), factor)


def _mark(found: Counts) -> str | None:
    """The mark under which more values can be read; None where as many need the one as the other, or either does."""
    if found["dot"] != found["comma"]:
        return "." if found["dot"] > found["comma"] else ","
    return None if found["either"] or found["only_dot"] else "."


def _mark_elsewhere(table: ir.Table, column: str, file: str) -> str | None:
    """The decimal mark that the other text columns of a file show, where they agree."""
    table = table.filter(table["_file"] == file) if "_file" in table.columns else table
    others = [name for name in _text_columns(table) if name != column]
    if not others:
        return None
    wide = {name: filled(bared(table[name])).translate(*WIDE) for name in others}
    bodies = table.select(**{name: _body(text.re_replace(NUMBER, PARTS)) for name, text in wide.items()})
    shown = {}
    for mark, other in ((".", ","), (",", ".")):
        only = [
            bodies[name].re_search(_whole(READABLE[mark])) & ~bodies[name].re_search(_whole(READABLE[other]))
            for name in others
        ]
        shown[mark] = bool(_one(bodies.aggregate(any=ibis.or_(*only).any()))["any"])
    if shown["."] == shown[","]:
        return None
    return "." if shown["."] else ","


def _text_columns(table: ir.Table) -> list[str]:
    return [name for name, kind in table.schema().items() if kind.is_string() and not name.startswith("_")]


def _ambiguous(table: ir.Table, column: str, body: ir.StringValue, shown: Mapping[str, Counts], file: str) -> str:
    found, here = shown[file], table["_file"] == file if len(shown) > 1 else ibis.literal(True)
    stated = 'state `decimal: "."` or `decimal: ","`'
    if found["only_dot"]:
        point, comma = (
            here
            & body.re_search(_whole(READABLE[mark]))
            & ~body.re_search(_whole(READABLE["," if mark == "." else "."]))
            for mark in ".,"
        )
        return (
            f"must have one decimal mark: {rows(found['only_dot'])} only with a point, "
            f"{first(table, column, point)}, {rows(found['only_dot'])} only with a comma, "
            f"{first(table, column, comma)}; {stated}"
        )
    where = " in each of its files" if len(shown) > 1 else ""
    return (
        f"must show its decimal mark{where}: {rows(found['marked'])} can be read with a point and with a "
        f"comma, {first(table, column, here & body.re_search('[.,]'))}; {stated}"
    )


def _currency_problem(
    table: ir.Table, column: str, text: ir.StringValue, found: Counts, money: Money | None
) -> str | None:
    """What is wrong with the currency signs of a column: there are two, or one that is not the report's."""
    if found["sign"] != found["other_sign"]:
        other = _sign(text) == found["other_sign"]
        return (
            f"must be in one currency: found {quote(found['sign'])} and {quote(found['other_sign'])}, "
            f"the latter {first(table, column, other)}"
        )
    if not found["sign"] or money is None or money.unit or allows(currencies_of(found["sign"]), money.currency):
        return None
    signed = _sign(text).notnull()
    count = table.filter(signed).count().to_pyarrow().as_py()
    return _other_currency(money, f"{rows(count)} with {quote(found['sign'])}, {first(table, column, signed)}")


def _one(aggregate: ir.Table) -> dict[str, Any]:
    return {name: value or 0 if not isinstance(value, str) else value for name, value in single_row(aggregate).items()}
