"""What an offer to stay is worth, on the page: to whom it pays, against doing nothing and against offering to all."""

from __future__ import annotations

from helpers.display import language as say
from helpers.display.figures import SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding, estimated
from helpers.display.theme import BLUE, FAINT, ORANGE, themed
from helpers.models.churn.offers import Offer, Profit, Value
from helpers.models.statistics.intervals import Estimate

KEY = "churn_offer"
NONE_STATED = Finding(
    KEY,
    "What an offer to stay would bring is unknown: none is stated, or no model tells who leaves.",
    evidence="Needed are what it costs, in the parameters, and data long enough for a model of leaving.",
)


def summary(
    worth: Value | None, profits: Profit | None, offer: Offer | None, *, currency: str, level: float
) -> Finding:
    """To how many customers an offer pays, and what it is worth against doing nothing and against offering to all."""
    if worth is None or profits is None or offer is None:
        return NONE_STATED
    terms = _terms(offer, profits, currency)
    if not worth.offered_count:
        claim = "The offer pays for nobody: no customer is likely enough to leave for what it costs."
        return Finding(KEY, claim, 0.0, n=worth.customer_count, unit=currency, evidence=terms)
    value = worth.against_nothing
    count = say.counted(worth.offered_count, "customer")
    amount = say.money(value.value, currency=currency)
    claim = f"Offer it to {count}: worth {amount} against doing nothing."
    if value.low <= 0:
        claim = f"Whether the offer to {count} pays is not sure: {amount} against doing nothing."
    beyond, every = (say.money(one.value, currency=currency) for one in (worth.against_all, worth.all_against_nothing))
    compared = (
        f"{_interval(value, currency, level)}; beyond an offer to everybody, which is worth {every}: {beyond} "
        f"({_bounds(worth.against_all, currency)})"
    )
    evidence = (
        f"{compared}; of {say.counted(worth.customer_count, 'customer')} not gone, as {say.number(value.n)} left or "
        f"stayed on the latest day judged; an assumption until a hold-out is compared. {terms}"
    )
    return estimated(KEY, claim, value, currency, evidence=evidence)


def _terms(offer: Offer, profits: Profit, currency: str) -> str:
    """The threshold with each of its symbols in plain words, and the two measures of the most that offers can bring."""
    money = {
        name: say.money(amount, currency=currency)
        for name, amount in (
            ("d", offer.offer_amount),
            ("f", offer.contact_amount),
            ("clv", offer.kept_amount),
            ("most", profits.most_amount),
            ("expected", profits.expected_amount),
        )
    }
    share = say.share(offer.accept_share)
    reached = "none" if offer.threshold > 1 else say.share(offer.threshold)
    return (
        f"It pays from a chance to leave of p* = (d + f) / (γ (CLV − d) + d) = {reached}: the offer costs d = "
        f"{money['d']} for each who takes it, a contact f = {money['f']}, a kept customer is worth CLV = "
        f"{money['clv']}, and γ = {share} of those leaving are believed to stay for it. At most it brings "
        f"{money['most']} a customer (MPC), offered to {say.share(profits.most_share)}; {money['expected']} in the "
        "mean over what γ may be (EMPC)."
    )


def _interval(one: Estimate, currency: str, level: float) -> str:
    low, high = (say.money(bound, currency=currency) for bound in (one.low, one.high))
    return say.interval(low, high, level=level, is_start=True)


def _bounds(one: Estimate, currency: str) -> str:
    return f"{say.money(one.low, currency=currency)} to {say.money(one.high, currency=currency)}"


@themed
def figure(profits: Profit, offer: Offer, worth: Value, *, currency: str) -> Drawing:
    """The profit of offers to ever more customers, the likeliest to leave first."""
    drawn, (axes,) = canvas(height=3.2)
    rows = profits.curve
    axes.axhline(0, color=FAINT, linewidth=1)
    axes.plot(rows["customer_share"], rows["profit_amount"], color=BLUE)
    axes.axvline(worth.offered_share, color=ORANGE, linestyle="--", label="those from p* on")
    axes.set(title="What an offer brings by whom it goes to", ylabel=f"{currency} a customer of all")
    axes.set_xlabel("share of customers offered, the likeliest to leave first")
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.legend(fontsize=8)
    everybody = rows.iloc[-1]
    alt = (
        f"Offered to nobody it brings 0, at best {say.money(profits.most_amount, currency=currency)} a customer, "
        f"offered to {say.share(profits.most_share)} of them, and offered to everybody "
        f"{say.money(everybody['profit_amount'], currency=currency)}; from p* on are "
        f"{say.share(worth.offered_share)}, at a mean acceptance of {say.share(offer.accept_share)}."
    )
    return Drawing(drawn, alt)
