"""Findings: a number, its interval and the sentence made from them, so that prose can never drift from the data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from helpers.display.wording import sentences, worded

if TYPE_CHECKING:
    from helpers.models.statistics.intervals import Estimate

FINDINGS = "application/vnd.regulars.findings+json"
CODE = re.compile("`([^`]+)`")


@dataclass(frozen=True)
class Finding:
    """One thing that the data say.

    Parameters
    ----------
    key
        A name that other programs may rely on, unique within a notebook.
    claim
        One sentence that a shop owner would say, with two numbers at most.
    value, low, high
        The number and its interval, in `unit`; None where there is none.
    n
        How many customers, orders or rows it rests on.
    unit
        `share`, `count`, `days`, or the currency of the report.
    evidence
        What the claim rests on, in a line under it: interval, n, period, method.
    """

    key: str
    claim: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    unit: str = ""
    evidence: str = ""

    @property
    def sentence(self) -> str:
        """The claim, and what it rests on, in one text."""
        return sentences(self.claim, self.evidence)

    def record(self) -> dict[str, Any]:
        """The finding as plain JSON; a number that is missing is null."""
        return {key: _plain(value) for key, value in asdict(self).items()} | {"sentence": self.sentence}

    def _repr_html_(self) -> str:
        return _html(self)


@dataclass(frozen=True)
class Lacking(Finding):
    """What data that were not delivered would say: which they are, and what they would show, in one line."""


def estimated(key: str, claim: str, estimate: Estimate, unit: str, *, evidence: str = "") -> Finding:
    """The finding whose number is an estimate: value, interval and n as a model gave them."""
    return Finding(key, claim, estimate.value, estimate.low, estimate.high, estimate.n, unit, evidence)


DIGITS = 7
"""Significant digits of a finding's number: a float's last ones differ between processors, from about the eleventh."""


def _plain(value: object) -> object:
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.{DIGITS}g}")
    return value


def untold(key: str, what: str) -> Finding:
    """That something is not told, since it would speak of too few customers."""
    claim = worded("{what} not shown, to protect people.", what=what)
    return Finding(key, claim, evidence=worded("It would speak of too few customers."))


def of_enough(*findings: Finding, smallest_cell: int, are_parts: bool = False) -> list[Finding]:
    """The findings, those that rest on fewer customers than `smallest_cell` without what they say.

    The `n` of each must be a number of customers; where they `are_parts` the value is a share of these, and neither
    they nor the rest may be few.
    """
    return [
        untold(one.key, worded("This is")) if _is_of_few(one, smallest_cell, are_parts) else one for one in findings
    ]


def _is_of_few(finding: Finding, smallest_cell: int, is_part: bool) -> bool:
    n = finding.n or 0
    people = [n]
    if is_part and finding.value is not None and not math.isnan(finding.value):
        people += [round(finding.value * n), n - round(finding.value * n)]
    return any(0 < count < smallest_cell for count in people)


def tell(*findings: Finding) -> None:
    """Say findings in a notebook: each claim with its evidence under it; several as a list.

    Those that are lacking come last, in one line.
    """
    known = [finding for finding in findings if not isinstance(finding, Lacking)]
    lacking = [finding for finding in findings if isinstance(finding, Lacking)]
    if len(known) == 1:
        _say(known, _html(known[0]))
    elif known:
        _say(known, '<ul class="findings">' + "".join(f"<li>{_html(finding)}</li>" for finding in known) + "</ul>")
    if lacking:
        _say(lacking, f"<p>{_marked(sentences(*(finding.sentence for finding in lacking)))}</p>", is_lacking=True)


def _say(findings: Sequence[Finding], html: str, **marks: bool) -> None:
    from IPython.display import display  # for notebooks: a terminal prints the sentence

    display(
        {
            FINDINGS: {"findings": [finding.record() for finding in findings], **marks},
            "text/html": html,
            "text/plain": "\n".join(finding.sentence for finding in findings),
        },
        raw=True,
    )


def _html(finding: Finding) -> str:
    evidence = f'<p class="evidence">{_marked(finding.evidence)}</p>' if finding.evidence else ""
    return f'<p class="finding">{_marked(finding.claim)}</p>{evidence}'


def _marked(text: str) -> str:
    """A text as markup in which nothing of it can run; what stands in backticks, such as a parameter, is code."""
    return CODE.sub(r"<code>\1</code>", escape(text))


def is_lacking(output: dict[str, Any]) -> bool:
    """Whether an output of a notebook says what data that were not delivered would show."""
    return bool(output.get("data", {}).get(FINDINGS, {}).get("is_lacking"))


def collected(outputs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings in the outputs of a notebook, each key once, in the order in which they were first told."""
    by_key: dict[str, dict[str, Any]] = {}
    for output in outputs:
        for finding in output.get("data", {}).get(FINDINGS, {}).get("findings", []):
            by_key.setdefault(finding["key"], finding)
    return list(by_key.values())
