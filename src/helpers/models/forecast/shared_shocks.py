"""What moves all customers together: the season, the shocks beyond chance, and how many new customers come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtr, gammaln

from helpers.models.buying.rows import Floats
from helpers.models.forecast.periods import YEAR_WEEKS
from helpers.watching import Readable

SMALLEST_EXPECTED = 20.0
"""Expected purchases from which on a past period says something of season and shocks."""
SHORTEST_PAST = 6
"""Past periods from which on shocks and the steps of arrivals can be measured."""
QUIET_WEEKS = 12
"""Weeks (whole periods, one at least) without a single new customer after which none are expected."""
LARGEST_RISE = 3.0
"""Times the largest number of new customers of a past period that one ahead may have in a draw."""
YEARS = 2
"""Fewest years for a season; it, shocks and the steps of arrivals are learned from one more at most."""
SCATTER = 50.0
"""Counts at which chance is as large as what a period does of itself: a seventh."""
FEW_ARRIVALS = 20.0
"""New customers a period below which they are counted, not measured on a logarithmic scale."""
UNLIKELY = 0.01
"""Chance of so long a stretch without a new customer at which it is no chance."""
DISCOUNTS = (1.0, 0.98, 0.95, 0.9, 0.8, 0.65, 0.5)
"""What is left of the weight of a count a period later."""
SMOOTHINGS = np.linspace(0.05, 1.0, 20)


@dataclass(frozen=True, eq=False)
class Path(Readable):
    """Numbers of the coming periods: what to expect of each, and draws by periods."""

    expected: Floats
    draws: Floats

    def __add__(self, other: Path) -> Path:
        return Path(self.expected + other.expected, self.draws + other.draws)

    def __mul__(self, other: Path) -> Path:
        return Path(self.expected * other.expected, self.draws * other.draws)


@dataclass(frozen=True, eq=False)
class SharedShocks(Readable):
    """What multiplies the purchases of all customers in a period, and what it was learned from.

    Attributes
    ----------
    path
        The factors of the coming periods.
    season
        Logarithms of the season's factors, those of the coming year in order; zero where none was found.
    shock, memory
        Standard deviation of the logarithm of the shock of a period, and its correlation with that of the next; NaN
        where the past is too short or too small to measure them.
    """

    path: Path
    season: Floats
    shock: float
    memory: float


def season(logs: Floats, counts: Floats, *, year: int, level: float = 0.0) -> Floats:
    """Logarithms of the season's factors for the year to come, from a series of logarithms that ends now.

    Parameters
    ----------
    logs
        One entry per period, NaN where it says nothing.
    counts
        How many purchases or customers it rests on: an entry weighs counts / (counts + 50), its share of the variance
        where a period's own doings scatter by a seventh.
    year
        Periods in a year.
    level
        Certainty with which there must be a season at all, by the F test; 0 where the shrinkage is enough.

    Notes
    -----
    The last whole years are laid side by side, their levels and the slope between them taken off; the mean over the
    years of what is left is shrunk by 1 - 1/F (positive part of James and Stein), F being its mean square over that of
    the rest. Zero where there are fewer than two years, or F is 1 or less.
    """
    years = min(len(logs) // year, YEARS + 1)
    if years < YEARS or year < YEARS:
        return np.zeros(year)
    grid = logs[-years * year :].reshape(years, year)
    is_known, size = np.isfinite(grid), counts[-years * year :].reshape(years, year)
    weights = np.where(is_known, size / (size + SCATTER), 0.0)
    degrees = int(is_known.sum()) - year - years + 1
    if not is_known.any(axis=0).all() or degrees < year // 2:
        return np.zeros(year)
    grid = _levelled(np.where(is_known, grid, 0.0), weights)
    index = (weights * grid).sum(axis=0) / weights.sum(axis=0)
    between = float((weights.sum(axis=0) * index**2).sum()) / (year - 1)
    within = float((weights * (grid - index) ** 2).sum()) / degrees
    is_season = between > within and fdtr(year - 1, degrees, between / max(within, 1e-300)) >= level
    return index * (1 - within / between) if is_season else np.zeros(year)


def log_ratios(actual: Floats, expected: Floats) -> Floats:
    """Logarithms of what came over what was expected; NaN for a period of which fewer than 20 were expected."""
    is_known = (expected >= SMALLEST_EXPECTED) & (actual > 0)
    ratios: Floats = np.where(is_known, np.where(is_known, actual, 1.0) / np.where(is_known, expected, 1.0), np.nan)
    return np.log(ratios)


def _levelled(grid: Floats, weights: Floats) -> Floats:
    """Years by periods, without the level of each year and as much of a slope as makes the season the smoothest.

    Two years that differ by a constant may have grown steadily or by a step between them. The one leaves a jump at the
    turn of the year where it is taken for the other, so the share of the slope is that with the smallest second
    differences round the year.
    """
    years, year = grid.shape
    levels = _means(grid, weights)
    slope = (levels[-1] - levels[0]) / ((years - 1) * year) * np.arange(year)
    rest = grid - levels[:, None]
    rough, turn = (np.diff(one, n=2, append=one[:2]) for one in (_means(rest.T, weights.T), slope))
    share = float(np.clip(rough @ turn / max(float(turn @ turn), 1e-300), 0.0, 1.0))
    rest = grid - share * slope
    return rest - _means(rest, weights)[:, None]


def _means(grid: Floats, weights: Floats) -> Floats:
    """The weighted mean of each row."""
    means: Floats = (weights * grid).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-12)
    return means


def season_and_shocks(
    actual: Floats, expected: Floats, *, year: int, periods: int, draws: int, rng: np.random.Generator
) -> SharedShocks:
    """Season and shocks, from past purchases over what the model expected of them.

    Parameters
    ----------
    actual, expected
        Repeat purchases of past periods, the last one now.
    year
        Periods in a year.
    periods, draws, rng
        Periods ahead, draws of them, and chance.

    Notes
    -----
    Periods of which fewer than 20 purchases were expected say nothing. The variance of the logarithm of the ratio, less
    that of Poisson counts, is the shock's; it is a stationary autoregression of order 1 ahead.
    """
    logs = log_ratios(actual, expected)
    seasonal = season(logs, expected, year=year)
    ahead = np.arange(periods) % year
    rest = (logs - _laid(seasonal, len(logs)))[-(YEARS + 1) * year :]
    shock, memory = _shock(rest, expected[-(YEARS + 1) * year :], learned=year if seasonal.any() else 1)
    moved = _autoregression(shock, memory, (draws, periods), rng)
    return SharedShocks(Path(np.exp(seasonal[ahead]), np.exp(seasonal[ahead] + moved)), seasonal, shock, memory)


def arrivals(counts: Floats, *, year: int, periods: int, draws: int, rng: np.random.Generator) -> tuple[Path, str]:
    """How many new customers come in each period, by the recent level, and what to say of it ("": nothing).

    Parameters
    ----------
    counts
        New customers of past periods, the last one now.
    year
        Periods in a year.
    periods, draws, rng
        Periods ahead, draws of them, and chance.

    Notes
    -----
    Simple exponential smoothing of the logarithms, the season taken off, of the latest three years: the factor is the
    one with the smallest errors one step ahead. Ahead, the level walks at random with those errors: their standard
    deviation is that of errors cut at three times their median size, so that an opening rush does not widen everything.
    The expected number is the median one.

    Where fewer than 20 come in a period, their rate is Gamma and their number Poisson, with a discount of the past that
    the counts before were likeliest with: the draws are whole, what is expected is their mean, and the season is not
    looked for. Bounds of whole numbers hold a little more than they say.

    After 12 weeks without a new customer none are expected, where so long a stretch was unlikely by the rate before.

    References
    ----------
    Hyndman and Athanasopoulos (2021), Forecasting: principles and practice, 3rd ed., section 8.1; Harvey and Fernandes
    (1989), Time series models for count or qualitative observations, Journal of Business and Economic Statistics 7(4),
    407-417, section 2.
    """
    recent = counts[-(YEARS + 1) * year :]
    if _has_stopped(counts, quiet_periods(year)):
        nothing = np.zeros((draws, periods))
        return Path(nothing[0], nothing), "stopped"
    if recent.mean() < FEW_ARRIVALS:
        return _few(recent, periods=periods, draws=draws, rng=rng), "" if len(recent) >= SHORTEST_PAST else "short"
    logs = np.log(recent + 0.5)
    seasonal = season(logs, recent, year=year)
    level, smoothing, error = _smoothed(logs - _laid(seasonal, len(logs)))
    # a season learned from the same periods has taken some of their errors away
    error *= np.sqrt(len(logs) / (len(logs) - year)) if seasonal.any() else 1.0
    ahead = seasonal[np.arange(periods) % year]
    steps = error * rng.standard_normal((draws, periods))
    levels = level + smoothing * (np.cumsum(steps, axis=1) - steps)
    arriving = "" if len(recent) >= SHORTEST_PAST else "short"
    drawn = np.minimum(_counts(levels + steps + ahead), LARGEST_RISE * recent.max())
    return Path(_counts(level + ahead), drawn), arriving


def _has_stopped(counts: Floats, quiet: int) -> bool:
    """Whether nobody came for so many periods or longer, and by the rate before that was not chance."""
    came = np.flatnonzero(counts)
    if not len(came):
        return True
    silent = len(counts) - 1 - int(came[-1])
    rate = counts[: came[-1] + 1].mean()
    return silent >= quiet and bool(np.exp(-rate * silent) <= UNLIKELY)


def _few(counts: Floats, *, periods: int, draws: int, rng: np.random.Generator) -> Path:
    """Whole numbers of new customers ahead: a Gamma rate that is learned from each period and forgotten by a discount.

    A draw goes on as the past did: what it brings in a period is learned from for the next.
    """
    likelihoods = [_filtered(counts, discount)[0] for discount in DISCOUNTS]
    discount = DISCOUNTS[int(np.argmax(likelihoods))]
    _, shape, rate = _filtered(counts, discount)
    expected = np.full(periods, shape / rate)
    shapes, drawn = np.full(draws, shape), np.zeros((draws, periods))
    for at in range(periods):
        shapes, rate = discount * shapes, discount * rate
        drawn[:, at] = rng.poisson(rng.gamma(shapes) / rate)
        shapes, rate = shapes + drawn[:, at], rate + 1
    return Path(expected, drawn)


def _filtered(counts: Floats, discount: float) -> tuple[float, float, float]:
    """The log likelihood of counts one step ahead, and shape and rate of the Gamma distribution that they leave.

    It begins with half a count at the mean of all, which the mean that it ends with does not feel.
    """
    shape, rate, log_likelihood = 0.5, 0.5 / float(counts.mean()), 0.0
    for count in counts:
        shape, rate = discount * shape, discount * rate
        log_likelihood += gammaln(shape + count) - gammaln(shape) - gammaln(count + 1)
        log_likelihood += shape * np.log(rate / (rate + 1)) - count * np.log1p(rate)
        shape, rate = shape + count, rate + 1
    return float(log_likelihood), float(shape), float(rate)


def quiet_periods(year: int) -> int:
    """Periods, of which a year has so many, without a new customer after which none may come any more."""
    return max(QUIET_WEEKS * year // YEAR_WEEKS, 1)


def _counts(logs: Floats) -> Floats:
    return np.maximum(np.exp(logs) - 0.5, 0.0)


def _laid(seasonal: Floats, length: int) -> Floats:
    """The season's factors laid over a past that ends now."""
    return seasonal[np.arange(-length, 0) % len(seasonal)]


def _shock(logs: Floats, expected: Floats, *, learned: int) -> tuple[float, float]:
    """Standard deviation and memory of what is left of the logarithms, of which `learned` means were taken off."""
    is_known = np.isfinite(logs)
    if is_known.sum() < max(SHORTEST_PAST, learned + 2):
        return float("nan"), float("nan")
    rest = logs - np.mean(logs[is_known])
    pairs = is_known[1:] & is_known[:-1]
    freedom = is_known.sum() / (is_known.sum() - learned)
    beyond = float(freedom * np.mean(rest[is_known] ** 2) - np.mean(1 / expected[is_known]))
    if beyond <= 0 or pairs.sum() < 2:
        return 0.0, 0.0
    memory = float(np.mean(rest[1:][pairs] * rest[:-1][pairs])) / beyond
    return float(np.sqrt(beyond)), float(np.clip(memory, 0.0, 0.95))


def _autoregression(shock: float, memory: float, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Draws by periods of a stationary autoregression; zero where the shock is not known."""
    steps, moved = rng.standard_normal(shape), np.zeros(shape)
    if not shock > 0:
        return moved
    moved[:, 0] = steps[:, 0]
    for at in range(1, shape[1]):
        moved[:, at] = memory * moved[:, at - 1] + np.sqrt(1 - memory**2) * steps[:, at]
    return shock * moved


def _smoothed(logs: Floats) -> tuple[float, float, float]:
    """Level, factor of smoothing and standard deviation of the errors one step ahead."""
    if len(logs) < 3:
        return float(logs[-1]), 1.0, float(np.abs(np.diff(logs)).sum())
    fits = [_errors(logs, smoothing) for smoothing in SMOOTHINGS]
    best = int(np.argmin([np.abs(errors).mean() for _, errors in fits]))
    level, errors = fits[best]
    size = np.abs(errors)
    cut = np.minimum(size, 3 * 1.4826 * np.median(size))
    return level, float(SMOOTHINGS[best]), float(np.sqrt(np.mean(cut**2)))


def _errors(logs: Floats, smoothing: float) -> tuple[float, Floats]:
    level, errors = float(logs[0]), np.empty(len(logs) - 1)
    for at, value in enumerate(logs[1:]):
        errors[at] = value - level
        level += smoothing * errors[at]
    return level, errors
