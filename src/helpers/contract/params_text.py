"""The text of a first params file: what was found as YAML, and in comments why, and what was left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import yaml

from helpers.contract.currencies import UNKNOWN
from helpers.contract.grain import Grain
from helpers.contract.guessing import Guess
from helpers.contract.rule_proposals import Proposed
from helpers.schema.sources import OrdersSource

WHAT = {
    "order_id": "the order",
    "customer_id": "the customer",
    "ordered_at": "when it was ordered",
    "amount": "what the customer paid",
}
CHINESE = re.compile("[\u4e00-\u9fff]")
LINE = 110


@dataclass(frozen=True)
class Found:
    """All that a look at the orders showed and somebody stated: what the file is written from."""

    source: OrdersSource
    notes: Sequence[str]
    delivered: Sequence[str]
    columns: Mapping[str, Guess]
    set_aside: Mapping[str, str]
    grain: Grain
    rules: Sequence[Proposed]
    as_of: date | None
    currency: str
    time_zone: str | None
    taken: frozenset[str]
    unsure: Sequence[str]


def write(name: str, look: Found) -> str:
    """The params file of a report, read by `params.report_files.read_report`."""
    as_of = look.as_of or date(2000, 1, 1)
    last = "the last day in the data: is it complete?" if look.as_of else "no date could be read: state the day"
    unknown = "   # unknown: write the ISO code" if look.currency == UNKNOWN else ""
    head = [
        f"# Proposed by `regulars new {name}`. Look at every line, then run `regulars check params/{name}.yml`.",
        *[f"# {_comment(note)}" for note in look.notes],
        *(["#", "# To check:", *[f"# - {_comment(doubt)}" for doubt in look.unsure]] if look.unsure else []),
        f"title: {_scalar(plain_title(name))}",
        f"as_of: {as_of.isoformat()}   # {last}",
        f"currency: {look.currency}{unknown}",
        f"language: {_language(look)}   # of the pages: en or zh",
        *([f"time_zone: {_scalar(look.time_zone)}"] if look.time_zone else []),
        "",
        "orders:",
        f"  source: {_scalar(look.source.source)}",
    ]
    return "\n".join([*head, *_settings(look), *_columns(look), *_rules(look)]) + "\n"


def _language(look: Found) -> str:
    """Chinese where most of the columns that were delivered have a Chinese name, else English."""
    chinese = [name for name in look.delivered if CHINESE.search(name)]
    return "zh" if 2 * len(chinese) > len(look.delivered) else "en"


def plain_title(name: str) -> str:
    """The name of a report as a title: `online_retail` becomes `Online retail`."""
    words = re.sub(r"[_-]+", " ", name).strip() or name
    return words[0].upper() + words[1:]


def _scalar(text: str) -> str:
    """A text as YAML would write it."""
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).removesuffix("...\n").strip()


def _comment(text: str) -> str:
    return " ".join(text.split())


def _settings(look: Found) -> list[str]:
    source, grain = look.source, look.grain
    lines = [f"  table: {_scalar(source.table)}"] if source.table else []
    if source.header_row:
        lines.append(f"  header_row: {source.header_row}")
    lines.append(f"  grain: {'line ' if grain.is_line else 'order'}   # {_comment(grain.reason)}")
    if grain.amount_of == "order":
        lines.append("  amount_of: order   # the amount is the order's, and is taken once for all of its lines")
    if source.fill_down:
        listed_names = yaml.safe_dump(
            source.fill_down, allow_unicode=True, default_flow_style=True, width=10_000
        ).strip()
        lines.append(f"  fill_down: {listed_names}   # told on the first row of an order only")
    if source.date_format:
        lines.append(f"  date_format: {_scalar(source.date_format)}")
    elif asked := _asked_format(look):
        lines.append(f"  # date_format: {_scalar(asked)}   # or with day and month the other way: state one")
    return lines


def _asked_format(look: Found) -> str | None:
    """The format that a question on day and month names."""
    named = (re.search(r"such as `(%[^`]+)`", doubt) for doubt in look.unsure)
    return next((match[1] for match in named if match), None)


def _columns(look: Found) -> list[str]:
    mapped = {name: one for name, one in look.columns.items() if name != "currency" or look.currency != UNKNOWN}
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
    lines += [f"    # {_comment(name)}: {_comment(why)}" for name, why in look.set_aside.items() if name not in used]
    rest = [name for name in look.delivered if name not in used and name not in look.set_aside]
    return lines + _wrapped("    # not used: ", [_comment(name) for name in rest])


def _wrapped(head: str, names: Sequence[str]) -> list[str]:
    """Names in comments of a readable length."""
    lines, line = [], head
    for place, name in enumerate(names):
        piece = name + (", " if place < len(names) - 1 else "")
        if len(line) + len(piece) > LINE and line.strip(" #"):
            lines.append(line.rstrip())
            line = "    #   "
        line += piece
    return [*lines, line.rstrip()] if names else []


def _rules(look: Found) -> list[str]:
    if not look.rules:
        return []
    is_taken = [rule.is_needed or bool(look.taken & {rule.name, "all"}) for rule in look.rules]
    lines = ["  # Rules that the data seem to need; take the # away from those that are right."]
    lines.append("  rules:" if any(is_taken) else "  # rules:")
    ranked = sorted(zip(look.rules, is_taken, strict=True), key=lambda one: not one[1])
    for rule, taken in ranked:
        mark = "    - " if taken else "  #   - "
        lines.append(f"{mark}{rule.yaml}   # {_comment(rule.reason)}")
    return lines
