"""What every ticket decoder gives and takes: a raw record in, segments and remarks out.

A *ticket* is what a PBX writes at the end of a segment of a call; several may make one call. A *profile* is
data (a TOML file or a row of the database): which decoder, with which options, columns and clock. Decoders are pure
and never raise for what a record contains; they never group segments (``core/calls``) nor price them.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from enum import StrEnum
from typing import Any, Protocol

from chappe.core.base.issue import Issue


class Way(StrEnum):
    """Direction of a segment, seen from the PBX."""

    IN = "in"
    OUT = "out"
    INTERNAL = "int"
    TRANSIT = "transit"  # trunk to trunk
    UNKNOWN = ""


class Outcome(StrEnum):
    """How a segment ended."""

    ANSWERED = "answered"
    MISSED = "missed"  # nobody answered, caller abandoned
    BUSY = "busy"
    FAILED = "failed"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """One ticket, decoded. Durations in whole seconds; numbers as the PBX wrote them (never normalised here).

    ``start`` is aware (UTC or with the offset of the PBX clock) when the profile tells the clock, which it always does
    (IANA zone); an ambiguous local hour takes the first and carries the remark ``tickets.ambiguous-hour``.
    ``key`` groups the segments of a call ("" = the segment is a call of its own); ``more`` says that another segment of the
    same key is announced (True), that this is the last (False), or that the format does not say (None).
    """

    start: dt.datetime
    key: str = ""
    more: bool | None = None
    way: Way = Way.UNKNOWN
    outcome: Outcome = Outcome.UNKNOWN
    caller: str = ""  # extension or calling line
    called: str = ""  # number the system called: "asked for" of the first segment
    dialled: str = ""  # digits dialled: the DDI for incoming calls
    party1: str = ""  # extension of the first party ("" = none, a trunk or a voicemail)
    party1_name: str = ""
    party2: str = ""  # other extension
    party2_name: str = ""
    reached: str = ""  # extension that answered
    trunk: str = ""
    trunk_in: str = ""  # transit: the trunk it came by
    ring: int = 0
    talk: int = 0
    hold: int = 0
    park: int = 0
    segment_start: dt.datetime | None = None  # when this segment itself began, where the format says so
    account_code: str = ""
    auth_code: str = ""
    targeter: str = ""  # who sent the call outside (forward, twinning): pays instead of party1
    cause: str = ""  # raw cause of a transfer, forward or release
    is_voicemail: bool = False
    is_conference: bool = False
    is_transfer: bool = False
    is_forward: bool = False
    pbx_charge: int | None = None  # nano of ``pbx_currency``: what the PBX itself counted
    pbx_currency: str = ""
    extra: Mapping[str, str] = of(default_factory=dict)  # everything else the ticket said, by the format's own names


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of one raw record. No segment and no issue: the record is of a kind that is rightly skipped
    (page header, keepalive), and ``skipped`` says which."""

    segments: tuple[Segment, ...] = ()
    issues: tuple[Issue, ...] = ()
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """A format with its settings, as data. ``options`` are those of the decoder (``registry.DECODERS[…].options``).

    ``label`` and ``help`` of a packaged profile are English and have their French in the catalogue of core
    (``chappe.core.base.lang.translate``); those of a saved one are as its author wrote them.
    """

    slug: str
    label: str
    decoder: str  # name in the registry of decoders
    timezone: str = "Europe/Paris"
    encoding: str = "utf-8"  # tried first; then cp1252, which never fails
    options: Mapping[str, Any] = of(default_factory=dict)
    columns: Sequence[str] = ()  # order of the columns, for decoders whose administrator picks it
    transport: Mapping[str, Any] = of(default_factory=dict)  # hints: way, port, framing
    help: str = ""  # how to set the PBX, in a sentence or two (English; see ``label``)
    variant_of: str = ""  # slug of the profile that stands for the family when a format is detected


class Decoder(Protocol):
    """One per source and stream: keeps what earlier lines taught it (a header, the other half of a call), nothing else."""

    def decode(self, raw: bytes, *, received: dt.datetime) -> Decoded:
        """One record (without its line end). ``received`` (aware) gives what the ticket omits, such as the year."""
        ...

    def state(self) -> dict[str, Any]:
        """What earlier records taught (a header, halves of calls that wait), as JSON; empty for most formats."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where the decoder that gave ``state`` stopped: between two chunks of one stream, after a restart."""
        ...
