"""Who may be contacted: each way to be held back on a hand-made company, its edges, and the order in which they count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import ibis
import pyarrow as pa
import pytest

from helpers.errors import ContractError
from helpers.features import contacts

AS_OF = date(2024, 6, 30)
AT = pa.timestamp("us")
Make = Callable[..., ibis.Table]


@pytest.fixture
def make(connection: Any) -> Make:
    """A table from rows of texts; columns that end in `_at` are instants."""

    def table(names: str, *rows: tuple[str | None, ...]) -> ibis.Table:
        columns: dict[str, Any] = {}
        for name, values in zip(names.split(), list(zip(*rows, strict=True)) or [()] * 9, strict=False):
            is_at = name.endswith("_at")
            moments = [datetime.fromisoformat(value) if value else None for value in values] if is_at else []
            columns[name] = pa.array(moments, AT) if is_at else pa.array(values, pa.string())
        return connection.create_table(ibis.util.gen_name("t"), pa.table(columns))

    return table


def asked(
    people: ibis.Table,
    *,
    channels: tuple[str, ...] = ("email",),
    customers: ibis.Table | None = None,
    as_of: date = AS_OF,
    cap_count: int = 2,
    **others: ibis.Table,
) -> dict[tuple[str, str], tuple[str, int, str | None]]:
    rows = contacts.reachable(
        people, channels=channels, customers=customers, others=others, as_of=as_of, cap_count=cap_count, cap_days=30
    ).to_pyarrow()
    assert rows.column_names == ["customer_id", "channel", "consent", "contact_count", "blocked_by"]
    told = {
        (row["customer_id"], row["channel"]): (row["consent"], row["contact_count"], row["blocked_by"])
        for row in rows.to_pylist()
    }
    assert len(told) == rows.num_rows, "one row per customer and channel"
    return told


CONSENTS = "customer_id purpose granted_at withdrawn_at"


@pytest.mark.parametrize(
    ("grants", "consent", "blocked_by"),
    [
        ([("2024-01-01", None)], "given", None),
        ([("2024-06-30T23:59:59", None)], "given", None),
        ([("2024-07-01T00:00:00", None)], "not given", "consent"),
        ([("2024-01-01", "2024-06-30T23:59:59")], "withdrawn", "consent"),
        ([("2024-01-01", "2024-07-01T00:00:00")], "given", None),
        ([("2024-01-01", "2024-02-01"), ("2024-03-01", None)], "given", None),
        ([("2024-03-01", None), ("2024-01-01", "2024-02-01")], "given", None),
        ([("2024-01-01", None), ("2024-03-01", "2024-04-01")], "withdrawn", "consent"),
        ([("2024-01-01", "2024-03-01"), ("2024-03-01", None)], "withdrawn", "consent"),
        ([], "not given", "consent"),
    ],
)
def test_the_last_word_for_the_channel_counts(
    make: Make, grants: list[tuple[str, str | None]], consent: str, blocked_by: str | None
) -> None:
    consents = make(CONSENTS, ("bob", "email", "2020-01-01", None), *(("ann", "email", *grant) for grant in grants))
    told = asked(make("customer_id", ("ann",)), consents=consents)
    assert told == {("ann", "email"): (consent, 0, blocked_by)}


def test_the_purpose_must_be_the_channel_whatever_its_capitals(make: Make) -> None:
    consents = make(CONSENTS, ("甲", " E-Mail", "2024-01-01", None), ("甲", "analytics", "2024-01-01", None))
    told = asked(make("customer_id", ("甲",)), channels=("e-mail", "短信", "e-mail"), consents=consents)
    assert told == {("甲", "e-mail"): ("given", 0, None), ("甲", "短信"): ("not given", 0, "consent")}


def test_consents_without_withdrawals_stand(make: Make) -> None:
    consents = make("customer_id purpose granted_at", ("ann", "email", "2024-01-01"))
    assert asked(make("customer_id", ("ann",), ("bob",)), consents=consents) == {
        ("ann", "email"): ("given", 0, None),
        ("bob", "email"): ("not given", 0, "consent"),
    }


def test_where_nothing_was_delivered_nobodys_consent_is_known(make: Make) -> None:
    people = make("customer_id", ("ann",), ("ann",))
    assert asked(people) == {("ann", "email"): ("not known", 0, None)}
    assert asked(people, customers=make("customer_id", ("ann",))) == {("ann", "email"): ("not known", 0, None)}
    delivered = make(CONSENTS, ("bob", "email", "2024-01-01", None))
    assert asked(people, consents=delivered.filter(delivered.purpose == "none")) == {
        ("ann", "email"): ("not given", 0, "consent")
    }


def test_words_of_yes_and_no_stand_in_for_consents(make: Make) -> None:
    words = ["Yes", " TRUE ", "1", "是", "同意", "no", "0.0", "否", "不同意", None, "", "  "]
    people = make("customer_id", *((f"c{place:02d}",) for place in range(len(words) + 1)))
    customers = make("customer_id consent_marketing", *((f"c{place:02d}", word) for place, word in enumerate(words)))
    found = [consent for _, (consent, _, _) in sorted(asked(people, customers=customers).items())]
    assert found == ["given"] * 5 + ["refused"] * 4 + ["not given"] * 4, "the last is no row of customers"
    blocked = [blocked_by for _, (_, _, blocked_by) in sorted(asked(people, customers=customers).items())]
    assert blocked == [None] * 5 + ["consent"] * 8


def test_a_plain_no_closes_every_channel_and_a_yes_opens_none_where_consents_are(make: Make) -> None:
    consents = make(CONSENTS, ("ann", "email", "2024-01-01", None), ("bob", "sms", "2024-01-01", None))
    customers = make("customer_id consent_marketing", ("ann", "no"), ("bob", "yes"))
    assert asked(make("customer_id", ("ann",), ("bob",)), consents=consents, customers=customers) == {
        ("ann", "email"): ("refused", 0, "consent"),
        ("bob", "email"): ("not given", 0, "consent"),
    }


def test_a_customer_who_is_there_twice_and_says_no_once_says_no(make: Make) -> None:
    customers = make("customer_id consent_marketing", ("ann", "yes"), ("ann", "no"), ("ann", None))
    assert asked(make("customer_id", ("ann",)), customers=customers) == {("ann", "email"): ("refused", 0, "consent")}


def test_words_that_nobody_can_read_are_named_all_at_once(make: Make) -> None:
    customers = make(
        "customer_id consent_marketing",
        ("ann", "maybe"),
        ("bob", "MAYBE"),
        ("cyd", "看情况"),
        ("dan", "yes"),
        ("eve", "?"),
    )
    with pytest.raises(ContractError) as error:
        asked(make("customer_id", ("ann",), ("bob",), ("cyd",), ("dan",)), customers=customers)
    assert str(error.value) == (
        "customers: `consent_marketing` must say yes or no (yes is one of yes, y, true, 同意; no is one of no, n, false, "
        '拒绝); 2 problems.\n- "maybe" is neither: 2 rows\n- "看情况" is neither: 1 row'
    ), "eve was not asked about"


def test_whoever_asked_to_be_erased_is_left_alone_for_good(make: Make) -> None:
    consents = make(CONSENTS, *((who, "email", "2024-06-01", None) for who in ("ann", "bob", "cyd")))
    erasures = make(
        "customer_id requested_at erased_at",
        ("ann", "2024-05-01", "2024-05-15"),
        ("ann", "2024-05-02", None),
        ("bob", "2024-06-30T23:59:59", None),
        ("cyd", "2024-07-01", None),
    )
    people = make("customer_id", ("ann",), ("bob",), ("cyd",))
    assert asked(people, consents=consents, erasures=erasures) == {
        ("ann", "email"): ("given", 0, "erasure"),
        ("bob", "email"): ("given", 0, "erasure"),
        ("cyd", "email"): ("given", 0, None),
    }


ASSIGNMENTS = "customer_id arm assigned_at exposed_at"


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([("voucher", "2024-06-01", "2024-06-02")], 1),
        ([("voucher", "2024-06-01", None)], 1),
        ([("voucher", "2024-05-31T23:59:59", None)], 0),
        ([("voucher", "2024-05-20", "2024-06-01")], 1),
        ([("voucher", "2024-06-30T23:59:59", "2024-07-01")], 1),
        ([("voucher", "2024-07-01", None)], 0),
        ([("voucher", "2024-07-01", "2024-06-15")], 0),
        ([("Control ", "2024-06-10", None)], 0),
        ([("control", "2024-06-10", "2024-06-11")], 1),
        ([("email", "2024-06-01", None), ("voucher", "2024-06-30", None), ("control", "2024-06-20", None)], 2),
    ],
)
def test_contacts_of_the_latest_days_are_counted(
    make: Make, rows: list[tuple[str, str, str | None]], count: int
) -> None:
    sent = make(ASSIGNMENTS, ("bob", "voucher", "2024-06-15", None), *(("ann", *row) for row in rows))
    told = asked(make("customer_id", ("ann",)), campaign_assignments=sent)
    assert told == {("ann", "email"): ("not known", count, "cap" if count >= 2 else None)}


def test_the_cap_holds_over_all_channels_and_from_its_count_on(make: Make) -> None:
    sent = make("customer_id arm assigned_at", ("ann", "voucher", "2024-06-15"), ("bob", "control", "2024-06-15"))
    people = make("customer_id", ("ann",), ("bob",))
    told = asked(people, channels=("email", "sms"), cap_count=1, campaign_assignments=sent)
    assert [blocked_by for _, (_, _, blocked_by) in sorted(told.items())] == ["cap", "cap", None, None]
    assert {row[2] for row in asked(people, cap_count=2, campaign_assignments=sent).values()} == {None}


def test_erasure_is_told_before_consent_and_consent_before_the_cap(make: Make) -> None:
    people = make("customer_id", ("ann",), ("bob",))
    told = asked(
        people,
        cap_count=1,
        consents=make(CONSENTS, ("ann", "email", "2024-01-01", "2024-02-01"), ("bob", "sms", "2024-01-01", None)),
        erasures=make("customer_id requested_at", ("ann", "2024-01-01")),
        campaign_assignments=make(ASSIGNMENTS, *((who, "x", "2024-06-15", None) for who in ("ann", "bob"))),
    )
    assert told == {("ann", "email"): ("withdrawn", 1, "erasure"), ("bob", "email"): ("not given", 1, "consent")}


def test_no_channel_is_a_mistake_of_the_caller(make: Make) -> None:
    with pytest.raises(ValueError, match="one channel at least"):
        asked(make("customer_id", ("ann",)), channels=())


def test_nothing_after_the_day_can_change_a_row(make: Make) -> None:
    names = (CONSENTS, "customer_id requested_at", ASSIGNMENTS)
    before = (
        [("ann", "email", "2024-01-01", None), ("bob", "email", "2024-01-01", None)],
        [("cyd", "2024-01-01")],
        [("bob", "x", "2024-06-15", None)],
    )
    later = (
        [("cyd", "email", "2024-07-02", None), ("ann", "email", "2024-07-02", "2024-07-03")],
        [("ann", "2024-07-01")],
        [("bob", "x", "2024-07-01", "2024-07-01")],
    )
    people, tables = make("customer_id", ("ann",), ("bob",), ("cyd",)), ("consents", "erasures", "campaign_assignments")
    seen = [
        asked(people, **{table: make(name, *rows) for table, name, rows in zip(tables, names, kept, strict=True)})
        for kept in (before, [a + b for a, b in zip(before, later, strict=True)])
    ]
    assert seen[0] == seen[1]
