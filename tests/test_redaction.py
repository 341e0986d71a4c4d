"""No password, and no default of a variable, is left in a text that is shown."""

from __future__ import annotations

import pytest

from helpers.redaction import holds_secret, redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://me:hush@h/x", "postgres://me:…@h/x"),
        ("postgres://me:hu/sh@h/x", "postgres://me:…@h/x"),
        ("postgres://me:hu@sh@h/x", "postgres://me:…@h/x"),
        ("postgres://:hush@h/x", "postgres://:…@h/x"),
        ("mysql://h/x?user=me&password=hush&a=1", "mysql://h/x?user=me&password=…&a=1"),
        ("x://h?DB_Passwd=hush", "x://h?DB_Passwd=…"),
        ("x://h?access_token=hush", "x://h?access_token=…"),
        ("${DB_PASSWORD:-hush}", "${DB_PASSWORD}"),
        ("postgres://me:${PW:-hush}@h/x", "postgres://me:${PW}@h/x"),
        ("${URL:-postgres://me:hush@h/x}", "${URL}"),
    ],
)
def test_secrets_are_hidden_and_seen(text: str, shown: str) -> None:
    assert redacted(text) == shown
    assert redacted(f"found '{text}', which is none") == f"found '{shown}', which is none"
    assert holds_secret(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("${REGULARS_DATA:-data/raw}/a.csv", "${REGULARS_DATA}/a.csv"),
        ("postgres://me:${DB_PASSWORD}@h:5432/x", "postgres://me:${DB_PASSWORD}@h:5432/x"),
        (
            "postgres://${DB_HOST:-localhost}:5432/shop?sslmode=require",
            "postgres://${DB_HOST}:5432/shop?sslmode=require",
        ),
        ("data/password=1/a.csv", "data/password=1/a.csv"),
        ("sqlite://shop.db", "sqlite://shop.db"),
    ],
)
def test_what_is_no_secret_may_be_told(text: str, shown: str) -> None:
    assert redacted(text) == shown
    assert not holds_secret(text)
