"""The verbs of the audit trail. Every service of an app calls one of them, inside its own transaction."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django.db.models import QuerySet

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import owner_of
from chappe.kit.audit.models import AuditEntry, PersonalValue
from chappe.kit.audit.values import Changes, difference, personal_fields, plain, snapshot, with_labels

__all__ = ["bulk_changed", "changed", "created", "deleted", "event", "forget", "history", "saved", "snapshot"]

CREATED, CHANGED, DELETED = "created", "changed", "deleted"
CHUNK_ROWS = 1000


def created(actor: Actor, obj: models.Model) -> AuditEntry:
    """``obj`` has just been made: every field that is not empty is written down."""
    values = {name: value for name, value in snapshot(obj).items() if value not in (None, "", [], {})}
    return _write(actor, [obj], CREATED, [difference(dict.fromkeys(values), values)])[0]


def bulk_created(actor: Actor, objs: Iterable[models.Model], batch: UUID | None = None) -> UUID:
    """Many rows of one model have just been made: one entry each, joined by the batch id that is returned."""
    return _bulk(actor, objs, CREATED, batch)


def bulk_deleted(actor: Actor, objs: Iterable[models.Model], batch: UUID | None = None) -> UUID:
    """To call *before* many rows of one model go: one entry each, joined by the batch id that is returned."""
    return _bulk(actor, objs, DELETED, batch)


def _bulk(actor: Actor, objs: Iterable[models.Model], verb: str, batch: UUID | None) -> UUID:
    batch, rows = batch or uuid4(), list(objs)
    for start in range(0, len(rows), CHUNK_ROWS):
        part = rows[start : start + CHUNK_ROWS]
        values = [
            {name: value for name, value in snapshot(obj).items() if value not in (None, "", [], {})} for obj in part
        ]
        gone = verb == DELETED
        sides = [difference(own, dict.fromkeys(own)) if gone else difference(dict.fromkeys(own), own) for own in values]
        _write(actor, part, verb, sides, batch=batch)
    return batch


def changed(actor: Actor, obj: models.Model, before: Mapping[str, Any]) -> AuditEntry | None:
    """``obj`` has been saved; ``before`` is its snapshot from earlier. Nothing changed: nothing is written."""
    changes = difference(before, snapshot(obj))
    return _write(actor, [obj], CHANGED, [changes])[0] if changes else None


def deleted(actor: Actor, obj: models.Model) -> AuditEntry:
    """To call *before* the row goes, while its key is still known."""
    values = {name: value for name, value in snapshot(obj).items() if value not in (None, "", [], {})}
    return _write(actor, [obj], DELETED, [difference(values, dict.fromkeys(values))])[0]


def event(actor: Actor, obj: models.Model | None, verb_code: str, **params: Any) -> AuditEntry:
    """Something happened to ``obj`` (or to nothing in particular). Its sentence: ``register_sentence``."""
    return _write(actor, [obj], verb_code, [{}], params=plain(params))[0]


def bulk_changed(
    actor: Actor,
    objs: Iterable[models.Model],
    before: Mapping[Any, Mapping[str, Any]],
    batch: UUID | None = None,
) -> UUID:
    """Many rows of one model were changed at once: one entry each, joined by the batch id that is returned.

    ``before``: pk → snapshot. Rows that did not change leave no entry.
    """
    batch = batch or uuid4()
    pairs = [(obj, difference(before[obj.pk], snapshot(obj))) for obj in objs]
    pairs = [pair for pair in pairs if pair[1]]
    for start in range(0, len(pairs), CHUNK_ROWS):
        part = pairs[start : start + CHUNK_ROWS]
        _write(actor, [obj for obj, _ in part], CHANGED, [changes for _, changes in part], batch=batch)
    return batch


def saved(actor: Actor, obj: models.Model, changes: Mapping[str, Any]) -> bool:
    """Set the attributes, check the whole row, save it and write the difference. True when something changed.

    Raises ValidationError, with nothing saved, when the row would not be right. Many-to-many fields that the
    model audits (``audit_m2m``) may be given too.
    """
    # From the database, not from ``obj``: a form that has been validated has already changed its instance.
    before = snapshot(type(obj)._base_manager.get(pk=obj.pk))
    many = {name: value for name, value in changes.items() if name in getattr(type(obj), "audit_m2m", ())}
    for name, value in changes.items():
        if name not in many:
            setattr(obj, name, value)
    obj.full_clean()
    with transaction.atomic():
        obj.save()
        for name, value in many.items():
            getattr(obj, name).set(value)
        return changed(actor, obj, before) is not None


def history(obj: models.Model) -> QuerySet[AuditEntry]:
    """Everything done to one object, newest first. Who may see the object may read it."""
    entries = AuditEntry.objects.filter(content_type=_content_type(obj), object_pk=str(obj.pk))
    return entries.select_related("content_type").prefetch_related("personal")


def forget(actor: Actor, obj: models.Model) -> int:
    """Erase, from the whole journal, the personal values of one object. Answers how many values went.

    The entries themselves stay: who acted, when, on which field. To call when a person asks to be forgotten,
    after the row itself was deleted or made anonymous.
    """
    entries = AuditEntry.objects.filter(content_type=_content_type(obj), object_pk=str(obj.pk))
    with transaction.atomic():
        count, _ = PersonalValue.objects.filter(entry__in=entries).delete()
        event(actor, obj, "audit.forgotten", values=count)
    PersonalValue.objects.filter(entry__in=entries).delete()  # the label that the last entry carried
    return count


def _content_type(obj: models.Model) -> ContentType:
    return ContentType.objects.get_for_model(type(obj))


def _organisation(obj: models.Model) -> int | None:
    try:
        return owner_of(obj)
    except (ObjectDoesNotExist, AttributeError):
        return None


def _write(
    actor: Actor,
    objs: list[Any],
    verb: str,
    changes: list[Changes],
    *,
    params: Any = None,
    batch: UUID | None = None,
) -> list[AuditEntry]:
    """One entry for each object. Personal values and labels are set apart, so that they can be erased."""
    model = type(objs[0]) if objs and objs[0] is not None else None
    personal = personal_fields(model) if model else set()
    if model:
        with_labels(model, changes)
    entries, apart = [], []
    for obj, diff in zip(objs, changes, strict=True):
        kept = {name: ([None, None] if name in personal else sides) for name, sides in diff.items()}
        entry = _entry(actor, obj, verb=verb, changes=kept, params=params or {}, batch=batch, anonymous=bool(personal))
        entries.append(entry)
        apart += [
            PersonalValue(entry=entry, field=name, before=diff[name][0], after=diff[name][1])
            for name in diff
            if name in personal
        ]
        if personal:
            apart.append(PersonalValue(entry=entry, field="", after=str(obj)[:300]))
    if len(entries) == 1:
        entries[0].save(force_insert=True)
    else:
        AuditEntry.objects.bulk_create(entries)
    for value in apart:
        value.entry_id = value.entry.pk
    PersonalValue.objects.bulk_create(apart)
    return entries


def _entry(
    actor: Actor, obj: Any, *, verb: str, changes: Changes, params: Any, batch: UUID | None, anonymous: bool
) -> AuditEntry:
    return AuditEntry(
        actor=actor.user,
        actor_label=actor.label[:200],
        via=actor.via,
        detail=actor.detail[:300],
        verb=verb,
        content_type=_content_type(obj) if obj is not None else None,
        object_pk=str(obj.pk) if obj is not None else "",
        object_label="" if obj is None or anonymous else str(obj)[:300],
        organisation_id=_organisation(obj) if obj is not None else actor.organisation_id,
        changes=changes,
        params=params,
        batch=batch,
    )
