"""Whether the data can carry a page: the sentence on data health, and the ledger of every row."""

from __future__ import annotations

import pandas as pd

from helpers.contract.coverage import Coverage
from helpers.contract.health import Health, Reason
from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.tables import Table


def summary(coverage: Coverage, health: Health, left_out: pd.DataFrame) -> Finding:
    """Whether the data can carry the rest, with every reason why not; the value is the share of rows left out.

    `left_out` has a row per table: table, read_count, dropped_count, dropped_share.
    """
    orders = left_out[left_out["table"] == "orders"].iloc[0]
    reasons = [reason_words(reason) for reason in health.reasons] or [_green(coverage, orders)]
    sentence = f"Data health is {health.light}: {'; '.join(reasons)}."
    n, share = int(orders["read_count"]), float(orders["dropped_share"])
    return Finding("data_health", sentence, share, n=n, unit="share")


def _green(coverage: Coverage, orders: pd.Series) -> str:
    read = say.counted(int(orders["read_count"]), "row")
    used = f"all {read} of orders were used"
    if orders["dropped_count"]:
        used = (
            f"{say.number(orders['dropped_count'])} of {read} of orders ({say.share(orders['dropped_share'])}) were "
            "left out"
        )
    return f"{used}, and the last order is of {say.day(coverage.daily['day'].iloc[-1])}"


def reason_words(reason: Reason) -> str:
    """A reason as part of a sentence, with the limit that it passed."""
    return {
        "stale": f"the last order is of {say.day(reason.start)}, {say.counted(int(reason.size), 'day')} before the day "
        f"of the report (limit {say.number(reason.limit)})",
        "dropped": f"{say.share(reason.size)} of the rows of {reason.name.replace(': ', ' were left out by rule “')}” "
        f"(limit {say.exact_share(reason.limit)})",
        "far": f"{say.counted(int(reason.size), 'order')} of {_days(reason)} "
        f"{'lies' if reason.size == 1 else 'lie'} more than {say.counted(int(reason.limit), 'day')} from all others "
        "(a wrong date?)",
        "hole": f"no order was delivered between {say.day(reason.start)} and {say.day(reason.end)}, "
        f"{say.counted(int(reason.size), 'day')} (limit {say.number(reason.limit)})",
        "young": f"the orders cover {say.number(reason.size, digits=1)} weeks, and this page needs "
        f"{say.number(reason.limit)}",
        "few_orders": f"there {_are(reason.size, 'order')}, and this page needs {say.number(reason.limit)}",
        "few_customers": f"there {_are(reason.size, 'customer')}, and this page needs {say.number(reason.limit)}",
        "refunds": f"refunds are {say.share(reason.size)} of revenue (limit {say.exact_share(reason.limit)})",
        "customer": f"one customer makes {say.share(reason.size)} of revenue (limit {say.exact_share(reason.limit)})",
        "order": f"one order makes {say.share(reason.size)} of revenue (limit {say.exact_share(reason.limit)})",
        "reversed": f"an order as large as {say.share(reason.size)} of revenue was undone by a refund, and left out "
        f"with it (limit {say.exact_share(reason.limit)})",
        "unknown": f"{say.share(reason.size)} of orders are of customers whom the customer table does not know "
        f"(limit {say.exact_share(reason.limit)})",
        "currency": f"{say.counted(int(reason.size), 'row')} in another currency "
        f"{'was' if reason.size == 1 else 'were'} left out by a rule",
        "unweighted": f"{say.share(reason.size)} of the interviews have no weight and count for nobody "
        f"(limit {say.exact_share(reason.limit)})",
    }[reason.rule]


def _are(size: float, noun: str) -> str:
    return f"{'is' if size == 1 else 'are'} {say.counted(int(size), noun)}"


def _days(reason: Reason) -> str:
    return say.day(reason.start) if reason.start == reason.end else f"{say.day(reason.start)} to {say.day(reason.end)}"


def ledger(frame: pd.DataFrame, *, currency: str) -> Table:
    """The ledger: what became of every row that was read; a table of which all rows were kept needs one line.

    `frame` has the share of its table's rows in each row: share, 0 to 1.
    """
    lost = set(frame.loc[frame["outcome"].isin(["dropped", "refund", "reversed", "erased"]), "table"])
    frame = frame[(frame["outcome"] != "read") | frame["table"].isin(lost)]
    shown = pd.DataFrame(
        {
            "table": frame["table"],
            "rule": frame["rule"],
            "rows are": frame["outcome"],
            "rows": frame["row_count"],
            "share of rows": frame["share"],
            f"amount, {currency}": frame["amount"],
            "first example": frame["first_example"],
        }
    )
    return tables.table(
        shown,
        caption="Every row up to the day of the report: rows read are kept, dropped, refunds, reversed or erased",
        formats={
            "rows": say.number,
            "share of rows": say.share,
            f"amount, {currency}": lambda value: say.number(value, digits=2),
        },
        is_folded=True,
    )
