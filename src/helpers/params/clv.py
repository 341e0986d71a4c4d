"""Parameters of the notebook on customer lifetime value."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from helpers.params.common import CommonParams, units
from helpers.params.shared_parameters import (
    BuyingModels,
    HoldoutWeeks,
    OffShare,
    SeasonFactors,
    Seed,
    refuse_repeated_models,
)
from helpers.validation import LARGEST_AMOUNT, LARGEST_COST


class ClvParams(CommonParams):
    """Parameters of the notebook on customer lifetime value."""

    headings: ClassVar[dict[str, str]] = CommonParams.headings | {
        "holdout_weeks": "Models and their judge",
        "value_months": "Value",
        "acquisition_column": "Acquisition and levers",
        "forecast_weeks": "Forecast",
        "draw_count": "Randomness",
    }

    least_weeks: int = Field(
        26,
        ge=0,
        le=520,
        description="weeks of data below which data health is not green",
        json_schema_extra=units("weeks"),
    )
    least_orders: int = Field(
        200,
        ge=0,
        le=10**9,
        description="orders below which data health is not green",
        json_schema_extra=units("count"),
    )
    least_customers: int = Field(
        100,
        ge=0,
        le=10**9,
        description="customers below which data health is not green",
        json_schema_extra=units("count"),
    )
    holdout_weeks: HoldoutWeeks = 39
    models: BuyingModels = Field(["pareto_nbd", "bg_nbd", "mbg_nbd"])
    off_share: OffShare = 0.2
    origin_count: int = Field(
        6,
        ge=0,
        le=20,
        description="earlier days at most on which totals are made again, to see how far off they were",
        json_schema_extra=units("count"),
    )
    season_factors: SeasonFactors = None
    value_months: list[Annotated[int, Field(ge=1, le=120)]] = Field(
        [12, 24, 36],
        min_length=1,
        max_length=12,
        description="horizons of value, the first is that of the page",
        json_schema_extra=units("months"),
    )
    discount_share: float = Field(
        0.1, ge=0, le=1, description="discount rate of a year", json_schema_extra=units("share a year")
    )
    order_cost_amount: float = Field(
        0, ge=0, le=LARGEST_COST, description="cost to serve an order", json_schema_extra=units("currency")
    )
    tier_shares: tuple[float, float] = Field(
        (0.5, 0.8),
        description="cumulative value where the high and the middle tier end",
        json_schema_extra=units("share"),
    )
    acquisition_column: Literal["acquisition_channel", "region"] = Field(
        "acquisition_channel",
        description="column of customers by which new ones are valued",
        json_schema_extra=units("column"),
    )
    lever_share: float = Field(
        0.1, gt=0, le=0.5, description="change of each lever in the tornado", json_schema_extra=units("share")
    )
    budget_amount: float | None = Field(
        None,
        gt=0,
        le=LARGEST_AMOUNT,
        description="budget to share out over acquisition channels; none: no such section",
        json_schema_extra=units("currency"),
    )
    forecast_weeks: Literal[1, 2, 4, 13] = Field(
        4, description="length of a period of the forecast", json_schema_extra=units("weeks")
    )
    forecast_count: int = Field(
        6, ge=1, le=52, description="periods of the forecast, a year's at most", json_schema_extra=units("count")
    )
    draw_count: int = Field(
        200, ge=50, le=2000, description="possible futures behind an interval", json_schema_extra=units("count")
    )
    seed: Seed = 1

    @model_validator(mode="before")
    @classmethod
    def step_is_lever(cls, values: Any) -> Any:
        if isinstance(values, dict) and "step_share" in values:
            raise ValueError("`step_share` is called `lever_share` here: the change of each lever")
        return values

    @model_validator(mode="after")
    def values_fit(self) -> Self:
        if not 0 < self.tier_shares[0] < self.tier_shares[1] < 1:
            raise ValueError(f"`tier_shares` must rise between 0 and 1, found {list(self.tier_shares)}")
        if self.value_months != sorted(set(self.value_months)):
            raise ValueError(f"`value_months` must rise from 1 month on, found {self.value_months}")
        if self.forecast_weeks * self.forecast_count > 52:
            raise ValueError(
                f"`forecast_count` {self.forecast_count} periods of {self.forecast_weeks} weeks are more than a year"
            )
        refuse_repeated_models(self.models)
        return self
