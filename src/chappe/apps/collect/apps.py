"""Start of the collection: it tells usage who attaches the calls of a stream again, and how sources are named."""

from typing import Any

from django.apps import AppConfig


def _reattach(batch: Any) -> Any:
    from chappe.apps.collect.attaching import reattach  # reads models: only when calls are rated again

    return reattach(batch)


def _named(ids: set[int]) -> dict[int, str]:
    from chappe.apps.collect.models import Source

    return dict(Source.objects.filter(pk__in=ids).values_list("pk", "name"))


def _searched(text: str) -> set[int]:
    from chappe.apps.collect.models import Source

    return set(Source.objects.filter(name__icontains=text).values_list("pk", flat=True))


def _seen(user: Any, number: int) -> str:
    from chappe.apps.collect.models import Source
    from chappe.kit.access.door import visible_to

    return str(visible_to(user, Source).filter(pk=number).first() or "")


def _page(number: int) -> str:
    from chappe.kit.screens import registry

    return registry.url("collect.source", "detail", pk=number)


class CollectConfig(AppConfig):
    name = "chappe.apps.collect"
    label = "collect"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chappe.apps.usage import labels, streams

        streams.on_reattach(_reattach)
        labels.register("source", _named, url=_page, search=_searched, seen=_seen)
