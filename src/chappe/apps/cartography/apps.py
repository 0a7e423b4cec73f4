"""The map: tiles cut from the network, searched and clicked."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CartographyConfig(AppConfig):
    name = "chappe.apps.cartography"
    label = "cartography"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chappe.apps.cartography import triggers

        triggers.at_once()
        post_migrate.connect(_triggers, sender=self, dispatch_uid="cartography.triggers")


def _triggers(using: str, **_more: Any) -> None:
    """After every migration: one of the network may have made a table anew, without them."""
    from django.db import connections

    from chappe.apps.cartography import triggers

    triggers.ensure(connections[using])
