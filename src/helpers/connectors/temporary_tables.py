"""Tables that an engine makes for as long as its session lasts, in such a way that later queries read them quickly."""

from __future__ import annotations

import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends import BaseBackend


def temporary(connection: BaseBackend, name: str, rows: ir.Table) -> ir.Table:
    """The rows of an expression as a table of the session.

    On PostgreSQL its texts are in the order of bytes, a row for each of several groups lies in the order of the
    groups with an index of them, and the server knows how many different values there are: it analyses no temporary
    table by itself, and would plan for 200 customers.
    """
    if connection.name != "postgres":
        return connection.create_table(name, rows, temp=True, overwrite=True)
    keys = _group_keys(rows)
    made = connection.create_table(name, rows.order_by(keys) if keys else rows, temp=True, overwrite=True)
    # the order of letters in the language of the database would put customers in another order than other engines do
    texts = [column for column, kind in made.schema().items() if kind.is_string()]
    changes = ", ".join(f'ALTER COLUMN "{column}" TYPE text COLLATE "C"' for column in texts)
    with connection.begin() as cursor:
        if texts:
            cursor.execute(f'ALTER TABLE "{name}" {changes}')
        if keys:
            listed = ", ".join(f'"{key}"' for key in keys)
            cursor.execute(f'CREATE INDEX ON "{name}" ({listed})')
        cursor.execute(f'ANALYZE "{name}"')
    return made


def _group_keys(rows: ir.Table) -> list[str]:
    """What rows that are one for each of several groups are grouped by: without its order each query sorts anew."""
    made_by = rows.op()
    return list(made_by.groups) if isinstance(made_by, ops.Aggregate) and len(made_by.groups) > 1 else []
