from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "chappe.apps.billing"
    label = "billing"
    default_auto_field = "django.db.models.BigAutoField"
