"""Arrays to the Arrow tables of the contract: types by kind, exact money, readable ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from helpers.schema import Kind, TableSchema

TYPES: dict[Kind, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "number": pa.decimal128(18, 4),
    "money": pa.decimal128(18, 4),
    "integer": pa.int64(),
    "instant": pa.timestamp("us"),
    "day": pa.date32(),
}


def ids(prefix: str, numbers: ArrayLike, width: int) -> NDArray[np.str_]:
    """The numbers as text behind a prefix, filled with zeros to `width` digits, or as many as the largest needs.

    >>> ids("c", [1, 20], 7)
    array(['c0000001', 'c0000020'], dtype='<U8')
    """
    whole = np.asarray(numbers, dtype=np.int64)
    digit_count = max(width, len(str(whole.max()))) if len(whole) else width
    text = np.empty((len(whole), len(prefix) + digit_count), dtype=np.uint32)
    text[:, : len(prefix)] = [ord(letter) for letter in prefix]
    for place in range(digit_count):
        text[:, -1 - place] = whole // 10**place % 10 + ord("0")
    return text.view(f"<U{text.shape[1]}").reshape(-1)


def money(cents: ArrayLike) -> pa.Array:
    """Whole cents as decimal(18, 4): a decimal is a 16-byte integer, 12.34 is 123400 at four digits."""
    whole = np.asarray(cents, dtype="<i8") * 100
    words = np.stack([whole, whole >> 63], axis=1)
    return pa.Array.from_buffers(TYPES["money"], len(whole), [None, pa.py_buffer(words)])


def coded(codes: ArrayLike, names: tuple[str, ...]) -> pa.Array:
    """The names of codes, as text."""
    return pa.array(names, pa.string()).take(pa.array(codes))


def table(schema: TableSchema, columns: Mapping[str, Any]) -> pa.Table:
    """The columns that the schema knows, in its order and of its kinds; others are left out.

    Values are Arrow arrays, or numpy arrays: NaT and NaN become null. Amounts as float are rounded to cents.
    """
    known = [column for column in schema.columns if column.name in columns]
    return pa.table({column.name: _array(columns[column.name], column.kind) for column in known})


def _array(values: Any, kind: Kind) -> pa.Array:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values.cast(TYPES[kind])
    values = np.asarray(values)
    if TYPES[kind] == TYPES["money"]:
        return _decimals(values)
    return pa.array(values, from_pandas=True).cast(TYPES[kind])


def _decimals(values: NDArray[Any]) -> pa.Array:
    if not np.issubdtype(values.dtype, np.floating):
        return money(values * 100)
    missing = np.isnan(values)
    exact = money(np.round(np.where(missing, 0.0, values) * 100))
    return pc.if_else(pa.array(missing), pa.scalar(None, TYPES["money"]), exact) if missing.any() else exact
