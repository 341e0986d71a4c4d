"""Whom to act on: by hand, with every reason that speaks for it."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.models.churn import action_list

GONE = pd.DataFrame({"customer_id": ["g"], "definition": ["purchases"], "is_gone": [True], "risk_band": ["gone"]})
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d", "e", "f"], "definition": ["purchases"] * 4 + ["subscription"] * 2,
        "is_gone": False, "risk_band": ["high", "low", "low", "low", "high", "high"],
        "reason": ["90 days since the last purchase, usually 20", None, None, None, "a bad service incident", None],
        "warning_signal": [None, "visits", "category mix", None, None, None],
        "warning_since_on": pd.to_datetime([None, "2024-10-21", "2024-11-04", None, None, None]),
        "driver": ["few like them come back", None, None, "how often they have bought", None, None],
        "p_gone": [0.6, 0.2, 0.1, 0.1, 0.3, 0.2], "value_at_risk_amount": [50.0, 30.0, 20.0, 900.0, 10.0, 5.0],
    }
)  # fmt: skip
WARNED = pd.DataFrame({"customer_id": ["b", "c"], "change_share": [0.83, 0.4]})
WAS = pd.Series({"a": True, "b": False})


def reach(customers: pd.Series, *, consent: str = "not known") -> pd.DataFrame:
    return pd.DataFrame({"customer_id": customers, "channel": "email", "consent": consent, "blocked_by": None})


def listed(*, holdout_share: float = 0.0) -> action_list.Listed:
    everybody = pd.concat([CUSTOMERS, GONE], ignore_index=True)
    asked = {"was_at_risk": WAS, "holdout_share": holdout_share, "seed": 1}
    return action_list.listed(everybody, WARNED, reach(everybody["customer_id"]), **asked)


def test_each_is_listed_with_what_to_do_and_all_reasons() -> None:
    told = listed().rows.set_index("customer_id")
    assert told["channels"].isna().all(), "no consents are known"
    assert list(told.index) == ["a", "b", "c", "e", "f"], "most at risk first; who has gone or is well is not on it"
    assert told.loc["a", "reason"] == "90 days since the last purchase, usually 20; few like them come back"
    assert told.loc["b", "reason"] == "visits: 83% less since 2024-10-21"
    assert told.loc["c", "reason"] == "category mix: another mix since 2024-11-04"
    assert told.loc["f", "reason"] == "subscribers of this plan and age often leave"
    assert list(told["action"]) == [
        action_list.REMIND, action_list.APPROACH, action_list.ASK, action_list.MEND, action_list.HELP,
    ]  # fmt: skip
    assert told["is_new"].tolist()[:3] == [False, True, True]
    assert told["is_new"].isna().tolist()[3:] == [True, True]


def test_warnings_that_are_not_to_be_acted_on_put_nobody_on_the_list() -> None:
    asked = {"was_at_risk": WAS, "holdout_share": 0.0, "seed": 1}
    told = action_list.listed(CUSTOMERS, WARNED.head(0), reach(CUSTOMERS["customer_id"]), **asked).rows
    assert told["customer_id"].tolist() == ["a", "e", "f"]


def test_the_hold_out_is_drawn_by_customer_alone() -> None:
    many = pd.concat([CUSTOMERS.head(1).assign(customer_id=f"x{n:04d}") for n in range(2_000)], ignore_index=True)
    asked = {"was_at_risk": WAS, "holdout_share": 0.1, "seed": 1}
    reached = reach(many["customer_id"])
    arms = action_list.listed(many, WARNED, reached, **asked).rows.set_index("customer_id")["arm"]
    assert (arms == "holdout").mean() == pytest.approx(0.1, abs=0.02)
    half = action_list.listed(many.head(1_000), WARNED, reached, **asked).rows.set_index("customer_id")["arm"]
    assert (half == arms.reindex(half.index)).all()


def test_the_list_is_counted() -> None:
    made = listed(holdout_share=0.5)
    told = action_list.counts(made)
    assert (told.listed_count, told.new_count) == (5, 2)
    assert told.holdout_count == (made.rows["arm"] == "holdout").sum()
    assert action_list.by_action(made)["customer_count"].tolist() == [1] * 5


def test_the_list_says_by_which_channels_and_leaves_out_whom_none_reaches() -> None:
    """Of those at risk: a consents to both, b to sms alone, c withdrew both, e asked to be erased, f had the most."""
    rows = [
        ("a", "email", "given", None), ("a", "sms", "given", None),
        ("b", "email", "withdrawn", "consent"), ("b", "sms", "given", None),
        ("c", "email", "withdrawn", "consent"), ("c", "sms", "not given", "consent"),
        ("e", "email", "given", "erasure"), ("e", "sms", "given", "erasure"),
        ("f", "email", "given", "cap"), ("f", "sms", "given", "cap"),
    ]  # fmt: skip
    known = pd.DataFrame(rows, columns=["customer_id", "channel", "consent", "blocked_by"])
    made = action_list.listed(CUSTOMERS, WARNED, known, was_at_risk=WAS, holdout_share=0.0, seed=1)
    assert dict(zip(made.rows["customer_id"], made.rows["channels"], strict=True)) == {"a": "email, sms", "b": "sms"}
    assert action_list.counts(made).unreached_count == 3
