"""What groups of customers are called in the language that is spoken: segments by their scheme, stages by the kit."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display.wording import named, spoken, vocabulary, worded
from helpers.schemes.scheme import Scheme, Segment

STAGES = vocabulary("new", "repeat", "loyal", "returned", "slipping", "lapsed", "active", "prospect")
"""Lifecycle stages and what they are gathered into, as the models call them."""

CHANNELS = vocabulary("email", "sms", "push", "phone", "post", "wechat")
"""Ways to reach customers that have a name in other languages; others are called as they are stated."""


def channel_name(channel: str) -> str:
    """A way to reach customers in the language that is spoken, where it is known there."""
    return named(channel) if channel in CHANNELS else channel


class Described(Segment):
    """A segment whose name is false of its customers, said by what is true of them; so is what the scheme advises."""

    said: str


def true_names(scheme: Scheme, false: pd.DataFrame) -> Scheme:
    """The scheme as the page speaks of it: segments whose name is false are said by their customers' orders and days.

    A row of `false` is one of `newness.false_names` or `newness.over_time`. Tables keep the names of the scheme.
    """
    said = {row["segment"]: _described(row) for row in false.to_dict("records")}
    if not said:
        return scheme
    segments = [
        Described(**each.model_dump(include={"name", "new_days", "cells", "where"}), said=said[each.name])
        if each.name in said
        else each
        for each in scheme.segments
    ]
    return scheme.model_copy(update={"segments": segments})


def _described(row: Mapping[Hashable, Any]) -> str:
    least, most = int(row["least_purchase_count"]), int(row["most_purchase_count"])
    days = {"least": say.number(row["least_last_days"]), "most": say.number(row["most_last_days"])}
    if most <= 1:
        return worded("Bought once, {least} to {most} days ago", **days)
    if least == most:
        return worded("Bought {count} times, last {least} to {most} days ago", count=most, **days)
    return worded("Bought {few} to {many} times, last {least} to {most} days ago", few=least, many=most, **days)


def segment_name(scheme: Scheme, name: str) -> str:
    """A segment as the scheme calls it in the language that is spoken; as it is where the scheme has no other name."""
    segment = _segment(scheme, name)
    if isinstance(segment, Described):
        return segment.said
    return segment.zh if segment and segment.zh and spoken() == "zh" else name


def title(scheme: Scheme) -> str:
    """What a scheme is called in the language that is spoken."""
    return scheme.zh_title if scheme.zh_title and spoken() == "zh" else scheme.title


def advice(scheme: Scheme, name: str) -> str:
    """What one does with the customers of a segment, in the language that is spoken; empty where nothing is advised."""
    segment = _segment(scheme, name)
    if segment is None:
        return ""
    if isinstance(segment, Described):
        return worded("None: the scheme's advice is for new customers, and they are not new.")
    return segment.zh_advice if segment.zh_advice and spoken() == "zh" else segment.advice


def in_words(frame: pd.DataFrame, scheme: Scheme | None, *, columns: Iterable[str] = ("from", "to")) -> pd.DataFrame:
    """The same rows, their groups called as the page speaks: stages of the kit, segments of the `scheme`.

    A group that neither knows, such as a tier, keeps the name that the data have.
    """
    calls = {} if scheme is None else {name: segment_name(scheme, name) for name in scheme.names}
    if "kind" in frame and frame["kind"].eq("stage").any():
        calls = {stage: named(stage) for stage in STAGES}
    return frame.assign(**{name: [calls.get(group, group) for group in frame[name]] for name in columns})


def _segment(scheme: Scheme, name: str) -> Segment | None:
    return next((segment for segment in scheme.segments if segment.name == name), None)
