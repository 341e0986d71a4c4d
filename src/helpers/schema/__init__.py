"""The canonical tables as data: what every column means, its kind, its unit, and whether it must be delivered.

The contract checks against these tables, and data/README.md is tested to say the same.
"""

from __future__ import annotations

from dataclasses import replace

from helpers.schema.engagement import ACTIVITY
from helpers.schema.kinds import MUST_BE, Column, Kind, TableSchema
from helpers.schema.research import SURVEYS
from helpers.schema.sales import CUSTOMERS, OF_THE_ORDER, ORDER_ITEMS, ORDERS, PRODUCTS

__all__ = [
    "CUSTOMERS",
    "MUST_BE",
    "OF_THE_ORDER",
    "ORDERS",
    "ORDER_ITEMS",
    "PRODUCTS",
    "SCHEMAS",
    "Column",
    "Kind",
    "TableSchema",
    "deliverable",
]

SCHEMAS: dict[str, TableSchema] = {
    schema.name: schema for schema in (ORDERS, ORDER_ITEMS, PRODUCTS, CUSTOMERS, *ACTIVITY, *SURVEYS)
}


def deliverable(table: str) -> TableSchema:
    """The columns that the file of a table may deliver.

    The file of the orders may be delivered by line, and then holds what becomes `order_items`; it may also tell the
    currency, which is checked against the report's and kept nowhere. A file of order items takes the customer and the
    instant from the orders. Other files deliver their own table.
    """
    schema = SCHEMAS[table]
    if table == "order_items":
        return replace(schema, columns=tuple(column for column in schema.columns if column.name not in OF_THE_ORDER))
    if table != "orders":
        return schema
    lines = tuple(column for column in ORDER_ITEMS.columns if column.name not in schema.names)
    optional = tuple(Column(column.name, column.kind, column.description, column.unit) for column in lines)
    currency = Column("currency", "text", "currency of the amount; must be the report's", "ISO 4217")
    return replace(schema, columns=(*schema.columns, *optional, currency))
