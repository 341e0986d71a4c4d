"""A papermill engine that runs the cells in this very process, and the form of a notebook that two runs share.

papermill still reads, parameterises, marks errors, saves and raises. What a kernel adds is imitated here: the outputs a
cell leaves (streams, displays, results, errors, figures left open), the execution counts, and the tags it obeys.
`papermill --engine regulars IN OUT` uses it through the entry point.

Not captured: what a cell writes past Python (a subprocess, `os.system`, C code) goes to the terminal, not the notebook.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import copy
import getpass
import io
import json
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from IPython.core import page
from IPython.core.application import ProfileDir
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError, UsageError
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.jsonutil import json_default
from nbformat import NotebookNode, from_dict
from traitlets import Any as AnyTrait
from traitlets import Bool, Type
from traitlets.config import Config

from helpers.display.wording import speaking

if TYPE_CHECKING:
    from papermill.engines import NotebookExecutionManager

logger = logging.getLogger("papermill")

BACKEND = "module://matplotlib_inline.backend_inline"
ERROR_TAG = "papermill-error-cell-tag"
NOBODY = "`{}` has nobody to ask: a report runs unattended. Make the answer a parameter of the notebook."


class Transcript:
    """The outputs of the running cell, gathered as nbclient gathers the messages of a kernel."""

    def __init__(self) -> None:
        self.outputs: list[NotebookNode] = []
        self.is_showing = False  # stays True where the value of a cell could not be shown
        self._shown: dict[str, list[NotebookNode]] = {}
        self._clears_first = False

    def begin(self, outputs: list[NotebookNode]) -> None:
        """Write to these outputs from now on."""
        self.outputs, self._clears_first = outputs, False

    def add(self, kind: str, *, display_id: str | None = None, **content: Any) -> None:
        """Append one output of an nbformat kind; one with a display_id can be updated later."""
        output = _node(output_type=kind, **content)
        if self._clears_first:
            self.clear(wait=False)
        if display_id:
            self.update(display_id, data=output.data, metadata=output.metadata)
            self._shown.setdefault(display_id, []).append(output)
        self.outputs.append(output)

    def write(self, name: str, text: str) -> None:
        """Append text to a stream; it continues the last output where that is the same stream."""
        last = self.outputs[-1] if self.outputs and not self._clears_first else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        elif text:
            self.add("stream", name=name, text=text)

    def update(self, display_id: str, *, data: Any, metadata: Any) -> None:
        """Replace the content of every output shown under this display_id."""
        for output in self._shown.get(display_id, []):
            output.data, output.metadata = data, metadata

    def clear(self, *, wait: bool) -> None:
        """Drop the outputs of the running cell: now, or when the next one comes."""
        self._clears_first = wait
        if not wait:
            self.outputs.clear()


def _node(**content: Any) -> NotebookNode:
    """An output as it would arrive from a kernel: through JSON, bytes as base64, tuples as lists."""
    return from_dict(json.loads(json.dumps(content, default=json_default)))


class _Stream(io.TextIOBase):
    """Stands for sys.stdout or sys.stderr while the cells run."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, transcript: Transcript) -> None:
        self.name = name
        self._transcript = transcript

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() takes a text, found {type(text).__name__}")
        self._transcript.write(self.name, text)
        return len(text)


class _NoInput(io.TextIOBase):
    """Stands for sys.stdin: reading says that nobody is there."""

    def read(self, *_: object) -> NoReturn:
        raise StdinNotImplementedError(NOBODY.format("sys.stdin"))

    readline = read


def _transcript(part: Any) -> Transcript:
    return part.shell.transcript


class _DisplayHook(DisplayHook):
    """Takes the value of a cell's last expression to the transcript."""

    def start_displayhook(self) -> None:
        super().start_displayhook()
        _transcript(self).is_showing = True

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        _transcript(self).add(
            "execute_result", data=format_dict, metadata=md_dict or {}, execution_count=self.prompt_count
        )

    def finish_displayhook(self) -> None:
        super().finish_displayhook()
        _transcript(self).is_showing = False


class _DisplayPublisher(DisplayPublisher):
    """Takes what a cell displays to the transcript."""

    def publish(  # type: ignore[override]
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        self._validate_data(data, metadata)
        display_id = (transient or {}).get("display_id")
        if update:
            content = _node(data=data, metadata=metadata or {})
            _transcript(self).update(display_id or "", data=content.data, metadata=content.metadata)
        else:
            _transcript(self).add("display_data", display_id=display_id, data=data, metadata=metadata or {})

    def clear_output(self, wait: bool = False) -> None:
        _transcript(self).clear(wait=wait)


class _Compiler(CachingCompiler):
    """Names a cell as if it were a file: tracebacks of `<...>` names are laid out otherwise than a kernel's."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:  # noqa: ARG002 - as IPython calls
        return f"regulars-cell-{number}.py"


class InProcessShell(InteractiveShell):
    """An IPython shell whose outputs go to a transcript; nobody sits in front of it."""

    compiler_class = Type(_Compiler)
    displayhook_class = Type(_DisplayHook)
    display_pub_class = Type(_DisplayPublisher)
    transcript = AnyTrait()
    autoindent = Bool(False)
    failed_in_display = Bool(False)

    def init_virtualenv(self) -> None:
        """Stay in the environment that runs us, as a kernel does."""

    def init_hooks(self) -> None:
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(lambda *_, **__: None), 99)

    def enable_gui(self, gui: str | None = None) -> None:
        if gui not in (None, "inline"):
            raise UsageError(f"A report has no window for the {gui!r} event loop; use `%matplotlib inline`.")

    def ask_exit(self) -> NoReturn:
        raise RuntimeError("`exit()` cannot end a report: let the last cell end, or raise an error that says why.")

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        self.failed_in_display = self.failed_in_display or self.transcript.is_showing
        self.transcript.add("error", ename=etype.__name__, evalue=str(evalue), traceback=stb)

    def run(self, cell: NotebookNode) -> bool:
        """Run one code cell, its outputs and count into the cell; whether the notebook goes on after it."""
        self.transcript.begin(cell.outputs)
        self.failed_in_display = self.transcript.is_showing = False
        result = self.run_cell(cell.source, store_history=True, cell_id=cell.get("id"))
        failed = not result.success or self.failed_in_display
        return not failed or "raises-exception" in cell.metadata.get("tags", [])


@contextlib.contextmanager
def _shell() -> Iterator[InProcessShell]:
    """A shell on its own, without history or profile; afterwards the process is as it was before."""
    if InteractiveShell.initialized():
        raise RuntimeError("the in-process engine cannot run inside IPython; use the kernel engine there.")
    with tempfile.TemporaryDirectory(prefix="regulars-") as folder, contextlib.ExitStack() as after:
        before = {name: vars(sys)[name] for name in ("ps1", "ps2", "ps3") if hasattr(sys, name)}
        builtin_names = set(vars(builtins))
        config = Config({"HistoryManager": {"enabled": False, "hist_file": ":memory:"}})
        transcript = Transcript()
        shell = InProcessShell.instance(
            config=config, ipython_dir=folder, profile_dir=ProfileDir(location=folder), transcript=transcript
        )
        after.callback(_forget, shell, before, builtin_names)
        for context in (_streams(transcript), _no_questions(), _warnings_to_log(sys.stderr), _own_path()):
            after.enter_context(context)
        _inline_figures(shell)
        yield shell


def _forget(shell: InProcessShell, prompts: dict[str, Any], builtin_names: set[str]) -> None:
    atexit.unregister(shell.atexit_operations)
    shell.restore_sys_module_state()
    InProcessShell.clear_instance()
    for name in ("ps1", "ps2", "ps3"):
        if name not in prompts:
            delattr(sys, name)
    for name in set(vars(builtins)) - builtin_names:
        delattr(builtins, name)


@contextlib.contextmanager
def _streams(transcript: Transcript) -> Iterator[None]:
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = _NoInput(), _Stream("stdout", transcript), _Stream("stderr", transcript)
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


@contextlib.contextmanager
def _no_questions() -> Iterator[None]:
    before = builtins.input, getpass.getpass
    builtins.input, getpass.getpass = _refusal("input()"), _refusal("getpass()")
    try:
        yield
    finally:
        builtins.input, getpass.getpass = before


def _refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise StdinNotImplementedError(NOBODY.format(name))

    return refuse


@contextlib.contextmanager
def _warnings_to_log(log: TextIO) -> Iterator[None]:
    """Warnings name temporary paths, so they belong in the log and not on a page that must not change.

    A log without handlers writes to sys.stderr, which is the notebook's now: `log` is the one of the process.
    """
    with warnings.catch_warnings():
        write = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if file is not None:
                write(message, category, filename, lineno, file, line)
            else:
                with contextlib.redirect_stderr(log):
                    logger.warning(warnings.formatwarning(message, category, filename, lineno, line).rstrip())

        warnings.showwarning = show
        yield


@contextlib.contextmanager
def _own_path() -> Iterator[None]:
    """Modules beside the notebook's working folder can be imported, as in a kernel."""
    before = list(sys.path)
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        yield
    finally:
        sys.path[:] = before


def _inline_figures(shell: InProcessShell) -> None:
    """Figures left open at the end of a cell become its outputs."""
    os.environ["MPLBACKEND"] = BACKEND
    if "matplotlib" not in sys.modules:
        return  # the backend joins the shell by itself when a cell imports it
    from IPython.core.pylabtools import activate_matplotlib
    from matplotlib_inline import backend_inline

    vars(backend_inline.configure_inline_support)["current_backend"] = "unset"  # else only the first shell gets formats
    activate_matplotlib(BACKEND)
    backend_inline.configure_inline_support(shell, BACKEND)


class InProcessEngine:
    """Runs the code cells of a notebook in this process, without a kernel, a socket or a thread.

    It is papermill's `Engine` by its methods, not by inheritance: papermill imports this module while it is imported.
    """

    @classmethod
    def execute_notebook(cls, nb: NotebookNode, kernel_name: str, **settings: Any) -> NotebookNode:
        """Execute under papermill's own manager, which keeps the states and saves."""
        from papermill.engines import Engine

        return Engine.execute_notebook.__func__(cls, nb, kernel_name, **settings)

    @classmethod
    def nb_kernel_name(cls, nb: NotebookNode, name: str | None = None) -> str:
        """The kernel that the notebook names; papermill chooses its parameter translator by it."""
        return name or nb.metadata.get("kernelspec", {}).get("name", "python3")

    @classmethod
    def nb_language(cls, nb: NotebookNode, language: str | None = None) -> str:  # noqa: ARG003 - as papermill calls it
        """The one language that runs in this process."""
        return language or "python"

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,  # noqa: ARG003 - papermill passes it to every engine
        log_output: bool = False,
        stdout_file: TextIO | None = None,
        stderr_file: TextIO | None = None,
        execution_timeout: int | None = None,
        **_: Any,
    ) -> None:
        """Execute the cells in order until one fails; papermill's manager keeps the states."""
        from papermill.clientwrap import PapermillNotebookClient

        if execution_timeout:
            logger.warning("The in-process engine has no time limit for a cell; `regulars run` has one for a notebook.")
        echo = SimpleNamespace(log=logger, log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file)
        # what a notebook speaks ends with it
        with speaking("en"), _shell() as shell, _sketches(nb_man) as sketch:
            for index, cell in enumerate(nb_man.nb.cells):
                if not _run_managed(nb_man, index, shell, sketch):
                    break
                for output in cell.get("outputs", []):
                    PapermillNotebookClient.log_output_message(echo, output)
        nb_man.nb.metadata["language_info"] = _language_info()


def _run_managed(
    nb_man: NotebookExecutionManager, index: int, shell: InProcessShell, sketch: Callable[[], None]
) -> bool:
    cell = nb_man.nb.cells[index]
    nb_man.cell_start(cell, index)
    try:
        if not is_run(cell):
            return True
        cell.execution_count = shell.execution_count
        sketch()
        goes_on = shell.run(cell)
        if not goes_on:
            nb_man.cell_exception(cell, cell_index=index)
        return goes_on
    finally:
        nb_man.cell_complete(cell, cell_index=index)


NOT_RUN = frozenset({"skip-execution", "analyst"})
"""Tags of cells that a report does not run: nbclient's own, and what is for whoever opens the notebook alone."""


def is_run(cell: NotebookNode) -> bool:
    """Whether a cell is run for a report."""
    return cell.cell_type == "code" and bool(cell.source.strip()) and not NOT_RUN & set(cell.metadata.get("tags", []))


@contextlib.contextmanager
def _sketches(nb_man: NotebookExecutionManager) -> Iterator[Callable[[], None]]:
    """A quick save before each cell, for the case that the cell ends the process.

    papermill's own saves validate and indent the whole notebook, twice a cell; they are put off until the end.
    """
    path, nb_man.output_path = nb_man.output_path, None

    def sketch() -> None:
        if path:
            part = Path(f"{path}.part")
            part.write_text(json.dumps(nb_man.nb), encoding="utf-8")
            part.replace(path)

    try:
        yield sketch
    finally:
        nb_man.output_path = path


def _language_info() -> dict[str, Any]:
    """What a Python kernel says of itself."""
    return {
        "name": "python",
        "version": sys.version.split()[0],
        "mimetype": "text/x-python",
        "codemirror_mode": {"name": "ipython", "version": sys.version_info[0]},
        "pygments_lexer": f"ipython{sys.version_info[0]}",
        "nbconvert_exporter": "python",
        "file_extension": ".py",
    }


def canonical(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what differs between two runs of the same cells.

    Durations, paths and dates leave the metadata; the cells that papermill adds get fixed ids; streams that arrived in
    pieces are united, standard output before standard error, as nobody can tell in which order a kernel sends the two.

    Parameters
    ----------
    notebook
        An executed notebook, of either engine; it is not changed.
    """
    result = copy.deepcopy(notebook)
    _keep(result.metadata, ("exception", "parameters", "version"))
    marker_count = 0
    for cell in result.cells:
        _keep(cell.metadata, ("exception", "status"))
        cell.metadata.pop("execution", None)
        tags = cell.metadata.get("tags", [])
        if "injected-parameters" in tags:
            cell["id"] = "injected-parameters"
        if ERROR_TAG in tags:
            marker_count += 1
            cell["id"] = f"papermill-error-{marker_count}"
        if "outputs" in cell:
            cell.outputs = _united(cell.outputs)
    return result


def _keep(metadata: NotebookNode, names: tuple[str, ...]) -> None:
    noted = metadata.get("papermill")
    if noted is not None:
        metadata["papermill"] = from_dict({name: noted[name] for name in names if name in noted})


def _united(outputs: list[NotebookNode]) -> list[NotebookNode]:
    united: list[NotebookNode] = []
    texts: dict[str, str] = {}

    def flush() -> None:
        united.extend(_node(output_type="stream", name=name, text=texts[name]) for name in sorted(texts, reverse=True))
        texts.clear()

    for output in outputs:
        if output.output_type == "stream":
            texts[output.name] = texts.get(output.name, "") + output.text
        else:
            flush()
            united.append(output)
    flush()
    return united
