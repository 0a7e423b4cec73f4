"""Price a batch of calls whose fields are bytes: the step between reading and writing, the same for every format.

Holds what is the same for all batches of one tariff (:class:`Rater`). Touches no file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt

from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import I32, I64, U8, Calls, Priced, Reason, Status
from chappe.core.rating.kernel import rate_arrays
from chappe.core.rating.model import ANY
from chappe.core.usage import format as fmt
from chappe.core.usage import keys
from chappe.core.usage.fast import PADDING
from chappe.core.usage.faults import MEANINGS, Fault
from chappe.core.usage.parse import read_calls
from chappe.core.usage.twins import U64, Twins

_REASON_OF = np.zeros(256, np.uint8)
for _fault, _meaning in MEANINGS.items():
    _REASON_OF[_fault] = _meaning.reason


NO_MOMENTS = (np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int32), np.zeros((0, 2), np.uint8))


@dataclass(slots=True)
class Fields:
    """n calls as bytes: field f of row i is ``buf[at[i, f]:][:length[i, f]]``, PADDING spare bytes behind it all.

    ``moments`` are start and end where a file holds them as such (typed.py): microseconds UTC, offset in seconds,
    state as parse.parse_time gives it; empty arrays when they are spelled in ``buf`` like the rest.
    """

    buf: U8
    at: I32
    length: I32
    fault: U8
    moments: tuple[I64, I32, U8] = NO_MOMENTS


@dataclass(slots=True)
class Rated:
    """One batch, priced. ``ids`` are hashes of the ids of rows without a fault, 0 for the others."""

    rows: int
    priced: Priced
    fault: U8
    ids: U64
    start: I64
    usage: I64
    offset: I32

    def only(self, rows: npt.NDArray[np.intp]) -> "Rated":
        """Some of the rows."""
        priced = Priced(*(getattr(self.priced, column.name)[rows] for column in fields(Priced)))
        columns = (self.fault[rows], self.ids[rows], self.start[rows], self.usage[rows], self.offset[rows])
        return Rated(len(rows), priced, *columns)


class Rater:
    """A tariff with the tables that reading and writing need. Safe to share between threads: it never changes."""

    def __init__(self, compiled: CompiledTariff, separator: str = ",") -> None:
        self.compiled = compiled
        self.separator = separator
        tenants = sorted(compiled.tenants)
        self.tenants = tenants
        self.only_tenant = tenants[0] if len(tenants) == 1 else ""
        self.has_service = any(rate.service is not None for rate in compiled.rates)

    @cached_property
    def who(self) -> tuple[object, ...]:
        """What parse.read_calls knows of the profiles: see there."""
        groups: dict[tuple[str, str, str], int] = {}
        owners = [groups.setdefault(name[:3], len(groups)) for name in self.compiled.key_index]
        anyone = np.full(len(groups) + 1, -1, np.int32)  # one spare: an index of -1 finds it
        for name, number in self.compiled.key_index.items():
            if name[3] == ANY:
                anyone[groups[name[:3]]] = number
        texts = [keys.group_bytes(*name) for name in groups]
        self.longest = max(map(len, texts), default=0) + PADDING
        return (
            keys.build(texts, groups.values()),
            keys.build(
                [name[3].encode() for name in self.compiled.key_index], self.compiled.key_index.values(), owners
            ),
            anyone,
            keys.build([tenant.encode() for tenant in self.tenants], range(len(self.tenants))),
            self.compiled.keyed_by == "tor",
            ANY in self.tenants,
        )

    @cached_property
    def tags(self) -> list[str]:
        """Names of the rates."""
        return [rate.tag for rate in self.compiled.rates]

    @cached_property
    def words(self) -> fmt.Lists:
        """All words that are written, packed for CSV."""
        separator, tags = self.separator, self.tags
        odd = fmt.all_quoted(tags, separator) is not tags
        services = [rate.service for rate in self.compiled.rates] if self.has_service else []
        plain = (
            self.compiled.prefixes,
            self.compiled.destinations,
            [self.compiled.version],
            [rate.vat for rate in self.compiled.rates] if self.has_service else [],
            [part.vat if part else "" for part in services],
            fmt.STATUS_WORDS,
            fmt.REASON_WORDS,
        )
        lists: list[Sequence[str]] = [[tag.replace('"', '""') for tag in tags] if odd else tags]
        lists += [fmt.all_quoted(words, separator) for words in plain]
        return fmt.lists_of(lists, quote_first=odd)

    @cached_property
    def plain_words(self) -> fmt.Lists:
        """The same words as they are, for columns of Arrow."""
        rates = self.compiled.rates
        lists = [
            self.tags,
            self.compiled.prefixes,
            self.compiled.destinations,
            [self.compiled.version],
            [rate.vat for rate in rates] if self.has_service else [],
            [rate.service.vat if rate.service else "" for rate in rates] if self.has_service else [],
            fmt.STATUS_WORDS,
            fmt.REASON_WORDS,
        ]
        return fmt.lists_of(lists)

    def rate(self, given: Fields, numbers: I64, twins: Twins | None = None) -> Rated:
        """Price the calls whose fields are at hand.

        ``given.fault`` holds what reading the lines found and is filled further; ``numbers`` are the rows' line
        numbers, by which ``twins`` knows the repeated ids of the whole file.
        """
        calls, ids = self.read(given)
        fault = given.fault
        if twins is not None:
            fault[(fault == 0) & twins.repeated(numbers)] = Fault.DUPLICATE_ID
        rows = len(fault)
        calls.status[:] = np.where(fault != 0, Status.REJECTED, Status.RATED)
        calls.reason[:] = _REASON_OF[fault]
        priced = new_priced(rows)
        rate_arrays(self.compiled, calls, priced)
        return Rated(rows, priced, fault, ids, calls.start, calls.usage, calls.offset)

    def read(self, given: Fields) -> tuple[Calls, U64]:
        """The columns of the kernel, read but not priced, and the hashes of the ids."""
        rows = len(given.fault)
        calls = new_calls(rows, given.buf)
        ids = np.empty(rows, np.uint64)
        who = self.who
        read_calls(
            given.buf,
            given.at,
            given.length,
            rows,
            given.fault,
            given.moments,
            who,
            np.empty(self.longest, np.uint8),
            calls.key,
            calls.dest_start,
            calls.dest_len,
            calls.start,
            calls.usage,
            calls.offset,
            calls.timed,
            ids,
        )
        return calls, ids


def new_calls(rows: int, buf: U8) -> Calls:
    """Empty columns for ``rows`` calls whose numbers stand in ``buf``."""
    return Calls(
        key=np.empty(rows, np.int32),
        dest_bytes=buf,
        dest_start=np.empty(rows, np.int64),
        dest_len=np.empty(rows, np.int32),
        start=np.empty(rows, np.int64),
        usage=np.empty(rows, np.int64),
        offset=np.empty(rows, np.int32),
        timed=np.empty(rows, np.uint8),
        status=np.empty(rows, np.uint8),
        reason=np.empty(rows, np.uint8),
    )


def new_priced(rows: int) -> Priced:
    """Columns for ``rows`` answers: nothing rated, nothing matched."""
    return Priced(
        status=np.full(rows, Status.UNRATED, np.uint8),
        reason=np.full(rows, Reason.NONE, np.uint8),
        cost=np.zeros(rows, np.int64),
        connect_fee=np.zeros(rows, np.int64),
        service=np.zeros(rows, np.int64),
        total=np.zeros(rows, np.int64),
        billed=np.zeros(rows, np.int64),
        pieces=np.zeros(rows, np.int32),
        rate=np.full(rows, -1, np.int32),
        last_rate=np.full(rows, -1, np.int32),
        prefix=np.full(rows, -1, np.int32),
        destination=np.full(rows, -1, np.int32),
        plan=np.full(rows, -1, np.int32),
    )


def columns_of(priced: Priced) -> tuple[object, ...]:
    """``priced`` as the named tuple that compiled functions take."""
    from chappe.core.rating.tables import PricedColumns

    return PricedColumns(*(getattr(priced, name) for name in PricedColumns._fields))
