"""Values held to a model: the nearest name is looked for where the unknown one stands."""

from __future__ import annotations

import pytest

from helpers.errors import ParamsError
from helpers.params import ExplorationParams
from helpers.validation import validated

ORDERS = {"source": "cdnow", "rules": [{"rule": "r", "column": "amount", "at_mots": 1}]}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"titel": "Shop"}, "'titel' is not a parameter. Did you mean `title`?"),
        ({"orders": {"source": "cdnow", "grian": "line"}}, "'orders.grian' is not a parameter. Did you mean `grain`?"),
        ({"products": {"suorce": "x.csv"}}, "'products.suorce' is not a parameter. Did you mean `source`?"),
        ({"orders": ORDERS}, "'orders.rules.0.at_mots' is not a parameter. Did you mean `at_most`?"),
        (
            {"other_tables": {"events": {"source": "e.csv", "colums": {}}}},
            "'other_tables.events.colums' is not a parameter. Did you mean `columns`?",
        ),
    ],
)
def test_the_nearest_name_is_of_the_same_place(values: dict[str, object], told: str) -> None:
    with pytest.raises(ParamsError) as caught:
        validated(ExplorationParams, values, "the cell")
    assert told in str(caught.value)
