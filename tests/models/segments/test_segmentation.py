"""The questions of the segmentation notebook, asked of a small simulated company and of one with orders alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from helpers.contract.loading import Tables, load
from helpers.features import snapshots
from helpers.features.snapshots import Snapshot
from helpers.models.segments import segmentation
from helpers.params import SegmentationParams
from helpers.schemes.action import Action
from helpers.schemes.tier_rule import TierRule
from helpers.simulation import company
from helpers.simulation.settings import Company

AS_OF = date(2024, 12, 31)
DAY = pd.Timedelta(days=1)
ACTIONS = [
    Action(segment="Promising", offer="a", channel="email", owner="x", control_share=0.2, contact_amount=1),
    Action(segment="Promising", offer="b", channel="sms", owner="y"),
]
RULES = [TierRule(tier="blue"), TierRule(tier="silver", orders=2), TierRule(tier="gold", orders=5)]


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> SegmentationParams:
    folder = tmp_path_factory.mktemp("company")
    company.write(Company(customer_count=600), folder)
    names = ("order_items", "memberships", "points", "consents", "erasures", "events")
    sources = {name: str(folder / name) for name in (*names, "orders", "customers", "products")}
    return SegmentationParams.model_validate(
        {
            "as_of": AS_OF,
            "currency": "CNY",
            "orders": sources["orders"],
            "customers": sources["customers"],
            "products": sources["products"],
            "other_tables": {name: sources[name] for name in names},
            "actions": ACTIONS,
            "tier_rules": RULES,
        }
    )


@pytest.fixture(scope="module")
def data(params: SegmentationParams) -> Tables:
    return load(**params.delivery)


@pytest.fixture(scope="module")
def now(data: Tables, params: SegmentationParams) -> Snapshot:
    return snapshots.take(data, params, as_of=AS_OF)


@pytest.fixture(scope="module")
def then(data: Tables, params: SegmentationParams, now: Snapshot) -> Snapshot:
    return snapshots.take(data, params, as_of=params.compared_with, cuts=now.cuts)


@pytest.fixture(scope="module")
def bare(data: Tables) -> Tables:
    """The same company with its orders alone."""
    return replace(data, order_items=None, products=None, customers=None, others={})


def test_moves_are_of_the_scheme_of_stages_and_of_tiers(then: Snapshot, now: Snapshot) -> None:
    moves = segmentation.moves(then, now, level=0.9)
    assert list(moves.all_kinds["kind"].unique()) == ["eleven_segments", "stage", "tier"]
    assert set(moves.own["kind"]) == {"eleven_segments"}
    known = moves.own[moves.own["from"] != "(not yet a customer)"]
    stayed = known.loc[known["from"] == known["to"], "customer_count"].sum()
    assert moves.share.n == known["customer_count"].sum() == len(then.people)
    assert moves.share.value == pytest.approx(1 - stayed / moves.share.n)


def test_somebody_known_without_an_order_moves_between_stages_alone(then: Snapshot, now: Snapshot) -> None:
    prospect = now.people.head(1).assign(customer_id="nobody", stage="prospect", eleven_segments=None, tier=None)
    more = replace(now, people=pd.concat([now.people, prospect], ignore_index=True))
    plain, with_prospect = (segmentation.moves(then, one, level=0.9) for one in (now, more))
    pd.testing.assert_frame_equal(with_prospect.own, plain.own)
    pd.testing.assert_frame_equal(with_prospect.values, plain.values)
    counts = with_prospect.all_kinds.groupby("kind")["customer_count"].sum()
    assert counts.to_dict() == {
        "eleven_segments": len(now.people), "tier": len(now.people), "stage": len(now.people) + 1,
    }  # fmt: skip


def test_the_ladder_counts_the_held_tiers(
    data: Tables, params: SegmentationParams, then: Snapshot, now: Snapshot
) -> None:
    ladder = segmentation.ladder(data, params, then, now)
    assert ladder is not None
    held = now.people["tier"].value_counts()
    counted = ladder.economics.set_index("tier")["customer_count"]
    assert counted[["blue", "silver", "gold"]].to_dict() == held[["blue", "silver", "gold"]].to_dict()
    assert not ladder.is_supposed
    assert ladder.standing is not None
    assert len(ladder.standing) == held.sum(), "whoever holds a tier stands somewhere below or on the highest"


def test_without_tiers_points_or_lines_there_is_no_answer(
    bare: Tables, params: SegmentationParams, then: Snapshot, now: Snapshot
) -> None:
    plain = params.model_copy(update={"tier_rules": []})
    alone = snapshots.take(bare, plain, as_of=AS_OF)
    assert segmentation.ladder(bare, plain, alone, alone) is None
    assert segmentation.account(bare, plain) is None
    assert segmentation.together(bare, plain) is None
    assert segmentation.recommended(bare, plain, as_of=AS_OF) is None
    assert segmentation.portraits(bare, plain, alone).strongest["attribute"].isin(["channel"]).all()


def test_tiers_can_be_made_by_rules_alone(bare: Tables, params: SegmentationParams) -> None:
    alone = snapshots.take(bare, params, as_of=AS_OF)
    ladder = segmentation.ladder(bare, params, alone, alone)
    assert ladder is not None
    assert alone.people["tier"].notna().all(), "the lowest tier asks for nothing"
    assert ladder.rates.query("direction == 'same'")["share"].dropna().eq(1).all(), "nobody moved within a day"


def test_the_account_is_what_the_entries_sum_to(data: Tables, params: SegmentationParams) -> None:
    account = segmentation.account(data, params)
    assert account is not None
    total = data.others["points"].points.sum().to_pandas()
    assert account.months["balance_points"].iloc[-1] == total


def test_groups_and_portraits_are_of_the_customers_with_an_order(
    data: Tables, params: SegmentationParams, now: Snapshot
) -> None:
    assert set(segmentation.behaviour_groups(data, params, now).members["customer_id"]) == set(
        now.buyers["customer_id"]
    )
    cells = segmentation.portraits(data, params, now).cells
    sizes = cells.drop_duplicates("segment").set_index("segment")["segment_count"]
    counted = now.buyers["eleven_segments"].value_counts()
    assert sizes[sizes > 0].to_dict() == counted.to_dict()


def test_recommendations_come_from_the_way_that_won(data: Tables, params: SegmentationParams) -> None:
    together, recommended = segmentation.together(data, params), segmentation.recommended(data, params, as_of=AS_OF)
    assert together is not None
    assert recommended is not None
    assert set(together.found["first"]) <= set(together.names)
    assert not recommended.items["is_owned"].any()
    assert recommended.items.groupby("customer_id").size().max() <= params.recommendation_count
    if recommended.comparison.best == "popularity":
        assert recommended.items["because"].isna().all()


def test_a_customer_is_on_one_list_at_most_and_valued_by_the_past(
    data: Tables, params: SegmentationParams, now: Snapshot, then: Snapshot
) -> None:
    acted = segmentation.acted(data, params, now, then)
    assert acted.plan.contacts["customer_id"].is_unique
    assert acted.worth["segment_count"].eq(int((now.people["eleven_segments"] == "Promising").sum())).all()
    first = acted.worth.iloc[0]
    assert first["cost_amount"] == first["contact_count"]
    horizon = snapshots.take(data, params, as_of=AS_OF - timedelta(days=params.horizon_days), cuts=now.cuts)
    past = segmentation.acted(data, params.model_copy(update={"actions": ACTIONS[:1]}), now, then)
    listed = int((horizon.people["eleven_segments"] == "Promising").sum())
    assert 0 < past.worth["baseline_n"].iloc[0] <= listed


def test_without_actions_there_is_an_empty_plan(
    data: Tables, params: SegmentationParams, now: Snapshot, then: Snapshot
) -> None:
    acted = segmentation.acted(data, params.model_copy(update={"actions": []}), now, then)
    assert acted.plan.contacts.empty
    assert acted.worth.empty


def test_the_past_list_is_that_of_the_earlier_day_by_todays_thresholds(
    data: Tables, params: SegmentationParams, now: Snapshot, then: Snapshot
) -> None:
    """Everything that is wired by a day: scores, consents and spend are those of the horizon."""
    alone = params.model_copy(update={"actions": ACTIONS[:1], "horizon_days": 40})
    start = AS_OF - timedelta(days=40)
    earlier = snapshots.take(data, params, as_of=start, cuts=now.cuts).people
    consents, erasures = (data.others[name].to_pandas() for name in ("consents", "erasures"))
    email = consents[(consents["purpose"] == "email") & (consents["granted_at"] < pd.Timestamp(start) + DAY)]
    email = email[email["withdrawn_at"].isna() | (email["withdrawn_at"] >= pd.Timestamp(start) + DAY)]
    gone = erasures.loc[erasures["requested_at"] < pd.Timestamp(start) + DAY, "customer_id"]
    listed = set(earlier.loc[earlier["eleven_segments"] == "Promising", "customer_id"]) & set(email["customer_id"])
    listed -= set(gone)
    orders = data.orders.to_pandas()
    since = orders[orders["ordered_at"] >= pd.Timestamp(start) + DAY]
    spent = since[since["customer_id"].isin(listed)]["amount"].astype(float).sum()
    worth = segmentation.acted(data, alone, now, then).worth.iloc[0]
    assert worth["baseline_n"] == len(listed)
    assert worth["baseline_amount"] == pytest.approx(spent / len(listed))


def test_nothing_of_the_held_out_days_is_learned(data: Tables, params: SegmentationParams) -> None:
    """An item that exists in the held-out days alone can be nobody's recommendation, and is owned by nobody."""
    items = data.order_items
    assert items is not None
    start = pd.Timestamp(AS_OF - timedelta(days=params.recommendation_days)) + DAY
    is_late = items.ordered_at >= start.to_pydatetime()
    late = replace(data, order_items=items.mutate(product_id=is_late.ifelse("only late", items.product_id)))
    found = segmentation.recommended(late, params, as_of=AS_OF)
    assert found is not None
    assert found.comparison.methods["hit_count"].sum() == 0


def test_everybody_who_bought_gets_a_list(
    data: Tables, params: SegmentationParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segmentation.recommendations.sample, "__kwdefaults__", {"limit": 50})
    found = segmentation.recommended(data, params, as_of=AS_OF)
    assert found is not None
    assert found.comparison.methods["n"].max() <= 50
    assert found.items["customer_id"].nunique() > 500
