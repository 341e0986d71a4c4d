"""What is said of the model of spend in use."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helpers.display import language as say
from helpers.display.buying.fit_notes import retold
from helpers.display.findings import Finding
from helpers.display.wording import named, recast, sentences, vocabulary, worded
from helpers.models.spend.spend_choice import INSTEAD

TITLES = dict(
    zip(
        ("gamma_gamma", "shrunk_mean"),
        vocabulary("Gamma-Gamma", "each customer's own mean, shrunk towards that of all"),
        strict=True,
    )
)
REASONS = vocabulary(
    "Expected spend is the shrunk mean of each customer's own purchases, not Gamma-Gamma's.",
    "Spend hardly goes with frequency: correlation {r} ({low} to {high}), the mean purchase level with the mean "
    "customer, {count} customers who came back.",
    "Spend hardly goes with frequency: correlation {r} ({low} to {high}), the mean purchase {share} above the mean "
    "customer, {count} customers who came back.",
    "Spend hardly goes with frequency: correlation {r} ({low} to {high}), the mean purchase {share} below the mean "
    "customer, {count} customers who came back.",
    "Spend goes with frequency, too much for Gamma-Gamma: correlation {r} ({low} to {high}), the mean purchase level "
    "with the mean customer, {count} customers who came back.",
    "Spend goes with frequency, too much for Gamma-Gamma: correlation {r} ({low} to {high}), the mean purchase {share} "
    "above the mean customer, {count} customers who came back.",
    "Spend goes with frequency, too much for Gamma-Gamma: correlation {r} ({low} to {high}), the mean purchase {share} "
    "below the mean customer, {count} customers who came back.",
    "Whether spend goes with frequency is unknown: {count} customers came back.",
    "Whether spend goes with frequency is unknown: {count} customer came back.",
    "Its mean customer pays {times} times what the {count} customers who came back paid, more than chance explains.",
    "Only one customer shows what a repeat purchase brings.",
    "All came back equally often, so how far spend scatters from purchase to purchase is taken from the first.",
    "All came back equally often: the own mean and the mean of all are taken to be worth the same.",
    "Expected spend is the mean of the first purchases, for nobody came back; repeat purchases may well differ "
    "from it.",
    "Expected spend is the mean of the first purchases, for nobody who came back paid anything; repeat purchases may "
    "well differ from it.",
    "{count} customer who came back paid nothing, or less, and count with zero.",
    "{count} customers who came back paid nothing, or less, and count with zero.",
)
PERCENT = re.compile(r"(\d+)%")
MINUS = re.compile(r"(?<=[ (])-(?=\d)")


def chosen(name: str, notes: Sequence[str], *, n: int) -> Finding:
    """Which model the expected spend of a purchase is from, and why; `notes` are the reasons, a sentence each."""
    claim = worded("The spend of a purchase is expected by {model}.", model=named(TITLES[name]))
    return Finding("clv_spend_model", claim, n=n, evidence=sentences(*map(_reason, filter(None, notes))))


def _reason(note: str) -> str:
    """A reason with its numbers as the page writes them; after what stands in for Gamma-Gamma comes why."""
    if note.startswith(f"{INSTEAD} "):
        return sentences(_reason(INSTEAD), _reason(note.removeprefix(f"{INSTEAD} ")))
    text = PERCENT.sub(lambda found: say.share(int(found[1]) / 100, digits=0), MINUS.sub("−", note))
    return retold([recast(f"{text.rstrip('.')}.", REASONS)])
