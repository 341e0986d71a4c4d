"""The model of leaving on the page: whether it beats recency alone, how well it is calibrated, and whom it finds."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding, estimated
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, GREEN, INK, ORANGE, themed
from helpers.models.churn.leaving_models import MODELS, RECENCY, Judged

KEY = "churn_leaving"
LINES = ((ORANGE, ":"), (GREEN, "--"), (BLUE, "-"))


def summary(judged: Judged | None, *, horizon_days: int, lead_days: int, level: float) -> Finding:
    """Which model tells best who leaves, and whether it is better than to ask how long somebody has been away."""
    if judged is None:
        return Finding(KEY, "Who will leave cannot be told by a model: the data are too short, or customers too few.")
    days, gap = judged.table["origin"].nunique(), judged.gap
    row = judged.table[judged.table["model"] == judged.best].to_dict("records")[-1]
    if judged.best == RECENCY or gap.low <= 0:
        claim = "No model tells clearly better who leaves than how long a customer has been away."
    else:
        claim = f"{judged.best.capitalize()} tells who leaves better than how long a customer has been away."
    low, high = (say.number(bound, digits=3) for bound in (gap.low, gap.high))
    evidence = (
        f"On {say.day(row['origin'])} {judged.best} had a log-loss of {say.number(row['log_loss'], digits=3)}, "
        f"{say.number(gap.value, digits=3)} less than {RECENCY} ({say.interval(low, high, level=level)}); AUC "
        f"{say.number(row['auc'], digits=3)}, calibration slope {say.number(row['calibration_slope'], digits=2)}; "
        f"{say.counted(gap.n, 'customer')}, judged on {say.counted(days, 'earlier day')}; leaving: no purchase within "
        f"{say.counted(horizon_days, 'day')} after {say.counted(lead_days, 'day')}."
    )
    return estimated(KEY, claim, gap, "", evidence=evidence)


def model_table(judged: Judged) -> Table:
    """The models on each day on which they were judged, recency alone first."""
    rows = judged.table
    shown = pd.DataFrame(
        {
            "judged on": [say.day(on) for on in rows["origin"]],
            "model": rows["model"],
            "customers": rows["n"],
            "left": rows["left_share"],
            "AUC": rows["auc"],
            "log-loss": rows["log_loss"],
            "Brier": rows["brier"],
            "slope": rows["calibration_slope"],
            "intercept": rows["calibration_intercept"],
            "lift of the top tenth": rows["top_decile_lift"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["AUC", "log-loss", "Brier"], _three)
    formats |= dict.fromkeys(["slope", "intercept", "lift of the top tenth"], _two)
    formats |= {"customers": say.number, "left": say.share}
    caption = "Models of leaving on days that they had not seen; slope and intercept of calibration are 1 and 0 at best"
    return tables.table(shown, caption=caption, formats=formats)


@themed
def figure(judged: Judged, *, level: float) -> Drawing:
    """Whether chances are right where they are high and low, and how many of who left are found by how many asked."""
    drawn, (right, found) = canvas(columns=2, height=3.6)
    rows = judged.reliability
    right.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    right.vlines(rows["expected_share"], rows["low"], rows["high"], color=INK, linewidth=1.2)
    right.scatter(rows["expected_share"], rows["left_share"], color=BLUE, zorder=3, s=18)
    right.set(title=f"Left, beside the chance told (line: {say.exact_share(level)} interval)", xlabel="chance to leave")
    right.set_ylabel("share that left")
    found.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    for name, (color, style) in zip(MODELS, LINES, strict=True):
        found.plot(judged.gain["customer_share"], judged.gain[name], color=color, linestyle=style, label=name)
    found.set(title="Found among the likeliest", xlabel="share of customers", ylabel="share of those who left")
    found.legend(fontsize=8)
    for axes in (right, found):
        axes.xaxis.set_major_formatter(SHARE_AXIS)
        axes.yaxis.set_major_formatter(SHARE_AXIS)
    first, last = rows.iloc[0], rows.iloc[-1]
    at = judged.gain[judged.gain["customer_share"] >= 0.1].iloc[0]
    alt = (
        f"Of the tenth with the lowest chances, {say.share(first['expected_share'])} in the mean, "
        f"{say.share(first['left_share'])} left; of the highest, {say.share(last['expected_share'])}, "
        f"{say.share(last['left_share'])}. The likeliest tenth holds {say.share(at[judged.best])} of those who left."
    )
    return Drawing(drawn, alt)


def _two(value: float) -> str:
    return say.number(value, digits=2)


def _three(value: float) -> str:
    return say.number(value, digits=3)
