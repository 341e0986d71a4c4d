"""Sizes of lifecycle stages: counts, shares and money that add up, with intervals where they can be had."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.segments import stages
from helpers.models.statistics import intervals


def people(**counts: int) -> pd.DataFrame:
    names = [name for name, count in counts.items() for _ in range(count)]
    frame = pd.DataFrame({"customer_id": [f"客{number:04d}" for number in range(len(names))], "stage": names})
    is_known = frame["stage"] != "prospect"
    days = pd.Series(np.arange(10, 10 + len(names)), index=frame.index).astype(float)
    return frame.assign(slipping_days=days.where(is_known), limit_days=(2 * days).where(is_known))


def test_the_worked_example():
    frame = people(new=2, lapsed=1, prospect=1)
    spent = pd.DataFrame({"customer_id": ["客0000", "客0002", "gone"], "amount": [30.0, 10.0, 99.0]})
    found = stages.sizes(frame, spent, level=0.95).set_index("stage")
    assert list(found.index) == ["new", "repeat", "loyal", "returned", "slipping", "lapsed", "prospect"]
    assert found["customer_count"].to_dict() == {
        "new": 2, "repeat": 0, "loyal": 0, "returned": 0, "slipping": 0, "lapsed": 1, "prospect": 1,
    }  # fmt: skip
    assert found.loc["new", ["customer_share", "amount", "amount_share"]].tolist() == [2 / 3, 30.0, 0.75]
    assert found.loc["new", ["slipping_days", "limit_days"]].tolist() == [10.5, 21.0]
    assert found.loc["prospect", ["customer_share", "amount_share", "limit_days"]].isna().all()
    assert found[["low", "high", "amount_low", "amount_high"]].isna().all(axis=None), "three customers have no interval"


def test_customers_and_money_add_up_and_have_intervals():
    frame = people(new=30, repeat=25, loyal=20, slipping=15, lapsed=40, prospect=7)
    rng = np.random.default_rng(1)
    spent = pd.DataFrame({"customer_id": frame["customer_id"], "amount": rng.gamma(1, 50, len(frame)).round(2)})
    spent = spent[frame["stage"] != "prospect"]
    found = stages.sizes(frame, spent, level=0.9).set_index("stage")
    assert found["customer_count"].sum() == 137
    assert found["customer_share"].sum() == pytest.approx(1)
    assert found["amount_share"].sum() == pytest.approx(1)
    assert found["amount"].sum() == pytest.approx(spent["amount"].sum())
    expected = intervals.wilson(15, 130, level=0.9)
    assert found.loc["slipping", ["low", "high"]].tolist() == [expected.low, expected.high]
    money = found.loc["slipping"]
    assert 0 < money["amount_low"] < money["amount_share"] < money["amount_high"] < 1
    assert found.loc["returned", ["amount_low", "amount_high"]].isna().all()


def test_few_spenders_or_all_of_them_have_no_interval_of_money():
    frame = people(loyal=12, lapsed=9)
    everyone = pd.DataFrame({"customer_id": frame["customer_id"], "amount": np.arange(1.0, 22.0)})
    found = stages.sizes(frame, everyone, level=0.95).set_index("stage")
    assert found["amount_low"].notna().to_dict() | {"loyal": True} == {name: name == "loyal" for name in found.index}
    only = stages.sizes(frame, everyone.head(12), level=0.95).set_index("stage")
    assert only.loc["loyal", "amount_share"] == 1
    assert only["amount_low"].isna().all()


def test_nearly_all_of_the_money_is_not_more_than_all():
    frame = people(loyal=10, lapsed=10)
    spent = pd.DataFrame({"customer_id": frame["customer_id"], "amount": [9.0] * 10 + [0.0] * 9 + [30.0]})
    found = stages.sizes(frame, spent, level=0.999).set_index("stage")
    assert found.loc["loyal", "amount_high"] == 1.0


@pytest.mark.parametrize("frame", [people(), people(prospect=3)])
def test_nobody_has_no_shares(frame: pd.DataFrame):
    spent = pd.DataFrame({"customer_id": pd.Series([], dtype=str), "amount": pd.Series([], dtype=float)})
    found = stages.sizes(frame, spent, level=0.95)
    assert found["customer_count"].sum() == len(frame)
    assert found[["customer_share", "amount_share", "low", "high"]].isna().all(axis=None)
    assert (found["amount"] == 0).all()


def test_who_is_active_is_neither_slipping_nor_lapsed() -> None:
    counts = {"new": 10, "repeat": 5, "loyal": 5, "returned": 0, "slipping": 20, "lapsed": 60, "prospect": 3}
    frame = pd.DataFrame({"stage": list(counts), "customer_count": list(counts.values())})
    assert stages.active(frame) == stages.Active(100, 20, 0.2)
    assert stages.active(frame.assign(customer_count=0)).customer_count == 0
