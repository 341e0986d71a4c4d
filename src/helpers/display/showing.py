"""The one way onto a page: `show` takes figures, tables and findings, which are values until then."""

from __future__ import annotations

from typing import Any, Protocol

from IPython.display import display


class Shown(Protocol):
    """Whatever can be shown: it knows its own representations by MIME type."""

    def bundles(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Its outputs: representations by MIME type, and what is said of them (such as the alt text of a picture)."""
        ...


def show(*things: Shown) -> None:
    """Show figures, tables or findings in a notebook, each panel of a figure as an output of its own."""
    for data, metadata in (bundle for thing in things for bundle in thing.bundles()):
        display(data, raw=True, metadata=metadata)
