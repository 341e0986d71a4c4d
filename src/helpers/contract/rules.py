"""The rules of the params as conditions on rows: which rule catches a row, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from helpers.errors import nearest
from helpers.schema.sources import Rule
from helpers.validation import name_problems

KEPT, REFUND, DROPPED, REVERSED, ERASED = 0, 1, 2, 3, 4
SURVIVING = (KEPT, REFUND)
FILE_STEP = 2**40
"""How far apart the places in the delivery are of the first rows of two files."""
OWN = ("_file", "_row", "_seq", "_filled")
NO_RULE = -1
LABELS = (
    "rows read",
    "rows kept",
    "amount below zero",
    "amount below zero, netted into its order",
    "order below zero after netting",
    "amount rounded to four decimals",
    "amount multiplied by the unit in its cell",
    "filled down within its order",
    "order undone by a refund of its whole amount",
    "customer was erased",
    "refund that an order tells",
    "second order on a day",
    "zero amount",
)
"""What the ledger itself calls its lines."""


@dataclass(frozen=True)
class Readings:
    """One column as a condition may need it: whether it is empty, its text, its number (None: not to be had).

    `rank` is what tells which of two rows is later; None where rows are not put in order by the column.
    """

    blank: ir.BooleanValue
    text: ir.StringValue
    number: Callable[[], ir.NumericValue] | None
    rank: Callable[[], ir.Value] | None = None


def first_rule(
    table: ir.Table, rules: Sequence[Rule], *, readings: Callable[[str], Readings | None], lines_of: str | None = None
) -> ir.IntegerValue:
    """For each row the position of the first rule that catches it, or NO_RULE.

    Parameters
    ----------
    table
        The delivered rows, with their position in the delivery as `_seq`.
    rules
        The rules in the order in which they are asked.
    readings
        Gives the readings of a column; None leaves the rules on that column out.
    lines_of
        The column of an id that several rows share by right, as lines of an order do: `keep: latest` keeps all of them
        together. None where each row has an id of its own.
    """
    branches = []
    for position, rule in enumerate(rules):
        condition = _earlier(table, rule, readings, lines_of) if rule.keep else _condition(table, rule, readings)
        if condition is not None:
            branches.append((condition, ibis.literal(position, type="int16")))
    nothing = ibis.literal(NO_RULE, type="int16")
    return ibis.cases(*branches, else_=nothing) if branches else nothing


def _condition(table: ir.Table, rule: Rule, readings: Callable[[str], Readings | None]) -> ir.BooleanValue | None:
    if rule.duplicates:
        return repeats(table, [name for name in table.columns if name not in OWN])
    column = readings(str(rule.column))
    if column is None:
        return None
    if rule.missing:
        return column.blank
    if rule.matches is not None:
        return column.text.re_search(rule.matches).fill_null(False)
    if rule.one_of is not None:
        return column.text.isin(rule.one_of).fill_null(False)
    if column.number is None:
        return None
    if rule.at_most is not None:
        return (column.number() <= rule.at_most).fill_null(False)
    return (column.number() >= rule.at_least).fill_null(False)


def _earlier(
    table: ir.Table, rule: Rule, readings: Callable[[str], Readings | None], lines_of: str | None
) -> ir.BooleanValue | None:
    """Whether a later row tells the same id: by a column, else by the order of the files and of their rows."""
    column = readings(str(rule.column))
    ranked = readings(rule.by) if rule.by is not None else None
    if column is None or (rule.by is not None and (ranked is None or ranked.rank is None)):
        return None
    # lines of an order stand in one file together: the file decides, not the row
    place = table["_seq"] // FILE_STEP if rule.column == lines_of else table["_seq"]
    order = [place.desc()]
    if ranked is not None and ranked.rank is not None:
        order.insert(0, ranked.rank().desc(nulls_first=False))
    later_rows = ibis.rank().over(ibis.window(group_by=column.text, order_by=order))
    return (~column.blank & (later_rows > 0)).fill_null(False)


def repeats(table: ir.Table, columns: Iterable[str]) -> ir.BooleanValue:
    """Whether an earlier row of the table holds the same values in all of the columns."""
    same = ibis.window(group_by=[table[name] for name in columns], order_by=table["_seq"])
    return ibis.row_number().over(same) > 0


def positions(rules: Sequence[Rule], do: str) -> list[int]:
    """Where in the list the rules are that do so."""
    return [position for position, rule in enumerate(rules) if rule.do == do]


def statement_problems(table: str, rules: Sequence[Rule]) -> list[str]:
    """What is wrong with rules before any data are read: regular expressions that cannot be, refunds of no orders."""
    names = [rule.rule for rule in rules]
    problems = [f"`{table}.rules`: {problem}" for problem in name_problems(names, what="rule", taken=LABELS)]
    for position, rule in enumerate(rules):
        where = f"`{table}.rules.{position}` ({rule.rule})"
        if rule.do == "refund" and table != "orders":
            problems.append(f"{where}: only orders have refunds; `do` must be drop or note")
        if rule.matches is not None:
            try:
                pc.match_substring_regex(pa.array([""]), rule.matches)
            except pa.ArrowInvalid as error:
                problems.append(f"{where}: `matches` must be a regular expression; {error}")
    return problems


def column_problems(rules: Sequence[Rule], *, known: Sequence[str]) -> list[str]:
    """The rules whose columns are neither canonical ones that are mapped nor delivered ones."""
    return [
        f"rule {rule.rule!r} reads column `{name}`, which is not there.{nearest(name, known)}"
        for rule in rules
        for name in (rule.column, rule.by)
        if name is not None and name not in known
    ]
