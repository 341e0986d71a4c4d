"""What a notebook was shown, caught instead of displayed."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.display import findings, pages, showing


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The bundles that were displayed, each with its metadata under `metadata`."""
    caught: list[dict[str, Any]] = []

    def display(data: dict[str, Any], *, raw: bool, metadata: dict[str, Any] | None = None) -> None:
        assert raw
        caught.append({**data, "metadata": metadata or {}})

    for module in (findings, pages, showing):
        monkeypatch.setattr(module, "display", display)
    return caught
