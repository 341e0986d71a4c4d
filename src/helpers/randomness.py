"""Random streams that do not disturb each other: one per seed, name and block."""

from __future__ import annotations

from hashlib import sha256

import numpy as np


def stream(seed: int, name: str, block: int = 0) -> np.random.Generator:
    """A generator of its own for `name` in `block`: another name, block or seed never changes what it draws.

    Parameters
    ----------
    seed
        The seed, 0 or above.
    name
        Whose stream it is, such as "purchases" or "tickets.delays".
    block
        Number of a part that is drawn on its own, such as a block of customers; 0 or above.

    Examples
    --------
    >>> int(stream(1, "purchases").integers(1_000)), int(stream(1, "purchases").integers(1_000))
    (658, 658)
    """
    key = int.from_bytes(sha256(name.encode()).digest()[:16], "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, key, block])))


def as_scikit_learn(seed: int) -> np.random.RandomState:
    """The numbers that scikit-learn draws from a seed, for steps that must come out as there."""
    return np.random.RandomState(seed)
