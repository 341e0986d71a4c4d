"""A first params file for data that nobody has described yet: guesses, each with its reason, and the doubts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
import yaml

from helpers.connectors.damage import readable
from helpers.connectors.delivery import Delivered, connect, deliver
from helpers.contract.evidence import is_missing, rows
from helpers.contract.guessing import NUMBERS, Guess, guess
from helpers.contract.parsing import Parsed, parse_id, parse_instant, parse_number
from helpers.errors import ParamsError
from helpers.project import REPORT_NAME
from helpers.schema.sources import TableSource

CHECKED_ROWS = 1_000_000
NO_CURRENCY = "XXX"
SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "元": "CNY",
    "￥": "CNY",
    "₩": "KRW",
    "₹": "INR",
    "zł": "PLN",
    "Kč": "CZK",
    "Fr.": "CHF",
}
CODES = re.compile(r"(?<![A-Za-z])(USD|EUR|GBP|CNY|RMB|JPY|CHF|HKD|TWD|KRW|INR|AUD|CAD|SGD)(?![A-Za-z])", re.IGNORECASE)
OF_LINES = ("product_id", "quantity", "unit_price", "category")
WHAT = {
    "order_id": "the order",
    "customer_id": "the customer",
    "ordered_at": "when it was ordered",
    "amount": "what the customer paid",
}


@dataclass(frozen=True)
class Proposal:
    """A params file as text, and in sentences what a person should check in it."""

    text: str
    unsure: tuple[str, ...]


@dataclass(frozen=True)
class _Look:
    """What a look at the orders showed."""

    delivered: Delivered
    source: TableSource
    guesses: Mapping[str, Guess]
    is_line: bool
    as_of: date | None
    date_format: str | None
    currency: str
    rules: tuple[tuple[str, str], ...]
    unsure: tuple[str, ...]


@readable("the delivered table")
def propose(name: str, orders_path: Path | str, *, root: Path, table: str | None = None) -> Proposal:
    """A commented params file for a report on the orders in a file.

    Parameters
    ----------
    name
        Name of the report.
    orders_path
        The orders: whatever `source` may be in the params (file, folder, glob, built-in ...).
    root
        The folder at which relative paths start.
    table
        Table of a database or sheet of a workbook.

    Returns
    -------
    Proposal
        Its text is read by `params.report_files.read_report`; columns that were not found stand in it as comments.

    Raises
    ------
    ParamsError
        The name cannot be one of a report, or there is no such file.
    ContractError
        The file cannot be read.
    """
    if not REPORT_NAME.fullmatch(name):
        raise ParamsError(
            f"report name {name!r} must be letters, digits, _ and - only, 64 at most, since it names a folder."
        )
    connection = connect()
    source = TableSource(source=_written(orders_path, root), table=table)
    look = _look(deliver(connection, source, root=root), source)
    return Proposal(_text(name, look), look.unsure)


def _written(path: Path | str, root: Path) -> str:
    """The path as the params should name it: from the root where it lies below it."""
    given = Path(path)
    if given.is_absolute() and given.is_relative_to(root.resolve()):
        return given.relative_to(root.resolve()).as_posix()
    return str(path)


def _look(delivered: Delivered, source: TableSource) -> _Look:
    table = delivered.table
    guesses = guess(table)
    columns = {canonical: one.column for canonical, one in guesses.items()}
    is_line, grain_doubt = _grain(table, columns)
    guesses = {name: one for name, one in guesses.items() if _belongs(name, is_line, columns)}
    as_of, date_format, date_doubts = _dates(table, columns.get("ordered_at"))
    numbers = {name: parse_number(table, columns[name], decimal=None) for name in NUMBERS if name in columns}
    currency, currency_doubt = _currency(table, columns, numbers)
    value_doubts = _value_doubts(table, columns, numbers)
    unsure = [*_column_doubts(guesses), *grain_doubt, *date_doubts, *value_doubts, *currency_doubt]
    rules = tuple(_rules(table.limit(CHECKED_ROWS).cache(), columns))
    unsure += [f"{reason}: is the rule that the file proposes right?" for reason, _ in rules]
    return _Look(delivered, source, guesses, is_line, as_of, date_format, currency, rules, tuple(unsure))


def _belongs(canonical: str, is_line: bool, columns: Mapping[str, str]) -> bool:
    """Whether a column may be mapped: those of a line only where rows are lines, or where they make the amount."""
    if canonical in ("quantity", "unit_price") and "amount" not in columns:
        return True
    return is_line or canonical not in OF_LINES


def _grain(table: ir.Table, columns: Mapping[str, str]) -> tuple[bool, list[str]]:
    if "order_id" not in columns:
        return False, ["No column looks like an order id: each row is taken for an order of its own."]
    order = table[columns["order_id"]]
    counts = table.aggregate(given=order.count(), distinct=order.nunique()).to_pyarrow().to_pylist()[0]
    repeated = counts["given"] - counts["distinct"]
    if repeated == 0:
        return False, []
    if "product_id" in columns or "quantity" in columns or repeated > 0.05 * counts["given"]:
        return True, []
    repeat = f"{rows(repeated)} repeat{'s' if repeated == 1 else ''} the id of another order"
    doubt = (
        f"{repeat}, and no column names a product: are rows lines of orders (`grain: line`), or are these duplicates?"
    )
    return False, [doubt]


def _dates(table: ir.Table, column: str | None) -> tuple[date | None, str | None, list[str]]:
    """The last day, the format where it must be stated, and the doubts."""
    if column is None:
        return None, None, []
    parsed = parse_instant(table, column, date_format=None)
    doubts = [] if parsed.problem is None else [f"Column `{column}` {parsed.problem}."]
    choice = re.search(r"such as `([^`]+)`", parsed.problem or "")
    if choice:
        parsed = parse_instant(table, column, date_format=choice[1])
    if not _has_table(parsed):
        return None, None, doubts
    last, thin = _last_day(table, parsed.value)
    return last, choice[1] if choice else None, doubts + thin


def _last_day(table: ir.Table, at: ir.Value) -> tuple[date | None, list[str]]:
    """The last day with a row, and the doubt where it has far fewer than the days before it."""
    days = table.select(day=at.date()).filter(ibis._.day.notnull()).group_by("day").aggregate(row_count=ibis._.count())
    latest = days.order_by(ibis.desc("day")).limit(8).to_pyarrow().to_pylist()
    if not latest:
        return None, []
    last, before = latest[0], sorted(one["row_count"] for one in latest[1:])
    if len(before) < 7 or last["row_count"] > 0.1 * before[len(before) // 2]:
        return last["day"], []
    only = f"has {rows(last['row_count'])} only"
    doubt = f"The last day, {last['day']}, {only}: is it complete, or is `as_of` the day before?"
    return last["day"], [doubt]


def _has_table(parsed: Parsed) -> bool:
    return bool(parsed.value.op().relations)


def _currency(table: ir.Table, columns: Mapping[str, str], numbers: Mapping[str, Parsed]) -> tuple[str, list[str]]:
    """The ISO code that a currency column, a sign in the amounts or the name of a column tells."""
    money = next((name for name in ("amount", "unit_price") if name in columns), None)
    if "currency" in columns:
        commonest = table[columns["currency"]].cast("string").upper().topk(3).to_pyarrow().to_pylist()
        codes = [str(next(iter(one.values()))) for one in commonest]
        if len(codes) == 1 and re.fullmatch(r"\w{1,8}", codes[0]):
            return codes[0], []
        if len(codes) > 1:
            doubt = f"Column `{columns['currency']}` holds several currencies ({', '.join(codes)}); a report has one."
            return NO_CURRENCY, [doubt]
    if money is not None:
        sign = re.search(r'currency sign "([^"]+)"', numbers[money].note or "")
        if sign and (code := SIGNS.get(sign[1]) or (sign[1] if CODES.fullmatch(sign[1]) else None)):
            return code.replace("RMB", "CNY"), []
        if code_in_name := CODES.search(columns[money].replace("_", " ")):
            return code_in_name[1].upper().replace("RMB", "CNY"), []
        if "元" in columns[money]:
            return "CNY", []
    return NO_CURRENCY, [f"The currency is unknown: write its ISO code in place of {NO_CURRENCY}."]


def _column_doubts(guesses: Mapping[str, Guess]) -> list[str]:
    doubts = []
    for canonical, one in guesses.items():
        others = f" It could also be {', '.join(f'`{rival}`' for rival in one.rivals[:3])}." if one.rivals else ""
        if not one.is_sure or (one.rivals and canonical in WHAT):
            doubts.append(f"Column `{one.column}` is taken for `{canonical}`.{others}")
    for canonical, what in WHAT.items():
        priced = canonical == "amount" and {"quantity", "unit_price"} <= set(guesses)
        if canonical not in guesses and canonical != "order_id" and not priced:
            doubts.append(f"No column was found for `{canonical}` ({what}): map it under `columns`.")
    if {"amount", "quantity"} <= set(guesses) and "unit_price" not in guesses:
        doubts.append(f"Is `{guesses['amount'].column}` the sum of the row, or the price of one piece?")
    return doubts


def _value_doubts(table: ir.Table, columns: Mapping[str, str], numbers: Mapping[str, Parsed]) -> list[str]:
    """What keeps numbers and ids from being read; in the words of the contract."""
    ids = {name: parse_id(table, columns[name]) for name in ("order_id", "customer_id") if name in columns}
    doubtful = {**numbers, **ids}
    return [f"Column `{columns[name]}` {parsed.problem}." for name, parsed in doubtful.items() if parsed.problem]


def _rules(table: ir.Table, columns: Mapping[str, str]) -> list[tuple[str, str]]:
    """Rules that the data seem to need: why, and the rule as YAML."""
    proposed = [_duplicates(table, columns), _no_customer(table, columns), _cancelled(table, columns)]
    return [one for one in [*proposed, _no_price(table, columns)] if one is not None]


def _duplicates(table: ir.Table, columns: Mapping[str, str]) -> tuple[str, str] | None:
    if "order_id" not in columns:
        return None  # two like orders on a day may well be two orders
    delivered = [name for name in table.columns if name not in ("_file", "_row")]
    distinct = table.select(*delivered).distinct().count().to_pyarrow().as_py()
    repeated = table.count().to_pyarrow().as_py() - distinct
    if not repeated:
        return None
    return (
        f"{rows(repeated)} repeat{'s' if repeated == 1 else ''} an earlier row in every column",
        "{rule: exact duplicates, duplicates: true}",
    )


def _no_customer(table: ir.Table, columns: Mapping[str, str]) -> tuple[str, str] | None:
    if "customer_id" not in columns:
        return None
    count = _count(table, is_missing(table[columns["customer_id"]]))
    return (
        (f"{rows(count)} without a customer", "{rule: no customer, column: customer_id, missing: true}")
        if count
        else None
    )


def _cancelled(table: ir.Table, columns: Mapping[str, str]) -> tuple[str, str] | None:
    if "order_id" not in columns or not table.schema()[columns["order_id"]].is_string():
        return None
    order = table[columns["order_id"]]
    marked, plain = _count(table, order.re_search(r"^[Cc]\d+$")), _count(table, order.re_search(r"^\d+$"))
    if not marked or marked > plain:
        return None
    rule = "{rule: cancelled invoice, column: order_id, matches: ^C, do: refund}"
    return f"{rows(marked)} with an order id that begins with C, as cancelled invoices do", rule


def _no_price(table: ir.Table, columns: Mapping[str, str]) -> tuple[str, str] | None:
    """Prices of zero or less; amounts need no rule, since the contract notes zeros and takes the rest for refunds."""
    if "unit_price" not in columns:
        return None
    price = parse_number(table, columns["unit_price"], decimal=None)
    count = _count(table, price.value <= 0) if _has_table(price) else 0
    rule = "{rule: no price, column: unit_price, at_most: 0}"
    return (f"{rows(count)} with a price of zero or less", rule) if count else None


def _count(table: ir.Table, condition: ir.Value) -> int:
    return int(table.aggregate(n=condition.cast("int64").sum()).to_pyarrow()["n"][0].as_py() or 0)


def _scalar(text: str) -> str:
    """A text as YAML would write it."""
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).removesuffix("...\n").strip()


def _comment(text: str) -> str:
    return " ".join(text.split())


def _text(name: str, look: _Look) -> str:
    as_of = look.as_of or date(2000, 1, 1)
    last = "the last day in the data: is it complete?" if look.as_of else "no date could be read: state the day"
    unknown = "   # unknown: write the ISO code" if look.currency == NO_CURRENCY else ""
    head = [
        f"# Proposed by `regulars new {name}`. Look at every line, then run `regulars check params/{name}.yml`.",
        *[f"# {_comment(note)}" for note in look.delivered.notes],
        *(["#", "# To check:", *[f"# - {_comment(doubt)}" for doubt in look.unsure]] if look.unsure else []),
        f"title: {_scalar(plain_title(name))}",
        f"as_of: {as_of.isoformat()}   # {last}",
        f"currency: {look.currency}{unknown}",
        "",
        "orders:",
        f"  source: {_scalar(look.source.source)}",
    ]
    return "\n".join([*head, *_settings(look), *_columns(look), *_rule_lines(look)]) + "\n"


def plain_title(name: str) -> str:
    """The name of a report as a title: `online_retail` becomes `Online retail`."""
    words = re.sub(r"[_-]+", " ", name).strip() or name
    return words[0].upper() + words[1:]


def _settings(look: _Look) -> list[str]:
    grain = "a row is a line of an order: order ids repeat" if look.is_line else "a row is an order"
    lines = [f"  table: {_scalar(look.source.table)}"] if look.source.table else []
    lines.append(f"  grain: {'line ' if look.is_line else 'order'}   # {grain}")
    if look.date_format:
        lines.append(f"  # date_format: {_scalar(look.date_format)}   # or with day and month the other way: state one")
    return lines


def _columns(look: _Look) -> list[str]:
    mapped = {name: one for name, one in look.guesses.items() if name != "currency" or look.currency != NO_CURRENCY}
    lines = ["  columns:"] if mapped else ["  # columns:"]
    for canonical, one in mapped.items():
        doubt = "" if one.is_sure else "   # a guess"
        lines.append(f"    {canonical}: {_scalar(one.column)}{doubt}")
    priced = {"quantity", "unit_price"} <= set(mapped)
    for canonical, what in WHAT.items():
        if canonical in mapped:
            continue
        if canonical == "amount" and priced:
            lines.append("    # amount is made of quantity times unit_price")
        else:
            lines.append(f"    # {canonical}:    # {what}: no column was found")
    used = {one.column for one in mapped.values()}
    rest = [name for name in look.delivered.table.columns if name not in used and not name.startswith("_")]
    return lines + ([f"    # not used: {_comment(', '.join(rest))}"] if rest else [])


def _rule_lines(look: _Look) -> list[str]:
    if not look.rules:
        return []
    lines = ["  # Rules that the data seem to need; take the # away from those that are right.", "  # rules:"]
    return lines + [f"  #   - {rule}   # {_comment(reason)}" for reason, rule in look.rules]
