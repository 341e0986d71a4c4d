"""Whom a next campaign should reach, on the page: does a score find those it moves, and whom should it leave alone."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding, estimated
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, INK, SKY, themed
from helpers.models.campaigns.effects import CONTRIBUTION, CONVERSION
from helpers.models.campaigns.qini import BETTER
from helpers.models.campaigns.uplift import LEAVE, OFFER, UNCLEAR, Judged

KEY = "churn_uplift"
ORDINALS = ("highest", "second", "third", "fourth", "lowest")
NONE_JUDGED = Finding(
    KEY,
    "Whom a next campaign should reach is unknown: too few customers were in one that can be read.",
    evidence="Needed is a campaign whose arms chance drew, with some hundred customers in each.",
)


def summary(
    judged: Judged | None, scored: pd.DataFrame | None, *, arm: str, campaign: str, level: float
) -> list[Finding]:
    """Whether a score finds whom the campaign moves, and how many of today's customers should be left alone."""
    if judged is None or scored is None:
        return [NONE_JUDGED]
    qini, row = judged.used.coefficient, judged.table.to_dict("records")[0]
    top = say.points(row["top_effect"])
    claim = f"No score tells better than chance whom the {arm} of {campaign} moves."
    if judged.used.verdict == BETTER:
        claim = f"A score finds whom the {arm} moves: {top} among the fifth it puts first."
    interval = say.interval(say.points(row["top_low"]), say.points(row["top_high"]), level=level)
    scale = [say.number(100 * each, digits=2) for each in (qini.value, qini.low, qini.high)]
    evidence = (
        f"Qini {scale[0]} (area over chance, in points), {say.interval(*scale[1:], level=level)}: "
        f"{judged.used.verdict}; the fifth put first: {top}, {interval}; {say.counted(qini.n, 'customer')} of "
        f"{campaign}, each scored by a model that had not seen them ({row['learner']})."
    )
    return [estimated(KEY, claim, qini, "", evidence=evidence), _alone(judged, scored, campaign=campaign)]


def _alone(judged: Judged, scored: pd.DataFrame, *, campaign: str) -> Finding:
    """Who should be left alone: fifths of the score in which the offer surely did harm or cost more than it brought."""
    alone, offered = (len(scored[scored["advice"] == name]) for name in (LEAVE, OFFER))
    by = "contribution, after costs" if (judged.fifths["outcome"] == CONTRIBUTION).any() else "who took it up"
    how = f"By {by}, fifth by fifth of the score, against those left alone by chance in {campaign}."
    if not judged.is_told:
        claim = "Nobody is to be left alone by a score that is no better than chance."
        return Finding(
            f"{KEY}_alone", claim, n=len(scored), evidence=f"Decide by what the campaign moved over all. {how}"
        )
    if not alone:
        claim = "Of no fifth of the score is it clear that it should be left alone."
        sure = f"{say.counted(offered, 'customer')} surely pay" if offered else "None surely pays, either"
        return Finding(f"{KEY}_alone", claim, 0.0, n=len(scored), unit="count", evidence=f"{sure}. {how}")
    claim = f"Leave {say.counted(alone, 'customer')} alone: an offer to customers like them costs more than it brings."
    return Finding(f"{KEY}_alone", claim, float(alone), n=len(scored), unit="count", evidence=how)


@themed
def figure(judged: Judged, *, arm: str) -> Drawing:
    """The Qini curve of the score in use with its band, beside chance; and the effect in each fifth of the score."""
    drawn, (found, fifths) = canvas(columns=2, height=3.4)
    rows = judged.used.curve
    found.fill_between(rows["customer_share"], rows["low"], rows["high"], color=SKY, alpha=0.4, linewidth=0)
    found.plot(rows["customer_share"], rows["chance_gain"], color=FAINT, linewidth=1)
    found.plot(rows["customer_share"], rows["gain"], color=BLUE)
    found.set(
        title="Gained by offering to those put first", xlabel="share of customers", ylabel="more take it up, of all"
    )
    each = judged.fifths[judged.fifths["outcome"] == CONVERSION]
    fifths.axhline(0, color=FAINT, linewidth=1)
    fifths.vlines(each["fifth"], each["low"], each["high"], color=INK, linewidth=1.2)
    fifths.scatter(each["fifth"], each["effect"], color=BLUE, zorder=3, s=22)
    fifths.set(title=f"Moved by the {arm}, by fifth of the score", xlabel="fifth, the highest scores first")
    fifths.set_xticks(each["fifth"])
    found.xaxis.set_major_formatter(SHARE_AXIS)
    for axes in (found, fifths):
        axes.yaxis.set_major_formatter(SHARE_AXIS)
    told = [
        f"{ORDINALS[int(row['fifth']) - 1]} {say.points(row['effect'])} ({say.points(row['low'])} to "
        f"{say.points(row['high'])})"
        for row in each.to_dict("records")
    ]
    last = rows.iloc[-1]
    alt = f"Offered to all, {say.points(last['gain'])} more take it up. By fifth of the score: {say.listed(told)}."
    return Drawing(drawn, alt)


def fifth_table(judged: Judged, advice: pd.Series, *, currency: str, level: float) -> Table:
    """What the campaign moved in each fifth of the score, and what that advises."""
    rows = judged.fifths
    moved, money = (rows[rows["outcome"] == outcome].set_index("fifth") for outcome in (CONVERSION, CONTRIBUTION))
    cells = pd.DataFrame(
        {
            "fifth of the score": [ORDINALS[fifth - 1] for fifth in moved.index],
            "customers": moved["customer_count"].to_numpy(),
            "expected": moved["expected"].to_numpy(),
            "moved": moved["effect"].to_numpy(),
            "from": moved["low"].to_numpy(),
            "to": moved["high"].to_numpy(),
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["expected", "moved", "from", "to"], say.points)
    formats["customers"] = say.number
    if len(money):
        name = f"contributed, {currency}"
        cells[name], cells[f"{name}: from"], cells[f"{name}: to"] = (
            money[of].to_numpy() for of in ("effect", "low", "high")
        )
        formats |= dict.fromkeys([name, f"{name}: from", f"{name}: to"], _two)
    cells["advice"] = advice.reindex(moved.index).fillna(UNCLEAR).to_numpy()
    caption = (
        f"What the campaign moved, a customer, by fifth of a score that had not seen them; from, to: "
        f"{say.exact_share(level)} interval; contributed: margin less costs"
    )
    return tables.table(cells, caption=caption, formats=formats)


def learner_table(judged: Judged, *, level: float) -> Table:
    """The models of uplift and the rival that asks who responds, each by customers that it had not seen."""
    rows = judged.table
    cells = pd.DataFrame(
        {
            "model": rows["learner"],
            "Qini": rows["qini"],
            "from": rows["low"],
            "to": rows["high"],
            "it is": rows["verdict"],
            "moved in the fifth put first": rows["top_effect"],
            "least": rows["top_low"],
            "most": rows["top_high"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["Qini", "from", "to"], _four)
    formats |= dict.fromkeys(["moved in the fifth put first", "least", "most"], say.points)
    caption = f"Models of whom the campaign moves; from, to and least, most: {say.exact_share(level)} intervals"
    return tables.table(cells, caption=caption, formats=formats, is_folded=True)


def _two(value: float) -> str:
    return say.number(value, digits=2)


def _four(value: float) -> str:
    return say.number(value, digits=4)
