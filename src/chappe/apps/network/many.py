"""Verbs on thousands of rows at once: a state, a PM or a PBO for many, many deleted. Each row keeps its audit and its Changes.

Set by set, not row by row: ten thousand buildings take seconds. A verb that sets values is all or nothing; deleting takes
those that may go and says of the others what hangs on them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.network import changes
from chappe.apps.network.models import Building, Change, Pbo, Pto
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import house_only
from chappe.kit.audit import services as audit

PART = 500


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[start : start + PART] for start in range(0, len(rows), PART))


def change(*, actor: Actor, objects: Sequence[Any], values: Mapping[str, Any]) -> int:
    """Set the same values on rows of one model; answers how many were not so already. Raises ValidationError, with nothing
    changed, when a value is none that the column takes."""
    house_only(actor.user)
    if not objects:
        return 0
    model: Any = type(objects[0])
    model(**values).clean_fields(exclude={field.name for field in model._meta.fields} - set(values))
    count = 0
    with transaction.atomic():
        for part in _parts(objects):
            rows = [row for row in part if any(getattr(row, name) != value for name, value in values.items())]
            before = {row.pk: audit.snapshot(row) for row in rows}
            told: list[Change] = []
            for row in rows:
                was = changes.published(row)
                for name, value in values.items():
                    setattr(row, name, value)
                if changes.published(row) != was and hasattr(row, "modified_on"):
                    row.modified_on = timezone.localdate()
                told += changes.rows_for(actor, row, Change.Event.MODIFICATION, was)
            fields = [*values, *(["modified_on"] if hasattr(model, "modified_on") else [])]
            model._default_manager.bulk_update(rows, fields, batch_size=200)
            audit.bulk_changed(actor, rows, before)
            changes.record_all(told)
            count += len(rows)
    return count


def attach(*, actor: Actor, buildings: Sequence[Building], pm: Any = None, pbo: Any = None) -> int:
    """Put buildings under a PM, a PBO, or both; a PBO brings its own PM. Raises ValidationError when the two do not agree."""
    if pm is None and pbo is None:
        raise ValidationError(_("Give a PM, a PBO, or both."))
    if pm is not None and pbo is not None and pbo.pm_id not in {None, pm.pk}:
        raise ValidationError(_("PBO %(pbo)s belongs to PM %(pm)s.") % {"pbo": pbo, "pm": pbo.pm})
    values: dict[str, Any] = {}
    if pbo is not None:
        values["pbo"] = pbo
    under = pm or (pbo.pm if pbo is not None else None)
    if under is not None:
        values["pm"] = under
    return change(actor=actor, objects=buildings, values=values)


#: model → [(related model, path to it, what it is called when it hangs there)]
HANGING: Mapping[type[models.Model], Sequence[tuple[str, str, Callable[[], Any]]]] = {
    Building: (("ptos", "building", lambda: _("PTO")),),
    Pbo: (
        ("buildings", "pbo", lambda: _("buildings")), ("ptos", "pbo", lambda: _("PTO")), ("splices", "box", lambda: _("splices")),
    ),
    Pto: (("splices", "pto", lambda: _("splices")),),
}  # fmt: skip


def delete(*, actor: Actor, objects: Sequence[Any]) -> tuple[int, list[str]]:
    """(how many went, sentences about those that stay). Nothing that something hangs on is deleted."""
    house_only(actor.user)
    gone, refused = 0, []
    with transaction.atomic():
        for part in _parts(objects):
            holds = _holding(type(part[0]), [row.pk for row in part])
            free = [row for row in part if row.pk not in holds]
            refused += [f"{row} : {holds[row.pk]}" for row in part if row.pk in holds]
            if free:
                told = [entry for row in free for entry in changes.rows_for(actor, row, Change.Event.SUPPRESSION)]
                audit.bulk_deleted(actor, free)
                type(free[0])._default_manager.filter(pk__in=[row.pk for row in free]).delete()
                changes.record_all(told)
                gone += len(free)
    return gone, refused


def _holding(model: type[models.Model], keys: Sequence[int]) -> dict[int, str]:
    """Rows on which something hangs, and what: ``2 PTO, 12 soudures``."""
    found: dict[int, Counter[str]] = {}
    for name, path, word in HANGING[model]:
        related: Any = model._meta.get_field(name).related_model
        rows = related._default_manager.filter(**{f"{path}__in": keys}).values_list(path).annotate(n=models.Count("pk"))
        for key, number in rows:
            found.setdefault(key, Counter())[str(word())] += number
    return {key: ", ".join(f"{number} {word}" for word, number in counts.items()) for key, counts in found.items()}
