"""The day a first report should speak from: the last day of the data that is not far from the others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from helpers.contract.evidence import rows
from helpers.contract.parsing import parse_instant
from helpers.contract.spans import is_far

FAR_DAYS = 183
"""Days without any order beyond which the few rows on the other side are far from the others."""


@dataclass(frozen=True)
class Days:
    """The last day, the format of dates where it must be stated, what to ask, and the years far before all others."""

    as_of: date | None = None
    date_format: str | None = None
    doubts: tuple[str, ...] = ()
    far_years: tuple[int, ...] = ()


def find(
    table: ir.Table,
    column: str | None,
    *,
    date_format: str | None,
    time_zone: str | None,
    whole: ir.Table | None = None,
) -> Days:
    """What the dates of the orders tell of the day to speak from, and what of them must be asked.

    Where `table` has only some rows of one that stays on its engine, `whole` is that one, whose days are counted there.
    """
    if column is None:
        return Days()
    parsed = parse_instant(table, column, date_format=date_format, time_zone=time_zone)
    option = "--time-zone" if "time_zone" in (parsed.problem or "") else "--date-format"
    doubts = [] if parsed.problem is None else [f"Column `{column}` {parsed.problem} (`{option}`)."]
    choice = re.search(r"such as `([^`]+)`", parsed.problem or "")
    if choice:
        parsed = parse_instant(table, column, date_format=choice[1], time_zone=time_zone)
    doubts += [f"Column `{column}` {parsed.doubt} (`--time-zone`)."] if parsed.doubt else []
    if not parsed.value.op().relations:
        return Days(doubts=tuple(doubts))
    is_typed = whole is not None and not whole[column].type().is_string()
    counts = _counts(whole, whole[column]) if whole is not None and is_typed else _counts(table, parsed.value)
    last, far_doubts, years = _last_day(counts)
    stated = choice[1] if choice else date_format
    return Days(last, stated, (*doubts, *far_doubts), years)


def _counts(table: ir.Table, at: ir.Value) -> list[tuple[date, int]]:
    """The days with rows, in their order, and how many rows each has."""
    days = table.select(day=at.cast("timestamp").date()).filter(ibis._.day.notnull())
    rows_by_day = days.group_by("day").aggregate(row_count=ibis._.count()).order_by("day").to_pyarrow().to_pylist()
    return [(one["day"], int(one["row_count"])) for one in rows_by_day]


def _last_day(counts: list[tuple[date, int]]) -> tuple[date | None, list[str], tuple[int, ...]]:
    """The last day that is not far from the others, doubts, and the years of the days that are."""
    if not counts:
        return None, [], ()
    near, far = _apart(counts)
    last = near[-1]
    doubts = []
    if far:
        count = sum(row_count for _, row_count in far)
        named = ", ".join(f"{day}" for day, _ in far[:3]) + (" ..." if len(far) > 3 else "")
        doubts.append(
            f"{rows(count)} of {named} {'is' if count == 1 else 'are'} far from all others, {near[0][0]} to {last[0]}: "
            f"a mistake? `as_of` is {last[0]}, so that later rows are not seen; else pass `--as-of`."
        )
    before = sorted(row_count for _, row_count in near[-8:-1])
    if len(before) == 7 and last[1] <= 0.1 * before[3]:
        only = f"has {rows(last[1])} only"
        doubts.append(f"The last day, {last[0]}, {only}: is it complete, or is `as_of` the day before (`--as-of`)?")
    return last[0], doubts, tuple(sorted({day.year for day, _ in far if day < near[0][0]}))


def _apart(counts: list[tuple[date, int]]) -> tuple[list[tuple[date, int]], list[tuple[date, int]]]:
    """The days that hold nearly all rows, and the few that stand far before, after or between them."""
    far = is_far([day for day, _ in counts], [row_count for _, row_count in counts], far_days=FAR_DAYS)
    return (
        [one for one, apart in zip(counts, far, strict=True) if not apart],
        [one for one, apart in zip(counts, far, strict=True) if apart],
    )
