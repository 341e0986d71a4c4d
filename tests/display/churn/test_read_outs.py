"""What the page says of campaigns: each sentence follows from its numbers, and a campaign that chance did not draw is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from helpers.display.churn import read_outs
from helpers.display.findings import Finding, Lacking
from helpers.models.campaigns import chosen_customers
from helpers.models.campaigns.readings import Promise, Reading, table
from helpers.models.campaigns.sample_ratio import COUNTS, KNOWN, NO_CONTROL, SampleRatio
from helpers.models.statistics.intervals import Estimate

NOT_CHOSEN = pd.DataFrame()
DAYS = (date(2024, 8, 7), date(2024, 9, 3))
COUNTED = pd.DataFrame(
    {"arm": ["control", "voucher"], "customer_count": [740, 1040], "planned_share": 0.5, "expected_count": 890.0}
)


def row(segment: str, arm: str, **numbers: Any) -> dict[str, Any]:
    plain = {"customer_count": 1000, "control_count": 900, "mean": 0.15, "effect": None, "low": None, "high": None}
    return (
        {"segment": segment, "arm": arm, "outcome": "conversion", "p_value": 0.01, "adjusted_p_value": 0.02}
        | plain
        | numbers
    )


def reading(*, why: str = "", effect: float = 0.04, adjusted: float = 0.02) -> Reading:
    moved = {"effect": effect, "low": effect - 0.03, "high": effect + 0.03, "adjusted_p_value": adjusted, "mean": 0.19}
    every = pd.DataFrame([row("(all)", "control"), row("(all)", "voucher", **moved)])
    stages = pd.DataFrame(
        [
            row("new", "control"),
            row("new", "voucher", **moved),
            row("loyal", "control"),
            row("loyal", "voucher", **moved | {"effect": -0.01, "adjusted_p_value": 0.5}),
        ]
    )
    ratio = SampleRatio(COUNTED, 1e-9, 1e-9, why, 0.0)
    return Reading("cmp-3", *DAYS, ratio, pd.DataFrame({"arm": ["voucher"]}), every, stages)


def told(one: Reading, kept: tuple[Promise, ...] = ()) -> list[Finding]:
    numbers = dict.fromkeys(["effect", "low", "high"], "float64")
    one = Reading(
        *(getattr(one, name) for name in ("campaign_id", "starts_on", "ends_on", "ratio", "people")),
        one.table.astype(numbers),
        one.segments.astype(numbers),
    )
    return read_outs.summary([one], table([one], smallest_cell=10), kept, NOT_CHOSEN, currency="CNY", level=0.95)


def test_what_moved_in_whom_and_by_how_much() -> None:
    moved, segment = told(reading())
    assert moved.claim == "The voucher of cmp-3 moved 4.0 more of a hundred customers to take it up."
    assert "95\xa0% interval 1.0 points to 7.0 points" in moved.evidence
    assert "19.0\xa0% of 1,000 customers, seen or not, beside 900 left alone by chance" in moved.evidence
    assert "7 August 2024 to 3 September 2024" in moved.evidence
    assert segment.claim == "cmp-3 moved those who were new: 4.0 points more took it up."
    assert "2 stages and arms tested" in segment.evidence


def test_fewer_are_fewer_and_chance_is_called_chance() -> None:
    assert told(reading(effect=-0.04))[0].claim.startswith("Under the voucher of cmp-3 4.0 fewer of a hundred")
    assert told(reading(adjusted=0.2))[0].claim == "Whether the voucher of cmp-3 moved anybody is not clear."


def test_a_refused_campaign_says_why_and_shows_no_effect() -> None:
    (refused,) = told(reading(why=COUNTS))
    assert (
        refused.claim
        == "Campaign cmp-3 shows no effect that can be believed: its arms have sizes that chance does not give."
    )
    assert (
        refused.evidence
        == "740 in control, planned 890 and 1,040 in voucher, planned 890: by chance so with p below 0.001."
    )
    assert refused.value is None
    assert "differed before it began" in told(reading(why=KNOWN))[0].claim
    assert "nobody was left alone by chance" in told(reading(why=NO_CONTROL))[0].claim


def test_without_campaigns_the_data_that_are_needed_are_named() -> None:
    (none,) = read_outs.summary([], table([], smallest_cell=10), [], NOT_CHOSEN, currency="CNY", level=0.95)
    assert isinstance(none, Lacking)
    assert "assigned to which arm by chance, would show what an offer moves" in none.claim


def promise(low: float, high: float) -> Promise:
    gap = Estimate((low + high) / 2, low, high, 2000)
    return Promise("cmp-3", "cmp-1", "voucher", Estimate(0.03, 0.0, 0.06, 900), Estimate(0.04, 0.01, 0.07, 2000), gap)


def test_a_promise_is_kept_surpassed_or_not_kept() -> None:
    claims = [told(reading(), (promise(*bounds),))[2].claim for bounds in ((-0.02, 0.04), (0.01, 0.04), (-0.04, -0.01))]
    assert claims == [
        f"The voucher of cmp-3 {how} its promise of 3.0 points: 4.0 points came."
        for how in ("kept", "surpassed", "did not keep")
    ]


def test_the_figure_says_its_numbers_and_the_table_tells_each_arm() -> None:
    one = reading()
    shown = table([one], smallest_cell=10)
    drawn = read_outs.figure([one], shown.astype(dict.fromkeys(["effect", "low", "high"], "float64")), level=0.95)
    assert "new, voucher (1,000): 4.0 points, 95\xa0% interval 1.0 points to 7.0 points" in drawn.alt
    assert read_outs.table(shown, level=0.95).cells["arm"].tolist() == ["control", "voucher"]


def test_campaigns_to_chosen_customers_tell_no_effect() -> None:
    amounts = {"before_amount": 4000.0, "during_amount": 6000.0}
    others = {"other_count": 900, "other_before_amount": 9000.0, "other_during_amount": 9900.0}
    known = {"campaign_id": "8", "kind": "Type A", "starts_on": DAYS[0], "ends_on": DAYS[1], "sent_count": 100}
    sent = pd.DataFrame([known | {"redeemed_count": 40, "known_count": 80} | amounts | others])
    chosen = chosen_customers.read(sent, smallest_cell=10, level=0.95)
    (only,) = read_outs.summary([], table([], smallest_cell=10), [], chosen, currency="CNY", level=0.95)
    assert (only.value, only.n) == (None, 100)
    assert only.sentence.replace("\u00a0", " ") == (
        "What campaigns moved is unknown: whom they were sent to was chosen, not drawn by chance. Not randomised, "
        "association only: who got campaign 8 (7 August 2024 to 3 September 2024) spent CNY 75.00 a customer in its days and "
        "CNY 50.00 in as many days before; the others CNY 11.00 and CNY 10.00. 40.0 % of 100 customers redeemed a "
        "coupon of it, 95 % interval 30.9 % to 49.8 %."
    )
    (shown,) = read_outs.details([], table([], smallest_cell=10), chosen, currency="CNY", level=0.95)
    assert len(shown.cells) == 1
    few = chosen_customers.read(sent.assign(redeemed_count=3), smallest_cell=10, level=0.95)
    (hidden,) = read_outs.summary([], table([], smallest_cell=10), [], few, currency="CNY", level=0.95)
    assert hidden.evidence == "No campaign that is over went to enough customers to be told of."
