"""Parameters of the notebook on churn."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from helpers.params.common import CommonParams, units


class ChurnParams(CommonParams):
    """Parameters of the notebook on churn."""

    headings: ClassVar[dict[str, str]] = CommonParams.headings | {
        "movement_days": "What gone means",
        "holdout_weeks": "Models of buying and their judge",
        "incident_priorities": "Subscriptions",
    }

    least_weeks: int = Field(
        26,
        ge=0,
        le=520,
        description="weeks of data below which data health is not green",
        json_schema_extra=units("weeks"),
    )
    movement_days: int = Field(
        91, ge=1, le=3660, description="days between the two dates that are compared", json_schema_extra=units("days")
    )
    comeback_days: int = Field(
        182,
        ge=1,
        le=3650,
        description="days within which a customer comes back or does not",
        json_schema_extra=units("days"),
    )
    slipping_share: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="part of the highest chance to come back at which a customer is slipping",
        json_schema_extra=units("share"),
    )
    lapsed_share: float = Field(
        0.1,
        gt=0,
        lt=0.5,
        description="chance to come back at which a customer has lapsed",
        json_schema_extra=units("share"),
    )
    loyal_purchase_count: int = Field(
        4, ge=3, le=1000, description="purchase days that make a loyal customer", json_schema_extra=units("count")
    )
    holdout_weeks: int = Field(
        39,
        ge=4,
        le=520,
        description="latest weeks kept from the models, to judge them by; fewer where the data are young",
        json_schema_extra=units("weeks"),
    )
    models: list[Literal["pareto_nbd", "bg_nbd", "mbg_nbd"]] = Field(
        ["pareto_nbd", "bg_nbd", "mbg_nbd"],
        min_length=1,
        description="models of buying that are fitted and judged",
        json_schema_extra=units("names"),
    )
    off_share: float = Field(
        0.2, gt=0, le=1, description="how far an expected total may be off", json_schema_extra=units("share")
    )
    season_factors: list[Annotated[float, Field(gt=0, lt=100)]] | None = Field(
        None,
        min_length=12,
        max_length=12,
        description="how much is bought in January to December, to one another; none: learned from two years or more",
        json_schema_extra=units("factors"),
    )
    incident_priorities: list[str] = Field(
        ["critical"],
        description="priorities of tickets that tell a bad service incident",
        json_schema_extra=units("names"),
    )
    smallest_group: int = Field(
        30,
        ge=10,
        le=100_000,
        description="fewest subscriptions of a plan, or endings for a reason, that are told of",
        json_schema_extra=units("count"),
    )

    @property
    def stage_rules(self) -> dict[str, Any]:
        """What decides a lifecycle stage, as `features.lifecycle.Rule` takes it: the same as in segmentation."""
        names = ("comeback_days", "slipping_share", "lapsed_share", "loyal_purchase_count")
        return {name: getattr(self, name) for name in names}

    @property
    def lapsed_claim(self) -> dict[str, Any]:
        """What the word lapsed claims, as a page tells it."""
        return {name: getattr(self, name) for name in ("comeback_days", "lapsed_share")}

    @model_validator(mode="after")
    def named_once(self) -> Self:
        if len(set(self.models)) != len(self.models):
            raise ValueError(f"`models` must each be named once, found {', '.join(self.models)}")
        return self
