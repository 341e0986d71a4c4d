"""The whole company: in memory with its truth where it is small, to Parquet block by block at any size."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from helpers.errors import RunError
from helpers.simulation import (
    SIMULATED,
    buying_process,
    campaign_runs,
    catalogue,
    consents,
    customer_records,
    events,
    loyalty_points,
    loyalty_tiers,
    quota_usage,
    subscriptions,
    surveys,
    tickets,
)
from helpers.simulation.buying_process import orders_block
from helpers.simulation.defects import plant
from helpers.simulation.manifests import MANIFEST, TABLES_OF, manifest, manifest_in, wanted_tables
from helpers.simulation.population import population
from helpers.simulation.settings import Company

Made = tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]
Generate = Callable[..., Made]
"""A function of a company, the people and orders of a block, and its number: tables and truth frames by name."""


@dataclass(frozen=True)
class Family:
    """Data of one kind: the function that makes a block of them, and the canonical tables that it makes."""

    generate: Generate
    tables: tuple[str, ...]


GENERATE: dict[str, Generate] = {
    "customers": customer_records.generate,
    "purchases": buying_process.generate,
    "catalogue": catalogue.generate,
    "events": events.generate,
    "memberships": loyalty_tiers.generate,
    "points": loyalty_points.generate,
    "subscriptions": subscriptions.generate,
    "tickets": tickets.generate,
    "surveys": surveys.generate,
    "campaigns": campaign_runs.generate,
    "usage": quota_usage.generate,
    "consents": consents.generate,
}
FAMILIES = {name: Family(generate, TABLES_OF[name]) for name, generate in GENERATE.items()}
"""The families by the name under which the truth holds their frames."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What made the data: for tests and benchmarks; notebooks never read it.

    `frames` holds by family its truth frames by name, such as `frames["customers"]["customers"]`.
    """

    company: Company
    frames: Mapping[str, Mapping[str, pd.DataFrame]]


@dataclass(frozen=True, eq=False)
class Simulation:
    """A company in memory: its tables by canonical name, and the truth."""

    tables: Mapping[str, pa.Table]
    truth: Truth


@dataclass(frozen=True, eq=False)
class Block:
    """The tables of a block of customers by name, and the truth frames by family and name."""

    number: int
    tables: dict[str, pa.Table]
    truth: dict[str, dict[str, pd.DataFrame]]


def simulate(company: Company, *, tables: Collection[str] | None = None) -> Simulation:
    """The company as a whole: for sizes that fit in memory.

    Parameters
    ----------
    company
        The settings.
    tables
        Names of the tables to make; all of `TABLES` where None. The truth has the families of these tables.
    """
    made = list(blocks(company, tables=tables))
    first = made[0]
    return Simulation(
        {name: pa.concat_tables([one.tables[name] for one in made if name in one.tables]) for name in first.tables},
        Truth(company, {name: _joined([one.truth[name] for one in made if name in one.truth]) for name in first.truth}),
    )


def _joined(frames: list[dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    names = frames[0]
    return {name: pd.concat([each[name] for each in frames if name in each], ignore_index=True) for name in names}


def blocks(company: Company, *, tables: Collection[str] | None = None) -> Iterator[Block]:
    """The blocks of a company one after the other; each is the same whether or not the others were made."""
    return (make_block(company, number, tables=tables) for number in range(company.block_count))


def make_block(company: Company, number: int, *, tables: Collection[str] | None = None) -> Block:
    """One block of customers, in all the tables asked for."""
    wanted = wanted_tables(tables)
    people = population(company, block=number)
    orders = orders_block(company, people)
    tables_made: dict[str, pa.Table] = {}
    truth: dict[str, dict[str, pd.DataFrame]] = {}
    for name, family in FAMILIES.items():
        if wanted.isdisjoint(family.tables):
            continue
        made, truth[name] = family.generate(company, people, orders, block=number)
        tables_made |= made
    tables_made, listed = _with_defects(company, number, tables_made)
    if number == 0:
        truth["defects"] = {"defects": listed}
    return Block(number, {name: table for name, table in tables_made.items() if name in wanted}, truth)


def _with_defects(
    company: Company, number: int, tables: dict[str, pa.Table]
) -> tuple[dict[str, pa.Table], pd.DataFrame]:
    """The tables with the defects of the settings, all of them in the first block, and the list of them."""
    settings = company.defects
    nowhere = settings.added_counts if settings.table not in tables else {}
    nowhere |= settings.written_counts if settings.comment_table not in tables else {}
    none: dict[str, Any] = {f"{kind.replace(' ', '_')}_count": 0 for kind in nowhere}
    settings = replace(settings, **none)
    if number == 0:
        return plant(tables, company=replace(company, defects=settings))
    if settings.wrong_currency_count:  # the first block has the column, and so has every other
        table = tables[settings.table]
        currency = pa.array([company.currency] * len(table), pa.string())
        tables = tables | {settings.table: table.append_column("currency", currency)}
    return tables, pd.DataFrame()


def write(company: Company, out: Path, *, tables: Collection[str] | None = None) -> Path:
    """The company as Parquet, `out/TABLE/block=0000/part.parquet`, and the manifest of its settings: returns `out`.

    One block is in memory at a time. The same settings, code and libraries give the same bytes.

    Parameters
    ----------
    company
        The settings.
    out
        A folder that does not exist, or is empty.
    tables
        Names of the tables to write; all of `TABLES` where None.

    Raises
    ------
    RunError
        The folder holds something.
    """
    wanted = wanted_tables(tables)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RunError(f"{out} must be empty or not there yet, found files in it: choose another folder, or delete it.")
    try:
        _write_blocks(company, out, wanted)
    except OSError as error:
        raise RunError(f"The simulated company could not be written to {out}: {error.strerror or error}.") from error
    return out


def _write_blocks(company: Company, out: Path, wanted: Collection[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for block in blocks(company, tables=wanted):
        for name, table in block.tables.items():
            folder = out / name / f"block={block.number:04d}"
            folder.mkdir(parents=True)
            marked = table.replace_schema_metadata({SIMULATED: b"true"})
            pq.write_table(marked, folder / "part.parquet", compression="zstd", row_group_size=250_000)
    text = json.dumps(manifest(company, tables=wanted), indent=2, ensure_ascii=False)
    (out / MANIFEST).write_text(text + "\n", encoding="utf-8")


def ensure(out: Path, company: Company, *, tables: Collection[str] | None = None) -> Path:
    """The company in the folder `out`, written on first use and reused while settings, code and libraries are the same.

    It is written beside `out` and renamed, so that a run that is stopped leaves no half company behind; of two that ask
    at the same time one writes, and the other waits.

    Raises
    ------
    RunError
        `out` holds something that is no simulated company: it is never replaced.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(out.parent / f".{out.name}.lock"):
        if manifest_in(out) == manifest(company, tables=tables):
            return out
        if out.exists() and any(out.iterdir()) and not manifest_in(out):
            raise RunError(f"{out} must be a simulated company or not there yet, found other files: move them away.")
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
            new, old = Path(folder) / "new", Path(folder) / "old"
            write(company, new, tables=tables)
            if out.exists():
                out.rename(old)
            new.rename(out)
    return out
