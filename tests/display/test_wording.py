"""What a page says, in the language that is spoken: templates, words, numbers and dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from helpers.display import language as say
from helpers.display import translations
from helpers.display.contract_words import PLACES, REMARKS, RULES
from helpers.display.figures import AMOUNT_AXIS
from helpers.display.wording import named, recast, sentences, speak, speaking, spoken, worded, worded_n

NAN = float("nan")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (lambda: say.number(1234567), "1,234,567"),
        (lambda: say.share(0.48859), "48.9%"),
        (lambda: say.exact_share(0.95), "95%"),
        (lambda: say.signed_share(-0.031), "−3.1%"),
        (lambda: say.points(0.104), "10.4 个百分点"),
        (lambda: say.money(1_120_000, currency="CNY"), "112\u00a0万元"),
        (lambda: say.money(1_123_400, currency="CNY"), "112.3\u00a0万元"),
        (lambda: say.money(112_340_000, currency="CNY"), "1.12\u00a0亿元"),
        (lambda: say.money(69_450, currency="USD"), "6.95\u00a0万美元"),
        (lambda: say.money(-69_450, currency="CNY"), "−6.95\u00a0万元"),
        (lambda: say.money(9_999, currency="CNY"), "9,999\u00a0元"),
        (lambda: say.money(35.894, currency="CNY"), "35.89\u00a0元"),
        (lambda: say.money(200_000, currency="XYZ"), "20\u00a0万XYZ"),
        (lambda: say.money(NAN, currency="CNY"), "–"),
        (lambda: say.day(date(2024, 12, 31)), "2024年12月31日"),
        (lambda: say.month(date(2024, 5, 1)), "2024年5月"),
        (lambda: say.short_month(date(2024, 5, 1)), "5月"),
        (lambda: say.weekday(7), "星期日"),
        (lambda: say.short_weekday(1), "周一"),
        (lambda: say.counted(1, "customer"), "1 位客户"),
        (lambda: say.counted(23570, "customer"), "23,570 位客户"),
        (lambda: say.counted(1_120_000, "order"), "112\u00a0万笔订单"),
        (lambda: say.interval("48.2%", "49.5%", level=0.95), "95% 置信区间 48.2% 至 49.5%"),
        (lambda: say.interval("3,561 元", "3,696 元", level=0.95), "95% 置信区间 3,561 元至 3,696 元"),
        (lambda: say.interval("–", "–", level=0.95), "无法给出置信区间"),
        (lambda: say.listed(["甲", "乙", "丙"]), "甲、乙和丙"),
        (lambda: say.lined_up(["甲", "乙"]), "甲；乙"),
        (lambda: say.quoted("茶  叶"), "“茶 叶”"),
        (lambda: say.in_unit(30, "days"), "30 天"),
        (lambda: sentences("甲。", "", "乙。"), "甲。乙。"),
        (lambda: AMOUNT_AXIS(80_000), "8万"),
        (lambda: worded_n(1, "{count} order", "{count} orders", count=1), "1 笔订单"),
        (lambda: named("no word of the kit"), "no word of the kit"),
    ],
)
def test_reads_in_chinese(told: Callable[[], str], expected: str) -> None:
    with speaking("zh"):
        assert told() == expected


def test_what_is_spoken_inside_ends_there() -> None:
    with speaking("zh"):
        with speaking("en"):
            speak("zh")
            assert spoken() == "zh"
        assert spoken() == "zh"
    assert spoken() == "en"


def test_a_language_that_no_catalogue_speaks_is_refused() -> None:
    with pytest.raises(ValueError, match="must be one of en, zh, found 'fr'"):
        speak("fr")


def test_a_template_without_translation_stays_english() -> None:
    with speaking("zh"):
        assert worded("{count} unicorns {verb}", count=2, verb="dance") == "2 unicorns dance"


def test_braces_in_a_value_are_text() -> None:
    with speaking("zh"):
        assert say.quoted("{text}") == "“{text}”"


@pytest.mark.parametrize(
    ("text", "templates", "expected"),
    [
        ("customer_id not in customers", RULES, "客户表中查不到的 customer_id"),
        ("zero amount", RULES, "金额为零"),
        ("退货 {x}", RULES, "退货 {x}"),
        ("row 1,550", PLACES, "第 1,550 行"),
        ("row 12 of a b.csv", PLACES, "a b.csv 第 12 行"),
        (
            "Days and hours are those of Asia/Shanghai, as stated; instants without a zone are taken as they stand.",
            REMARKS,
            "日期和时刻按参数指定的时区 Asia/Shanghai 计算；没有时区的时刻照原样采用。",
        ),
        ("Something else.", REMARKS, "Something else."),
    ],
)
def test_what_the_contract_said_in_english_is_recast(text: str, templates: tuple[str, ...], expected: str) -> None:
    assert recast(text, templates) == text
    with speaking("zh"):
        assert recast(text, templates) == expected


def test_entries_that_are_empty_or_in_doubt_are_not_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "locale" / "xx" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "regulars.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=1; plural=0;\\n"\n\n'
        'msgid "a"\nmsgstr "甲"\n\nmsgid "b"\nmsgstr ""\n\n#, fuzzy\nmsgid "c"\nmsgstr "丙"\n\n'
        'msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} 天"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(translations, "files", lambda _: tmp_path)
    assert translations.translations("xx") == {"a": "甲", "{n} day": "{n} 天"}
    assert translations.translations("en") == {}
