"""Settings of what customers do beside buying: events, tiers, points, subscriptions, tickets, quotas, consents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers.simulation.shares import check_shares


@dataclass(frozen=True)
class Process:
    """A kind of event that comes by itself, while the customer lives.

    `rate_per_week` is the mean over customers before any decline; from onset on the rate is multiplied by
    exp(`slope_per_week` * weeks since onset). Each event has one of the `channels`, all equally likely.
    """

    kind: str
    rate_per_week: float
    slope_per_week: float
    channels: tuple[str, ...]
    has_session: bool = False


@dataclass(frozen=True)
class Reaction:
    """A kind of event that follows on another: Poisson many per event of the kind `after`, in its session and channel.

    The delay is exponential. `has_product`: it is about a product; the one of the event it follows on, if that has one.
    """

    kind: str
    after: str
    mean_count: float
    mean_delay_minutes: float
    has_product: bool = False


@dataclass(frozen=True)
class Events:
    """What customers do besides ordering, and how it changes before they die.

    Four patterns. `declining`: from `onset_weeks` before death (or from joining, where life is shorter) rates change by
    the slopes of the processes. `sudden`: no change until death. `steady`: alive at the end, no change. `false alarm`:
    alive at the end, but for `onset_weeks` somewhere in life rates change as if the customer were about to die; then
    they are as before. Who dies after the company's end is alive at it, and does not decline yet.

    Attributes
    ----------
    processes, reactions
        What happens by itself, and what follows on it; reactions in an order in which each comes behind its cause.
    activity_shape
        A customer's rates are multiplied by an activity that is gamma with this shape and mean 1.
    onset_weeks
        Weeks before death at which the decline sets in.
    declining_share
        Share of those who die who decline; the others die suddenly.
    false_alarm_share
        Share of those alive at the end, with twice `onset_weeks` of life, who have a false alarm.
    after_death_factor
        Factor on all rates from death on: who buys no more may still look in.
    """

    processes: tuple[Process, ...] = (
        Process("visit", 0.60, -0.20, ("web", "app"), has_session=True),
        Process("open", 0.35, -0.10, ("email",)),
        Process("follow", 0.010, -0.20, ("social",)),
        Process("share", 0.012, -0.20, ("social",)),
        Process("unfollow", 0.003, 0.25, ("social",)),
    )
    reactions: tuple[Reaction, ...] = (
        Reaction("view", "visit", 1.3, 3.0, has_product=True),
        Reaction("cart", "view", 0.12, 2.0, has_product=True),
        Reaction("click", "open", 0.20, 5.0),
    )
    activity_shape: float = 2.0
    onset_weeks: int = 8
    declining_share: float = 0.7
    false_alarm_share: float = 0.1
    after_death_factor: float = 0.05

    def __post_init__(self) -> None:
        """Refuse a reaction to what does not come before it."""
        known = {process.kind for process in self.processes}
        for reaction in self.reactions:
            if reaction.after not in known:
                raise ValueError(f"{reaction.kind!r} must follow on a kind before it, found {reaction.after!r}")
            known.add(reaction.kind)

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds: processes, then reactions."""
        return (*(process.kind for process in self.processes), *(reaction.kind for reaction in self.reactions))

    @property
    def channel_names(self) -> tuple[str, ...]:
        """All channels, in the order of their first use."""
        return tuple(dict.fromkeys(channel for process in self.processes for channel in process.channels))


@dataclass(frozen=True)
class Memberships:
    """Who is a member, and how tiers change from year to year.

    A member joins with the first order and keeps a tier for a year; at each anniversary the next tier is drawn, from
    the present one alone. Who has died by then (bought for the last time, in secret) does not renew; whatever the tier.

    Attributes
    ----------
    tiers
        Lowest to highest.
    member_share
        Share of customers who are members.
    first_shares
        Shares of the tiers in the first year; sum to 1.
    transitions
        Probability of next year's tier (column) given this year's (row), of those who renew; rows sum to 1.
    """

    tiers: tuple[str, ...] = ("blue", "silver", "gold")
    member_share: float = 0.7
    first_shares: tuple[float, ...] = (0.70, 0.22, 0.08)
    transitions: tuple[tuple[float, ...], ...] = ((0.80, 0.17, 0.03), (0.25, 0.60, 0.15), (0.05, 0.25, 0.70))

    def __post_init__(self) -> None:
        """Refuse shares that do not sum to one."""
        check_shares("`first_shares`", self.first_shares)
        check_shares("each row of `transitions`", self.transitions)
        if {len(self.first_shares), len(self.transitions), *map(len, self.transitions)} != {len(self.tiers)}:
            raise ValueError(f"`first_shares` and `transitions` must be of the {len(self.tiers)} tiers")


@dataclass(frozen=True)
class Points:
    """How members earn points and lose them. Each sum earned is a lot; the oldest lot is used first.

    Attributes
    ----------
    points_per_amount
        Points for one unit of the currency, in the lowest tier; part points are lost.
    tier_multipliers
        Factor on it by tier, lowest first: as many as there are tiers.
    expire_months
        Months from the day of earning, after which what is left of a lot expires, at midnight.
    redeem_share
        Share of members' orders at which some points are redeemed, if there are enough.
    redeem_step_points
        Points are redeemed in multiples of this; how many is uniform up to the balance.
    referral_rate_per_year, referral_points
        Referrals of a member's year, and the bonus for one.
    adjust_rate_per_year, adjust_points, adjust_down_share
        Adjustments of a member's year, their size, and the share of them that takes points (what there is of them).
    """

    points_per_amount: float = 1.0
    tier_multipliers: tuple[float, ...] = (1.0, 1.5, 2.0)
    expire_months: int = 12
    redeem_share: float = 0.12
    redeem_step_points: int = 100
    referral_rate_per_year: float = 0.1
    referral_points: int = 500
    adjust_rate_per_year: float = 0.1
    adjust_points: int = 150
    adjust_down_share: float = 0.4


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """One plan: what a month costs, the share of subscriptions, and its hazards.

    `monthly_hazards`: the probability of ending within a month for who is active at its start and had no incident, by
    band of tenure.
    """

    name: str
    monthly_amount: float
    share: float
    monthly_hazards: tuple[float, ...]


@dataclass(frozen=True)
class Subscriptions:
    """Who subscribes, to what, and how long.

    Within a band the hazard is constant in time, -log(1 - monthly hazard) per mean month of 30.436875 days, so that
    shares by month and rates by exposure both find it. Subscriptions end on any day, whether or not the customer still
    buys: death moves no hazard, a bad incident does, for good and in proportion (Cox).

    Attributes
    ----------
    plans
        Their shares sum to 1.
    tenure_bands_months
        Where the bands of tenure begin, from 0; as many as each plan has hazards.
    subscriber_share
        Share of customers who subscribe, once, while they live.
    start_delay_days
        Mean days (exponential) from joining to subscribing; who would start after death or end never does.
    incident_hazard_ratio
        By what every hazard is multiplied from the day of the customer's bad incident (`Population.incident_on`) on.
    end_reasons, reason_shares, reason_shares_after_incident
        Why subscriptions end, before and after an incident; both shares sum to 1.
    """

    plans: tuple[Plan, ...] = (
        Plan("basic", 19.0, 0.5, (0.12, 0.06, 0.03)),
        Plan("plus", 39.0, 0.3, (0.08, 0.04, 0.02)),
        Plan("family", 59.0, 0.2, (0.05, 0.03, 0.015)),
    )
    tenure_bands_months: tuple[float, ...] = (0.0, 3.0, 12.0)
    subscriber_share: float = 0.4
    start_delay_days: float = 20.0
    incident_hazard_ratio: float = 2.0
    end_reasons: tuple[str, ...] = ("price", "not used", "service", "moved away", "payment failed")
    reason_shares: tuple[float, ...] = (0.35, 0.30, 0.10, 0.10, 0.15)
    reason_shares_after_incident: tuple[float, ...] = (0.20, 0.15, 0.50, 0.05, 0.10)

    def __post_init__(self) -> None:
        """Refuse shares that do not sum to one, hazards that are none, and bands that do not fit them."""
        check_shares("shares of `plans`", [plan.share for plan in self.plans])
        check_shares("`reason_shares`", self.reason_shares)
        check_shares("`reason_shares_after_incident`", self.reason_shares_after_incident)
        bands = self.tenure_bands_months
        if bands[0] != 0 or list(bands) != sorted(set(bands)):
            raise ValueError(f"`tenure_bands_months` must ascend from 0, found {bands}")
        for plan in self.plans:
            if len(plan.monthly_hazards) != len(bands) or not all(0 <= hazard < 1 for hazard in plan.monthly_hazards):
                raise ValueError(f"plan {plan.name!r} must have {len(bands)} hazards from 0 to below 1")

    @property
    def rates_per_month(self) -> Floats:
        """Hazard rates, a row per plan and a column per band of tenure."""
        return -np.log1p(-np.array([plan.monthly_hazards for plan in self.plans]))


@dataclass(frozen=True)
class Category:
    """What tickets are about: its share of ordinary tickets, and the median hours from first response to resolution."""

    name: str
    share: float
    resolution_median_hours: float


@dataclass(frozen=True)
class Priority:
    """How urgent tickets are: its share of ordinary tickets, and the median hours from opening to first response."""

    name: str
    share: float
    response_median_hours: float


@dataclass(frozen=True)
class Tickets:
    """How often customers need service, and how fast it works. Service works round the clock.

    A bad incident (`Population.incident_at`, from which the hazards of leaving are multiplied) shows as a ticket of the
    priority `incident_priority`, opened then; no other ticket has that priority.

    Attributes
    ----------
    rate_per_year, rate_shape
        Ordinary tickets of a customer's year, on average; a customer's own rate is gamma with this shape.
    categories, priorities
        Their shares sum to 1; drawn independently of one another.
    channels, channel_shares
        How tickets come; drawn independently of all else, so that channels do not differ. Shares sum to 1.
    response_log_sd, resolution_log_sd
        Standard deviations of the log hours; the two times are independent given category and priority.
    incident_priority, incident_response_median_hours
        Of a bad incident; its category is drawn as for the others.
    incident_resolution_factor
        By what the median hours to its resolution are multiplied.
    reopen_probability
        A resolved ticket is opened again with this probability, and again: reopened_count is geometric from 0.
    answer_share
        Share of resolved tickets whose customer marks the service.
    mark_cuts
        The mark, 1 to 5, is 1 + the number of cuts below a normal score (ordered probit) of variance 1, with mean:
    mark_per_satisfaction, mark_per_log_hours, mark_of_incident
        times the customer's latent satisfaction; times log(resolution hours / median of the category); for an incident.
    """

    rate_per_year: float = 0.8
    rate_shape: float = 1.5
    categories: tuple[Category, ...] = (
        Category("delivery", 0.40, 20.0),
        Category("product", 0.30, 36.0),
        Category("billing", 0.20, 12.0),
        Category("account", 0.10, 4.0),
    )
    priorities: tuple[Priority, ...] = (
        Priority("low", 0.35, 12.0),
        Priority("normal", 0.50, 5.0),
        Priority("high", 0.15, 1.5),
    )
    channels: tuple[str, ...] = ("chat", "email", "phone")
    channel_shares: tuple[float, ...] = (0.5, 0.3, 0.2)
    response_log_sd: float = 0.8
    resolution_log_sd: float = 1.0
    incident_priority: str = "critical"
    incident_response_median_hours: float = 3.0
    incident_resolution_factor: float = 4.0
    reopen_probability: float = 0.10
    answer_share: float = 0.40
    mark_cuts: tuple[float, float, float, float] = (-1.6, -1.0, -0.4, 0.6)
    mark_per_satisfaction: float = 0.4
    mark_per_log_hours: float = -0.3
    mark_of_incident: float = -1.5

    def __post_init__(self) -> None:
        """Refuse shares that do not sum to one, and an incident that could be taken for an ordinary ticket."""
        check_shares("shares of `categories`", [category.share for category in self.categories])
        check_shares("shares of `priorities`", [priority.share for priority in self.priorities])
        check_shares("`channel_shares`", self.channel_shares)
        if self.incident_priority in self.priority_names[:-1]:
            raise ValueError(f"`incident_priority` must be none of the ordinary ones, found {self.incident_priority!r}")

    @property
    def priority_names(self) -> tuple[str, ...]:
        """Ordinary priorities, and last the one of incidents."""
        return (*(priority.name for priority in self.priorities), self.incident_priority)


@dataclass(frozen=True)
class Usage:
    """Who holds a quota, how fast it is used, and how much of it there is.

    A pool is of a year. Uses are a Poisson process of the pool's own rate, each of 1 + Poisson units; they go on to the
    end of the period or until the quota is used up, whichever comes first, and are simulated beyond the company's end.

    Attributes
    ----------
    holder_share
        Share of customers who hold pools: the first from within three months of joining, a new one each period while
        they live.
    period_months
        Length of a period.
    uses_per_week, rate_shape
        Uses of a pool, on average; a pool's own rate is gamma with this shape.
    mean_units
        Mean units of a use, at least 1.
    plenty_low, plenty_high
        An ordinary quota is what the pool uses in its period on average, times a uniform number between these.
    running_out_share
        Share of the pools open at the end whose quota is set so that it runs out soon after the end.
    running_out_days_low, running_out_days_high
        How soon: at its own average rate the pool lasts so many days from the end, uniform between these.
    """

    holder_share: float = 0.15
    period_months: int = 12
    uses_per_week: float = 1.5
    rate_shape: float = 4.0
    mean_units: float = 3.0
    plenty_low: float = 0.9
    plenty_high: float = 1.8
    running_out_share: float = 0.15
    running_out_days_low: int = 7
    running_out_days_high: int = 42


@dataclass(frozen=True)
class Purpose:
    """What a consent is for: the share of customers who give it, and the probability of withdrawing it in a month."""

    name: str
    granted_share: float
    monthly_withdrawal: float


@dataclass(frozen=True)
class Consents:
    """Who consents to what, and who takes it back.

    Attributes
    ----------
    purposes
        Independent of one another; the hazard of withdrawal is constant, -log(1 - monthly) per 30.436875 days.
    delay_days
        Mean days (exponential) from joining to giving a consent; none is given after the company's end.
    erasures_per_year
        Requests to be erased per year of a customer, from joining to the end of the data, dead or alive; the first one
        counts. It withdraws all consents, and none is given after it. The customer stays in the other tables: to
        honour the request is the reader's task.
    erasure_days
        A request is carried out after this many days, to the second.
    """

    purposes: tuple[Purpose, ...] = (
        Purpose("email", 0.65, 0.02),
        Purpose("sms", 0.35, 0.03),
        Purpose("analytics", 0.80, 0.005),
    )
    delay_days: float = 3.0
    erasures_per_year: float = 0.01
    erasure_days: float = 14.0
