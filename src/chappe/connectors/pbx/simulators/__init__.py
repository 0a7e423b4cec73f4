"""PBXs that do not exist: made-up calls, written as IP Office, OXE, Mitel and 3CX write them, sent as they send them.

For tests, the demonstration and whoever has no PBX at hand. Numbers are those that ARCEP and others keep for fiction.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chappe.connectors.pbx.simulators import ip_office, mitel, oxe, panasonic, threecx
from chappe.connectors.pbx.simulators.calls import Call


@dataclass(frozen=True, slots=True)
class Kind:
    """``tickets``: the records of a call, ready to be sent. ``dials``: it connects to the collector; else it waits for it.

    ``talk`` names how a server speaks before and between tickets (``net.TALKS``).
    """

    tickets: Callable[[Call], Sequence[bytes]]
    port: int
    dials: bool
    talk: str = "lines"


#: what ``chappe simulate`` knows
KINDS: Mapping[str, Kind] = {
    "ip-office": Kind(ip_office.tickets, 1080, True),
    "3cx": Kind(threecx.tickets, 5015, True),
    "oxe": Kind(oxe.tickets, 2533, False, "oxe"),
    "mitel": Kind(mitel.tickets, 1752, False),
    "panasonic": Kind(panasonic.tickets, 2300, False, "panasonic"),
}


def tickets(kind: str, calls: Iterator[Call]) -> Iterator[bytes]:
    """The records of many calls, one after the other."""
    write = KINDS[kind].tickets
    for call in calls:
        yield from write(call)
