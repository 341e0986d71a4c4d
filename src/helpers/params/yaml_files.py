"""YAML as people write it for a report, and nothing that YAML can do besides: within limits, without tags."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from helpers.errors import ParamsError

MOST_BYTES = 1_000_000
MOST_DEPTH = 20
MOST_VALUES = 50_000
"""Values of a file, those of an alias counted wherever it stands."""
MOST_KEYS = 200
LONGEST_TEXT = 10_000
NO_TEXT = re.compile("[\0\ud800-\udfff]")
OF_DATES = re.compile(r"year|month|day|hour|minute|second|offset")
LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(LOADER):
    """A YAML loader that refuses a key written twice: the first of the two would be lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        counts = Counter(key.value for key, _ in node.value)
        doubled = sorted(key for key, count in counts.items() if count > 1)
        if doubled:
            raise ParamsError(f"line {node.start_mark.line + 1}: `{doubled[0]}` is written twice; keep one of the two.")
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def mapping(path: Path) -> dict[str, Any]:
    """The keys and values of a YAML file.

    Raises
    ------
    ParamsError
        The file is missing, no YAML, beyond a limit, or holds what no report needs: tags, keys that are lists, texts
        with a NUL, aliases of themselves.
    """
    text = _text(path)
    try:
        _check(text)
        values = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
    except ValueError as error:  # PyYAML on a date that no calendar has
        is_date = OF_DATES.search(str(error)) is not None
        wanted = "dates that exist, such as `as_of: 2025-01-31`" if is_date else "numbers that can be read"
        raise ParamsError(f"{path} must hold {wanted}: {str(error)[:100]}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" at line {mark.line + 1}" if mark else ""
        reason = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise ParamsError(f"{path} must be YAML{line}: {reason}.") from None
    except ParamsError as error:
        raise ParamsError(f"{path}, {error}") from None
    if not isinstance(values, dict):
        raise ParamsError(
            f"{path} must hold keys and values, such as `as_of: 2025-01-31`; found {type(values).__name__}."
        )
    return {str(key): value for key, value in values.items()}


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ParamsError(f"{path} does not exist; `regulars list` shows the known reports.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ParamsError(f"{str(path)[:200]!r} must be a readable text file: {reason}.") from None
    if len(content) > MOST_BYTES:
        raise ParamsError(f"{path} must be of {MOST_BYTES:,} bytes at most.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ParamsError(f"{path} must be a readable text file: other bytes than UTF-8 in line {line}.") from None


@dataclass
class _Open:
    """A list or mapping that is being read; `size` counts its values, `keys` is None in a list."""

    anchor: str | None
    keys: int | None
    size: int = 0
    is_key_next: bool = True


@dataclass
class _Check:
    """What has been read of a file so far: what is open, outermost first, and the sizes of what has an anchor."""

    open: list[_Open] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    total: int = 0

    def take(self, event: yaml.Event) -> None:
        """One event more; what is beyond a limit is an error, before anything is made of it."""
        if isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._size(event), is_scalar=False, event=event)
        elif isinstance(event, yaml.ScalarEvent):
            self._check_scalar(event)
            self._add(1, is_scalar=True, event=event)
            if event.anchor:
                self.sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            self._add(1, is_scalar=False, event=event)
            _refuse_tag(event, is_plain=event.implicit)
            self.open.append(_Open(event.anchor, 0 if isinstance(event, yaml.MappingStartEvent) else None))
            if len(self.open) > MOST_DEPTH:
                raise ParamsError(f"{_line(event)}: keys and lists must not be nested deeper than {MOST_DEPTH}.")

    def _close(self) -> None:
        closed = self.open.pop()
        if closed.anchor:
            self.sizes[closed.anchor] = closed.size + 1
        if self.open:
            self.open[-1].size += closed.size

    def _size(self, event: yaml.AliasEvent) -> int:
        if any(one.anchor == event.anchor for one in self.open):
            raise ParamsError(f"{_line(event)}: `*{event.anchor}` must not stand inside of what it names.")
        return self.sizes.get(str(event.anchor), 1)

    def _add(self, size: int, *, is_scalar: bool, event: yaml.Event) -> None:
        self.total += size
        if self.total > MOST_VALUES:
            raise ParamsError(f"{_line(event)}: a file must hold at most {MOST_VALUES:,} values, aliases counted.")
        if not self.open:
            return
        inside = self.open[-1]
        inside.size += size
        if inside.keys is None:
            return
        if inside.is_key_next and not is_scalar:
            raise ParamsError(f"{_line(event)}: a key must be a text, not a list or keys of its own.")
        inside.keys += inside.is_key_next
        inside.is_key_next = not inside.is_key_next
        if inside.keys > MOST_KEYS:
            raise ParamsError(f"{_line(event)}: at most {MOST_KEYS} keys may stand beside one another.")

    @staticmethod
    def _check_scalar(event: yaml.ScalarEvent) -> None:
        _refuse_tag(event, is_plain=any(event.implicit))
        if len(event.value) > LONGEST_TEXT:
            raise ParamsError(f"{_line(event)}: a text must have at most {LONGEST_TEXT:,} characters.")
        if NO_TEXT.search(event.value):
            raise ParamsError(f"{_line(event)}: a text must not hold a NUL or half of a character.")


def _check(text: str) -> None:
    """Hold a file to the limits, event by event: nothing is built, so that nothing can grow."""
    check = _Check()
    for event in yaml.parse(text, Loader=LOADER):
        check.take(event)


def _refuse_tag(event: yaml.ScalarEvent | yaml.CollectionStartEvent, *, is_plain: bool) -> None:
    if event.tag is not None and not is_plain:
        raise ParamsError(f"{_line(event)}: a tag such as !!timestamp has no place here; write the value alone.")


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else "in it"
