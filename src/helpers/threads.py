"""How many threads a process may use: the one place that decides it.

Sums of floats over several threads have no fixed order, so figures that rest on them are worked out by one thread. And
OpenMP threads that wait for work spin: on two cores a search that needs 5 s of computing took 157 s with them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""What numerical libraries read when they are first loaded; a run sets it before it imports them."""


def keep_to_one() -> None:
    """One thread for every numerical library that this process has loaded, from now on."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)


_LIMITED: list[frozenset[str]] = []
"""The modules that were there when each block that still runs had set its limit."""


@contextmanager
def one_thread(*modules: str) -> Iterator[None]:
    """One thread for every numerical library within the block, whoever imported what before.

    Parameters
    ----------
    modules
        Modules that the block uses, such as ``sklearn.cluster``. They are imported first: a library that is loaded
        within the block would bring threads of its own that no limit has reached.

    Notes
    -----
    To set a limit takes some hundredths of a second, which dozens of small models feel. A block within another one
    sets it again only where it needs a module that was not there when the outer one began.
    """
    if _LIMITED and _LIMITED[-1].issuperset(modules):
        yield
        return
    from threadpoolctl import threadpool_limits

    for name in modules:
        import_module(name)
    with threadpool_limits(limits=1):
        _LIMITED.append(frozenset(sys.modules))
        try:
            yield
        finally:
            _LIMITED.pop()
