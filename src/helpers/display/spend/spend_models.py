"""What is said of the model of spend in use."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.display.findings import Finding

TITLES = {"gamma_gamma": "Gamma-Gamma", "shrunk_mean": "each customer's own mean, shrunk towards that of all"}


def chosen(name: str, notes: Sequence[str], *, n: int) -> Finding:
    """Which model the expected spend of a purchase is from, and why; `notes` are the reasons, a sentence each."""
    why = " ".join(note.rstrip(".") + "." for note in notes if note)
    return Finding("clv_spend_model", f"The spend of a purchase is expected by {TITLES[name]}.", n=n, evidence=why)
