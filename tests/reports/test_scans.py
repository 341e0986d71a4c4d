"""One pass: what needs no more than purchase days reads them, and the orders are scanned a few times a run."""

from __future__ import annotations

import ibis
import pytest

from tests import scans

LARGEST_COUNTS = {"exploration": 10, "segmentation": 10, "clv": 9}
"""Scans of the orders that a run may make, those of the contract and of the first rows shown included."""


@pytest.mark.parametrize("notebook", LARGEST_COUNTS)
def test_a_run_scans_the_orders_no_more_often_than_this(notebook: str) -> None:
    found = scans.by_cell(notebook)
    assert sum(found.values()) <= LARGEST_COUNTS[notebook], found


def test_the_counter_counts_queries_self_joins_and_caches() -> None:
    backend = ibis.duckdb.connect()
    with scans.counted() as found:
        orders = backend.create_table(scans.ORDERS, ibis.memtable({"customer_id": ["a"], "amount": [1.0]}))
        assert not found
        orders.count().to_pyarrow()
        assert len(found) == 1
        totals = orders.group_by("customer_id").aggregate(total=orders.amount.sum())
        orders.filter(orders.amount > 0).join(totals, "customer_id").to_pandas()
        assert len(found) == 3
        kept = totals.cache()
        assert len(found) == 4
        kept.to_pandas()
        assert len(found) == 4
