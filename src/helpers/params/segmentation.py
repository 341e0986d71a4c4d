"""Parameters of the segmentation notebook."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from helpers.errors import nearest
from helpers.params.common import CommonParams, Dimension, units
from helpers.params.shared_parameters import (
    ComebackDays,
    ContactCapCount,
    ContactCapDays,
    LoyalPurchaseCount,
    MovementDays,
    Seed,
    SlippingShare,
    StageParameters,
)
from helpers.schemes.action import Action
from helpers.schemes.scheme import Scheme, choice_problems, chosen
from helpers.schemes.tier_rule import TierRule, tier_problems
from helpers.validation import LARGEST_COST, name_problems


class SegmentationParams(StageParameters, CommonParams):
    """Parameters of the segmentation notebook."""

    headings: ClassVar[dict[str, str]] = CommonParams.headings | {
        "rfm_window_days": "Scores and segments",
        "movement_days": "Movements and lifecycle stages",
        "tier_rules": "Tiers",
        "projection_count": "Projection",
        "group_count": "Groups and profiles",
        "basket_column": "Baskets and recommendations",
        "point_amount": "Money",
        "actions": "Actions and contacts",
        "seed": "Randomness",
    }

    rfm_window_days: int | None = Field(
        None,
        ge=1,
        le=36600,
        description="window of frequency and value; none: all that the data hold",
        json_schema_extra=units("days"),
    )
    rfm_bins: Literal["quantile", "quantile_r", "log", "custom"] = Field(
        "quantile", description="how the five scores are cut", json_schema_extra=units("name")
    )
    rfm_cuts: dict[Literal["days_since_last", "order_count", "value_amount"], tuple[float, float, float, float]] = (
        Field(
            default_factory=dict,
            description="custom cuts, four rising numbers per measure",
            json_schema_extra=units("own"),
        )
    )
    scheme: str = Field(
        "eleven_segments", description="the scheme that the page speaks in", json_schema_extra=units("name")
    )
    schemes: list[str] = Field(
        ["eleven_segments", "rf_grid", "r_rfm_02", "r_rfm_03", "eight_types", "four_quadrants", "four_tiers"],
        description="schemes in the tables",
        json_schema_extra=units("names"),
    )
    own_schemes: dict[str, Scheme] = Field(default_factory=dict, description="schemes of your own, by name")
    movement_days: MovementDays = 91
    comeback_days: ComebackDays = 182
    slipping_share: SlippingShare = 0.5
    lapsed_share: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="chance to come back at which a customer has lapsed",
        json_schema_extra=units("share"),
    )
    loyal_purchase_count: LoyalPurchaseCount = 4
    tier_rules: list[TierRule] = Field(default_factory=list, description="what each tier takes, the lowest first")
    tier_window_days: int = Field(
        365, ge=1, le=3660, description="window of the tier rules", json_schema_extra=units("days")
    )
    projection_count: int = Field(
        4, ge=1, le=24, description="periods of movement_days projected ahead", json_schema_extra=units("count")
    )
    group_count: int = Field(
        8, ge=2, le=20, description="most behavioural groups searched for", json_schema_extra=units("count")
    )
    profile_columns: list[Dimension] = Field(
        ["region", "acquisition_channel", "channel", "age_band", "gender", "category"],
        description="columns to profile segments by, where they were delivered",
        json_schema_extra=units("columns"),
    )
    top_share: float = Field(
        0.2, gt=0, lt=1, description="share of a segment's customers called its best", json_schema_extra=units("share")
    )
    basket_column: Literal["product_id", "category"] = Field(
        "product_id", description="what goes together", json_schema_extra=units("name")
    )
    false_discovery_share: float = Field(
        0.05, gt=0, lt=1, description="share of false ones among the rules shown", json_schema_extra=units("share")
    )
    recommendation_count: int = Field(
        5, ge=1, le=100, description="items recommended to a customer", json_schema_extra=units("count")
    )
    recommendation_days: int = Field(
        28, ge=1, le=3660, description="latest days held out to test them", json_schema_extra=units("days")
    )
    recommend_owned: bool = Field(
        False, description="also recommend what the customer has bought", json_schema_extra=units("yes or no")
    )
    point_amount: float | None = Field(
        None, ge=0, le=LARGEST_COST, description="what a point is worth", json_schema_extra=units("currency")
    )
    horizon_days: int = Field(
        91, ge=1, le=3660, description="days ahead over which actions are valued", json_schema_extra=units("days")
    )
    actions: list[Action] = Field(
        default_factory=list, description="what is done for whom; none: the scheme's advice alone"
    )
    contact_cap_count: ContactCapCount = 2
    contact_cap_days: ContactCapDays = 30
    seed: Seed = 1

    @property
    def tier_conditions(self) -> dict[str, Any]:
        """What a tier takes, and over which days, as `features.membership_tiers.held` takes it."""
        return {"rules": self.tier_rules, "window_days": self.tier_window_days}

    @property
    def recommendation_terms(self) -> dict[str, Any]:
        """How much is recommended, and of what."""
        return {"count": self.recommendation_count, "recommend_owned": self.recommend_owned}

    @property
    def recommendation_trial(self) -> dict[str, Any]:
        """How recommendations are tested, as a page says it."""
        days, count = self.recommendation_days, self.recommendation_count
        trial = {"days": days, "count": count, "recommend_owned": self.recommend_owned}
        return trial | {"level": self.interval_level}

    @property
    def tier_terms(self) -> dict[str, Any]:
        """The day, the window and the currency of sentences on tiers."""
        money = {"currency": self.currency, "level": self.interval_level}
        return {"as_of": self.as_of, "days": self.tier_window_days, **money}

    @property
    def point_terms(self) -> dict[str, Any]:
        """The day, the days ahead and the money of sentences on points."""
        money = {"currency": self.currency, "point_amount": self.point_amount}
        return {"as_of": self.as_of, "days": self.horizon_days, "level": self.interval_level, **money}

    @property
    def contact_limits(self) -> dict[str, int]:
        """The cap on contacts, as a page says it."""
        return {"cap_count": self.contact_cap_count, "cap_days": self.contact_cap_days}

    @property
    def record_ages(self) -> tuple[int, int]:
        """How many days ago the two days lie of which is told what customers did next, the later first."""
        return self.comeback_days, self.comeback_days + self.movement_days

    @model_validator(mode="after")
    def fitting(self) -> Self:
        problems = [f"`schemes`: {problem}" for problem in choice_problems(self.schemes, own=self.own_schemes)]
        problems += [f"`tier_rules`: {problem}" for problem in tier_problems(self.tier_rules)]
        if self.scheme not in self.schemes:
            problems.append(f"`scheme` {self.scheme!r} must be one of `schemes`, found {', '.join(self.schemes)}")
        elif not problems:
            segments = chosen([self.scheme], own=self.own_schemes)[self.scheme].names
            problems += [
                f"`actions` must fit `scheme` {self.scheme!r}: {one}" for one in _unfit(self.actions, segments)
            ]
        if self.rfm_bins == "custom" and len(self.rfm_cuts) < 3:
            problems.append("`rfm_bins: custom` needs `rfm_cuts` of days_since_last, order_count and value_amount")
        problems += [
            f"`rfm_cuts.{name}` must rise, found {list(cuts)}"
            for name, cuts in self.rfm_cuts.items()
            if list(cuts) != sorted(set(cuts))
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _unfit(actions: list[Action], segments: list[str]) -> list[str]:
    """Actions for segments that the scheme does not have, and the same action stated twice."""
    problems = name_problems([action.offer for action in actions], what="offer")
    problems += name_problems([action.channel for action in actions], what="channel")
    problems += [
        f"action {place}: {action.segment!r} is no segment.{nearest(action.segment, segments)}"
        for place, action in enumerate(actions, start=1)
        if action.segment not in segments
    ]
    keys = [(action.segment, action.offer, action.channel) for action in actions]
    return problems + [
        f"action {place}: {' by '.join(key[1:])!r} for {key[0]!r} is stated before, as action {keys.index(key) + 1}"
        for place, key in enumerate(keys, start=1)
        if key in keys[: place - 1]
    ]
