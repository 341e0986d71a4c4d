"""What stands over the page of a survey: who answered when, how sound the data are, what weights cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from helpers.contract.health import Health, LeftOut
from helpers.display import language as say
from helpers.display import tables
from helpers.display.data_health import reason_words
from helpers.display.findings import Finding
from helpers.display.pages import Page, parameter_lines
from helpers.display.tables import Table
from helpers.display.wording import named, sentences, spoken, worded, worded_n
from helpers.models.survey.design import WeightCheck
from helpers.models.survey.samples import Surveyed


def summary(came: Surveyed, health: Health, left_out: Mapping[str, LeftOut]) -> Finding:
    """Whether the answers can carry the rest; the value is the share of their rows that were left out.

    `left_out` tells by table how many of its rows were left out.
    """
    rows = left_out["survey_responses"]
    n, share = rows.read_count, rows.dropped_share
    used = worded("all {answers} were used", answers=say.counted(n, "answer"))
    if share:
        used = worded("{share} of {answers} were left out", share=say.share(share), answers=say.counted(n, "answer"))
    if came.last_on:
        used = worded("{used}, and the last interview is of {day}", used=used, day=say.day(came.last_on))
    reasons = [reason_words(reason) for reason in health.reasons] or [used]
    claim = worded("Data health is {light}: {reasons}.", light=named(health.light), reasons=say.lined_up(reasons))
    return Finding("data_health", claim, share, n=n, unit="share")


def page(came: Surveyed, health: Health, *, sentence: str, parameters: Mapping[str, object]) -> Page:
    """The head of the page; parameters as of `pages.page`."""
    waves = say.counted(came.wave_count, "wave")
    days = waves
    if came.first_on:
        days = worded("{first} to {last}", first=say.day(came.first_on), last=say.day(came.last_on))
    interviews = say.counted(came.interview_count, "interview")
    base = worded("{interviews} in {waves}", interviews=interviews, waves=waves)
    if came.customer_count is not None:
        customers = say.counted(came.customer_count, "customer")
        base = worded("{interviews} of {customers} in {waves}", interviews=interviews, customers=customers, waves=waves)
    return Page(
        title=str(parameters["title"]),
        as_of=say.day(date.fromisoformat(str(parameters["as_of"]))),
        period=days,
        base=base,
        light=health.light,
        health=sentence,
        reasons=tuple(reason.rule for reason in health.reasons),
        parameters=parameter_lines(parameters),
        language=spoken(),
    )


def weights(check: WeightCheck, came: Surveyed, *, lonely_count: int) -> Finding:
    """What unequal weights cost, as `design.check_weights` tells it."""
    claim = worded(
        "After weighting, the interviews tell as much as {n} of equal weight.", n=say.number(check.effective_n)
    )
    evidence = worded(
        "{interviews}; unequal weights multiply the variance of a mean by {factor}; the largest weight is {ratio} "
        "times the median.",
        interviews=say.counted(came.interview_count, "interview"),
        factor=say.number(check.loss_factor, digits=2),
        ratio=say.number(check.largest_ratio, digits=1),
    )
    if lonely_count:
        lonely = worded_n(
            lonely_count,
            "{count} stratum with one sampled unit only: compared with the mean of all units.",
            "{count} strata with one sampled unit only: compared with the mean of all units.",
            count=say.number(lonely_count),
        )
        evidence = sentences(evidence, lonely)
    return Finding("weights", claim, check.effective_n, n=came.interview_count, unit="count", evidence=evidence)


def off_scale(frame: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """What was said off the scales, a row per wave, question and answer: wave, question_id, answer, answer_count."""
    shown = pd.DataFrame(
        {
            worded("question"): frame["question_id"].map(lambda name: labels.get(str(name), str(name))),
            worded("wave"): frame["wave"],
            worded("answer"): frame["answer"],
            worded("interviews"): frame["answer_count"],
        }
    )
    caption = worded("Answers off the scale of their question: no answer to it, though the interview counts")
    return tables.table(shown, caption=caption, formats={worded("interviews"): say.number}, is_folded=True)


def called(questions: pd.DataFrame, texts: Mapping[str, str]) -> pd.DataFrame:
    """The questions with what this page calls them, by their id, in place of their topic and wording."""
    if not texts:
        return questions
    own = questions["question_id"].astype(str).map(texts)
    known = [name for name in ("topic", "wording") if name in questions]
    return questions.assign(**{name: own.fillna(questions[name].astype(object)) for name in known or ["topic"]})


def labels(questions: pd.DataFrame) -> dict[str, str]:
    """What a reader calls each question, by its id: its topic, else its wording, else the id."""
    return {
        str(row["question_id"]): str(row.get("topic") or row.get("wording") or row["question_id"])
        for row in questions.astype(object).where(questions.notna(), None).to_dict("records")
    }
