"""Findings: a number, its interval and the sentence made from them, so that prose can never drift from the data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from IPython.display import display

from helpers.models.statistics.intervals import Estimate

FINDINGS = "application/vnd.regulars.findings+json"


@dataclass(frozen=True)
class Finding:
    """One thing that the data say.

    Parameters
    ----------
    key
        A name that other programs may rely on, unique within a notebook.
    sentence
        The claim, with its number, its interval and its period in words.
    value, low, high
        The number and its interval, in `unit`; None where there is none.
    n
        How many customers, orders or rows it rests on.
    unit
        `share`, `count`, `days`, or the currency of the report.
    """

    key: str
    sentence: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    unit: str = ""

    def record(self) -> dict[str, Any]:
        """The finding as plain JSON; a number that is missing is null."""
        return {key: _plain(value) for key, value in asdict(self).items()}


def estimated(key: str, sentence: str, estimate: Estimate, unit: str) -> Finding:
    """The finding whose number is an estimate: value, interval and n as a model gave them."""
    return Finding(key, sentence, estimate.value, estimate.low, estimate.high, estimate.n, unit)


DIGITS = 7
"""Significant digits of a finding's number: a float's last ones differ between processors, from about the eleventh."""


def _plain(value: object) -> object:
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.{DIGITS}g}")
    return value


def tell(*findings: Finding) -> None:
    """Say findings in a notebook: a paragraph where there is one, a numbered list where there are several."""
    sentences = [escape(finding.sentence) for finding in findings]
    if len(sentences) == 1:
        html = f'<p class="finding">{sentences[0]}</p>'
    else:
        html = '<ol class="findings">' + "".join(f"<li>{sentence}</li>" for sentence in sentences) + "</ol>"
    display(
        {
            FINDINGS: {"findings": [finding.record() for finding in findings]},
            "text/html": html,
            "text/plain": "\n".join(finding.sentence for finding in findings),
        },
        raw=True,
    )


def collected(outputs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings in the outputs of a notebook, each key once, in the order in which they were first told."""
    by_key: dict[str, dict[str, Any]] = {}
    for output in outputs:
        for finding in output.get("data", {}).get(FINDINGS, {}).get("findings", []):
            by_key.setdefault(finding["key"], finding)
    return list(by_key.values())
