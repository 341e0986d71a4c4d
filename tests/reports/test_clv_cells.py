"""The cells of the notebook on lifetime value: what each leaves for those after it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from helpers.models.evaluation import verdicts
from tests import cells, shops

FEW_DRAWS = {"models": ["bg_nbd", "mbg_nbd"], "draw_count": 50}


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    """CDNOW's sample of 2,357 customers over 78 weeks, the last 39 of them held out."""
    return cells.run("clv", orders={"source": "cdnow_sample"}, **FEW_DRAWS)


@pytest.fixture(scope="module")
def won(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A shop whose customers were won by two channels at known cost, with a budget to share out."""
    folder = tmp_path_factory.mktemp("won")
    rows = shops.orders(400)
    people = sorted({row[1] for row in rows})
    frame = pd.DataFrame({"customer_id": people})
    is_ad = frame.index % 2 == 0
    frame["acquisition_channel"] = pd.Series(is_ad).map({True: "广告", False: "mail"})
    frame["acquisition_cost"] = pd.Series(is_ad).map({True: 400.0, False: 5.0})
    frame.to_csv(folder / "customers.csv", index=False)
    orders = shops.write_csv(folder / "orders.csv", rows)
    return cells.run(
        "clv",
        as_of=shops.AS_OF.isoformat(),
        currency="CNY",
        orders={"source": str(orders)},
        customers={"source": str(folder / "customers.csv")},
        budget_amount=100.0,
        **FEW_DRAWS,
    )


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A shop of 28 days, too few to hold any out."""
    first = shops.AS_OF - timedelta(days=27)
    rows = [
        (f"o{n}", f"客{n % 17}", (first + timedelta(days=n * 5 % 28)).isoformat(), f"{10 + n % 7}.00", "web")
        for n in range(60)
    ]
    path = shops.write_csv(tmp_path_factory.mktemp("young") / "orders.csv", rows)
    return cells.run("clv", as_of=shops.AS_OF.isoformat(), currency="CNY", orders={"source": str(path)}, **FEW_DRAWS)


def test_models_are_judged_on_the_weeks_of_the_papers(sample: dict[str, Any]) -> None:
    assert sample["plan"].calibration_end == date(1997, 9, 30)
    assert sample["trial"].actual.sum() == 1882
    known = {fit.model: fit.theta for fit in sample["fits_known"]}
    # Fader, Hardie and Lee (2005), table 2
    assert known["bg_nbd"] == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=1e-3)


def test_values_are_made_with_all_78_weeks(sample: dict[str, Any]) -> None:
    assert sample["base"].fit is sample["fits"][sample["verdict"].model]
    assert sample["fits"]["bg_nbd"].theta == pytest.approx([0.2536, 5.4473, 0.6074, 2.6472], rel=2e-3)
    assert sample["histories"]["age_weeks"].max() == pytest.approx(77 + 6 / 7)
    assert set(sample["fitted"]["fitted_until"]) == {date(1998, 6, 30)}
    assert set(sample["fitted_known"]["fitted_until"]) == {date(1997, 9, 30)}


def test_the_forecast_is_tried_from_the_day_before_its_periods(sample: dict[str, Any]) -> None:
    # six periods of four weeks before the last day
    assert sample["before"].as_of == date(1998, 6, 30) - timedelta(weeks=24)
    assert sample["past"]["age_weeks"].max() == pytest.approx(53 + 6 / 7), "78 weeks less 24, less a day"
    assert len(sample["spend_past"]) == len(sample["past"]) == 2357
    assert sample["judged"].periods["starts_on"].min().date() == date(1998, 1, 14)
    assert sample["fit_past"].theta.tolist() != sample["fit"].theta.tolist()


def test_a_shop_of_28_days_is_told_no_value(young: dict[str, Any]) -> None:
    assert (young["plan"].calibration_end, young["trial"]) == (None, None)
    verdict = young["verdict"]
    assert (verdict.reasons, verdict.unfit_for) == (("no_holdout",), (verdicts.TOTALS, verdicts.CUSTOMERS))
    assert "too young to hold anything out" in young["trust"].sentence
    for name in ("total", "who", "lever"):
        assert young[name].sentence == (
            "What 17 customers will bring is unknown. The data are too young to test any model of it."
        )
    assert not young["has_channels"]
    assert young["made"] is None, "no forecast either"
    assert young["fitted_known"].empty


def test_a_budget_goes_to_the_channel_that_pays(won: dict[str, Any]) -> None:
    shared = won["shared"].set_index("option")
    assert shared["spent_amount"].sum() <= 100.0
    assert shared.loc["win customers by mail", "spent_amount"] > 0
    assert shared.loc["win customers by 广告", "spent_amount"] == 0.0, "400 each is more than a customer brings"
    economics = won["won"].set_index("channel")
    assert economics.loc["mail", "clv_to_cac"] > 1 > economics.loc["广告", "clv_to_cac"]


def test_without_a_budget_none_is_shared_out(sample: dict[str, Any], young: dict[str, Any]) -> None:
    assert "shared" not in sample
    assert "shared" not in young
