from __future__ import annotations

from papermill.engines import papermill_engines

from helpers.reports import kernel
from helpers.reports.engine import InProcessEngine


def test_papermill_knows_both_engines_by_name() -> None:
    kernel.register()
    assert papermill_engines.get_engine(kernel.ENGINE) is kernel.KernelEngine
    assert papermill_engines.get_engine("regulars") is InProcessEngine
