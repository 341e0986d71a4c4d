"""Events: rates, the onset and slope of the decline, and the customers who never decline or only seem to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import chi2

from helpers.models.statistics.intervals import wilson_bounds
from helpers.simulation import catalogue, events
from helpers.simulation.engagement_settings import Events, Process, Reaction
from tests.simulation.families import (
    Z90,
    Made,
    assert_nine_in_ten,
    assert_refused,
    assert_sound,
    long_lived,
    made,
    over_seeds,
)

SETTINGS = Events()
WEEK = pd.Timedelta(weeks=1)
END = pd.Timestamp("2025-01-01")


def drawn(seed: int, settings: Events = SETTINGS, customer_count: int = 400) -> Made:
    return made(events, long_lived(seed, customer_count=customer_count, events=settings))


@pytest.fixture(scope="module")
def one() -> Made:
    return drawn(1)


def by_week(found: Made, kind: str, *, since: pd.Series, weeks: range) -> pd.DataFrame:
    """Events of a kind by whole week since an instant of each customer, and the activity of those who were there.

    `since` has an entry per customer; NaT leaves the customer out. A row is a week: `week`, `count`, `activity`.
    """
    table = found.tables["events"].query("kind == @kind")
    passed = np.floor((table["at"] - table["customer_id"].map(since)) / WEEK).dropna().astype(int)
    counts = passed.value_counts().reindex(weeks, fill_value=0).to_numpy()
    truth = found.truth["activity"].set_index("customer_id")
    known = since.dropna().index
    joined = pd.Series(found.people.joined_at, index=found.people.customer_id)[known]
    over = truth.loc[known, "turn_at"].fillna(END)
    first, last = (joined - since[known]) / WEEK, (over - since[known]) / WEEK
    activity = truth.loc[known, "activity"].to_numpy()
    seen = [np.clip(np.minimum(last, week + 1) - np.maximum(first, week), 0, 1) @ activity for week in weeks]
    return pd.DataFrame({"week": list(weeks), "count": counts, "activity": seen})


def onset_of(found: Made, pattern: str) -> pd.Series:
    """Onset of the customers of a pattern who lived eight weeks before it: by customer."""
    truth = found.truth["activity"].set_index("customer_id")
    joined = pd.Series(found.people.joined_at, index=found.people.customer_id)
    long_enough = truth["onset_at"] - joined > 8 * WEEK
    return truth["onset_at"].where((truth["pattern"] == pattern) & long_enough)


def poisson_bounds(count: float) -> np.ndarray:
    return np.array([chi2.ppf(0.05, 2 * count) if count else 0.0, chi2.ppf(0.95, 2 * count + 2)]) / 2


def test_tables_are_sound():
    assert_sound(events, long_lived(customer_count=200), "events")


def test_every_kind_occurs_and_rows_follow_time(one):
    table = one.tables["events"]
    assert set(table["kind"]) == set(SETTINGS.kinds) == set("visit view cart open click follow share unfollow".split())
    assert table.sort_values(["customer_id", "at"], kind="stable").index.equals(table.index)


def test_patterns_are_told_apart_by_death(one):
    truth = one.truth["activity"]
    assert list(truth["customer_id"]) == list(one.people.customer_id)
    is_dead = ~np.isnat(one.people.dies_at)
    assert (truth["pattern"].isin(["declining", "sudden"]) == is_dead).all()
    assert set(truth["pattern"]) == {"steady", "declining", "sudden", "false alarm"}
    assert truth.loc[truth["pattern"] == "steady", ["onset_at", "turn_at"]].isna().all(axis=None)
    dies = pd.Series(one.people.dies_at)
    declining = truth["pattern"] == "declining"
    assert (truth["turn_at"] == dies)[is_dead].all()
    lasting = (truth["turn_at"] - truth["onset_at"])[declining]
    joined = pd.Series(one.people.joined_at)
    is_short = (dies - joined)[declining] < SETTINGS.onset_weeks * WEEK
    assert (lasting == SETTINGS.onset_weeks * WEEK)[~is_short].all()
    assert (truth["onset_at"] == joined)[declining][is_short].all()
    assert (truth["onset_at"] == dies)[truth["pattern"] == "sudden"].all()
    alarms = truth[truth["pattern"] == "false alarm"]
    assert (alarms["turn_at"] - alarms["onset_at"] == SETTINGS.onset_weeks * WEEK).all()
    assert (alarms["turn_at"] <= END).all()


def test_shares_of_the_patterns_are_covered(part):
    def shares(seed):
        truth = drawn(seed, Events(processes=SETTINGS.processes[2:3], reactions=()), 1_500)
        pattern = truth.truth["activity"]["pattern"].value_counts()
        long_enough = END - pd.Series(truth.people.joined_at) >= 2 * SETTINGS.onset_weeks * WEEK
        alive = (np.isnat(truth.people.dies_at) & long_enough).sum()
        dying = pattern["declining"] + pattern["sudden"]
        low, high = wilson_bounds([pattern["declining"], pattern["false alarm"]], [dying, alive], level=0.9)
        return [low[0] <= SETTINGS.declining_share <= high[0], low[1] <= SETTINGS.false_alarm_share <= high[1]]

    assert_nine_in_ten(over_seeds(60 // part, shares))


@pytest.mark.parametrize("pattern", ["declining", "false alarm"])
def test_onset_and_slope_of_the_decline_are_covered(pattern, part):
    """A broken line: level before the onset and slope after it, Poisson with the customers' activity as exposure."""
    visit = SETTINGS.processes[0]
    busy = Events(
        processes=(Process("visit", 3.0, visit.slope_per_week, ("web",)), *SETTINGS.processes[1:2]),
        reactions=(),
        false_alarm_share=0.4,
    )
    slope = visit.slope_per_week
    # of a week from w to w + 1 after the onset the mean of exp(slope * time) is exp(slope * w) * (exp(slope) - 1) / slope
    within = np.log(np.expm1(slope) / slope)

    def line(seed):
        found = drawn(seed, busy)
        weeks = by_week(found, "visit", since=onset_of(found, pattern), weeks=range(-8, 8))
        after = np.maximum(weeks["week"], 0)
        offset = np.log(weeks["activity"]) + np.where(weeks["week"] >= 0, within, 0.0)
        design = np.column_stack([np.ones(len(weeks)), after])
        fitted = sm.GLM(weeks["count"], design, family=sm.families.Poisson(), offset=offset).fit()
        truth = np.array([np.log(3.0), slope])
        return np.abs(fitted.params - truth) <= Z90 * fitted.bse

    assert_nine_in_ten(over_seeds(60 // part, line))


def test_mean_rates_before_and_after_the_onset_are_what_they_are():
    """Pooled over companies: in the 8 weeks before the onset the base rate, in each week after it what the slope says."""
    weeks = []
    for seed in range(1, 13):
        found = drawn(seed)
        weeks.append(by_week(found, "visit", since=onset_of(found, "declining"), weeks=range(-8, 8)))
    pooled = pd.concat(weeks).groupby("week").sum()
    slope = SETTINGS.processes[0].slope_per_week
    factor = np.where(pooled.index < 0, 1.0, np.exp(slope * pooled.index) * np.expm1(slope) / slope)
    expected = SETTINGS.processes[0].rate_per_week * factor * pooled["activity"]
    score = (pooled["count"] - expected) / np.sqrt(expected)
    assert np.abs(score).max() < 3.5
    assert (score**2).sum() < chi2.ppf(0.999, len(score))
    rate = pooled["count"] / pooled["activity"]
    assert rate.loc[7] < 0.35 * rate.loc[-8:-1].mean()


@pytest.mark.parametrize("pattern", ["sudden", "steady"])
def test_who_never_declines_does_not(pattern):
    weeks = []
    for seed in range(1, 13):
        found = drawn(seed)
        truth = found.truth["activity"].set_index("customer_id")
        joined = pd.Series(found.people.joined_at, index=found.people.customer_id)
        over = truth["turn_at"].fillna(END)
        chosen = over.where((truth["pattern"] == pattern) & (over - joined > 8 * WEEK))
        weeks.append(by_week(found, "visit", since=chosen, weeks=range(-8, 0)))
    pooled = pd.concat(weeks).groupby("week").sum()
    expected = SETTINGS.processes[0].rate_per_week * pooled["activity"]
    score = (pooled["count"] - expected) / np.sqrt(expected)
    assert (score**2).sum() < chi2.ppf(0.999, len(score))


def test_rates_of_all_processes_are_covered(part):
    """In the steady phase of all customers: counts are Poisson, given the activities."""

    def rates(seed):
        found = drawn(seed)
        truth = found.truth["activity"].set_index("customer_id")
        joined = pd.Series(found.people.joined_at, index=found.people.customer_id)
        onset = truth["onset_at"].fillna(END)
        exposure = ((onset - joined) / WEEK) @ truth["activity"]
        table = found.tables["events"]
        early = table[table["at"] < table["customer_id"].map(onset)]
        for process in SETTINGS.processes:
            low, high = poisson_bounds((early["kind"] == process.kind).sum()) / exposure
            yield low <= process.rate_per_week <= high

    assert_nine_in_ten(over_seeds(40 // part, rates))


def test_activities_are_gamma_with_mean_one():
    activity = drawn(1, Events(processes=SETTINGS.processes[2:3], reactions=()), 8_000).truth["activity"]["activity"]
    assert activity.mean() == pytest.approx(1, abs=0.03)
    assert activity.var() == pytest.approx(1 / SETTINGS.activity_shape, rel=0.1)


def test_after_death_there_is_little_left():
    found = [drawn(seed, Events(after_death_factor=factor)) for seed, factor in ((1, 0.0), (2, 0.2))]
    for each in found:
        dies = pd.Series(each.people.dies_at, index=each.people.customer_id)
        visits = each.tables["events"].query("kind == 'visit'")
        late = visits["at"] >= visits["customer_id"].map(dies)
        activity = each.truth["activity"]["activity"].to_numpy()
        exposure = np.nansum(((END - dies) / WEEK).to_numpy() * activity)
        expected = exposure * 0.6 * each.company.events.after_death_factor
        assert abs(late.sum() - expected) <= 4 * np.sqrt(expected)


def test_reactions_follow_on_their_cause():
    found = drawn(5, customer_count=1_500)
    table = found.tables["events"]
    counts = table["kind"].value_counts()
    for reaction in SETTINGS.reactions:
        mean = counts[reaction.kind] / counts[reaction.after]
        assert mean == pytest.approx(reaction.mean_count, abs=4 * np.sqrt(reaction.mean_count / counts[reaction.after]))
    sessions = table[table["session_id"].notna()]
    assert set(sessions["kind"]) == {"visit", "view", "cart"}
    assert sessions.groupby("session_id")["customer_id"].nunique().max() == 1
    assert sessions.groupby("session_id")["channel"].nunique().max() == 1
    first = sessions[sessions["kind"] == "visit"].set_index("session_id")["at"]
    assert first.index.is_unique
    delay = (sessions["at"] - sessions["session_id"].map(first))[sessions["kind"] == "view"] / pd.Timedelta(minutes=1)
    assert delay.min() >= 0
    assert delay.mean() == pytest.approx(3.0, rel=0.05)


def test_products_are_of_the_catalogue_and_carts_hold_what_was_viewed(one):
    table = one.tables["events"]
    known = set(catalogue.products(one.company.catalogue)["product_id"])
    about = table.dropna(subset="product_id")
    assert set(about["kind"]) == {"view", "cart"}
    assert set(about["product_id"]) == known
    viewed = set(map(tuple, table.loc[table["kind"] == "view", ["session_id", "product_id"]].to_numpy()))
    carts = set(map(tuple, table.loc[table["kind"] == "cart", ["session_id", "product_id"]].to_numpy()))
    assert carts <= viewed


def test_another_kind_can_be_added_and_rises_where_its_slope_says():
    rising = Events(processes=(Process("complain", 2.0, 0.3, ("phone",)),), reactions=())
    found = drawn(3, rising, 800)
    weeks = by_week(found, "complain", since=onset_of(found, "declining"), weeks=range(-8, 8))
    rate = weeks["count"] / weeks["activity"]
    assert rate[weeks["week"] == 7].item() > 3 * rate[weeks["week"] < 0].mean()
    flat = drawn(3, Events(processes=(Process("complain", 2.0, 0.0, ("phone",)),), reactions=()), 800)
    weeks = by_week(flat, "complain", since=onset_of(flat, "declining"), weeks=range(8))
    assert (weeks["count"] / weeks["activity"]).mean() == pytest.approx(2.0, rel=0.1)


def test_a_reaction_to_nothing_is_refused():
    wrong = (Reaction("cart", "view", 0.1, 1.0), Reaction("view", "visit", 1.0, 1.0))
    assert_refused(Events, "'cart' must follow on a kind before it, found 'view'", reactions=wrong)
