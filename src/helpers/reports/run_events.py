"""What happens during a run, told step by step: to a terminal, to a log, to whoever waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

EventKind: TypeAlias = Literal["wait", "begin", "end", "publish", "refuse", "fail", "warn", "sent", "sum"]


@dataclass(frozen=True)
class Event:
    """One step of a run.

    Attributes
    ----------
    kind
        `begin` and `end` are of a notebook; `publish`, `refuse` and `fail` are how a report ended; `sum` is of a run.
    text
        What to say of it, on a line of its own.
    report, as_of, notebook
        What it is about, the day as an ISO date; empty where it is about nothing of the kind.
    seconds, peak_bytes
        How long the notebook took, and the most memory it held; None where it is not over.
    exit_code
        What the command will end with on account of this; None where nothing ended.
    """

    kind: EventKind
    text: str
    report: str = ""
    as_of: str = ""
    notebook: str = ""
    seconds: float | None = None
    peak_bytes: int | None = None
    exit_code: int | None = None


Tell: TypeAlias = Callable[[Event], None]


def untold(event: Event) -> None:
    """For who need not know."""
