"""Reading a source while another process writes it: a look costs two ``stat`` calls when nothing came.

Never writes, never locks, and never holds up the writer.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from chappe.connectors.pbx.frames import READ_SIZE, Raw, Scanner, begin

if TYPE_CHECKING:
    from chappe.connectors.pbx.spool import SpoolFile

CLOCK_NS = 1_000_000_000


class Follower:
    """``look`` gives what came since the look before. Files are left when a newer one is there and they are read out."""

    def __init__(self, files: "Callable[[], list[SpoolFile]]", folder: Path, after: int | None) -> None:
        self.files, self.folder = files, folder
        self._file: BinaryIO | None = None
        self._scanner = Scanner()
        self._first = -1
        self._folder_changed = -1
        self._after = self._newest() if after is None else after

    def _newest(self) -> int:
        """The number of the last record there is, so that only later ones are given."""
        last = 0
        for file in reversed(self.files()):
            try:
                for raw in file.read():
                    last = raw.number
            except FileNotFoundError:
                continue
            if last:
                break
        return last

    def look(self) -> list[Raw]:
        found = self._read()
        if found:
            return found
        changed = self._stamp()
        if changed == self._folder_changed:
            return []
        files = self.files()
        found = self._read()  # with a newer file in the list, the present one is complete by now
        if found or self._advance(files):
            return found or self._read()
        if time.time_ns() - changed > CLOCK_NS:  # two changes within a tick of the clock look like one
            self._folder_changed = changed
        return []

    def _stamp(self) -> int:
        try:
            return os.stat(self.folder).st_mtime_ns  # noqa: PTH116 - on every look
        except FileNotFoundError:
            return 0

    def _advance(self, files: "list[SpoolFile]") -> bool:
        """Go to the file after the present one; whether there is one. A file whose records are all seen is passed over."""
        later = [file for file in files if file.first > self._first]
        while len(later) > 1 and later[1].first <= self._after + 1:
            later.pop(0)
        for file in later:
            try:
                opened = file.path.open("rb")
            except FileNotFoundError:  # closed or removed since it was listed: listed again at the next look
                return False
            self.close()
            self._file, self._first = opened, file.first
            self._scanner = begin(opened)
            return True
        return False

    def _read(self) -> list[Raw]:
        if self._file is None:
            return []
        found: list[Raw] = []
        while piece := self._file.read(READ_SIZE):
            found += [raw for raw in self._scanner.feed(piece) if raw.number > self._after]
            if len(found) >= 10_000:
                break
        if found:
            self._after = found[-1].number
        return found

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
