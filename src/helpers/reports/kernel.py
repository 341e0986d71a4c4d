"""The fallback engine: a real kernel per notebook, and the judge of the in-process engine."""

from __future__ import annotations

import sys
import tempfile
from typing import Any

from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.log import logger
from traitlets import Int
from traitlets.config import Config

from helpers.reports.engine import is_run

ENGINE = "regulars-kernel"
WARNING_TYPE = "application/x-regulars-warning"

PRELUDE = """
def _prelude():
    import random, warnings
    from IPython.display import display
    def show(message, category, filename, lineno, file=None, line=None):
        text = warnings.formatwarning(message, category, filename, lineno, line)
        display({{"{type}": text}}, raw=True) if file is None else file.write(text)
    warnings.showwarning = show
    random.seed({seed})
    import numpy
    numpy.random.seed({seed})
_prelude(); del _prelude
"""


class _Client(PapermillNotebookClient):
    """Papermill's client of a kernel, with the warnings sent to the log and the generators seeded."""

    seed = Int(0)

    def papermill_execute_cells(self) -> None:
        self.wait_for_reply(self.kc.execute(PRELUDE.format(type=WARNING_TYPE, seed=self.seed), silent=True))
        super().papermill_execute_cells()

    def execute_cell(self, cell: NotebookNode, cell_index: int, **how: Any) -> NotebookNode:
        """Run a cell, where a report runs it."""
        return super().execute_cell(cell, cell_index, **how) if is_run(cell) else cell

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        warning = msg["content"].get("data", {}).get(WARNING_TYPE) if msg["msg_type"] == "display_data" else None
        if warning is None:
            return super().process_message(msg, cell, cell_index)
        logger.warning(warning.rstrip())
        return None


class KernelEngine(NBClientEngine):
    """Papermill's own engine with a kernel per notebook, over a socket file where the system has them."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, start_timeout: int = 60, seed: int = 0, **kwargs: Any
    ) -> NotebookNode:
        """Execute the notebook in a kernel of its own."""
        files = {name: kwargs.get(name) for name in ("log_output", "stdout_file", "stderr_file")}
        with tempfile.TemporaryDirectory(prefix="regulars-") as folder:
            connection = {"transport": "ipc", "connection_file": f"{folder}/kernel.json"}
            config = Config({"KernelManager": {} if sys.platform == "win32" else connection})
            settings = {"kernel_name": kernel_name, "startup_timeout": start_timeout, "config": config, "seed": seed}
            return _Client(nb_man, log=logger, **settings, **files).execute()


def register() -> None:
    """Make this engine known to papermill; the in-process one is known by its entry point."""
    papermill_engines.register(ENGINE, KernelEngine)
