"""From an expression to pandas: where the work the size of the data ends, and work a row per customer begins."""

from __future__ import annotations

import ibis
import pandas as pd


def fetch(table: ibis.Table) -> pd.DataFrame:
    """The rows of an expression as a frame that statistics and figures can use.

    Parameters
    ----------
    table
        Any feature; give it an order (`order_by`) where a sum of its floats must not depend on the engine's threads.

    Returns
    -------
    pandas.DataFrame
        The same rows and columns. Money comes as float64, the nearest to the exact decimal: sums that must be exact to
        the cent are made before, in the expression. Days come as datetime64.
    """
    money = {name: table[name].cast("float64") for name, kind in table.schema().items() if kind.is_decimal()}
    return table.mutate(**money).to_pandas()
