"""Those who have gone: rates by hand, the rule for giving up, and a list that minds consent and the hold-out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.models.campaigns.readings import Reading
from helpers.models.campaigns.sample_ratio import SampleRatio
from helpers.models.churn import winback
from helpers.models.churn.winback import GIVE_UP, GO_ON, OPEN
from helpers.schemes.action import WinBack

ACTION = WinBack(offer="a voucher", channel="email", owner="CRM", control_share=0.25)


def gone(days: int, *, contacted: int, alone: int, n: int = 200, cost: float = 1.0) -> pd.DataFrame:
    """Lapsed customers away for so many days: n contacted and n left alone, and how many of each came back for 40."""
    is_back = np.concatenate([np.arange(n) < contacted, np.arange(n) < alone]).astype(float)
    arm = np.repeat(["email", "control"], n)
    told = {
        "arm": arm,
        "stage": "lapsed",
        "days_since_last": days,
        "has_converted": is_back,
        "spend_amount": 40 * is_back,
    }
    return pd.DataFrame(told).assign(contribution_amount=lambda rows: rows["spend_amount"] - cost * (arm == "email"))


def reading(*parts: pd.DataFrame) -> Reading:
    others = gone(5, contacted=150, alone=150).assign(stage="loyal")
    ratio = SampleRatio(pd.DataFrame(), np.nan, np.nan, "", 0.0)
    people = pd.concat([others, *parts], ignore_index=True)
    return Reading("c", date(2024, 1, 1), date(2024, 1, 28), ratio, people, pd.DataFrame(), pd.DataFrame())


def rates() -> pd.DataFrame:
    early, middle = gone(200, contacted=60, alone=20), gone(400, contacted=22, alone=20)
    return winback.rates(reading(early, middle, gone(800, contacted=6, alone=2)), level=0.95)


def test_rates_and_rules_by_time_away() -> None:
    found = rates()
    assert found["away"].tolist() == ["(all)", "third 1", "third 2", "third 3"]
    assert found["away_from_days"].tolist() == [200, 200, 400, 800]
    assert found["back_share"].tolist() == pytest.approx([88 / 600, 0.3, 0.11, 0.03])
    assert found["control_back_share"].tolist() == pytest.approx([42 / 600, 0.1, 0.1, 0.01])
    # a contact adds 40 times the difference, less 1
    assert found["contribution_amount"].tolist() == pytest.approx([40 * 46 / 600 - 1, 7.0, -0.6, -0.2])
    assert found["rule"].tolist()[1:] == [GO_ON, OPEN, OPEN]


def test_those_away_longest_are_given_up_where_a_contact_surely_adds_nothing() -> None:
    hopeless = gone(800, contacted=2, alone=2, cost=5.0)
    found = winback.rates(
        reading(gone(200, contacted=60, alone=20), gone(400, contacted=22, alone=20), hopeless), level=0.95
    )
    assert found["rule"].tolist()[-1] == GIVE_UP
    assert winback.given_up_days(found) == 800
    assert winback.given_up_days(rates()) == np.inf


def test_a_third_in_the_middle_alone_is_not_given_up() -> None:
    """Who is away longer, and may still pay, would be given up with it."""
    middle = gone(400, contacted=2, alone=2, cost=5.0)
    found = winback.rates(
        reading(gone(200, contacted=60, alone=20), middle, gone(800, contacted=22, alone=20)), level=0.95
    )
    assert found["rule"].tolist()[2:] == [GIVE_UP, OPEN]
    assert winback.given_up_days(found) == np.inf


def test_without_a_campaign_there_are_no_rates_and_nobody_is_given_up() -> None:
    none = winback.rates(None, level=0.95)
    assert none.empty
    assert winback.given_up_days(none) == np.inf


def test_small_groups_are_hidden() -> None:
    hidden = winback.without_few(rates(), smallest_cell=300)
    assert hidden["is_hidden"].tolist() == [False, True, True, True]
    assert hidden.loc[1:, ["back_share", "contribution_amount", "rule"]].isna().all().all()


def test_the_list_leaves_out_who_withdrew_consent_is_given_up_or_has_not_gone() -> None:
    people = pd.DataFrame({"customer_id": [f"{place:03d}" for place in range(400)], "purchase_count": 2})
    people["stage"] = np.where(people.index < 300, "lapsed", "loyal")
    people["days_since_last"] = np.where(people.index < 100, 900, 300)
    histories = people[["customer_id"]].assign(amount=50.0)
    reach = people[["customer_id"]].assign(channel="email", consent="given", contact_count=0, blocked_by=None)
    reach.loc[280:, ["consent", "blocked_by"]] = ["withdrawn", "consent"]
    given_up = rates().assign(rule=[OPEN, OPEN, OPEN, GIVE_UP])
    found = winback.listed(people, histories, reach, rates=given_up, action=ACTION, currency="CNY", seed=1)
    assert (found.gone_count, found.given_up_count) == (300, 100)
    listed = found.plan.contacts
    assert set(listed["customer_id"]) == set(people["customer_id"][100:280])
    assert set(listed["arm"]) == {"contact", "holdout"}
    assert (listed["arm"] == "holdout").mean() == pytest.approx(0.25, abs=0.1)
    assert found.plan.counts["no_consent_count"].item() == 20
