"""Start of the access kit: every app's ``access.py`` is read, so that the matrix of rights is whole."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "chappe.kit.access"
    label = "access"
    verbose_name = _("Access")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chappe.kit.access import checks, sentences  # noqa: F401 - registers system checks and sentences

        autodiscover_modules("access")
