from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "chappe.apps.reports"
    label = "reports"
    verbose_name = _("Reports")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_install, sender=self, dispatch_uid="reports.builtins")


def _install(sender: Any, using: str, **_more: Any) -> None:
    """After migrations, the packaged reports are there; those that nobody has edited follow their package."""
    from chappe.apps.reports import builtins

    builtins.install()
