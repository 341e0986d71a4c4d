"""Parameters of the notebook on churn."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from helpers.params.common import CommonParams, units
from helpers.params.shared_parameters import (
    BuyingModels,
    ComebackDays,
    ContactCapCount,
    ContactCapDays,
    HoldoutWeeks,
    LoyalPurchaseCount,
    MovementDays,
    OffShare,
    SeasonFactors,
    Seed,
    SlippingShare,
    StageParameters,
    refuse_repeated_models,
)
from helpers.schemes.action import WinBack
from helpers.validation import LARGEST_AMOUNT, LARGEST_COST


class ChurnParams(StageParameters, CommonParams):
    """Parameters of the notebook on churn."""

    headings: ClassVar[dict[str, str]] = CommonParams.headings | {
        "movement_days": "What gone means",
        "holdout_weeks": "Models of buying and their judge",
        "warning_baseline_weeks": "Early warning",
        "lead_days": "A model of leaving",
        "incident_priorities": "Subscriptions",
        "offer_amount": "Offers and win-back",
        "seed": "Randomness",
    }

    least_weeks: int = Field(
        26,
        ge=0,
        le=520,
        description="weeks of data below which data health is not green",
        json_schema_extra=units("weeks"),
    )
    movement_days: MovementDays = 91
    comeback_days: ComebackDays = 182
    slipping_share: SlippingShare = 0.5
    lapsed_share: float = Field(
        0.1,
        gt=0,
        lt=0.5,
        description="chance to come back at which a customer has lapsed",
        json_schema_extra=units("share"),
    )
    loyal_purchase_count: LoyalPurchaseCount = 4
    holdout_weeks: HoldoutWeeks = 39
    models: BuyingModels = Field(["pareto_nbd", "bg_nbd", "mbg_nbd"])
    off_share: OffShare = 0.2
    season_factors: SeasonFactors = None
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
    offer_amount: float | None = Field(
        None,
        ge=0,
        le=LARGEST_COST,
        description="d, what an offer to stay costs for each who takes it; none: no offer is planned",
        json_schema_extra=units("currency"),
    )
    contact_amount: float = Field(
        0,
        ge=0,
        le=LARGEST_COST,
        description="f, what it costs to contact a customer with it, taken or not",
        json_schema_extra=units("currency"),
    )
    kept_amount: float | None = Field(
        None,
        gt=0,
        le=LARGEST_AMOUNT,
        description="CLV, what a customer who is kept is worth; none: the mean margin of the latest year",
        json_schema_extra=units("currency"),
    )
    accept_alpha: float = Field(
        6,
        gt=0,
        le=1e6,
        description="belief in those leaving who take the offer and stay: share alpha / (alpha + beta)",
        json_schema_extra=units("own"),
    )
    accept_beta: float = Field(
        14,
        gt=0,
        le=1e6,
        description="belief in those who leave all the same: share beta / (alpha + beta); larger both: surer",
        json_schema_extra=units("own"),
    )
    winback_action: WinBack | None = Field(
        None, description="what those who have gone are offered; none: no list is made"
    )
    contact_channels: list[str] = Field(
        ["email", "sms"],
        min_length=1,
        description="channels by which customers at risk may be reached, where they consent",
        json_schema_extra=units("names"),
    )
    contact_cap_count: ContactCapCount = 2
    contact_cap_days: ContactCapDays = 30
    seed: Seed = 1

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
    def offer_terms(self) -> dict[str, Any] | None:
        """What an offer to stay costs and does, as `models.churn.offers.stated` takes it; None: no offer."""
        names = ("offer_amount", "contact_amount", "kept_amount", "accept_alpha", "accept_beta")
        return None if self.offer_amount is None else {name: getattr(self, name) for name in names}

    @property
    def channels_asked(self) -> list[str]:
        """The channels of the lists: those of the action list, and that of the win-back list."""
        own = [] if self.winback_action is None else [self.winback_action.channel]
        return list(dict.fromkeys([*self.contact_channels, *own]))

    @property
    def contact_caps(self) -> dict[str, int]:
        """The cap on contacts, as `features.contacts.reachable` takes it."""
        return {"cap_count": self.contact_cap_count, "cap_days": self.contact_cap_days}

    @model_validator(mode="after")
    def named_once(self) -> Self:
        refuse_repeated_models(self.models)
        return self
