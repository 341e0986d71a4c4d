"""Execute notebooks side by side: a warmed parent, a child process per notebook, limits for each of them.

Importing is most of a run, so the parent imports everything once and each child begins as a copy of it. A child that
crashes, or is ended because of its time or its memory, touches no other. Where processes cannot be copied safely
(anything but Linux) each child starts anew and imports for itself.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import functools
import gc
import importlib
import json
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import psutil

from helpers import threads
from helpers.errors import ContractError, FitError, ParamsError, RefusedError, RegularsError, RunError

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from papermill.exceptions import PapermillExecutionError

EngineName: TypeAlias = Literal["in-process", "kernel"]
Kind: TypeAlias = Literal["params", "contract", "model", "notebook", "machine", "refused"]

logger = logging.getLogger(__name__)

SEED = 0
TICK_SECONDS = 0.05
FAMILY_SECONDS = 0.5
LEAVE_SECONDS = 5.0
KINDS: tuple[tuple[type[RegularsError], Kind], ...] = (
    (ParamsError, "params"),
    (ContractError, "contract"),
    (FitError, "model"),
    (RunError, "machine"),
    (RefusedError, "refused"),
)
OF_THE_MACHINE = ("MemoryError", "OutOfMemoryException")
DISK_FULL = "[Errno 28]"

ENVIRONMENT = {
    **threads.ENVIRONMENT,
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
NEEDED = ("nbformat", "papermill", "helpers.reports.kernel")
KNOWN = frozenset(
    "duckdb helpers ibis lifetimes matplotlib numpy pandas pyarrow scipy seaborn sklearn statsmodels".split()
)
IMPORTED_LATER = {
    "ibis": ("ibis.backends.duckdb", "ibis.backends.duckdb.converter", "ibis.formats.pandas"),
    "matplotlib": ("matplotlib.pyplot", "matplotlib.backends.backend_svg", "matplotlib_inline.backend_inline"),
}
REHEARSAL = """
import io
import ibis
import matplotlib.pyplot as plt
import pandas as pd
frame = pd.DataFrame({"x": [1, 2], "y": [1.0, 2.0]})
ibis.to_sql(ibis.table({"x": "int64"}, name="t").group_by("x").agg(n=lambda t: t.count()), dialect="duckdb")
figure, axes = plt.subplots(figsize=(1, 1))
axes.plot(frame["x"], frame["y"], label="y")
axes.set_title("title")
axes.legend()
figure.savefig(io.BytesIO(), format="svg")
frame
"""


@dataclass(frozen=True)
class Job:
    """A notebook to execute: where it is, where its copy with outputs goes, and its parameters.

    `environment` is set in the child only; `cwd` is its working folder.
    """

    notebook: Path
    output: Path
    parameters: dict[str, object]
    environment: dict[str, str]
    cwd: Path


@dataclass(frozen=True)
class Failure:
    """Why a notebook stopped: who must act, in whose words, and at which cell (the number in `In [7]`)."""

    kind: Kind
    message: str
    cell: int | None = None


@dataclass(frozen=True)
class Outcome:
    """How one job ended: its wall time, the most memory it held (what it shares with the parent too), its failure."""

    job: Job
    seconds: float
    peak_bytes: int
    error: Failure | None = None


def execute(
    jobs: Sequence[Job],
    *,
    workers: int,
    time_limit_seconds: float | None,
    memory_limit_bytes: int | None,
    engine: EngineName = "in-process",
    on_begin: Callable[[Job], None] = lambda _: None,
    on_done: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Execute each job in a process of its own, and say of each how it ended.

    Parameters
    ----------
    jobs
        In the order in which they are begun.
    workers
        How many run at once, at least one.
    time_limit_seconds, memory_limit_bytes
        What each job may take; one that takes more is ended, and fails as `machine`. None: no limit.
    engine
        `in-process` runs the cells in the child itself, `kernel` in a Jupyter kernel of the child.
    on_begin
        Told each job, in this process, before it begins.
    on_done
        Told each outcome, in this process, as soon as it is known.

    Returns
    -------
    list of Outcome
        One for each job, in the order of the jobs. A failed job leaves its notebook up to the failing cell.
    """
    context = _context()
    if context.get_start_method() == "fork":
        warm([job.notebook for job in jobs])
    limits = _Limits(time_limit_seconds, memory_limit_bytes)
    outcomes: dict[int, Outcome] = {}
    waiting = list(enumerate(jobs))[::-1]
    running: list[_Child] = []
    try:
        while waiting or running:
            while waiting and len(running) < max(1, workers):
                number, job = waiting.pop()
                on_begin(job)
                running.append(_begin(context, number, job, engine))
            wait([child.results for child in running], timeout=TICK_SECONDS)
            for child in [*running]:
                outcome = child.outcome(limits)
                if outcome is not None:
                    running.remove(child)
                    outcomes[child.number] = outcome
                    on_done(outcome)
    finally:
        for child in running:
            child.kill()
        gc.unfreeze()
    return [outcomes[number] for number in range(len(jobs))]


def settle() -> None:
    """Set what the libraries read when they are first imported: one thread for each of them, figures in the notebook.

    `warm` does it; a program that imports pandas earlier calls it before that.
    """
    os.environ.update(ENVIRONMENT)


def warm(notebooks: Sequence[Path] = ()) -> None:
    """Import what these notebooks import, and leave this process with one thread, ready to be copied.

    Only libraries known to be quiet on import are imported ahead; the children see to the others. More than one
    notebook is worth a rehearsal, which fills what libraries fill at their first use (fonts, schemas, grammars).
    """
    settle()
    with _without_collecting():
        for name in [*NEEDED, *_imports(notebooks)]:
            _import_ahead(name)
        for root, names in IMPORTED_LATER.items():
            for name in names if root in sys.modules else ():
                _import_ahead(name)
        threads.keep_to_one()  # of a BLAS that was loaded before `settle`, too
        if len(notebooks) > 1:
            _rehearse()
        if "duckdb" in sys.modules:
            sys.modules["duckdb"].close()  # the import opens a connection of its own, with threads
        if threading.active_count() > 1:
            logger.info("copying a process with threads: %s", ", ".join(each.name for each in threading.enumerate()))
        gc.freeze()


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Imports leave no garbage worth looking for; looking takes a tenth of their time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _imports(notebooks: Sequence[Path]) -> list[str]:
    """The known modules that the cells name in their imports; a cell with magics is left out."""
    names: dict[str, None] = {}
    for path in notebooks:
        with contextlib.suppress(OSError, ValueError, KeyError):  # the child will say what is wrong with it
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                if cell["cell_type"] == "code":
                    names |= dict.fromkeys(_imports_of("".join(cell["source"])))
    return [name for name in names if name.partition(".")[0] in KNOWN]


def _imports_of(source: str) -> list[str]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return []
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def _import_ahead(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError as error:  # a name that is no module, or one that its notebook will miss too
        logger.debug("not imported ahead: %s (%s)", name, error)


@functools.cache
def _rehearse() -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from nbformat import v4
    from papermill import execute_notebook

    if InteractiveShell.initialized():
        return  # called from a notebook: the engine must wait for a process of its own
    cells = [v4.new_code_cell("a = 1", metadata={"tags": ["parameters"]}), v4.new_code_cell(REHEARSAL)]
    settings = {"engine_name": "regulars", "kernel_name": "python3", "language": "python", "progress_bar": False}
    with _silence("papermill"):
        execute_notebook(v4.new_notebook(cells=cells), None, {"a": 2}, **settings)


@contextlib.contextmanager
def _silence(name: str) -> Iterator[None]:
    log = logging.getLogger(name)
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _context() -> BaseContext:
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


@dataclass(frozen=True)
class _Limits:
    seconds: float | None
    memory_bytes: int | None

    def broken_by(self, child: _Child) -> str | None:
        """What the child takes too much of, in words."""
        if self.seconds is not None and child.seconds > self.seconds:
            return f"exceeded its time limit of {self.seconds:g} s"
        if self.memory_bytes is not None and child.peak_bytes > self.memory_bytes:
            return f"exceeded its memory limit of {self.memory_bytes / 2**20:.0f} MB"
        return None


@dataclass
class _Child:
    """A running job, as its parent sees it."""

    number: int
    job: Job
    process: BaseProcess
    results: Connection
    begun: float = field(default_factory=time.monotonic)
    peak_bytes: int = 0
    family: list[psutil.Process] = field(default_factory=list)
    family_read: float = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def outcome(self, limits: _Limits) -> Outcome | None:
        """How the job ended; None while it runs within its limits."""
        is_dead = self.process.exitcode is not None  # asked first: a result may come just before the end
        result = self._result()
        if result is not None:
            self.process.join(LEAVE_SECONDS)
            self.kill()
            self.peak_bytes = max(self.peak_bytes, result[1])
            return Outcome(self.job, result[2], self.peak_bytes, result[0])
        if is_dead:
            code = self.process.exitcode or 0
            return self._ended(_death(code), "machine" if code < 0 else "notebook")
        self._measure()
        broken = limits.broken_by(self)
        return self._ended(broken, "machine") if broken else None

    def kill(self) -> None:
        """End the process and what it started, each by its id."""
        self._read_family()
        for member in self.family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        self.process.join()
        self.results.close()

    def _result(self) -> tuple[Failure | None, int, float] | None:
        try:
            return self.results.recv() if self.results.poll() else None
        except (EOFError, OSError):
            self.process.join(LEAVE_SECONDS)
            return None

    def _measure(self) -> None:
        if time.monotonic() - self.family_read > FAMILY_SECONDS:
            self._read_family()
        held = 0
        for member in self.family:
            with contextlib.suppress(psutil.NoSuchProcess):
                held += member.memory_info().rss
        self.peak_bytes = max(self.peak_bytes, held)

    def _read_family(self) -> None:
        self.family_read = time.monotonic()
        if self.process.exitcode is None:  # until then the id is its own
            with contextlib.suppress(psutil.NoSuchProcess):
                own = psutil.Process(self.process.pid)
                self.family = [own, *own.children(recursive=True)]

    def _ended(self, reason: str, kind: Kind) -> Outcome:
        seconds = self.seconds
        self.kill()
        failure = _marked(self.job.output, reason, kind)
        return Outcome(self.job, seconds, self.peak_bytes, failure)


def _death(code: int) -> str:
    """What an exit code says of a process that ended by itself, in words."""
    if code >= 0:
        return f"ended its own process with exit code {code}"
    name = signal.Signals(-code).name
    return f"was killed by {name}" + (" (is the machine out of memory?)" if name == "SIGKILL" else "")


def _marked(output: Path, reason: str, kind: Kind) -> Failure:
    """Mark the cell that was running in what is left of a notebook, as papermill marks a cell that raised."""
    import nbformat
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import raise_for_execution_errors

    try:
        notebook = nbformat.read(output, as_version=4)
    except (OSError, ValueError):
        return Failure(kind, reason)
    counts = _counts(notebook)
    cell = next((each for each in notebook.cells if _status(each) == "running"), None)
    if cell is None:
        return Failure(kind, reason)
    cell.execution_count = next(count for each, count in counts if each is cell)
    cell.metadata.papermill["status"] = "failed"
    cell.outputs.append(nbformat.v4.new_output("error", ename="RunError", evalue=reason, traceback=[reason]))
    try:
        raise_for_execution_errors(notebook, str(output))
    except PapermillExecutionError as error:
        _save(nbformat.read(output, as_version=4), output)
        return Failure(kind, f"{reason} in {_place(error)}", error.exec_count)
    return Failure(kind, reason)


def _status(cell: NotebookNode) -> str:
    return cell.metadata.get("papermill", {}).get("status", "")


def _counts(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, int]]:
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    return zip(code, range(1, len(code) + 1), strict=True)


def _begin(context: BaseContext, number: int, job: Job, engine: EngineName) -> _Child:
    receiver, sender = context.Pipe(duplex=False)
    sys.stdout.flush()
    sys.stderr.flush()
    process = context.Process(target=_child, args=(job, engine, sender, os.getpid()))  # type: ignore[attr-defined]
    process.start()
    sender.close()
    return _Child(number, job, process, receiver)


def _child(job: Job, engine: EngineName, results: Connection, parent: int) -> None:
    """What the child does: its job, one message, and an end without farewells, as threads of a cell may still run."""
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    begun = time.monotonic()
    failure = _run(job, engine)
    results.send((failure, _peak_bytes(), time.monotonic() - begun))
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _die_with(parent: int) -> None:
    """A parent that is killed takes its children along, so that nobody writes into an abandoned folder."""
    if sys.platform == "linux":
        parent_death_signal = 1
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _run(job: Job, engine: EngineName) -> Failure | None:
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    try:
        _papermill(job, engine)
    except PapermillExecutionError as error:
        return _settled(job, error)
    except (OSError, MemoryError) as error:
        return Failure("machine", f"{type(error).__name__}: {error}")
    except DeadKernelError:
        return Failure("machine", "its kernel died")
    except Exception as error:  # whatever it is, the parent must hear of it
        logger.exception("%s stopped outside its cells", job.notebook)
        return Failure("notebook", f"{type(error).__name__}: {error}")
    return None


def _papermill(job: Job, engine: EngineName) -> None:
    import papermill

    from helpers.reports import kernel

    kernel.register()
    settle()
    os.environ.update(job.environment)
    os.chdir(job.cwd)
    seed()
    notebook = papermill.execute_notebook(
        _literal(job.notebook),
        _literal(job.output),
        job.parameters,
        engine_name="regulars" if engine == "in-process" else kernel.ENGINE,
        kernel_name="python3",
        language="python",
        progress_bar=False,
        seed=SEED,
    )
    _save(notebook, job.output)


def seed() -> None:
    """Begin each notebook with the same random numbers; numpy's legacy generator too, as libraries use it."""
    import random

    import numpy as np

    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002


def _literal(path: Path) -> str:
    """A path as papermill takes it, which fills in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _save(notebook: NotebookNode, path: Path) -> None:
    import nbformat

    from helpers.reports.engine import canonical

    nbformat.write(canonical(notebook), path)


def _settled(job: Job, error: PapermillExecutionError) -> Failure | None:
    """The failure that papermill reports; none where the cell was expected to raise, which papermill does not ask."""
    import nbformat
    from papermill.execute import remove_error_markers

    notebook = nbformat.read(job.output, as_version=4)
    unmarked = remove_error_markers(notebook)
    if "raises-exception" not in unmarked.cells[error.cell_index].metadata.get("tags", []):
        _save(nbformat.read(job.output, as_version=4), job.output)
        return _failure(error)
    _save(unmarked, job.output)
    return None


def _failure(error: PapermillExecutionError) -> Failure:
    known = _class_named(error.ename)
    if known is not None:
        kind: Kind = next((kind for each, kind in KINDS if issubclass(known, each)), "notebook")
        return Failure(kind, error.evalue, error.exec_count)
    is_machine = error.ename in OF_THE_MACHINE or error.evalue.startswith(DISK_FULL)
    raised = f"{error.ename}: {error.evalue}" if error.evalue else error.ename
    text = f"{_place(error)}, raised {raised}"
    return Failure("machine" if is_machine else "notebook", text, error.exec_count)


def _place(error: PapermillExecutionError) -> str:
    lines = [line.strip() for line in error.source.splitlines() if line.strip()]
    return f"cell {error.exec_count}, `{lines[0]}`" if lines else f"cell {error.exec_count}"


def _class_named(name: str) -> type[RegularsError] | None:
    classes: list[type[RegularsError]] = [RegularsError]
    for each in classes:
        classes += each.__subclasses__()
    return next((each for each in classes if each.__name__ == name), None)


def _peak_bytes() -> int:
    try:
        import resource
    except ImportError:
        return 0  # the parent's own readings must do
    unit = 1 if sys.platform == "darwin" else 1024
    usage: list[Any] = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(int(each.ru_maxrss) for each in usage) * unit
