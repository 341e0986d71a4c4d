"""Who was erased leaves the tables of superseded reports, and nothing else does."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from helpers.contract import privacy
from helpers.reports import forgetting, publishing
from helpers.reports.manifest import output_checksums

LISTS = pd.DataFrame(
    {"customer_id": ["ann", "gone", "=1+1"], "note": ["a, b", 'said "no"', "x"], "amount": [1.5, 2, 3]}
)
AS_OF = date(2025, 1, 31)


def published(out: Path, text: str, *, erased: frozenset[str] = frozenset()) -> publishing.Published:
    with publishing.lock(out, "shop"):
        work = publishing.begin(out, "shop", AS_OF)
        tables = work.folder / "tables" / "segmentation"
        tables.mkdir(parents=True)
        defused = LISTS.replace({"customer_id": {"=1+1": "'=1+1"}})
        defused.to_csv(tables / "list.csv", index=False, lineterminator="\n")
        LISTS.to_parquet(tables / "list.parquet", index=False)
        LISTS.drop(columns="customer_id").to_csv(tables / "notes.csv", index=False, lineterminator="\n")
        (work.folder / "page.html").write_text(text, encoding="utf-8")
        record = {"run_id": work.run_id, "outputs": output_checksums(work.folder)}
        (work.folder / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
        return publishing.publish(work, out, "shop", AS_OF, erased=erased)


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
        assert (tables / "list.csv").read_text(encoding="utf-8") == 'customer_id,note,amount\nann,"a, b",1.5\n'
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
