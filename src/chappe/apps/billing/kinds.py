"""Families of communications: which classes of numbers each gathers, and how an invoice calls them. Data only."""

from django.utils.translation import gettext_lazy as _

from chappe.core.calls.numbers import LEFT_OUT_OF_BILLS, NumberKind

#: class of number (column ``kind`` of the lake) → family. What is not here is "other".
FAMILY: dict[str, str] = {
    NumberKind.NATIONAL: "national",
    NumberKind.LOCAL: "national",
    NumberKind.MOBILE: "mobile",
    NumberKind.M2M: "mobile",
    NumberKind.DOM: "overseas",
    NumberKind.DOM_MOBILE: "overseas",
    NumberKind.INTERNATIONAL: "international",
    NumberKind.INTERNATIONAL_MOBILE: "international",
    NumberKind.SATELLITE: "international",
    NumberKind.SVA: "special",
    NumberKind.SHORT: "special",
    NumberKind.DIRECTORY: "special",
    NumberKind.FREE: "free",
    NumberKind.EMERGENCY: "free",
    NumberKind.HELPLINE: "free",
    NumberKind.INTERNAL: "internal",
}
OTHER, INCOMING = "other", "incoming"
#: Classes that a bill leaves out as long as they cost nothing.
LEFT_OUT = tuple(sorted(str(kind) for kind in LEFT_OUT_OF_BILLS))

LABELS = {
    "national": _("Communications to fixed lines in France"),
    "mobile": _("Communications to mobiles in France"),
    "overseas": _("Communications to overseas France"),
    "international": _("International communications"),
    "special": _("Communications to special numbers"),
    "free": _("Communications to free numbers"),
    "internal": _("Internal communications"),
    INCOMING: _("Calls received"),
    OTHER: _("Other communications"),
}
THIRD_PARTY = _("Services of third parties (special numbers)")
ORDER = {family: rank for rank, family in enumerate(LABELS)}
