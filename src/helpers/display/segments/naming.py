"""What groups of customers are called in the language that is spoken: segments by their scheme, stages by the kit."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from helpers.display.wording import named, spoken, vocabulary
from helpers.schemes.scheme import Scheme, Segment

STAGES = vocabulary("new", "repeat", "loyal", "returned", "slipping", "lapsed", "active", "prospect")
"""Lifecycle stages and what they are gathered into, as the models call them."""

CHANNELS = vocabulary("email", "sms", "push", "phone", "post", "wechat")
"""Ways to reach customers that have a name in other languages; others are called as they are stated."""


def channel_name(channel: str) -> str:
    """A way to reach customers in the language that is spoken, where it is known there."""
    return named(channel) if channel in CHANNELS else channel


def segment_name(scheme: Scheme, name: str) -> str:
    """A segment as the scheme calls it in the language that is spoken; as it is where the scheme has no other name."""
    segment = _segment(scheme, name)
    return segment.zh if segment and segment.zh and spoken() == "zh" else name


def title(scheme: Scheme) -> str:
    """What a scheme is called in the language that is spoken."""
    return scheme.zh_title if scheme.zh_title and spoken() == "zh" else scheme.title


def advice(scheme: Scheme, name: str) -> str:
    """What one does with the customers of a segment, in the language that is spoken; empty where nothing is advised."""
    segment = _segment(scheme, name)
    if segment is None:
        return ""
    return segment.zh_advice if segment.zh_advice and spoken() == "zh" else segment.advice


def in_words(frame: pd.DataFrame, scheme: Scheme | None, *, columns: Iterable[str] = ("from", "to")) -> pd.DataFrame:
    """The same rows, their groups called as the page speaks: stages of the kit, segments of the `scheme`.

    A group that neither knows, such as a tier, keeps the name that the data have.
    """
    if spoken() == "en":
        return frame
    calls = {} if scheme is None else {name: segment_name(scheme, name) for name in scheme.names}
    if "kind" in frame and frame["kind"].eq("stage").any():
        calls = {stage: named(stage) for stage in STAGES}
    return frame.assign(**{name: [calls.get(group, group) for group in frame[name]] for name in columns})


def _segment(scheme: Scheme, name: str) -> Segment | None:
    return next((segment for segment in scheme.segments if segment.name == name), None)
