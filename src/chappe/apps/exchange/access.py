"""The right that guards received files: reading them, sending them, choosing what to do with them."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

AREA = "fichiers"

register_area(
    AREA,
    _("Files exchanged"),
    _("Files received, their anomalies and plans. Only the administrator level applies a plan over the threshold."),
)
