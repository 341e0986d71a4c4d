"""What earlier reports of the same name predicted of single customers, beside what these have done since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from helpers.connectors.delivery import are_small, connect
from helpers.display import language as say
from helpers.display.tables import CSV_ENCODING, FORMULA, rounded
from helpers.display.wording import named, vocabulary, worded
from helpers.models.evaluation.past_predictions import EVERYBODY, FURTHER, NEARER, UNCLEAR, judged
from helpers.models.value.discounting import weekly_rate, weeks_of
from helpers.reports.manifest import read

VALUE, STAGE = Path("tables") / "clv" / "customers.csv", Path("tables") / "segmentation" / "customers.csv"
FILES = (VALUE, STAGE)
"""What is judged, of the files of a report."""
PURCHASES_FILE = "purchases.parquet"
"""In the folder that goes with a run: who bought when."""
TABLE = Path("tables") / "overview" / "past_customers.csv"
PURCHASES, AMOUNT, COMEBACK = "purchase_count", "clv_amount", "comeback_share"
COLUMNS = (
    "made_on", "until_on", "measure", "group", "n", "expected", "came", "before", "held_share", "level", "error",
    "rival_error", "verdict", "is_hidden",
)  # fmt: skip
LATEST = 3
"""Reports that are judged by each measure: the latest of those that can be."""
MEASURES = dict(
    zip(
        (PURCHASES, AMOUNT, COMEBACK),
        vocabulary("purchases", "value to come", "coming back"),
        strict=True,
    )
)
CLAIMS = dict(
    zip(
        (NEARER, UNCLEAR, FURTHER),
        vocabulary(
            "What was predicted of single customers came nearer than what each had done before.",
            "What was predicted of single customers came no nearer, for sure, than what each had done before.",
            "What was predicted of single customers was wrong: what each had done before came nearer.",
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class Made:
    """A prediction of single customers: on which day it was made and for the days until when, of what, and its file."""

    made_on: date
    until_on: date
    measure: str
    path: Path
    parameters: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Record:
    """The predictions of earlier reports whose time is over, or when the first will be.

    Parameters
    ----------
    scores
        A row per report, measure and group, the latest report first: made_on, until_on, measure (purchase_count,
        clv_amount or comeback_share), level (of the bounds), and the columns of `past_predictions.judged`.
    first_on
        The first day on which one can be judged; None where one is, or no earlier report predicted anything.
    currency
        Of the report, for amounts.
    """

    scores: pd.DataFrame
    first_on: date | None
    currency: str

    @property
    def claim(self) -> str:
        """Whether the latest predictions came nearer than their rival, by purchases where these can be judged."""
        if not len(self._told):
            return ""
        return named(CLAIMS[str(self._first["verdict"])])

    @property
    def evidence(self) -> str:
        """On which customers that rests, or from when on it can be known."""
        if not len(self._told):
            return self._unknown
        row = self._first
        text = worded(
            "{customers}, {measure}, predicted on {day} for the time to {until}; typical error {error}, of what each "
            "had done in as many days before {rival}.",
            measure=named(MEASURES[row["measure"]]),
            customers=say.counted(int(row["n"]), "customer"),
            day=say.day(row["made_on"]),
            until=say.day(row["until_on"]),
            error=self._amount(row, "error"),
            rival=self._amount(row, "rival_error"),
        )
        if say.is_missing(row["held_share"]):
            return text
        bounds = worded(
            "Bounds of {level} held what came for {share}.",
            level=say.exact_share(row["level"]),
            share=say.share(row["held_share"]),
        )
        return worded("{said} {more}", said=text, more=bounds)

    @property
    def rows(self) -> list[dict[str, str]]:
        """What is told of all customers, each cell as text."""
        return [
            {
                "made_on": say.day(row["made_on"]),
                "until": say.day(row["until_on"]),
                "measure": named(MEASURES[row["measure"]]),
                "customers": say.number(row["n"]),
                **{name: self._amount(row, name) for name in ("expected", "came", "error", "rival_error")},
                "held": say.share(row["held_share"]),
            }
            for row in self._told.to_dict("records")
        ]

    @property
    def _told(self) -> pd.DataFrame:
        return self.scores[(self.scores["group"] == EVERYBODY) & ~self.scores["is_hidden"].astype(bool)]

    @property
    def _first(self) -> Mapping[Any, Any]:
        rows = self._told.to_dict("records")
        return next((row for row in rows if row["measure"] == PURCHASES), rows[0])

    @property
    def _unknown(self) -> str:
        if self.first_on is None:
            return worded("No earlier report predicted what single customers would do.")
        return worded(
            "What earlier reports predicted of single customers can be judged from {day} on.",
            day=say.day(self.first_on),
        )

    def _amount(self, row: Mapping[Any, Any], name: str) -> str:
        value = row[name]
        if row["measure"] == AMOUNT:
            return say.money(value, currency=self.currency)
        return say.share(value) if row["measure"] == COMEBACK else say.number(value, digits=2)


def judge(folder: Path, *, as_of: date, purchases: Path, level: float, smallest_cell: int, currency: str) -> Record:
    """What earlier reports predicted of single customers against what these have done since.

    Who is not among today's customers is left out: they were erased since, or withdrew their consent to analysis.

    Parameters
    ----------
    folder
        OUT/<report>, with a folder for each published day.
    as_of
        The day of this report: those of earlier days are judged.
    purchases
        A Parquet file with a row per customer and day with an order: customer_id, purchased_on, amount. Predictions of
        days after its last one are not judged.
    level
        Of the comparison with the naive rival.
    smallest_cell
        Fewest customers of a group of which anything is told.
    currency
        Of this report.
    """
    bought = connect(begins_small=are_small([purchases])).read_parquet(purchases)
    last_on = pd.Timestamp(bought.purchased_on.max().to_pyarrow().as_py()).date()
    made = list(_made(folder, as_of))
    over = [each for each in made if each.until_on <= last_on]
    chosen = [each for name in MEASURES for each in _latest([one for one in over if one.measure == name])]
    parts = [_scored(each, bought, level=level, smallest_cell=smallest_cell) for each in chosen]
    scores = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=list(COLUMNS))])
    ranked = scores.sort_values("made_on", ascending=False, kind="stable", ignore_index=True)
    to_come = min((each.until_on for each in made), default=None)
    return Record(ranked[list(COLUMNS)], None if len(ranked) else to_come, currency)


def keep(record: Record, folder: Path) -> None:
    """Write the judged predictions beside the tables of a report's notebooks; nothing where there are none."""
    if len(record.scores):
        place = folder / TABLE
        place.parent.mkdir(parents=True, exist_ok=True)
        rounded(record.scores).to_csv(place, index=False, lineterminator="\n", encoding=CSV_ENCODING)


def _made(folder: Path, as_of: date) -> Iterator[Made]:
    """What reports of earlier days predicted of single customers."""
    for place in sorted(folder.glob("*/manifest.json")):
        day, report = place.parent.name, place.parent
        record = read(report) if not day.startswith(".") and day < as_of.isoformat() else None
        if record is None or record.get("as_of") != day:
            continue
        made_on, stated = date.fromisoformat(day), record["parameters"]
        if (report / VALUE).is_file() and "clv" in stated:
            days = round(float(weeks_of(stated["clv"]["value_months"][0])) * 7)
            for measure in (PURCHASES, AMOUNT):
                yield Made(made_on, made_on + timedelta(days=days), measure, report / VALUE, stated["clv"])
        if (report / STAGE).is_file() and "segmentation" in stated:
            days = stated["segmentation"]["comeback_days"]
            yield Made(made_on, made_on + timedelta(days=days), COMEBACK, report / STAGE, stated["segmentation"])


def _latest(made: list[Made]) -> list[Made]:
    return sorted(made, key=lambda each: each.made_on)[-LATEST:]


def _scored(made: Made, bought: ir.Table, *, level: float, smallest_cell: int) -> pd.DataFrame:
    """How one prediction came out; no row where nobody of it is a customer today, or it was not to be used."""
    predicted = _predicted(made)
    done = _done(made, bought)
    both = predicted.merge(done, on="customer_id", how="inner")
    if both.empty:
        return both
    scores = judged(both, level=level, smallest_cell=smallest_cell)
    level_stated = np.nan if made.measure == COMEBACK else float(made.parameters["interval_level"])
    days = scores.assign(made_on=made.made_on, until_on=made.until_on)
    return days.assign(measure=made.measure, level=level_stated)


def _predicted(made: Made) -> pd.DataFrame:
    """A row per customer: customer_id, expected, low, high."""
    bounds = {PURCHASES: ("expected_purchase_count", "low", "high"), AMOUNT: ("clv_amount", "clv_low", "clv_high")}
    names = bounds.get(made.measure, ("comeback_share",))
    table = pd.read_csv(made.path, encoding=CSV_ENCODING, dtype={"customer_id": str}, low_memory=False)
    if "is_usable" in table:
        table = table[table["is_usable"].astype(bool)]
    found = dict(zip(("expected", "low", "high"), names, strict=False))
    values = {name: table[found[name]] if name in found else np.nan for name in ("expected", "low", "high")}
    told = pd.DataFrame({"customer_id": table["customer_id"].map(_as_delivered), **values})
    return told.dropna(subset=["expected"]).drop_duplicates("customer_id")


def _as_delivered(customer: str) -> str:
    """An id without the apostrophe that keeps a spreadsheet from running it."""
    return customer[1:] if customer.startswith("'") and FORMULA.match(customer[1:]) else customer


def _done(made: Made, bought: ir.Table) -> pd.DataFrame:
    """What each customer of the day of the prediction did: came until its end, and before in as many days up to it."""
    made_on = ibis.literal(made.made_on)
    after = bought.purchased_on.cast("date").delta(made_on, unit="day")
    length = (made.until_on - made.made_on).days
    came, before = ((after > 0) & (after <= length)), ((after <= 0) & (after > -length))
    left, rate = _left(made, bought)
    of = bought.group_by("customer_id").aggregate(
        is_known=(after <= 0).any(),
        came=came.ifelse(left * (-rate * after / 7).exp(), 0.0).sum(),
        before=before.ifelse(left, 0.0).sum(),
    )
    frame = of.filter(of.is_known).select("customer_id", "came", "before").to_pandas()
    if made.measure == COMEBACK:
        frame[["came", "before"]] = frame[["came", "before"]].clip(upper=1.0)
    return frame.astype({"customer_id": str})


def _left(made: Made, bought: ir.Table) -> tuple[ir.NumericValue, float]:
    """What a purchase counts: 1, or the money that it leaves; and the rate a week by which that is discounted."""
    if made.measure != AMOUNT:
        return ibis.literal(1.0), 0.0
    terms = made.parameters
    margin = terms["margin_share"] or 1.0
    left = bought.amount.cast("float64") * margin - terms["order_cost_amount"]
    return left, weekly_rate(terms["discount_share"])
