"""What is published of a thing, and the one place where a change of it is written down.

``Change`` rows are made here and in bulk by who applies whole files; the delta and history files are made of them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.utils import timezone

from chappe.apps.network.models import Building, Change, Pm, PmLink, Prdm
from chappe.kit.access.actor import Actor

THINGS: Mapping[type[models.Model], str] = {
    Building: Change.Thing.BUILDING,
    Pm: Change.Thing.PM,
    Prdm: Change.Thing.PRDM,
    PmLink: Change.Thing.LINK,
}
#: Fields that no file carries, or that say only that something changed.
SILENT = frozenset(
    {
        "id",
        "cell",
        "search",
        "longitude",
        "latitude",
        "photo",
        "photo_small",
        "access_note",
        "modified_on",
        "agreement_needed",
        "extra",
    }
)


def published(obj: models.Model) -> dict[str, str]:
    """Field → text as the files would write it; a related thing is its reference."""
    return {
        field.name: _text(obj, field)
        for field in obj._meta.concrete_fields
        if field.name not in SILENT or (field.name == "agreement_needed" and isinstance(obj, Building))
    }


def _text(obj: models.Model, field: Any) -> str:
    value = getattr(obj, field.name if field.is_relation else field.attname)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def reference_of(obj: models.Model) -> str:
    """What the thing is called in the files: a link is told by its PM."""
    return str(obj.pm.reference if isinstance(obj, PmLink) else obj.reference)  # type: ignore[attr-defined]


def rows_for(actor: Actor, obj: models.Model, event: str, before: Mapping[str, str] | None = None) -> list[Change]:
    """The rows, not saved: one a changed field, or one for a thing that came or went. Empty for what is not published.

    What went is told once, after the values that it leaves: they are all that later files can say of it.
    """
    thing = THINGS.get(type(obj))
    if thing is None:
        return []
    common = {
        "thing": thing, "reference": reference_of(obj), "day": timezone.localdate(), "event": event, "by": actor.label[:150],
    }  # fmt: skip
    if event == Change.Event.SUPPRESSION:
        left = [Change(**common, field=name, old=value) for name, value in published(obj).items() if value]
        return [*left, Change(**common)]
    if event != Change.Event.MODIFICATION:
        return [Change(**common)]
    after = published(obj)
    return [
        Change(**common, field=name, old=old, new=after[name])
        for name, old in (before or {}).items()
        if after[name] != old
    ]


def record(actor: Actor, obj: models.Model, event: str, before: Mapping[str, str] | None = None) -> int:
    """Write down what happened to ``obj``; answers how many rows that took."""
    return record_all(rows_for(actor, obj, event, before))


def record_all(rows: Iterable[Change]) -> int:
    """Write down many at once."""
    return len(Change.objects.bulk_create(list(rows), batch_size=1000))
