"""YAML beyond what a report needs: each kind one clear error, at once, whatever it would have grown to."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from helpers.errors import ParamsError
from helpers.params import read_report
from helpers.params.yaml_files import mapping

GOOD = "title: Shop\nas_of: 2025-01-31\norders: cdnow\n"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)
RULES = "title: S\nas_of: 2025-01-31\norders:\n  source: cdnow\n  rules:\n"
WRONG: dict[str, tuple[str | bytes, str]] = {
    "a key that is a list": ("[a, b]: 1\n", "line 4: a key must be a text"),
    "a key that is a mapping": ("? {a: 1}\n: 1\n", "line 4: a key must be a text"),
    "an alias as a key": ("x: &a [1]\n? *a\n: 1\n", "line 5: a key must be a text"),
    "lists in lists": ("x: " + "[" * 1_000 + "]" * 1_000 + "\n", "nested deeper than 20"),
    "keys in keys": ("x: " + "{a: " * 1_000 + "1" + "}" * 1_000 + "\n", "nested deeper than 20"),
    "aliases that multiply": (BOMB, "at most 50,000 values"),
    "an alias of itself": ("x: &x [*x]\n", "line 4: `*x` must not stand inside of what it names"),
    "a merge of itself": ("x: &x {<<: *x}\n", "`*x` must not stand inside"),
    "a timestamp that is none": ("x: !!timestamp nope\n", "line 4: a tag such as !!timestamp has no place here"),
    "another tag": ("x: !!bool nope\n", "a tag such as"),
    "a tag of Python": ("x: !!python/object/apply:os.system [ls]\n", "a tag such as"),
    "a tagged list": ("x: !!set [a]\n", "a tag such as"),
    "a day that is none": ("x: 2025-02-30\n", "must hold dates that exist"),
    "a number without end": (f"x: {'9' * 5_000}\n", "must hold numbers that can be read"),
    "a number of sixties": (f"x: {'1:' * 30_000}1\n", "a text must have at most 10,000 characters"),
    "many keys": ("".join(f"k{n}: 1\n" for n in range(20_000)), "at most 200 keys"),
    "NUL": ('x: "a\\0b"\n', "line 4: a text must not hold a NUL"),
    "half of a character": ('x: "a\\ud800b"\n', "line 4"),
    "other bytes": (b"# caf\xe9\n", "other bytes than UTF-8 in line 4"),
    "a NUL as such": (b"\0", "must be YAML"),
    "a file too long": ("# " + "x" * 1_000_001, "must be of 1,000,000 bytes at most"),
    "two documents": ("---\n" + GOOD, "must be YAML at line 4"),
}


def refusal(path: Path, content: str | bytes) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = time.monotonic()
    with pytest.raises(ParamsError) as caught:
        read_report(path)
    assert time.monotonic() - before < 5
    assert len(str(caught.value)) < 1_000
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(("content", "told"), WRONG.values(), ids=WRONG)
def test_what_no_report_needs_is_one_error(tmp_path: Path, content: str | bytes, told: str) -> None:
    whole = GOOD.encode() + (content if isinstance(content, bytes) else content.encode())
    assert told in refusal(tmp_path / "a.yml", whole)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("".join(f"    - {{rule: r{n}, column: amount, at_most: {n}}}\n" for n in range(201)), "at most 200 items"),
        (f"    - {{rule: x, column: amount, matches: '{'(a|b)*' * 200}'}}\n", "at most 1000 characters"),
        (f"    - {{rule: {'x' * 201}, column: amount, missing: true}}\n", "at most 200 characters"),
        (f"    - {{rule: x, column: amount, one_of: [{'a,' * 10_001}]}}\n", "at most 10000 items"),
        ("    - {rule: x, column: amount, at_most: .nan}\n", "finite number"),
    ],
)
def test_rules_have_limits(tmp_path: Path, rules: str, told: str) -> None:
    assert told in refusal(tmp_path / "a.yml", RULES + rules)


def test_passwords_stand_in_no_message(tmp_path: Path) -> None:
    for orders in (
        "[postgres://me:hush@h/x]",
        "{source: [x, 'postgres://h?password=hush']}",
        "{source: {a: '${A:-hush}'}}",
    ):
        assert "hush" not in refusal(tmp_path / "a.yml", GOOD.replace("cdnow", orders))


def test_what_is_no_file_is_one_error(tmp_path: Path) -> None:
    for path, told in (
        (tmp_path, "must be a readable text file: Is a directory"),
        (tmp_path / "no.yml", "does not exist"),
        (tmp_path / ("x" * 300), "File name too long"),
        (Path("a\0b"), "null byte"),
        (Path("/dev/zero"), "1,000,000 bytes at most"),
    ):
        with pytest.raises(ParamsError, match=told):
            mapping(path)


def test_anchors_and_merges_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("a: &a {x: 1}\nb: {<<: *a, y: [*a, *a]}\n", encoding="utf-8-sig")
    assert mapping(tmp_path / "a.yml") == {"a": {"x": 1}, "b": {"x": 1, "y": [{"x": 1}, {"x": 1}]}}
