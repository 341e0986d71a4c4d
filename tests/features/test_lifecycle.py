"""Lifecycle stages: every edge on hand-made timelines, classes by hand, and the claim against simulated and real pasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import exp
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.features import comeback, lifecycle
from helpers.features.frames import fetch
from helpers.models.statistics.intervals import wilson
from helpers.simulation.company import simulate
from helpers.simulation.sales_settings import Channel, Customers, Purchases
from helpers.simulation.settings import Company
from tests.features.buying_days import days_of

RULE = lifecycle.Rule(comeback_days=182, slipping_share=0.5, lapsed_share=0.1, loyal_purchase_count=4)
START = date(2023, 1, 1)
CROWD = [
    (f"z{who}", day)
    for who in range(360)
    for day in (np.cumsum([who % 60, 9, 12, 10, 8, 11])[: 1 + who // 60] - 200).tolist()
]
"""Sixty who came once, sixty twice ... sixty six times, about every ten days, until 90 days before START or longer ago."""


@pytest.fixture
def at(make_orders: Any) -> Any:
    """The stages of hand-made timelines, (customer, day number) each, at the end of a day; by customer."""

    def stages(timeline: list[tuple[str, int]], day: int, customers: Any = None) -> dict[str, dict[str, Any]]:
        rows = [(who, (START + timedelta(days=int(number))).isoformat(), "5") for who, number in timeline]
        found = lifecycle.stages(days_of(make_orders(rows)), customers, as_of=START + timedelta(days=day), rule=RULE)
        return {row["customer_id"]: row for row in found.to_pyarrow().to_pylist()}

    return stages


def counted(days: ibis.Table, *, as_of: date) -> pd.DataFrame:
    """The pauses of all customers by class of rhythm, counted."""
    every = lifecycle._classed(lifecycle._known_pauses(days, as_of=as_of), [], count=1)
    return fetch(lifecycle._counted(every, []))


def ann(*days: int) -> list[tuple[str, int]]:
    return CROWD + [("ann", day) for day in days]


def stage_on(at: Any, timeline: list[tuple[str, int]], day: int) -> str:
    return at(timeline, day)["ann"]["stage"]


def test_every_edge_of_a_life(at: Any):
    bought, told = (0, 10, 21, 30), set()
    lives = {(count, away): bought[:count] for count in (1, 2, 3, 4) for away in range(0, 60, 2)}
    timeline = [(str(key), 60 - key[1] - days[-1] + day) for key, days in lives.items() for day in days]
    found = at(CROWD + timeline, 60)
    for count, expected in enumerate(["new", "repeat", "repeat", "loyal"], start=1):
        seen = [found[str(key)] for key in lives if key[0] == count]
        stages = [row["stage"] for row in seen]
        assert stages == sorted(stages, key=[expected, "slipping", "lapsed"].index), "never back without a purchase"
        assert (stages[0], stages[-1]) == (expected, "lapsed")
        for row in seen:
            away = row["days_since_last"]
            stage = "lapsed" if away > row["limit_days"] else "slipping" if away > row["slipping_days"] else expected
            assert (row["stage"], row["is_dormant"], row["purchase_count"]) == (stage, stage == "lapsed", count), away
            assert row["due_on"] == START + timedelta(days=60 - away + row["limit_days"])
            told.add(stage)
    assert "slipping" in told


def test_who_comes_back_after_the_limit_has_returned_until_the_next_purchase(at: Any):
    late = 200
    assert stage_on(at, ann(0, 10, 20), late) == "lapsed"
    assert stage_on(at, ann(0, 10, 20, 29), 29) == "loyal"
    back = at(ann(0, 10, 20, late), late)["ann"]
    assert (back["stage"], back["was_dormant"]) == ("returned", True)
    gone = at(ann(0, 10, 20, late), late + 300)["ann"]
    assert (gone["stage"], gone["was_dormant"]) == ("lapsed", True)
    assert stage_on(at, ann(0, 10, 20, late, late + 5), late + 5) == "loyal"


def test_the_limit_of_the_latest_pause_is_that_of_the_class_then(make_orders: Any):
    late = [(f"late{number}", day) for number in range(1, 9) for day in (0, 10, 20, 14 + 15 * number)]
    made = [(who, (START + timedelta(days=int(day))).isoformat(), "5") for who, day in CROWD + late]
    days, as_of = days_of(make_orders(made)), START + timedelta(days=150)
    found = fetch(lifecycle.stages(days, as_of=as_of, rule=RULE)).set_index("customer_id")["was_dormant"]
    limits = comeback.limits(
        comeback.learn(counted(days, as_of=as_of)),
        horizon_days=182, slipping_share=0.5, lapsed_share=0.1,
    ).set_index("rhythm_class")["limit_days"]  # fmt: skip
    own = gaps_of(made, as_of)
    expected = {who: bool(gaps[-1] > limits[class_of(gaps[:-1], own)]) for who, gaps in own.items() if gaps}
    assert found[list(expected)].to_dict() == expected
    assert [expected[f"late{number}"] for number in (1, 8)] == [False, True]


def test_a_second_purchase_long_after_the_first_is_a_return_too(at: Any):
    assert stage_on(at, ann(0, 10), 10) == "repeat"
    assert stage_on(at, ann(0, 300), 300) == "returned"


def test_the_own_rhythm_decides_and_few_pauses_are_shrunk(at: Any):
    slow = [("slow", 50 * number) for number in range(8)]
    once = [("once", 300), ("once", 350)]
    found = at(ann(350) + slow + once, 350)
    assert 10 < found["once"]["usual_gap_days"] < found["slow"]["usual_gap_days"] < 50
    assert found["z0"]["stage"] == "lapsed"
    later = at(ann(*range(280, 351, 10)) + slow, 400)
    assert later["slow"]["days_since_last"] == later["ann"]["days_since_last"] == 50
    assert later["slow"]["comeback_share"] > later["ann"]["comeback_share"]


def test_two_orders_on_a_day_are_one_purchase(at: Any):
    once, twice = at(ann(0, 10), 15), at(ann(0, 0, 10, 10), 15)
    assert once == twice


def test_prospects_are_customers_without_an_order_by_then(at: Any, connection: Any):
    known = {"customer_id": ["ann", "bea", "cyd", "dan", "eve"], "first_seen_on": [None, None, *[START] * 3]}
    known["first_seen_on"][3:] = [START + timedelta(days=41), START + timedelta(days=40)]
    table = connection.create_table(ibis.util.gen_name("customers"), pd.DataFrame(known))
    table = table.mutate(first_seen_on=table.first_seen_on.cast("date"))
    found = at(ann(5) + [("cyd", 41), ("new", 40)], 40, table)
    assert {who: row["stage"] for who, row in found.items() if not who.startswith("z")} == {
        "ann": "lapsed", "new": "new", "bea": "prospect", "cyd": "prospect", "eve": "prospect",
    }  # fmt: skip
    bea = found["bea"]
    assert (bea["purchase_count"], bea["is_dormant"], bea["was_dormant"]) == (0, False, False)
    missing = ("days_since_last", "comeback_share", "limit_days", "slipping_days", "due_on")
    assert all(bea[name] is None for name in missing)
    assert {who for who in at(ann(5), 40) if not who.startswith("z")} == {"ann"}, "no table, no prospects"
    assert at(ann(5), 40, table.drop("first_seen_on"))["dan"]["stage"] == "prospect"


def test_without_any_pause_nobody_is_judged(at: Any):
    found = at([("ann", 0), ("bob", 3), ("bob", 3)], 5000)
    assert {row["stage"] for row in found.values()} == {"new"}
    missing = ("limit_days", "slipping_days", "comeback_share", "usual_gap_days", "due_on")
    assert all(row[name] is None for row in found.values() for name in missing)
    assert not any(row["is_dormant"] for row in found.values())


def test_nobody_at_all(at: Any, make_orders: Any):
    assert at([("ann", 5)], 4) == {}
    days = days_of(make_orders([("ann", "2024-01-02", "1")]))
    empty = fetch(lifecycle._rhythm(lifecycle._pauses(days, as_of=date(2024, 1, 1)), []))
    assert empty[["customer_count", "pause_count"]].to_numpy().tolist() == [[0, 0]]
    assert empty.drop(columns=["customer_count", "pause_count"]).isna().all(axis=None)


def test_order_of_rows_later_rows_and_currency_change_nothing(make_orders: Any, random_rows: Any):
    made, as_of = random_rows(seed=4, count=600), date(2024, 6, 30)
    later = [(who, f"2024-{7 + n % 6:02d}-01", "5") for n, (who, _, _) in enumerate(made[:80])]
    scaled = [(who, moment, f"{100 * float(amount):.0f}") for who, moment, amount in made]

    def table(rows: list[Any]) -> Any:
        return lifecycle.stages(days_of(make_orders(rows)), as_of=as_of, rule=RULE).order_by("customer_id").to_pyarrow()

    expected = table(made)
    assert len(expected) == len({who for who, moment, _ in made if datetime.fromisoformat(moment).date() <= as_of})
    for other in (made[::-1], made + later, scaled):
        assert table(other).equals(expected)
    days = lifecycle.stages(
        days_of(make_orders(made).mutate(ordered_at=ibis._.ordered_at.date())), as_of=as_of, rule=RULE
    ).order_by("customer_id")
    assert days.to_pyarrow().equals(expected)


def gaps_of(made: list[Any], as_of: date) -> dict[str, list[int]]:
    """The pauses of each customer of hand-made rows, in days, by customer."""
    gaps: dict[str, list[int]] = {}
    for who in sorted({row[0] for row in made}):
        days = sorted({date.fromisoformat(moment[:10]) for name, moment, _ in made if name == who})
        days = [day for day in days if day <= as_of]
        if days:
            gaps[who] = [(b - a).days for a, b in pairwise(days)]
    return gaps


def rhythm_of(pauses: dict[str, list[int]]) -> tuple[float, float, float]:
    """Everybody's mean logarithm and its variances within and between customers, by the formulas."""
    logs = [np.log(own) for own in pauses.values() if own]
    means, counts = np.array([own.mean() for own in logs]), np.array([len(own) for own in logs])
    around = sum(float(((own - own.mean()) ** 2).sum()) for own in logs)
    within = (around + 10 * np.pi**2 / 6) / (counts.sum() - len(logs) + 10)
    noise = within * (1 / counts).sum() * (1 - 1 / len(logs))
    between = max(0.0, (((means - means.mean()) ** 2).sum() - noise + 10) / (len(logs) - 1 + 10))
    return float(means.mean()), float(within), float(between)


def usual_gap(own: list[int], everybody: dict[str, list[int]]) -> float:
    mean, within, between = rhythm_of(everybody)
    return exp((within * mean + between * np.log(own).sum()) / (within + between * len(own)))


def class_of(own: list[int], everybody: dict[str, list[int]]) -> int:
    """The class of rhythm of a customer with these pauses behind them, by the words of the docstring."""
    if not own:
        return 0
    purchases = sum(len(own) >= start for start in (1, 2, 4, 8, 16))
    return 100 * purchases + int(np.clip(round(2 * np.log2(usual_gap(own, everybody))), 0, 24))


def test_the_expression_agrees_with_the_formulas(make_orders: Any, random_rows: Any):
    made, as_of = random_rows(seed=5, count=400), date(2024, 6, 30)
    days, own = days_of(make_orders(made)), gaps_of(made, as_of)
    every = lifecycle._known_pauses(days, as_of=as_of)
    rhythm = fetch(lifecycle._rhythm(every.filter(every.is_open), [])).iloc[0]
    names = ["mean_logarithm", "within_variance", "between_variance"]
    assert rhythm[names].tolist() == pytest.approx(rhythm_of(own), rel=1e-2)
    found = fetch(lifecycle.stages(days, as_of=as_of, rule=RULE)).set_index("customer_id")
    curves = comeback.learn(counted(days, as_of=as_of))
    for who, gaps in own.items():
        assert found.loc[who, "usual_gap_days"] == pytest.approx(usual_gap(gaps, own), rel=1e-2), who
        away = [found.loc[who, "days_since_last"]]
        expected = comeback.chances(curves, [class_of(gaps, own)], away, horizon_days=182)
        assert found.loc[who, "comeback_share"] == pytest.approx(expected[0], rel=1e-9), who


def test_pauses_are_counted_in_the_class_of_their_first_day(make_orders: Any):
    rows = [
        ("ann", "2024-01-01", "1"),
        ("ann", "2024-01-09", "1"),
        ("ann", "2024-02-10", "1"),
        ("bob", "2024-02-01", "1"),
    ]
    as_of = date(2024, 3, 1)
    found = counted(days_of(make_orders(rows)), as_of=as_of)
    own = {"ann": [8, 32], "bob": []}
    assert sorted(found.itertuples(index=False, name=None)) == sorted(
        [
            (0, 8, False, 1),
            (0, 29, True, 1),
            (class_of([8], own), 32, False, 1),
            (class_of([8, 32], own), 20, True, 1),
        ]
    )


def test_what_came_of_them_by_hand(make_orders: Any):
    rows = [
        ("ann", "2024-01-01", "1"),
        ("ann", "2024-01-09", "1"),
        ("bob", "2024-01-02", "1"),
        ("cyd", "2024-01-03", "1"),
    ]
    rows += [("bob", "2024-01-10", "1"), ("bob", "2024-01-11", "1")]  # the last day of the horizon, once and again
    rows += [("cyd", "2024-01-12", "1"), ("dan", "2024-01-10", "1")]  # a day after it; not yet a customer
    rule = lifecycle.Rule(comeback_days=2, slipping_share=0.01, lapsed_share=0.01, loyal_purchase_count=4)
    days, on = days_of(make_orders(rows)), date(2024, 1, 9)
    told = fetch(lifecycle.comebacks(days, made_on=[on], rule=rule)).set_index("stage")
    assert told[["is_once", "customer_count", "back_count"]].to_dict("index") == {
        "new": {"is_once": True, "customer_count": 2, "back_count": 1},
        "repeat": {"is_once": False, "customer_count": 1, "back_count": 0},
    }
    shares = fetch(lifecycle.stages(days, as_of=on, rule=rule)).groupby("stage")["comeback_share"].sum()
    assert told["expected_count"].to_dict() == pytest.approx(shares.to_dict(), abs=1e-5)


def test_several_days_are_told_of_as_each_alone(cdnow: ibis.Table):
    days, keys = days_of(cdnow), ["stage", "is_once"]
    made_on = [date(1997, 12, 30), date(1997, 9, 30)]  # the horizons overlap, and the later day comes first
    together = fetch(lifecycle.comebacks(days, made_on=made_on, rule=RULE))
    for on in made_on:
        alone = fetch(lifecycle.comebacks(days, made_on=[on], rule=RULE)).sort_values(keys, ignore_index=True)
        part = together[together["on"] == pd.Timestamp(on)].sort_values(keys, ignore_index=True)
        pd.testing.assert_frame_equal(part, alone)


@pytest.mark.parametrize("shares", [(0.0, 0.5), (0.5, 1.0)])
def test_shares_beyond_their_range_are_refused(shares: tuple[float, float]):
    with pytest.raises(ValueError, match="must lie between 0 and 1, found"):
        lifecycle.Rule(comeback_days=91, slipping_share=shares[0], lapsed_share=shares[1], loyal_purchase_count=4)


def test_a_horizon_of_no_day_and_loyal_from_the_second_day_on_are_refused():
    with pytest.raises(ValueError, match="comeback_days must be 1 or more, found 0"):
        lifecycle.Rule(comeback_days=0, slipping_share=0.5, lapsed_share=0.1, loyal_purchase_count=4)
    with pytest.raises(ValueError, match="loyal_purchase_count must be 3 or more, found 2"):
        lifecycle.Rule(comeback_days=91, slipping_share=0.5, lapsed_share=0.1, loyal_purchase_count=2)


# ---- the claim: of those called lapsed, at most one in ten comes back within the horizon


def assert_kept(days: ibis.Table, *, on: date, at_least: int = 0, rule: lifecycle.Rule = RULE) -> None:
    """The claim was kept on a day: no more came back than the interval of the claimed share allows."""
    told = (
        fetch(lifecycle.comebacks(days, made_on=[on], rule=rule))
        .groupby("stage")[["customer_count", "back_count"]]
        .sum()
    )
    told = told.reindex(["lapsed"], fill_value=0)
    called, back = (int(told[name].iloc[0]) for name in ("customer_count", "back_count"))
    assert called >= at_least
    assert not called or wilson(back, called, level=0.95).low <= rule.lapsed_share, f"{back} of {called} on {on}"


@pytest.mark.parametrize(("on", "at_least"), [(date(1997, 9, 30), 0), (date(1997, 12, 30), 10_000)])
def test_the_lapsed_of_cdnow_stay_away(cdnow: ibis.Table, on: date, at_least: int):
    assert_kept(days_of(cdnow), on=on, at_least=at_least)


def test_one_busy_month_turns_no_stage_over(cdnow: ibis.Table):
    """In March 1998 many of CDNOW's customers came back at once, all after about the same pause."""
    days = days_of(cdnow)
    shares = []
    for on in (date(1998, 2, 28), date(1998, 3, 31), date(1998, 4, 30)):
        stage = fetch(lifecycle.stages(days, as_of=on, rule=RULE)).groupby("stage").size()
        shares.append(stage["lapsed"] / stage.sum())
    assert max(shares) < 1.1 * min(shares), shares


@pytest.mark.parametrize("on", [date(2017, 4, 2), date(2017, 7, 2)])
def test_households_that_go_on_buying_are_not_called_lapsed(journey: ibis.Table, on: date):
    assert_kept(days_of(journey), on=on)


@pytest.mark.parametrize(("on", "at_least"), [(date(2011, 3, 11), 90), (date(2011, 6, 10), 600)])
def test_the_lapsed_of_online_retail_stay_away(connection: Any, online_retail: Path, on: date, at_least: int):
    """So young, the data call nobody lapsed at one in ten; they do at one in five."""
    lines = connection.read_parquet(str(online_retail / "*.parquet"))
    sold = lines.filter(lines.CustomerID.notnull() & ~lines.InvoiceNo.cast("string").startswith("C"))
    days = sold.select(customer_id=sold.CustomerID.cast("string"), purchased_on=sold.InvoiceDate.date()).distinct()
    assert_kept(days, on=on)
    assert_kept(days, on=on, at_least=at_least, rule=replace(RULE, lapsed_share=0.2))


def test_the_lapsed_of_the_demo_company_stay_away(connection: Any):
    made = simulate(Company(), tables=["orders"])
    days = days_of(connection.create_table(ibis.util.gen_name("orders"), made.tables["orders"]))
    for ago in (182, 273):
        assert_kept(days, on=Company().end - timedelta(days=ago), at_least=1000)


@pytest.mark.parametrize(
    ("shape", "mean_days", "spread"), [(1.0, 40, 1.5), (4.0, 40, 1.5), (50.0, 40, 1.5), (4.0, 150, 1.5), (1.0, 40, 0.5)]
)
def test_where_nobody_leaves_few_are_called_lapsed(connection: Any, shape: float, mean_days: int, spread: float):
    # rates differ by a Gamma distribution, pauses have one of their own; today's customers came over two years
    rng, count = np.random.default_rng(11), 2000
    rate = rng.gamma(spread, 1 / spread, count)[:, None] / mean_days
    pauses = rng.gamma(shape, 1 / shape, (count, 300)) / rate
    at = rng.uniform(0, 730, (count, 1)) + np.cumsum(np.insert(pauses, 0, 0.0, axis=1), axis=1)
    row, column = np.nonzero(at <= 730)
    day = np.datetime64(START) + at[row, column].astype("timedelta64[D]")
    frame = pd.DataFrame({"customer_id": row, "purchased_on": day.astype("datetime64[s]")})
    table = connection.create_table(ibis.util.gen_name("days"), frame.drop_duplicates())
    days = table.mutate(customer_id=table.customer_id.cast("string"), purchased_on=table.purchased_on.cast("date"))
    found = fetch(lifecycle.stages(days, as_of=START + timedelta(days=730), rule=RULE))
    assert len(found) > 1500
    assert found["is_dormant"].mean() <= 0.05


# ---- against the truth: half buy weekly, half every ten weeks, and leave at some time


def two_speed(seed: int, *, weeks: float) -> Company:
    plain = Customers(
        channels=(Channel("all", 1.0),), growth_per_year=0.0, satisfaction_dropout_effect=0.0,
        satisfaction_spend_effect=0.0, incident_rate_per_year=0.0,
    )  # fmt: skip
    buys = Purchases(
        weekly_share=0.5, weekly_shape=200.0, r=200.0, alpha_weeks=2000.0, s=2.0, beta_weeks=weeks,
        months=(1.0,) * 12, weekdays=(1.0,) * 7, hours=(1.0,) * 24,
    )  # fmt: skip
    return Company(seed=seed, customer_count=2000, customers=plain, purchases=buys)


def f1(truth: Any, said: Any) -> float:
    return 2 * float((truth & said).sum()) / float(truth.sum() + said.sum())


def judged(connection: Any, company: Company, rule: lifecycle.Rule) -> pd.DataFrame:
    made = simulate(company, tables=["orders", "customers"])
    orders = connection.create_table(ibis.util.gen_name("orders"), made.tables["orders"])
    found = fetch(lifecycle.stages(days_of(orders), as_of=company.end, rule=rule).order_by("customer_id"))
    truth = made.truth.frames["customers"]["customers"].sort_values("customer_id")
    found["has_left"] = ~truth["is_alive"].to_numpy(dtype=bool)
    first = truth["joined_on"].to_numpy().astype("datetime64[D]")
    found["age_weeks"] = (np.datetime64(company.end) - first).astype(int) / 7
    found["recency_weeks"] = found["age_weeks"] - found["days_since_last"].to_numpy(dtype=float) / 7
    return found


def alive(found: pd.DataFrame, fitter: Any) -> np.ndarray:
    frequency = found["purchase_count"] - 1
    fitter.fit(frequency, found["recency_weeks"], found["age_weeks"])
    return np.nan_to_num(
        fitter.conditional_probability_alive(frequency, found["recency_weeks"], found["age_weeks"]), nan=1.0
    )


@pytest.mark.parametrize(
    ("seed", "weeks", "best", "fitters"),
    [
        (1, 52.0, 0.936, ("BetaGeoFitter", "ModifiedBetaGeoFitter", "ParetoNBDFitter")),
        (2, 52.0, 0.936, ("BetaGeoFitter", "ModifiedBetaGeoFitter")),
        (3, 104.0, 0.884, ("BetaGeoFitter", "ModifiedBetaGeoFitter")),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_who_is_rather_gone_than_not_is_told_better_than_by_windows_and_p_alive(
    connection: Any, seed: int, weeks: float, best: float, fitters: tuple[str, ...]
):
    # a cut that weighs both errors alike; `best` is what quantiles of own pauses that ended reached
    import lifetimes

    rule = lifecycle.Rule(comeback_days=182, slipping_share=0.5, lapsed_share=0.4, loyal_purchase_count=4)
    found = judged(connection, two_speed(seed, weeks=weeks), rule)
    own = f1(found["has_left"], found["is_dormant"])
    windows = {count: f1(found["has_left"], found["days_since_last"] > 7 * count) for count in range(4, 53)}
    assert own > max(*windows.values(), best)
    for name in fitters:
        rival = f1(found["has_left"], alive(found, getattr(lifetimes, name)(penalizer_coef=0.0)) < 0.5)
        assert own > rival - 0.02, name


def test_the_lapsed_of_two_speeds_have_left_and_stay_away(connection: Any):
    company = two_speed(1, weeks=52.0)
    found = judged(connection, company, RULE)
    assert found.loc[found["is_dormant"], "has_left"].mean() > 0.97
    assert found.loc[found["has_left"], "is_dormant"].mean() > 0.75
    made = simulate(company, tables=["orders"])
    days = days_of(connection.create_table(ibis.util.gen_name("orders"), made.tables["orders"]))
    for ago in (182, 273):
        assert_kept(days, on=company.end - timedelta(days=ago), at_least=100)


def test_cdnow_in_whole_numbers(cdnow: Any):
    found = fetch(lifecycle.stages(days_of(cdnow), as_of=date(1998, 6, 30), rule=RULE))
    assert len(found) == 23_570
    once = found[found["purchase_count"] == 1]
    assert len(once) == 12_054
    # the last first-time buyers came in the first quarter of 1997, and are judged by one curve: nobody is new
    assert once["limit_days"].nunique() == 1
    assert set(once["stage"]) == {"lapsed"}
