"""Columns of text put together for Arrow: many cells of one buffer, or words by their numbers, end to end.

Compiled, without the interpreter's lock; all columns in one pass over the rows. Computes nothing about a call.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chappe.core.rating.contract import I32, I64, U8
from chappe.core.usage.fast import PADDING, compiled_once, inlined, move, move_16
from chappe.core.usage.format import Lists

_QUOTE, _GREATER = 34, 62


@inlined
def _move(data, o, source, lo, count):
    """Most cells are short and go as one move of sixteen bytes: every source and target is padded."""
    if count <= 16:
        move_16(data, o, source, lo)
    else:
        move(data, o, source, lo, count)


@compiled_once
def _gather_cells(buf, at, length, columns, base, offsets, data):
    """Column ``columns[k]`` of ``at`` and ``length`` to ``data[base[k]:]``, where each ends to ``offsets[k]``."""
    for k in range(columns.shape[0]):
        offsets[k, 0] = 0
    for i in range(at.shape[0]):
        for k in range(columns.shape[0]):
            o, count = offsets[k, i], length[i, columns[k]]
            if count > 0:
                _move(data, base[k] + o, buf, at[i, columns[k]], count)
                o += count
            offsets[k, i + 1] = o


@compiled_once
def _gather_written(buf, bounds, rows, columns, base, offsets, data):
    """The same from fields as written: quotes are taken off and doubled ones halved."""
    for k in range(columns.shape[0]):
        offsets[k, 0] = 0
    for i in range(rows):
        for k in range(columns.shape[0]):
            lo, hi = bounds[i, columns[k]] + 1, bounds[i, columns[k] + 1]
            o = base[k] + offsets[k, i]
            if hi - lo >= 2 and buf[lo] == _QUOTE and buf[hi - 1] == _QUOTE:
                lo += 1
                while lo < hi - 1:
                    data[o] = buf[lo]
                    o += 1
                    lo += 2 if buf[lo] == _QUOTE else 1
            elif hi > lo:
                _move(data, o, buf, lo, hi - lo)
                o += hi - lo
            offsets[k, i + 1] = o - base[k]


@compiled_once
def _size_of_words(edge, first, index, last, missing):
    """Bytes that :func:`_pick_words` will write."""
    total = 0
    for i in range(index.shape[0]):
        if missing[i] == 0:
            word = first + index[i]
            total += edge[word + 1] - edge[word]
            if last[i] >= 0 and last[i] != index[i]:
                word = first + last[i]
                total += 1 + edge[word + 1] - edge[word]
    return total


@compiled_once
def _pick_words(text, edge, first, index, last, missing, offsets, data):
    """Word ``index[i]`` of the list that begins at ``first``; ``A>B`` where ``last[i]`` is another one."""
    o = 0
    for i in range(index.shape[0]):
        offsets[i] = o
        if missing[i] == 0:
            lo, hi = edge[first + index[i]], edge[first + index[i] + 1]
            _move(data, o, text, lo, hi - lo)
            o += hi - lo
            if last[i] >= 0 and last[i] != index[i]:
                data[o] = _GREATER
                lo, hi = edge[first + last[i]], edge[first + last[i] + 1]
                _move(data, o + 1, text, lo, hi - lo)
                o += 1 + hi - lo
    offsets[index.shape[0]] = o


def _cut(sizes: npt.NDArray[Any], rows: int) -> tuple[I64, I32, U8]:
    """Where each column begins, room for where its cells end, and room for them all."""
    base = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes + PADDING)]).astype(np.int64)
    return base, np.empty((len(sizes), rows + 1), np.int32), np.empty(int(base[-1]) + PADDING, np.uint8)


def _arrays(base: I64, offsets: I32, data: U8) -> list[pa.Array]:
    rows = offsets.shape[1] - 1
    return [
        pa.StringArray.from_buffers(
            rows, pa.py_buffer(offsets[k]), pa.py_buffer(data[base[k] : base[k] + int(offsets[k, rows])])
        )
        for k in range(len(offsets))
    ]


def cells(buf: U8, at: I32, length: I32, fields: list[int]) -> list[pa.Array]:
    """The contents of some fields, see batch.Fields."""
    base, offsets, data = _cut(np.maximum(length[:, fields], 0).sum(axis=0), len(at))
    _gather_cells(buf, at, length, np.array(fields, np.int32), base, offsets, data)
    return _arrays(base, offsets, data)


def written(buf: U8, bounds: I32, rows: int, columns: list[int]) -> list[pa.Array]:
    """Some columns as a file had them, see lines.Lines."""
    sizes = (bounds[:rows, 1:] - bounds[:rows, :-1]).sum(axis=0)[columns]
    base, offsets, data = _cut(sizes, rows)
    _gather_written(buf, bounds, rows, np.array(columns, np.int32), base, offsets, data)
    return _arrays(base, offsets, data)


def picked(lists: Lists, which: int, index: npt.NDArray[Any], blank: U8 | None, last: I32 | None = None) -> pa.Array:
    """Words of list ``which`` by their numbers: null where ``blank`` is not 0 and where the number is negative."""
    rows, first = len(index), lists.first[which - 1] if which else 0
    index = index.astype(np.int32, copy=False)
    missing = (index < 0).view(np.uint8)
    if blank is not None:
        missing |= blank
    last = index if last is None else last
    data = np.empty(_size_of_words(lists.at, first, index, last, missing) + PADDING, np.uint8)
    offsets = np.empty(rows + 1, np.int32)
    _pick_words(lists.text, lists.at, first, index, last, missing, offsets, data)
    valid, missed = validity(missing)
    made = [pa.py_buffer(offsets), pa.py_buffer(data[: int(offsets[rows])])]
    return pa.StringArray.from_buffers(rows, *made, valid, missed)


def validity(missing: U8) -> tuple[pa.Buffer | None, int]:
    """The bits that Arrow wants, and how many rows are null."""
    missed = int(np.count_nonzero(missing))
    if missed == 0:
        return None, 0
    return pa.py_buffer(np.packbits(missing == 0, bitorder="little")), missed


__all__ = ["cells", "picked", "validity", "written"]
