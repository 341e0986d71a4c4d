"""Defects on demand: known numbers of faulty rows put into copies of tables, and the exact list of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema import SCHEMAS, TableSchema, deliverable
from helpers.simulation import arrow
from helpers.simulation.defect_settings import Defects
from helpers.simulation.settings import Company

Rows = NDArray[np.int64]
TRUTH = ("defect", "table", "row", "key", "column", "value")
FUTURE_DAYS = 90
# Nobody is reached by these: numbers and domains set aside for fiction and examples, and people born before 1910.
PHONES = (
    "请回电 1380013{:04d}",
    "my number is +86 138 0013 {:04d}",
    "call 020 7946 0{:03d}",
    "ring +1 202-555-01{:02d}",
)
EMAILS = ("write to {}@example.com", "我的邮箱是 {}@example.org", "mail: {}@mail.example.net")
ID_NUMBERS = ("身份证 {}", "my ID is {}")
NAMES = ("li.wei", "anna_schmidt", "j.doe+shop", "wang88", "maria.garcia")
CHECK_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"


def plant(tables: Mapping[str, pa.Table], *, company: Company) -> tuple[dict[str, pa.Table], pd.DataFrame]:
    """The tables with the defects of `company.defects`, and the list of them.

    Parameters
    ----------
    tables
        Canonical tables by name; they are not changed. Where a company is written block by block: those of one block.
    company
        Its seed, end and currency, and `defects`.

    Returns
    -------
    tables
        All of them; only those named by the settings differ.
    truth
        A row per defect: `defect` (its kind), `table`, `row` (from 0, in the table returned), `key` (the row's id, or
        empty), `column` (what is wrong; empty for duplicates) and `value` (what stands there that should not; of
        duplicates, the row from 0 that is repeated).

    Raises
    ------
    ValueError
        A table is missing, or has fewer rows than defects asked for.
    """
    settings, planted, truth = company.defects, dict(tables), []
    if any(settings.added_counts.values()):
        table, listed = _with_rows(_named(tables, settings.table), company)
        planted[settings.table] = table
        truth.append(listed)
    if any(settings.written_counts.values()):
        table, listed = _with_personal_data(tables, company)
        planted[settings.comment_table] = table
        truth.append(listed)
    return planted, pd.concat(truth, ignore_index=True) if truth else pd.DataFrame(columns=list(TRUTH))


def _named(tables: Mapping[str, pa.Table], name: str) -> pa.Table:
    if name not in tables:
        raise ValueError(f"defects are to be put into `{name}`, found only {', '.join(sorted(tables))}")
    return tables[name]


def _chosen(
    draw: np.random.Generator, rows: Rows, counts: Mapping[str, int], name: str
) -> tuple[Rows, NDArray[np.str_]]:
    """Different rows, and the kind of defect of each."""
    total = sum(counts.values())
    if total > len(rows):
        raise ValueError(f"{total} defects need as many rows in `{name}`, found {len(rows)}")
    return draw.choice(rows, total, replace=False), np.repeat(list(counts), list(counts.values()))


# ---------------------------------------------------------------------------------------------------------- rows added


def _with_rows(table: pa.Table, company: Company) -> tuple[pa.Table, pd.DataFrame]:
    settings, draw = company.defects, stream(company.seed, "defects.rows")
    schema = _schema(settings.table)
    source, kind = _chosen(draw, np.arange(len(table)), settings.added_counts, settings.table)
    if settings.wrong_currency_count and "currency" not in table.column_names:
        table = table.append_column("currency", pa.array([company.currency] * len(table), pa.string()))
    added, column = _spoilt(draw, table.take(pa.array(source)), kind, schema, company)
    gap = draw.integers(source + 1, len(table) + 1)  # behind the row that a duplicate repeats
    order = np.argsort(np.concatenate([np.arange(len(table)), gap - 0.5]), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    result = pa.concat_tables([table, added]).take(pa.array(order)).combine_chunks()
    row = place[len(table) :]
    value = [str(added[name][index]) if name else str(place[source[index]]) for index, name in enumerate(column)]
    key = added[schema.key].to_pylist() if schema.key in added.column_names else [""] * len(row)
    values = (kind, settings.table, row, key, column, value)
    return result, pd.DataFrame(dict(zip(TRUTH, values, strict=True)))


def _schema(name: str) -> TableSchema:
    if name == "order_lines":
        return deliverable("orders")
    return SCHEMAS[name]


def _spoilt(
    draw: np.random.Generator, rows: pa.Table, kind: NDArray[np.str_], schema: TableSchema, company: Company
) -> tuple[pa.Table, list[str]]:
    """The rows, each with its defect, and the column in which each has it."""
    number = np.arange(1, len(rows) + 1)
    late = np.datetime64(company.end, "us") + (draw.uniform(1, FUTURE_DAYS, len(rows)) * 86_400).astype(
        "timedelta64[s]"
    )
    if schema.key and schema.key in rows.column_names:
        rows = _replaced(rows, schema.key, kind != "duplicate", pa.array(arrow.ids("x", number, 7), pa.string()))
    changes = {
        "orphan": ("customer_id", lambda: pa.array(arrow.ids("x", number, 7), pa.string())),
        "negative": ("amount", lambda: pc.negate(rows["amount"])),
        "future": (schema.dated or "", lambda: pa.array(late).cast(rows[schema.dated].type, safe=False)),
        "wrong currency": ("currency", lambda: pa.array([company.defects.other_currency] * len(rows), pa.string())),
    }
    for name, (column, made) in changes.items():
        if (kind == name).any():
            if column not in rows.column_names:
                raise ValueError(f"rows of the kind {name!r} need a column {column!r}, and `{schema.name}` has none")
            rows = _replaced(rows, column, kind == name, made())
    return rows, [changes[name][0] if name in changes else "" for name in kind]


def _replaced(table: pa.Table, column: str, mask: NDArray[np.bool_], values: pa.Array) -> pa.Table:
    """The table with other values in one column, where the mask says so."""
    new = pc.if_else(pa.array(mask), values, table[column])
    return table.set_column(table.column_names.index(column), column, new.cast(table[column].type))


# ------------------------------------------------------------------------------------------------------- personal data


def _with_personal_data(tables: Mapping[str, pa.Table], company: Company) -> tuple[pa.Table, pd.DataFrame]:
    settings, draw = company.defects, stream(company.seed, "defects.comments")
    name, column = settings.comment_table, settings.comment_column
    table = _named(tables, name)
    row, kind = _chosen(draw, _comments(tables, settings), settings.written_counts, name)
    written = [_personal(draw, one) for one in kind]
    texts = np.array(table[column].to_pylist(), dtype=object)
    texts[row] = [f"{texts[index]} {text}" for index, text in zip(row, written, strict=True)]
    result = table.set_column(table.column_names.index(column), column, pa.array(texts, table[column].type))
    first = next((one for one in table.column_names if one.endswith("_id")), None)
    key = table[first].take(pa.array(row)).to_pylist() if first else [""] * len(row)
    return result, pd.DataFrame(dict(zip(TRUTH, (kind, name, row, key, column, written), strict=True)))


def _comments(tables: Mapping[str, pa.Table], settings: Defects) -> Rows:
    """The rows that hold a comment."""
    table = tables[settings.comment_table]
    is_comment = np.asarray(table[settings.comment_column].is_valid())
    if settings.comment_table == "survey_responses":
        questions = _named(tables, "survey_questions")
        open_ended = questions.filter(pc.equal(questions["kind"], "comment"))["question_id"]
        is_comment &= np.asarray(pc.is_in(table["question_id"], value_set=open_ended))
    return np.flatnonzero(is_comment)


def _personal(draw: np.random.Generator, kind: str) -> str:
    """One piece of personal data in a few words: of nobody."""
    template = {"phone": PHONES, "email": EMAILS, "id number": ID_NUMBERS}[kind]
    text = template[int(draw.integers(len(template)))]
    if kind == "email":
        return text.format(NAMES[int(draw.integers(len(NAMES)))])
    if kind == "id number":
        return text.format(_id_number(draw))
    digits = int(text[text.index(":0") + 2])
    return text.format(int(draw.integers(10**digits)))


def _id_number(draw: np.random.Generator) -> str:
    """The form of a Chinese resident identity number, with its check digit (GB 11643), of somebody born before 1910."""
    born = np.datetime64("1900-01-01") + draw.integers(3_600)
    digits = f"110101{str(born).replace('-', '')}{draw.integers(1_000):03d}"
    check = sum(weight * int(digit) for weight, digit in zip(CHECK_WEIGHTS, digits, strict=True)) % 11
    return digits + CHECK_DIGITS[check]
