"""The area of right over money that comes in."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

AREA = "paiements"

register_area(
    AREA,
    _("Payments"),
    _("Mandates, collections, payments, statements, reminders. Only the administrator level reverses and refunds."),
)
