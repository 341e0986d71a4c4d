"""The currency of delivered orders: told by a column, a sign in the amounts, or a word in the name of a column."""

from __future__ import annotations

import re
from collections.abc import Mapping

import ibis.expr.types as ir

from helpers.contract.parsing import Parsed

UNKNOWN = "XXX"
SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "元": "CNY",
    "₩": "KRW",
    "₹": "INR",
    "zł": "PLN",
    "Kč": "CZK",
    "Fr.": "CHF",
}
YUAN_OR_YEN = ("¥", "￥")
CODES = re.compile(r"(?<![A-Za-z])(USD|EUR|GBP|CNY|RMB|JPY|CHF|HKD|TWD|KRW|INR|AUD|CAD|SGD)(?![A-Za-z])", re.IGNORECASE)
CHINESE = re.compile("[\u4e00-\u9fff]")


def find(table: ir.Table, columns: Mapping[str, str], numbers: Mapping[str, Parsed]) -> tuple[str, list[str]]:
    """The ISO code of the currency, or `XXX`, and what must be asked.

    Parameters
    ----------
    table
        As delivered.
    columns
        Canonical name to delivered column.
    numbers
        The columns of numbers as they were read, with what was found out.
    """
    if "currency" in columns and (stated := _column(table, columns["currency"])):
        return stated
    money = next((name for name in ("amount", "unit_price") if name in columns), None)
    if money is None:
        return _unknown()
    sign = re.search(r'currency sign "([^"]+)"', numbers[money].note or "")
    name = columns[money].replace("_", " ")
    if sign and sign[1] in YUAN_OR_YEN:
        return _yuan_or_yen(table, f"the sign {sign[1]} in `{columns[money]}`")
    if sign and (code := SIGNS.get(sign[1]) or (sign[1] if CODES.fullmatch(sign[1]) else None)):
        return _iso(code), []
    if code_in_name := CODES.search(name):
        return _iso(code_in_name[1]), []
    if "元" in name:
        return "CNY", []
    return (
        _yuan_or_yen(table, f"the sign in `{columns[money]}`")
        if any(one in name for one in YUAN_OR_YEN)
        else _unknown()
    )


def _column(table: ir.Table, column: str) -> tuple[str, list[str]] | None:
    commonest = table[column].cast("string").strip().upper().topk(3).to_pyarrow().to_pylist()
    codes = [str(code) for one in commonest if (code := next(iter(one.values())))]
    if len(codes) == 1 and re.fullmatch(r"\w{1,8}", codes[0]):
        return _iso(codes[0]), []
    if len(codes) > 1:
        return UNKNOWN, [
            f"Column `{column}` holds several currencies ({', '.join(codes)}); a report has one (`--currency`)."
        ]
    return None


def _iso(code: str) -> str:
    return code.upper().replace("RMB", "CNY")


def _yuan_or_yen(table: ir.Table, what: str) -> tuple[str, list[str]]:
    """The sign that two currencies share: Chinese names of columns speak for the yuan, and it is asked all the same."""
    code = "CNY" if any(CHINESE.search(name) for name in table.columns) else UNKNOWN
    taken = f"; {code} is taken" if code != UNKNOWN else ""
    return code, [f"Yuan or yen: {what} stands for both (`--currency CNY` or `JPY`){taken}."]


def _unknown() -> tuple[str, list[str]]:
    return UNKNOWN, [f"The currency is unknown: write its ISO code in place of {UNKNOWN} (`--currency`)."]
