"""What was dialled or who called, as a number that can be priced and named.

French table first (``data/fr_numbers.csv``: dated, with its source), then the world's plans by ``phonenumbers``. The outside
prefix of a PBX is stripped because a setting says so, never guessed. A number that nothing recognises is kept as it is
with kind UNKNOWN: it has no price, and says so. Order of the rules: vno-pbx-orange §5.5.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chappe.core.tickets.contract import Way


class NumberKind(StrEnum):
    """Class of a number: what bills, masks and reports group by. Values stand in the lake (column ``kind``)."""

    NATIONAL = "national"  # 01–05, 09
    MOBILE = "mobile"
    M2M = "m2m"
    DOM = "dom"  # overseas fixed
    DOM_MOBILE = "dom-mobile"
    FREE = "free"  # 0800–0805, free short numbers, operators' customer services
    LOCAL = "local"  # 0806–0809, price of an ordinary call
    SVA = "sva"  # 081, 082, 089: C + S
    SHORT = "short"  # 3BPQ with a price, C + S
    DIRECTORY = "directory"  # 118XYZ
    EMERGENCY = "emergency"
    HELPLINE = "helpline"  # 116XXX, 119, 3919…: free, and nobody's business
    INTERNATIONAL = "international"
    INTERNATIONAL_MOBILE = "intl-mobile"
    SATELLITE = "satellite"
    INTERNAL = "internal"  # an extension of the PBX
    SERVICE = "service"  # *xx, #xx: codes of the PBX
    HIDDEN = "hidden"  # the caller withholds it
    SIP = "sip"  # an address that holds no number
    UNKNOWN = "unknown"


#: Never charged to the caller, by law or by allocation: a price towards them is a fault of the tariff.
NEVER_CHARGED = frozenset({NumberKind.EMERGENCY, NumberKind.HELPLINE, NumberKind.FREE})
#: Need not be identified on an itemised bill (code 2018/1972, annex VI): bills leave them out by default.
LEFT_OUT_OF_BILLS = NEVER_CHARGED


@dataclass(frozen=True, slots=True)
class Number:
    """A number understood.

    ``e164`` is "+33612345678", or "" for what has none. ``rated`` is what a tariff looks up: the digits of ``e164``; a
    short number of the national plan behind a 0 ("03949"), which no international number begins with; "" when
    nothing can be priced. ``country`` is ISO 3166 ("FR", "RE"), ``label`` the class or zone in French as data,
    ``tags`` flags of the table such as "verified" (automated callers), ``warnings`` what was doubtful.
    """

    raw: str
    e164: str = ""
    rated: str = ""
    kind: NumberKind = NumberKind.UNKNOWN
    country: str = ""
    label: str = ""
    tags: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The number for lists and exports: E.164 digits without +, else what was dialled."""
        return self.e164.removeprefix("+") or self.rated.removeprefix("0") or self.raw


@dataclass(frozen=True, slots=True)
class Normaliser:
    """The dialling habits of one source.

    ``outside_prefix`` is what its users dial to get a line ("" = none); ``prefix_on_cli`` says that the PBX also puts it before
    the numbers of callers. ``country`` (ISO) is where it stands. ``area`` completes local numbers where a country has them
    (none in France). ``own_ranges`` are its direct numbers, "0144553300-0144553399" or "0144553300": a DDI of which tickets
    give the last digits only is completed by them. ``on`` (a day) chooses the rows of the dated tables.
    """

    outside_prefix: str = ""
    country: str = "FR"
    area: str = ""
    own_ranges: Sequence[str] = ()
    prefix_on_cli: bool = False
    on: dt.date | None = None

    def normalise(self, raw: str, way: Way, *, is_caller: bool | None = None) -> Number:
        """``raw`` understood. ``way`` is that of the call; ``is_caller`` says that this is who called rather than who was
        called (by default: of an incoming call, the caller). Never raises."""
        raise NotImplementedError
