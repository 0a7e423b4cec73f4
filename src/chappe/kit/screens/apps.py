"""Starts the machinery of screens: reads every app's ``screens.py``, then freezes the registry."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ScreensConfig(AppConfig):
    name = "chappe.kit.screens"
    label = "screens"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import registry, sentences  # noqa: F401 - sentences of the audit trail

        autodiscover_modules("screens")
        registry.freeze()
