"""The sum over all occasions to come of the chance to be there still, discounted: what discrete models need of it."""

from __future__ import annotations

import numpy as np

from helpers.models.buying.rows import Floats


def discounted(a: float, b: Floats, *, rate: float) -> Floats:
    """Expected occasions from now on for which a customer stays, each worth 1 / (1 + rate) of the one before it.

    The first of them is now and certain, the second needs one renewal, and so on: the sum over i = 0, 1, 2 ... of
    E[(1 - u)^i] / (1 + rate)^i, where u, the chance to leave at each occasion, is Beta(a, b).

    Parameters
    ----------
    a
        First parameter of the Beta distribution, above 0.
    b
        Second parameter, an array of those of customers.
    rate
        Discount rate of one occasion, above 0: without it the sum is infinite where a is 1 or less.

    Notes
    -----
    The sum is Gauss' 2F1(1, b; a + b; 1 / (1 + rate)). It is worked out by Gauss' continued fraction, whose depth
    follows from the rate: the usual formulas near 1 break down where a is a whole number.
    """
    if not rate > 0:
        raise ValueError(f"rate must be above 0 per occasion, found {rate:g}")
    z, c = 1 / (1 + rate), a + np.asarray(b, dtype=float)
    root = np.sqrt(rate / (1 + rate))
    depth = int(np.ceil(20 / -np.log((1 - root) / (1 + root)))) + 10
    tail = np.ones_like(c)
    for n in range(depth, 0, -1):
        odd = (b + n) * (c + n - 1) / ((c + 2 * n - 1) * (c + 2 * n))
        even = n * (a + n - 1) / ((c + 2 * n - 2) * (c + 2 * n - 1))
        tail = 1 - even * z / (1 - odd * z / tail)
    return 1 / (1 - b / c * z / tail)
