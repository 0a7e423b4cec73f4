"""Area of right of the audit trail."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.areas import register_area

register_area("journal", _("Audit trail"), _("Who changed what, before and after."))
