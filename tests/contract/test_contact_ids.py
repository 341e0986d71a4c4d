"""Customer ids that are addresses or phone numbers: folded where nearly all are, and never else."""

from __future__ import annotations

import ibis
import pyarrow as pa
import pytest

from helpers.connectors.delivery import connect
from helpers.contract.contact_ids import are_contacts, folded, remark


def table(values: list[str | None]) -> ibis.Table:
    return connect().create_table("given", pa.table({"x": pa.array(values, pa.string())}), temp=True)


def ids(values: list[str]) -> list[str]:
    given = table(list(values))
    found: list[str] = given.select(x=folded(given.x)).to_pyarrow()["x"].to_pylist()
    return found


def test_one_address_is_one_id_however_it_is_typed() -> None:
    typed = [
        "ann@example.com",
        "Ann@Example.COM",
        "ann @example.com ",
        "ＡＮＮ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "mailto:ann@example.com",
    ]
    assert ids([*typed, "<Ann@example.com>"]) == ["ann@example.com"] * 6


def test_one_phone_is_one_id_however_it_is_typed() -> None:
    typed = ["13812345678", "+8613812345678", "008613812345678", "8613812345678", "138-1234-5678", "+86 138 1234 5678"]
    assert ids([*typed, "１３８１２３４５６７８"]) == ["13812345678"] * 7
    assert ids(["+44 20 7946 0958", "0044 20 79460958"]) == ["+442079460958"] * 2
    assert ids(["(555) 123-4567", "555-123-4567"]) == ["5551234567"] * 2


def test_other_ids_are_left_as_they_are() -> None:
    others = ["C0009", "Ann", "2023-00012", "10000000000000001", "ann@home", "a@b@c.de"]
    assert ids(others) == others


@pytest.mark.parametrize(
    ("values", "are"),
    [
        (["a@b.de"] * 19 + ["Guest"], True),
        (["a@b.de"] * 18 + ["Guest", "C1"], False),
        (["a@b.de", "13812345678", None], True),
        (["C0009", "C0010"], False),
        (["20240000000001030"], False),
        ([None], False),
    ],
)
def test_nearly_all_must_be_contacts(values: list[str | None], are: bool) -> None:
    given = table(values)
    assert are_contacts(given, given.x) is are


def test_what_folding_did_is_said() -> None:
    given = table(["a@b.de", "A@b.de", "13812345678"])
    assert remark(given, given.x, name="orders") == (
        "Customer ids of orders, letter case and blanks folded: 2 rows of e-mail addresses; dashes, blanks and +86 left "
        "out: 1 row of phone numbers and other ids; 3 spellings are 2 ids."
    )
