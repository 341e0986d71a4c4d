"""The canonical tables of buying: orders and their lines, products, customers."""

from __future__ import annotations

from helpers.schema.kinds import Column, TableSchema

_ORDER_ID = "id of the order; not delivered: every row is an order of its own, and its row number is its id"
_AMOUNT = "what the customer paid, without discounts; not delivered: `quantity` times `unit_price`"
_REFUND = "what was given back of the order later, whatever its sign; becomes a refund on the day of the order"

ORDERS = TableSchema(
    "orders",
    "one order (in `refunds`, which has the same columns: one refund)",
    (
        Column("order_id", "id", _ORDER_ID),
        Column("customer_id", "id", "id of the customer", required=True),
        Column("ordered_at", "instant", "when the order was placed: a day, or an instant", "instant", required=True),
        Column("amount", "money", _AMOUNT, "currency of the report", required=True),
        Column("discount_amount", "money", "what was taken off the price", "currency of the report"),
        Column("refund_amount", "money", _REFUND, "currency of the report"),
        Column("channel", "text", "where the order was placed: web, shop, phone ..."),
        Column("store", "text", "the shop or site"),
        Column("region", "text", "country or region of the order"),
        Column("coupon", "text", "code of the coupon used"),
    ),
    key="order_id",
    dated="ordered_at",
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

OF_THE_ORDER = ("customer_id", "ordered_at")
"""Columns of `order_items` that are those of the order: a file of items need not deliver them."""

PRODUCTS = TableSchema(
    "products",
    "one product",
    (
        Column("product_id", "id", "id of the product", required=True),
        Column("name", "text", "what people call it"),
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
    dated="first_seen_on",
)
