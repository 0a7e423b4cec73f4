"""Price a batch of calls whose fields are bytes: the step between reading and writing, the same for every format.

Holds what is the same for all batches of one tariff (:class:`Rater`). Touches no file.
"""

from dataclasses import dataclass

import numpy as np

from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import I32, I64, U8, Calls, Priced, Reason, Status
from chappe.core.rating.kernel import rate_arrays
from chappe.core.rating.model import ANY
from chappe.core.usage import format as fmt
from chappe.core.usage import keys
from chappe.core.usage.faults import MEANINGS, Fault
from chappe.core.usage.parse import read_calls
from chappe.core.usage.twins import U64, Twins

_REASON_OF = np.zeros(256, np.uint8)
for _fault, _meaning in MEANINGS.items():
    _REASON_OF[_fault] = _meaning.reason


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


class Rater:
    """A tariff with the tables that reading and writing need. Safe to share between threads: it never changes."""

    def __init__(self, compiled: CompiledTariff, separator: str = ",") -> None:
        self.compiled = compiled
        self.separator = separator
        index = compiled.key_index
        texts = [keys.key_bytes(*name) for name in index]
        general = {name[:3]: number for name, number in index.items() if name[3] == ANY}
        anyone = [keys.key_bytes(*name) for name in general]
        tenants = sorted(compiled.tenants)
        self.who = (
            keys.build(texts, list(index.values())),
            keys.build(anyone, list(general.values())),
            keys.build([tenant.encode() for tenant in tenants], range(len(tenants))),
            compiled.keyed_by == "tor",
            ANY in tenants,
        )
        self.longest = max(map(len, texts), default=0) + 8
        self.only_tenant = tenants[0] if len(tenants) == 1 else ""
        self.has_service = any(rate.service is not None for rate in compiled.rates)
        self.row_bytes = 0
        self.names = self._names(separator)

    def _names(self, separator: str) -> tuple[object, ...]:
        """All words that are written, packed: the rates, then the lists whose beginnings the third item gives."""
        tags = [rate.tag for rate in self.compiled.rates]
        quote = any(fmt.quoted(tag, separator) != tag for tag in tags)
        services = [rate.service for rate in self.compiled.rates]
        plain = (
            self.compiled.prefixes,
            self.compiled.destinations,
            [self.compiled.version],
            [rate.vat for rate in self.compiled.rates],
            [part.vat if part else "" for part in services],
            fmt.STATUS_WORDS,
            fmt.REASON_WORDS,
        )
        lists = [[tag.replace('"', '""') for tag in tags] if quote else tags]
        lists += [[fmt.quoted(word, separator) for word in words] for words in plain]
        starts = np.cumsum([len(words) for words in lists])
        packed = fmt.words([word for words in lists for word in words])
        widths = [max((len(word.encode()) for word in words), default=0) for words in lists]
        self.row_bytes = fmt.FIXED_WIDTH + sum(widths) + widths[0] + 3
        return packed.text, packed.at, tuple(int(start) for start in starts[:-1]), quote

    def rate(self, buf: U8, at: I32, length: I32, fault: U8, numbers: I64, twins: Twins | None = None) -> Rated:
        """Price n calls whose field f is ``buf[at[i, f]:][:length[i, f]]``.

        ``fault`` holds what reading the lines found and is filled further; ``numbers`` are the rows' line
        numbers, by which ``twins`` knows the repeated ids of the whole file.
        """
        calls, ids = self.read(buf, at, length, fault)
        if twins is not None:
            fault[(fault == 0) & twins.repeated(numbers)] = Fault.DUPLICATE_ID
        rows = len(fault)
        calls.status[:] = np.where(fault != 0, Status.REJECTED, Status.RATED)
        calls.reason[:] = _REASON_OF[fault]
        priced = new_priced(rows)
        rate_arrays(self.compiled, calls, priced)
        return Rated(rows, priced, fault, ids, calls.start, calls.usage, calls.offset)

    def read(self, buf: U8, at: I32, length: I32, fault: U8) -> tuple[Calls, U64]:
        """The columns of the kernel, read but not priced, and the hashes of the ids."""
        rows = len(fault)
        calls = new_calls(rows, buf)
        ids = np.empty(rows, np.uint64)
        read_calls(
            buf,
            at,
            length,
            rows,
            fault,
            self.who,
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
