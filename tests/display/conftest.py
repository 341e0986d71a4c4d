"""What a notebook was shown, caught instead of displayed."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The bundles that were displayed, each with its metadata under `metadata`."""
    caught: list[dict[str, Any]] = []

    def display(data: dict[str, Any], *, raw: bool, metadata: dict[str, Any] | None = None) -> None:
        assert raw
        caught.append({**data, "metadata": metadata or {}})

    for module in ("helpers.display.pages", "helpers.display.showing", "IPython.display"):
        monkeypatch.setattr(f"{module}.display", display)
    return caught
