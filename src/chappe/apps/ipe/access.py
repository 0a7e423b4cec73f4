"""The right that guards IPE and CPN files: what they hold, their layouts, the quality of what they say."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

AREA = "ipe"

register_area(AREA, _("IPE and CPN"), _("Files received and published, comparison, quality, layouts"))
