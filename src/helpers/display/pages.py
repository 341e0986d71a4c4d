"""What stands over every page and under it: whose data, from which day, how sound, and with which parameters."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Protocol

from IPython.display import display

from helpers.contract.health import LIGHTS
from helpers.display import language as say
from helpers.display.contract_words import REMARKS
from helpers.display.wording import named, recast, spoken, vocabulary, worded
from helpers.errors import RefusedError
from helpers.watching import Readable

if TYPE_CHECKING:
    from helpers.connectors.delivery import InputFile
    from helpers.contract.coverage import Coverage
    from helpers.contract.health import Health

(SIMULATED,) = vocabulary("Simulated data: these customers do not exist.")
PAGE = "application/vnd.regulars.page+json"
REFUSE_VARIABLE = "REGULARS_REFUSE"
"""Names the light of data health at which a run stops its notebooks; without it, as in JupyterLab, none stops."""


class Read(Protocol):
    """What was read, as the contract gives it: the files, how they were read, whether the kit made them."""

    @property
    def inputs(self) -> tuple[InputFile, ...]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def remarks(self) -> tuple[str, ...]: ...
    @property
    def is_simulated(self) -> bool: ...


@dataclass(frozen=True)
class Page(Readable):
    """The head of a report: every field is text, ready to be read in `language`, which `light` alone is not."""

    title: str
    as_of: str
    period: str
    base: str
    light: str
    health: str
    reasons: tuple[str, ...] = ()
    notice: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    language: str = "en"


def page(
    coverage: Coverage,
    health: Health,
    *,
    sentence: str,
    parameters: Mapping[str, object],
) -> Page:
    """The head of a report on what the orders cover.

    `sentence` says why the data are as healthy as they are. `parameters` are the values by name, as plain JSON, `title`
    and `as_of` among them, of which those are stated that say something.
    """
    first, last = coverage.first_on, coverage.last_on
    orders = say.counted(coverage.order_count, "order")
    return Page(
        title=str(parameters["title"]),
        as_of=say.day(date.fromisoformat(str(parameters["as_of"]))),
        period=worded("{first} to {last}", first=say.day(first), last=say.day(last)),
        base=worded("{customers}, {orders}", customers=say.counted(coverage.customer_count, "customer"), orders=orders),
        light=health.light,
        health=sentence,
        reasons=tuple(reason.rule for reason in health.reasons),
        parameters=parameter_lines(parameters),
        language=spoken(),
    )


def parameter_lines(parameters: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Every parameter that says something, with its value as one line of text."""
    stated = {name: _without_empty(value) for name, value in parameters.items() if value is not None}
    return tuple(
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in stated.items()
    )


def _without_empty(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_empty(inner) for key, inner in value.items() if inner not in (None, [], {}, False)}
    return [_without_empty(inner) for inner in value] if isinstance(value, list) else value


def open_page(page: Page, data: Read) -> None:
    """Show the head of a report in a notebook, and hand it on with the input files to be rendered and published.

    The inputs (name, checksum, rows) and the notes on them go to the manifest alone, and are taken out of the notebook
    that is kept: what is published must not change by rows that it cannot see. The remarks on how the visible rows were
    read, such as the time zone of days, stand on the page. A page on simulated data says so before anything else.

    Raises
    ------
    RefusedError
        A run asked, by REGULARS_REFUSE, to stop at data of this health or worse.
    """
    remarks = tuple(recast(remark, REMARKS) for remark in data.remarks)
    page = replace(page, notice=named(SIMULATED) if data.is_simulated else page.notice, remarks=remarks)
    as_of = worded("as of {day}", day=page.as_of)
    said = [page.notice, page.title, as_of, page.period, page.base, page.health]
    line = " | ".join(text for text in said if text)
    display(
        {
            PAGE: {"page": asdict(page), "inputs": [asdict(item) for item in data.inputs], "notes": list(data.notes)},
            "text/html": f"<p>{escape(line)}</p>",
            "text/plain": line,
        },
        raw=True,
    )
    from_light_on = os.environ.get(REFUSE_VARIABLE)
    if from_light_on in LIGHTS and LIGHTS.index(page.light) >= LIGHTS.index(from_light_on):
        raise RefusedError(page.health)
