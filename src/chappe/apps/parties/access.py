"""Areas of right of the parties app, named as in the operators' manuals."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.areas import register_area

register_area("lexique", _("Lexicon"), _("Operators, their contacts, communes. Only the administrator level deletes."))
