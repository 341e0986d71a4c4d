"""Campaigns: uplift is found where arms were drawn by chance, and the campaign in which they were not is caught."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import chi2_contingency, chisquare
from statsmodels.stats.proportion import confint_proportions_2indep

from helpers.schema.research import CAMPAIGN_ASSIGNMENTS, CAMPAIGNS
from helpers.simulation.buying_process import orders_block
from helpers.simulation.campaign_runs import RECENCIES, expected_uplift, generate, recent_groups, window
from helpers.simulation.population import population
from helpers.simulation.research_settings import CONTROL
from helpers.simulation.settings import Company

SEEDS = range(60)
COMPANY = Company(seed=11, customer_count=8_000)
RUNS = {run.campaign_id: run for run in COMPANY.campaigns.runs}
SOUND = [name for name, run in RUNS.items() if not run.moved_share]
BROKEN = [name for name, run in RUNS.items() if run.moved_share]
UPLIFT = expected_uplift(COMPANY.campaigns)
Made = tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]


@dataclass(frozen=True)
class Trial:
    """One company's campaigns: a customer of a campaign a row, delivered and true columns side by side."""

    customers: pd.DataFrame
    plans: pd.DataFrame

    def of(self, campaign: str) -> pd.DataFrame:
        return self.customers[self.customers["campaign_id"] == campaign]

    def planned(self, campaign: str) -> pd.Series:
        arms = self.plans[self.plans["campaign_id"] == campaign]
        return arms.set_index("arm")["planned_share"].astype(float)


def made(company: Company, block: int = 0) -> Made:
    people = population(company, block=block)
    return generate(company, people, orders_block(company, people), block=block)


def trial(seed: int) -> Trial:
    tables, truth = made(replace(COMPANY, seed=seed))
    delivered, known = tables["campaign_assignments"].to_pandas(), truth["campaign_assignments"]
    assert (delivered["customer_id"] == known["customer_id"]).all()
    assert (delivered["arm"] == known["arm"]).all()
    responded, exposed = delivered["responded_at"].notna(), delivered["exposed_at"].notna()
    return Trial(known.assign(responded=responded, exposed=exposed), tables["campaigns"].to_pandas())


@pytest.fixture(scope="module")
def several(part: int) -> list[Trial]:
    return [trial(seed) for seed in SEEDS[: len(SEEDS) // part]]


@pytest.fixture(scope="module")
def one() -> Made:
    return made(COMPANY)


def interval(rows: pd.DataFrame, arm: str) -> tuple[float, float]:
    """Of the difference between the shares who responded in an arm and in control, at 90 %."""
    treated, control = rows.loc[rows["arm"] == arm, "responded"], rows.loc[rows["arm"] == CONTROL, "responded"]
    counts = (int(treated.sum()), len(treated), int(control.sum()), len(control))
    return confint_proportions_2indep(*counts, method="agresti-caffo", compare="diff", alpha=0.1)


def difference(rows: pd.DataFrame, arm: str) -> float:
    shares = rows.groupby("arm")["responded"].mean()
    return shares[arm] - shares[CONTROL]


def is_about_nine_in_ten(hits: list[bool], *, at_most: float = 0.0) -> bool:
    """Within three standard deviations of what as many tries at 90 % give; rare responses make intervals wide."""
    width = 3 * np.sqrt(0.09 / len(hits))
    return 0.9 - width <= np.mean(hits) <= max(0.9 + width, at_most)


# ----------------------------------------------------------------------------------------------------------- recovery


@pytest.mark.parametrize("segment", ["sure thing", "persuadable", "lost cause", "sleeping dog"])
def test_uplift_by_segment_is_covered(several: list[Trial], segment: str) -> None:
    hits = []
    for each in several:
        for campaign in SOUND:
            rows = each.of(campaign)
            rows = rows[rows["segment"] == segment]
            of_segment = UPLIFT[(UPLIFT["campaign_id"] == campaign) & (UPLIFT["segment"] == segment)]
            for arm, cells in of_segment.groupby("arm"):
                truth = rows["recent_orders"].map(cells.set_index("recent_orders")["uplift"]).mean()
                low, high = interval(rows, arm)
                hits.append(low <= truth <= high)
    assert is_about_nine_in_ten(hits, at_most=0.99 if segment == "lost cause" else 0.0)


@pytest.mark.parametrize("group", RECENCIES)
def test_uplift_by_recent_orders_is_covered(several: list[Trial], group: str) -> None:
    """What can be seen before a campaign tells whom it will move: the orders alone are needed to find it."""
    truths = UPLIFT[(UPLIFT["segment"] == "all") & (UPLIFT["recent_orders"] == group)]
    hits = []
    for each in several:
        for row in truths[truths["campaign_id"].isin(SOUND)].itertuples():
            rows = each.of(row.campaign_id)
            low, high = interval(rows[rows["recent_orders"] == group], row.arm)
            hits.append(low <= row.uplift <= high)
    assert is_about_nine_in_ten(hits)
    assert truths["uplift"].max() > 0


def test_segments_are_as_different_as_their_names() -> None:
    uplift = UPLIFT[UPLIFT["arm"] == "voucher"].groupby("segment")["uplift_if_exposed"].mean()
    assert uplift.to_dict() == pytest.approx(
        {"all": uplift["all"], "persuadable": 0.30, "sleeping dog": -0.18, "lost cause": 0.0, "sure thing": 0.0}
    )
    by_group = UPLIFT.query("campaign_id == 'cmp-1' and arm == 'voucher' and segment == 'all'")
    by_group = by_group.set_index("recent_orders")["uplift_if_exposed"]
    assert by_group.to_dict() == pytest.approx({"none": 0.057, "1": 0.132, "2+": 0.009})


def test_comparing_the_exposed_with_the_others_misleads_by_the_known_amount(several: list[Trial]) -> None:
    """Exposure falls to the active: within an arm the exposed would have responded more often anyhow."""
    off, bias = [], []
    for each in several:
        rows = each.of("cmp-3").query("arm == 'voucher'")
        of_exposed = rows.groupby("exposed")[
            ["responded", "response_share_if_left", "response_share_if_exposed"]
        ].mean()
        made_by = of_exposed.loc[True, "response_share_if_exposed"] - of_exposed.loc[True, "response_share_if_left"]
        bias.append(of_exposed["response_share_if_left"].diff().iloc[-1])
        off.append(of_exposed["responded"].diff().iloc[-1] - made_by - bias[-1])
    assert np.mean(bias) > 0.04
    assert abs(np.mean(off)) < 3 * np.std(off) / np.sqrt(len(several))


def test_the_effect_on_the_exposed_follows_from_the_arms_as_assigned(several: list[Trial]) -> None:
    off = []
    for each in several:
        rows = each.of("cmp-3")
        reached = rows[(rows["arm"] == "voucher") & rows["exposed"]]
        truth = (reached["response_share_if_exposed"] - reached["response_share_if_left"]).mean()
        off.append(difference(rows, "voucher") / (len(reached) / (rows["arm"] == "voucher").sum()) - truth)
    assert abs(np.mean(off)) < 3 * np.std(off) / np.sqrt(len(several))


# --------------------------------------------------------------------------------------------- the broken randomisation


def imbalance(rows: pd.DataFrame) -> float:
    """p of the test that arms and recent orders have nothing to do with each other."""
    return chi2_contingency(pd.crosstab(rows["arm"], rows["recent_orders"])).pvalue


def ratio_mismatch(rows: pd.DataFrame, planned: pd.Series) -> float:
    """p of the test that customers fell to the arms in the planned shares."""
    counts = rows["arm"].value_counts().reindex(planned.index)
    return chisquare(counts, planned * counts.sum()).pvalue


def test_the_broken_campaign_is_caught_and_the_sound_ones_no_more_often_than_by_chance(several: list[Trial]) -> None:
    for test in (
        lambda each, name: imbalance(each.of(name)),
        lambda each, name: ratio_mismatch(each.of(name), each.planned(name)),
    ):
        caught = [test(each, name) < 0.01 for each in several for name in BROKEN]
        alarms = [test(each, name) < 0.01 for each in several for name in SOUND]
        assert all(caught)
        assert len(caught) == len(several)
        assert np.mean(alarms) <= 0.01 + 3 * np.sqrt(0.01 * 0.99 / len(alarms))


def test_the_broken_campaign_is_unbalanced_by_the_known_amount(several: list[Trial]) -> None:
    moved = RUNS["cmp-2"].moved_share
    off, bias = [], []
    for each in several:
        rows = each.of("cmp-2")
        recent = rows["recent_orders"] != "none"
        share = recent.mean()
        control = share * (1 - moved) / (1 - share * moved)
        off.append(recent[rows["arm"] == CONTROL].mean() - control)
        truth = rows["recent_orders"].map(
            UPLIFT.query("campaign_id == 'cmp-2' and segment == 'all'").set_index("recent_orders")["uplift"]
        )
        bias.append(difference(rows, "voucher") - truth.mean())
    assert abs(np.mean(off)) < 4 * np.std(off) / np.sqrt(len(several))
    assert np.mean(bias) > 0.01, "a comparison of its arms flatters the voucher"


def test_nobody_is_moved_in_a_sound_campaign(several: list[Trial]) -> None:
    for each in several[:3]:
        moved = each.customers.groupby("campaign_id")["is_moved"].sum()
        assert (moved[SOUND] == 0).all()
        assert (moved[BROKEN] > 0).all()
        wrong = each.customers[each.customers["is_moved"]]
        assert set(wrong["arm"]) == {"voucher"}
        assert "none" not in set(wrong["recent_orders"])


# ------------------------------------------------------------------------------------------------------------- tables


def test_the_tables_are_those_of_the_contract(one: Made) -> None:
    tables, truth = one
    assert tuple(tables["campaign_assignments"].column_names) == CAMPAIGN_ASSIGNMENTS.names
    assert tuple(tables["campaigns"].column_names) == CAMPAIGNS.names
    delivered = tables["campaign_assignments"].to_pandas()
    assert not delivered.duplicated(["campaign_id", "customer_id"]).any()
    plans = tables["campaigns"].to_pandas()
    assert plans.groupby("campaign_id")["planned_share"].sum().astype(float).to_list() == pytest.approx([1.0] * 3)
    assert set(zip(delivered["campaign_id"], delivered["arm"], strict=True)) == set(
        zip(plans["campaign_id"], plans["arm"], strict=True)
    )
    assert truth["campaign_plans"].set_index("campaign_id")["is_broken"].to_dict() == {
        "cmp-1": False,
        "cmp-2": True,
        "cmp-3": False,
    }


def test_instants_are_in_order_and_within_the_campaign(one: Made) -> None:
    delivered = (
        one[0]["campaign_assignments"].to_pandas().merge(one[0]["campaigns"].to_pandas(), on=["campaign_id", "arm"])
    )
    after = pd.to_datetime(delivered["ends_on"]) + pd.Timedelta(days=1)
    assert (delivered["assigned_at"].dt.normalize() == pd.to_datetime(delivered["starts_on"])).all()
    exposed, responded = (delivered[delivered[name].notna()] for name in ("exposed_at", "responded_at"))
    assert (exposed["exposed_at"] >= exposed["assigned_at"]).all()
    assert (exposed["exposed_at"] < after[exposed.index]).all()
    assert (responded["responded_at"] >= responded["exposed_at"].fillna(responded["assigned_at"])).all()
    assert (responded["responded_at"] < after[responded.index]).all()
    assert delivered.loc[delivered["arm"] == CONTROL, "exposed_at"].isna().all()
    assert (delivered["response_amount"].notna() == delivered["responded_at"].notna()).all()
    assert responded["response_amount"].astype(float).mean() == pytest.approx(
        COMPANY.campaigns.response_amount_mean, rel=0.06
    )


def test_only_customers_who_had_joined_take_part(one: Made) -> None:
    people = population(COMPANY, block=0)
    joined_on = pd.Series(people.joined_on, people.customer_id)
    delivered = one[0]["campaign_assignments"].to_pandas()
    for name, rows in delivered.groupby("campaign_id"):
        opens, _ = window(RUNS[name], COMPANY.start, COMPANY.end)
        assert (rows["customer_id"].map(joined_on) < pd.Timestamp(opens)).all()
        taken = len(rows) / (people.joined_on < np.datetime64(opens)).sum()
        assert taken == pytest.approx(COMPANY.campaigns.audience_share, abs=0.03)


def test_recent_orders_are_counted_from_the_day_before_backwards() -> None:
    people = population(COMPANY, block=0)
    orders = orders_block(COMPANY, people)
    before = np.datetime64("2024-03-29", "us")
    frame = pd.DataFrame({"row": orders.customer_row, "at": orders.ordered_at})
    recent = frame[(frame["at"] < "2024-03-29") & (frame["at"] >= pd.Timestamp("2024-03-29") - pd.Timedelta(weeks=4))]
    counts = recent.groupby("row").size().reindex(range(len(people)), fill_value=0)
    assert (recent_groups(orders, len(people), before=before, weeks=4) == counts.clip(upper=2).to_numpy()).all()


def test_the_same_seed_gives_the_same_and_one_campaign_more_changes_no_other(one: Made) -> None:
    again = made(COMPANY)
    assert all(again[0][name].equals(table) for name, table in one[0].items())
    runs = COMPANY.campaigns.runs
    fewer = made(replace(COMPANY, campaigns=replace(COMPANY.campaigns, runs=runs[1:])))[0]["campaign_assignments"]
    kept = one[0]["campaign_assignments"].to_pandas().query("campaign_id != 'cmp-1'").reset_index(drop=True)
    pd.testing.assert_frame_equal(fewer.to_pandas(), kept)


def test_a_later_block_has_assignments_alone() -> None:
    tables, truth = made(replace(COMPANY, customer_count=51_000), block=1)
    assert list(tables) == ["campaign_assignments"]
    assert list(truth) == ["campaign_assignments"]
    assert len(truth["campaign_assignments"]) == tables["campaign_assignments"].num_rows > 0


def test_a_company_too_short_for_a_campaign_has_empty_tables() -> None:
    tables, truth = made(replace(COMPANY, end=date(2023, 1, 15)))
    assert {name: table.num_rows for name, table in tables.items()} == {"campaign_assignments": 0, "campaigns": 0}
    assert tuple(tables["campaigns"].column_names) == CAMPAIGNS.names
    assert len(truth["campaign_plans"]) == 0
