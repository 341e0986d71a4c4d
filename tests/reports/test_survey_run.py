"""The survey notebook as published: the tables and findings that others build on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from tests.outputs import documented


def test_findings_and_tables_are_those_of_the_contract(demo_report: Path) -> None:
    findings = json.loads((demo_report / "manifest.json").read_text(encoding="utf-8"))["findings"]
    keys = {one["key"] for one in findings if one["notebook"] == "survey"}
    assert keys == set(documented("Findings of survey"))
    tables = documented("tables/survey/")
    folder = demo_report / "tables" / "survey"
    assert {path.name for path in folder.glob("*.csv")} == set(tables)
    for name, columns in tables.items():
        assert list(pd.read_csv(folder / name).columns) == columns.split(", "), name


def test_the_page_says_what_the_demos_customers_complain_of(demo_report: Path) -> None:
    findings = json.loads((demo_report / "manifest.json").read_text(encoding="utf-8"))["findings"]
    told = next(one for one in findings if one["key"] == "complaints")
    topics = pd.read_csv(demo_report / "tables" / "survey" / "topics.csv").set_index(["wave", "method", "topic"])
    assert told["claim"].startswith("Most complaints are about delivery: ")
    row = topics.loc[("w4", "codebook", "delivery")]
    assert [told["value"], told["low"]] == pytest.approx([row["complaint_share"], row["complaint_low"]], abs=1e-6)
    page = (demo_report / "survey.html").read_text(encoding="utf-8")
    assert "In their words, about delivery" in page
    assert "快递" in page, "a quotation in Chinese"


def test_weights_take_away_what_the_satisfied_add(demo_report: Path) -> None:
    """In the demo company the satisfied answer more often: without weights every score is too high."""
    scores = pd.read_csv(demo_report / "tables" / "survey" / "scores.csv")
    everybody = scores[(scores["group"] == "all") & (scores["statistic"] == "mean")]
    both = everybody.pivot(index=["wave", "item"], columns="weighted", values="estimate")
    assert (both[False] > both[True]).all()


def test_those_who_were_asked_are_the_frame_of_later_purchases(demo_report: Path) -> None:
    """The demo company delivers its invitations: nobody stands in for those who were asked."""
    findings = json.loads((demo_report / "manifest.json").read_text(encoding="utf-8"))["findings"]
    told = next(one for one in findings if one["key"] == "spend_per_point")
    rates = pd.read_csv(demo_report / "tables" / "survey" / "response_rates.csv")
    asked = rates.loc[rates["grouping"] == "wave", "invited"].sum()
    frame = re.search(r"Of those asked[^,]*, [\d,]+ of ([\d,]+) answered", told["evidence"])
    assert frame is not None, told["evidence"]
    assert 0 < int(frame[1].replace(",", "")) < asked, "of those asked, who had bought before"
