"""What made a simulated company, as it says itself: who reads one that is there imports nothing that makes one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from helpers.errors import nearest
from helpers.schema import SCHEMAS
from helpers.simulation.settings import Company

TABLES_OF = {
    "customers": ("customers",),
    "purchases": ("orders",),
    "catalogue": ("products", "order_items", "order_lines"),
    "events": ("events",),
    "memberships": ("memberships",),
    "points": ("points",),
    "subscriptions": ("subscriptions",),
    "tickets": ("tickets",),
    "surveys": ("survey_responses", "survey_questions", "survey_invitations"),
    "campaigns": ("campaigns", "campaign_assignments"),
    "usage": ("quota_pools", "usage"),
    "consents": ("consents", "erasures"),
}
"""The canonical tables that each family of data makes."""
ON_REQUEST = ("order_lines",)
"""Tables that are made only when named: orders as a shop delivers them by line, which repeat two canonical tables."""
TABLES = tuple(name for made in TABLES_OF.values() for name in made if name not in ON_REQUEST)
MANIFEST = "manifest.json"
LIBRARIES = ("numpy", "pyarrow", "scipy")
"""Those whose versions decide the bytes of a company."""


def wanted_tables(tables: Collection[str] | None) -> set[str]:
    """The names of the tables to make: all of `TABLES` where None."""
    known = (*TABLES, *ON_REQUEST)
    unknown = [name for name in tables or () if name not in known]
    if unknown:
        raise ValueError(f"`tables` must be of {', '.join(known)}, found {unknown[0]!r}.{nearest(unknown[0], known)}")
    return set(TABLES if tables is None else tables)


def manifest(company: Company, *, tables: Collection[str] | None = None) -> dict[str, Any]:
    """All that decides the bytes of a company: its settings and tables, the code, and the libraries.

    The digest of the code is of the modules of this package and of the schemas: a changed mechanism is never mistaken
    for the old one.
    """
    made = {
        "simulated": True,
        "settings": asdict(company),
        "tables": sorted(wanted_tables(tables)),
        "code": _digest(repr(SCHEMAS)),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    plain: dict[str, Any] = json.loads(json.dumps(made, default=str))
    return plain


@cache
def _digest(schemas: str) -> str:
    """The digest of the code, which a process reads once."""
    sources = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"\0".join([*sources, schemas.encode()])).hexdigest()


def manifest_in(out: Path) -> dict[str, Any]:
    """The manifest in a folder; empty where there is none, or none of ours."""
    try:
        stated = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) and stated.get("simulated") else {}
