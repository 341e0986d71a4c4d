"""Pareto/NBD: purchases at a Gamma rate until an end that comes, in time, at a Gamma rate of its own.

References
----------
Schmittlein, Morrison and Colombo (1987), Counting your customers, Management Science 33(1).
Fader and Hardie (2005), A note on deriving the Pareto/NBD model and related expressions: the likelihood as an integral
over the day of the end, which is what is computed here; and Fader, Hardie and Lee (2005), RFM and CLV, Journal of
Marketing Research 42(4), for DERT.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from helpers.models.buying import pareto_nbd_formulas as formulas
from helpers.models.buying import quadrature, seasonal_pareto_nbd
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.pareto_nbd_formulas import NEGLIGIBLE
from helpers.models.buying.rows import Floats, Rows, Whole

NODES = 20


def _log_likelihood(theta: Floats, rows: Rows) -> tuple[Floats, Floats]:
    in_ended = np.empty((len(rows), 4))
    odds = formulas.log_odds_ended(theta, rows, in_ended, block=_block)
    return formulas.log_likelihood(theta, rows.frequency, (rows.age, rows.age), odds, in_ended)


def _block(theta: Floats, x: Floats, recency: Floats, age: Floats, gradient: Floats | None) -> Floats:
    """The integral of s (alpha + t)^-(r + x) (beta + t)^-(s + 1) over the time t of the end, from t_x to T.

    By a Gauss rule in y = log(1 + (t - t_x) / near), where `near` is the shorter of the two memories, alpha + t_x and
    beta + t_x, and `far` the longer. The range ends where nothing is left: then the integrand is smooth in y, however
    many purchases there are. It is worked out relative to its value at t_x.
    """
    r, alpha, s, beta = theta
    powers = r + x, np.broadcast_to(s + 1, x.shape)
    (near_power, near), (far_power, far) = sorted(zip(powers, (alpha, beta), strict=True), key=lambda pair: pair[1])
    near, far, gap = near + recency, far + recency, far - near
    reach = age - recency
    for power, memory in ((near_power, near), (far_power, far)):
        reach = np.minimum(reach, memory * np.expm1(np.minimum(NEGLIGIBLE / power, 600.0)))
    width = np.log1p(reach / near)
    nodes, weights = quadrature.legendre(NODES)
    y = width[:, None] * nodes
    growth = np.exp(y)
    time = near[:, None] * growth + gap  # since the longer memory began
    log_far = np.log(time)
    mass = np.exp(y * (1 - near_power)[:, None] - (log_far - np.log(far)[:, None]) * far_power[:, None])
    total = mass @ weights
    if gradient is not None:
        mass *= weights / total[:, None]
        in_near = -np.log(near) - width * (mass @ nodes), -near_power / near * (mass / growth).sum(axis=1)
        in_far = -np.einsum("ij,ij->i", mass, log_far), -far_power * (mass / time).sum(axis=1)
        of_alpha, of_beta = (in_near, in_far) if alpha <= beta else (in_far, in_near)
        gradient[:] = np.column_stack([*of_alpha, 1 / s + of_beta[0], of_beta[1]])
    since = (r + x) * np.log((alpha + age) / (alpha + recency)) + s * np.log((beta + age) / (beta + recency))
    with np.errstate(divide="ignore"):
        return since + np.log(s * near / (beta + recency)) + np.log(total * width)


def _p_alive(theta: Floats, rows: Rows) -> Floats:
    return expit(-formulas.log_odds_ended(theta, rows, block=_block))


def _expected_purchases(theta: Floats, rows: Rows, weeks: float, p_alive: Floats | None = None) -> Floats:
    r, alpha, s, beta = theta
    known = _p_alive(theta, rows) if p_alive is None else p_alive
    rate = (r + rows.frequency) / (alpha + rows.age)
    return known * rate * formulas.lived(s, beta + rows.age, weeks)


def _residual(theta: Floats, rows: Rows, weekly_rate: float) -> Floats:
    return formulas.residual(theta, rows, weekly_rate, p_alive=_p_alive(theta, rows))


def _buyers(
    theta: Floats, rows: Rows, weeks: float | Floats, rng: np.random.Generator, p_alive: Floats | None = None
) -> tuple[Whole, Whole]:
    known = _p_alive(theta, rows) if p_alive is None else p_alive
    return formulas.buyers(theta, rows, weeks, rng, known)


PARETO_NBD = BuyingModel(
    name="pareto_nbd",
    title="Pareto/NBD",
    parameters=("r", "alpha", "s", "beta"),
    is_scaled=(False, True, False, True),
    log_likelihood=_log_likelihood,
    p_alive=_p_alive,
    expected_purchases=_expected_purchases,
    expected_new=formulas.expected_new,
    count_shares=formulas.count_shares,
    residual=_residual,
    buyers=_buyers,
    means=formulas.means,
    starts=((0.5, 0.3, 0.6, 0.4), (1.5, 1.0, 1.5, 1.5), (0.3, 0.1, 0.3, 0.05), (2.0, 1.0, 0.2, 1.0)),
    seasonal=seasonal_pareto_nbd.functions,
)
