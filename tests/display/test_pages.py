"""The head of a page, and what goes to the manifest with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from helpers.connectors.delivery import InputFile
from helpers.display import pages
from helpers.params import ExplorationParams

PEOPLE = pd.DataFrame(
    {"first_on": pd.to_datetime(["2025-01-02"]), "last_on": pd.to_datetime(["2025-01-30"]), "order_count": [3]}
)


@dataclass(frozen=True)
class Read:
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...] = ()
    is_simulated: bool = False


def head(params: ExplorationParams, *, light: str, health: str) -> pages.Page:
    stated = params.stated
    return pages.page(PEOPLE, title=params.title, as_of=params.as_of, light=light, health=health, parameters=stated)


def test_a_page_on_simulated_data_says_so_first(shown: list[dict[str, Any]]) -> None:
    page = head(ExplorationParams(), light="green", health="Fine.")
    pages.open_page(page, Read((), is_simulated=True))
    assert shown[0]["text/plain"].startswith("Simulated data: these customers do not exist. | CDNOW")
    assert shown[0][pages.PAGE]["page"]["notice"] == pages.SIMULATED


def test_the_head_reads_as_text(shown: list[dict[str, Any]]) -> None:
    page = head(ExplorationParams(title="<Shop>"), light="amber", health="Data health is amber.")
    pages.open_page(page, Read((InputFile("orders.csv", "ab", 10, 3),)))
    assert shown[0]["text/plain"] == (
        "<Shop> | as of 30 June 1998 | 2 January 2025 to 30 January 2025 | 1 customer, 3 orders | Data health is amber."
    )
    assert "&lt;Shop&gt;" in shown[0]["text/html"]
    handed = shown[0][pages.PAGE]
    assert handed["page"]["light"] == "amber"
    assert handed["inputs"] == [{"name": "orders.csv", "sha256": "ab", "byte_count": 10, "row_count": 3}]


def test_parameters_are_one_line_each_without_what_is_not_set() -> None:
    lines = dict(pages.parameter_lines(ExplorationParams().stated))
    assert lines["orders"] == '{"source": "cdnow", "grain": "order", "negative_amount": "refund"}'
    assert lines["top_share"] == "0.2"
    assert "products" not in lines
