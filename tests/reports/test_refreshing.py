"""One page made anew beside pages that stay: the bytes of the others, and where each comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import commands, shops

KEPT = ("segmentation.html", "notebooks/segmentation.ipynb", "tables/segmentation/customers.csv")


def run(folder: Path, *options: str) -> Path:
    commands.succeeding("run", folder / "shop.yml", "--out", folder / "out", *options)
    return folder / "out" / "shop" / "2025-01-31"


def record(report: Path) -> dict[str, Any]:
    return dict(json.loads((report / "manifest.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, bytes]]:
    """A report of two pages of which exploration was refreshed with another parameter; how it was before."""
    folder = tmp_path_factory.mktemp("refreshed")
    source = shops.write_csv(folder / "orders.csv", shops.orders())
    shops.write_params(folder / "shop.yml", source, notebook="segmentation, exploration")
    report = run(folder)
    before = {path.relative_to(report).as_posix(): path.read_bytes() for path in report.rglob("*") if path.is_file()}
    former = record(report)
    shops.write_params(
        folder / "shop.yml",
        source,
        notebook="segmentation, exploration",
        more="exploration: {top_share: 0.3}\nsegmentation: {seed: 9}\n",
    )
    run(folder, "--only", "exploration")
    return report, former, before


def test_the_other_page_stays_to_the_byte(told: tuple[Path, dict[str, Any], dict[str, bytes]]) -> None:
    report, _, before = told
    for name in KEPT:
        assert (report / name).read_bytes() == before[name], name
    assert (report / "exploration.html").read_bytes() != before["exploration.html"]
    assert {path.relative_to(report).as_posix() for path in report.rglob("*") if path.is_file()} == set(before)
    assert (report.parent / ".superseded" / "2025-01-31.1" / "exploration.html").read_bytes() == before[
        "exploration.html"
    ]


def test_each_page_is_told_with_the_run_that_made_it(told: tuple[Path, dict[str, Any], dict[str, bytes]]) -> None:
    report, former, _ = told
    now = record(report)
    assert list(now) == list(former)
    assert [page["name"] for page in now["notebooks"]] == ["segmentation", "exploration"], "as the file orders them"
    assert now["provenance"]["segmentation"] == former["provenance"]["segmentation"]
    assert now["provenance"]["exploration"]["run_id"] == now["run_id"] != former["run_id"]
    assert now["parameters"]["exploration"]["top_share"] == 0.3
    assert now["parameters"]["segmentation"]["seed"] == 1, "with what the page was made"
    assert now["inputs"] == former["inputs"]

    def of_kept(told: dict[str, Any]) -> list[Any]:
        return [each for each in told["findings"] if each["notebook"] == "segmentation"]

    assert of_kept(now) == of_kept(former)
    assert len(now["findings"]) == len(former["findings"])


def test_the_overview_has_the_answers_of_both(told: tuple[Path, dict[str, Any], dict[str, bytes]]) -> None:
    overview = (told[0] / "index.html").read_text(encoding="utf-8")
    assert overview.count('class="answer"') == 2
    names = ("segmentation", "exploration")
    assert all(f'<h2><a href="{name}.html">' in overview for name in names)
    assert overview.index(f'<a href="{names[0]}.html">') < overview.index(f'<a href="{names[1]}.html">'), (
        "pages in order"
    )
