"""Packed and damaged text: one clear error for each, whatever the place of the damage."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from helpers.connectors.encodings import scan
from helpers.errors import ContractError, ParamsError

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


@pytest.mark.parametrize("encoding", ["utf8x", "base64", "rot13", "a\0b", "", "idna "])
def test_encodings_that_are_none(refusal, encoding: str) -> None:
    assert "`encoding`" in refusal("é".encode() * 9, "a.csv", encoding or "x")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "ascii", "utf-7", "punycode", "unicode_escape", "idna"])
def test_a_stated_encoding_that_does_not_fit(refusal, encoding: str) -> None:
    assert "a.csv" in refusal(b"a,b\n1,\xff\\x\xe9\n", "a.csv", encoding)
