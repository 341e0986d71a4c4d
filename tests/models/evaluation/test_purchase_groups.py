"""Purchases held out by groups of customers: by hand, and the published table of CDNOW."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.models.buying import rows as histories
from helpers.models.buying.prediction import next_order, p_buys
from helpers.models.buying.registry import MODELS
from helpers.models.evaluation import deciles as tenths_of
from helpers.models.evaluation import holdout_days, purchase_groups, trials
from tests.models.evaluation.made_trials import LEVEL, TRUTH, fit_at, split_frame


def test_cdnow_sample_by_frequency_is_the_published_table(sample: trials.Trial) -> None:
    """BTYD's walkthrough, conditional expectation by calibration frequency."""
    found = purchase_groups.by_frequency(sample).set_index("label")
    assert list(found.index) == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert found["n"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert found["actual_mean"].round(3).tolist() == [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    pareto = [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]
    bg = [0.2250893, 0.5231364, 1.044126, 1.520256, 2.163824, 2.653789, 3.503957, 6.157036]
    # BTYD stops a little before the optimum, at s .60606 and beta 11.656
    assert found["pareto_nbd"].to_numpy() == pytest.approx(pareto, abs=1e-3)
    assert found["bg_nbd"].to_numpy() == pytest.approx(bg, rel=1e-4)
    assert ((found["low"] < found["actual_mean"]) & (found["actual_mean"] < found["high"])).all()


def test_groups_hold_every_customer_and_purchase_once(sample: trials.Trial) -> None:
    for frame in (purchase_groups.by_frequency(sample), purchase_groups.by_recency(sample)):
        assert frame["n"].sum() == 2357
        assert frame["n"] @ frame["actual_mean"] == pytest.approx(1882)
        assert frame["n"] @ frame["pareto_nbd"] == pytest.approx(sample.expected["pareto_nbd"].sum())
    assert purchase_groups.by_recency(sample)["label"].tolist()[:3] == ["once", "0–5", "5–10"]
    tenths = tenths_of.deciles(sample.expected["bg_nbd"], sample.actual, level=LEVEL)
    assert tenths["n"].sum() == 2357
    assert tenths["n"].max() - tenths["n"].min() <= 1
    assert tenths["actual_share"].sum() == pytest.approx(1)
    assert tenths["best_share"].sum() == pytest.approx(1)
    assert tenths["expected_mean"].is_monotonic_decreasing
    bars = purchase_groups.histogram(sample)
    assert bars["customer_count"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    for name in MODELS:
        assert bars[name].sum() == pytest.approx(2357)
        assert (bars[name] - bars["customer_count"]).abs().max() < 45
    alive = purchase_groups.alive(sample, model="pareto_nbd")
    assert alive["n"].sum() == 2357
    assert alive["p_alive"].is_monotonic_increasing
    assert alive["n"] @ alive["p_alive"] / 2357 == pytest.approx(0.4463, abs=2e-4)
    assert (alive["expected_share"] < alive["p_alive"]).all()


def by_their_day(trial: trials.Trial) -> tuple[int, float]:
    model, fit = trial.fit_of("pareto_nbd")
    terms = {"rows": trial.rows, "fit": fit, "model": model, "as_of": trial.seen_until, "weeks": trial.plan.weeks}
    chances = trial.rows.spread(p_buys(**{name: one for name, one in terms.items() if name != "as_of"}))
    found = purchase_groups.by_their_day(trial.customers, chances=chances, **terms)
    orders = next_order(trial.rows, **{name: one for name, one in terms.items() if name != "rows"})
    named = orders["next_order_on"]
    came = (trial.customers["holdout_first_on"].to_numpy() <= named.to_numpy()).sum()
    assert found == {"next_order_count": named.notna().sum(), "next_order_share": came / named.notna().sum()}
    return int(found["next_order_count"]), found["next_order_share"]


def test_half_of_those_with_a_day_for_their_next_order_bought_by_it(
    sample: trials.Trial, restless: trials.Trial
) -> None:
    """In a world of the model's own, and on CDNOW: days named 39 weeks before, that customers may have left counted in.

    Of all customers of CDNOW it was 46, 50 and 44 % from June, September and December 1997.
    """
    for trial, least in ((sample, 300), (restless, 500)):
        count, share = by_their_day(trial)
        assert count > least
        assert share == pytest.approx(0.5, abs=3 * np.sqrt(0.25 / count))


def test_nobody_has_a_day_where_nobody_is_likelier_than_not_to_buy() -> None:
    known = split_frame((0, 0.0, 8.0, 1, 5.0)).assign(holdout_first_on=pd.Timestamp("2024-03-12"))
    rows = histories.collapse(known)
    terms = {"rows": rows, "fit": fit_at("bg_nbd", TRUTH["bg_nbd"]), "model": MODELS["bg_nbd"], "weeks": 1.0}
    found = purchase_groups.by_their_day(known, as_of=date(2024, 3, 10), chances=rows.spread(p_buys(**terms)), **terms)
    assert found["next_order_count"] == 0
    assert np.isnan(found["next_order_share"])


def test_frequencies_of_who_buys_often_are_gathered_in_ranges() -> None:
    customers = [(0, 0.0, 9.0, 0, 0.0), *((x, 8.0, 9.0, 1, 1.0) for x in range(1, 81))]
    known = split_frame(*customers)
    plan = holdout_days.plan(date(2024, 1, 1), as_of=date(2024, 5, 19), weeks=10)
    fits = [fit_at("bg_nbd", TRUTH["bg_nbd"])]
    trial = trials.trial(known, rows=histories.collapse(known), fits=fits, plan=plan, level=LEVEL)
    found = purchase_groups.by_frequency(trial)
    assert found["label"].tolist() == ["0", "1–10", "11–20", "21–30", "31–40", "41–50", "51–60", "61–70", "71+"]
    assert found["n"].tolist() == [1] + [10] * 8
    assert purchase_groups.histogram(trial)["bg_nbd"].sum() == pytest.approx(81)


def test_who_is_alike_in_p_alive_is_never_parted() -> None:
    known = split_frame(*[(0, 0.0, 8.0, 1, 5.0)] * 30, *[(2, 3.0, 9.0, 0, 0.0)] * 10)
    plan = holdout_days.plan(date(2024, 1, 1), as_of=date(2024, 5, 19), weeks=10)
    fits = [fit_at("bg_nbd", TRUTH["bg_nbd"])]
    trial = trials.trial(known, rows=histories.collapse(known), fits=fits, plan=plan, level=LEVEL)
    found = purchase_groups.alive(trial, model="bg_nbd")
    assert found["n"].tolist() == [10, 30]
    assert found["p_alive"].iloc[1] == 1.0
    assert found["actual_share"].tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="model must be one of bg_nbd; found 'pareto_nbd'"):
        purchase_groups.alive(trial, model="pareto_nbd")


def test_who_buys_by_hand_and_against_draws() -> None:
    known = split_frame((0, 0.0, 8.0, 0, 0.0), (3, 7.0, 9.0, 0, 0.0), (12, 9.0, 9.0, 0, 0.0))
    rows = histories.collapse(known)
    r, alpha, *_ = TRUTH["bg_nbd"]
    bg = p_buys(rows, fit=fit_at("bg_nbd", TRUTH["bg_nbd"]), model=MODELS["bg_nbd"], weeks=10.0)
    # BG/NBD: who bought once is alive, and pauses on with the chance of a gamma rate
    assert rows.spread(bg)[0] == pytest.approx(1 - ((alpha + 8) / (alpha + 18)) ** r)
    for name, theta in TRUTH.items():
        fit, model, rng = fit_at(name, theta), MODELS[name], np.random.default_rng(4)
        drawn = np.mean([model.draw(fit.theta, rows, 10.0, rng) > 0 for _ in range(1500)], axis=0)
        exact = rows.spread(p_buys(rows, fit=fit, model=model, weeks=10.0))
        assert drawn == pytest.approx(exact, abs=0.04)
        assert (exact <= rows.spread(model.p_alive(fit.theta, rows))).all()
