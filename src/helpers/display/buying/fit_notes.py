"""What fits of models of buying and of spend note of themselves, in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable

from helpers.display import language as say
from helpers.display.wording import recast, sentences, vocabulary, worded

NOTES = vocabulary(
    "{model}: only one of {starts} starts found this optimum; there may be a better one.",
    "{model} is not identified: no parameter changes the likelihood, so nothing is expected.",
    "{model} is not identified: the likelihood rises until {names} is at the edge of its range.",
    "{model} is not identified: the likelihood rises until {names} are at the edge of their range.",
    "{model} is not identified: the data hardly identify {names}.",
    "{model} is not identified: the likelihood rises until {names} is at the edge of its range, and the data hardly "
    "identify {others}.",
    "{model} is not identified: the likelihood rises until {names} are at the edge of their range, and the data hardly "
    "identify {others}.",
    "{model} did not reach an optimum: its likelihood still rises where the fit stopped.",
    "{model} of {customers} customers stands in: {values}. These {count} are not known to differ from them (likelihood "
    "ratio {ratio}, p = {p}).",
    "{model} of {customers} customers stands in: {values}. These {count} differ from them (likelihood ratio {ratio}, "
    "p = {p}).",
    "There is one customer: how customers differ is unknown from one history.",
    "The customer first bought on the last day of watching: nothing is known yet of what they do next.",
    "All {customers} customers first bought on the last day of watching: nothing is known yet of what they do next.",
    "The customer bought once, in {watched} customer-weeks of watching: how often they come back, and when they stop, "
    "is not known; while they are customers it is less than once in {weeks} weeks, with {level} % confidence.",
    "All {customers} customers bought once, in {watched} customer-weeks of watching: how often they come back, and "
    "when they stop, is not known; while they are customers it is less than once in {weeks} weeks, with {level} % "
    "confidence.",
    "All {customers} customers have come back equally often, {times} times: chance alone would spread them more, so "
    "how customers differ is unknown.",
    "Gamma-Gamma has no mean spend: q must be above 1, and the likelihood is highest at {value}; a few customers spend "
    "so much that the mean of all is theirs.",
    "Gamma-Gamma hardly has a mean spend: q is {value}, but it may be {low}, and must be above 1.",
    "{count} customer who came back paid nothing, or less, and cannot be in the fit of spend.",
    "{count} customers who came back paid nothing, or less, and cannot be in the fit of spend.",
)
"""What a fit notes of itself and of its customers."""
MEANS = vocabulary(
    "purchase rate per week {value} ({low} to {high})",
    "dropout rate per week {value} ({low} to {high})",
    "median lifetime weeks {value} ({low} to {high})",
    "dropout probability {value} ({low} to {high})",
    "mean spend amount {value} ({low} to {high})",
)
"""What may be known of a fit that is not identified."""
STILL = "What is known all the same: "


def retold(notes: Iterable[str]) -> str:
    """The notes of a fit, one sentence after the other."""
    return sentences(*map(_retold, notes))


def _retold(note: str) -> str:
    if note.startswith(STILL):
        means = [recast(one, MEANS) for one in note.removeprefix(STILL).rstrip(".").split("; ")]
        return worded("What is known all the same: {means}.", means=say.lined_up(means))
    return recast(note, NOTES)
