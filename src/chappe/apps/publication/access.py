"""The right that guards what is published: a partner who holds it sees the files made for it, and nothing else of the network."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

AREA = "publication"

register_area(AREA, _("Published IPE and CPN"), _("Files made for each operator, their archive, their hand-over"))
