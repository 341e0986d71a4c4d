"""Rules of membership tiers as data: what a tier takes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pydantic import Field

from helpers.validation import LARGEST_AMOUNT, Strict, name_problems


class TierRule(Strict):
    """What a tier of membership takes: both, within the window; zero asks for nothing."""

    tier: str = Field(min_length=1, max_length=60, description="name of the tier")
    amount: float = Field(0, ge=0, le=LARGEST_AMOUNT, description="revenue within the window, currency of the report")
    orders: int = Field(0, ge=0, le=10**9, description="orders within the window")


def tier_problems(rules: Sequence[TierRule]) -> list[str]:
    """What is wrong with rules of tiers: a name twice; a tier that asks for less than the one below it, or the same.

    Rules that ask for nothing at all state an order of tiers, and that is not wrong.
    """
    names = [rule.tier for rule in rules]
    problems = [
        f"tier {name!r} is named {names.count(name)} times" for name in dict.fromkeys(names) if names.count(name) > 1
    ]
    problems += name_problems(names, what="tier")
    if not any(rule.amount or rule.orders for rule in rules):
        return problems
    for low, high in pairwise(rules):
        if high.amount < low.amount or high.orders < low.orders:
            problems.append(f"tier {high.tier!r} asks for less than {low.tier!r} below it")
        elif (high.amount, high.orders) == (low.amount, low.orders):
            problems.append(f"tier {high.tier!r} asks for the same as {low.tier!r} below it")
    return problems
