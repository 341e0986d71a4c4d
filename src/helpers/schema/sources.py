"""Description of a delivered table: where it comes from, how it is read, and what becomes of which rows."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from helpers.validation import Strict

TABLES = ("orders", "products", "customers")
"""The canonical tables that a report names at its top level; all others are its `other_tables`."""
MOST_RULES = 200
LONGEST_EXPRESSION = 1_000
LONGEST_LIST = 10_000


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold a NUL")
    return text


Short = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]
"""A name: of a rule, a column, a table."""
Expression = Annotated[str, Field(max_length=LONGEST_EXPRESSION), AfterValidator(_without_nul)]

LARGEST_CELL = 10**15
Cell = (
    Annotated[int, Field(ge=-LARGEST_CELL, le=LARGEST_CELL)]
    | Annotated[float, Field(ge=-LARGEST_CELL, le=LARGEST_CELL)]
    | Expression
    | None
)
"""A value of a row that the params state."""


class Rule(Strict):
    """A statement about rows of a delivered table: one condition, and what becomes of the rows that meet it."""

    rule: Short = Field(description="name of the rule in the ledger")
    column: Short | None = Field(None, description="canonical column (or delivered one) that the condition reads")
    missing: bool = Field(False, description="rows in which the column is empty")
    matches: Expression | None = Field(
        None, description="rows in which the column matches this regular expression (RE2)"
    )
    one_of: list[Expression] | None = Field(
        None, max_length=LONGEST_LIST, description="rows in which the column is one of these texts"
    )
    at_most: float | None = Field(
        None, allow_inf_nan=False, description="rows in which the column is this number or less"
    )
    at_least: float | None = Field(
        None, allow_inf_nan=False, description="rows in which the column is this number or more"
    )
    duplicates: bool = Field(False, description="rows that repeat an earlier row in every delivered column")
    keep: Literal["latest"] | None = Field(
        None, description="all rows of one value of the column but the latest: of several exports, the last to tell"
    )
    by: Short | None = Field(None, description="with `keep`: the column whose largest value is latest; else row order")
    do: Literal["drop", "refund", "note"] = Field("drop", description="drop, count as refund, or keep and note")

    @model_validator(mode="after")
    def one_condition(self) -> Self:
        conditions = [self.missing, self.duplicates, self.keep is not None]
        conditions += [given is not None for given in (self.matches, self.one_of, self.at_most, self.at_least)]
        if sum(conditions) != 1:
            raise ValueError("needs one condition: missing, matches, one_of, at_most, at_least, duplicates or keep")
        if self.by is not None and self.keep is None:
            raise ValueError("`by` stands beside `keep` only")
        if self.duplicates == (self.column is not None):
            raise ValueError("needs a `column`" if not self.duplicates else "`duplicates` takes no `column`")
        return self


class Unpivot(Strict):
    """Columns that hold an answer each: every delivered row becomes a row per column with a value in it."""

    columns: dict[Short, Short] = Field(min_length=1, description="name of the answer: delivered column")
    names: Short = Field("question_id", description="the column that the names make")
    values: Short = Field("answer", description="the column that the values make, as text")


class TableSource(Strict):
    """Where one canonical table comes from, and how to read it."""

    source: str = Field(
        min_length=1,
        max_length=LONGEST_EXPRESSION,
        description="file, folder, glob, database URL, package:NAME/FILE, or a built-in (cdnow, cdnow_sample, demo)",
    )
    table: str | None = Field(None, description="table of a database, or sheet of a workbook")
    copied: bool = Field(
        False, description="fetch a table of PostgreSQL or BigQuery whole, instead of reading it where it lies"
    )
    columns: dict[str, Short] = Field(default_factory=dict, description="canonical column: delivered column")
    date_format: str | None = Field(None, description="strptime format of the dates; detected when not given")
    decimal: Literal[".", ","] | None = Field(None, description="decimal mark of a text file; detected when not given")
    delimiter: str | None = Field(None, description="delimiter of a text file; detected when not given")
    encoding: str | None = Field(None, description="encoding of a text file; detected when not given")
    header_row: int | None = Field(
        None, ge=1, le=100_000, description="row that names the columns; found when not given"
    )
    header_row_count: int = Field(1, ge=1, le=3, description="rows of the header; a name is joined from all of them")
    fill_down: list[Short] = Field(
        default_factory=list,
        max_length=50,
        description="columns told on the first row of an order only, as merged cells are",
    )
    units: dict[str, str] = Field(
        default_factory=dict,
        description="canonical column: unit of its numbers, such as 万元, k or cents; found when not given",
    )
    columns_differ: bool = Field(
        False, description="whether files may have columns of their own, or of another type; they are united by name"
    )
    also_named: dict[Short, list[Short]] = Field(
        default_factory=dict, description="delivered column: its other names, in other files"
    )
    from_file_name: dict[Short, Expression] = Field(
        default_factory=dict, description="new column: regular expression whose first group is found in the file's name"
    )
    joined: dict[Short, list[Short]] = Field(
        default_factory=dict, description="new column: the columns whose values are joined by a hyphen"
    )
    unpivot: Unpivot | None = Field(None, description="columns that hold an answer each, to become rows")
    rows: list[dict[Short, Cell]] = Field(
        default_factory=list, max_length=1_000, description="with `source: rows`: the rows themselves"
    )
    rules: list[Rule] = Field(
        default_factory=list, max_length=MOST_RULES, description="which rows to drop, note or count as refunds"
    )


class OrdersSource(TableSource):
    """The orders, delivered a row per order or a row per line of an order."""

    grain: Literal["order", "line"] = Field("order", description="what a delivered row is: an order, or a line of one")
    amount_of: Literal["row", "order"] = Field(
        "row", description="whose amount a row tells: its own, or that of its order, told again on each line"
    )
    negative_amount: Literal["refund", "drop", "net"] = Field(
        "refund", description="a row below zero: a refund, dropped, or netted into its order"
    )


class Exclusions(Strict):
    """What stays out of the tables though it was delivered: orders that a refund undid, and customers by law.

    `far_days` are the days between orders and all others from which their dates are doubted: such days do not extend
    the days that the data cover; 0: never. `reversal_days` are the days within which a refund of an order's whole
    amount undoes the order; 0: never. `erases_on_request` leaves customers out who asked to be erased, before it was
    done; `analysis_purpose` is the purpose of consent whose withdrawal takes a customer out of every table of
    customers.
    """

    far_days: int = 0
    reversal_days: int = 0
    erases_on_request: bool = False
    analysis_purpose: str = "analytics"


def _source_from_text(value: object) -> object:
    return {"source": value} if isinstance(value, str) else value


Source = Annotated[TableSource, BeforeValidator(_source_from_text)]
Orders = Annotated[OrdersSource, BeforeValidator(_source_from_text)]
