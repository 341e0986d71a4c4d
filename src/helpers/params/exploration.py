"""Parameters of the exploration notebook."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from helpers.params.common import CommonParams, Dimension, units


class ExplorationParams(CommonParams):
    """Parameters of the exploration notebook."""

    headings: ClassVar[dict[str, str]] = CommonParams.headings | {
        "business_began_on": "Customers and periods",
        "top_share": "Concentration",
        "breakdowns": "Where revenue comes from",
        "step_share": "Small steps",
    }

    business_began_on: date | None = Field(
        None,
        description="the day the business began; none: read off how many customers are first seen a month",
        json_schema_extra=units("ISO date"),
    )
    time_unit: Literal["days", "weeks", "months"] = Field(
        "weeks", description="unit of recency and age of customers", json_schema_extra=units("name")
    )
    comparison_days: int = Field(
        91,
        ge=1,
        le=3660,
        description="length of the latest period, compared with the same length before it",
        json_schema_extra=units("days"),
    )
    cohort_count: int = Field(
        18, ge=2, le=60, description="monthly cohorts shown, the latest ones", json_schema_extra=units("months")
    )
    top_share: float = Field(
        0.2, gt=0, lt=1, description="share of customers called the top", json_schema_extra=units("share")
    )
    abc_shares: tuple[float, float] = Field(
        (0.8, 0.95), description="cumulative revenue where class A and class B end", json_schema_extra=units("share")
    )
    breakdowns: list[Dimension] = Field(
        ["channel", "store", "region", "category", "product_id"],
        description="columns to break revenue down by, where they were delivered",
        json_schema_extra=units("columns"),
    )
    level_count: int = Field(
        10, ge=2, le=50, description="levels shown in a breakdown", json_schema_extra=units("count")
    )
    step_share: float = Field(
        0.01, gt=0, le=0.5, description="share of a group moved by one step", json_schema_extra=units("share")
    )

    @model_validator(mode="after")
    def ordered(self) -> Self:
        if not 0 < self.abc_shares[0] < self.abc_shares[1] < 1:
            raise ValueError(f"`abc_shares` must rise between 0 and 1, found {list(self.abc_shares)}")
        return self

    @model_validator(mode="after")
    def begun(self) -> Self:
        if self.business_began_on is not None and self.business_began_on > self.as_of:
            raise ValueError(f"`business_began_on` {self.business_began_on} must not be after `as_of` {self.as_of}")
        return self
