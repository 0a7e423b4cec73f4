"""Area of right of billing."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.areas import register_area

AREA = "facturation"
register_area(
    AREA,
    _("Billing"),
    _("Products, runs, invoices. Write prepares; only the administrator level issues, credits and closes periods."),
)
