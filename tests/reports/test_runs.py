"""A report end to end, as the command line makes it: published whole, reproducible, or not at all."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from helpers.connectors.staged_once import STAGED_VARIABLE
from helpers.connectors.staging import SPILL_VARIABLE
from helpers.errors import RunError
from helpers.params import read_report
from helpers.reports import execution, publishing, runs
from tests import shops
from tests.commands import Done, regulars
from tests.outputs import documented


@pytest.fixture(scope="module")
def shop(small_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with shop.yml and out/, in which the report was published."""
    folder = tmp_path_factory.mktemp("shop") / "copied"
    shutil.copytree(small_shop, folder, symlinks=True)
    return folder


@pytest.fixture(scope="module")
def again(shop: Path) -> Done:
    """The same run a second time."""
    return regulars("run", shop / "shop.yml", "--out", shop / "out")


def published(folder: Path) -> Path:
    return folder / "out" / "shop" / "2025-01-31"


def manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((published(folder) / "manifest.json").read_text(encoding="utf-8")))


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (published(folder) / "tables" / "exploration" / f"{table}.csv").open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_page_manifest_tables_notebook_and_index(shop: Path) -> None:
    there = {path.relative_to(published(shop)).as_posix() for path in published(shop).rglob("*") if path.is_file()}
    assert {"exploration.html", "manifest.json", "notebooks/exploration.ipynb"} <= there
    assert {f"tables/exploration/{name}.csv" for name in ("ledger", "customers", "cohorts", "concentration")} <= there
    index = (shop / "out" / "index.html").read_text(encoding="utf-8")
    assert "shop/2025-01-31/exploration.html" in index
    assert "小店 &lt;Shop&gt;" in index


def test_the_tables_that_others_build_on(shop: Path) -> None:
    given = shops.orders()
    assert list(rows(shop, "ledger")[0])[:2] == ["table", "rule"]
    assert {"row_count", "amount", "first_example"} <= set(rows(shop, "ledger")[0])
    people = rows(shop, "customers")
    assert list(people[0]) == ["customer_id", "order_count", "first_on", "last_on", "amount"]
    assert sum(int(row["order_count"]) for row in people) == len(given)
    assert sum(float(row["amount"]) for row in people) == pytest.approx(sum(float(order[3]) for order in given))
    assert {"cohort", "age_months", "customer_count"} <= set(rows(shop, "cohorts")[0])
    first = [row for row in rows(shop, "cohorts") if row["age_months"] == "0"]
    known = sum(int(row["customer_count"]) for row in first if row["is_hidden"] == "False")
    hidden = sum(row["is_hidden"] == "True" for row in first)
    assert known < len(people), "some cohorts of this shop are too small to be told of"
    assert known + hidden <= len(people) < known + 20 * hidden, "every customer is once in a cohort"


def test_the_documented_tables_are_the_tables(shop: Path) -> None:
    told = {name: columns.split(", ") for name, columns in documented("tables/exploration/").items()}
    told["by_channel.csv"] = told.pop("by_COLUMN.csv")
    made = published(shop) / "tables" / "exploration"
    assert {
        path.name: path.read_text(encoding="utf-8-sig").splitlines()[0].split(",") for path in made.iterdir()
    } == told


def test_the_documented_manifest_is_the_manifest(shop: Path) -> None:
    keys = [key for row in documented("manifest.json") for key in row.split(", ")]
    assert keys == list(manifest(shop))
    told = set(documented("Findings of exploration")) - {"breakdown", "leading_COLUMN"} | {"leading_channel"}
    told -= {"revenue_year_change"}  # the shop is a year old
    assert {finding["key"] for finding in manifest(shop)["findings"]} == told
    assert set(manifest(shop)["findings"][0]) == {
        "notebook",
        "key",
        "value",
        "low",
        "high",
        "n",
        "unit",
        "sentence",
        "claim",
        "evidence",
    }


def test_the_manifest_accounts_for_what_went_in_and_came_out(small_shop: Path, shop: Path) -> None:
    record = manifest(shop)
    assert record["parameters"]["exploration"]["title"] == "小店 <Shop>"
    source = small_shop / "orders.csv"
    assert record["inputs"] == [
        {
            "name": str(source), "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
            "byte_count": source.stat().st_size, "row_count": 400,
        }
    ]  # fmt: skip
    for name, digest in record["outputs"].items():
        assert hashlib.sha256((published(shop) / name).read_bytes()).hexdigest() == digest
    assert set(record["outputs"]) == {
        path.relative_to(published(shop)).as_posix() for path in published(shop).rglob("*") if path.is_file()
    } - {"manifest.json"}
    assert record["packages"]["pandas"]
    assert record["seeds"] == {"exploration": 0}
    assert record["durations_seconds"]["exploration"] > 0
    change = next(finding for finding in record["findings"] if finding["key"].startswith("revenue_"))
    assert record["headline"] == change["claim"], "the first claim of the answer"


def test_findings_are_numbers_with_intervals_and_sentences(shop: Path) -> None:
    findings = {finding["key"]: finding for finding in manifest(shop)["findings"]}
    assert {"data_health", "order_value", "revenue_change", "repeat_rate", "next_month_retention", "top_share"} <= set(
        findings
    )
    people = rows(shop, "customers")
    days = {}
    for _, who, day, *_ in shops.orders():
        days.setdefault(who, set()).add(day)
    share = sum(len(seen) > 1 for seen in days.values()) / len(people)
    repeat = findings["repeat_rate"]
    assert repeat["value"] == pytest.approx(share)
    assert repeat["low"] < share < repeat["high"]
    assert (repeat["n"], repeat["unit"], repeat["notebook"]) == (len(people), "share", "exploration")


def test_the_page_shows_chinese_and_nothing_of_it_is_markup(shop: Path) -> None:
    page = (published(shop) / "exploration.html").read_text(encoding="utf-8")
    assert "小店 &lt;Shop&gt;" in page
    assert "<Shop>" not in page
    assert "<script" not in page
    assert "网店" in page


def test_a_second_run_leaves_the_report_alone(small_shop: Path, shop: Path, again: Done) -> None:
    assert again.returncode == 0, again.stderr
    assert "unchanged" in again.stderr
    assert (published(shop) / "manifest.json").read_bytes() == (published(small_shop) / "manifest.json").read_bytes()


def test_a_run_elsewhere_gives_the_same_bytes_and_a_quiet_one_says_nothing(shop: Path) -> None:
    elsewhere = regulars("run", shop / "shop.yml", "--out", shop / "elsewhere", "--quiet")
    assert (elsewhere.returncode, elsewhere.stdout, elsewhere.stderr) == (0, "", "")
    record = json.loads((shop / "elsewhere" / "shop" / "2025-01-31" / "manifest.json").read_text(encoding="utf-8"))
    assert record["outputs"] == manifest(shop)["outputs"]


def test_later_rows_change_no_byte_and_revise_nothing_and_a_relative_out_is_the_callers(
    small_shop: Path, tmp_path: Path
) -> None:
    def run() -> Done:
        return regulars("run", "shop.yml", "--out", "out", cwd=tmp_path)

    source = shops.write_csv(tmp_path / "orders.csv", shops.orders(after=50))
    shops.write_params(tmp_path / "shop.yml", source)
    first = run()
    assert first.returncode == 0, first.stderr
    folders = (small_shop, tmp_path)
    texts = [(published(folder) / "exploration.html").read_text(encoding="utf-8") for folder in folders]
    one, two = (text.replace(str(folder), "") for text, folder in zip(texts, folders, strict=True))
    assert one == two
    assert manifest(tmp_path)["inputs"][0]["row_count"] == 450
    before = (published(tmp_path) / "manifest.json").read_bytes()
    shops.write_csv(source, shops.orders(after=20))
    assert "unchanged" in run().stderr
    assert (published(tmp_path) / "manifest.json").read_bytes() == before
    assert not (tmp_path / "out" / "shop" / ".superseded").exists()


def test_a_report_that_its_data_cannot_carry_is_refused_and_never_looks_fresh(small_shop: Path, tmp_path: Path) -> None:
    shutil.copytree(small_shop / "out", tmp_path / "out", symlinks=True)
    params = small_shop / "shop.yml"
    done = regulars("run", params, "--out", tmp_path / "out", "--as-of", "2026-12-31")
    assert done.returncode == 6
    assert "the last order is of 31 January 2025" in done.stderr
    assert "the report of 2025-01-31 stays the latest" in done.stderr
    of_report = tmp_path / "out" / "shop"
    assert sorted(path.name for path in of_report.iterdir()) == [".refused", "2025-01-31", "index.html"]
    page = (of_report / ".refused" / "2026-12-31" / "index.html").read_text(encoding="utf-8")
    assert "not published" in page
    assert "the last order is of 31 January 2025, 699 days before the day of the report (limit 31)" in page
    assert "of revenue" not in page, "nothing is claimed"
    assert 'href="../../2025-01-31/index.html"' in page
    record = json.loads((of_report / ".refused" / "2026-12-31" / "manifest.json").read_text(encoding="utf-8"))
    assert (record["status"], record["findings"], record["data_health"]) == ("refused", [], "red")
    index = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert index.index("Not published as of 31 December 2026. Data health is red") < index.index(
        "As of 31 January 2025"
    )
    assert 'href="shop/.refused/2026-12-31/index.html"' in index

    again = regulars("run", params, "--out", tmp_path / "out", "--as-of", "2026-12-31", "--refuse", "never")
    assert again.returncode == 0, again.stderr
    assert not (of_report / ".refused").exists(), "once a report is made, nothing says that it was refused"
    assert "data health is red" in again.stderr
    record = json.loads((of_report / "2026-12-31" / "manifest.json").read_text(encoding="utf-8"))
    assert record["data_health"] == "red"
    assert record["headline"].startswith("Data health is red")
    assert "Data health is red" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    sentences = {finding["key"]: finding["sentence"] for finding in record["findings"]}
    assert "31 January 2025" in sentences["revenue_change"], "the last day with an order, or the day before"
    assert not [key for key, sentence in sentences.items() if "2026" in sentence], "nothing is told of later days"


def test_a_backfill_makes_the_reports_of_past_days_as_single_runs_do(shop: Path, tmp_path: Path) -> None:
    days = ("--from", "2024-12-01", "--to", "2025-01-31", "--every", "month")
    done = regulars("backfill", shop / "shop.yml", *days, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert sorted(path.parent.name for path in (tmp_path / "out").glob("shop/*/manifest.json")) == [
        *("2024-12-31", "2025-01-31"),
    ]
    last = tmp_path / "out" / "shop" / "2025-01-31"
    outputs = json.loads((last / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    assert {name for name, digest in outputs.items() if manifest(shop)["outputs"][name] != digest} == {"index.html"}
    assert 'href="../2024-12-31/index.html"' in (last / "index.html").read_text(encoding="utf-8"), (
        "what has moved since"
    )
    none = regulars("backfill", shop / "shop.yml", "--from", "2025-01-01", "--to", "2025-01-30")
    assert none.returncode == 2
    assert "no month ends from 2025-01-01 to 2025-01-30" in none.stderr


def test_days_of_a_report_share_a_folder_of_the_day_that_is_finished_last(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[execution.Job] = []

    def execute(jobs: list[execution.Job], **_: Any) -> None:
        given.extend(jobs)
        raise RunError("seen")

    monkeypatch.setattr(execution, "execute", execute)
    days = ("2025-01-31", "2024-11-30", "2024-12-31")
    with pytest.raises(RunError, match="seen"):
        runs.run([read_report(shop / "shop.yml", as_of=day) for day in days], out=tmp_path, limits=runs.Limits())
    assert len(given) == len(days)
    (shared,) = {job.environment[STAGED_VARIABLE] for job in given}
    assert Path(shared).is_relative_to(given[0].environment[SPILL_VARIABLE])


@pytest.mark.slow
def test_each_day_of_a_backfill_is_to_the_byte_what_a_run_of_that_day_makes(tmp_path: Path) -> None:
    params = tmp_path / "sample.yml"
    text = "title: Sample\nas_of: 1998-06-30\ncurrency: USD\norders: cdnow_sample\ndraw_count: 100\norigin_count: 2\n"
    params.write_text(f"{text}notebooks: [segmentation, clv, churn]\n", encoding="utf-8")
    days, light = ("1998-05-31", "1998-06-30"), ("--refuse", "never")
    together = ("--from", days[0], "--to", days[1], *light, "--out", tmp_path / "together")
    assert regulars("backfill", params, *together).returncode == 0
    for day in days:
        assert regulars("run", params, "--as-of", day, *light, "--out", tmp_path / "alone").returncode == 0
        alone = files_of(tmp_path / "alone" / "sample" / day)
        assert len({Path(name).name for name in alone if name.startswith("notebooks/")}) == 3
        assert files_of(tmp_path / "together" / "sample" / day) == alone


def files_of(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of a published report but the manifest, which tells of the run itself."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


def test_a_broken_file_publishes_nothing_and_keeps_the_last_report(shop: Path, tmp_path: Path) -> None:
    broken = [("o1", "a", "2025-01-01", "12.50", "shop"), ("o2", "b", "2025-01-02", "a lot", "shop")]
    params = shops.write_params(tmp_path / "shop.yml", shops.write_csv(tmp_path / "orders.csv", broken))
    before = (published(shop) / "manifest.json").read_bytes()
    done = regulars("run", params, "--out", shop / "out")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "amount" in done.stderr
    assert "a lot" in done.stderr
    assert "nothing was published" in done.stderr
    assert (published(shop) / "manifest.json").read_bytes() == before
    assert not list((shop / "out" / ".work").rglob("*.html"))


def test_a_wrong_parameter_answers_before_anything_runs(shop: Path, tmp_path: Path) -> None:
    params = shops.write_params(tmp_path / "shop.yml", shop / "orders.csv", more="top_shaer: 0.1\n")
    done = regulars("run", params, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "Did you mean `top_share`?" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_notebook_over_its_limit_is_the_machines_fault(shop: Path) -> None:
    done = regulars("run", shop / "shop.yml", "--out", shop / "limited", "--memory-limit", "100")
    assert done.returncode == 5
    assert "memory" in done.stderr
    assert not (shop / "limited" / "shop").exists()


def test_nothing_is_left_behind_but_locks_and_what_the_list_has_read(shop: Path) -> None:
    left = {path.name for path in (shop / "out" / ".work").rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert left == {".index.json"}


def test_two_reports_of_one_name_are_refused(shop: Path) -> None:
    done = regulars("run", shop / "shop.yml", shop / "shop.yml", "--out", shop / "twice")
    assert done.returncode == 2
    assert "name of its own" in done.stderr


def test_the_kernel_engine_makes_the_same_report(shop: Path) -> None:
    done = regulars("run", shop / "shop.yml", "--out", shop / "kernel", "--engine", "kernel")
    assert done.returncode == 0, done.stderr
    page = (shop / "kernel" / "shop" / "2025-01-31" / "exploration.html").read_bytes()
    assert page == (published(shop) / "exploration.html").read_bytes()


def test_each_report_is_published_when_it_is_ready_and_a_broken_or_held_one_delays_none(tmp_path: Path) -> None:
    source = shops.write_csv(tmp_path / "orders.csv", shops.orders())
    good = shops.write_params(tmp_path / "good.yml", source, more="tell_mail: [owner@example.org]\n")
    text = good.read_text(encoding="utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace(str(source), str(tmp_path / "nowhere.csv")), encoding="utf-8")
    broken.write_text(broken.read_text("utf-8").replace("[exploration]", "[exploration, clv]"), encoding="utf-8")
    held = tmp_path / "held.yml"
    held.write_text(text, encoding="utf-8")
    options = ("--out", tmp_path / "out", "--jobs", "1", "--wait", "0", "--log-format", "json")
    with publishing.lock(tmp_path / "out", "held"):
        done = regulars("run", held, good, broken, *options)
    assert done.returncode == 5, done.stderr
    steps = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(step["event"], step["report"], step["notebook"]) for step in steps] == [
        ("begin", "good", "exploration"),
        ("end", "good", "exploration"),
        ("publish", "good", None),
        ("begin", "broken", "exploration"),
        ("end", "broken", "exploration"),
        ("begin", "broken", "clv"),
        ("end", "broken", "clv"),
        ("fail", "broken", None),
        ("fail", "held", None),
        ("sum", None, None),
        *(("warn", name, None) for name in ("held", "good", "broken")),
    ]
    assert steps[9]["message"] == "3 reports: 2 failed, 1 published"
    assert steps[11]["message"] == (
        "good 2025-01-31: not told by mail: the environment variable REGULARS_MAIL_FROM is not set"
    )
    assert (tmp_path / "out" / "good" / "2025-01-31" / "index.html").is_file(), "told or not, it is published"
    ended = steps[1]
    assert set(ended) == {
        *("at", "level", "event", "report", "day", "notebook", "seconds", "memory_mb", "exit", "message"),
    }
    assert ended["day"] == "2025-01-31"
    assert ended["seconds"] > 0 < ended["memory_mb"]
    assert ended["exit"] == 0
    failed = next(step for step in steps if step["event"] == "fail" and step["report"] == "broken")
    assert (failed["level"], failed["exit"]) == ("error", 2)
    assert failed["message"].count("nowhere.csv") == 1, "one fault is told once"
    assert "(notebooks `exploration`, `clv`)" in failed["message"]


def test_a_quiet_run_says_what_went_wrong(shop: Path) -> None:
    refused = regulars("run", shop / "shop.yml", "--out", shop / "out", "--quiet", "--as-of", "2026-12-31")
    assert refused.returncode == 6
    assert refused.stderr.startswith("error: Data health is red")


def test_log_lines_are_dated_where_there_is_no_terminal(again: Done) -> None:
    assert "exploration: begins" in again.stderr
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", line) for line in again.stderr.splitlines()), again.stderr
