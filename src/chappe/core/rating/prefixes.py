"""Prefixes of all plans as one trie, and which plan prices which prefix as bits.

A destination is bytes: digits, or any text (§3.4). A leading "+" is dropped on both sides; nothing else is
changed here. Prefix 0 is the pseudo-prefix of destination *any: every number ends there at last.
Why a trie, holders and ranked bits: docs/adr/0003-prefix-lookup.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chappe.core.rating.contract import I32, I64, U8

ANY_PREFIX = 0


def dial(text: str) -> bytes:
    """The bytes that are looked up for a number, a prefix or a text."""
    return text.removeprefix("+").encode()


@dataclass(slots=True)
class Trie:
    """``number`` gives the id of each prefix (bytes); ids start at 1 in byte order. For the arrays see tables.py."""

    number: dict[bytes, int]
    symbol: U8
    nodes: I32
    parent: I32


def build_trie(prefixes: Iterable[bytes]) -> Trie:
    """Compile the prefixes. Sorted first, so that neighbours in the plan are neighbours in memory."""
    ordered = sorted(set(prefixes))
    alphabet = sorted(set(b"".join(ordered)))
    symbol = np.zeros(256, np.uint8)
    # 255 distinct bytes at most: 0 is "none", and no text holds every byte (UTF-8 never uses 0xFF)
    symbol[alphabet] = np.arange(1, len(alphabet) + 1, dtype=np.uint8)
    width = len(alphabet) + 1
    table = symbol.tolist()
    flat = [0] * width
    node_prefix = [ANY_PREFIX]
    number: dict[bytes, int] = {}
    parent = [-1]
    path = [0]  # nodes along the previous prefix
    before = b""
    for prefix in ordered:
        shared = _shared(before, prefix)
        del path[shared + 1 :]
        above = node_prefix[path[-1]]
        for byte in prefix[shared:]:
            node = len(node_prefix)
            flat[path[-1] * width + table[byte]] = node
            flat.extend([0] * width)
            node_prefix.append(above)
            path.append(node)
        number[prefix] = node_prefix[path[-1]] = len(parent)
        parent.append(above)
        before = prefix
    return Trie(
        number=number,
        symbol=symbol,
        nodes=_without_leaves(np.array(flat, np.int32).reshape(-1, width), np.array(node_prefix, np.int32)),
        parent=np.array(parent, np.int32),
    )


def _shared(one: bytes, other: bytes) -> int:
    """Length of the common beginning."""
    length = min(len(one), len(other))
    for i in range(length):
        if one[i] != other[i]:
            return i
    return length


def _without_leaves(nodes: I32, node_prefix: I32) -> I32:
    """Nodes that have children only, numbered by where they begin; other ways lead to the deepest prefix, negated.

    Column 0 (the end of the number, or a byte that no prefix contains) leads to the node's own deepest prefix.
    """
    width = nodes.shape[1]
    inner: npt.NDArray[np.bool_] = np.logical_or.reduce(nodes > 0, axis=1)
    inner[0] = True  # even of an empty plan
    place = np.where(inner, (np.cumsum(inner) - 1) * width, -node_prefix).astype(np.int32)
    return np.where(nodes > 0, place[nodes], -node_prefix[:, None])[inner].astype(np.int32)


def word_arrays(cells: list[tuple[I32, I32]], holders: int) -> tuple[I64, I32]:
    """Ranked bits of (holders ascending and unique, lines) per plan: words [plans × words, WORD_COLUMNS], lines."""
    words = holders // 64 + 1
    plans = max(len(cells), 1)
    bits = np.zeros((plans, words), np.uint64)
    for plan, (ids, _) in enumerate(cells):
        np.bitwise_or.at(bits[plan], ids >> 6, np.uint64(1) << (ids & 63).astype(np.uint64))
    counts = np.bitwise_count(bits).astype(np.int64).reshape(-1)
    rank = np.zeros(counts.size, np.int64)
    np.cumsum(counts[:-1], out=rank[1:])
    lines = np.concatenate([found for _, found in cells]) if cells else np.zeros(0, np.int32)
    return np.stack([bits.reshape(-1).view(np.int64), rank], axis=1), lines.astype(np.int32)
