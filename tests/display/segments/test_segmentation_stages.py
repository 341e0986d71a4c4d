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
CLAIM: dict[str, Any] = {"comeback_days": 182, "lapsed_share": 0.1}
SUMMARY: dict[str, Any] = {"as_of": DAY, "level": 0.95, **CLAIM}
RULE: dict[str, Any] = CLAIM | {"slipping_share": 0.5, "loyal_purchase_count": 4}
STAKE: dict[str, Any] = {"days": 365, "slipping_share": 0.5, "currency": "EUR", "level": 0.95}
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
            (name, count, share, *(share * by for by in bounds), amount, part, *(part * by for by in bounds), count // 2,
             2 / days, days / 2, days)
        )  # fmt: skip
    columns = "stage customer_count customer_share low high amount amount_share amount_low amount_high".split()
    return pd.DataFrame(rows, columns=[*columns, "once_count", "comeback_share", "slipping_days", "limit_days"])


ORDINARY = sizes([10, 5, 5, 0, 20, 60, 3])


def plain(finding: Finding) -> str:
    return finding.sentence.replace("\u00a0", " ")


def test_the_summary_says_who_stands_where() -> None:
    told = stages.summary(ORDINARY, model.active(ORDINARY), **SUMMARY)
    assert plain(told) == (
        "60 of 100 customers had lapsed by 31 January 2025, 60.0 %. 95 % interval 54.0 % to 66.0 %; at most 10 % "
        "of customers like them come back within 182 days; 30 of them had bought once; 20 slipping (20.0 %), 20 "
        "active (20.0 %); 3 more are known without an order."
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
                "Who has lapsed is unknown: nobody had bought on two days by 31 January 2025. No rhythm is known;"
                " all 12 customers count as new."
            ),
        ),
        (
            sizes([1, 0, 0, 0, 0, 0, 0], limit=NAN),
            (
                "Who has lapsed is unknown: nobody had bought on two days by 31 January 2025. No rhythm is known;"
                " 1 customer counts as new."
            ),
        ),
        (
            sizes([0, 0, 0, 0, 1, 1, 0]),
            (
                "1 of 2 customers had lapsed by 31 January 2025, 50.0 %. No interval can be given; at most 10 % "
                "of customers like them come back within 182 days; 1 slipping (50.0 %), 0 active (0.0 %)."
            ),
        ),
    ],
)
def test_the_summary_of_thin_data_is_true(frame: pd.DataFrame, says: str) -> None:
    assert plain(stages.summary(frame, model.active(frame), **SUMMARY)) == says


def test_what_is_at_stake() -> None:
    told = stages.at_stake(ORDINARY, **STAKE)
    assert plain(told) == (
        "The 20 customers who are slipping brought 20.0 % of the revenue of the latest 365 days. 95 % interval "
        "18.0 % to 22.0 %; EUR 200.00; slipping: the chance to come back has fallen to 50 % of its highest or "
        "less."
    )
    assert (told.key, told.value, told.n, told.unit) == ("slipping_amount_share", 0.2, 20, "share")
    one = plain(stages.at_stake(sizes([1, 0, 0, 0, 1, 0, 0]), **STAKE))
    assert one.startswith(
        "The 1 customer who is slipping brought 50.0 % of the revenue of the latest 365 days. No interval can be given"
    )
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
    assert "There is nobody to show." in stages.bars(sizes([0] * 7), days=365, level=0.95).alt


def test_the_table_says_what_each_stage_means(shown: list[dict[str, Any]]) -> None:
    show(stages.meanings(ORDINARY, **RULE, days=365, currency="CNY"))
    text = shown[0]["text/plain"].replace("\u00a0", " ")
    rows = {line.split()[0]: " ".join(line.split()) for line in text.splitlines()[2:]}
    assert rows["repeat"] == "repeat bought on 2 to 3 days 5 5.0 % 5.0 % 50 20 40"
    slipping = "slipping chance to buy within 182 days at most 50 % of its highest 20 20.0 % 5.0 % 200 20 40"
    assert rows["slipping"] == slipping
    assert rows["lapsed"] == "lapsed and at most 10 % 60 60.0 % 5.0 % 600 20 40"
    assert rows["prospect"] == "prospect known, without an order 3 – – 0 – –"
    assert "revenue of the latest 365 days, CNY" in text
    show(
        stages.meanings(sizes([10, 5, 5, 0, 20, 60, 0]), **RULE | {"loyal_purchase_count": 3}, days=365, currency="CNY")
    )
    assert "bought on 2 days" in shown[1]["text/plain"]
    assert "prospect" not in shown[1]["text/plain"]


# ---- what came of those who were called so


def record(*rows: tuple[date, int, int, bool | None]) -> pd.DataFrame:
    """A frame as `models.stages.track_record` makes it: of each day the lapsed, all of whom had bought once."""
    made = []
    for on, count, back, is_kept in rows:
        share = back / count if count else NAN
        bounds = (share - 0.01, share + 0.01) if count >= 10 else (NAN, NAN)
        for group in ("active", "slipping", "lapsed"):
            for buyers in ("all", "once", "more"):
                of_any = group == "lapsed" and buyers != "more" and count
                values = (count, back, share, *bounds, 0.06) if of_any else (0, 0, NAN, NAN, NAN, NAN)
                made.append((on, group, buyers, *values, is_kept if of_any else None))
    names = ["on", "group", "buyers", "customer_count", "back_count", "back_share", "low", "high", "expected_share"]
    return pd.DataFrame(made, columns=[*names, "is_kept"]).astype({"is_kept": "boolean"})


THEN, BEFORE = date(2024, 8, 2), date(2024, 5, 3)


@pytest.mark.parametrize(
    ("frame", "value", "says"),
    [
        (
            record((BEFORE, 50, 4, True), (THEN, 100, 7, True)),
            0.07,
            (
                "Customers called lapsed earlier stayed away, as the word claims. 100 customers called lapsed "
                "on 2 August 2024: 7.0 % came back within 182 days (95 % interval 6.0 % to 8.0 %); 50 "
                "customers called lapsed on 3 May 2024: 8.0 % came back within 182 days (95 % interval 7.0 % to "
                "9.0 %); at most 10 % may."
            ),
        ),
        (
            record((BEFORE, 50, 40, False), (THEN, 100, 7, True)),
            0.07,
            (
                "More of the customers called lapsed earlier came back than the word claims. 100 customers "
                "called lapsed on 2 August 2024: 7.0 % came back within 182 days (95 % interval 6.0 % to 8.0 %); "
                "50 customers called lapsed on 3 May 2024: 80.0 % came back within 182 days (95 % interval "
                "79.0 % to 81.0 %); at most 10 % may."
            ),
        ),
        (
            record((BEFORE, 0, 0, None), (THEN, 4, 2, None)),
            0.5,
            (
                "Too few were called lapsed earlier to judge whether the lapsed stay away. 4 customers called "
                "lapsed on 2 August 2024: 50.0 % came back within 182 days (no interval can be given); at most 10"
                " % may."
            ),
        ),
        (
            record((BEFORE, 0, 0, None), (THEN, 0, 0, None)),
            None,
            "Nobody would have been called lapsed on 3 May 2024 and on 2 August 2024.",
        ),
        (
            record(),
            None,
            (
                "The data are too short to show what customers called lapsed did in the next 182 days; what lapsed means "
                "rests on the model alone."
            ),
        ),
    ],
)
def test_the_page_says_whether_the_claim_was_kept(frame: pd.DataFrame, value: float | None, says: str) -> None:
    told = stages.kept_word(frame, level=0.95, **CLAIM)
    assert plain(told) == says
    assert (told.key, told.value) == ("lapsed_comeback_share", value)


def test_the_record_is_a_table_of_those_who_were_there(shown: list[dict[str, Any]]) -> None:
    show(stages.record_table(record((BEFORE, 0, 0, None), (THEN, 100, 7, True)), level=0.95))
    lines = [" ".join(line.split()) for line in shown[0]["text/plain"].replace("\u00a0", " ").splitlines()]
    assert lines[0].startswith(
        "What customers did within the horizon after an earlier day, by what they would have been called on it"
    )
    assert lines[2:] == [
        "2 August 2024 lapsed 100 6.0 % 7.0 % 6.0 % 8.0 %",
        "2 August 2024 lapsed, bought once 100 6.0 % 7.0 % 6.0 % 8.0 %",
    ]


def test_cards_count_three_groups_of_buyers_today_and_on_earlier_days() -> None:
    earlier = pd.DataFrame(
        [
            (date(2024, 8, 1), "active", "all", 15),
            (date(2024, 8, 1), "lapsed", "all", 45),
            (date(2024, 8, 1), "lapsed", "once", 40),
            (date(2024, 11, 1), "lapsed", "all", 50),
        ],
        columns=["on", "group", "buyers", "customer_count"],
    )
    terms: dict[str, Any] = {"days": 365, "currency": "EUR", "level": 0.95}
    history = model.history(ORDINARY, earlier, as_of=DAY)
    assert history.loc[history["group"] == "active", "customer_share"].tolist() == [0.25, 0.2]
    made = stages.cards(history, ORDINARY, **terms).cards
    told = [tuple(text.replace("\u00a0", " ") for text in (card.label, card.value, card.change)) for card in made]
    assert told == [
        ("Active customers", "20 (20.0 %)", "15 on 1 August 2024"),
        ("Slipping customers", "20 (20.0 %)", ""),
        ("Lapsed customers", "60 (60.0 %)", "50 on 1 November 2024"),
        ("Brought by the slipping, 365 days", "EUR 200.00", "20.0 % of all revenue (95 % interval 18.0 % to 22.0 %)"),
    ]
    assert [card.past for card in made] == [(15, 20), (20,), (45, 50, 60), ()]
    nobody = sizes([0] * 7)
    assert stages.cards(model.history(nobody, earlier[:0], as_of=DAY), nobody, **terms).cards == ()
