"""The same id twice in one file: found exactly, in bounded memory, at no cost when there is none.

While a file is rated only a 64-bit hash of each id is kept, on disk beyond a limit. When two hashes agree,
the ids behind them are compared themselves, and the file is rated once more with the repeated lines refused.
The first readable line of an id is the one that counts.
"""

import shutil
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chappe.core.usage.sinks import own_prefix

U64 = npt.NDArray[np.uint64]

KEPT = 8 << 20  # hashes held in memory: 64 MB
PARTS = 64
_BITS = 1 << 27  # of the map of suspected hashes: 16 MB
_RECORD = struct.Struct("<QI")


class IdLog:
    """Hashes of the ids seen, in any order."""

    def __init__(self, folder: Path, kept: int = KEPT) -> None:
        self.folder, self.kept = folder, kept
        self.held: list[U64] = []
        self.count = 0
        self.spilled: Path | None = None

    def add(self, ids: U64) -> None:
        """Note the hashes of one batch; 0 stands for "no id"."""
        self.held.append(ids[ids != 0])
        self.count += len(self.held[-1])
        if self.count > self.kept:
            self._spill()

    def suspects(self) -> "Suspects | None":
        """The hashes that occur twice, or None when every id is alone."""
        if self.spilled is None:
            found = [_repeats(np.concatenate(self.held))] if self.held else []
        else:
            self._spill()
            found = [_repeats(np.fromfile(path, np.uint64)) for path in sorted(self.spilled.iterdir())]
        if not any(len(part) for part in found):
            return None
        return Suspects(found)

    def close(self) -> None:
        """Remove what was spilled."""
        if self.spilled is not None:
            shutil.rmtree(self.spilled, ignore_errors=True)

    def _spill(self) -> None:
        if self.spilled is None:
            self.spilled = Path(tempfile.mkdtemp(prefix=own_prefix() + "ids-", dir=self.folder))
        together = np.sort(np.concatenate(self.held)) if self.held else np.zeros(0, np.uint64)
        edges = np.searchsorted(together, np.arange(1, PARTS, dtype=np.uint64) << np.uint64(58))
        for part, hashes in enumerate(np.split(together, edges)):
            with (self.spilled / f"{part:02d}").open("ab") as out:
                hashes.tofile(out)
        self.held, self.count = [], 0


class Suspects:
    """A map of bits: certain about a hash that is alone, and asking for a closer look at the others."""

    def __init__(self, repeated: Iterable[U64]) -> None:
        self.bits = np.zeros(_BITS // 8, np.uint8)
        for hashes in repeated:
            spot = _spot(hashes)
            np.bitwise_or.at(self.bits, spot >> 3, np.uint8(1) << (spot & 7).astype(np.uint8))

    def rows(self, ids: U64) -> npt.NDArray[np.intp]:
        """Rows of ``ids`` that have to be looked at."""
        spot = _spot(ids)
        hit = (self.bits[spot >> 3] >> (spot & 7).astype(np.uint8)) & 1
        return np.flatnonzero((hit == 1) & (ids != 0))


class Twins:
    """The line numbers that repeat an earlier id, one bit each."""

    def __init__(self, lines: int) -> None:
        self.lines = lines
        self.bits = np.zeros(lines // 8 + 1, np.uint8)
        self.count = 0

    def mark(self, line: int) -> None:
        self.bits[line >> 3] |= 1 << (line & 7)
        self.count += 1

    def repeated(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """For each line number, whether its id stands earlier in the file."""
        spot = np.minimum(numbers >> 3, len(self.bits) - 1)
        set_bits = (self.bits[spot] >> (numbers & 7).astype(np.uint8)) & 1
        answer: npt.NDArray[np.bool_] = (set_bits == 1) & (numbers <= self.lines)
        return answer


class Judge:
    """Compares suspected ids themselves. Lines must come in the order of the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=own_prefix() + "ids-", dir=folder))
        self.files = [(self.folder / f"{part:02d}").open("w+b") for part in range(PARTS)]
        self.last = 0

    def add(self, line: int, identity: bytes, code: int) -> None:
        """Note a suspected id and its hash."""
        self.files[code >> 58].write(_RECORD.pack(line, len(identity)) + identity)
        self.last = max(self.last, line)

    def verdict(self) -> Twins:
        """Which lines repeat an id; removes the notes."""
        twins = Twins(self.last)
        for file in self.files:
            file.seek(0)
            seen: set[bytes] = set()
            while head := file.read(_RECORD.size):
                line, size = _RECORD.unpack(head)
                identity = file.read(size)
                if identity in seen:
                    twins.mark(line)
                seen.add(identity)
            file.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return twins


def _spot(hashes: U64) -> npt.NDArray[np.int64]:
    return (hashes & np.uint64(_BITS - 1)).astype(np.int64)


def _repeats(hashes: U64) -> U64:
    hashes.sort()
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
