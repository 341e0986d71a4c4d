"""Lifecycle stages: every edge on hand-made timelines, the limit by hand and by simulation, and dormancy against truth."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from math import exp, log
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.stats import weibull_min

from helpers.features import lifecycle
from helpers.features.frames import fetch
from helpers.simulation.company import simulate
from helpers.simulation.sales_settings import Channel, Customers, Purchases
from helpers.simulation.settings import Company
from tests.features.buying_days import days_of

RULE = lifecycle.Rule(slipping_share=0.8, dormancy_share=0.975, loyal_purchase_count=4)
START = date(2023, 1, 1)
CROWD = [(f"z{who}", day) for who in range(200) for day in (np.cumsum([who % 60, 9, 12, 10, 8, 11]) - 200).tolist()]
"""Two hundred who came about every ten days, until 90 days before START: beside them one changes nobody's rhythm by a day."""


@pytest.fixture
def at(make_orders: Any) -> Any:
    """The stages of hand-made timelines, (customer, day number) each, at the end of a day; by customer."""

    def stages(timeline: list[tuple[str, int]], day: int, customers: Any = None) -> dict[str, dict[str, Any]]:
        rows = [(who, (START + timedelta(days=int(number))).isoformat(), "5") for who, number in timeline]
        found = lifecycle.stages(days_of(make_orders(rows)), customers, as_of=START + timedelta(days=day), rule=RULE)
        return {row["customer_id"]: row for row in found.to_pyarrow().to_pylist()}

    return stages


def ann(*days: int) -> list[tuple[str, int]]:
    return CROWD + [("ann", day) for day in days]


def stage_on(at: Any, timeline: list[tuple[str, int]], day: int) -> str:
    return at(timeline, day)["ann"]["stage"]


def test_one_pause_is_judged_as_if_purchases_came_at_random(at: Any):
    # without anything else the pause of 100 days is everybody's: exponential with the mean 100 e^0.5772 = 178.1 days
    found = at([("ann", 0), ("ann", 100)], 100)["ann"]
    assert found["slipping_days"] == round(178.1 * -log(0.2)) == 287
    assert found["limit_days"] == round(178.1 * -log(0.025)) == 657
    assert found["due_on"] == START + timedelta(days=757)
    assert found["usual_gap_days"] == pytest.approx(100, rel=5e-4)


def test_the_limit_is_the_quantile_of_a_weibull_distribution(at: Any):
    # four equal pauses of ten days: ten weights of pi^2/6 over 13 degrees of freedom, nothing from the pauses
    found = at([("ann", day) for day in (0, 10, 20, 30, 40)], 40)["ann"]
    shape = np.pi / np.sqrt(6 * (10 * np.pi**2 / 6 / 13))
    pauses = weibull_min(shape, scale=10 * exp(0.5772 / shape))
    assert found["slipping_days"] == round(pauses.ppf(0.8)) == 25
    assert found["limit_days"] == round(pauses.ppf(0.975)) == 52


def test_every_day_of_a_life(at: Any):
    bought = (0, 10, 21, 30)
    for count, expected in enumerate(["new", "repeat", "repeat", "loyal"], start=1):
        last = bought[count - 1]
        known = at(ann(*bought[:count]), last)["ann"]
        assert known["purchase_count"] == count
        slipping, limit = known["slipping_days"], known["limit_days"]
        assert 10 < slipping < limit < 40
        edges = [(0, expected), (slipping, expected), (slipping + 1, "slipping"), (limit, "slipping")]
        for away, stage in [*edges, (limit + 1, "lapsed")]:
            found = at(ann(*bought[:count]), last + away)["ann"]
            assert (found["stage"], found["is_dormant"]) == (stage, stage == "lapsed"), (count, away)
            assert (found["limit_days"], found["days_since_last"]) == (limit, away)
            assert found["due_on"] == START + timedelta(days=last + limit)


def test_who_comes_back_after_the_limit_has_returned_until_the_next_purchase(at: Any):
    limit = at(ann(0, 10, 20), 20)["ann"]["limit_days"]
    in_time, late = 20 + limit, 20 + limit + 1
    assert stage_on(at, ann(0, 10, 20), late) == "lapsed"
    assert stage_on(at, ann(0, 10, 20, in_time), in_time) == "loyal"
    assert stage_on(at, ann(0, 10, 20, late), late) == "returned"
    back = at(ann(0, 10, 20, late), late)["ann"]
    assert stage_on(at, ann(0, 10, 20, late), late + back["slipping_days"]) == "returned"
    assert stage_on(at, ann(0, 10, 20, late), late + back["slipping_days"] + 1) == "slipping"
    assert stage_on(at, ann(0, 10, 20, late), late + back["limit_days"] + 1) == "lapsed"
    assert at(ann(0, 10, 20, late), late + back["limit_days"] + 1)["ann"]["was_dormant"]
    assert stage_on(at, ann(0, 10, 20, late, late + 5), late + 5) == "loyal"


def test_a_second_purchase_long_after_the_first_is_a_return_too(at: Any):
    limit = at(ann(0), 0)["ann"]["limit_days"]
    assert stage_on(at, ann(0, limit), limit) == "repeat"
    assert stage_on(at, ann(0, limit + 1), limit + 1) == "returned"


def test_the_own_rhythm_decides_and_few_pauses_are_shrunk(at: Any):
    slow = [("slow", 50 * number) for number in range(8)]
    once = [("once", 300), ("once", 350)]
    found = at(ann(350) + slow + once, 350)
    limits = [found[who]["limit_days"] for who in ("ann", "once", "slow")]
    assert limits == sorted(set(limits)), "nobody's, one of 50 days, seven of 50 days"
    assert found["slow"]["usual_gap_days"] < 50
    assert found["z0"]["stage"] == "lapsed"
    later = at(ann(350) + slow, 400)
    assert (later["slow"]["stage"], later["ann"]["stage"]) == ("loyal", "lapsed"), "both 50 days after their last"


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
    assert all(bea[name] is None for name in ("days_since_last", "limit_days", "slipping_days", "due_on"))
    assert {who for who in at(ann(5), 40) if not who.startswith("z")} == {"ann"}, "no table, no prospects"
    assert at(ann(5), 40, table.drop("first_seen_on"))["dan"]["stage"] == "prospect"


def test_without_any_pause_nobody_is_judged(at: Any):
    found = at([("ann", 0), ("bob", 3), ("bob", 3)], 5000)
    assert {row["stage"] for row in found.values()} == {"new"}
    assert all(row["limit_days"] is None and row["is_dormant"] is False for row in found.values())


def test_nobody_at_all(at: Any, make_orders: Any):
    assert at([("ann", 5)], 4) == {}
    days = days_of(make_orders([("ann", "2024-01-02", "1")]))
    empty = fetch(lifecycle._rhythm(lifecycle._histories(days, as_of=date(2024, 1, 1))))
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


def test_the_expression_agrees_with_the_formulas(make_orders: Any, random_rows: Any):
    made, as_of = random_rows(seed=5, count=400), date(2024, 6, 30)
    orders = make_orders(made)
    pauses: dict[str, list[int]] = {}
    for who in sorted({row[0] for row in made}):
        days = sorted({date.fromisoformat(moment[:10]) for name, moment, _ in made if name == who})
        days = [day for day in days if day <= as_of]
        if days:
            pauses[who] = [(b - a).days for a, b in pairwise(days)]
    logs = [np.log(own) for own in pauses.values() if own]
    means, counts = np.array([own.mean() for own in logs]), np.array([len(own) for own in logs])
    around = sum(float(((own - own.mean()) ** 2).sum()) for own in logs)
    within = (around + 10 * np.pi**2 / 6) / (counts.sum() - len(logs) + 10)
    noise = within * (1 / counts).sum() * (1 - 1 / len(logs))
    between = max(0.0, (((means - means.mean()) ** 2).sum() - noise + 10) / (len(logs) - 1 + 10))
    rhythm = fetch(lifecycle._rhythm(lifecycle._histories(days_of(orders), as_of=as_of))).iloc[0]
    assert (rhythm["customer_count"], rhythm["pause_count"]) == (len(logs), counts.sum())
    assert rhythm["usual_gap_days"] == pytest.approx(exp(means.mean()), rel=1e-3)
    assert rhythm["within_variance"] == pytest.approx(within, rel=1e-3)
    assert rhythm["between_variance"] == pytest.approx(between, rel=1e-2)
    found = fetch(lifecycle.stages(days_of(orders), as_of=as_of, rule=RULE)).set_index("customer_id")
    shape = np.pi / np.sqrt(6 * within)
    for who, own in pauses.items():
        mean = (within * means.mean() + between * np.log(own).sum()) / (within + between * len(own))
        limit = weibull_min(shape, scale=exp(mean + 0.5772 / shape)).ppf(0.975)
        assert found.loc[who, "limit_days"] == pytest.approx(limit, abs=1), who


def test_the_share_is_that_of_pauses(make_orders: Any):
    # nobody leaves: of all next pauses, one in forty is beyond the limit its customer had, and one in five slipping
    rng, rows, due = np.random.default_rng(3), [], {}
    for who in range(500):
        ends = np.cumsum(np.ceil(rng.exponential(rng.lognormal(3.5, 0.7), 16)))
        rows += [(f"c{who}", (START + timedelta(days=int(day))).isoformat(), "1") for day in ends[:-1]]
        due[f"c{who}"] = ends[-1] - ends[-2]
    found = fetch(lifecycle.stages(days_of(make_orders(rows)), as_of=date(2040, 1, 1), rule=RULE)).set_index(
        "customer_id"
    )
    pause = pd.Series(due).reindex(found.index)
    # four standard errors of a share of 500
    assert (pause > found["limit_days"]).mean() == pytest.approx(0.025, abs=4 * np.sqrt(0.025 * 0.975 / 500))
    assert (pause > found["slipping_days"]).mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / 500))


@pytest.mark.parametrize("shares", [(0.975, 0.8), (0.8, 0.8), (0.0, 0.5), (0.5, 1.0)])
def test_shares_that_do_not_rise_are_refused(shares: tuple[float, float]):
    with pytest.raises(ValueError, match="must rise between 0 and 1, found"):
        lifecycle.Rule(slipping_share=shares[0], dormancy_share=shares[1], loyal_purchase_count=4)


def test_loyal_from_the_second_day_on_is_refused():
    with pytest.raises(ValueError, match="loyal_purchase_count must be 3 or more, found 2"):
        lifecycle.Rule(slipping_share=0.8, dormancy_share=0.975, loyal_purchase_count=2)


# ---- dormancy against the truth: half buy weekly, half every ten weeks, and leave at some time


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


def judged(connection: Any, company: Company) -> pd.DataFrame:
    made = simulate(company, tables=["orders", "customers"])
    orders = connection.create_table(ibis.util.gen_name("orders"), made.tables["orders"])
    found = fetch(lifecycle.stages(days_of(orders), as_of=company.end, rule=RULE).order_by("customer_id"))
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
    ("seed", "weeks", "fitters"),
    [
        (1, 52.0, ("BetaGeoFitter", "ModifiedBetaGeoFitter", "ParetoNBDFitter")),
        (2, 52.0, ("BetaGeoFitter", "ModifiedBetaGeoFitter")),
        (3, 104.0, ("BetaGeoFitter", "ModifiedBetaGeoFitter")),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_the_own_rhythm_beats_every_window_and_keeps_up_with_p_alive(
    connection: Any, seed: int, weeks: float, fitters: tuple[str, ...]
):
    import lifetimes

    found = judged(connection, two_speed(seed, weeks=weeks))
    own = f1(found["has_left"], found["is_dormant"])
    windows = {count: f1(found["has_left"], found["days_since_last"] > 7 * count) for count in range(4, 53)}
    assert own > max(windows.values())
    for name in fitters:
        rival = f1(found["has_left"], alive(found, getattr(lifetimes, name)(penalizer_coef=0.0)) < 0.5)
        assert own > rival - 0.02, name


def test_cdnow_in_whole_numbers(cdnow: Any):
    found = fetch(lifecycle.stages(days_of(cdnow), as_of=date(1998, 6, 30), rule=RULE))
    assert len(found) == 23_570
    assert (found["purchase_count"] == 1).sum() == 12_054
    assert found.loc[found["purchase_count"] == 1, "limit_days"].nunique() == 1
    # the last first-time buyers came in the first quarter of 1997, beyond everybody's limit: nobody is new
    assert "new" not in set(found["stage"])
