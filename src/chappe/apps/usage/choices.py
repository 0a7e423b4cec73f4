"""The words for what calls of a source say: ways, kinds of numbers, days. Data only."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.core.calls.kinds import NumberKind
from chappe.kit.screens.declare import Tone

WAYS: tuple[tuple[str, Any], ...] = (
    ("out", _("Outgoing")),
    ("in", _("Incoming")),
    ("int", _("Internal")),
    ("transit", _("Transit")),
)
WAY_TONES = {"out": Tone.RUN, "in": Tone.OK, "int": Tone.NEW, "transit": Tone.WAIT}
KINDS: tuple[tuple[str, Any], ...] = (
    (NumberKind.NATIONAL.value, _("National")),
    (NumberKind.MOBILE.value, _("Mobile")),
    (NumberKind.M2M.value, _("Machine to machine")),
    (NumberKind.DOM.value, _("Overseas, fixed")),
    (NumberKind.DOM_MOBILE.value, _("Overseas, mobile")),
    (NumberKind.INTERNATIONAL.value, _("International")),
    (NumberKind.INTERNATIONAL_MOBILE.value, _("International, mobile")),
    (NumberKind.SATELLITE.value, _("Satellite")),
    (NumberKind.FREE.value, _("Freephone")),
    (NumberKind.LOCAL.value, _("Price of an ordinary call")),
    (NumberKind.SVA.value, _("Value-added service")),
    (NumberKind.SHORT.value, _("Short number")),
    (NumberKind.DIRECTORY.value, _("Directory enquiries")),
    (NumberKind.EMERGENCY.value, _("Emergency")),
    (NumberKind.HELPLINE.value, _("Helpline")),
    (NumberKind.INTERNAL.value, pgettext_lazy("a number", "Internal")),
    (NumberKind.SERVICE.value, _("Code of the PBX")),
    (NumberKind.HIDDEN.value, pgettext_lazy("a number", "Withheld")),
    (NumberKind.SIP.value, _("SIP address")),
    (NumberKind.UNKNOWN.value, pgettext_lazy("a number", "Not recognised")),
)
WEEKDAYS: tuple[tuple[int, Any], ...] = (
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
)


def word(choices: tuple[tuple[Any, Any], ...], key: Any) -> str:
    """The word for a key, the key itself when it has none."""
    return next((str(label) for known, label in choices if known == key), "" if key is None else str(key))
