"""The catalogues hold every message that pages say, whole and with its places; and nothing else."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from babel.messages.pofile import read_po
from nbformat import v4

from helpers.display.contract_words import OUTCOMES, RULES, TABLES
from helpers.display.customers.breakdown import COLUMNS
from helpers.display.customers.period_change import MEASURES
from helpers.display.customers.steps import STEPS
from helpers.display.wording import PLACE
from helpers.models.customers import changes
from helpers.params.common import Dimension
from helpers.schema import SCHEMAS

ROOT = Path(__file__).resolve().parents[2]
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "messages.py"))
CATALOGUE = TOOL["CATALOGUES"]["zh"]


@pytest.mark.parametrize("language", sorted(TOOL["CATALOGUES"]))
def test_nothing_is_amiss(language: str) -> None:
    assert TOOL["faults"](language) == []


def test_collecting_again_writes_the_same_bytes() -> None:
    assert TOOL["updated"]("zh")[0] == CATALOGUE.read_bytes()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda text: text.replace('msgid "An order is worth {amount} on average."', 'msgid "Gone {amount}."'),
            "missing",
        ),
        (
            lambda text: text.replace('msgid "An order is worth {amount} on average."', 'msgid "Gone {amount}."'),
            "obsolete",
        ),
        (lambda text: text.replace('msgid "An order is worth', '#, fuzzy\nmsgid "An order is worth'), "fuzzy"),
        (lambda text: text.replace('msgstr "客单价平均 {amount}。"', 'msgstr ""'), "untranslated"),
        (lambda text: text.replace("客单价平均 {amount}。", "客单价平均 {money}。"), "other places"),
    ],
)
def test_each_fault_is_found(tmp_path: Path, change: Callable[[str], str], fault: str) -> None:
    text = CATALOGUE.read_text(encoding="utf-8")
    (tmp_path / "zh.po").write_text(changed := change(text), encoding="utf-8")
    assert changed != text
    known = TOOL["CATALOGUES"]["zh"]
    try:
        TOOL["CATALOGUES"]["zh"] = tmp_path / "zh.po"
        found = TOOL["faults"]("zh")
    finally:
        TOOL["CATALOGUES"]["zh"] = known
    assert [line.partition(":")[0] for line in found].count(fault) == 1


def test_messages_of_a_module_are_its_literals() -> None:
    source = (
        'A = vocabulary("one", "two")\n'
        'say.counted(n, "box", "boxes"), say.counted(n, "day"), say.counted(n, noun)\n'
        'worded("whole " "template {x}", x=1), worded(other), worded_n(n, "{n} is", "{n} are", n=1)\n'
    )
    assert list(TOOL["of_python"](source)) == [
        "one",
        "two",
        ("{count} box", "{count} boxes"),
        ("{count} day", "{count} days"),
        "whole template {x}",
        ("{n} is", "{n} are"),
    ]
    assert list(TOOL["of_python"]('say.counted(n, "day")')) == [], "a module that is not worded yet has none"


def test_messages_of_a_template_are_what_it_says() -> None:
    assert list(TOOL["of_template"]("<p>{{ say('By {day}', day=x) }} {{ say(word) }} {{ other('no') }}</p>")) == [
        "By {day}"
    ]


def test_messages_of_a_notebook_are_blocks_that_readers_see(tmp_path: Path) -> None:
    text = "## A *claim*\nover\ntwo lines.\n\n- one\n- two\n  lines\n\nTo try: `x = 1`\nand more.\n\nLast."
    cells = [v4.new_markdown_cell(text), v4.new_markdown_cell("Not read.", metadata={"tags": ["analyst"]})]
    path = tmp_path / "a.ipynb"
    path.write_text(v4.writes(v4.new_notebook(cells=cells)), encoding="utf-8")
    assert list(TOOL["of_notebook"](path)) == []
    cells.append(v4.new_code_cell("speak(params.language)"))
    path.write_text(v4.writes(v4.new_notebook(cells=cells)), encoding="utf-8")
    assert list(TOOL["of_notebook"](path)) == ["A *claim*", "over two lines.", "one", "two lines", "Last."]


def contract_rules() -> set[str]:
    """The names that the contract gives to rules of its own, as they stand in its code."""
    found = set()
    for path in (ROOT / "src" / "helpers" / "contract").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_Line", "_note", "Entry"):
                found |= {
                    one.value for one in node.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    return found


def test_what_lower_layers_name_is_in_the_vocabulary() -> None:
    known = {*RULES, *OUTCOMES, *TABLES}
    named = contract_rules() - {"orders"}
    assert {"second order on a day", "zero amount"} <= named
    assert {rule for rule in named - known if not rule.endswith(" not in products")} == set()
    assert set(MEASURES) == set(changes.MEASURES)
    assert set(COLUMNS) == set(get_args(Dimension))
    assert set(TABLES) >= set(SCHEMAS)
    levers = (ROOT / "src" / "helpers" / "models" / "customers" / "levers.py").read_text(encoding="utf-8")
    assert all(f'"{step}"' in levers for step in STEPS)


def test_no_translation_is_the_english_text() -> None:
    with CATALOGUE.open("rb") as file:
        same = {str(each.id) for each in read_po(file) if each.id and each.id == each.string}
    said = {text for text in same if re.search(r"[A-Za-z]", PLACE.sub("", text))}
    assert said == set()
