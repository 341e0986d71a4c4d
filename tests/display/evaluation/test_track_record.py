"""The track record of a model in words and in a table."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.display.evaluation import track_record
from helpers.models.evaluation import rolling_origins
from helpers.models.evaluation.coming_orders import Comeback, ComingOrders
from helpers.models.evaluation.next_order_days import NextOrderDays
from helpers.models.evaluation.rolling_origins import PURCHASES, Origins, PastError
from helpers.models.forecast import season_clock
from helpers.models.statistics.intervals import Estimate

DAYS = (date(2024, 1, 7), date(2024, 4, 7))
ORIGINS = Origins(26.0, 13, DAYS)


def record(*came: float) -> pd.DataFrame:
    """Totals of 1,000 purchases and 5,000 of money that were made on two days, and what came."""
    rows = [
        {
            "made_on": pd.Timestamp(day), "weeks": 13.0, "n": 40, "expected_purchase_count": 1_000.0,
            "actual_purchase_count": one, "expected_amount": 5_000.0, "actual_amount": 5 * one, "purchase_error": 0.02,
            "amount_error": 0.02, "latest_log_ratio": 0.0,
        }
        for day, one in zip(DAYS, came, strict=True)
    ]  # fmt: skip
    return rolling_origins.track(rows)


def plain(text: str) -> str:
    """With spaces that a line may break at."""
    return text.replace("\xa0", " ")


def test_the_sentence_says_how_far_off_earlier_totals_were() -> None:
    found = record(1_250.0, 970.0)
    error = rolling_origins.pooled(found, origins=ORIGINS, measure=PURCHASES)
    told = track_record.summary(rolling_origins.misses(found), error=error, title="BG/NBD")
    assert plain(told.sentence) == (
        "Totals made on 2 earlier days were off by 3 % to 20 %. Of BG/NBD, for the 13 weeks that followed; 1 too "
        "low, 1 too high; the intervals of totals below include that."
    )
    assert told.value == pytest.approx(0.2, abs=0.001), "1,000 where 1,250 came is a fifth too low"


def test_short_data_say_that_the_interval_assumes_the_model() -> None:
    empty = rolling_origins.track([])
    error = rolling_origins.pooled(empty, origins=Origins(26.0, 0, ()), measure=PURCHASES)
    told = track_record.summary(None, error=error, title="BG/NBD")
    assert told.sentence.endswith("the intervals below assume that the model is right.")
    assert told.value is None


TOTAL = "Over the next 12 months 800 purchases are to be expected. 90 % interval 500 to 1,300; of 40 customers"
CORRECTED = ". 880 after a correction of +10.0 % for what was missing each time"


def test_days_for_the_next_order_say_what_earlier_ones_kept() -> None:
    days = NextOrderDays(ORIGINS, 2, 0.442, 0.503, 0.516, 0.41312, 0.58688)
    found = track_record.next_orders(days, level=0.95)
    assert plain(found.sentence) == (
        "Between 41 % and 59 % of customers will have bought by the day named for their next order. 95 % interval; only "
        "whoever is likelier than not to buy has a day, that they may have left counted in. Half should. By days named "
        "on 2 earlier days 44.2 % to 50.3 % did. Each day is that on which the model gives 51.6 %, for what earlier days "
        "showed."
    )
    assert (found.value, found.low, found.high, found.n) == (0.5, 0.41312, 0.58688, 2)
    own = NextOrderDays(ORIGINS, 1, 0.49, 0.49, 0.5, 0.35, 0.65)
    told = plain(track_record.next_orders(own, level=0.95).evidence)
    assert told.endswith("Half should. By days named on 1 earlier day 49.0 % did.")


def comeback(past: str, *, n: int, is_known: bool = True) -> Comeback:
    record = pd.DataFrame({"expected_share": [0.06, 0.071], "actual_share": [0.09, 0.11]})
    bounds = (0.05, 0.14) if is_known else (np.nan, np.nan)
    return Comeback(past, Estimate(0.087, *bounds, n), 0.064, record if is_known else record.head(0))


def test_who_bought_once_is_told_apart_and_the_model_corrected() -> None:
    pasts = (comeback("once", n=12_054), comeback("repeatedly", n=9))
    orders = ComingOrders(pd.DataFrame(), NextOrderDays(ORIGINS), pasts)
    terms = {"title": "Pareto/NBD", "months": 12, "level": 0.95}
    once, repeatedly, days = track_record.orders_ahead(orders, **terms, smallest_cell=10)
    assert plain(once.sentence) == (
        "Of customers who have bought once, 8.7 % are expected to buy within 12 months. 95 % interval 5.0 % to 14.0 %; "
        "of 12,054 customers; Pareto/NBD alone expects 6.4 %. On 2 earlier days it expected 6.0 % to 7.1 % within 13 "
        "weeks, and 9.0 % to 11.0 % came."
    )
    assert (once.key, once.value, once.low, once.n) == ("clv_comeback_once", 0.087, 0.05, 12_054)
    assert repeatedly.value is None
    assert "too few customers" in repeatedly.evidence
    assert days.key == "clv_next_orders"
    unknown = track_record.comeback(comeback("once", n=40, is_known=False), weeks=0, **terms)
    assert plain(unknown.evidence) == "Of 40 customers, if Pareto/NBD is right."


def test_where_no_earlier_day_tells_of_next_orders_the_page_says_so() -> None:
    found = track_record.next_orders(NextOrderDays(ORIGINS), level=0.95)
    assert found.claim == "How many buy by the day named for their next order is unknown."
    assert found.value is None


@pytest.mark.parametrize(
    ("shift", "drift", "told"),
    [
        (0.0, 0.0, f"{TOTAL}."),
        (np.log(1.1), 0.0, f"{TOTAL}{CORRECTED}."),
        (np.log(1.1) - 0.001, 0.001, f"{TOTAL}{CORRECTED}."),
        (0.0, np.log(1.1), f"{TOTAL}{CORRECTED} and of late."),
    ],
)
def test_the_corrected_total_stands_beside_that_of_the_model(shift: float, drift: float, told: str) -> None:
    error = PastError(PURCHASES, shift, 0.2, 3.0, ORIGINS, drift)
    total = Estimate(800.0, 500.0, 1_300.0, 40)
    found = track_record.purchases_ahead(total, error=error, months=12, weeks=13.0, level=0.9)
    assert plain(found.sentence) == told
    assert (found.value, found.low, found.high) == (800.0, 500.0, 1_300.0)


def test_the_table_has_a_row_for_each_day() -> None:
    cells = track_record.table(record(1_250.0, 970.0)).cells
    assert cells["made on"].tolist() == ["7 January 2024", "7 April 2024"]
    assert [plain(cell) for cell in cells["off"]] == ["−20.0 %", "+3.1 %"]
    assert [plain(cell) for cell in cells["revenue off"]] == ["−20.0 %", "+3.1 %"]


def test_the_sentence_on_the_clock_says_how_far_weeks_differ() -> None:
    stated = season_clock.stated([0.5] * 6 + [1.5] * 6, origin=date(2023, 1, 1), as_of=date(2023, 12, 31))
    found = track_record.season(stated)
    assert found.sentence == (
        "The models' clock runs with the season that is stated: a week counts as 0.50 to 1.50 weeks."
    )
    assert found.value == 1.5
    assert track_record.season(season_clock.steady(date(2023, 1, 1))).sentence.startswith("The models know no season")
