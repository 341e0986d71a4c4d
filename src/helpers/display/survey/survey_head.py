"""What stands over the page of a survey: who answered when, how sound the data are, what weights cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from helpers.contract.health import Health
from helpers.display import language as say
from helpers.display import tables
from helpers.display.data_health import reason_words
from helpers.display.findings import Finding
from helpers.display.pages import Page, parameter_lines
from helpers.display.tables import Table
from helpers.models.survey.design import WeightCheck
from helpers.models.survey.samples import Surveyed


def summary(came: Surveyed, health: Health, left_out: pd.DataFrame) -> Finding:
    """Whether the answers can carry the rest; the value is the share of their rows that were left out.

    `left_out` has a row per table: table, read_count, dropped_count, dropped_share.
    """
    rows = left_out[left_out["table"] == "survey_responses"].iloc[0]
    n, share = int(rows["read_count"]), float(rows["dropped_share"])
    used = f"all {say.counted(n, 'answer')} were used" if not share else f"{say.share(share)} of {n:,} were left out"
    last = f", and the last interview is of {say.day(came.last_on)}" if came.last_on else ""
    reasons = [reason_words(reason) for reason in health.reasons] or [f"{used}{last}"]
    return Finding("data_health", f"Data health is {health.light}: {'; '.join(reasons)}.", share, n=n, unit="share")


def page(came: Surveyed, health: Health, *, sentence: str, parameters: Mapping[str, object]) -> Page:
    """The head of the page; parameters as of `pages.page`."""
    waves = say.counted(came.wave_count, "wave")
    days = f"{say.day(came.first_on)} to {say.day(came.last_on)}" if came.first_on else waves
    whose = "" if came.customer_count is None else f" of {say.counted(came.customer_count, 'customer')}"
    return Page(
        title=str(parameters["title"]),
        as_of=say.day(date.fromisoformat(str(parameters["as_of"]))),
        period=days,
        base=f"{say.counted(came.interview_count, 'interview')}{whose} in {waves}",
        light=health.light,
        health=sentence,
        reasons=tuple(reason.rule for reason in health.reasons),
        parameters=parameter_lines(parameters),
    )


def weights(check: WeightCheck, came: Surveyed, *, lonely_count: int) -> Finding:
    """What unequal weights cost, as `design.check_weights` tells it."""
    claim = f"After weighting, the interviews tell as much as {say.number(check.effective_n)} of equal weight."
    evidence = (
        f"{say.counted(came.interview_count, 'interview')}; unequal weights multiply the variance of a mean by "
        f"{say.number(check.loss_factor, digits=2)}; the largest weight is {say.number(check.largest_ratio, digits=1)} "
        "times the median."
    )
    if lonely_count:
        strata = say.counted(lonely_count, "stratum", "strata")
        evidence += f" {strata} with one sampled unit only: compared with the mean of all units."
    return Finding("weights", claim, check.effective_n, n=came.interview_count, unit="count", evidence=evidence)


def off_scale(frame: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """What was said off the scales, a row per wave, question and answer: wave, question_id, answer, answer_count."""
    shown = pd.DataFrame(
        {
            "question": frame["question_id"].map(lambda name: labels.get(str(name), str(name))),
            "wave": frame["wave"],
            "answer": frame["answer"],
            "interviews": frame["answer_count"],
        }
    )
    caption = "Answers off the scale of their question: no answer to it, though the interview counts"
    return tables.table(shown, caption=caption, formats={"interviews": say.number}, is_folded=True)


def labels(questions: pd.DataFrame) -> dict[str, str]:
    """What a reader calls each question, by its id: its topic, else its wording, else the id."""
    return {
        str(row["question_id"]): str(row.get("topic") or row.get("wording") or row["question_id"])
        for row in questions.astype(object).where(questions.notna(), None).to_dict("records")
    }
