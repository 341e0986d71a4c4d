"""Packed and damaged text: one clear error for each, whatever the place of the damage."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from helpers.connectors.delivery import connect, deliver
from helpers.connectors.encodings import scan
from helpers.errors import ContractError, ParamsError
from helpers.schema.sources import TableSource

TEXT = "a,b\n" + "".join(f"{random.Random(n).random()},é\n" for n in range(5_000))
PACKED = gzip.compress(TEXT.encode(), mtime=0)


@pytest.fixture
def refusal(tmp_path: Path):
    def told(content: bytes, name: str = "a.csv.gz", encoding: str | None = None) -> str:
        (tmp_path / name).write_bytes(content)
        with pytest.raises((ContractError, ParamsError)) as caught:
            scan(tmp_path / name, name=name, encoding=encoding)
        return str(caught.value)

    return told


@pytest.mark.parametrize("size", [11, 100, len(PACKED) // 2, len(PACKED) - 1])
def test_gzip_that_is_cut_short(refusal, size: int) -> None:
    assert refusal(PACKED[:size]) == (
        "a.csv.gz must be a whole gzip file, found one that ends too early; was it copied whole? Fetch it again."
    )


@pytest.mark.parametrize("place", [-8, -3, len(PACKED) // 2])
def test_gzip_with_damage(refusal, place: int) -> None:
    content = bytearray(PACKED)
    content[place] ^= 255
    assert refusal(bytes(content)).startswith("a.csv.gz must be a gzip file that can be unpacked, found damage in it (")


def test_gzip_with_garbage_behind_it(refusal) -> None:
    assert "found damage in it" in refusal(PACKED + b"garbage")


def test_gzip_by_name_alone(refusal) -> None:
    assert refusal(b"a,b\n1,2\n") == "a.csv.gz must be a gzip file, as its ending says, found none; rename it."


def test_one_wrong_byte_does_not_make_utf8_another_encoding(refusal) -> None:
    content = ("订单号,客户\n" + "1,张三的店铺\n" * 20).encode()
    wrong = content[:-40] + b"\xff" + content[-40:]
    assert refusal(wrong, "a.csv").startswith("a.csv must be utf-8 text throughout, found other bytes in line 19;")


@pytest.mark.parametrize(
    "encoding",
    ["utf8x", "base64", "rot13", "a\0b", "", "idna ", "utf-8\n", "idna", "punycode", "unicode_escape", "undefined"],
)
def test_encodings_that_are_none(refusal, encoding: str) -> None:
    assert refusal(b"a,b\n1,2\n", "a.csv", encoding).startswith("a.csv: `encoding` must be one that Python knows and")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "ascii", "utf-7", "punycode", "unicode_escape", "idna"])
def test_a_stated_encoding_that_does_not_fit(refusal, encoding: str) -> None:
    assert "a.csv" in refusal(b"a,b\n1,\xff\\x\xe9\n", "a.csv", encoding)


UTF8_LINES = "name,amount\n" + "Café,5\n" * 9


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"])
def test_lines_of_another_program_do_not_spoil_the_others(tmp_path: Path, before: bytes) -> None:
    content = before + UTF8_LINES.encode() + "Zürich,5\nMüller & Söhne,6\n".encode("cp1252") + UTF8_LINES.encode()
    (tmp_path / "a.csv").write_bytes(content)
    delivered = deliver(connect(), TableSource(source="a.csv"), root=tmp_path)
    names = delivered.table.order_by("_row").to_pyarrow()["name"].to_pylist()
    assert names == ["Café"] * 9 + ["Zürich", "Müller & Söhne", "name"] + ["Café"] * 9
    said = "a.csv: 2 lines are not utf-8 but windows-1252 (a guess), first line 11; the others are"
    assert said in delivered.notes


@pytest.mark.parametrize(
    "line", ["Café ".encode() + b"Z\xfcrich,5\n", b"Z\xfc\xfcrich,5\n", b"\x81,5\n", b"5 \xa7,5\n"]
)
def test_lines_that_are_neither_are_damage(refusal, line: bytes) -> None:
    assert "found other bytes in line 11" in refusal(UTF8_LINES.encode() + line, "a.csv")
