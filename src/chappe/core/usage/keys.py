"""Look a profile key up from the bytes of a line, without making a single Python string.

An open-addressing table of 64-bit hashes; a hit is compared byte by byte, so that no two subjects can ever
be taken for one another.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from chappe.core.usage.fast import COMPILED, INLINED, PADDING
from chappe.core.usage.fast import at as byte_at

SEAM = 0x1F  # between the parts of a key: the ASCII unit separator, which no name holds
DIRECTIONS = (b"OUT", b"IN")
_BASIS, _PRIME = np.uint64(14_695_981_039_346_656_037), np.uint64(1_099_511_628_211)
_MIX_1, _MIX_2, _SHIFT = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53), np.uint64(33)


class KeyTable(NamedTuple):
    """``row[slot]`` is the caller's number of the key there, -1 for none; its bytes are ``text[at:at+length]``."""

    hashes: npt.NDArray[np.uint64]
    row: npt.NDArray[np.int32]
    text: npt.NDArray[np.uint8]
    at: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]


@njit(**INLINED)
def _fold(code, buf, at, length):
    for k in range(at, at + length):
        code = (code ^ np.uint64(byte_at(buf, k))) * _PRIME
    return code


@njit(**INLINED)
def _finish(code):
    code = (code ^ (code >> _SHIFT)) * _MIX_1
    code = (code ^ (code >> _SHIFT)) * _MIX_2
    return code ^ (code >> _SHIFT)


@njit(**INLINED)
def hash_one(buf, at, length):
    """64-bit hash of some bytes; never 0, which stands for "no hash"."""
    code = _finish(_fold(_BASIS, buf, at, length))
    return code if code != np.uint64(0) else np.uint64(1)


@njit(**COMPILED)
def hash_many(buf, at, length, out):
    """Hash of each of n byte strings of one buffer."""
    for i in range(out.shape[0]):
        out[i] = hash_one(buf, at[i], length[i])


@njit(**INLINED)
def _same(text, i, buf, at, length):
    for k in range(length):
        if byte_at(text, i + k) != byte_at(buf, at + k):
            return False
    return True


@njit(**INLINED)
def find_one(table, buf, at, length):
    """Number of the key whose bytes are these, or -1."""
    code = hash_one(buf, at, length)
    mask = table.hashes.shape[0] - 1
    slot = np.int64(code) & mask
    while table.row[slot] >= 0:
        if table.hashes[slot] == code:
            row = table.row[slot]
            if table.length[slot] == length and _same(table.text, table.at[slot], buf, at, length):
                return row
        slot = (slot + 1) & mask
    return -1


@njit(**INLINED)
def find_key(table, scratch, parts, buf, way, tenant, tenant_len, kind, kind_len, subject, subject_len):
    """Number of the key (direction, tenant, category or type of record, subject), or -1.

    With ``parts`` 2 the subject is left out: the table of the keys of subject *any.
    The key is put together in ``scratch``; one that is longer than the scratch is in no tariff.
    """
    if 3 + tenant_len + kind_len + subject_len + 3 > scratch.shape[0]:
        return -1
    o = 2 if way == 1 else 3
    scratch[0], scratch[1], scratch[2] = (73, 78, 0) if way == 1 else (79, 85, 84)
    for part in range(parts):
        at, length = (tenant, tenant_len) if part == 0 else ((kind, kind_len) if part == 1 else (subject, subject_len))
        scratch[o] = SEAM
        o += 1
        for k in range(length):
            scratch[o + k] = buf[at + k]
        o += length
    return find_one(table, scratch, 0, o)


def key_bytes(*parts: str) -> bytes:
    """The bytes under which a profile key (direction, tenant, category or type of record, subject) stands."""
    return bytes([SEAM]).join(part.encode() for part in parts)


def build(keys: Sequence[bytes], numbers: Sequence[int]) -> KeyTable:
    """A table of ``keys``, each with its number; at most half full, its size a power of two."""
    size = 8
    while size < 2 * len(keys):
        size *= 2
    joined = np.frombuffer(bytearray().join([*keys, bytes(PADDING)]), np.uint8)
    lengths = np.array([len(key) for key in keys], np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])[: len(keys)]
    codes = np.zeros(len(keys), np.uint64)
    if keys:
        hash_many(joined, starts, lengths, codes)
    table = KeyTable(
        np.zeros(size, np.uint64),
        np.full(size, -1, np.int32),
        joined,
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
    )
    _fill(table, codes, starts, lengths, np.array(numbers, np.int32))
    return table


def _fill(table: KeyTable, codes: Any, starts: Any, lengths: Any, numbers: Any) -> None:
    mask = len(table.hashes) - 1
    for code, start, length, number in zip(codes.tolist(), starts, lengths, numbers, strict=True):
        slot = code & mask
        while table.row[slot] >= 0:
            slot = (slot + 1) & mask
        table.hashes[slot], table.row[slot] = code, number
        table.at[slot], table.length[slot] = start, length
