from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "chappe.kit.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chappe.kit.api import sentences  # noqa: F401 - registers them
