"""Parameters of the notebook on customer lifetime value."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from helpers.params.common import CommonParams, units
from helpers.validation import LARGEST_AMOUNT, LARGEST_COST, LARGEST_SEED


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
    origin_count: int = Field(
        6,
        ge=0,
        le=20,
        description="earlier days at most on which totals are made again, to see how far off they were",
        json_schema_extra=units("count"),
    )
    season_factors: list[Annotated[float, Field(gt=0, lt=100)]] | None = Field(
        None,
        min_length=12,
        max_length=12,
        description="how much is bought in January to December, to one another; none: learned from two years or more",
        json_schema_extra=units("factors"),
    )
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
    seed: int = Field(1, ge=0, le=LARGEST_SEED, description="of all that is random", json_schema_extra=units("number"))

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
        if len(set(self.models)) != len(self.models):
            raise ValueError(f"`models` must each be named once, found {', '.join(self.models)}")
        return self
