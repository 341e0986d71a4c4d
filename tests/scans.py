"""How often a run of a notebook scans the orders: a counter on the engine's own plans."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from tests import cells

ORDERS = "orders_checked"
"""The table of checked orders, of which every expression on `Tables.orders` reads."""


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """Collect, while it lasts, a line for each scan of the orders that a query makes: the query.

    Every query is explained before it runs, and the leaves of its physical plan that read the orders are counted: one
    query may scan them twice, as a self-join does.
    """
    scans: list[str] = []
    relation, create = Backend._to_duckdb_relation, Backend.create_table

    def explain(backend: Any, expr: Any, **how: Any) -> None:
        sql = str(backend.compile(expr, **how))
        if ORDERS in sql:
            backend._run_pre_execute_hooks(expr)
            plan = backend.con.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()[0][1]
            scans.extend([sql] * sum(ORDERS in str(name) for name in _tables(json.loads(plan))))

    def to_relation(self: Any, expr: Any, **how: Any) -> Any:
        explain(self, expr.as_table(), limit=how.get("limit"), params=how.get("params"))
        return relation(self, expr, **how)

    def create_table(self: Any, name: str, obj: Any = None, **how: Any) -> Any:
        if isinstance(obj, ir.Table):
            explain(self, obj)
        return create(self, name, obj, **how)

    with (
        mock.patch.object(Backend, "_to_duckdb_relation", to_relation),
        mock.patch.object(Backend, "create_table", create_table),
    ):
        yield scans


def _tables(nodes: list[dict[str, Any]]) -> Iterator[object]:
    for node in nodes:
        yield node.get("extra_info", {}).get("Table")
        yield from _tables(node.get("children", []))


def by_cell(notebook: str) -> dict[str, int]:
    """Scans of the orders by the code cells of a notebook on CDNOW's sample: cell id to number, where there are any."""
    names, found = cells.namespace(), {}
    for cell in cells.read(notebook).cells:
        if cell.cell_type == "code":
            with counted() as scans, contextlib.redirect_stdout(io.StringIO()), cells.undrawn():
                cells.run_one(cell.source, names, where=cell.id)
            if "parameters" in cell.metadata.get("tags", []):
                names["orders"] = {"source": "cdnow_sample"}
            found |= {cell.id: len(scans)} if scans else {}
    return found
