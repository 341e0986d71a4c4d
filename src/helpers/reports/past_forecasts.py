"""What earlier reports of the same name forecast, beside what came: how often it held, and whether it beat guessing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display.tables import CSV_ENCODING, rounded
from helpers.display.wording import worded
from helpers.models.forecast.forecast import ALL
from helpers.models.forecast.periods import AMOUNT, PURCHASES
from helpers.reports.manifest import read

FORECAST = Path("tables") / "clv" / "forecast.csv"
TABLE = Path("tables") / "overview" / "past_forecasts.csv"
COLUMNS = (
    "made_on", "measure", "starts_on", "ends_on", "expected", "low", "high", "level", "came", "carried_forward",
    "is_held",
)  # fmt: skip
SHOWN = 6


@dataclass(frozen=True, eq=False)
class Record:
    """The forecasts of earlier reports whose periods have ended.

    Parameters
    ----------
    periods
        A row per report, measure and period, the latest report first: made_on, measure (purchase_count or amount),
        starts_on, ends_on, expected, low, high, level (nominal coverage of low to high), came, carried_forward (what
        came in as many days up to `made_on`: the naive rival), is_held (whether low to high holds what came).
    currency
        Of the report, for amounts.
    """

    periods: pd.DataFrame
    currency: str

    @property
    def amounts(self) -> pd.DataFrame:
        """The rows on revenue."""
        return self.periods[self.periods["measure"] == AMOUNT]

    @property
    def claim(self) -> str:
        """How many of the forecasts of revenue held."""
        rows = self.amounts
        return worded(
            "Of {forecasts} of revenue {held} held what came.",
            forecasts=say.counted(len(rows), "past forecast"),
            held=say.number(int(rows["is_held"].sum())),
        )

    @property
    def evidence(self) -> str:
        """At which level they were made, how far off they were, and how far off the rival was."""
        rows = self.amounts
        reports = say.counted(rows["made_on"].nunique(), "earlier report")
        return worded(
            "{reports}; intervals of {level}; typical error {error}, of the period before carried forward {rival}. "
            "Periods overlap, so that forecasts of one time fail together.",
            reports=reports,
            level=say.exact_share(float(rows["level"].median())),
            error=say.share(_typical_error(rows["expected"], rows["came"])),
            rival=say.share(_typical_error(rows["carried_forward"], rows["came"])),
        )

    @property
    def rows(self) -> list[dict[str, str]]:
        """The latest forecasts of revenue, each cell as text."""
        return [self._row(row) for row in self.amounts.head(SHOWN).to_dict("records")]

    def _row(self, row: Mapping[Any, Any]) -> dict[str, str]:
        def money(name: str) -> str:
            return say.money(row[name], currency=self.currency)

        return {
            "made_on": say.day(row["made_on"]),
            "period": worded("{first} to {last}", first=say.day(row["starts_on"]), last=say.day(row["ends_on"])),
            "expected": worded(
                "{value} ({low} to {high})", value=money("expected"), low=money("low"), high=money("high")
            ),
            "came": money("came"),
            "held": worded("yes") if row["is_held"] else worded("no"),
        }


def judge(folder: Path, *, as_of: date, days: pd.DataFrame, currency: str) -> Record | None:
    """The forecasts of earlier reports against what the orders of this one say; None where none can be judged yet.

    Parameters
    ----------
    folder
        OUT/<report>, with a folder for each published day.
    as_of
        The day of this report: reports of earlier days are judged.
    days
        A row per day with an order, ascending: day, purchase_count, amount. Periods that end later are not judged.
    currency
        Of this report.
    """
    made = [row for record, path in _earlier(folder, as_of) for row in _stated(record, path)]
    if not made or not len(days):
        return None
    came = days.set_index(pd.to_datetime(days["day"]))[[PURCHASES, AMOUNT]].sort_index()
    forecasts = pd.DataFrame(made)
    known = forecasts[pd.to_datetime(forecasts["ends_on"]) <= came.index[-1]]
    if not (known["measure"] == AMOUNT).any():
        return None
    judged = [_judged(row, came) for row in known.to_dict("records")]
    ranked = pd.DataFrame(judged)[list(COLUMNS)].sort_values(
        ["made_on", "measure", "starts_on"], ascending=[False, True, True], ignore_index=True
    )
    return Record(ranked, currency)


def keep(record: Record, folder: Path) -> None:
    """Write the judged forecasts beside the tables of a report's notebooks."""
    place = folder / TABLE
    place.parent.mkdir(parents=True, exist_ok=True)
    rounded(record.periods).to_csv(place, index=False, lineterminator="\n", encoding=CSV_ENCODING)


def _earlier(folder: Path, as_of: date) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """The manifests of earlier days that can be read, each with the file of its forecast."""
    for path in sorted(folder.glob(f"*/{FORECAST.as_posix()}")):
        day = path.relative_to(folder).parts[0]
        if day.startswith(".") or day >= as_of.isoformat():
            continue
        record = read(folder / day)
        if record is not None and record.get("as_of") == day and "clv" in record["parameters"]:
            yield record, path


def _stated(record: Mapping[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """The totals that a report forecast and stood by: those of a model that was not to be used are left out."""
    level = record["parameters"]["clv"]["interval_level"]
    made_on = date.fromisoformat(record["as_of"])
    table = pd.read_csv(path, parse_dates=["starts_on", "ends_on"])
    stood = table[(table["part"] == ALL) & table["is_usable"].astype(bool)].dropna(subset=["low", "high"])
    for row in stood.to_dict("records"):
        days = {name: row[name].date() for name in ("starts_on", "ends_on")}
        yield {**{name: row[name] for name in ("measure", "expected", "low", "high")}, **days} | {
            "made_on": made_on,
            "level": level,
        }


def _judged(row: Mapping[Any, Any], came: pd.DataFrame) -> dict[str, Any]:
    length = (row["ends_on"] - row["starts_on"]).days + 1
    total = _sum(came[row["measure"]], row["starts_on"], row["ends_on"])
    before = _sum(came[row["measure"]], row["made_on"] - timedelta(days=length - 1), row["made_on"])
    return {**row, "came": total, "carried_forward": before, "is_held": row["low"] <= total <= row["high"]}


def _sum(values: pd.Series, first: date, last: date) -> float:
    return float(values.loc[pd.Timestamp(first) : pd.Timestamp(last)].sum())


def _typical_error(expected: pd.Series, came: pd.Series) -> float:
    """The median of the errors relative to what came; missing where nothing ever came."""
    errors = ((expected - came).abs() / came.where(came > 0)).dropna()
    return float(errors.median()) if len(errors) else float("nan")
