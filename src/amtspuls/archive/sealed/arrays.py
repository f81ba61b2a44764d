"""Arrays of numpy to Arrow and back, buffer by buffer.

Arrow's own conversions (``pa.array``, ``to_numpy``) import pandas where it is installed, which takes longer
than reading a week.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from amtspuls.archive.sealed.model import Bools, Ints32, Ints64, Texts


def to_arrow(values: Any, kind: pa.DataType) -> pa.Array:
    """An Arrow array without nulls.

    Args:
        values: An array or a list of what ``kind`` says: integers, truth values, texts, or lists of texts.
        kind: Type of the array.
    """
    if pa.types.is_list(kind):
        lengths = [len(texts) for texts in values]
        flat = _texts([text for texts in values for text in texts])
        return pa.ListArray.from_arrays(_integers(_offsets(lengths), pa.int32()), flat)
    if pa.types.is_string(kind):
        return _texts(values)
    if pa.types.is_boolean(kind):
        bits = np.packbits(np.asarray(values, dtype=np.bool_), bitorder="little")
        return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(bits.tobytes())])
    return _integers(values, kind)


def repeated(text: str, count: int) -> pa.Array:
    """An array of equal texts."""
    return _texts([text] * count)


def _integers(values: Any, kind: pa.DataType) -> pa.Array:
    data = np.ascontiguousarray(values, dtype=f"i{kind.bit_width // 8}")
    return pa.Array.from_buffers(kind, len(data), [None, pa.py_buffer(data)])


def _texts(values: Sequence[str] | Texts) -> pa.Array:
    raw = [text.encode() for text in values]
    offsets = pa.py_buffer(_offsets([len(text) for text in raw]))
    return pa.StringArray.from_buffers(len(raw), offsets, pa.py_buffer(b"".join(raw)))


def _offsets(lengths: Sequence[int]) -> Ints32:
    return np.cumsum([0, *lengths], dtype=np.int32)


def to_numpy(column: pa.Array) -> Ints32 | Ints64 | Bools | Texts:
    """Integers, truth values or texts (with a dictionary) of an array without nulls; it may share memory."""
    if pa.types.is_dictionary(column.type):
        # Few texts, many rows: each text becomes one object.
        texts = np.array([*column.dictionary.to_pylist(), ""], dtype=object)
        return texts[to_numpy(column.indices)]
    count, offset, data = len(column), column.offset, column.buffers()[1]
    if pa.types.is_boolean(column.type):
        bits = np.unpackbits(np.frombuffer(data or b"", dtype=np.uint8), bitorder="little")
        return bits[offset : offset + count].astype(np.bool_)
    width = column.type.bit_width // 8
    return np.frombuffer(data or b"", dtype=f"i{width}", count=count, offset=offset * width)
