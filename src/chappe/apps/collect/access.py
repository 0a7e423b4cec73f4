"""The right that guards sources of tickets, what they sent and how it is read."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

AREA = "collecte"

register_area(AREA, _("Collection"), _("Sources of tickets, raw lines, profiles"))
