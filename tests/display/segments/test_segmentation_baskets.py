"""What the page says of baskets: whole sentences, true for any data, and a picture that says its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.display.figures import svg
from helpers.display.segments import baskets
from helpers.display.showing import show
from helpers.models.segments.recommendations import Comparison

LEVEL = 0.95
FOUND = pd.DataFrame(
    {
        "first": ["p1", "p3"], "second": ["p2", "p4"], "count": [118, 30], "customer_count": [100, 20],
        "lift": [6.0, 2.0], "excess": [5.0, 1.9], "excess_low": [4.2, nan], "excess_high": [6.1, nan],
        "expected_count": [23.6, 15.8], "q_value": [0.0, 0.04],
    }
)  # fmt: skip
RULES = pd.DataFrame(
    {
        "antecedent": ["p1", "p2", "p3", "p4"], "consequent": ["p2", "p1", "p4", "p3"],
        "support": [0.01] * 4, "confidence": [0.5, 0.25, 0.2, 0.1], "lift": [6.0, 6.0, 2.0, 2.0],
        "count": [118, 118, 30, 30], "low": [5.0, 5.0, nan, nan], "high": [7.0, 7.0, nan, nan],
        "expected_count": [23.6, 23.6, 15.8, 15.8], "excess": [5.0, 5.0, 1.9, 1.9], "q_value": [0.0, 0.0, 0.04, 0.04], "pair": [1, 1, 2, 2],
    }
)  # fmt: skip
NAMES = {"p1": "<b>茶漏</b>", "p2": "tea tongs"}


@dataclass(frozen=True)
class PairTest:
    order_count: int = 12_345
    item_count: int = 300
    tested_count: int = 44_850


@dataclass(frozen=True)
class Estimate:
    value: float
    low: float
    high: float
    n: int


def methods(one: float, other: float, *, n: int = 200, is_thin: bool = False) -> pd.DataFrame:
    shares = np.array([one, other])
    low, high = ([nan, nan], [nan, nan]) if is_thin else (shares - 0.05, shares + 0.05)
    return pd.DataFrame(
        {"method": ["neighbours", "popularity"], "hit_share": shares, "low": low, "high": high, "n": [n, n]}
    )


def said(found: pd.DataFrame, tested: PairTest | None = None) -> str:
    return baskets.together(
        found, tested or PairTest(), names=NAMES, false_discovery_share=0.05, level=LEVEL
    ).sentence.replace("\u00a0", " ")


def test_the_strongest_pair_opens() -> None:
    assert said(FOUND) == (
        '"<b>茶漏</b>" and "tea tongs" stand out most: bought together 5.0 times as often as chance explains. '
        "118 baskets hold both, 23.6 expected by chance, large baskets allowed for (95 % interval 4.2 to 6.1); 2 pairs are bought together more often than chance "
        "explains, of 44,850 pairs of the 300 most frequent items, tested in 12,345 baskets; of such finds 5 % at most "
        "should be chance."
    )
    finding = baskets.together(FOUND, PairTest(), names=NAMES, false_discovery_share=0.05, level=LEVEL)
    assert (finding.key, finding.value, finding.low, finding.high, finding.n, finding.unit) == (
        "goes_together", 5.0, 4.2, 6.1, 12_345, "ratio"
    )  # fmt: skip


def test_one_pair_none_and_nothing_to_test() -> None:
    assert "; 1 pair is bought together more often than chance explains, of 44,850" in said(FOUND.head(1))
    assert '"p3" and "p4" stand out' in said(FOUND.tail(1)), "no name: the id"
    assert "(no interval can be given)" in said(FOUND.tail(1))
    assert said(FOUND.head(0)) == (
        "No pair of items goes together more often than chance explains. None of 44,850 pairs of the 300 most frequent "
        "items, tested in 12,345 baskets."
    )
    assert said(FOUND.head(0), PairTest(1, 1, 0)) == (
        "Too few items are bought often enough to test what goes together, in 1 basket."
    )
    assert baskets.no_lines("category").sentence == (
        "What goes together is unknown. No order lines with category were delivered."
    )


def test_a_row_per_pair_and_no_markup(shown: list[dict[str, Any]]) -> None:
    show(baskets.rules(RULES, names=NAMES, level=LEVEL))
    text, html = shown[0]["text/plain"].replace("\u00a0", " "), shown[0]["text/html"]
    assert text.splitlines()[0] == (
        "Bought together, the 2 strongest of 2 pairs; expected: by chance, large baskets allowed for; "
        "plain lift: share with it over share of all baskets, in which large baskets lift every pair"
    )
    assert text.splitlines()[2].split() == "<b>茶漏</b> tea tongs 118 23.6 50.0 % 5.0 6.0 (5.0 to 7.0)".split()
    assert text.splitlines()[3].split() == "p3 p4 30 15.8 20.0 % 1.9 2.0 (– to –)".split()
    assert len(text.splitlines()) == 4
    assert "<b>茶漏" not in html


def test_no_rules_is_an_empty_table(shown: list[dict[str, Any]]) -> None:
    show(baskets.rules(RULES.head(0), names={}, level=LEVEL))
    assert "(no rows)" in shown[0]["text/plain"]


def told(difference: Estimate, shares: tuple[float, float], *, recommend_owned: bool = False) -> str:
    best = "neighbours" if difference.low > 0 else "popularity"
    comparison = Comparison(methods(*shares), difference, None, best)
    finding = baskets.recommended(comparison, count=5, days=28, recommend_owned=recommend_owned, level=LEVEL)
    assert (finding.key, finding.value) == ("recommendations", difference.value if difference.n else None)
    return finding.sentence.replace("\u00a0", " ")


def test_a_win_over_popularity_is_told() -> None:
    assert told(Estimate(0.04, 0.02, 0.06, 1_993), (0.2, 0.16)) == (
        "Recommendations from earlier purchases beat popularity. Of 1,993 customers with a history who bought in the last "
        "28 days, 20.0 % bought one or more of 5 items that they had not bought before, chosen by what each bought "
        "before, and 16.0 % one or more of as many most popular ones: a difference of +4.0 points (95 % interval +2.0 to "
        "+6.0)."
    )
    assert "of 5 items, chosen by" in told(Estimate(0.04, 0.02, 0.06, 1_993), (0.2, 0.16), recommend_owned=True)


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (Estimate(-0.04, -0.06, -0.02, 500), "Popularity wins; the lists hold the popular items. Of 500"),
        (
            Estimate(0.01, -0.02, 0.04, 500),
            "Recommendations from earlier purchases do not surely beat popularity; the lists hold the popular items. ",
        ),
        (
            Estimate(0.3, nan, nan, 4),
            "Too few customers to test recommendations from earlier purchases; the lists hold the popular items. Of 4",
        ),
        (
            Estimate(nan, nan, nan, 0),
            "Nobody with a history bought in the last 28 days, so recommendations cannot be tested on what followed.",
        ),
    ],
)
def test_where_popularity_is_not_beaten_the_page_says_so(difference: Estimate, verdict: str) -> None:
    assert told(difference, (0.1, 0.14)).startswith(verdict)


@pytest.mark.parametrize(
    ("own", "best", "verdict"),
    [
        (
            Estimate(0.02, 0.01, 0.03, 500),
            "neighbours",
            "Recommendations from earlier purchases beat both popularity and what each bought most. Of 500",
        ),
        (
            Estimate(0.01, -0.01, 0.03, 500),
            "own",
            (
                "Recommendations from earlier purchases do not surely beat both popularity and what each bought most; "
                "the lists hold what each bought most. Of 500"
            ),
        ),
        (
            Estimate(-0.03, -0.05, -0.01, 500),
            "own",
            "What each bought most wins; the lists hold it. Of 500",
        ),
    ],
)
def test_who_buys_the_same_again_is_a_rival(own: Estimate, best: str, verdict: str) -> None:
    """Popularity is beaten by far each time: that alone is no victory."""
    shares = methods(0.75, 0.58)
    shares = pd.concat([shares, shares.head(1).assign(method="own", hit_share=0.75 - own.value)], ignore_index=True)
    comparison = Comparison(shares, Estimate(0.17, 0.15, 0.19, 500), own, best)
    finding = baskets.recommended(comparison, count=5, days=28, recommend_owned=True, level=LEVEL)
    sentence = finding.sentence.replace("\u00a0", " ")
    assert sentence.startswith(verdict)
    lead = f"{100 * own.value:+.1f}".replace("-", "−")
    assert f"that they themselves had bought most: a difference of {lead} points" in sentence
    assert (finding.value, finding.low) == (own.value, own.low), "the smaller lead"
    assert "what each bought most" in baskets.hit_rates(shares, count=5).alt


def test_hit_rates_draw_shares_and_bounds() -> None:
    drawing = baskets.hit_rates(methods(0.2, 0.16), count=5)
    (axes,) = drawing.figure.axes
    assert [text.get_text() for text in axes.texts] == ["20.0\u00a0%", "16.0\u00a0%"]
    np.testing.assert_allclose(axes.lines[0].get_xdata(), [0.15, 0.25])
    assert "(n = 200)" in axes.get_title(loc="left")
    assert axes.get_xlabel() == "share of customers (line: interval)"
    assert drawing.alt.replace("\u00a0", " ") == (
        "Customers who bought one or more of 5 recommended items: by what each bought before 20.0 %, "
        "the most popular items 16.0 %, of 200 customers."
    )


@pytest.mark.filterwarnings("error")
def test_thin_and_empty_are_drawn_too() -> None:
    thin = baskets.hit_rates(methods(0.0, 0.0, n=3, is_thin=True), count=1)
    svg(thin.figure)
    assert "1 recommended item:" in thin.alt
    assert len(thin.figure.axes[0].lines) == 2, "no interval, no line"
    assert "Nobody with a history" in baskets.hit_rates(methods(nan, nan, n=0), count=5).alt
    assert "Nobody with a history" in baskets.hit_rates(methods(nan, nan).head(0), count=5).alt
    full = baskets.hit_rates(methods(1.0, 0.97), count=5)
    assert svg(full.figure) == svg(baskets.hit_rates(methods(1.0, 0.97), count=5).figure)
