"""Scores and segments on the page: sentences that are true for any data, ranges in plain units, drawings with words."""

from __future__ import annotations

from datetime import date
from math import nan
from typing import Any

import pandas as pd
import pytest

from helpers.display.figures import Drawing, svg
from helpers.display.segments import scores
from helpers.display.showing import show
from helpers.schemes.scheme import Scheme, built_in

AS_OF = date(2024, 12, 31)
QUADRANTS = built_in("four_quadrants")
LONG = "a name, that <goes> on = and on and on and on"
OWN = Scheme.model_validate(
    {"title": "Own", "axes": {"f": 2}, "segments": [{"name": LONG, "cells": "1"}, {"name": "rest", "cells": "0"}]}
)


def sizes(names: list[str], counts: list[int], amounts: list[float]) -> pd.DataFrame:
    people, money = sum(counts), sum(amounts)
    return pd.DataFrame(
        {
            "segment": names,
            "customer_count": counts,
            "customer_share": [count / people if people else nan for count in counts],
            "order_count": counts,
            "revenue_amount": amounts,
            "revenue_share": [amount / money if money else nan for amount in amounts],
        }
    )


def said(frame: pd.DataFrame, scheme: Scheme = QUADRANTS, window_days: int | None = None) -> str:
    finding = scores.summary(frame, scheme=scheme, as_of=AS_OF, window_days=window_days, currency="CNY")
    assert finding.key == "segments"
    return finding.sentence.replace("\u00a0", " ")


def counts_of(*unused: tuple[str, int]) -> pd.DataFrame:
    rows = [
        (measure, score, 0 if (measure, score) in unused else 7) for measure in scores.LETTERS for score in range(1, 6)
    ]
    return pd.DataFrame(rows, columns=["measure", "score", "customer_count"])


def texts(drawing: Drawing) -> list[str]:
    return [text.get_text().replace("\u00a0", " ").strip() for axes in drawing.figure.axes for text in axes.texts]


def test_summary_names_the_most_valuable_and_the_largest_segment() -> None:
    frame = sizes(QUADRANTS.names, [20, 10, 30, 40], [700.0, 100.0, 150.0, 50.0])
    assert said(frame) == (
        '20.0 % of customers are "高频高价值" (often, much value) and bring 70.0 % of revenue. Of 100 customers by 31 '
        'December 2024, 20; CNY 700.00, all orders; no segment has more customers than "低频低价值" (seldom, little '
        "value), 40 (40.0 %), with 5.0 % of revenue."
    )
    assert ", orders of the latest 365 days;" in said(frame, window_days=365)
    finding = scores.summary(frame, scheme=QUADRANTS, as_of=AS_OF, window_days=None, currency="CNY")
    assert (finding.value, finding.n, finding.unit) == (0.7, 100, "share")


def test_summary_where_one_segment_is_both_or_all_or_a_single_customer() -> None:
    assert said(sizes(QUADRANTS.names, [40, 10, 10, 40], [7.0, 1.0, 1.0, 1.0])).endswith(
        "; no segment has more customers."
    )
    whole = said(sizes(QUADRANTS.names, [9, 0, 0, 0], [9.0, 0.0, 0.0, 0.0]))
    assert whole == (
        '100.0 % of customers are "高频高价值" (often, much value) and bring 100.0 % of revenue. Of 9 customers by 31 '
        "December 2024, 9; CNY 9.00, all orders."
    )
    assert '50.0 % of customers are "rest" and bring 80.0 % of revenue' in said(
        sizes([LONG, "rest"], [1, 1], [2.0, 8.0]), OWN
    )


def test_summary_where_nothing_was_earned_or_nobody_is_there() -> None:
    assert said(sizes(["rest", LONG], [3, 1], [0.0, 0.0]), OWN) == (
        'No segment has more customers than "rest", 3 (75.0 %). Of 4 customers by 31 December 2024; nothing was '
        "earned, so the value of segments is unknown."
    )
    assert said(sizes(["rest"], [0], [0.0]), OWN) == "Nobody had ordered by 31 December 2024, so there are no segments."


def test_unused_scores_and_dead_segments_are_told() -> None:
    told = scores.unused(
        counts_of(("order_count", 2), ("order_count", 3), ("value_amount", 5)), schemes={"r": built_in("r_rfm_02")}
    )
    assert told.sentence == (
        "Nobody has F 2, F 3 or M 5. Customers who are equal in a measure share one score, so a score can be left"
        ' over. By "R\'s example rules, rfm 0.2" nobody can ever be in "New Customers", "Promising" or "Can\'t Lose'
        ' Them": the rules before have all their customers.'
    )
    assert told.value == 3
    assert scores.unused(counts_of(), schemes={"x": QUADRANTS}).sentence == "All five scores occur."


def test_other_cuts_than_quantiles_leave_scores_over_themselves() -> None:
    told = scores.unused(counts_of(("order_count", 2)), schemes={"x": QUADRANTS}, bins="custom")
    assert told.sentence == "Nobody has F 2. The cuts (custom) leave it over."


def test_an_empty_window_is_told() -> None:
    nothing = sizes([segment.name for segment in QUADRANTS.segments], [0, 0, 0, 4], [0.0] * 4).assign(order_count=0)
    assert "no order lies in the latest 7 days" in said(nothing, window_days=7).replace("\u00a0", " ")
    assert "no order lies" not in said(nothing)


def test_advice_is_for_the_segment_of_most_revenue_and_the_largest_other(shown: list[dict[str, Any]]) -> None:
    names = [segment.name for segment in QUADRANTS.segments]
    frame = sizes(names, [2, 0, 3, 9], [100.0, 0.0, 5.0, 9.0])
    advice = {segment.name: segment.advice.rstrip(".") for segment in QUADRANTS.segments}
    told = scores.advised(frame, scheme=QUADRANTS).sentence
    assert told.startswith("No action is stated. The scheme advises for ")
    assert told.index(advice[names[0]]) < told.index(advice[names[3]])
    assert advice[names[2]] not in told
    show(scores.advice(frame, scheme=QUADRANTS, currency="元"))
    assert names[1] not in shown[0]["text/plain"], "nobody is in it"
    assert advice[names[2]] in shown[0]["text/plain"]


def test_the_meaning_of_scores_is_in_plain_units_with_both_ends_included(shown: list[dict[str, Any]]) -> None:
    bounds = {
        "days_since_last": [115.0, 181.0, 297.4, 482.0],
        "order_count": [2.0, 2.0, 3.0, 4.0],
        "value_amount": [254.8001, 381.0, 505.4, 1665.0001],
    }
    rows = []
    for measure, ends in bounds.items():
        bins = list(zip([nan, *ends], [*ends, nan], strict=True))
        for score, (low, high) in enumerate(bins[::-1] if measure == "days_since_last" else bins, start=1):
            rows.append(("scores", measure, score, low, high))
    rows.append(("other scheme", "order_count", 1, 77.0, 78.0))
    thresholds = pd.DataFrame(rows, columns=["scheme", "measure", "score", "from", "to"]).assign(is_hidden=False)
    show(scores.meaning(thresholds, counts_of(("order_count", 2)), window_days=365, currency="元"))
    lines = [line.split("  ") for line in shown[0]["text/plain"].splitlines()]
    cells = [[part.strip() for part in line if part.strip()] for line in lines]
    assert " ".join(cells[1]) == (
        "score R: days since the last order customers, R F: orders in 365 days customers, F M: revenue in 365 days, 元 "
        "customers, M"
    )
    assert cells[2:] == [
        ["5", "114 or less", "7", "4 or more", "7", "1,665.01 or more", "7"],
        ["4", "115 to 180", "7", "3", "7", "505.40 to 1,665.00", "7"],
        ["3", "181 to 297", "7", "2", "7", "381.00 to 505.39", "7"],
        ["2", "298 to 481", "7", "not used", "0", "254.81 to 380.99", "7"],
        ["1", "482 or more", "7", "1 or less", "7", "254.80 or less", "7"],
    ]


def test_the_heat_map_writes_the_numbers_into_the_cells_and_marks_empty_ones() -> None:
    grid = pd.DataFrame(
        {"r_score": [1, 5], "f_score": [1, 4], "customer_count": [1200, 30], "mean_amount": [9.5, 1234.0]}
    )
    drawing = scores.heat_map(grid, currency="元")
    found = texts(drawing)
    assert found.count("nobody") == 23
    assert [text for text in found if text != "nobody"] == ["30\n元 1,234", "1,200\n元 9.50"]
    placed = {text.get_text().split("\n")[0]: text.get_position() for text in drawing.figure.axes[0].texts}
    assert placed["30"] == (3.5, 0.5), "R 5 is the top row, F 4 the fourth column"
    assert placed["1,200"] == (0.5, 4.5)
    assert drawing.alt.replace("\u00a0", " ") == (
        "Customers by recency and frequency, 1,230 in all: most have R 1 and F 1 (1,200 customers); those with R 5 and F 4 "
        "are worth most each (元 1,234)."
    )
    hidden = grid.astype({"customer_count": "Int64"})
    hidden.loc[1, ["customer_count", "mean_amount"]] = None
    few = scores.heat_map(hidden, currency="元")
    assert [text for text in texts(few) if text != "nobody"] == ["hidden", "1,200\n元 9.50"]
    assert few.alt.replace("\u00a0", " ").endswith(
        "1,200 in the cells that are not hidden: most have R 1 and F 1 (1,200 customers); those with R 1 and F 1 are worth "
        "most each (元 9.50)."
    )
    assert "Nobody has ordered yet." in scores.heat_map(grid.head(0), currency="元").alt


def test_segments_are_drawn_with_both_shares_and_a_gloss() -> None:
    frame = sizes(QUADRANTS.names, [20, 10, 30, 40], [700.0, 100.0, 150.0, 50.0])
    drawing = scores.sizes(frame, scheme=QUADRANTS)
    axes = drawing.figure.axes[0]
    assert [round(bar.get_width(), 3) for bar in axes.patches] == [0.2, 0.1, 0.3, 0.4, 0.7, 0.1, 0.15, 0.05]
    assert "n = 100" in axes.get_title(loc="left")
    assert axes.get_yticklabels()[0].get_text() == "高频高价值\noften, much value"
    assert texts(drawing)[:2] == ["20 customers (20.0 %)", "70.0 % of revenue"]
    assert drawing.alt.replace("\u00a0", " ").startswith(
        "Two by two, frequency and value, with the share of revenue: 高频高价值 20 customers, 70.0 %; "
    )


def test_segments_without_revenue_or_customers_and_with_long_names() -> None:
    drawing = scores.sizes(sizes([LONG, "rest"], [1, 3], [0.0, 0.0]), scheme=OWN)
    assert "– of revenue" in texts(drawing)
    assert [bar.get_width() for bar in drawing.figure.axes[0].patches] == [0.25, 0.75, 0, 0]
    labels = [label.get_text() for label in drawing.figure.axes[0].get_yticklabels()]
    assert labels == ["a name, that <goes> on = and …", "rest"]
    chinese = scores.sizes(sizes(["高价值而且长期没有购买的重要客户需要立刻联系"], [1], [1.0]), scheme=OWN)
    assert chinese.figure.axes[0].get_yticklabels()[0].get_text() == "高价值而且长期没有购买的重要…"
    assert "There is nobody to show." in scores.sizes(sizes(["rest"], [0], [0.0]), scheme=OWN).alt


@pytest.mark.filterwarnings("error")
def test_drawings_render_without_a_warning_and_to_the_same_bytes() -> None:
    grid = pd.DataFrame({"r_score": [1], "f_score": [1], "customer_count": [1], "mean_amount": [0.0]})
    frame = sizes(QUADRANTS.names, [1, 0, 0, 0], [0.0, 0.0, 0.0, 0.0])

    def drawn() -> list[str]:
        return [svg(scores.heat_map(grid, currency="元").figure), svg(scores.sizes(frame, scheme=QUADRANTS).figure)]

    assert drawn() == drawn()


def called_new(late: int, count: int = 50, *, median: float = 401.0) -> pd.DataFrame:
    share = late / count if count else nan
    row = ("New Customers", 91, count, median, late, share, share - 0.01, share + 0.01)
    names = "segment limit_days customer_count median_days late_count late_share low high".split()
    return pd.DataFrame([row], columns=names)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (
            called_new(40),
            (
                'The name "New Customers" is false: 80.0 % of customers called "New Customers" first ordered more'
                " than 91 days ago. 95 % interval 79.0 % to 81.0 %; 40 of 50 customers, before 30 June 2024. Half"
                " of all of them first ordered 401 days ago or longer; with custom cuts of the days since the last "
                "order (24, 47, 92 and 183) nobody who last ordered more than 91 days ago would be called so."
            ),
        ),
        (
            called_new(5, median=20.0),
            (
                '10.0 % of customers called "New Customers" first ordered more than 91 days ago. 95 % interval '
                "9.0 % to 11.0 %; 5 of 50 customers, before 30 June 2024."
            ),
        ),
        (called_new(0, 0), "Nobody is called new."),
        (called_new(0).head(0), "No segment's name says that its customers are new."),
    ],
)
def test_a_name_that_is_false_in_days_is_called_so(frame: pd.DataFrame, says: str) -> None:
    told = scores.newness(frame, as_of=date(2024, 6, 30), level=0.95)
    assert told.sentence.replace("\u00a0", " ") == says
    assert told.key == "late_share"


def test_false_names_of_other_schemes_are_told_too() -> None:
    nobody = pd.DataFrame({"customer_count": [0], "late_share": [float("nan")]})
    others = pd.DataFrame({"scheme": ["rf", "rfm"], "segment": ["New", "Fresh"], "late_share": [0.5, 0.51]})
    told = scores.newness(nobody, elsewhere=others, as_of=date(2024, 6, 30), level=0.95)
    assert told.sentence == 'Nobody is called new. In the tables "Fresh" of rfm is called so falsely, too.'
    true = scores.newness(nobody, elsewhere=others.head(1), as_of=date(2024, 6, 30), level=0.95)
    assert true.sentence == "Nobody is called new."
