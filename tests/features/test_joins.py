"""Tables beside one another, by hand."""

from __future__ import annotations

import ibis

from helpers.features import joins


def test_rows_stay_and_what_is_not_known_of_them_is_missing() -> None:
    own = ibis.memtable({"place": [0, 0, 1], "customer_id": ["a", "b", "a"]})
    more = ibis.memtable({"place": [0, 1], "customer_id": ["a", "a"], "count": [3, 5]})
    told = joins.beside(own, more, "place", "customer_id")
    assert told.columns == ("place", "customer_id", "count")
    rows = told.order_by("place", "customer_id").to_pyarrow().to_pylist()
    assert [row["count"] for row in rows] == [3, None, 5]
