from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat import v4

from helpers.reports import execution
from helpers.reports.execution import Failure, Job, Outcome

CONTRACT = (
    "from helpers.errors import ContractError\nclass Narrower(ContractError): ...\nraise Narrower('row 17\\nrow 18')"
)
FULL = "cell 3, `raise OSError(28, 'full')`, raised OSError: [Errno 28] full"
OWN = "from helpers.errors import {0}\nraise {0}('as it is')"


def job(folder: Path, name: str, *sources: str, environment: dict[str, str] | None = None) -> Job:
    """A notebook with a parameters cell and these cells; the first of them is `In [3]`."""
    parameters = v4.new_code_cell("a = 1", id="parameters", metadata={"tags": ["parameters"]})
    cells = [v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    path = folder / f"{name}.ipynb"
    nbformat.write(v4.new_notebook(cells=[parameters, *cells]), path)
    return Job(path, folder / f"{name}.out.ipynb", {"a": 2}, environment or {}, folder)


def execute(*jobs: Job, **settings: object) -> list[Outcome]:
    limits: dict[str, object] = {"workers": 2, "time_limit_seconds": 60, "memory_limit_bytes": None}
    return execution.execute(jobs, **{**limits, **settings})  # type: ignore[arg-type]


def text(outcome: Outcome, number: int = -1) -> str:
    """What a cell of the executed notebook printed, or the first of its outputs as text."""
    output = nbformat.read(outcome.job.output, as_version=4).cells[number].outputs[0]
    return str(output.get("text") or output.data["text/plain"])


def test_a_job_runs_with_its_parameters_environment_and_folder(tmp_path: Path) -> None:
    source = "import os\nprint(a, os.environ['REGULARS_TEST'], os.getcwd())"
    outcome = execute(job(tmp_path, "plain", source, environment={"REGULARS_TEST": "told"}))[0]
    assert outcome.error is None
    assert text(outcome) == f"2 told {tmp_path}\n"
    assert outcome.seconds > 0
    assert outcome.peak_bytes > 10_000_000
    assert "REGULARS_TEST" not in os.environ


def test_outcomes_come_in_the_order_of_the_jobs_and_are_told_as_they_end(tmp_path: Path) -> None:
    told: list[str] = []
    jobs = [job(tmp_path, "slow", "import time\ntime.sleep(0.8)"), job(tmp_path, "quick", "1")]
    outcomes = execute(*jobs, on_done=lambda outcome: told.append(outcome.job.notebook.stem))
    assert [outcome.job for outcome in outcomes] == jobs
    assert told == ["quick", "slow"]


def test_no_more_run_at_once_than_there_are_workers(tmp_path: Path) -> None:
    source = "import time\nfrom pathlib import Path\nPath(f'{a}-begun').touch()\ntime.sleep(0.3)\nprint(time.time())"
    outcomes = execute(job(tmp_path, "one", source), job(tmp_path, "two", "import time\nprint(time.time())"), workers=1)
    assert float(text(outcomes[0])) < float(text(outcomes[1]))


@pytest.mark.parametrize(
    ("source", "failure"),
    [
        (CONTRACT, Failure("contract", "row 17\nrow 18", 3)),
        (OWN.format("ParamsError"), Failure("params", "as it is", 3)),
        (OWN.format("FitError"), Failure("model", "as it is", 3)),
        (OWN.format("RunError"), Failure("machine", "as it is", 3)),
        (OWN.format("NotebookError"), Failure("notebook", "as it is", 3)),
        ("\nx = {}\nx['day']", Failure("notebook", "cell 3, `x = {}`, raised KeyError: 'day'", 3)),
        ("raise StopIteration", Failure("notebook", "cell 3, `raise StopIteration`, raised StopIteration", 3)),
        ("raise MemoryError", Failure("machine", "cell 3, `raise MemoryError`, raised MemoryError", 3)),
        ("raise OSError(28, 'full')", Failure("machine", FULL, 3)),
    ],
)
def test_a_failure_says_who_must_act(tmp_path: Path, source: str, failure: Failure) -> None:
    assert execute(job(tmp_path, "bad", source, "print('never')"))[0].error == failure


def test_a_failed_notebook_is_kept_up_to_the_failing_cell_and_marked(tmp_path: Path) -> None:
    outcome = execute(job(tmp_path, "bad", "print('on')", "1/0", "print('never')"))[0]
    kept = nbformat.read(outcome.job.output, as_version=4)
    assert [cell.id for cell in kept.cells] == [
        "papermill-error-1", "parameters", "injected-parameters", "cell-0", "papermill-error-2", "cell-1", "cell-2"
    ]  # fmt: skip
    assert kept.cells[5].outputs[0].ename == "ZeroDivisionError"
    assert kept.cells[6].outputs == []


def test_a_cell_that_is_expected_to_raise_is_no_failure(tmp_path: Path) -> None:
    given = job(tmp_path, "meant", "1/0", "print('on')")
    notebook = nbformat.read(given.notebook, as_version=4)
    notebook.cells[1].metadata["tags"] = ["raises-exception"]
    nbformat.write(notebook, given.notebook)
    outcome = execute(given)[0]
    assert outcome.error is None
    assert text(outcome) == "on\n"
    assert "papermill-error" not in given.output.read_text()


def test_what_ends_one_child_touches_no_other(tmp_path: Path) -> None:
    crash = "import faulthandler, os, signal\nfaulthandler.disable()\nos.kill(os.getpid(), signal.SIGSEGV)"
    execution.warm()
    limit = (psutil.Process().memory_info().rss >> 20) + 150
    outcomes = execute(
        job(tmp_path, "exit", "import os\nos._exit(3)"),
        job(tmp_path, "crash", crash),
        job(tmp_path, "slow", "print('before')", "import time\ntime.sleep(60)"),
        job(tmp_path, "large", "x = bytearray(400_000_000)\nimport time\ntime.sleep(60)"),
        job(tmp_path, "good", "print('good')"),
        time_limit_seconds=6,
        memory_limit_bytes=limit * 2**20,
    )
    assert [outcome.error for outcome in outcomes] == [
        Failure("notebook", "ended its own process with exit code 3 in cell 3, `import os`", 3),
        Failure("machine", "was killed by SIGSEGV in cell 3, `import faulthandler, os, signal`", 3),
        Failure("machine", "exceeded its time limit of 6 s in cell 4, `import time`", 4),
        Failure("machine", f"exceeded its memory limit of {limit} MB in cell 3, `x = bytearray(400_000_000)`", 3),
        None,
    ]
    assert text(outcomes[4]) == "good\n"
    assert text(outcomes[2], 3) == "before\n"
    assert (
        nbformat.read(outcomes[2].job.output, as_version=4).cells[5].outputs[0].evalue.startswith("exceeded its time")
    )
    assert outcomes[3].peak_bytes > limit * 2**20


def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    source = "import subprocess, time\nprint(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    outcome = execute(job(tmp_path, "parent", source, "import time\ntime.sleep(60)"), time_limit_seconds=1)[0]
    started = int(text(outcome, 3))
    assert not psutil.pid_exists(started) or psutil.Process(started).status() == psutil.STATUS_ZOMBIE


def test_a_thread_left_running_holds_nobody_up(tmp_path: Path) -> None:
    source = "import threading, time\nthreading.Thread(target=time.sleep, args=(30,)).start()"
    outcome = execute(job(tmp_path, "thread", source))[0]
    assert outcome.error is None
    assert outcome.seconds < 5


def test_random_numbers_and_bytes_are_the_same_in_two_runs(tmp_path: Path) -> None:
    source = "import random\nimport numpy as np\nrandom.random(), np.random.rand()"
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    outcomes = execute(job(tmp_path / "one", "same", source), job(tmp_path / "two", "same", source))
    assert text(outcomes[0]) == "(0.8444218515250481, 0.5488135039273248)"
    assert outcomes[0].job.output.read_bytes() == outcomes[1].job.output.read_bytes()


def test_the_kernel_engine_executes_and_limits_too(tmp_path: Path) -> None:
    source = "import random\nimport numpy as np\nrandom.random(), np.random.rand()"
    jobs = [job(tmp_path, "kernel", source), job(tmp_path, "slow", "import time\ntime.sleep(60)")]
    outcomes = execute(*jobs, time_limit_seconds=8, engine="kernel")
    assert outcomes[0].error is None
    assert text(outcomes[0]) == "(0.8444218515250481, 0.5488135039273248)"
    assert outcomes[1].error == Failure("machine", "exceeded its time limit of 8 s in cell 3, `import time`", 3)


def test_both_engines_leave_the_same_bytes(tmp_path: Path) -> None:
    given = job(tmp_path, "same", "print(a)", "import pandas as pd\npd.DataFrame({'a': [1]})")
    assert execute(given)[0].error is None
    ours = given.output.read_bytes()
    assert execute(given, engine="kernel")[0].error is None
    assert given.output.read_bytes() == ours


def test_a_missing_notebook_is_a_failure_of_its_job_alone(tmp_path: Path) -> None:
    missing = Job(tmp_path / "none.ipynb", tmp_path / "none.out.ipynb", {}, {}, tmp_path)
    outcomes = execute(missing, job(tmp_path, "good", "1"))
    assert outcomes[0].error is not None
    assert outcomes[0].error.kind == "machine"
    assert "none.ipynb" in outcomes[0].error.message
    assert outcomes[1].error is None


def test_braces_in_a_path_are_no_template(tmp_path: Path) -> None:
    folder = tmp_path / "{a}"
    folder.mkdir()
    outcome = execute(job(folder, "plain", "1"))[0]
    assert outcome.error is None
    assert outcome.job.output.exists()


def test_an_error_in_the_parent_ends_the_children(tmp_path: Path) -> None:
    def stop(_: Outcome) -> None:
        raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        execute(job(tmp_path, "slow", "import time\ntime.sleep(60)"), job(tmp_path, "quick", "1"), on_done=stop)
    assert time.monotonic() - begun < 30
    assert not multiprocessing.active_children()


def test_children_are_spawned_where_they_cannot_be_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "_context", lambda: multiprocessing.get_context("spawn"))
    outcome = execute(job(tmp_path, "spawned", "print(a)"))[0]
    assert outcome.error is None
    assert text(outcome) == "2\n"


PROBE = """
import os, sys, time
from pathlib import Path
from helpers.reports import execution
folder = Path(sys.argv[1])
execution.warm([folder / "slow.ipynb", folder / "slow.ipynb"])
import psutil
print(psutil.Process().num_threads(), {"pandas", "duckdb", "seaborn", "this"} & set(sys.modules), flush=True)
job = execution.Job(folder / "slow.ipynb", folder / "slow.out.ipynb", {"a": 1}, {}, folder)
execution.execute([job], workers=1, time_limit_seconds=None, memory_limit_bytes=None)
"""


def begun(tmp_path: Path) -> tuple[subprocess.Popen[str], psutil.Process, str]:
    """A program of its own that executes one slow notebook: the program, its child, and what it printed first."""
    job(
        tmp_path, "slow", "import duckdb, pandas\nfrom seaborn import rcmod\nimport this", "import time\ntime.sleep(60)"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROBE), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    printed = program.stdout.readline()
    deadline = time.monotonic() + 30
    while not psutil.Process(program.pid).children() and time.monotonic() < deadline:
        time.sleep(0.05)
    return program, psutil.Process(program.pid).children()[0], printed


@pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux only")
def test_the_warmed_parent_has_one_thread_and_takes_its_children_along(tmp_path: Path) -> None:
    program, child, printed = begun(tmp_path)
    assert printed.startswith("1 ")
    assert sorted(re.findall(r"\w+", printed)) == ["1", "duckdb", "pandas", "seaborn"]
    program.send_signal(signal.SIGKILL)
    program.wait(20)
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_importing_starts_nothing() -> None:
    code = (
        "import sys, helpers.reports.execution; print({'pandas', 'papermill', 'IPython', 'duckdb'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
