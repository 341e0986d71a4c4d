"""Texts without what must not be told: passwords of URLs, defaults of variables, and whom a comment would give away."""

from __future__ import annotations

import re
import unicodedata
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


MASK = r"\[(?:e-mail|phone|id number|bank card|link|contact) hidden\]"
"""What stands in a masked text where something was."""
FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
CHINESE_DIGITS = "零〇一二三四五六七八九幺0123456789"
GAP = "[\\s.·_()\u200b-\u200d\u2010-\u2015\u2060\ufeff-]{0,3}"
"""What people put between the digits of a number."""
DATE = r"(?<!\d)(?:19|20)\d\d(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日?)(?![-/.]?\d)"
PERSONAL = re.compile(
    rf"(?P<email>[a-z0-9._%+-]+\s?(?:@|[(\[]at[)\]])\s?[a-z0-9-]+(?:\s?\.[a-z0-9-]+)+)"
    rf"|(?P<link>(?:https?://|www\.)[^\s\u4e00-\u9fff]+)"
    rf"|(?P<contact>(?<=微信)|(?<=qq)|(?<=wechat)|(?<=telegram)|(?<=v信)|(?<=weixin))"
    rf"(?:\s?(?:号码|号|id))?\s?(?:是|[::=])?\s?(?=[a-z_-]*\d)[a-z0-9_-]{{5,20}}"
    rf"|(?P<date>{DATE})"
    rf"|(?P<number>(?<![a-z0-9])[a-z]{{0,3}}[+(]{{0,2}}(?:\d{GAP}){{6,24}}[\dx](?![a-z0-9]))",
    re.IGNORECASE,
)
CHINESE_RUN = re.compile(rf"(?:[{CHINESE_DIGITS}]{GAP}){{6,24}}[{CHINESE_DIGITS}]")
PHONE_DIGITS, ID_DIGITS = range(7, 13), (15, 18)


def masked(text: str) -> str:
    """A comment without what would give a person away: e-mail, phone, ID and card numbers, links, names of accounts.

    Digits count in every way of writing them, full-width and Chinese ones too, with blanks and dashes between. Any
    seven digits in a row are hidden, be they an order's; days stay. Names of people are not found.

    >>> masked("打１３８－００１３－８０００找我, or ann@shop.example")
    '打[phone hidden]找我, or [e-mail hidden]'
    """
    plain = "".join(_digit(one) for one in text).translate(FULL_WIDTH)
    spans = [(match.start(), match.end(), _kind(match)) for match in PERSONAL.finditer(plain)]
    for run in CHINESE_RUN.finditer(plain):
        if not any(start < run.end() and run.start() < end for start, end, _ in spans):
            spans.append((run.start(), run.end(), _number(sum(one in CHINESE_DIGITS for one in run[0]))))
    for start, end, kind in sorted(spans, reverse=True):
        text = f"{text[:start]}[{kind} hidden]{text[end:]}" if kind else text
    return text


def _digit(one: str) -> str:
    """A digit of any script as one of ours, and every other letter as it is; the text stays as long as it was."""
    return str(unicodedata.decimal(one)) if one.isdecimal() else one


def _kind(match: re.Match[str]) -> str:
    if match.lastgroup == "number":
        number = match["number"]
        if "+" in number:
            return "phone"
        return "id number" if number[-1] in "xX" else _number(sum(one.isdigit() for one in number))
    return {"email": "e-mail", "link": "link", "contact": "contact"}.get(str(match.lastgroup), "")


def _number(digit_count: int) -> str:
    if digit_count in ID_DIGITS:
        return "id number"
    return "phone" if digit_count in PHONE_DIGITS else "bank card"
