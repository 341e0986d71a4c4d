"""The notebook on lifetime value end to end: published answers on its page, tables that others build on, thin data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests import commands, shops
from tests.outputs import documented

Run = Callable[..., Path]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Publish the lifetime values of a params file, and say where."""

    def make(params: Path) -> Path:
        out = tmp_path_factory.mktemp("out")
        commands.succeeding("run", params, "--only", "clv", "--out", out, "--refuse", "never")
        return next(path for path in out.glob("*/*/manifest.json")).parent

    return make


@pytest.fixture(scope="module")
def sample(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 2,357 customers of the papers, the last 39 weeks held out."""
    path = tmp_path_factory.mktemp("sample") / "sample.yml"
    path.write_text("title: CDNOW\nas_of: 1998-06-30\ncurrency: USD\norders: cdnow_sample\n", encoding="utf-8")
    return run(path)


@pytest.fixture(scope="module")
def demo(demo_report: Path) -> Path:
    return demo_report


def table(report: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(report / "tables" / "clv" / f"{name}.csv", dtype={"customer_id": str})


def findings(report: Path) -> dict[str, dict[str, Any]]:
    record = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    return {finding["key"]: finding for finding in record["findings"] if finding["notebook"] == "clv"}


def test_the_documented_tables_and_findings_are_those_of_a_run(demo: Path) -> None:
    told = {name: columns.split(", ") for name, columns in documented("tables/clv/").items()}
    made = {path.stem: list(table(demo, path.stem).columns) for path in (demo / "tables" / "clv").glob("*.csv")}
    assert {f"{name}.csv": columns for name, columns in made.items()} == told
    assert set(findings(demo)) == set(documented("Findings of clv")) - {"clv_channels", "clv_begun"}


def test_the_columns_that_were_promised_come_first(sample: Path) -> None:
    promised = {
        "parameters": "model parameter estimate standard_error low high",
        "models": "model log_likelihood aic bic holdout_purchase_count actual_purchase_count mae rmse msle bias",
        "customers": "customer_id frequency recency_weeks age_weeks p_alive expected_purchase_count low high "
        "expected_spend_amount clv_amount clv_low clv_high comeback_share next_order_on",
    }
    for name, columns in promised.items():
        wanted = columns.split()
        assert list(table(sample, name).columns)[: len(wanted)] == wanted


def test_the_published_answers_are_on_the_page(sample: Path) -> None:
    """Fader, Hardie and Lee (2005), and BTYD, BTYDplus and CLVTools on the same sample."""
    models = table(sample, "models").set_index("model")
    published = {
        "pareto_nbd": (-9594.976, 1665.4, 0.7545, 1.603),
        "bg_nbd": (-9582.429, 1653.4, 0.7855, 1.608),
        "mbg_nbd": (-9582.136, 1576.7, 0.7648, 1.607),
    }
    for name, (likelihood, total, mae, rmse) in published.items():
        row = models.loc[name]
        assert row["log_likelihood"] == pytest.approx(likelihood, abs=1e-3)
        assert row["holdout_purchase_count"] == pytest.approx(total, abs=0.5)
        assert row["actual_purchase_count"] == 1882
        assert row["mae"] == pytest.approx(mae, abs=1e-3)
        assert row["rmse"] == pytest.approx(rmse, abs=1e-3)
    fitted = table(sample, "parameters")
    fitted = fitted[fitted["fitted_until"] == "1997-09-30"].set_index(["model", "parameter"])["estimate"]
    for parameter, value in {"r": 0.5533, "alpha": 10.578, "s": 0.6060, "beta": 11.664}.items():
        assert fitted["pareto_nbd", parameter] == pytest.approx(value, rel=5e-3)


def test_the_customers_add_up_to_the_value_of_all(sample: Path) -> None:
    people, total = table(sample, "customers"), findings(sample)["clv_total"]
    assert len(people) == 2357
    assert people["clv_amount"].sum() == pytest.approx(total["value"], rel=0.02), (
        "the mean of draws against expectations"
    )
    assert total["low"] < people["clv_amount"].sum() < total["high"]
    assert (people["clv_low"] <= people["clv_high"]).all()
    assert people["p_alive"].between(0, 1).all()
    parquet = pd.read_parquet(sample / "tables" / "clv" / "customers.parquet")
    assert parquet["customer_id"].tolist() == people["customer_id"].tolist()
    assert parquet["clv_amount"].to_numpy() == pytest.approx(people["clv_amount"].to_numpy())


def test_the_answer_opens_with_the_verdict(sample: Path) -> None:
    record = json.loads((sample / "manifest.json").read_text(encoding="utf-8"))
    assert record["headline"].startswith("The model can be used: on 39 weeks")


def test_what_must_not_be_used_is_marked_wherever_it_stands(run: Run, tmp_path: Path) -> None:
    """A total that may be off by next to nothing is off by more, and every number that rests on the model says so."""
    rows = shops.orders(400)
    people = pd.DataFrame({"customer_id": sorted({row[1] for row in rows})})
    people["acquisition_channel"] = ["ad", "mail"] * (len(people) // 2) + ["ad"] * (len(people) % 2)
    people["acquisition_cost"] = 5.0
    people.to_csv(tmp_path / "customers.csv", index=False)
    source = shops.write_csv(tmp_path / "orders.csv", rows)
    strict = (
        f"customers:\n  source: {tmp_path / 'customers.csv'}\n"
        "clv:\n  off_share: 0.0001\n  budget_amount: 100\n  models: [bg_nbd]\n  draw_count: 50\n"
    )
    report = run(shops.write_params(tmp_path / "strict.yml", source, notebook="clv", more=strict))
    told = findings(report)
    rests = {
        *(
            "clv_parameters",
            "clv_purchases",
            "clv_total",
            "clv_high_tier",
            "clv_lever",
            "clv_best_channel",
            "clv_budget",
        ),
        *("clv_forecast", "clv_next_orders", "clv_comeback_once", "clv_comeback_repeatedly"),
    }
    mark = "Do not use for budgets and totals"
    assert {key for key, one in told.items() if one["sentence"].startswith(mark)} == rests
    for name in ("values", "tiers", "levers", "channels", "budget", "forecast"):
        made = table(report, name)
        assert list(made.columns[-2:]) == ["is_usable", "reason"]
        assert not made["is_usable"].any(), name
        assert made["reason"].str.contains("total_off").all(), name
    people = table(report, "customers")
    assert (people["is_usable"] == people["reason"].isna()).all()
    assert not people["reason"].fillna("").str.contains("total_off").any(), "a total says nothing of telling apart"
    page = (report / "clv.html").read_text(encoding="utf-8")
    assert page.count(f"<caption>{mark}") == 5, "parameters, tiers, channels, budget, forecast"
    assert page.count(f'alt="{mark}') + page.count(f'aria-label="{mark}') >= 7


def test_what_is_to_come_of_stale_data_is_said_to_have_begun(sample: Path, run: Run, tmp_path: Path) -> None:
    params = tmp_path / "stale.yml"
    params.write_text("title: CDNOW\nas_of: 1999-06-30\ncurrency: USD\norders: cdnow_sample\n", encoding="utf-8")
    stale = run(params)
    told, before = findings(stale), findings(sample)
    assert "clv_begun" not in before
    assert told["clv_begun"]["value"] == 365
    assert "30 June 1998" in told["clv_begun"]["claim"]
    assert "should bring" in before["clv_forecast"]["claim"]
    assert "should have brought" in told["clv_forecast"]["claim"]
    assert told["clv_total"]["value"] == before["clv_total"]["value"], "from the day on which the data end"
    cards = ["today's customers" in (report / "clv.html").read_text(encoding="utf-8") for report in (sample, stale)]
    assert cards == [True, False]


@pytest.mark.parametrize(
    ("orders", "told"),
    [
        (shops.orders(400), "clv_verdict"),
        ([(f"o{n}", f"客{n}", f"2024-{1 + n % 12:02d}-05", "10.00", "web") for n in range(60)], "clv_verdict"),
        ([("o1", "客1", "2025-01-02", "10.00", "web"), ("o2", "客2", "2025-01-03", "5.00", "web")], "clv_verdict"),
    ],
    ids=["a shop", "everybody bought once", "two customers of one month"],
)
def test_thin_data_have_a_page_that_says_what_cannot_be_told(run: Run, tmp_path: Path, orders: Any, told: str) -> None:
    source = shops.write_csv(tmp_path / "orders.csv", orders)
    report = run(shops.write_params(tmp_path / "thin.yml", source, notebook="clv"))
    assert findings(report)[told]["sentence"].endswith(".")
    if len(orders) > 2:
        people = table(report, "customers")
        assert len(people) == len({row[1] for row in orders})
        assert people[["p_alive", "expected_purchase_count", "clv_amount"]].notna().all(axis=None)
    else:
        assert "is unknown" in findings(report)["clv_total"]["sentence"]
        made = {path.name for path in (report / "tables" / "clv").iterdir()}
        assert made == {"origins.csv", "parameters.csv"}, "no value that no model was tested for"
        amounts = [one["sentence"] for one in findings(report).values() if "CNY" in one["sentence"]]
        assert amounts == [], "no total from two customers"
    page = (report / "clv.html").read_text(encoding="utf-8")
    assert "nan" not in page.lower().replace("finan", "").split("where this page comes from")[0].split("<style")[0]
