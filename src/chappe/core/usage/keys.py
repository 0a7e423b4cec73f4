"""Look a profile key up from the bytes of a line, without making a single Python string.

Open-addressing tables of 64-bit hashes; a hit is compared byte by byte, so that no two subjects can ever be taken
for one another. A key is found in two steps: its group (direction, tenant, category or type of record), which
hardly ever changes from one line to the next, then the subject within that group.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from chappe.core.usage.fast import PADDING, compiled_once, eight, inlined
from chappe.core.usage.fast import at as byte_at

SEAM = 0x1F  # between the parts of a group: the ASCII unit separator, which no name holds
DIRECTIONS = ("OUT", "IN")
_BASIS, _PRIME = np.uint64(14_695_981_039_346_656_037), np.uint64(0x9FB21C651E98DF25)
_MIX_1, _MIX_2, _SHIFT = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53), np.uint64(33)
_FOLD, _EIGHT, _FULL = np.uint64(29), np.uint64(8), np.uint64(64)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


class KeyTable(NamedTuple):
    """``row[slot]`` is the caller's number of the key there, -1 for none; its bytes are ``text[at:at+length]``.

    ``owner`` is the group a subject belongs to, so that one table serves all groups.
    """

    hashes: npt.NDArray[np.uint64]
    row: npt.NDArray[np.int32]
    owner: npt.NDArray[np.int32]
    text: npt.NDArray[np.uint8]
    at: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]


@inlined
def _tail(buf, at, length):
    """The last one to seven bytes of a string as a number; what stands behind them is masked out."""
    return eight(buf, at) & (_ALL >> (_FULL - _EIGHT * np.uint64(length)))


@inlined
def hash_one(buf, at, length, owner):
    """64-bit hash of some bytes and a number; never 0, which stands for "no hash". Reads eight bytes at a time."""
    code = _BASIS + np.uint64(length) * _PRIME + np.uint64(owner) * _MIX_2
    while length >= 8:
        code = (code ^ eight(buf, at)) * _PRIME
        code ^= code >> _FOLD
        at += 8
        length -= 8
    if length > 0:
        code = (code ^ _tail(buf, at, length)) * _PRIME
    code = (code ^ (code >> _SHIFT)) * _MIX_1
    code = (code ^ (code >> _SHIFT)) * _MIX_2
    code ^= code >> _SHIFT
    return code if code != np.uint64(0) else np.uint64(1)


@compiled_once
def hash_many(buf, at, length, owner, out):
    """Hash of each of n byte strings of one buffer."""
    for i in range(out.shape[0]):
        out[i] = hash_one(buf, at[i], length[i], owner[i])


@inlined
def same_bytes(text, i, buf, at, length):
    """Whether ``length`` bytes are the same in both, eight at a time."""
    while length >= 8:
        if eight(text, i) != eight(buf, at):
            return False
        i += 8
        at += 8
        length -= 8
    return length <= 0 or _tail(text, i, length) == _tail(buf, at, length)


@inlined
def find_one(table, buf, at, length, owner):
    """Number of the key whose bytes these are in the group ``owner``, or -1."""
    code = hash_one(buf, at, length, owner)
    mask = table.hashes.shape[0] - 1
    slot = np.int64(code) & mask
    while table.row[slot] >= 0:
        if (
            table.hashes[slot] == code
            and table.owner[slot] == owner
            and table.length[slot] == length
            and same_bytes(table.text, table.at[slot], buf, at, length)
        ):
            return np.int64(table.row[slot])
        slot = (slot + 1) & mask
    return np.int64(-1)


@compiled_once
def find_group(groups, scratch, buf, way, tenant, tenant_len, kind, kind_len):
    """Number of the group (direction, tenant, category or type of record), or -1.

    The group is put together in ``scratch``; one that is longer than the scratch is in no tariff.
    """
    if tenant_len + kind_len + 5 + 16 > scratch.shape[0]:
        return np.int64(-1)
    scratch[0], scratch[1] = way, SEAM
    o = 2
    for k in range(tenant_len):
        scratch[o + k] = byte_at(buf, tenant + k)
    o += tenant_len
    scratch[o] = SEAM
    o += 1
    for k in range(kind_len):
        scratch[o + k] = byte_at(buf, kind + k)
    return find_one(groups, scratch, 0, o + kind_len, 0)


def group_bytes(direction: str, tenant: str, kind: str) -> bytes:
    """The bytes under which a group stands: 0 for OUT, 1 for IN (2: no call has it), then its two names."""
    way = DIRECTIONS.index(direction) if direction in DIRECTIONS else len(DIRECTIONS)
    return bytes([way, SEAM]) + tenant.encode() + bytes([SEAM]) + kind.encode()


def build(keys: Sequence[bytes], numbers: Iterable[int], owners: Sequence[int] = ()) -> KeyTable:
    """A table of ``keys``, each with its number and group; at most half full, its size a power of two."""
    size = 8
    while size < 2 * len(keys):
        size *= 2
    joined = np.frombuffer(bytearray().join([*keys, bytes(PADDING)]), np.uint8)
    lengths = np.array([len(key) for key in keys], np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])[: len(keys)].astype(np.int64)
    owner = np.array(list(owners) or [0] * len(keys), np.int32)
    codes = np.zeros(len(keys), np.uint64)
    if keys:
        hash_many(joined, starts, lengths, owner, codes)
    table = KeyTable(
        np.zeros(size, np.uint64),
        np.full(size, -1, np.int32),
        np.zeros(size, np.int32),
        joined,
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
    )
    _fill(table, codes, starts, lengths, np.array(list(numbers), np.int32), owner)
    return table


def _fill(table: KeyTable, codes: Any, starts: Any, lengths: Any, numbers: Any, owners: Any) -> None:
    mask = len(table.hashes) - 1
    for code, start, length, number, owner in zip(codes.tolist(), starts, lengths, numbers, owners, strict=True):
        slot = code & mask
        while table.row[slot] >= 0:
            slot = (slot + 1) & mask
        table.hashes[slot], table.row[slot], table.owner[slot] = code, number, owner
        table.at[slot], table.length[slot] = start, length
