"""The one way onto a page: `show` takes figures, tables and findings, which are values until then."""

from __future__ import annotations

from typing import Any, Protocol

from IPython.display import display


class Shown(Protocol):
    """Whatever can be shown: it knows its own representations by MIME type."""

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The representations by MIME type, and what is said of them (such as the alt text of a picture)."""
        ...


def show(*things: Shown) -> None:
    """Show figures, tables or findings in a notebook, each as an output of its own."""
    for thing in things:
        data, metadata = thing.bundle()
        display(data, raw=True, metadata=metadata)
