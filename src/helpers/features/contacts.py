"""Who may be contacted, by which channel, and why not: consent, requests to be erased, and a cap on contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import ibis
import pandas as pd

from helpers.contract.privacy import last_consents
from helpers.days import latest_days
from helpers.errors import ContractError, message
from helpers.features import windows

GIVEN, WITHDRAWN, NOT_GIVEN, REFUSED, NOT_KNOWN = "given", "withdrawn", "not given", "refused", "not known"
ERASURE, CONSENT, CAP = "erasure", "consent", "cap"
CONTROL = "control"
YES = ("yes", "y", "true", "t", "1", "1.0", "on", "opt-in", "granted", "是", "有", "同意", "已同意")
NO = (
    "no",
    "n",
    "false",
    "f",
    "0",
    "0.0",
    "off",
    "opt-out",
    "denied",
    "unsubscribed",
    "unknown",
    "否",
    "未知",
    "退订",
    "已退订",
    "取消",
    "已取消",
    "无",
    "不同意",
    "未同意",
    "拒绝",
    "已拒绝",
)
WORDS_ASKED = 100


def reachable(
    people: ibis.Table | pd.DataFrame,
    *,
    channels: Sequence[str],
    customers: ibis.Table | None,
    others: Mapping[str, ibis.Table],
    as_of: date,
    cap_count: int,
    cap_days: int,
) -> ibis.Table:
    """May a customer be contacted by a channel, and if not, what stands in the way.

    Where `consents` were delivered, a consent must stand whose purpose is the channel (capitals and outer blanks do not
    matter): of a customer's grants and withdrawals for it the last one counts, and at the same instant the withdrawal.
    Without them consent_marketing must be a word of YES; a word of NO closes every channel in either case. Where
    neither was delivered nobody's consent is known: nobody is held back for it, and `consent` says so.

    A contact is an assignment to an arm other than control, or an exposure in any arm; it counts on the day of its
    exposure, or on that of its assignment where no exposure is known.

    Parameters
    ----------
    people
        Any rows with a customer_id: the customers asked about.
    channels
        The channels asked about, such as email and sms.
    customers
        One row per customer, with consent_marketing where it was delivered; None: not delivered.
    others
        Tables by name, of which consents, erasures and campaign_assignments are read, where they are.
    as_of
        The day the report speaks from; what was granted, withdrawn, requested or sent later is invisible.
    cap_count, cap_days
        A customer who had `cap_count` contacts or more in the latest `cap_days` days, by whatever channel, is left
        alone.

    Returns
    -------
    ibis.Table
        One row per customer and channel, in no order: customer_id; channel; consent (given, withdrawn, not given,
        refused, not known); contact_count (in the latest cap_days); blocked_by (the first that holds: erasure, a
        request to be erased whether carried out or not, whatever was granted after it; consent; cap; missing where the
        customer may be contacted).

    Raises
    ------
    ContractError
        consent_marketing of one of these customers is a word that is neither YES nor NO.
    """
    if not channels:
        raise ValueError("channels must name one channel at least")
    asked = ibis.memtable(people[["customer_id"]]) if isinstance(people, pd.DataFrame) else people
    known = _answered(asked.select("customer_id").distinct(), customers)
    known = _erased(known, others.get("erasures"), as_of=as_of)
    known = _contacted(known, others.get("campaign_assignments"), as_of=as_of, days=cap_days)
    consents = others.get("consents")
    by_channel = [_consented(known, consents, channel=channel, as_of=as_of) for channel in dict.fromkeys(channels)]
    rows = by_channel[0] if len(by_channel) == 1 else ibis.union(*by_channel)
    blocked = ibis.cases(
        (rows.is_erased, ERASURE),
        (~rows.consent.isin([GIVEN, NOT_KNOWN]), CONSENT),
        (rows.contact_count >= cap_count, CAP),
        else_=ibis.null("string"),
    )
    return rows.select("customer_id", "channel", "consent", "contact_count", blocked_by=blocked)


def _answered(people: ibis.Table, customers: ibis.Table | None) -> ibis.Table:
    """With `answer`: yes, no, missing where none was given; "unasked" where nobody was asked."""
    if customers is None or "consent_marketing" not in customers.columns:
        return people.mutate(answer=ibis.literal("unasked"))
    words = customers.semi_join(people, "customer_id").select(
        "customer_id", word=customers.consent_marketing.strip().lower().nullif("")
    )
    _check_words(words)
    # a customer who is there twice and says no once says no
    said = words.group_by("customer_id").aggregate(answer=ibis.ifelse(words.word.isin(NO), "no", "yes").min())
    said = said.semi_join(words.filter(words.word.notnull()), "customer_id")
    return people.left_join(said, "customer_id").select(people.customer_id, said.answer)


def _check_words(words: ibis.Table) -> None:
    strange = words.filter(words.word.notnull() & ~words.word.isin([*YES, *NO]))
    counts = strange.group_by("word").aggregate(row_count=strange.count())
    counts = counts.order_by(counts.row_count.desc(), counts.word).limit(WORDS_ASKED)
    problems = [f'"{row["word"]}" is neither: {_rows(row["row_count"])}' for row in counts.to_pyarrow().to_pylist()]
    if problems:
        remedy = f"yes is one of {', '.join(YES[:3])}, {YES[-2]}; no is one of {', '.join(NO[:3])}, {NO[-2]}"
        raise ContractError(message(f"customers: `consent_marketing` must say yes or no ({remedy})", problems))


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _erased(people: ibis.Table, erasures: ibis.Table | None, *, as_of: date) -> ibis.Table:
    if erasures is None:
        return people.mutate(is_erased=ibis.literal(False))
    asked = windows.visible(erasures, as_of=as_of, column="requested_at").select("customer_id").distinct()
    asked = asked.mutate(has_asked=ibis.literal(True))
    joined = people.left_join(asked, "customer_id")
    return joined.select(*(people[name] for name in people.columns), is_erased=asked.has_asked.fill_null(False))


def _contacted(people: ibis.Table, assignments: ibis.Table | None, *, as_of: date, days: int) -> ibis.Table:
    if assignments is None:
        return people.mutate(contact_count=ibis.literal(0, type="int64"))
    seen = windows.visible(assignments, as_of=as_of, column="assigned_at")
    exposed_at = seen.exposed_at if "exposed_at" in seen.columns else ibis.null(seen.assigned_at.type())
    is_known = exposed_at.notnull() & (windows.day_of(exposed_at) <= ibis.literal(as_of))
    # an arm is text as delivered: "Control" is control too
    is_meant = seen.arm.strip().lower() != CONTROL
    contacts = seen.select(
        "customer_id", at=ibis.ifelse(is_known, exposed_at, seen.assigned_at), is_contact=is_known | is_meant
    )
    recent = windows.within(contacts.filter(contacts.is_contact), latest_days(as_of, days), column="at")
    counts = recent.group_by("customer_id").aggregate(recent_count=recent.count())
    kept = [people[name] for name in people.columns]
    return people.left_join(counts, "customer_id").select(*kept, contact_count=counts.recent_count.fill_null(0))


def _consented(people: ibis.Table, consents: ibis.Table | None, *, channel: str, as_of: date) -> ibis.Table:
    """The people with `channel` and what their consent to it is."""
    kept = {"customer_id": people.customer_id, "channel": ibis.literal(channel)}
    carried = {"is_erased": people.is_erased, "contact_count": people.contact_count}
    if consents is None:
        return people.select(**kept, consent=_by_answer(people.answer), **carried)
    last = last_consents(consents, purpose=channel, as_of=as_of)
    consent = ibis.cases(
        ((people.answer == "no").fill_null(False), REFUSED),
        (last.granted.isnull(), NOT_GIVEN),
        ((last.withdrawn >= last.granted).fill_null(False), WITHDRAWN),
        else_=GIVEN,
    )
    return people.left_join(last, "customer_id").select(**kept, consent=consent, **carried)


def _by_answer(answer: Any) -> Any:
    return ibis.cases(
        (answer.isnull(), NOT_GIVEN), (answer == "yes", GIVEN), (answer == "no", REFUSED), else_=NOT_KNOWN
    )
