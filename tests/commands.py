"""The command line as a process of its own, without paying for its imports each time.

A server that has imported what runs import is copied for each call. What a call prints, its exit code, its folder and
its environment are those of `python -m helpers` (`tests/test_command_line.py` compares the two).
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import BaseContext
from pathlib import Path

from tests import shuffled

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 600.0


@dataclass(frozen=True)
class Done:
    """How a call ended: its exit code, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def regulars(
    *arguments: object, cwd: Path | None = None, environment: Mapping[str, str] | None = None, seconds: float = SECONDS
) -> Done:
    """Call `regulars` with these arguments in a process of its own, and wait for its end.

    Raises
    ------
    TimeoutError
        It is not done within these seconds; it is ended.
    """
    with tempfile.TemporaryDirectory() as folder:
        streams = Path(folder) / "stdout", Path(folder) / "stderr"
        where = str(cwd or Path.cwd())
        told = {**os.environ, **(environment or {})}
        process = _server().Process(target=_call, args=([str(each) for each in arguments], where, told, streams))
        process.start()
        process.join(seconds)
        if process.is_alive():
            process.terminate()
            raise TimeoutError(f"regulars {arguments} took more than {seconds} s")
        return Done(process.exitcode or 0, *(path.read_text(encoding="utf-8") for path in streams))


def succeeding(*arguments: object, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> Done:
    """Call `regulars`, which must succeed."""
    done = regulars(*arguments, cwd=cwd, environment=environment)
    assert done.returncode == 0, done.stderr
    return done


@cache
def _server() -> BaseContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.warmed"])
    return context


def _call(arguments: list[str], where: str, environment: dict[str, str], streams: tuple[Path, Path]) -> None:
    """In the copy: put the process where a shell would, and run the command line."""
    os.setpgrp()
    os.chdir(where)
    os.environ.clear()
    os.environ.update(environment)
    for path, stream in zip(streams, (sys.stdout, sys.stderr), strict=True):
        with path.open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    if seed := environment.get(shuffled.SEED):
        shuffled.shuffle_rows(int(seed))
    sys.argv = ["regulars", *arguments]
    from helpers.__main__ import main

    main()
