"""Interviews and what was answered in them: a row per interview, the questions side by side, where the answers lie."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from helpers.features.frames import fetch

NUMBERS = ("weight", "stratum_unit_count", "cluster_unit_count", "duration_seconds")
OF_THE_INTERVIEW = ("customer_id", "wave", "mode", "answered_on", "stratum", "cluster", "subcluster", *NUMBERS)
"""What all answers of an interview share, where it was delivered."""
ABOUT_THEM = "profile"
"""The kind of a question about the person: what answers are compared by, never a score."""
FREE_TEXT = "comment"
"""The kind of a question that is answered in words."""
GIVEN_CODE = "comment_code"
"""The kind of a column of codes that somebody gave to comments before they were delivered."""
SEVERAL = "multiple"
"""The kind of a question to which one may give several answers."""
NOT_NAMED = ("", "0", "no", "false", "blank")
"""What stands in the column of one answer (in small letters) where it was not given."""
OUTCOMES = ("complete", "partial", "refusal", "no_contact", "other", "unknown", "ineligible")
"""What may become of an invitation."""
ONLY_WAVE = "all"
"""The name of the wave where none was delivered."""


def interviews(responses: ir.Table) -> ir.Table:
    """The interviews, a row each, in the order of their ids.

    Returns
    -------
    ibis.Table
        response_id, and of customer_id, wave, mode, answered_on, stratum, cluster, subcluster, weight (how many
        customers it stands for), stratum_unit_count and cluster_unit_count (units in the population) and
        duration_seconds those that were delivered; `wave` and `weight` are always there: one wave, and a
        weight of 1, where nobody told.
    """
    there = [name for name in OF_THE_INTERVIEW if name in responses.columns]
    grouped = responses.group_by("response_id").aggregate(**{name: responses[name].min() for name in there})
    wave = grouped.wave.fill_null(ONLY_WAVE) if "wave" in there else ibis.literal(ONLY_WAVE)
    numbers = {name: grouped[name].cast("float64") for name in NUMBERS if name in there}
    return grouped.mutate(wave=wave, **{"weight": ibis.literal(1.0)} | numbers).order_by("response_id")


def scored(responses: ir.Table, questions: pd.DataFrame) -> ir.Table:
    """The answers in points, a row per interview in the order of their ids, a column per question with a scale.

    Parameters
    ----------
    responses
        A row per answer: response_id, question_id, answer.
    questions
        A row per question: question_id, scale_low, scale_high.

    Returns
    -------
    ibis.Table
        response_id, then a column per question, its name in front of which stands nothing else; an answer off the scale
        (blank, "does not apply", "don't know") is missing, and the interview stays.
    """
    points = responses.answer.try_cast("float64")
    columns = {
        row["question_id"]: points.max(
            where=(responses.question_id == row["question_id"]) & points.between(row["scale_low"], row["scale_high"])
        )
        for row in with_scale(questions).to_dict("records")
    }
    return responses.group_by("response_id").aggregate(**columns).order_by("response_id")


def about_them(
    responses: ir.Table, questions: pd.DataFrame, customers: ir.Table | None, *, names: Sequence[str]
) -> ir.Table:
    """By what answers are compared: of the interview, of the customer, or asked about the person.

    Parameters
    ----------
    questions
        A row per question: question_id, kind; those of kind `profile` may be named.
    customers
        A row per customer; None where they were not delivered.
    names
        What is wanted: columns of the interview or the customer, or ids of questions.

    Returns
    -------
    ibis.Table
        A row per interview in the order of their ids: response_id, and as text those of `names` that are known.
    """
    asked = [name for name in questions.loc[questions["kind"] == ABOUT_THEM, "question_id"] if name in names]
    own = [name for name in names if name in OF_THE_INTERVIEW and name in responses.columns]
    columns = {name: responses.answer.max(where=responses.question_id == name) for name in asked}
    columns |= {name: responses[name].cast("string").max() for name in own}
    if customers is None or "customer_id" not in responses.columns:
        return responses.group_by("response_id").aggregate(**columns).order_by("response_id")
    theirs = [name for name in names if name in customers.columns and name not in columns]
    found = responses.group_by("response_id").aggregate(customer_id=responses.customer_id.max(), **columns)
    joined = found.left_join(customers.select("customer_id", *theirs), "customer_id")
    return joined.select("response_id", *columns, *theirs).order_by("response_id")


def comments(responses: ir.Table, questions: pd.DataFrame, *, withdrawn: ir.Table | None) -> ir.Table:
    """What was answered in words, a row per interview in the order of their ids.

    Parameters
    ----------
    questions
        A row per question: question_id, kind; those of kind `comment` are read.
    withdrawn
        The customers who withdrew their consent to analysis, one column customer_id; None: nobody.

    Returns
    -------
    ibis.Table
        response_id; may_be_quoted: whether the customer, where one is known, did not withdraw; then a column of text
        per question, missing where it was not answered.
    """
    asked = questions.loc[questions["kind"] == FREE_TEXT, "question_id"]
    is_withdrawn = ibis.literal(False)
    if withdrawn is not None and "customer_id" in responses.columns:
        is_withdrawn = responses.customer_id.isin(withdrawn.customer_id).fill_null(False)
    told = responses.mutate(is_withdrawn=is_withdrawn)
    texts = {name: told.answer.max(where=told.question_id == name) for name in asked}
    grouped = told.group_by("response_id").aggregate(may_be_quoted=~told.is_withdrawn.any(), **texts)
    return grouped.order_by("response_id")


def given_codes(responses: ir.Table, questions: pd.DataFrame) -> ir.Table:
    """The codes that coders gave to comments, a row each: response_id, code (text; a whole number without ".0").

    `questions` has a row per question: question_id, kind; the answers to those of kind `comment_code` are codes. Blank
    ones and 0 are none.
    """
    asked = [str(name) for name in questions.loc[questions["kind"] == GIVEN_CODE, "question_id"]]
    coded = responses.filter(responses.question_id.isin(asked) if asked else ibis.literal(False))
    code = coded.answer.strip().re_replace(r"^(\d+)\.0+$", r"\1")
    found = coded.select("response_id", code=code).distinct()
    return found.filter(~found.code.isin(["", "0"])).order_by("response_id", "code")


def named_answers(responses: ir.Table, questions: pd.DataFrame) -> pd.DataFrame:
    """The answers to questions of kind `multiple`, however they were delivered.

    A question with a delimiter holds all answers as one text. A question that is part of another is a column of its
    own: with a topic it ticks that answer, without one it holds an answer itself.

    Parameters
    ----------
    questions
        A row per question: question_id, kind, and topic, part_of and delimiter where they were delivered.

    Returns
    -------
    pandas.DataFrame
        A row per interview, question and answer: response_id, question_id (of the whole question), answer; missing
        where the interview was asked (a tick was delivered) and named nothing.
    """
    columns = ["response_id", "question_id", "answer"]
    several = questions[questions["kind"] == SEVERAL].reindex(columns=["question_id", "topic", "part_of", "delimiter"])
    parts = [_named(responses, row) for row in several.astype(object).where(several.notna(), None).to_dict("records")]
    if not parts:
        return pd.DataFrame(columns=columns)
    found = fetch(ibis.union(*parts, distinct=True) if len(parts) > 1 else parts[0].distinct())
    has_answer = found["answer"].notna()
    keys = ["response_id", "question_id"]
    is_first = ~found.duplicated(keys) & ~found.set_index(keys).index.isin(found[has_answer].set_index(keys).index)
    return found[has_answer | is_first].sort_values(columns, ignore_index=True)[columns]


def _named(responses: ir.Table, row: Mapping[Hashable, Any]) -> ir.Table:
    """The answers in one delivered column."""
    own = responses.filter(responses.question_id == row["question_id"])
    text = own.answer.strip().re_replace(r"^(\d+)\.0+$", r"\1")  # codes that came as decimals
    whole = ibis.literal(row["part_of"] or row["question_id"])
    is_tick = bool(row["part_of"] and row["topic"])
    if row["delimiter"] and not is_tick:
        text = text.split(row["delimiter"]).unnest()
    told = own.select("response_id", question_id=whole, answer=text)
    told = told.mutate(answer=told.answer.strip())
    is_named = ~told.answer.lower().isin(NOT_NAMED)
    if is_tick:
        return told.mutate(answer=ibis.ifelse(is_named, ibis.literal(row["topic"]), ibis.null("string")))
    return told.filter(is_named)


def invited(invitations: ir.Table | None, customers: ir.Table | None, *, names: Sequence[str]) -> pd.DataFrame:
    """The invitations, a row each, with what is known of the customer; no row where they were not delivered.

    Returns
    -------
    pandas.DataFrame
        customer_id, wave (one where none was delivered) and outcome, of the other delivered columns weight and
        response_id, and as text those of `names` that are columns of the invitation or the customer. Another outcome
        than the words of the contract is `unknown`.
    """
    if invitations is None:
        return pd.DataFrame(columns=["customer_id", "wave", "outcome"], dtype=object)
    there = invitations.columns
    wave = invitations.wave.fill_null(ONLY_WAVE) if "wave" in there else ibis.literal(ONLY_WAVE)
    outcome = invitations.outcome.lower()
    told = invitations.mutate(wave=wave, outcome=ibis.ifelse(outcome.isin(OUTCOMES), outcome, "unknown"))
    theirs = [] if customers is None else [name for name in names if name in customers.columns and name not in there]
    if customers is not None and theirs:
        told = told.left_join(customers.select("customer_id", *theirs), "customer_id")
    known = [name for name in names if name in [*there, *theirs]]
    columns = {name: told[name].cast("string") for name in known}
    columns |= {"weight": told.weight.cast("float64")} if "weight" in there else {}
    columns |= {"response_id": told.response_id} if "response_id" in there else {}
    return fetch(told.order_by("customer_id", "wave").select("customer_id", "wave", "outcome", **columns))


def off_scale(responses: ir.Table, questions: pd.DataFrame) -> ir.Table:
    """What was said off the scale of a question in a wave: wave, question_id, answer, answer_count."""
    scales = ibis.memtable(with_scale(questions)[["question_id", "scale_low", "scale_high"]])
    asked = responses.inner_join(scales, "question_id")
    points = asked.answer.try_cast("float64")
    off = asked.filter(~points.between(asked.scale_low, asked.scale_high).fill_null(False))
    wave = off.wave.fill_null(ONLY_WAVE) if "wave" in off.columns else ibis.literal(ONLY_WAVE)
    counted = off.group_by("question_id", "answer", wave=wave).aggregate(answer_count=off.count())
    return counted.order_by("question_id", "wave", counted.answer_count.desc(), "answer").relocate("wave")


def with_scale(questions: pd.DataFrame) -> pd.DataFrame:
    """The questions that are answered in points, in the order in which they were delivered."""
    return questions[questions["scale_low"].notna() & questions["scale_high"].notna()]


def customers_by(customers: ir.Table, *, name: str) -> ir.Table:
    """How many customers there are of each level of a column: level (text), customer_count."""
    known = customers.filter(customers[name].notnull())
    level = known[name].cast("string")
    return known.group_by(level=level).aggregate(customer_count=known.count()).order_by("level")
