"""Parameters of the survey notebook."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from helpers.params.common import CommonParams, units
from helpers.params.shared_parameters import Seed
from helpers.schema.sources import Orders, OrdersSource, Source, TableSource
from helpers.schemes import codebooks

OF_THE_COMPANY = ("survey_responses", "survey_questions", "survey_invitations", "tickets", "consents", "erasures")


class SurveyParams(CommonParams):
    """Parameters of the survey notebook."""

    headings: ClassVar[dict[str, str]] = CommonParams.headings | {
        "waves_share_clusters": "How the survey was sampled",
        "question_texts": "What is shown",
        "codebook": "Comments",
        "reply_target_hours": "The service desk, and what became of customers",
    }
    needed_tables: ClassVar[tuple[str, ...]] = ("survey_responses", "survey_questions")

    title: str = Field(
        "Demo company (simulated)", min_length=1, max_length=120, description="whose customers these are, on the page"
    )
    as_of: date = Field(
        date(2024, 12, 31),
        ge=date(1800, 1, 1),
        le=date(2999, 12, 31),
        description="the day the report speaks from; later rows are invisible",
        json_schema_extra=units("ISO date"),
    )
    currency: str = Field(
        "CNY", pattern=r"^\w{1,8}$", description="one currency per report", json_schema_extra=units("ISO 4217")
    )
    orders: Orders | None = Field(
        OrdersSource(source="demo"), description="the orders of the customers who were asked; none: the survey alone"
    )
    customers: Source | None = Field(
        TableSource(source="demo"), description="one row per customer: region, acquisition channel ..."
    )
    other_tables: dict[str, Source] = Field(
        {name: TableSource(source="demo") for name in OF_THE_COMPANY},
        description="further canonical tables by name: survey_responses and survey_questions must be there",
    )
    waves_share_clusters: bool = Field(
        True, description="whether a cluster of one name in two waves is the same one, as a shop is"
    )
    question_texts: dict[str, str] = Field(
        default_factory=dict,
        max_length=500,
        description="what questions are called on the page, by their id, as in its language; else topic or wording",
        json_schema_extra=units("texts"),
    )
    population_is_finite: bool = Field(
        True, description="whether errors shrink by the share that was sampled, where populations were delivered"
    )
    compare_by: list[str] = Field(
        ["mode", "region", "gender"],
        max_length=12,
        description="what answers are compared by: of the interview, the customer, or a question of kind profile",
        json_schema_extra=units("names"),
    )
    calibrate_to: list[str] = Field(
        ["region", "gender"],
        max_length=8,
        description="columns of the customers to whose totals the weights are calibrated, as a second opinion",
        json_schema_extra=units("names"),
    )
    driver_answer_share: float = Field(
        0.6,
        gt=0,
        le=1,
        description="share of those who rated satisfaction that must have answered an item for it to be a driver",
        json_schema_extra=units("share"),
    )
    replicate_count: int = Field(
        200,
        ge=20,
        le=10_000,
        description="replicates of the sample behind the intervals of drivers",
        json_schema_extra=units("count"),
    )
    seed: Seed = 1
    smallest_base: int = Field(
        30,
        ge=2,
        le=10_000,
        description="answers below which a group is too thin to be told",
        json_schema_extra=units("count"),
    )
    families: Literal["holm", "benjamini_hochberg"] = Field(
        "holm",
        description="how many tests at once are kept from finding what is not there",
        json_schema_extra=units("name"),
    )

    codebook: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="path of the codebook of comments, from the project's folder; none: the kit's own for a shop",
        json_schema_extra=units("file"),
    )
    coded_topics: dict[str, list[str]] = Field(
        default_factory=dict,
        max_length=100,
        description="topics of comments that were coded before they were delivered: the codes of each",
        json_schema_extra=units("codes"),
    )
    topic_count: int = Field(
        10,
        ge=1,
        le=50,
        description="topics looked for in the comments of each language, beside those of the codebook",
        json_schema_extra=units("count"),
    )
    reply_target_hours: float = Field(
        8,
        gt=0,
        le=10_000,
        description="within which a ticket is to be answered first, round the clock",
        json_schema_extra=units("hours"),
    )
    resolution_target_hours: float = Field(
        48,
        gt=0,
        le=10_000,
        description="within which a ticket is to be resolved, round the clock",
        json_schema_extra=units("hours"),
    )
    fix_on: date | None = Field(
        date(2024, 10, 1),
        description="the day from which a trouble was fixed; none: no fix is looked at",
        json_schema_extra=units("ISO date"),
    )
    fix_category: str = Field("delivery", description="the category of tickets that tell of this trouble")
    fix_question: str = Field("item_delivery", description="the question whose marks are to show the fix")
    fix_days: int = Field(
        90,
        ge=1,
        le=1_000,
        description="days before the fix and from it on whose interviews are compared",
        json_schema_extra=units("days"),
    )
    earlier_days: int = Field(
        365,
        ge=1,
        le=5_000,
        description="days before an answer whose purchases are held equal, and before a fix whose tickets count",
        json_schema_extra=units("days"),
    )
    spend_horizon_days: int = Field(
        90,
        ge=1,
        le=1_000,
        description="days after an answer whose purchases are set beside it",
        json_schema_extra=units("days"),
    )

    @field_validator("codebook")
    @classmethod
    def readable_codebook(cls, path: str | None) -> str | None:
        codebooks.chosen(path)
        return path

    @property
    def desk_targets(self) -> dict[str, float]:
        """The targets of the service desk, as `helpers.models.survey.feedback_desk.Targets` takes them."""
        return {"reply_hours": self.reply_target_hours, "resolution_hours": self.resolution_target_hours}

    @property
    def standing_terms(self) -> dict[str, Any]:
        """What is known of all customers when a wave opens, as `features.said_spend.standing` takes it."""
        return {"earlier_days": self.earlier_days, "names": self.calibrate_to}

    @model_validator(mode="after")
    def asked(self) -> Self:
        missing = [name for name in self.needed_tables if name not in self.other_tables]
        if missing:
            raise ValueError(f"`other_tables` must name {' and '.join(missing)}")
        return self
