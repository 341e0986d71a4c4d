"""The registry of kinds of source: a new kind is one entry, and no ending or name belongs to two."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis.backends.duckdb import Backend

from helpers.connectors import source_registry
from helpers.connectors.delivery import connect, deliver
from helpers.connectors.locations import FoundFile, Location
from helpers.connectors.source_kinds import FileKind, NamedKind
from helpers.connectors.staging import Part, new_file
from helpers.errors import ParamsError
from helpers.schema.sources import TableSource


def stage_lines(connection: Backend, path: Path, *, name: str, source: TableSource) -> Part:
    """A file with a JSON object in each line."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    parquet = new_file(connection, ".parquet")
    pq.write_table(pa.Table.from_pylist(rows), parquet)
    return Part(name, parquet, path, len(rows), 1, (f"{name}: table {source.table}",))


def test_a_kind_of_file_is_read_once_it_is_in_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders.jsonl").write_text('{"customer_id": "a"}\n{"customer_id": "b"}\n', encoding="utf-8")
    source = TableSource(source="orders.jsonl")
    with pytest.raises(ParamsError, match=r"must be a file of a known kind: .*; found \.jsonl"):
        deliver(connect(), source, root=tmp_path)
    kind = FileKind("JSON lines", (".jsonl",), "JSON lines (.jsonl)", stage_lines)
    monkeypatch.setattr(source_registry, "FILE_KINDS", (*source_registry.FILE_KINDS, kind))
    delivered = deliver(connect(), source, root=tmp_path)
    assert delivered.table.order_by("_row").customer_id.to_pyarrow().to_pylist() == ["a", "b"]
    assert [(one.name, one.row_count) for one in delivered.inputs] == [("orders.jsonl", 2)]


def test_a_named_kind_is_read_once_it_is_in_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stage(connection: Backend, location: Location, *, source: TableSource, root: Path) -> list[Part]:
        parquet = new_file(connection, ".parquet")
        pq.write_table(pa.table({"customer_id": [source.table]}), parquet)
        return [Part(location.shown, parquet, None, 1, 1)]

    kind = NamedKind(lambda location: location.text == "crm", stage, ("crm",), has_canonical_tables=True)
    monkeypatch.setattr(source_registry, "NAMED_KINDS", (*source_registry.NAMED_KINDS, kind))
    source = source_registry.with_canonical_table(TableSource(source="crm"), "tickets")
    assert deliver(connect(), source, root=tmp_path).table.customer_id.to_pyarrow().to_pylist() == ["tickets"]


def test_a_stated_table_and_that_of_another_kind_stay() -> None:
    stated, file = TableSource(source="demo", table="points"), TableSource(source="demo.csv")
    assert source_registry.with_canonical_table(stated, "orders").table == "points"
    assert source_registry.with_canonical_table(file, "orders").table is None


def test_no_ending_and_no_name_belongs_to_two_kinds() -> None:
    endings = [ending for kind in source_registry.FILE_KINDS for ending in kind.endings]
    assert len(endings) == len(set(endings))
    assert len(source_registry.BUILT_INS) == len(set(source_registry.BUILT_INS))
    for name in source_registry.BUILT_INS:
        assert sum(kind.is_named(Location(name, name)) for kind in source_registry.NAMED_KINDS) == 1


@pytest.mark.parametrize(
    ("file", "kind"),
    [("a.csv", "text"), ("a.TSV", "text"), ("a.csv.gz", "text"), ("a.ods", "workbook"), ("a.pq", "Parquet"), ("a.db", "database")],
)  # fmt: skip
def test_a_file_is_of_the_kind_of_its_ending(file: str, kind: str) -> None:
    assert source_registry.file_kind([FoundFile(Path(file), file)], Location(file, file)).name == kind


@pytest.mark.parametrize(
    ("file", "shown"), [("a.parquet.gz", ".gz"), ("a.json", ".json"), ("a", "a name without an ending")]
)
def test_an_unknown_ending_is_named_with_all_known_kinds(file: str, shown: str) -> None:
    with pytest.raises(ParamsError) as caught:
        source_registry.file_kind([FoundFile(Path(file), file)], Location(file, file))
    assert str(caught.value) == (
        f"{file} must be a file of a known kind: CSV, TSV or TXT (also .gz), Excel (.xlsx, .xls, .ods), "
        f"Parquet (.parquet), DuckDB or SQLite (.duckdb, .db); found {shown}."
    )
