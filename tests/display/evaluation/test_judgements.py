"""The judge's words and pictures: what they say is what the frames hold, for good models, bad ones and no model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.display.evaluation import judgements as shown_holdout
from helpers.display.figures import svg
from helpers.display.findings import Finding
from helpers.display.showing import show
from helpers.display.tables import table
from helpers.models.evaluation import calibration, holdout_days, naive_rivals, verdicts
from helpers.models.evaluation import scores as score
from helpers.models.evaluation.tracking import TrackingError
from helpers.models.statistics.intervals import Estimate

NAN = float("nan")
GOOD = verdicts.Verdict(
    "pareto_nbd", "Pareto/NBD", n=2357, weeks=39.0, off=Estimate(-0.115, -0.185, -0.039, 2357), expected=1665.5,
    actual=1882.0, rmse=1.6028, rival="segment_mean", rival_expected=2787.5, rival_rmse=1.7919,
)  # fmt: skip
WEEKS = pd.DataFrame(
    {
        "week": [1, 2, 3, 4], "ends_on": pd.to_datetime(["2024-01-07", "2024-01-14", "2024-01-21", "2024-01-24"]),
        "is_holdout": [False, False, True, True], "is_complete": [True, True, True, False], "actual": [4, 6, 8, 2],
        "cumulative_actual": [4, 10, 18, 20], "bg_nbd": [5.0, 5.0, 6.0, 2.0],
        "cumulative_bg_nbd": [5.0, 10.0, 16.0, 18.0],
    }
)  # fmt: skip
FREQUENCY = pd.DataFrame(
    {
        "label": ["0", "1", "7+"], "n": [100, 10, 2], "actual_mean": [0.5, 1.0, 6.0], "low": [0.4, 0.5, NAN],
        "high": [0.6, 2.0, NAN], "bg_nbd": [0.3, 1.2, 9.0], "past_rate": [0.0, 2.0, 50.0],
    }
)  # fmt: skip
HISTOGRAM = pd.DataFrame({"label": ["0", "1", "7+"], "customer_count": [100.0, 10.0, 2.0], "bg_nbd": [98.0, 11.0, 3.0]})
TENTHS = pd.DataFrame(
    {
        "decile": [1, 2], "n": [56, 56], "expected_mean": [2.0, 0.5], "actual_mean": [1.5, 0.25], "low": [1.0, NAN],
        "high": [2.0, NAN], "actual_share": [0.857, 0.143], "best_share": [0.95, 0.05],
    }
)  # fmt: skip
ALIVE = pd.DataFrame(
    {
        "n": [30, 82], "p_alive": [0.4, 0.9], "expected_share": [0.1, 0.5], "actual_share": [0.2, 0.6],
        "low": [0.1, 0.5], "high": [0.3, 0.7],
    }
)  # fmt: skip
SPEND = pd.DataFrame(
    {
        "n": [5, 5], "purchase_count": [10, 30], "expected_spend_amount": [20.0, 40.0],
        "actual_spend_amount": [24.0, 36.0], "low": [NAN, NAN], "high": [NAN, NAN],
    }
)  # fmt: skip


def plain(finding: Any) -> str:
    return finding.sentence.replace("\u00a0", " ")


def verdict(found: verdicts.Verdict) -> str:
    return plain(shown_holdout.verdict(found, level=0.95))


def test_a_trusted_model_is_named_with_its_error_and_its_rival() -> None:
    assert verdict(GOOD) == (
        "The model can be used: on 39 weeks that it had not seen it was 11.5 % low. 95 % interval −18.5 % to −3.9"
        " %; of 2,357 customers it expected 1,666 purchases, and 1,882 came. The best naive rival, the "
        "mean of the segment, is +48.1 % off and errs by 1.79 purchases a customer against 1.60 (root mean "
        "square)."
    )
    found = shown_holdout.verdict(GOOD, level=0.95)
    assert (found.key, found.value, found.low, found.n, found.unit) == ("clv_verdict", -0.115, -0.185, 2357, "share")
    assert verdict(replace(GOOD, rival=None)).endswith("there was no naive rival to compare it with.")
    assert verdict(replace(GOOD, is_identified=False)).endswith("so its intervals are too narrow.")
    assert "No interval can be given" in verdict(replace(GOOD, off=Estimate(0.1, NAN, NAN, 3)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"reasons": ("total_off",), "expected": 2400.0, "off": Estimate(0.2752, 0.2, 0.3, 2357)},
            (
                "Do not use these values for budgets and totals. The best model expected 2,400 purchases "
                "in the 39 weeks held out where 1,882 came (+27.5 %; the limit is 20 % either way)."
            ),
        ),
        (
            {"reasons": ("rival_customers",), "rival_rmse": 1.5},
            (
                "Do not use these values for choosing customers. The mean of the segment errs less per customer "
                "than the model (1.50 purchases against 1.60, root mean square)."
            ),
        ),
        (
            {"reasons": ("rival_total",), "rival": "year_before", "rival_expected": 1900.0},
            (
                "Do not use these values for budgets and totals. The same weeks a year before comes nearer to the"
                " 1,882 purchases that came in the 39 weeks held out (1,900 against 1,666 of the model)."
            ),
        ),
        (
            {"reasons": ("revenue_off",), "revenue_off": -0.31},
            (
                "Do not use these values for budgets and totals. By the model, revenue in the 39 weeks held out was"
                " −31.0 % off (the limit is 20 % either way)."
            ),
        ),
        (
            {"reasons": ("no_purchases",), "off": Estimate(NAN, NAN, NAN, 0)},
            (
                "Do not use these values for budgets and totals, nor for choosing customers. None of 2,357 "
                "customers bought in the 39 weeks held out, so no model could be tested."
            ),
        ),
        (
            {"reasons": ("no_holdout",), "off": Estimate(NAN, NAN, NAN, 0)},
            (
                "Do not use these values for budgets and totals, nor for choosing customers. The data are too "
                "young to hold anything out, so no model was tested."
            ),
        ),
    ],
)
def test_what_speaks_against_a_model_opens_the_page(changes: dict[str, Any], says: str) -> None:
    assert verdict(replace(GOOD, **changes)) == says


def test_every_reason_of_the_judge_has_its_words() -> None:
    for reason in verdicts.UNFIT_FOR:
        assert verdict(replace(GOOD, reasons=(reason,))).startswith("Do not use these values for ")
    several = verdict(replace(GOOD, reasons=("total_off", "rival_customers")))
    assert several.startswith(
        "Do not use these values for budgets and totals, nor for choosing customers. The best model"
    )
    assert several.count("; ") == 1, "before the limit"
    nothing = verdict(verdicts.unjudged([]))
    assert "no model was tested. No model could be fitted." in nothing
    assert "nan" not in nothing


def test_the_mark_stands_beside_values() -> None:
    finding = Finding("clv_lever", "More is better.", 3.0)
    caption = table(pd.DataFrame({"tier": ["high"]}), caption="Tiers")
    drawing = shown_holdout.tracking(WEEKS)
    assert shown_holdout.marked((), finding, caption, drawing) == [finding, caption, drawing]
    said, captioned, drawn = shown_holdout.marked(("totals", "customers"), finding, caption, drawing)
    mark = "Do not use for budgets and totals, nor for choosing customers"
    assert said == replace(finding, claim=f"{mark}: More is better.")
    assert captioned.caption == f"{mark}: Tiers"
    assert drawn.alt == f"{mark}: {drawing.alt}"
    assert drawn.title == mark
    assert set(shown_holdout.USES) == {use for uses in verdicts.UNFIT_FOR.values() for use in uses}
    assert set(shown_holdout.RIVALS) == set(naive_rivals.NAIVE)


@pytest.mark.parametrize(
    ("first_on", "weeks", "says"),
    [
        (
            date(1997, 1, 1),
            39,
            (
                "The 39 weeks from 1 October 1997 to 30 June 1998 were held out. Models saw nothing after 30 "
                "September 1997."
            ),
        ),
        (
            date(1998, 1, 1),
            39,
            (
                "The 12 weeks from 8 April 1998 to 30 June 1998 were held out. Models saw nothing after 7 April "
                "1998; half of the data, since with 26 weeks of them 39 weeks were too many."
            ),
        ),
        (
            date(1998, 6, 1),
            39,
            (
                "No model has been tested: the data are too few to hold any out. They hold 4 weeks to 30 June "
                "1998; models can be fitted to what customers did so far."
            ),
        ),
    ],
)
def test_which_days_were_held_out_and_why(first_on: date, weeks: float, says: str) -> None:
    found = shown_holdout.held_out(holdout_days.plan(first_on, as_of=date(1998, 6, 30), weeks=weeks))
    assert plain(found) == says


def test_scores_show_every_measure_and_mark_the_recommended(shown: list[dict[str, Any]]) -> None:
    rows = [
        {"model": "bg_nbd", "is_naive": False, "log_likelihood": -9582.43, "aic": 1.0, "bic": 19195.9}
        | score.errors([1.0, 2.0], [1, 1]),
        {"model": "year_before", "is_naive": True, "log_likelihood": NAN, "aic": NAN, "bic": NAN}
        | score.errors([0.0, 1.0], [1, 1]),
    ]
    show(shown_holdout.scores(pd.DataFrame(rows), recommended="bg_nbd"))
    text = shown[0]["text/plain"].replace("\u00a0", " ")
    assert "in which 2 purchases came" in text
    assert "BG/NBD ✓" in text
    assert "The same weeks a year before" in text
    for cell in ("+50.0 %", "−50.0 %", "0.5000", "0.7071", "−9,582.4", "19,195.9", "–"):
        assert cell in text


def test_tracking_says_and_draws_its_weeks() -> None:
    assert plain(shown_holdout.tracked(TrackingError(10, 8.0, -0.2, 0.25), model="bg_nbd")) == (
        "Knowing first purchases alone, BG/NBD was −20.0 % off in the weeks held out. It expected 8 repeat "
        "purchases where 10 came; a single week was off by 25 % on average."
    )
    drawing = shown_holdout.tracking(WEEKS)
    added, weekly = drawing.figure.axes
    assert [list(line.get_ydata()) for line in added.lines[:2]] == [[4, 10, 18, 20], [5.0, 10.0, 16.0, 18.0]]
    # a week that is cut off would look like a fall
    assert list(weekly.lines[0].get_ydata()) == [4, 6, 8]
    assert list(added.lines[2].get_xdata()) == [2.5, 2.5]
    assert drawing.alt == ("Repeat purchases over 4 weeks, the last 2 held out: 20 came; expected BG/NBD 18.")
    part = TrackingError(10, 8.0, -0.2, NAN)
    assert plain(shown_holdout.tracked(part, model="bg_nbd")).endswith("where 10 came.")
    quiet = TrackingError(0, 8.0, NAN, NAN)
    assert plain(shown_holdout.tracked(quiet, model="bg_nbd")) == "Nobody bought in the weeks held out."


def test_conditional_names_the_group_that_weighs_most() -> None:
    assert plain(
        shown_holdout.conditional(calibration.GroupError("0", 100, 0.3, 0.5, 20.0, 1, 2, 112), model="bg_nbd")
    ) == (
        "BG/NBD is furthest off for customers with 0 repeat purchases before. It expected 0.30 purchases of each "
        "and 0.50 came; 100 customers; in 1 of 2 groups its mean lies in the interval of the actual one."
    )
    alone = calibration.GroupError("7+", 2, 9.0, 6.0, 6.0, 0, 0, 2)
    assert plain(shown_holdout.conditional(alone, model="bg_nbd")).endswith("of each and 6.00 came; 2 customers.")


def test_who_came_back_is_told_of_one_time_buyers_first() -> None:
    back = pd.DataFrame(
        {"label": ["once", "repeatedly"], "n": [1200, 50], "actual_share": [0.103, 0.346], "low": [0.09, 0.21],
         "high": [0.12, 0.48], "bg_nbd": [0.125, 0.306]}
    )  # fmt: skip
    found = shown_holdout.coming_back(back, model="bg_nbd", level=0.95)
    assert plain(found) == (
        "Of customers who had bought once, BG/NBD expected 12.5 % back, and 10.3 % came. 95 % interval 9.0 % to 12.0 %, "
        "of 1,200 customers in the weeks held out. Of 50 customers who had come back before, 30.6 % were expected and "
        "34.6 % came."
    )
    assert (found.value, found.low, found.high, found.n) == (0.103, 0.09, 0.12, 1200)
    one = back[1:].assign(n=1, low=NAN, high=NAN)
    assert plain(shown_holdout.coming_back(one, model="bg_nbd", level=0.95)) == (
        "Of customers who had come back before, BG/NBD expected 30.6 % back, and 34.6 % came. "
        "Of 1 customer in the weeks held out."
    )


def test_purchases_are_drawn_beside_models_and_not_rivals() -> None:
    drawing = shown_holdout.purchases(HISTOGRAM, FREQUENCY, FREQUENCY)
    repeats, often, recent = drawing.figure.axes
    assert [bar.get_height() for bar in repeats.patches] == [100, 10, 2]
    assert list(repeats.lines[0].get_ydata()) == [98.0, 11.0, 3.0]
    assert [text.get_text() for text in repeats.get_legend().get_texts()] == ["BG/NBD", "actual"]
    for axes in (often, recent):
        assert any(list(line.get_ydata()) == [0.3, 1.2, 9.0] for line in axes.lines)
        assert not any(list(line.get_ydata()) == [0.0, 2.0, 50.0] for line in axes.lines)
    assert drawing.alt.endswith("0: 0.50, BG/NBD 0.30; 1: 1.00, BG/NBD 1.20; 7+: 6.00, BG/NBD 9.00.")
    assert "n = 112" in repeats.get_title(loc="left")


def test_calibration_says_who_was_found_and_how_far_shares_are_off() -> None:
    error = calibration.ProbabilityError(0.393, 0.493, 0.1, 112)
    told = plain(shown_holdout.calibrated(TENTHS, error, model="pareto_nbd"))
    assert told == (
        "Pareto/NBD expected 39.3 % of customers to buy at all, and 49.3 % did. Over groups of like P(alive) its "
        "share is off by 10.0 points on average. The 56 customers of whom it expected most made 85.7 % of the "
        "purchases held out (95.0 % had the order been known)."
    )
    assert "BG/NBD cannot tell who of those who bought once is alive" in plain(
        shown_holdout.calibrated(TENTHS, error, model="bg_nbd")
    )
    nobody = TENTHS.assign(actual_share=NAN)
    assert "nothing to order" in plain(shown_holdout.calibrated(nobody, error, model="bg_nbd"))


def test_spending_weighs_purchases_and_names_the_ends() -> None:
    assert plain(shown_holdout.spending(SPEND, calibration.SpendError(35.0, 33.0, 2 / 33, 10), currency="EUR")) == (
        "A purchase held out was worth EUR 33.00 where EUR 35.00 was expected. Expected was +6.1 % of what came. "
        "Lowest expected spend: EUR 24.00 where EUR 20.00 was expected; highest: EUR 36.00 where EUR 40.00 was "
        "expected."
    )
    assert "cannot be compared" in plain(
        shown_holdout.spending(SPEND.head(0), calibration.SpendError(NAN, NAN, NAN, 0), currency="EUR")
    )
    free = calibration.SpendError(20.0, 0.0, NAN, 5)
    assert (
        plain(shown_holdout.spending(SPEND.head(1), free, currency="EUR"))
        == "The purchases held out were worth nothing."
    )


def test_calibration_draws_expected_and_actual() -> None:
    drawing = shown_holdout.calibration(TENTHS, ALIVE, SPEND, model="pareto_nbd", currency="欧元")
    tenths, living, paid = drawing.figure.axes
    assert [bar.get_height() for bar in tenths.patches] == [2.0, 0.5]
    assert any(np.allclose(line.get_ydata(), [0.1, 0.5]) for line in living.lines)
    assert paid.get_xlabel() == "欧元 a purchase, expected"
    assert drawing.alt.endswith("with P(alive) near 40\u00a0% 20\u00a0% bought, near 90\u00a0% 60\u00a0%.")
    nobody = shown_holdout.calibration(TENTHS, ALIVE, SPEND.head(0), model="pareto_nbd", currency="EUR")
    assert [text.get_text() for text in nobody.figure.axes[2].texts] == ["nobody bought"]
    assert (
        "nothing to compare"
        in shown_holdout.calibration(TENTHS.head(0), ALIVE, SPEND, model="bg_nbd", currency="EUR").alt
    )


def test_the_same_frames_give_the_same_bytes() -> None:
    assert svg(shown_holdout.tracking(WEEKS).figure) == svg(shown_holdout.tracking(WEEKS).figure)
    drawings = [shown_holdout.purchases(HISTOGRAM, FREQUENCY, FREQUENCY) for _ in range(2)]
    assert svg(drawings[0].figure) == svg(drawings[1].figure)


@dataclass(frozen=True)
class Other:
    """A verdict of somebody else's making: the words need no model of ours."""

    model: str | None = "own"
    title: str = "Our own"
    reasons: tuple[str, ...] = ()
    unfit_for: tuple[str, ...] = ()
    is_identified: bool = True
    n: int = 3
    weeks: float = 1.0
    limit: float = 0.2
    off: Estimate = GOOD.off
    expected: float = 1.0
    actual: float = 1.0
    rmse: float = 1.0
    revenue_off: float = NAN
    rival: str | None = None
    rival_expected: float = NAN
    rival_off: float = NAN
    rival_rmse: float = NAN


def test_one_week_and_one_purchase_are_singular() -> None:
    told = plain(shown_holdout.verdict(Other(), level=0.95))
    assert told.startswith(
        "The model can be used: on 1 week that it had not seen it was 11.5 % low. 95 % interval −18.5 % to −3.9 %; of 3 "
        "customers it expected 1 purchase, and 1 came"
    )
