"""The right that guards the inventory of the network."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

AREA = "reseau"

register_area(AREA, _("Network"), _("PRDM, PM, PBO, buildings, sockets, cables, optical routes, map"))
