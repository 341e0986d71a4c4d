"""What the page says and draws of lifecycle stages, true for whatever data it is made from."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from helpers.display.figures import svg
from helpers.display.findings import Finding
from helpers.display.segments import stages
from helpers.display.showing import show
from helpers.models.segments import stages as model

NAN = float("nan")
DAY = date(2025, 1, 31)
SUMMARY = {"as_of": DAY, "dormancy_share": 0.975, "level": 0.95}
RULE = {"slipping_share": 0.8, "dormancy_share": 0.975, "loyal_purchase_count": 4}
STAKE = {"days": 365, "currency": "EUR", "level": 0.95}
NAMES = ["new", "repeat", "loyal", "returned", "slipping", "lapsed", "prospect"]


def sizes(counts: list[int], amounts: list[float] | None = None, *, limit: float = 40.0) -> pd.DataFrame:
    """A frame as `models.stages.sizes` makes it, with round bounds where there are ten customers."""
    n, money = sum(counts[:-1]), [*(amounts or [10.0 * count for count in counts[:-1]]), 0.0]
    rows = []
    for name, count, amount in zip(NAMES, counts, money, strict=True):
        is_known = name != "prospect" and n > 0
        share = count / n if is_known else NAN
        part = amount / sum(money) if is_known and sum(money) else NAN
        bounds = (0.9, 1.1) if n >= 10 and is_known else (NAN, NAN)
        days = limit if count and name != "prospect" else NAN
        rows.append(
            (name, count, share, *(share * by for by in bounds), amount, part, *(part * by for by in bounds), days / 2, days)
        )  # fmt: skip
    columns = "stage customer_count customer_share low high amount amount_share amount_low amount_high".split()
    return pd.DataFrame(rows, columns=[*columns, "slipping_days", "limit_days"])


ORDINARY = sizes([10, 5, 5, 0, 20, 60, 3])


def plain(finding: Finding) -> str:
    return finding.sentence.replace("\u00a0", " ")


def test_the_summary_says_who_stands_where() -> None:
    told = stages.summary(ORDINARY, model.active(ORDINARY), **SUMMARY)
    assert plain(told) == (
        "By 31 January 2025, 60 of 100 customers had lapsed (60.0 %, 95 % interval 54.0 % to 66.0 %): away beyond the "
        "limit of their own rhythm, an estimate of what 97.5 % of their pauses stay within. 20 were slipping (20.0 %) and 20 active (20.0 %); 3 more are known without "
        "an order."
    )
    assert (told.key, told.value, told.n, told.unit) == ("lapsed_share", 0.6, 100, "share")
    new = sizes([10, 0, 0, 0, 0, 0, 1])
    assert "1 more is known" in plain(stages.summary(new, model.active(new), **SUMMARY))


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (sizes([0] * 7), "Nobody had ordered by 31 January 2025, so there are no stages yet."),
        (
            sizes([0] * 6 + [4]),
            "Nobody had ordered by 31 January 2025, so there are no stages yet.",
        ),
        (
            sizes([12, 0, 0, 0, 0, 0, 0], limit=NAN),
            (
                "Nobody had bought on two days by 31 January 2025, so no rhythm is known and who has lapsed is "
                "unknown: all 12 customers count as new."
            ),
        ),
        (
            sizes([1, 0, 0, 0, 0, 0, 0], limit=NAN),
            (
                "Nobody had bought on two days by 31 January 2025, so no rhythm is known and who has lapsed is "
                "unknown: the only customer counts as new."
            ),
        ),
        (
            sizes([0, 0, 0, 0, 1, 1, 0]),
            (
                "By 31 January 2025, 1 of 2 customers had lapsed (50.0 %, no interval can be given): away beyond the "
                "limit of their own rhythm, an estimate of what 97.5 % of their pauses stay within. 1 was slipping (50.0 %) and 0 active (0.0 %)."
            ),
        ),
    ],
)
def test_the_summary_of_thin_data_is_true(frame: pd.DataFrame, says: str) -> None:
    assert plain(stages.summary(frame, model.active(frame), **SUMMARY)) == says


def test_what_is_at_stake() -> None:
    told = stages.at_stake(ORDINARY, **STAKE)
    assert plain(told) == (
        "The 20 customers who are slipping brought EUR 200.00 in the latest 365 days, 20.0 % of its revenue (95 % interval "
        "18.0 % to 22.0 %): they are late by their own rhythm, and not yet lapsed."
    )
    assert (told.key, told.value, told.n, told.unit) == ("slipping_amount_share", 0.2, 20, "share")
    one = plain(stages.at_stake(sizes([1, 0, 0, 0, 1, 0, 0]), **STAKE))
    assert one.startswith(
        "The 1 customer who is slipping brought EUR 10.00 in the latest 365 days, 50.0 % of its revenue"
    )
    assert one.endswith("(no interval can be given): late by that customer's own rhythm, and not yet lapsed.")
    none = plain(stages.at_stake(sizes([5, 0, 0, 0, 0, 5, 0]), **STAKE))
    assert none == "Nobody is slipping, so none of the revenue of the latest 365 days is at stake with them."
    nothing = plain(stages.at_stake(sizes([5, 0, 0, 0, 5, 0, 0], [0.0] * 6), **STAKE))
    assert nothing == "Nothing was earned in the latest 365 days, so what is at stake is unknown."


def test_the_bars_are_the_shares_and_the_words_say_them() -> None:
    frame = sizes([10, 5, 5, 0, 20, 60, 3], [20.0, 20.0, 20.0, 0.0, 30.0, 10.0])
    drawing = stages.bars(frame, days=365, level=0.95)
    axes = drawing.figure.axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == [0.1, 0.05, 0.05, 0.0, 0.2, 0.6, 0.2, 0.2, 0.2, 0.0, 0.3, 0.1]
    assert [label.get_text() for label in axes.get_yticklabels()][4] == "slipping\nn = 20"
    assert axes.get_title(loc="left").endswith("(n = 100)")
    assert "95\u00a0% interval" in axes.get_xlabel()
    assert axes.get_xlim()[1] > 0.66, "the longest interval is on the picture"
    assert drawing.alt.replace("\u00a0", " ") == (
        "Share of 100 customers (and of revenue of the latest 365 days) by stage: new 10.0 % (20.0 %), repeat 5.0 % "
        "(20.0 %), loyal 5.0 % (20.0 %), returned 0.0 % (0.0 %), slipping 20.0 % (30.0 %), lapsed 60.0 % (10.0 %)."
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "frame", [sizes([0] * 7), sizes([2, 0, 0, 0, 0, 0, 0], [0.0] * 6), sizes([0, 0, 0, 0, 0, 90, 0]), ORDINARY]
)
def test_every_drawing_renders_without_a_warning_and_to_the_same_bytes(frame: pd.DataFrame) -> None:
    drawn = [svg(stages.bars(frame, days=365, level=0.95).figure) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert "nobody has ordered yet" in stages.bars(sizes([0] * 7), days=365, level=0.95).alt


def test_the_table_says_what_each_stage_means(shown: list[dict[str, Any]]) -> None:
    show(stages.meanings(ORDINARY, **RULE, days=365, currency="CNY"))
    text = shown[0]["text/plain"].replace("\u00a0", " ")
    rows = {line.split()[0]: " ".join(line.split()) for line in text.splitlines()[2:]}
    assert rows["repeat"] == "repeat bought on 2 to 3 days 5 5.0 % 50 20 40"
    assert rows["slipping"] == "slipping away longer than 80 % of pauses at their rhythm 20 20.0 % 200 20 40"
    assert rows["lapsed"] == "lapsed away longer than 97.5 % of pauses at their rhythm 60 60.0 % 600 20 40"
    assert rows["prospect"] == "prospect known, without an order 3 – 0 – –"
    assert "revenue of the latest 365 days, CNY" in text
    show(
        stages.meanings(sizes([10, 5, 5, 0, 20, 60, 0]), **RULE | {"loyal_purchase_count": 3}, days=365, currency="CNY")
    )
    assert "bought on 2 days" in shown[1]["text/plain"]
    assert "prospect" not in shown[1]["text/plain"]
