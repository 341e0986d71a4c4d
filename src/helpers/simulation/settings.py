"""The company as one frozen object: every truth of it can be read off here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from helpers.simulation.defect_settings import Defects
from helpers.simulation.engagement_settings import Consents, Events, Memberships, Points, Subscriptions, Tickets, Usage
from helpers.simulation.research_settings import Campaigns, Surveys
from helpers.simulation.sales_settings import Catalogue, Customers, Purchases, Spend

BLOCK_SIZE = 50_000
"""Customers of a block: a block is generated alone, whatever the total."""


@dataclass(frozen=True)
class Company:
    """A simulated company: the defaults are the one of the demo report.

    Attributes
    ----------
    seed
        Same settings and seed, same bytes.
    customer_count
        Customers, each with at least one order.
    start, end
        First and last day of the data; everybody joins and buys between them.
    currency
        Of every amount, ISO 4217.
    customers, purchases, spend, catalogue, events, memberships, points, subscriptions, tickets
        What drives each family; documented at its dataclass, in sales_settings or engagement_settings.
    surveys, campaigns, usage, consents
        Likewise, in research_settings and engagement_settings.
    defects
        Faulty rows, none by default; all of them are put into the first block.
    """

    seed: int = 20250101
    customer_count: int = 4_000
    start: date = date(2023, 1, 1)
    end: date = date(2024, 12, 31)
    currency: str = "CNY"
    customers: Customers = field(default_factory=Customers)
    purchases: Purchases = field(default_factory=Purchases)
    spend: Spend = field(default_factory=Spend)
    catalogue: Catalogue = field(default_factory=Catalogue)
    events: Events = field(default_factory=Events)
    memberships: Memberships = field(default_factory=Memberships)
    points: Points = field(default_factory=Points)
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    tickets: Tickets = field(default_factory=Tickets)
    surveys: Surveys = field(default_factory=Surveys)
    campaigns: Campaigns = field(default_factory=Campaigns)
    usage: Usage = field(default_factory=Usage)
    consents: Consents = field(default_factory=Consents)
    defects: Defects = field(default_factory=Defects)

    def __post_init__(self) -> None:
        if self.customer_count < 1 or self.end < self.start:
            raise ValueError(
                "a company must have a customer and a day: "
                f"found {self.customer_count} customers from {self.start} to {self.end}"
            )

    @property
    def block_count(self) -> int:
        """Number of blocks of customers."""
        return -(-self.customer_count // BLOCK_SIZE)
