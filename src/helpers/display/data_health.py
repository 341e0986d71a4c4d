"""Whether the data can carry a page: the sentence on data health, and the ledger of every row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from helpers.contract.coverage import Coverage
from helpers.contract.health import Health, LeftOut, Reason
from helpers.display import language as say
from helpers.display.contract_words import PLACES, RULES
from helpers.display.findings import Finding
from helpers.display.wording import named, recast, vocabulary, worded, worded_n

if TYPE_CHECKING:
    import pandas as pd

    from helpers.display.tables import Table

LIGHTS_AS_WORDS = vocabulary("green", "amber", "red")


def summary(coverage: Coverage, health: Health, left_out: Mapping[str, LeftOut]) -> Finding:
    """Whether the data can carry the rest, with every reason why not; the value is the share of rows left out.

    `left_out` tells by table how many of its rows were left out.
    """
    orders = left_out["orders"]
    reasons = [reason_words(reason) for reason in health.reasons] or [_green(coverage, orders)]
    sentence = worded("Data health is {light}: {reasons}.", light=named(health.light), reasons=say.lined_up(reasons))
    n, share, evidence = orders.read_count, orders.dropped_share, _withdrawn(orders.withdrawn_count)
    return Finding("data_health", sentence, share, n=n, unit="share", evidence=evidence)


def _withdrawn(count: int) -> str:
    """Why pages on single customers have fewer than the totals."""
    if not count:
        return ""
    return worded_n(
        count,
        "{rows} is of a customer who withdrew consent to analysis, and counts in totals only.",
        "{rows} are of customers who withdrew consent to analysis, and count in totals only.",
        rows=say.counted(count, "row"),
    )


def _green(coverage: Coverage, orders: LeftOut) -> str:
    read, day = say.counted(orders.read_count, "row"), say.day(coverage.last_on)
    if not orders.dropped_count:
        return worded("all {rows} of orders were used, and the last order is of {day}", rows=read, day=day)
    return worded(
        "{dropped} of {rows} of orders ({share}) were left out, and the last order is of {day}",
        dropped=say.number(orders.dropped_count),
        rows=read,
        share=say.share(orders.dropped_share),
        day=day,
    )


def reason_words(reason: Reason) -> str:
    """A reason as part of a sentence, with the limit that it passed."""
    share, limit = say.share(reason.size), say.exact_share(reason.limit)
    if reason.rule in ("stale", "far", "hole", "young", "few_orders", "few_customers"):
        return _of_days(reason)
    if reason.rule == "dropped":
        table, _, rule = reason.name.partition(": ")
        return worded(
            "{share} of the rows of {table} were left out by rule “{rule}” (limit {limit})",
            share=share,
            table=named(table),
            rule=recast(rule, RULES),
            limit=limit,
        )
    if reason.rule == "currency":
        return worded_n(
            reason.size,
            "{rows} in another currency was left out by a rule",
            "{rows} in another currency were left out by a rule",
            rows=say.counted(int(reason.size), "row"),
        )
    return worded(SHARES[reason.rule], share=share, limit=limit)


SHARES = dict(
    zip(
        ("refunds", "customer", "order", "reversed", "unknown", "unweighted"),
        vocabulary(
            "refunds are {share} of revenue (limit {limit})",
            "one customer makes {share} of revenue (limit {limit})",
            "one order makes {share} of revenue (limit {limit})",
            "an order as large as {share} of revenue was undone by a refund, and left out with it (limit {limit})",
            "{share} of orders are of customers whom the customer table does not know (limit {limit})",
            "{share} of the interviews have no weight and count for nobody (limit {limit})",
        ),
        strict=True,
    )
)
"""What is said of a reason whose size is a share, by its rule."""


def _of_days(reason: Reason) -> str:
    """A reason whose size is days, weeks, or a number of orders or customers."""
    size, limit = int(reason.size), say.number(reason.limit)
    if reason.rule == "stale":
        return worded(
            "the last order is of {day}, {days} before the day of the report (limit {limit})",
            day=say.day(reason.start),
            days=say.counted(size, "day"),
            limit=limit,
        )
    if reason.rule == "far":
        return worded_n(
            size,
            "{orders} of {when} lies more than {days} from all others (a wrong date?)",
            "{orders} of {when} lie more than {days} from all others (a wrong date?)",
            orders=say.counted(size, "order"),
            when=_days(reason),
            days=say.counted(int(reason.limit), "day"),
        )
    if reason.rule == "hole":
        return worded(
            "no order was delivered between {first} and {last}, {days} (limit {limit})",
            first=say.day(reason.start),
            last=say.day(reason.end),
            days=say.counted(size, "day"),
            limit=limit,
        )
    if reason.rule == "young":
        weeks = say.number(reason.size, digits=1)
        return worded("the orders cover {weeks} weeks, and this page needs {limit}", weeks=weeks, limit=limit)
    counted = say.counted(size, "order") if reason.rule == "few_orders" else say.counted(size, "customer")
    return worded_n(
        size,
        "there is {counted}, and this page needs {limit}",
        "there are {counted}, and this page needs {limit}",
        counted=counted,
        limit=limit,
    )


def _days(reason: Reason) -> str:
    if reason.start == reason.end:
        return say.day(reason.start)
    return worded("{first} to {last}", first=say.day(reason.start), last=say.day(reason.end))


def ledger(frame: pd.DataFrame, *, currency: str) -> Table:
    """The ledger: what became of every row that was read; a table of which all rows were kept needs one line.

    `frame` has the share of its table's rows in each row: share, 0 to 1.
    """
    import pandas as pd

    from helpers.display import tables  # for notebooks: whoever checks a report in a terminal does without

    lost = set(frame.loc[frame["outcome"].isin(["dropped", "refund", "reversed", "erased"]), "table"])
    frame = frame[(frame["outcome"] != "read") | frame["table"].isin(lost)]
    rows, share = worded("rows"), worded("share of rows")
    amount = worded("amount, {currency}", currency=named(currency))
    shown = pd.DataFrame(
        {
            worded("table"): [named(table) for table in frame["table"]],
            worded("rule"): [recast(rule, RULES) for rule in frame["rule"]],
            worded("rows are"): [named(outcome) for outcome in frame["outcome"]],
            rows: frame["row_count"].to_numpy(),
            share: frame["share"].to_numpy(),
            amount: frame["amount"].to_numpy(),
            worded("first example"): [recast(place, PLACES) for place in frame["first_example"]],
        }
    )
    return tables.table(
        shown,
        caption=worded(
            "Every row up to the day of the report: rows read are kept, dropped, refunds, reversed or erased"
        ),
        formats={rows: say.number, share: say.share, amount: lambda value: say.number(value, digits=2)},
        is_folded=True,
    )
