"""Early warning: a set anyone can make again, the stated false alarms, and cases by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.models.churn import early_warning, recent_weeks
from helpers.models.churn.early_warning import Terms

TERMS = Terms(baseline_weeks=16, watch_weeks=14, fall_share=0.35, false_alarm_share=0.0125)
CUSTOMERS, WEEKS, FALL_WEEK, LEFT = 4_000, 30, 20, 10
SEEDS = range(8)


def made(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Weekly Poisson visits with rates from Gamma(4, 1); a fifth fall to 35 % of their rate in week 20."""
    draw = np.random.default_rng(seed)
    is_falling = np.arange(CUSTOMERS) < CUSTOMERS // 5
    rates = np.repeat(draw.gamma(4, 1, CUSTOMERS)[:, None], WEEKS, axis=1)
    rates[is_falling, FALL_WEEK:] *= 0.35
    return draw.poisson(rates), is_falling


def first_warned(counts: np.ndarray, *, seed: int) -> np.ndarray:
    """The place among the weeks watched at which each customer is first warned of; 99 where never."""
    known = early_warning.baselines(counts[:, :16].sum(axis=1), weeks=16)
    weekly = early_warning.levels(counts[:, :16], counts[:, 16:], known, fall_share=0.35).weekly
    limits = early_warning.tuned(known, weekly=weekly, terms=TERMS, seed=seed)
    paths = early_warning.cusum(counts[:, 16:], known.means[:, None] * weekly, fall_share=0.35)
    is_over = paths >= limits.thresholds[:, None]
    return np.where(is_over.any(axis=1), is_over.argmax(axis=1), 99)


@pytest.fixture(scope="module")
def trials() -> list[tuple[np.ndarray, np.ndarray]]:
    return [(first_warned(counts, seed=seed), falls) for seed, (counts, falls) in enumerate(map(made, SEEDS))]


def test_declines_are_found_in_time_at_few_false_alarms(trials: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """An oracle who knows every rate and the fall finds .894 within 10 weeks at 1.45 % false alarms in 14."""
    recall = np.mean([(first[falls] < 14).mean() for first, falls in trials])
    false = np.mean([(first[~falls] < 14).mean() for first, falls in trials])
    start = FALL_WEEK - 16
    delays = [np.median(first[falls & (first >= start) & (first < 14)] - start + 1) for first, falls in trials]
    assert recall >= 0.85
    assert false <= 0.0135
    assert np.mean(delays) <= 5
    assert false == pytest.approx(TERMS.false_alarm_share, rel=0.2), "the stated rate is true within a fifth"


def test_the_recent_weeks_against_those_before_find_fewer_and_forget(
    trials: list[tuple[np.ndarray, np.ndarray]],
) -> None:
    """The last 4 weeks against the 12 before: a decline that enters its own baseline fades."""
    found, standing, false = [], [], []
    for seed, (counts, falls) in enumerate(map(made, SEEDS)):
        known = early_warning.baselines(counts[:, :16].sum(axis=1), weeks=16)
        limit, *told = recent_weeks.tuned(known, terms=TERMS, false_alarm_share=TERMS.false_alarm_share, seed=seed)
        is_low = recent_weeks.chances(counts, first=16) <= limit
        false.append(is_low[~falls].any(axis=1).mean())
        found.append(is_low[falls].any(axis=1).mean())
        standing.append(is_low[falls, -1].mean())
        assert [found[-1], standing[-1]] == pytest.approx(told, abs=0.07), "as the page says of it"
    assert np.mean(false) == pytest.approx(TERMS.false_alarm_share, rel=0.2), "about as many false alarms"
    recall = np.mean([(first[falls] < 14).mean() for first, falls in trials])
    assert np.mean(found) < recall - 0.3
    assert np.mean(standing) < np.mean(found) / 5, "by week 30 most of its warnings are gone"


SEASON = np.array([0.9, 0.8, 0.6, 0.5, 0.5, 0.5, 0.6, 0.7, 0.9, 1.1, 1.2, 1.0, 0.7, 0.5])
DECLINE = np.where(np.arange(14) < 2, 1.0, 0.6)


@pytest.mark.parametrize("common", [SEASON, DECLINE], ids=["season", "decline"])
def test_what_all_do_less_of_warns_of_nobody_and_hides_nobody(common: np.ndarray) -> None:
    """The same set while everybody comes less: the false alarms are those stated, and who falls besides is found.

    Fewer visits tell less, so that fewer falls are found: as many as who knew the common level would find. Judged
    against their baselines alone, a fifth of those who never change would be warned of, and more.
    """
    false, naive, found, with_truth = [], [], [], []
    for seed in range(2):
        draw = np.random.default_rng(seed)
        is_falling = np.arange(CUSTOMERS) < CUSTOMERS // 5
        rates = np.repeat(draw.gamma(4, 1, CUSTOMERS)[:, None], WEEKS, axis=1)
        rates[:, 16:] *= common
        rates[is_falling, FALL_WEEK:] *= 0.35
        counts = draw.poisson(rates)
        first = first_warned(counts, seed=seed)
        false.append((first[~is_falling] < 14).mean())
        found.append((first[is_falling] < 14).mean())
        naive.append(is_warned(counts, np.ones(14), seed=seed)[~is_falling].mean())
        with_truth.append(is_warned(counts, common, seed=seed)[is_falling].mean())
    assert np.mean(false) == pytest.approx(TERMS.false_alarm_share, rel=0.2)
    assert np.mean(found) > np.mean(with_truth) - 0.02
    assert np.mean(naive) > 0.2


def is_warned(counts: np.ndarray, weekly: np.ndarray, *, seed: int) -> np.ndarray:
    """Who is warned of where the common level is taken to be this."""
    known = early_warning.baselines(counts[:, :16].sum(axis=1), weeks=16)
    limits = early_warning.tuned(known, weekly=weekly, terms=TERMS, seed=seed)
    paths = early_warning.cusum(counts[:, 16:], known.means[:, None] * weekly, fall_share=0.35)
    return np.asarray((paths >= limits.thresholds[:, None]).any(axis=1))


def test_the_common_level_is_learned_whoever_falls_and_whoever_does_most() -> None:
    """A fifth fall by themselves and one customer does a tenth of everything: both leave the level as it is."""
    counts, _ = made(1)
    counts[0, :] = 1_800
    counts[0, 16:] = 0
    known = early_warning.baselines(counts[:, :16].sum(axis=1), weeks=16)
    found = early_warning.levels(counts[:, :16], counts[:, 16:], known, fall_share=0.35)
    assert found.weekly == pytest.approx(np.ones(14), abs=0.05)
    assert found.since is None


def test_a_common_fall_is_told_once_with_its_week_and_size() -> None:
    draw = np.random.default_rng(4)
    customers = pd.Series([f"c{n:04d}" for n in range(1000)])
    rates = draw.gamma(4, 0.25, 1000)[:, None] * np.append(np.ones(20), np.full(10, 0.6))
    counts = draw.poisson(rates)
    place, week = np.nonzero(counts)
    frame = pd.DataFrame({"customer_id": customers[place], "week": week, "event_count": counts[place, week]})
    told = early_warning.warnings({"visits": frame}, customers, as_of=date(2024, 12, 29), terms=TERMS, seed=1)
    (fall,) = early_warning.common_falls(told, level=0.95).to_dict("records")
    assert fall["low"] < 0.6 < fall["high"]
    assert abs(fall["since_on"] - pd.Timestamp(2024, 10, 21)) <= pd.Timedelta(days=7)
    assert len(told.table) <= 1000 * 0.0125 + 3 * np.sqrt(1000 * 0.0125)


def test_chance_alone_makes_no_common_fall() -> None:
    """Nobody changes and little is done: the level stays near 1, and a fall is hardly ever told."""
    falls = 0
    for seed in range(20):
        draw = np.random.default_rng(seed)
        counts = draw.poisson(np.repeat(draw.gamma(1, 0.05, 500)[:, None], WEEKS, axis=1))
        known = early_warning.baselines(counts[:, :16].sum(axis=1), weeks=16)
        falls += early_warning.levels(counts[:, :16], counts[:, 16:], known, fall_share=0.35).since is not None
    assert falls <= 1


def test_the_simple_rival_by_hand() -> None:
    """Two visits a week, then none in four: of 24 visits none falls in the last four of sixteen weeks."""
    counts = np.array([[2] * 12 + [0] * 4, [2] * 16])
    found = recent_weeks.chances(counts, first=0)
    assert found.shape == (2, 1), "of weeks with fewer than fifteen before them nothing is told"
    assert found[0, 0] == pytest.approx(0.75**24)
    assert found[1, 0] > 0.5


def test_the_simple_rival_stands_beside_each_signal_that_counts() -> None:
    counts, falls = made(3)
    customers = pd.Series([f"c{n:04d}" for n in range(CUSTOMERS)])
    customer, week = np.nonzero(counts)
    long = {"customer_id": customers.to_numpy()[customer], "week": week, "event_count": counts[customer, week]}
    visits = {"visits": pd.DataFrame(long)}
    warned = early_warning.warnings(visits, customers, as_of=date(2024, 12, 29), terms=TERMS, seed=1)
    row = recent_weeks.beside(warned, visits, customers, terms=TERMS, seed=1).signals.iloc[0]
    assert row["rival_caught_share"] < row["caught_share"] - 0.3
    assert row["rival_standing_share"] < 0.1
    assert 0 < row["rival_warned_count"] < 0.2 * falls.sum(), "on the last day most of its warnings are gone"


def said(counts: np.ndarray, *, seed: int) -> tuple[early_warning.Warnings, pd.DataFrame]:
    """The warnings of one signal, and what the simple rival says of it."""
    customers = pd.Series([f"c{n:04d}" for n in range(len(counts))])
    customer, week = np.nonzero(counts)
    long = {"customer_id": customers.to_numpy()[customer], "week": week, "event_count": counts[customer, week]}
    visits = {"visits": pd.DataFrame(long)}
    warned = early_warning.warnings(visits, customers, as_of=date(2024, 12, 29), terms=TERMS, seed=seed)
    return warned, recent_weeks.beside(warned, visits, customers, terms=TERMS, seed=seed).signals


def test_where_nobody_changes_warnings_are_not_called_more_than_chance() -> None:
    """Half of such worlds have more warnings than the mean of chance: it takes more than that to say so."""
    beyond, above_mean, worlds = 0, 0, 6
    for seed in range(worlds):
        draw = np.random.default_rng(100 + seed)
        counts = draw.poisson(np.repeat(draw.gamma(4, 1, 800)[:, None], WEEKS, axis=1))
        warned, _ = said(counts, seed=seed)
        beyond += warned.is_beyond_chance
        assert warned.is_beyond_chance or warned.to_act_on.empty
        above_mean += len(warned.table) > warned.by_chance
    assert beyond <= 1, "one in forty, and a world more"
    assert above_mean >= 1, "the mean of chance would have said so of these"


def test_where_a_fifth_fall_it_is_more_than_chance() -> None:
    warned, _ = said(made(3)[0][:1500], seed=1)
    assert warned.is_beyond_chance
    assert len(warned.to_act_on) == len(warned.table)


def test_the_simple_rival_takes_out_what_all_do_less_of() -> None:
    draw = np.random.default_rng(5)
    rates = np.repeat(draw.gamma(4, 1, 1500)[:, None], WEEKS, axis=1)
    rates[:, -4:] *= 0.5
    counts = draw.poisson(rates)
    warned, rival = said(counts, seed=1)
    assert rival["rival_warned_count"].iloc[0] <= 1.5 * warned.by_chance
    limit = recent_weeks.tuned(
        early_warning.baselines(counts[:, :16].sum(axis=1), weeks=16), terms=TERMS, false_alarm_share=0.0125, seed=1
    )[0]
    alone = (recent_weeks.chances(counts, first=WEEKS - 1)[:, -1] <= limit).sum()
    assert alone > 5 * warned.by_chance, "by their own weeks alone many would be warned of"


def test_a_cusum_by_hand() -> None:
    """4 a week are usual: a week without any adds 4 * 0.65, one visit takes 1.05 off, never below 0."""
    path = early_warning.cusum(np.array([[4, 0, 1, 9]]), np.array([4.0]), fall_share=0.35)
    assert list(path[0]) == pytest.approx([0, 2.6, 5.2 + np.log(0.35), 0])


def test_baselines_are_shrunk_towards_all() -> None:
    draw = np.random.default_rng(1)
    rates = draw.gamma(4, 1, 20_000)
    known = early_warning.baselines(draw.poisson(16 * rates), weeks=16)
    assert known.rate == pytest.approx(17, abs=0.1)
    assert ((known.means - rates) ** 2).mean() == pytest.approx(4 / 17, rel=0.05), "the error that Bayes allows"


def test_alike_customers_have_one_baseline() -> None:
    known = early_warning.baselines(np.full(500, 16), weeks=16)
    assert known.means == pytest.approx(np.ones(500))


def test_a_warning_says_since_when_and_how_strong() -> None:
    """Ann comes 4 times a week and stops in the 20th week; nobody else changes."""
    customers = pd.Series([f"c{n:03d}" for n in range(200)])
    rows = [(name, week, 4) for name in customers for week in range(WEEKS) if not (name == "c007" and week >= 20)]
    counts = pd.DataFrame(rows, columns=["customer_id", "week", "event_count"])
    stranger = pd.DataFrame({"customer_id": ["x"], "week": [3], "event_count": [9]})
    told = early_warning.warnings(
        {"visits": pd.concat([counts, stranger])}, customers, as_of=date(2024, 12, 29), terms=TERMS, seed=1
    )
    assert len(told.table) == 1
    row = told.table.iloc[0]
    assert (row["customer_id"], row["signal"], row["actual_count"]) == ("c007", "visits", 0)
    # the last of thirty weeks ends on the 29th of December: the 21st begins ten weeks before its end
    assert row["since_on"] == pd.Timestamp(2024, 10, 21)
    assert row["expected_count"] == pytest.approx(40, rel=0.02)
    assert row["warned_on"] >= pd.Timestamp(2024, 10, 27)
    assert told.signals.loc[0, "usual_count"] == pytest.approx(4)


def test_a_warning_is_latched_and_later_weeks_never_enter_the_baseline() -> None:
    """Who stops for good, and who comes back at the end, are both warned of."""
    customers = pd.Series([f"c{n:03d}" for n in range(200)])
    gone = {"c001": range(20, 30), "c002": range(20, 26)}
    rows = [(name, week, 4) for name in customers for week in range(WEEKS) if week not in gone.get(name, ())]
    counts = pd.DataFrame(rows, columns=["customer_id", "week", "event_count"])
    told = early_warning.warnings({"visits": counts}, customers, as_of=date(2024, 12, 29), terms=TERMS, seed=1)
    assert list(told.table["customer_id"]) == ["c001", "c002"]


def test_false_alarms_are_shared_out_over_signals_and_the_first_warning_counts() -> None:
    draw = np.random.default_rng(2)
    customers = pd.Series([f"c{n:04d}" for n in range(3000)])
    names = np.repeat(customers.to_numpy(), WEEKS)
    signals = {
        name: pd.DataFrame(
            {"customer_id": names, "week": np.tile(np.arange(WEEKS), 3000), "event_count": draw.poisson(3, 90_000)}
        )
        for name in ("visits", "engagement")
    }
    told = early_warning.warnings(signals, customers, as_of=date(2024, 12, 29), terms=TERMS, seed=1)
    assert told.signals["false_alarm_share"].sum() <= 0.0125
    warned = early_warning.first_of_each(told.table)
    assert warned["customer_id"].is_unique
    assert len(warned) <= 3000 * 0.0125 + 3 * np.sqrt(3000 * 0.0125)


def test_too_few_customers_or_nothing_done_is_no_signal() -> None:
    nothing = pd.DataFrame({"customer_id": ["a"], "week": [0], "event_count": [1]})
    told = early_warning.warnings({"visits": nothing}, pd.Series(["a"]), as_of=date(2024, 12, 29), terms=TERMS, seed=1)
    assert told.table.empty
    assert told.signals.empty


def test_who_came_later_or_has_gone_is_not_watched() -> None:
    histories = pd.DataFrame(
        {"customer_id": ["a", "b", "c"], "first_on": pd.to_datetime(["2024-01-01", "2024-06-02", "2024-06-01"])}
    )
    people = pd.DataFrame({"customer_id": ["c", "a", "b"], "stage": ["loyal", "lapsed", "new"]})
    assert list(early_warning.watched(histories, people, begins=date(2024, 6, 1))) == ["c"]
