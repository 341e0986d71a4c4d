"""How much room a text takes and where its lines end, counted in Latin letters: a Chinese character takes two."""

from __future__ import annotations

import re
import textwrap
from unicodedata import east_asian_width

TOKEN = re.compile(r"[!-~\u00a0]+|.")
"""What stays on one line of a Chinese text: a word or number in Latin letters, or a character."""
NO_START = frozenset("，。；：？！、）”%")
WIDE = "WF"
HELD = "\u00a0=\u00a0"
"""A number of customers stays with its name, as in n = 5."""


def room(text: str) -> int:
    """The room that a text takes on one line, in letters.

    >>> room("vouchers"), room("重要价值客户")
    (8, 12)
    """
    return sum(2 if east_asian_width(sign) in WIDE else 1 for sign in text)


def broken(text: str, *, letters: int) -> str:
    r"""A text in lines that take the room of so many letters at most; a Chinese line may end at any character.

    >>> broken("重要价值客户", letters=8)
    '重要价值\n客户'
    """
    text = text.replace(" = ", HELD)
    if room(text) == len(text):
        return textwrap.fill(text, letters)
    lines, taken = [""], 0
    for token in TOKEN.findall(text):
        if taken + room(token) > letters and token not in NO_START:
            lines.append("")
            taken = 0
        lines[-1] += token
        taken += room(token)
    return "\n".join(line.strip() for line in lines if line.strip())


def cut(text: str, *, letters: int) -> str:
    """A text that takes the room of so many letters at most: of a longer one the beginning, and dots.

    >>> cut("重要价值客户", letters=8)
    '重要价…'
    """
    if room(text) <= letters:
        return text
    kept = next(end for end in range(len(text), -1, -1) if room(text[:end]) < letters)
    return f"{text[:kept]}…"
