"""The page of a report that its data cannot carry, and what is said of it, without a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode, v4

from helpers.display.pages import PAGE, REFUSE_VARIABLE, Page, open_page
from helpers.display.wording import speaking
from helpers.errors import RefusedError
from helpers.params import Publication, Report, read_report
from helpers.reports import publishing, refusal
from tests import shops

HEAD = Page("小店 <Shop>", "31 January 2025", "1 May 2024 to 31 May 2024", "3 customers, 4 orders", "red", "It is red.")


class Data:
    """What a page asks of the tables that were read."""

    inputs = notes = remarks = ()
    is_simulated = False


def notebook(light: str, health: str) -> NotebookNode:
    page = {**HEAD.__dict__, "light": light, "health": health}
    shown = v4.new_output("display_data", {PAGE: {"page": page, "inputs": [], "notes": []}})
    return v4.new_notebook(cells=[v4.new_markdown_cell("# Who?"), v4.new_code_cell("1", outputs=[shown])])


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return read_report(shops.write_params(tmp_path / "shop.yml", tmp_path / "orders.csv"))


def refused(report: Report, folder: Path, *, last_good: str | None = None, **lights: str) -> tuple[str, str]:
    """The page, and what is said, where each notebook has this light and says so."""
    folder.mkdir()
    error = refusal.write(
        report,
        run_id="r",
        folder=folder,
        notebooks={name: notebook(light, f"It is {light}.") for name, light in lights.items()},
        seconds={},
        last_good=last_good,
    )
    return (folder / "index.html").read_text(encoding="utf-8"), str(error)


def test_each_reason_stands_once_with_the_notebooks_that_need_better_data(report: Report, tmp_path: Path) -> None:
    page, said = refused(report, tmp_path / "x", exploration="green", segmentation="red", clv="red")
    assert said == (
        "It is red.\n(notebooks: segmentation, clv)\n"
        "Report `shop`: refused, nothing was published; no earlier report is published."
    )
    assert "Needed by: segmentation, clv." in page
    assert "It is green" not in page
    assert "小店 &lt;Shop&gt;" in page
    assert "<script" not in page


def test_amber_is_a_reason_for_who_refuses_amber(report: Report, tmp_path: Path) -> None:
    strict = replace(report, publication=Publication(refuse="amber"))
    page, said = refused(strict, tmp_path / "x", last_good="2024-12-31", exploration="amber", clv="red")
    assert "It is amber.\n(notebooks: exploration)\nIt is red.\n(notebooks: clv)\n" in said
    assert said.endswith("the report of 2024-12-31 stays the latest.")
    assert 'href="../../2024-12-31/index.html"' in page
    record: dict[str, Any] = json.loads((tmp_path / "x" / "manifest.json").read_text(encoding="utf-8"))
    assert (record["status"], record["headline"], record["notebooks"]) == ("refused", "It is red.", [])
    assert set(record["outputs"]) == {"index.html"}


@pytest.mark.parametrize(
    ("refuse", "light", "stops"),
    [
        ("red", "red", True),
        ("red", "amber", False),
        ("amber", "amber", True),
        ("amber", "red", True),
        ("amber", "green", False),
        ("never", "red", False),
        (None, "red", False),
    ],
)
def test_a_notebook_stops_where_its_run_refuses_such_data(
    refuse: str | None, light: str, stops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(REFUSE_VARIABLE, raising=False)
    if refuse is not None:
        monkeypatch.setenv(REFUSE_VARIABLE, refuse)
    page = replace(HEAD, light=light)
    if stops:
        with pytest.raises(RefusedError, match=r"It is red\."):
            open_page(page, Data())
    else:
        open_page(page, Data())


def begun(out: Path, text: str) -> publishing.Work:
    """A run that is to be refused, whose page holds a text."""
    work = publishing.begin(out, "shop", shops.AS_OF)
    (work.folder / "manifest.json").write_text(json.dumps({"run_id": work.run_id}), encoding="utf-8")
    (work.folder / "index.html").write_text(text, encoding="utf-8")
    return work


def test_a_later_refusal_takes_the_place_of_the_former_even_where_it_is_killed_half_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "shop" / ".refused" / "2025-01-31" / "index.html"
    with publishing.lock(tmp_path, "shop"):
        publishing.refuse(begun(tmp_path, "first"), tmp_path, "shop", shops.AS_OF)
        assert page.read_text(encoding="utf-8") == "first"
        publishing.refuse(begun(tmp_path, "second"), tmp_path, "shop", shops.AS_OF)
        assert page.read_text(encoding="utf-8") == "second"
        assert not (tmp_path / ".work" / "shop").exists()

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with publishing.lock(tmp_path, "shop"):
        third = begun(tmp_path, "third")
        with monkeypatch.context() as patch:
            patch.setattr(publishing, "_remove", killed)
            with pytest.raises(KeyboardInterrupt):
                publishing.refuse(third, tmp_path, "shop", shops.AS_OF)
    publishing.recover(tmp_path)
    assert page.read_text(encoding="utf-8") == "third"
    assert not (tmp_path / "shop" / ".superseded").exists(), "a refusal is no revision of a report"
    assert not (tmp_path / ".work" / "shop").exists()


def test_a_refusal_is_said_in_the_language_of_the_report(report: Report, tmp_path: Path) -> None:
    with speaking("zh"):
        page, _ = refused(report, tmp_path / "x", last_good="2024-12-31", exploration="red", clv="red")
    assert '<html lang="zh-Hans">' in page
    assert "<h2>数据撑不起这份报告</h2>" in page
    assert "用到这批数据的页面：exploration、clv。" in page
    assert "在 shop.yml 里写上 <code>refuse: never</code>" in page
    assert '最近一期合格的报告是 <a href="../../2024-12-31/index.html">2024-12-31</a>，仍为最新。' in page
    assert "Nothing is claimed" not in page
