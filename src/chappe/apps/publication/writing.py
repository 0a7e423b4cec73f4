"""Write the sheets of one reading of the network: read here, put together and written beside, a few parts behind.

Knows neither the archive nor whom a file is for.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Protocol, TypeVar

import polars as pl

from chappe.apps.publication.cpn_rows import CpnRows
from chappe.apps.publication.ipe_rows import IpeRows
from chappe.apps.publication.models import Flow, Kind
from chappe.apps.publication.sheets import Period, Sheet
from chappe.core.interop.layout import Layout
from chappe.core.interop.writer import write

BEHIND = 2  # parts read that are not written yet
Progress = Callable[[int, str], None]


class Out(Protocol):
    """Where bytes go: a blob being written, a file."""

    def write(self, chunk: bytes, /) -> object: ...


AnyOut = TypeVar("AnyOut", bound=Out)


@dataclass
class Target(Generic[AnyOut]):
    """A content being written. The database is never asked here: it may be another thread."""

    sheet: Sheet
    layout: Layout
    out: AnyOut
    rows: int = 0

    def begin(self) -> None:
        """The header."""
        self.out.write(next(self._chunks([])))

    def write(self, rows: pl.DataFrame) -> None:
        """The lines of those that go in it; the header, which the writer gives first every time, stands already."""
        kept = rows.filter(self.sheet.keeps())
        for chunk in islice(self._chunks([kept]), 1, None):
            self.out.write(chunk)
        self.rows += len(kept)

    def _chunks(self, parts: list[pl.DataFrame]) -> Iterator[bytes]:
        want = self.sheet.one
        history = want.period.kind == Kind.HISTO
        return write(self.layout, self.layout.names(want.version), parts, style=self.sheet.style, history=history)


def fill(targets: list[Target[AnyOut]], progress: Progress) -> int:
    """Write every row of the period in each target that keeps it: targets of one flow, one period and one layout.

    ``progress`` is told the rows read so far, and may raise to stop. Answers how many rows could not be told.
    """
    one, layout = targets[0].sheet.one, targets[0].layout
    wanted = {name for target in targets for name in layout.names(target.sheet.one.version)}
    columns = [column for column in layout.columns if column.name in wanted]
    what, seen = one.name(1), 0

    def on_read(count: int) -> None:
        nonlocal seen
        seen += count
        progress(seen, what)

    day = one.period.last
    source = IpeRows(columns, day, on_read=on_read) if one.flow == Flow.IPE else CpnRows(columns, day)
    for target in targets:
        target.begin()
    with ThreadPoolExecutor(1) as hand:
        behind: deque[Future[None]] = deque()
        for rows in _rows(source, one.period):
            behind.append(hand.submit(_write, targets, rows))
            if len(behind) > BEHIND:
                behind.popleft().result()
        for last in behind:
            last.result()
    progress(seen, what)
    return source.lost


def _write(targets: list[Target[AnyOut]], rows: pl.DataFrame) -> None:
    for target in targets:
        target.write(rows)


def _rows(source: IpeRows | CpnRows, of: Period) -> Iterator[pl.DataFrame]:
    if of.kind == Kind.FULL:
        return source.full()
    return source.delta() if of.kind == Kind.DELTA else source.histo(of.first)
