"""Reading a report's YAML: everything that does not fit is named at once, with the nearest name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from helpers.errors import ParamsError
from helpers.params import NOTEBOOKS, ExplorationParams, read_report

GOOD = "title: Shop\nas_of: 2025-01-31\norders: cdnow\n"


@pytest.fixture
def report(tmp_path: Path):
    def write(text: str, name: str = "shop.yml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(path: Path, **options: object) -> str:
    with pytest.raises(ParamsError) as caught:
        read_report(path, **options)
    return str(caught.value)


def test_a_report_is_named_after_its_file_and_runs_all_notebooks(report) -> None:
    read = read_report(report(GOOD))
    assert (read.name, read.title, read.as_of, list(read.params)) == (
        "shop",
        "Shop",
        date(2025, 1, 31),
        [name for name, model in NOTEBOOKS.items() if model.needed_tables == ("orders",)],
    )
    assert read.params["exploration"].orders.source == "cdnow"


def test_dates_may_be_quoted_or_not(report) -> None:
    quoted = read_report(report(GOOD.replace("2025-01-31", "'2025-01-31'")))
    assert quoted.as_of == read_report(report(GOOD, "b.yml")).as_of


def test_as_of_can_be_given_from_outside(report) -> None:
    assert read_report(report(GOOD), as_of=date(2024, 12, 31)).as_of == date(2024, 12, 31)


@pytest.mark.parametrize(
    ("word", "zone", "day"),
    [
        ("today", "Asia/Shanghai", date(2025, 3, 1)),
        ("today", "America/New_York", date(2025, 2, 28)),
        ("yesterday", "Asia/Shanghai", date(2025, 2, 28)),
        ("last-month-end", "Asia/Shanghai", date(2025, 2, 28)),
        ("last-month-end", "America/New_York", date(2025, 1, 31)),
    ],
)
def test_a_word_is_a_day_in_the_zone_of_the_report(report, word: str, zone: str, day: date) -> None:
    now = datetime(2025, 2, 28, 20, 0, tzinfo=UTC)
    text = GOOD.replace("2025-01-31", word) + f"time_zone: {zone}\n"
    assert read_report(report(text), now=now).as_of == day
    assert read_report(report(GOOD + f"time_zone: {zone}\n", "b.yml"), as_of=word, now=now).as_of == day


def test_a_word_without_a_zone_is_told_from_the_clock_of_the_machine(report) -> None:
    before = datetime.now().astimezone().date()
    assert before <= read_report(report(GOOD), as_of="today").as_of <= datetime.now().astimezone().date()


def test_what_is_no_day_names_the_words(report) -> None:
    assert (
        "`as_of`: must be a day such as 2025-01-31 or, for a report, today, yesterday, last-month-end, found 'soon'"
    ) in refusal(report(GOOD), as_of="soon")


def test_a_notebooks_own_keys_stand_under_its_name(report) -> None:
    params = read_report(report(GOOD + "top_share: 0.3\nexploration:\n  top_share: 0.1\n")).params["exploration"]
    assert isinstance(params, ExplorationParams)
    assert params.top_share == 0.1


def test_all_problems_are_named_at_once(report) -> None:
    orders = "orders: {source: cdnow, colums: {a: b}}"
    text = f"title: Shop\nas_of: soon\n{orders}\nexploration:\n  cohort_cuont: 3\n  top_share: 3\n"
    told = refusal(report(text))
    assert "4 problems" in told
    assert "'orders.colums' is not a parameter. Did you mean `columns`?" in told
    assert "'cohort_cuont' is not a parameter. Did you mean `cohort_count`?" in told
    assert "`top_share`: input should be less than 1, found 3" in told
    assert "`as_of`" in told


def test_missing_keys_are_named(report) -> None:
    told = refusal(report("currency: EUR\n"))
    assert [f"`{key}` is missing" in told for key in ("title", "as_of", "orders")] == [True] * 3


def test_a_name_with_a_newline_is_refused_and_shown_as_text(report) -> None:
    told = refusal(report(GOOD + '"x\\nimport os": 1\n'))
    assert "'x\\nimport os' is not a parameter." in told


@pytest.mark.parametrize("name", ["../../x", "a/b", "", "x" * 65, "a b", ".hidden"])
def test_a_report_name_must_be_a_folder_name(report, name: str) -> None:
    assert "names a folder" in refusal(report(GOOD + f"report: '{name}'\n"))


def test_a_chinese_report_name_is_fine(report) -> None:
    assert read_report(report(GOOD + "report: 客户_2025\n")).name == "客户_2025"


def test_a_key_written_twice_is_refused(report) -> None:
    assert "`title` is written twice" in refusal(report(GOOD + "title: Other\n"))


def test_broken_yaml_names_the_line(report) -> None:
    assert "must be YAML at line 3" in refusal(report("title: x\nas_of: [\n"))


def test_a_missing_file_says_how_to_find_reports(tmp_path: Path) -> None:
    assert "`regulars list` shows the known reports" in refusal(tmp_path / "none.yml")


def test_an_empty_file_is_refused(report) -> None:
    assert "must hold keys and values" in refusal(report(""))


def test_unknown_notebooks_are_named(report) -> None:
    assert "'explorations' is not a notebook. Did you mean `exploration`?" in refusal(
        report(GOOD + "notebooks: [explorations]\n")
    )
    assert "--only: 'clvv' is not a notebook." in refusal(report(GOOD), only=["clvv"])


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("{rule: a, column: b}", "needs one condition"),
        ("{rule: a, column: b, missing: true, at_most: 0}", "needs one condition"),
        ("{rule: a, missing: true}", "needs a `column`"),
        ("{rule: a, duplicates: true, column: b}", "takes no `column`"),
        ("{rule: a, column: b, missing: true, do: burn}", "drop"),
    ],
)
def test_a_rule_states_one_condition(report, rule: str, why: str) -> None:
    assert why in refusal(report(f"title: x\nas_of: 2025-01-01\norders: {{source: cdnow, rules: [{rule}]}}\n"))


def test_from_which_light_on_a_report_is_refused(report) -> None:
    known = "title: x\nas_of: 2025-01-31\norders: cdnow\n"
    assert read_report(report(known)).publication.refuse == "red"
    path = report(known + "refuse: never\n")
    assert read_report(path).publication.refuse == "never"
    assert read_report(path, publication={"refuse": "amber"}).publication.refuse == "amber"
    assert "`refuse`: input should be 'amber', 'red' or 'never', found 'green'" in refusal(
        report(known + "refuse: green\n")
    )


def test_limits_must_rise(report) -> None:
    assert "must rise between 0 and 1" in refusal(report(GOOD + "abc_shares: [0.9, 0.5]\n"))
    assert "must not be above" in refusal(report(GOOD + "warn_share: 0.5\n"))


def test_the_cell_of_a_notebook_is_read_by_name() -> None:
    params = ExplorationParams.from_cell({"title": "Shop", "as_of": "2025-01-31", "unrelated": 1})
    assert (params.title, params.as_of) == ("Shop", date(2025, 1, 31))
    with pytest.raises(ParamsError, match="the parameters cell must meet"):
        ExplorationParams.from_cell({"top_share": 2})


def test_a_date_that_no_calendar_has_is_refused(report) -> None:
    assert "must hold dates that exist" in refusal(report(GOOD.replace("2025-01-31", "2025-06-31")))


def test_notebooks_must_be_a_list_of_names(report) -> None:
    assert "is not a notebook" in refusal(report(GOOD + "notebooks:\n  - exploration: {top_share: 0.1}\n"))
    assert "must name one notebook at least" in refusal(report(GOOD + "notebooks: []\n"))


@pytest.mark.parametrize("key", ["as_of: 2024-01-31", "title: Other", "currency: EUR", "margin_share: 0.4"])
def test_what_is_one_for_the_report_is_not_stated_for_a_notebook(report, key: str) -> None:
    assert "state it once, for the whole report" in refusal(report(GOOD + f"exploration:\n  {key}\n"))


def test_a_margin_is_the_same_on_every_page(report) -> None:
    params = read_report(report(GOOD + "margin_share: 0.4\n")).params
    assert {name: one.margin_share for name, one in params.items()} == dict.fromkeys(params, 0.4)
    assert len(params) > 1


@pytest.mark.parametrize("began_on", ["2025-02-01", "2024-13-01"])
def test_a_business_began_on_a_day_up_to_the_report(report, began_on: str) -> None:
    assert "business_began_on" in refusal(report(GOOD + f"business_began_on: {began_on}\n"))
    read_report(report(GOOD + "business_began_on: 2024-01-01\n"))
