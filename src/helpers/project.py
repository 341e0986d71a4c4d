"""Where the project lies on disk, and what a report may be called."""

from __future__ import annotations

import re
from pathlib import Path

REPORT_NAME = re.compile(r"\w[\w-]{0,63}")
"""Name of a report: it names a folder, so letters, digits, _ and - only."""


def project_root() -> Path:
    """The folder that holds notebooks/, params/ and data/; relative paths in params start here, wherever we run."""
    return Path(__file__).resolve().parents[2]
