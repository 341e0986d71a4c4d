"""Text to numbers, instants and ids: what is read, what is told, and what is asked rather than guessed."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest

from helpers.connectors.delivery import connect
from helpers.contract.parsing import detect_date_format, is_missing, parse_id, parse_instant, parse_number
from helpers.errors import ParamsError


@pytest.fixture(scope="module")
def connection():
    return connect()


@pytest.fixture
def table(connection):
    """A delivered table with the values in its column `x`, from row 2 on; further columns by name."""

    def make(values: list, kind: pa.DataType | None = None, **others: list) -> ibis.Table:
        columns = {"x": pa.array(values, kind or pa.string())} | {
            name: pa.array(given) for name, given in others.items()
        }
        columns["_file"] = pa.array(["a.csv"] * len(values))
        columns["_row"] = pa.array(range(2, len(values) + 2), pa.int64())
        return connection.create_table(ibis.util.guid(), pa.table(columns), temp=True)

    return make


def read(table, parsed) -> list:
    return table.select("_row", value=parsed.value).order_by("_row").value.to_pyarrow().to_pylist()


def numbers(table, *, decimal=None):
    parsed = parse_number(table, "x", decimal=decimal)
    found = [None if value is None else f"{value.normalize():f}" for value in read(table, parsed)]
    return found, parsed.problem, parsed.note


def instants(table, *, date_format=None):
    parsed = parse_instant(table, "x", date_format=date_format)
    return read(table, parsed), parsed.problem, parsed.note


# Numbers


@pytest.mark.parametrize(
    ("given", "expected", "note"),
    [
        (["12.50", "3", "-4.1", None], ["12.5", "3", "-4.1", None], None),
        (["12,50", "3", "-4,1"], ["12.5", "3", "-4.1"], "decimal mark ','"),
        (["1,234.50", "12,000"], ["1234.5", "12000"], "decimal mark '.'"),
        (["1.234,50", "12.000"], ["1234.5", "12000"], "decimal mark ','"),
        (["1,234,567"], ["1234567"], None),
        (["1,00,000.00"], ["100000"], None),
        (["1 234,50", "2\u00a0345,00", "7\u202f000,1"], ["1234.5", "2345", "7000.1"], "decimal mark ','"),
        (["1'234.50"], ["1234.5"], None),
        (["(3.20)", "5-", "+1", "\u22122"], ["-3.2", "-5", "1", "-2"], None),
        (["€ 1.234,50", "-€5,00", "€-5,10", "7,1"], ["1234.5", "-5", "-5.1", "7.1"], None),
        (["12.50 USD", "3 USD"], ["12.5", "3"], 'currency sign "USD" left out'),
        (["１２．５０", "￥3"], ["12.5", "3"], 'currency sign "￥" left out'),
        (["1.2E+03", "5"], ["1200", "5"], None),
        (["0,125", "1,250"], ["0.125", "1.25"], "decimal mark ','"),
        ([".5", "5."], ["0.5", "5"], None),
        ([None, "", " "], [None, None, None], None),
        (["NULL", "1", "#N/A"], [None, "1", None], '2 rows such as "#N/A" read as missing'),
    ],
)
def test_numbers_are_read_as_written(table, given, expected, note):
    found, problem, told = numbers(table(given))
    assert problem is None
    assert found == expected
    if note is not None:
        assert note in told


def test_money_is_exact(table):
    parsed = parse_number(table(["0.1"] * 10), "x", decimal=None)
    assert str(parsed.value.type()) == "decimal(18, 4)"
    assert parsed.value.sum().execute() == Decimal("1.0000")


def test_decimal_comma_in_a_column_of_points_asks(table):
    found, problem, _ = numbers(table(["12.50"] * 3 + ["12,50"]))
    assert found[3] is None
    assert problem == 'must be a number: 1 row, first at row 5 ("12,50"); is the decimal mark a comma?'


def test_decimal_marks_half_and_half_ask(table):
    assert numbers(table(["12.50", "12,50", "3"]))[1] == (
        'must have one decimal mark: 1 row only with a point, first at row 2 ("12.50"), '
        '1 row only with a comma, first at row 3 ("12,50"); state `decimal: "."` or `decimal: ","`'
    )


def test_thousands_or_decimals_is_asked_never_guessed(table):
    problem = numbers(table(["1,234", "12"]))[1]
    assert problem == (
        "must show its decimal mark: 1 row can be read with a point and with a comma, "
        'first at row 2 ("1,234"); state `decimal: "."` or `decimal: ","`'
    )
    assert numbers(table(["1,234", "12"]), decimal=",")[0] == ["1.234", "12"]
    assert numbers(table(["1,234", "12"]), decimal=".")[0] == ["1234", "12"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (["1.50", "2,000.25"], ["1,50", "2.000,25"], ["1.5", "2000.25", "1.5", "2000.25"]),
        (["1.234", "0.5"], ["1.234", "12,5"], ["1.234", "0.5", "1234", "12.5"]),
        (["12", "1,50"], ["7", "8"], ["12", "1.5", "7", "8"]),
    ],
)
def test_each_file_shows_its_own_decimal_mark(table, first, second, expected) -> None:
    both = table([*first, *second]).mutate(_file=ibis._["_row"].cases((2, "a.csv"), (3, "a.csv"), else_="b.csv"))
    assert numbers(both)[:2] == (expected, None)


def test_a_file_that_shows_no_decimal_mark_does_not_borrow_one(table) -> None:
    both = table(["1.50", "2.25", "1.234"]).mutate(_file=ibis._["_row"].cases((4, "b.csv"), else_="a.csv"))
    assert numbers(both)[1] == (
        "must show its decimal mark in each of its files: 1 row can be read with a point and with a comma, first at "
        'row 4 of b.csv ("1.234"); state `decimal: "."` or `decimal: ","`'
    )


def test_another_column_of_the_file_decides_where_one_is_silent(table):
    assert numbers(table(["1.234", "12"], price=["3,50", "4"]))[0] == ["1234", "12"]
    assert numbers(table(["1.234", "12"], price=["3.50", "4"]))[0] == ["1.234", "12"]
    assert numbers(table(["1.234", "12"], price=["3,50", "4.50"]))[1] is not None


def test_stated_mark_is_checked(table):
    assert numbers(table(["12.50"]), decimal=",")[1] == (
        'must be a number: 1 row, first at row 2 ("12.50"); is the decimal mark a point?'
    )


@pytest.mark.parametrize("given", ["abc", "12 50", "1,2,3", "1.2.3", "INV12", "12%", "1234567890123456789", "1_000"])
def test_what_is_no_number_is_told(table, given):
    found, problem, _ = numbers(table(["1", given]))
    assert found[1] is None
    assert problem.startswith(f'must be a number: 1 row, first at row 3 ("{given}")')


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("5e-1", "0.5"),
        ("2E-1", "0.2"),
        ("1e-04", "0.0001"),
        ("-5e-1", "-0.5"),
        ("1E+3", "1000"),
        ("1.2e1-", "-12"),
        ("-2.5e-1", "-0.25"),
    ],
)
def test_an_exponents_sign_is_not_the_numbers(table, given, expected):
    assert numbers(table([given]))[:2] == ([expected], None)


@pytest.mark.parametrize("given", ["--5", "+-5", "-5-", "5,", "(5", "5)", "- -5"])
def test_half_a_number_is_none(table, given):
    found, problem, _ = numbers(table(["1.5", given]))
    assert found[1] is None
    assert problem.startswith(f'must be a number: 1 row, first at row 3 ("{given}")')


def test_two_currencies_are_told(table):
    assert (
        numbers(table(["$5", "€6"]))[1]
        == 'must be in one currency: found "$" and "€", the latter first at row 3 ("€6")'
    )


def test_numbers_that_are_typed_already(table):
    assert numbers(table([1, 2], pa.int64()))[0] == ["1", "2"]
    assert numbers(table([1.25, None, float("nan")], pa.float64()))[0] == ["1.25", None, None]
    assert numbers(table([0.1 + 0.2], pa.float64()))[0] == ["0.3"]
    assert numbers(table([float("inf")], pa.float64()))[1] == 'must be a number: 1 row, first at row 2 ("inf")'
    assert numbers(table([True], pa.bool_()))[1] == "must be a number, found boolean"
    assert numbers(table([date(2024, 1, 1)], pa.date32()))[1] == "must be a number, found date"


# Instants

NOON = datetime(2011, 12, 31, 12, 5)
DAY = datetime(2011, 12, 31)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2011-12-31", DAY),
        ("2011/12/31 12:05", NOON),
        ("2011.12.31", DAY),
        ("2011-12-31T12:05:00", NOON),
        ("2011-12-31 12:05:00.5", NOON + timedelta(seconds=0.5)),
        ("2011-12-31 12:05:00.1234567", NOON + timedelta(microseconds=123456)),
        ("20111231", DAY),
        ("20111231120500", NOON),
        ("31/12/2011 12:05", NOON),
        ("31.12.2011", DAY),
        ("12/31/2011 12:05 PM", NOON),
        ("31/12/99", datetime(1999, 12, 31)),
        ("31-Dec-2011", DAY),
        ("31-Dec-11", DAY),
        ("31 December 2011", DAY),
        ("December 31, 2011", DAY),
        ("2011年12月31日 12:05", NOON),
        ("1325289600", DAY),
        ("1325289600000", DAY),
        ("2011-12-31T12:05:00Z", NOON),
        (" 2011-12-31 ", DAY),
    ],
)
def test_dates_are_read_as_written(table, given, expected):
    found, problem, _ = instants(table([given, None]))
    assert problem is None
    assert found == [expected, None]


def test_time_of_day_may_come_and_go(table):
    found, problem, note = instants(table(["2011-12-31", "2011-12-31 12:05"]))
    assert (found, problem) == ([DAY, NOON], None)
    assert note == 'dates like "%Y-%m-%d" or "%Y-%m-%d %H:%M"'


def test_dates_in_two_formats_are_told_with_counts(table):
    assert instants(table(["2011-12-31"] * 3 + ["31/12/2011"]))[1] == (
        'must have its dates in one format: dates in two formats: 3 like "2011-12-31", 1 like "31/12/2011"; '
        "state `date_format`"
    )


def test_day_and_month_are_asked_never_guessed(table):
    assert instants(table(["03/04/2011", "01/02/2011"]))[1] == (
        "must show which is the day and which the month: all 2 rows can be read both ways, "
        'first at row 2 ("03/04/2011"); state `date_format`, such as `%d/%m/%Y` or `%m/%d/%Y`'
    )
    assert instants(table(["03/04/2011"]), date_format="%m/%d/%Y")[0] == [datetime(2011, 3, 4)]


def test_two_digit_years_are_asked_where_they_could_be_days(table):
    assert "such as `%d/%m/%y` or `%y/%m/%d`" in instants(table(["24/01/13"]))[1]
    assert instants(table(["24/01/13"]), date_format="%y/%m/%d")[0] == [datetime(2024, 1, 13)]


def test_one_day_after_the_twelfth_settles_day_and_month(table):
    assert instants(table(["03/04/2011", "13/04/2011"]))[0][0] == datetime(2011, 4, 3)
    assert instants(table(["03/04/2011", "04/13/2011"]))[0][0] == datetime(2011, 3, 4)
    assert instants(table(["03/03/2011"]))[:2] == ([datetime(2011, 3, 3)], None)


def test_contradicting_day_and_month_are_told(table):
    assert instants(table(["13/04/2011", "14/04/2011", "04/13/2011"]))[1] == (
        "must have its dates in one format: 2 rows can be read day first, 1 row cannot, "
        'first at row 4 ("04/13/2011"); state `date_format`'
    )


def test_days_that_do_not_exist_are_told(table):
    found, problem, _ = instants(table(["2011-02-28", "2011-02-30"]))
    assert found == [datetime(2011, 2, 28), None]
    assert problem == 'must be a date: 1 row, first at row 3 ("2011-02-30")'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("hello", 'must be a date: 1 row, first at row 3 ("hello"); state `date_format`'),
        ("40543.5", 'first at row 3 ("40543.5")'),
        ("12:30", 'must be a date: 1 row, first at row 3 ("12:30")'),
    ],
)
def test_what_is_no_date_is_told(table, given, told):
    assert told in instants(table(["2011-12-31", given]))[1]


def test_day_numbers_of_a_spreadsheet_are_days_where_all_may_be(table):
    half_past_six = datetime(2011, 1, 1, 6, 30)  # 40544 is 1 January 2011, and 0.270833 of a day is half past six
    found, problem, note = instants(table(["40543", "40544.270833"]))
    assert (found, problem) == ([datetime(2010, 12, 31), half_past_six], None)
    assert note == "day numbers of a spreadsheet"
    assert instants(table([40543.0, 40544.270833333336], pa.float64()))[0] == [datetime(2010, 12, 31), half_past_six]
    for given in (["40543", "99999"], ["40543", "2011-12-31"]):
        assert "these look like day numbers of a spreadsheet" in instants(table(given))[1]


@pytest.mark.parametrize(
    "given",
    [
        ["2011-12-31", "2011/12/31 12:05"],
        ["2011-12-31", "2011年12月31日 12:05"],
        ["20111231", "31-Dec-2011 12:05"],
        ["2011年12月31日", "December 31, 2011 12:05 pm"],
    ],
)
def test_formats_that_leave_no_choice_stand_side_by_side(table, given):
    assert instants(table(given))[:2] == ([DAY, NOON], None)


@pytest.mark.parametrize(("given", "shown"), [("0000-01-03", "0000-01-03"), ("0000年1月3日", "0000年1月3日")])
def test_a_year_that_is_none_is_told(table, given, shown):
    found, problem, _ = instants(table(["2011-12-31", given.replace("年", "年")]))
    assert found == [DAY, None]
    assert problem == f'must be a date of the years 1 to 9999: 1 row, first at row 3 ("{shown}")'


def test_typed_days_before_christ_and_after_9999_are_told(table):
    for days in (-800_000, 4_000_000):
        given = table([0, days], pa.date32())
        found, problem, _ = instants(given)
        assert found == [datetime(1970, 1, 1), None]
        assert problem.startswith("must be a date of the years 1 to 9999: 1 row, first at row 3 (")


def test_stated_format_is_checked(table):
    assert instants(table(["31.12.2011", "x"]), date_format="%d.%m.%Y")[1] == (
        'must be a date like `date_format` "%d.%m.%Y": 1 row, first at row 3 ("x")'
    )
    with pytest.raises(ParamsError, match=r"`date_format` must be a strptime format such as .*, found '%Q'"):
        instants(table(["1"]), date_format="%Q")


def test_instants_that_are_typed_already(table):
    assert instants(table([NOON], pa.timestamp("ns")))[0] == [NOON]
    assert instants(table([date(2011, 12, 31)], pa.date32()))[0] == [DAY]
    zoned = NOON.replace(tzinfo=timezone(timedelta(hours=8)))
    found, _, note = instants(table([zoned], pa.timestamp("us", tz="Asia/Shanghai")))
    assert (found, note) == ([datetime(2011, 12, 31, 4, 5)], None)
    assert instants(table([20111231], pa.int32()))[0] == [DAY]
    assert instants(table([1.5], pa.float64()))[1].startswith('must be a date: 1 row, first at row 2 ("1.5")')
    assert instants(table([True], pa.bool_()))[1] == "must be a date, found boolean"
    assert instants(table([None, None]))[:2] == ([None, None], None)


def test_zero_dates_are_missing(table):
    found, problem, note = instants(table(["0000-00-00", "2011-12-31"]))
    assert (found, problem) == ([None, DAY], None)
    assert note.endswith('1 row such as "0000-00-00" read as missing')


def test_detected_formats_differ_in_the_time_alone(table):
    assert detect_date_format(table(["1/2/2011", "13/2/2011 10:00"]), "x").formats == ("%d/%m/%Y", "%d/%m/%Y %H:%M")


# Ids


def ids(table):
    parsed = parse_id(table, "x")
    return read(table, parsed), parsed.problem, parsed.note


def test_ids_are_trimmed_text(table):
    assert ids(table(["a ", "\u00a0b", "00012", None, " "])) == (
        ["a", "b", "00012", None, None],
        None,
        "space around 3 rows removed",
    )


def test_whole_numbers_lose_their_point(table):
    assert ids(table(["17850.0", "17851"])) == (["17850", "17851"], None, '".0" at the end of 1 row removed')
    assert ids(table(["17850.0", "C1"]))[0] == ["17850.0", "C1"]
    assert ids(table([17850.0, None, float("nan")], pa.float64()))[0] == ["17850", None, None]


def test_nineteen_digits_survive_where_the_type_holds_them(table):
    for kind in (pa.int64(), pa.decimal128(38, 0)):
        assert ids(table([1234567890123456789], kind))[0] == ["1234567890123456789"]
    assert ids(table(["1234567890123456789"]))[0] == ["1234567890123456789"]


@pytest.mark.parametrize(
    ("given", "kind", "told"),
    [
        ([1.0, 2.0**53], pa.float64(), 'first at row 3 ("9007199254740992.0")'),
        ([1.0, 1.5], pa.float64(), 'first at row 3 ("1.5")'),
        ([1.0, 2.0**24], pa.float32(), 'first at row 3 ("16777216.0")'),
        (["1", "1.23457E+18"], None, 'as numbers in scientific notation, first at row 3 ("1.23457E+18")'),
        ([f"12345678901234{end}000" for end in range(6)], None, "as numbers of a spreadsheet, which keeps fifteen"),
    ],
)
def test_ids_that_lost_digits_are_told(table, given, kind, told):
    problem = ids(table(given, kind))[1]
    assert problem.startswith("must hold whole ids: ")
    assert told in problem
    assert problem.endswith("; export the column as text")


def test_ids_are_bare_of_guards_and_of_what_cannot_be_seen(table):
    given = ['="0001"', '"=""0001"""', "'0001", "\ufeff0001", "00\u200b01\u2060", "0001\t", "00\u00ad01", '=""']
    assert ids(table(given))[:2] == (["0001"] * 7 + [None], None)
    assert ids(table(["O'Neill", "'a' b", 'say "x"']))[0] == ["O'Neill", "'a' b", 'say "x"']


def test_an_id_with_a_nul_is_told(table):
    assert ids(table(["a", "b\0c"]))[1].startswith("must hold no NUL character: 1 row, first at row 3")


def test_small_floats_of_32_bits_are_whole_ids(table):
    assert ids(table([17850.0, None], pa.float32()))[:2] == (["17850", None], None)


def test_words_for_nothing_are_no_customer(table):
    given = table(["NULL", "a", "#N/A", "", None])
    assert ids(given)[0] == [None, "a", None, None, None]
    assert given.filter(is_missing(given.x)).count().execute() == 4


def test_place_names_the_file_where_there_are_several(connection):
    both = pa.table({"x": ["1", "z"], "_file": ["a.csv", "b.csv"], "_row": pa.array([2, 2], pa.int64())})
    table = connection.create_table(ibis.util.guid(), both, temp=True)
    assert parse_number(table, "x", decimal=None).problem == 'must be a number: 1 row, first at row 2 of b.csv ("z")'
