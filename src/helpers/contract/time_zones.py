"""Instants to the wall clock of one zone: offsets, zones that fit them, and what is asked where none does."""

from __future__ import annotations

import zoneinfo
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

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


@dataclass(frozen=True)
class Offsets:
    """The offsets of a column of instants: `low` and `high` as they are written, and what is made of all of them.

    `days` has a row per offset and day in UTC: offset, minutes (east of UTC), first, last (instants in UTC), row_count.
    """

    days: Sequence[Mapping[str, Any]]

    @property
    def low(self) -> str | None:
        return min((one["offset"] for one in self.days), default=None)

    @property
    def high(self) -> str | None:
        return max((one["offset"] for one in self.days), default=None)

    def fitting_zone(self) -> str | None:
        """A zone whose offsets are those observed, on every day; None where there is none."""
        seen = {(one[end], one["minutes"]) for one in self.days for end in ("first", "last")}
        zones = [*KNOWN_ZONES, *sorted(zoneinfo.available_timezones() - set(KNOWN_ZONES))]
        return next((zone for zone in zones if _fits(zoneinfo.ZoneInfo(zone), seen)), None)

    def commonest(self) -> str:
        """The commonest offsets, with their rows: `308 rows at -0400, 155 rows at -0500`."""
        counts: Counter[str] = Counter()
        for one in self.days:
            counts[one["offset"]] += one["row_count"]
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{rows(count)} at {offset}" for offset, count in ranked[:4])


def observed_offsets(table: ir.Table, offset: ir.StringValue, at: ir.TimestampValue) -> Offsets:
    """The offsets of the rows that have an instant (`at`, in UTC), from one query."""
    seen = table.select(offset=offset, at=at, minutes=offset_minutes(offset)).filter(ibis._.at.notnull())
    by_day = seen.group_by(seen.offset, seen.minutes, day=seen.at.date()).aggregate(
        first=seen.at.min(), last=seen.at.max(), row_count=seen.count()
    )
    return Offsets(by_day.to_pyarrow().to_pylist())


def _fits(zone: zoneinfo.ZoneInfo, seen: set[tuple[datetime, int]]) -> bool:
    for at, minutes in seen:
        offset = at.replace(tzinfo=UTC).astimezone(zone).utcoffset()
        if offset is None or offset.total_seconds() != 60 * minutes:
            return False
    return True
