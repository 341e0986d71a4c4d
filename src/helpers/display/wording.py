"""What a page says, in the language of its report: whole templates with named places, written in English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from helpers.display.translations import translations

TAGS = {"en": "en", "zh": "zh-Hans"}
"""The languages of reports, and what a browser calls them."""
CHINESE = re.compile("[\u2e80-\u9fff\uff00-\uff65]")
PLACE = re.compile(r"\{(\w+)\}")


@dataclass
class _Voice:
    language: str = "en"


_voice = _Voice()


def speak(language: str) -> None:
    """Say all that follows in this language: the second step of a notebook, which its engine takes back at the end."""
    if language not in TAGS:
        raise ValueError(f"`language` must be one of {', '.join(TAGS)}, found {language!r}")
    _voice.language = language


def spoken() -> str:
    """The language that is spoken now: `en` or `zh`."""
    return _voice.language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside, and the one before again afterwards, whatever was spoken inside."""
    before = spoken()
    speak(language)
    try:
        yield
    finally:
        speak(before)


def worded(template: str, /, **values: object) -> str:
    """A template in the language that is spoken, its places filled.

    Parameters
    ----------
    template
        The English text with places by name, a literal: `"{share} of revenue was given back."`. It is the key of the
        catalogue, so that a change of it asks for a new translation.
    values
        What stands in the places: texts, numbers as `language` writes them, phrases that are worded already.
    """
    return _filled(named(template), values)


def worded_n(count: float, one: str, many: str, /, **values: object) -> str:
    """The template for one or for many, as `count` is; where a language has one form, it is that of `one`."""
    said = translations(spoken()).get(one)
    return _filled(said or (one if count == 1 else many), values)


def _filled(template: str, values: Mapping[str, object]) -> str:
    """A template with its places filled; a blank beside a place goes where two Chinese characters meet there."""
    if spoken() == "en":
        return template.format(**values)
    text, *rest = PLACE.split(template)
    for place, literal in zip(rest[::2], rest[1::2], strict=True):
        value = str(values[place])
        text = _joined(_joined(text, value), literal)
    return text


def _joined(text: str, more: str) -> str:
    blank = " " * (text.endswith(" ") or more.startswith(" "))
    before, after = text.rstrip(" "), more.lstrip(" ")
    return f"{before}{after}" if blank and CHINESE.match(before[-1:]) and CHINESE.match(after[:1]) else text + more


def named(word: str) -> str:
    """A word of the kit's own vocabulary in the language that is spoken; as it is where the catalogue has none."""
    return translations(spoken()).get(word, word)


def column_named(column: str) -> str:
    """The name of a column in words: `product_id` as product id, or as the language that is spoken has it."""
    return named(column).replace("_", " ")


def vocabulary(*templates: str) -> tuple[str, ...]:
    """The same templates, for the catalogue to find: of words that are chosen elsewhere, and said by `named`."""
    return templates


def recast(text: str, templates: Iterable[str]) -> str:
    """An English sentence that was finished before its language was known, in the one that is spoken.

    The layers below know no language. Their sentences are found again among the `templates` by which they are made,
    the first that fits, with the values of its places; a sentence that fits none stays in English.
    """
    if spoken() == "en":
        return text
    for template in templates:
        if found := _pattern(template).fullmatch(text):
            return worded(template, **{place: named(value) for place, value in found.groupdict().items()})
    return named(text)


@lru_cache(maxsize=512)
def _pattern(template: str) -> re.Pattern[str]:
    """What a template gives, with a group for each of its places."""
    parts = PLACE.split(template)
    return re.compile("".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)))


def sentences(*said: str) -> str:
    """Sentences one after the other, the empty ones left out."""
    text = ""
    for sentence in filter(None, said):
        text = worded("{said} {more}", said=text, more=sentence) if text else sentence
    return text
