"""A published report run again: the same to the byte, or where it differs and what went in otherwise."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from tests import shops
from tests.commands import Done, regulars

REPORT = Path("shop") / "2025-01-31"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report that was published for two days, so that its overview tells of the earlier one."""
    folder = tmp_path_factory.mktemp("verified")
    params = shops.write_params(folder / "shop.yml", shops.write_csv(folder / "orders.csv", shops.orders()))
    for day in ("2024-12-31", "2025-01-31"):
        done = regulars("run", params, "--as-of", day, "--out", folder / "out")
        assert done.returncode == 0, done.stderr
    params.unlink()  # the manifest tells all that is needed
    return folder / "out"


def digests(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def verify(out: Path) -> Done:
    return regulars("verify", out / REPORT, cwd=out)


def test_a_report_comes_out_the_same_and_is_left_alone(out: Path) -> None:
    before = digests(out)
    done = verify(out)
    count = len(json.loads((out / REPORT / "manifest.json").read_text(encoding="utf-8"))["outputs"])
    assert (done.returncode, done.stdout) == (0, f"The same to the byte: {count} files.\n"), done.stderr
    assert digests(out) == before
    assert "publish" not in done.stderr


def test_other_inputs_are_named_with_the_cells_and_rows_that_they_change(out: Path) -> None:
    orders = out.parent / "orders.csv"
    former = orders.read_bytes()
    try:
        shops.write_csv(orders, [*shops.orders(), ("o400", "客1", "2025-01-30", "77.00", "shop")])
        done = verify(out)
    finally:
        orders.write_bytes(former)
    assert done.returncode == 7
    assert f"- input {orders} has another content: 400 rows then, 401 now" in done.stdout
    assert "- notebooks/exploration.ipynb differs from cell " in done.stdout
    with (out / REPORT / "tables" / "exploration" / "customers.csv").open(encoding="utf-8-sig") as file:
        customers = [one["customer_id"] for one in csv.DictReader(file)]
    row, n = customers.index("客1") + 1, len(customers)
    said = next(line for line in done.stdout.splitlines() if "exploration/customers.csv" in line)
    assert f"differs in 1 row ({n} rows then, {n} now), first in row {row}: order_count, last_on, amount" in said
    assert "客1" not in done.stdout, "no customer is named"


def test_a_file_that_was_changed_after_publishing_is_named(out: Path) -> None:
    page, extra = out / REPORT / "exploration.html", out / REPORT / "note.txt"
    former = page.read_text(encoding="utf-8")
    try:
        page.write_text(former.replace("customers", "clients"), encoding="utf-8")
        extra.write_text("mine", encoding="utf-8")
        done = verify(out)
    finally:
        page.write_text(former, encoding="utf-8")
        extra.unlink()
    assert done.returncode == 7
    lines = done.stdout.splitlines()
    assert lines == ["Changed since it was published:", "- exploration.html was changed", "- note.txt was added"]


def test_versions_and_the_revision_are_named(out: Path) -> None:
    path = out / REPORT / "manifest.json"
    former = path.read_text(encoding="utf-8")
    record = json.loads(former)
    record["packages"]["pandas"], record["git_revision"] = "2.0.0", "abc"
    try:
        path.write_text(json.dumps(record), encoding="utf-8")
        done = verify(out)
    finally:
        path.write_text(former, encoding="utf-8")
    assert done.returncode == 0, "what went in otherwise is no difference by itself"
    assert "- pandas 2.0.0 then, " in done.stdout
    assert "- the kit's revision abc then, " in done.stdout


def test_what_is_no_report_or_no_longer_fits_is_one_error(out: Path) -> None:
    done = regulars("verify", out / "shop")
    assert done.returncode == 5
    assert "must be the manifest of a published report; name a folder OUT/<report>/<as_of>." in done.stderr
    path = out / REPORT / "manifest.json"
    former = path.read_text(encoding="utf-8")
    record = json.loads(former)
    record["parameters"]["exploration"]["top_share"] = 7
    record["parameters"]["horoscope"] = {}
    try:
        path.write_text(json.dumps(record), encoding="utf-8")
        done = verify(out)
    finally:
        path.write_text(former, encoding="utf-8")
    assert done.returncode == 2
    assert "must fit the kit as it is today; 2 problems" in done.stderr
