"""Settings of the campaigns and surveys of a simulated company."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

CONTROL = "control"


@dataclass(frozen=True)
class Segment:
    """Customers whom a campaign moves alike.

    Attributes
    ----------
    name
        sure thing, persuadable, lost cause, sleeping dog.
    control_share, exposed_share
        Probability of responding when left alone, and when exposed to an arm of strength 1.
    shares
        Share of the segment in each group of recent orders (RECENCIES); over the segments they sum to one.
    """

    name: str
    control_share: float
    exposed_share: float
    shares: tuple[float, float, float]


@dataclass(frozen=True)
class Arm:
    """What is done to a share of the customers, how strongly it works, and what it costs."""

    name: str
    planned_share: float
    strength: float = 0.0
    cost_amount: float = 0.0
    contact_cost_amount: float = 0.0
    response_cost_amount: float = 0.0


@dataclass(frozen=True)
class Campaign:
    """One campaign.

    Attributes
    ----------
    campaign_id
        Its id; its random stream hangs on it, so that one campaign more changes no other.
    opens_share
        When it starts, as share of the time from the company's `start` to its `end`.
    length_days
        Its days, the first and the last included.
    arms
        With planned shares that sum to one; the first is the control.
    moved_share
        0 where chance alone decided. Otherwise, of the customers whom chance sent to control and who have recent
        orders, the share that somebody moved to the second arm: control is then too small, and too quiet.
    """

    campaign_id: str
    opens_share: float
    length_days: int
    arms: tuple[Arm, ...]
    moved_share: float = 0.0


SEGMENTS = (
    Segment("sure thing", 0.50, 0.50, (0.05, 0.25, 0.60)),
    Segment("persuadable", 0.08, 0.38, (0.25, 0.50, 0.15)),
    Segment("lost cause", 0.02, 0.02, (0.60, 0.15, 0.05)),
    Segment("sleeping dog", 0.30, 0.12, (0.10, 0.10, 0.20)),
)


EMAIL = Arm("email", 0.3, 0.5, 2_000.0, 0.10, 0.0)


VOUCHER = Arm("voucher", 0.3, 1.0, 2_000.0, 0.60, 15.0)


CAMPAIGNS_RUN = (
    Campaign("cmp-1", 0.45, 28, (Arm(CONTROL, 0.4), EMAIL, VOUCHER)),
    Campaign("cmp-2", 0.62, 28, (Arm(CONTROL, 0.5), replace(VOUCHER, planned_share=0.5)), moved_share=0.3),
    Campaign("cmp-3", 0.80, 28, (Arm(CONTROL, 0.5), replace(VOUCHER, planned_share=0.5))),
)


@dataclass(frozen=True)
class Campaigns:
    """The campaigns and their truth.

    Attributes
    ----------
    runs
        The campaigns; those that end after the company's end are left out.
    segments
        Whom a campaign moves, and how.
    audience_share
        Share, by chance, of the customers who have joined before a campaign starts that take part in it.
    recent_weeks
        Weeks before a campaign whose orders make the groups of RECENCIES.
    exposure_shares
        By group of recent orders: probability that a customer who is to be reached is exposed.
    response_amount_mean, response_amount_shape
        What a response brings, gamma; the same in every arm and segment.
    """

    runs: tuple[Campaign, ...] = CAMPAIGNS_RUN
    segments: tuple[Segment, ...] = SEGMENTS
    audience_share: float = 0.8
    recent_weeks: int = 26
    exposure_shares: tuple[float, float, float] = (0.6, 0.85, 0.95)
    response_amount_mean: float = 120.0
    response_amount_shape: float = 3.0


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Facet:
    """One facet of the offer, and the item of the grid that asks for it.

    Attributes
    ----------
    topic
        Its name, as in the comments.
    weight
        Change of overall satisfaction per unit of the facet, the other facets held: the driver weight.
    loading
        Its correlation with the customer's satisfaction; two facets correlate by the product of theirs.
    thresholds
        Between the points of its scale, in units of the latent.
    wording
        The item as asked.
    """

    topic: str
    weight: float
    loading: float
    thresholds: tuple[float, ...]
    wording: str


@dataclass(frozen=True)
class Question:
    """One question about the whole.

    Attributes
    ----------
    question_id, kind, wording
        As in `survey_questions`.
    low
        The lowest answer; the highest is `low` and as many as there are thresholds.
    loading
        Correlation of its latent with overall satisfaction.
    thresholds
        Between the points of its scale, in units of the latent.
    top, bottom
        Answers from `top` on are good ones, up to `bottom` bad ones: promoters and detractors.
    """

    question_id: str
    kind: str
    low: int
    loading: float
    thresholds: tuple[float, ...]
    top: int
    bottom: int
    wording: str


@dataclass(frozen=True)
class Mode:
    """A way of asking.

    Attributes
    ----------
    name, share
        Its name, and the share of invitations it gets, by chance.
    shift, response_intercept
        Its shift of every latent, and `a` of the response.
    median_seconds
        How long half of the interviews take at most.
    silent_shares
        What becomes of invitations without an interview: outcomes and their shares, which sum to one.
    """

    name: str
    share: float
    shift: float
    response_intercept: float
    median_seconds: float
    silent_shares: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Change:
    """A planted change: from the wave of this number on (the first is 1) a facet is moved by so many units."""

    wave: int
    topic: str
    shift: float


FACETS = (
    Facet("price", 0.15, 0.60, (-1.4, -0.6, 0.3, 1.3), "The prices are fair."),
    Facet("delivery", 0.20, 0.65, (-1.7, -0.9, 0.0, 1.0), "My orders arrive when promised."),
    Facet("quality", 0.30, 0.75, (-1.9, -1.1, -0.2, 0.8), "The products are well made."),
    Facet("service", 0.22, 0.75, (-1.6, -0.8, 0.0, 0.9), "The staff help me."),
    Facet("app", 0.08, 0.55, (-1.5, -0.7, 0.1, 1.1), "Site and app are easy to use."),
    Facet("range", 0.05, 0.60, (-1.8, -1.0, 0.0, 1.1), "I find what I look for."),
)


NPS_THRESHOLDS = (-2.3, -2.05, -1.8, -1.55, -1.3, -0.95, -0.65, -0.2, 0.45, 1.05)


QUESTIONS = (
    Question("csat", "csat", 1, 0.95, (-1.8, -1.0, -0.2, 0.8), 4, 2, "How satisfied are you with us?"),
    Question("nps", "nps", 0, 0.90, NPS_THRESHOLDS, 9, 6, "How likely are you to recommend us?"),
    Question("ces", "ces", 1, 0.75, (-2.0, -1.4, -0.8, -0.2, 0.4, 1.2), 6, 3, "It was easy to get what I wanted."),
)


def _silent(refusal: float, no_contact: float, unknown: float, ineligible: float) -> tuple[tuple[str, float], ...]:
    return (("refusal", refusal), ("no_contact", no_contact), ("unknown", unknown), ("ineligible", ineligible))


MODES = (
    Mode("online", 0.6, 0.0, -0.5, 240.0, _silent(0.10, 0.75, 0.14, 0.01)),
    Mode("phone", 0.25, 0.25, 0.2, 420.0, _silent(0.35, 0.40, 0.20, 0.05)),
    Mode("onsite", 0.15, 0.4, 0.6, 300.0, _silent(0.90, 0.05, 0.0, 0.05)),
)


CHANNELS = (("shop", 0.7), ("site", 0.55), ("app", 0.35), ("phone", 0.1))


@dataclass(frozen=True)
class Surveys:
    """The survey and its truth.

    Attributes
    ----------
    opens_shares
        When each wave opens, as share of the time from `start` to `end`; so many waves.
    field_days
        Length of a wave.
    invitation_count
        Customers a wave would invite had all joined; shares of sampling follow, so that blocks need no totals.
    facets, questions, modes, changes
        What is asked, how, and what is moved when.
    age_bounds
        First age of each band but the lowest, in years reached in the year of `start`.
    age_sampling_factors, age_shifts
        By band: factor on the share that is sampled; shift of overall satisfaction.
    cluster_count, cluster_sd
        Clusters in each stratum (region by age band); standard deviation of their effect on overall satisfaction.
    response_slope
        `b`: change of the log odds of answering per unit of overall satisfaction; 0: whoever answers is like the rest.
    skip_share
        Share of answers left out by chance, in an interview that was given.
    comment_share, comment_limit
        Share of interviews with a comment; the facet from which on it is positive, below minus which negative.
    chinese_share
        Share of customers who write Chinese, the others write English.
    duration_sd, hasty_share
        Standard deviation of the logarithm of an interview's length; share of interviews that take a fifth of it.
    channel_shares
        Of each channel the share of customers who name it, by chance.
    """

    opens_shares: tuple[float, ...] = (0.4, 0.58, 0.76, 0.94)
    field_days: int = 21
    invitation_count: int = 2_400
    facets: tuple[Facet, ...] = FACETS
    questions: tuple[Question, ...] = QUESTIONS
    modes: tuple[Mode, ...] = MODES
    changes: tuple[Change, ...] = (Change(3, "delivery", -1.25), Change(4, "delivery", 0.5))
    age_bounds: tuple[int, ...] = (35, 50, 65)
    age_sampling_factors: tuple[float, ...] = (1.3, 1.0, 0.9, 0.7)
    age_shifts: tuple[float, ...] = (-0.2, 0.0, 0.1, 0.3)
    cluster_count: int = 8
    cluster_sd: float = 0.15
    response_slope: float = 0.7
    skip_share: float = 0.02
    comment_share: float = 0.4
    comment_limit: float = 0.4
    chinese_share: float = 0.6
    duration_sd: float = 0.35
    hasty_share: float = 0.04
    channel_shares: tuple[tuple[str, float], ...] = CHANNELS

    def __post_init__(self) -> None:
        if self.noise_variance <= 0:
            raise ValueError(
                "`surveys`: the facets' weights and `cluster_sd` must leave overall satisfaction some noise, so their "
                f"part of its variance must be below 1, found {1 - self.noise_variance:.3f}; make the weights smaller."
            )

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(facet.topic for facet in self.facets)

    @property
    def weights(self) -> Floats:
        return np.array([facet.weight for facet in self.facets])

    @property
    def loadings(self) -> Floats:
        return np.array([facet.loading for facet in self.facets])

    @property
    def correlations(self) -> Floats:
        """Correlations among the facets."""
        return np.outer(self.loadings, self.loadings) + np.diag(1 - self.loadings**2)

    @property
    def noise_variance(self) -> float:
        """What facets and clusters leave of overall satisfaction's variance of 1."""
        return float(1 - self.weights @ self.correlations @ self.weights - self.cluster_sd**2)

    @property
    def age_bands(self) -> tuple[str, ...]:
        """Names of the age bands, the youngest first."""
        bounds = self.age_bounds
        between = [f"{low}-{high - 1}" for low, high in pairwise(bounds)]
        return (f"under {bounds[0]}", *between, f"{bounds[-1]}+")

    @property
    def facet_shifts(self) -> Floats:
        """By wave and facet: what the changes so far come to, in units of the latent."""
        moved = np.zeros((len(self.opens_shares), len(self.facets)))
        for change in self.changes:
            moved[change.wave - 1 :, self.topics.index(change.topic)] += change.shift
        return moved

    def sampling_shares(self, customer_count: int) -> Floats:
        """By age band: the probability that a customer is invited to a wave; 1 at most."""
        shares = np.array(self.age_sampling_factors) * self.invitation_count / customer_count
        return np.minimum(shares, 1.0)
