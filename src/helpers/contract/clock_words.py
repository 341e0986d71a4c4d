"""Words in dates, as figures: 下午7:07, 7点07分 and 7:07 PM are all 19:07; strptime reads what is left."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

HALVES = {
    "AM": r"上午|凌晨|清晨|早上|早晨|[Aa]\.?[Mm]",
    "PM": r"下午|午后|傍晚|[Pp]\.?[Mm]",
    "NOON": "中午",
    "NIGHT": "晚上|晚间",
}
WORDED = rf"(^|[\s\d日号])({'|'.join(HALVES.values())})\.?([\s\d]|$)|年|\d\s*[点點时時]"
TAIL = r"(:\d\d(?::\d\d(?:\.\d+)?)?)"
FIGURES = (
    (r"\s*([年月日号])\s*", r"\1"),
    (r"号", "日"),
    (r"(\d{1,2})\s*[点點时時]\s*(\d{1,2})\s*分\s*(\d{1,2})\s*秒", r"\1:\2:\3"),
    (r"(\d{1,2})\s*[点點时時]\s*半", r"\1:30"),
    (r"(\d{1,2})\s*[点點时時]\s*(\d{1,2})\s*分?", r"\1:\2"),
    (r"(\d{1,2})\s*[点點时時]整?", r"\1:00"),
    *((rf"(^|[\s\d日])(?:{words})\.?([\s\d]|$)", rf"\1 {half} \2") for half, words in HALVES.items()),
    (r"日(\d)", r"日 \1"),
    (r"\s+", " "),
    (rf"(AM|PM|NOON|NIGHT) (\d{{1,2}}{TAIL})", r"\2 \1"),
)
HOURS = (
    (rf"\b12{TAIL} AM", r"0\1"),
    (rf"\b(0?\d|1[01]){TAIL} AM", r"\1\2"),
    (rf"\b(1[0-2]){TAIL} NOON", r"\1\2"),
    (rf"\b0?0{TAIL} PM", r"12\1"),
    (rf"\b12{TAIL} PM", r"12\1"),
    *((rf"\b0?{hour}{TAIL} (?:PM|NIGHT{'|NOON' if hour <= 3 else ''})", rf"{hour + 12}\1") for hour in range(1, 12)),
    (rf"\b(1[3-9]|2[0-3]){TAIL} (?:PM|NIGHT)", r"\1\2"),
)
"""Hours of 24 for those of 12. Left are twelve at night, which some say of midnight, and contradictions (13:05 AM)."""


def are_worded(table: ir.Table, text: ir.StringValue) -> bool:
    """Whether any text has a word that `in_figures` knows."""
    found = table.select(text=text).aggregate(any=ibis._.text.re_search(WORDED).any())
    return bool(found.to_pyarrow()["any"][0].as_py())


def in_figures(text: ir.StringValue) -> ir.StringValue:
    """The text with figures for its words, and hours of 24."""
    for pattern, figures in FIGURES + HOURS:
        text = text.re_replace(pattern, figures)
    return text.strip()
