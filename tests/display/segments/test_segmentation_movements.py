"""What is said and drawn of movements: whole sentences, for any data, and pictures that hold the frame's numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.display.figures import svg
from helpers.display.findings import Finding
from helpers.display.segments import alluvial, movements
from helpers.display.showing import show
from helpers.models.segments import movements as model

SINCE, UNTIL = date(2024, 10, 1), date(2024, 12, 31)
DAYS = {"since": SINCE, "until": UNTIL, "level": 0.95}
NEW = model.NEW


@dataclass(frozen=True)
class Share:
    value: float
    low: float
    high: float
    n: int


def snapshots(cells: dict[tuple[str, str | None], int], *, amount: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The two snapshots of which so many customers went from one group to another, each worth `amount` times the row."""
    rows = [(f"c{cell}-{place}", *cell, amount) for cell, count in cells.items() for place in range(count)]
    frame = pd.DataFrame(rows, columns=["customer_id", "from", "to", "value_amount"])
    before = frame[frame["from"] != NEW].rename(columns={"from": "tier"}).drop(columns="to")
    return before, frame.rename(columns={"to": "tier"}).drop(columns="from")


def moved(cells: dict[Any, int], *, amount: float = 10.0, kind: str = "tier", order: Any = None) -> dict[str, Any]:
    """What the model makes of them: the arguments of `summary`."""
    before, after = (frame.rename(columns={"tier": kind}) for frame in snapshots(cells, amount=amount))
    told = model.transitions(before, after, kind=kind, level=0.95, order=order)
    return {
        "moved": model.moved_share(told, level=0.95),
        "transitions": told,
        "values": model.values(before, after, kind=kind),
    }


CELLS = {
    ("blue", "blue"): 60, ("blue", "gold"): 20, ("gold", "gold"): 12, ("gold", "blue"): 3, ("gold", None): 5,
    (NEW, "blue"): 9,
}  # fmt: skip


class TestSummary:
    def test_the_sentence(self):
        found = movements.summary(**moved(CELLS), **DAYS, currency="EUR")
        assert found.sentence.replace("\u00a0", " ") == (
            "28.0 % of customers moved to another tier between 1 October 2024 and 31 December 2024. 95 % interval"
            ' 20.1 % to 37.5 %; 28 of 100 customers; largest move: "blue" to "gold", 20 customers, 25.0 % (95 % '
            "interval 16.8 % to 35.5 %) of those who were there, and the one with most revenue (EUR 200.00 so "
            "far, 18.3 % of all); 9 customers came new. Season may be in it: no year before is beside it."
        )
        year = movements.summary(**moved(CELLS), **DAYS | {"since": date(2024, 1, 1)}, currency="EUR")
        assert "Season" not in year.sentence
        assert (found.key, found.value, found.n, found.unit) == ("moved_tier", 0.28, 100, "share")
        assert found.low == pytest.approx(0.2014, abs=1e-4)

    def test_the_move_of_most_money_may_be_another(self):
        parts = moved(CELLS, kind="eleven_segments")
        values = parts["values"]
        is_left = values["to"] == model.NONE
        amounts = values["value_amount"].where(~is_left, 910.0)
        parts["values"] = values.assign(value_amount=amounts, value_share=amounts / amounts.sum())
        sentence = movements.summary(**parts, **DAYS, currency="EUR").sentence
        assert "moved to another segment" in sentence
        assert 'move with most revenue: "gold" to no segment (EUR\u00a0910.00 so far, 46.7\u00a0% of all)' in sentence

    def test_where_nobody_moved_or_nothing_was_paid(self):
        still = movements.summary(**moved({("blue", "blue"): 12, (NEW, "blue"): 3}), **DAYS, currency="EUR").sentence
        assert still.endswith("95\u00a0% interval 0.0\u00a0% to 24.2\u00a0%; 0 of 12 customers; 3 customers came new.")
        parts = moved(CELLS)
        amounts = [-5_000.0, *parts["values"]["value_amount"].iloc[1:]]
        refunded = parts["values"].assign(value_amount=amounts, value_share=float("nan"))
        assert "revenue" not in movements.summary(**parts | {"values": refunded}, **DAYS, currency="EUR").sentence
        free = movements.summary(**moved(CELLS, amount=0.0), **DAYS, currency="EUR").sentence
        assert "revenue" not in free
        assert "of those who were there; 9 customers came new." in free

    def test_before_the_first_customer_and_without_any(self):
        found = movements.summary(**moved({(NEW, "blue"): 4}), **DAYS, currency="EUR")
        assert found.sentence == (
            "Nobody was a customer on 1 October 2024 yet, so there are no moves; the 4 customers of 31 December 2024 "
            "came after it."
        )
        nobody = movements.summary(**moved({}), **DAYS, currency="EUR")
        assert nobody.sentence == "Nobody was a customer on 1 October 2024 yet, so there are no moves."

    def test_two_customers_have_no_interval(self):
        sentence = movements.summary(**moved({("a", "b"): 1, ("b", "b"): 1}), **DAYS, currency="EUR").sentence
        assert ". No interval can be given; 1 of 2 customers;" in sentence


class TestLadder:
    def test_the_sentence(self):
        told = moved(CELLS, order=["blue", "gold"])["transitions"]
        found = movements.ladder(model.rates(told, order=["blue", "gold"], level=0.95), **DAYS)
        assert found.sentence.replace("\u00a0", " ") == (
            "20.0 % of customers rose to a higher tier and 3.0 % fell to a lower. Of 100 customers with a tier on"
            " 1 October 2024, 20.0 % (95 % interval 13.3 % to 28.9 %) were in a higher one on 31 December 2024 "
            "and 3.0 % (95 % interval 1.0 % to 8.5 %) in a lower one; 72.0 % kept theirs, 5.0 % had none any "
            "more."
        )
        assert (found.key, found.value, found.n) == ("upgrades_tier", 0.2, 100)

    def test_nobody_had_a_tier(self):
        told = moved({(NEW, "blue"): 4}, order=["blue", "gold"])["transitions"]
        for rates in (model.rates(told, order=["blue"], level=0.95), model.rates(told, order=[], level=0.95).head(0)):
            assert "Nobody was in a" in movements.ladder(rates, **DAYS).sentence


def projected(cells: dict[Any, int], *, periods: int = 2) -> pd.DataFrame:
    return model.project(moved(cells)["transitions"], periods=periods, seed=1, level=0.95)


CLOSED = {("blue", "blue"): 80, ("blue", "gold"): 20, ("gold", "gold"): 38, ("gold", "blue"): 2}
AHEAD = {"until": UNTIL, "period_days": 91, "level": 0.95}


def outlook(projection: pd.DataFrame, *, tried: pd.DataFrame | None = None) -> Finding:
    """What the page says of a projection and its trial."""
    error = model.projection_error(tried, level=0.95)
    return movements.outlook(projection, model.largest_change(projection), error=error, **AHEAD)


class TestOutlook:
    def test_the_sentence(self):
        # 82 and 58 customers by 0.8 0.2 / 0.05 0.95: 68.5, then 58.375
        cells = CLOSED
        later = moved({("blue", "blue"): 66, ("blue", "gold"): 16, ("gold", "gold"): 56, ("gold", "blue"): 2})
        tried = model.back_test(moved(cells)["transitions"], later["transitions"], seed=1, level=0.95)
        found = outlook(projected(cells), tried=tried)
        start = '"blue" would go from 82 to 58 customers, the largest change of a tier. 95\u00a0% interval '
        assert found.sentence.startswith(start)
        assert (
            "; on 1 July 2025, if customers went on moving as in the 91 days to 31 December 2024 and nobody new came."
            in found.sentence
        )
        assert found.sentence.endswith(
            " Tried a period earlier, it put 0 customers in the wrong place, better than sizes left as they were (14); "
            "its intervals held 2 of 2 sizes."
        )
        assert found.value == pytest.approx(58.375)
        assert found.low is not None
        assert found.low < 58 < found.high

    def test_a_projection_that_was_worse_than_nothing_says_so(self):
        tried = pd.DataFrame(
            {
                "customer_count": [50, 50],
                "expected": [80.0, 20.0],
                "low": [70.0, 10.0],
                "high": [90.0, 30.0],
                "previous_count": [55, 45],
            }
        )
        found = outlook(projected(CLOSED), tried=tried).sentence
        assert (
            "it put 30 customers in the wrong place, no better than sizes left as they were (5); its intervals held 0 of 2 sizes"
            in found
        )

    def test_a_projection_that_failed_when_tried_shows_no_interval(self):
        """Thirty of a hundred in the wrong place where sizes left as they were put five: nothing is left to bound."""
        tried = pd.DataFrame(
            {"customer_count": [50, 50], "expected": [80.0, 20.0], "low": [70.0, 10.0], "high": [90.0, 30.0],
             "previous_count": [55, 45]}
        )  # fmt: skip
        error = model.projection_error(tried, level=0.95)
        made = model.project(moved(CLOSED)["transitions"], periods=2, seed=1, level=0.95, error=error)
        found = movements.outlook(made, model.largest_change(made), error=error, **AHEAD)
        assert (found.record()["low"], found.record()["high"]) == (None, None)
        assert "No interval can be given" in found.sentence
        assert found.sentence.endswith("held 0 of 2 sizes; with that it failed, so no interval is given.")
        drawing = movements.fan(made, until=UNTIL, period_days=91, level=0.95)
        assert "no intervals, since those of an earlier period failed" in drawing.title
        assert "(" not in drawing.alt
        whole = projected(CLOSED)
        assert made["customer_count"].tolist() == whole["customer_count"].tolist()

    def test_what_cannot_be_projected_says_why(self):
        blind = outlook(projected({("blue", "blue"): 50, ("blue", "gold"): 20}))
        assert blind.sentence == (
            "Sizes by tier cannot be projected: a tier that has customers on 31 December 2024 had none at the earlier date "
            "to learn from."
        )
        nobody = outlook(projected({}))
        assert nobody.sentence == "There is no customer yet whose segment could be projected."

    def test_who_is_in_no_tier_is_said_so_and_a_missing_trial_too(self):
        leaving = {
            ("blue", "blue"): 20,
            ("blue", None): 70,
            ("gold", "gold"): 20,
            ("gold", "blue"): 50,
            (None, None): 10,
        }
        sentence = outlook(projected(leaving)).sentence
        assert "Those with no tier would go from 80 to 1" in sentence
        assert sentence.endswith("It could not be tried on an earlier period.")


def texts(drawing: Any) -> list[str]:
    figure = drawing.figure
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [axes.get_title() for axes in figure.axes]


class TestFan:
    def test_a_panel_for_each_group_with_its_band(self):
        projection = projected({("blue", "blue"): 80, ("blue", "金"): 20, ("金", "金"): 38, ("金", "blue"): 2})
        drawing = movements.fan(projection, until=UNTIL, period_days=91, level=0.95)
        assert [axes.get_title(loc="left") for axes in drawing.figure.axes] == ["blue", "金"]
        for axes, group in zip(drawing.figure.axes, ["blue", "金"], strict=True):
            rows = projection[projection["group"] == group]
            assert axes.lines[1].get_ydata().tolist() == rows["customer_count"].tolist()
            edges = axes.collections[0].get_paths()[0].vertices[:, 1]
            assert edges.max() == rows["high"].max()
            assert edges.min() == rows["low"].min()
        assert "n = 140, band: 95\u00a0% interval" in drawing.title
        assert drawing.alt.startswith(
            "Customers by tier if they go on moving so, nobody new, 2 periods ahead: blue 82 to 58 ("
        )

    def test_five_groups_have_a_panel_each(self):
        names = ["a", "b", "c", "d", "e"]
        cells = {(one, other): 5 for one in names for other in names}
        drawing = movements.fan(projected(cells), until=UNTIL, period_days=91, level=0.95)
        assert [axes.get_title(loc="left") for axes in drawing.figure.axes] == names

    @pytest.mark.parametrize("cells", [{}, {("blue", "gold"): 20}])
    def test_without_a_projection_it_says_so(self, cells):
        drawing = movements.fan(projected(cells), until=UNTIL, period_days=91, level=0.95)
        assert drawing.alt.endswith("nobody new: The sizes cannot be projected.")

    def test_few_customers_have_a_line_without_a_band(self):
        drawing = movements.fan(
            projected({("a", "a"): 2, ("a", "b"): 1, ("b", "b"): 1}), until=UNTIL, period_days=91, level=0.95
        )
        assert "too few for intervals" in drawing.title
        assert "nan" not in svg(drawing.figure)


def test_the_matrix_is_a_table_with_intervals(shown: list[dict[str, Any]]) -> None:
    told = moved({**CELLS, ("zinc", "zinc"): 4}, order=["blue", "gold", "zinc", "<tin>"])["transitions"]
    show(movements.matrix(told, **DAYS))
    text = shown[0]["text/plain"].replace("\u00a0", " ")
    assert text.startswith(
        "Where the customers of each tier were on 31 December 2024: share of the row, 95 % interval (none under ten customers)"
    )
    head, *rows = [line.split() for line in text.splitlines()[1:]]
    assert " ".join(head) == "tier on 1 October 2024 customers to blue to gold to zinc to <tin> to no tier"
    assert " ".join(rows[0]).startswith("blue 80 75.0 % (64.5 to 83.2) 25.0 % (16.8 to 35.5) 0.0 %")
    assert " ".join(rows[2]) == "zinc 4 0.0 % 0.0 % 100.0 % 0.0 % 0.0 %"
    assert " ".join(rows[3]).startswith("not yet a customer 9")
    assert len(rows) == 4, "nobody was in <tin>"
    assert "&lt;tin&gt;" in shown[0]["text/html"]


def test_two_names_of_one_line_do_not_break_the_matrix(shown: list[dict[str, Any]]) -> None:
    show(movements.matrix(moved({("a b", "a  b"): 12, ("a  b", "a b"): 11})["transitions"], **DAYS))
    headings = shown[0]["text/html"].count('scope="col"')
    assert headings == 4
    assert {"to a b</th>", "to a  b</th>"} <= set(re.findall(r"to a +b</th>", shown[0]["text/html"]))


def test_pictures_are_the_same_bytes_again() -> None:
    told = moved(CELLS)["transitions"]
    first, second = (svg(alluvial.flows(told, **DAYS).figure) for _ in range(2))
    assert first == second
    fans = [
        svg(movements.fan(projected({("a", "a"): 20}), until=UNTIL, period_days=91, level=0.9).figure) for _ in "ab"
    ]
    assert fans[0] == fans[1]
    assert np.isfinite(len(fans[0]))


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        (
            (11, 82, 7),
            (
                "Of 93 customers who moved to another tier, 82 had bought nothing. 41.0 % (95 % interval 40.0 % "
                "to 42.0 %) of all: time alone took these past a cut, from 31 March 2024 to 30 June 2024; 11 had "
                "bought; 7 more customers would have been in another tier on 31 March 2024 by the cuts of that "
                "day, which have moved since."
            ),
        ),
        ((0, 0, 0), "Nobody moved to another tier from 31 March 2024 to 30 June 2024."),
    ],
)
def test_the_page_says_why_customers_moved(counts: tuple[int, int, int], says: str) -> None:
    share = [count / 200 for count in counts]
    bounds = {"low": [max(0.0, each - 0.01) for each in share], "high": [each + 0.01 for each in share]}
    why = pd.DataFrame(
        {
            "kind": "tier",
            "reason": model.REASONS,
            "customer_count": counts,
            "moved_count": counts[0] + counts[1],
            "n": 200,
            "share": share,
            **bounds,
        }
    )
    told = movements.reasons(why, since=date(2024, 3, 31), until=date(2024, 6, 30), level=0.95)
    assert told.sentence.replace("\u00a0", " ") == says
    assert (told.key, told.value, told.n) == ("aged_tier", share[1], 200)
