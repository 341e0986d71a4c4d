"""Satisfaction beside later purchases: nothing but what came after counts, and intervals cover what is planted."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from helpers.features import said_spend, survey_answers
from helpers.features.frames import fetch
from helpers.models.survey import design, said_and_done
from tests.answers import DAY, WINDOWS, bought, given

RUNS = 60
NOBODY_KNOWS = survey_answers.invited(None, None, names=[])


def test_answers_too_near_the_end_of_the_data_are_left_out_and_counted() -> None:
    """Thirty days after the answer end on 1 July: a day less of data, and nothing is known of it."""
    interviews = given(*map(str, range(40)))
    rows = [(str(n), -3, 10.0 + n % 7) for n in range(40)]
    found = fetch(said_spend.around_answers(bought(*rows), interviews, **WINDOWS))
    late = {}
    for end in (date(2024, 6, 30), date(2024, 7, 1)):
        later = said_and_done.joined(interviews, found, watched_until=end, horizon_days=30)
        assert len(later) == 40
        late[end] = int(later["is_late"].sum())
        assert later["later_amount"].notna().sum() == 40 - late[end]
    assert list(late.values()) == [40, 0]


def world(seed: int, *, confounding: float, planted: float) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """900 customers, of whom the content answer more often: standing, interviews with their mark, and around them.

    Later spend follows earlier spend, and satisfaction by `planted` a point; the mark follows earlier spend by
    `confounding` points per standard deviation.
    """
    draw = np.random.default_rng(seed)
    n = 900
    earlier = draw.gamma(2, 50, n)
    known = (earlier - 100) / 70
    mark = np.clip(np.round(3.2 + confounding * known + draw.normal(0, 1, n)), 1, 5)
    later = 0.5 * earlier + planted * mark + draw.gamma(1, 40, n) - 40
    has = draw.random(n) < 1 / (1 + np.exp(0.6 - 0.5 * known))
    who = pd.Series(np.char.mod("c%04d", np.arange(n)))
    held = {
        "earlier_amount": earlier,
        "earlier_count": np.ceil(earlier / 50),
        "days_since_last": draw.integers(1, 90, n),
    }
    stood = pd.DataFrame({"wave": "w1", "customer_id": who, **held, "age_days": 400})
    interviews = pd.DataFrame({"response_id": who, "customer_id": who, "wave": "w1", "answered_on": DAY, "mark": mark})
    bought_later = pd.DataFrame({"response_id": who, **held, "later_amount": later, "later_count": 1})
    return stood, interviews[has].reset_index(drop=True), bought_later[has]


def found_in(seed: int, *, confounding: float, planted: float, scale: float = 1.0) -> said_and_done.SaidAndDone:
    stood, interviews, after = world(seed, confounding=confounding, planted=planted)
    money = ["later_amount", "earlier_amount"]
    after[money] *= scale
    later = said_and_done.joined(interviews, after, watched_until=date(2024, 12, 31), horizon_days=90)
    frame = said_and_done.chances(stood, interviews, names=[], invited=NOBODY_KNOWS)
    sample = design.design(np.ones(len(interviews)))
    found = said_and_done.associated(
        interviews["mark"], later, interviews, frame=frame, design=sample, level=0.9, smallest_base=30
    )
    assert found is not None
    return found


def covered(*, confounding: float, planted: float) -> dict[str, float]:
    """How often the interval of each method held what is planted."""
    held: dict[str, list[bool]] = {name: [] for name in said_and_done.METHODS}
    for seed in range(RUNS):
        found = found_in(seed, confounding=confounding, planted=planted)
        for name, own in held.items():
            row = found.row("later_amount", name)
            own.append(row["low"] <= planted <= row["high"])
    return {name: float(np.mean(own)) for name, own in held.items()}


FAR = 3.5 * np.sqrt(0.09 / RUNS)


@pytest.mark.slow
def test_where_satisfaction_and_spending_are_unrelated_the_interval_covers_zero_at_its_nominal_rate() -> None:
    rates = covered(confounding=0, planted=0)
    assert all(abs(rate - 0.9) <= FAR for rate in rates.values()), rates


@pytest.mark.slow
def test_where_earlier_spend_moves_both_the_adjusted_covers_the_truth_and_the_raw_does_not() -> None:
    rates = covered(confounding=0.6, planted=4)
    assert abs(rates["adjusted"] - 0.9) <= FAR, rates
    assert abs(rates["adjusted_weighted"] - 0.9) <= FAR, rates
    assert rates["unadjusted"] < 0.05, rates


def test_where_it_is_known_who_was_asked_they_are_the_frame_and_their_weights_count() -> None:
    stood, interviews, _ = world(1, confounding=0, planted=0)
    first = interviews["customer_id"].head(100)
    silent = stood.loc[~stood["customer_id"].isin(interviews["customer_id"]), "customer_id"].head(100)
    weight = [3.0] * 100 + [1.0] * 100
    invited = pd.DataFrame({"wave": "w1", "customer_id": [*first, *silent], "weight": weight, "outcome": "complete"})
    moved_away = invited.head(1).assign(customer_id=interviews["customer_id"].iloc[100], outcome="ineligible")
    invited = pd.concat([invited, moved_away], ignore_index=True)
    found = said_and_done.chances(stood, interviews, names=[], invited=invited)
    plain = said_and_done.chances(stood, interviews, names=[], invited=invited.drop(columns="weight"))
    assert found is not None
    assert plain is not None
    assert (len(found.rows), found.rows["has_answered"].sum(), found.knows_invited) == (200, 100, True)
    assert np.allclose(found.rows["weight"], 3 * plain.rows["weight"])


def test_another_currency_only_scales_the_sums() -> None:
    plain, scaled = (found_in(1, confounding=0.3, planted=4, scale=scale) for scale in (1, 1_000))
    for name in said_and_done.METHODS:
        one, other = plain.row("later_amount", name), scaled.row("later_amount", name)
        assert other["estimate"] == pytest.approx(1_000 * one["estimate"])
        assert other["low"] == pytest.approx(1_000 * one["low"])


def test_who_did_not_buy_before_or_gave_no_mark_is_counted_apart() -> None:
    stood, interviews, after = world(1, confounding=0, planted=0)
    interviews.loc[:4, "mark"] = np.nan
    interviews.loc[5:6, "customer_id"] = None
    later = said_and_done.joined(
        interviews,
        after[after["response_id"] != interviews["response_id"][7]],
        watched_until=DAY.date() + timedelta(days=90),
        horizon_days=90,
    )
    frame = said_and_done.chances(stood, interviews, names=[], invited=NOBODY_KNOWS)
    sample = design.design(np.ones(len(interviews)))
    found = said_and_done.associated(
        interviews["mark"], later, interviews, frame=frame, design=sample, level=0.9, smallest_base=30
    )
    assert found is not None
    assert (found.unknown_count, found.late_count, found.n) == (8, 0, len(interviews) - 8)
    assert found.frame_count == 900
