"""A budget shared out by incremental value, by hand and against linear programming."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from helpers.models.value import budget


def options(rows: list[tuple[str, float, float, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["option", "unit_cost_amount", "unit_value_amount", "most_count"])
    return frame.assign(unit_low=frame["unit_value_amount"] * 0.5, unit_high=frame["unit_value_amount"] * 1.5)


def test_the_best_return_comes_first_and_a_loss_never() -> None:
    plan = budget.share_out(
        options([("a", 10.0, 15.0, 20.0), ("b", 2.0, 8.0, 30.0), ("loss", 1.0, 0.9, 99.0)]), budget_amount=100
    )
    assert plan["option"].tolist() == ["b", "a", "loss"]
    assert plan["return_share"].tolist() == pytest.approx([3.0, 0.5, -0.1])
    assert plan["spent_amount"].tolist() == [60.0, 40.0, 0.0]
    assert plan["customer_count"].tolist() == [30.0, 4.0, 0.0]
    assert plan["net_amount"].tolist() == [180.0, 20.0, 0.0]
    assert plan["net_low"].tolist() == [60.0, -10.0, 0.0]
    assert plan["net_high"].tolist() == [300.0, 50.0, 0.0]
    # 33.33 each: 30 of b would cost 60, so 16.67 of them; 3.33 of a; 33.33 of the loss
    assert plan["even_net_amount"].tolist() == pytest.approx([100.0, 50 / 3, -10 / 3])


def test_what_does_not_pay_is_kept() -> None:
    plan = budget.share_out(options([("a", 10.0, 15.0, 2.0), ("loss", 5.0, 5.0, 9.0)]), budget_amount=100)
    assert plan["spent_amount"].sum() == 20.0


@pytest.mark.parametrize("seed", range(5))
def test_no_other_plan_brings_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [(str(i), *one) for i, one in enumerate(rng.uniform(0.5, 10, (8, 3)).tolist())]
    known = options(rows)
    plan = budget.share_out(known, budget_amount=30.0)
    net = known["unit_value_amount"] - known["unit_cost_amount"]
    bounds = [(0.0, most) for most in known["most_count"]]
    best = linprog(-net, A_ub=[known["unit_cost_amount"]], b_ub=[30.0], bounds=bounds)
    assert plan["net_amount"].sum() == pytest.approx(-best.fun)
    assert plan["spent_amount"].sum() <= 30.0 + 1e-9


def test_an_option_of_unknown_value_gets_nothing() -> None:
    plan = budget.share_out(options([("a", 1.0, float("nan"), 5.0), ("b", 1.0, 2.0, 5.0)]), budget_amount=100)
    assert plan["spent_amount"].tolist() == [5.0, 0.0]
    assert plan["net_amount"].tolist() == [5.0, 0.0]


def test_misuse() -> None:
    with pytest.raises(ValueError, match="budget_amount must be 0 or more, found -1"):
        budget.share_out(options([("a", 1.0, 1.0, 1.0)]), budget_amount=-1)
    with pytest.raises(ValueError, match="must cost more than 0"):
        budget.share_out(options([("a", 0.0, 1.0, 1.0)]), budget_amount=1)
    with pytest.raises(ValueError, match="extra_share must be 0 or more"):
        budget.acquisition_options(pd.DataFrame(), extra_share=-0.1)


def test_options_of_channels() -> None:
    channels = pd.DataFrame(
        {
            "channel": ["ads", "free"], "customer_count": [50, 9], "value_amount": [30.0, 20.0], "low": [25.0, 1.0],
            "high": [35.0, 40.0], "acquisition_cost_amount": [12.0, float("nan")],
        }
    )  # fmt: skip
    won = budget.acquisition_options(channels, extra_share=0.2)
    assert won.iloc[0].tolist() == ["win customers by ads", 12.0, 30.0, 25.0, 35.0, 10.0]
    assert len(won) == 1, "a channel without a known cost is no option"
    plan = budget.share_out(won, budget_amount=80.0)
    assert plan[["option", "spent_amount"]].to_numpy().tolist() == [["win customers by ads", 80.0]]


def test_totals_are_those_of_the_options_that_get_money() -> None:
    plan = budget.share_out(
        options([("a", 10.0, 15.0, 20.0), ("b", 2.0, 8.0, 30.0), ("loss", 1.0, 0.9, 99.0)]), budget_amount=100
    )
    totals = budget.totals(plan, budget_amount=100)
    assert (totals.spent_amount, totals.kept_amount) == (100.0, 0.0)
    assert (totals.net_amount, totals.net_low, totals.net_high) == (200.0, 50.0, 350.0)
    assert totals.even_net_amount == pytest.approx(100.0 + 50 / 3 - 10 / 3)
    short = budget.share_out(options([("a", 10.0, 15.0, 2.0), ("loss", 5.0, 5.0, 9.0)]), budget_amount=100)
    assert budget.totals(short, budget_amount=100).kept_amount == 80.0
