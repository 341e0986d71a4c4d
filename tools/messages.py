"""Collects what the pages say into the catalogues of other languages: `make messages`; `--check` says what is amiss.

Messages are the literals that `worded`, `worded_n`, `vocabulary` and `counted` are given in the modules of display and
reports that word what they say, those of `say` in the templates of pages, and the blocks of the markdown cells of each
notebook that speaks the language of its report (it calls `speak`), but for what is only for analysts; and what a row of
each table is, as docs/outputs.md says, for workbooks. New messages come
in without a translation, changed ones as fuzzy, and those that nobody says any more are taken out.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from io import SEEK_END, BytesIO
from pathlib import Path

import nbformat
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.nodes import Call, Const, Name

from helpers.display.wording import PLACE
from helpers.reports.prose import blocks, is_read
from helpers.reports.workbook import documented_rows

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "helpers"
CATALOGUES = {"zh": PACKAGE / "locale" / "zh" / "LC_MESSAGES" / "regulars.po"}
HEADERS = {
    "zh": """msgid ""
msgstr ""
"Language: zh\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
}
"""What stands over the messages: without names and times, so that the same messages are the same bytes."""
WORDS = re.compile(r"\b(?:worded|worded_n|vocabulary)\(")
ROOMS = ("display", "reports")
Said = tuple[str | tuple[str, str], str]
"""A message, with its plural where it has one, and the file that says it."""


def messages(root: Path = ROOT) -> Iterator[Said]:
    """Everything that pages say."""
    for room in ROOMS:
        for path in sorted((root / "src" / "helpers" / room).rglob("*.py")):
            yield from ((text, path.relative_to(root).as_posix()) for text in of_python(path.read_text("utf-8")))
    for path in sorted((root / "src" / "helpers" / "reports" / "templates").rglob("*.j2")):
        yield from ((text, path.relative_to(root).as_posix()) for text in of_template(path.read_text("utf-8")))
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        yield from ((text, path.relative_to(root).as_posix()) for text in of_notebook(path))
    outputs = root / "docs" / "outputs.md"
    if outputs.is_file():
        rows = documented_rows(outputs.read_text("utf-8"))
        yield from ((text, outputs.relative_to(root).as_posix()) for text in dict.fromkeys(rows.values()))


def of_python(source: str) -> Iterator[str | tuple[str, str]]:
    """The messages of a module, in the order of its text; none where it does not word what it says yet."""
    if not WORDS.search(source):
        return
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        texts = [_literal(argument) for argument in call.args]
        if name == "worded" and texts[0]:
            yield texts[0]
        elif name == "vocabulary":
            yield from (text for text in texts if text)
        elif name == "worded_n" and texts[1] and texts[2]:
            yield texts[1], texts[2]
        elif name == "counted" and len(texts) > 1 and texts[1]:
            yield f"{{count}} {texts[1]}", f"{{count}} {texts[2] if len(texts) > 2 else texts[1] + 's'}"


def _literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def of_template(source: str) -> Iterator[str]:
    """The messages of a template of pages."""
    for call in Environment(autoescape=True).parse(source).find_all(Call):
        if isinstance(call.node, Name) and call.node.name == "say" and call.args and isinstance(call.args[0], Const):
            yield call.args[0].value


def of_notebook(path: Path) -> Iterator[str]:
    """The blocks of the markdown cells that a page shows; none where the notebook speaks English alone."""
    notebook = nbformat.read(path, as_version=4)
    if any(cell.cell_type == "code" and "speak(params.language)" in cell.source for cell in notebook.cells):
        for cell in filter(is_read, notebook.cells):
            yield from (block.text for block in blocks(cell.source))


def template() -> Catalog:
    """The catalogue without translations."""
    catalogue = Catalog(project="Regulars", charset="utf-8")
    for text, place in messages():
        catalogue.add(text, locations=[(place, 0)])
    return catalogue


def updated(language: str) -> tuple[bytes, Catalog]:
    """The catalogue of a language with what pages say now, as text and as what it holds."""
    catalogue = _read(language)
    catalogue.update(template())
    catalogue.obsolete.clear()
    for each in catalogue:
        each.locations = list(dict.fromkeys(each.locations))
    text = BytesIO(HEADERS[language].encode())
    text.seek(0, SEEK_END)
    write_po(text, catalogue, width=120, sort_by_file=True, include_lineno=False, omit_header=True)
    return text.getvalue(), catalogue


def _read(language: str) -> Catalog:
    path = CATALOGUES[language]
    if not path.exists() or not path.read_bytes():
        return Catalog(locale=language, project="Regulars", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def faults(language: str) -> list[str]:
    """What is amiss with a catalogue: missing, obsolete, fuzzy or untranslated entries, and places that differ."""
    before, now = _read(language), template()
    known, said = {_key(each) for each in before if each.id}, {_key(each) for each in now if each.id}
    found = [f"missing: {key}" for key in sorted(said - known)] + [f"obsolete: {key}" for key in sorted(known - said)]
    for each in before:
        if not each.id or _key(each) not in said:
            continue
        text = _told(each)
        if each.fuzzy:
            found.append(f"fuzzy: {_key(each)}")
        elif not text:
            found.append(f"untranslated: {_key(each)}")
        elif set(PLACE.findall(text)) != set(PLACE.findall(_key(each))):
            found.append(f"other places: {_key(each)}")
    return found


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _told(message: Message) -> str:
    told = message.string or ""
    return told if isinstance(told, str) else told[0]


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        amiss = [f"{language}: {fault}" for language in CATALOGUES for fault in faults(language)]
        raise SystemExit("\n".join([*amiss, "Run `make messages`, translate, and commit."]) if amiss else 0)
    for language, path in CATALOGUES.items():
        text, catalogue = updated(language)
        path.write_bytes(text)
        left = [_key(each) for each in catalogue if each.id and (each.fuzzy or not _told(each))]
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} messages, {len(left)} to translate")
