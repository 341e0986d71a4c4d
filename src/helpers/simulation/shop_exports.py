"""Orders in the layouts in which shops export them: Shopify, Taobao, WooCommerce, and a sales workbook.

The layouts are those that the shops' own exports have: their columns, encodings and habits, not all of their columns.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd

from helpers.errors import RunError
from helpers.simulation import workbook_files
from helpers.simulation.shop_orders import ShopOrders, money, shop_orders

Layout = Literal["shopify", "taobao", "woocommerce", "workbook"]
ZONE = "America/New_York"
SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,"
    "Lineitem fulfillment status,Billing Name,Billing Phone,Shipping Country,Notes,Cancelled at,Payment Method,"
    "Refunded Amount,Vendor,Outstanding Balance,Id,Tags,Source"
).split(",")
OF_LINE = ("Name", "Email", "Created at", "Vendor")
"""What Shopify writes on every line of an order, beside the columns of the line itself."""
TAOBAO = (
    "订单编号,买家会员名,买家支付宝账号,支付单号,支付详情,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,"
    "买家实际支付金额,买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,"
    "订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,退款金额"
).split(",")
STATUSES = {
    "shopify": {
        "paid": "paid",
        "cancelled": "voided",
        "unpaid": "pending",
        "refunded": "refunded",
        "partly refunded": "partially_refunded",
    },
    "taobao": {
        "paid": "交易成功",
        "cancelled": "交易关闭",
        "unpaid": "等待买家付款",
        "refunded": "交易关闭",
        "partly refunded": "交易成功",
    },
    "woocommerce": {
        "paid": "Completed",
        "cancelled": "Cancelled",
        "unpaid": "Pending payment",
        "refunded": "Refunded",
        "partly refunded": "Completed",
    },
    "workbook": {
        "paid": "Shipped",
        "cancelled": "Cancelled",
        "unpaid": "Unpaid",
        "refunded": "Shipped",
        "partly refunded": "Shipped",
    },
}
FILES: dict[Layout, str] = {
    "shopify": "orders_export.csv",
    "taobao": "ExportOrderList.csv",
    "woocommerce": "orders.csv",
    "workbook": "sales.xlsx",
}


def write(layout: Layout, out: Path, *, customer_count: int, seed: int) -> Path:
    """The orders of a simulated shop as a file of this layout in the folder, and beside it truth.json.

    Parameters
    ----------
    layout
        Whose export it is like.
    out
        A folder that is empty or not there yet.
    customer_count, seed
        How many customers order, and which ones.

    Returns
    -------
    Path
        The file. Its truth holds order_count, customer_count, amount, refund_count, refund_amount, first_on and last_on
        of the orders that were paid, `currency` and `time_zone`; a workbook tells of no refunds.

    Raises
    ------
    RunError
        The folder holds something already, or cannot be written.
    """
    shop = shop_orders(customer_count=customer_count, seed=seed)
    path = out / FILES[layout]
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise RunError(f"{out} must be an empty folder, or none yet; what is there is never replaced.")
        truth = WRITERS[layout](shop, path)
        (out / "truth.json").write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise RunError(f"{out} could not be written: {error.strerror}.") from None
    return path


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in record.items()} for record in frame.to_dict("records")]


def _orders_with_lines(shop: ShopOrders) -> Iterable[tuple[dict[str, Any], list[dict[str, Any]]]]:
    lines = {number: _records(group) for number, group in shop.lines.groupby("number")}
    for order in _records(shop.orders):
        yield order, lines[order["number"]]


def _email(customer: int) -> str:
    return f"customer{customer:05d}@example.com"


def _write_csv(path: Path, names: Sequence[str], rows: Iterable[dict[str, str]], *, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


def _shopify(shop: ShopOrders, path: Path) -> dict[str, Any]:
    """A row per line; what is the order's stands on its first line only, and instants have the shop's offset."""
    rows = (row for order, lines in _orders_with_lines(shop) for row in _shopify_rows(order, lines))
    _write_csv(path, SHOPIFY, rows, encoding="utf-8")
    return shop.truth() | {"currency": "USD", "time_zone": ZONE}


def _offset(at: datetime) -> str:
    return at.replace(tzinfo=ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M:%S %z")


def _shopify_rows(order: dict[str, Any], lines: list[dict[str, Any]]) -> Iterable[dict[str, str]]:
    created, fate = _offset(order["at"]), order["fate"]
    # an address is typed anew for each order, and not always alike
    email = _email(order["customer"]).capitalize() if order["number"] % 5 == 0 else _email(order["customer"])
    head = {
        "Name": f"#{order['number']}",
        "Email": email,
        "Created at": created,
        "Vendor": "Tea and Cups",
        "Financial Status": STATUSES["shopify"][fate],
        "Paid at": created if order["paid_cents"] else "",
        "Fulfillment Status": "fulfilled" if order["paid_cents"] else "unfulfilled",
        "Accepts Marketing": "yes" if order["customer"] % 2 else "no",
        "Currency": "USD",
        "Subtotal": money(order["goods_cents"]),
        "Shipping": money(order["postage_cents"]),
        "Taxes": "0.00",
        "Total": money(order["total_cents"]),
        "Discount Amount": "0.00",
        "Shipping Method": "Standard",
        "Billing Name": f"Customer {order['customer']}",
        "Shipping Country": "US",
        "Cancelled at": created if fate == "cancelled" else "",
        "Payment Method": "Shopify Payments",
        "Refunded Amount": money(order["refund_cents"]),
        "Outstanding Balance": "0.00",
        "Id": str(5_000_000_000_000 + order["number"]),
        "Source": "web",
    }
    for place, line in enumerate(lines):
        told = head if place == 0 else {name: head[name] for name in OF_LINE}
        yield told | {
            "Lineitem quantity": str(line["quantity"]),
            "Lineitem name": str(line["name"]),
            "Lineitem price": money(line["price_cents"]),
            "Lineitem sku": str(line["product_id"]),
            "Lineitem requires shipping": "true",
            "Lineitem taxable": "true",
            "Lineitem fulfillment status": "fulfilled" if order["paid_cents"] else "pending",
        }


def _taobao(shop: ShopOrders, path: Path) -> dict[str, Any]:
    """A row per order, in GB18030; long numbers are guarded, and a closed order may have been paid and given back."""
    rows = (_taobao_row(order, lines) for order, lines in _orders_with_lines(shop))
    _write_csv(path, TAOBAO, rows, encoding="gb18030")
    return shop.truth(counted=("paid", "partly refunded")) | {"currency": "CNY", "time_zone": None}


def _guarded(number: str) -> str:
    return f'="{number}"'


def _taobao_row(order: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, str]:
    fate, at = order["fate"], f"{order['at']:%Y-%m-%d %H:%M:%S}"
    return {
        "订单编号": _guarded(f"1900000000{order['number']:09d}"),
        "买家会员名": f"tb_{order['customer']:05d}",
        "买家支付宝账号": _email(order["customer"]),
        "支付单号": _guarded(f"2023{order['number']:014d}"),
        "买家应付货款": money(order["goods_cents"]),
        "买家应付邮费": money(order["postage_cents"]),
        "买家支付积分": "0",
        "总金额": money(order["total_cents"]),
        "返点积分": "0",
        "买家实际支付金额": money(order["paid_cents"]),
        "买家实际支付积分": "0",
        "订单状态": STATUSES["taobao"][fate],
        "收货人姓名": "张三",
        "收货地址 ": "浙江省 杭州市 西湖区",
        "运送方式": "快递",
        "联系电话 ": "'null",
        "联系手机": f"'138{order['customer']:08d}",
        "订单创建时间": at,
        "订单付款时间 ": at if order["paid_cents"] else "",
        "宝贝标题 ": "，".join(str(line["name"]) for line in lines),
        "宝贝种类 ": str(len(lines)),
        "物流单号 ": f"No:7{order['number']}",
        "物流公司": "中通快递",
        "订单备注": "'null",
        "宝贝总数量": str(sum(line["quantity"] for line in lines)),
        "店铺Id": "0",
        "店铺名称": "茶与杯旗舰店",
        "订单关闭原因": {"cancelled": "买家未付款", "refunded": "退款"}.get(fate, "订单未关闭"),
        "退款金额": money(order["refund_cents"]),
    }


def _woocommerce(shop: ShopOrders, path: Path) -> dict[str, Any]:
    """A row per line, on each of which everything of the order stands again."""
    rows = [row for order, lines in _orders_with_lines(shop) for row in _woocommerce_rows(order, lines)]
    _write_csv(path, list(rows[0]), rows, encoding="utf-8-sig")
    return shop.truth() | {"currency": "EUR", "time_zone": None}


def _woocommerce_rows(order: dict[str, Any], lines: list[dict[str, Any]]) -> Iterable[dict[str, str]]:
    for place, line in enumerate(lines, start=1):
        yield {
            "Order Number": str(order["number"]),
            "Order Status": STATUSES["woocommerce"][order["fate"]],
            "Order Date": f"{order['at']:%Y-%m-%d %H:%M}",
            "Customer Note": "",
            "First Name (Billing)": "Customer",
            "Last Name (Billing)": str(order["customer"]),
            "Country Code (Billing)": "DE",
            "Email (Billing)": _email(order["customer"]),
            "Phone (Billing)": f"+49 151 {order['customer']:07d}",
            "Payment Method Title": "Credit card",
            "Cart Discount Amount": "0.00",
            "Order Subtotal Amount": money(order["goods_cents"]),
            "Shipping Method Title": "Flat rate",
            "Order Shipping Amount": money(order["postage_cents"]),
            "Order Refund Amount": money(order["refund_cents"]),
            "Order Total Amount": money(order["total_cents"]),
            "Order Total Tax Amount": "0.00",
            "SKU": str(line["product_id"]),
            "Item #": str(place),
            "Item Name": str(line["name"]),
            "Quantity": str(line["quantity"]),
            "Item Cost": money(line["price_cents"]),
            "Coupon Code": "",
        }


def _workbook(shop: ShopOrders, path: Path) -> dict[str, Any]:
    """A sales workbook as an office keeps it: a title over the orders, and sheets beside them."""
    orders = [
        (
            order["number"],
            order["at"],
            f"K{order['customer']:05d}",
            f"Customer {order['customer']}",
            order["total_cents"] / 100,
            STATUSES["workbook"][order["fate"]],
        )
        for order in _records(shop.orders)
    ]
    customers = [(f"K{number:05d}", "Online") for number in sorted(set(shop.orders["customer"]))]
    months = shop.orders.groupby(shop.orders["at"].dt.strftime("%Y-%m"))["total_cents"].sum()
    sheets: dict[str, list[tuple[Any, ...]]] = {
        "Read me": [("Sales of the shop",), ("One row per order, see the sheet Sales",)],
        "Customers": [("Customer No", "Group"), *customers],
        "Sales": [
            ("Sales 2023 and 2024",),
            ("Order No", "Order Date", "Customer No", "Customer Name", "Total (EUR)", "Status"),
            *orders,
        ],
        "Summary": [("Month", "Sales"), *((str(month), int(cents) / 100) for month, cents in months.items())],
    }
    workbook_files.write(path, sheets)
    return shop.truth() | {"currency": "EUR", "time_zone": None, "refund_count": 0, "refund_amount": "0.00"}


WRITERS: dict[Layout, Callable[[ShopOrders, Path], dict[str, Any]]] = {
    "shopify": _shopify,
    "taobao": _taobao,
    "woocommerce": _woocommerce,
    "workbook": _workbook,
}
