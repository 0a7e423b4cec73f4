"""Areas of right of the access kit."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.areas import register_area

register_area("utilisateurs", _("Users and roles"), _("Accounts, roles, locks and open sessions."))
