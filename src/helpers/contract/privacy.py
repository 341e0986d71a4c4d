"""What the law takes out of the tables: customers who were erased, and those who withdrew consent to analysis."""

from __future__ import annotations

import os
from datetime import date, datetime, time
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from helpers.contract.checking import is_by
from helpers.contract.contact_ids import folded

ERASED_VARIABLE = "REGULARS_ERASED_FILE"
"""Names the file in which a run wants the ids of erased customers; it is in the folder that goes with the run."""


def erased_customers(erasures: ir.Table, *, as_of: date, erases_on_request: bool) -> ir.Table:
    """The customers of whom no row may be left, one column `customer_id`, each once.

    Parameters
    ----------
    erasures
        A row per request: customer_id, and erased_at (instant; missing: not done yet) where it was delivered.
    as_of
        The day the report speaks from; what was done later is not done yet.
    erases_on_request
        Whether a request counts, done or not.
    """
    if not erases_on_request:
        if "erased_at" not in erasures.columns:
            erasures = erasures.limit(0)
        else:
            erasures = erasures.filter(is_by(erasures.erased_at, as_of))
    return erasures.filter(erasures.customer_id.notnull()).select("customer_id").distinct()


def hand_on(erased: ir.Table) -> None:
    """Write the ids of erased customers where a run asks for them, to take them out of the reports it supersedes."""
    path = os.environ.get(ERASED_VARIABLE)
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(erased.to_pyarrow(), path)


def with_their_spellings(erased: ir.Table, known: ir.Table) -> ir.Table:
    """The erased customers and whoever of the known ones is written otherwise only: `1001.0`, `Ann@X.de`.

    Parameters
    ----------
    erased, known
        One column `customer_id` each: who was erased, and everybody of whom a table has a row.
    """
    alike = known.filter(_written(known.customer_id).isin(erased.select(id=_written(erased.customer_id)).id))
    return erased.union(alike.select("customer_id"), distinct=True)


def unknown_count(erased: ir.Table, known: ir.Table) -> int:
    """How many of the erased customers no table has a row of, however they are written."""
    asked = erased.select(id=_written(erased.customer_id)).distinct()
    there = known.select(id=_written(known.customer_id))
    return int(asked.anti_join(there, "id").count().to_pyarrow().as_py())


def _written(customer: ir.StringValue) -> ir.StringValue:
    """The one way of writing an id: an address or number folded, a whole number without ".0"."""
    return folded(customer.re_replace(r"^(\d+)\.0$", r"\1"))


def all_requests(erasures: ir.Table, later: ir.Table, *, as_of: date) -> ir.Table:
    """The requests to be erased, those too that came after `as_of`: lists of contacts must mind them at once.

    A later request counts as of `as_of`; nothing but a list of contacts may read it.

    Parameters
    ----------
    erasures
        The requests at or before `as_of`, as `erasures` of the contract.
    later
        The customers of those after it: customer_id.
    """
    at = ibis.literal(datetime.combine(as_of, time.min)).cast(erasures.requested_at.type())
    given = {"customer_id": later.customer_id, "requested_at": at}
    rest = {name: ibis.null(kind) for name, kind in erasures.schema().items() if name not in given}
    return erasures.union(later.select(**given, **rest).select(*erasures.columns))


def all_withdrawals(consents: ir.Table, later: ir.Table | None, *, as_of: date) -> ir.Table:
    """The consents as the latest word that was delivered leaves them: lists of contacts must mind withdrawals at once.

    Where the last word of a customer on a purpose is a withdrawal after `as_of`, it is moved back to it, also if the
    consent that was withdrawn was given after it. A withdrawal after `as_of` that was followed by a new consent is left
    out; a new consent alone is not seen before its day. Nothing but a list of contacts may read this, and of an earlier
    day such a withdrawal is still to come.

    Parameters
    ----------
    consents
        The consents granted at or before `as_of`, as `consents` of the contract, with withdrawn_at as delivered.
    later
        Those granted after it: customer_id, purpose, granted_at, withdrawn_at; None: there are none.
    as_of
        The day the report speaks from.
    """
    if "withdrawn_at" not in consents.columns:
        return consents
    columns = ["customer_id", "purpose", "granted_at", "withdrawn_at"]
    words = consents.select(columns)
    words = words if later is None else words.union(later.select(columns).cast(dict(words.schema())))
    words = words.mutate(asked=_purpose(words.purpose))
    last = words.group_by("customer_id", "asked").aggregate(
        granted=words.granted_at.max(), withdrawn=words.withdrawn_at.max()
    )
    told = consents.mutate(asked=_purpose(consents.purpose)).left_join(last, ["customer_id", "asked"])
    is_later = told.withdrawn_at.notnull() & ~is_by(told.withdrawn_at, as_of)
    is_out = told.withdrawn.notnull() & (told.withdrawn >= told.granted) & ~is_by(told.withdrawn, as_of)
    kind = consents.granted_at.type()
    at = ibis.greatest(ibis.literal(datetime.combine(as_of, time.min)).cast(kind), told.granted_at)
    standing = is_later.ifelse(ibis.null(kind), told.withdrawn_at)
    return told.mutate(withdrawn_at=is_out.ifelse(at, standing)).select(*consents.columns)


def _purpose(text: ir.StringValue) -> ir.StringValue:
    """A purpose as it is compared: capitals and outer blanks do not matter."""
    return text.strip().lower()


def last_consents(consents: ir.Table, *, purpose: str, as_of: date) -> ir.Table:
    """When each customer last granted a purpose, and when they last withdrew it: a row per customer.

    Parameters
    ----------
    consents
        A row per consent: customer_id, purpose (capitals and outer blanks do not matter), granted_at, and withdrawn_at
        where it was delivered.
    purpose, as_of
        The purpose asked about, and the day after which nothing is known.

    Returns
    -------
    ir.Table
        customer_id; granted (instant); withdrawn (instant; missing: never).
    """
    seen = consents.filter(is_by(consents.granted_at, as_of))
    seen = seen.filter(_purpose(seen.purpose) == purpose.strip().lower())
    if "withdrawn_at" not in seen.columns:
        seen = seen.mutate(withdrawn_at=ibis.null(seen.granted_at.type()))
    return seen.group_by("customer_id").aggregate(
        granted=seen.granted_at.max(), withdrawn=seen.withdrawn_at.max(where=is_by(seen.withdrawn_at, as_of))
    )


def withdrawn_customers(consents: ir.Table, *, purpose: str, as_of: date) -> ir.Table:
    """The customers whose last word on a purpose is its withdrawal, one column `customer_id`, each once."""
    last = last_consents(consents, purpose=purpose, as_of=as_of)
    return last.filter(last.withdrawn >= last.granted).select("customer_id")
