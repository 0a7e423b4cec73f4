"""What the engine is told of a source, and what it tells of it. Plain data: opens nothing, reads no database."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

MAX_LINE = 64 * 1024  # bytes of a record; a FreeSWITCH document stays below
MAX_CONNECTIONS = 16
HTTP_PORT = 8085


class Way(StrEnum):
    """Who opens the connection."""

    LISTEN = "listen"  # the PBX
    CONNECT = "connect"  # we
    HTTP = "http"  # the PBX, one request a record


class State(StrEnum):
    """How a source is doing, worst last."""

    LISTENING = "listening"
    CONNECTED = "connected"
    WAITING = "waiting"  # for the next try to connect
    ERROR = "error"
    FULL = "full"  # the disk: nothing is taken


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source to be collected.

    ``host``: the address to bind (listen, http; "" is all) or that of the PBX (connect; several separated by commas are
    tried in turn). ``framing``: a name of ``framing.FRAMINGS``. ``allowed_peers``: addresses and networks, none means any.
    Sources may share a port when their peers tell them apart; HTTP sources share one by path (``/<slug>``).
    """

    slug: str
    way: str = Way.LISTEN
    host: str = ""
    port: int = 0
    framing: str = "lines"
    login: str = ""
    password: str = field(default="", repr=False)
    allowed_peers: tuple[str, ...] = ()
    profile_slug: str = ""
    max_line: int = MAX_LINE
    max_connections: int = MAX_CONNECTIONS

    def same_wire(self, other: "SourceSpec") -> bool:
        """Whether going from one to the other leaves every connection as it is."""
        return replace(self, profile_slug="") == replace(other, profile_slug="")

    def allows(self, peer: str) -> bool:
        """Whether this address may connect. A peer that is no address (a socket of this machine) may."""
        if not self.allowed_peers:
            return True
        try:
            address = plain_address(peer)
        except ValueError:
            return False
        return any(address in ip_network(allowed, strict=False) for allowed in self.allowed_peers)


def plain_address(text: str) -> IPv4Address | IPv6Address:
    """``::ffff:192.0.2.1`` is 192.0.2.1; the zone of a link-local address is left out."""
    address = ip_address(text.partition("%")[0])
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def faults(spec: SourceSpec, framings: Mapping[str, Any]) -> "Problem | None":
    """What makes a spec unusable, so that it is told instead of tried."""
    if spec.way not in set(Way):
        return Problem("bad-spec", {"what": spec.way})
    if spec.framing not in framings:
        return Problem("bad-spec", {"what": spec.framing})
    if spec.way != Way.HTTP and not 0 < spec.port < 65_536:
        return Problem("bad-spec", {"what": str(spec.port)})
    for allowed in spec.allowed_peers:
        try:
            ip_network(allowed, strict=False)
        except ValueError:
            return Problem("bad-spec", {"what": allowed})
    return None


@dataclass(frozen=True, slots=True)
class Problem:
    """``code`` names a sentence of ``words.py``, ``params`` fill its holes."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ConnectionStatus:
    """One connection that is open."""

    number: int
    peer: str
    since: dt.datetime
    records: int = 0
    bytes: int = 0
    last: dt.datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """For a JSON column: moments as ISO 8601 text."""
        return {
            "number": self.number,
            "peer": self.peer,
            "since": self.since.isoformat(),
            "records": self.records,
            "bytes": self.bytes,
            "last": self.last.isoformat() if self.last else None,
        }


@dataclass(slots=True)
class SourceStatus:
    """How a source is doing. Counts are since the collector started."""

    slug: str
    state: str = State.WAITING
    problem: Problem | None = None
    connections: list[ConnectionStatus] = field(default_factory=list)
    last: dt.datetime | None = None  # of the last record
    number: int = 0  # of the last record
    records: int = 0
    bytes: int = 0
    errors: int = 0
    refused: int = 0  # connections of peers that may not, or that could not sign in
    lost: int = 0  # records that could not be kept when the collector had to stop with a full disk
