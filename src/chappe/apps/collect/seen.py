"""Tells a new ticket from one that came before: a replayed buffer counts nothing twice, identical legal lines count.

A record is known by the fingerprint of its bytes. Within one *window* (the same second of the same connection, or the same
file) identical lines are as many calls, because a PBX sends each ticket once; in a later window they are a replay,
as far as they were already counted. Fingerprints lie in rows of five minutes of ticket time, so that a minute of live
tickets touches few rows. Nothing is written before :meth:`Seen.save`, which belongs to the transaction of the chunk.
"""

import datetime as dt
import struct
from collections.abc import Iterable

from chappe.apps.collect.models import SeenTickets, Source

SLOT_SECONDS = 300
ENTRY = struct.Struct("<16sHHQ")  # fingerprint, times counted, times in the present window, window
MOST = 0xFFFF
READ_ROWS = 400

Entry = tuple[int, int, int]
NOTHING: Entry = (0, 0, 0)


def slot_of(start: dt.datetime) -> int:
    """The row in which a ticket of that start is looked up."""
    return int(start.timestamp()) // SLOT_SECONDS


def slot_at(second: int) -> int:
    """The same of a start in whole seconds since 1970."""
    return second // SLOT_SECONDS


def window_of(connection: int, received: dt.datetime) -> int:
    """Same connection, same second."""
    return (connection & 0xFFFFFFFF) << 32 | (int(received.timestamp()) & 0xFFFFFFFF)


class Seen:
    """The fingerprints of one source, read where they are asked for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._slots: dict[int, dict[bytes, Entry]] = {}
        self._changed: set[int] = set()

    def load(self, slots: Iterable[int]) -> None:
        """Read the rows that will be asked for, in few queries."""
        missing = sorted(set(slots) - self._slots.keys())
        for begin in range(0, len(missing), READ_ROWS):
            part = missing[begin : begin + READ_ROWS]
            for slot in part:
                self._slots[slot] = {}
            rows = SeenTickets.objects.filter(source=self.source, slot__in=part).values_list("slot", "prints")
            for slot, prints in rows:
                known = self._slots[slot]
                for fingerprint, times, run, window in ENTRY.iter_unpack(bytes(prints)):
                    known[fingerprint] = (times, run, window)

    def is_new(self, slot: int, fingerprint: bytes, window: int) -> bool:
        """Whether this occurrence has not been counted yet; it is, from now on."""
        if slot not in self._slots:
            self.load([slot])
        known = self._slots[slot]
        self._changed.add(slot)
        before = known.get(fingerprint)
        if before is None:
            known[fingerprint] = (1, 1, window)
            return True
        times, run, last = before
        run = min(run + 1, MOST) if last == window else 1
        known[fingerprint] = (max(times, run), run, window)
        return run > times

    def forget(self, slot: int, fingerprint: bytes, *, counted: bool) -> None:
        """A record of a batch that was withdrawn: one occurrence less where it was ``counted``, and its window is no more.

        Without a window of its own the same batch may be read again: what others counted stays a duplicate.
        """
        if slot not in self._slots:
            self.load([slot])
        known = self._slots[slot]
        times = known.pop(fingerprint, NOTHING)[0] - counted
        if times > 0:
            known[fingerprint] = (times, 0, 0)
        self._changed.add(slot)

    def save(self) -> None:
        """Write what was learnt; inside the transaction that counts the chunk."""
        rows = [
            SeenTickets(source=self.source, slot=slot, prints=b"".join(ENTRY.pack(key, *entry) for key, entry in self._slots[slot].items()))
            for slot in sorted(self._changed)
        ]  # fmt: skip
        SeenTickets.objects.bulk_create(
            rows, batch_size=200, update_conflicts=True, unique_fields=["source", "slot"], update_fields=["prints"]
        )
        self._changed.clear()


def forget_before(moment: dt.datetime) -> int:
    """Remove fingerprints of tickets older than ``moment``: a replay of those would be counted again. How many rows."""
    return SeenTickets.objects.filter(slot__lt=slot_of(moment)).delete()[0]
