"""Recommendations: similarities by hand, nothing bought recommended twice, and no victory over popularity by luck."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from helpers.models.segments import recommendations
from helpers.models.segments.recommendations import Learned, compare, learn, recommend, sample

LEVEL = 0.95


def frame(*rows: tuple[str, str] | tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame([(*row, 1)[:3] for row in rows], columns=["customer_id", "item", "order_count"])


def tribes(seed: int, *, loyalty: float, customers: int = 600) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tribes of customers and two of twenty items each: an item is of one's own tribe with that probability."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, 21) ** 0.6

    def drawn(count: int) -> pd.DataFrame:
        who = np.repeat(np.arange(customers), count)
        item = rng.choice(20, len(who), p=share / share.sum())
        side = np.where(rng.random(len(who)) < loyalty, who % 2, 1 - who % 2)
        rows = pd.DataFrame({"customer_id": [f"客{one}" for one in who], "item": [f"i{a},{b}" for a, b in zip(item, side, strict=True)]})  # fmt: skip
        return rows.groupby(["customer_id", "item"]).size().rename("order_count").reset_index()

    return drawn(6), drawn(3)


def test_similarity_by_hand() -> None:
    """Sixteen customers bought a, nine b, six of them both: cosine 6/12, shrunk by 6/16."""
    bought = frame(*[(f"c{n}", "a") for n in range(16)], *[(f"c{n}", "b") for n in range(10, 19)], ("z", "lone"))
    learned = learn(bought)
    assert learned.items.tolist() == ["a", "b", "lone"]
    assert learned.customer_counts.tolist() == [16, 9, 1]
    cell = 6 / 12 * 6 / 16
    np.testing.assert_allclose(learned.similarity.toarray(), [[0, cell, 0], [cell, 0, 0], [0, 0, 0]], rtol=1e-12)


def test_only_the_most_alike_items_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recommendations, "NEIGHBOUR_COUNT", 2)
    bought, _ = tribes(1, loyalty=0.8)
    kept = learn(bought).similarity.toarray()
    assert ((kept > 0).sum(axis=0) == 2).all()
    monkeypatch.setattr(recommendations, "NEIGHBOUR_COUNT", 100)
    full = learn(bought).similarity.toarray()
    np.testing.assert_array_equal(np.sort(full, axis=0)[-2:], np.sort(kept, axis=0)[-2:])


def test_recommended_is_what_others_bought_beside_it() -> None:
    pairs = [(f"c{n}", item) for n in range(20) for item in (("a", "b") if n % 2 else ("x", "y"))]
    bought = frame(*pairs, *[(f"d{n}", "top") for n in range(30)], ("me", "a"))
    learned = learn(bought)
    mine = recommend(bought, learned, count=2, recommend_owned=False).query("customer_id == 'me'")
    assert mine[["place", "item", "because", "is_owned"]].to_numpy().tolist()[0] == [1, "b", "a", False]
    assert mine["item"].tolist()[1] == "top", "where nothing speaks for an item, the popular one comes"
    assert mine["because"].isna().tolist() == [False, True]
    popular = recommend(bought, learned, count=2, recommend_owned=False, method="popularity")
    assert popular.query("customer_id == 'me'")["item"].tolist() == ["top", "b"]
    assert popular["because"].isna().all()


def test_what_was_bought_is_recommended_only_where_wanted() -> None:
    bought, _ = tribes(2, loyalty=0.8)
    learned, owned = learn(bought), set(bought[["customer_id", "item"]].itertuples(index=False, name=None))
    for method in ("neighbours", "popularity"):
        new = recommend(bought, learned, count=5, recommend_owned=False, method=method)
        assert not owned & set(new[["customer_id", "item"]].itertuples(index=False, name=None))
        assert not new["is_owned"].any()
        assert (new.groupby("customer_id").size() == 5).all()
        assert not new.duplicated(["customer_id", "item"]).any()


def test_where_people_buy_the_same_again_their_own_comes_first() -> None:
    once, _ = tribes(2, loyalty=0.8)
    weekly = once.assign(order_count=once["order_count"] * 50)
    loyal, fickle = learn(weekly).prior_count, learn(once).prior_count
    assert loyal < 10 < 50 < fickle
    first = recommend(weekly, learn(weekly), count=1, recommend_owned=True).merge(weekly, on=["customer_id", "item"])
    most = weekly.groupby("customer_id")["order_count"].max()
    pd.testing.assert_series_equal(first.set_index("customer_id")["order_count"], most)
    assert first["is_owned"].all()


def test_the_prior_by_hand() -> None:
    """Two customers, four baskets each, each of one item: 24 ordered pairs, all alike; by chance half: precision 0."""
    assert learn(frame(("a", "x", 4), ("b", "y", 4))).prior_count == 0.0
    # 2 x 2 x 1 of 2 x 4 x 3 pairs are alike, a sixth, below the half of chance: nobody buys the same again
    assert learn(frame(("a", "x", 2), ("a", "y", 2), ("b", "x", 2), ("b", "y", 2))).prior_count == 1e6
    # 4 x 3 + 3 x 2 of 24
    found = learn(frame(("a", "x", 4), ("b", "x", 1), ("b", "y", 3))).prior_count
    chance = (5 / 8) ** 2 + (3 / 8) ** 2
    assert found == pytest.approx((1 - chance) / (18 / 24 - chance) - 1)
    assert learn(frame(("a", "x"), ("b", "x"))).prior_count == 1e6


def test_who_has_bought_everything_is_recommended_nothing() -> None:
    bought = frame(("all", "a"), ("all", "b"), ("one", "a"))
    told = recommend(bought, learn(bought), count=5, recommend_owned=False)
    assert told[["customer_id", "item"]].to_numpy().tolist() == [["one", "b"]]
    assert recommend(bought.head(0), learn(bought), count=5, recommend_owned=False).empty


def test_ties_go_by_popularity_and_then_by_the_alphabet() -> None:
    bought = frame(("c1", "b"), ("c2", "b"), ("c3", "z"), ("c4", "a"), ("me", "own"))
    told = recommend(bought, learn(bought), count=3, recommend_owned=False, method="popularity")
    assert told.query("customer_id == 'me'")["item"].tolist() == ["b", "a", "z"]


def test_sums_that_differ_by_rounding_are_ties() -> None:
    alike = np.zeros((5, 5))
    alike[2:, 0], alike[2:, 1] = [0.3, 0.2, 0.1], [0.1, 0.2, 0.3]
    scored = [[float(np.log1p(1) * value) for value in column] for column in (alike[2:, 0], alike[2:, 1])]
    assert (scored[0][0] + scored[0][1]) + scored[0][2] != (scored[1][0] + scored[1][1]) + scored[1][2]
    items = np.array(["k", "j", "a", "b", "c"], dtype=object)
    told = []
    for place in ([0, 1, 2, 3, 4], [1, 0, 2, 3, 4]):
        turned = sparse.csr_array(alike[np.ix_(range(5), place)])
        learned = Learned(items, np.array([5, 4, 3, 2, 1]), turned, 1.0)
        bought = frame(("me", "a"), ("me", "b"), ("me", "c"))
        told.append(recommend(bought, learned, count=2, recommend_owned=False)["item"].tolist())
    assert told == [["k", "j"], ["k", "j"]]


def test_the_order_of_rows_changes_nothing() -> None:
    bought, later = tribes(3, loyalty=0.7)
    shuffled = bought.sample(frac=1, random_state=1)
    one, other = (recommend(rows, learn(rows), count=5, recommend_owned=True) for rows in (bought, shuffled))
    pd.testing.assert_frame_equal(one, other)
    how = {"count": 5, "recommend_owned": False, "level": LEVEL}
    assert compare(bought, later, **how).difference == compare(shuffled, later[::-1], **how).difference


def test_hits_by_hand() -> None:
    """b is alike to a; top is popular: of three who return one buys b, one top, one something unknown."""
    pairs = [(f"c{n}", item) for n in range(20) for item in ("a", "b")]
    bought = frame(*pairs, *[(f"d{n}", "top") for n in range(30)], ("m1", "a"), ("m2", "a"), ("m3", "a"))
    held_out = frame(("m1", "b"), ("m2", "top"), ("m3", "new thing"), ("stranger", "b"))
    result = compare(bought, held_out, count=1, recommend_owned=False, level=LEVEL)
    assert result.methods[["method", "hit_count", "n"]].to_numpy().tolist() == [
        ["neighbours", 1, 3],
        ["popularity", 1, 3],
    ]
    assert (result.difference.value, result.difference.n, result.best) == (0.0, 3, "popularity")
    assert np.isnan(result.difference.low)
    assert result.methods["low"].isna().all()


def test_the_interval_of_paired_shares() -> None:
    """Agresti (2002), Categorical Data Analysis, table 10.1: 794, 150, 86, 570 give -0.04, 95 % -0.059 to -0.021."""
    one = np.repeat([True, True, False, False], [794, 150, 86, 570])
    other = np.repeat([True, False, True, False], [794, 150, 86, 570])
    found = recommendations._paired(other, one, LEVEL)
    assert found.value == -0.04
    np.testing.assert_allclose([found.low, found.high], [-0.059, -0.021], atol=5e-4)


def test_tribes_are_found_and_beat_popularity() -> None:
    bought, later = tribes(4, loyalty=0.95)
    for recommend_owned in (False, True):
        result = compare(bought, later, count=5, recommend_owned=recommend_owned, level=LEVEL)
        assert result.best == "neighbours"
        assert result.difference.low > 0.05


def habits(seed: int, *, again: float, customers: int = 400) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers with three items of their own of sixty: each purchase is one of these with that probability."""
    rng = np.random.default_rng(seed)
    own = rng.integers(0, 60, (customers, 3))

    def drawn(count: int) -> pd.DataFrame:
        who = np.repeat(np.arange(customers), count)
        item = np.where(
            rng.random(len(who)) < again, own[who, rng.integers(0, 3, len(who))], rng.integers(0, 60, len(who))
        )
        rows = pd.DataFrame({"customer_id": [f"c{one}" for one in who], "item": [f"i{one}" for one in item]})
        return rows.groupby(["customer_id", "item"]).size().rename("order_count").reset_index()

    return drawn(10), drawn(3)


def test_where_all_buy_their_own_again_only_popularity_is_beaten() -> None:
    """Nobody's items say anything of anybody else's: ahead of popularity by far, and of repeat purchase not at all."""
    how = {"count": 5, "recommend_owned": True, "level": LEVEL}
    results = [compare(*habits(seed, again=0.8), **how) for seed in range(20)]
    assert all(one.difference.low > 0.2 for one in results)
    assert sum(one.best == "neighbours" for one in results) <= 1, "a one-sided 2.5 % of 20"
    assert sum(one.best == "own" for one in results) >= 19
    assert "own" not in compare(*habits(1, again=0.8), **how | {"recommend_owned": False}).methods["method"].tolist()


def test_tribes_beat_what_each_bought_most_too() -> None:
    """New items of one's own tribe follow: repeat purchase reaches less."""
    bought, later = tribes(4, loyalty=0.95)
    result = compare(bought, later, count=5, recommend_owned=True, level=LEVEL)
    assert result.own_difference is not None
    assert (result.best == "neighbours") == (result.own_difference.low > 0)


def test_own_items_go_by_baskets_and_then_by_popularity() -> None:
    bought = frame(("me", "x", 3), ("me", "y", 5), ("a", "z"), ("b", "z"), ("c", "w"))
    told = recommend(bought, learn(bought), count=3, recommend_owned=True, method="own").query("customer_id == 'me'")
    assert told[["item", "is_owned"]].to_numpy().tolist() == [["y", True], ["x", True], ["z", False]]
    assert told["because"].isna().all()


def test_where_tastes_do_not_differ_popularity_is_beaten_by_luck_alone() -> None:
    wins = [
        compare(*tribes(seed, loyalty=0.5), count=5, recommend_owned=False, level=LEVEL).best == "neighbours"
        for seed in range(20)
    ]
    assert sum(wins) <= 2


def test_nobody_may_come_back() -> None:
    bought = frame(("a", "x"), ("b", "y"))
    result = compare(bought, bought.head(0), count=5, recommend_owned=False, level=LEVEL)
    assert result.difference.n == 0
    assert result.methods["n"].tolist() == [0, 0]
    assert result.best == "popularity"


def test_a_sample_is_seeded_and_in_order() -> None:
    ids = pd.Series([f"c{n:03d}" for n in range(100)]).sample(frac=1, random_state=3)
    few = sample(ids, seed=1, limit=10)["customer_id"].tolist()
    assert few == sorted(few)
    assert len(set(few)) == 10
    assert few == sample(ids.sort_values(), seed=1, limit=10)["customer_id"].tolist()
    assert few != sample(ids, seed=2, limit=10)["customer_id"].tolist()
    assert sample(ids, seed=1, limit=90)["customer_id"].nunique() == 90
    assert sample(ids, seed=1)["customer_id"].tolist() == sorted(ids)
