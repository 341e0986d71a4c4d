"""The canonical tables of a report, and the days of which they tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import ibis.expr.types as ir
from ibis.backends import BaseBackend

from helpers.connectors.delivery import InputFile
from helpers.contract.evidence import single_row
from helpers.contract.ledger import Entry, Kept
from helpers.contract.spans import DayCount
from helpers.days import as_day, watched_until
from helpers.errors import ContractError
from helpers.watching import Readable

ITEMS = "order_items"
KEY = "customer_id"


@dataclass(frozen=True)
class Observed(Readable):
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
class Tables(Kept, Readable):
    """The canonical tables of a report, as of its day, and how they came about.

    A row of `orders` is a purchase, of `refunds` a sum given back (`amount` above zero in both senses), of
    `order_items` a line of a purchase; columns as in helpers.schema, those only that were delivered. `others`
    holds the further tables by name. `ledger` has a row per rule and outcome, made of `entries` when it is asked for.
    `rows_after` counts the rows after as_of by table: nothing else knows of them. `other_currency_count` counts the
    rows in another currency, which a rule drops. `notes` say how the files were read, `remarks` what a page must say of
    it: its time zone, units that multiply, ids that were folded. `is_simulated` says that the kit made some of the data
    itself. `backend` is the engine on which the tables lie, and `observed` the days of which they tell.

    `far_days` are the days whose orders lie far from all others, so that their dates are doubtful;
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
    entries: tuple[Entry, ...] = field(repr=False)
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    rows_after: Mapping[str, int]
    is_simulated: bool
    other_currency_count: int = 0
    far_days: tuple[DayCount, ...] = ()
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
        seen = single_row(orders.aggregate(first_at=orders.ordered_at.min(), last_at=orders.ordered_at.max()))
        if seen["first_at"] is None:
            raise ContractError("`orders` must hold an order, found none; is a filter too narrow?")
        first_on, last_on = as_day(seen["first_at"]), as_day(seen["last_at"])
        now = self.observed
        return replace(self, orders=orders, observed=observed(first_on, last_on, now.as_of, now.stale_days))
