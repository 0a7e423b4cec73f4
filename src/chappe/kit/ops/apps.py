from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "chappe.kit.ops"
    label = "ops"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from chappe.kit.ops import planning

        connection_created.connect(planning.tell, dispatch_uid="chappe.planning")
