"""The command line: help that teaches, check, new and list, and one message with its exit code for every mistake."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from helpers import __main__ as command_line
from helpers.contract import loading
from helpers.errors import ContractError, NotebookError, RefusedError
from helpers.params import NOTEBOOKS, ExplorationParams, read_report
from helpers.reports.run_events import Event
from tests import commands, shops

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line; returns its exit code, what it printed and what it complained of."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["regulars", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return shops.write_params(tmp_path / "shop.yml", shops.write_csv(tmp_path / "orders.csv", shops.orders(after=7)))


def test_help_tells_the_commands_and_exit_codes(call: Call) -> None:
    code, out, _ = call("--help")
    assert code == 0
    for word in ("run", "check", "new", "list", "Exit codes", "3 data that break the", "5 the", "6 refused"):
        assert word in out
    assert "params/cdnow.yml --as-of 1998-03-31" in call("run", "--help")[1]


def test_a_copied_process_calls_it_as_a_new_one_does(tmp_path: Path) -> None:
    """The tests of runs call the command line by `tests/commands.py`: what that gives is what a shell would see."""
    for arguments in (["list"], ["run", "nothing.yml"], ["--no-such-option"]):
        command = [sys.executable, "-m", "helpers", *arguments]
        environment = dict(os.environ)  # what libraries in C have set in this process is no part of it
        real = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        copied = commands.regulars(*arguments, cwd=tmp_path)
        assert (copied.returncode, copied.stdout) == (real.returncode, real.stdout)
        assert copied.stderr == real.stderr.replace("python -m helpers", "regulars")


def test_a_failure_is_worse_than_a_refusal() -> None:
    assert command_line._worst([RefusedError("a"), ContractError("b"), NotebookError("c")]) == 4
    assert command_line._worst([RefusedError("a")]) == 6


def test_list_shows_every_parameter_with_type_unit_and_default(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    narrow = call("list")[1]
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = call("list")
    assert code == 0
    for name in (name for model in NOTEBOOKS.values() for name in model.model_fields):
        assert name in out
        assert name in narrow, "a name is never folded"
    assert "whole number ≥ 1, ≤ 3660" in out
    assert "days" in out
    assert "params/cdnow.yml" in out
    assert "1998-06-30" in out


def test_list_names_types_as_a_reader_would(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    lines = call("list")[1].splitlines()
    told = {line.split()[0]: " ".join(line.split()[1:]) for line in reversed(lines) if line.strip()}
    for name, start in {
        "orders": "source cdnow",
        "products": "source or none none one row",
        "other_tables": "sources by name none",
        "abc_shares": "2 numbers share 0.8, 0.95",
        "breakdowns": "list of names columns channel, store",
        "models": "list of names names pareto_nbd",
        "margin_share": "number > 0, ≤ 1 or none share none",
        "recommend_owned": "yes or no yes or no no",
        "value_months": "list of whole numbers",
        "own_schemes": "schemes by name none",
        "tier_rules": "list of tier rules none",
    }.items():
        assert told[name].startswith(start), told[name]


@pytest.mark.parametrize("columns", [80, 120])
def test_list_fits_the_terminal(call: Call, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = call("list")[1]
    assert max(map(len, out.splitlines())) <= columns
    assert "whose customers" in out


def test_check_prints_the_ledger_and_runs_nothing(call: Call, shop: Path) -> None:
    code, out, _ = call("check", shop)
    assert code == 0
    assert "rows read" in out
    assert "400" in out
    assert "SHA-256" in out
    shown = {line.split("  ")[0]: line for line in out.splitlines()}
    for fact in ("customers", "orders", "revenue", "refunds", "days without orders", "orders by month", "a row is"):
        assert fact in shown, out
    assert "2024-02 to 2025-01" in shown["revenue by month"]
    assert "largest customers" in shown
    assert "Data health is green" in out
    assert "orders: 7 rows after 2025-01-31, invisible to the report." in out
    assert sorted(path.name for path in shop.parent.iterdir()) == ["orders.csv", "shop.yml"]


def test_check_speaks_from_another_day_if_told(call: Call, shop: Path) -> None:
    _, out, _ = call("check", shop, "--as-of", "2024-12-31")
    assert "as of 2024-12-31" in out
    assert "rows after 2024-12-31" in out


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("title: x\nas_of: 2025-01-31\norders: nowhere.csv\n", 2, "nowhere.csv"),
        ("title: x\nas_of: 2025-01-31\norders: cdnow\ntop_shaer: 1\n", 2, "Did you mean `top_share`?"),
        ("title: x\nas_of: 1990-01-01\norders: cdnow\n", 3, "1997-01-01"),
    ],
)
def test_a_mistake_gets_one_message_and_its_code(call: Call, tmp_path: Path, text: str, code: int, says: str) -> None:
    path = tmp_path / "x.yml"
    path.write_text(text, encoding="utf-8")
    got, _, err = call("check", path)
    assert got == code
    assert says in err
    assert err.startswith("error: ")
    assert "Traceback" not in err


def test_a_wrong_option_is_a_wrong_parameter(call: Call, shop: Path) -> None:
    assert call("run", shop, "--as-of", "soon")[0] == 2
    assert call("run", shop, "--engine", "steam")[0] == 2
    assert call("fly")[0] == 2


def test_new_writes_a_report_that_check_accepts(
    call: Call, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "project_root", lambda: tmp_path)
    code, out, _ = call("new", "mine", "--orders", shop.parent / "orders.csv")
    made = tmp_path / "params" / "mine.yml"
    assert code == 0
    assert "Wrote" in out
    assert "Unsure 1: " in out
    assert "#" in made.read_text(encoding="utf-8")
    report = read_report(made)
    assert report.name == "mine"
    assert (
        loading.load(**report.params["exploration"].delivery, root=tmp_path).orders.count().to_pyarrow().as_py() == 407
    )


def test_new_writes_where_it_is_told(call: Call, shop: Path, tmp_path: Path) -> None:
    code, out, _ = call("new", "mine", "--orders", shop.parent / "orders.csv", "--out", tmp_path / "ours" / "reports")
    made = tmp_path / "ours" / "reports" / "mine.yml"
    assert code == 0
    assert f"regulars check {made}" in out
    assert read_report(made).name == "mine"
    assert call("check", made)[0] == 0


def test_new_never_replaces_a_file_unasked(
    call: Call, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "project_root", lambda: tmp_path)
    made = tmp_path / "params" / "mine.yml"
    made.parent.mkdir()
    made.write_text("mine", encoding="utf-8")
    code, _, err = call("new", "mine", "--orders", shop.parent / "orders.csv")
    assert code == 2
    assert "exists already" in err
    assert made.read_text(encoding="utf-8") == "mine"
    assert call("new", "mine", "--orders", shop.parent / "orders.csv", "--force")[0] == 0


IMPORTED = """
import sys
from pathlib import Path
from helpers import __main__ as command_line
root = Path(sys.argv[1])
command_line.project_root = lambda: root
sys.argv = ["regulars", *sys.argv[2:]]
try:
    command_line.main()
except SystemExit as ended:
    loaded = {"pandas", "scipy", "IPython", "matplotlib", "papermill", "nbformat", "ibis", "duckdb"} & set(sys.modules)
    print("IMPORTED", ended.code or 0, *sorted(loaded))
"""


def imported(folder: Path, *arguments: object) -> str:
    """The exit code of a command in a process of its own, and what it imported of all that takes long."""
    command = [sys.executable, "-c", IMPORTED, str(folder), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.rpartition("IMPORTED ")[2].strip()


def test_the_first_commands_import_what_reads_tables_and_no_more(shop: Path, tmp_path: Path) -> None:
    new = ("new", "tea", "--orders", tmp_path / "orders.csv", "--currency", "EUR")
    assert imported(tmp_path, *new) == "0 duckdb ibis"
    assert imported(tmp_path, "check", shop) == "0 duckdb ibis"
    assert imported(tmp_path, "check", "params/cdnow.yml") == "0 duckdb ibis"


def test_what_arguments_alone_refuse_is_refused_before_anything_is_imported(tmp_path: Path) -> None:
    shops.write_csv(tmp_path / "orders.csv", shops.orders())
    for wrong in (["new", "../tea", "--orders", "x.csv"], ["check", "nothing.yml"], ["check", "a", "--as-of", "soon"]):
        assert imported(tmp_path, *wrong) == "2"


def test_new_refuses_a_name_that_leaves_its_folder(call: Call, shop: Path) -> None:
    code, _, err = call("new", "../../x", "--orders", shop.parent / "orders.csv")
    assert code == 2
    assert "letters, digits" in err


def test_demo_writes_a_company_that_is_known_as_simulated(call: Call, tmp_path: Path) -> None:
    code, out, _ = call("demo", "--customers", "50", "--out", tmp_path / "company")
    assert code == 0
    assert "50 customers" in out
    orders = ExplorationParams(as_of=date(2024, 12, 31), orders=str(tmp_path / "company" / "orders"))
    assert loading.load(**orders.delivery).is_simulated
    assert call("demo", "--customers", "50", "--out", tmp_path / "company")[0] == 5, "what is there is never replaced"


def test_a_terminal_is_shown_how_far_a_run_is_and_no_thread_is_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    before = threading.active_count()
    with command_line._progress(2) as tell:
        tell(Event("begin", "", "cdnow", "1998-06-30", "exploration"))
        tell(Event("end", "cdnow: exploration: done", "cdnow", "1998-06-30", "exploration", exit_code=0))
        assert threading.active_count() == before, "children are forked from this process"
    told = capsys.readouterr().err
    assert "cdnow: exploration: done" in told
    assert "1/2" in told
