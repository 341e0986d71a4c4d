"""What groups are: their names by rule, their contrasts, members and worth, on hand-made groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.models.segments import group_profiles
from helpers.models.segments.groups import Groups

IDS = ["a", "b", "c", "d", "e", "f", "g"]


def made(
    scaled: dict[str, list[float]], labels: list[int | None], *, own: dict[str, list[float]] | None = None
) -> Groups:
    """Groups of the customers a, b, c ...: those without a label are outside of all groups."""
    ids = IDS[: len(labels)]
    inside = [at for at, label in enumerate(labels) if label is not None]
    features = pd.DataFrame({"customer_id": ids, **(own or scaled)})
    nothing = pd.DataFrame()
    return Groups(
        True, "", features, pd.Series(labels, dtype="Int64"), nothing, nothing,
        pd.DataFrame(scaled).loc[inside], len(inside), len(inside),
    )  # fmt: skip


def told(groups: Groups) -> list[str]:
    return group_profiles.names(groups)["name"].tolist()


def test_a_name_says_what_is_most_distinct_in_the_order_of_the_features() -> None:
    groups = made(
        {
            "purchases_per_month": [2.0, 2.0, -2.0, -2.0],
            "items_per_order": [-1.0, -1.0, 1.0, 1.0],
            "weekend_share": [0.1, 0.1, -0.1, -0.1],
            "evening_share": [1.5, 1.5, -1.5, -1.5],
        },
        [1, 1, 2, 2],
    )
    assert told(groups) == ["often, small baskets, evenings", "seldom, large baskets, daytime"]


def test_a_name_says_one_thing_of_each_kind_and_three_things_at_most() -> None:
    groups = made(
        {
            "purchases_per_month": [2.0, -2.0],
            "days_between": [-1.9, 1.9],
            "浏览_per_month": [1.0, -1.0],
            "click_per_month": [1.2, -1.2],
            "mean_amount": [0.9, -0.9],
            "spent on tea": [1.5, -1.5],
        },
        [1, 2],
    )
    assert told(groups) == [
        "often, many click events, high spent on tea",
        "seldom, few click events, low spent on tea",
    ]


def test_what_differs_by_less_than_half_a_spread_is_said_only_to_tell_groups_apart() -> None:
    groups = made({"mean_amount": [0.3, 0.3, -0.3], "weekend_share": [0.1, -0.2, 0.1]}, [1, 2, 3])
    assert told(groups) == ["large orders, weekends", "large orders, weekdays", "small orders"]
    alone = made({"mean_amount": [0.0, 0.0], "weekend_share": [0.0, 0.0]}, [1, 1])
    assert told(alone) == ["close to the average"]


def test_groups_that_no_feature_tells_apart_are_numbered() -> None:
    groups = made({"mean_amount": [1.0, 1.0, -2.0]}, [1, 2, 3])
    assert told(groups) == ["large orders (1)", "large orders (2)", "small orders"]


@pytest.fixture
def two() -> Groups:
    """Two groups of three and two customers, and two customers outside."""
    return made(
        {"mean_amount": [1.5, 1.5, 1.5, -0.5, -1.5, np.nan, 0.0]},
        [1, 1, 1, 2, 2, None, None],
        own={"mean_amount": [30.0, 20.0, 40.0, 5.0, 3.0, np.nan, 9.0]},
    )


def test_contrasts_against_all_grouped_customers(two: Groups) -> None:
    assert group_profiles.contrasts(two).to_dict("list") == {
        "group": [1, 2],
        "name": ["large orders", "small orders"],
        "feature": ["mean_amount"] * 2,
        "difference": [1.0, -1.5],  # the mean of all five is 0.5
        "median": [30.0, 4.0],
        "base_median": [20.0] * 2,
    }


def test_every_customer_is_a_member_or_outside(two: Groups) -> None:
    mixed = replace(two, features=two.features[::-1], labels=two.labels[::-1])
    found = group_profiles.members(mixed)
    assert found["customer_id"].tolist() == IDS
    assert found["group"].tolist() == [1, 1, 1, 2, 2, pd.NA, pd.NA]
    assert found["name"].isna().tolist() == [False] * 5 + [True] * 2


def test_the_worth_of_groups_sums_to_that_of_all_customers(two: Groups) -> None:
    people = pd.DataFrame({"customer_id": ["g", "x", *IDS[:5]], "value_amount": [10.0, 999.0, 30, 20, 40, 0, 0]})
    found = group_profiles.profile(two, people, level=0.95)
    assert found["group"].tolist() == [1, 2, pd.NA]
    assert found["name"].tolist() == ["large orders", "small orders", group_profiles.OUTSIDE]
    assert found["customer_count"].tolist() == [3, 2, 2]
    assert found["customer_share"].sum() == pytest.approx(1)
    assert found["value_amount"].tolist() == [90, 0, 10]
    assert found["value_share"].tolist() == pytest.approx([0.9, 0, 0.1])
    assert found["mean_amount"].tolist() == [30, 0, 5]
    assert found[["low", "high"]].isna().all(axis=None), "no interval for fewer than ten customers"


def test_the_worth_of_a_large_group_has_an_interval_and_no_revenue_has_no_share(two: Groups) -> None:
    many = pd.Series([1] * 12, dtype="Int64")
    features = pd.DataFrame({"customer_id": [f"{at:02}" for at in range(12)], "mean_amount": 1.0})
    groups = replace(two, features=features, labels=many, scaled=features[["mean_amount"]])
    people = pd.DataFrame({"customer_id": features["customer_id"], "value_amount": np.arange(12.0)})
    row = group_profiles.profile(groups, people, level=0.9).to_dict("records")[0]
    assert row["low"] < row["mean_amount"] == 5.5 < row["high"]
    nothing = group_profiles.profile(groups, people.assign(value_amount=0.0), level=0.9)
    assert nothing["value_share"].isna().all()


def test_without_stable_groups_there_is_nothing_to_tell(two: Groups) -> None:
    none = replace(two, is_stable=False, labels=pd.Series(pd.NA, index=two.labels.index, dtype="Int64"))
    people = pd.DataFrame({"customer_id": IDS, "value_amount": 1.0})
    for frame in (
        group_profiles.names(none),
        group_profiles.contrasts(none),
        group_profiles.profile(none, people, level=0.9),
    ):
        assert not len(frame)
    assert list(group_profiles.profile(none, people, level=0.9).columns) == list(
        group_profiles.profile(two, people, level=0.9).columns
    )
    assert group_profiles.members(none)["group"].isna().all()
