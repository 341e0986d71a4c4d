"""Claims are short and plain: what rests on them stands in the evidence, and no parameter is named in them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from helpers.models.buying.registry import MODELS
from helpers.reports.rendering import ANSWER_TAG

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
FINDINGS = "application/vnd.regulars.findings+json"
MOST_WORDS, MOST_NUMBERS = 22, 3
DATE = re.compile(r"\b\d{1,2} [A-Z][a-z]+ \d{4}\b|\b[A-Z][a-z]+ \d{4}\b")
NUMBER = re.compile(r"[−+]?\d[\d,.]*")
PARAMETER = re.compile(r"`[^`]+`|\b[a-z]+_[a-z_]+\b")
REDIRECTED = {"data_health", "detectable_lift"}
"""Findings that may name what to state: the sentence on data health, and that nobody is held out."""


def claims(path: Path) -> dict[str, str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    told = [finding for output in outputs for finding in output.get("data", {}).get(FINDINGS, {}).get("findings", [])]
    return {finding["key"]: finding["claim"].replace("\u00a0", " ") for finding in told}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_answer_names_no_model(path: Path) -> None:
    """A reader of the answer need not know what a model is called; the sections that judge it say it."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    answers = [cell for cell in cells if ANSWER_TAG in cell["metadata"].get("tags", [])]
    assert answers or path.stem == "cookbook"
    told = json.dumps([cell["outputs"] for cell in answers])
    assert [model.title for model in MODELS.values() if json.dumps(model.title)[1:-1] in told] == []


def faults(claim: str) -> list[str]:
    dateless = DATE.sub("then", claim)
    words, numbers = len(claim.split()), len(NUMBER.findall(dateless))
    found = [f"{words} words"] if words > MOST_WORDS else []
    found += [f"{numbers} numbers"] if numbers > MOST_NUMBERS else []
    return found + [f"names {name}" for name in PARAMETER.findall(claim)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_claims_are_short_and_plain(path: Path) -> None:
    told = {key: claim for key, claim in claims(path).items() if key not in REDIRECTED}
    wrong = [f"{key}: {', '.join(faults(claim))}: {claim}" for key, claim in told.items() if faults(claim)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        ("Revenue fell 19 % against 30 June 1998.", []),
        ("1 of 2 and 3 of 4 came.", ["4 numbers"]),
        ("Set `holdout_weeks` to more.", ["names `holdout_weeks`"]),
        ("The purchase_rate_per_week is high.", ["names purchase_rate_per_week"]),
        (" ".join(["word"] * 23), ["23 words"]),
    ],
)
def test_the_judge_of_claims_finds_faults(claim: str, fault: list[str]) -> None:
    assert faults(claim) == fault
