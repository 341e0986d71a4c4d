"""Pareto/NBD of a shop with a season: purchases run on its clock, and leaving runs on the calendar.

A customer buys at a Gamma rate times the season of the day, and leaves at a Gamma rate that knows no season. Where S(u)
is the time that has passed on the clock of the season by week u of the customer, the likelihood of x purchases, the
last in week t_x, by one who left at u is that of a steady buyer with S(u) in place of u: the integral over u stays,
with (alpha + S(u))^-(r + x) (beta + u)^-(s + 1) under it. Without a season it is `pareto_nbd`.

References
----------
Schmittlein, Morrison and Colombo (1987), Counting your customers, Management Science 33(1): the steady case.
Bachmann, Meierer and Naef (2021), The role of time-varying contextual factors in latent attrition models, Marketing
Science 40(4): covariates that move both rates over time; here one that moves the first, known for every day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from helpers.models.buying import pareto_nbd_formulas as formulas
from helpers.models.buying import quadrature
from helpers.models.buying.pareto_nbd_formulas import NEGLIGIBLE, Clock
from helpers.models.buying.rows import Floats, Rows, Whole

NODES = 24
"""More than where the integrand is smooth: the season turns it a little, at steps."""


def functions(seen: Clock, passed: Clock, *, slowest: float) -> dict[str, Any]:
    """What a `BuyingModel` answers where its buying follows a season, by the names of its attributes.

    Parameters
    ----------
    seen
        Weeks of the calendar before the end of watching to weeks of the season in them.
    passed
        Weeks of the calendar after it to weeks of the season in them.
    slowest
        Weeks of the season in a week of the calendar at the least.
    """
    seasonal = _Seasonal(seen, passed, slowest)
    names = ("log_likelihood", "p_alive", "expected_purchases", "count_shares", "residual", "buyers", "log_no_purchase")
    return {name: getattr(seasonal, name) for name in names}


@dataclass(frozen=True)
class _Seasonal:
    """The functions of `BuyingModel` whose rows are of the calendar; attributes as in `functions`."""

    seen: Clock
    passed: Clock
    slowest: float

    def log_likelihood(self, theta: Floats, rows: Rows) -> tuple[Floats, Floats]:
        in_ended = np.empty((len(rows), 4))
        odds = formulas.log_odds_ended(theta, rows, in_ended, block=self._block)
        return formulas.log_likelihood(theta, rows.frequency, (self.seen(rows.age), rows.age), odds, in_ended)

    def p_alive(self, theta: Floats, rows: Rows) -> Floats:
        alive: Floats = expit(-formulas.log_odds_ended(theta, rows, block=self._block))
        return alive

    def expected_purchases(self, theta: Floats, rows: Rows, weeks: float, p_alive: Floats | None = None) -> Floats:
        """The weeks that are expected to be lived, each at the pace of its season, times the rate."""
        r, alpha, s, beta = theta
        known = self.p_alive(theta, rows) if p_alive is None else p_alive
        ages, back = np.unique(rows.age, return_inverse=True)
        edges = np.append(np.arange(0.0, weeks), weeks)
        paces = np.diff(self.passed(edges)) / np.diff(edges)
        on_clock = np.diff(formulas.lived(s, (beta + ages)[:, None], edges), axis=1) @ paces
        return known * (r + rows.frequency) / (alpha + self.seen(rows.age)) * on_clock[back.reshape(-1)]

    def count_shares(self, theta: Floats, age: Floats, count_max: int) -> Floats:
        return formulas.count_shares(theta, age, count_max, seen=self.seen)

    def residual(self, theta: Floats, rows: Rows, weekly_rate: float) -> Floats:
        """Of all time to come, in which the season is that of the mean of a year."""
        alive = self.p_alive(theta, rows)
        return formulas.residual(theta, rows, weekly_rate, p_alive=alive, seen=self.seen)

    def buyers(
        self, theta: Floats, rows: Rows, weeks: float | Floats, rng: np.random.Generator, p_alive: Floats | None = None
    ) -> tuple[Whole, Whole]:
        known = self.p_alive(theta, rows) if p_alive is None else p_alive
        return formulas.buyers(theta, rows, weeks, rng, known, clocks=(self.seen, self.passed))

    def log_no_purchase(self, theta: Floats, rows: Rows) -> Callable[[float | Floats], Floats]:
        r, alpha, _, beta = theta
        known = (r + rows.frequency, alpha + self.seen(rows.age), beta + rows.age)
        alive = self.p_alive(theta, rows)

        def within(weeks: float | Floats) -> Floats:
            until, log_none = np.broadcast_to(weeks, alive.shape), np.empty(len(rows))

            def fill(part: slice) -> None:
                quiet = self._quiet(theta[2], until[part], *(one[part] for one in known))
                log_none[part] = np.log1p(-alive[part] * (1 - np.minimum(quiet, 1.0)))

            formulas.by_blocks(fill, len(rows))
            return log_none

        return within

    def _quiet(self, s: float, weeks: Floats, power: Floats, bought: Floats, left: Floats) -> Floats:
        """Chance that who is there buys nothing: until an end that comes within the weeks (a Gauss rule), or in all."""
        near = np.minimum(bought, left)
        nodes, weights = quadrature.legendre(NODES)
        width = np.log1p(weeks / near)
        growth = np.exp(width[:, None] * nodes)
        end = near[:, None] * (growth - 1)
        log_quiet = -power[:, None] * np.log1p(self.passed(end) / bought[:, None])
        log_there = -(s + 1) * np.log1p(end / left[:, None])
        ended = np.exp(log_quiet + log_there) * growth @ weights * width * near * s / left
        stays: Floats = np.exp(-power * np.log1p(self.passed(weeks) / bought) - s * np.log1p(weeks / left))
        return ended + stays

    def _block(self, theta: Floats, x: Floats, recency: Floats, age: Floats, gradient: Floats | None) -> Floats:
        """The integral of s (alpha + S(t))^-(r + x) (beta + t)^-(s + 1) over the time t of the end, from t_x to T.

        By a Gauss rule in y = log(1 + (t - t_x) / near), with the shorter of the two memories as in `pareto_nbd`.
        """
        r, alpha, s, beta = theta
        quiet, bought, power = age - recency, self.seen(age), r + x
        in_quiet = self.seen(quiet)
        of_buying, of_leaving = alpha + bought - in_quiet, beta + recency
        near = np.minimum(of_buying, of_leaving)
        reach = np.minimum(quiet, of_leaving * np.expm1(min(NEGLIGIBLE / (s + 1), 600.0)))
        reach = np.minimum(reach, of_buying * np.expm1(np.minimum(NEGLIGIBLE / power, 600.0)) / self.slowest)
        width = np.log1p(reach / near)
        nodes, weights = quadrature.legendre(NODES)
        growth = np.exp(width[:, None] * nodes)
        weeks = near[:, None] * (growth - 1)
        log_buying = np.log(of_buying[:, None] + in_quiet[:, None] - self.seen(quiet[:, None] - weeks))
        log_leaving = np.log(of_leaving[:, None] + weeks)
        mass = growth * np.exp(
            -power[:, None] * (log_buying - np.log(of_buying)[:, None])
            - (s + 1) * (log_leaving - np.log(of_leaving)[:, None])
        )
        total = mass @ weights
        if gradient is not None:
            mass *= weights / total[:, None]
            gradient[:] = np.column_stack(
                [
                    -np.einsum("ij,ij->i", mass, log_buying),
                    -power * np.einsum("ij,ij->i", mass, np.exp(-log_buying)),
                    1 / s - np.einsum("ij,ij->i", mass, log_leaving),
                    -(s + 1) * np.einsum("ij,ij->i", mass, np.exp(-log_leaving)),
                ]
            )
        since = power * np.log((alpha + bought) / of_buying) + s * np.log((beta + age) / of_leaving)
        with np.errstate(divide="ignore"):
            return since + np.log(s * near / of_leaving) + np.log(total * width)
