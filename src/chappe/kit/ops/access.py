"""The area of right over the installation itself."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

register_area("systeme", _("System"), _("Settings and state of this installation."))
