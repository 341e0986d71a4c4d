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

KEPT, REFUND, DROPPED, REVERSED, ERASED = 0, 1, 2, 3, 4
OWN = ("_file", "_row", "_seq", "_filled")
NO_RULE = -1


@dataclass(frozen=True)
class Readings:
    """One column as a condition may need it: whether it is empty, its text, its number (None: not to be had)."""

    blank: ir.BooleanValue
    text: ir.StringValue
    number: Callable[[], ir.NumericValue] | None


def first_rule(
    table: ir.Table, rules: Sequence[Rule], *, readings: Callable[[str], Readings | None]
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
    """
    branches = []
    for position, rule in enumerate(rules):
        condition = _condition(table, rule, readings)
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


def repeats(table: ir.Table, columns: Iterable[str]) -> ir.BooleanValue:
    """Whether an earlier row of the table holds the same values in all of the columns."""
    same = ibis.window(group_by=[table[name] for name in columns], order_by=table["_seq"])
    return ibis.row_number().over(same) > 0


def positions(rules: Sequence[Rule], do: str) -> list[int]:
    """Where in the list the rules are that do so."""
    return [position for position, rule in enumerate(rules) if rule.do == do]


def statement_problems(table: str, rules: Sequence[Rule]) -> list[str]:
    """What is wrong with rules before any data are read: regular expressions that cannot be, refunds of no orders."""
    problems = []
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
    """The rules whose column is neither a canonical one that is mapped nor a delivered one."""
    return [
        f"rule {rule.rule!r} reads column `{rule.column}`, which is not there.{nearest(rule.column, known)}"
        for rule in rules
        if rule.column is not None and rule.column not in known
    ]
