"""How nbval compares the notebooks: here and not in tests/, since a hook reaches only what lies beneath it."""

from __future__ import annotations

import pytest


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Compare notebooks on their texts and findings: pictures and markup follow from those, and differ by machine."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += (
            "image/svg+xml",
            "image/vnd.regulars.phone+svg",
            "image/vnd.regulars.numbers+html",
            "text/html",
        )
