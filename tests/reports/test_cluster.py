"""Notebooks on a Dask cluster of two processes: the same outcomes as here, and one message where it cannot be used."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from helpers.errors import ParamsError, RunError
from helpers.reports import cluster
from helpers.reports.execution import Failure, Outcome
from tests.commands import regulars
from tests.conftest import missing
from tests.reports.test_execution import OWN, execute, job, text

WHERE = "import os, psutil\nprint(a, os.getcwd(), psutil.Process().parent().parent().pid)"


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of the scheduler of a cluster of two processes on this machine."""
    if importlib.util.find_spec("distributed") is None:
        missing("DASK", "the extra `dask` is not installed: uv sync --extra dask")
    from distributed import LocalCluster

    here = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with LocalCluster(host="127.0.0.1", **here) as running:
        yield running.scheduler_address


def sent(scheduler: str, *jobs: cluster.Job) -> list[Outcome]:
    return cluster.execute(jobs, scheduler=scheduler, time_limit_seconds=60, memory_limit_bytes=None)


def test_jobs_run_beside_the_workers_and_end_as_they_do_here(scheduler: str, tmp_path: Path) -> None:
    sources = {"first": WHERE, "second": WHERE, "broken": OWN.format("ContractError")}
    jobs = [job(tmp_path, name, source) for name, source in sources.items()]
    told: list[str] = []
    ended: list[Outcome] = []
    limits = {"time_limit_seconds": 60, "memory_limit_bytes": None}
    steps = {"on_begin": lambda each: told.append(each.notebook.stem), "on_done": ended.append}
    first, second, broken = cluster.execute(jobs, scheduler=scheduler, **limits, **steps)
    assert told == list(sources)
    assert sorted(each.job.notebook.stem for each in ended) == sorted(sources)
    words = [text(outcome).split() for outcome in (first, second)]
    assert [word[:2] for word in words] == [["2", str(tmp_path)]] * 2
    assert {int(word[2]) for word in words} & {os.getpid()} == set(), "not below this process"
    assert first.seconds > 0 < first.peak_bytes
    here = execute(jobs[2])[0]
    assert broken.error == here.error
    assert broken.error is not None
    assert broken.error.kind == "contract"


def test_limits_hold_on_the_cluster(scheduler: str, tmp_path: Path) -> None:
    slow = job(tmp_path, "slow", "import time\ntime.sleep(60)")
    (outcome,) = cluster.execute([slow], scheduler=scheduler, time_limit_seconds=4, memory_limit_bytes=None)
    assert outcome.error is not None
    assert (outcome.error.kind, "exceeded its time limit of 4 s" in outcome.error.message) == ("machine", True)


def test_a_job_whose_process_dies_is_lost_alone(scheduler: str, tmp_path: Path) -> None:
    deadly = "import os, signal, psutil\nos.kill(psutil.Process().parent().pid, signal.SIGKILL)"
    lost, fine = sent(scheduler, job(tmp_path, "deadly", deadly), job(tmp_path, "fine", "1"))
    assert isinstance(lost.error, Failure)
    assert lost.error.kind == "machine"
    assert "was lost on the cluster: its process ended with -9" in lost.error.message
    assert fine.error is None
    assert nbformat.read(fine.job.output, as_version=4).cells


def test_a_cluster_that_cannot_be_used_is_told_before_anything_is_sent(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = job(tmp_path / "..", "elsewhere", "1")
    elsewhere = cluster.Job(elsewhere.notebook, tmp_path / "gone" / "out.ipynb", {}, {}, tmp_path)
    with pytest.raises(RunError, match=r"must see the folders of this run at the same paths: .* does not see .*/gone"):
        sent(scheduler, elsewhere)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(RunError, match=r"the cluster at tcp://.* must be reached"):
            sent(f"tcp://127.0.0.1:{nobody.getsockname()[1]}", job(tmp_path, "late", "1"))


@pytest.mark.parametrize("wrong", ["dask://host", "tcp://host:1", "dask://:8786", "dask://host:port"])
def test_an_executor_is_a_scheduler_of_dask(wrong: str) -> None:
    with pytest.raises(ParamsError, match="must be dask://host:port"):
        cluster.address(wrong)
    assert cluster.address("dask://head.example:8786") == "tcp://head.example:8786"


@pytest.mark.slow
def test_a_report_is_published_from_a_cluster(scheduler: str, small_shop: Path, tmp_path: Path) -> None:
    executor = scheduler.replace("tcp://", "dask://")
    done = regulars("run", small_shop / "shop.yml", "--out", tmp_path / "out", "--executor", executor)
    assert done.returncode == 0, done.stderr
    pages = [folder / "out" / "shop" / "2025-01-31" / "exploration.html" for folder in (tmp_path, small_shop)]
    assert pages[0].read_bytes() == pages[1].read_bytes()
