"""An engine that gives back rows in whatever order it likes, where none was asked for.

An engine of several threads may do so at any time; DuckDB does seldom, and then a figure moves that nobody can repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np

SEED = "REGULARS_TEST_ROW_ORDER"
"""Where a call of the command line finds the seed, if rows are to come in any order."""
AS_DELIVERED = {"question_id", "kind"}
"""Columns of the one table that is read in the order in which it was delivered: the questions of a survey."""


def shuffle_rows(seed: int) -> None:
    """From now on, in this process and its copies, rows that were fetched without an order come in another one."""
    draw = np.random.Generator(np.random.PCG64(seed))
    _shuffle("to_pandas", lambda rows, order: rows.iloc[order].reset_index(drop=True), draw)
    _shuffle("to_pyarrow", lambda rows, order: rows.take(order), draw)


def is_ordered(table: ir.Table) -> bool:
    """Whether an order was asked for, below what keeps one."""
    op = table.op()
    while not isinstance(op, ops.Sort):
        if isinstance(op, ops.Aggregate | ops.Distinct) or not hasattr(op, "parent"):
            return set(table.columns) >= AS_DELIVERED
        op = op.parent
    return True


def _shuffle(name: str, take: Callable[[Any, Any], Any], draw: np.random.Generator) -> None:
    fetch = getattr(ir.Table, name)

    def fetch_in_any_order(table: ir.Table, *args: Any, **kwargs: Any) -> Any:
        rows = fetch(table, *args, **kwargs)
        return rows if is_ordered(table) else take(rows, draw.permutation(len(rows)))

    setattr(ir.Table, name, fetch_in_any_order)
