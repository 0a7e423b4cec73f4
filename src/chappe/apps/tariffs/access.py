"""The right that guards tariff plans."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

AREA = "tarifs"

register_area(AREA, _("Tariffs"), _("Tariff plans, their versions, activation, explanations"))
