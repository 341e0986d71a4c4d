"""The order of claims, worked by hand: what fell and what cannot be trusted first, then what means most money."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from helpers.reports.ranking import weights


def finding(key: str, value: float | None = None, high: float | None = None, notebook: str = "n") -> dict[str, Any]:
    return {"notebook": notebook, "key": key, "value": value, "high": high}


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    kept = {
        "exploration/changes": [{"measure": "revenue", "current": 80.0, "previous": 100.0, "year_before": None}],
        "segmentation/stages": [{"stage": "slipping", "amount": 40.0}, {"stage": "active", "amount": 500.0}],
        "clv/values": [{"is_usable": True}, {"is_usable": True}],
    }
    for name, rows in kept.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        pd.DataFrame(rows).to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def test_by_hand(tables: Path) -> None:
    told = [
        finding("revenue_change", -0.2, -0.1), finding("revenue_year_change", 0.3, 0.4), finding("clv_total", 70.0, 90.0),
        finding("slipping_amount_share", 0.08), finding("top_share", 0.6, 0.7), finding("clv_verdict", 0.1, 0.2),
        finding("best_action", -30.0), finding("best_step"), finding("moved", -1.2, -1.0),
    ]  # fmt: skip
    found = {key: weight for (_, key), weight in weights(told, tables).items()}
    assert found == {
        "revenue_change": (True, 20.0), "revenue_year_change": (False, 0.0), "clv_total": (False, 70.0),
        "slipping_amount_share": (False, 40.0), "top_share": (False, 0.0), "clv_verdict": (False, 0.0),
        "best_action": (False, 30.0), "best_step": (False, 0.0), "moved": (True, 0.0),
    }  # fmt: skip
    in_order = sorted(found, key=lambda key: found[key], reverse=True)
    assert in_order[:4] == ["revenue_change", "moved", "clv_total", "slipping_amount_share"]


@pytest.mark.parametrize("is_usable", [False, None])
def test_a_model_that_is_not_to_be_used_warns(tables: Path, is_usable: bool | None) -> None:
    path = tables / "clv" / "values.csv"
    path.unlink()
    if is_usable is not None:
        pd.DataFrame([{"is_usable": True}, {"is_usable": is_usable}]).to_csv(path, index=False)
    assert weights([finding("clv_verdict", 0.9, 1.0)], tables) == {("n", "clv_verdict"): (True, 0.0)}
    assert weights([finding("clv_begun", 365.0)], tables) == {("n", "clv_begun"): (True, 0.0)}
