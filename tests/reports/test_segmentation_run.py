"""The segmentation notebook end to end: the tables and findings that others build on, on rich, thin and odd data."""

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
SCHEMES = ["eleven_segments", "rf_grid", "r_rfm_02", "r_rfm_03", "eight_types", "four_quadrants", "four_tiers"]
ACTIONS = """segmentation:
  own_schemes:
    新老:
      title: 新客与老客
      source: made here
      axes: {f: 2}
      segments:
        - {name: =新客, advice: welcome, where: {f: 0}}
        - {name: 老客, advice: keep, where: {f: 1}}
  schemes: [新老]
  scheme: 新老
  actions:
    - {segment: =新客, offer: 优惠券, channel: sms, owner: CRM, control_share: 0.2}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Publish the segmentation of a params file, and say where."""

    def make(params: Path, *options: str) -> Path:
        out = tmp_path_factory.mktemp("out")
        commands.succeeding("run", params, "--only", "segmentation", "--out", out, *options)
        return next(path for path in out.glob("*/*/manifest.json")).parent

    return make


@pytest.fixture(scope="module")
def demo(demo_report: Path) -> Path:
    return demo_report


@pytest.fixture(scope="module")
def shop(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of orders alone, with a scheme of its own whose segment is the beginning of a formula."""
    folder = tmp_path_factory.mktemp("shop")
    source = shops.write_csv(folder / "orders.csv", shops.orders())
    return run(shops.write_params(folder / "shop.yml", source, more=ACTIONS, notebook="segmentation"))


def table(report: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(report / "tables" / "segmentation" / f"{name}.csv", dtype={"customer_id": str})


def findings(report: Path) -> dict[str, dict[str, Any]]:
    record = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    return {finding["key"]: finding for finding in record["findings"] if finding["notebook"] == "segmentation"}


def test_the_documented_tables_and_findings_are_those_of_a_run(demo: Path) -> None:
    told = {name: columns.split(", ") for name, columns in documented("tables/segmentation/").items()}
    at = told["customers.csv"].index("SCHEMES")
    told["customers.csv"][at : at + 1] = SCHEMES
    made = {path.stem: list(table(demo, path.stem).columns) for path in (demo / "tables" / "segmentation").iterdir()}
    assert {f"{name}.csv": columns for name, columns in made.items()} == told
    keys = {key.replace("SCHEME", "eleven_segments") for key in documented("Findings of segmentation")}
    assert set(findings(demo)) == keys - {"advice"}


def test_the_columns_that_were_promised_come_first(demo: Path) -> None:
    scores = ["customer_id", "r_score", "f_score", "m_score"]
    promised = {
        "customers": [*scores, *SCHEMES, "stage", "tier", "value_amount"],
        "segments": "scheme segment customer_count customer_share order_count revenue_amount revenue_share".split(),
        "thresholds": "scheme measure score from to unit".split(),
        "transitions": "kind from to customer_count share low high".split(),
        "rules": "antecedent consequent support confidence lift count".split(),
    }
    for name, columns in promised.items():
        assert list(table(demo, name).columns)[: len(columns)] == columns


def test_every_scheme_holds_every_customer_and_all_revenue(demo: Path) -> None:
    people, sizes = table(demo, "customers"), table(demo, "segments")
    buyers = people[people["stage"] != "prospect"]
    for scheme in SCHEMES:
        own = sizes[sizes["scheme"] == scheme].set_index("segment")
        told, counted = own[~own["is_hidden"]], buyers[scheme].value_counts()
        money = buyers.groupby(scheme)["value_amount"].sum()
        assert set(counted.index) <= set(own.index), "every customer is in a segment of the scheme"
        for segment, row in told.iterrows():
            assert row["customer_count"] == counted.get(segment, 0)
            assert row["revenue_amount"] == pytest.approx(money.get(segment, 0.0))
        hidden = counted[counted.index.isin(own.index[own["is_hidden"]])]
        assert (hidden.min() if len(hidden) else 0) < 10, "a segment is hidden for its own sake, or with one that is"
    moves = table(demo, "transitions")
    told = moves[~moves["is_hidden"]].groupby("kind")["customer_count"].sum()
    assert told["eleven_segments"] <= len(people)
    assert told["stage"] <= len(people)
    assert set(told.index) == {"eleven_segments", "stage", "tier"}


def test_lists_respect_consent_and_keep_a_hold_out(demo: Path, root: Path) -> None:
    contacts, actions = table(demo, "contacts"), table(demo, "actions")
    assert contacts["customer_id"].is_unique
    assert set(contacts["consent"]) == {"given"}
    assert contacts.groupby("arm").size().to_dict() == {
        "contact": actions["contact_count"].sum(), "holdout": actions["holdout_count"].sum(),
    }  # fmt: skip
    assert actions["holdout_count"].min() > 0
    erased = pd.read_parquet(root / "data" / "demo" / "erasures")
    assert not set(contacts["customer_id"]) & set(erased["customer_id"])
    segment = table(demo, "customers").set_index("customer_id")["eleven_segments"]
    assert (contacts["customer_id"].map(segment) == contacts["segment"]).all()


def test_a_shop_of_orders_alone_has_a_page_that_says_what_is_missing(shop: Path) -> None:
    told = findings(shop)
    for key in ("tiers", "points", "goes_together", "groups"):
        assert told[key]["sentence"].endswith(".")
    assert told["tiers"]["value"] is None
    assert "No consents were delivered" in told["reachable"]["sentence"]
    page = (shop / "segmentation.html").read_text(encoding="utf-8")
    assert "小店 &lt;Shop&gt;" in page
    assert "Traceback" not in page
    assert {"tiers.csv", "points.csv", "rules.csv"}.isdisjoint(
        path.name for path in (shop / "tables" / "segmentation").iterdir()
    )


def test_a_scheme_of_ones_own_is_scored_and_its_names_run_nothing(shop: Path) -> None:
    people = table(shop, "customers")
    assert set(people["新老"]) == {"'=新客", "老客"}, "a spreadsheet must not run a segment's name"
    orders: dict[str, int] = {}
    for _, who, *_ in shops.orders():
        orders[who] = orders.get(who, 0) + 1
    expected = {who: "老客" if count >= 2 else "'=新客" for who, count in orders.items()}
    assert people.set_index("customer_id")["新老"].to_dict() == expected
    assert set(table(shop, "contacts")["segment"]) == {"'=新客"}


def test_two_customers_have_a_page_too(run: Run, tmp_path: Path) -> None:
    rows = [("o1", "客1", "2025-01-02", "10.00", "web"), ("o2", "客2", "2025-01-03", "0.00", "web")]
    params = shops.write_params(
        tmp_path / "two.yml", shops.write_csv(tmp_path / "two.csv", rows), notebook="segmentation"
    )
    report = run(params, "--refuse", "never")
    assert table(report, "customers")["stage"].tolist() == ["new", "new"]
    assert findings(report)["lapsed_share"]["low"] is None


def test_rows_after_the_day_change_no_byte(run: Run, tmp_path: Path) -> None:
    pages = []
    for after in (0, 60):
        source = shops.write_csv(tmp_path / "orders.csv", shops.orders(after=after))
        report = run(shops.write_params(tmp_path / "shop.yml", source, notebook="segmentation"))
        files = [report / "segmentation.html", *sorted((report / "tables" / "segmentation").iterdir())]
        pages.append({path.name: path.read_bytes() for path in files})
    assert pages[0] == pages[1]
