"""Whom a next campaign should reach, on the page: does a score find those it moves, and whom should it leave alone."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.churn.churn_words import hundredths
from helpers.display.figures import SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding, Lacking, estimated
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, INK, SKY, themed
from helpers.display.wording import named, sentences, vocabulary, worded
from helpers.models.campaigns.effects import CONTRIBUTION, CONVERSION
from helpers.models.campaigns.qini import BETTER
from helpers.models.campaigns.uplift import LEAVE, OFFER, UNCLEAR, Judged

KEY = "churn_uplift"
ORDINALS = vocabulary("highest", "second", "third", "fourth", "lowest")
VERDICTS = vocabulary("better than chance", "worse than chance", "no better than chance")
LEARNERS = vocabulary("residual learner", "two models", "model of response")
ADVICE = vocabulary("offer", "leave alone", "not clear")


def summary(
    judged: Judged | None, scored: pd.DataFrame | None, *, arm: str, campaign: str, level: float
) -> list[Finding]:
    """Whether a score finds whom the campaign moves, and how many of today's customers should be left alone."""
    if judged is None or scored is None:
        claim = worded("A campaign with some hundred customers in each arm would show whom to reach and whom not.")
        return [Lacking(KEY, claim, evidence=worded("Its arms must be drawn by chance."))]
    qini, row = judged.used.coefficient, judged.table.to_dict("records")[0]
    top = say.points(row["top_effect"])
    it = {"arm": named(arm), "campaign": campaign, "effect": top}
    claim = worded("No score tells better than chance whom the {arm} of {campaign} moves.", **it)
    if judged.used.verdict == BETTER:
        claim = worded("A score finds whom the {arm} moves: {effect} among the fifth it puts first.", **it)
    interval = say.interval(say.points(row["top_low"]), say.points(row["top_high"]), level=level)
    scale = [say.number(100 * each, digits=2) for each in (qini.value, qini.low, qini.high)]
    evidence = worded(
        "Qini {qini} (area over chance, in points), {qini_interval}: {verdict}; the fifth put first: {effect}, "
        "{interval}; {customers} of {campaign}, each scored by a model that had not seen them ({learner}).",
        qini=scale[0],
        qini_interval=say.interval(*scale[1:], level=level),
        verdict=named(judged.used.verdict),
        interval=interval,
        customers=say.counted(qini.n, "customer"),
        learner=named(row["learner"]),
        effect=top,
        campaign=campaign,
    )
    return [estimated(KEY, claim, qini, "", evidence=evidence), _alone(judged, scored, campaign=campaign)]


def _alone(judged: Judged, scored: pd.DataFrame, *, campaign: str) -> Finding:
    """Who should be left alone: fifths of the score in which the offer surely did harm or cost more than it brought."""
    alone, offered = (len(scored[scored["advice"] == name]) for name in (LEAVE, OFFER))
    how = worded(
        "By who took it up, fifth by fifth of the score, against those left alone by chance in {campaign}.",
        campaign=campaign,
    )
    if (judged.fifths["outcome"] == CONTRIBUTION).any():
        how = worded(
            "By contribution, after costs, fifth by fifth of the score, against those left alone by chance in "
            "{campaign}.",
            campaign=campaign,
        )
    if not judged.is_told:
        claim = worded("Nobody is to be left alone by a score that is no better than chance.")
        evidence = sentences(worded("Decide by what the campaign moved over all."), how)
        return Finding(f"{KEY}_alone", claim, n=len(scored), evidence=evidence)
    if not alone:
        claim = worded("Of no fifth of the score is it clear that it should be left alone.")
        sure = worded("None surely pays, either.")
        if offered:
            sure = worded("An offer surely pays for {customers}.", customers=say.counted(offered, "customer"))
        return Finding(f"{KEY}_alone", claim, 0.0, n=len(scored), unit="count", evidence=sentences(sure, how))
    claim = worded(
        "Leave {customers} alone: an offer to customers like them costs more than it brings.",
        customers=say.counted(alone, "customer"),
    )
    return Finding(f"{KEY}_alone", claim, float(alone), n=len(scored), unit="count", evidence=how)


@themed
def figure(judged: Judged, *, arm: str) -> Drawing:
    """The Qini curve of the score in use with its band, beside chance; and the effect in each fifth of the score."""
    drawn, (found, fifths) = canvas(columns=2, height=3.4)
    rows = judged.used.curve
    found.fill_between(rows["customer_share"], rows["low"], rows["high"], color=SKY, alpha=0.4, linewidth=0)
    found.plot(rows["customer_share"], rows["chance_gain"], color=FAINT, linewidth=1)
    found.plot(rows["customer_share"], rows["gain"], color=BLUE)
    found.set(title=worded("Gained by offering to those put first"), xlabel=worded("share of customers"))
    found.set_ylabel(worded("more take it up, of all"))
    each = judged.fifths[judged.fifths["outcome"] == CONVERSION]
    fifths.axhline(0, color=FAINT, linewidth=1)
    fifths.vlines(each["fifth"], each["low"], each["high"], color=INK, linewidth=1.2)
    fifths.scatter(each["fifth"], each["effect"], color=BLUE, zorder=3, s=22)
    fifths.set_title(worded("Moved by the {arm}, by fifth of the score", arm=named(arm)))
    fifths.set_xlabel(worded("fifth, the highest scores first"))
    fifths.set_xticks(each["fifth"])
    found.xaxis.set_major_formatter(SHARE_AXIS)
    for axes in (found, fifths):
        axes.yaxis.set_major_formatter(SHARE_AXIS)
    told = [
        worded(
            "{fifth} {effect} ({low} to {high})",
            fifth=named(ORDINALS[int(row["fifth"]) - 1]),
            effect=say.points(row["effect"]),
            low=say.points(row["low"]),
            high=say.points(row["high"]),
        )
        for row in each.to_dict("records")
    ]
    alt = worded(
        "Offered to all, {effect} more take it up. By fifth of the score: {fifths}.",
        effect=say.points(rows.iloc[-1]["gain"]),
        fifths=say.listed(told),
    )
    return Drawing(drawn, alt)


def fifth_table(judged: Judged, advice: pd.Series, *, currency: str, level: float) -> Table:
    """What the campaign moved in each fifth of the score, and what that advises."""
    rows = judged.fifths
    effects = [worded("expected, points"), worded("seen, points"), worded("from"), worded("to")]
    moved, money = (rows[rows["outcome"] == outcome].set_index("fifth") for outcome in (CONVERSION, CONTRIBUTION))
    cells = pd.DataFrame(
        {
            worded("fifth of the score"): [named(ORDINALS[fifth - 1]) for fifth in moved.index],
            worded("customers"): moved["customer_count"].to_numpy(),
            effects[0]: moved["expected"].to_numpy(),
            effects[1]: moved["effect"].to_numpy(),
            effects[2]: moved["low"].to_numpy(),
            effects[3]: moved["high"].to_numpy(),
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(effects, hundredths)
    formats[worded("customers")] = say.number
    if len(money):
        unit = {"currency": named(currency)}
        for of, name in (
            ("effect", worded("contributed, {currency}", **unit)),
            ("low", worded("contributed, {currency}: from", **unit)),
            ("high", worded("contributed, {currency}: to", **unit)),
        ):
            cells[name], formats[name] = money[of].to_numpy(), _two
    cells[worded("advice")] = [named(one) for one in advice.reindex(moved.index).fillna(UNCLEAR)]
    caption = worded(
        "What the campaign moved, a customer, by fifth of a score that had not seen them; from, to: {level} interval; "
        "contributed: margin less costs",
        level=say.exact_share(level),
    )
    return tables.table(cells, caption=caption, formats=formats)


def learner_table(judged: Judged, *, level: float) -> Table:
    """The models of uplift and the rival that asks who responds, each by customers that it had not seen."""
    rows, areas = judged.table, ["Qini", worded("from"), worded("to")]
    effects = [worded("moved in the fifth put first, points"), worded("least"), worded("most")]
    cells = pd.DataFrame(
        {
            worded("model"): [named(name) for name in rows["learner"]],
            areas[0]: rows["qini"],
            areas[1]: rows["low"],
            areas[2]: rows["high"],
            worded("verdict"): [named(verdict) for verdict in rows["verdict"]],
            effects[0]: rows["top_effect"],
            effects[1]: rows["top_low"],
            effects[2]: rows["top_high"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(areas, _four)
    formats |= dict.fromkeys(effects, hundredths)
    caption = worded(
        "Models of whom the campaign moves; from, to and least, most: {level} intervals", level=say.exact_share(level)
    )
    return tables.table(cells, caption=caption, formats=formats, is_folded=True)


def _two(value: float) -> str:
    return say.number(value, digits=2)


def _four(value: float) -> str:
    return say.number(value, digits=4)
