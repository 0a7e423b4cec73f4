"""A tariff plan, whatever file format it came from.

Readers (``core/tariff``) turn tables into a :class:`Tariff`; ``core/rating/compile.py`` turns a Tariff into
arrays for the kernel. This module is data only: no reading, no pricing.

Every row keeps the file and line it was read from, so that an explanation or a fault can point at it.
Amounts are exact: :class:`Price` is an integer and a scale, never a float.
"""

from dataclasses import dataclass, field
from enum import StrEnum

ANY = "*any"  # readers turn the 2012 spelling "*all" into this one


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row was read: file name inside the plan, line from 1."""

    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """``digits`` × 10^-``scale`` of the currency. Price(125, 4) is 0.0125."""

    digits: int = 0
    scale: int = 0


class Rounding(StrEnum):
    """How a piece's cost is rounded (cgrates-semantics §4.8). NONE keeps it exact."""

    NONE = "*none"
    UP = "*up"
    DOWN = "*down"
    MIDDLE = "*middle"


class MaxCostStrategy(StrEnum):
    NONE = ""
    FREE = "*free"
    DISCONNECT = "*disconnect"


class UnitKind(StrEnum):
    """What a price is for: an amount of usage (seconds, bytes, count) or the whole call."""

    USAGE = "usage"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Timing:
    """A set of moments. ``None`` means any; an empty set means never (a schedule that runs once).

    ``start`` is the second of the day from which it holds, to the end of that day (§3.5); week days are
    1 = Monday … 7 = Sunday. ``asap`` marks ``*asap``/``*now`` (schedules only).
    """

    tag: str
    years: frozenset[int] | None = None
    months: frozenset[int] | None = None
    month_days: frozenset[int] | None = None
    week_days: frozenset[int] | None = None
    start: int = 0
    asap: bool = False
    origin: Origin = Origin()


ALWAYS = Timing(tag=ANY)


@dataclass(frozen=True, slots=True)
class Slot:
    """A price inside a call, from ``start`` units after the call began (§4.6).

    Cost = price × billed / unit; usage is rounded up to a multiple of ``increment``. Units are those of the
    usage: seconds, bytes or events; ``start``, ``unit`` and ``increment`` are in **millionths** of it
    (microseconds for voice) so that a step of 0.5 s stays exact.
    """

    price: Price
    unit: int = 1_000_000
    increment: int = 1_000_000
    start: int = 0
    connect_fee: Price = Price()
    kind: UnitKind = UnitKind.USAGE


@dataclass(frozen=True, slots=True)
class ServicePart:
    """The S part of a C+S call (SVA, vno-pbx-orange §5.2): set by the service's editor, own VAT.

    Per call (``kind`` CALL) or per usage, charged by the second from ``free`` millionths on, no time of day.
    """

    price: Price
    unit: int = 60_000_000
    kind: UnitKind = UnitKind.USAGE
    free: int = 0
    vat: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """Prices towards a destination: one or more slots, sorted by start, the first at 0."""

    tag: str
    slots: tuple[Slot, ...]
    rounding: Rounding = Rounding.NONE
    decimals: int = 9
    max_cost: Price | None = None
    max_cost_strategy: MaxCostStrategy = MaxCostStrategy.NONE
    minimum: Price | None = None  # least total of a call with usage (connect fee included), as in price lists
    service: ServicePart | None = None
    vat: str = ""  # dated VAT code or percentage as written; the rater only carries it
    zone: str = ""
    band: str = ""
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """In a rating plan: towards ``destination`` (a tag of Tariff.destinations, or ANY), during ``timing``, ``rate``."""

    destination: str
    timing: str
    rate: Rate
    weight: int = 0  # thousandths of the written weight (10 → 10_000); larger wins
    valid_from: int | None = None  # microseconds UTC; price lists give each row its own validity
    valid_to: int | None = None  # exclusive
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class Activation:
    """From ``at`` on (microseconds UTC, inclusive) a profile uses ``plan``; ``fallbacks`` are subjects, in order."""

    at: int
    plan: str
    fallbacks: tuple[str, ...] = ()
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class ProfileKey:
    """Who is rated. ``category`` holds the TOR for the 2012 formats (Tariff.keyed_by says which)."""

    direction: str  # "OUT" or "IN"
    tenant: str
    category: str
    subject: str


@dataclass(slots=True)
class Tariff:
    """A whole tariff plan, neutral of its format.

    ``version`` names this content (a short hash) in every rated call. ``timezone`` is an IANA name, or ""
    for the offset written in each call's own time stamps (§3.5). ``max_levels`` counts the called subject as
    level 1 (§4.1): 4 for the 2012 formats, 3 later.
    """

    name: str = ""
    version: str = ""
    format: str = ""
    currency: str = "EUR"
    timezone: str = ""
    keyed_by: str = "category"  # "tor" for seed-2012 and end-2012
    max_levels: int = 3
    timings: dict[str, Timing] = field(default_factory=dict)
    destinations: dict[str, dict[str, Origin]] = field(default_factory=dict)  # tag → {prefix: origin}
    plans: dict[str, list[PlanEntry]] = field(default_factory=dict)
    profiles: dict[ProfileKey, list[Activation]] = field(default_factory=dict)  # activations sorted by .at
    #: tables that are loaded, checked and shown here but run elsewhere (accounts, actions, triggers, …):
    #: table name → rows as read (column name → cell), each with its Origin under "".
    other_tables: dict[str, list[dict[str, str | Origin]]] = field(default_factory=dict)
