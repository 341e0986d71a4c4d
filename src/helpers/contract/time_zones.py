"""Instants to the wall clock of one zone: offsets, zones that fit them, and what is asked where none does."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime

import ibis
import ibis.expr.types as ir

from helpers.contract.duckdb_functions import in_zone, matched_group
from helpers.contract.evidence import rows

ZONED = "timestamp('UTC', 6)"
INSTANT = "timestamp(6)"
OFFSET = r"(Z|UTC|GMT|[-+]\d{2}(?::?\d{2})?)$"
KNOWN_ZONES = (
    "America/New_York America/Chicago America/Denver America/Los_Angeles America/Sao_Paulo Europe/London Europe/Berlin "
    "Europe/Athens Europe/Moscow Africa/Johannesburg Asia/Dubai Asia/Kolkata Asia/Shanghai Asia/Singapore Asia/Tokyo "
    "Australia/Adelaide Australia/Sydney Pacific/Auckland UTC"
).split()
"""Zones named first where several fit the same offsets."""


def wall_clock(at: ir.Value, time_zone: str | None) -> ir.Value:
    """The wall clock of a zone, or of UTC where None, at instants that are in UTC."""
    if time_zone is None:
        return at.cast(INSTANT)
    zoned = at if at.type().timezone else at.cast(ZONED)
    return in_zone(time_zone, zoned).cast(INSTANT)


def offset_minutes(offset: ir.StringValue) -> ir.IntegerValue:
    """Minutes east of UTC of texts such as +08:00, -0500, +08 and Z."""
    hours = matched_group(offset, r"^[-+](\d{2})", 1).try_cast("int64").fill_null(0)
    minutes = matched_group(offset, r"^[-+]\d{2}:?(\d{2})$", 1).try_cast("int64").fill_null(0)
    size = hours * 60 + minutes
    return ibis.ifelse(offset.startswith("-"), -size, size)


def fitting_zone(observed: ir.Table) -> str | None:
    """A zone whose offsets are those observed, on every day; None where there is none.

    Parameters
    ----------
    observed
        A row per instant: `at` (in UTC) and `minutes` (its offset east of UTC).
    """
    days = (
        observed.group_by(observed.minutes, day=observed.at.date())
        .aggregate(first=observed.at.min(), last=observed.at.max())
        .to_pyarrow()
        .to_pylist()
    )
    seen = {(one[end], one["minutes"]) for one in days for end in ("first", "last")}
    zones = [*KNOWN_ZONES, *sorted(zoneinfo.available_timezones() - set(KNOWN_ZONES))]
    return next((zone for zone in zones if _fits(zoneinfo.ZoneInfo(zone), seen)), None)


def several_offsets(observed: ir.Table) -> str:
    """The commonest offsets of a column, with their rows: `308 rows at -0400, 155 rows at -0500`."""
    counts = observed.group_by("offset").aggregate(row_count=ibis._.count())
    found = counts.order_by([ibis.desc("row_count"), "offset"]).limit(4).to_pyarrow().to_pylist()
    return ", ".join(f"{rows(one['row_count'])} at {one['offset']}" for one in found)


def _fits(zone: zoneinfo.ZoneInfo, seen: set[tuple[datetime, int]]) -> bool:
    for at, minutes in seen:
        offset = at.replace(tzinfo=UTC).astimezone(zone).utcoffset()
        if offset is None or offset.total_seconds() != 60 * minutes:
            return False
    return True
