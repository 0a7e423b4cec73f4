from django.apps import AppConfig


class IpeConfig(AppConfig):
    name = "chappe.apps.ipe"
    label = "ipe"
    default_auto_field = "django.db.models.BigAutoField"
