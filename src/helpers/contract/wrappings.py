"""What programs put around values or hide in them, counted and said: guards of spreadsheets, invisible characters."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from helpers.contract.evidence import INVISIBLE, rows, single_row

GUARDED = r"""^\s*"?="+[^"]*"+\s*$"""
QUOTED = r"^\s*'[^']*$"
HIDDEN = rf"[{INVISIBLE}\x{{a0}}]"


def remarks(table: ir.Table, codes: Sequence[str], texts: Sequence[str], *, name: str) -> tuple[str, ...]:
    """A sentence for each kind of wrapping that was taken off the values of a table.

    Parameters
    ----------
    table
        The delivered rows.
    codes, texts
        Delivered columns of ids, numbers and dates, and of text: those that may have something around their values.
    name
        The table's canonical name.
    """
    kinds = {
        'Guards of a spreadsheet, such as ="0001" and \'0001,': {
            **dict.fromkeys(texts, GUARDED),
            **dict.fromkeys(codes, f"{GUARDED}|{QUOTED}"),
        },
        "Invisible characters, such as a byte order mark or a no-break space,": dict.fromkeys(codes, HIDDEN),
    }
    found = {kind: _found(table, patterns) for kind, patterns in kinds.items()}
    return tuple(
        f"{kind} are taken off {_listed([f'`{one}`' for one in names])} of {name}: {rows(count)}."
        for kind, (names, count) in found.items()
        if count
    )


def _found(table: ir.Table, patterns: dict[str, str]) -> tuple[list[str], int]:
    """The columns in which their patterns occur, and the rows in which one does."""
    if not patterns:
        return [], 0
    hits = [table[column].re_search(pattern).fill_null(False) for column, pattern in patterns.items()]
    sums = {f"hits_{place}": hit.sum() for place, hit in enumerate(hits)}
    answer = single_row(table.aggregate(**sums, any=ibis.or_(*hits).sum()))
    return [column for place, column in enumerate(patterns) if answer[f"hits_{place}"]], int(answer["any"] or 0)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
