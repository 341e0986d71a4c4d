"""How a text file is encoded: by its first bytes, as stated, or guessed, and held to in all of it."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from charset_normalizer import from_bytes

from helpers.errors import ContractError, ParamsError, nearest

SAMPLE_BYTES = 1 << 18
CHUNK = 1 << 20
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NAMED = {"utf-8-sig": "utf-8 with BOM", "cp1252": "windows-1252"}
COMMON = ("utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk", "big5", "shift_jis", "cp1252", "latin-1")
NOT_LATIN = (
    "gb",
    "big5",
    "shift_jis",
    "cp932",
    "euc",
    "cp949",
    "cp1251",
    "koi8",
    "cp1253",
    "cp1255",
    "cp1256",
    "cp874",
)
OTHER_FORMATS = {b"PK\x03\x04": "a workbook or zip archive", b"PAR1": "Parquet", b"\x1f\x8b": "gzip (name it .gz)"}
BLANK_LINE = re.compile(r"\n\r?\n\s*\S")
HEADER_WORDS = re.compile("订单|单号|客户|会员|用户|顾客|买家|金额|价|日期|时间|数量|商品|店")
CODEC_NAME = re.compile(r"[A-Za-z0-9_.-]+")
NOT_OF_FILES = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
"""Codecs of names of hosts and of source code, which no file of data is written in."""
GZIP_MAGIC = b"\x1f\x8b"
UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
WESTERN_LETTER = re.compile(rb"(?<![\x80-\xff])[\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xff](?![\x80-\xff])")


@dataclass(frozen=True)
class Scan:
    """What a scan of the whole file showed: how to decode it, and whether DuckDB must have it cleaned first."""

    encoding: str
    is_guess: bool
    has_mixed_newlines: bool
    has_blank_lines: bool
    line_count: int = 0
    western_lines: tuple[int, ...] = ()
    """The lines of a file in UTF-8 that are in windows-1252: another program added them."""

    @property
    def shown(self) -> str:
        """The encoding as a note tells it."""
        guessed = " (a guess: state `encoding` if letters look wrong)" if self.is_guess else ""
        return NAMED.get(self.encoding, self.encoding) + guessed

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said of lines in another encoding than the file's."""
        if not self.western_lines:
            return ()
        count = len(self.western_lines)
        said = "1 line is" if count == 1 else f"{count:,} lines are"
        return (f"{said} not utf-8 but windows-1252 (a guess), first line {self.western_lines[0]:,}; the others are",)


@contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where its ending says that it is packed.

    Raises
    ------
    ContractError
        The archive is none, ends too early, or does not hold what its checksum says.
    """
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            yield cast(BinaryIO, stream)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ContractError(f"{name} must be {_gzip_fault(path, error)}") from None


def _gzip_fault(path: Path, error: Exception) -> str:
    with path.open("rb") as stream:
        if stream.read(2) != GZIP_MAGIC:
            return "a gzip file, as its ending says, found none; rename it."
    if isinstance(error, EOFError):
        return "a whole gzip file, found one that ends too early; was it copied whole? Fetch it again."
    return f"a gzip file that can be unpacked, found damage in it ({error}); fetch it again."


def scan(path: Path, *, name: str, encoding: str | None) -> Scan:
    """How a file is encoded, after a decode of all of it.

    Raises
    ------
    ContractError
        The file is empty, damaged or no text, or cannot be decoded.
    ParamsError
        The stated encoding is unknown.
    """
    with opened(path, name) as stream:
        head = stream.read(SAMPLE_BYTES)
    if not head.strip():
        raise ContractError(f"{name} must hold a header line and rows, found an empty file.")
    chosen = _from_bytes_alone(head, name) if encoding is None else _stated(encoding, name)
    if chosen and (encoding is not None or chosen != "utf-8-sig"):
        return _decoded(path, chosen, name=name, is_guess=False)
    try:
        return _decoded(path, chosen or "utf-8", name=name, is_guess=False)
    except _EncodingError:
        lines = _foreign_lines(path, name)
        if (chosen or UTF8_LETTER.search(lines)) and (strays := _western_lines(path, name)):
            return Scan("utf-8", False, has_mixed_newlines=False, has_blank_lines=False, western_lines=strays)
        if chosen or _is_damaged_utf8(lines):
            raise
        return _guessed(path, lines, name=name)


class _EncodingError(ContractError):
    """The file is not in the encoding that was tried."""


def _stated(encoding: str, name: str) -> str:
    codec = _codec(encoding)
    if codec is None:
        raise ParamsError(
            f"{name}: `encoding` must be one that Python knows and that files are written in, such as utf-8 or "
            f"gb18030, found {encoding!r}.{nearest(encoding, COMMON)}"
        )
    return "utf-8-sig" if codec == "utf-8" else codec


def _codec(encoding: str) -> str | None:
    """Python's name of an encoding of text; None where it is none."""
    if not CODEC_NAME.fullmatch(encoding):
        return None
    try:
        codec = codecs.lookup(encoding).name
        "a,1".encode(codec)  # base64 and its like are codecs too, and encode no text
        codecs.getincrementaldecoder(codec)
    except (LookupError, ValueError):
        return None
    return None if codec in NOT_OF_FILES else codec


def _from_bytes_alone(head: bytes, name: str) -> str | None:
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding
    for magic, format_name in OTHER_FORMATS.items():
        if head.startswith(magic):
            raise ContractError(f"{name} must be delimited text, as its ending says, found {format_name}.")
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.2 * len(head) / 2 and min(even, odd) < 0.1 * max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    if b"\0" in head:
        raise ContractError(f"{name} must be delimited text, found bytes that no text holds.")
    return None


def _decoded(path: Path, encoding: str, *, name: str, is_guess: bool) -> Scan:
    """A strict decode of the whole file, which also tells how its lines end."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    tail, breaks, windows, blank = "", 0, 0, False
    with opened(path, name) as stream:
        while True:
            chunk = stream.read(CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                before = error.object[: error.start] if isinstance(error, UnicodeDecodeError) else b""
                line = breaks + before.count(b"\n") + 1
                raise _EncodingError(
                    f"{name} must be {encoding.removesuffix('-sig')} text throughout, found other bytes in line "
                    f"{line:,}; state its `encoding`, such as gb18030 or cp1252."
                ) from None
            if "\0" in text:
                line = breaks + text[: text.index("\0")].count("\n") + 1
                raise ContractError(f"{name} must be text throughout, found a NUL in line {line:,}; ask for it anew.")
            piece = tail + text
            breaks += piece.count("\n") - tail.count("\n")
            windows += piece.count("\r\n") - tail.count("\r\n")
            blank = blank or BLANK_LINE.search(piece) is not None
            tail = piece[-2:]
            if not chunk:
                break
    return Scan(encoding, is_guess, 0 < windows < breaks, blank, breaks)


def _is_damaged_utf8(lines: bytes) -> bool:
    """Whether nearly all foreign letters are UTF-8: then the rest is damage, and no other encoding."""
    decoded = lines.decode("utf-8", errors="replace")
    wrong = decoded.count("\ufffd")
    right = sum(ord(character) > 127 for character in decoded) - wrong
    return right > 2 * wrong


def _western_lines(path: Path, name: str) -> tuple[int, ...]:
    """The lines that are not UTF-8, where each is wholly in windows-1252; none where one is neither: it is damaged."""
    found = []
    with opened(path, name) as stream:
        for number, line in enumerate(stream, start=1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                if b"\0" in line or not _is_western(line):
                    return ()
                found.append(number)
    return tuple(found)


def _is_western(line: bytes) -> bool:
    """Whether all foreign bytes are letters of windows-1252 that stand alone beside plain ones, as in Zürich."""
    if UTF8_LETTER.search(line) or len(WESTERN_LETTER.findall(line)) < sum(byte > 127 for byte in line):
        return False
    return all(character.isalpha() for character in line.decode("cp1252", errors="replace") if ord(character) > 127)


def in_utf8(line: bytes) -> bytes:
    """A line as UTF-8, be it in UTF-8 or in windows-1252."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252").encode()
    return line


def _guessed(path: Path, lines: bytes, *, name: str) -> Scan:
    for encoding in _candidates(lines):
        try:
            return _decoded(path, encoding, name=name, is_guess=True)
        except _EncodingError:
            continue
    raise ContractError(
        f"{name} must be text in one encoding, found bytes that are neither UTF-8 nor any likely other; "
        "state its `encoding`, such as gb18030 or cp1252."
    )


def _foreign_lines(path: Path, name: str) -> bytes:
    """The first lines that are not plain ASCII: all that tells one encoding from another."""
    kept = []
    size = 0
    with opened(path, name) as stream:
        for line in stream:
            if not line.isascii():
                kept.append(line)
                size += len(line)
            if size > SAMPLE_BYTES // 4:
                break
    return b"".join(kept)


def _candidates(lines: bytes) -> list[str]:
    """Encodings to try, likeliest first.

    In Chinese text nearly all foreign bytes come in pairs of frequent characters (level 1 of GB2312, in the order of
    their sound); Western letters stand alone between ASCII, Cyrillic and Greek make pairs of rare characters, Korean
    of the first half of level 1 alone. Statistics decide the rest: they take a few Chinese words for Korean.
    """
    decoded = lines.decode("gb18030", errors="replace")
    foreign = [_lead(character) for character in decoded if ord(character) > 127]
    frequent = sum(0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3 for lead in foreign)
    is_mixed = sum(0xC9 <= lead <= 0xD7 for lead in foreign) >= 0.1 * len(foreign)
    best = from_bytes(lines).best()
    guess = best.encoding if best else ""
    is_chinese = is_mixed or HEADER_WORDS.search(decoded) is not None
    if frequent >= 0.8 * len(foreign) and is_chinese and not guess.startswith("koi8"):
        return ["gb18030"]
    return [*([guess] if guess.startswith(NOT_LATIN) else []), "cp1252", "gb18030"]


def _lead(character: str) -> int:
    """The first byte of a character in GB2312, 0 for those that it lacks."""
    try:
        return character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return 0


def sample(path: Path, encoding: str, *, name: str) -> str:
    """The first quarter of a megabyte as text, cut at the end of a line."""
    with opened(path, name) as stream:
        raw = stream.read(SAMPLE_BYTES)
    text = codecs.getincrementaldecoder(encoding)("strict").decode(raw)
    if len(raw) < SAMPLE_BYTES:
        return text
    return text[: text.rfind("\n") + 1] or text
