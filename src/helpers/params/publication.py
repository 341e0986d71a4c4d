"""Parameters of a report as a whole: what becomes of it once its notebooks have run. No notebook reads them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from helpers.validation import Strict

Kind = Literal["data", "retention", "service", "acquisition", "growth"]
"""What there is to do may be about: data to mend, customers to keep or to serve, new ones to win, more to sell."""
Refusal = Literal["amber", "red", "never"]
Webhook = Literal["json", "slack", "wecom", "dingtalk"]
Address = Annotated[str, Field(pattern=r"^[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}$")]
"""Of a mailbox, without a name."""


class Publication(Strict):
    """What becomes of a report once its notebooks have run."""

    refuse: Refusal = Field(
        "red", description="light of data health from which on the report is not published; never: always published"
    )
    tell_when: Literal["always", "change", "failure"] = Field(
        "change", description="when to tell: always, when the report is new, revised, refused or failed, or on failure"
    )
    tell_mail: tuple[Address, ...] = Field((), max_length=50, description="mail addresses to tell after a run")
    tell_attached: bool = Field(False, description="whether the overview goes with the mail as a file")
    tell_webhooks: tuple[Webhook, ...] = Field(
        (), max_length=4, description="forms of the webhooks to tell; their addresses are in the environment"
    )
    pdf: bool = Field(False, description="whether all pages are printed as one PDF, which needs Chromium")
    xlsx: bool = Field(False, description="whether all tables are put into one workbook")
    owners: dict[Kind, Annotated[str, Field(min_length=1, max_length=60)]] = Field(
        {}, description="who answers for what there is to do: data, retention, service, acquisition, growth"
    )
    address: str | None = Field(
        None,
        pattern=r"^https?://[^\s<>\"]+$",
        max_length=500,
        description="address at which the folder of reports is served, for links",
    )
