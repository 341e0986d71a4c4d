"""No password, and no default of a variable, is left in a text that is shown."""

from __future__ import annotations

import pytest

from helpers.redaction import holds_secret, masked, redacted


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("打13800138000找我", "打[phone hidden]找我"),
        ("打１３８－００１３－８０００找我", "打[phone hidden]找我"),
        ("138 0013 8000, thanks", "[phone hidden], thanks"),
        ("1 3 8 0 0 1 3 8 0 0 0", "[phone hidden]"),
        ("138\u200b0013\u200b8000", "[phone hidden]"),
        ("call +44 20 7946 0958 now", "call [phone hidden] now"),
        ("call (415) 555-0123", "call [phone hidden]"),
        ("电话一三八零零一三八零零零", "电话[phone hidden]"),
        ("٠١٢٣٤٥٦٧٨٩", "[phone hidden]"),
        ("身份证11010519491231002X", "身份证[id number hidden]"),
        ("身份证１１０１０５１９４９１２３１００２Ｘ好", "身份证[id number hidden]好"),
        ("passport E12345678", "passport [phone hidden]"),
        ("卡号6222 0200 1234 5678 901", "卡号[bank card hidden]"),
        ("4111-1111-1111-1111", "[bank card hidden]"),
        ("邮箱是ann.lee+x@mail.example.cn谢谢", "邮箱是[e-mail hidden]谢谢"),
        ("ａｎｎ＠ｘ．ｄｅ", "[e-mail hidden]"),
        ("ann (at) x.de", "[e-mail hidden]"),
        ("see https://x.example/me?id=1 ok", "see [link hidden] ok"),
        ("微信：ann_lee88，回我", "微信[contact hidden]，回我"),
        ("QQ 12345", "QQ[contact hidden]"),
    ],
)
def test_what_would_give_a_person_away_is_hidden(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "等了三五天，第二次买",
        "on 2024-12-31 I paid 12,500 for 3 items",
        "2024年3月5日下单，5/5分",
        "微信支付很方便, wechat pay",
        "10/10, 100% happy 👍",
        "order 123456",
        "",
    ],
)
def test_what_gives_nobody_away_stays(text: str) -> None:
    assert masked(text) == text
