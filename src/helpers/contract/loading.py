"""The data contract: from the tables of the params to canonical tables and a ledger, or one error that says it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _
from ibis.backends import BaseBackend
from ibis.backends.duckdb import Backend

from helpers.connectors.damage import readable
from helpers.connectors.delivery import InputFile, connect
from helpers.contract import checking, counting, ledger, outcomes, reversals, rules
from helpers.contract.amounts import MONEY
from helpers.contract.checking import Checked, Terms
from helpers.contract.counting import Counts
from helpers.contract.ledger import Entry
from helpers.contract.privacy import withdrawn_customers
from helpers.contract.spans import is_far
from helpers.days import as_day, watched_until
from helpers.errors import ContractError, ParamsError, message, nearest
from helpers.project import project_root
from helpers.schema import OF_THE_ORDER, ORDER_ITEMS, ORDERS, SCHEMAS
from helpers.schema.sources import TABLES, Exclusions, OrdersSource, TableSource

ITEMS = "order_items"
SUMMED = ("amount", "discount_amount", "refund_amount")
KEY = "customer_id"
ADDED = ("_seq", "_row_count", "_is_mixed", "_is_spread")


@dataclass(frozen=True)
class Observed:
    """The days that the data cover.

    Attributes
    ----------
    as_of
        The day the report speaks from.
    first_on
        The day of the first order.
    watched_until
        The last day on which customers were watched: `as_of`, or the day of the last order where that is `stale_days`
        or more before it. Who bought nothing in months of which no data were delivered has not stayed away.
    stale_days
        Days without any order after which data count as ended.
    """

    as_of: date
    first_on: date
    watched_until: date
    stale_days: int


def observed(first_on: date, last_on: date, as_of: date, stale_days: int) -> Observed:
    """The days of which data tell whose first and last order are of these days."""
    return Observed(as_of, first_on, watched_until(last_on, as_of=as_of, stale_days=stale_days), stale_days)


@dataclass(frozen=True, eq=False)
class Tables:
    """The canonical tables of a report, as of its day, and how they came about.

    A row of `orders` is a purchase, of `refunds` a sum given back (`amount` above zero in both senses), of
    `order_items` a line of a purchase; columns as in helpers.schema, those only that were delivered. `others`
    holds the further tables by name. `ledger` has a row per rule and outcome. `rows_after` counts the rows after as_of
    by table: nothing else knows of them. `other_currency_count` counts the rows in another currency, which a rule
    drops. `notes` say how the files were read, `remarks` what a page must say of it: its time zone, units that
    multiply, ids that were folded. `is_simulated` says that the kit made some of the data itself. `backend` is the
    engine on which the tables lie, and `observed` the days of which they tell.

    `far_days` are the days whose orders lie far from all others, so that their dates are doubtful: day, order_count;
    they do not extend what is `observed`. `reversed_orders` are the orders that a refund undid, which are neither in
    `orders` nor in `refunds`: order_id, customer_id, amount, ordered_at, refund_id, refunded_at; None where there are
    none. `withdrawn` are the customers who withdrew their consent to analysis, one column `customer_id`; None where
    there are none: they count in totals, and `with_consent` leaves them out of whatever has a row per customer. Of
    erased customers nothing is here.
    """

    backend: BaseBackend
    observed: Observed
    orders: ir.Table
    refunds: ir.Table
    order_items: ir.Table | None
    products: ir.Table | None
    customers: ir.Table | None
    others: Mapping[str, ir.Table]
    ledger: pd.DataFrame
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    rows_after: Mapping[str, int]
    is_simulated: bool
    other_currency_count: int = 0
    far_days: pd.DataFrame | None = None
    reversed_orders: ir.Table | None = None
    withdrawn: ir.Table | None = None

    def rows_with_consent(self, table: ir.Table) -> ir.Table:
        """The rows of a table with customer_id but those of customers who withdrew their consent to analysis."""
        return table if self.withdrawn is None else table.anti_join(self.withdrawn, "customer_id")

    def with_consent(self) -> Tables:
        """The same tables without any row of a customer who withdrew their consent to analysis."""
        if self.withdrawn is None:
            return self
        named = {name: getattr(self, name) for name in ("orders", "refunds", "order_items", "customers")}
        kept = {name: self.rows_with_consent(table) for name, table in named.items() if table is not None}
        others = {
            name: self.rows_with_consent(table) if "customer_id" in table.columns else table
            for name, table in self.others.items()
        }
        return replace(self, others=others, **kept)

    def with_orders(self, orders: ir.Table) -> Tables:
        """The same tables with other orders, such as those of some customers only; `observed` is theirs.

        Raises
        ------
        ContractError
            There is no order left.
        """
        seen = _one(orders.aggregate(first_at=orders.ordered_at.min(), last_at=orders.ordered_at.max()))
        if seen["first_at"] is None:
            raise ContractError("`orders` must hold an order, found none; is a filter too narrow?")
        first_on, last_on = as_day(seen["first_at"]), as_day(seen["last_at"])
        now = self.observed
        return replace(self, orders=orders, observed=observed(first_on, last_on, now.as_of, now.stale_days))


@dataclass(frozen=True)
class _Grouped:
    """Orders and refunds, one row each, with what grouping adds to their columns.

    `_seq` is their first row, `_row_count` how many rows they have; `_is_mixed` and `_is_spread` say that the rows
    differ in customer and in instant. `below_zero` are orders that came out so and went to the refunds.
    """

    orders: ir.Table
    refunds: ir.Table
    below_zero: ir.Table | None = None


@readable("the delivered tables")
def load(
    sources: Mapping[str, TableSource],
    *,
    as_of: date,
    currency: str,
    stale_days: int,
    exclusions: Exclusions | None = None,
    time_zone: str | None = None,
    root: Path | None = None,
) -> Tables:
    """The delivered tables, checked against the contract.

    Parameters
    ----------
    sources
        The description of each delivered table by its canonical name; `orders` must be there.
    as_of
        The day the report speaks from: no later row is seen, and nothing that a row tells of a later day.
    currency
        The one currency of the report.
    stale_days
        Days without any order before `as_of` after which customers count as watched up to the last order only.
    exclusions
        Which orders and customers are left out: as `Exclusions()` says where None.
    time_zone
        The zone, an IANA name, of the report's days and hours: instants that know their zone are read in it, all others
        are taken as they stand. None: the zone of the orders' own column, where a Parquet file names one.
    root
        The folder at which relative paths start; the project's where None.

    Returns
    -------
    Tables
        Rows read = kept + dropped + refunds + reversed + erased in its ledger, for rows and for amounts to the cent.

    Raises
    ------
    ParamsError
        A column or rule that is stated cannot be, whatever the data.
    ContractError
        The data do not meet the contract. All problems are reported at once.
    """
    _check_statements(sources)
    connection = connect()
    out = exclusions or Exclusions()
    terms = Terms(currency, time_zone)
    checked = _checked(connection, sources, as_of=as_of, terms=terms, root=root or project_root())
    checked = outcomes.without_erased(connection, checked, as_of=as_of, erases_on_request=out.erases_on_request)
    counts = {name: counting.count(table, currency=currency) for name, table in checked.items()}
    grouped, undone = _grouped(connection, checked["orders"]), None
    if out.reversal_days and _has_refunds(checked["orders"], counts["orders"]):
        checked, undone = _without_reversed(connection, checked, grouped, days=out.reversal_days)
    if undone is not None:
        grouped = _grouped(connection, checked["orders"])
        counts = {name: counting.count(table, currency=currency) for name, table in checked.items()}
    _check_visible(checked["orders"], counts["orders"], as_of)
    problems = [
        problem
        for name, table in checked.items()
        for problem in [
            *counting.value_problems(table, counts[name], currency=currency),
            *_told_problems(table),
            *_key_problems(table, grouped),
        ]
    ]
    if problems:
        raise ContractError(message(_headline(list(checked)), problems))
    daily = _check_purchases(checked["orders"], counts["orders"], grouped)
    far = is_far(daily, far_days=out.far_days) if out.far_days else pd.Series(False, daily.index)
    near = daily.loc[~far, "day"]
    seen = observed(near.iloc[0], near.iloc[-1], as_of, stale_days)
    zone = _zone_remark(time_zone, checked["orders"].terms.time_zone)
    tables = _tables(connection, checked, counts, grouped, seen, purpose=out.analysis_purpose, zone=zone)
    return replace(tables, reversed_orders=undone, far_days=daily[far])


def _zone_remark(stated: str | None, used: str | None) -> str:
    """Which zone the report speaks in, and whether it was stated."""
    if stated is not None:
        return f"Days and hours are those of {stated}, as stated; instants without a zone are taken as they stand."
    if used is not None:
        return f"Days and hours are those of {used}, the zone of the orders' own column; no time zone is stated."
    return "Days and hours are as delivered; no time zone is stated."


def _one(aggregate: ir.Table) -> dict[str, Any]:
    """The single row of a table."""
    row: dict[str, Any] = aggregate.to_pyarrow().to_pylist()[0]
    return row


def _headline(names: list[str]) -> str:
    if len(names) == 1:
        return f"`{names[0]}` must meet its contract"
    return f"{', '.join(f'`{name}`' for name in names[:-1])} and `{names[-1]}` must meet their contracts"


def _check_statements(sources: Mapping[str, TableSource]) -> None:
    known = [name for name in SCHEMAS if name not in TABLES]
    unknown = [name for name in sources if name not in SCHEMAS]
    problems = [f"`other_tables`: {name!r} is not a canonical table.{nearest(name, known)}" for name in unknown]
    problems += [
        text for name in sources if name in SCHEMAS for text in checking.statement_problems(name, sources[name])
    ]
    if isinstance(sources["orders"], OrdersSource) and sources["orders"].grain == "line" and ITEMS in sources:
        problems.append(
            "`other_tables`: order_items come of the lines where orders have `grain: line`; leave them away"
        )
    if problems:
        raise ParamsError(message("the tables of the params must be stated in canonical names", problems))


def _checked(
    connection: Backend, sources: Mapping[str, TableSource], *, as_of: date, terms: Terms, root: Path
) -> dict[str, Checked]:
    """Every table checked: the orders first, whose zone and way of naming customers hold for the others."""
    stated = {name: checking.state(connection, name, source, root=root) for name, source in sources.items()}
    problems = [text for table in stated.values() for text in checking.mapping_problems(table)]
    if problems:
        raise ContractError(message(_headline(list(stated)), problems))
    own = stated["orders"].own_zone("ordered_at")
    terms = replace(terms, time_zone=terms.time_zone or own)
    orders = checking.check(connection, stated["orders"], as_of=as_of, terms=terms)
    others = {name: table for name, table in stated.items() if name != "orders"}
    checked = {"orders": orders} | {
        name: checking.check(connection, table, as_of=as_of, terms=orders.terms) for name, table in others.items()
    }
    if ITEMS in checked:
        checked[ITEMS] = _of_visible_orders(connection, checked[ITEMS], checked["orders"])
    return checked


def _of_visible_orders(connection: BaseBackend, items: Checked, orders: Checked) -> Checked:
    """The items without those of orders after as_of; those of orders that nobody delivered stay, to be noted.

    They are made once: the ids of later orders stand in the delivered files alone.
    """
    rows, later = items.rows, checking.later_ids(orders)
    visible = rows.filter(rows.order_id.isnull() | ~rows.order_id.isin(later.order_id))
    return replace(items, rows=connection.create_table(f"{ITEMS}_visible", visible, temp=True))


def _check_visible(checked: Checked, counts: Counts, as_of: date) -> None:
    """Some row must be there, at as_of or before."""
    if counts.count():
        return
    first = checking.first_instant(checked)
    raise ContractError(
        f"`orders` must have rows at or before `as_of` {as_of}, found none: the first of "
        f"{sum(one.row_count for one in checked.stated.delivered.inputs):,} is of {first:%Y-%m-%d}; "
        f"is `as_of` right, and `{checked.stated.columns['ordered_at']}` the date of the order?"
    )


def _check_purchases(checked: Checked, counts: Counts, grouped: _Grouped) -> pd.DataFrame:
    """The days with an order: day, order_count; some purchase must be left, and more than one customer."""
    orders = grouped.orders
    by_day = orders.group_by(day=orders.ordered_at.date())
    daily = by_day.aggregate(order_count=orders.count(), first=_[KEY].min(), last=_[KEY].max()).order_by("day")
    days = daily.to_pandas()
    if not len(days):
        refunds = counts.of(outcomes=[rules.REFUND, rules.KEPT]).count()
        dropped = counts.of(outcomes=[rules.DROPPED]).count()
        raise ContractError(
            f"`orders` must hold purchases, found none among {counts.count():,} rows: {refunds:,} are refunds (below "
            f"zero, or by a rule), {dropped:,} were dropped by a rule; is the sign of the amount turned, or a rule too "
            "wide?"
        )
    first, last = days["first"].min(), days["last"].max()
    if first == last:
        column = checked.stated.columns["customer_id"]
        raise ContractError(
            f"`orders` must be of several customers, found one ({ledger.shown(first)}) for all "
            f"{days['order_count'].sum():,} orders; is `{column}` the id of the customer?"
        )
    return days[["day", "order_count"]].assign(day=pd.to_datetime(days["day"]).dt.date)


# ------------------------------------------------------------------------------------------------- orders and refunds


def _has_refunds(checked: Checked, counts: Counts) -> bool:
    """Whether there may be refunds: of rows that are refunds, or of orders whose rows come to less than nothing."""
    is_netted = isinstance(checked.stated.source, OrdersSource) and checked.stated.source.negative_amount == "net"
    return is_netted or counts.of(outcomes=[rules.REFUND]).count() > 0


def _without_reversed(
    connection: Backend, checked: dict[str, Checked], grouped: _Grouped, *, days: int
) -> tuple[dict[str, Checked], ir.Table | None]:
    """The tables without orders that a refund undid, and these orders with their refunds; None where there are none."""
    # what an order tells of its own refund has no day of its own, and leaves the order one
    refunds = grouped.refunds.anti_join(grouped.orders, "_seq")
    pairs = reversals.reversed_pairs(grouped.orders, refunds, days=days)
    pairs = connection.create_table("orders_reversed", pairs, temp=True)
    if not pairs.count().to_pyarrow().as_py():
        return checked, None
    checked = outcomes.without_reversed(connection, checked, pairs, is_by_line=checked["orders"].stated.is_by_line)
    return checked, pairs


def _grouped(connection: BaseBackend, checked: Checked) -> _Grouped:
    rows = checked.rows
    kept, refunds = rows.filter(rows["_outcome"] == rules.KEPT), rows.filter(rows["_outcome"] == rules.REFUND)
    if not checked.stated.is_by_line:
        orders = _as_orders(kept)
        return _Grouped(orders, _refunds(_as_orders(refunds), orders))
    orders = connection.create_table("orders_grouped", _by_order(kept), temp=True, overwrite=True)
    refunds = connection.create_table("refunds_grouped", _by_order(refunds), temp=True, overwrite=True)
    if not isinstance(checked.stated.source, OrdersSource) or checked.stated.source.negative_amount != "net":
        return _Grouped(orders, _refunds(refunds, orders))
    below, above = orders.filter(orders.amount < 0), orders.filter(orders.amount >= 0)
    return _Grouped(above, _refunds(refunds.union(below), above), below)


def _as_orders(rows: ir.Table) -> ir.Table:
    """Rows that are orders themselves, with what grouping adds."""
    columns = [name for name in ORDERS.names if name in rows.columns]
    return rows.select(*columns, "_seq", _row_count=1, _is_mixed=False, _is_spread=False)


def _refunds(refunds: ir.Table, orders: ir.Table) -> ir.Table:
    """The refunds that were delivered as rows, and those that orders tell of themselves; above zero."""
    given_back = refunds.mutate(amount=refunds.amount.abs())
    if "refund_amount" not in orders.columns:
        return given_back
    told = orders.filter(orders.refund_amount != 0)
    return given_back.union(told.mutate(amount=told.refund_amount.abs()).select(*given_back.columns))


def _by_order(lines: ir.Table) -> ir.Table:
    """The lines summed by order: earliest instant, sums of money, and the first text in the alphabet of the others."""
    columns = [name for name in ORDERS.names if name in lines.columns and name != "order_id"]
    measures = {name: lines[name].sum().cast(MONEY) if name in SUMMED else lines[name].min() for name in columns}
    measures |= {"_seq": lines["_seq"].min(), "_row_count": lines.count()}
    differing = {"_is_mixed": "customer_id", "_is_spread": "ordered_at"}
    measures |= {name: lines[column].min() != lines[column].max() for name, column in differing.items()}
    return lines.group_by("order_id").aggregate(**measures)


def _told_problems(checked: Checked) -> list[str]:
    """Orders whose lines tell different sums, where each is said to tell the order's."""
    found = []
    for name in (name for name in SUMMED if f"_differs_{name}" in checked.rows.columns):
        differing = checked.rows.filter(checked.rows[f"_differs_{name}"])
        total = _one(differing.aggregate(order_count=differing.order_id.nunique(), first=differing["_seq"].min()))
        if not total["order_count"]:
            continue
        row = counting.delivered_rows(checked, [total["first"]])[total["first"]]
        order = ledger.shown(row[checked.stated.columns["order_id"]])
        count = f"{total['order_count']:,} {'order' if total['order_count'] == 1 else 'orders'}"
        place = f"first at {counting.row_name(checked, total['first'])} (order {order})"
        found.append(
            f"{checked.stated.where(name)} must be one per order, as `amount_of: order` says: the lines of {count} "
            f"tell different ones, {place}; is it the line's own (`amount_of: row`)?"
        )
    return found


def _told_note(checked: Checked) -> list[str]:
    """What taking the amount of an order once made of the money that the lines tell."""
    if "_told_amount" not in checked.rows.columns:
        return []
    total = _one(checked.rows.aggregate(once=_.amount.sum(), each=_["_told_amount"].sum()))
    once, each = (f"{total[name] or 0:,.2f}" for name in ("once", "each"))
    told = f"the amount of an order, taken once for all of its lines: {once}; the lines added up would be {each}"
    return [f"{checked.stated.where('amount')}: {told}"]


def _key_problems(checked: Checked, grouped: _Grouped) -> list[str]:
    """Ids that must tell rows apart and do not, and orders of more than one customer."""
    if checked.stated.is_by_line:
        return _mixed_problems(checked, grouped)
    key = SCHEMAS[checked.stated.name].key or ""
    if key not in checked.stated.columns:
        return []
    kept = checked.rows.filter((checked.rows["_outcome"] == rules.KEPT) & checked.rows[key].notnull())
    counted = kept.group_by(id=kept[key]).aggregate(row_count=kept.count(), first=kept["_seq"].min())
    doubled = counted.filter(counted.row_count > 1)
    total = _one(doubled.aggregate(id_count=doubled.count(), row_count=_.row_count.sum(), first=_["first"].min()))
    if not total["id_count"]:
        return []
    example = _one(doubled.filter(doubled["first"] == total["first"]))
    remedy = "a rule {rule: repeated rows, duplicates: true}"
    remedy = (
        f"state `grain: line` if a row is a line of an order, else {remedy}" if key == "order_id" else f"add {remedy}"
    )
    repeated = (
        f"{total['id_count']:,} {'id' if total['id_count'] == 1 else 'ids'} in {total['row_count']:,} rows, first at "
        f"{counting.row_name(checked, total['first'])} ({ledger.shown(example['id'])}, {example['row_count']:,} times)"
    )
    return [f"{checked.stated.where(key)} must be there once: {repeated}; {remedy}"]


def _mixed_problems(checked: Checked, grouped: _Grouped) -> list[str]:
    mixed = grouped.orders.filter(grouped.orders["_is_mixed"] & grouped.orders.order_id.notnull())
    total = _one(mixed.aggregate(order_count=mixed.count(), first=_["_seq"].min()))
    if not total["order_count"]:
        return []
    row = counting.delivered_rows(checked, [total["first"]])[total["first"]]
    order = ledger.shown(row[checked.stated.columns["order_id"]])
    count = f"{total['order_count']:,} {'order' if total['order_count'] == 1 else 'orders'} with several"
    place = f"first at {counting.row_name(checked, total['first'])} (order {order})"
    remedy = f"is `{checked.stated.columns['order_id']}` the id of the order?"
    return [f"{checked.stated.where('customer_id')} must be one per order: {count}, {place}; {remedy}"]


# ------------------------------------------------------------------------------------------------------------ tables


def _tables(
    connection: BaseBackend,
    checked: Mapping[str, Checked],
    counts: Mapping[str, Counts],
    grouped: _Grouped,
    seen: Observed,
    *,
    purpose: str,
    zone: str,
) -> Tables:
    kept = {name: _kept(table, as_of=seen.as_of) for name, table in checked.items() if name not in ("orders", ITEMS)}
    products, customers = kept.pop("products", None), kept.pop("customers", None)
    items = _items(checked, grouped, products)
    withdrawn = _withdrawn(connection, kept.get("consents"), purpose=purpose, as_of=seen.as_of)
    known = {**kept, ITEMS: items, "products": products, "customers": customers}
    entries = _ledger(checked, counts, grouped, known, withdrawn=withdrawn)
    delivered = {name: table.stated.delivered for name, table in checked.items()}
    return Tables(
        backend=connection,
        observed=seen,
        orders=grouped.orders.drop(*ADDED),
        refunds=grouped.refunds.drop(*ADDED),
        order_items=items,
        products=products,
        customers=customers,
        others=kept,
        ledger=ledger.frame(entries),
        inputs=tuple(one for source in delivered.values() for one in source.inputs),
        notes=tuple(
            dict.fromkeys([zone, *(note for one in checked.values() for note in (*one.notes, *_told_note(one)))])
        ),
        remarks=tuple(
            dict.fromkeys([zone, *(said for one in checked.values() for said in (*one.remarks, *_told_note(one)))])
        ),
        rows_after={
            name: sum(one.row_count for one in source.inputs) - counts[name].count()
            for name, source in delivered.items()
        },
        is_simulated=any(source.is_simulated for source in delivered.values()),
        withdrawn=withdrawn,
        other_currency_count=counts["orders"].count("other_currency"),
    )


def _withdrawn(connection: BaseBackend, consents: ir.Table | None, *, purpose: str, as_of: date) -> ir.Table | None:
    """The customers who withdrew their consent to analysis; None where there are none."""
    if consents is None:
        return None
    found = withdrawn_customers(consents, purpose=purpose, as_of=as_of)
    table = connection.create_table("customers_withdrawn", found, temp=True)
    return table if table.count().to_pyarrow().as_py() else None


def _kept(checked: Checked, *, as_of: date) -> ir.Table:
    """The rows of a table that no rule dropped, without what they tell of a day after as_of."""
    schema, rows = SCHEMAS[checked.stated.name], checked.rows
    known = {name: name for name in schema.ends} | dict(schema.with_end)
    ends = {
        name: checking.known_by(rows[name], rows[end], as_of)
        for name, end in known.items()
        if name in rows.columns and end in rows.columns
    }
    columns = [name for name in schema.names if name in rows.columns]
    return rows.filter(rows["_outcome"] == rules.KEPT).mutate(**ends).select(*columns)


def _items(checked: Mapping[str, Checked], grouped: _Grouped, products: ir.Table | None) -> ir.Table | None:
    """The lines of purchases, where they tell the product; the instant is the order's, so that sums by day agree."""
    if ITEMS in checked:
        rows = checked[ITEMS].rows
        lines = rows.filter(rows["_outcome"] == rules.KEPT)
        lines = lines.inner_join(grouped.orders.select("order_id", *OF_THE_ORDER), "order_id")
    elif not checked["orders"].stated.is_by_line or "product_id" not in checked["orders"].rows.columns:
        return None
    else:
        rows = checked["orders"].rows
        lines = rows.filter(rows["_outcome"] == rules.KEPT)
        if grouped.below_zero is not None or _one(grouped.orders.aggregate(any=_["_is_spread"].any()))["any"]:
            lines = lines.drop("ordered_at").join(grouped.orders.select("order_id", "ordered_at"), "order_id")
    if products is not None and "category" in products.columns:
        lines = lines.drop("category") if "category" in lines.columns else lines
        lines = lines.left_join(products.select("product_id", "category"), "product_id")
    return lines.select(*(name for name in ORDER_ITEMS.names if name in lines.columns))


# ------------------------------------------------------------------------------------------------------------ ledger


LINKS = (("customer_id", "customers"), ("product_id", "products"), ("order_id", "orders"))
"""Columns that point to a row of another table, and that table."""


def _ledger(
    checked: Mapping[str, Checked],
    counts: Mapping[str, Counts],
    grouped: _Grouped,
    tables: Mapping[str, ir.Table | None],
    *,
    withdrawn: ir.Table | None,
) -> list[Entry]:
    """The ledger of all tables: each from its rows read to its rows kept, then what joins one table to another."""
    orders = counting.entries(checked["orders"], counts["orders"])
    orders = _below_zero(orders, checked["orders"], grouped)
    place = checked["orders"]
    notes = [_given_back(place, grouped.orders), _second_on_a_day(place, grouped.orders)]
    if withdrawn is not None:
        private = grouped.orders.semi_join(withdrawn, KEY)
        notes.append(_note(place, "consent to analysis withdrawn: no row of their own", private, shows_place=False))
    if (customers := tables["customers"]) is not None:
        notes.append(_orphans(place, grouped.orders, customers, key="customer_id", one_of="customers"))
    entries = ledger.to_cents([*orders[:-1], *(note for note in notes if note), orders[-1]])
    items, products = tables[ITEMS], tables["products"]
    if items is not None and products is not None and ITEMS not in checked:
        note = _note(place, "product_id not in products", items.anti_join(products, "product_id"), table=ITEMS)
        entries += ledger.to_cents([note]) if note else []
    for name in (name for name in checked if name != "orders"):
        entries += _entries(name, checked[name], counts[name], {**tables, "orders": grouped.orders})
    return entries


def _entries(name: str, checked: Checked, counts: Counts, tables: Mapping[str, ir.Table | None]) -> list[Entry]:
    """The ledger of one table beside the orders, with the rows that point to nothing."""
    own = counting.entries(checked, counts)
    kept = checked.rows.filter(checked.rows["_outcome"] == rules.KEPT)
    notes = [
        _orphans(checked, kept.filter(kept[key].notnull()), known, key=key, one_of=one_of)
        for key, one_of in LINKS
        if key in kept.columns and name != one_of and (known := tables[one_of]) is not None
    ]
    return [*own[:-1], *(note for note in notes if note), own[-1]]


def _below_zero(entries: list[Entry], checked: Checked, grouped: _Grouped) -> list[Entry]:
    """Orders that came out below zero after netting are refunds: their rows leave those that are kept."""
    if grouped.below_zero is None:
        return entries
    below = grouped.below_zero
    totals = _one(below.aggregate(row_count=_["_row_count"].sum(), amount=_.amount.sum(), first=_["_seq"].min()))
    if not totals["row_count"]:
        return entries
    example = counting.row_name(checked, totals["first"])
    rows, kept = int(totals["row_count"]), entries[-1]
    refund = Entry("orders", "order below zero after netting", "refund", rows, totals["amount"], example)
    left = replace(kept, row_count=kept.row_count - rows, amount=(kept.amount or 0) - totals["amount"])
    return [*entries[:-1], refund, left]


def _given_back(checked: Checked, orders: ir.Table) -> Entry | None:
    """What kept orders tell of sums given back: they are refunds beside the orders, and no row of their own."""
    if "refund_amount" not in orders.columns:
        return None
    told = orders.filter(orders.refund_amount != 0)
    return _note(checked, "refund that an order tells", told.mutate(amount=-told.refund_amount.abs()))


def _second_on_a_day(checked: Checked, orders: ir.Table) -> Entry | None:
    """The orders on a day on which the customer had already bought: one purchase with the first, for the features."""
    dated = orders.mutate(day=orders.ordered_at.date())
    counted = dated.group_by("customer_id", "day").aggregate(order_count=dated.count())
    # made first: the engine would keep all orders aside for a query that reads them twice
    days = counted.filter(counted.order_count > 1).cache()
    several = dated.semi_join(days, ["customer_id", "day"])
    in_order = ibis.window(
        group_by=[several.customer_id, several.day], order_by=[several.ordered_at, several["_seq"], several.order_id]
    )
    numbered = several.mutate(place=ibis.row_number().over(in_order))
    return _note(checked, "second order on a day", numbered.filter(numbered.place > 0))


def _orphans(checked: Checked, rows: ir.Table, known: ir.Table, *, key: str, one_of: str) -> Entry | None:
    return _note(checked, f"{key} not in {one_of}", rows.anti_join(known, key))


def _note(
    checked: Checked, rule: str, rows: ir.Table, *, table: str | None = None, shows_place: bool = True
) -> Entry | None:
    """Rows that are kept and worth a word; the example is the place of the first, where rows tell theirs."""
    name = table or checked.stated.name
    measures = {"row_count": rows.count()}
    if shows_place and "_seq" in rows.columns:
        measures["first"] = rows["_seq"].min()
    if name in ("orders", ITEMS):
        measures["amount"] = rows.amount.sum()
    measured = _one(rows.aggregate(**measures))
    if not measured["row_count"]:
        return None
    example = counting.row_name(checked, measured["first"]) if "first" in measured else ""
    return Entry(name, rule, "noted", measured["row_count"], measured.get("amount"), example)
