"""Shrunk lifts: by hand, at their limits, and as often right as they say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import beta

from helpers.models.statistics import lifts

Floats = NDArray[np.float64]


def test_with_one_spread_the_lift_is_the_textbooks(monkeypatch: pytest.MonkeyPatch) -> None:
    # a = 1 / 0.5² = 4: (x + a) / (n p + a) = (30 + 4) / (200 · 0.1 + 4), and a beta posterior
    monkeypatch.setattr(lifts, "SPREADS", np.array([0.5]))
    told = lifts.shrunk([0.15], count=[200], base_share=[0.1], level=0.95)
    assert told.value == pytest.approx([34 / 24])
    posterior = beta(4 + 30, 36 + 170)
    assert [*told.low, *told.high] == pytest.approx([10 * posterior.ppf(0.025), 10 * posterior.ppf(0.975)])


def test_small_cells_do_not_shout() -> None:
    # all have three times the base's share, from 4, 40 and 4,000 customers, beside many cells that are like the base
    share, count = np.array([0.3, 0.3, 0.3, *[0.1] * 30]), np.array([4, 40, 4000, *[400] * 30])
    told = lifts.shrunk(share, count=count, base_share=0.1, level=0.95)
    assert 1 < told.value[0] < told.value[1] < told.value[2] < 3
    assert told.value[0] < 1.3
    assert told.value[2] > 2.7
    assert told.low[0] < 1 < told.low[2]


def test_what_all_have_has_a_lift_of_one() -> None:
    told = lifts.shrunk([1.0, 0.2], count=[50, 50], base_share=[1.0, 0.2], level=0.9)
    assert (told.value[0], told.low[0], told.high[0]) == (1.0, 1.0, 1.0)
    assert told.low[1] < told.value[1] < told.high[1]


def test_a_level_that_nobody_has_is_below_one_and_not_nothing() -> None:
    told = lifts.shrunk([0.0, 0.1], count=[500, 500], base_share=0.05, level=0.95)
    assert 0 < told.low[0] < told.value[0] < told.high[0] < 1


@pytest.mark.parametrize(
    ("share", "count", "base"),
    [(1.1, 5, 0.5), (-0.1, 5, 0.5), (0.5, 0, 0.5), (0.5, np.inf, 0.5), (0.5, 5, 0.0), (float("nan"), 5, 0.5)],
)
def test_what_is_no_share_is_refused(share: float, count: float, base: float) -> None:
    with pytest.raises(ValueError, match="shares must lie between 0 and 1"):
        lifts.shrunk([share], count=[count], base_share=[base], level=0.95)


def test_a_group_that_is_part_of_the_base_rests_on_more_customers() -> None:
    # equal shares: v(log lift) = (1 - w)(1 - p) / (p n), so that n / (1 - w) customers are as good
    found = lifts.effective_count(0.3, count=np.array([1000, 5000, 10_000]), base_share=0.3, base_count=10_000)
    assert found == pytest.approx([1000 / 0.9, 5000 / 0.5, np.inf])
    assert lifts.effective_count(0.3, count=1000, base_share=0.3, base_count=10_000, design_effect=0.5) == pytest.approx(2000 / 0.9)  # fmt: skip


def test_the_effective_count_is_that_of_drawn_lifts() -> None:
    rng = np.random.default_rng(5)
    sizes, shares = np.array([300, 900]), np.array([0.4, 0.2])
    drawn = rng.binomial(sizes, shares, (20_000, 2))
    base = drawn.sum(axis=1) / sizes.sum()
    variance = np.log(drawn[:, 0] / sizes[0] / base).var()
    count = lifts.effective_count(0.4, count=300, base_share=(shares @ sizes) / 1200, base_count=1200)
    assert 0.6 / (0.4 * count) == pytest.approx(variance, rel=0.05)


def trial(rng: np.random.Generator, *, groups: int, levels: int, customers: int, spread: float) -> list[Floats]:
    """Groups by levels whose true lifts stray by `spread`: what is true, and what is told, of cells that may be shown."""
    sizes = np.maximum(rng.multinomial(customers, rng.dirichlet(np.full(groups, 2.0))), 10)
    shares = rng.dirichlet(np.full(levels, 1.5)) * np.exp(rng.normal(0, spread, (groups, levels)))
    shares /= shares.sum(axis=1, keepdims=True)
    counts = np.array([rng.multinomial(size, row) for size, row in zip(sizes, shares, strict=True)])
    is_shown = ((counts == 0) | (counts >= 10)) & (counts.sum(axis=0) >= 10)
    group, level = np.nonzero(is_shown)
    share, base = counts[is_shown] / sizes[group], (counts.sum(axis=0) / sizes.sum())[level]
    true = shares[is_shown] / ((sizes @ shares) / sizes.sum())[level]
    count = lifts.effective_count(share, count=sizes[group], base_share=base, base_count=int(sizes.sum()))
    told = lifts.shrunk(share, count=count, base_share=base, level=0.95, free_share=(1 - 1 / groups) * (1 - 1 / levels))
    return [true, share / base, *told]


@pytest.mark.parametrize(
    ("groups", "levels", "customers", "spread", "least"),
    [(11, 8, 4000, 0.6, 0.92), (11, 8, 4000, 0.2, 0.9), (5, 5, 600, 0.4, 0.9), (4, 6, 100_000, 0.3, 0.92)],
)
def test_the_intervals_hold_the_true_lifts_and_shrinking_comes_nearer(
    groups: int, levels: int, customers: int, spread: float, least: float
) -> None:
    rng = np.random.default_rng(groups)
    trials = [trial(rng, groups=groups, levels=levels, customers=customers, spread=spread) for _ in range(40)]
    true, raw, value, low, high = (np.concatenate(each) for each in zip(*trials, strict=True))
    assert ((low <= true) & (true <= high)).mean() >= least
    assert np.abs(value - true).mean() < np.abs(raw - true).mean()


def test_where_groups_are_all_alike_hardly_any_lift_leaves_one() -> None:
    rng = np.random.default_rng(8)
    trials = [trial(rng, groups=11, levels=8, customers=4000, spread=0.0) for _ in range(40)]
    _, _, _, low, high = (np.concatenate(each) for each in zip(*trials, strict=True))
    assert ((low > 1) | (high < 1)).mean() <= 0.01
