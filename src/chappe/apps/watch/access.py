"""The right that guards the rules of the watch, its alerts and the list of risky prefixes."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

AREA = "surveillance"

register_area(AREA, _("Fraud and cost watch"), _("Rules, alerts and risky prefixes; nothing is ever done to a line"))
