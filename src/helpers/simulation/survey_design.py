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
from math import ceil

import numpy as np
import pandas as pd
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from helpers.simulation.research_settings import Facet, Mode, Question, Surveys

Floats = NDArray[np.float64]
NODE_COUNT = 80
TERM_COUNT = 60


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
                cells += [cell | row for row in _cell(surveys, shifts, age_shift, mode, grid)]
    return pd.DataFrame(cells)


def _cell(
    surveys: Surveys, shifts: Floats, age_shift: float, mode: Mode, grid: tuple[Floats, Floats]
) -> list[dict[str, object]]:
    """The expected answers to each question in one cell; `grid` are nodes and masses of a standard normal."""
    nodes, mass = grid
    level = age_shift + surveys.weights @ shifts
    answering = mass * expit(mode.response_intercept + surveys.response_slope * (level + nodes))
    covariances = surveys.correlations @ surveys.weights
    rows = []
    for question in surveys.questions:
        centre = question.loading * (level + nodes) + mode.shift
        shares = _point_shares(question.thresholds, centre, np.sqrt(1 - question.loading**2))
        rows.append(_row(question, shares, mass, answering))
    for facet, shift, covariance in zip(surveys.facets, shifts, covariances, strict=True):
        centre = shift + covariance * nodes + mode.shift
        shares = _point_shares(facet.thresholds, centre, np.sqrt(1 - covariance**2))
        rows.append(_row(item(facet), shares, mass, answering))
    return rows


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
    topics = pd.DataFrame({"topic": surveys.topics, "weight": surveys.weights, "loading": surveys.loadings})
    return topics.assign(csat_weight=np.linalg.solve(among, with_csat))


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
