"""What is said of a run by mail and webhook: claims and what moved, no value of the data, in each form."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.errors import ContractError, RefusedError
from helpers.params import Publication, Report, read_report
from helpers.reports import next_steps
from helpers.reports.finishing import Result
from helpers.reports.next_steps import Step
from helpers.reports.notices import Notice, as_html, as_markdown, as_text, is_wanted, notice
from helpers.reports.publishing import Published
from tests import shops


def finding(key: str, claim: str, value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    told = {"notebook": "exploration", "key": key, "claim": claim, "unit": "share"}
    return {**told, "value": value, "low": low, "high": high}


def published(out: Path, day: str, *findings: dict[str, Any]) -> Path:
    folder = out / "shop" / day
    folder.mkdir(parents=True)
    record = {"as_of": day, "headline": "Revenue fell by 5 %.", "findings": findings, "parameters": {}, "packages": {}}
    (folder / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "index.html").write_text("<p>the overview</p>", encoding="utf-8")
    return folder


@pytest.fixture
def report(tmp_path: Path) -> Report:
    path = shops.write_params(
        tmp_path / "shop.yml", tmp_path / "o.csv", more="address: https://reports.example.org/x/\n"
    )
    return read_report(path)


@pytest.fixture
def good(report: Report, tmp_path: Path) -> Notice:
    """Of a report whose repeat rate is clearly not what the report before it gave."""
    published(
        tmp_path / "out",
        "2024-12-31",
        finding("repeat_rate", "A third came back.", 0.33, 0.30, 0.36),
        finding("top_share", "The best hold half.", 0.5, 0.4, 0.6),
        finding("order_value", "An order is worth 10.", 10, None, None),
    )
    published(tmp_path / "out", "2024-11-30", finding("top_share", "The best hold all.", 0.99, 0.98, 1.0))
    folder = published(
        tmp_path / "out",
        "2025-01-31",
        finding("repeat_rate", "A quarter came back.", 0.25, 0.22, 0.28),
        finding("top_share", "The best hold <half>.", 0.55, 0.45, 0.65),
        finding("order_value", "An order is worth 99.", 99, None, None),
    )
    return notice(Result(report, Published(folder, "published"), None, "green"), out=tmp_path / "out")


def test_what_is_clearly_not_as_the_report_before_said_has_moved(good: Notice) -> None:
    assert tuple(each.replace("\u00a0", " ") for each in good.moved) == (
        "A quarter came back. (on 31 December 2024: 33.0 %)",
    )
    assert good.claims[0] == "Revenue fell by 5 %."
    assert len(good.claims) == 4
    assert good.address == "https://reports.example.org/x/shop/2025-01-31/index.html"


def test_a_first_report_moved_nothing(report: Report, tmp_path: Path) -> None:
    folder = published(tmp_path / "out", "2025-01-31", finding("a", "A.", 1, 0, 2))
    assert notice(Result(report, Published(folder, "published"), None, "green"), out=tmp_path / "out").moved == ()


def test_text_says_subject_what_moved_and_claims_in_this_order(good: Notice) -> None:
    assert as_text(good).replace("\u00a0", " ").splitlines() == [
        "小店 <Shop>, 2025-01-31: published, data health green",
        "",
        "What moved:",
        "- A quarter came back. (on 31 December 2024: 33.0 %)",
        "",
        "Claims:",
        "- Revenue fell by 5 %.",
        "- A quarter came back.",
        "- The best hold <half>.",
        "- An order is worth 99.",
        "",
        "https://reports.example.org/x/shop/2025-01-31/index.html",
    ]


def test_html_is_escaped_and_loads_nothing(good: Notice) -> None:
    html = as_html(good)
    assert "The best hold &lt;half&gt;." in html
    assert "小店 &lt;Shop&gt;" in html
    for forbidden in ("<script", "<img", "<style", "<link", " src="):
        assert forbidden not in html


def test_markdown_is_cut_where_a_service_takes_no_more(good: Notice) -> None:
    long = replace(good, claims=("很长的句子。" * 50,) * 9)
    text = as_markdown(long, longest=4096)
    assert 4090 <= len(text.encode()) <= 4096
    assert text.endswith("…")
    assert as_markdown(good, longest=4096).endswith("(https://reports.example.org/x/shop/2025-01-31/index.html)")


def test_a_notice_says_what_to_do_with_whom_and_whose_it_is(report: Report, tmp_path: Path) -> None:
    folder = published(tmp_path / "out", "2025-01-31", finding("a", "A.", 1, 0, 2))
    warned = Step("growth", "=Stop <it>", "n", "k", "Bo", 12, -5.0, amount_is="loss", is_warning=True)
    next_steps.keep([warned, Step("data", "Mend it", "n", "k", "Li")], folder)
    said = notice(Result(report, Published(folder, "published"), None, "green"), out=tmp_path / "out")
    assert [one.replace("\u00a0", " ") for one in said.steps] == [
        "Warning: =Stop <it> (12 customers; CNY 5.00 to be lost; Bo)",
        "Mend it (Li)",
    ]
    assert "What to do:\n- Warning: =Stop <it>" in as_text(said)
    assert "Stop &lt;it&gt;" in as_html(said)


def test_a_notice_is_in_the_language_of_its_report(report: Report, tmp_path: Path) -> None:
    params = {name: one.model_copy(update={"language": "zh"}) for name, one in report.params.items()}
    published(tmp_path / "out", "2024-12-31", finding("a", "从前。", 0.1, 0.09, 0.11))
    folder = published(tmp_path / "out", "2025-01-31", finding("a", "现在。", 0.5, 0.4, 0.6))
    next_steps.keep([Step("data", "修正数据", "n", "k", "数据团队", 12, 50.0, amount_is="at_risk")], folder)
    done = Result(replace(report, params=params), Published(folder, "published"), None, "green")
    said = notice(done, out=tmp_path / "out")
    assert said.subject == "小店 <Shop>，2025-01-31：已发布，数据健康度：绿灯"
    lines = as_text(replace(said, claims=("现在。",))).replace("\u00a0", " ").splitlines()
    assert lines[2:9] == [
        "变化：", "- 现在。（2024年12月31日为 10.0%）", "", "行动建议：", "- 修正数据（12 位客户；50.00 元有流失风险；数据团队）", "",
        "结论：",
    ]  # fmt: skip
    assert '<html lang="zh-Hans">' in as_html(said)


@pytest.mark.parametrize("error", [ContractError, RefusedError])
def test_a_failure_says_why_without_a_value_of_the_data(error: type, report: Report, tmp_path: Path) -> None:
    told = error(
        "`orders` must meet its contract; 1 problem.\n"
        "- column `amount` must be a number: 1 row, first at row 17 (\"ann@example.org\"); customer 'Ann Lee', “李雷”"
    )
    said = notice(Result(report, None, told), out=tmp_path / "out")
    assert said.status == ("refused" if error is RefusedError else "failed")
    for text in (as_text(said), as_html(said), as_markdown(said, longest=4096), str(said)):
        assert "column `amount` must be a number: 1 row, first at row 17" in text
        assert not any(name in text for name in ("ann@", "Ann Lee", "李雷"))


@pytest.mark.parametrize(
    ("status", "always", "change", "failure"),
    [
        ("published", True, True, False),
        ("revised", True, True, False),
        ("unchanged", True, False, False),
        ("refused", True, True, True),
        ("failed", True, True, True),
    ],
)
def test_who_is_told_when(status: str, always: bool, change: bool, failure: bool) -> None:
    said = Notice("shop", "Shop", "2025-01-31", status)
    assert [is_wanted(said, when) for when in ("always", "change", "failure")] == [always, change, failure]


def test_what_may_be_stated_of_telling() -> None:
    stated = Publication.model_validate({"tell_mail": ["a@example.org"], "tell_webhooks": ["wecom"]})
    assert (stated.tell_when, stated.tell_attached, stated.address) == ("change", False, None)
