"""Whether the data can carry a page: the sentence on data health, and the ledger of every row."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.tables import Table


def summary(left_out: pd.DataFrame, dropped: pd.DataFrame, customers: pd.DataFrame, *, light: str) -> Finding:
    """Whether the data can carry the rest.

    A row of `left_out` is a table: read_count, dropped_count, dropped_share. `dropped` names the rules that dropped
    rows, of all tables, the worst first; a row of `customers` has last_on and days_since_last.
    """
    last_on, idle_days = customers["last_on"].max(), int(customers["days_since_last"].min())
    orders = left_out[left_out["table"] == "orders"].iloc[0]
    n, share = int(orders["read_count"]), float(orders["dropped_share"])
    all_used = f"all {say.counted(n, 'row')} of orders were used"
    parts = [_left_out(orders, dropped) if share else all_used]
    others = dropped[(dropped["table"] != "orders") & (dropped["row_count"] > 0)].to_dict("records")
    parts += [f'{say.share(row["share"])} of {row["table"]} by "{row["rule"]}"' for row in others[:1]]
    idle = f", {say.counted(idle_days, 'day')} before the day of the report" if idle_days else ""
    parts.append(f"the last order is of {say.day(last_on)}{idle}")
    sentence = f"Data health is {light}: {say.listed(parts)}."
    return Finding("data_health", sentence, share, n=n, unit="share")


def _left_out(orders: pd.Series, dropped: pd.DataFrame) -> str:
    worst = dropped[dropped["table"] == "orders"].nlargest(1, "row_count").to_dict("records")[0]
    return (
        f"{say.number(orders['dropped_count'])} of {say.counted(int(orders['read_count']), 'row')} of orders "
        f"({say.share(orders['dropped_share'])}) were left out by rule "
        f'("{worst["rule"]}" took {say.number(worst["row_count"])})'
    )


def ledger(frame: pd.DataFrame, *, currency: str) -> Table:
    """The ledger: what became of every row that was read; a table of which all rows were kept needs one line.

    `frame` has the share of its table's rows in each row: share, 0 to 1.
    """
    lost = set(frame.loc[frame["outcome"].isin(["dropped", "refund"]), "table"])
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
        caption="Every row up to the day of the report: rows read are kept, dropped or counted as refunds",
        formats={
            "rows": say.number,
            "share of rows": say.share,
            f"amount, {currency}": lambda value: say.number(value, digits=2),
        },
    )
