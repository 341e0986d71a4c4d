"""What to do: the actions that the pages of a report speak for, each with customers, money, owner and its proof."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display.segments.naming import channel_name, segment_name, true_names
from helpers.display.tables import CSV_ENCODING, defused, rounded
from helpers.display.wording import named, vocabulary, worded
from helpers.models.churn.action_list import APPROACH, ASK, HELP, MEND, REMIND
from helpers.models.churn.winback import EVERY, GIVE_UP, GO_ON
from helpers.models.segments.actions import CONTACT
from helpers.models.statistics.small_groups import hide
from helpers.reports.rendering import ANSWER_TAG
from helpers.schemes.scheme import Scheme, built_in, built_in_names

Row = Mapping[Any, Any]
DATA, RETENTION, SERVICE, ACQUISITION, GROWTH = "data", "retention", "service", "acquisition", "growth"
OWNERS = dict(
    zip(
        (DATA, RETENTION, SERVICE, ACQUISITION, GROWTH),
        vocabulary("Data team", "CRM", "Customer service", "Marketing", "Marketing"),
        strict=True,
    )
)
"""Who answers for an action by its kind, where the params name nobody else."""
WEEKLY = dict(
    zip(
        (MEND, ASK, APPROACH, HELP, REMIND),
        vocabulary(
            "Call subscribers who met a bad incident, and mend what went wrong",
            "Ask customers who buy other things now what they buy elsewhere",
            "Get in touch with customers who have begun to do less",
            "Help subscribers at risk to make use of what they pay for",
            "Remind customers at risk, with an offer where it pays",
        ),
        strict=True,
    )
)
"""The actions of the churn page's list, as an instruction."""
NUMBERS = ("customer_count", "amount", "low", "high")
AT_RISK, GAIN, LOSS, UNCLEAR = "at_risk", "gain", "loss", "unclear"
TABLE = Path("tables") / "overview" / "next_steps.csv"
COLUMNS = (
    "place", "kind", "step", "customer_count", "amount", "low", "high", "amount_is", "condition", "owner", "is_warning",
    "notebook", "finding",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """Something to do.

    Parameters
    ----------
    kind
        What it is about: data, retention, service, acquisition or growth.
    step
        What to do, a sentence or a phrase.
    notebook, finding
        Where it is proven: the key of a finding of a notebook.
    owner
        Who answers for it; empty where the kind decides.
    customer_count
        Customers whom it is done for; None where it is for no customers, or they are not counted.
    amount, low, high
        The money in it, in the report's currency, with its interval where it has one.
    amount_is
        at_risk (may be lost with these customers), gain (expected against doing nothing), loss (expected likewise),
        unclear (whether it pays is not known), or empty.
    condition
        On what the money hangs; empty where on nothing that is assumed.
    is_warning
        Whether something is wrong until it is done.
    """

    kind: str
    step: str
    notebook: str
    finding: str
    owner: str = ""
    customer_count: int | None = None
    amount: float | None = None
    low: float | None = None
    high: float | None = None
    amount_is: str = ""
    condition: str = ""
    is_warning: bool = False

    @property
    def customers(self) -> str:
        """How many customers it is done for, in words; empty where they are not counted."""
        return "" if self.customer_count is None else say.counted(self.customer_count, "customer")

    def money(self, currency: str) -> str:
        """What is in it, in words, with what it hangs on."""
        money = self._money(currency)
        return worded("{money}, {condition}", money=money, condition=self.condition) if self.condition else money

    def _money(self, currency: str) -> str:
        if self.amount_is == UNCLEAR and self.low is None:
            return worded("whether it pays is not clear")
        if self.amount is None:
            return ""
        amount, low, high = (
            say.money(None if value is None else abs(value) if self.amount_is == LOSS else value, currency=currency)
            for value in (self.amount, self.low, self.high)
        )
        if self.amount_is == LOSS:
            return worded("{amount} to be lost", amount=amount)
        if self.amount_is == UNCLEAR:
            return worded("whether it pays is not clear ({low} to {high})", low=low, high=high)
        if self.amount_is == AT_RISK:
            return worded("{amount} at risk", amount=amount)
        if self.low is None:
            return worded("{amount} to be gained", amount=amount)
        return worded("{amount} to be gained ({low} to {high})", amount=amount, low=low, high=high)


def of_report(
    tables: Path,
    *,
    findings: Iterable[Row],
    parameters: Mapping[str, Row],
    lights: Mapping[str, str],
    owners: Mapping[Any, str],
) -> list[Step]:
    """What there is to do by the tables and findings of a report: warnings first, then by money, the most first.

    Small groups stay hidden: rows that the tables hide are left out, and of the list by customer no action of fewer
    than `smallest_cell`. Lists hold whom consents let contact, without those who are left alone to measure by.

    Parameters
    ----------
    tables
        The folder that holds a folder of tables for each notebook.
    findings
        Each with notebook, key, claim and value.
    parameters
        Of each notebook, as plain JSON.
    lights
        Of data health, by notebook.
    owners
        Who answers for which kind of action, in place of `OWNERS`.
    """
    told = {(one["notebook"], one["key"]): one for one in findings}
    found = [
        *_data(lights),
        *_segments(
            _table(tables, "segmentation", "actions"),
            _scheme(parameters.get("segmentation", {}), _table(tables, "segmentation", "false_names")),
        ),
        *_weekly(_table(tables, "churn", "actions"), smallest_cell=_smallest_cell(parameters.get("churn", {}))),
        *_offer(told.get(("churn", "churn_offer")), _table(tables, "churn", "offer"), parameters.get("churn", {})),
        *_winback(_table(tables, "churn", "winback"), _table(tables, "churn", "reactivation")),
        *_channels(_table(tables, "clv", "channels"), told.get(("clv", "clv_budget"))),
        *_small_step(_table(tables, "exploration", "steps"), parameters.get("exploration", {})),
        *_mend(_table(tables, "survey", "priorities"), _table(tables, "survey", "unhappy"), told),
    ]
    steps = [each for each in found if (each.notebook, each.finding) in told]
    owned = [_owned(each, {**OWNERS, **owners}) for each in steps]
    return sorted(owned, key=lambda each: (not each.is_warning, -abs(each.amount or 0.0)))


def in_words(steps: Iterable[Step], *, currency: str, places: Mapping[str, Mapping[str, str]]) -> list[dict[str, str]]:
    """What pages say of each: text, customers, money, owner, warning, notebook and fragment of its proof.

    Parameters
    ----------
    steps
        What there is to do.
    currency
        Of the report.
    places
        By notebook, the fragment of the section that proves a finding, by its key.
    """
    return [
        {
            "text": each.step,
            "customers": each.customers,
            "money": each.money(currency),
            "owner": each.owner,
            "warning": worded("Warning:") if each.is_warning else "",
            "notebook": each.notebook,
            "fragment": f"#{places[each.notebook].get(each.finding, ANSWER_TAG)}",
        }
        for each in steps
    ]


def keep(steps: Sequence[Step], folder: Path) -> None:
    """Write what there is to do beside the tables of a report's notebooks; nothing where there is nothing."""
    if not steps:
        return
    rows = [
        {"place": place, **{name: getattr(each, name) for name in COLUMNS[1:]}}
        for place, each in enumerate(steps, start=1)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"customer_count": "Int64"})
    frame = frame.astype(dict.fromkeys(("amount", "low", "high"), float))
    place = folder / TABLE
    place.parent.mkdir(parents=True, exist_ok=True)
    rounded(defused(frame)).to_csv(place, index=False, lineterminator="\n", encoding=CSV_ENCODING)


def told(folder: Path, *, currency: str) -> list[str]:
    """What there is to do by the table of a report, a line each: the step, customers, money and owner."""
    path = folder / TABLE
    if not path.is_file():
        return []
    texts = dict.fromkeys(("kind", "step", "owner", "amount_is", "condition", "notebook", "finding"), str)
    rows = pd.read_csv(
        path, encoding=CSV_ENCODING, dtype=texts, keep_default_na=False, na_values={name: [""] for name in NUMBERS}
    )
    steps = [_read(row) for row in rows.to_dict("records")]
    return [_line(each, currency) for each in steps]


def _read(row: Row) -> Step:
    values: dict[str, Any] = {
        name: _said(row[name]) if isinstance(row[name], str) else row[name] for name in COLUMNS[1:]
    }
    for name in NUMBERS:
        values[name] = _number(values[name])
    count = values["customer_count"]
    return Step(**values | {"customer_count": None if count is None else int(count)})


def _line(step: Step, currency: str) -> str:
    what = worded("Warning: {step}", step=step.step) if step.is_warning else step.step
    known = [part for part in (step.customers, step.money(currency), step.owner) if part]
    return worded("{step} ({details})", step=what, details=say.lined_up(known))


def _owned(step: Step, owners: Mapping[str, str]) -> Step:
    values = {name: getattr(step, name) for name in Step.__dataclass_fields__}
    return Step(**values | {"owner": step.owner or named(owners[step.kind])})


def _table(tables: Path, notebook: str, name: str) -> list[dict[str, Any]]:
    """The rows of a table that may be used; none where it was not kept. What is hidden in them is missing."""
    path = tables / notebook / f"{name}.csv"
    if not path.is_file():
        return []
    frame = pd.read_csv(path, encoding=CSV_ENCODING, dtype={"customer_id": str, "offer": str, "segment": str})
    if "is_usable" in frame:
        frame = frame[frame["is_usable"].astype(bool)]
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _smallest_cell(parameters: Row) -> int:
    return int(parameters.get("smallest_cell", 1))


def _number(value: Any) -> float | None:
    """A number of a table; None where its cell is empty."""
    return None if value is None or math.isnan(float(value)) else float(value)


def _data(lights: Mapping[str, str]) -> Iterator[Step]:
    """Data that are not sound are mended first: one warning, by the page where they are least so."""
    worst = next((name for light in ("red", "amber") for name in lights if lights[name] == light), None)
    if worst is not None:
        yield Step(DATA, worded("Mend the data before relying on this report"), worst, "data_health", is_warning=True)


def _segments(rows: list[dict[str, Any]], scheme: Scheme | None) -> Iterator[Step]:
    """The planned actions: what they should bring; one that loses money for sure is not to be done."""
    for row in rows:
        if not row["contact_count"] > 0:
            continue
        terms = {
            "offer": _said(row["offer"]),
            "channel": channel_name(_said(row["channel"])),
            "segment": say.quoted(segment_name(scheme, _said(row["segment"])) if scheme else _said(row["segment"])),
        }
        gain, low, high = (_number(row[name]) for name in ("expected_amount", "expected_low", "expected_high"))
        who: dict[str, Any] = {"owner": _said(row["owner"]), "customer_count": int(row["contact_count"])}
        if gain is not None and gain < 0 and (high is None or high < 0):
            text = worded("Do not send {offer} by {channel} to {segment}: it costs more than it brings", **terms)
            yield Step(
                GROWTH, text, "segmentation", "best_action", amount=gain, low=low, high=high, amount_is=LOSS,
                is_warning=True, **who,
            )  # fmt: skip
            continue
        text = worded("Offer {offer} by {channel} to {segment}", **terms)
        stake = _number(row["at_stake_amount"])
        known: dict[str, Any] = {"amount": stake, "amount_is": AT_RISK if stake else ""}
        if gain is not None:
            is_clear = gain > 0 and (low is None or low > 0)
            known = {"amount": gain, "low": low, "high": high, "amount_is": GAIN if is_clear else UNCLEAR}
            lift = say.exact_share(row["assumed_lift_share"])
            if is_clear:
                known["condition"] = worded("if its assumed lift of {lift} comes true", lift=lift)
            else:
                known["condition"] = worded("even if its assumed lift of {lift} comes true", lift=lift)
        yield Step(GROWTH, text, "segmentation", "best_action", **known, **who)


def _scheme(parameters: Row, false: list[dict[str, Any]]) -> Scheme | None:
    """The scheme as the page speaks of it, by its table of segments whose name is false; None where it is not known."""
    name, own = str(parameters.get("scheme")), parameters.get("own_schemes") or {}
    if name not in own and name not in built_in_names():
        return None
    scheme = Scheme.model_validate(own[name]) if name in own else built_in(name)
    return true_names(scheme, pd.DataFrame(false))


def _said(value: Any) -> str:
    """A text of a table as it was stated: without the apostrophe that keeps a spreadsheet from running it."""
    return str(value).removeprefix("'")


def _weekly(rows: list[dict[str, Any]], *, smallest_cell: int) -> Iterator[Step]:
    """The list of the churn page, by action; what is at risk is of those who are to be contacted."""
    if not rows:
        return
    frame = pd.DataFrame(rows)
    of_each = frame.groupby("action").agg(customer_count=("customer_id", "size")).reset_index()
    few = hide(of_each, names=["action"], smallest_cell=smallest_cell, has_total=False)
    contacted = frame[frame["arm"] == CONTACT].groupby("action")["value_at_risk_amount"].agg(["size", "sum"])
    for action in few.loc[~few["is_hidden"], "action"]:
        if action in contacted.index and action in WEEKLY:
            kind = SERVICE if action in (MEND, HELP) else RETENTION
            count, amount = contacted.loc[action]
            yield Step(
                kind, named(WEEKLY[action]), "churn", "churn_actions", customer_count=int(count), amount=float(amount),
                amount_is=AT_RISK,
            )  # fmt: skip


def _offer(finding: Row | None, rows: list[dict[str, Any]], parameters: Row) -> Iterator[Step]:
    """The offer to stay, where it is worth something, to so many customers as it pays for."""
    if finding is not None and finding["value"]:
        values: dict[str, Any] = {name: finding[name] for name in ("low", "high")}
        count = _number(rows[0]["offered_count"]) if rows else None
        values["customer_count"] = None if count is None else int(count)
        alpha, beta = (_number(parameters.get(name)) for name in ("accept_alpha", "accept_beta"))
        if alpha and beta:
            share = say.share(alpha / (alpha + beta), digits=0)
            values["condition"] = worded("if {share} of those leaving stay for it", share=share)
        text = worded("Make the offer to stay to those likeliest to leave")
        yield Step(RETENTION, text, "churn", "churn_offer", amount=finding["value"], amount_is=GAIN, **values)


def _winback(rows: list[dict[str, Any]], rates: list[dict[str, Any]]) -> Iterator[Step]:
    """The win-back list, with what a contact added in the last campaign."""
    asked = [row for row in rows if row["arm"] == CONTACT]
    if not asked:
        return
    offer, channel = _said(asked[0]["offer"]), channel_name(_said(asked[0]["channel"]))
    of_all = next((row for row in rates if row["away"] == EVERY), None)
    who: dict[str, Any] = {"owner": _said(asked[0]["owner"]), "customer_count": len(asked)}
    known: dict[str, Any] = {"amount_is": UNCLEAR}
    text = worded("Offer {offer} by {channel} to those who have gone", offer=offer, channel=channel)
    if of_all is not None and of_all["rule"] in (GO_ON, GIVE_UP):
        each, low, high = (len(asked) * of_all[f"contribution_{name}"] for name in ("amount", "low", "high"))
        is_loss = of_all["rule"] == GIVE_UP
        known = {"amount": each, "low": low, "high": high, "amount_is": LOSS if is_loss else GAIN}
        if is_loss:
            text = worded("Stop winning back those who have gone: it costs more than it brings")
            known["is_warning"] = True
    yield Step(RETENTION, text, "churn", "churn_winback", **known, **who)


def _channels(rows: list[dict[str, Any]], budget: Row | None) -> Iterator[Step]:
    """Channels whose customers cost more than they bring, and the best use of a budget."""
    for row in rows:
        most = _number(row["clv_to_cac_high"])
        if most is not None and most < 1:
            count = int(row["customer_count"])
            text = worded(
                "Pay less for customers won by {channel}: they cost more than they bring",
                channel=say.quoted(_said(row["channel"])),
            )
            lost = row["net_amount"] * count
            yield Step(
                ACQUISITION, text, "clv", "clv_best_channel", customer_count=count, amount=lost, amount_is=LOSS,
                is_warning=True,
            )  # fmt: skip
    if budget is not None and budget["value"]:
        claim = budget["claim"].rstrip(".。")
        yield Step(ACQUISITION, claim, "clv", "clv_budget", amount=budget["value"], amount_is=GAIN)


def _small_step(rows: list[dict[str, Any]], parameters: Row) -> Iterator[Step]:
    """The small step that would bring most."""
    known = [row for row in rows if _number(row["amount"]) is not None]
    if not known or any(row["is_hidden"] for row in rows):
        return
    best = max(known, key=lambda row: float(row["amount"]))
    moved = say.exact_share(parameters.get("step_share", 0.01))
    text = worded("Try for {step}", step=named(best["step"]))
    condition = worded("if {share} of them move", share=moved)
    values: dict[str, Any] = {name: _number(best[name]) for name in ("amount", "low", "high")}
    yield Step(
        GROWTH, text, "exploration", "best_step", customer_count=int(best["pool_count"]), amount_is=GAIN,
        condition=condition, **values,
    )  # fmt: skip


def _mend(
    priorities: list[dict[str, Any]], unhappy: list[dict[str, Any]], told: Mapping[tuple[str, str], Row]
) -> Iterator[Step]:
    """What the survey says to mend first, with the customers who gave it one of the worst two marks."""
    first = next((row["driver"] for row in priorities if row["verdict"] == "fix"), None)
    finding = told.get(("survey", "drivers"))
    if first is None or finding is None:
        return
    counted = next((row for row in unhappy if row["item"] == first and row["counts_customers"]), None)
    count = None if counted is None else round(counted["customer_count"])
    yield Step(SERVICE, finding["claim"].rstrip(".。"), "survey", "drivers", customer_count=count)
