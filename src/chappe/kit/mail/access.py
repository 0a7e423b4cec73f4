"""The area of right over outgoing mail."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

AREA = "courriels"

register_area(AREA, _("Mail"), _("Mail that leaves: what waits, what went, what came back. Writing is sending again."))
