"""What a number is: its kind and its parts. Data only."""

from dataclasses import dataclass
from enum import StrEnum


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


#: What a tariff writes before a short number of France: 3303949. No number of E.164 begins so (behind +33 there is no 0), while
#: a bare 3949 would be Italy's.
SHORT_CODE = "330"
#: Never charged to the caller, by law or by allocation: a price towards them is a fault of the tariff.
NEVER_CHARGED = frozenset({NumberKind.EMERGENCY, NumberKind.HELPLINE, NumberKind.FREE})
#: Need not be identified on an itemised bill (code 2018/1972, annex VI): bills leave them out by default.
LEFT_OUT_OF_BILLS = NEVER_CHARGED


@dataclass(frozen=True, slots=True)
class Number:
    """A number understood.

    ``e164`` is "+33612345678", or "" for what has none. ``rated`` is what a tariff looks up: the digits of ``e164``; a
    short number of France behind :data:`SHORT_CODE` ("3303949"); "" when
    nothing can be priced. ``country`` is ISO 3166 ("FR", "RE"), ``label`` the class or the country, in French as
    data, ``zone`` one of "france", "overseas", "eea", "world" (origin and destination surcharges), ``tags`` flags of the table such as "verified" (automated callers), ``warnings`` what was doubtful.
    """

    raw: str
    e164: str = ""
    rated: str = ""
    kind: NumberKind = NumberKind.UNKNOWN
    country: str = ""
    label: str = ""
    zone: str = ""
    tags: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The number for lists and exports: E.164 digits without +, else what was dialled."""
        return self.e164.removeprefix("+") or self.rated.removeprefix(SHORT_CODE) or self.raw
