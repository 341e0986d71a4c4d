"""Progress of a cell that takes long: a bar of its steps, with the line that it is at, for whoever watches."""

from __future__ import annotations

import ast
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from html import escape
from types import FrameType
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from helpers.display.wording import worded
from helpers.watching import is_watched

PATIENCE_SECONDS = 2.0
"""How long a cell runs before its progress is shown."""
EVERY_SECONDS = 0.5
LONGEST_LINE = 80
COMPOUND = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.FunctionDef, ast.ClassDef, ast.AsyncFor, ast.AsyncWith)
"""Statements that hold others, which are the steps."""


def follow() -> None:
    """From the next cell on, show what each is doing that takes more than two seconds; nothing where nobody watches.

    The bar counts the steps of the cell, which are its statements; beside it stand the line that runs, the function of
    the kit that works for it, and the seconds. It goes when the cell ends, so that no output of the notebook changes.
    """
    shell = get_ipython()
    if shell is None or not is_watched():
        return
    follower = _Follower(shell)
    for event, callback in (("pre_run_cell", follower.begin), ("post_run_cell", follower.end)):
        for known in list(shell.events.callbacks[event]):
            if type(getattr(known, "__self__", None)).__name__ == _Follower.__name__:
                shell.events.unregister(event, known)
        shell.events.register(event, callback)


@dataclass
class _Follower:
    """Follows one cell at a time, from a thread of its own."""

    shell: Any
    over: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def begin(self, info: Any) -> None:
        """A cell begins: look at it when its patience has gone."""
        self.over = threading.Event()
        steps = _steps(self.shell.transform_cell(info.raw_cell))
        watch = _Watch(steps, threading.get_ident(), self.shell.user_ns, self.over)
        self.thread = threading.Thread(target=copy_context().run, args=(watch.run,), daemon=True)
        self.thread.start()

    def end(self, _result: Any) -> None:
        """The cell has ended: wait until its bar is gone."""
        self.over.set()
        if self.thread is not None:
            self.thread.join()


@dataclass(frozen=True)
class _Step:
    first_line: int
    last_line: int
    text: str


@dataclass(frozen=True)
class _Watch:
    """A running cell: its steps, the thread that runs it, its variables, and when it is over."""

    steps: Sequence[_Step]
    runner: int
    names: dict[str, Any]
    over: threading.Event

    def run(self) -> None:
        """Show a bar from the patience's end to the cell's, and leave nothing behind."""
        begun = time.monotonic()
        if self.over.wait(PATIENCE_SECONDS):
            return
        shown: Any = None
        while True:
            bundle = self._bundle(time.monotonic() - begun)
            if shown is None:
                shown = display(bundle, raw=True, display_id=True)
            else:
                shown.update(bundle, raw=True)
            if self.over.wait(EVERY_SECONDS):
                shown.update({"text/plain": "", "text/html": ""}, raw=True)
                return

    def _bundle(self, seconds: float) -> dict[str, str]:
        frames = list(_frames(sys._current_frames().get(self.runner)))
        line = next((frame.f_lineno for frame in reversed(frames) if frame.f_globals is self.names), None)
        number = next((at for at, step in enumerate(self.steps) if line and line <= step.last_line), 0)
        text = self.steps[number].text if self.steps else ""
        place = next(filter(None, map(_public_name, frames)), "")
        said = worded(
            "step {step} of {count}, {seconds} s", step=number + 1, count=max(1, len(self.steps)), seconds=int(seconds)
        )
        at = " · ".join(filter(None, [text, place]))
        bar = f'<progress value="{number}" max="{max(1, len(self.steps))}" aria-label="{escape(said)}"></progress>'
        return {"text/plain": f"[{said}] {at}", "text/html": f"{bar} {escape(said)} <code>{escape(at)}</code>"}


def _steps(source: str) -> list[_Step]:
    """The statements of a cell that hold no others, in their order; none where it is no Python."""
    try:
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    except SyntaxError:
        return []
    lines = source.splitlines()
    simple = [node for node in nodes if not isinstance(node, COMPOUND)]
    steps = [
        _Step(node.lineno, node.end_lineno or node.lineno, lines[node.lineno - 1].strip()[:LONGEST_LINE])
        for node in simple
    ]
    return sorted(steps, key=lambda step: (step.first_line, step.last_line))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """The calls that run now, the innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _public_name(frame: FrameType) -> str:
    """The function of the kit that a call is of, as `module.function`; nothing for others and for its private ones."""
    module, name = str(frame.f_globals.get("__name__", "")), frame.f_code.co_name
    is_ours = module.startswith("helpers.") and not module.endswith(("progress", "engine"))
    return f"{module.rsplit('.', 1)[-1]}.{name}" if is_ours and name.isidentifier() and name[0] != "_" else ""
