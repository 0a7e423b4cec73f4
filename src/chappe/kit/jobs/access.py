"""The area of right over background jobs and their schedules."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import register_area

register_area("taches", _("Jobs"), _("Background jobs: their progress, log and files; schedules."))
