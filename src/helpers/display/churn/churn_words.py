"""The words of the churn page that its models choose: signals, actions, reasons and stages."""

from __future__ import annotations

from helpers.display import language as say
from helpers.display.wording import named, recast, vocabulary, worded

SIGNALS = vocabulary("purchases", "visits", "engagement", "category mix")
STARTING = vocabulary("Purchases", "Visits", "Engagement", "Category mix")
ACTIONS = vocabulary(
    "call and mend what went wrong",
    "ask what they now buy elsewhere",
    "get in touch before they stop",
    "help them to make use of it",
    "remind them, with an offer where it pays",
)
ARMS = vocabulary("contact", "holdout")
DEFINITIONS = vocabulary("purchases", "subscription")
STAGES = vocabulary("new", "active", "loyal", "once", "slipping", "lapsed", "returning", "no order yet")
REASONS = vocabulary(
    "{days} days since the last purchase, usually {usual}",
    "{days} days since the last purchase",
    "{signal}: another mix since {since}",
    "{signal}: {share}% less since {since}",
    "a bad service incident",
    "subscribers of this plan and age often leave",
    "long since the last purchase",
    "how often they have bought",
    "how long they have been customers",
    "how long they usually pause",
    "few like them come back",
    "purchases of the latest three months",
    "purchases of the three months before",
    "what they spend on a purchase",
    "visits and responses of the latest four weeks",
    "visits and responses of the twelve weeks before",
)


def reason(text: object) -> str:
    """Why a customer is at risk, as a model found it: parts that a semicolon parts; a dash where nothing is told."""
    if not isinstance(text, str) or not text:
        return "–"
    return say.lined_up([recast(part, REASONS) for part in text.split("; ")])


def p_value_of(p_value: float) -> str:
    """A p value with three digits, or that it is smaller than these can tell; a dash where there is none."""
    if say.is_missing(p_value):
        return "–"
    return worded("below 0.001") if p_value < 0.001 else say.number(p_value, digits=3)


def hundredths(share: float) -> str:
    """A difference of shares in percentage points, in a column whose head has the unit."""
    return say.number(100 * share, digits=1)


def starting(word: str) -> str:
    """A word of the page's vocabulary as a sentence starts with it."""
    return named(f"{word[:1].upper()}{word[1:]}")
