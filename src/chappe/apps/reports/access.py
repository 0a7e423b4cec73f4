"""Area of right of the reports app."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.areas import register_area

AREA = "rapports"

register_area(
    AREA,
    _("Reports"),
    _("Reports, their schedules and the files they gave. Only the administrator level writes their SQL."),
)
