"""Forecasts of the next periods: by hand, by published totals, by known truth, and beside seasonal-naive."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from helpers.models.buying import fitting, prediction
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import Rows, collapse
from helpers.models.evaluation import carried_error
from helpers.models.evaluation.rolling_origins import Origins, PastError
from helpers.models.forecast import forecast, periods, shared_shocks
from helpers.models.forecast.forecast import ALL, AMOUNT, EXISTING, NEW, NEW_CUSTOMERS, PURCHASES, Forecast, Plan
from helpers.models.forecast.shared_shocks import Path
from helpers.models.spend import spending
from helpers.simulation.buying_process import orders_block
from helpers.simulation.population import population
from helpers.simulation.sales_settings import Channel, Customers, Purchases
from helpers.simulation.settings import Company

PARETO = MODELS["pareto_nbd"]


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """The purchases of CDNOW's sample: customer_id, day, amount; one row per customer and day."""
    text = files("lifetimes").joinpath("datasets/CDNOW_sample.txt").read_text()
    fields = [line.split() for line in text.splitlines() if line.strip()]
    frame = pd.DataFrame({"customer_id": [row[1] for row in fields], "day": pd.to_datetime([row[2] for row in fields])})
    frame["amount"] = [float(row[4]) for row in fields]
    return frame.groupby(["customer_id", "day"], as_index=False)["amount"].sum()


def simulated(seed: int, *, customer_count: int = 1_500) -> pd.DataFrame:
    """The purchases of a company that is Pareto/NBD through and through, without a season."""
    customers = Customers(
        channels=(Channel("all", 1.0),), growth_per_year=0.0, satisfaction_dropout_effect=0.0,
        satisfaction_spend_effect=0.0, incident_rate_per_year=0.0,
    )  # fmt: skip
    purchases = Purchases(
        alpha_weeks=10.0, weekly_share=0.0, months=(1.0,) * 12, weekdays=(1.0,) * 7, hours=(1.0,) * 24
    )
    company = Company(seed=seed, customer_count=customer_count, customers=customers, purchases=purchases)
    people = population(company, block=0)
    orders = orders_block(company, people)
    frame = pd.DataFrame({"customer_id": people.customer_id[orders.customer_row], "amount": orders.amount})
    frame["day"] = orders.ordered_at.astype("datetime64[D]").astype("datetime64[s]")
    return frame.groupby(["customer_id", "day"], as_index=False)["amount"].sum()


def past_of(bought: pd.DataFrame, *, as_of: date, weeks: int = 4) -> pd.DataFrame:
    """The history in periods, made in pandas as the features make it."""
    seen = bought[bought["day"] <= pd.Timestamp(as_of)]
    first = seen.groupby("customer_id")["day"].transform("min")
    age = (pd.Timestamp(as_of) - seen["day"].min()).days
    origin = as_of - timedelta(days=7 * (age // 7 + 1) - 1)
    firsts = seen[seen["day"] == first]
    births = firsts.groupby("day", as_index=False).agg(customer_count=("day", "size"), amount=("amount", "sum"))
    week = (seen["day"] - pd.Timestamp(origin)).dt.days // 7 + 1
    weekly = seen.assign(week=week, repeat_count=(seen["day"] > first).astype(int))
    weekly = weekly.groupby("week", as_index=False)[["repeat_count", "amount"]].sum()
    births = births.rename(columns={"day": "first_on"})
    return periods.history(weekly, births, origin=origin, as_of=as_of, period_weeks=weeks)


def known_of(bought: pd.DataFrame, *, as_of: date, draws: int = 100) -> dict[str, object]:
    """What a forecast on a day starts from; every purchase of a customer costs the same."""
    seen = bought[bought["day"] <= pd.Timestamp(as_of)]
    days = seen.groupby("customer_id")["day"].agg(["min", "max", "count"])
    rows = collapse(
        pd.DataFrame(
            {
                "customer_id": days.index,
                "frequency": days["count"].to_numpy() - 1,
                "recency_weeks": (days["max"] - days["min"]).dt.days.to_numpy() / 7,
                "age_weeks": (pd.Timestamp(as_of) - days["min"]).dt.days.to_numpy() / 7,
            }
        )
    )
    amounts = seen["amount"]
    means = pd.DataFrame(
        {"expected_spend_amount": np.full(len(days), amounts.mean()), "is_seen": days["count"].to_numpy() > 1}
    )
    scatter = float(np.sqrt(np.log1p(amounts.var() / amounts.mean() ** 2)))
    means = means.assign(log_error=0.0, log_scatter=scatter)
    money = spending.scattered(means, log_common=float(np.sqrt(np.expm1(scatter**2) / len(seen))), draws=draws, seed=1)
    return {"rows": rows, "fit": fitting.fit(PARETO, rows, level=0.9), "model": PARETO, "spending": money}


def made(bought: pd.DataFrame, plan: Plan, *, known_until: date | None = None) -> Forecast:
    past = past_of(bought, as_of=known_until or plan.as_of, weeks=plan.period_weeks)
    given = known_of(bought, as_of=plan.as_of, draws=plan.draws)
    return forecast.forecast(given.pop("rows"), **given, history=past, plan=plan)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def company() -> pd.DataFrame:
    return simulated(3)


@pytest.fixture(scope="module")
def ahead(company: pd.DataFrame) -> Forecast:
    return made(company, Plan(as_of=date(2024, 7, 16), draws=100))


# the past


def test_the_past_is_cut_into_whole_periods_that_end_today() -> None:
    weekly = pd.DataFrame({"week": [1, 2, 3, 5], "repeat_count": [9, 1, 2, 4], "amount": [90.0, 10.0, 25.0, 40.0]})
    births = pd.DataFrame(
        {
            "first_on": pd.to_datetime(["2024-01-01", "2024-01-08", "2024-02-04"]),
            "customer_count": [3, 2, 1],
            "amount": [30.0, 20.0, 5.0],
        }
    )
    # 5 weeks from 1 January to 4 February: two periods of 2 weeks, and a week before them
    past = periods.history(weekly, births, origin=date(2024, 1, 1), as_of=date(2024, 2, 4), period_weeks=2)
    assert past["starts_on"].dt.date.tolist() == [date(2024, 1, 8), date(2024, 1, 22)]
    assert past["ends_on"].dt.date.tolist() == [date(2024, 1, 21), date(2024, 2, 4)]
    assert past.drop(columns=["starts_on", "ends_on"]).to_dict("list") == {
        "period": [-1, 0], "early_count": [3, 0], "new_customer_count": [2, 1], "first_amount": [20, 5],
        "repeat_count": [3, 4], "purchase_count": [5, 5], "amount": [35, 40],
    }  # fmt: skip


def test_the_year_before_is_repeated_and_missing_where_there_was_none() -> None:
    count = 14
    days = periods.calendar(np.arange(1 - count, 1), as_of=date(2024, 12, 31), period_weeks=4)
    past = days.assign(purchase_count=np.arange(count), amount=10.0 * np.arange(count), new_customer_count=1.0)
    naive = periods.seasonal_naive(past, as_of=date(2024, 12, 31), period_weeks=4, periods=3)
    assert naive["purchase_count"].tolist() == [1, 2, 3]
    assert (naive["starts_on"] - past["starts_on"].iloc[1:4].to_numpy()).dt.days.tolist() == [364] * 3
    earlier = periods.seasonal_naive(past, as_of=date(2024, 12, 3), period_weeks=4, periods=2)
    assert earlier["amount"].tolist() == [0.0, 10.0], "the past of an earlier day, without what came after it"
    assert (
        periods.seasonal_naive(past.tail(5), as_of=date(2024, 12, 31), period_weeks=4, periods=1)["amount"].isna().all()
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Plan(as_of=date(2024, 1, 1), period_weeks=5), "period_weeks must divide 52: .* found 5"),
        (lambda: Plan(as_of=date(2024, 1, 1), periods=14), "periods must be 1 to 13, a year of 4 weeks each; found 14"),
        (lambda: periods.known(past_of(simulated(1, customer_count=20), as_of=date(2024, 6, 30)),
                               as_of=date(2024, 6, 29)), "a period of the history must end with as_of 2024-06-29"),
    ],
)  # fmt: skip
def test_misuse_is_told(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


# season, shocks and arrivals


def test_a_season_that_comes_back_is_found_and_chance_is_not() -> None:
    rng = np.random.default_rng(1)
    true = 0.5 * np.sin(np.arange(13) / 13 * 2 * np.pi)
    many, scatter = np.full(26, 1e6), 0.02 * rng.standard_normal(26)
    step, growth = np.repeat([0.0, 0.3], 13), 0.3 * np.arange(26) / 13
    for level in (step, -10 * step, growth, -growth):
        told = shared_shocks.season(np.tile(true, 2) + level + scatter, many, year=13)
        assert np.abs(told - true).max() < 0.08, "neither a step nor steady growth is taken for a season"
    noise = [shared_shocks.season(0.1 * rng.standard_normal(26), many, year=13) for _ in range(50)]
    assert np.mean([one.std() for one in noise]) < 0.05
    assert sum(not one.any() for one in noise) > 15
    assert not shared_shocks.season(np.tile(true, 2)[1:], many[1:], year=13).any(), "less than two years"


def test_shocks_beyond_chance_are_measured_and_chance_is_not() -> None:
    rng = np.random.default_rng(2)
    expected = np.full(4_000, 500.0)
    moved = np.zeros(4_000)
    for at in range(1, 4_000):
        moved[at] = 0.6 * moved[at - 1] + 0.8 * rng.standard_normal()
    shock, memory = shared_shocks._shock(
        np.log(rng.poisson(expected * np.exp(0.15 * moved)) / expected), expected, learned=1
    )
    assert (shock, memory) == (pytest.approx(0.15, abs=0.015), pytest.approx(0.6, abs=0.06))
    calm, _ = shared_shocks._shock(np.log(rng.poisson(expected) / expected), expected, learned=1)
    assert calm < 0.02
    few = {"year": 13, "periods": 3, "draws": 20, "rng": rng}
    small = shared_shocks.season_and_shocks(np.full(20, 5.0), np.full(20, 6.0), **few)  # type: ignore[arg-type]
    assert np.isnan(small.shock)
    assert (small.path.draws == 1).all()


def test_shocks_ahead_have_the_size_and_the_memory_of_the_past() -> None:
    drawn = shared_shocks._autoregression(0.2, 0.7, (40_000, 5), np.random.default_rng(3))
    assert drawn.std(axis=0) == pytest.approx(np.full(5, 0.2), rel=0.02)
    assert np.corrcoef(drawn[:, 1], drawn[:, 3])[0, 1] == pytest.approx(0.49, abs=0.02)


def test_new_customers_follow_the_recent_level_and_doubt_grows() -> None:
    rng = np.random.default_rng(4)
    counts = np.concatenate([np.full(13, 900.0), rng.poisson(100, 26).astype(float)])
    path, told = shared_shocks.arrivals(counts, year=13, periods=6, draws=4_000, rng=rng)
    assert told == ""
    assert path.expected == pytest.approx(np.full(6, 100), rel=0.1), "the rush of three years ago is forgotten"
    assert path.draws.std(axis=0)[0] == pytest.approx(10, rel=0.5)
    walking = 100 * np.exp(np.cumsum(0.2 * rng.standard_normal(26)))
    wide = shared_shocks.arrivals(walking, year=13, periods=6, draws=4_000, rng=rng)[0].draws.std(axis=0)
    assert wide[5] > 1.5 * wide[0]


def test_where_nobody_came_lately_nobody_is_expected() -> None:
    path, told = shared_shocks.arrivals(
        np.array([800.0, 90, 0, 0, 0]), year=13, periods=4, draws=30, rng=np.random.default_rng(5)
    )
    assert told == "stopped"
    assert not path.expected.any()
    assert not path.draws.any()
    assert [shared_shocks.quiet_periods(year) for year in (52, 26, 13, 4, 1)] == [12, 6, 3, 1, 1]


@pytest.mark.parametrize("rate", [0.2, 0.5, 1.0, 2.0, 5.0])
def test_few_new_customers_have_an_interval_that_holds_and_an_expected_mean(rate: float) -> None:
    """Two years of Poisson arrivals: the total of six periods, which a sum of medians put at half where few come."""
    rng, held, expected = np.random.default_rng(7), [], []
    for _ in range(1_000):
        counts = rng.poisson(rate, 26).astype(float)
        path, _told = shared_shocks.arrivals(counts, year=13, periods=6, draws=400, rng=rng)
        low, high = prediction.interval(path.draws.sum(axis=1), level=0.9)
        held.append(low <= rng.poisson(rate, 6).sum() <= high)
        expected.append(path.expected.sum())
        assert (path.draws == np.floor(path.draws)).all()
    assert 0.85 <= np.mean(held) <= 0.95
    assert np.mean(expected) == pytest.approx(6 * rate, rel=0.15)


def test_a_quiet_stretch_that_chance_explains_is_no_end() -> None:
    rng = np.random.default_rng(8)
    rare, often = np.array([0.0, 1, 0, 0, 1, 0, 0, 0]), np.array([8.0, 9, 7, 8, 9, 0, 0, 0])
    told = [shared_shocks.arrivals(one, year=13, periods=3, draws=300, rng=rng)[1] for one in (rare, often)]
    assert told == ["", "stopped"]


def test_a_few_wild_periods_make_no_absurd_fan() -> None:
    rng = np.random.default_rng(6)
    path, told = shared_shocks.arrivals(np.array([5.0, 900, 2]), year=4, periods=3, draws=500, rng=rng)
    assert told == "short"
    assert path.draws.max() == 2700, "three times the most that ever came"


# paths of customers


@pytest.mark.parametrize(
    ("name", "theta"),
    [("pareto_nbd", [0.55, 10.6, 0.6, 11.7]), ("bg_nbd", [0.24, 4.4, 0.8, 2.4]), ("mbg_nbd", [0.5, 6.2, 0.9, 1.6])],
)
def test_paths_have_the_expectation_of_each_period(name: str, theta: list[float]) -> None:
    model, parameters = MODELS[name], np.array(theta)
    count, ends = 60_000, np.array([4.0, 10.0, 40.0])
    for x, last, age in ((0.0, 0.0, 0.0), (3.0, 25.0, 30.0)):
        rows = Rows(*(np.array([one]) for one in (x, last, age, float(count))), np.zeros(count, dtype=np.int64))
        paths = model.draw(parameters, rows, ends, np.random.default_rng(6))
        assert paths.shape == (count, 3)
        due = np.diff([0.0, *(model.expected_purchases(parameters, rows, end)[0] for end in ends)])
        error = paths.std(axis=0) / np.sqrt(count)
        assert (np.abs(paths.mean(axis=0) - due) < 4.5 * error).all()
        whole = model.draw(parameters, rows, 40.0, np.random.default_rng(7))
        # periods hang together as they should: the number in all is as likely
        one, other = (np.bincount(np.minimum(sums, 6).astype(int), minlength=7) for sums in (paths.sum(axis=1), whole))
        assert (np.abs(one - other) < 4.5 * np.sqrt(one + other + 1)).all()


def test_futures_of_a_block_take_a_few_times_the_memory_of_their_money() -> None:
    count, draws, known = 5_000, 100, np.full(5_000, 20.0)
    rows = Rows(*(np.array([one]) for one in (20.0, 49.0, 50.0, float(count))), np.zeros(count, dtype=np.int64))
    thetas, money = np.tile([0.55, 10.6, 0.6, 11.7], (draws, 1)), np.tile([6.0, 4.0, 15.0], (draws, 1))
    spend = spending.GammaGammaSpending(np.full(count, 30.0), known > 0, money, known, 30 * known)
    ahead = {"model": MODELS["pareto_nbd"], "spending": spend, "ends": np.arange(4.0, 28.0, 4.0)}
    tracemalloc.start()
    try:
        drawn = forecast._block(rows, slice(None), thetas, **ahead, rng=np.random.default_rng(1))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert drawn.shape == (2, draws, 6)
    assert peak < 7 * draws * count * np.dtype(float).itemsize


def test_a_sample_of_a_large_base_gives_the_fan_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, company: pd.DataFrame
) -> None:
    plan = Plan(as_of=date(2024, 7, 16), periods=2, draws=400)
    given = known_of(company, as_of=plan.as_of, draws=plan.draws)
    rows = given.pop("rows")
    thetas = forecast.parameter_draws(given["fit"], draws=plan.draws, seed=1)  # type: ignore[arg-type]
    whole = forecast._existing(rows, thetas, **given, plan=plan)  # type: ignore[arg-type]
    monkeypatch.setattr(forecast, "BLOCK", 1 + rows.customer_count // 16)  # type: ignore[attr-defined]
    some = forecast._existing(rows, thetas, **given, plan=plan)  # type: ignore[arg-type]
    for one, other in zip(whole, some, strict=True):
        assert one.expected == pytest.approx(other.expected)
        assert other.draws.mean(axis=0) == pytest.approx(one.expected, rel=0.06)
        assert other.draws.std(axis=0) == pytest.approx(one.draws.std(axis=0), rel=0.3)


# the whole


def test_the_parts_make_the_whole(ahead: Forecast) -> None:
    frame = ahead.periods.set_index(["measure", "part", "period"])["expected"].sort_index()
    for measure in (PURCHASES, AMOUNT):
        assert (frame[measure, EXISTING] + frame[measure, NEW]).to_numpy() == pytest.approx(
            frame[measure, ALL].to_numpy()
        )
    totals = ahead.totals.set_index(["measure", "part"])["expected"].sort_index()
    assert totals[PURCHASES, ALL] == pytest.approx(frame[PURCHASES, ALL].sum())
    bands = ahead.periods
    assert (bands["low"] <= bands["half_low"]).all()
    assert (bands["half_high"] <= bands["high"]).all()
    assert bands.loc[bands["measure"] == NEW_CUSTOMERS, "part"].unique().tolist() == [NEW]
    assert (
        bands["starts_on"].iloc[1:6].to_numpy() - bands["ends_on"].iloc[:5].to_numpy() == np.timedelta64(1, "D")
    ).all()


def test_doubt_about_parameters_widens_the_fan(company: pd.DataFrame, ahead: Forecast) -> None:
    given = known_of(company, as_of=ahead.plan.as_of)
    rows, fit, past = given.pop("rows"), given.pop("fit"), past_of(company, as_of=ahead.plan.as_of)
    doubtful = replace(fit, covariance_log=25 * fit.covariance_log)  # type: ignore[attr-defined,type-var]
    found = forecast.forecast(rows, fit=doubtful, **given, history=past, plan=ahead.plan)  # type: ignore[arg-type]
    for part in (EXISTING, NEW):
        assert (found.paths[PURCHASES, part].draws.std(axis=0) > 1.3 * ahead.paths[PURCHASES, part].draws.std(axis=0))[
            -1
        ]
    unknown = replace(fit, covariance_log=np.full((4, 4), np.nan), notes=("Not identified.",))  # type: ignore[type-var]
    told = forecast.forecast(rows, fit=unknown, **given, history=past, plan=ahead.plan)  # type: ignore[arg-type]
    assert "Not identified." in told.notes
    assert np.isfinite(told.periods["high"]).all()


def test_nothing_after_the_day_moves_a_number(company: pd.DataFrame, ahead: Forecast) -> None:
    later = made(company, ahead.plan, known_until=date(2024, 12, 31))
    pd.testing.assert_frame_equal(later.periods, ahead.periods)


def test_money_scales_with_the_currency(company: pd.DataFrame, ahead: Forecast) -> None:
    cents = made(company.assign(amount=100 * company["amount"]), ahead.plan)
    for name, path in cents.paths.items():
        times = 100 if name[0] == AMOUNT else 1
        assert path.draws == pytest.approx(times * ahead.paths[name].draws, rel=1e-9)


def test_published_total_of_cdnow(cdnow: pd.DataFrame) -> None:
    """BTYD and CLVTools expect 1,665.4 to 1,665.7 purchases in the 39 weeks after 1997-09-30 (reference/clv.md)."""
    plan = Plan(as_of=date(1997, 9, 30), period_weeks=13, periods=3, draws=100)
    found = made(cdnow, plan)
    totals = found.totals.set_index(["measure", "part"])
    assert totals.loc[(PURCHASES, EXISTING), "expected"] == pytest.approx(1665.5, abs=0.5)
    past = past_of(cdnow, as_of=date(1998, 6, 30), weeks=13)
    assert forecast.judge(found, history=past).periods["actual"].iloc[:3].sum() == 1882
    assert any("how far a period can be off" in note for note in found.notes)
    assert totals.loc[(PURCHASES, ALL), "high"] < 2000, "nobody new in 13 weeks, so nobody new in the fan"


def test_cdnow_is_foretold_and_the_year_before_is_no_guide(cdnow: pd.DataFrame) -> None:
    past = past_of(cdnow, as_of=date(1998, 6, 30))
    plan = forecast.backtest_plan(past, plan=Plan(as_of=date(1998, 6, 30), draws=100))
    assert plan is not None
    assert (plan.as_of, plan.periods) == (date(1998, 1, 13), 6)
    found = made(cdnow, plan)
    scores = forecast.judge(found, history=past).scores.set_index(["measure", "method"])
    assert scores.loc[(PURCHASES, "model"), "error_share"] < 0.18
    assert abs(scores.loc[(PURCHASES, "model"), "total_off_share"]) < 0.1
    assert scores.loc[(PURCHASES, "seasonal_naive"), "error_share"] == pytest.approx(2.54, abs=0.01)
    assert scores.loc[(PURCHASES, "model"), "covered_count"] >= 5
    assert "No new customer came in the latest 12 weeks, so none are forecast." in found.notes


def test_the_fan_covers_where_the_model_is_true() -> None:
    """60 companies by hand: 91 % of periods for purchases, 89 % for money, 88 % for new customers; totals 93, 90, 88 %."""
    held = []
    for seed in range(6):
        bought = simulated(seed)
        found = made(bought, Plan(as_of=date(2024, 7, 16), draws=60))
        judged = forecast.judge(found, history=past_of(bought, as_of=date(2024, 12, 31))).periods
        held.append(
            ((judged["low"] <= judged["actual"]) & (judged["actual"] <= judged["high"]))
            .groupby(judged["measure"])
            .mean()
        )
    share = pd.concat(held, axis=1).mean(axis=1)
    assert share.min() > 0.72
    assert share.mean() > 0.8


# the judge


def test_a_judgement_by_hand(ahead: Forecast) -> None:
    path = Path(np.array([10.0, 20.0]), np.array([[8.0, 18.0], [12.0, 22.0]] * 20))
    paths = {(PURCHASES, ALL): path, (AMOUNT, ALL): path, (NEW_CUSTOMERS, NEW): path}
    plan = Plan(as_of=date(2024, 12, 31), period_weeks=26, periods=2)
    made_then = forecast._made(plan, paths, ahead.shocks, ())
    days = periods.calendar(np.arange(-3, 1), as_of=date(2025, 12, 30), period_weeks=26)
    past = days.assign(purchase_count=[5.0, 25, 12, 26], amount=[5.0, 25, 12, 26], new_customer_count=[5.0, 25, 12, 26])
    judged = forecast.judge(made_then, history=past)
    score = judged.scores.set_index(["measure", "method"])
    assert score.loc[(PURCHASES, "model")].tolist() == [2, 4.0, 8 / 38, 30 / 38 - 1, 1]
    naive = score.loc[(PURCHASES, "seasonal_naive")]
    assert (naive["mae"], naive["error_share"]) == (4.0, 8 / 38)
    # errors of 1 and 3 standard deviations: root of (1 + 9) / 2
    assert judged.factors[AMOUNT] == pytest.approx(np.sqrt(5))
    wide = forecast.widened(made_then, factors=judged.factors)
    assert wide.periods["high"].iloc[1] == pytest.approx(20 + 2 * np.sqrt(5))
    assert wide.periods["expected"].equals(made_then.periods["expected"])
    assert (
        wide.notes[-1]
        == "The fan is up to 2.2 times as wide as the model's own, since an earlier forecast was further off."
    )
    with pytest.raises(ValueError, match="factors must be 1 or more"):
        forecast.widened(made_then, factors={AMOUNT: 0.5})
    with pytest.raises(ValueError, match="no period of the forecast of 2024-12-31 is over"):
        forecast.judge(
            replace(made_then, periods=made_then.periods.assign(ends_on=pd.Timestamp("2030-01-01"))), history=past
        )


# bad input


def test_one_customer_who_came_today() -> None:
    bought = pd.DataFrame({"customer_id": ["a"], "day": pd.to_datetime(["2024-06-30"]), "amount": [20.0]})
    past = past_of(bought, as_of=date(2024, 6, 30), weeks=1)
    plan = Plan(as_of=date(2024, 6, 30), period_weeks=1, periods=2, draws=40)
    fit = fitting.fit(PARETO, collapse(_history(bought, plan.as_of)), level=0.9)
    means = pd.DataFrame(
        {"expected_spend_amount": [20.0], "is_seen": [False], "log_error": [0.0], "log_scatter": [0.0]}
    )
    money = spending.scattered(means, log_common=0.0, draws=40, seed=1)
    rows = collapse(_history(bought, plan.as_of))
    found = forecast.forecast(rows, fit=fit, model=PARETO, spending=money, history=past, plan=plan)
    assert np.isfinite(found.periods[["expected", "low", "high"]].to_numpy()).all()
    assert "Only 1 periods" not in " ".join(found.notes)
    assert any(note.startswith("Only 1 period is known") for note in found.notes)
    assert forecast.backtest_plan(past, plan=plan) is None


def test_spending_of_others_is_refused(company: pd.DataFrame, ahead: Forecast) -> None:
    given = known_of(company, as_of=ahead.plan.as_of)
    rows: Rows = given.pop("rows")  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r"spending must be of the 1 customers"):
        forecast.forecast(
            rows.some(np.array([0])), **given, history=past_of(company, as_of=ahead.plan.as_of), plan=ahead.plan
        )  # type: ignore[arg-type]


def _history(bought: pd.DataFrame, as_of: date) -> pd.DataFrame:
    days = bought.groupby("customer_id")["day"].agg(["min", "max", "count"])
    return pd.DataFrame(
        {
            "customer_id": days.index, "frequency": days["count"].to_numpy() - 1,
            "recency_weeks": (days["max"] - days["min"]).dt.days.to_numpy() / 7,
            "age_weeks": (pd.Timestamp(as_of) - days["min"]).dt.days.to_numpy() / 7,
        }
    )  # fmt: skip


def test_the_error_of_earlier_totals_moves_existing_customers_and_all_with_them(ahead: Forecast) -> None:
    factors = np.linspace(0.5, 2.0, ahead.plan.draws)[:, None] * np.ones(ahead.plan.periods)
    moved = forecast.multiplied(ahead, factors={AMOUNT: factors}, notes=("A note.",))
    own, now = ahead.paths[AMOUNT, EXISTING], moved.paths[AMOUNT, EXISTING]
    assert now.draws == pytest.approx(own.draws * factors)
    assert now.expected == pytest.approx(own.expected), "what the model expects stays"
    whole = now.draws + ahead.paths[AMOUNT, NEW].draws
    assert moved.paths[AMOUNT, ALL].draws == pytest.approx(whole)
    assert moved.paths[PURCHASES, ALL] is ahead.paths[PURCHASES, ALL]
    assert moved.notes == (*ahead.notes, "A note.")


def test_a_fan_that_is_wider_than_earlier_errors_stays_as_it_is(ahead: Forecast) -> None:
    origins = Origins(24.0, 24, (date(2023, 12, 31),))
    for spread, is_wider in ((1e-4, False), (0.5, True)):
        errors = {name: PastError(name, 0.0, spread, 4.0, origins) for name in (PURCHASES, AMOUNT)}
        found = carried_error.forecast(ahead, errors=errors, seed=1)
        before, after = (one.paths[PURCHASES, EXISTING].draws.std() for one in (ahead, found))
        assert (after > 1.5 * before) == is_wider
        assert is_wider or after == pytest.approx(before)
