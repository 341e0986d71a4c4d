"""What the law takes out of the tables: customers who were erased, and those who withdrew consent to analysis."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from helpers.contract.checking import is_by


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
    seen = seen.filter(seen.purpose.strip().lower() == purpose.strip().lower())
    if "withdrawn_at" not in seen.columns:
        seen = seen.mutate(withdrawn_at=ibis.null(seen.granted_at.type()))
    return seen.group_by("customer_id").aggregate(
        granted=seen.granted_at.max(), withdrawn=seen.withdrawn_at.max(where=is_by(seen.withdrawn_at, as_of))
    )


def withdrawn_customers(consents: ir.Table, *, purpose: str, as_of: date) -> ir.Table:
    """The customers whose last word on a purpose is its withdrawal, one column `customer_id`, each once."""
    last = last_consents(consents, purpose=purpose, as_of=as_of)
    return last.filter(last.withdrawn >= last.granted).select("customer_id")
