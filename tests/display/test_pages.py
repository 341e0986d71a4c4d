"""The head of a page, and what goes to the manifest with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from helpers.connectors.delivery import InputFile
from helpers.contract.coverage import Coverage, Day
from helpers.contract.health import Health, Light, Reason
from helpers.display import pages
from helpers.params import ExplorationParams

DAYS = (Day(date(2025, 1, 2), 1, 1, 10.0), Day(date(2025, 1, 30), 2, 1, 10.0))
COVERED = Coverage(DAYS, 1, 0.0, (), ())


@dataclass(frozen=True)
class Read:
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    is_simulated: bool = False


def head(params: ExplorationParams, *, light: Light, health: str) -> pages.Page:
    state, stated = Health(light, (Reason("currency", light, 7, 0),)), params.stated
    return pages.page(COVERED, state, sentence=health, parameters=stated)


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
    assert handed["page"]["reasons"] == ("currency",)
    assert handed["inputs"] == [{"name": "orders.csv", "sha256": "ab", "byte_count": 10, "row_count": 3}]


def test_remarks_on_how_the_data_were_read_are_of_the_page(shown: list[dict[str, Any]]) -> None:
    page = head(ExplorationParams(), light="green", health="Fine.")
    pages.open_page(page, Read((), notes=("a.csv: utf-8",), remarks=("Days and hours are as delivered.",)))
    handed = shown[0][pages.PAGE]
    assert handed["page"]["remarks"] == ("Days and hours are as delivered.",)
    assert handed["notes"] == ["a.csv: utf-8"]


def test_parameters_are_one_line_each_without_what_is_not_set() -> None:
    lines = dict(pages.parameter_lines(ExplorationParams().stated))
    assert lines["orders"] == '{"source": "cdnow"}'
    assert lines["top_share"] == "0.2"
    assert "products" not in lines
