"""The screen of the journal: read-only, with what changed before and after."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from chappe.kit.audit.models import AuditEntry
from chappe.kit.audit.sentences import lines
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Chip, Column, FilterKind, Kind, Menu, Panel, Screen, Tone

SECTION = "administration"
registry.menu_section(SECTION, _("Administration"), 900)
TOLD = ("at", "actor_label", "via", "detail", "verb", "entity", "object_label", "organisation", "batch")


def _prepare(rows: QuerySet, user: Any) -> QuerySet:
    return rows.select_related("content_type").prefetch_related("personal")


def _object_url(entry: AuditEntry) -> str:
    """Address of the object, while it exists and has a screen."""
    model = entry.content_type.model_class() if entry.content_type_id else None
    obj = model._base_manager.filter(pk=entry.object_pk).first() if model else None
    return registry.object_url(obj) if obj is not None else ""


def _changes(entry: AuditEntry, user: Any) -> dict[str, Any]:
    batch = AuditEntry.objects.visible_to(user).filter(batch=entry.batch).count() if entry.batch else 0
    return {"lines": lines(entry), "others": max(batch - 1, 0), "object_url": _object_url(entry), "entry": entry}


registry.register(
    Screen(
        slug="audit.entry",
        model=AuditEntry,
        label=_("Audit trail"),
        label_one=_("Entry of the audit trail"),
        area="journal",
        menu=Menu(section=SECTION, icon="history", order=90),
        columns=[
            Column(name="at", label=_("When"), kind=Kind.DATETIME),
            Column(name="actor_label", label=_("Who")),
            Column(name="sentence", label=_("What"), source="sentence"),
            Column(name="via", label=_("By"), kind=Kind.STATE, tones=dict.fromkeys(AuditEntry.Via, Tone.NEW)),
            Column(name="detail", label=_("Detail"), shown=False),
            Column(name="verb", label=_("Verb"), shown=False),
            Column(name="entity", label=_("Entity"), source="content_type__model", shown=False),
            Column(name="object_label", label=_("Object"), shown=False),
            Column(name="organisation", label=_("Organisation"), kind=Kind.LINK, shown=False),
            Column(name="batch", label=_("Batch"), shown=False, filter=FilterKind.EXACT),
        ],
        chips=[
            Chip(name="mine", label=_("Mine"), where=lambda user: Q(actor=user.pk)),
            Chip(name="deleted", label=_("Deletions"), where=lambda user: Q(verb="deleted")),
            Chip(name="machine", label=_("By the machine"), where=lambda user: Q(actor=None)),
        ],
        search=["actor_label", "object_label", "detail"],
        ordering=["-at", "-pk"],
        rows=_prepare,
        panels=[
            Panel(title=_("What changed"), icon="arrows-diff", template="audit/changes.html", context=_changes),
            Panel(title=_("Entry"), icon="history", columns=TOLD, aside=True),
        ],
        head="sentence",
        history=False,
        empty=_("Nothing has been changed yet. Every change will be told here, with who made it."),
        intro=_("Who did what, when and by which way. Nothing here can be changed or deleted."),
    )
)
