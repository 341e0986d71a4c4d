"""Predictions of single customers in earlier reports: scored by hand, without who is gone, told in both languages."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.display.wording import speaking
from helpers.reports import overview, past_customers
from tests.outputs import documented
from tests.reports.test_overview import NOTEBOOKS

MADE_ON, AS_OF = date(2024, 1, 31), date(2025, 2, 28)
CLV = {
    "value_months": [12], "interval_level": 0.9, "margin_share": 0.5, "order_cost_amount": 1.0, "discount_share": 0.0,
}  # fmt: skip


def made(
    folder: Path,
    *,
    day: date = MADE_ON,
    clv: list[dict[str, Any]] | None = None,
    stages: dict[str, float] | None = None,
) -> None:
    """A published report that predicted these customers."""
    place = folder / day.isoformat()
    parameters: dict[str, Any] = {}
    if clv is not None:
        parameters["clv"] = CLV
        (place / "tables" / "clv").mkdir(parents=True)
        pd.DataFrame([{"is_usable": True} | row for row in clv]).to_csv(place / past_customers.VALUE, index=False)
    if stages is not None:
        parameters["segmentation"] = {"comeback_days": 90}
        (place / "tables" / "segmentation").mkdir(parents=True)
        frame = pd.DataFrame(stages.items(), columns=["customer_id", "comeback_share"])
        frame.to_csv(place / past_customers.STAGE, index=False)
    (place / "manifest.json").write_text(json.dumps({"as_of": str(day), "parameters": parameters}), encoding="utf-8")


def predicted(customer: str, count: float, low: float = 0.0, high: float = 9.0, *, clv: float = 0.0) -> dict[str, Any]:
    money = {"clv_amount": clv, "clv_low": clv - 1, "clv_high": clv + 1}
    return {"customer_id": customer, "expected_purchase_count": count, "low": low, "high": high, **money}


def bought(folder: Path, *rows: tuple[str, str, float]) -> Path:
    path = folder / past_customers.PURCHASES_FILE
    frame = pd.DataFrame(rows, columns=["customer_id", "purchased_on", "amount"])
    frame.assign(purchased_on=pd.to_datetime(frame["purchased_on"]).dt.date).to_parquet(path, index=False)
    return path


def judge(folder: Path, purchases: Path, *, smallest_cell: int = 1) -> past_customers.Record:
    return past_customers.judge(
        folder, as_of=AS_OF, purchases=purchases, level=0.95, smallest_cell=smallest_cell, currency="EUR"
    )


ORDERS = [
    ("0042", "2023-06-01", 20.0), ("0042", "2024-01-31", 20.0),  # both in the 365 days before
    ("0042", "2024-02-01", 30.0), ("0042", "2025-01-30", 40.0),  # both in the 365 days after
    ("0042", "2025-01-31", 99.0),  # a day too late
    ("=b", "2022-01-01", 10.0),  # before all of that, and never again
    ("late", "2024-03-01", 10.0),  # was no customer yet
    ("other", "2025-02-27", 1.0),
]  # fmt: skip


def test_by_hand(tmp_path: Path) -> None:
    """Customer 0042 bought twice in the year before and twice in the year after, =b did neither; gone is not there."""
    rows = [predicted("0042", 3.0, 2.0, 4.0, clv=30.0), predicted("'=b", 0.5, 1.0, 2.0), predicted("gone", 7.0)]
    made(tmp_path, clv=[*rows, predicted("late", 5.0)])
    record = judge(tmp_path, bought(tmp_path, *ORDERS))
    of_all = record.scores[record.scores["group"] == "all"].set_index("measure")
    told = of_all.loc["purchase_count", ["n", "expected", "came", "before", "held_share", "level"]]
    assert told.tolist() == [2, 1.75, 1.0, 1.0, 0.5, 0.9]
    assert of_all.loc["purchase_count", "error"] == pytest.approx(np.sqrt((1 + 0.25) / 2))
    assert of_all.loc["purchase_count", "rival_error"] == 0.0
    # half of 30 + 40, less an order cost of 1 each; and half of 20 + 20 less 2 before
    assert of_all.loc["clv_amount", ["came", "before"]].tolist() == [33 / 2, 18 / 2]
    assert of_all.loc["clv_amount", "held_share"] == 0.5
    assert record.scores["until_on"].unique().tolist() == [date(2025, 1, 30)]
    assert list(record.scores) == documented("tables/overview/")["past_customers.csv"].split(", ")


def test_value_is_discounted_as_it_was_predicted(tmp_path: Path) -> None:
    made(tmp_path, clv=[predicted("0042", 1.0)])
    place = tmp_path / str(MADE_ON) / "manifest.json"
    record = json.loads(place.read_text(encoding="utf-8"))
    record["parameters"]["clv"] |= {"discount_share": 0.1, "order_cost_amount": 0.0}
    place.write_text(json.dumps(record), encoding="utf-8")
    scores = judge(tmp_path, bought(tmp_path, *ORDERS)).scores
    came = scores.loc[scores["measure"].eq("clv_amount") & scores["group"].eq("all"), "came"].item()
    assert came == pytest.approx(15 / 1.1 ** (1 / 365.2425) + 20 / 1.1 ** (365 / 365.2425))


def test_coming_back_is_judged_after_its_days(tmp_path: Path) -> None:
    made(tmp_path, stages={"0042": 0.8, "'=b": 0.1})
    (row,) = judge(tmp_path, bought(tmp_path, *ORDERS)).rows
    assert (row["until"], row["expected"], row["came"]) == ("30 April 2024", "45.0\u00a0%", "50.0\u00a0%")
    assert row["error"] == f"{100 * np.sqrt((0.2**2 + 0.1**2) / 2):.1f}\u00a0%"


def test_what_cannot_be_judged_says_from_when_on_it_can(tmp_path: Path) -> None:
    purchases = bought(tmp_path, *ORDERS)
    nothing = judge(tmp_path, purchases)
    assert (nothing.claim, nothing.rows) == ("", [])
    assert nothing.evidence == "No earlier report predicted what single customers would do."
    made(tmp_path, day=date(2024, 12, 31), clv=[predicted("0042", 1.0)])
    made(tmp_path, day=AS_OF, clv=[predicted("0042", 1.0)])
    young = judge(tmp_path, purchases)
    assert (
        young.evidence == "What earlier reports predicted of single customers can be judged from 31 December 2025 on."
    )
    past_customers.keep(young, tmp_path)
    assert not (tmp_path / past_customers.TABLE).exists()
    made(tmp_path, day=date(2024, 1, 1), clv=[predicted("0042", 1.0) | {"is_usable": False}])
    assert judge(tmp_path, purchases).rows == [], "no model stood by it"


def test_nothing_is_told_of_few_customers(tmp_path: Path) -> None:
    made(tmp_path, clv=[predicted("0042", 3.0), predicted("'=b", 0.5)])
    record = judge(tmp_path, bought(tmp_path, *ORDERS), smallest_cell=3)
    assert record.scores["is_hidden"].all()
    assert record.scores["expected"].isna().all()
    assert record.rows == []


def test_the_overview_tells_a_right_and_a_wrong_past(tmp_path: Path) -> None:
    """Half of a hundred customers buy ten times a year later, who had not before; the model knew, or knew the reverse."""
    ids = [f"c{n}" for n in range(100)]
    orders = [(one, "2022-01-01", 1.0) for one in ids]
    orders += [(one, f"2024-{month:02d}-15", 1.0) for one in ids[:50] for month in range(2, 12)]
    orders += [("other", "2025-02-27", 1.0)]
    purchases = bought(tmp_path, *orders)
    for name, offset in (("right", 0), ("wrong", 50)):
        rows = [predicted(one, 10.0 * ((n + offset) % 100 < 50) + 0.1 * (n % 7)) for n, one in enumerate(ids)]
        made(tmp_path / name, clv=rows)
    right, wrong = (judge(tmp_path / name, purchases) for name in ("right", "wrong"))
    assert right.claim == "What was predicted of single customers came nearer than what each had done before."
    assert wrong.claim.startswith("What was predicted of single customers was wrong")
    page = overview.page(NOTEBOOKS, customers=right)
    assert right.claim in page
    assert "100 customers, purchases, predicted on 31 January 2024 for the time to 30 January 2025" in page
    with speaking("zh"):
        page = overview.page(NOTEBOOKS, customers=wrong)
    section = page[page.index('id="record"') : page.index("</section>", page.index('id="record"'))]
    assert not {"predicted", "customers", "bounds", "error"} & set(section.replace("<", " ").replace('"', " ").split())


def test_where_there_is_no_past_the_overview_says_so() -> None:
    assert "No forecast of an earlier report can be judged yet." in overview.page(NOTEBOOKS)
    assert 'id="record"' not in overview.page({"exploration": NOTEBOOKS["exploration"]})
