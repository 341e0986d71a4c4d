"""What to do, from tables worked by hand: who, how much money, whose; warnings first, nothing of few, the proof linked."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat.v4 as nb
import pandas as pd
import pytest
from nbformat import NotebookNode

from helpers.display.findings import FINDINGS, Finding
from helpers.display.wording import speaking
from helpers.reports import next_steps, overview, ranking
from helpers.reports.rendering import render, sections
from tests.outputs import documented
from tests.reports.test_overview import executed

Rows = list[dict[str, Any]]
PROOFS = {
    "segmentation": ("data_health", "best_action"), "churn": ("churn_actions", "churn_winback", "churn_offer"),
    "clv": ("clv_best_channel",), "exploration": ("best_step",), "survey": ("drivers",),
}  # fmt: skip
ACTION = {
    "offer": "'=tea", "channel": "email", "segment": "Champions", "owner": "Shop", "contact_count": 90,
    "expected_amount": 250.0, "expected_low": 200.0, "expected_high": 300.0, "at_stake_amount": 5000.0,
    "assumed_lift_share": 0.05, "is_hidden": False,
}  # fmt: skip


def findings(**values: float) -> list[dict[str, Any]]:
    return [
        {"notebook": name, "claim": f"{key}.", **Finding(key, f"{key}.", values.get(key)).record()}
        for name, keys in PROOFS.items()
        for key in keys
    ]


@pytest.fixture
def todo(tmp_path: Path) -> Callable[..., list[next_steps.Step]]:
    """What is to be done by tables that are named `notebook__table`."""

    def of(
        lights: dict[str, str] | None = None,
        owners: dict[str, str] | None = None,
        scheme: dict[str, Any] | None = None,
        **tables: Rows,
    ) -> list[Any]:
        for name, rows in tables.items():
            notebook, _, table = name.partition("__")
            (tmp_path / notebook).mkdir(exist_ok=True)
            pd.DataFrame(rows).to_csv(tmp_path / notebook / f"{table}.csv", index=False)
        parameters: dict[str, Any] = {"churn": {"smallest_cell": 10}, "exploration": {"step_share": 0.01}}
        parameters["segmentation"] = scheme or {"scheme": "eleven_segments", "own_schemes": {}}
        return next_steps.of_report(
            tmp_path, findings=findings(), parameters=parameters, lights=lights or {}, owners=owners or {}
        )

    return of


def listed(action: str, count: int, *, held: int = 0, amount: float = 10.0) -> Rows:
    arms = ["contact"] * (count - held) + ["holdout"] * held
    return [
        {"customer_id": f"{action}{n}", "action": action, "arm": arm, "value_at_risk_amount": amount}
        for n, arm in enumerate(arms)
    ]


def test_warnings_come_first_then_the_most_money(todo: Callable[..., list[next_steps.Step]]) -> None:
    loses = ACTION | {"segment": "At Risk", "expected_amount": -40.0, "expected_low": -50.0, "expected_high": -30.0}
    unsure = ACTION | {"segment": "Lost", "expected_amount": -1.0, "expected_low": -9.0, "expected_high": 9.0}
    step = {"step": "a step", "pool_count": 500, "amount": 700.0, "low": 600.0, "high": 800.0, "is_hidden": False}
    steps = todo(
        lights={"exploration": "green", "segmentation": "amber"},
        segmentation__actions=[ACTION, unsure, loses],
        churn__actions=listed("get in touch before they stop", 40, held=4),
        exploration__steps=[step | {"amount": 30.0}, step],
    )
    told = [(one.owner, one.customer_count, one.amount, one.amount_is, one.is_warning) for one in steps]
    assert told == [
        ("Shop", 90, -40.0, "loss", True),
        ("Data team", None, None, "", True),
        ("Marketing", 500, 700.0, "gain", False),
        ("CRM", 36, 360.0, "at_risk", False),
        ("Shop", 90, 250.0, "gain", False),
        ("Shop", 90, -1.0, "unclear", False),
    ]
    assert steps[0].step == 'Do not send =tea by email to "At Risk": it costs more than it brings'
    assert (
        steps[2].money("EUR")
        == "EUR\u00a0700.00 to be gained (EUR\u00a0600.00 to EUR\u00a0800.00), if 1\u00a0% of them move"
    )


def test_segments_and_channels_have_their_chinese_names(todo: Callable[..., list[next_steps.Step]]) -> None:
    segments = [{"name": "Champions", "zh": "老友", "cells": ["1"]}, {"name": "rest", "cells": ["0"]}]
    own = {"title": "Ours", "axes": {"f": {"cut": 2, "quantiles": []}}, "segments": segments}
    with speaking("zh"):
        (step,) = todo(segmentation__actions=[ACTION | {"offer": "新茶"}])
        assert step.step == "通过邮件向“冠军客户”提供“新茶”"
        (step,) = todo(segmentation__actions=[ACTION], scheme={"scheme": "ours", "own_schemes": {"ours": own}})
        assert "“老友”" in step.step
        (step,) = todo(segmentation__actions=[ACTION | {"channel": "app"}], scheme={"scheme": "gone"})
        assert step.step == "通过 app 向“Champions”提供“=tea”"


def test_a_segment_whose_name_is_false_is_called_as_its_page_calls_it(
    todo: Callable[..., list[next_steps.Step]],
) -> None:
    row = {
        "segment": "New Customers", "least_purchase_count": 1, "most_purchase_count": 1,
        "least_last_days": 462, "most_last_days": 485, "is_hidden": False,
    }  # fmt: skip
    offer = ACTION | {"segment": "New Customers"}
    (step,) = todo(segmentation__actions=[offer], segmentation__false_names=[row])
    assert step.step.replace("\xa0", " ") == 'Offer =tea by email to "Bought once, 462 to 485 days ago"'
    (step,) = todo(segmentation__actions=[offer], segmentation__false_names=pd.DataFrame(columns=list(row)))
    assert step.step == 'Offer =tea by email to "New Customers"'


def test_who_answers_is_a_parameter(todo: Callable[..., list[next_steps.Step]]) -> None:
    tables = {"churn__actions": listed("help them to make use of it", 20), "segmentation__actions": [ACTION]}
    assert [one.owner for one in todo(**tables)] == ["Shop", "Customer service"]
    assert [one.owner for one in todo(owners={"service": "Li Na", "growth": "x"}, **tables)] == ["Shop", "Li Na"]
    with speaking("zh"):
        assert [one.owner for one in todo(**tables)] == ["Shop", "客服"]


def test_nothing_is_told_of_few_nor_of_what_is_hidden(todo: Callable[..., list[next_steps.Step]]) -> None:
    few = [*listed("get in touch before they stop", 9), *listed("help them to make use of it", 10)]
    hidden = ACTION | dict.fromkeys(("contact_count", "expected_amount", "at_stake_amount"))
    step = {"step": "a", "pool_count": None, "amount": None, "low": None, "high": None, "is_hidden": True}
    known = step | {"pool_count": 50, "amount": 5.0, "is_hidden": False}
    steps = todo(segmentation__actions=[hidden], churn__actions=few, exploration__steps=[step, known])
    assert [(one.finding, one.customer_count) for one in steps] == [("churn_actions", 10)]


@pytest.mark.parametrize(
    ("rule", "each", "amount_is", "is_warning"),
    [("go on", 2.0, "gain", False), ("go on with a hold-out", 2.0, "unclear", False), ("give up", -2.0, "loss", True)],
)
def test_winning_back_is_told_with_what_the_last_campaign_brought(
    todo: Callable[..., list[next_steps.Step]], rule: str, each: float, amount_is: str, is_warning: bool
) -> None:
    lists = [{"customer_id": f"00{n}", "arm": arm, "offer": "tea", "channel": "sms", "owner": "Bo"} for n, arm in
             enumerate(["contact"] * 30 + ["holdout"] * 5)]  # fmt: skip
    rates = [{"away": "(all)", "rule": rule, **{f"contribution_{name}": each for name in ("amount", "low", "high")}}]
    (one,) = todo(churn__winback=lists, churn__reactivation=rates)
    assert (one.customer_count, one.owner, one.amount_is, one.is_warning) == (30, "Bo", amount_is, is_warning)
    assert one.amount == (None if amount_is == "unclear" else 30 * each)


def test_a_channel_warns_where_it_surely_costs_more_than_it_brings(todo: Callable[..., list[next_steps.Step]]) -> None:
    row = {"customer_count": 40, "net_amount": -5.0, "is_usable": True, "is_hidden": False}
    rows = [{"channel": name, "clv_to_cac_high": high, **row} for name, high in [("a", 0.9), ("b", 1.1), ("c", None)]]
    (one,) = todo(clv__channels=rows)
    assert (one.amount, one.amount_is, one.is_warning) == (-200.0, "loss", True)
    assert one.step.startswith('Pay less for customers won by "a"')
    assert todo(clv__channels=[each | {"is_usable": False} for each in rows]) == []


def test_the_survey_says_what_to_mend(todo: Callable[..., list[next_steps.Step]]) -> None:
    priorities = [{"driver": "price", "verdict": "keep"}, {"driver": "delivery", "verdict": "fix"}]
    unhappy = [{"item": "price", "customer_count": 9.0, "counts_customers": True},
               {"item": "delivery", "customer_count": 55.4, "counts_customers": True}]  # fmt: skip
    (one,) = todo(survey__priorities=priorities, survey__unhappy=unhappy)
    assert (one.step, one.customer_count, one.owner) == ("drivers", 55, "Customer service")
    assert todo(survey__priorities=priorities[:1], survey__unhappy=unhappy) == []


def test_the_table_is_as_documented(todo: Callable[..., list[next_steps.Step]], tmp_path: Path) -> None:
    next_steps.keep(todo(segmentation__actions=[ACTION]), tmp_path / "report")
    kept = pd.read_csv(tmp_path / "report" / next_steps.TABLE)
    assert list(kept) == documented("tables/overview/")["next_steps.csv"].split(", ")
    assert kept[["place", "customer_count", "amount"]].to_numpy().tolist() == [[1, 90, 250.0]]
    next_steps.keep([], tmp_path / "none")
    assert not (tmp_path / "none").exists()


def with_findings(notebook: NotebookNode, *keys: str, answer: tuple[str, ...]) -> NotebookNode:
    """The notebook with a section that tells these findings, and an answer that tells some of them."""

    def told(names: tuple[str, ...], *tags: str) -> NotebookNode:
        data = {FINDINGS: {"findings": [Finding(name, f"{name} it is.").record() for name in names]}, "text/html": "h"}
        return nb.new_code_cell("", outputs=[nb.new_output("display_data", data)], metadata={"tags": list(tags)})

    section = [nb.new_markdown_cell("## Who is it?\n\nText."), told(keys)]
    return nb.new_notebook(cells=[*notebook.cells[:2], *section, told(answer, "answer")])


def test_actions_and_claims_link_to_the_section_that_proves_them() -> None:
    notebook = with_findings(executed("Who?", "green", ""), "best_step", answer=("revenue_change", "best_step"))
    assert sections(notebook) == {"best_step": "Who-is-it?", "revenue_change": "answer"}
    step = next_steps.Step("growth", "Do <this>", "exploration", "best_step", "Bo", 12, 5.0, amount_is="at_risk")
    (words,) = next_steps.in_words([step], currency="EUR", places={"exploration": sections(notebook)})
    page = render(notebook, name="exploration", names=["exploration"], steps=[words | {"href": words["fragment"]}])
    assert '<p class="step">Do &lt;this&gt;</p>' in page
    assert 'id="Who-is-it?"' in page
    assert '<a href="#Who-is-it?">Why</a>' in page
    assert page.index("What to do") < page.index("Contents")
    report = {"exploration": notebook}
    weights: dict[tuple[str, str], ranking.Weight] = {("exploration", "best_step"): (False, 9.0)}
    whole = overview.page(report, steps=[words | {"href": "exploration.html#Who-is-it?"}], weights=weights)
    assert whole.index("best_step it is.") < whole.index("revenue_change it is.") < whole.index("Do &lt;this&gt;")
    assert "<span>12 customers</span> · <span>EUR\u00a05.00 at risk</span> · <span>Owner: Bo</span>" in whole
    assert whole.count('href="exploration.html#Who-is-it?"') == 2
    assert 'href="exploration.html#answer"' in whole


LINK = re.compile(r'href="(\w+\.html)?#([^"]+)"')


def test_every_link_of_a_published_report_leads_to_a_section(demo_report: Path) -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in demo_report.glob("*.html")}
    for name, page in pages.items():
        for target, fragment in set(LINK.findall(page)):
            assert f'id="{unquote(unescape(fragment))}"' in unescape(pages[target or name]), (name, target, fragment)
    steps = pd.read_csv(demo_report / next_steps.TABLE)
    assert steps["is_warning"].is_monotonic_decreasing
    for _, of_kind in steps.groupby("is_warning"):
        assert of_kind["amount"].fillna(0).abs().is_monotonic_decreasing
    for notebook, own in steps.groupby("notebook"):
        page = unescape(pages[f"{notebook}.html"])
        assert all(step in page for step in own["step"])
    counts = pd.read_csv(demo_report / "tables/segmentation/contacts.csv").query("arm == 'contact'").groupby("segment")
    listed = steps[steps["finding"] == "best_action"]
    assert sorted(listed["customer_count"]) == sorted(counts.size())


def test_the_offer_to_stay_says_to_how_many_customers_it_goes(tmp_path: Path) -> None:
    (tmp_path / "churn").mkdir()
    pd.DataFrame([{"offered_count": 120, "is_hidden": False}]).to_csv(tmp_path / "churn/offer.csv", index=False)
    believed = {"smallest_cell": 10, "accept_alpha": 6, "accept_beta": 14}
    asked = {"parameters": {"churn": believed}, "lights": {}, "owners": {}}
    (one,) = next_steps.of_report(tmp_path, findings=findings(churn_offer=3490.0), **asked)
    assert (one.finding, one.customers.replace("\u00a0", " "), one.amount) == ("churn_offer", "120 customers", 3490.0)
    assert one.money("CNY").replace("\u00a0", " ").endswith(", if 30 % of those leaving stay for it")
