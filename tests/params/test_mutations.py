"""Params with a fault each: a report, or one message that says what to edit, and nothing else, at once.

REGULARS_MUTATIONS=10000 tries as many by hand.
"""

from __future__ import annotations

import copy
import random
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.errors import ParamsError
from helpers.params import NOTEBOOKS, read_report
from tests import mutants

LONGEST_SECONDS = 10
GOOD: dict[str, Any] = {
    "title": "Shop",
    "as_of": "2025-01-31",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "orders": {
        "source": "data/raw/*.csv",
        "grain": "line",
        "columns": {"order_id": "id", "customer_id": "who"},
        "fill_down": ["order_id"],
        "rules": [{"rule": "no customer", "column": "customer_id", "missing": True}],
    },
    "customers": "data/raw/customers.csv",
    "other_tables": {"points": "points.csv"},
    "exploration": {"top_share": 0.3, "abc_shares": [0.8, 0.95], "breakdowns": ["channel"]},
    "segmentation": {},
}
HOSTILE = (
    *(None, True, 0, -1, 10**30, -(10**30), 0.1, float("nan"), float("inf"), "", " ", "x" * 20_000, "2025-02-30"),
    *("\x01", "a\nb", "../../x", "${", "${HOME}", "${X:-hush}", "postgres://me:hush@h/x", "(a|b)*" * 900, "[", "(?P<"),
    *(
        [],
        {},
        [[]],
        {"": ""},
        {"a": {"b": {"c": 1}}},
        [1] * 500,
        list(range(20_000)),
        "🙂",
        "0x10",
        "1e999",
        "~",
        "*",
        "&a",
        "!!x",
    ),
)


def places(values: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value of nested mappings and lists."""
    keys = values if isinstance(values, dict) else range(len(values)) if isinstance(values, list) else ()
    return [way for key in keys for way in [(*path, key), *places(values[key], (*path, key))]]


def other_value(draw: random.Random) -> bytes:
    """A value or a key that is another one, left out, or doubled in depth."""
    values = copy.deepcopy(GOOD)
    *path, last = draw.choice(places(values))
    inside = values
    for key in path:
        inside = inside[key]
    match draw.randrange(5):
        case 0 if isinstance(inside, dict):
            inside[draw.choice(["x", "", "\x01", "as_of ", "Orders", "x" * 5_000, 1, None, True])] = inside.pop(last)
        case 1:
            del inside[last]
        case 2:
            for _ in range(draw.choice([1, 5, 60])):
                inside[last] = draw.choice([[inside[last]], {"a": inside[last]}])
        case _:
            inside[last] = draw.choice(HOSTILE)
    return yaml.safe_dump(values, allow_unicode=draw.random() < 0.5).encode("utf-8", "surrogatepass")


def other_text(draw: random.Random) -> bytes:
    """The file with some of its bytes changed, or pieces of YAML put into it."""
    content = yaml.safe_dump(GOOD).encode()
    if draw.random() < 0.5:
        return mutants.damaged(draw, content)
    pieces = (
        "? [a]\n: 1\n",
        "x: &x [*x]\n",
        "<<: 1\n",
        "!!timestamp x",
        "[" * 900,
        "{" * 900,
        "---\n",
        "%YAML 9\n",
        "\t",
        "=",
        "|\n",
        "'",
    )
    lines = content.decode().splitlines(keepends=True)
    lines.insert(draw.randrange(len(lines) + 1), draw.choice(pieces))
    return "".join(lines).encode()


def fault(content: bytes, path: Path) -> str | None:
    """What is wrong with how a file of params was read, None where nothing is."""
    path.write_bytes(content)
    before = time.monotonic()
    try:
        report = read_report(path)
    except ParamsError as error:
        told = str(error)
        if "hush" in told or len(told) > 3_000:
            return f"a message that tells a secret, or too much: {told[:200]}"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{type(error).__name__}: {error}"
    else:
        if not set(report.params) <= set(NOTEBOOKS):
            return "a report of notebooks that are none"
    took = time.monotonic() - before
    return f"took {took:.0f} seconds" if took > LONGEST_SECONDS else None


def faults(count: int, *, seed: int, folder: Path) -> dict[str, str]:
    found = {}
    for number in range(count):
        draw = random.Random(f"{seed} {number}")
        content = (other_value, other_text)[number % 2](draw)
        wrong = fault(content, folder / "a.yml")
        if wrong is not None:
            found[f"{number}: {content[:300]!r}"] = wrong
    return found


def test_mutated_params_are_a_report_or_one_message(tmp_path: Path) -> None:
    assert faults(mutants.asked(mutants.QUICK), seed=1, folder=tmp_path) == {}


@pytest.mark.slow
def test_many_mutated_params_are_a_report_or_one_message(tmp_path: Path) -> None:
    assert faults(mutants.asked(mutants.SLOW), seed=2, folder=tmp_path) == {}
