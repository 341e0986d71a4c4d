"""Whether a person watches a notebook while it runs: in JupyterLab somebody does, in a scheduled run nobody."""

from __future__ import annotations

import os
import sys

WATCHED_VARIABLE = "REGULARS_WATCHED"
"""1 or 0: whether somebody watches the notebooks of this process; runs set it to 0, and `regulars lab` to 1."""
SESSION_VARIABLE = "JPY_SESSION_NAME"
"""Set by a Jupyter server in the kernels that it starts for a person."""


def is_watched() -> bool:
    """Whether somebody watches this notebook: as the environment says, else where a Jupyter server started it."""
    stated = os.environ.get(WATCHED_VARIABLE)
    if stated is not None:
        return stated == "1"
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return SESSION_VARIABLE in os.environ and hasattr(shell, "kernel")
