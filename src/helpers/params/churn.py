"""Parameters of the notebook on churn."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from helpers.params.common import CommonParams, units
from helpers.validation import LARGEST_SEED


class ChurnParams(CommonParams):
    """Parameters of the notebook on churn."""

    headings: ClassVar[dict[str, str]] = CommonParams.headings | {
        "movement_days": "What gone means",
        "holdout_weeks": "Models of buying and their judge",
        "warning_baseline_weeks": "Early warning",
        "lead_days": "A model of leaving",
        "incident_priorities": "Subscriptions",
        "seed": "Randomness",
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
    warning_baseline_weeks: int = Field(
        16, ge=4, le=260, description="weeks of each customer's frozen baseline", json_schema_extra=units("weeks")
    )
    warning_watch_weeks: int = Field(
        14, ge=2, le=52, description="latest weeks, watched for a decline", json_schema_extra=units("weeks")
    )
    fall_share: float = Field(
        0.35,
        gt=0,
        lt=1,
        description="what is left of a customer's pace after the decline that is looked for",
        json_schema_extra=units("share"),
    )
    false_alarm_share: float = Field(
        0.0125,
        gt=0,
        le=0.5,
        description="customers without any change who may be warned of, all signals together",
        json_schema_extra=units("share"),
    )
    visit_kinds: list[str] = Field(
        ["visit"], description="kinds of events that are visits", json_schema_extra=units("names")
    )
    engagement_kinds: list[str] = Field(
        ["open", "follow", "share"],
        description="kinds of events by which customers take part",
        json_schema_extra=units("names"),
    )
    lead_days: int = Field(
        14,
        ge=0,
        le=365,
        description="time that an action needs: what happens in it is not counted as leaving or staying",
        json_schema_extra=units("days"),
    )
    origin_count: int = Field(
        3,
        ge=1,
        le=12,
        description="earlier days on which the model of leaving is judged",
        json_schema_extra=units("days"),
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

    seed: int = Field(1, ge=0, le=LARGEST_SEED, description="of all that is random", json_schema_extra=units("number"))

    @property
    def warning_terms(self) -> dict[str, Any]:
        """What is watched for, as `models.churn.early_warning.Terms` takes it."""
        return {
            "baseline_weeks": self.warning_baseline_weeks,
            "watch_weeks": self.warning_watch_weeks,
            "fall_share": self.fall_share,
            "false_alarm_share": self.false_alarm_share,
        }

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
