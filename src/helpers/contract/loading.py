"""The data contract: from the tables of the params to canonical tables and a ledger, or one error that says it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import ibis.expr.types as ir
from ibis import _
from ibis.backends import BaseBackend
from ibis.backends.duckdb import Backend

from helpers.connectors import warehouses
from helpers.connectors.damage import readable
from helpers.connectors.delivery import connect
from helpers.connectors.warehouses import Address
from helpers.contract import checking, counting, in_place, ledger, outcomes, reversals, rules, sharing
from helpers.contract.bookkeeping import ledger_entries
from helpers.contract.canonical import ITEMS, KEY, Observed, Tables, observed
from helpers.contract.checking import Checked, Stated, Terms, later_customers, later_rows
from helpers.contract.counting import Counts
from helpers.contract.engine_tables import made_once
from helpers.contract.evidence import records, single_row
from helpers.contract.grouping import (
    ADDED,
    Grouped,
    grouped_orders,
    has_refunds,
    key_problems,
    told_note,
    told_problems,
)
from helpers.contract.privacy import all_requests, all_withdrawals, with_their_spellings, withdrawn_customers
from helpers.contract.spans import DayCount, is_far
from helpers.days import as_day
from helpers.errors import ContractError, ParamsError, message, nearest
from helpers.project import project_root
from helpers.schema import OF_THE_ORDER, ORDER_ITEMS, SCHEMAS
from helpers.schema.sources import TABLES, Exclusions, OrdersSource, TableSource


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
    out, start = exclusions or Exclusions(), root or project_root()
    asked = {
        "sources": {name: source.model_dump(mode="json") for name, source in sources.items()},
        "settings": [as_of.isoformat(), currency, stale_days, time_zone, str(start)],
        "exclusions": out.model_dump(mode="json"),
    }
    terms = Terms(currency, time_zone)
    place = warehouses.address(sources, beside=in_place.PRIVATE) if "orders" in sources else None
    where = _Where(place, start)

    def check() -> Tables:
        return _load(sources, as_of=as_of, terms=terms, stale_days=stale_days, out=out, where=where)

    def again(seen: Observed, has_reversed: bool) -> Tables:
        days = out.reversal_days if has_reversed else 0
        return _made_again(sources, seen, terms=terms, out=out.model_copy(update={"reversal_days": days}), where=where)

    if place is None:
        return sharing.once(asked, check)
    with warehouses.answering(place):
        return sharing.once_in_place(asked, check, again)


@dataclass(frozen=True)
class _Where:
    """Where the tables are checked: on the engine on which they stay (None: on the kit's own), and from which root."""

    place: Address | None
    root: Path

    def has(self, source: TableSource) -> bool:
        """Whether a table stays on the engine of the orders, rather than being read from files."""
        return self.place is not None and warehouses.stays(source)


def _load(
    sources: Mapping[str, TableSource], *, as_of: date, terms: Terms, stale_days: int, out: Exclusions, where: _Where
) -> Tables:
    _check_statements(sources, where)
    currency, time_zone = terms.currency, terms.time_zone
    connection: BaseBackend = connect(begins_small=True) if where.place is None else warehouses.reach(where.place)
    checked = _checked(connection, sources, as_of=as_of, terms=terms, where=where)
    checked = outcomes.without_erased(connection, checked, as_of=as_of, erases_on_request=out.erases_on_request)
    counts = {name: counting.count(table, currency=currency) for name, table in checked.items()}
    grouped, undone = grouped_orders(connection, checked["orders"]), None
    if out.reversal_days and has_refunds(checked["orders"], counts["orders"]):
        checked, undone = _without_reversed(connection, checked, grouped, days=out.reversal_days)
    if undone is not None:
        grouped = grouped_orders(connection, checked["orders"])
        moved = [name for name in ("orders", ITEMS) if name in checked]
        counts |= {name: counting.count(checked[name], currency=currency) for name in moved}
    _check_visible(checked["orders"], counts["orders"], as_of)
    problems = [
        problem
        for name, table in checked.items()
        for problem in [
            *counting.value_problems(table, counts[name], currency=currency),
            *told_problems(table),
            *key_problems(table, grouped),
        ]
    ]
    if problems:
        raise ContractError(message(_headline(list(checked)), problems))
    daily = _check_purchases(checked["orders"], counts["orders"], grouped)
    far = _far(daily, out.far_days)
    near = [one.day for one in daily if one not in far]
    seen = observed(near[0], near[-1], as_of, stale_days)
    zone = _zone_remark(time_zone, checked["orders"].terms.time_zone)
    tables = _tables(connection, checked, grouped, seen, purpose=out.analysis_purpose)
    tables = _told(tables, checked, counts, grouped, zone=zone)
    return replace(tables, reversed_orders=undone, far_days=far)


def _far(daily: list[DayCount], far_days: int) -> tuple[DayCount, ...]:
    """The days that lie far from all others; none does where the params ask for no such days."""
    if not far_days:
        return ()
    apart = is_far([one.day for one in daily], [one.order_count for one in daily], far_days=far_days)
    return tuple(one for one, is_apart in zip(daily, apart, strict=True) if is_apart)


def _made_again(
    sources: Mapping[str, TableSource], seen: Observed, *, terms: Terms, out: Exclusions, where: _Where
) -> Tables:
    """The rows of tables that were checked before, on the engine where they stay; nothing is told of them."""
    if where.place is None:
        raise TypeError("tables are made again where they stay on an engine of their own")
    connection = warehouses.reach(where.place)
    checked = _checked(connection, sources, as_of=seen.as_of, terms=terms, where=where)
    checked = outcomes.without_erased(connection, checked, as_of=seen.as_of, erases_on_request=out.erases_on_request)
    grouped, undone = grouped_orders(connection, checked["orders"]), None
    if out.reversal_days:
        checked, undone = _without_reversed(connection, checked, grouped, days=out.reversal_days)
        grouped = grouped_orders(connection, checked["orders"])
    tables = _tables(connection, checked, grouped, seen, purpose=out.analysis_purpose)
    return replace(tables, reversed_orders=undone)


def _zone_remark(stated: str | None, used: str | None) -> str:
    """Which zone the report speaks in, and whether it was stated."""
    if stated is not None:
        return f"Days and hours are those of {stated}, as stated; instants without a zone are taken as they stand."
    if used is not None:
        return f"Days and hours are those of {used}, the zone of the orders' own column; no time zone is stated."
    return "Days and hours are as delivered; no time zone is stated."


def _headline(names: list[str]) -> str:
    if len(names) == 1:
        return f"`{names[0]}` must meet its contract"
    return f"{', '.join(f'`{name}`' for name in names[:-1])} and `{names[-1]}` must meet their contracts"


def _check_statements(sources: Mapping[str, TableSource], where: _Where) -> None:
    known = [name for name in SCHEMAS if name not in TABLES]
    unknown = [name for name in sources if name not in SCHEMAS]
    problems = [f"`other_tables`: {name!r} is not a canonical table.{nearest(name, known)}" for name in unknown]
    problems += [
        text for name in sources if name in SCHEMAS for text in checking.statement_problems(name, sources[name])
    ]
    if where.place is not None:
        staying = {name: source for name, source in sources.items() if where.has(source)}
        problems += [text for name, source in staying.items() for text in in_place.statement_problems(name, source)]
    if isinstance(sources["orders"], OrdersSource) and sources["orders"].grain == "line" and ITEMS in sources:
        problems.append(
            "`other_tables`: order_items come of the lines where orders have `grain: line`; leave them away"
        )
    if problems:
        raise ParamsError(message("the tables of the params must be stated in canonical names", problems))


def _checked(
    connection: BaseBackend, sources: Mapping[str, TableSource], *, as_of: date, terms: Terms, where: _Where
) -> dict[str, Checked]:
    """Every table checked: the orders first, whose zone and way of naming customers hold for the others."""
    stated = {name: _stated(connection, name, source, where) for name, source in sources.items()}
    problems = [text for table in stated.values() for text in checking.mapping_problems(table)]
    if not problems:
        staying = [table for table in stated.values() if where.has(table.source)]
        problems = [text for table in staying for text in in_place.type_problems(table)]
    if problems:
        raise ContractError(message(_headline(list(stated)), problems))
    own = stated["orders"].own_zone("ordered_at")
    terms = replace(terms, time_zone=terms.time_zone or own)
    orders = _check(connection, stated["orders"], as_of=as_of, terms=terms, where=where)
    others = {name: table for name, table in stated.items() if name != "orders"}
    checked = {"orders": orders} | {
        name: _check(connection, table, as_of=as_of, terms=orders.terms, where=where) for name, table in others.items()
    }
    if ITEMS in checked:
        of_visible = _of_visible_orders if where.place is None else in_place.of_visible_orders
        checked[ITEMS] = of_visible(connection, checked[ITEMS], checked["orders"])
    return checked


def _stated(connection: BaseBackend, name: str, source: TableSource, where: _Where) -> Stated:
    if where.place is not None and where.has(source):
        return in_place.state(connection, name, source, where.place)
    # beside orders that stay, files are read by an engine of their own
    reader = connection if isinstance(connection, Backend) else connect()
    return checking.state(reader, name, source, root=where.root)


def _check(connection: BaseBackend, table: Stated, *, as_of: date, terms: Terms, where: _Where) -> Checked:
    if where.has(table.source):
        return in_place.check(connection, table, as_of=as_of, terms=terms)
    if where.place is None:
        return checking.check(connection, table, as_of=as_of, terms=terms)
    reader = table.delivered.table.get_backend()
    return in_place.brought(connection, checking.check(reader, table, as_of=as_of, terms=terms))


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


def _check_purchases(checked: Checked, counts: Counts, grouped: Grouped) -> list[DayCount]:
    """The days with an order; some purchase must be left, and more than one customer."""
    orders = grouped.orders
    by_day = orders.group_by(day=orders.ordered_at.date())
    daily = by_day.aggregate(order_count=orders.count(), first=_[KEY].min(), last=_[KEY].max()).order_by("day")
    days = records(daily)
    if not days:
        refunds = counts.of(outcomes=[rules.REFUND, rules.KEPT]).count()
        dropped = counts.of(outcomes=[rules.DROPPED]).count()
        raise ContractError(
            f"`orders` must hold purchases, found none among {counts.count():,} rows: {refunds:,} are refunds (below "
            f"zero, or by a rule), {dropped:,} were dropped by a rule; is the sign of the amount turned, or a rule too "
            "wide?"
        )
    first, last = min(one["first"] for one in days), max(one["last"] for one in days)
    if first == last:
        column = checked.stated.columns["customer_id"]
        raise ContractError(
            f"`orders` must be of several customers, found one ({ledger.shown(first)}) for all "
            f"{sum(one['order_count'] for one in days):,} orders; is `{column}` the id of the customer?"
        )
    return [DayCount(as_day(one["day"]), one["order_count"]) for one in days]


def _without_reversed(
    connection: BaseBackend, checked: dict[str, Checked], grouped: Grouped, *, days: int
) -> tuple[dict[str, Checked], ir.Table | None]:
    """The tables without orders that a refund undid, and these orders with their refunds; None where there are none."""
    # what an order tells of its own refund has no day of its own, and leaves the order one
    refunds = grouped.refunds.anti_join(grouped.orders, "_seq")
    pairs = reversals.reversed_pairs(grouped.orders, refunds, days=days)
    pairs = made_once(connection, "orders_reversed", pairs)
    if not pairs.count().to_pyarrow().as_py():
        return checked, None
    checked = outcomes.without_reversed(connection, checked, pairs, is_by_line=checked["orders"].stated.is_by_line)
    return checked, pairs


def _tables(
    connection: BaseBackend,
    checked: Mapping[str, Checked],
    grouped: Grouped,
    seen: Observed,
    *,
    purpose: str,
) -> Tables:
    """The canonical tables, of which nothing is told yet."""
    kept = {name: _kept(table, as_of=seen.as_of) for name, table in checked.items() if name not in ("orders", ITEMS)}
    products, customers = kept.pop("products", None), kept.pop("customers", None)
    if "erasures" in kept:
        kept["erasures"] = all_requests(kept["erasures"], later_customers(checked["erasures"]), as_of=seen.as_of)
    items = _items(checked, grouped, products)
    withdrawn = _withdrawn(connection, kept.get("consents"), grouped.orders, purpose=purpose, as_of=seen.as_of)
    if "consents" in kept:
        later = later_rows(checked["consents"], ["purpose", "granted_at", "withdrawn_at"])
        kept["consents"] = all_withdrawals(_as_delivered(checked["consents"]), later, as_of=seen.as_of)
    return Tables(
        backend=connection,
        observed=seen,
        orders=grouped.orders.drop(*ADDED),
        refunds=grouped.refunds.drop(*ADDED),
        order_items=items,
        products=products,
        customers=customers,
        others=kept,
        withdrawn=withdrawn,
        entries=(),
        inputs=(),
        notes=(),
        remarks=(),
        rows_after={},
        is_simulated=False,
    )


def _told(
    tables: Tables, checked: Mapping[str, Checked], counts: Mapping[str, Counts], grouped: Grouped, *, zone: str
) -> Tables:
    """The same tables with their ledger, and with what is said of how they were read."""
    own = {ITEMS: tables.order_items, "products": tables.products, "customers": tables.customers}
    entries = ledger_entries(checked, counts, grouped, {**tables.others, **own}, withdrawn=tables.withdrawn)
    delivered = {name: table.stated.delivered for name, table in checked.items()}
    told = {name: told_note(table) for name, table in checked.items()}
    return replace(
        tables,
        entries=tuple(entries),
        inputs=tuple(one for source in delivered.values() for one in source.inputs),
        notes=_once([zone, *(note for name, one in checked.items() for note in (*one.notes, *told[name]))]),
        remarks=_once([zone, *(said for name, one in checked.items() for said in (*one.remarks, *told[name]))]),
        rows_after={
            name: sum(one.row_count for one in source.inputs) - counts[name].count()
            for name, source in delivered.items()
            if checked[name].stated.source.unpivot is None  # there a delivered row is several
        },
        is_simulated=any(source.is_simulated for source in delivered.values()),
        other_currency_count=counts["orders"].count("other_currency"),
    )


def _once(sentences: list[str]) -> tuple[str, ...]:
    """The sentences in their order, each said once."""
    return tuple(dict.fromkeys(sentences))


def _withdrawn(
    connection: BaseBackend, consents: ir.Table | None, orders: ir.Table, *, purpose: str, as_of: date
) -> ir.Table | None:
    """The customers who withdrew their consent to analysis; None where there are none."""
    if consents is None:
        return None
    found = withdrawn_customers(consents, purpose=purpose, as_of=as_of)
    if not isinstance(connection, Backend):  # there ids are not folded: a withdrawal counts however the id is written
        found = with_their_spellings(found, orders.select(KEY).distinct())
    table = made_once(connection, "customers_withdrawn", found)
    return table if table.count().to_pyarrow().as_py() else None


def _kept(checked: Checked, *, as_of: date) -> ir.Table:
    """The rows of a table that no rule dropped, without what they tell of a day after as_of."""
    schema, rows = SCHEMAS[checked.stated.name], _as_delivered(checked)
    known = {name: name for name in schema.ends} | dict(schema.with_end)
    ends = {
        name: checking.known_by(rows[name], rows[end], as_of)
        for name, end in known.items()
        if name in rows.columns and end in rows.columns
    }
    return rows.mutate(**ends)


def _as_delivered(checked: Checked) -> ir.Table:
    """The canonical columns of the rows that no rule dropped, with all that they tell."""
    rows = checked.rows.filter(checked.rows["_outcome"] == rules.KEPT)
    return rows.select(*(name for name in SCHEMAS[checked.stated.name].names if name in rows.columns))


def _items(checked: Mapping[str, Checked], grouped: Grouped, products: ir.Table | None) -> ir.Table | None:
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
        if grouped.below_zero is not None or single_row(grouped.orders.aggregate(any=_["_is_spread"].any()))["any"]:
            lines = lines.drop("ordered_at").join(grouped.orders.select("order_id", "ordered_at"), "order_id")
    if products is not None and "category" in products.columns:
        lines = lines.drop("category") if "category" in lines.columns else lines
        lines = lines.left_join(products.select("product_id", "category"), "product_id")
    return lines.select(*(name for name in ORDER_ITEMS.names if name in lines.columns))
