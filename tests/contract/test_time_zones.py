"""Instants to the days and hours of one zone: offsets, epochs, zoned types, and the days on which clocks change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest

from helpers.connectors.delivery import connect
from helpers.contract.dates import parse_instant
from helpers.contract.evidence import Parsed
from helpers.contract.time_zones import KNOWN_ZONES

Read = Callable[..., tuple[list[datetime | None], Parsed]]


@pytest.fixture(scope="module")
def read() -> Read:
    """The instants of a column of these values, and all that was said of them."""
    connection = connect()

    def parsed(
        values: list[object],
        kind: pa.DataType | None = None,
        *,
        time_zone: str | None = None,
        date_format: str | None = None,
    ) -> tuple[list[datetime | None], Parsed]:
        columns = {"x": pa.array(values, kind or pa.string()), "_row": pa.array(range(2, len(values) + 2), pa.int64())}
        table = connection.create_table(ibis.util.guid(), pa.table(columns), temp=True)
        found = parse_instant(table, "x", date_format=date_format, time_zone=time_zone)
        rows = table.select("_row", value=found.value).order_by("_row").value.to_pyarrow().to_pylist()
        return rows, found

    return parsed


@pytest.mark.parametrize(
    ("zone", "utc", "local"),
    [
        ("Asia/Kolkata", "2023-01-03T18:29:59Z", datetime(2023, 1, 3, 23, 59, 59)),
        ("Asia/Kolkata", "2023-01-03T18:30:00Z", datetime(2023, 1, 4)),
        ("Australia/Adelaide", "2023-01-03T13:30:00Z", datetime(2023, 1, 4)),  # summer: 10.5 hours ahead
        ("Australia/Adelaide", "2023-07-03T13:30:00Z", datetime(2023, 7, 3, 23)),  # winter: 9.5 hours
        # New York on 12 March 2023 has 23 hours, and on 5 November 25
        ("America/New_York", "2023-03-12T04:30:00Z", datetime(2023, 3, 11, 23, 30)),
        ("America/New_York", "2023-03-12T06:59:59Z", datetime(2023, 3, 12, 1, 59, 59)),
        ("America/New_York", "2023-03-12T07:00:00Z", datetime(2023, 3, 12, 3)),
        ("America/New_York", "2023-03-13T03:30:00Z", datetime(2023, 3, 12, 23, 30)),
        ("America/New_York", "2023-11-05T04:30:00Z", datetime(2023, 11, 5, 0, 30)),
        ("America/New_York", "2023-11-06T04:30:00Z", datetime(2023, 11, 5, 23, 30)),
        ("America/New_York", "2023-11-06T05:30:00Z", datetime(2023, 11, 6, 0, 30)),
    ],
)
def test_every_way_of_writing_an_instant_falls_on_the_same_day(
    read: Read, zone: str, utc: str, local: datetime
) -> None:
    at = datetime.fromisoformat(utc)
    seconds = int(at.timestamp())
    assert read([utc], time_zone=zone)[0] == [local]
    assert read([at.astimezone(ZoneInfo("Asia/Shanghai")).isoformat()], time_zone=zone)[0] == [local]
    assert read([utc.replace("T", " ").replace("Z", " UTC")], time_zone=zone)[0] == [local]
    assert read([str(seconds)], time_zone=zone)[0] == [local]
    assert read([seconds], pa.int64(), time_zone=zone)[0] == [local]
    assert read([1000 * seconds], pa.int64(), time_zone=zone)[0] == [local]
    assert read([float(seconds)], pa.float64(), time_zone=zone)[0] == [local]
    assert read([at], pa.timestamp("us", tz="Asia/Tokyo"), time_zone=zone)[0] == [local]


def test_the_engine_knows_the_zones_as_python_does(read: Read) -> None:
    hours = [datetime(2022, 1, 1, tzinfo=UTC) + timedelta(hours=7 * step) for step in range(2000)]
    for zone in KNOWN_ZONES:
        expected = [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in hours]
        assert read(hours, pa.timestamp("us", tz="UTC"), time_zone=zone)[0] == expected, zone


def test_naive_instants_are_taken_as_they_stand(read: Read) -> None:
    for values, kind in ((["2023-01-03 23:30"], pa.string()), ([datetime(2023, 1, 3, 23, 30)], pa.timestamp("us"))):
        rows, said = read(values, kind, time_zone="America/New_York")
        assert rows == [datetime(2023, 1, 3, 23, 30)]
        assert (said.remark, said.doubt) == (None, None)


def test_without_a_zone_bare_instants_are_in_utc_and_it_is_asked(read: Read) -> None:
    rows, said = read(["1672700820"])
    assert rows == [datetime(2023, 1, 2, 23, 7)]
    assert said.remark == "holds seconds since 1970, read in UTC"
    assert said.doubt == (
        "holds seconds since 1970, read in UTC: state `time_zone`, such as Asia/Shanghai, for the days and hours of the "
        "shop"
    )


def test_offsets_of_one_zone_keep_the_wall_clock_of_each_row(read: Read) -> None:
    rows, said = read(["2023-01-03 19:07:00 -0500", "2023-07-03 22:30:00 -0400", "2023-07-04 00:10:00 -0400"])
    assert rows == [datetime(2023, 1, 3, 19, 7), datetime(2023, 7, 3, 22, 30), datetime(2023, 7, 4, 0, 10)]
    assert said.problem is None
    assert said.note is not None
    assert said.note.endswith(
        "2 rows at -0400, 1 row at -0500, as in America/New_York; the wall clock of each row is kept"
    )
    assert said.doubt is not None
    assert said.doubt.endswith("State `time_zone`, such as America/New_York")


def test_offsets_of_no_one_zone_are_asked_for(read: Read) -> None:
    given = ["2023-01-03 19:07:00 +0800"] * 3 + ["2023-01-03 20:07:00 -0500"] * 2
    assert read(given)[1].problem == (
        "must be in one time zone: 3 rows at +0800, 2 rows at -0500; state `time_zone`, such as Asia/Shanghai"
    )
    rows, said = read(given, time_zone="Asia/Shanghai")
    assert said.problem is None
    assert rows == [datetime(2023, 1, 3, 19, 7)] * 3 + [datetime(2023, 1, 4, 9, 7)] * 2


def test_offsets_on_the_wrong_side_of_a_change_are_no_zones(read: Read) -> None:
    assert read(["2023-01-03 19:07:00 -0400", "2023-07-03 22:30:00 -0500"])[1].problem is not None


def test_a_stated_format_with_an_offset(read: Read) -> None:
    given, written = ["03/01/2023 19:07:00 -0500", "04/07/2023 00:10:00 -0400"], "%d/%m/%Y %H:%M:%S %z"
    assert read(given, date_format=written)[0] == [datetime(2023, 1, 3, 19, 7), datetime(2023, 7, 4, 0, 10)]
    rows, _ = read(given, date_format=written, time_zone="Asia/Shanghai")
    assert rows == [datetime(2023, 1, 4, 8, 7), datetime(2023, 7, 4, 12, 10)]
