"""Start of the collection: it tells usage who attaches the calls of a stream again."""

from typing import Any

from django.apps import AppConfig


def _reattach(batch: Any) -> Any:
    from chappe.apps.collect.attaching import reattach  # reads models: only when calls are rated again

    return reattach(batch)


class CollectConfig(AppConfig):
    name = "chappe.apps.collect"
    label = "collect"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chappe.apps.usage import streams

        streams.on_reattach(_reattach)
