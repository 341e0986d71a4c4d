"""Parameters that several notebooks take: their bounds, units and words, so that pages agree on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from helpers.params.common import units
from helpers.validation import LARGEST_SEED

MovementDays = Annotated[
    int,
    Field(ge=1, le=3660, description="days between the two dates that are compared", json_schema_extra=units("days")),
]
ComebackDays = Annotated[
    int,
    Field(
        ge=1,
        le=3650,
        description="days within which a customer comes back or does not",
        json_schema_extra=units("days"),
    ),
]
SlippingShare = Annotated[
    float,
    Field(
        gt=0,
        lt=1,
        description="part of the highest chance to come back at which a customer is slipping",
        json_schema_extra=units("share"),
    ),
]
LoyalPurchaseCount = Annotated[
    int,
    Field(ge=3, le=1000, description="purchase days that make a loyal customer", json_schema_extra=units("count")),
]
HoldoutWeeks = Annotated[
    int,
    Field(
        ge=4,
        le=520,
        description="latest weeks kept from the models, to judge them by; fewer where the data are young",
        json_schema_extra=units("weeks"),
    ),
]
BuyingModels = Annotated[
    list[Literal["pareto_nbd", "bg_nbd", "mbg_nbd"]],
    Field(min_length=1, description="models of buying that are fitted and judged", json_schema_extra=units("names")),
]
OffShare = Annotated[
    float, Field(gt=0, le=1, description="how far an expected total may be off", json_schema_extra=units("share"))
]
SeasonFactors = Annotated[
    list[Annotated[float, Field(gt=0, lt=100)]] | None,
    Field(
        min_length=12,
        max_length=12,
        description="how much is bought in January to December, to one another; none: learned from two years or more",
        json_schema_extra=units("factors"),
    ),
]
ContactCapCount = Annotated[
    int,
    Field(
        ge=1,
        le=1000,
        description="most contacts of a customer in the cap's days",
        json_schema_extra=units("count"),
    ),
]
ContactCapDays = Annotated[
    int,
    Field(ge=1, le=3660, description="days over which contacts are counted", json_schema_extra=units("days")),
]
Seed = Annotated[
    int, Field(ge=0, le=LARGEST_SEED, description="of all that is random", json_schema_extra=units("number"))
]


class StageParameters:
    """What notebooks with lifecycle stages hand on of their parameters."""

    @property
    def stage_rules(self) -> dict[str, Any]:
        """What decides a lifecycle stage, as `features.lifecycle.Rule` takes it."""
        names = ("comeback_days", "slipping_share", "lapsed_share", "loyal_purchase_count")
        return {name: getattr(self, name) for name in names}

    @property
    def lapsed_claim(self) -> dict[str, Any]:
        """What the word lapsed claims, as a page tells it."""
        return {name: getattr(self, name) for name in ("comeback_days", "lapsed_share")}


def refuse_repeated_models(models: Sequence[str]) -> None:
    """Raise ValueError where a model of buying is named twice."""
    if len(set(models)) != len(models):
        raise ValueError(f"`models` must each be named once, found {', '.join(models)}")
