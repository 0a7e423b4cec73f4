from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "chappe.apps.customers"
    label = "customers"
    verbose_name = _("Customers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chappe.apps.customers import events, labels, reattaching

        labels.register()
        events.on("assignments_changed", reattaching.ask)
