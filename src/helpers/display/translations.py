"""The catalogues: what the English templates of a page are in another language, read when that is first spoken."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=4)
def translations(language: str) -> Mapping[str, str]:
    """The templates of a language by the English ones, those that are empty or in doubt left out; none for English.

    A language whose nouns have one form needs one template for one and for many: the English singular is its key.
    """
    if language == "en":
        return {}
    from babel.messages.pofile import read_po  # an English report does not pay for it

    path = files("helpers").joinpath("locale", language, "LC_MESSAGES", "regulars.po")
    with path.open("rb") as file:
        catalogue = read_po(file)
    told = {_first(each.id): _first(each.string) for each in catalogue if each.id and not each.fuzzy}
    return {template: text for template, text in told.items() if text}


def _first(text: str | tuple[str, ...] | list[str] | None) -> str:
    return text if isinstance(text, str) else text[0] if text else ""
