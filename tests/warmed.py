"""What the server of `tests/commands.py` imports before it is copied: all that a run would import."""

from pathlib import Path

import helpers.__main__  # noqa: F401 - for its imports
from helpers.reports import execution, runs  # noqa: F401 - for their imports

execution.warm(sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb")))
