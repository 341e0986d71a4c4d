"""What an offer to stay is worth, on the page: to whom it pays, against doing nothing and against offering to all."""

from __future__ import annotations

from helpers.display import language as say
from helpers.display.figures import SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding, Lacking, estimated
from helpers.display.theme import BLUE, FAINT, ORANGE, themed
from helpers.display.wording import named, worded
from helpers.models.churn.offers import Offer, Profit, Value
from helpers.models.statistics.intervals import Estimate

KEY = "churn_offer"


def summary(
    worth: Value | None, profits: Profit | None, offer: Offer | None, *, currency: str, level: float
) -> Finding:
    """To how many customers an offer pays, and what it is worth against doing nothing and against offering to all."""
    if offer is None:
        return Lacking(KEY, worded("What an offer to stay costs, in the parameters, would show to whom it pays."))
    if worth is None or profits is None:
        return Lacking(
            KEY, worded("Longer data would show to whom the offer to stay pays: no model tells who leaves yet.")
        )
    terms = _terms(offer, profits, currency)
    if not worth.offered_count:
        claim = worded("The offer pays for nobody: no customer is likely enough to leave for what it costs.")
        return Finding(KEY, claim, 0.0, n=worth.customer_count, unit=currency, evidence=terms)
    value = worth.against_nothing
    who = {
        "customers": say.counted(worth.offered_count, "customer"),
        "amount": say.money(value.value, currency=currency),
    }
    claim = worded("Offer it to {customers}: worth {amount} against doing nothing.", **who)
    if value.low <= 0:
        claim = worded("Whether the offer to {customers} pays is not sure: {amount} against doing nothing.", **who)
    beyond, every = (say.money(one.value, currency=currency) for one in (worth.against_all, worth.all_against_nothing))
    evidence = worded(
        "{interval}; beyond an offer to everybody, which is worth {every}: {beyond} ({bounds}); of {customers} not "
        "gone, as {count} left or stayed on the latest day judged; an assumption until a hold-out is compared. {terms}",
        interval=_interval(value, currency, level),
        every=every,
        beyond=beyond,
        bounds=_bounds(worth.against_all, currency),
        customers=say.counted(worth.customer_count, "customer"),
        count=say.number(value.n),
        terms=terms,
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
    reached = worded("none") if offer.threshold > 1 else say.share(offer.threshold)
    return worded(
        "It pays from a chance to leave of p* = (d + f) / (γ (CLV − d) + d) = {reached}: the offer costs d = {d} for "
        "each who takes it, a contact f = {f}, a kept customer is worth CLV = {clv}, and γ = {share} of those leaving "
        "are believed to stay for it. At most it brings {most} a customer (MPC), offered to {most_share}; {expected} "
        "in the mean over what γ may be (EMPC).",
        reached=reached,
        share=share,
        most_share=say.share(profits.most_share),
        **money,
    )


def _interval(one: Estimate, currency: str, level: float) -> str:
    low, high = (say.money(bound, currency=currency) for bound in (one.low, one.high))
    return say.interval(low, high, level=level, is_start=True)


def _bounds(one: Estimate, currency: str) -> str:
    low, high = (say.money(bound, currency=currency) for bound in (one.low, one.high))
    return worded("{low} to {high}", low=low, high=high)


@themed
def figure(profits: Profit, offer: Offer, worth: Value, *, currency: str) -> Drawing:
    """The profit of offers to ever more customers, the likeliest to leave first."""
    drawn, (axes,) = canvas(height=3.2)
    rows = profits.curve
    axes.axhline(0, color=FAINT, linewidth=1)
    axes.plot(rows["customer_share"], rows["profit_amount"], color=BLUE)
    axes.axvline(worth.offered_share, color=ORANGE, linestyle="--", label=worded("those from p* on"))
    axes.set(title=worded("What an offer brings by whom it goes to"))
    axes.set_ylabel(worded("{currency} a customer of all", currency=named(currency)))
    axes.set_xlabel(worded("share of customers offered, the likeliest to leave first"))
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.legend()
    everybody = rows.iloc[-1]
    alt = worded(
        "Offered to nobody it brings 0, at best {most} a customer, offered to {most_share} of them, and offered to "
        "everybody {every}; from p* on are {share}, at a mean acceptance of {accepted}.",
        most=say.money(profits.most_amount, currency=currency),
        most_share=say.share(profits.most_share),
        every=say.money(everybody["profit_amount"], currency=currency),
        share=say.share(worth.offered_share),
        accepted=say.share(offer.accept_share),
    )
    return Drawing(drawn, alt)
