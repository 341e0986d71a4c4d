"""The scores of the airport's survey, with weights and without, to the digits that were worked out beside the kit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests import cells
from tests.conftest import missing


@pytest.fixture(scope="module")
def scores(regulars_data: Path, root: Path) -> pd.DataFrame:
    if not list((regulars_data / "sfo_survey").glob("*.parquet")):
        missing("DATA", f"sfo_survey/*.parquet is missing under REGULARS_DATA {regulars_data} (see data/README.md)")
    from helpers.params import read_report

    told = read_report(root / "params" / "sfo_survey.yml").params["survey"].model_dump(mode="json")
    left: pd.DataFrame = cells.run("survey", until="answer_bars.figure", **told)["scores"]
    return left[(left["group"] == "all")].set_index(["item", "statistic", "weighted", "wave"]).sort_index()


def test_the_overall_mark_of_four_years(scores: pd.DataFrame) -> None:
    plain, weighted = (scores.loc[("overall", "mean", used), "estimate"] for used in (False, True))
    assert plain.tolist() == pytest.approx([4.048, 4.038, 4.064, 4.003], abs=5e-4)
    assert weighted.tolist() == pytest.approx([4.044, 4.053, 4.071, 4.042], abs=5e-4)


def test_the_net_promoter_score_of_2017(scores: pd.DataFrame) -> None:
    found = [scores.loc[("recommend", "net_promoter_score", used, "2017")] for used in (False, True)]
    assert [row["estimate"] for row in found] == pytest.approx([0.398, 0.404], abs=5e-4)
    assert [row["n"] for row in found] == [2746, 2746]
