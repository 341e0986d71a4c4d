"""The few exceptions of the kit, each named by who must act, and the one way to report many problems at once."""

from __future__ import annotations

import difflib
import sys
import unicodedata
from collections.abc import Iterable

from helpers.watching import is_watched

SHOWN = 5
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of Unicode: control characters, marks of no width, halves of characters, ends of lines."""


class RegularsError(Exception):
    """Something a person must mend; `exit_code` is what the command line returns for it."""

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: one message to whoever watches; every step in the notebook of a scheduled run."""
        if is_watched():
            return [f"{type(self).__name__}: {self}"]
        shell = sys.modules["IPython"].get_ipython()
        return list(shell.InteractiveTB.structured_traceback(type(self), self, self.__traceback__))


class ParamsError(RegularsError):
    """The YAML of a report, or an option of the command line, must be edited."""

    exit_code = 2


class ContractError(RegularsError):
    """The data do not meet the contract: ask the data's owner, or state a rule for them in the params."""

    exit_code = 3


class FitError(RegularsError):
    """A model does not suit these data."""

    exit_code = 4


class NotebookError(RegularsError):
    """A notebook stopped in one of its cells."""

    exit_code = 4


class RunError(RegularsError):
    """The machine is in the way: a folder, the disk, memory, the time limit, another run."""

    exit_code = 5


class RefusedError(RegularsError):
    """The data meet the contract, but are too unhealthy for what the report claims: mend them, or accept the light."""

    exit_code = 6


def message(headline: str, problems: Iterable[str]) -> str:
    """One text for all problems of one input: the headline, then a line each, five shown.

    >>> print(message("`orders` must meet its contract", ["column `amount` is missing"]))
    `orders` must meet its contract; 1 problem.
    - column `amount` is missing
    """
    listed = ["\n".join(map(one_line, problem.split("\n"))) for problem in problems]
    lines = [f"{headline}; {len(listed)} problem{'' if len(listed) == 1 else 's'}."]
    lines += [f"- {problem}" for problem in listed[:SHOWN]]
    if len(listed) > SHOWN:
        lines.append(f"- and {len(listed) - SHOWN} more")
    return "\n".join(lines)


def one_line(text: str) -> str:
    r"""A text of somebody else on one line, with what cannot be seen written out: no value forges a line of a log.

    >>> one_line("5\nerror: none")
    '5\\nerror: none'
    """
    return "".join(
        one.encode("unicode_escape").decode("ascii") if unicodedata.category(one) in UNSEEN else one for one in text
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """A suggestion to put behind an unknown name: ` Did you mean ...?`, or nothing where no known name is near."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean `{matches[0]}`?" if matches else ""
