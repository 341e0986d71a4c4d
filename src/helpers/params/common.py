"""Parameters of every notebook: whose customers, from which day, and where their tables come from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from html import escape
from typing import Any, ClassVar, Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator

from helpers.days import DAY_WORDS
from helpers.errors import nearest
from helpers.schema.sources import TABLES, Exclusions, Orders, OrdersSource, Source, TableSource
from helpers.validation import Strict, validated
from helpers.watching import html_table

Dimension = Literal[
    "channel",
    "store",
    "region",
    "category",
    "product_id",
    "coupon",
    "acquisition_channel",
    "gender",
    "age_band",
    "income_band",
    "household_size",
]


def units(unit: str) -> dict[str, Any]:
    """What a field says of its unit, for `regulars list` and the notebook's comments."""
    return {"unit": unit}


HEALTH_LIMITS = (
    "stale_days",
    "warn_share",
    "alarm_share",
    "least_weeks",
    "least_orders",
    "least_customers",
    "hole_days",
    "far_days",
    "refund_share",
    "outsized_share",
    "unknown_share",
)
"""The parameters that are limits of data health."""


class CommonParams(Strict):
    """Parameters of every notebook."""

    headings: ClassVar[dict[str, str]] = {
        "title": "The report",
        "orders": "The data",
        "time_zone": "How the data are read",
        "stale_days": "Limits of data health",
    }
    """The groups of the parameters cell: the name with which a group begins, and its heading."""
    needed_tables: ClassVar[tuple[str, ...]] = ("orders",)
    """The canonical tables without which the notebook has nothing to say: a report that states them has it."""

    title: str = Field("CDNOW", min_length=1, max_length=120, description="whose customers these are, on the page")
    as_of: date = Field(
        date(1998, 6, 30),
        ge=date(1800, 1, 1),
        le=date(2999, 12, 31),
        description="the day the report speaks from; later rows are invisible",
        json_schema_extra=units("ISO date"),
    )
    currency: str = Field(
        "USD", pattern=r"^\w{1,8}$", description="one currency per report", json_schema_extra=units("ISO 4217")
    )
    language: Literal["en", "zh"] = Field(
        "en", description="language of the pages: English or Chinese", json_schema_extra=units("name")
    )
    interval_level: float = Field(
        0.95, gt=0.5, le=0.999, description="coverage of every interval", json_schema_extra=units("share")
    )
    margin_share: float | None = Field(
        None,
        gt=0,
        le=1,
        description="margin of revenue; none: what customers bring is told as revenue",
        json_schema_extra=units("share"),
    )
    smallest_cell: int = Field(
        10,
        ge=1,
        le=1000,
        description="groups of fewer customers are not told of; 1: all are",
        json_schema_extra=units("customers"),
    )
    orders: Orders | None = Field(
        OrdersSource(source="cdnow"), description="the orders: the only table that must be there"
    )
    products: Source | None = Field(None, description="one row per product")
    customers: Source | None = Field(None, description="one row per customer: region, acquisition channel ...")
    other_tables: dict[str, Source] = Field(
        default_factory=dict, description="further canonical tables by name: events, points, tickets ..."
    )
    time_zone: str | None = Field(
        None,
        description="zone of the report's days and hours; instants without a zone are taken as they stand",
        json_schema_extra=units("IANA name"),
    )
    reversal_days: int = Field(
        3,
        ge=0,
        le=366,
        description="days within which a refund of an order's whole amount undoes the order; 0: never",
        json_schema_extra=units("days"),
    )
    erases_on_request: bool = Field(
        False, description="whether customers who asked to be erased are left out before it was done"
    )
    analysis_purpose: str = Field(
        "analytics",
        min_length=1,
        max_length=200,
        description="purpose of consent without which a customer counts in totals only",
        json_schema_extra=units("name"),
    )
    stale_days: int = Field(
        31,
        ge=1,
        le=3660,
        description="days without any order before as_of that turn data health red",
        json_schema_extra=units("days"),
    )
    warn_share: float = Field(
        0.01,
        ge=0,
        le=1,
        description="share of rows dropped by one rule that turns data health amber",
        json_schema_extra=units("share"),
    )
    alarm_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="share of rows dropped by one rule that turns data health red",
        json_schema_extra=units("share"),
    )

    least_weeks: int = Field(
        8,
        ge=0,
        le=520,
        description="weeks of data below which data health is not green",
        json_schema_extra=units("weeks"),
    )
    least_orders: int = Field(
        50,
        ge=0,
        le=10**9,
        description="orders below which data health is not green",
        json_schema_extra=units("count"),
    )
    least_customers: int = Field(
        20,
        ge=0,
        le=10**9,
        description="customers below which data health is not green",
        json_schema_extra=units("count"),
    )
    hole_days: int = Field(
        62,
        ge=1,
        le=3660,
        description="days in a row without any order, inside the data, that turn data health amber",
        json_schema_extra=units("days"),
    )
    far_days: int = Field(
        183,
        ge=1,
        le=36600,
        description="days between an order and all others that make its date doubtful: red",
        json_schema_extra=units("days"),
    )
    refund_share: float = Field(
        0.2,
        ge=0,
        le=1,
        description="refunds as a share of revenue that turn data health amber",
        json_schema_extra=units("share"),
    )
    outsized_share: float = Field(
        0.1,
        gt=0,
        le=1,
        description="share of revenue of one order or one customer that turns data health amber",
        json_schema_extra=units("share"),
    )
    unknown_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="share of orders whose customer the customer table does not know: amber",
        json_schema_extra=units("share"),
    )

    @property
    def sources(self) -> dict[str, TableSource]:
        """Every delivered table by its canonical name."""
        named = {name: source for name in TABLES if (source := getattr(self, name)) is not None}
        return named | dict(self.other_tables)

    @property
    def delivery(self) -> dict[str, Any]:
        """What `helpers.contract.loading.load` takes, by name."""
        return {
            "sources": self.sources,
            "as_of": self.as_of,
            "currency": self.currency,
            "stale_days": self.stale_days,
            "exclusions": Exclusions(
                far_days=self.far_days,
                reversal_days=self.reversal_days,
                erases_on_request=self.erases_on_request,
                analysis_purpose=self.analysis_purpose,
            ),
            "time_zone": self.time_zone,
        }

    @property
    def stated(self) -> dict[str, Any]:
        """Every parameter that has a value, by name, as plain JSON: what a page says of them.

        Of a source only what differs from its defaults is stated.
        """
        sources = {name: one.model_dump(mode="json", exclude_defaults=True) for name, one in self.sources.items()}
        stated = self.model_dump(mode="json", exclude_none=True)
        stated |= {name: sources.pop(name) for name in TABLES if name in sources}
        return stated | {"other_tables": sources}

    @property
    def health_limits(self) -> dict[str, Any]:
        """The limits of the data-health light, as `helpers.contract.health.Limits` takes them."""
        return {name: getattr(self, name) for name in HEALTH_LIMITS}

    @field_validator("as_of", mode="before")
    @classmethod
    def written_day(cls, day: object) -> object:
        if isinstance(day, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
            raise ValueError(f"must be a day such as 2025-01-31 or, for a report, {', '.join(DAY_WORDS)}")
        return day

    @field_validator("time_zone")
    @classmethod
    def known_zone(cls, name: str | None) -> str | None:
        if name is None or name in (zones := available_timezones()):
            return name
        cities = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(zones)}
        city = cities.get(name.rpartition("/")[2].replace(" ", "_").casefold())
        hint = f" Did you mean `{city}`?" if city else nearest(name, zones)
        near = f" ({hint.strip()})" if hint else ""
        raise ValueError(f"must be the IANA name of a time zone, such as Asia/Shanghai{near}")

    @model_validator(mode="after")
    def delivered(self) -> Self:
        if self.orders is None and "orders" in self.needed_tables:
            raise ValueError("`orders` is missing")
        return self

    @model_validator(mode="after")
    def warned_before_alarmed(self) -> Self:
        if self.warn_share > self.alarm_share:
            raise ValueError(f"`warn_share` {self.warn_share} must not be above `alarm_share` {self.alarm_share}")
        return self

    def _repr_html_(self) -> str:
        """Every parameter with its value, its unit and what it is, as the last line of a cell shows it."""
        rows = []
        for name, field in type(self).model_fields.items():
            extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            texts = (name, self._value_in_words(name), str(extra.get("unit", "")), field.description or "")
            rows.append([escape(text) for text in texts])
        return html_table(type(self).__name__, ("parameter", "value", "unit", "what it is"), rows)

    def _value_in_words(self, name: str) -> str:
        value = self.model_dump(mode="json", include={name}, exclude_none=True).get(name)
        if value in (None, [], {}):
            return "none"
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    @classmethod
    def from_cell(cls, names: Mapping[str, object]) -> Self:
        """The parameters of a notebook, from the variables that its tagged cell defined.

        Parameters
        ----------
        names
            The namespace of the notebook: pass `globals()`. Names that are no parameter are ignored.

        Raises
        ------
        ParamsError
            A value is out of its range or of the wrong type; all such values are named at once.
        """
        return validated(cls, {name: names[name] for name in cls.model_fields if name in names}, "the parameters cell")
