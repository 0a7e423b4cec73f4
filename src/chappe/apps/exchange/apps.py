"""Start of the exchange app: every app's ``files.py`` is read, so that the formats of the house are known."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ExchangeConfig(AppConfig):
    name = "chappe.apps.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chappe.apps.exchange import operators  # noqa: F401 - parties stands below: it cannot register itself

        autodiscover_modules("files")
