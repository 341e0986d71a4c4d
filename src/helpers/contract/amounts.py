"""Text to exact numbers: decimal marks, thousands, signs and currency signs, detected in the data or stated."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.contract.duckdb_functions import matched_group
from helpers.contract.evidence import Parsed, filled, first, joined, missing_note, quote, rows, trimmed

MONEY = "decimal(18, 4)"
CODES = (
    "USD|EUR|GBP|CNY|RMB|JPY|CHF|HKD|TWD|KRW|INR|AUD|CAD|NZD|SGD|SEK|NOK|DKK|PLN|CZK|HUF|RON|RUB|TRY|BRL|MXN|ZAR|AED|SAR|"
    "THB|MYR|IDR|PHP|VND|ILS"
)
SIGN = rf"[$€£¥￥元円₩₹₽₺฿]|{CODES}|US\$|R\$|HK\$|kr|zł|Kč|Fr\."
PLAIN = r"^-?\d+(\.(\d{1,2}|\d{4,}))?$"
NUMBER = rf"^(\()?([-+])?\s?({SIGN})?\s?([-+])?([\d.,' ’]*\d[.,]?(?:[eE][-+]?\d+)?)\s?({SIGN})?\s?(-)?(\))?$"
SPACED = r"^[1-9]\d{0,2}([ '’]\d{3})+([.,]\d*)?$"
EITHER_WAY = r"^[1-9]\d{0,2}[.,]\d{3}$"
READABLE = {
    ".": r"^((\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[1-9]\d{0,2}(,\d{3})+(\.\d*)?|[1-9]\d?(,\d{2})+,\d{3}(\.\d*)?)$",
    ",": r"^((\d+,?\d*|,\d+)([eE][-+]?\d+)?|[1-9]\d{0,2}(\.\d{3})+(,\d*)?)$",
}
WORDS = {".": "a point", ",": "a comma"}
WIDE = ("０１２３４５６７８９．，－−–（）", "0123456789.,---()")


def parse_number(table: ir.Table, column: str, *, decimal: str | None) -> Parsed:
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

    Returns
    -------
    Parsed
        Read are thousands ("1.234,50", "1 234,50", "1'234.50"), signs before or after, brackets for negatives, one
        currency sign per column, and scientific notation. Never is "12,50" read as 1250.
    """
    kind = table.schema()[column]
    if kind.is_string():
        return _from_text(table, column, decimal)
    if not kind.is_numeric() or kind.is_boolean():
        return Parsed(ibis.null(MONEY), f"must be a number, found {kind}")
    return _typed(table, column)


def _typed(table: ir.Table, column: str) -> Parsed:
    given = table[column]
    if table.schema()[column].is_floating():
        given = ibis.ifelse(given.isnan(), None, given)
    value = given.try_cast(MONEY)
    return Parsed(value, _problem(table, column, given.notnull() & value.isnull()))


def _problem(table: ir.Table, column: str, unread: ir.BooleanValue) -> str | None:
    count = table.filter(unread).count().to_pyarrow().as_py()
    return f"must be a number: {rows(count)}, {first(table, column, unread)}" if count else None


def _from_text(table: ir.Table, column: str, decimal: str | None) -> Parsed:
    bare = trimmed(table[column])
    text = filled(bare)
    counts = _one(
        table.select(bare=bare, text=text).aggregate(
            given=ibis._.bare.nullif("").count(), filled=ibis._.text.count(), plain=ibis._.text.re_search(PLAIN).sum()
        )
    )
    absent = missing_note(table, column, bare) if counts["filled"] < counts["given"] else None
    if not counts["filled"]:
        return Parsed(ibis.null(MONEY), None, absent)
    if counts["plain"] == counts["filled"] and decimal != ",":
        value = text.try_cast(MONEY)
        return Parsed(value, _problem(table, column, text.notnull() & value.isnull()), absent)
    return _marked(table, column, decimal, absent)


def _marked(table: ir.Table, column: str, decimal: str | None, absent: str | None) -> Parsed:
    text = filled(trimmed(table[column]))
    wide = text.translate(*WIDE)
    body = _body(wide)
    evidence = _shown(table.select(body=body, sign=_sign(wide)))
    if evidence["sign"] != evidence["other_sign"]:
        return Parsed(ibis.null(MONEY), _two_signs(table, column, wide, evidence))
    mark = decimal or _mark(evidence) or _mark_elsewhere(table, column)
    if mark is None:
        return Parsed(ibis.null(MONEY), _ambiguous(table, column, body, evidence))
    value = _value(wide, body, mark)
    unread = text.notnull() & value.isnull()
    problem = _problem(table, column, unread)
    if problem is not None:
        problem += _hint(table, unread, body, mark)
    sign = f'currency sign "{evidence["sign"]}" left out' if evidence["sign"] else None
    said = f"decimal mark {mark!r}" if evidence["marked"] and (mark == "," or evidence["either"]) else None
    return Parsed(value, problem, joined(said, sign, absent))


def _shown(numbers: ir.Table) -> dict[str, Any]:
    """How many bodies can be read with which mark, and the first and last currency sign."""
    body = numbers.body
    dot, comma = body.re_search(READABLE["."]), body.re_search(READABLE[","])
    return _one(
        numbers.aggregate(
            dot=dot.sum(),
            comma=comma.sum(),
            only_dot=(dot & ~comma).sum(),
            marked=body.re_search(r"[.,]").sum(),
            either=body.re_search(EITHER_WAY).sum(),
            sign=numbers.sign.min(),
            other_sign=numbers.sign.max(),
        )
    )


def _hint(table: ir.Table, unread: ir.BooleanValue, body: ir.StringValue, mark: str) -> str:
    other = "." if mark == "," else ","
    readable = body.re_search(READABLE[other]) & body.re_search("[.,]")
    like_other = table.filter(unread & readable).count().to_pyarrow().as_py()
    return f"; is the decimal mark {WORDS[other]}?" if like_other else ""


def _body(text: ir.StringValue) -> ir.StringValue:
    """The digits and marks of a number, without signs, currency and spaced thousands; "" for what is no number."""
    body = matched_group(text, NUMBER, 5)
    return ibis.ifelse(body.re_search(SPACED), body.re_replace("[ '’]", ""), body)


def _sign(text: ir.StringValue) -> ir.StringValue:
    sign = matched_group(text, NUMBER, 3).concat(matched_group(text, NUMBER, 6))
    return sign.nullif("")


def _value(text: ir.StringValue, body: ir.StringValue, mark: str) -> ir.Value:
    thousands = "." if mark == "," else ","
    plain = body.replace(thousands, "").replace(mark, ".")
    size = ibis.ifelse(body.re_search(READABLE[mark]), plain, None).try_cast(MONEY)
    return ibis.ifelse(text.re_search(r"^\(|-\)?$|^\S{0,4}\s?-"), -size, size)


def _mark(evidence: dict[str, Any]) -> str | None:
    """The mark under which more values can be read; None where as many need the one as the other, or either does."""
    if evidence["dot"] != evidence["comma"]:
        return "." if evidence["dot"] > evidence["comma"] else ","
    return None if evidence["either"] or evidence["only_dot"] else "."


def _mark_elsewhere(table: ir.Table, column: str) -> str | None:
    """The decimal mark that the other text columns of the table show, where they agree."""
    bodies = [_body(filled(trimmed(table[name])).translate(*WIDE)) for name in _text_columns(table) if name != column]
    if not bodies:
        return None
    shown = {}
    for mark, other in ((".", ","), (",", ".")):
        only = [body.re_search(READABLE[mark]) & ~body.re_search(READABLE[other]) for body in bodies]
        shown[mark] = bool(_one(table.aggregate(any=ibis.or_(*only).any()))["any"])
    if shown["."] == shown[","]:
        return None
    return "." if shown["."] else ","


def _text_columns(table: ir.Table) -> list[str]:
    return [name for name, kind in table.schema().items() if kind.is_string() and not name.startswith("_")]


def _ambiguous(table: ir.Table, column: str, body: ir.StringValue, evidence: dict[str, Any]) -> str:
    stated = 'state `decimal: "."` or `decimal: ","`'
    if evidence["only_dot"]:
        point, comma = (
            body.re_search(READABLE[mark]) & ~body.re_search(READABLE["," if mark == "." else "."]) for mark in ".,"
        )
        return (
            f"must have one decimal mark: {rows(evidence['only_dot'])} only with a point, "
            f"{first(table, column, point)}, {rows(evidence['only_dot'])} only with a comma, "
            f"{first(table, column, comma)}; {stated}"
        )
    return (
        f"must show its decimal mark: {rows(evidence['marked'])} can be read with a point and with a "
        f"comma, {first(table, column, body.re_search('[.,]'))}; {stated}"
    )


def _two_signs(table: ir.Table, column: str, text: ir.StringValue, evidence: dict[str, Any]) -> str:
    other = _sign(text) == evidence["other_sign"]
    return (
        f"must be in one currency: found {quote(evidence['sign'])} and {quote(evidence['other_sign'])}, "
        f"the latter {first(table, column, other)}"
    )


def _one(aggregate: ir.Table) -> dict[str, Any]:
    return {
        name: value or 0 if not isinstance(value, str) else value
        for name, value in aggregate.to_pyarrow().to_pylist()[0].items()
    }
