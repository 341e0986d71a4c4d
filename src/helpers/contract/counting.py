"""What the checked rows of a table come to, what is wrong with them, and their part of the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir

from helpers.contract import rules
from helpers.contract.checking import PRICED, Checked, negative_outcome
from helpers.contract.filling import FILLED
from helpers.contract.ledger import Entry, Outcome, shown
from helpers.contract.rules import FILE_STEP
from helpers.schema import MUST_BE
from helpers.schema.sources import OrdersSource

DAYS = ("instant", "day")
BY_RULE = (*rules.SURVIVING, rules.DROPPED)


@dataclass(frozen=True)
class Counts:
    """The rows of a table by rule and outcome: a group each, with counts, sums, and the first row of each flag."""

    groups: tuple[Mapping[str, Any], ...]

    def of(self, *, ruled: Iterable[int] | None = None, outcomes: Iterable[int] | None = None) -> Counts:
        """The groups with these rules and outcomes."""
        kept = [
            group
            for group in self.groups
            if (ruled is None or group["rule"] in ruled) and (outcomes is None or group["outcome"] in outcomes)
        ]
        return Counts(tuple(kept))

    def count(self, flag: str = "row") -> int:
        return sum(int(group.get(f"{flag}_count") or 0) for group in self.groups)

    def amount(self, flag: str = "row") -> Decimal:
        return sum((group.get(f"{flag}_amount") or Decimal(0) for group in self.groups), Decimal(0))

    def first(self, flag: str = "row") -> int | None:
        """Where in the delivery the first such row is."""
        firsts = [group.get(f"{flag}_first") for group in self.groups]
        return min((first for first in firsts if first is not None), default=None)


def count(checked: Checked, *, currency: str) -> Counts:
    """Counts, sums and first rows by rule and outcome, in one pass over the checked rows."""
    table = checked.rows
    flags = _flags(checked, currency)
    measures: dict[str, ir.Value] = {"row_count": table.count(), "row_first": table["_seq"].min()}
    for name, flag in flags.items():
        measures |= {f"{name}_count": flag.sum(), f"{name}_first": table["_seq"].min(where=flag)}
    if "amount" in table.columns:
        measures["row_amount"] = table.amount.sum()
        summed = {name: flags[name] for name in ("negative", "rounded", "scaled", "filled") if name in flags}
        measures |= {f"{name}_amount": table.amount.sum(where=flag) for name, flag in summed.items()}
    grouped = table.group_by(rule=table["_rule"], outcome=table["_outcome"]).aggregate(**measures)
    return Counts(tuple(grouped.to_pyarrow().to_pylist()))


def _flags(checked: Checked, currency: str) -> dict[str, ir.BooleanValue]:
    table = checked.rows
    flags = {column.removeprefix("_"): table[column] for column in table.columns if column.startswith("_unread_")}
    for name in checked.stated.required:
        empty = table[name].isnull()
        empty = empty & ~table[f"_unread_{name}"] if f"_unread_{name}" in table.columns else empty
        flags[f"empty_{name}"] = table[f"_blank_{name}"] if name in checked.problems else empty
    if "amount" in table.columns:
        flags |= {"negative": table.amount < 0, "zero": table.amount == 0}
    if "_rounded_amount" in table.columns:
        flags |= {"zero": flags["zero"] & ~table["_rounded_amount"], "rounded": table["_rounded_amount"]}
    if "_scaled_amount" in table.columns:
        flags["scaled"] = table["_scaled_amount"]
    if "currency" in table.columns:
        flags["other_currency"] = table.currency.upper() != currency.upper()
    if FILLED in table.columns:
        flags["filled"] = table[FILLED]
    return flags


def value_problems(checked: Checked, counts: Counts, *, currency: str) -> list[str]:
    """What is wrong with the values of the rows that no rule drops, a line for each column and kind of fault."""
    stated, living = checked.stated, counts.of(outcomes=rules.SURVIVING)
    by_column = {name: f"{stated.where(name)} {problem}" for name, problem in checked.problems.items()}
    flags = {key.removesuffix("_count") for group in counts.groups for key in group if key.endswith("_count")}
    hits = {flag: living.count(flag) for flag in sorted(flags) if flag.startswith(("unread_", "empty_", "other_"))}
    hits = {flag: hit for flag, hit in hits.items() if hit and flag.removeprefix("unread_") not in by_column}
    firsts = {flag: living.first(flag) for flag in hits}
    examples = delivered_rows(checked, firsts.values())
    lines = list(by_column.values())
    for flag, hit in hits.items():
        kind, _, name = flag.partition("_")
        row = examples[firsts[flag]]
        value = shown(row.get(stated.columns.get(name, ""), ""))
        if name == "amount" and stated.is_priced:
            value = " x ".join(shown(row.get(stated.columns[one], "")) for one in PRICED)
        place = f"{hit:,} {'row' if hit == 1 else 'rows'}, first at {row_name(checked, firsts[flag])}"
        lines.append(f"{stated.where(name)} {_fault(checked, kind, name, place, value, currency)}")
    return lines


def _fault(checked: Checked, kind: str, name: str, place: str, value: str, currency: str) -> str:
    column = checked.stated.schema.column(name)
    if kind == "empty":
        place += f" ({value}, a day that stands for none)" if column.kind in DAYS and re.search(r"\d", value) else ""
        rule = f"{{rule: {name} is empty, column: {name}, missing: true}}"
        return f"must not be empty: {place}; ask for it, or drop such rows by a rule: {rule}"
    if kind == "other":
        return f"must be {currency}, the currency of the report: {place} ({value}); one report speaks in one currency"
    if kind == "unread" and name == "amount" and checked.stated.is_priced:
        return f"must be below 100,000,000,000,000, as quantity times price: {place} ({value})"
    hint = ""
    if column.kind in ("number", "money", "integer"):
        hint = '; is the decimal mark a comma? State `decimal: ","`' if "," in value else ""
    elif column.kind in DAYS:
        hint = "; state its `date_format`"
    rule = (
        ""
        if hint
        else f"; mend it, or drop such rows by a rule: {{rule: unreadable, column: {name}, one_of: [{value}]}}"
    )
    return f"must be {MUST_BE[column.kind]}: {place} ({value}){hint}{rule}"


def delivered_rows(checked: Checked, wanted: Iterable[int | None]) -> dict[int | None, dict[str, Any]]:
    """The delivered rows at these places of the delivery."""
    places = sorted({place for place in wanted if place is not None})
    if not places:
        return {}
    delivered = checked.delivered.filter(checked.delivered["_seq"].isin(places)).to_pyarrow().to_pylist()
    return {row["_seq"]: row for row in delivered}


def row_name(checked: Checked, place: int | None) -> str:
    """A row as a person would look for it: its number, and its file where there are several."""
    if place is None:
        return "no row"
    number, given = f"row {place % FILE_STEP:,}", checked.stated.delivered.label
    if len(checked.files) == 1 and checked.files[0].startswith(given):
        return number  # a source that is one file; a folder or glob names the file even where it holds one
    names = [name.rsplit("/", 1)[-1] for name in checked.files]
    names = names if len(set(names)) == len(names) else list(checked.files)
    return f"{number} of {names[place // FILE_STEP]}"


@dataclass(frozen=True)
class _Line:
    rule: str
    outcome: Outcome
    counts: Counts
    flag: str = "row"


def entries(checked: Checked, counts: Counts) -> list[Entry]:
    """The ledger of one table, amounts not yet rounded: read, each rule in its order, what was noted, kept."""
    lines = [_Line("rows read", "read", counts), *_rule_lines(checked, counts)]
    if "amount" in checked.rows.columns:
        lines += [line for line in _amount_lines(checked, counts) if line.counts.count(line.flag)]
    lines += [line for line in _moved_lines(counts) if line.counts.count()]
    filled = _Line("filled down within its order", "changed", counts.of(outcomes=[rules.KEPT]), "filled")
    lines += [filled] if filled.counts.count("filled") else []
    lines.append(_Line("rows kept", "kept", counts.of(outcomes=[rules.KEPT])))
    has_example = [line.outcome not in ("read", "kept", "erased") for line in lines]
    firsts = [line.counts.first(line.flag) if shows else None for line, shows in zip(lines, has_example, strict=True)]
    return [_entry(checked, line, first) for line, first in zip(lines, firsts, strict=True)]


def _rule_lines(checked: Checked, counts: Counts) -> list[_Line]:
    outcomes: dict[str, Outcome] = {"drop": "dropped", "refund": "refund", "note": "noted"}
    asked = checked.stated.source.rules
    return [_Line(rule.rule, outcomes[rule.do], counts.of(ruled=[i], outcomes=BY_RULE)) for i, rule in enumerate(asked)]


def _moved_lines(counts: Counts) -> list[_Line]:
    """Rows that were kept or refunds, and went for the sake of other rows."""
    return [
        _Line("order undone by a refund of its whole amount", "reversed", counts.of(outcomes=[rules.REVERSED])),
        _Line("customer was erased", "erased", counts.of(outcomes=[rules.ERASED])),
    ]


def _amount_lines(checked: Checked, counts: Counts) -> list[_Line]:
    """Rows below zero that no rule decided, and kept rows of zero."""
    undecided = [rules.NO_RULE, *rules.positions(checked.stated.source.rules, "note")]
    negative = counts.of(ruled=undecided, outcomes=BY_RULE)
    lines = []
    if isinstance(checked.stated.source, OrdersSource):
        outcome = negative_outcome(checked.stated)
        negatives: dict[int | None, tuple[str, Outcome]] = {
            rules.REFUND: ("amount below zero", "refund"),
            rules.DROPPED: ("amount below zero", "dropped"),
            None: ("amount below zero, netted into its order", "changed"),
        }
        lines.append(_Line(*negatives[outcome], negative, "negative"))
        kept = counts.of(outcomes=[rules.KEPT])
        lines.append(_Line("amount rounded to four decimals", "changed", kept, "rounded"))
        lines.append(_Line("amount multiplied by the unit in its cell", "changed", kept, "scaled"))
        lines.append(_Line("zero amount", "noted", kept, "zero"))
    return lines


def _entry(checked: Checked, line: _Line, first: int | None) -> Entry:
    """The line as an entry; its example is the place alone, since what stands there may be somebody's."""
    amount = None
    if isinstance(checked.stated.source, OrdersSource):
        amount = line.counts.amount(line.flag)
    example = "" if first is None else row_name(checked, first)
    return Entry(checked.stated.name, line.rule, line.outcome, line.counts.count(line.flag), amount, example)
