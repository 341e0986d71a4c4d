"""What the values of delivered columns look like: how many, how different, of which form, between which bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import ibis.expr.types as ir
from ibis import selectors

from helpers.contract.dates import detect_date_format
from helpers.contract.evidence import bared, filled
from helpers.contract.parsing import parse_number

SAMPLE_ROWS = 10_000
FORMS = {
    "digit": r"[0-9０-９]",
    "email": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "phone": r"^['\"+]*(\(?\d[\d\s().-]{6,17}\d)$",
    "order": r"^[#A-Za-z]{0,6}[-_#]?\d+([-_]\d+)*$",
    "percent": r"%\s*$",
    "person": r"^[^\d@]*$",
    "plain": r"^[-+]?\d+(\.\d+)?$",
    "counted": r"^(\d{8}|\d{10}|\d{13}|\d{16}|\d{5}(\.\d+)?)$",
    "dated": r"^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}",
    "lettered": r"^[#A-Za-z]{1,6}[-_#]?\d+([-_]\d+)*$",
}
"""Forms of values, by regular expression. `counted` numbers may be days or instants; reading them takes longer."""
BOUNDS = ("low", "high", "fraction_share")
Kind = Literal["number", "day number", "date", "unclear date", "text", "nothing"]


@dataclass(frozen=True)
class Profile:
    """The values of one delivered column, of the first rows.

    `row_count` rows hold `given` values, `distinct` of them different. `shares` tells which part of the values has a
    form, one of FORMS; `bounds` are `low`, `high` and `fraction_share` where all are plain numbers.
    """

    sample: ir.Table
    name: str
    row_count: int
    given: int
    distinct: int
    shares: Mapping[str, float]
    bounds: Mapping[str, Any]

    @property
    def fill(self) -> float:
        """The share of rows with a value."""
        return self.given / self.row_count if self.row_count else 0.0

    @property
    def variety(self) -> float:
        """Different values by value: 1 where none repeats."""
        return self.distinct / self.given if self.given else 0.0

    @cached_property
    def kind(self) -> Kind:
        """What the values are: a number, a date, a day number (20111231), a date that is unclear, text, or nothing."""
        kind = self.sample.schema()[self.name]
        if not self.given:
            return "nothing"
        if kind.is_timestamp() or kind.is_date():
            return "date"
        if kind.is_floating() or kind.is_decimal():
            return "number"
        if (not kind.is_string() and not kind.is_numeric()) or self.shares["digit"] < 1:
            return "text"
        if self.shares["email"] > 0 or self.shares["lettered"] == 1:
            return "text"
        if self.shares["plain"] == 1 and self.shares["counted"] < 1:
            return "number"
        return self._read_kind()

    def _read_kind(self) -> Kind:
        """The kind of values that only their readers can tell."""
        is_number = self.shares["dated"] < 1 and parse_number(self.sample, self.name, decimal=None).problem is None
        dated = detect_date_format(self.sample, self.name)
        is_date = dated.problem is None and bool(dated.formats or dated.epoch)
        if is_number:
            return "day number" if is_date else "number"
        if is_date:
            return "date"
        return "unclear date" if "state `date_format`, such as" in (dated.problem or "") else "text"

    @cached_property
    def numbers(self) -> Mapping[str, Any]:
        """Of numbers: `low`, `high`, `fraction_share` (of values that are not whole); empty of anything else."""
        if self.kind not in ("number", "day number"):
            return {}
        if self.shares["plain"] == 1:
            return self.bounds
        value = parse_number(self.sample, self.name, decimal=None).value.cast("float64")
        if not value.op().relations:
            return {}
        return dict(
            self.sample.aggregate(
                low=value.min(), high=value.max(), fraction_share=(value != value.floor()).cast("float64").mean()
            )
            .to_pyarrow()
            .to_pylist()[0]
        )

    @property
    def has_fractions(self) -> bool:
        return bool(self.numbers.get("fraction_share"))

    @property
    def is_rate(self) -> bool:
        """Whether the numbers are rates: between 0 and 1 with fractions and few of them different, or in percent."""
        if self.shares["percent"] > 0.5:
            return True
        low, high = self.numbers.get("low"), self.numbers.get("high")
        if low is None or high is None or not self.has_fractions:
            return False
        return bool(low >= 0 and high <= 1 and self.distinct <= max(20, 0.02 * self.given))

    @cached_property
    def is_index(self) -> bool:
        """Whether the values only count the rows: 0, 1, 2, ... or 1, 2, 3, ..."""
        low, high = self.numbers.get("low"), self.numbers.get("high")
        if low is None or high is None or low not in (0, 1):
            return False
        return bool(self.given == self.distinct == self.row_count and high - low + 1 == self.given)


def profiles(table: ir.Table, names: Iterable[str]) -> dict[str, Profile]:
    """The profile of each of these columns, from the first rows of the table."""
    sample = table.select(*names).limit(SAMPLE_ROWS).cache()
    texts = sample.select(**{name: sample[name].cast("string") for name in sample.columns})
    cells = texts.pivot_longer(selectors.all(), names_to="name", values_to="text")
    # each different value is looked at once: most columns repeat a few, and patterns are what costs
    values = cells.group_by("name", "text").aggregate(row_count=cells.count())
    bare = values.mutate(text=filled(bared(values["text"])))
    rows_given = bare["text"].notnull().ifelse(bare["row_count"], 0)
    number = bare["text"].try_cast("float64")
    measured = bare.group_by("name").aggregate(
        row_count=bare["row_count"].sum(),
        given=rows_given.sum(),
        distinct=bare["text"].nunique(),
        **{
            form: (bare["text"].re_search(pattern).cast("int64") * rows_given).sum() / rows_given.sum().nullif(0)
            for form, pattern in FORMS.items()
        },
        low=number.min(),
        high=number.max(),
        fraction_share=((number != number.floor()).cast("int64") * rows_given).sum() / rows_given.sum().nullif(0),
    )
    rows = {row["name"]: row for row in measured.to_pyarrow().to_pylist()}
    return {name: _profile(sample, name, rows.get(name, {})) for name in sample.columns}


def _profile(sample: ir.Table, name: str, row: Mapping[str, Any]) -> Profile:
    """The profile of a column from its row of measures, which an empty table has not."""
    counts = {key: row.get(key, 0) for key in ("row_count", "given", "distinct")}
    shares = {form: float(row.get(form) or 0) for form in FORMS}
    return Profile(sample, name, **counts, shares=shares, bounds={key: row.get(key) for key in BOUNDS})
