"""Lists of customers: who is on them, who is held out, and what an action must earn."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from helpers.display import tables
from helpers.models.segments import actions
from helpers.schemes.action import Action

SNAPSHOT = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d", "e", "f", "g"],
        "days_since_last": [214.0, 1.0, 0.0, 3.0, 4.0, 5.0, np.nan],
        "order_count": [6, 1, 2, 3, 4, 5, 0],
        "value_amount": [1234.4, 20.0, 999.5, 7.0, 0.0, 7.0, 0.0],
        "scheme": pd.Series(["At Risk", "At Risk", "重要价值客户", "At Risk", "At Risk", "At Risk", None], dtype="str"),
        "stage": ["loyal"] * 6 + ["prospect"],
    }
)


def reach(customers: Sequence[str], *, channel: str = "email", **blocked: str) -> pd.DataFrame:
    held = pd.Series([blocked.get(one) for one in customers], dtype="str")
    consent = ["withdrawn" if why == "consent" else "given" for why in held]
    return pd.DataFrame(
        {"customer_id": customers, "channel": channel, "consent": consent, "contact_count": 0, "blocked_by": held}
    )


def action(segment: str = "At Risk", **more: Any) -> Action:
    told = {"offer": "voucher", "channel": "email", "owner": "CRM", "control_share": 0.0} | more
    return Action(segment=segment, **told)


def planned(
    *stated: Action,
    snapshot: pd.DataFrame = SNAPSHOT,
    reached: pd.DataFrame | None = None,
    scheme: str = "scheme",
    seed: int = 1,
    window_days: int | None = None,
) -> actions.Plan:
    reached = reach(snapshot["customer_id"].tolist()) if reached is None else reached
    return actions.plan(
        snapshot, reached, actions=stated, scheme=scheme, currency="CNY", seed=seed, window_days=window_days
    )


def counts(plan: actions.Plan, place: int = 0) -> dict[str, int]:
    row = plan.counts.iloc[place].to_dict()
    assert row["segment_count"] == sum(row[name] for name in actions.OUTCOMES.values()), "in = out"
    return {name: value for name, value in row.items() if name.endswith("_count") and value}


def crowd(count: int, *, segment: str = "S", prefix: str = "c") -> pd.DataFrame:
    value = np.arange(count, dtype=float)
    return pd.DataFrame(
        {
            "customer_id": [f"{prefix}{place:06d}" for place in range(count)],
            "days_since_last": value,
            "order_count": np.arange(count),
            "value_amount": value,
            "scheme": segment,
        }
    )


# ------------------------------------------------------------------------------------------------------------- lists


def test_a_list_says_whom_by_what_and_why() -> None:
    plan = planned(action(owner="客服"), action("重要价值客户", offer="早鸟"))
    assert plan.contacts.columns.tolist() == [
        *("action", "segment", "offer", "channel", "owner", "customer_id", "arm", "reason", "consent")
    ]
    assert plan.contacts["customer_id"].tolist() == ["a", "b", "d", "e", "f", "c"]
    assert plan.contacts["action"].tolist() == [1] * 5 + [2]
    assert plan.contacts["reason"].tolist() == [
        "segment At Risk: last bought 214 days ago, 6 orders, CNY 1,234",
        "segment At Risk: last bought 1 day ago, 1 order, CNY 20.00",
        "segment At Risk: last bought 3 days ago, 3 orders, CNY 7.00",
        "segment At Risk: last bought 4 days ago, 4 orders, CNY 0.00",
        "segment At Risk: last bought 5 days ago, 5 orders, CNY 7.00",
        "segment 重要价值客户: last bought 0 days ago, 2 orders, CNY 999.50",
    ]
    assert plan.contacts.loc[5, ["offer", "channel", "owner", "arm", "consent"]].tolist() == [
        *("早鸟", "email", "CRM", "contact", "given")
    ]
    assert counts(plan) == {"segment_count": 5, "contact_count": 5}


def test_reasons_name_the_window_and_a_prospect_has_not_bought() -> None:
    plan = planned(action("prospect"), action("loyal"), scheme="stage", window_days=1365)
    assert plan.contacts["reason"].tolist()[:2] == [
        "segment prospect: has not bought yet",
        "segment loyal: last bought 214 days ago, 6 orders, CNY 1,234 in 1,365 days",
    ]


def test_who_may_not_be_contacted_is_on_no_list_and_is_counted() -> None:
    reached = reach(SNAPSHOT["customer_id"].tolist(), a="erasure", b="consent", d="cap")
    plan = planned(action(), reached=reached)
    assert plan.contacts["customer_id"].tolist() == ["e", "f"]
    assert counts(plan) == {
        "segment_count": 5,
        "erased_count": 1,
        "no_consent_count": 1,
        "capped_count": 1,
        "contact_count": 2,
    }


def test_a_customer_is_in_one_action_at_most_and_the_first_has_the_choice() -> None:
    everybody = SNAPSHOT["customer_id"].tolist()
    reached = pd.concat([reach(everybody, a="consent", b="consent"), reach(everybody, channel="sms", b="consent")])
    plan = planned(action(), action(channel="sms"), action(offer="letter"), reached=reached)
    assert plan.contacts["customer_id"].is_unique
    assert plan.contacts.groupby("action")["customer_id"].apply(list).to_dict() == {1: ["d", "e", "f"], 2: ["a"]}
    assert counts(plan, 1) == {"segment_count": 5, "other_action_count": 3, "no_consent_count": 1, "contact_count": 1}
    assert counts(plan, 2) == {"segment_count": 5, "other_action_count": 4, "no_consent_count": 1}


def test_who_is_held_out_of_one_action_is_not_contacted_by_the_next() -> None:
    plan = planned(action(control_share=0.99), action(offer="letter"), snapshot=crowd(50, segment="At Risk"))
    assert counts(plan, 0)["holdout_count"] > 40
    assert counts(plan, 1) == {"segment_count": 50, "other_action_count": 50}


def test_a_limit_keeps_the_most_valuable() -> None:
    plan = planned(action(customer_limit=3), reached=reach(SNAPSHOT["customer_id"].tolist(), b="cap"))
    assert plan.contacts["customer_id"].tolist() == ["a", "d", "f"], "of a, d, e, f"
    assert counts(plan) == {"segment_count": 5, "contact_count": 3, "capped_count": 1, "over_limit_count": 1}
    tie = planned(action(customer_limit=2), reached=reach(SNAPSHOT["customer_id"].tolist(), b="cap"))
    assert tie.contacts["customer_id"].tolist() == ["a", "d"], "of d and f, worth the same, the first by id"


def test_unknown_consent_is_told_and_counted() -> None:
    reached = reach(SNAPSHOT["customer_id"].tolist()).assign(consent="not known")
    plan = planned(action(), reached=reached)
    assert plan.contacts["consent"].unique().tolist() == ["not known"]
    assert plan.counts["consent_unknown_count"].tolist() == [5]


def test_the_order_of_rows_changes_nothing_and_no_input_is_changed() -> None:
    kept, reached = SNAPSHOT.copy(), reach(SNAPSHOT["customer_id"].tolist())
    stated = [action(customer_limit=2, control_share=0.5), action("重要价值客户")]
    plan = planned(*stated, reached=reached)
    turned = planned(*stated, snapshot=SNAPSHOT.iloc[::-1].reset_index(drop=True), reached=reached.iloc[::-1])
    pd.testing.assert_frame_equal(plan.contacts, turned.contacts)
    pd.testing.assert_frame_equal(plan.counts, turned.counts)
    pd.testing.assert_frame_equal(SNAPSHOT, kept)


@pytest.mark.parametrize("stated", [[], [action("Champions")]])
def test_no_action_and_an_empty_segment_give_empty_lists(stated: list[Action]) -> None:
    plan = planned(*stated)
    assert len(plan.contacts) == 0
    assert set(plan.contacts.drop(columns="action").dtypes.astype(str)) == {"str"}
    assert plan.contacts["action"].dtype == "int64"
    assert plan.counts["segment_count"].tolist() == [0] * len(stated)
    told = actions.worth(plan, plan, pd.DataFrame({"customer_id": [], "amount": []}), actions=stated, level=0.95)
    assert told["baseline_n"].tolist() == [0] * len(stated)
    assert told["baseline_amount"].isna().all()


def test_reach_must_hold_each_customer_once() -> None:
    reached = reach(["a", "b"])
    for wrong in (reached, pd.concat([reach(SNAPSHOT["customer_id"].tolist()), reached])):
        with pytest.raises(ValueError, match="each customer of the segment once for the channel 'email'"):
            planned(action(), reached=wrong)


# ---------------------------------------------------------------------------------------------------------- hold-out


def held(plan: actions.Plan) -> set[str]:
    return set(plan.contacts.loc[plan.contacts["arm"] == "holdout", "customer_id"])


def test_no_other_customer_moves_anybody_between_the_arms() -> None:
    base, more = crowd(2000), crowd(500, prefix="b")
    alone = planned(action("S", control_share=0.3), snapshot=base)
    together = planned(action("S", control_share=0.3), snapshot=pd.concat([more, base], ignore_index=True))
    assert held(alone) == held(together) & set(base["customer_id"])
    moved = base.assign(scheme=["S", "T"] * 1000)
    split = planned(action("T", control_share=0.3), snapshot=moved)
    assert held(split) == held(alone) & set(moved.loc[moved["scheme"] == "T", "customer_id"])


def test_a_larger_share_holds_out_those_of_the_smaller_and_none_holds_out_nobody() -> None:
    small, large, none = (
        held(planned(action("S", control_share=share), snapshot=crowd(2000))) for share in (0.1, 0.4, 0)
    )
    assert small < large
    assert none == set()


def test_over_seeds_the_share_held_out_is_as_binomial_as_chance() -> None:
    count, share, seeds = 1000, 0.1, 60
    found = np.array(
        [
            len(held(planned(action("S", control_share=share), snapshot=crowd(count), seed=seed)))
            for seed in range(seeds)
        ]
    )
    assert found.mean() == pytest.approx(100, abs=3.3 * sqrt(90 / seeds))
    low, high = binom.ppf([0.005, 0.995], count, share)
    assert ((found < low) | (found > high)).sum() <= binom.ppf(0.999, seeds, 0.01)
    assert found.std(ddof=1) == pytest.approx(sqrt(90), rel=0.3)


def test_seeds_draw_afresh_and_the_arms_do_not_differ_in_value() -> None:
    snapshot = crowd(5000)
    first, second = (held(planned(action("S", control_share=0.5), snapshot=snapshot, seed=seed)) for seed in (1, 11))
    assert len(first & second) == pytest.approx(1250, abs=100), "independent of each other"
    value = snapshot.set_index("customer_id")["value_amount"]
    error = value.std() * sqrt(4 / 5000)
    assert value[sorted(first)].mean() - value.drop(sorted(first)).mean() == pytest.approx(0, abs=3.3 * error)


def test_the_draw_is_the_same_on_every_machine() -> None:
    # b2sum's BLAKE2b (RFC 7693) of 8 bytes with the seed's digits as its key; the top 53 bits, over 2 to the 53
    assert actions.uniforms(["客", "c0000001"], seed=7).tolist() == [0.5956814860991146, 0.06552562456689459]


# ------------------------------------------------------------------------------------------------------------- worth


def test_worth_by_hand() -> None:
    past = planned(action("S", control_share=0.2), snapshot=crowd(20))
    made = planned(action("S", control_share=0.25), snapshot=crowd(400))
    contacted, kept = (made.counts[name].iloc[0] for name in ("contact_count", "holdout_count"))
    stated = [action("S", control_share=0.25, contact_amount=2.0, assumed_lift_share=0.1)]
    spend = pd.DataFrame(
        {"customer_id": ["c000000", "c000001", "c000019", "somebody"], "amount": [100.0, 200.0, 300.0, 9.0]}
    )
    told = actions.worth(made, past, spend, actions=stated, level=0.95, margin_share=0.5).iloc[0].to_dict()
    amounts = np.array([100.0, 200.0, 300.0] + [0.0] * 17)
    assert told["baseline_amount"] == pytest.approx(30.0), (
        "600 over 20 customers, of both arms; who spent nothing counts"
    )
    assert told["baseline_n"] == 20
    half = 2.093024 * amounts.std(ddof=1) / sqrt(20) / 30  # t of 19 degrees of freedom at 97.5 %
    assert told["baseline_low"] == pytest.approx(30 * np.exp(-half))
    assert told["baseline_high"] == pytest.approx(30 * np.exp(half))
    assert told["cost_amount"] == pytest.approx(2 * contacted)
    assert told["break_even_share"] == pytest.approx(2 / 15), "CNY 2 of the CNY 15 margin that a customer brings"
    assert told["expected_amount"] == pytest.approx(contacted * (0.1 * 15 - 2))
    assert told["expected_low"] == pytest.approx(contacted * (0.05 * told["baseline_low"] - 2))
    assert told["expected_high"] == pytest.approx(contacted * (0.05 * told["baseline_high"] - 2))
    lift, far = told["detectable_share"], (1.959964 + 0.841621) * amounts.std(ddof=1) / 30
    assert lift == pytest.approx(far * sqrt((1 + lift) ** 2 / contacted + 1 / kept), rel=1e-5)


def test_at_its_break_even_lift_an_action_earns_nothing() -> None:
    plan = planned(action("S"), snapshot=crowd(30))
    spend = pd.DataFrame({"customer_id": crowd(30)["customer_id"], "amount": np.linspace(1, 50, 30)})
    first = actions.worth(plan, plan, spend, actions=[action("S", contact_amount=1.5)], level=0.9, margin_share=0.3)
    assert isnan(first["expected_amount"][0]), "nobody stated a lift"
    assert isnan(first["detectable_share"][0]), "nobody is held out"
    stated = action("S", contact_amount=1.5, assumed_lift_share=first["break_even_share"][0])
    then = actions.worth(plan, plan, spend, actions=[stated], level=0.9, margin_share=0.3)
    assert then["expected_amount"][0] == pytest.approx(0.0, abs=1e-12)


def test_an_assumed_fall_keeps_its_bounds_in_order_and_value_scales_with_the_currency() -> None:
    plan = planned(action("S", control_share=0.5), snapshot=crowd(30))
    spend = pd.DataFrame({"customer_id": crowd(30)["customer_id"], "amount": np.linspace(1, 50, 30)})

    def told(scale: float) -> pd.Series:
        stated = action("S", contact_amount=0.5 * scale, assumed_lift_share=-0.1)
        return actions.worth(
            plan, plan, spend.assign(amount=spend["amount"] * scale), actions=[stated], level=0.9
        ).iloc[0]

    one, hundred = told(1), told(100)
    assert one["expected_low"] < one["expected_amount"] < one["expected_high"] < 0
    for name in ("cost_amount", "baseline_low", "expected_high"):
        assert hundred[name] == pytest.approx(100 * one[name])
    for name in ("break_even_share", "detectable_share"):
        assert hundred[name] == pytest.approx(one[name])


def test_too_few_in_the_back_test_have_no_interval_and_nothing_spent_has_no_break_even() -> None:
    made, past = planned(action("S", control_share=0.5), snapshot=crowd(30)), planned(action("S"), snapshot=crowd(9))
    stated = [action("S", contact_amount=1.0, assumed_lift_share=0.1)]
    spend = crowd(9).assign(amount=[8.0, 9.0, 10.0, 11.0, 12.0, 8.0, 9.0, 11.0, 12.0])
    told = actions.worth(made, past, spend, actions=stated, level=0.95).iloc[0]
    assert (told["baseline_amount"], told["baseline_n"], told["expected_amount"]) == (10.0, 9, 0.0)
    assert told[["baseline_low", "baseline_high", "expected_low", "expected_high", "detectable_share"]].isna().all()
    nothing = actions.worth(made, past, spend.head(0), actions=stated, level=0.95).iloc[0]
    assert (nothing["baseline_amount"], nothing["expected_amount"]) == (0.0, -told["contact_count"])
    assert isnan(nothing["break_even_share"])


def companies(seed: int, *, count: int, size: int) -> pd.DataFrame:
    """Samples of `size` from one kind of customers, a segment each: a third spend nothing, the others lognormal."""
    rng = np.random.default_rng(seed)
    amount = rng.lognormal(0.0, 1.0, count * size) * 10 * (rng.random(count * size) > 1 / 3)
    return crowd(count * size).assign(
        amount=amount, scheme=[f"s{place}" for place in range(count) for _ in range(size)]
    )


def test_the_interval_of_the_baseline_holds_what_such_customers_spend() -> None:
    runs, truth = 200, 10 * np.exp(0.5) * 2 / 3
    people, stated = companies(4, count=runs, size=200), [action(f"s{place}") for place in range(runs)]
    plan = planned(*stated, snapshot=people)
    told = actions.worth(plan, plan, people[people["amount"] > 0], actions=stated, level=0.9)
    hits = ((told["baseline_low"] <= truth) & (truth <= told["baseline_high"])).sum()
    assert binom.ppf(0.005, runs, 0.88) <= hits <= binom.ppf(0.995, runs, 0.92)


def test_the_detectable_lift_is_told_from_none_four_times_in_five() -> None:
    runs = 200
    people = companies(5, count=runs, size=600)
    stated = [action(f"s{place}", control_share=0.3) for place in range(runs)]
    plan = planned(*stated, snapshot=people)
    lifts = actions.worth(plan, plan, people, actions=stated, level=0.95)["detectable_share"]
    lift = lifts.mean()
    assert 0.45 < lift < 0.6
    merged = plan.contacts.merge(people[["customer_id", "amount"]], on="customer_id")
    merged["amount"] *= np.where(merged["arm"] == "contact", 1 + lift, 1.0)
    arms = merged.groupby(["action", "arm"])["amount"].agg(["mean", "var", "count"]).unstack("arm")
    error = np.sqrt(sum(arms["var", arm] / arms["count", arm] for arm in ("contact", "holdout")))
    told = (arms["mean", "contact"] - arms["mean", "holdout"]).abs() > norm.ppf(0.975) * error
    assert 0.72 < told.mean() < 0.88


def test_where_no_lift_is_large_enough_none_is_told() -> None:
    plan = planned(action("S", control_share=0.5), snapshot=crowd(10))
    spend = pd.DataFrame({"customer_id": ["c000000"], "amount": [90.0]})
    told = actions.worth(plan, plan, spend, actions=[action("S")], level=0.95).iloc[0]
    assert told["holdout_count"] > 0
    assert isnan(told["detectable_share"]), "one of ten spends: 2.8 x 3.16 over the root of a handful is above 1"


# -------------------------------------------------------------------------------------------------------------- file


def test_in_the_file_texts_are_defused_and_ids_stay_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tables.KEEP_VARIABLE, str(tmp_path))
    ids = ["0012", "1234567890123456789", "x=<y>", "客,1"]
    snapshot = crowd(4, segment="=1+1").assign(customer_id=ids)
    plan = planned(
        action("=1+1", offer="+5", channel="@all", owner="-o"), snapshot=snapshot, reached=reach(ids, channel="@all")
    )
    tables.keep(plan.contacts, "contacts")
    read = pd.read_csv(tmp_path / "contacts.csv", dtype="str")
    assert read["customer_id"].tolist() == ids
    assert read.loc[0, ["segment", "offer", "channel", "owner"]].tolist() == ["'=1+1", "'+5", "'@all", "'-o"]
    assert read["reason"][0] == "segment =1+1: last bought 0 days ago, 0 orders, CNY 0.00"


def test_who_is_listed_over_all_actions_counts_a_segment_once() -> None:
    zero = dict.fromkeys(actions.OUTCOMES.values(), 0)
    first = {"segment": "S", "channel": "email", "segment_count": 1000} | zero
    first |= {"contact_count": 630, "holdout_count": 70, "no_consent_count": 300}
    second = first | zero | {"channel": "sms", "contact_count": 45, "holdout_count": 5, "other_action_count": 950}
    silent = (
        {"segment": "T", "channel": "post", "segment_count": 500} | zero | {"no_consent_count": 490, "erased_count": 10}
    )
    listed = actions.listed(pd.DataFrame([first, second, silent]))
    assert (listed.segment_count, listed.listed_count, listed.holdout_count) == (1500, 750, 75)
    assert (listed.listed_share, listed.silent_channels) == (0.5, ("post",))
    # the last action of S keeps nobody off by consent; T has 490 without one and 10 erased
    assert {name: count for name, count in listed.kept_off.items() if count} == {
        "erased_count": 10,
        "no_consent_count": 490,
        "other_action_count": 950,
    }
