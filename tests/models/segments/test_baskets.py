"""What goes together: published counts, planted pairs first, and silence about baskets that are merely large."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import combinations, permutations
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy.stats import hypergeom

from helpers.features import basket_items as features
from helpers.features.frames import fetch
from helpers.models.segments import baskets
from helpers.models.segments.baskets import Pairs, discovered, pairs, rules
from helpers.simulation import catalogue
from helpers.simulation.buying_process import orders_block
from helpers.simulation.catalogue import affinities, products
from helpers.simulation.population import population
from helpers.simulation.sales_settings import Catalogue
from helpers.simulation.settings import Company

AS_OF = date(2024, 12, 31)
LEVEL = 0.95
Flags = NDArray[np.bool_]


def order_lines(items: Iterable[Iterable[str]], customers: Iterable[str]) -> pa.Table:
    rows = [
        (who, f"o{order}", item)
        for order, (held, who) in enumerate(zip(items, customers, strict=True))
        for item in held
    ]
    who, order, item = zip(*rows, strict=True)
    moment = pa.array([datetime(2024, 1, 1)] * len(rows), pa.timestamp("us"))
    return pa.table({"order_id": order, "customer_id": who, "ordered_at": moment, "product_id": item})


def counted(lines: pa.Table, **limits: int) -> dict[str, pd.DataFrame]:
    table = ibis.duckdb.connect().create_table("lines", lines)
    held = features.lines(table, as_of=AS_OF, by="product_id").cache()
    return {name: fetch(part) for name, part in features.counts(held, **limits).items()}


def judged(items: Iterable[Iterable[str]], customers: Iterable[str] | None = None, **limits: int) -> Pairs:
    held = list(items)
    who = [f"c{order}" for order in range(len(held))] if customers is None else customers
    return pairs(counted(order_lines(held, who), **limits), level=LEVEL)


def simulated(
    seed: int, *, sigma: float, taste: float = 0.0, again: float = 0.0, customers: int = 500, planted: int = 0
) -> tuple[pa.Table, Flags]:
    """Orders of items that enter independently, given how large the basket is to be (log-normal) and who buys.

    `taste` spreads each customer's own liking of each item, `again` is the share of orders that repeat the customer's
    last basket as a whole; item 2p + 4 and 2p + 5 are joined by planting.
    """
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, 41) ** 0.8
    order_counts = 1 + rng.geometric(0.1, customers)
    who = np.repeat(np.arange(customers), order_counts)
    liking = np.exp(rng.normal(0, taste, (customers, 40)) - taste**2 / 2)
    size = np.exp(rng.normal(0, sigma, len(who)) - sigma**2 / 2)
    held = rng.random((len(who), 40)) < 1 - np.exp(-2.0 * share / share.sum() * liking[who] * size[:, None])
    for pair in range(planted):
        one, other = 2 * pair + 4, 2 * pair + 5
        held[np.ix_(rng.random(len(who)) < 4 * held[:, one].mean() * held[:, other].mean(), [one, other])] = True
    for order in range(1, len(who)):
        if who[order] == who[order - 1] and rng.random() < again:
            held[order] = held[order - 1]
    names = np.array([f"i{item:02d}" for item in range(40)])
    return order_lines([names[one] for one in held], [f"c{one}" for one in who]), held


@pytest.fixture(scope="module")
def companies() -> list[tuple[Pairs, pa.Table]]:
    """The pairs of six demo companies."""
    made = []
    for seed in range(6):
        company = Company(seed=seed, customer_count=4_000)
        people = population(company, block=0)
        orders = orders_block(company, people)
        lines = catalogue.generate(company, people, orders, block=0)[0]["order_items"]
        made.append((pairs(counted(lines), level=LEVEL), lines))
    return made


def keys(frame: pd.DataFrame) -> list[frozenset[str]]:
    return [frozenset(pair) for pair in frame[["first", "second"]].itertuples(index=False, name=None)]


def truth() -> pd.DataFrame:
    planted = affinities(Catalogue())
    return planted.assign(key=[frozenset(pair) for pair in zip(planted["first_id"], planted["second_id"], strict=True)])


def test_tea_and_coffee() -> None:
    """Tan, Steinbach and Kumar (2006), Introduction to Data Mining, table 6.8: confidence 75 %, lift 0.9375."""
    held = [["coffee", "tea"]] * 150 + [["tea"]] * 50 + [["coffee"]] * 650 + [["milk"]] * 150
    result = judged(held)
    both = rules(result.frame, order_count=result.order_count).set_index(["antecedent", "consequent"])
    tea = both.loc[("tea", "coffee")]
    assert (tea["support"], tea["confidence"], tea["lift"], tea["count"]) == (0.15, 0.75, 0.9375, 150)
    assert both.loc[("coffee", "tea"), "confidence"] == 150 / 800
    assert not len(discovered(result, false_discovery_share=0.05)), "tea drinkers buy less coffee, not more"


def test_benjamini_and_hochberg_s_own_example() -> None:
    """Benjamini and Hochberg (1995), section 3.2: of fifteen, the four smallest at 5 %; values as R's p.adjust."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip
    q = baskets._q_values(np.array(p), 15)
    np.testing.assert_allclose(q[:5], [0.0015, 0.0030, 0.0095, 0.035625, 0.0603], rtol=1e-12)
    assert (q <= 0.05).sum() == 4
    backwards = baskets._q_values(np.array(p[::-1]), 15)
    np.testing.assert_array_equal(backwards[::-1], q)
    np.testing.assert_allclose(baskets._q_values(np.array([0.001]), 10), [0.01])


def test_false_discovery_counts_the_pairs_without_a_row_as_tested() -> None:
    """To the digit the step-up rule by hand: p times tests over its rank, the smallest from there upwards, 1 at most."""
    p = np.round(np.random.default_rng(3).beta(0.3, 2.0, 400), 3)  # rounded: many are equal
    order = np.argsort(p, kind="stable")
    raised = np.minimum.accumulate((p[order] * 5_000 / np.arange(1, 401))[::-1])[::-1]
    wanted = np.empty(400)
    wanted[order] = np.minimum(raised, 1.0)
    np.testing.assert_allclose(baskets._q_values(p, 5_000), wanted, rtol=1e-14)


def test_garwood_s_interval() -> None:
    """Ten events: 4.795 to 18.390 at 95 % (Garwood 1936, table)."""
    low, high = baskets._bounds(np.array([10.0]), 0.95)
    np.testing.assert_allclose([10 * low[0], 10 * high[0]], [4.795, 18.390], atol=5e-4)


def test_the_expectation_is_that_of_baskets_with_as_many_other_items() -> None:
    """Against the definition, basket by basket: mean and variance of a hypergeometric count in each stratum."""
    rng = np.random.default_rng(8)
    names = np.array(list("abcdef"))
    held = [one for one in (names[rng.random(6) < share] for share in rng.uniform(0.1, 0.9, 200)) if len(one)]
    sets = [set(one) for one in held]

    def by_hand(first: str, second: str) -> tuple[float, float]:
        strata = [[one for one in sets if len(one - {second}) == others] for others in range(1, 6)]
        counts = [
            hypergeom(len(inside), sum(first in one for one in inside), sum(second in one for one in inside))
            for inside in strata
            if len(inside) > 1
        ]
        with np.errstate(divide="ignore"):  # SciPy works out a kurtosis too, which two baskets have not
            return sum(one.mean() for one in counts), sum(one.var() for one in counts)

    counts = counted(order_lines(held, [f"c{order}" for order in range(len(held))]), smallest_count=1)
    mean, variance = baskets._given_size(counts, pd.Series(range(6), index=names))
    for row, column in permutations(range(6), 2):
        expected = by_hand(names[row], names[column])
        np.testing.assert_allclose((mean[row, column], variance[row, column]), expected, rtol=1e-9)
    ways = np.array([mean, mean.T, [[1.0 * a * b for b in counts_of(sets, names)] for a in counts_of(sets, names)]])
    ways[2] /= len(sets)
    for pair in pairs(counts, level=LEVEL).frame.to_dict("records"):
        cell = ways[:, list(names).index(pair["first"]), list(names).index(pair["second"])]
        assert pair["expected_count"] == pytest.approx(max(cell))
        assert pair["count"] == sum({pair["first"], pair["second"]} <= one for one in sets)


def counts_of(sets: list[set[str]], names: NDArray[np.str_]) -> list[int]:
    return [sum(name in one for one in sets) for name in names]


def test_planted_pairs_rank_first_and_independent_ones_stay_below_the_nominal_rate(companies: Any) -> None:
    planted = truth().query("lift > 1")
    goods = products(Catalogue()).set_index("product_id")
    proportions = []
    for result, _ in companies:
        shown = discovered(result, false_discovery_share=0.05)
        assert set(planted["key"]) <= set(keys(shown))
        # main products are chosen by the money that extras leave, so pairs with one are not independent
        extras = [key for key in keys(shown) if goods.loc[list(key), "is_extra"].all()]
        strong = set(planted.query("lift > 3")["key"])
        assert set(keys(shown)[: len(strong)]) == strong
        assert set(extras[: len(planted)]) == set(planted["key"])
        proportions.append(sum(key not in set(planted["key"]) for key in extras) / max(len(extras), 1))
    assert np.mean(proportions) <= 0.05


def test_planted_lifts_lie_in_their_intervals(companies: Any) -> None:
    planted = truth().set_index("key")["lift"]
    inside = []
    for result, _ in companies:
        frame = result.frame.assign(key=keys(result.frame)).query("customer_count >= 10")
        frame = frame.assign(truth=frame["key"].map(planted)).dropna(subset="truth")
        inside += (frame["truth"].between(frame["low"], frame["high"])).tolist()
    assert len(inside) >= 50
    assert np.mean(inside) >= 0.9


@pytest.mark.parametrize(
    ("sigma", "taste", "again", "customers"),
    [(1.0, 0.0, 0.0, 500), (0.0, 0.0, 0.0, 500), (1.0, 0.7, 0.0, 500), (1.0, 0.7, 0.8, 120)],
    ids=["large baskets", "alike baskets", "tastes", "repeated baskets"],
)
def test_independent_items_are_not_reported(sigma: float, taste: float, again: float, customers: int) -> None:
    """No pair is real: whatever is reported is false, in one of twenty simulations at most."""
    reports = []
    for seed in range(5):
        lines, _ = simulated(seed, sigma=sigma, taste=taste, again=again, customers=customers)
        result = pairs(counted(lines), level=LEVEL)
        reports.append(len(discovered(result, false_discovery_share=0.05)))
        if sigma:
            assert result.frame.query("count >= 30")["lift"].median() > 1.2, "lift alone would be fooled"
    assert sum(count > 0 for count in reports) <= 1


def test_planted_pairs_are_found_among_large_and_repeated_baskets() -> None:
    hits, false = 0, 0
    planted = {frozenset({f"i{2 * pair + 4:02d}", f"i{2 * pair + 5:02d}"}) for pair in range(3)}
    for seed in range(3):
        lines, _ = simulated(seed, sigma=1.0, taste=0.5, again=0.3, planted=3)
        shown = keys(discovered(pairs(counted(lines), level=LEVEL), false_discovery_share=0.05))
        hits += len(planted & set(shown))
        false += len(set(shown) - planted)
    assert hits >= 7
    assert false <= 1


def test_one_customer_s_habit_is_no_discovery() -> None:
    rng = np.random.default_rng(2)
    names = np.array(list("abcdefgh"))
    held = [names[rng.random(8) < 0.3] for _ in range(400)]
    who = [f"c{order}" for order in range(400)]
    habit = judged([*held, *[["a", "b", "c"]] * 60], [*who, *["habit"] * 60]).frame
    many = judged([*held, *[["a", "b", "c"]] * 60], [*who, *[f"h{order}" for order in range(60)]]).frame
    one, other = (frame.set_index(["first", "second"]).loc[("a", "b")] for frame in (habit, many))
    assert one["count"] == other["count"]
    assert one["repeat_factor"] > 20 > 1.5 > other["repeat_factor"]
    assert one["q_value"] > 0.05 > other["q_value"]
    assert one["low"] < other["low"] < other["high"] < one["high"]


def test_pairs_of_few_customers_have_no_interval_and_are_no_discovery() -> None:
    result = judged([["a", "b"]] * 9 + [["c"]] * 200 + [["a"], ["b"]] * 5)
    row = result.frame.iloc[0]
    assert row["customer_count"] == 9
    assert np.isnan(row["low"])
    assert (row["p_value"], row["q_value"]) == (1.0, 1.0)


def test_there_may_be_no_pair_at_all() -> None:
    alone = judged([["a"]] * 20 + [["b"]] * 20)
    assert (alone.order_count, alone.item_count, alone.tested_count, len(alone.frame)) == (40, 2, 1, 0)
    shown = discovered(alone, false_discovery_share=0.05)
    assert rules(shown, order_count=alone.order_count).empty
    assert list(rules(shown, order_count=alone.order_count))[:6] == [
        "antecedent",
        "consequent",
        "support",
        "confidence",
        "lift",
        "count",
    ]
    rare = judged([["a", "b"]] * 3)
    assert (rare.item_count, rare.tested_count) == (0, 0)


def test_baskets_all_alike_say_nothing() -> None:
    result = judged([["a", "b"]] * 50)
    assert result.frame["p_value"].tolist() == [1.0]
    assert result.frame["lift"].tolist() == [1.0]


def test_each_pair_gives_two_rules_the_surer_first() -> None:
    held = [["a", "b"]] * 30 + [["a"]] * 10 + [["b"]] * 60 + [["c"]] * 100 + [["c", "d"]] * 20 + [["d"]] * 20
    result = judged(held)
    both = rules(result.frame, order_count=result.order_count)
    assert (both.groupby("pair").size() == 2).all()
    assert both.groupby("pair")["confidence"].apply(lambda pair: pair.is_monotonic_decreasing).all()
    assert both["support"].tolist() == (both["count"] / 240).tolist()
    for row in both.to_dict("records"):
        consequent = sum(row["consequent"] in one for one in held) / 240
        assert row["lift"] == pytest.approx(row["confidence"] / consequent)


def test_all_pairs_of_a_triangle_are_counted() -> None:
    result = judged([["a", "b", "c"]] * 20 + [["a"], ["b"], ["c"]] * 20)
    assert keys(result.frame.sort_values(["first", "second"])) == [frozenset(pair) for pair in combinations("abc", 2)]
    assert result.frame["count"].tolist() == [20, 20, 20]
