from django.apps import AppConfig


class PublicationConfig(AppConfig):
    name = "chappe.apps.publication"
    label = "publication"
    default_auto_field = "django.db.models.BigAutoField"
