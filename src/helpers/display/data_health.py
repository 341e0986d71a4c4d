"""Whether the data can carry a page: the sentence on data health, and the ledger of every row."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.tables import Table


def summary(ledger: pd.DataFrame, dropped: pd.DataFrame, customers: pd.DataFrame, *, light: str) -> Finding:
    """Whether the data can carry the rest.

    `dropped` names the rules that dropped rows, of all tables, the worst first; a row of `customers` tells last_on and
    days_since_last.
    """
    last_on, idle_days = customers["last_on"].max(), int(customers["days_since_last"].min())
    orders = ledger[ledger["table"] == "orders"]
    read = int(orders.loc[orders["outcome"] == "read", "row_count"].sum())
    count = int(orders.loc[orders["outcome"] == "dropped", "row_count"].sum())
    parts = [f"all {say.counted(read, 'row')} of orders were used"] if not count else [_left_out(count, read, dropped)]
    others = dropped[(dropped["table"] != "orders") & (dropped["row_count"] > 0)].to_dict("records")
    parts += [f'{say.share(row["share"])} of {row["table"]} by "{row["rule"]}"' for row in others[:1]]
    idle = f", {say.counted(idle_days, 'day')} before the day of the report" if idle_days else ""
    parts.append(f"the last order is of {say.day(last_on)}{idle}")
    return Finding("data_health", f"Data health is {light}: {say.listed(parts)}.", count / read, n=read, unit="share")


def _left_out(count: int, read: int, dropped: pd.DataFrame) -> str:
    of_orders = dropped[dropped["table"] == "orders"].nlargest(1, "row_count").to_dict("records")[0]
    return (
        f"{say.number(count)} of {say.counted(read, 'row')} of orders ({say.share(count / read)}) were left out by rule"
        f' ("{of_orders["rule"]}" took {say.number(of_orders["row_count"])})'
    )


def ledger(frame: pd.DataFrame, *, currency: str) -> Table:
    """The ledger: what became of every row that was read; a table of which all rows were kept needs one line."""
    read = frame[frame["outcome"] == "read"].groupby("table")["row_count"].sum()
    lost = set(frame.loc[frame["outcome"].isin(["dropped", "refund"]), "table"])
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
        caption="Every row up to the day of the report: rows read are kept, dropped or counted as refunds",
        formats={
            "rows": say.number,
            "share of rows": say.share,
            f"amount, {currency}": lambda value: say.number(value, digits=2),
        },
    )
