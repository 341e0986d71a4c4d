"""Planned actions as data: what is done for the customers of one segment."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from helpers.validation import LARGEST_COST, Strict


class Action(Strict):
    """What is done for the customers of one segment."""

    segment: str = Field(min_length=1, max_length=60, description="segment of the page's scheme")
    offer: str = Field(min_length=1, max_length=200, description="what they are offered")
    channel: str = Field(
        min_length=1, max_length=200, description="how they are reached; also the purpose that a consent is for"
    )
    owner: str = Field(min_length=1, max_length=200, description="who answers for it")
    control_share: float = Field(0.1, ge=0, lt=1, description="random share left alone, to measure against")
    contact_amount: float = Field(0, ge=0, le=LARGEST_COST, description="cost of one contact, currency of the report")
    assumed_lift_share: float | None = Field(
        None, gt=-1, le=100, description="assumed relative rise of revenue; no forecast"
    )
    customer_limit: int | None = Field(None, ge=1, le=10**9, description="most customers, the most valuable first")

    @model_validator(mode="before")
    @classmethod
    def _name_of_today(cls, stated: Any) -> Any:
        if isinstance(stated, dict) and "holdout_share" in stated:
            raise ValueError("`holdout_share` is now `control_share`")
        return stated


class WinBack(Action):
    """What is done for those who have gone."""

    segment: str = Field("lapsed", pattern="^lapsed$", description="those who have gone; nobody else is won back")
