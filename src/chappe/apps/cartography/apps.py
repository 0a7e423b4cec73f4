from django.apps import AppConfig


class CartographyConfig(AppConfig):
    name = "chappe.apps.cartography"
    label = "cartography"
    default_auto_field = "django.db.models.BigAutoField"
