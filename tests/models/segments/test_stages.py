"""Sizes of lifecycle stages that add up, with intervals where they can be had; and what came of them, beside the claim."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.features import lifecycle
from helpers.models.buying import fitting, prediction
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import Rows
from helpers.models.segments import stages
from helpers.models.statistics import intervals


def people(**counts: int) -> pd.DataFrame:
    names = [name for name, count in counts.items() for _ in range(count)]
    frame = pd.DataFrame({"customer_id": [f"客{number:04d}" for number in range(len(names))], "stage": names})
    is_known = frame["stage"] != "prospect"
    days = pd.Series(np.arange(10, 10 + len(names)), index=frame.index).astype(float)
    known = {"purchase_count": days - 9, "comeback_share": 1 / days, "slipping_days": days, "limit_days": 2 * days}
    return frame.assign(**{name: column.where(is_known) for name, column in known.items()})


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
    assert found["once_count"].to_dict() == dict.fromkeys(found.index, 0) | {"new": 1}
    assert found.loc["new", "comeback_share"] == pytest.approx((1 / 10 + 1 / 11) / 2)
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


def counts(*rows: tuple[str, bool, int, int, float], on: date = date(2024, 1, 1)) -> pd.DataFrame:
    names = ["stage", "is_once", "customer_count", "back_count", "expected_count"]
    return pd.DataFrame(list(rows), columns=names).assign(on=on)


def test_what_came_of_them_by_hand():
    first = counts(("loyal", False, 30, 24, 24.3), ("new", True, 20, 6, 7.7), ("slipping", False, 8, 2, 1.6))
    then = counts(("lapsed", True, 60, 9, 4.5), ("lapsed", False, 40, 7, 3.5), on=date(2024, 4, 1))
    found = stages.track_record(pd.concat([then, first]), lapsed_share=0.1, level=0.95)
    assert len(found) == 2 * 3 * 3
    rows = found.set_index(["on", "group", "buyers"])
    active = rows.loc[(date(2024, 1, 1), "active", "all")]
    assert active[["customer_count", "back_count", "back_share"]].tolist() == [50, 30, 0.6]
    assert active["expected_share"] == pytest.approx(32 / 50)
    assert rows.loc[(date(2024, 1, 1), "active", "once"), "customer_count"] == 20
    lapsed = rows.loc[(date(2024, 4, 1), "lapsed", "all")]
    bounds = intervals.wilson(16, 100, level=0.95)
    assert lapsed[["back_share", "low", "high"]].tolist() == [0.16, bounds.low, bounds.high]
    few = rows.loc[(date(2024, 1, 1), "slipping", "all")]
    assert few["back_share"] == 0.25
    assert few[["low", "high"]].isna().all()
    assert rows.loc[(date(2024, 1, 1), "lapsed", "all"), ["back_share", "expected_share"]].isna().all()


@pytest.mark.parametrize(("back", "is_kept"), [(5, True), (15, True), (16, False)])
def test_the_claim_is_kept_as_far_as_the_interval_goes(back: int, is_kept: bool):
    # Wilson's lower bound at 95 %: 9.3 % for 15 of 100, 10.1 % for 16
    found = stages.track_record(counts(("lapsed", True, 100, back, 5.0)), lapsed_share=0.1, level=0.95)
    kept = found[found["buyers"] == "all"].set_index("group")["is_kept"]
    assert kept["lapsed"] == is_kept
    assert kept[["active", "slipping"]].isna().all()


def test_nine_customers_judge_no_claim_and_no_customers_have_no_record():
    few = stages.track_record(counts(("lapsed", True, 9, 9, 0.5)), lapsed_share=0.1, level=0.95)
    assert few["is_kept"].isna().all()
    assert stages.track_record(counts(), lapsed_share=0.1, level=0.95).empty


@pytest.mark.parametrize("name", ["pareto_nbd", "mbg_nbd"])
def test_stages_and_models_of_buying_do_not_contradict_each_other(
    cdnow_days: pd.DataFrame, cdnow_whole: Rows, name: str
):
    rule = lifecycle.Rule(comeback_days=182, slipping_share=0.5, lapsed_share=0.1, loyal_purchase_count=4)
    table = ibis.duckdb.connect().create_table("days", cdnow_days)
    days = table.mutate(purchased_on=table.purchased_on.cast("date"))
    told = lifecycle.stages(days, as_of=date(1998, 6, 30), rule=rule).to_pandas().sort_values("customer_id")
    model = MODELS[name]
    fit = fitting.fit(model, cdnow_whole, level=0.95)
    buys = cdnow_whole.spread(prediction.p_buys(cdnow_whole, fit=fit, model=model, weeks=26))
    alive = cdnow_whole.spread(model.p_alive(fit.theta, cdnow_whole))
    group = told["stage"].where(told["stage"].isin(["slipping", "lapsed"]), "active").to_numpy()
    frame = pd.DataFrame({"alive": alive, "buys": buys, "comeback": told["comeback_share"].to_numpy(), "group": group})
    means = frame.groupby("group").mean().loc[["active", "slipping", "lapsed"]]
    assert (frame["group"].value_counts() > 100).all()
    assert (means[["buys", "comeback"]].diff().dropna() < -0.02).all(axis=None)
    # who bought once long ago may be alive to a model and buy once in ten years: alive orders the active alone
    assert means["alive"].idxmax() == "active"
    assert frame["comeback"].corr(frame["buys"], method="spearman") > 0.7
