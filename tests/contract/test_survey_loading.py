"""A survey with tickets, with orders or without: a user's own file, mapped, and nobody who withdrew consent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from helpers.contract import survey_loading
from helpers.features import service_tickets
from helpers.features.frames import fetch
from helpers.schema.sources import OrdersSource, TableSource

AS_OF = date(2024, 3, 2)
FILES = {
    "tickets.csv": "number,who,created,replied,solved\n1,a,2024-03-01 08:00,2024-03-01 09:30,2024-03-03 10:00\n"
    "2,b,2024-03-01 10:00,,\n3,a,2024-03-04 10:00,,\n",
    "answers.csv": "response_id,customer_id,question_id,answer\nr1,a,q,4\nr2,b,q,5\n",
    "orders.csv": "order_id,customer_id,ordered_at,amount\no1,a,2024-01-05,10.00\no2,b,2024-02-05,20.00\n",
    "consents.csv": "customer_id,purpose,granted_at,withdrawn_at\nb,analytics,2024-01-01 00:00,2024-02-01 00:00\n",
}
COLUMNS = {
    "ticket_id": "number",
    "customer_id": "who",
    "opened_at": "created",
    "first_response_at": "replied",
    "resolved_at": "solved",
}


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, TableSource]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {
        "tickets": TableSource(source=str(tmp_path / "tickets.csv"), columns=COLUMNS),
        "survey_responses": TableSource(source=str(tmp_path / "answers.csv")),
        "survey_questions": TableSource(
            source="rows", rows=[{"question_id": "q", "kind": "csat", "scale_low": 1, "scale_high": 5}]
        ),
    }


def test_mapped_tickets_without_orders(sources: dict[str, TableSource]) -> None:
    survey = survey_loading.load(sources, as_of=AS_OF, currency="EUR")
    assert survey.orders is None
    assert survey.tickets is not None
    assert survey.watched_until == AS_OF
    waits = fetch(service_tickets.waits(survey.tickets, as_of=AS_OF))
    assert waits["reply_hours"].fillna(-1).tolist() == [1.5, -1]
    assert waits["resolution_hours"].isna().all()  # the first is resolved on the day after
    assert waits["watched_hours"].tolist() == [40, 38]


def test_with_orders_nobody_who_withdrew_consent_is_followed(sources: dict[str, TableSource], tmp_path: Path) -> None:
    sources["orders"] = OrdersSource(source=str(tmp_path / "orders.csv"))
    sources["consents"] = TableSource(source=str(tmp_path / "consents.csv"))
    survey = survey_loading.load(sources, as_of=AS_OF, currency="EUR", stale_days=31)
    assert survey.orders is not None
    assert survey.tickets is not None
    assert fetch(survey.orders)["customer_id"].tolist() == ["a"]
    assert fetch(survey.tickets)["customer_id"].tolist() == ["a"]
    assert survey.responses.customer_id.nunique().to_pyarrow().as_py() == 2


def test_a_survey_without_tickets_has_none(sources: dict[str, TableSource]) -> None:
    del sources["tickets"]
    assert survey_loading.load(sources, as_of=AS_OF, currency="EUR").tickets is None
