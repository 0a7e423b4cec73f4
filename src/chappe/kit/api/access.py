"""Area of right of the API: “API | administrateur” makes and revokes keys."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.areas import register_area

register_area("api", _("API"), _("Keys by which programs use Chappe."))
