"""Surveys in waves: who is invited, who answers, what they say, and the weights that make them stand for all.

Every customer who has joined before a wave opens may be invited, with a known probability by age band; whoever is
invited answers with a known probability that rises with satisfaction. The delivered weight is one over the product of
both, which no real survey knows so well: it makes estimates right, and leaving it out wrong by a known amount
(`expected_means` of survey_design). A customer who has stopped buying answers like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import expit

from helpers.randomness import stream
from helpers.schema.research import SURVEY_INVITATIONS, SURVEY_QUESTIONS, SURVEY_RESPONSES
from helpers.simulation import comments, survey_traces
from helpers.simulation.arrow import TYPES, coded, table
from helpers.simulation.buying_process import OrdersBlock
from helpers.simulation.population import Population
from helpers.simulation.research_settings import Question, Surveys
from helpers.simulation.settings import Company
from helpers.simulation.survey_design import Wave, drivers, expected_answers, item, waves

__all__ = ["Surveys", "generate"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
COMMENT, CHANNELS = "comment", "channels"
RESPONSE_MEAN_DAYS = 5.0
UNTOLD = ("subcluster", "stratum_unit_count", "cluster_unit_count")
"""What this company's survey does not know: it samples in one stage, from a population that is taken for endless."""
EMPTY, UNINVITED = (
    pa.schema([(column.name, TYPES[column.kind]) for column in schema.columns if column.name not in UNTOLD])
    for schema in (SURVEY_RESPONSES, SURVEY_INVITATIONS)
)


@dataclass(frozen=True, eq=False)
class _Frame:
    """The customers of a block as the survey sees them, an entry per customer: codes of region, band and stratum."""

    band: Ints
    stratum: Ints
    stratum_names: tuple[str, ...]
    band_names: tuple[str, ...]
    cluster: Ints
    is_chinese: NDArray[np.bool_]
    sampling_share: Floats


@dataclass(frozen=True, eq=False)
class _Interviews:
    """The invitations to one wave, an entry per invited customer; `facets` has a column per facet."""

    wave: Wave
    row: Ints
    mode: Ints
    overall: Floats
    facets: Floats
    response_share: Floats
    is_given: NDArray[np.bool_]
    day: Ints


def generate(
    company: Company,
    people: Population,
    orders: OrdersBlock,  # noqa: ARG001  every family is called alike
    *,
    block: int,
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The answers of a block of customers, the questions (with block 0), and their truth.

    Truth frames: `survey_invitations`, a row per invited customer and wave: shares of sampling and response, the
    latents, whether the interview was given. `survey_strata`, a row per wave and stratum: `customer_count` who had
    joined; sum over blocks. `survey_comments`, a row per comment: topic, polarity, language. With block 0, from the
    settings alone: `survey_expected` and `survey_drivers` (see survey_design), and `survey_changes`.
    """
    surveys, rng = company.surveys, stream(company.seed, "surveys", block)
    effects = stream(company.seed, "surveys.clusters").standard_normal(
        (len(surveys.age_bands) * len(people.region_names), surveys.cluster_count)
    )
    frame = _frame(company, people, rng)
    beside = stream(company.seed, "surveys.traces", block)
    answers, invited, truths = [], [], []
    for wave in waves(surveys, company.start, company.end):
        interviews = _interviews(surveys, people, frame, effects=effects * surveys.cluster_sd, wave=wave, rng=rng)
        columns, written = _answers(surveys, people, frame, interviews, rng, beside)
        answers.append(columns)
        invited.append(_delivered_invitations(surveys, people, frame, interviews, beside))
        truths.append(
            {
                "survey_invitations": _invitations(surveys, people, frame, interviews),
                "survey_strata": _strata(people, frame, wave),
                "survey_comments": written,
            }
        )
    tables = {
        "survey_responses": pa.concat_tables([EMPTY.empty_table(), *answers]),
        "survey_invitations": pa.concat_tables([UNINVITED.empty_table(), *invited]),
    }
    names = ("survey_invitations", "survey_strata", "survey_comments") if truths else ()
    frames = {name: pd.concat([one[name] for one in truths], ignore_index=True) for name in names}
    if block == 0:
        tables["survey_questions"] = _questions(surveys)
        frames |= _settled(surveys)
    return tables, frames


def _frame(company: Company, people: Population, rng: np.random.Generator) -> _Frame:
    surveys, bands = company.surveys, company.surveys.age_bands
    band = np.searchsorted(surveys.age_bounds, company.start.year - people.birth_year, side="right")
    return _Frame(
        band=band,
        stratum=people.region.astype(np.int64) * len(bands) + band,
        stratum_names=tuple(f"{region}, {name}" for region in people.region_names for name in bands),
        band_names=bands,
        cluster=rng.integers(surveys.cluster_count, size=len(people)),
        is_chinese=rng.random(len(people)) < surveys.chinese_share,
        sampling_share=surveys.sampling_shares(company.customer_count)[band],
    )


def _interviews(
    surveys: Surveys, people: Population, frame: _Frame, *, effects: Floats, wave: Wave, rng: np.random.Generator
) -> _Interviews:
    drawn = rng.random(len(people))
    row = np.flatnonzero((people.joined_on < np.datetime64(wave.opens_on)) & (drawn < frame.sampling_share))
    own = rng.standard_normal((len(row), len(surveys.facets)))
    facets = surveys.facet_shifts[wave.number - 1] + surveys.loadings * people.satisfaction[row, None]
    facets += np.sqrt(1 - surveys.loadings**2) * own
    overall = np.array(surveys.age_shifts)[frame.band[row]] + facets @ surveys.weights
    overall += effects[frame.stratum[row], frame.cluster[row]]
    overall += np.sqrt(surveys.noise_variance) * rng.standard_normal(len(row))
    mode = np.searchsorted(np.cumsum([one.share for one in surveys.modes])[:-1], rng.random(len(row)), side="right")
    intercepts = np.array([one.response_intercept for one in surveys.modes])
    response_share = expit(intercepts[mode] + surveys.response_slope * overall)
    is_given = rng.random(len(row)) < response_share
    day = np.minimum(rng.exponential(RESPONSE_MEAN_DAYS, len(row)).astype(np.int64), surveys.field_days - 1)
    return _Interviews(wave, row, mode, overall, facets, response_share, is_given, day)


def _answers(
    surveys: Surveys,
    people: Population,
    frame: _Frame,
    interviews: _Interviews,
    rng: np.random.Generator,
    beside: np.random.Generator,
) -> tuple[pa.Table, pd.DataFrame]:
    """The answers of the interviews that were given, by interview and question, and the truth of the comments."""
    given = np.flatnonzero(interviews.is_given)
    shift = np.array([one.shift for one in surveys.modes])[interviews.mode[given]]
    points = _points(surveys, interviews.overall[given], interviews.facets[given], shift, rng)
    is_answered = rng.random(points.shape) >= surveys.skip_share
    is_comment = rng.random(len(given)) < surveys.comment_share
    written = _comments(surveys, interviews.facets[given], frame.is_chinese[interviews.row[given]], rng)
    position, question = np.nonzero(np.column_stack([is_answered, is_comment]))
    is_text = question == points.shape[1]
    answer = pa.array(np.where(is_text, -1, np.column_stack([points, points[:, 0]])[position, question]), pa.int64())
    texts = pa.array(written["text"], pa.string()).take(pa.array(position))
    answer = pc.if_else(pa.array(is_text), texts, answer.cast(pa.string()))
    names = (*(one.question_id for one in surveys.questions), *(item(one).question_id for one in surveys.facets))
    shared = _of_interview(surveys, people, frame, interviews, given)
    shared["duration_seconds"] = pa.array(survey_traces.durations(surveys, interviews.mode[given], beside)).cast(
        TYPES["number"]
    )
    named = pa.array(survey_traces.channels(surveys, len(given), beside), pa.string())
    of_channels = shared | {"question_id": coded(np.zeros(len(given), dtype=np.int64), (CHANNELS,)), "answer": named}
    columns = {name: values.take(pa.array(position)) for name, values in shared.items()}
    columns |= {"question_id": coded(question, (*names, COMMENT)), "answer": answer}
    truth = written.drop(columns="text").assign(response_id=_response_ids(people, interviews)[given])[is_comment]
    return pa.concat_tables([table(SURVEY_RESPONSES, one) for one in (columns, of_channels)]), truth


def _points(surveys: Surveys, overall: Floats, facets: Floats, shift: Floats, rng: np.random.Generator) -> Ints:
    """The answers in points, a column per question and then per item."""
    columns = []
    for question in surveys.questions:
        noise = np.sqrt(1 - question.loading**2) * rng.standard_normal(len(overall))
        latent = question.loading * overall + noise + shift
        columns.append(question.low + np.searchsorted(question.thresholds, latent))
    for number, facet in enumerate(surveys.facets):
        columns.append(1 + np.searchsorted(facet.thresholds, facets[:, number] + shift))
    return np.column_stack(columns)


def _comments(
    surveys: Surveys, facets: Floats, is_chinese: NDArray[np.bool_], rng: np.random.Generator
) -> pd.DataFrame:
    """What each customer would write: the topic is chosen by how far its facet is from nothing to say."""
    keys = np.log(0.1 + np.abs(facets)) + rng.gumbel(size=facets.shape)
    topic = keys.argmax(axis=1)
    chosen = np.take_along_axis(facets, topic[:, None], axis=1)[:, 0]
    polarity = 1 + (chosen > surveys.comment_limit).astype(int) - (chosen < -surveys.comment_limit)
    frame = pd.DataFrame(
        {
            "topic": np.array(surveys.topics)[topic],
            "polarity": np.array(comments.POLARITIES)[polarity],
            "language": np.where(is_chinese, "zh", "en"),
        }
    )
    return frame.assign(text=comments.write(frame, generator=rng))


def _response_ids(people: Population, interviews: _Interviews) -> NDArray[Any]:
    return np.char.add(people.customer_id[interviews.row], f"-{interviews.wave.name}")


def _of_interview(
    surveys: Surveys, people: Population, frame: _Frame, interviews: _Interviews, given: Ints
) -> dict[str, pa.Array]:
    """The columns that all answers of an interview share, an entry per given interview."""
    row = interviews.row[given]
    weight = 1 / (frame.sampling_share[row] * interviews.response_share[given])
    stratum, number = frame.stratum[row], frame.cluster[row]
    names = tuple(f"{name}, {one + 1}" for name in frame.stratum_names for one in range(surveys.cluster_count))
    opened = np.datetime64(interviews.wave.opens_on, "D")
    return {
        "response_id": pa.array(_response_ids(people, interviews)[given], pa.string()),
        "customer_id": pa.array(people.customer_id[row], pa.string()),
        "wave": coded(np.zeros(len(row), dtype=np.int64), (interviews.wave.name,)),
        "mode": coded(interviews.mode[given], tuple(one.name for one in surveys.modes)),
        "answered_on": pa.array(opened + interviews.day[given]),
        "weight": pa.array(np.round(weight, 4)).cast(TYPES["number"]),
        "stratum": coded(stratum, frame.stratum_names),
        "cluster": coded(stratum * surveys.cluster_count + number, names),
    }


def _delivered_invitations(
    surveys: Surveys, people: Population, frame: _Frame, interviews: _Interviews, beside: np.random.Generator
) -> pa.Table:
    """Who was invited and what became of it, as a company would know it."""
    row = interviews.row
    given = interviews.is_given
    ids = pa.array(_response_ids(people, interviews), pa.string())
    columns = {
        "customer_id": pa.array(people.customer_id[row], pa.string()),
        "wave": coded(np.zeros(len(row), dtype=np.int64), (interviews.wave.name,)),
        "mode": coded(interviews.mode, tuple(one.name for one in surveys.modes)),
        "invited_on": pa.array(np.full(len(row), np.datetime64(interviews.wave.opens_on, "D"))),
        "outcome": pa.array(survey_traces.outcomes(surveys, interviews.mode, given, beside), pa.string()),
        "weight": pa.array(np.round(1 / frame.sampling_share[row], 4)).cast(TYPES["number"]),
        "response_id": pc.if_else(pa.array(given), ids, pa.scalar(None, pa.string())),
    }
    return table(SURVEY_INVITATIONS, columns)


def _invitations(surveys: Surveys, people: Population, frame: _Frame, interviews: _Interviews) -> pd.DataFrame:
    row = interviews.row
    invited = pd.DataFrame(
        {
            "response_id": _response_ids(people, interviews),
            "customer_id": people.customer_id[row],
            "wave": interviews.wave.name,
            "mode": np.array([one.name for one in surveys.modes])[interviews.mode],
            "stratum": np.array(frame.stratum_names)[frame.stratum[row]],
            "cluster_number": frame.cluster[row] + 1,
            "sampling_share": frame.sampling_share[row],
            "response_share": interviews.response_share,
            "is_given": interviews.is_given,
            "overall": interviews.overall,
        }
    )
    return invited.assign(**{f"facet_{topic}": interviews.facets[:, one] for one, topic in enumerate(surveys.topics)})


def _strata(people: Population, frame: _Frame, wave: Wave) -> pd.DataFrame:
    joined = people.joined_on < np.datetime64(wave.opens_on)
    codes = np.arange(len(frame.stratum_names))
    band = codes % len(frame.band_names)
    shares = np.full(len(frame.band_names), np.nan)
    shares[frame.band] = frame.sampling_share
    return pd.DataFrame(
        {
            "wave": wave.name,
            "stratum": frame.stratum_names,
            "region": np.array(people.region_names)[codes // len(frame.band_names)],
            "age_band": np.array(frame.band_names)[band],
            "customer_count": np.bincount(frame.stratum[joined], minlength=len(codes)),
            "sampling_share": shares[band],
        }
    )


def _questions(surveys: Surveys) -> pa.Table:
    asked: list[tuple[Question, str | None]] = [(question, None) for question in surveys.questions]
    asked += [(item(facet), facet.topic) for facet in surveys.facets]
    rows: list[tuple[object, ...]] = [
        (one.question_id, one.kind, topic, one.low, one.low + len(one.thresholds), one.wording, None, None)
        for one, topic in asked
    ]
    wording, between = "Where do you buy from us?", survey_traces.BETWEEN.strip()
    rows.append((CHANNELS, "multiple", None, None, None, wording, None, between))
    rows.append((COMMENT, COMMENT, None, None, None, "What else do you want to tell us?", None, None))
    columns = dict(zip(SURVEY_QUESTIONS.names, zip(*rows, strict=True), strict=True))
    kinds = {column.name: TYPES[column.kind] for column in SURVEY_QUESTIONS.columns}
    return table(SURVEY_QUESTIONS, {name: pa.array(values, kinds[name]) for name, values in columns.items()})


def _settled(surveys: Surveys) -> dict[str, pd.DataFrame]:
    """The truths that follow from the settings alone."""
    changes = pd.DataFrame([vars(change) for change in surveys.changes], columns=["wave", "topic", "shift"])
    weights = dict(zip(surveys.topics, surveys.weights, strict=True))
    changes["overall_shift"] = changes["shift"] * changes["topic"].map(weights)
    return {
        "survey_expected": expected_answers(surveys),
        "survey_drivers": drivers(surveys),
        "survey_changes": changes,
    }
