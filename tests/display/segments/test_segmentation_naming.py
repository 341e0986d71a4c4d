"""Segments, stages and groups by the names of the language that is spoken, and the same numbers in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date

import pandas as pd
import pytest

from helpers.display.findings import Finding
from helpers.display.segments import actions, groups, movements, naming, profiles, scores, stages
from helpers.display.wording import CHINESE, speaking
from helpers.models.segments import movements as model
from helpers.models.segments.stages import Active
from helpers.schemes.scheme import built_in, built_in_names

LATIN = re.compile(r"[A-Za-z]{2,}")
ELEVEN = built_in("eleven_segments")
SINCE, UNTIL = date(2024, 10, 1), date(2024, 12, 31)
SIZES = pd.DataFrame(
    {
        "segment": ["Champions", "Lost"], "customer_count": [30, 70], "customer_share": [0.3, 0.7],
        "order_count": [60, 70], "revenue_amount": [40_000.0, 20_000.0], "revenue_share": [2 / 3, 1 / 3],
    }
)  # fmt: skip
STAGES = pd.DataFrame(
    {
        "stage": ["new", "slipping", "lapsed", "prospect"], "customer_count": [20, 20, 60, 3],
        "customer_share": [0.2, 0.2, 0.6, 0.0], "low": [0.13, 0.13, 0.5, 0.0], "high": [0.29, 0.29, 0.69, 0.0],
        "amount": [100.0, 300.0, 600.0, 0.0], "amount_share": [0.1, 0.3, 0.6, 0.0],
        "amount_low": [0.05, 0.2, 0.5, 0.0], "amount_high": [0.15, 0.4, 0.7, 0.0], "once_count": [20, 5, 41, 0],
        "comeback_share": [0.5, 0.2, 0.05, 0.0],
    }
)  # fmt: skip
CELL = pd.DataFrame(
    {
        "attribute": ["category"], "segment": ["At Risk"], "level": ["茶"], "segment_count": [300],
        "known_count": [280], "customer_share": [0.3], "base_share": [0.2], "lift": [1.4], "low": [1.2],
        "high": [1.6], "is_divided": [True],
    }
)  # fmt: skip
ACTION = pd.DataFrame(
    {
        "segment": ["Lost"], "offer": ["优惠券"], "channel": ["sms"], "owner": ["运营"], "segment_count": [300],
        "contact_count": [200], "holdout_count": [50], "baseline_n": [100], "baseline_amount": [30.0],
        "expected_amount": [500.0], "expected_low": [300.0], "expected_high": [900.0], "assumed_lift_share": [0.1],
        "detectable_share": [0.8],
    }
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    is_stable: bool = True
    reason: str = ""
    customer_count: int = 200
    searched_count: int = 150
    fitted_count: int = 100
    judged_count: int = 100


def group(name: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": [1], "name": [name], "customer_count": [150], "value_share": [1.0], "mean_amount": [90.0],
            "low": [80.0], "high": [100.0],
        }
    )  # fmt: skip


def moves() -> Finding:
    rows = [("Champions", "Lost", 20), ("Champions", "Champions", 10), ("Lost", "Lost", 70)]
    pairs = [(f"c{n}-{at}", before, after) for n, (before, after, count) in enumerate(rows) for at in range(count)]
    frame = pd.DataFrame(pairs, columns=["customer_id", "before", "after"]).assign(value_amount=10.0)
    before, after = (frame.rename(columns={name: "eleven_segments"}) for name in ("before", "after"))
    found = model.transitions(before, after, kind="eleven_segments", level=0.95, order=ELEVEN.names)
    values = model.values(before, after, kind="eleven_segments")
    called = [naming.in_words(each, ELEVEN) for each in (found, values)]
    terms = {"since": SINCE, "until": UNTIL, "currency": "CNY", "level": 0.95}
    return movements.summary(model.moved_share(found, level=0.95), *called, **terms)


HORIZON = {"days": 91, "currency": "CNY", "level": 0.95, "margin_share": 0.4}
TOLD: dict[str, Callable[[], Finding]] = {
    "segments": lambda: scores.summary(SIZES, scheme=ELEVEN, as_of=UNTIL, window_days=None, currency="CNY"),
    "advice": lambda: scores.advised(SIZES, scheme=ELEVEN),
    "lapsed": lambda: stages.summary(
        STAGES, Active(100, 20, 0.2), as_of=UNTIL, comeback_days=182, lapsed_share=0.1, level=0.95
    ),
    "slipping": lambda: stages.at_stake(STAGES, days=365, slipping_share=0.5, currency="CNY", level=0.95),
    "moves": moves,
    "profiles": lambda: profiles.strongest(CELL, CELL, level=0.95, scheme=ELEVEN),
    "best action": lambda: actions.best(ACTION, scheme=ELEVEN, **HORIZON),
    "smallest lift": lambda: actions.measurement(ACTION, days=91, level=0.95, scheme=ELEVEN),
    "groups": lambda: groups.summary(Found(), group("often, few share events (2)"), currency="CNY", level=0.95),
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_both_languages_tell_the_same_numbers_and_chinese_has_no_english(told: Callable[[], Finding]) -> None:
    english = told()
    with speaking("zh"):
        chinese = told()
    texts = ("claim", "evidence")
    assert {**asdict(chinese), **dict.fromkeys(texts)} == {**asdict(english), **dict.fromkeys(texts)}
    assert CHINESE.search(chinese.claim)
    assert LATIN.findall(chinese.sentence) == []
    digits = [
        sorted(set(re.findall(r"\d[\d,]*\.?\d*%", one.sentence.replace("\u00a0", "")))) for one in (english, chinese)
    ]
    assert digits[0] == digits[1], "the same shares"


def test_segments_stages_and_offers_are_called_as_the_scheme_and_the_kit_call_them() -> None:
    with speaking("zh"):
        assert TOLD["segments"]().claim == "“冠军客户”占客户的 30.0%，贡献 66.7% 的销售额。"
        assert "从“冠军客户”到“流失客户”" in TOLD["moves"]().evidence
        assert "“流失客户”的“优惠券”（短信）" in TOLD["best action"]().claim
        assert "“常买、分享少 (2)”" in TOLD["groups"]().evidence
        assert "对“流失客户”，少花钱：最后给一次优惠，之后不再打扰" in TOLD["advice"]().evidence
        stage = pd.DataFrame({"kind": ["stage"], "from": ["new"], "to": ["lapsed"]})
        assert naming.in_words(stage, ELEVEN)[["from", "to"]].to_numpy().tolist() == [["新客", "流失客"]]
        tier = pd.DataFrame({"kind": ["tier"], "from": ["gold"], "to": ["Champions"]})
        assert naming.in_words(tier, None)[["from", "to"]].to_numpy().tolist() == [["gold", "Champions"]]


@pytest.mark.parametrize("name", built_in_names())
def test_every_scheme_of_the_kit_has_names_and_advice_in_both_languages(name: str) -> None:
    scheme = built_in(name)
    for language, is_chinese in (("en", False), ("zh", True)):
        with speaking(language):
            said = [naming.advice(scheme, one) for one in scheme.names] + [naming.title(scheme)]
            assert all(said)
            assert all(bool(CHINESE.search(text.partition("(")[0])) == is_chinese for text in said)
            names = [naming.segment_name(scheme, one) for one in scheme.names]
    assert all(CHINESE.match(one) for one in names)
    assert len(set(names)) == len(names), "no two segments of a scheme share a Chinese name"
    assert all(segment.en or segment.zh for segment in scheme.segments)


def test_a_segment_whose_name_is_false_is_said_by_what_is_true() -> None:
    false = pd.DataFrame(
        {
            "segment": ["New Customers", "Promising"], "least_purchase_count": [1, 1], "most_purchase_count": [1, 3],
            "least_last_days": [371.0, 91.0], "most_last_days": [454.0, 370.0],
        }
    )  # fmt: skip
    scheme = naming.true_names(ELEVEN, false)
    assert naming.segment_name(scheme, "New Customers") == "Bought once, 371 to 454 days ago"
    assert naming.segment_name(scheme, "Promising") == "Bought 1 to 3 times, last 91 to 370 days ago"
    assert naming.segment_name(scheme, "Lost") == "Lost"
    assert scheme.names == ELEVEN.names, "tables keep the names of the scheme"
    moved = naming.in_words(pd.DataFrame({"from": ["New Customers"], "to": ["Lost"]}), scheme)
    assert moved.loc[0].tolist() == ["Bought once, 371 to 454 days ago", "Lost"]
    new = SIZES.assign(segment=["New Customers", "Lost"])
    terms = {"as_of": UNTIL, "window_days": None, "currency": "USD"}
    claim = scores.summary(new, scheme=scheme, **terms).claim
    assert "New Customers" not in claim
    assert "Bought once, 371 to 454 days ago" in claim.replace("\xa0", " ")
    assert scores.sizes(new, scheme=scheme).alt.count("Bought once, 371 to 454 days ago") == 1
    told = scores.advice(new, scheme=scheme, currency="USD").cells.set_index("segment")["what one does"]
    assert told["Bought once, 371 to 454 days ago"] == (
        "None: the scheme's advice is for new customers, and they are not new."
    )
    assert "Welcome" not in scores.advised(new, scheme=scheme).evidence
    with speaking("zh"):
        chinese = naming.true_names(ELEVEN, false)
        assert naming.segment_name(chinese, "New Customers") == "只买过一次，在 371 至 454 天前"
        assert naming.segment_name(chinese, "Promising") == "买过 1 至 3 次，最近一次在 91 至 370 天前"
    assert naming.true_names(ELEVEN, false.head(0)) is ELEVEN
