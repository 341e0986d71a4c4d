"""Order files with a fault or an oddity each: read as an independent reader does, or refused with a reason.

REGULARS_MUTATIONS=10000 tries as many by hand.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from ibis.backends.duckdb import Backend

from helpers.connectors.damage import readable
from helpers.connectors.delivery import connect, deliver
from helpers.contract import loading
from helpers.errors import RegularsError
from helpers.schema.sources import OrdersSource, TableSource
from tests import mutants
from tests.mutants import Cells, Mutant
from tests.value_mutants import AS_OF, VALUES, Valued, values

NAMED = {"windows-1252": "cp1252"}
LOADED_SHARE = 40
"""Of so many mutants one is loaded by the whole contract, which takes twenty times as long as reading it."""
LONGEST_SECONDS = 20
"""Far above what one takes: the machine may be busy, and a hang takes for ever."""


def delivered(connection: Backend, mutant: Mutant, folder: Path) -> tuple[Cells, str]:
    """The header and the rows that the kit reads, as text, and what it notes of the file."""
    path = mutants.write(folder, mutant)
    source = TableSource(source=path.name, **mutant.stated)
    with readable("the table"):
        read = deliver(connection, source, root=folder)
        table = read.table.order_by("_row").drop("_file", "_row").to_pyarrow()
    columns = [column.to_pylist() for column in table.columns]
    return [tuple(table.column_names), *zip(*columns, strict=True)], " ".join(read.notes)


def alike(read: Cells, told: Cells) -> bool:
    """Whether two readings are the same: nothing is an empty field, and names are trimmed and made up."""

    def plain(cells: Cells) -> list[tuple[str, ...]]:
        names = tuple(str(name or "").strip().strip("\ufeff").strip() for name in cells[0])
        rows = [tuple(_text(cell) for cell in row) for row in cells[1:]]
        return [
            tuple(name or f"column_{n}" for n, name in enumerate(names, start=1)),
            *(row for row in rows if any(row)),
        ]

    return plain(read) == plain(told)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).replace("\r\n", "\n").replace("\r", "\n")


def fault(connection: Backend, mutant: Mutant, folder: Path) -> str | None:
    """What is wrong with how a mutant was read, None where nothing is."""
    before = time.monotonic()
    try:
        read, notes = delivered(connection, mutant, folder)
    except RegularsError as error:
        if mutant.must_read:
            return f"refused though sound: {error}"
        return None if error.exit_code in (2, 3) and len(str(error)) < 3_000 else f"exit code {error.exit_code}"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{type(error).__name__}: {error}"
    finally:
        took = time.monotonic() - before
    if took > LONGEST_SECONDS:
        return f"took {took:.0f} seconds"
    if mutant.kind.endswith("unjudged"):
        return None
    guess = re.search(r": (\S+) \(a guess", notes)  # what an independent reader makes of the file so decoded
    told = mutants.read_plain(mutant.content, encoding=NAMED.get(guess[1], guess[1])) if guess else mutant.cells
    readings = [cells for cells in (mutant.cells, told) if cells is not None]
    if not readings:
        return f"read though it cannot be: {str(read)[:200]}"
    is_alike = any(alike(read, cells) for cells in readings)
    return None if is_alike else f"read otherwise: {_difference(read, readings[0])}"


def _difference(read: Cells, told: Cells) -> str:
    pairs = [(one, other) for one, other in zip(read, told, strict=False) if one != other]
    return f"{len(read)} rows for {len(told)}, first {pairs[:1]}"[:400]


def faults(count: int, *, seed: int, folder: Path) -> Counter[str]:
    """The faults of so many mutants, by kind and message, with the place in the sequence."""
    connection = connect()
    found: Counter[str] = Counter()
    for number, mutant in enumerate(mutants.reading(count, seed=seed)):
        wrong = fault(connection, mutant, folder)
        if wrong is not None:
            found[f"{number} {mutant.kind}: {wrong}"] += 1
    return found


def load_fault(mutant: Valued, folder: Path) -> str | None:
    """What is wrong with what a mutant came to, None where nothing is."""
    path = folder / mutant.name
    path.write_bytes(mutant.content)
    source = OrdersSource(source=path.name, **mutant.stated)
    try:
        tables = loading.load({"orders": source}, as_of=AS_OF, currency="EUR", stale_days=31, root=folder)
        sums = [one.amount.sum().execute() or Decimal(0) for one in (tables.orders, tables.refunds)]
        customers = tables.orders.customer_id.nunique().execute()
    except RegularsError as error:
        return f"refused though sound: {error}" if mutant.must_read else None
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{type(error).__name__}: {error}"
    found = Decimal(sums[0]) - Decimal(sums[1])
    if mutant.total is None:
        return f"came to {found} though it cannot be read"
    if found != mutant.total or customers != mutant.customer_count:
        return f"came to {found} of {customers} customers, not {mutant.total} of {mutant.customer_count}"
    return None


def load_faults(count: int, *, seed: int, folder: Path) -> dict[str, str]:
    """The faults of so many mutants by kind."""
    found = {mutant.kind: load_fault(mutant, folder) for mutant in values(count, seed=seed)}
    return {kind: wrong for kind, wrong in found.items() if wrong is not None}


def test_mutants_are_read_right_or_refused(tmp_path: Path) -> None:
    assert faults(mutants.asked(mutants.QUICK), seed=1, folder=tmp_path) == {}


def test_mutants_come_to_the_right_total_or_are_refused(tmp_path: Path) -> None:
    assert load_faults(max(mutants.asked(mutants.QUICK) // LOADED_SHARE, len(VALUES)), seed=1, folder=tmp_path) == {}


@pytest.mark.slow
def test_many_mutants_are_read_right_or_refused(tmp_path: Path) -> None:
    assert faults(mutants.asked(mutants.SLOW), seed=2, folder=tmp_path) == {}


@pytest.mark.slow
def test_many_mutants_come_to_the_right_total_or_are_refused(tmp_path: Path) -> None:
    assert load_faults(max(mutants.asked(mutants.SLOW) // LOADED_SHARE, len(VALUES)), seed=2, folder=tmp_path) == {}
