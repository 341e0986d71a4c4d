"""The churn notebook end to end: the tables and findings that others build on, on rich and thin data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests import cells, shops
from tests.outputs import documented


def table(report: Path, name: str, *, notebook: str = "churn") -> pd.DataFrame:
    return pd.read_csv(report / "tables" / notebook / f"{name}.csv", dtype={"customer_id": str})


def findings(report: Path, *, notebook: str = "churn") -> dict[str, dict[str, Any]]:
    record = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    return {finding["key"]: finding for finding in record["findings"] if finding["notebook"] == notebook}


def test_the_documented_tables_and_findings_are_those_of_runs(demo_report: Path, cdnow_report: Path) -> None:
    told = {name: columns.split(", ") for name, columns in documented("tables/churn/").items()}
    made = {
        path.stem: list(table(demo_report, path.stem).columns)
        for path in (demo_report / "tables" / "churn").glob("*.csv")
    }
    assert {f"{name}.csv": columns for name, columns in made.items()} == told
    told_of_both = set(findings(demo_report)) | set(findings(cdnow_report))  # the demo company lacks no table
    assert told_of_both == set(documented("Findings of churn"))


def test_no_two_pages_of_a_report_contradict_each_other(demo_report: Path) -> None:
    own = table(demo_report, "customers").query("definition == 'purchases'").set_index("customer_id")
    stages = table(demo_report, "customers", notebook="segmentation").set_index("customer_id")
    assert set(own.index[own["is_gone"]]) == set(stages.index[stages["stage"] == "lapsed"])
    assert set(own.index[own["risk_band"] == "high"]) == set(stages.index[stages["stage"] == "slipping"])
    values = table(demo_report, "customers", notebook="clv").set_index("customer_id")["p_alive"]
    pd.testing.assert_series_equal(own["p_alive"], values.reindex(own.index), rtol=1e-8)
    value = findings(demo_report, notebook="clv")["clv_verdict"]["value"]
    assert findings(demo_report)["churn_model"]["value"] == value


def test_what_is_at_risk_is_the_sum_of_its_customers(demo_report: Path) -> None:
    told, customers = findings(demo_report), table(demo_report, "customers")
    high = customers[customers["risk_band"] == "high"].groupby("definition")
    for definition, key in (("purchases", "churn_at_risk"), ("subscription", "churn_subscribers_at_risk")):
        assert told[key]["n"] == high.size()[definition]
        assert told[key]["value"] == pytest.approx(high["value_at_risk_amount"].sum()[definition], rel=1e-6)
        assert told[key]["low"] < told[key]["value"] < told[key]["high"]


def test_the_planted_hazards_of_the_demo_company_lie_in_their_intervals(demo_report: Path) -> None:
    terms = table(demo_report, "hazards").set_index("term")
    assert terms.loc["after a bad incident", "low"] < 0.6931 < terms.loc["after a bad incident", "high"]
    # of simulation.engagement_settings: monthly hazards, the first band
    for plan, log_ratio in (("plus", -0.427), ("family", -0.913)):
        assert terms.loc[plan, "low"] < log_ratio < terms.loc[plan, "high"]


def test_the_chances_of_the_demo_company_are_calibrated_and_better_than_recency(demo_report: Path) -> None:
    models = table(demo_report, "models")
    assert models["origin"].nunique() == 3, "rolling origins"
    assert models.groupby("origin")["model"].nunique().eq(3).all(), "recency, logistic and boosting side by side"
    best = str(models.groupby("model")["log_loss"].mean().idxmin())
    last = models[models["origin"] == models["origin"].max()].set_index("model")
    assert best != "recency alone"
    assert 0.9 <= last.loc[best, "calibration_slope"] <= 1.1
    assert last.loc[best, "log_loss"] < last.loc["recency alone", "log_loss"]
    assert findings(demo_report)["churn_leaving"]["low"] > 0
    high = table(demo_report, "customers").query("definition == 'purchases' and not is_gone")
    assert high["p_leaves"].notna().all(), "everybody who has not gone is told their chance"
    assert high["driver"].notna().mean() > 0.9, "and what speaks for it"


@pytest.mark.parametrize(
    "orders",
    [
        [("o1", "a", "2025-01-02", "10.00", "web"), ("o2", "b", "2025-01-03", "5.00", "web")],
        [(f"o{n}", f"c{n}", f"2024-{1 + n % 12:02d}-05", "10.00", "web") for n in range(60)],
    ],
    ids=["two customers", "nobody came back"],
)
def test_thin_data_run_and_say_what_is_unknown(orders: list[tuple[str, ...]], tmp_path: Path) -> None:
    path = shops.write_csv(tmp_path / "thin.csv", orders)
    orders_of = {"source": str(path)}
    names = cells.run("churn", is_drawn=True, as_of=shops.AS_OF.isoformat(), currency="CNY", orders=orders_of)
    assert names["lasting"] is None
    assert names["risk"].n == len(names["people"])
    assert "is at risk" in names["risk"].claim
