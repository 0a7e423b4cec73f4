"""Area of right of the customers app."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.areas import register_area

register_area("clients", _("Customers"), _("Customers, their lines, who holds which line when, brands."))
