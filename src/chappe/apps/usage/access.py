"""The right that guards calls, their batches and simulations."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

AREA = "communications"

register_area(AREA, _("Calls"), _("Rated calls, files of calls, simulations"))
