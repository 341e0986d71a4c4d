"""The discounted sum over renewals: against the sum itself, against the closed form, and near its limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import hyp2f1

from helpers.models.value.renewals import discounted

B = np.array([0.5, 3.0, 50.0, 400.0])


@pytest.mark.parametrize("a", [0.05, 0.3, 1.0, 1.5, 2.0, 7.0])
@pytest.mark.parametrize("rate", [2.0, 0.1, 0.01, 0.001])
def test_it_is_the_sum(a, rate):
    i = np.arange(int(40 / np.log1p(rate)))
    for b, found in zip(B, discounted(a, B, rate=rate), strict=True):
        by_hand = 1 + np.cumprod((b + i) / (a + b + i) / (1 + rate)).sum()
        assert found == pytest.approx(by_hand, rel=1e-11)


@pytest.mark.parametrize("rate", [0.5, 0.02])
def test_it_is_gauss_function(rate):
    assert discounted(0.6, B, rate=rate) == pytest.approx(hyp2f1(1, B, 0.6 + B, 1 / (1 + rate)), rel=1e-9)


def test_without_discount_it_comes_near_the_mean():
    # E[1 / u] of Beta(a, b) is (a + b - 1) / (a - 1) where a is above 1
    assert discounted(3.0, B, rate=1e-6) == pytest.approx((3 + B - 1) / 2, rel=1e-3)


@pytest.mark.parametrize("rate", [0.0, -0.1, np.nan])
def test_a_rate_is_needed(rate):
    with pytest.raises(ValueError, match="rate must be above 0 per occasion, found"):
        discounted(1.0, B, rate=rate)
