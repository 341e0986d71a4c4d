"""What sets customers apart from the start, such as the channel that won them: how it moves buying and leaving.

Everything known of a customer on the first day, and fixed, may enter: channel, region, campaign. What happens later (a
number of complaints, a discount) may not: it is an effect of staying as much as a cause of it.

References
----------
Fader and Hardie (2007), Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models: the rates of a
customer with covariates z are those of the base level times exp(gamma'z) and exp(delta'z), so that alpha becomes
alpha exp(-gamma'z) and, in Pareto/NBD, beta becomes beta exp(-delta'z).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from helpers.errors import FitError
from helpers.models.buying import rows as histories_as_rows
from helpers.models.buying.fitting import Fit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.rows import Floats, Rows, Whole

MISSING, OTHER = "not stated", "other"
MOST_PATTERNS = 500
DROPOUT = {"pareto_nbd": "beta", "bg_nbd": "b", "mbg_nbd": "b"}
"""The parameter of each model that is divided by the effect on dropout."""


@dataclass(frozen=True, eq=False)
class CovariateRows(Rows):
    """Distinct histories of customers with the same covariates; `pattern` is an entry per row: see `Design`."""

    pattern: Whole

    def some(self, places: Whole) -> CovariateRows:
        """The rows at these places alone, each with its weight; `index` has an entry per row."""
        plain = super().some(places)
        return CovariateRows(plain.frequency, plain.recency, plain.age, plain.weight, plain.index, self.pattern[places])


@dataclass(frozen=True, eq=False)
class Design:
    """Texts as columns of 0 and 1, against a base level.

    Attributes
    ----------
    base
        The base level of each covariate: its effect is 0, and all other effects are against it.
    effects
        Covariate and level of each column, in the order of the parameters.
    patterns
        The distinct combinations of levels, an array of patterns by effects.
    pattern
        One entry per customer, in the order of the frame: the row of `patterns`.
    notes
        What was pooled or left out, a sentence each.
    """

    base: Mapping[str, str]
    effects: tuple[tuple[str, str], ...]
    patterns: Floats
    pattern: Whole
    notes: tuple[str, ...]

    @property
    def shares(self) -> Floats:
        """The share of customers of each pattern."""
        counts = np.bincount(self.pattern, minlength=len(self.patterns))
        return np.asarray(counts / counts.sum(), dtype=float)


def design(
    customers: pd.DataFrame, *, covariates: Sequence[str], base: Mapping[str, str] | None = None, least_count: int = 100
) -> Design:
    """The covariates of customers, coded against base levels, with small levels pooled.

    Parameters
    ----------
    customers
        One row per customer in the order of the histories, with the columns of `covariates`: texts. A number, such as a
        year of birth, is to be cut into classes first. Missing is the level "not stated".
    covariates
        Names of the columns.
    base
        Base level of some of the covariates; the largest level where none is given.
    least_count
        Levels with fewer customers are pooled as "other", and into the base level where even these are fewer.

    Raises
    ------
    ValueError
        A column or base level does not exist.
    FitError
        No covariate has two levels; two covariates say the same; or there are more than 500 combinations.
    """
    _check_asked(customers, covariates, base or {})
    columns, bases, notes = {}, {}, []
    for name in covariates:
        texts = customers[name].astype(object).where(customers[name].notna(), MISSING).astype(str)
        bases[name] = (base or {}).get(name) or _largest(texts)
        columns[name], said = _pooled(texts, base=bases[name], least_count=least_count)
        notes += said
    effects = [(name, level) for name in columns for level in _levels(columns[name]) if level != bases[name]]
    if not effects:
        raise FitError("covariates need two levels that set customers apart; found one level of " + ", ".join(columns))
    codes, distinct = pd.MultiIndex.from_frame(pd.DataFrame(columns)).factorize(sort=True)
    if len(distinct) > MOST_PATTERNS:
        raise FitError(
            f"covariates may have {MOST_PATTERNS} combinations of levels, found {len(distinct):,}; "
            "raise least_count or leave one out."
        )
    known = pd.DataFrame(list(distinct), columns=list(columns))
    patterns = np.array([known[name] == level for name, level in effects], dtype=float).T
    _check_rank(patterns, list(columns))
    return Design(bases, tuple(effects), patterns, codes.astype(np.int64), tuple(notes))


def collapse(histories: pd.DataFrame, *, design: Design) -> CovariateRows:
    """The distinct histories of customers with the same covariates, as `rows.collapse` makes those without."""
    if len(histories) != len(design.pattern):
        raise ValueError(f"the design has {len(design.pattern):,} customers, the histories {len(histories):,}")
    plain = histories_as_rows.collapse(histories)
    keys, index, weight = np.unique(design.pattern * len(plain) + plain.index, return_inverse=True, return_counts=True)
    pattern, places = np.divmod(keys, len(plain))
    x, recency, age = plain.frequency[places], plain.recency[places], plain.age[places]
    return CovariateRows(x, recency, age, weight.astype(float), index.reshape(-1), pattern)


def with_covariates(model: BuyingModel, *, design: Design) -> BuyingModel:
    """A model of buying in which covariates move the rate of buying and the dropout; for `fitting.fit` and `predict`.

    Parameters
    ----------
    model
        Pareto/NBD, BG/NBD or MBG/NBD. Its own parameters are then those of the base levels.
    design
        Of the customers that are fitted.

    Returns
    -------
    BuyingModel
        For rows of `collapse` here. Its further parameters are the ratios exp(gamma), named "purchases channel=social",
        and exp(delta), "dropout channel=social": 1.2 is a fifth more than the base level. `effects` tells them as
        coefficients. `expected_new`, `count_shares` and `means` are of a customer of the mix that the design has.

    Notes
    -----
    Pareto/NBD: alpha exp(-gamma'z), beta exp(-delta'z). BG/NBD: alpha exp(-gamma'z), b exp(-delta'z), so that the mean
    odds a / b of leaving after a purchase are multiplied by exp(delta'z), and the probability itself by nearly that
    where it is small. (CLVTools multiplies a and b alike by one factor, which leaves the mean probability as it is and
    changes only how far customers differ; its coefficients of dropout are not comparable.)
    """
    if model.name not in DROPOUT:
        raise ValueError(f"covariates are for {', '.join(DROPOUT)}, found {model.name}")
    apart = _Apart(model, design)
    count = 2 * len(design.effects)
    return BuyingModel(
        name=f"{model.name}_covariates",
        title=f"{model.title} with covariates",
        parameters=model.parameters + parameter_names(design),
        is_scaled=model.is_scaled + (False,) * count,
        log_likelihood=apart.log_likelihood,
        p_alive=lambda theta, rows: apart.by_row(model.p_alive, theta, rows),
        expected_purchases=lambda theta, rows, weeks: apart.by_row(model.expected_purchases, theta, rows, weeks),
        expected_new=lambda theta, weeks: apart.mixed(model.expected_new, theta, weeks),
        count_shares=lambda theta, age, count_max: apart.mixed(model.count_shares, theta, age, count_max),
        residual=lambda theta, rows, weekly_rate: apart.by_row(model.residual, theta, rows, weekly_rate),
        draw=apart.draw,
        means=apart.means,
        starts=tuple(start + (1.0,) * count for start in model.starts),
    )


def parameter_names(design: Design) -> tuple[str, ...]:
    """The names of the ratios: those of the purchases, then those of the dropout."""
    return tuple(f"{process} {name}={level}" for process in ("purchases", "dropout") for name, level in design.effects)


def theta_of(theta: Floats, *, model: BuyingModel, design: Design, levels: Mapping[str, str]) -> Floats:
    """The parameters of the plain model for customers of these levels, such as {"channel": "social"}.

    Covariates that are not named are at their base level. With the result the plain model's own functions can be
    asked, such as `model.expected_new` for the new customers of a channel.
    """
    known = set(design.effects) | set(design.base.items())
    if unknown := [pair for pair in levels.items() if pair not in known]:
        told = ", ".join(f"{name}={level}" for name, level in unknown)
        raise ValueError(f"levels must be those of the design (small ones are pooled as {OTHER!r}), found {told}")
    z = np.array([levels.get(name, design.base[name]) == level for name, level in design.effects], dtype=float)
    return _Apart(model, design).shifted(theta, z)


def effects(fit: Fit, *, design: Design, level: float) -> pd.DataFrame:
    """The effects of the covariates, with intervals.

    Returns
    -------
    pandas.DataFrame
        One row per process and level: process ("purchases", "dropout"), covariate, level, base_level, n (customers of
        the level), coefficient (gamma or delta: on the log of the rate), standard_error, low, high; ratio,
        ratio_low, ratio_high (their exponentials: 1.2 is a fifth more than the base level). The intervals are NaN where
        the fit is not identified.

    Notes
    -----
    A level that buys more often is not thereby more valuable to win: who comes through a channel differs in more than
    the channel.
    """
    table = fit.parameters.set_index("parameter").loc[list(parameter_names(design))]
    coefficient = np.log(table["estimate"].to_numpy(dtype=float))
    error = (table["standard_error"] / table["estimate"]).to_numpy(dtype=float)
    half = float(norm.ppf((1 + level) / 2)) * error
    names, levels = (list(part) for part in zip(*design.effects, strict=True))
    counts = np.bincount(design.pattern, minlength=len(design.patterns)) @ design.patterns
    return pd.DataFrame(
        {
            "process": ["purchases"] * len(names) + ["dropout"] * len(names),
            "covariate": names * 2,
            "level": levels * 2,
            "base_level": [design.base[name] for name in names] * 2,
            "n": np.tile(counts, 2).astype(np.int64),
            "coefficient": coefficient,
            "standard_error": error,
            "low": coefficient - half,
            "high": coefficient + half,
            "ratio": np.exp(coefficient),
            "ratio_low": np.exp(coefficient - half),
            "ratio_high": np.exp(coefficient + half),
        }
    )


@dataclass(frozen=True, eq=False)
class _Apart:
    """A plain model asked pattern by pattern, each with parameters of its own."""

    model: BuyingModel
    design: Design

    def shifted(self, theta: Floats, z: Floats) -> Floats:
        """The plain model's parameters for customers with covariates z."""
        own, count = len(self.model.parameters), len(self.design.effects)
        plain, ratios = theta[:own].copy(), np.log(theta[own:])
        plain[self._place("alpha")] *= np.exp(-(z @ ratios[:count]))
        plain[self._place(DROPOUT[self.model.name])] *= np.exp(-(z @ ratios[count:]))
        return plain

    def log_likelihood(self, theta: Floats, rows: Rows) -> tuple[Floats, Floats]:
        """Of one customer of each row, and the gradient in the logarithms: those of ratios by the chain rule."""
        value, gradient = np.empty(len(rows)), np.empty((len(rows), len(theta)))
        own, count = len(self.model.parameters), len(self.design.effects)
        for pattern, places, part in _parts(rows):
            z = self.design.patterns[pattern]
            value[places], plain = self.model.log_likelihood(self.shifted(theta, z), part)
            in_alpha, in_dropout = (plain[:, [self._place(name)]] for name in ("alpha", DROPOUT[self.model.name]))
            gradient[places, :own] = plain
            gradient[places, own : own + count] = -in_alpha * z
            gradient[places, own + count :] = -in_dropout * z
        return value, gradient

    def by_row(self, ask: Callable[..., Floats], theta: Floats, rows: Rows, *more: float) -> Floats:
        """One value per row, of a function of the plain model."""
        values = np.empty(len(rows))
        for pattern, places, part in _parts(rows):
            values[places] = ask(self.shifted(theta, self.design.patterns[pattern]), part, *more)
        return values

    def mixed(self, ask: Callable[..., Floats], theta: Floats, *more: object) -> Floats:
        """The mean over the customers of the design."""
        found = [ask(self.shifted(theta, z), *more) * share for z, share in self._weighted()]
        return np.asarray(np.sum(found, axis=0), dtype=float)

    def draw(self, theta: Floats, rows: Rows, weeks: float | Floats, rng: np.random.Generator) -> Floats:
        """One future of each customer."""
        future = np.empty((rows.customer_count, *np.shape(weeks)))
        whose = _patterns(rows)[rows.index]
        for pattern, places, part in _parts(rows):
            customers = np.flatnonzero(whose == pattern)
            some = replace(part, index=np.searchsorted(places, rows.index[customers]))
            future[customers] = self.model.draw(self.shifted(theta, self.design.patterns[pattern]), some, weeks, rng)
        return future

    def means(self, theta: Floats) -> dict[str, float]:
        """The means over the customers of the design; medians do not average, and are left out."""
        found: dict[str, float] = {}
        for z, share in self._weighted():
            for name, value in self.model.means(self.shifted(theta, z)).items():
                if not name.startswith("median"):
                    found[name] = found.get(name, 0.0) + share * value
        return found

    def _place(self, name: str) -> int:
        return self.model.parameters.index(name)

    def _weighted(self) -> Iterator[tuple[Floats, float]]:
        return ((z, float(share)) for z, share in zip(self.design.patterns, self.design.shares, strict=True) if share)


def _patterns(rows: Rows) -> Whole:
    if not isinstance(rows, CovariateRows):
        raise TypeError("a model with covariates needs rows of covariates.collapse: these do not say who has which")
    return rows.pattern


def _parts(rows: Rows) -> Iterator[tuple[int, Whole, Rows]]:
    """Each pattern with its places among the rows, and the rows there."""
    patterns = _patterns(rows)
    for pattern in np.unique(patterns):
        places = np.flatnonzero(patterns == pattern)
        yield int(pattern), places, rows.some(places)


def _pooled(texts: pd.Series, *, base: str, least_count: int) -> tuple[pd.Series, list[str]]:
    """The levels of a column with the small ones as one, and what to say of it."""
    name, counts = texts.name, {str(level): int(count) for level, count in texts.value_counts().items()}
    if len(counts) == 1:
        return texts, [f"{name}: all customers are of one level, {base}; it sets nobody apart."]
    small = sorted(level for level, count in counts.items() if count < least_count and level != base)
    if not small:
        return texts, []
    into = OTHER if sum(counts[level] for level in small) >= least_count else base
    said = f"{name}: levels with fewer than {least_count} customers count as {into}: {', '.join(small)}."
    return texts.where(~texts.isin(small), into), [said]


def _levels(texts: pd.Series) -> list[str]:
    return sorted(str(level) for level in texts.unique())


def _largest(texts: pd.Series) -> str:
    """The level of most customers, or of equals the first by name."""
    return min((-int(count), str(level)) for level, count in texts.value_counts().items())[1]


def _check_asked(customers: pd.DataFrame, covariates: Sequence[str], base: Mapping[str, str]) -> None:
    if not covariates:
        raise ValueError("covariates must name a column at least, found none")
    if unknown := [name for name in covariates if name not in customers]:
        raise ValueError(f"covariates must be columns of customers, found {', '.join(unknown)}")
    for name, level in base.items():
        if name not in covariates or level not in set(customers[name].fillna(MISSING).astype(str)):
            raise ValueError(f"base must name levels of covariates, found {name}={level}")


def _check_rank(patterns: Floats, names: list[str]) -> None:
    """Covariates of which one can be told from the others have no effects of their own."""
    full = np.column_stack([np.ones(len(patterns)), patterns])
    if np.linalg.matrix_rank(full) < full.shape[1]:
        raise FitError(
            f"covariates must each say something of their own; one of {', '.join(names)} repeats the others."
        )
