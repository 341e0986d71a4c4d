"""Which reports are old enough to go: whole days of a report, the latest stay, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from helpers.__main__ import app
from helpers.reports import pruning, publishing
from helpers.reports.publishing import HeldError

DAYS = ("2024-11-30", "2024-12-31", "2025-01-31")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Two reports of three days each; the shop's first two days have a former revision, two days were refused."""
    places = [f"{name}/{day}" for name in ("shop", "cafe") for day in DAYS]
    places += [f"shop/.superseded/{day}.1" for day in DAYS[:2]] + [
        f"shop/.refused/{d}" for d in ("2024-10-31", "2025-02-28")
    ]
    for place in places:
        folder = tmp_path / place
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}", encoding="utf-8")
        (folder / "index.html").write_bytes(b"x" * 98)
    return tmp_path


def there(out: Path) -> set[str]:
    places = (path.parent.relative_to(out).as_posix() for path in out.rglob("manifest.json"))
    return {place for place in places if not place.startswith(".work")}


def test_the_latest_days_stay_and_older_ones_go_with_all_their_revisions(out: Path) -> None:
    old = pruning.outdated(out, keep=2)
    assert {each.folder.relative_to(out).as_posix() for each in old} == {
        *("cafe/2024-11-30", "shop/2024-11-30", "shop/.superseded/2024-11-30.1", "shop/.refused/2024-10-31"),
    }
    assert {each.size for each in old} == {100}
    assert pruning.outdated(out, keep=3) == []
    assert {each.report for each in pruning.outdated(out, keep=1, names=["cafe"])} == {"cafe"}


def test_a_dry_run_says_what_would_go_and_changes_nothing(out: Path) -> None:
    before = there(out)
    done = CliRunner().invoke(app, ["prune", "--keep", "2", "--dry-run", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "would go: shop/.superseded/2024-11-30.1, 0.0 MB" in done.output
    assert "4 folders; run without --dry-run to free 0.0 MB." in done.output
    assert there(out) == before


def test_what_is_old_goes_and_the_list_is_written_anew(out: Path) -> None:
    done = CliRunner().invoke(app, ["prune", "shop", "--keep", "1", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert there(out) == {*(f"cafe/{day}" for day in DAYS), "shop/2025-01-31", "shop/.refused/2025-02-28"}
    assert not (out / "shop" / ".superseded").exists()
    assert "2024-12-31" not in (out / "index.html").read_text(encoding="utf-8").partition("<code>shop")[2]
    assert not list((out / ".work").rglob("manifest.json"))
    again = CliRunner().invoke(app, ["prune", "shop", "--keep", "1", "--out", str(out)])
    assert again.output == "0 folders, 0.0 MB.\n"


def test_a_report_that_a_run_holds_is_left_alone(out: Path) -> None:
    before = there(out)
    with publishing.lock(out, "cafe"), pytest.raises(HeldError):
        pruning.prune(out, keep=1, names=["cafe"])
    assert there(out) == before


def test_no_folder_of_reports_is_nothing_to_prune(tmp_path: Path) -> None:
    assert pruning.outdated(tmp_path / "none", keep=1) == []
