"""Units of money in words: 万元, k, cents, in thousands; found in the name of a column, in a cell, or stated."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

CURRENCY_CODES = (
    "USD|EUR|GBP|CNY|RMB|JPY|CHF|HKD|TWD|KRW|INR|AUD|CAD|NZD|SGD|SEK|NOK|DKK|PLN|CZK|HUF|RON|RUB|TRY|BRL|MXN|ZAR|AED|SAR|"
    "THB|MYR|IDR|PHP|VND|ILS"
)
SIGNS: dict[str, str] = {
    "$": "USD AUD CAD NZD SGD HKD TWD MXN",
    "US$": "USD",
    "R$": "BRL",
    "HK$": "HKD",
    "NT$": "TWD",
    "NZ$": "NZD",
    "A$": "AUD",
    "C$": "CAD",
    "S$": "SGD",
    "€": "EUR",
    "£": "GBP",
    "¥": "CNY JPY",
    "￥": "CNY JPY",
    "元": "CNY TWD HKD",
    "円": "JPY",
    "₩": "KRW",
    "₹": "INR",
    "₽": "RUB",
    "₺": "TRY",
    "฿": "THB",
    "₫": "VND",
    "₱": "PHP",
    "₪": "ILS",
    "Rp": "IDR",
    "Rp.": "IDR",
    "kr": "SEK NOK DKK",
    "zł": "PLN",
    "Kč": "CZK",
    "Fr.": "CHF",
}
"""Currency signs, and the codes of the currencies that are written with them."""
NAMED = SIGNS | {
    "人民币": "CNY",
    "美元": "USD",
    "美金": "USD",
    "欧元": "EUR",
    "港元": "HKD",
    "港币": "HKD",
    "日元": "JPY",
    "英镑": "GBP",
    "圆": "CNY JPY",
    "块": "CNY",
    "yuan": "CNY",
    "dollar": SIGNS["$"],
    "dollars": SIGNS["$"],
    "euro": "EUR",
    "euros": "EUR",
    "pound": "GBP",
    "pounds": "GBP",
    "yen": "JPY",
    "rupees": "INR",
}
SCALES: dict[str, tuple[int, str]] = {
    "百": (10**2, "hundred"),
    "千": (10**3, "thousand"),
    "万": (10**4, "ten thousand"),
    "萬": (10**4, "ten thousand"),
    "十万": (10**5, "hundred thousand"),
    "百万": (10**6, "million"),
    "千万": (10**7, "ten million"),
    "亿": (10**8, "hundred million"),
    "億": (10**8, "hundred million"),
    "十亿": (10**9, "thousand million"),
    "k": (10**3, "thousand"),
    "thousand": (10**3, "thousand"),
    "thousands": (10**3, "thousand"),
    "t": (10**3, "thousand"),
    "tsd": (10**3, "thousand"),
    "000": (10**3, "thousand"),
    "000s": (10**3, "thousand"),
    "lakh": (10**5, "hundred thousand"),
    "lakhs": (10**5, "hundred thousand"),
    "m": (10**6, "million"),
    "mm": (10**6, "million"),
    "mn": (10**6, "million"),
    "mio": (10**6, "million"),
    "million": (10**6, "million"),
    "millions": (10**6, "million"),
    "crore": (10**7, "ten million"),
    "crores": (10**7, "ten million"),
    "bn": (10**9, "thousand million"),
    "billion": (10**9, "thousand million"),
    "billions": (10**9, "thousand million"),
}
PARTS: dict[str, tuple[str, str]] = {
    "角": ("0.1", "tenths of a yuan"),
    "分": ("0.01", "hundredths of a yuan"),
    "fen": ("0.01", "hundredths of a yuan"),
    "¢": ("0.01", "cents"),
    "ct": ("0.01", "cents"),
    "cts": ("0.01", "cents"),
    "cent": ("0.01", "cents"),
    "cents": ("0.01", "cents"),
    "pence": ("0.01", "pence"),
    "pennies": ("0.01", "pence"),
    "centavos": ("0.01", "centavos"),
    "centimes": ("0.01", "centimes"),
    "paise": ("0.01", "paise"),
    "öre": ("0.01", "öre"),
    "øre": ("0.01", "øre"),
}
FILLERS = ("in", "unit", "units", "单位", "of", "amounts", ":", "=")
SHORT = ("k", "m", "mm", "000", "000s", "百", "千", "万", "萬", "亿", "億")
"""Scales that are units in brackets, or beside a currency; outside of these only `ALONE` are."""
ALONE = ("k", "000s", "万", "萬", "千万", "百万", "十万", "亿", "億")
WORD = re.compile(r"[^\W\d_]+\.?|\d+s?|[^\w\s.']")
BRACKETS = re.compile(r"[(\[{【〔]([^)\]}】〕]*)[)\]}】〕]")
BREAKS = re.compile(r"[\s_\-/:,;|、]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
ATTACHED = re.compile(
    r"(?<=[额价款费入利本值付收])((?:十|百|千)?[万萬亿億千](?:元|美元|港元|欧元|日元)?|百万(?:元|美元)?|百元)$"
)


@dataclass(frozen=True)
class Unit:
    """A unit of money: what its numbers are multiplied by, its words, and the codes of the currency that it names."""

    factor: Decimal
    words: str
    currencies: frozenset[str] = frozenset()


def unit(phrase: str, *, is_apart: bool = True) -> Unit | None:
    """The unit that a phrase such as 万元, "USD thousands" or "cents" is; None where any of its words is none.

    `is_apart` says that the phrase stands in brackets or by itself: only there is "m" a million without a currency.
    """
    words = [part for word in _words(phrase) for part in _split(word)]
    words = [word for word in words if word not in FILLERS]
    scales = [word for word in words if word in SCALES]
    parts = [word for word in words if word in PARTS]
    named = [word for word in words if word in LOWER_NAMED]
    if not words or len(scales) + len(parts) + len(named) < len(words) or len(parts) > 1 or len(named) > 2:
        return None
    alone = SHORT if is_apart else ALONE
    if not named and any(word in (*SHORT, "t") and word not in alone for word in scales):
        return None
    factor = Decimal(1)
    for word in scales:
        factor *= SCALES[word][0]
    factor *= Decimal(PARTS[parts[0]][0]) if parts else 1
    currencies = [frozenset(LOWER_NAMED[word].split()) for word in named]
    said = [SCALES[word][1] for word in scales] + [PARTS[word][1] for word in parts]
    said += [
        "yuan" if word == "元" else one[0] if len(one := LOWER_NAMED[word].split()) == 1 else word for word in named
    ]
    return Unit(factor, " ".join(said), frozenset.intersection(*currencies) if currencies else frozenset())


def unit_of_header(name: str) -> Unit | None:
    """The unit that the name of a column tells: in brackets, or at its end; None where it tells none."""
    plain = unicodedata.normalize("NFKC", name)
    for inside in BRACKETS.findall(plain):
        phrases = [inside, *re.split(r"[,;、/|]", inside)]
        if found := _first(unit(phrase) for phrase in phrases):
            return found
    bare = BRACKETS.sub(" ", plain).strip()
    if attached := ATTACHED.search(bare):
        return unit(attached[1])
    words = [word for word in BREAKS.split(CAMEL.sub(" ", bare)) if word]
    return _first(unit(" ".join(words[start:]), is_apart=False) for start in range(1, len(words)))


def allows(found: frozenset[str], currency: str | None) -> bool:
    """Whether amounts that name one of these currencies may be in the currency of a report."""
    code = (currency or "").upper().replace("RMB", "CNY")
    is_known = re.fullmatch("[A-Z]{3}", code) is not None and code != "XXX"
    return not found or not is_known or code in found


def currencies_of(sign: str) -> frozenset[str]:
    """The codes of the currencies that a sign or code stands for."""
    return frozenset(LOWER_NAMED.get(sign.lower(), "").split())


LOWER_NAMED = {name.lower(): codes for name, codes in NAMED.items()} | {
    code.lower(): code.replace("RMB", "CNY") for code in CURRENCY_CODES.split("|")
}
"""Every name, sign and code of a currency in small letters, and the codes it may stand for."""


def _first(units: Iterable[Unit | None]) -> Unit | None:
    return next((one for one in units if one is not None), None)


def _words(phrase: str) -> list[str]:
    """Words, digits and signs of a phrase, in small letters."""
    text = unicodedata.normalize("NFKC", phrase).lower()
    signs = sorted((sign.lower() for sign in SIGNS if "$" in sign or sign.endswith(".")), key=len, reverse=True)
    pattern = "|".join(map(re.escape, signs)) + "|" + WORD.pattern
    return [word if word in LOWER_NAMED else word.rstrip(".") for word in re.findall(pattern, text)]


def _split(word: str) -> list[str]:
    """A word as its parts, where it is a scale and a currency written together: 万元, keur, usdk, teur."""
    if word in SCALES or word in PARTS or word in LOWER_NAMED:
        return [word]
    for place in range(1, len(word)):
        head, tail = word[:place], word[place:]
        if head in SCALES and (tail in LOWER_NAMED or tail in PARTS):
            return [head, tail]
        if head in LOWER_NAMED and tail in SCALES:
            return [head, tail]
    return [word]
