"""R, F and M: worked examples, R's published figures, ties, and what must not change a segment."""

from __future__ import annotations

import csv
import math
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.errors import ParamsError
from helpers.features import rfm
from helpers.schemes.scheme import Scheme, built_in, built_in_names, chosen
from tests.features.buying_days import days_of

AS_OF = date(2024, 6, 30)
ALL = chosen(built_in_names())
MINE = Scheme.model_validate(
    {
        "title": "Own cuts",
        "axes": {"r": 30, "f": "mean", "m": [0.5]},
        "segments": [{"name": "best, <all> three", "cells": "111"}, {"name": "其他"}],
        "otherwise": "其他",
    }
)


@pytest.fixture
def measured_of(connection: Any):
    """Measures of customers from (days_since_last, order_count, value_amount) rows; nobody is dormant."""

    def make(rows: list[tuple[int, int, object]]) -> ibis.Table:
        days, counts, amounts = zip(*rows, strict=True) if rows else ((), (), ())
        table = pa.table(
            {
                "customer_id": pa.array([f"c{number:04d}" for number in range(len(rows))], pa.string()),
                "days_since_last": pa.array(days, pa.int64()),
                "order_count": pa.array(counts, pa.int64()),
                "value_amount": pa.array([Decimal(str(amount)) for amount in amounts], pa.decimal128(38, 4)),
                "is_dormant": pa.array([False] * len(rows), pa.bool_()),
            }
        )
        return connection.create_table(ibis.util.gen_name("measured"), table)

    return make


@pytest.fixture(scope="module")
def published(regulars_data: Any, make_orders: Any) -> ibis.Table:
    """The 995 customers of R's package rfm."""
    path = regulars_data / "reference" / "rfm_orders.csv"
    with path.open(encoding="utf-8") as file:
        rows = [(row["customer_id"], row["order_date"], row["revenue"]) for row in csv.DictReader(file)]
    measured = rfm.measures(days_of(make_orders(rows)), as_of=date(2006, 12, 31), window_days=None)
    return measured.mutate(is_dormant=ibis.literal(False))


def by_id(table: ibis.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.order_by("customer_id").to_pyarrow().to_pylist()]


def ends(cuts: pd.DataFrame, scheme: str, measure: str) -> list[float]:
    """The bounds between the bins of a measure, rising."""
    part = cuts[(cuts["scheme"] == scheme) & (cuts["measure"] == measure)]
    return sorted(part["to"].dropna())


def scores_of(measured: ibis.Table, column: str, **settings: Any) -> list[int]:
    cuts = rfm.thresholds(measured, schemes={}, **settings)
    return rfm.scored(measured, schemes={}, cuts=cuts).order_by("customer_id")[column].to_list()


def segments_of(measured: ibis.Table, scheme: Scheme) -> list[str]:
    cuts = rfm.thresholds(measured, schemes={"s": scheme})
    return rfm.scored(measured, schemes={"s": scheme}, cuts=cuts).order_by("customer_id").s.to_list()


# -- measures ---------------------------------------------------------------------------------------------------------

HISTORY = [
    ("ann", "2024-06-30T23:59:59", "0.01"),
    ("ann", "2024-06-01T00:00:00", "10.00"),
    ("ann", "2024-06-01T12:00:00", "5.50"),  # a second order on a day is an order
    ("ann", "2024-05-31T23:59:59", "20.00"),
    ("ann", "2024-07-01T00:00:00", "99.00"),  # after as_of
    ("bob", "2024-05-31T23:59:59", "7.00"),
    ("cyd", "2024-07-01T00:00:00", "99.00"),
]


def test_measures_of_all_orders(make_orders: Any) -> None:
    found = by_id(rfm.measures(days_of(make_orders(HISTORY)), as_of=AS_OF, window_days=None))
    assert found == [
        ("ann", 0, 4, Decimal("35.5100"), date(2024, 5, 31), date(2024, 6, 30)),
        ("bob", 30, 1, Decimal("7.0000"), date(2024, 5, 31), date(2024, 5, 31)),
    ]


def test_a_window_counts_frequency_and_value_and_loses_nobody(make_orders: Any) -> None:
    # the 30 days to 30 June begin on 1 June
    found = by_id(rfm.measures(days_of(make_orders(HISTORY)), as_of=AS_OF, window_days=30))
    assert found == [
        ("ann", 0, 3, Decimal("15.5100"), date(2024, 5, 31), date(2024, 6, 30)),
        ("bob", 30, 0, Decimal("0.0000"), date(2024, 5, 31), date(2024, 5, 31)),
    ]
    wider = by_id(rfm.measures(days_of(make_orders(HISTORY)), as_of=AS_OF, window_days=31))
    assert [row[2] for row in wider] == [4, 1]


# -- the figures of R's package rfm -----------------------------------------------------------------------------------


@pytest.mark.data
def test_the_published_thresholds_of_r(published: ibis.Table) -> None:
    cuts = rfm.thresholds(published, schemes={}, bins="quantile_r")
    assert ends(cuts, "scores", "days_since_last") == [115, 181, 297.4, 482]
    assert ends(cuts, "scores", "order_count") == [4, 5, 6, 8]
    assert ends(cuts, "scores", "value_amount") == [255.8, 382, 506.4, 666]


@pytest.mark.data
def test_the_published_segments_of_r(published: ibis.Table) -> None:
    cuts = rfm.thresholds(published, schemes=ALL, bins="quantile_r")
    sizes = rfm.segment_sizes(rfm.scored(published, schemes=ALL, cuts=cuts), schemes=ALL)
    counts = {
        scheme: dict(zip(part["segment"], part["customer_count"], strict=True))
        for scheme, part in sizes.groupby("scheme")
    }
    assert counts["r_rfm_02"] == {
        "Champions": 158, "Loyal Customers": 278, "Potential Loyalist": 229, "New Customers": 0, "Promising": 0,
        "Need Attention": 35, "About To Sleep": 50, "At Risk": 86, "Can't Lose Them": 0, "Lost": 111, "Others": 48,
    }  # fmt: skip
    assert counts["eleven_segments"] == {
        "Champions": 139, "Loyal": 98, "Potential Loyalist": 104, "New Customers": 99, "Promising": 55,
        "Need Attention": 53, "About To Sleep": 30, "At Risk": 137, "Cannot Lose Them": 22, "Hibernating": 147, "Lost": 111,
    }  # fmt: skip
    best = sizes[(sizes["scheme"] == "r_rfm_02") & (sizes["segment"] == "Champions")].iloc[0]
    assert (best["order_count"], best["revenue_amount"]) == (1234, 120178.0)


# -- thresholds and scores --------------------------------------------------------------------------------------------


def test_quantiles_of_a_worked_example(measured_of: Any) -> None:
    # eleven customers: type 7 quantiles at 20, 40, 60, 80 % are the third, fifth, seventh and ninth value
    measured = measured_of([(10 * at, at, f"{at}.5") for at in range(11)])
    cuts = rfm.thresholds(measured, schemes={})
    assert cuts[cuts["measure"] == "order_count"].drop(columns=["scheme", "measure"]).fillna(-1).to_numpy().tolist() == [
        [1, -1, 3, "orders"], [2, 3, 5, "orders"], [3, 5, 7, "orders"], [4, 7, 9, "orders"], [5, 9, -1, "orders"],
    ]  # fmt: skip
    assert ends(cuts, "scores", "value_amount") == [2.5001, 4.5001, 6.5001, 8.5001]
    days = cuts[cuts["measure"] == "days_since_last"]
    assert days[["score", "from", "to"]].fillna(-1).to_numpy().tolist() == [
        [1, 81, -1], [2, 61, 81], [3, 41, 61], [4, 21, 41], [5, -1, 21],
    ]  # fmt: skip
    assert scores_of(measured, "f_score") == [1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert scores_of(measured, "m_score") == [1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert scores_of(measured, "r_score") == [5, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1], "few days are a high score"


@pytest.mark.parametrize("seed", range(4))
def test_a_score_is_one_more_than_the_quantiles_below_the_value(measured_of: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    days, counts = rng.integers(0, 30, 97), rng.geometric(0.6, 97)
    cents = rng.integers(0, 500, 97)
    measured = measured_of([(int(d), int(f), f"{c / 100:.2f}") for d, f, c in zip(days, counts, cents, strict=True)])
    for column, values, sign in (("r_score", days, -1), ("f_score", counts, 1), ("m_score", cents, 1)):
        quantiles = np.quantile(values, [0.2, 0.4, 0.6, 0.8], method="linear")
        # cents are whole, so that numpy's quantiles of them are good enough to compare with
        below = (quantiles[:, None] < values - 1e-9).sum(axis=0)
        assert scores_of(measured, column) == list(1 + below if sign > 0 else 5 - below)


def test_equal_customers_have_equal_scores_where_seven_in_ten_bought_once(measured_of: Any) -> None:
    counts = [1] * 70 + [2] * 15 + [3] * 10 + [9] * 5
    measured = measured_of([(5, count, 10 * count) for count in counts])
    found = scores_of(measured, "f_score")
    # 20, 40 and 60 % are 1, 80 % is 2: once is a score of 1, twice of 4, more of 5; nobody has 2 or 3
    assert found == [1] * 70 + [4] * 15 + [5] * 15
    sizes = rfm.score_sizes(rfm.scored(measured, schemes={}, cuts=rfm.thresholds(measured, schemes={})))
    frequency = sizes[sizes["measure"] == "order_count"]
    assert list(zip(frequency["score"], frequency["customer_count"], strict=True)) == [
        (1, 70),
        (2, 0),
        (3, 0),
        (4, 15),
        (5, 15),
    ]


@pytest.mark.parametrize("bins", ["quantile", "quantile_r", "log"])
def test_ties_are_never_split_on_cdnow(cdnow: ibis.Table, bins: str) -> None:
    measured = rfm.measures(days_of(cdnow), as_of=date(1998, 6, 30), window_days=None)
    found = rfm.scored(measured, schemes={}, cuts=rfm.thresholds(measured, schemes={}, bins=bins)).to_pandas()
    assert len(found) == 23570
    for measure, score in rfm.SCORE_COLUMNS.items():
        assert found.groupby(measure)[score].nunique().max() == 1
        rising = found.groupby(measure)[score].first().sort_index()
        assert rising.is_monotonic_decreasing if score == "r_score" else rising.is_monotonic_increasing


def test_cdnow_in_numbers(cdnow: ibis.Table) -> None:
    """Half of these customers ordered once: F has no score of 2, and the 40 % quantile parts nobody."""
    measured = rfm.measures(days_of(cdnow), as_of=date(1998, 6, 30), window_days=None).cache()
    scheme = {"eleven_segments": built_in("eleven_segments")}
    found = rfm.scored(measured, schemes=scheme, cuts=rfm.thresholds(measured, schemes=scheme))
    counts = rfm.score_sizes(found).set_index(["measure", "score"])["customer_count"]
    once = int(measured.filter(measured.order_count == 1).count().execute())
    assert counts["order_count", 1] == once == 11_908
    assert counts["order_count", 2] == 0
    sizes = rfm.segment_sizes(found, schemes=scheme)
    assert sizes["customer_count"].sum() == 23_570
    assert sizes["order_count"].sum() == 69_659
    assert sizes["revenue_amount"].sum() == pytest.approx(2_500_315.63, abs=0.005)


def test_logarithmic_bins_end_on_whole_numbers_and_zeros_are_the_smallest(measured_of: Any) -> None:
    # from 1 to 32 in five steps: 2, 4, 8, 16
    measured = measured_of([(value, value, value) for value in (0, 1, 2, 3, 4, 8, 16, 32)])
    cuts = rfm.thresholds(measured, schemes={}, bins="log")
    for measure in rfm.GRAIN:
        assert ends(cuts, "scores", measure) == [2, 4, 8, 16]
    assert scores_of(measured, "f_score", bins="log") == [1, 1, 2, 2, 3, 4, 5, 5]
    assert scores_of(measured, "r_score", bins="log") == [5, 5, 4, 4, 3, 2, 1, 1]


def test_custom_cuts_take_the_place_of_the_bins(measured_of: Any) -> None:
    measured = measured_of([(value, value, value) for value in (0, 1, 2, 3, 4, 5, 6)])
    own = {"order_count": (1, 2, 3, 5), "days_since_last": (1, 2, 3, 5), "value_amount": (0.5, 2.5, 4, 6)}
    assert scores_of(measured, "f_score", bins="custom", cuts=own) == [1, 2, 3, 4, 4, 5, 5]
    assert scores_of(measured, "r_score", bins="custom", cuts=own) == [5, 4, 3, 2, 2, 1, 1]
    assert scores_of(measured, "m_score", bins="custom", cuts=own) == [1, 2, 2, 3, 4, 4, 5]
    one = {"order_count": own["order_count"]}
    assert scores_of(measured, "f_score", cuts=one) == scores_of(measured, "f_score", bins="custom", cuts=own)
    assert scores_of(measured, "m_score", cuts=one) == scores_of(measured, "m_score")


def test_bins_that_are_not_whole_are_refused_at_once(measured_of: Any) -> None:
    measured = measured_of([(1, 1, 1)])
    with pytest.raises(ParamsError) as caught:
        rfm.thresholds(measured, schemes={}, bins="custom", cuts={"order_count": (1, 2, 2, 3), "recency": (1, 2, 3, 4)})
    assert str(caught.value).splitlines() == [
        "the bins of the scores must be stated whole; 4 problems.",
        "- `rfm_cuts`: 'recency' is no measure; there are days_since_last, order_count, value_amount",
        "- `rfm_cuts.days_since_last` is missing: custom bins need four numbers",
        "- `rfm_cuts.value_amount` is missing: custom bins need four numbers",
        "- `rfm_cuts.order_count` must be four rising numbers, found [1, 2, 2, 3]",
    ]
    with pytest.raises(ParamsError, match="`rfm_bins` must be one of quantile, quantile_r, log, custom; found 'ranks'"):
        rfm.thresholds(measured, schemes={}, bins="ranks")


def test_a_bound_is_never_written_as_less_than_it_is(measured_of: Any) -> None:
    # above 2**53 ten-thousandths a float cannot hold every amount: those on a quantile must stay below the bound
    amount = Decimal("50000000000000.0031")
    measured = measured_of([(1, 1, amount)] * 9 + [(1, 1, amount + 1)])
    assert scores_of(measured, "m_score") == [1] * 9 + [5]


# -- the schemes' own cuts --------------------------------------------------------------------------------------------


def level_of(measured: ibis.Table, axes: dict[str, Any]) -> list[str]:
    """The level of one axis, as the name of a segment."""
    (axis,) = axes
    levels = Scheme.model_validate(
        {"title": "one", "axes": axes, "is_ordered": True, "otherwise": "rest", "segments": [{"name": "0", "where": {axis: 0}}, {"name": "1", "where": {axis: 1}}, {"name": "rest"}]}
    )  # fmt: skip
    return segments_of(measured, levels)


def test_a_median_cut_holds_those_on_it_to_be_high(measured_of: Any) -> None:
    measured = measured_of([(value, value, value) for value in (1, 2, 3, 4, 5)])
    assert level_of(measured, {"f": "median"}) == ["0", "0", "1", "1", "1"]
    assert level_of(measured, {"m": "median"}) == ["0", "0", "1", "1", "1"]
    assert level_of(measured, {"r": "median"}) == ["1", "1", "1", "0", "0"]


def test_a_median_moves_to_the_next_better_value_where_nobody_is_below(measured_of: Any) -> None:
    measured = measured_of([(90, 1, 0)] * 7 + [(60, 2, 10), (60, 2, 10), (5, 9, 99)])
    assert level_of(measured, {"f": "median"}) == ["0"] * 7 + ["1"] * 3
    assert level_of(measured, {"m": "median"}) == ["0"] * 7 + ["1"] * 3
    assert level_of(measured, {"r": "median"}) == ["0"] * 7 + ["1"] * 3
    cuts = rfm.thresholds(measured, schemes={"eight_types": built_in("eight_types")})
    assert ends(cuts, "eight_types", "order_count") == [2]
    assert ends(cuts, "eight_types", "days_since_last") == [61]
    assert ends(cuts, "eight_types", "value_amount") == [10]


def test_a_median_moves_to_the_very_next_value(measured_of: Any) -> None:
    measured = measured_of([(90, 1, 0)] * 90 + [(90 - at, 1 + at, at) for at in range(1, 11)])
    cuts = rfm.thresholds(measured, schemes={"eight_types": built_in("eight_types")})
    assert ends(cuts, "eight_types", "order_count") == [2]
    assert ends(cuts, "eight_types", "days_since_last") == [90]
    assert ends(cuts, "eight_types", "value_amount") == [1]


def test_cuts_by_mean_number_and_quantiles(measured_of: Any) -> None:
    measured = measured_of([(value, value, value) for value in (1, 2, 3, 4, 10)])
    assert level_of(measured, {"f": "mean"}) == ["0", "0", "0", "1", "1"], "the mean is 4, and 4 is on it"
    assert level_of(measured, {"m": 3.5}) == ["0", "0", "0", "1", "1"]
    assert level_of(measured, {"r": 3}) == ["1", "1", "1", "0", "0"], "at most 3 days"
    # 30 % is 2.2 and 80 % is 5.2
    assert level_of(measured, {"m": [0.3, 0.8]}) == ["0", "0", "1", "1", "rest"]
    assert level_of(measured, {"r": [0.3, 0.8]}) == ["rest", "rest", "1", "1", "0"]


def test_the_four_tiers_of_a_worked_example(measured_of: Any, connection: Any) -> None:
    rows = [(100 - at, 10 + at, at) for at in range(8)] + [(1, 1, 8), (1, 20, 9)]
    measured = measured_of(rows)
    dormant = measured.mutate(is_dormant=measured.customer_id.isin(["c0000", "c0001", "c0005"]))
    # value up to 2.7 is the lowest three tenths, above 7.2 the top fifth; c0008 bought yesterday, once
    expected = ["低价值客户"] * 2 + ["普通客户"] * 6 + ["高价值客户"] * 2
    assert segments_of(dormant, built_in("four_tiers")) == expected
    smaller = measured_of([*rows, (1, 1, 3)]).mutate(is_dormant=ibis.literal(False))
    assert segments_of(smaller, built_in("four_tiers"))[-1] == "潜力客户"


def test_a_scheme_that_asks_for_dormancy_needs_the_column(measured_of: Any) -> None:
    measured = measured_of([(1, 1, 1)])
    with pytest.raises(ValueError, match="must have the column is_dormant, which scheme 's' asks for"):
        segments_of(measured.drop("is_dormant"), built_in("four_tiers"))


def test_a_scheme_of_ones_own_scores_and_sums(measured_of: Any) -> None:
    measured = measured_of([(30, 5, 9), (31, 5, 9), (1, 1, 1)])
    schemes = {"我的": MINE}
    found = rfm.scored(measured, schemes=schemes, cuts=rfm.thresholds(measured, schemes=schemes))
    assert rfm.segment_sizes(found, schemes=schemes).to_dict("records") == [
        {"scheme": "我的", "segment": "best, <all> three", "customer_count": 0, "customer_share": 0.0, "order_count": 0, "revenue_amount": 0.0, "revenue_share": 0.0},
        {"scheme": "我的", "segment": "其他", "customer_count": 3, "customer_share": 1.0, "order_count": 11, "revenue_amount": 19.0, "revenue_share": 1.0},
    ]  # fmt: skip


def test_cuts_of_other_schemes_are_refused(measured_of: Any) -> None:
    measured = measured_of([(1, 1, 1)])
    with pytest.raises(ValueError, match="`cuts` must hold the bins of days_since_last for 'eight_types'"):
        rfm.scored(measured, schemes=ALL, cuts=rfm.thresholds(measured, schemes={}))


# -- invariants -------------------------------------------------------------------------------------------------------


def segmented(orders: ibis.Table, *, as_of: date = AS_OF, cuts: pd.DataFrame | None = None) -> pd.DataFrame:
    measured = rfm.measures(days_of(orders), as_of=as_of, window_days=365).mutate(is_dormant=ibis.literal(False))
    cuts = rfm.thresholds(measured, schemes=ALL) if cuts is None else cuts
    found = rfm.scored(measured, schemes=ALL, cuts=cuts).order_by("customer_id").to_pandas()
    return found[["customer_id", *rfm.SCORE_COLUMNS.values(), *ALL]]


def test_order_of_rows_future_rows_and_the_currency_change_no_segment(make_orders: Any, random_rows: Any) -> None:
    rows = random_rows(seed=3, count=400)
    expected = segmented(make_orders(rows))
    assert expected["f_score"].nunique() > 3
    np.random.default_rng(1).shuffle(shuffled := list(rows))
    pd.testing.assert_frame_equal(segmented(make_orders(shuffled)), expected)
    future = [*rows, ("c001", "2024-07-01T00:00:00", "9999"), ("new", "2024-07-01T00:00:00", "1")]
    pd.testing.assert_frame_equal(segmented(make_orders(future)), expected)
    dearer = [(who, at, str(100 * Decimal(amount))) for who, at, amount in rows]
    pd.testing.assert_frame_equal(segmented(make_orders(dearer)), expected)


def test_every_scheme_has_every_customer_once(make_orders: Any, random_rows: Any) -> None:
    orders = make_orders(random_rows(seed=5, count=300))
    measured = rfm.measures(days_of(orders), as_of=AS_OF, window_days=100).mutate(is_dormant=ibis.literal(True))
    found = rfm.scored(measured, schemes=ALL, cuts=rfm.thresholds(measured, schemes=ALL))
    sizes = rfm.segment_sizes(found, schemes=ALL)
    totals = sizes.groupby("scheme")[
        ["customer_count", "order_count", "revenue_amount", "customer_share", "revenue_share"]
    ].sum()
    base = measured.aggregate(
        n=measured.count(), f=measured.order_count.sum(), m=measured.value_amount.sum().cast("float64")
    ).execute()
    assert set(totals["customer_count"]) == {base["n"][0]}
    assert set(totals["order_count"]) == {base["f"][0]}
    assert np.allclose(totals["revenue_amount"], base["m"][0], rtol=1e-15)
    assert np.allclose(totals[["customer_share", "revenue_share"]], 1)
    assert [(name, list(part["segment"])) for name, part in sizes.groupby("scheme", sort=False)] == [
        (name, scheme.names) for name, scheme in ALL.items()
    ]
    grid = rfm.score_grid(found).to_pandas()
    assert grid["customer_count"].sum() == base["n"][0]
    assert np.allclose(grid["mean_amount"] * grid["customer_count"], grid["value_amount"].astype(float))


def test_thresholds_of_one_day_score_another(make_orders: Any, random_rows: Any) -> None:
    """A customer who did nothing between two days moves by time alone, not by what others did."""
    orders = make_orders(random_rows(seed=7, count=400))
    measured = rfm.measures(days_of(orders), as_of=AS_OF, window_days=365).mutate(is_dormant=ibis.literal(False))
    cuts = rfm.thresholds(measured, schemes=ALL)
    earlier = AS_OF - timedelta(days=91)
    before = segmented(orders, as_of=earlier, cuts=cuts).set_index("customer_id")
    of_then = rfm.measures(days_of(orders), as_of=earlier, window_days=365).to_pandas().set_index("customer_id")
    last_bound = ends(cuts, "scores", "days_since_last")[-1]
    assert set(before.index[before["r_score"] == 1]) == set(of_then.index[of_then["days_since_last"] >= last_bound])


@pytest.mark.parametrize("bins", ["quantile", "quantile_r", "log"])
def test_all_equal_one_alone_or_worth_nothing(measured_of: Any, bins: str) -> None:
    for rows in ([(3, 1, 5)] * 4, [(0, 1, 0)], [(0, 0, 0)] * 3):
        measured = measured_of(rows)
        found = rfm.scored(measured, schemes=ALL, cuts=rfm.thresholds(measured, schemes=ALL, bins=bins))
        assert set(found.to_pandas()[["r_score", "f_score", "m_score"]].itertuples(index=False, name=None)) == {
            (5, 1, 1)
        }
        sizes = rfm.segment_sizes(found, schemes=ALL)
        assert sizes.groupby("scheme")["customer_count"].sum().tolist() == [len(rows)] * len(ALL)
        assert sizes["revenue_share"].isna().all() == (rows[0][2] == 0), "a share of nothing is missing, not zero"


def test_nobody_at_all(measured_of: Any) -> None:
    measured = measured_of([])
    cuts = rfm.thresholds(measured, schemes=ALL)
    found = rfm.scored(measured, schemes=ALL, cuts=cuts)
    assert found.count().execute() == 0
    sizes = rfm.segment_sizes(found, schemes=ALL)
    assert sizes["customer_count"].eq(0).all()
    assert math.isnan(sizes["customer_share"][0])


def test_measured_is_run_once(measured_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thresholds of every scheme take one query, and a frame of few rows leaves the engine."""
    measured = measured_of([(at % 90, at % 7, f"{at}.25") for at in range(2000)])
    fetched: list[int] = []
    original = ibis.Table.to_pandas

    def counted(self: ibis.Table, **kwargs: Any) -> pd.DataFrame:
        frame = original(self, **kwargs)
        fetched.append(len(frame))
        return frame

    monkeypatch.setattr(ibis.Table, "to_pandas", counted)
    rfm.thresholds(measured, schemes=ALL)
    assert len(fetched) == 1
    assert fetched[0] < 60
