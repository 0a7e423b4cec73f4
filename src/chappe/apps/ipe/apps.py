from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete


class IpeConfig(AppConfig):
    name = "chappe.apps.ipe"
    label = "ipe"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_delete.connect(_let_go, sender=self.get_model("Intake"), dispatch_uid="ipe.let-go")


def _let_go(instance: Any, **_more: Any) -> None:
    """What was kept beside a received file goes with it; the bytes are swept later."""
    from chappe.apps.ipe.aside import KINDS

    for kind in KINDS:
        stored = getattr(instance, kind)
        if stored is not None:
            stored.delete()
