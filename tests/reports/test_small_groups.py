"""No table of groups, and no page, tells of few customers: the tables of three notebooks, of a small company."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.display import language as say
from helpers.display import tables
from helpers.models.statistics import small_groups
from helpers.simulation import company
from helpers.simulation.settings import Company
from tests import cells

FEW = 10
OF_CUSTOMERS = {"customers", "next_tier", "groups", "recommendations", "contacts"}
"""Tables of which a row is a customer, or something listed for one."""
OF_NO_GROUP = {
    *("ledger", "gaps", "changes"),
    *("thresholds", "points_checks", "rules"),
    *("models", "forecasters", "tracking", "parameters", "origins", "values", "levers", "forecast", "budget"),
}
"""Tables of rows, pauses, orders, all customers together, and models; budget is made of channels that are told."""
HAVE_A_RULE_OF_THEIR_OWN = {"profiles"}
COUNTS = ("customer_count", "n", "segment_count", "pool_count", "previous_customer_count", "year_before_customer_count")
NAMES = {"age_months", "purchase_count", "weekday", "hour", "decile", "period", "action", "new_customer_count"}
OTHERS = ("order_items", "memberships", "points", "consents", "erasures", "events")


NAMED = ["exploration", "segmentation", pytest.param("clv", marks=pytest.mark.slow)]


@dataclass
class Ran:
    """What the cells of a notebook kept and showed, and each table that was hidden, before and after."""

    kept: dict[str, pd.DataFrame] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    hidden: list[tuple[pd.DataFrame, pd.DataFrame]] = field(default_factory=list)


@pytest.fixture(scope="module", params=NAMED)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("company")
    company.write(Company(customer_count=260), folder)
    told = {name: str(folder / name) for name in ("customers", "products")}
    own: dict[str, Any] = {
        "exploration": {"breakdowns": ["channel", "region", "category"]},
        "segmentation": {
            "actions": [{"segment": "Promising", "offer": "a", "channel": "email", "owner": "x"}],
            "tier_rules": [{"tier": "blue"}, {"tier": "silver", "orders": 2}, {"tier": "gold", "orders": 5}],
        },
        "clv": {"budget_amount": 1000.0, "draw_count": 200, "origin_count": 2},
    }[request.param]
    found = Ran()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "keep", lambda frame, name, **_: found.kept.update({name: frame}))
        patch.setattr(small_groups, "hide", recorded(small_groups.hide, found))
        patch.setattr(small_groups, "hide_pairs", recorded(small_groups.hide_pairs, found))
        cells.run(
            request.param,
            seen=found.texts,
            **told,
            as_of="2024-12-31",
            currency="CNY",
            orders={"source": str(folder / "orders")},
            other_tables={name: str(folder / name) for name in OTHERS},
            **own,
        )
    return found


def recorded(hide: Callable[..., pd.DataFrame], found: Ran) -> Callable[..., pd.DataFrame]:
    def wrapped(groups: pd.DataFrame, **how: Any) -> pd.DataFrame:
        found.hidden.append((groups, after := hide(groups, **how)))
        return after

    return wrapped


def of_groups(ran: Ran) -> dict[str, pd.DataFrame]:
    others = OF_CUSTOMERS | OF_NO_GROUP | HAVE_A_RULE_OF_THEIR_OWN
    return {name: frame for name, frame in ran.kept.items() if name not in others}


def test_no_table_of_groups_has_a_row_of_few_customers(ran: Ran) -> None:
    assert len(of_groups(ran)) >= 5
    for name, frame in of_groups(ran).items():
        assert "is_hidden" in frame, f"{name}: is it a table of groups?"
        for count in (count for count in COUNTS if count in frame):
            people = frame[count].astype(float)
            if name == "steps" and count == "customer_count":  # who would have to move
                continue
            assert not ((people > 0) & (people < FEW)).any(), (name, count)


def test_of_a_hidden_row_no_number_is_told(ran: Ran) -> None:
    assert any(frame["is_hidden"].any() for frame in of_groups(ran).values())
    parts = {"months", "move_reasons", "actions"}  # of which some numbers are hidden alone
    for name, frame in of_groups(ran).items():
        rows = frame[frame["is_hidden"].astype(bool)]
        numbers = [column for column in rows.select_dtypes("number") if column not in NAMES]
        assert name in parts or rows[numbers].isna().all(axis=None), name


def test_no_amount_of_a_hidden_row_is_on_the_page(ran: Ran) -> None:
    page, secrets = "\n".join(ran.texts), set()
    for before, after in ran.hidden:
        for column in (column for column in before if str(column).endswith("amount")):
            amounts = before.loc[after[column].isna().to_numpy(), column].dropna().astype(float)
            secrets |= {say.money(amount, currency="CNY") for amount in amounts[(amounts > 0) & np.isfinite(amounts)]}
    assert secrets
    assert not {secret for secret in secrets if secret in page}
