"""Customer ids that are e-mail addresses or phone numbers: one customer is one id, however the address was typed."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from helpers.contract.evidence import rows, single_row

FOLDED_SHARE = 0.95
"""Share of the filled rows that must be addresses or numbers before ids are folded."""
WIDE = ("".join(chr(code) for code in range(0xFF01, 0xFF5F)), "".join(chr(code) for code in range(0x21, 0x7F)))
"""Letters, digits and marks of full width, and the same of half width."""
EMAIL = r"^\s*<?[^@＠<>]+[@＠][^@＠<>]+[.．][^@＠<>.]+>?\s*$"
FOLDED_EMAIL = r"^[a-z0-9._+-]+@[a-z0-9.-]+$"
DIALLED = r"^[\s\d０-９+＋()（）.－-]{10,}$"
CHINESE_MOBILE = r"^(?:(?:\+|00)?86)?(1[3-9]\d{9})$"
ABROAD = r"^(?:\+|00)([1-9]\d{6,14})$"
NORTH_AMERICAN = r"^\(?([2-9]\d{2})\)?[ .-]?(\d{3})[.-](\d{4})$"
FEWEST_CHARACTERS = 10
"""Of a phone number, with whatever stands between its digits."""


def are_contacts(table: ir.Table, text: ir.StringValue) -> bool:
    """Whether ids are e-mail addresses or phone numbers, in nearly all rows that have one."""
    look = table.select(text=text)
    # comparing is fast: digits, signs and brackets come before the colon, and full width comes last
    is_number = ((look.text < ":") | (look.text >= WIDE[0][0])) & (look.text.length() >= FEWEST_CHARACTERS)
    quick = _counts(look, {"likely": look.text.contains("@") | is_number})
    if quick["likely"] < FOLDED_SHARE * quick["given"] or not quick["given"]:
        return False
    found = _counts(look, {"contact": _is_email(look.text) | _is_phone(look.text)})
    return found["contact"] >= FOLDED_SHARE * found["given"]


def folded(text: ir.StringValue) -> ir.StringValue:
    """The id that an address or number stands for; other ids as they are.

    An e-mail address is in small letters, without blanks, full width and `mailto:`; a phone number is digits, without
    its dashes and brackets, a Chinese mobile number without 86 before it, all others from abroad with their plus.
    """
    return ibis.cases(
        (_is_email(text), _email(text)), (text.re_search(DIALLED), _phone(text, otherwise=text)), else_=text
    )


def remark(table: ir.Table, text: ir.StringValue, *, name: str) -> str:
    """What folding did to the ids of a table, as a sentence."""
    both = table.select(text=text).mutate(id=folded(ibis._.text), is_email=_is_email(ibis._.text))
    found = both.aggregate(
        row_count=both.text.count(),
        email_count=both.is_email.sum(),
        spelling_count=both.text.nunique(),
        id_count=both.id.nunique(),
    )
    one = {key: int(value or 0) for key, value in single_row(found).items()}
    emails, others = one["email_count"], one["row_count"] - one["email_count"]
    said = [f"letter case and blanks folded: {rows(emails)} of e-mail addresses"] if emails else []
    said += [f"dashes, blanks and +86 left out: {rows(others)} of phone numbers and other ids"] if others else []
    spellings = f"{one['spelling_count']:,} spelling{'' if one['spelling_count'] == 1 else 's'}"
    return f"Customer ids of {name}, {'; '.join(said)}; {spellings} are {one['id_count']:,} ids."


def _is_email(text: ir.StringValue) -> ir.BooleanValue:
    return text.re_search(EMAIL)


def _is_phone(text: ir.StringValue) -> ir.BooleanValue:
    return text.re_search(DIALLED).ifelse(_phone(text, otherwise="") != "", False)


def _email(text: ir.StringValue) -> ir.StringValue:
    # most addresses are written as they are folded, and rewriting is slow
    half = text.translate(*WIDE).lower().re_replace(r"\s", "").re_replace(r"^<?(?:mailto:)?([^<>]*)>?$", r"\1")
    return text.re_search(FOLDED_EMAIL).ifelse(text, half)


def _phone(text: ir.StringValue, *, otherwise: str | ir.StringValue) -> ir.StringValue:
    """The digits of a phone number; something else where a text is none."""
    half = text.translate(*WIDE).strip()
    digits = half.re_replace(r"[\s().-]", "")
    ways = (
        (digits.re_search(CHINESE_MOBILE), digits.re_replace(CHINESE_MOBILE, r"\1")),
        (digits.re_search(ABROAD), digits.re_replace(ABROAD, r"+\1")),
        (half.re_search(NORTH_AMERICAN), digits),
    )
    return ibis.cases(*ways, else_=otherwise)


def _counts(table: ir.Table, conditions: dict[str, ir.BooleanValue]) -> dict[str, int]:
    """The rows with an id, and those in which each condition holds."""
    sums = {name: condition.sum() for name, condition in conditions.items()}
    found = single_row(table.aggregate(given=table.text.count(), **sums))
    return {name: int(value or 0) for name, value in found.items()}
