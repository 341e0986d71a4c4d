"""Campaigns read out and refused, small groups hidden, and a promise standardised by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.campaigns.readings import kept, last_sound, read, table

LEVEL = 0.95
KNOWN = ["purchase_count"]
ROWS = {
    # campaign, stage: customers of each arm, and how many took it up in control and in voucher
    ("a", "new"): (200, 20, 60),
    ("a", "loyal"): (100, 30, 30),
    ("b", "new"): (100, 10, 20),
    ("b", "loyal"): (300, 90, 96),
}


def arms(*, planned: float = 0.5) -> pd.DataFrame:
    made = [
        {"campaign_id": name, "arm": arm, "starts_on": f"2024-0{month}-01", "ends_on": f"2024-0{month}-28"}
        for month, name in ((1, "a"), (3, "b"))
        for arm in ("Control", "voucher")
    ]
    shares = [planned, 1 - planned] * 2
    return pd.DataFrame(made).assign(planned_share=shares)


def customers() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = []
    for (name, stage), (n, *taken) in ROWS.items():
        for arm, count in zip(("control", "voucher"), taken, strict=True):
            rows += [(name, f"{name}{stage}{arm}{k}", arm, stage, k % 5, int(k < count)) for k in range(n)]
    made = pd.DataFrame(rows, columns=["campaign_id", "customer_id", "arm", "stage", "purchase_count", "has_converted"])
    done = made.drop(columns=["stage", "purchase_count"])
    done = done.assign(arm_count=1, visit_count=np.nan, spend_amount=0.0, cost_amount=0.0)
    return done, made[["campaign_id", "customer_id", "stage", "purchase_count"]]


def readings(**planned: float) -> list:
    done, known = customers()
    return read(done, arms(**planned), known, features=KNOWN, margin_share=1.0, level=LEVEL)


def test_a_promise_is_the_earlier_effect_in_the_stages_of_the_last_campaign() -> None:
    """Effects of a: .2 in new, 0 in loyal; of the customers of b a quarter were new: .05. Shown: 116 less 100 of 400."""
    (one,) = kept(readings(), level=LEVEL)
    assert (one.campaign_id, one.earlier_id, one.arm) == ("b", "a", "voucher")
    assert one.promised.value == pytest.approx(0.05)
    assert one.shown.value == pytest.approx(0.04)
    assert one.gap.value == pytest.approx(-0.01)
    # variance by hand: 1/16 (.1 .9 + .3 .7) / 200 + 9/16 2 (.3 .7) / 100
    error = np.sqrt(0.30 / 200 / 16 + 9 / 16 * 0.42 / 100)
    assert one.promised.high - one.promised.value == pytest.approx(1.959964 * error, rel=1e-6)


def test_a_campaign_that_is_refused_shows_no_effect_and_promises_nothing() -> None:
    refused = readings(planned=0.3)
    assert [one.ratio.why for one in refused] == ["counts", "counts"]
    assert last_sound(refused) is None
    assert kept(refused, level=LEVEL) == []
    assert table(refused, smallest_cell=10).empty


def test_small_stages_are_hidden_with_the_next_and_the_totals_stay() -> None:
    shown = table(readings(), smallest_cell=150)
    hidden = shown[shown["is_hidden"]]
    assert set(hidden["segment"]) == {"loyal", "new"}, "a stage hidden alone could be worked out from the total"
    assert hidden[["customer_count", "mean", "effect", "p_value"]].isna().all().all()
    assert not shown.loc[shown["segment"] == "(all)", "is_hidden"].any()


def test_who_had_not_bought_before_is_a_stage_of_its_own() -> None:
    done, known = customers()
    found = read(done, arms(), known[known["stage"] != "new"], features=KNOWN, margin_share=1.0, level=LEVEL)
    assert set(found[0].segments["segment"]) == {"loyal", "no order yet"}
