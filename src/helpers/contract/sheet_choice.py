"""Which sheet of a workbook holds the orders: the one whose columns are most like those of orders."""

from __future__ import annotations

from pathlib import Path

from helpers.connectors import workbooks
from helpers.connectors.locations import expand, files
from helpers.connectors.source_registry import BUILT_INS, named_kind
from helpers.connectors.workbooks import Sheet
from helpers.contract.column_names import name_score
from helpers.schema.sources import OrdersSource

WEIGHTS = {
    "customer_id": 3,
    "amount": 3,
    "ordered_at": 3,
    "order_id": 3,
    "quantity": 1,
    "unit_price": 1,
    "product_id": 1,
}


def chosen(source: OrdersSource, *, root: Path) -> tuple[OrdersSource, list[str]]:
    """The source with its sheet where it is a workbook of several and none is stated, and what was taken."""
    location = expand(source.source)
    if source.table is not None or named_kind(location) is not None:
        return source, []
    there = files(location, root=root, built_ins=BUILT_INS)
    if not there or there[0].path.suffix.lower() not in workbooks.KIND.endings:
        return source, []
    sheets = workbooks.sheets(there[0].path, name=there[0].name)
    if len(sheets) < 2:
        return (source.model_copy(update={"table": sheets[0].name}) if sheets else source), []
    best = max(sheets, key=lambda sheet: (_likeness(sheet), sheet.row_count))
    others = ", ".join(f"`{sheet.name}` ({sheet.row_count:,})" for sheet in sheets if sheet is not best)
    doubt = (
        f"Of {len(sheets)} sheets `{best.name}` ({best.row_count:,} rows) looks most like orders and is taken; "
        f"the others are {others} (`--table`)."
    )
    return source.model_copy(update={"table": best.name}), [doubt]


def _likeness(sheet: Sheet) -> int:
    """How much the names of the columns of a sheet are those of orders."""
    return sum(
        weight
        for canonical, weight in WEIGHTS.items()
        if any(name_score(canonical, name) > 0 for name in sheet.columns)
    )
