"""What is known of the surveys before anybody answers: questions, weights of drivers, and every expected answer.

Latents, per customer and wave, each normal with variance 1:

- a facet = what has changed so far + loading * satisfaction + sqrt(1 - loading^2) * a draw of its own, so that any two
  facets correlate by the product of their loadings;
- overall = the age band's shift + the sum of weight * facet + the cluster's effect + noise;
- the latent of a question = its loading * overall + sqrt(1 - loading^2) * a draw of its own + the mode's shift; the
  latent of an item = its facet + the mode's shift. The answer is the lowest point plus the thresholds beneath it.

Whoever is invited answers with probability expit(a of the mode + b * overall).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil

import numpy as np
import pandas as pd
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.special import expit, ndtr

Floats = NDArray[np.float64]
NODE_COUNT = 80
TERM_COUNT = 60


@dataclass(frozen=True)
class Facet:
    """One facet of the offer, and the item of the grid that asks for it.

    Attributes
    ----------
    topic
        Its name, as in the comments.
    weight
        Change of overall satisfaction per unit of the facet, the other facets held: the driver weight.
    loading
        Its correlation with the customer's satisfaction; two facets correlate by the product of theirs.
    thresholds
        Between the points of its scale, in units of the latent.
    wording
        The item as asked.
    """

    topic: str
    weight: float
    loading: float
    thresholds: tuple[float, ...]
    wording: str


@dataclass(frozen=True)
class Question:
    """One question about the whole.

    Attributes
    ----------
    question_id, kind, wording
        As in `survey_questions`.
    low
        The lowest answer; the highest is `low` and as many as there are thresholds.
    loading
        Correlation of its latent with overall satisfaction.
    thresholds
        Between the points of its scale, in units of the latent.
    top, bottom
        Answers from `top` on are good ones, up to `bottom` bad ones: promoters and detractors.
    """

    question_id: str
    kind: str
    low: int
    loading: float
    thresholds: tuple[float, ...]
    top: int
    bottom: int
    wording: str


@dataclass(frozen=True)
class Mode:
    """A way of asking: the share of invitations it gets, by chance; its shift of every latent; `a` of the response."""

    name: str
    share: float
    shift: float
    response_intercept: float


@dataclass(frozen=True)
class Change:
    """A planted change: from the wave of this number on (the first is 1) a facet is moved by so many units."""

    wave: int
    topic: str
    shift: float


FACETS = (
    Facet("price", 0.15, 0.60, (-1.4, -0.6, 0.3, 1.3), "The prices are fair."),
    Facet("delivery", 0.20, 0.65, (-1.7, -0.9, 0.0, 1.0), "My orders arrive when promised."),
    Facet("quality", 0.30, 0.75, (-1.9, -1.1, -0.2, 0.8), "The products are well made."),
    Facet("service", 0.22, 0.75, (-1.6, -0.8, 0.0, 0.9), "The staff help me."),
    Facet("app", 0.08, 0.55, (-1.5, -0.7, 0.1, 1.1), "Site and app are easy to use."),
    Facet("range", 0.05, 0.60, (-1.8, -1.0, 0.0, 1.1), "I find what I look for."),
)
NPS_THRESHOLDS = (-2.3, -2.05, -1.8, -1.55, -1.3, -0.95, -0.65, -0.2, 0.45, 1.05)
QUESTIONS = (
    Question("csat", "csat", 1, 0.95, (-1.8, -1.0, -0.2, 0.8), 4, 2, "How satisfied are you with us?"),
    Question("nps", "nps", 0, 0.90, NPS_THRESHOLDS, 9, 6, "How likely are you to recommend us?"),
    Question("ces", "ces", 1, 0.75, (-2.0, -1.4, -0.8, -0.2, 0.4, 1.2), 6, 3, "It was easy to get what I wanted."),
)
MODES = (Mode("online", 0.6, 0.0, -0.5), Mode("phone", 0.25, 0.25, 0.2), Mode("onsite", 0.15, 0.4, 0.6))


@dataclass(frozen=True)
class Surveys:
    """The survey and its truth.

    Attributes
    ----------
    opens_shares
        When each wave opens, as share of the time from `start` to `end`; so many waves.
    field_days
        Length of a wave.
    invitation_count
        Customers a wave would invite had all joined; shares of sampling follow, so that blocks need no totals.
    facets, questions, modes, changes
        What is asked, how, and what is moved when.
    age_bounds
        First age of each band but the lowest, in years reached in the year of `start`.
    age_sampling_factors, age_shifts
        By band: factor on the share that is sampled; shift of overall satisfaction.
    cluster_count, cluster_sd
        Clusters in each stratum (region by age band); standard deviation of their effect on overall satisfaction.
    response_slope
        `b`: change of the log odds of answering per unit of overall satisfaction; 0: whoever answers is like the rest.
    skip_share
        Share of answers left out by chance, in an interview that was given.
    comment_share, comment_limit
        Share of interviews with a comment; the facet from which on it is positive, below minus which negative.
    chinese_share
        Share of customers who write Chinese, the others write English.
    """

    opens_shares: tuple[float, ...] = (0.4, 0.58, 0.76, 0.94)
    field_days: int = 21
    invitation_count: int = 2_400
    facets: tuple[Facet, ...] = FACETS
    questions: tuple[Question, ...] = QUESTIONS
    modes: tuple[Mode, ...] = MODES
    changes: tuple[Change, ...] = (Change(3, "delivery", -1.25), Change(4, "delivery", 0.5))
    age_bounds: tuple[int, ...] = (35, 50, 65)
    age_sampling_factors: tuple[float, ...] = (1.3, 1.0, 0.9, 0.7)
    age_shifts: tuple[float, ...] = (-0.2, 0.0, 0.1, 0.3)
    cluster_count: int = 8
    cluster_sd: float = 0.15
    response_slope: float = 0.7
    skip_share: float = 0.02
    comment_share: float = 0.4
    comment_limit: float = 0.4
    chinese_share: float = 0.6

    def __post_init__(self) -> None:
        if self.noise_variance <= 0:
            raise ValueError(
                "`surveys`: the facets' weights and `cluster_sd` must leave overall satisfaction some noise, so their "
                f"part of its variance must be below 1, found {1 - self.noise_variance:.3f}; make the weights smaller."
            )

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(facet.topic for facet in self.facets)

    @property
    def weights(self) -> Floats:
        return np.array([facet.weight for facet in self.facets])

    @property
    def loadings(self) -> Floats:
        return np.array([facet.loading for facet in self.facets])

    @property
    def correlations(self) -> Floats:
        """Correlations among the facets."""
        return np.outer(self.loadings, self.loadings) + np.diag(1 - self.loadings**2)

    @property
    def noise_variance(self) -> float:
        """What facets and clusters leave of overall satisfaction's variance of 1."""
        return float(1 - self.weights @ self.correlations @ self.weights - self.cluster_sd**2)

    @property
    def age_bands(self) -> tuple[str, ...]:
        """Names of the age bands, the youngest first."""
        bounds = self.age_bounds
        between = [f"{low}-{high - 1}" for low, high in pairwise(bounds)]
        return (f"under {bounds[0]}", *between, f"{bounds[-1]}+")

    @property
    def facet_shifts(self) -> Floats:
        """By wave and facet: what the changes so far come to, in units of the latent."""
        moved = np.zeros((len(self.opens_shares), len(self.facets)))
        for change in self.changes:
            moved[change.wave - 1 :, self.topics.index(change.topic)] += change.shift
        return moved

    def sampling_shares(self, customer_count: int) -> Floats:
        """By age band: the probability that a customer is invited to a wave; 1 at most."""
        shares = np.array(self.age_sampling_factors) * self.invitation_count / customer_count
        return np.minimum(shares, 1.0)


@dataclass(frozen=True)
class Wave:
    """A wave: its number from 1, its name (names sort as time runs), and its first day."""

    number: int
    name: str
    opens_on: date


def wave_name(surveys: Surveys, number: int) -> str:
    """The name of the wave of this number, the first being 1."""
    return f"w{number:0{len(str(len(surveys.opens_shares)))}}"


def waves(surveys: Surveys, start: date, end: date) -> list[Wave]:
    """The waves that close before the end."""
    opened = [start + timedelta(days=ceil(share * (end - start).days)) for share in surveys.opens_shares]
    named = [Wave(number, wave_name(surveys, number), day) for number, day in enumerate(opened, 1)]
    return [wave for wave in named if wave.opens_on + timedelta(days=surveys.field_days - 1) <= end]


def expected_answers(surveys: Surveys) -> pd.DataFrame:
    """What every question must come to in each cell of wave, age band and mode, and among those who answer.

    Follows from the settings alone; integrals over overall satisfaction by Gauss-Hermite quadrature.

    Returns
    -------
    pandas.DataFrame
        A row per wave, age band, mode and question. `mode_share`: of the invitations. `response_share`: of the invited
        who answer. `mean`, `top_share`, `bottom_share`: over all customers, if asked in this mode.
        `respondent_mean`, `respondent_top_share`, `respondent_bottom_share`: over those who answer.
    """
    nodes, node_weights = hermegauss(NODE_COUNT)
    grid, cells = (nodes, node_weights / node_weights.sum()), []
    for number, shifts in enumerate(surveys.facet_shifts, 1):
        for band, age_shift in zip(surveys.age_bands, surveys.age_shifts, strict=True):
            for mode in surveys.modes:
                cell = {
                    "wave": wave_name(surveys, number),
                    "age_band": band,
                    "mode": mode.name,
                    "mode_share": mode.share,
                }
                cells += [cell | found for found in _cell(surveys, shifts, age_shift, mode, grid)]
    return pd.DataFrame(cells)


def _cell(
    surveys: Surveys, shifts: Floats, age_shift: float, mode: Mode, grid: tuple[Floats, Floats]
) -> list[dict[str, object]]:
    """The expected answers to each question in one cell; `grid` are nodes and masses of a standard normal."""
    nodes, mass = grid
    level = age_shift + surveys.weights @ shifts
    answering = mass * expit(mode.response_intercept + surveys.response_slope * (level + nodes))
    covariances = surveys.correlations @ surveys.weights
    found = []
    for question in surveys.questions:
        centre = question.loading * (level + nodes) + mode.shift
        shares = _point_shares(question.thresholds, centre, np.sqrt(1 - question.loading**2))
        found.append(_row(question, shares, mass, answering))
    for facet, shift, covariance in zip(surveys.facets, shifts, covariances, strict=True):
        centre = shift + covariance * nodes + mode.shift
        shares = _point_shares(facet.thresholds, centre, np.sqrt(1 - covariance**2))
        found.append(_row(item(facet), shares, mass, answering))
    return found


def item(facet: Facet) -> Question:
    """The item of the grid that asks for a facet, as a question of its own: 1 to 5, agreeing is 4 or 5."""
    return Question(f"item_{facet.topic}", "item", 1, 1.0, facet.thresholds, 4, 2, facet.wording)


def _point_shares(thresholds: tuple[float, ...], centre: Floats, sd: float) -> Floats:
    """Probability of each point of the scale, a row per value of `centre`."""
    below = ndtr((np.array(thresholds) - centre[:, None]) / sd)
    return np.diff(below, axis=1, prepend=0.0, append=1.0)


def _row(question: Question, shares: Floats, mass: Floats, answering: Floats) -> dict[str, object]:
    points = np.arange(question.low, question.low + shares.shape[1], dtype=np.float64)
    everybody, respondents = mass @ shares, answering @ shares / answering.sum()
    of_points = {"mean": points, "top_share": points >= question.top, "bottom_share": points <= question.bottom}
    row: dict[str, object] = {"question_id": question.question_id, "response_share": float(answering.sum())}
    row |= {name: float(everybody @ values) for name, values in of_points.items()}
    return row | {f"respondent_{name}": float(respondents @ values) for name, values in of_points.items()}


def expected_means(strata: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """What a wave must come to in expectation: weighted rightly, and not weighted at all.

    Parameters
    ----------
    strata
        Truth `survey_strata`, blocks one beneath the other: `wave`, `age_band`, `customer_count`, `sampling_share`.
    expected
        As `expected_answers` gives it.

    Returns
    -------
    pandas.DataFrame
        A row per wave and question: `mean`, `top_share`, `bottom_share` over all customers who had joined, with modes
        in their planned shares, which is what weights aim at; `unweighted_mean`, `unweighted_top_share`,
        `unweighted_bottom_share` of whoever answered; `unweighted_bias` = `unweighted_mean` - `mean`.
    """
    cells = strata.merge(expected, on=["wave", "age_band"])
    everybody = cells["customer_count"] * cells["mode_share"]
    respondents = everybody * cells["sampling_share"] * cells["response_share"]
    sums = cells[["wave", "question_id"]].assign(_all=everybody, _answering=respondents)
    names = ("mean", "top_share", "bottom_share")
    for name in names:
        sums[name] = cells[name] * everybody
        sums[f"unweighted_{name}"] = cells[f"respondent_{name}"] * respondents
    summed = sums.groupby(["wave", "question_id"]).sum()
    for name in names:
        summed[name] /= summed["_all"]
        summed[f"unweighted_{name}"] /= summed["_answering"]
    summed["unweighted_bias"] = summed["unweighted_mean"] - summed["mean"]
    return summed.drop(columns=["_all", "_answering"]).reset_index()


def drivers(surveys: Surveys) -> pd.DataFrame:
    """The driver weights, in units of the latents and as a regression of the answers must find them.

    The second come from the covariances of coarse scales of bivariate normals, by Mehler's series.

    Returns
    -------
    pandas.DataFrame
        A row per facet: `topic`; `weight`, on overall satisfaction; `loading`; `csat_weight`: the coefficient of its
        item in the linear regression of the CSAT answer on all items, in points per point, over all customers of an
        age band and mode without shift, before any change. Scales are coarse, so it is no `weight`.
    """
    csat = next(question for question in surveys.questions if question.kind == "csat")
    items, answer = np.array([_series(facet.thresholds) for facet in surveys.facets]), _series(csat.thresholds)
    powers = np.arange(1, TERM_COUNT + 1)
    among = np.einsum("in,jn,ijn->ij", items, items, surveys.correlations[:, :, None] ** powers)
    np.fill_diagonal(among, [_variance(facet.thresholds) for facet in surveys.facets])
    correlations = csat.loading * surveys.correlations @ surveys.weights
    with_csat = np.einsum("in,n,in->i", items, answer, correlations[:, None] ** powers)
    found = pd.DataFrame({"topic": surveys.topics, "weight": surveys.weights, "loading": surveys.loadings})
    return found.assign(csat_weight=np.linalg.solve(among, with_csat))


def _variance(thresholds: tuple[float, ...]) -> float:
    """Variance of the point at which a standard normal falls."""
    shares = _point_shares(thresholds, np.zeros(1), 1.0)[0]
    points = np.arange(len(shares), dtype=np.float64)
    return float(shares @ points**2 - (shares @ points) ** 2)


def _series(thresholds: tuple[float, ...]) -> Floats:
    """Coefficients of the point at which a standard normal falls, on the normalised Hermite polynomials from 1 on."""
    at = np.array(thresholds)
    polynomials = [np.ones_like(at), at]
    for n in range(1, TERM_COUNT):
        polynomials.append((at * polynomials[n] - np.sqrt(n) * polynomials[n - 1]) / np.sqrt(n + 1))
    density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    return np.array([(density * polynomials[n - 1]).sum() / np.sqrt(n) for n in range(1, TERM_COUNT + 1)])
