"""In which order a director reads the claims of a report: warnings first, then by what they mean in money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

Row = Mapping[Any, Any]
Weight = tuple[bool, float]
"""Whether a claim warns, and the money that it means in the report's currency."""
SUMS = (
    "clv_total", "clv_forecast", "clv_budget", "churn_at_risk", "churn_subscribers_at_risk", "churn_offer", "best_step",
    "best_action",
)  # fmt: skip
"""Findings whose value is the money they mean."""
FALLS = ("revenue_change", "revenue_year_change", "moved")
"""Findings that warn where their whole interval is below zero."""
LIGHT: Weight = (False, 0.0)


def weights(findings: Iterable[Row], tables: Path) -> dict[tuple[str, str], Weight]:
    """What each finding of a report means, by notebook and key; a state, such as who holds which share, means no money.

    Parameters
    ----------
    findings
        Each with notebook, key, value, high.
    tables
        The folder that holds a folder of tables for each notebook.
    """
    revenue = _rows(tables / "exploration" / "changes.csv", by="measure").get("revenue", {})
    stages = _rows(tables / "segmentation" / "stages.csv", by="stage")
    differences = {
        "revenue_change": _difference(revenue, "previous"),
        "revenue_year_change": _difference(revenue, "year_before"),
        "slipping_amount_share": _known(stages.get("slipping", {}).get("amount")),
    }
    return {(one["notebook"], one["key"]): (_warns(one, tables), _money(one, differences)) for one in findings}


def _money(finding: Row, differences: Mapping[str, float]) -> float:
    value = finding["value"] if finding["key"] in SUMS else differences.get(finding["key"])
    return abs(_known(value))


def _warns(finding: Row, tables: Path) -> bool:
    """Whether it says that something fell, or that forecasts are not to be used, or have begun long ago."""
    if finding["key"] == "clv_verdict":
        return not _is_usable(tables / "clv" / "values.csv")
    if finding["key"] == "clv_begun":
        return True
    return finding["key"] in FALLS and finding["high"] is not None and finding["high"] < 0


def _is_usable(path: Path) -> bool:
    return path.is_file() and bool(pd.read_csv(path)["is_usable"].astype(bool).all())


def _rows(path: Path, *, by: str) -> dict[str, Row]:
    """The rows of a table by one of its columns; none where it was not kept."""
    return {str(row[by]): row for row in pd.read_csv(path).to_dict("records")} if path.is_file() else {}


def _difference(row: Row, before: str) -> float:
    return _known(row.get("current")) - _known(row[before]) if not pd.isna(row.get(before)) else 0.0


def _known(value: Any) -> float:
    """A number, 0 where there is none."""
    return 0.0 if value is None or pd.isna(value) else float(value)
