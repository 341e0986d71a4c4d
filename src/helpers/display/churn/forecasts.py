"""The model of leaving on the page: whether it beats recency alone, how well it is calibrated, and whom it finds."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.churn.churn_words import starting
from helpers.display.figures import SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding, estimated
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, GREEN, INK, ORANGE, themed
from helpers.display.wording import named, vocabulary, worded
from helpers.models.churn.leaving_models import MODELS, RECENCY, Judged

KEY = "churn_leaving"
NAMES = vocabulary("recency alone", "logistic regression", "gradient boosting")
STARTING = vocabulary("Recency alone", "Logistic regression", "Gradient boosting")
LINES = ((ORANGE, ":"), (GREEN, "--"), (BLUE, "-"))


def summary(judged: Judged | None, *, horizon_days: int, lead_days: int, level: float) -> Finding:
    """Which model tells best who leaves, and whether it is better than to ask how long somebody has been away."""
    if judged is None:
        none = worded("No model tells who will leave: that takes longer data, or more customers.")
        return Finding(KEY, none)
    days, gap = judged.table["origin"].nunique(), judged.gap
    row = judged.table[judged.table["model"] == judged.best].to_dict("records")[-1]
    if judged.best == RECENCY or gap.low <= 0:
        claim = worded("No model tells clearly better who leaves than how long a customer has been away.")
    else:
        claim = worded(
            "{model} tells who leaves better than how long a customer has been away.", model=starting(judged.best)
        )
    low, high = (say.number(bound, digits=3) for bound in (gap.low, gap.high))
    evidence = worded(
        "On {day} {model} had a log-loss of {loss}, {gap} less than {rival} ({interval}); AUC {auc}, calibration slope "
        "{slope}; {customers}, judged on {days}; leaving: no purchase within {horizon} after {lead}.",
        day=say.day(row["origin"]),
        model=named(judged.best),
        loss=say.number(row["log_loss"], digits=3),
        gap=say.number(gap.value, digits=3),
        rival=named(RECENCY),
        interval=say.interval(low, high, level=level),
        auc=say.number(row["auc"], digits=3),
        slope=say.number(row["calibration_slope"], digits=2),
        customers=say.counted(gap.n, "customer"),
        days=say.counted(days, "earlier day"),
        horizon=say.counted(horizon_days, "day"),
        lead=say.counted(lead_days, "day"),
    )
    return estimated(KEY, claim, gap, "", evidence=evidence)


def model_table(judged: Judged) -> Table:
    """The models on each day on which they were judged, recency alone first."""
    rows = judged.table
    shown = pd.DataFrame(
        {
            worded("judged on"): [say.day(on) for on in rows["origin"]],
            worded("model"): [named(name) for name in rows["model"]],
            worded("customers"): rows["n"],
            worded("share that left"): rows["left_share"],
            "AUC": rows["auc"],
            worded("log-loss"): rows["log_loss"],
            worded("Brier"): rows["brier"],
            worded("slope"): rows["calibration_slope"],
            worded("intercept"): rows["calibration_intercept"],
            worded("lift of the top tenth"): rows["top_decile_lift"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["AUC", worded("log-loss"), worded("Brier")], _three)
    formats |= dict.fromkeys([worded("slope"), worded("intercept"), worded("lift of the top tenth")], _two)
    formats |= {worded("customers"): say.number, worded("share that left"): say.share}
    caption = worded(
        "Models of leaving on days that they had not seen; slope and intercept of calibration are 1 and 0 at best"
    )
    return tables.table(shown, caption=caption, formats=formats)


@themed
def figure(judged: Judged, *, level: float) -> Drawing:
    """Whether chances are right where they are high and low, and how many of who left are found by how many asked."""
    drawn, (right, found) = canvas(columns=2, height=3.6)
    rows = judged.reliability
    right.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    right.vlines(rows["expected_share"], rows["low"], rows["high"], color=INK, linewidth=1.2)
    right.scatter(rows["expected_share"], rows["left_share"], color=BLUE, zorder=3, s=18)
    title = worded("Left, beside the chance told (line: {level} interval)", level=say.exact_share(level))
    right.set(title=title, xlabel=worded("chance to leave"), ylabel=worded("share that left"))
    found.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    for name, (color, style) in zip(MODELS, LINES, strict=True):
        found.plot(judged.gain["customer_share"], judged.gain[name], color=color, linestyle=style, label=named(name))
    found.set(title=worded("Found among the likeliest"), xlabel=worded("share of customers"))
    found.set_ylabel(worded("share of those who left"))
    found.legend()
    for axes in (right, found):
        axes.xaxis.set_major_formatter(SHARE_AXIS)
        axes.yaxis.set_major_formatter(SHARE_AXIS)
    first, last = rows.iloc[0], rows.iloc[-1]
    at = judged.gain[judged.gain["customer_share"] >= 0.1].iloc[0]
    alt = worded(
        "Of the tenth with the lowest chances, {low_chance} in the mean, {low_left} left; of the highest, "
        "{high_chance}, {high_left}. The likeliest tenth holds {share} of those who left.",
        low_chance=say.share(first["expected_share"]),
        low_left=say.share(first["left_share"]),
        high_chance=say.share(last["expected_share"]),
        high_left=say.share(last["left_share"]),
        share=say.share(at[judged.best]),
    )
    return Drawing(drawn, alt)


def _two(value: float) -> str:
    return say.number(value, digits=2)


def _three(value: float) -> str:
    return say.number(value, digits=3)
