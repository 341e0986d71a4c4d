"""The command line on an engine that gives back rows in whatever order it likes, where none was asked for.

    REGULARS_TEST_SEED=1 python -m tests.shuffled run params/demo.yml --out folder

An engine of several threads may do so at any time; DuckDB does seldom, and then a figure moves that nobody can repeat.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np

from helpers.__main__ import main

AS_DELIVERED = {"question_id", "kind"}
"""Columns of the one table that is read in the order in which it was delivered: the questions of a survey."""


def is_ordered(table: ir.Table) -> bool:
    """Whether an order was asked for, below what keeps one."""
    op = table.op()
    while not isinstance(op, ops.Sort):
        if isinstance(op, ops.Aggregate | ops.Distinct) or not hasattr(op, "parent"):
            return set(table.columns) >= AS_DELIVERED
        op = op.parent
    return True


def shuffle(name: str, take: Callable[[Any, Any], Any], draw: np.random.Generator) -> None:
    """A method of tables that fetches rows, with its rows in another order."""
    fetch = getattr(ir.Table, name)

    def fetch_in_any_order(table: ir.Table, *args: Any, **kwargs: Any) -> Any:
        rows = fetch(table, *args, **kwargs)
        return rows if is_ordered(table) else take(rows, draw.permutation(len(rows)))

    setattr(ir.Table, name, fetch_in_any_order)


if __name__ == "__main__":
    numbers = np.random.Generator(np.random.PCG64(int(os.environ["REGULARS_TEST_SEED"])))
    shuffle("to_pandas", lambda rows, order: rows.iloc[order].reset_index(drop=True), numbers)
    shuffle("to_pyarrow", lambda rows, order: rows.take(order), numbers)
    main()
