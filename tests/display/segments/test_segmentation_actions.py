"""What the page says of actions: whole sentences, true for every kind of plan."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from helpers.display.segments import actions
from helpers.display.showing import show
from helpers.models.segments import actions as model

NAN = float("nan")
COUNTS = {
    "action": 1, "segment": "At Risk", "offer": "voucher", "channel": "email", "owner": "CRM", "segment_count": 1000,
    "contact_count": 630, "holdout_count": 70, "erased_count": 0, "no_consent_count": 300, "capped_count": 0,
    "other_action_count": 0, "over_limit_count": 0, "consent_unknown_count": 0,
}  # fmt: skip
WORTH = COUNTS | {
    "cost_amount": 1260.0, "baseline_amount": 30.0, "baseline_low": 25.0, "baseline_high": 36.0, "baseline_n": 650, "at_stake_amount": 18900.0,
    "break_even_share": 0.0667, "assumed_lift_share": 0.1, "expected_amount": 630.0, "expected_low": 315.0,
    "expected_high": 1008.0, "detectable_share": 0.8,
}  # fmt: skip
UNASSUMED = {"assumed_lift_share": NAN, "expected_amount": NAN, "expected_low": NAN, "expected_high": NAN}


def rows(kind: dict[str, Any], *changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([kind | change for change in changes], columns=list(kind))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def reachable(*changes: dict[str, Any]) -> str:
    counts = rows(COUNTS, *changes)
    return plain(actions.reachable(counts, model.listed(counts), cap_count=2, cap_days=30).sentence)


def best(*changes: dict[str, Any], margin_share: float | None = None) -> str:
    told = actions.best(rows(WORTH, *changes), days=91, currency="CNY", level=0.95, margin_share=margin_share)
    return plain(told.sentence)


def measurement(*changes: dict[str, Any]) -> str:
    return plain(actions.measurement(rows(WORTH, *changes), days=91, level=0.95).sentence)


# --------------------------------------------------------------------------------------------------------- reachable


def test_how_many_are_on_a_list_and_what_keeps_the_others_off() -> None:
    assert reachable({}) == (
        "700 of 1,000 customers in segments with an action are on a list. 70.0 %; 70 of them are held out by "
        "chance and must not be contacted; on none are 300 without a standing consent for the channel."
    )
    kept_off = {"no_consent_count": 100, "erased_count": 1, "capped_count": 99, "over_limit_count": 100}
    assert reachable(kept_off).endswith(
        "; on none are 100 without a standing consent for the channel, 1 who asked to be erased, 99 who had 2 contacts or "
        "more in the latest 30 days and 100 beyond the limit of an action."
    )
    finding = actions.reachable(rows(COUNTS, {}), model.listed(rows(COUNTS, {})), cap_count=2, cap_days=30)
    assert (finding.key, finding.value, finding.n, finding.unit) == ("reachable", 0.7, 1000, "share")


def test_a_segment_with_two_actions_is_counted_once() -> None:
    second = {
        "channel": "sms", "contact_count": 45, "holdout_count": 5, "no_consent_count": 250, "other_action_count": 700
    }  # fmt: skip
    assert reachable({}, second) == (
        "750 of 1,000 customers in segments with an action are on a list. 75.0 %; 75 of them are held out by "
        "chance and must not be contacted; on none are 250 without a standing consent for the channel."
    )


def test_that_no_consent_is_known_is_said_first() -> None:
    assert reachable({"consent_unknown_count": 700, "no_consent_count": 0, "segment_count": 700}) == (
        "No consents were delivered: check every list against your own register before anybody is contacted. 700 "
        "of 700 customers are on a list, 100.0 %; 70 of them are held out by chance and must not be contacted."
    )


def test_a_channel_to_which_nobody_consents_is_named() -> None:
    silent = {"channel": "post", "contact_count": 0, "holdout_count": 0, "no_consent_count": 990, "erased_count": 10}
    hint = ' Nobody in these segments consents to "post": the purpose of a consent must have the name of the channel.'
    assert reachable(silent).endswith(hint)
    assert not reachable(silent | {"capped_count": 10, "no_consent_count": 980}).endswith(hint)
    assert not reachable({}).endswith(hint)


def test_without_actions_and_without_customers() -> None:
    assert reachable() == "No action is stated: `actions` in the parameters turn segments into lists."
    nobody = {"segment_count": 0, "contact_count": 0, "holdout_count": 0, "no_consent_count": 0}
    assert reachable(nobody) == "The segments that have an action hold nobody today, so no list has a name on it."


# -------------------------------------------------------------------------------------------------------------- best


def test_the_largest_expected_value_is_told_as_an_assumption() -> None:
    small = {"segment": "Lost", "expected_amount": 600.0}
    assert best(small, {"segment": "重要挽留客户"}) == (
        'Do first: "voucher" by email to "重要挽留客户", worth CNY 630.00 more revenue within 91 days if its assumed '
        "lift comes true. 95 % interval CNY 315.00 to CNY 1,008, for what they spend when left alone; against "
        "doing nothing, less what contacting 630 customers costs; the lift of 10 % is an assumption."
    )
    assert "CNY 630.00 more margin within" in best({}, margin_share=0.3)
    finding = actions.best(rows(WORTH, {}), days=91, currency="CNY", level=0.95, margin_share=None)
    assert (finding.value, finding.low, finding.high, finding.n, finding.unit) == (630.0, 315.0, 1008.0, 650, "CNY")


def test_where_no_action_pays_that_is_said() -> None:
    loss = {"expected_amount": -50.0, "expected_low": NAN, "expected_high": NAN, "assumed_lift_share": -0.025}
    assert best(loss) == (
        'No action pays by its assumed lift; the nearest is "voucher" by email to "At Risk", at CNY −50.00 of '
        "revenue within 91 days. No interval can be given, for what they spend when left alone; against doing "
        "nothing, less what contacting 630 customers costs; the lift of −2.5 % is an assumption."
    )


def test_without_an_assumed_lift_what_is_at_stake_is_told() -> None:
    more = UNASSUMED | {
        "segment": "Champions",
        "baseline_amount": 90.0,
        "contact_count": 100,
        "at_stake_amount": 9000.0,
    }
    assert best(more, UNASSUMED) == (
        'Most is at stake for "voucher" by email to "At Risk": CNY 30.00 a customer within 91 days. 95 % interval'
        " CNY 25.00 to CNY 36.00; what 630 customers would spend each when left alone; no action states a lift, "
        "so none has an expected value; it pays from a lift of 6.7 %."
    )
    assert best(UNASSUMED | {"break_even_share": 0.0}).endswith("; contacting them costs nothing.")
    assert best(UNASSUMED | {"break_even_share": NAN, "baseline_low": NAN}).endswith("so none has an expected value.")


def test_what_cannot_be_told_says_why() -> None:
    assert best() == "No action is stated: `actions` in the parameters turn segments into lists."
    assert best({"contact_count": 0}) == "What the actions are worth is unknown: no list has anybody to contact."
    assert best({"baseline_n": 0, "baseline_amount": NAN}) == (
        "What the actions are worth is unknown: fewer than 10 customers would have been on any of these lists 91 days "
        "before, or they bought nothing since."
    )
    assert best({"baseline_n": 9}).startswith("What the actions are worth is unknown")
    assert best({"baseline_amount": 0.0}).startswith("What the actions are worth is unknown")


# ------------------------------------------------------------------------------------------------------- measurement


def test_the_smallest_lift_that_can_be_told() -> None:
    how = (
        "After 91 days compare what those contacted and those held out of an action have spent each; everybody on the "
        "list counts, buyer or not."
    )
    least = (
        'The smallest lift that would show is 80.0 %, of "voucher" by email to "At Risk". '
        f"Four times in five, with 70 customers held out, at the level of 95 %. {how}"
    )
    assert measurement({} | UNASSUMED) == least
    too_small, again = "The assumed lift", "is too small for its hold-out: hold out more, or over several rounds."
    assert measurement({}) == f"{least} {too_small} {again}"
    large = {"segment": "Lost", "assumed_lift_share": 2.5, "detectable_share": 2.123}
    assert measurement({}, large) == f"{least} {too_small} of 1 of 2 actions {again}"
    blind = {"segment": "Lost", "detectable_share": NAN}
    assert measurement({}, blind) == f"{least} {too_small} of all 2 actions {again}"
    assert measurement(blind) == f"So few are held out, or spend, that no lift could be distinguished from none. {how}"
    assert "is 212 %, of" in measurement(large)
    assert model.POWER == 0.8, "four times in five"


def test_nothing_to_measure_and_nothing_to_measure_against() -> None:
    assert measurement() == "There is nothing to measure, since no list has anybody to contact."
    assert measurement({"contact_count": 0}) == measurement()
    assert measurement({"holdout_count": 0, "detectable_share": NAN}) == (
        "Nobody is held out, so the effect of these actions cannot be measured: state a `control_share`."
    )


# ------------------------------------------------------------------------------------------------------------- table


@pytest.mark.parametrize(("margin_share", "kind"), [(None, "revenue"), (0.4, "margin")])
def test_the_table_has_a_row_per_action(shown: list[dict[str, Any]], margin_share: float | None, kind: str) -> None:
    later = {
        "segment": "<b>",
        "contact_count": 0,
        "baseline_low": NAN,
        "break_even_share": NAN,
        "detectable_share": NAN,
    }
    show(actions.table(rows(WORTH, {}, later | UNASSUMED), days=91, currency="CNY", margin_share=margin_share))
    text, html = plain(shown[0]["text/plain"]), shown[0]["text/html"]
    assert text.startswith("Actions over 91 days; in brackets the interval")
    assert f"{kind} against doing nothing, CNY" in text
    for cell in (
        "voucher, by email",
        "1,260",
        "30.00 (25.00 to 36.00)",
        "6.7 %",
        "10 %",
        "630.00 (315.00 to 1,008)",
        "80.0 %",
    ):
        assert cell in text
    assert "&lt;b&gt;" in html
    assert html.count("<td>–</td>") + html.count('<td class="number">–</td>') == 4


def test_the_frames_of_the_model_have_the_columns_that_are_shown() -> None:
    assert set(COUNTS) == {*model.NAMES, "segment_count", *model.OUTCOMES.values(), "consent_unknown_count"}
    assert set(WORTH) - set(COUNTS) == set(model.WORTH)


def test_an_empty_plan_can_be_shown(shown: list[dict[str, Any]]) -> None:
    show(actions.table(rows(WORTH), days=91, currency="CNY", margin_share=None))
    assert "(no rows)" in shown[0]["text/plain"]
