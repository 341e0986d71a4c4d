"""What a report may be told: one model per notebook, read from one flat YAML file per report.

The models are the single truth for names, types, units, ranges and defaults. The tagged parameters cell of each
notebook, the YAML files under params/ and `regulars list` are tested against them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from helpers.errors import ParamsError, message, nearest

P = TypeVar("P", bound=BaseModel)

REPORT_NAME = re.compile(r"\w[\w-]{0,63}")


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


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(Strict):
    """A statement about rows of a delivered table: one condition, and what becomes of the rows that meet it."""

    rule: str = Field(min_length=1, description="name of the rule in the ledger")
    column: str | None = Field(None, description="canonical column (or delivered one) that the condition reads")
    missing: bool = Field(False, description="rows in which the column is empty")
    matches: str | None = Field(None, description="rows in which the column matches this regular expression (RE2)")
    one_of: list[str] | None = Field(None, description="rows in which the column is one of these texts")
    at_most: float | None = Field(None, description="rows in which the column is this number or less")
    at_least: float | None = Field(None, description="rows in which the column is this number or more")
    duplicates: bool = Field(False, description="rows that repeat an earlier row in every delivered column")
    do: Literal["drop", "refund", "note"] = Field("drop", description="drop, count as refund, or keep and note")

    @model_validator(mode="after")
    def one_condition(self) -> Self:
        conditions = [self.missing, self.duplicates]
        conditions += [given is not None for given in (self.matches, self.one_of, self.at_most, self.at_least)]
        if sum(conditions) != 1:
            raise ValueError("needs one condition: missing, matches, one_of, at_most, at_least or duplicates")
        if self.duplicates == (self.column is not None):
            raise ValueError("needs a `column`" if not self.duplicates else "`duplicates` takes no `column`")
        return self


class TableSource(Strict):
    """Where one canonical table comes from, and how to read it."""

    source: str = Field(
        min_length=1,
        description="file, folder, glob, database URL, package:NAME/FILE, or a built-in (cdnow, cdnow_sample, demo)",
    )
    table: str | None = Field(None, description="table of a database, or sheet of a workbook")
    columns: dict[str, str] = Field(default_factory=dict, description="canonical column: delivered column")
    date_format: str | None = Field(None, description="strptime format of the dates; detected when not given")
    decimal: Literal[".", ","] | None = Field(None, description="decimal mark of a text file; detected when not given")
    delimiter: str | None = Field(None, description="delimiter of a text file; detected when not given")
    encoding: str | None = Field(None, description="encoding of a text file; detected when not given")
    rules: list[Rule] = Field(default_factory=list, description="which rows to drop, note or count as refunds")


class OrdersSource(TableSource):
    """The orders, delivered a row per order or a row per line of an order."""

    grain: Literal["order", "line"] = Field("order", description="what a delivered row is: an order, or a line of one")
    negative_amount: Literal["refund", "drop", "net"] = Field(
        "refund", description="a row below zero: a refund, dropped, or netted into its order"
    )


def _source_from_text(value: object) -> object:
    return {"source": value} if isinstance(value, str) else value


Source = Annotated[TableSource, BeforeValidator(_source_from_text)]
Orders = Annotated[OrdersSource, BeforeValidator(_source_from_text)]


def _units(unit: str) -> dict[str, Any]:
    return {"unit": unit}


class CommonParams(Strict):
    """What every notebook is told."""

    title: str = Field("CDNOW", min_length=1, max_length=120, description="whose customers these are, on the page")
    as_of: date = Field(
        date(1998, 6, 30),
        description="the day the report speaks from; later rows are invisible",
        json_schema_extra=_units("ISO date"),
    )
    currency: str = Field(
        "USD", pattern=r"^\w{1,8}$", description="one currency per report", json_schema_extra=_units("ISO 4217")
    )
    interval_level: float = Field(
        0.95, gt=0.5, lt=1, description="coverage of every interval", json_schema_extra=_units("share")
    )
    orders: Orders = Field(OrdersSource(source="cdnow"), description="the orders: the only table that must be there")
    products: Source | None = Field(None, description="one row per product")
    customers: Source | None = Field(None, description="one row per customer: region, acquisition channel ...")
    other_tables: dict[str, Source] = Field(
        default_factory=dict, description="further canonical tables by name: events, points, tickets ..."
    )

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


class ExplorationParams(CommonParams):
    """What the exploration notebook is told."""

    time_unit: Literal["days", "weeks", "months"] = Field(
        "weeks", description="unit of recency and age of customers", json_schema_extra=_units("name")
    )
    comparison_days: int = Field(
        91,
        ge=1,
        le=3660,
        description="length of the latest period, compared with the same length before it",
        json_schema_extra=_units("days"),
    )
    cohort_count: int = Field(
        18, ge=2, le=60, description="monthly cohorts shown, the latest ones", json_schema_extra=_units("months")
    )
    top_share: float = Field(
        0.2, gt=0, lt=1, description="share of customers called the top", json_schema_extra=_units("share")
    )
    abc_shares: tuple[float, float] = Field(
        (0.8, 0.95), description="cumulative revenue where class A and class B end", json_schema_extra=_units("share")
    )
    breakdowns: list[Dimension] = Field(
        ["channel", "store", "region", "category", "product_id"],
        description="columns to break revenue down by, where they were delivered",
        json_schema_extra=_units("columns"),
    )
    level_count: int = Field(
        10, ge=2, le=50, description="levels shown in a breakdown", json_schema_extra=_units("count")
    )
    step_share: float = Field(
        0.01, gt=0, le=0.5, description="share of a group moved by one step", json_schema_extra=_units("share")
    )
    stale_days: int = Field(
        31,
        ge=1,
        le=3660,
        description="days without any order before as_of that turn data health red",
        json_schema_extra=_units("days"),
    )
    warn_share: float = Field(
        0.01,
        ge=0,
        le=1,
        description="share of rows dropped by one rule that turns data health amber",
        json_schema_extra=_units("share"),
    )
    alarm_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="share of rows dropped by one rule that turns data health red",
        json_schema_extra=_units("share"),
    )

    @property
    def health_limits(self) -> dict[str, float]:
        """The limits of the data-health light, as `helpers.data.health.light` takes them."""
        return {"stale_days": self.stale_days, "warn_share": self.warn_share, "alarm_share": self.alarm_share}

    @model_validator(mode="after")
    def ordered(self) -> Self:
        if not 0 < self.abc_shares[0] < self.abc_shares[1] < 1:
            raise ValueError(f"`abc_shares` must rise between 0 and 1, found {list(self.abc_shares)}")
        if self.warn_share > self.alarm_share:
            raise ValueError(f"`warn_share` {self.warn_share} must not be above `alarm_share` {self.alarm_share}")
        return self


NOTEBOOKS: dict[str, type[CommonParams]] = {"exploration": ExplorationParams}
TABLES = ("orders", "products", "customers")
OF_THE_REPORT = ("title", "as_of", "currency")
"""Parameters that are one for all notebooks of a report: its folder and its list go by them."""


@dataclass(frozen=True)
class Report:
    """One report: its name, the file that states it, and the validated parameters of each of its notebooks."""

    name: str
    path: Path
    params: dict[str, CommonParams]

    @property
    def as_of(self) -> date:
        return next(iter(self.params.values())).as_of

    @property
    def title(self) -> str:
        return next(iter(self.params.values())).title


def validated(model: type[P], values: Mapping[str, object], where: str) -> P:
    """`values` as a `model`, or one ParamsError that names every value that does not fit."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise ParamsError(message(f"{where} must meet the parameters of the kit", problems(model, error))) from None


def problems(model: type[BaseModel], error: ValidationError) -> list[str]:
    """Each problem of a validation as one line: the place, what must hold, what was found."""
    return [_problem(model, dict(detail)) for detail in error.errors()]


def _problem(model: type[BaseModel], detail: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = _known_names(model, detail["loc"][:-1])
        return f"{place!r} is not a parameter.{nearest(str(detail['loc'][-1]), known)}"
    if detail["type"] == "missing":
        return f"`{place}` is missing"
    reason = detail["msg"].removeprefix("Value error, ")
    prefix = f"`{place}`: " if place else ""
    found = f", found {detail['input']!r}" if not isinstance(detail["input"], dict | BaseModel) else ""
    return f"{prefix}{reason[0].lower()}{reason[1:]}{found}"


def _known_names(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    if not place:
        return list(model.model_fields)
    inner: type[BaseModel] = OrdersSource if place[0] == "orders" else TableSource
    return list((Rule if "rules" in place else inner).model_fields)


class _UniqueKeys(yaml.SafeLoader):
    """A YAML loader that refuses a key written twice: the first of the two would be lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        doubled = sorted({key for key in keys if keys.count(key) > 1})
        if doubled:
            raise ParamsError(f"line {node.start_mark.line + 1}: `{doubled[0]}` is written twice; keep one of the two.")
        return super().construct_mapping(node, deep)


def read_report(path: Path, *, as_of: date | None = None, only: Iterable[str] = ()) -> Report:
    """The report that a YAML file states, wholly validated, before anything runs.

    Parameters
    ----------
    path
        The YAML file: `notebooks` (default: all), common keys, and under a notebook's name the keys of that one alone.
    as_of
        Takes the place of the file's own `as_of`.
    only
        Names of the notebooks to keep; all where empty.

    Raises
    ------
    ParamsError
        The file is missing or no YAML; names or values in it do not fit. All of them are named at once.
    """
    values = _mapping(path)
    name = str(values.pop("report", path.stem))
    notebooks = values.pop("notebooks", None)
    notebooks = list(NOTEBOOKS) if notebooks is None else notebooks
    found = _name_problems(name) + _notebook_problems(notebooks, "`notebooks`") + _notebook_problems(only, "--only")
    if notebooks == []:
        found.append("`notebooks` must name one notebook at least; leave it away for all")
    if found:
        raise ParamsError(message(f"{path} must meet the parameters of the kit", found))
    common = {key: value for key, value in values.items() if key not in NOTEBOOKS}
    if as_of is not None:
        common["as_of"] = as_of
    chosen = [notebook for notebook in notebooks if notebook in set(only) or not only]
    if not chosen:
        raise ParamsError(f"{path}: --only must name notebooks of this report, which has {', '.join(notebooks)}.")
    return Report(name, path, _each_notebook(path, chosen, common, values))


def _each_notebook(
    path: Path, notebooks: list[str], common: dict[str, Any], values: dict[str, Any]
) -> dict[str, CommonParams]:
    params, found = {}, []
    for notebook in notebooks:
        own = values.get(notebook) or {}
        if not isinstance(own, dict):
            found.append(f"`{notebook}` must hold keys and values, found {own!r}")
            continue
        found += [f"`{notebook}.{key}`: state it once, for the whole report" for key in OF_THE_REPORT if key in own]
        model = NOTEBOOKS[notebook]
        theirs = {key for other in NOTEBOOKS.values() for key in other.model_fields} - set(model.model_fields)
        try:
            params[notebook] = model.model_validate({k: v for k, v in common.items() if k not in theirs} | own)
        except ValidationError as error:
            found += [problem for problem in problems(model, error) if problem not in found]
    missing = [f"`{key}` is missing" for key in ("title", "as_of", "orders") if key not in common]
    if found or missing:
        raise ParamsError(message(f"{path} must meet the parameters of the kit", missing + found))
    return params


def _mapping(path: Path) -> dict[str, Any]:
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise ParamsError(f"{path} does not exist; `regulars list` shows the known reports.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path} must be a readable text file: {error}.") from None
    except ValueError as error:  # PyYAML on a date that no calendar has
        raise ParamsError(f"{path} must hold dates that exist, such as `as_of: 2025-01-31`: {error}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" at line {mark.line + 1}" if mark else ""
        raise ParamsError(f"{path} must be YAML{line}: {getattr(error, 'problem', error)}.") from None
    except ParamsError as error:
        raise ParamsError(f"{path}, {error}") from None
    if not isinstance(values, dict):
        raise ParamsError(
            f"{path} must hold keys and values, such as `as_of: 2025-01-31`; found {type(values).__name__}."
        )
    return {str(key): value for key, value in values.items()}


def _name_problems(name: str) -> list[str]:
    if REPORT_NAME.fullmatch(name):
        return []
    return [f"report name {name!r}: letters, digits, _ and - only, 64 at most, since it names a folder"]


def _notebook_problems(notebooks: object, where: str) -> list[str]:
    if isinstance(notebooks, str | dict) or not isinstance(notebooks, Iterable):
        return [f"{where} must be a list of notebooks, found {notebooks!r}"]
    unknown = [name for name in notebooks if not isinstance(name, str) or name not in NOTEBOOKS]
    return [f"{where}: {name!r} is not a notebook.{nearest(str(name), NOTEBOOKS)}" for name in unknown]


def project_root() -> Path:
    """The folder that holds notebooks/, params/ and data/; relative paths in params start here, wherever we run."""
    return Path(__file__).resolve().parents[2]
