"""One table beside another."""

from __future__ import annotations

import ibis


def beside(own: ibis.Table, more: ibis.Table, *keys: str) -> ibis.Table:
    """The rows of a table with the further columns of another beside them; missing where that has no such row.

    Parameters
    ----------
    own
        One row or several per value of the keys.
    more
        One row per value of the keys, and no other column of `own`.
    keys
        Columns of both.
    """
    return own.left_join(more, list(keys)).drop(*(f"{key}_right" for key in keys))
