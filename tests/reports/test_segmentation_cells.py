"""The cells of the segmentation notebook, run on a small simulated company and on the same with its orders alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from helpers.models.segments import recommendations
from helpers.simulation import company
from helpers.simulation.settings import Company
from tests import cells

AS_OF = date(2024, 12, 31)
DAY = pd.Timedelta(days=1)
HORIZON_DAYS = 40
NAMES = ("order_items", "memberships", "points", "consents", "erasures", "events")
ACTIONS = [
    {"segment": "Promising", "offer": "a", "channel": "email", "owner": "x", "contact_amount": 1},
    {"segment": "Promising", "offer": "b", "channel": "sms", "owner": "y"},
]
RULES = [{"tier": "blue"}, {"tier": "silver", "orders": 2}, {"tier": "gold", "orders": 5}]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("company")
    company.write(Company(customer_count=600), folder)
    return {name: str(folder / name) for name in (*NAMES, "orders", "customers", "products")}


@pytest.fixture(scope="module")
def whole(sources: dict[str, str]) -> dict[str, Any]:
    """What the cells leave where every table is delivered."""
    return cells.run(
        "segmentation",
        as_of=AS_OF.isoformat(),
        currency="CNY",
        orders={"source": sources["orders"]},
        customers=sources["customers"],
        products=sources["products"],
        other_tables={name: sources[name] for name in NAMES},
        actions=ACTIONS,
        tier_rules=RULES,
        horizon_days=HORIZON_DAYS,
    )


@pytest.fixture(scope="module")
def bare(sources: dict[str, str]) -> dict[str, Any]:
    """What they leave where the orders alone are."""
    return cells.run("segmentation", as_of=AS_OF.isoformat(), currency="CNY", orders={"source": sources["orders"]})


def test_moves_are_of_the_scheme_of_stages_and_of_tiers(whole: dict[str, Any]) -> None:
    moves, then = whole["by_scheme"], whole["then"]
    kinds = [whole[name]["kind"].iloc[0] for name in ("by_scheme", "by_stage_too", "moved_tiers")]
    assert kinds == ["eleven_segments", "stage", "tier"]
    known = moves[moves["from"] != "(not yet a customer)"]
    stayed = known.loc[known["from"] == known["to"], "customer_count"].sum()
    share = whole["share"]
    assert share.n == known["customer_count"].sum() == len(then.buyers)
    assert share.value == pytest.approx(1 - stayed / share.n)


def test_several_dates_that_fall_on_one_day_are_taken_once(whole: dict[str, Any], sources: dict[str, str]) -> None:
    assert set(whole["earlier"]) == {whole["since"], whole["horizon_start"], whole["tiers_start"]}
    orders = {"source": sources["orders"]}
    same = cells.run(
        "segmentation", until="sizes = rfm", as_of=AS_OF.isoformat(), currency="CNY", orders=orders, actions=ACTIONS
    )
    assert set(same["earlier"]) == {AS_OF - timedelta(days=91)}


def test_the_tiers_count_who_holds_them(whole: dict[str, Any]) -> None:
    held = whole["now"].people["tier"].value_counts()
    counted = whole["economics"].set_index("tier")["customer_count"]
    assert counted[["blue", "silver", "gold"]].to_dict() == held[["blue", "silver", "gold"]].to_dict()
    assert whole["ladder"].source == "rules"
    assert len(whole["standing"]) == held.sum(), "whoever holds a tier stands somewhere below or on the highest"


def test_without_tiers_points_or_lines_the_cells_say_so(bare: dict[str, Any]) -> None:
    assert bare["held"] is bare["moved_tiers"] is bare["booked"] is bare["worth"] is None
    assert not bare["has_lines"]
    assert bare["strongest"]["attribute"].isin(["channel"]).all()
    assert bare["now"].people["tier"].isna().all()


def test_tiers_can_be_made_by_rules_alone(sources: dict[str, str]) -> None:
    alone = cells.run(
        "segmentation",
        until="booked, point_terms",
        as_of=AS_OF.isoformat(),
        currency="CNY",
        orders={"source": sources["orders"]},
        tier_rules=RULES,
    )
    assert alone["now"].people["tier"].notna().all(), "the lowest tier asks for nothing"
    assert alone["known_by"] == {"is_supposed": False, "is_by_rules": True}


def test_the_account_is_what_the_entries_sum_to(whole: dict[str, Any]) -> None:
    total = whole["data"].others["points"].points.sum().to_pandas()
    assert whole["owed"].months["balance_points"].iloc[-1] == total


def test_groups_and_profiles_are_of_the_customers_with_an_order(whole: dict[str, Any]) -> None:
    buyers = whole["now"].buyers
    assert set(whole["habits"]["customer_id"]) == set(buyers["customer_id"])
    sizes = whole["cells"].drop_duplicates("segment").set_index("segment")["segment_count"]
    known = buyers["eleven_segments"].value_counts()
    assert sizes[sizes > 0].to_dict() == known[known >= 10].to_dict(), "nothing is told of few"


def test_recommendations_are_of_the_better_way_and_new_to_the_customer(whole: dict[str, Any]) -> None:
    offers, comparison = whole["lists"], whole["comparison"]
    methods = comparison.methods.set_index("method")["hit_share"]
    assert methods[comparison.best] == methods.max()
    again = recommendations.recommend(
        whole["owned"], recommendations.learn(whole["owned"]), method=comparison.best, **whole["wanted"]
    )
    assert set(offers["customer_id"]) == set(again["customer_id"]) == set(whole["owned"]["customer_id"])
    assert not offers["is_owned"].any()
    assert offers.groupby("customer_id").size().max() <= whole["wanted"]["count"]
    assert offers["because"].isna().all() == (comparison.best == "popularity"), "only likeness has a reason"


def test_a_customer_is_on_one_list_at_most(whole: dict[str, Any]) -> None:
    plan, worth = whole["plans"][AS_OF], whole["worth"]
    assert plan.contacts["customer_id"].is_unique
    assert worth["segment_count"].eq(int((whole["now"].people["eleven_segments"] == "Promising").sum())).all()
    assert worth["cost_amount"].iloc[0] == worth["contact_count"].iloc[0]


def test_the_past_list_is_that_of_the_earlier_day_by_todays_thresholds(whole: dict[str, Any]) -> None:
    """Everything that is wired by a day: scores, consents and spend are those of the horizon."""
    data, start = whole["data"], AS_OF - timedelta(days=HORIZON_DAYS)
    earlier = whole["earlier"][start].people
    consents, erasures = (data.others[name].to_pandas() for name in ("consents", "erasures"))
    email = consents[(consents["purpose"] == "email") & (consents["granted_at"] < pd.Timestamp(start) + DAY)]
    email = email[email["withdrawn_at"].isna() | (email["withdrawn_at"] >= pd.Timestamp(start) + DAY)]
    gone = erasures.loc[erasures["requested_at"] < pd.Timestamp(start) + DAY, "customer_id"]
    listed = set(earlier.loc[earlier["eleven_segments"] == "Promising", "customer_id"]) & set(email["customer_id"])
    listed -= set(gone)
    orders = data.orders.to_pandas()
    since = orders[orders["ordered_at"] >= pd.Timestamp(start) + DAY]
    spent = since[since["customer_id"].isin(listed)]["amount"].astype(float).sum()
    worth = whole["worth"].iloc[0]
    assert worth["baseline_n"] == len(listed)
    assert worth["baseline_amount"] == pytest.approx(spent / len(listed))


def test_nothing_of_the_held_out_days_is_learned(whole: dict[str, Any]) -> None:
    """What is taught ends the day before what is asked begins."""
    items = whole["data"].order_items.to_pandas()
    split_on = pd.Timestamp(whole["split_on"]) + DAY
    late_only = set(items["product_id"]) - set(items.loc[items["ordered_at"] < split_on, "product_id"])
    taught = items.loc[items["ordered_at"] < split_on].groupby("customer_id")["product_id"].nunique()
    assert whole["history"].groupby("customer_id")["item"].nunique().le(taught.max()).all()
    assert not set(whole["history"]["item"]) & late_only
    assert split_on + (whole["late"] - 1) * DAY == pd.Timestamp(AS_OF)
