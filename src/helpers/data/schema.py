"""The canonical tables as data: what every column means, its kind, its unit, and whether it must be delivered.

The contract checks against these tables, and data/README.md is tested to say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "number", "money", "instant", "day", "integer"]

MUST_BE: dict[Kind, str] = {
    "id": "an id",
    "text": "text",
    "number": "a number",
    "money": "a number",
    "integer": "a whole number",
    "instant": "a date or an instant",
    "day": "a date",
}


@dataclass(frozen=True)
class Column:
    """One canonical column; `required` says that it must be delivered, whatever the table's other columns."""

    name: str
    kind: Kind
    description: str
    unit: str = ""
    required: bool = False


@dataclass(frozen=True)
class TableSchema:
    """One canonical table: what a row of it is, its columns, and the column whose values may not repeat."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises
        ------
        KeyError
            The table has no such column.
        """
        return {column.name: column for column in self.columns}[name]


_ORDER_ID = "id of the order; not delivered: every row is an order of its own, and its row number is its id"
_AMOUNT = "what the customer paid, without discounts; not delivered: `quantity` times `unit_price`"

ORDERS = TableSchema(
    "orders",
    "one order (in `refunds`, which has the same columns: one refund)",
    (
        Column("order_id", "id", _ORDER_ID),
        Column("customer_id", "id", "id of the customer", required=True),
        Column("ordered_at", "instant", "when the order was placed: a day, or an instant", "instant", required=True),
        Column("amount", "money", _AMOUNT, "currency of the report", required=True),
        Column("discount_amount", "money", "what was taken off the price", "currency of the report"),
        Column("channel", "text", "where the order was placed: web, shop, phone ..."),
        Column("store", "text", "the shop or site"),
        Column("region", "text", "country or region of the order"),
        Column("coupon", "text", "code of the coupon used"),
    ),
    key="order_id",
)

ORDER_ITEMS = TableSchema(
    "order_items",
    "one line of an order, refunded lines left out",
    (
        Column("order_id", "id", "the order it belongs to", required=True),
        Column("customer_id", "id", "the customer of the order", required=True),
        Column("ordered_at", "instant", "when the order was placed", "instant", required=True),
        Column("product_id", "id", "id of the product", required=True),
        Column("quantity", "number", "how many", "count, or the product's own measure"),
        Column("unit_price", "money", "price of one", "currency of the report"),
        Column("amount", "money", "what was paid for the line", "currency of the report", required=True),
        Column("category", "text", "category of the product; taken from `products` where that table has it"),
    ),
)

PRODUCTS = TableSchema(
    "products",
    "one product",
    (
        Column("product_id", "id", "id of the product", required=True),
        Column("category", "text", "what breakdowns by category group by"),
        Column("price", "money", "list price", "currency of the report"),
        Column("margin", "money", "what is left of the list price after cost", "currency of the report"),
    ),
    key="product_id",
)

CUSTOMERS = TableSchema(
    "customers",
    "one customer",
    (
        Column("customer_id", "id", "id of the customer", required=True),
        Column("first_seen_on", "day", "first contact; customers first seen after `as_of` are invisible", "ISO date"),
        Column("acquisition_channel", "text", "how the customer was won"),
        Column("acquisition_cost", "money", "what winning the customer cost", "currency of the report"),
        Column("region", "text", "where the customer lives"),
        Column("gender", "text", "as delivered"),
        Column("birth_year", "integer", "year of birth", "year"),
        Column("age_band", "text", "age as a band, where the year of birth is not known"),
        Column("income_band", "text", "income of the household as a band"),
        Column("household_size", "text", "persons in the household; text, since bands such as 5+ occur"),
        Column("consent_marketing", "text", "consent to marketing, as delivered"),
    ),
    key="customer_id",
)

SCHEMAS: dict[str, TableSchema] = {schema.name: schema for schema in (ORDERS, ORDER_ITEMS, PRODUCTS, CUSTOMERS)}


def deliverable(table: str) -> TableSchema:
    """The columns that the file of a table may deliver.

    The file of the orders may be delivered by line, and then holds what becomes `order_items`; it may also tell the
    currency, which is checked against the report's and kept nowhere. Other files deliver their own table.
    """
    schema = SCHEMAS[table]
    if table != "orders":
        return schema
    lines = tuple(column for column in ORDER_ITEMS.columns if column.name not in schema.names)
    optional = tuple(Column(column.name, column.kind, column.description, column.unit) for column in lines)
    currency = Column("currency", "text", "currency of the amount; must be the report's", "ISO 4217")
    return TableSchema("orders", schema.row, (*schema.columns, *optional, currency), schema.key)
