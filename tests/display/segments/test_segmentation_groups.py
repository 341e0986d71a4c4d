"""What the page says of groups: sentences true for any data, figures and tables made from the frames alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from helpers.display.figures import Drawing, svg
from helpers.display.segments import groups
from helpers.display.showing import show


@dataclass(frozen=True)
class Found:
    is_stable: bool = True
    reason: str = ""
    customer_count: int = 1300
    searched_count: int = 1300
    fitted_count: int = 1300
    judged_count: int = 1300


PROFILE = pd.DataFrame(
    {
        "group": pd.Series([1, 2, pd.NA], dtype="Int64"), "name": ["often, <晚上>", "seldom", "(no group)"],
        "customer_count": [1000, 200, 100], "customer_share": [10 / 13, 2 / 13, 1 / 13],
        "value_amount": [90_000.0, 8_000.0, 2_000.0], "value_share": [0.9, 0.08, 0.02],
        "mean_amount": [90.0, 40.0, 20.0], "low": [80.0, np.nan, 15.0], "high": [100.0, np.nan, 25.0],
    }
)  # fmt: skip
SCORES = pd.DataFrame(
    {
        "group_count": [2, 3], "silhouette": [0.5, 0.25], "reference": [0.25, 0.24], "reference_high": [0.3, 0.27],
        "agreement": [0.95, 0.5], "weakest": [0.9, 0.25], "needed": 0.8, "is_separated": [True, False],
        "is_stable": [True, False], "is_chosen": [True, False],
    }
)  # fmt: skip
CONTRASTS = pd.DataFrame(
    {
        "group": [1, 1, 2, 2], "name": ["often"] * 2 + ["seldom"] * 2,
        "feature": ["purchases_per_month", "weekend_share"] * 2, "difference": [0.6, -0.1, -1.5, 0.5],
        "median": [2.345, 0.25, 0.1, 0.75], "base_median": [1.0, 0.3, 1.0, 0.3],
    }
)  # fmt: skip


def texts(drawing: Drawing) -> list[str]:
    return [text.get_text() for axes in drawing.figure.axes for text in axes.texts]


def test_the_summary_names_the_groups_with_size_and_worth() -> None:
    found = groups.summary(Found(), PROFILE, currency="CNY", level=0.95)
    assert found.sentence == (
        '1,200 customers fall into 2 stable groups. "often, <晚上>" (1,000 customers with 90.0 % of revenue, '
        'CNY 90.00 each, 95 % interval CNY 80.00 to CNY 100.00); "seldom" (200 customers with 8.0 % of '
        "revenue, CNY 40.00 each, no interval can be given)."
    )
    assert (found.key, found.value, found.n, found.unit) == ("groups", 2, 1200, "count")


def test_the_summary_says_among_whom_groups_were_looked_for() -> None:
    found = groups.summary(
        Found(searched_count=1200, fitted_count=900, judged_count=300), PROFILE, currency="CNY", level=0.95
    )
    assert found.sentence.endswith(
        " They were looked for among 1,200 of 1,300 customers, those with orders enough and nothing missing. How many "
        "there are was judged on a sample of 300. They were fitted to a sample of 900, and the others assigned."
    )


def test_more_than_four_groups_are_not_told_one_by_one_and_no_revenue_has_no_share() -> None:
    many = pd.concat([PROFILE.head(1)] * 6).assign(value_share=np.nan)
    sentence = groups.summary(Found(), many, currency="CNY", level=0.95).sentence
    assert sentence.count("often") == 4
    assert "; 2 smaller ones." in sentence
    assert "revenue" not in sentence


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (Found(False, "all are alike"), "There are no stable groups of customers. All are alike."),
        (Found(False, "all are alike", judged_count=0, searched_count=3), "There are no stable groups of customers. All are alike."),
        (Found(False, "all are alike", searched_count=60, judged_count=60, fitted_count=0),
         (
             "There are no stable groups of customers. All are alike. They were looked for among 60 of 1,300 "
             "customers, those with orders enough and nothing missing."
         )),
    ],
)  # fmt: skip
def test_without_groups_the_summary_says_why(found: Found, sentence: str) -> None:
    told = groups.summary(found, PROFILE.head(0), currency="CNY", level=0.95)
    assert told.sentence == sentence
    assert told.value == 0


def test_scores_are_drawn_as_they_are_and_the_chosen_number_has_a_star() -> None:
    drawing = groups.scores(SCORES, n=443)
    separation, stability = drawing.figure.axes
    assert separation.get_title(loc="left") == "Separation (n = 443)"
    assert [label.get_text() for label in separation.get_xticklabels()] == ["2*", "3"]
    assert separation.get_xlabel() == "groups tried (*: chosen)"
    assert [list(line.get_ydata()) for line in stability.lines] == [[0.95, 0.5], [0.9, 0.25], [0.8, 0.8]]
    assert drawing.alt == (
        "Separation, and agreement of two halves (0.8 needed), by number of groups: 2 groups: silhouette 0.50 against 0.30 "
        "to beat, agreement 0.95, weakest group 0.90; 3 groups: silhouette 0.25 against 0.27 to beat, agreement 0.50, "
        "weakest group 0.25."
    )
    none = groups.scores(SCORES.assign(is_chosen=False), n=443)
    assert none.figure.axes[0].get_xlabel() == "groups tried (none chosen)"


def test_contrasts_write_medians_and_mark_what_differs_by_half_a_spread() -> None:
    drawing = groups.contrasts(CONTRASTS, PROFILE)
    assert texts(drawing) == ["▲ 2.35", "▼ 0.100", "25.0\u00a0%", "▲ 75.0\u00a0%"]
    axes = drawing.figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["group 1\nn = 1,000", "group 2\nn = 200"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["purchases a month", "orders at weekends"]
    assert drawing.alt == (
        'What sets the groups apart: group 1, "often": most by purchases a month, 2.35 against 1.00 of all; '
        'group 2, "seldom": most by purchases a month, 0.100 against 1.00 of all.'
    )


def test_what_cannot_be_drawn_says_why() -> None:
    assert "No number of groups could be tried." in groups.scores(SCORES.head(0), n=0).alt
    assert "There are no stable groups to compare." in groups.contrasts(CONTRASTS.head(0), PROFILE.head(0)).alt


@pytest.mark.filterwarnings("error")
def test_long_and_chinese_names_render_to_the_same_bytes() -> None:
    named = CONTRASTS.replace(
        {"weekend_share": "浏览 <商品> = 页面, 很长很长很长很长很长很长很长很长很长的名字_per_month"}
    )
    first, second = (svg(groups.contrasts(named, PROFILE).figure) for _ in range(2))
    assert first == second
    assert svg(groups.scores(SCORES, n=3).figure) == svg(groups.scores(SCORES, n=3).figure)


def test_the_table_of_groups(shown: list[dict[str, str]]) -> None:
    show(groups.worth(PROFILE, currency="CNY"))
    lines = shown[0]["text/plain"].splitlines()
    assert lines[0] == "Groups of customers who behave alike, the largest first"
    assert lines[1].split() == (
        "group name customers share of customers revenue, CNY share of revenue CNY per customer from to".split()
    )
    assert lines[2].split() == "1 often, <晚上> 1,000 76.9\u00a0% 90,000 90.0\u00a0% 90.00 80.00 100.00".split()
    assert lines[4].split()[:3] == ["–", "(no", "group)"]
    assert "&lt;晚上&gt;" in shown[0]["text/html"]
    show(groups.worth(PROFILE.head(0), currency="CNY"))
    assert shown[1]["text/plain"].endswith("(no rows)")


def test_the_table_of_features(shown: list[dict[str, str]]) -> None:
    show(groups.features(
        pd.DataFrame(
            {
                "feature": ["mean_amount", "evening_share", "加购_per_month"], "is_used": [True, False, True],
                "treatment": ["logarithm", "left out: the same for everybody", "as it is"],
                "quartile_low": [12.345, 0.0, 0.0], "median": [1234.5, 0.0, 0.0123], "quartile_high": [99999.0, 0.0, 1.0],
                "clipped_share": [0.01, np.nan, 0.0],
            }
        )
    ))  # fmt: skip
    lines = [line.split() for line in shown[0]["text/plain"].splitlines()[2:]]
    assert lines == [
        "amount of an order 12.3 1,234 99,999 logarithm 1.0\u00a0%".split(),
        "orders from 18:00 0.0\u00a0% 0.0\u00a0% 0.0\u00a0% left out: the same for everybody –".split(),
        "加购 events a month 0 0.0123 1.00 as it is 0.0\u00a0%".split(),
    ]
