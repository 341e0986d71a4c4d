"""Whether the data can carry a page: the sentence on data health, and the ledger of every row."""

from __future__ import annotations

import pandas as pd

from helpers.contract.coverage import Coverage
from helpers.contract.health import Health, Reason
from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.tables import Table


def summary(coverage: Coverage, health: Health, ledger: pd.DataFrame) -> Finding:
    """Whether the data can carry the rest, with every reason why not; the value is the share of rows left out.

    `ledger` has a row per table, rule and outcome: table, outcome, row_count.
    """
    orders = ledger[ledger["table"] == "orders"]
    read, dropped = (int(orders.loc[orders["outcome"] == name, "row_count"].sum()) for name in ("read", "dropped"))
    told = [reason_words(reason) for reason in health.reasons] or [_green(coverage, read=read, dropped=dropped)]
    sentence = f"Data health is {health.light}: {'; '.join(told)}."
    return Finding("data_health", sentence, dropped / read, n=read, unit="share")


def _green(coverage: Coverage, *, read: int, dropped: int) -> str:
    used = f"all {say.counted(read, 'row')} of orders were used"
    if dropped:
        used = (
            f"{say.number(dropped)} of {say.counted(read, 'row')} of orders ({say.share(dropped / read)}) were left out"
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
        f"{'lies' if reason.size == 1 else 'lie'} more than {say.counted(int(reason.limit), 'day')} from all others: "
        "is the date right",
        "hole": f"no order was delivered between {say.day(reason.start)} and {say.day(reason.end)}, "
        f"{say.counted(int(reason.size), 'day')} (limit {say.number(reason.limit)})",
        "young": f"the orders cover {say.number(reason.size, digits=1)} weeks, and this page needs "
        f"{say.number(reason.limit)}",
        "refunds": f"refunds are {say.share(reason.size)} of revenue (limit {say.exact_share(reason.limit)})",
        "customer": f"one customer makes {say.share(reason.size)} of revenue (limit {say.exact_share(reason.limit)})",
        "order": f"one order makes {say.share(reason.size)} of revenue (limit {say.exact_share(reason.limit)})",
        "reversed": f"an order as large as {say.share(reason.size)} of revenue was undone by a refund, and left out "
        f"with it (limit {say.exact_share(reason.limit)})",
        "unknown": f"{say.share(reason.size)} of orders are of customers whom the customer table does not know "
        f"(limit {say.exact_share(reason.limit)})",
        "currency": f"{say.counted(int(reason.size), 'row')} in another currency "
        f"{'was' if reason.size == 1 else 'were'} left out by a rule",
    }[reason.rule]


def _days(reason: Reason) -> str:
    return say.day(reason.start) if reason.start == reason.end else f"{say.day(reason.start)} to {say.day(reason.end)}"


def ledger(frame: pd.DataFrame, *, currency: str) -> Table:
    """The ledger: what became of every row that was read; a table of which all rows were kept needs one line."""
    read = frame[frame["outcome"] == "read"].groupby("table")["row_count"].sum()
    lost = set(frame.loc[frame["outcome"].isin(["dropped", "refund", "reversed", "erased"]), "table"])
    frame = frame[(frame["outcome"] != "read") | frame["table"].isin(lost)]
    shown = pd.DataFrame(
        {
            "table": frame["table"],
            "rule": frame["rule"],
            "rows are": frame["outcome"],
            "rows": frame["row_count"],
            "share of rows": frame["row_count"] / frame["table"].map(read).astype(float),
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
    )
