"""Value: discounting, spend, totals, groups, the tornado, and the table of all customers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import beta as beta_distribution
from scipy.stats import gamma as gamma_distribution

from helpers.days import UNIT_DAYS
from helpers.errors import FitError
from helpers.models.buying import fitting
from helpers.models.buying.fitting import Fit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.prediction import Prediction, next_order, predict
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import Floats, Rows, collapse
from helpers.models.spend import gamma_gamma, spending
from helpers.models.value import discounting, value
from helpers.models.value.discounting import weeks_of
from helpers.models.value.tornado import tornado

PARETO, BG, MBG = MODELS["pareto_nbd"], MODELS["bg_nbd"], MODELS["mbg_nbd"]
THETAS = {
    "pareto_nbd": np.array([0.5533, 10.578, 0.6060, 11.664]),
    "bg_nbd": np.array([0.2426, 4.4136, 0.7929, 2.4259]),
    "mbg_nbd": np.array([0.5248, 6.1831, 0.8914, 1.6140]),
}
SPEND = np.array([6.2493, 3.7443, 15.444])
NOTHING = pd.DataFrame()
YEAR = float(weeks_of(12))


def fit_of(name: str, *, error: float = 0.05) -> Fit:
    theta = THETAS[name]
    return Fit(name, theta, NOTHING, NOTHING, -1.0, 2.0, 3.0, 500, True, (), error**2 * np.eye(len(theta)))


def world(seed: int, *, n: int, weeks: float) -> tuple[pd.DataFrame, pd.DataFrame, Callable[[float, float], Floats]]:
    """Customers of Pareto/NBD and Gamma-Gamma: histories, spend, and what then comes of each (weeks, yearly rate)."""
    rng = np.random.default_rng(seed)
    r, alpha, s, beta = THETAS["pareto_nbd"]
    age = np.floor(7 * rng.uniform(0.3 * weeks, weeks, n)) / 7
    rate, end = rng.gamma(r, 1 / alpha, n), rng.exponential(size=n) * beta / rng.gamma(s, size=n)
    p, q, gamma = SPEND
    scale = gamma / rng.gamma(q, size=n)
    horizon = age + 160
    counts = rng.poisson(rate * np.minimum(end, horizon))
    who = np.repeat(np.arange(n), counts)
    at = rng.random(len(who)) * np.minimum(end, horizon)[who]
    paid = rng.gamma(p, scale[who])
    is_past = at <= age[who]
    day = np.ceil(7 * at) / 7
    past = pd.DataFrame({"who": who, "day": day, "paid": paid})[is_past].groupby(["who", "day"])["paid"].sum()
    past = past.reset_index().groupby("who").agg(x=("day", "size"), last=("day", "max"), paid=("paid", "sum"))
    past = past.reindex(range(n)).fillna(0.0)
    x = past["x"].to_numpy().astype(int)
    histories = pd.DataFrame(
        {
            "customer_id": [f"c{i:06d}" for i in range(n)],
            "frequency": x,
            "recency_weeks": np.minimum(past["last"], age),
            "age_weeks": age,
        }
    )
    with np.errstate(invalid="ignore"):
        spend = pd.DataFrame({"repeat_count": x, "mean_amount": past["paid"].to_numpy() / np.where(x > 0, x, np.nan)})

    def comes(until: float, yearly_rate: float) -> Floats:
        after = (at - age[who])[~is_past]
        kept = paid[~is_past] * np.exp(-np.log1p(yearly_rate) * after * 7 / 365.2425)
        return np.bincount(who[~is_past][after <= until], weights=kept[after <= until], minlength=n)

    return histories, spend, comes


def base_of(
    histories: pd.DataFrame, spend: pd.DataFrame, *, model: BuyingModel = PARETO, terms: value.Terms, draws: int = 60
) -> tuple[value.Base, Prediction]:
    """With the true parameters, known within 5 %."""
    rows, fit = collapse(histories), fit_of(model.name)
    known = replace(fit, theta=SPEND, covariance_log=0.02**2 * np.eye(3))
    base = value.Base(rows, fit, model, spending.gamma_gamma(known, spend, draws=draws, seed=3), terms)
    return base, predict(rows, fit=fit, model=model, weeks=YEAR, draws=draws, seed=3, level=0.9)


HISTORIES, SPENDS, COMES = world(0, n=300, weeks=78)
TERMS = value.Terms(0.1, 0.4, 2.0)


@pytest.fixture(scope="module")
def small() -> tuple[value.Base, Prediction, value.Value]:
    base, prediction = base_of(HISTORIES, SPENDS, terms=TERMS)
    return base, prediction, value.clv(base, prediction=prediction, seed=5)


def one(frequency: int, recency: float, age: float) -> Rows:
    return collapse(pd.DataFrame({"frequency": [frequency], "recency_weeks": [recency], "age_weeks": [age]}))


# discounting


def test_a_month_is_a_twelfth_of_the_mean_year_everywhere() -> None:
    assert float(weeks_of(1)) == pytest.approx(UNIT_DAYS["months"] / UNIT_DAYS["weeks"])
    assert discounting.months_of(float(weeks_of(36))) == 36


def test_a_yearly_rate_is_compounded_over_a_year() -> None:
    rate = discounting.weekly_rate(0.1)
    assert np.exp(rate * float(weeks_of(12))) == pytest.approx(1.1)
    assert discounting.weekly_rate(0.0) == 0.0
    with pytest.raises(ValueError, match=r"yearly_rate must be a share, 0 or more \(0.1 is 10 % a year\), found -0.1"):
        discounting.weekly_rate(-0.1)


@pytest.mark.parametrize("name", THETAS)
@pytest.mark.parametrize("history", [(0, 0.0, 0.0), (0, 0.0, 38.857), (26, 30.857, 31.0), (3, 4.0, 39.0)])
def test_discounted_purchases_are_the_integral(name: str, history: tuple[int, float, float]) -> None:
    model, theta, rows, rate = MODELS[name], THETAS[name], one(*history), discounting.weekly_rate(0.15)
    found, plain = discounting.purchases(rows, theta=theta, model=model, weeks=weeks_of([12, 24, 36]), rate=rate)
    for months, discounted, bought in zip((12, 24, 36), found[:, 0], plain[:, 0], strict=True):
        ends = np.linspace(0, float(weeks_of(months)), 601)
        steps = np.diff([model.expected_purchases(theta, rows, float(end))[0] for end in ends])
        by_steps = float(steps @ np.exp(-rate * (ends[1:] + ends[:-1]) / 2))
        assert discounted == pytest.approx(by_steps, rel=2e-6)
        assert bought == pytest.approx(steps.sum())


@pytest.mark.parametrize("name", THETAS)
def test_over_a_long_time_they_become_the_residual(name: str) -> None:
    model, theta, rows, rate = MODELS[name], THETAS[name], one(3, 20.0, 39.0), discounting.weekly_rate(0.15)
    found = discounting.purchases(rows, theta=theta, model=model, weeks=weeks_of(np.arange(24, 1001, 24)), rate=rate)[0]
    assert (np.diff(found[:, 0]) > 0).all()
    assert found[-1, 0] == pytest.approx(model.residual(theta, rows, rate)[0], rel=1e-4)


def test_without_discount_purchases_are_plain() -> None:
    found, plain = discounting.purchases(one(3, 20.0, 39.0), theta=THETAS["bg_nbd"], model=BG, weeks=[10, 20], rate=0.0)
    assert found == pytest.approx(plain)


@pytest.mark.parametrize("name", THETAS)
def test_a_faster_pace_is_discounted_by_the_calendar(name: str) -> None:
    model, theta, rows, rate = MODELS[name], THETAS[name], one(3, 20.0, 39.0), discounting.weekly_rate(0.3)

    def found(weeks: float) -> float:
        return float(discounting.stretched(rows, theta=theta, model=model, weeks=weeks, rate=rate, pace=1.5)[0])

    ends = np.linspace(0, YEAR, 601)
    steps = np.diff([model.expected_purchases(theta, rows, 1.5 * float(end))[0] for end in ends])
    assert found(YEAR) == pytest.approx(float(steps @ np.exp(-rate * (ends[1:] + ends[:-1]) / 2)), rel=1e-5)
    assert found(np.inf) == pytest.approx(found(100 * YEAR), rel=1e-2)


@pytest.mark.parametrize("weeks", [[], [0.0], [10.0, 5.0], [np.inf]])
def test_horizons_must_ascend(weeks: list[float]) -> None:
    with pytest.raises(ValueError, match="horizons must be ascending and above 0"):
        discounting.purchases(one(0, 0, 1), theta=THETAS["bg_nbd"], model=BG, weeks=weeks, rate=0.01)


def cdnow_sample() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Histories and spend of the CDNOW sample, calibration to 1997-09-30."""
    text = files("lifetimes").joinpath("datasets", "CDNOW_sample.txt").read_text().split()
    lines = np.array(text).reshape(-1, 5)
    rows = pd.DataFrame({"who": lines[:, 1], "on": pd.to_datetime(lines[:, 2]), "paid": lines[:, 4].astype(float)})
    end = pd.Timestamp("1997-09-30")
    days = rows[rows["on"] <= end].groupby(["who", "on"], as_index=False)["paid"].sum()
    days["is_first"] = days["on"] == days.groupby("who")["on"].transform("min")
    base = days.groupby("who").agg(first=("on", "min"), last=("on", "max"), bought=("on", "size"))
    later = days[~days["is_first"]].groupby("who")["paid"].mean().reindex(base.index)
    histories = pd.DataFrame(
        {
            "customer_id": base.index,
            "frequency": base["bought"].to_numpy() - 1,
            "recency_weeks": (base["last"] - base["first"]).dt.days.to_numpy() / 7,
            "age_weeks": (end - base["first"]).dt.days.to_numpy() / 7,
        }
    )
    return histories, pd.DataFrame({"repeat_count": histories["frequency"], "mean_amount": later.to_numpy()})


@pytest.fixture(scope="module")
def cdnow() -> tuple[value.Base, pd.DataFrame, pd.DataFrame]:
    histories, spend = cdnow_sample()
    rows = collapse(histories)
    money = spending.gamma_gamma(gamma_gamma.fit(spend, level=0.9), spend, draws=200, seed=1)
    return value.Base(rows, fitting.fit(BG, rows, level=0.9), BG, money, value.Terms(0.1)), histories, spend


def test_lifetimes_value_under_its_own_conventions(cdnow: tuple[value.Base, pd.DataFrame, pd.DataFrame]) -> None:
    """Σ 71,509.90; first three 36.2785 4.6375 8.3441: weeks, 12 months of 4.345 of them, 1 % a month from its end."""
    base, histories, spend = cdnow
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter, GammaGammaFitter

        x, recency, age = (histories[name] for name in ("frequency", "recency_weeks", "age_weeks"))
        buying, money, has_repeat = BetaGeoFitter().fit(x, recency, age), GammaGammaFitter(), x > 0
        money.fit(x[has_repeat], spend["mean_amount"][has_repeat])
        theirs = money.customer_lifetime_value(
            buying, x, recency, age, spend["mean_amount"].fillna(0), time=12, discount_rate=0.01, freq="W"
        )
    assert theirs.sum() == pytest.approx(71_509.90, rel=5e-5), "lifetimes itself: 71,507.95 with its fits of today"

    def ours(theta: Floats, spend_theta: Floats) -> Floats:
        orders = by_period(base.rows, theta=theta, model=BG, period_weeks=4.345, count=12, period_rate=0.01)
        return orders[base.rows.index] * gamma_gamma.expected_spend(spend_theta, spend)

    same = ours(buying.params_[["r", "alpha", "a", "b"]].to_numpy(), money.params_[["p", "q", "v"]].to_numpy())
    assert same == pytest.approx(theirs.to_numpy(), rel=1e-6)
    fitted = ours(base.fit.theta, gamma_gamma.fit(spend, level=0.9).theta)
    assert fitted.sum() == pytest.approx(71_509.90, rel=5e-5)
    assert fitted[:3] == pytest.approx([36.2785, 4.6375, 8.3441], rel=1e-3)


def by_period(
    rows: Rows, *, theta: Floats, model: BuyingModel, period_weeks: float, count: int, period_rate: float
) -> Floats:
    """Discounted purchases as lifetimes counts them, one per row: those of each period from its end."""
    ends = np.arange(1.0, count + 1)
    expected = np.stack([model.expected_purchases(theta, rows, end) for end in period_weeks * ends])
    return (1 + period_rate) ** -ends @ np.diff(expected, axis=0, prepend=0.0)


def test_the_unit_of_a_month_changes_the_money(cdnow: tuple[value.Base, pd.DataFrame, pd.DataFrame]) -> None:
    """The same model in days, 30 to the month: 70,728.64, 0.989 times as much."""
    base = cdnow[0]
    totals = [
        float(
            by_period(base.rows, theta=base.fit.theta, model=BG, period_weeks=weeks, count=12, period_rate=0.01)[
                base.rows.index
            ]
            @ base.spending.expected
        )
        for weeks in (4.345, 30 / 7)
    ]
    assert totals[1] == pytest.approx(70_728.64, rel=1e-3)
    assert totals[1] / totals[0] == pytest.approx(0.989, abs=5e-4)


def test_cdnow_value_of_a_year_and_for_ever(cdnow: tuple[value.Base, pd.DataFrame, pd.DataFrame]) -> None:
    """Near lifetimes' number at about the same rate (1 % a month is 12.7 % a year), and its intervals hold together."""
    base = replace(cdnow[0], terms=value.Terms(1.01**12 - 1))
    prediction = predict(base.rows, fit=base.fit, model=BG, weeks=YEAR, draws=200, seed=1, level=0.9)
    found = value.clv(base, prediction=prediction, seed=1)
    assert found.total.value == pytest.approx(71_509.90 * 1.01**0.5, rel=0.002), "discounted from the middle of a month"
    delta = value._totals(base, prediction, ends=[12.0], present=value._present(base, np.array([12.0]))[0], seed=1)
    assert found.totals["low"].iloc[0] == pytest.approx(delta["low"].iloc[0], rel=0.03)
    assert found.totals["high"].iloc[0] == pytest.approx(delta["high"].iloc[0], rel=0.03)


def test_residual_value_of_the_published_purchases() -> None:
    """BTYD: discounted expected residual purchases at 0.0027 a week, 0.4769 of who never came back, 86.03 of 1516."""
    yearly = float(np.expm1(0.0027 * 365.2425 / 7))
    histories = pd.DataFrame({"frequency": [0, 26], "recency_weeks": [0.0, 30.857], "age_weeks": [38.857, 31.0]})
    theta = np.array([0.5531, 10.5776, 0.6061, 11.6562])
    fit = replace(fit_of("pareto_nbd"), theta=theta)
    rows = collapse(histories)
    means = pd.DataFrame(
        {"expected_spend_amount": 10.0, "is_seen": [False, True], "log_error": 0.0, "log_scatter": 0.0}
    )
    base = value.Base(
        rows, fit, PARETO, spending.scattered(means, log_common=0.0, draws=20, seed=0), value.Terms(yearly)
    )
    prediction = predict(rows, fit=fit, model=PARETO, weeks=YEAR, draws=20, seed=0, level=0.9)
    found = value.clv(base, prediction=prediction, seed=0)
    assert found.customers["residual_amount"].tolist() == pytest.approx([4.769, 860.3], rel=2e-3)
    assert found.totals.iloc[:-1][["low", "high"]].notna().to_numpy().tolist() == [[True] * 2, [False] * 2, [False] * 2]


# the value of customers and of all


def test_money_of_an_order_times_discounted_orders(small: tuple[value.Base, Prediction, value.Value]) -> None:
    base, _, found = small
    person = found.customers.iloc[17]
    row = one(*HISTORIES.loc[17, ["frequency", "recency_weeks", "age_weeks"]])
    orders = discounting.purchases(
        row, theta=base.fit.theta, model=PARETO, weeks=[YEAR], rate=discounting.weekly_rate(0.1)
    )[0][0, 0]
    spend = gamma_gamma.expected_spend(SPEND, SPENDS.loc[[17]])[0]
    assert person["expected_spend_amount"] == pytest.approx(spend)
    assert person["order_margin_amount"] == pytest.approx(0.4 * spend - 2)
    assert person["clv_amount"] == pytest.approx(orders * (0.4 * spend - 2))


def test_totals_are_sums_and_rise_with_the_horizon(small: tuple[value.Base, Prediction, value.Value]) -> None:
    _, prediction, found = small
    assert found.totals["months"].tolist() == [12, 24, 36, np.inf]
    assert (np.diff(found.totals["amount"]) > 0).all()
    assert found.total.value == found.totals["amount"].iloc[0] == pytest.approx(found.customers["clv_amount"].sum())
    assert found.totals["amount"].iloc[-1] == pytest.approx(found.customers["residual_amount"].sum())
    assert found.totals["expected_purchase_count"].iloc[0] == pytest.approx(prediction.total.value)
    assert (found.totals["low"] < found.totals["amount"]).all()
    assert (found.totals["high"] > found.totals["amount"]).all()
    assert (found.customers["clv_low"] <= found.customers["clv_high"]).all()
    assert found.draws.mean() == pytest.approx(found.total.value, rel=0.05)


def test_the_horizon_of_the_prediction_is_always_among_them(small: tuple[value.Base, Prediction, value.Value]) -> None:
    base, prediction, found = small
    other = value.clv(base, prediction=prediction, months=(6,), seed=5)
    assert other.totals["months"].tolist() == [6, 12, np.inf]
    assert other.total.value == pytest.approx(found.total.value)
    pd.testing.assert_frame_equal(other.customers, found.customers)


def test_same_seed_same_bytes_and_another_seed_another_interval(
    small: tuple[value.Base, Prediction, value.Value],
) -> None:
    base, prediction, found = small
    pd.testing.assert_frame_equal(
        value.clv(base, prediction=prediction, seed=5).customers, found.customers, check_exact=True
    )
    assert value.clv(base, prediction=prediction, seed=6).total != found.total


def test_blocks_are_cut_without_a_trace(
    small: tuple[value.Base, Prediction, value.Value], monkeypatch: pytest.MonkeyPatch
) -> None:
    base, prediction, found = small
    monkeypatch.setattr(value, "BLOCK", 64)
    cut = value.clv(base, prediction=prediction, seed=5)
    assert cut.total.value == found.total.value
    assert cut.total.high == pytest.approx(found.total.high, rel=0.1)


def test_currency_scales_the_value() -> None:
    plain, prediction = base_of(HISTORIES, SPENDS, terms=TERMS)
    dearer = replace(
        plain,
        spending=replace(
            plain.spending, expected=7 * plain.spending.expected, seen=7 * plain.spending.seen,
            thetas=plain.spending.thetas * np.array([1, 1, 7]),
        ),
        terms=value.Terms(0.1, 0.4, 14.0),
    )  # fmt: skip
    low, high = (value.clv(base, prediction=prediction, seed=5) for base in (plain, dearer))
    assert high.totals["amount"].to_numpy() == pytest.approx(7 * low.totals["amount"].to_numpy())
    assert high.totals["high"].to_numpy() == pytest.approx(7 * low.totals["high"].to_numpy())
    assert high.customers["clv_high"].to_numpy() == pytest.approx(7 * low.customers["clv_high"].to_numpy())


def test_margins_and_costs_may_differ_by_customer(small: tuple[value.Base, Prediction, value.Value]) -> None:
    base, prediction, found = small
    n = len(HISTORIES)
    each = replace(base, terms=value.Terms(0.1, np.full(n, 0.4), np.full(n, 2.0)))
    same = value.clv(each, prediction=prediction, seed=5)
    pd.testing.assert_frame_equal(same.customers, found.customers)
    pd.testing.assert_frame_equal(same.totals, found.totals)


def test_costs_above_the_margin_are_a_loss_and_said(small: tuple[value.Base, Prediction, value.Value]) -> None:
    base, prediction, _ = small
    found = value.clv(replace(base, terms=value.Terms(0.1, 0.1, 50.0)), prediction=prediction, seed=5)
    assert found.total.value < 0
    assert found.totals["low"].iloc[-1] < found.totals["amount"].iloc[-1] < found.totals["high"].iloc[-1] < 0
    losing = int((found.customers["order_margin_amount"] < 0).sum())
    assert losing > 250
    assert found.notes[-1] == (
        f"Serving {losing:,} of 300 customers costs more than the margin that their orders leave."
    )


@pytest.mark.parametrize("model", [PARETO, BG, MBG])
def test_no_discount_no_residual(model: BuyingModel) -> None:
    base, prediction = base_of(HISTORIES, SPENDS, model=model, terms=TERMS)
    found = value.clv(base, prediction=prediction, seed=5)
    plain = value.clv(replace(base, terms=value.Terms(0.0, 0.4, 2.0)), prediction=prediction, seed=5)
    assert plain.totals["amount"].isna().tolist() == [False, False, False, True]
    assert plain.customers["residual_amount"].isna().all()
    assert plain.total.value > found.total.value
    assert "Without a discount rate there is no residual value: money of all time to come has no sum." in plain.notes


def test_one_customer_and_nobody_who_came_back() -> None:
    histories = pd.DataFrame({"customer_id": ["a"], "frequency": [0], "recency_weeks": [0.0], "age_weeks": [0.0]})
    base, prediction = base_of(histories, pd.DataFrame({"repeat_count": [0], "mean_amount": [np.nan]}), terms=TERMS)
    found = value.clv(base, prediction=prediction, seed=1)
    assert found.total.value > 0
    assert found.customers["is_spend_seen"].tolist() == [False]
    assert found.totals["low"].isna().tolist() == [False, True, True, True], "too few for an interval by variances"
    assert "Nobody has come back yet, so every order is taken to be worth the mean of all." in found.notes
    assert "Every customer came on the last day: their future is that of any new customer." in found.notes


def test_a_fit_that_is_not_identified_still_gives_values(small: tuple[value.Base, Prediction, value.Value]) -> None:
    base = replace(small[0], fit=replace(small[0].fit, covariance_log=np.full((4, 4), np.nan), is_identified=False))
    prediction = predict(base.rows, fit=base.fit, model=PARETO, weeks=YEAR, draws=60, seed=3, level=0.9)
    found = value.clv(base, prediction=prediction, seed=5)
    assert found.totals.drop(columns="expected_purchase_count").notna().all(axis=None)
    width = [(one.totals["high"] - one.totals["low"]).iloc[-1] for one in (found, small[2])]
    assert width[0] < width[1]
    assert "how sure its parameters are is not known" in found.notes[0]


@pytest.mark.parametrize(
    ("terms", "error", "says"),
    [
        (value.Terms(-0.5), ValueError, "yearly_rate must be a share"),
        (value.Terms(0.1, 1.5), ValueError, "margin_share must be between 0 and 1, found 1.5 to 1.5"),
        (value.Terms(0.1, 0.5, -1.0), ValueError, "order_cost_amount must be 0 or more"),
        (value.Terms(0.1, np.ones(3)), ValueError, "all must be of the same 300 customers, found margin_share of 3"),
        (
            value.Terms(0.1, np.where(np.arange(300) < 2, np.nan, 0.5)),
            FitError,
            "margin_share must be known for every customer; 2",
        ),
    ],
)
def test_misuse(
    small: tuple[value.Base, Prediction, value.Value], terms: value.Terms, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        value.clv(replace(small[0], terms=terms), prediction=small[1], seed=1)


def test_groups_add_up_to_all(small: tuple[value.Base, Prediction, value.Value]) -> None:
    base, prediction, found = small
    labels = pd.Categorical(np.where(np.arange(300) % 3, "乙", "甲"), categories=["甲", "乙", "丙"])
    groups = value.group_values(base, prediction=prediction, labels=labels, seed=5)
    assert groups["label"].tolist() == ["甲", "乙", "丙"]
    assert groups["n"].tolist() == [100, 200, 0]
    assert groups["amount"].sum() == pytest.approx(found.total.value)
    assert groups["amount_share"].sum() == pytest.approx(1.0)
    everyone = value.group_values(base, prediction=prediction, labels=["all"] * 300, seed=5)
    assert everyone[["low", "high"]].iloc[0].tolist() == pytest.approx([found.total.low, found.total.high])
    some = value.group_values(base, prediction=prediction, labels=[None] * 299 + ["last"], seed=5)
    assert some["amount"].iloc[0] == pytest.approx(found.customers["clv_amount"].iloc[-1])
    with pytest.raises(ValueError, match="labels must be one per customer, 300, found 2"):
        value.group_values(base, prediction=prediction, labels=["a", "b"], seed=5)


def test_the_table_of_all_customers(small: tuple[value.Base, Prediction, value.Value]) -> None:
    base, prediction, found = small
    orders = next_order(base.rows, fit=base.fit, model=PARETO, as_of=date(1997, 9, 30), weeks=52).assign(
        comeback_share=0.5
    )
    table = value.customer_table(HISTORIES, prediction=prediction, value=found, orders=orders, model=PARETO)
    assert (
        table.columns.tolist()
        == (
            "customer_id frequency recency_weeks age_weeks p_alive expected_purchase_count low high expected_spend_amount "
            "clv_amount clv_low clv_high comeback_share next_order_on"
        ).split()
    )
    assert len(table) == 300
    assert table["clv_amount"].sum() == pytest.approx(found.total.value)
    with pytest.raises(ValueError, match="of the same customers"):
        value.customer_table(HISTORIES.head(3), prediction=prediction, value=found, orders=orders, model=PARETO)


def test_who_bought_once_has_no_p_alive_where_the_model_cannot_tell(
    small: tuple[value.Base, Prediction, value.Value],
) -> None:
    base, prediction, found = small
    orders = next_order(base.rows, fit=base.fit, model=PARETO, as_of=date(1997, 9, 30), weeks=52).assign(
        comeback_share=0.5
    )
    for_all = {"prediction": prediction, "value": found, "orders": orders}
    once = HISTORIES["frequency"].to_numpy() == 0
    assert once.any()
    blank = value.customer_table(HISTORIES, **for_all, model=MODELS["bg_nbd"])
    assert blank["p_alive"].isna().tolist() == once.tolist()
    for name in ("mbg_nbd", "pareto_nbd"):
        assert value.customer_table(HISTORIES, **for_all, model=MODELS[name])["p_alive"].notna().all()


def test_the_interval_of_a_years_value_covers(part: int) -> None:
    """90 % intervals; over 150 worlds of 400 customers: totals of 12 and 36 months 91 % and 90 %, customers 96 %."""
    totals, customers, ratios = [], [], []
    for seed in range(12 // part):
        histories, spend, comes = world(seed, n=150, weeks=78)
        base, prediction = base_of(histories, spend, terms=value.Terms(0.1), draws=39)
        base = replace(base, fit=replace(base.fit, covariance_log=1e-8 * np.eye(4)))
        prediction = predict(base.rows, fit=base.fit, model=PARETO, weeks=YEAR, draws=39, seed=seed, level=0.9)
        found = value.clv(base, prediction=prediction, months=(36,), seed=seed)
        totals += [
            row["low"] <= comes(float(weeks_of(row["months"])), 0.1).sum() <= row["high"]
            for row in found.totals.iloc[:-1].to_dict("records")
        ]
        came = comes(YEAR, 0.1)
        customers.append(np.mean((found.customers["clv_low"] <= came) & (came <= found.customers["clv_high"])))
        ratios.append(came.sum() / found.total.value)
    assert np.mean(totals) >= 0.9 - 0.2 * np.sqrt(part)
    assert 0.9 <= np.mean(customers) <= 0.99
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.1 * np.sqrt(part))


# spend


def test_gamma_gamma_draws_have_the_expected_mean_and_scatter() -> None:
    fit = replace(fit_of("pareto_nbd"), theta=SPEND, covariance_log=1e-10 * np.eye(3))
    frame = pd.DataFrame({"repeat_count": [0, 5], "mean_amount": [np.nan, 80.0]})
    money = spending.gamma_gamma(fit, frame, draws=40_000, seed=1)
    counts = np.full((40_000, 2), 3, dtype=np.uint16)
    counts[0] = 0
    drawn = money.draw(slice(0, 2), counts, np.random.default_rng(0))
    assert (drawn[0] == 0).all()
    assert drawn[1:].mean(axis=0) == pytest.approx(3 * money.expected, rel=0.02)
    p, q, gamma = SPEND
    a, b = q + 5 * p, gamma + 5 * 80.0
    variance = 3 * p * b**2 / ((a - 1) * (a - 2)) + (3 * p * b) ** 2 / ((a - 1) ** 2 * (a - 2))
    assert drawn[1:, 1].var() == pytest.approx(variance, rel=0.05)
    assert money.totals(np.array([1.0, 2.0])) == pytest.approx(money.expected @ [1.0, 2.0], rel=1e-3)
    assert money.is_seen.tolist() == [False, True]


def test_scattered_draws_have_the_expected_mean_and_scatter() -> None:
    means = pd.DataFrame(
        {
            "expected_spend_amount": [10.0, 20.0, 5.0],
            "is_seen": True,
            "log_error": [0.0, 0.3, 0.0],
            "log_scatter": [0.5, 0.2, 0.0],
        }
    )
    money = spending.scattered(means, log_common=0.0, draws=40_000, seed=1)
    counts = np.full((40_000, 3), 4, dtype=np.uint16)
    drawn = money.draw(slice(0, 3), counts, np.random.default_rng(0))
    assert drawn.mean(axis=0) == pytest.approx([40, 80, 20], rel=0.01)
    squares = (1 + np.expm1([0.25, 0.04, 0]) / 4) * np.exp([0, 0.09, 0]) - 1
    assert drawn.std(axis=0) / drawn.mean(axis=0) == pytest.approx(np.sqrt(squares), abs=0.005)
    shared = spending.scattered(means, log_common=0.1, draws=40_000, seed=1).totals(np.ones(3))
    assert shared.mean() == pytest.approx(35, rel=0.01)
    assert np.log(shared).std() == pytest.approx(0.1, rel=0.02)


def test_doubt_about_the_mean_spend_widens_the_later_horizons_too(
    small: tuple[value.Base, Prediction, value.Value],
) -> None:
    base, prediction, _ = small
    means = pd.DataFrame(
        {"expected_spend_amount": np.full(300, 30.0), "is_seen": True, "log_error": 0.0, "log_scatter": 0.3}
    )

    def log_variance(log_common: float) -> float:
        money = spending.scattered(means, log_common=log_common, draws=199, seed=1)
        later = value.clv(
            replace(base, spending=money, terms=value.Terms(0.1)), prediction=prediction, seed=5
        ).totals.iloc[1]
        return float(np.log(later["high"] / later["low"]) / (2 * 1.645)) ** 2

    assert log_variance(0.2) - log_variance(0.0) == pytest.approx(0.04, rel=0.25)


def test_spend_that_is_missing_is_an_error() -> None:
    means = pd.DataFrame(
        {"expected_spend_amount": [1.0, np.nan, -1.0], "is_seen": True, "log_error": 0.0, "log_scatter": 0.0}
    )
    with pytest.raises(FitError, match="expected spend must be 0 or more for every customer; 2 have none that is"):
        spending.scattered(means, log_common=0.0, draws=20, seed=0)


# the tornado


def quantity(name: str, rows: Rows, *, faster: float, longer: float, weeks: float) -> float:
    """Expected purchases by direct integration over the posterior of the end, with rates and lives changed by hand."""
    model, theta = MODELS[name], THETAS[name]
    x, age = rows.frequency[0], rows.age[0]
    alive = model.p_alive(theta, rows)[0]
    r, alpha = theta[:2]
    if name == "pareto_nbd":
        s, b = theta[2:]
        law = gamma_distribution(s, scale=1 / (b + age))
        lived = quad(
            lambda mu: law.pdf(mu) * -np.expm1(-mu / longer * weeks) / (mu / longer),
            0,
            0.01,
            points=[1e-6, 1e-4],
            limit=500,
        )[0]
        lived += quad(
            lambda mu: law.pdf(mu) * -np.expm1(-mu / longer * weeks) / (mu / longer), 0.01, np.inf, limit=500
        )[0]
        return alive * faster * (r + x) / (alpha + age) * lived
    a, b = theta[2:]
    law, reach = beta_distribution(a, b + x + (name == "mbg_nbd")), faster * weeks / (alpha + age)

    def bought(p: float) -> float:
        return -np.expm1(-(r + x) * np.log1p(p / longer * reach)) / (p / longer)

    return alive * quad(lambda p: law.pdf(p) * bought(p), 0, 1, limit=500)[0]


@pytest.mark.parametrize("name", THETAS)
@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_levers_are_exact_in_the_models_own_terms(name: str, factor: float) -> None:
    rows = one(3, 20.0, 39.0)
    means = pd.DataFrame({"expected_spend_amount": [1.0], "is_seen": True, "log_error": 0.0, "log_scatter": 0.0})
    money = spending.scattered(means, log_common=0.0, draws=20, seed=0)
    base = value.Base(rows, fit_of(name), MODELS[name], money, value.Terms(0.0))
    told = tornado(base, months=12).set_index("lever")
    column = "down_amount" if factor < 1 else "up_amount"
    plain = quantity(name, rows, faster=1.0, longer=1.0, weeks=YEAR)
    assert told["amount"].iloc[0] == pytest.approx(plain, rel=1e-5)
    for lever, changed in (
        ("purchase rate", {"faster": factor, "longer": 1.0}),
        ("time as a customer", {"faster": 1.0, "longer": factor}),
    ):
        exact = quantity(name, rows, **changed, weeks=YEAR) - plain
        assert told.loc[lever, column] == pytest.approx(exact, rel=1e-3)


def test_tornado_of_money(small: tuple[value.Base, Prediction, value.Value]) -> None:
    base, _, found = small
    told = tornado(base, months=12).set_index("lever")
    assert told["amount"].to_numpy() == pytest.approx(found.total.value)
    orders = discounting.purchases(
        base.rows, theta=base.fit.theta, model=PARETO, weeks=[YEAR], rate=discounting.weekly_rate(0.1)
    )[0][0][base.rows.index]
    assert told.loc["cost to serve", "up_amount"] == pytest.approx(-0.1 * 2.0 * orders.sum())
    assert told.loc["spend per order", "up_amount"] == pytest.approx(0.1 * 0.4 * float(orders @ base.spending.expected))
    assert told.loc["purchase rate", ["down_share", "up_share"]].tolist() == pytest.approx([-0.1, 0.1])
    assert told.loc["spend per order", "up_amount"] + told.loc["cost to serve", "up_amount"] == pytest.approx(
        0.1 * found.total.value
    )
    sizes = (told["up_amount"] - told["down_amount"]).abs()
    assert sizes.is_monotonic_decreasing


def test_tornado_for_ever_and_without_cost(small: tuple[value.Base, Prediction, value.Value]) -> None:
    base, _, found = small
    told = tornado(replace(base, terms=value.Terms(0.1, 0.4, 0.0)), months=np.inf)
    assert "cost to serve" not in told["lever"].tolist()
    assert tornado(base, months=np.inf)["amount"].iloc[0] == pytest.approx(found.customers["residual_amount"].sum())
    longer = told.set_index("lever").loc["time as a customer", "up_share"]
    assert (
        longer
        > tornado(replace(base, terms=value.Terms(0.1, 0.4, 0.0)), months=12)
        .set_index("lever")
        .loc["time as a customer", "up_share"]
    )
    with pytest.raises(ValueError, match="without a discount rate"):
        tornado(replace(base, terms=value.Terms(0.0)), months=np.inf)
    with pytest.raises(ValueError, match="lever_share must lie between 0 and 1, found 1"):
        tornado(base, months=12, lever_share=1)


def test_levers_of_one_size_keep_their_order(small: tuple[value.Base, Prediction, value.Value]) -> None:
    """Purchase rate and spend change a value without cost alike, but for last digits that differ by processor."""
    table = tornado(replace(small[0], terms=value.Terms(0.1, 1.0, 0.0)), months=12)
    swings = (table["up_amount"] - table["down_amount"]).abs().round(6)
    alike = table["lever"][swings.duplicated(keep=False)].tolist()
    assert alike == ["purchase rate", "spend per order"]


def test_what_earlier_customers_brought_is_in_the_terms_of_the_value() -> None:
    then = pd.DataFrame({"holdout_amount": [100.0, 0.0, 50.0], "holdout_purchase_count": [2, 0, 1]})
    assert value.brought(then, terms=value.Terms(0.1, 0.4, 3.0)) == (pytest.approx(0.4 * 150 - 3 * 3), 3)
    assert value.brought(then, terms=value.Terms(0.1)).amount == 150
    assert np.isnan(value.brought(then.head(0), terms=value.Terms(0.1)).amount)
