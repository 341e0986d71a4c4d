"""Texts without what must not be told: passwords of URLs, and the defaults of environment variables."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
"""`${NAME}` or `${NAME:-default}`."""
SENSITIVE = r"[\w-]*(?:pass|pwd|secret|token|api_?key|credential|private)[\w-]*"
SECRET_NAME = re.compile(SENSITIVE, re.IGNORECASE)
IN_QUERY = re.compile(rf"([?&;]{SENSITIVE}=)([^&;#\s'\"]+)", re.IGNORECASE)
IN_LOGIN = re.compile(r"(://[^/?#\s@:]*:)([^?#\s]+)(?=@)")
HIDDEN = "…"


def redacted(text: str) -> str:
    """The text with the passwords in its URLs hidden, and without the defaults of environment variables."""
    named = VARIABLE.sub(r"${\1}", text)
    return IN_QUERY.sub(rf"\g<1>{HIDDEN}", IN_LOGIN.sub(_hidden_login, named))


def _hidden_login(match: re.Match[str]) -> str:
    return match[0] if VARIABLE.fullmatch(match[2]) else match[1] + HIDDEN


def holds_secret(source: str) -> bool:
    """Whether a text tells a secret itself, be it as the default of a variable.

    Raises
    ------
    ValueError
        The text is a URL that cannot be read.
    """
    defaults = [(name, default) for name, default in VARIABLE.findall(source) if default]
    if any(SECRET_NAME.fullmatch(name) for name, _ in defaults):
        return True
    plain = VARIABLE.sub(lambda match: match[2] or "", source)
    urlsplit(plain)  # raises where brackets hold no address
    return IN_LOGIN.search(plain) is not None or IN_QUERY.search(plain) is not None
