"""The journal: one row for each thing done to each object. Rows are only ever added.

The database itself refuses UPDATE and DELETE (seal.py). Personal values stand beside, in PersonalValue, so that
they can be erased on request without touching the journal.
"""

from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import Access, ScopedManager, ScopedModel, ScopedQuerySet


class AppendOnly(Exception):  # noqa: N818 - a refusal, said as what it is
    """Someone tried to rewrite the journal."""


class EntryQuerySet(ScopedQuerySet):
    def update(self, **values: Any) -> int:
        raise AppendOnly("The audit trail cannot be changed.")

    def delete(self) -> Any:
        raise AppendOnly("The audit trail cannot be deleted.")


class AuditEntry(ScopedModel):
    """Who did what to which object, by which way, and what it changed.

    ``changes``: field → [before, after], as JSON values; a related object is {"id", "label"}. Labels are frozen:
    they say what the reader of that day saw. ``batch`` is shared by the rows of one bulk act.
    """

    access = Access(area="journal", owner="organisation")

    class Via(models.TextChoices):
        PAGE = "page", _("page")
        API = "api", _("API")
        JOB = "job", _("job")
        CLI = "cli", _("command line")
        FILE = "file", _("file")

    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("account")
    )
    actor_label = models.CharField(_("who"), max_length=200, blank=True)
    via = models.CharField(_("via"), max_length=8, choices=Via.choices)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    verb = models.CharField(_("verb"), max_length=80)
    content_type = models.ForeignKey(ContentType, models.PROTECT, null=True, related_name="+", verbose_name=_("entity"))
    object_pk = models.CharField(max_length=64, blank=True)
    object_label = models.CharField(_("object"), max_length=300, blank=True)
    organisation = models.ForeignKey(
        settings.CHAPPE_ORGANISATION_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("organisation"),
    )
    changes = models.JSONField(_("changes"), default=dict)
    params = models.JSONField(default=dict)
    batch = models.UUIDField(_("batch"), null=True, db_index=True)

    objects = ScopedManager.from_queryset(EntryQuerySet)()

    class Meta:
        verbose_name = _("entry of the audit trail")
        verbose_name_plural = _("audit trail")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["content_type", "object_pk", "-at"], name="audit_of_object")]

    def __str__(self) -> str:
        return self.sentence()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("The audit trail cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise AppendOnly("The audit trail cannot be deleted.")

    def by(self) -> str:
        """By which way it was done and what is known of that, in the reader's language: “page”, “job no. 70”."""
        number = self.detail.removeprefix("job ")
        if self.via == self.Via.JOB and number != self.detail and number.isdigit():
            return str(_("job no. %(number)s")) % {"number": number}
        # The house itself: its name says already what it was doing.
        named = self.actor_id is None and bool(self.actor_label)
        return " · ".join(part for part in (str(self.get_via_display()), "" if named else self.detail) if part)

    def sentence(self, language: str | None = None) -> str:
        """What a person would say of this row, in ``language`` (the reader's by default)."""
        from chappe.kit.audit.sentences import say

        return say(self, language)


class PersonalValue(ScopedModel):
    """The values, in one entry, of a field that the law lets a person have erased (``field`` "": the object's label)."""

    access = Access(area="journal", owner="entry__organisation")

    entry = models.ForeignKey(AuditEntry, models.CASCADE, related_name="personal", verbose_name=_("entry"))
    field = models.CharField(_("field"), max_length=80, blank=True)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)

    class Meta:
        verbose_name = _("personal value")
        verbose_name_plural = _("personal values")
        constraints = [models.UniqueConstraint(fields=["entry", "field"], name="audit_personal_once")]
