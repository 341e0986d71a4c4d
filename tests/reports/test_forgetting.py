"""Who was erased leaves the tables of superseded reports, and nothing else does."""

from __future__ import annotations

import errno
import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from helpers.contract import privacy
from helpers.errors import RunError
from helpers.reports import forgetting, publishing
from helpers.reports.manifest import output_checksums

LISTS = pd.DataFrame(
    {"customer_id": ["ann", "gone", "=1+1"], "note": ["a, b", 'said "no"', "x"], "amount": [1.5, 2, 3]}
)
AS_OF = date(2025, 1, 31)


def published(
    out: Path, text: str, *, erased: frozenset[str] = frozenset(), as_of: date = AS_OF, names: bool = True
) -> publishing.Published:
    """A report with tables that name customers, or with a page alone."""
    with publishing.lock(out, "shop"):
        work = publishing.begin(out, "shop", as_of)
        tables = work.folder / "tables" / "segmentation"
        tables.mkdir(parents=True)
        defused = LISTS.replace({"customer_id": {"=1+1": "'=1+1"}})
        defused.to_csv(tables / "list.csv", index=False, lineterminator="\n", encoding="utf-8-sig")
        LISTS.to_parquet(tables / "list.parquet", index=False)
        LISTS.drop(columns="customer_id").to_csv(tables / "notes.csv", index=False, lineterminator="\n")
        if not names:
            shutil.rmtree(tables)
        (work.folder / "page.html").write_text(text, encoding="utf-8")
        record = {"run_id": work.run_id, "outputs": output_checksums(work.folder)}
        (work.folder / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
        return publishing.publish(work, out, "shop", as_of, erased=erased)


def told(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


def test_reports_of_other_days_lose_who_was_erased_each_in_one_step_and_say_so(tmp_path: Path) -> None:
    days = [date(2024, 11, 30), date(2024, 12, 31)]
    for day in days:
        published(tmp_path, "a page", as_of=day)
    others = tmp_path / "shop" / "notes"
    others.mkdir()
    shutil.copy(tmp_path / "shop" / "2024-11-30" / "tables" / "segmentation" / "list.csv", others / "list.csv")
    before = told(tmp_path / "shop" / "2024-12-31")
    done = published(tmp_path, "the latest", erased=frozenset({"gone", "=1+1"}), names=False)
    assert (done.status, done.cleaned) == ("published", ("2024-11-30", "2024-12-31"))
    for day in days:
        folder = tmp_path / "shop" / day.isoformat()
        assert (folder / "tables" / "segmentation" / "list.csv").read_text("utf-8-sig") == (
            'customer_id,note,amount\nann,"a, b",1.5\n'
        )
        assert pd.read_parquet(folder / "tables" / "segmentation" / "list.parquet")["customer_id"].tolist() == ["ann"]
        assert (folder / "page.html").read_text("utf-8") == "a page"
        assert told(folder)["outputs"] == output_checksums(folder)
        assert [each["row_count"] for each in told(folder)["forgotten"]] == [4]
    assert told(tmp_path / "shop" / "2024-12-31")["run_id"] == before["run_id"]
    assert "gone" in (others / "list.csv").read_text("utf-8"), "a folder that is no report is somebody else's"
    assert not (tmp_path / ".work" / "shop").exists()
    assert not (tmp_path / "shop" / ".superseded").exists(), "what named them is kept nowhere"
    again = published(tmp_path, "the latest", erased=frozenset({"gone", "=1+1"}), names=False)
    assert (again.status, again.cleaned) == ("unchanged", ())


def test_what_a_kill_leaves_of_it_names_nobody_after_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(tmp_path, "a page", as_of=date(2024, 12, 31))
    exchange = publishing.exchange

    def killed(one: Path, other: Path) -> None:
        exchange(one, other)
        raise SystemExit

    monkeypatch.setattr(publishing, "exchange", killed)
    with pytest.raises(SystemExit):
        published(tmp_path, "the latest", erased=frozenset({"gone"}), names=False)
    monkeypatch.undo()
    published(tmp_path, "the latest", erased=frozenset({"gone"}), names=False)
    assert (tmp_path / "shop" / "2024-12-31" / "page.html").read_text("utf-8") == "a page"
    lists = list(tmp_path.rglob("list.csv"))
    assert lists
    assert not any("gone" in path.read_text("utf-8") for path in lists)


@pytest.mark.parametrize("step", ["copytree", "exchange"])
def test_a_report_whose_customers_cannot_be_taken_out_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    published(tmp_path, "a page", as_of=date(2024, 12, 31))
    folder = tmp_path / "shop" / "2024-12-31"
    before = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil if step == "copytree" else publishing, step, full)
    with pytest.raises(RunError, match=r"is full\. The report is published; earlier ones may still name"):
        published(tmp_path, "the latest", erased=frozenset({"gone"}), names=False)
    assert {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    monkeypatch.undo()
    assert published(tmp_path, "the latest", erased=frozenset({"gone"}), names=False).cleaned == ("2024-12-31",)


def test_superseded_reports_lose_who_was_erased(tmp_path: Path) -> None:
    published(tmp_path, "first")
    published(tmp_path, "second")
    kept = tmp_path / "shop" / ".superseded" / "2025-01-31.1"
    before = {path.name: path.read_bytes() for path in kept.rglob("*") if path.is_file()}
    published(tmp_path, "second", erased=frozenset({"somebody"}))
    assert {path.name: path.read_bytes() for path in kept.rglob("*") if path.is_file()} == before
    assert published(tmp_path, "third", erased=frozenset({"gone", "=1+1"})).status == "revised"
    for revision in (kept, kept.with_name("2025-01-31.2")):
        tables = revision / "tables" / "segmentation"
        assert (tables / "list.csv").read_text(encoding="utf-8-sig") == 'customer_id,note,amount\nann,"a, b",1.5\n'
        assert pd.read_parquet(tables / "list.parquet")["customer_id"].tolist() == ["ann"]
        assert (tables / "notes.csv").read_bytes() == before["notes.csv"]
        record = json.loads((revision / "manifest.json").read_text(encoding="utf-8"))
        assert record["outputs"] == output_checksums(revision)
    assert sorted(path.name for path in kept.parent.iterdir()) == ["2025-01-31.1", "2025-01-31.2"]


def test_the_contract_hands_erased_customers_to_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ibis

    erased = ibis.memtable({"customer_id": ["gone", "1001"]})
    privacy.hand_on(erased)
    assert forgetting.erased_customers(tmp_path) == frozenset()
    monkeypatch.setenv(privacy.ERASED_VARIABLE, str(tmp_path / "spill" / "clv.erased.parquet"))
    privacy.hand_on(erased)
    assert forgetting.erased_customers(tmp_path / "spill") == {"gone", "1001"}
