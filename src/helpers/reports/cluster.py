"""Notebooks sent to a Dask cluster that is there: one task each, in a process of its own beside the worker.

The machines of the cluster share the folders of the project and of the reports with this one, at the same paths, and
have the kit installed: what a notebook reads and leaves lies there. It is asked before anything is sent.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from helpers.errors import ParamsError, RunError, one_line
from helpers.reports import execution
from helpers.reports.execution import Failure, Job, Outcome

SCHEME = "dask://"
CONNECT_SECONDS = 15
PROGRAM = "from helpers.reports.cluster import work; work()"


def address(executor: str) -> str:
    """The address of a scheduler, as Dask writes it, of `dask://host:port`.

    Raises
    ------
    ParamsError
        It is not written so.
    """
    host, colon, port = executor.removeprefix(SCHEME).rpartition(":")
    if not executor.startswith(SCHEME) or not host or not colon or not port.isdecimal():
        raise ParamsError(f"--executor must be dask://host:port, the scheduler of a cluster, found {executor!r}.")
    return f"tcp://{host}:{port}"


def execute(
    jobs: Sequence[Job],
    *,
    scheduler: str,
    time_limit_seconds: float | None,
    memory_limit_bytes: int | None,
    engine: execution.EngineName = "in-process",
    on_begin: Callable[[Job], None] = lambda _: None,
    on_done: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Execute each job on a cluster, and say of each how it ended; as `execution.execute`, and with its limits.

    Parameters
    ----------
    jobs
        All are sent at once: how many run at a time is the cluster's to say. `on_begin` is told as they are sent.
    scheduler
        Where its scheduler listens, as `address` gives it.
    time_limit_seconds, memory_limit_bytes, engine, on_begin, on_done
        As in `execution.execute`; the limits are kept on the machine that has the job.

    Raises
    ------
    ParamsError
        Dask is not installed here.
    RunError
        The cluster cannot be reached, has no workers, or does not see the folders.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ParamsError("--executor needs Dask: install it with `uv sync --extra dask`.") from None
    limits = {"time_limit_seconds": time_limit_seconds, "memory_limit_bytes": memory_limit_bytes, "engine": engine}
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError) as error:
        _cannot(scheduler, f"be reached: {one_line(str(error))}", error)
    with client:
        _check(client, scheduler, jobs)
        sent = {}
        for job in jobs:
            on_begin(job)
            sent[client.submit(_in_a_process, pickle.dumps((job, limits)), pure=False, retries=0)] = job
        outcomes: dict[Path, Outcome] = {}
        for future in as_completed(sent, loop=client.loop):
            job = sent[future]
            outcomes[job.output] = _outcome(job, future)
            on_done(outcomes[job.output])
    return [outcomes[job.output] for job in jobs]


def _check(client: Any, scheduler: str, jobs: Sequence[Job]) -> None:
    """Whether every worker sees the folders, and has this very kit."""
    folders = sorted({str(folder) for job in jobs for folder in (job.cwd, job.output.parent)})
    try:
        seen = client.run(_lacking, folders)
    except Exception as error:  # noqa: BLE001 - whatever a worker without the kit raises
        _cannot(scheduler, f"run this kit, on all of its workers: {one_line(str(error))}", error)
    if not seen:
        _cannot(scheduler, "have workers, found none")
    lacking = {worker: missing for worker, missing in seen.items() if missing}
    if lacking:
        worker, missing = next(iter(lacking.items()))
        _cannot(scheduler, f"see the folders of this run at the same paths: {worker} does not see {missing[0]}")


def _cannot(scheduler: str, what: str, error: Exception | None = None) -> NoReturn:
    raise RunError(f"the cluster at {scheduler} must {what}") from error


def _lacking(folders: list[str]) -> list[str]:
    """On a worker: the folders that are not there."""
    return [folder for folder in folders if not Path(folder).is_dir()]


def _outcome(job: Job, future: Any) -> Outcome:
    """How a task ended; a worker that was lost is a fault of the machine."""
    error = future.exception()
    if error is not None:
        return Outcome(job, 0.0, 0, Failure("machine", f"was lost on the cluster: {one_line(str(error))}"))
    outcome: Outcome = pickle.loads(future.result())  # noqa: S301 - of our own function, from our own cluster
    return outcome


def _in_a_process(asked: bytes) -> bytes:
    """On a worker: the job in a process of its own, since a worker has threads and must not be copied."""
    with tempfile.TemporaryFile() as told:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], input=asked, stdout=subprocess.PIPE, stderr=told, check=False
        )
        if done.returncode == 0:
            return done.stdout
        told.seek(0)
        last = told.read().decode(errors="replace").strip().splitlines()[-1:]
    raise RuntimeError(f"its process ended with {done.returncode}: {' '.join(last)}")


def work() -> None:
    """In that process: execute the one job that stands on the standard input, and write how it ended."""
    job, limits = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - what this kit itself has sent
    (outcome,) = execution.execute([job], workers=1, **limits)
    sys.stdout.buffer.write(pickle.dumps(outcome))
