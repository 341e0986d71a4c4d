"""No table of groups, no finding and no page tells of few customers: every notebook, of a small company.

A cell is a number of customers whom something that they are or did picks out: those of a row, a part of them that a
column counts or gives as a share, and the rest of them. Orders, pauses and answers are cells as their customers are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.display import findings, tables
from helpers.display import language as say
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.models.statistics import small_groups
from helpers.simulation import company
from helpers.simulation.settings import Company
from tests import cells, seen_texts

FEW = 10
OF_CUSTOMERS = {"customers", "next_tier", "groups", "recommendations", "contacts", "warnings"}
OF_CUSTOMERS |= {"next_campaign", "winback", "churn.actions"}
"""Tables of which a row is a customer, or something listed for one."""
OF_NO_GROUP = {
    *("ledger", "gaps", "changes", "off_scale"),
    *("points_checks", "rules", "signals", "hazards"),
    *("uplift", "models", "forecasters", "tracking", "parameters", "origins", "values", "levers", "forecast", "budget"),
    *("marks", "unhappy", "spread", "drivers", "priorities", "reliability"),
    *("associations", "equal_modes", "calibrated", "moves", "distinctive_words", "said_and_done", "weightings"),
}
"""Tables of rows, pauses gathered, orders, models, and all customers or answers together; of no group, so not hidden."""
NO_CELLS = {
    ("ledger", "row_count"): "rows of files that a rule caught, whoever they are of",
    ("purchase_counts", "purchase_count"): "the name of the row",
    ("false_names", "least_purchase_count"): "days with a purchase",
    ("false_names", "most_purchase_count"): "days with a purchase",
    ("steps", "customer_count"): "a stated share of a pool: nobody in particular",
    ("rules", "expected_count"): "orders with two products that chance would make",
    ("signals", "warned_count"): "the page names those warned of",
    ("signals", "usual_count"): "a mean a week",
    ("actions", "contact_count"): "the list itself names them",
    ("actions", "holdout_count"): "drawn by lot: it tells nothing of who is in it",
    ("origins", "expected_purchase_count"): "of all customers together",
    ("origins", "actual_purchase_count"): "of all customers together",
    ("budget", "customer_count"): "customers who are still to be won",
    ("desk", "open_count"): "tickets that wait: what the desk has to do, whoever sent them",
}
"""Counts that are no cells, by table and column, with the reason."""
PARTS = {
    "retention": {"share": "n", "reach_share": "n"},
    "stage_record": {"back_share": "customer_count", "back_count": "customer_count"},
    "stages": {"once_count": "customer_count"},
    "tiers": {"redeemer_share": "customer_count", "straddle_count": "customer_count"},
    "move_reasons": {"moved_count": "n"},
    "actions": dict.fromkeys(
        ["erased_count", "no_consent_count", "capped_count", "other_action_count", "over_limit_count"], "segment_count"
    ),
    "coming_back": {"actual_share": "n"},
    "alive": {"actual_share": "n"},
    "definitions": {"gone_count": "told_count", "gone_share": "told_count"},
    "multiple": {"named_count": "n"},
    "response_rates": {"complete": "invited", "refusal": "invited", "no_contact": "invited"},
}
"""Columns that count a part of a group or give it as a share, by table, with the column that counts the group."""
NO_CUSTOMERS = {
    "unused_scores": "scores that nobody has",
    "churn_warnings": "the page names those warned of",
    "clv_origins": "days",
    "clv_budget": "ways to spend a budget",
    "clv_forecast_backtest": "periods",
}
"""Findings whose value or n counts no customers, or such as are named beside it."""
ON_PAGES = {
    "score": "the name of the row",
    "held out": "drawn by lot",
    "rows": "rows of files that a rule caught",
    "renewals seen": "how many renewals, of many subscribers each",
    "came": "purchases of all customers together",
}
"""Columns of tables on pages that hold small whole numbers, by their headings, with the reason."""
OF_MARKS = "How far customers differ in their marks"
"""How the caption of a table begins whose small whole numbers are marks on a scale."""
NAMES = {"age_months", "purchase_count", "weekday", "hour", "decile", "period", "action", "new_customer_count"}
NAMES |= {"score", "age_days", "answer", "age"}
OTHERS = ("order_items", "memberships", "points", "consents", "erasures", "events", "subscriptions", "tickets")
OTHERS = (*OTHERS, "campaigns", "campaign_assignments")
ASKED = ("survey_responses", "survey_questions")


NAMED = ["exploration", "segmentation", pytest.param("clv", marks=pytest.mark.slow), "churn", "survey"]

LONE_DASH = re.compile(r"(?<![^\s(])–(?![^\s,.;:)])")


@dataclass
class Ran:
    """What the cells of a notebook kept and showed, and each table that was hidden, before and after."""

    of: str
    kept: dict[str, pd.DataFrame] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    findings: dict[str, Finding] = field(default_factory=dict)
    pages: list[tuple[str, pd.DataFrame]] = field(default_factory=list)
    hidden: list[tuple[pd.DataFrame, pd.DataFrame]] = field(default_factory=list)
    watched: seen_texts.Watched = field(default_factory=seen_texts.Watched)

    def named(self, table: str) -> str:
        """The name of a table: with its notebook where a table of another one has the same."""
        return f"{self.of}.{table}" if f"{self.of}.{table}" in OF_CUSTOMERS else table


@pytest.fixture(scope="module", params=NAMED)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("company")
    company.write(Company(customer_count=260), folder)
    told = {name: str(folder / name) for name in ("customers", "products")}
    own: dict[str, Any] = {
        "exploration": {"breakdowns": ["channel", "region", "category"]},
        "segmentation": {
            "actions": [{"segment": "Promising", "offer": "a", "channel": "email", "owner": "x"}],
            "tier_rules": [{"tier": "blue"}, {"tier": "silver", "orders": 2}, {"tier": "gold", "orders": 5}],
        },
        "clv": {"budget_amount": 1000.0, "draw_count": 200, "origin_count": 2},
        "churn": {},
        "survey": {"replicate_count": 50},
    }[request.param]
    names = (*OTHERS, *ASKED) if request.param == "survey" else OTHERS
    if request.param == "survey":
        del told["products"]
    found = Ran(request.param)
    with pytest.MonkeyPatch.context() as patch, seen_texts.watching() as found.watched:
        patch.setattr(tables, "keep", lambda frame, name, **_: found.kept.update({found.named(name): frame}))
        patch.setattr(findings, "tell", heard(findings.tell, found))
        patch.setattr(tables, "table", drawn(tables.table, found))
        patch.setattr(small_groups, "hide", recorded(small_groups.hide, found))
        for name in ("hide_pairs", "hide_within"):
            patch.setattr(small_groups, name, recorded(getattr(small_groups, name), found))
        cells.run(
            request.param,
            seen=found.texts,
            is_drawn=True,
            **told,
            as_of="2024-12-31",
            currency="CNY",
            orders={"source": str(folder / "orders")},
            other_tables={name: str(folder / name) for name in names},
            **own,
        )
    return found


def recorded(hide: Callable[..., pd.DataFrame], found: Ran) -> Callable[..., pd.DataFrame]:
    def wrapped(groups: pd.DataFrame, **how: Any) -> pd.DataFrame:
        found.hidden.append((groups, after := hide(groups, **how)))
        return after

    return wrapped


def heard(tell: Callable[..., None], found: Ran) -> Callable[..., None]:
    def wrapped(*told: Finding) -> None:
        found.findings |= {one.key: one for one in told}
        tell(*told)

    return wrapped


def drawn(table: Callable[..., Table], found: Ran) -> Callable[..., Table]:
    def wrapped(frame: pd.DataFrame, *, caption: str, **how: Any) -> Table:
        found.pages.append((caption, frame))
        return table(frame, caption=caption, **how)

    return wrapped


def of_groups(ran: Ran) -> dict[str, pd.DataFrame]:
    return {name: frame for name, frame in ran.kept.items() if name not in OF_CUSTOMERS | OF_NO_GROUP}


def is_few(counts: pd.Series) -> bool:
    people = pd.to_numeric(counts).astype(float)
    return bool(((people > 0) & (people < FEW)).any())


def test_no_table_has_a_count_of_few_customers(ran: Ran) -> None:
    for name, frame in ran.kept.items():
        assert name in OF_CUSTOMERS or "customer_id" not in frame, f"{name}: is a row a customer?"
        assert name in OF_CUSTOMERS | OF_NO_GROUP or "is_hidden" in frame, f"{name}: is it a table of groups?"
        counts = [column for column in frame if str(column).endswith("_count") or column in {"n", "count"}]
        for column in (column for column in counts if name not in OF_CUSTOMERS and (name, column) not in NO_CELLS):
            assert not is_few(frame[column]), (name, column)


def test_no_part_of_a_group_and_no_rest_is_of_few(ran: Ran) -> None:
    for name, parts in PARTS.items():
        there = {part: whole for part, whole in parts.items() if name in ran.kept and part in ran.kept[name]}
        for part, whole in there.items():
            inside, of_all = (ran.kept[name][column].astype(float) for column in (part, whole))
            inside = (inside * of_all).round() if part.endswith("share") else inside
            assert not is_few(inside), (name, part)
            assert not is_few(of_all - inside), (name, part)


def test_no_finding_is_of_few(ran: Ran) -> None:
    assert len(ran.findings) >= 10
    for key, told in ran.findings.items():
        people = [told.n or 0, (told.value or 0) if told.unit == "count" else 0]
        assert key in NO_CUSTOMERS or not any(0 < count < FEW for count in people), told.sentence


def test_no_table_of_a_page_has_a_count_of_few(ran: Ran) -> None:
    assert len(ran.pages) >= 3
    for caption, frame in ((caption, frame) for caption, frame in ran.pages if not caption.startswith(OF_MARKS)):
        for column in (column for column in frame.select_dtypes("number") if column not in ON_PAGES):
            numbers = pd.to_numeric(frame[column]).dropna().astype(float)
            is_counted = bool((numbers == numbers.round()).all())
            assert not (is_counted and is_few(numbers)), (caption, column)


def test_of_a_hidden_row_no_number_is_told(ran: Ran) -> None:
    assert ran.of == "churn" or any(frame["is_hidden"].any() for frame in of_groups(ran).values())
    parts = {"months", "move_reasons", "actions", "stages", "stage_record", "retention", "tiers", "thresholds"}
    parts |= {"coming_back", "alive", "profiles", "points"}  # of which some numbers are hidden alone
    for name, frame in of_groups(ran).items():
        rows = frame[frame["is_hidden"].astype(bool)]
        numbers = [column for column in rows.select_dtypes("number") if column not in NAMES]
        assert name in parts or rows[numbers].isna().all(axis=None), name


def test_no_amount_of_a_hidden_row_is_on_the_page(ran: Ran) -> None:
    page, secrets = "\n".join(ran.texts), set()
    for before, after in ran.hidden:
        for column in (column for column in before if str(column).endswith("amount")):
            amounts = before.loc[after[column].isna().to_numpy(), column].dropna().astype(float)
            secrets |= {say.money(amount, currency="CNY") for amount in amounts[(amounts > 0) & np.isfinite(amounts)]}
    assert secrets or ran.of in {"churn", "survey"}  # no table of groups with amounts is kept there
    assert not {secret for secret in secrets if secret in page}


def test_no_sentence_has_a_dash_where_a_number_is_hidden(ran: Ran) -> None:
    alts = [text for text in ran.texts if text.startswith("[figure] ")]
    said = [*alts, *(one.claim for one in ran.findings.values()), *(one.evidence for one in ran.findings.values())]
    assert alts
    assert not [text for text in said if LONE_DASH.search(text)]


def test_no_figure_has_a_text_that_is_cut_or_names_that_meet(ran: Ran) -> None:
    assert len(ran.watched.widths) >= 2
    assert ran.watched.cut == []
    assert ran.watched.meeting == []
