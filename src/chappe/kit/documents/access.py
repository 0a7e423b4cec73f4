"""The area of right over stored files."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

register_area("documents", _("Files"), _("Files kept whole, as they were received or made."))
