"""Codebooks: the words by which a comment is about a topic, and by which it praises or complains. They are data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BeforeValidator, Field, model_validator

from helpers.errors import ParamsError, message
from helpers.project import project_root
from helpers.validation import Strict, name_problems, validated

Language = Literal["en", "zh"]


def _word(value: object) -> object:
    if value is True or value is False:
        raise ValueError('must be quoted text: YAML reads a bare no, yes, on and off as true or false; write "no"')
    return value


Word = Annotated[str, BeforeValidator(_word)]
WordList = Annotated[list[Word], Field(max_length=500)]
ByLanguage = dict[Language, WordList]
MOST_BYTES = 1_000_000
SHOP, TONE = "shop", "tone"
"""The codebook and the lexicon that the kit brings along."""


class Negation(Strict):
    """What turns praise into complaint, and the other way round."""

    words: ByLanguage = Field(min_length=1, description="words that negate, by language")
    window_words: int = Field(3, ge=1, le=10, description="how many words after a negation it still holds for")
    ends_at: ByLanguage = Field(default_factory=dict, description="words at which it ends, as at a comma")


class Tone(Strict):
    """Words that praise and words that complain, whatever they are about."""

    good: ByLanguage = Field(default_factory=dict, description="words of praise, by language")
    bad: ByLanguage = Field(default_factory=dict, description="words of complaint, by language")

    @property
    def by_sign(self) -> dict[int, ByLanguage]:
        """The words by what they say: 1 praise, -1 complaint."""
        return {1: self.good, -1: self.bad}

    @model_validator(mode="after")
    def one_meaning(self) -> Self:
        if problems := _word_problems(self.by_sign):
            whose = f"code {name!r}: " if (name := getattr(self, "name", "")) else ""
            raise ValueError(whose + "; ".join(problems))
        return self


class Code(Tone):
    """One topic: its name, and the words by which a comment is about it."""

    name: str = Field(min_length=1, max_length=60, description="as it stands in tables and on the page")
    zh: str = Field("", max_length=60, description="the name in Chinese")
    about: ByLanguage = Field(default_factory=dict, description="words that name the topic and say no more")

    @property
    def by_sign(self) -> dict[int, ByLanguage]:
        return {**super().by_sign, 0: self.about}

    @model_validator(mode="after")
    def has_words(self) -> Self:
        if not any(words for lists in self.by_sign.values() for words in lists.values()):
            raise ValueError(f"code {self.name!r} needs a word in `about`, `good` or `bad`")
        return self


class Codebook(Strict):
    """The topics that comments are counted by, wave after wave."""

    title: str = Field(min_length=1, max_length=80, description="what the codebook is called")
    zh: str = Field("", max_length=80, description="what it is called in Chinese")
    source: str = Field("stated for this report", description="where it comes from")
    negation: Negation = Field(description="how words are negated")
    codes: list[Code] = Field(min_length=1, max_length=100, description="the topics, in the order of tables")

    @model_validator(mode="after")
    def told_apart(self) -> Self:
        names = [code.name for code in self.codes]
        problems = [f"code {name!r} is named twice" for name in dict.fromkeys(names) if names.count(name) > 1]
        problems += name_problems(names, what="code")
        negations = {word for words in self.negation.words.values() for word in words}
        for code in self.codes:
            used = {word for lists in code.by_sign.values() for words in lists.values() for word in words}
            problems += [f"code {code.name!r}: {word!r} is a negation too" for word in sorted(used & negations)]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _word_problems(by_sign: dict[int, ByLanguage]) -> list[str]:
    """Words that are none, and words that stand in several lists of one topic."""
    words = [word for lists in by_sign.values() for one in lists.values() for word in one]
    problems = [f"{word!r} is no word; take it out" for word in words if not word.strip(" *")]
    problems += [
        f"{word!r}: * stands at the end of a word only"
        for word in words
        if any("*" in part[:-1] for part in word.split())
    ]
    doubled = [word for word in dict.fromkeys(words) if words.count(word) > 1]
    return problems + [f"{word!r} stands in several lists; keep it in one" for word in doubled]


@cache
def lexicon() -> Tone:
    """The words of praise and complaint that the kit brings along."""
    return validated(Tone, _carried(TONE), f"{TONE}.yml")


def chosen(path: str | None) -> Codebook:
    """The codebook in a file, or the one of a shop that the kit brings along where None is named.

    Parameters
    ----------
    path
        A YAML file; where it is relative, from the folder of the project.

    Raises
    ------
    ParamsError
        The file is not there, is no YAML, or is no codebook: every problem is named with its place.
    """
    if path is None:
        return validated(Codebook, _carried(SHOP), f"{SHOP}.yml")
    return validated(Codebook, _read(project_root() / path, stated=path), f"the codebook {path}")


def _carried(name: str) -> dict[str, object]:
    text = (files("helpers.schemes") / "codebooks" / f"{name}.yml").read_text(encoding="utf-8")
    found: dict[str, object] = yaml.safe_load(text)
    return found


def _read(path: Path, *, stated: str) -> dict[str, object]:
    remedy = (
        "without `codebook` the kit's own for a shop is used, and src/helpers/schemes/codebooks/shop.yml is a start"
    )
    if not path.is_file():
        raise ParamsError(message("`codebook` must name a file", [f"{stated} is not there; {remedy}"]))
    if path.stat().st_size > MOST_BYTES:
        raise ParamsError(message("`codebook` must be a small file", [f"{stated} is above {MOST_BYTES:,} bytes"]))
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        problem = f"{stated}: byte {error.start + 1} is no UTF-8; save it as UTF-8"
        raise ParamsError(message("`codebook` must be a text file", [problem])) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = f"{stated}{line}: {getattr(error, 'problem', None) or 'it cannot be read'}"
        raise ParamsError(message("`codebook` must be YAML", [problem])) from None
    if not isinstance(found, dict):
        raise ParamsError(message("`codebook` must hold keys and values", [f"{stated} holds {type(found).__name__}"]))
    return {str(key): value for key, value in found.items()}
