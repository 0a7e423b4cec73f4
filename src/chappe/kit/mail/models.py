"""The outbox: every mail that must leave, how far it has come, and what came back.

Data only. ``services.py`` (what people and apps ask), ``posting.py`` (what the job does) and ``bounces.py`` are the
writers; each change of state is a conditional UPDATE, so that two writers cannot both win. A mail is handed over at
least once, always under the same Message-ID: whoever receives it twice can tell.
"""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.kit.access.door import Access, ScopedModel
from chappe.kit.access.secrets import EncryptedTextField
from chappe.kit.documents.models import StoredFile
from chappe.kit.mail.access import AREA


class State(models.TextChoices):
    """How far a mail has come. A retry goes back to QUEUED."""

    HELD = "held", pgettext_lazy("mail", "kept")  # no mail server is set, or somebody must let it go
    QUEUED = "queued", pgettext_lazy("mail", "to send")
    SENDING = "sending", pgettext_lazy("mail", "being sent")
    SENT = "sent", pgettext_lazy("mail", "sent")
    FAILED = "failed", pgettext_lazy("mail", "refused")
    BOUNCED = "bounced", pgettext_lazy("mail", "came back")
    CANCELLED = "cancelled", pgettext_lazy("mail", "cancelled")


#: Still to leave.
WAITING = (State.HELD, State.QUEUED, State.SENDING)
#: Somebody should look.
TROUBLED = (State.FAILED, State.BOUNCED)


def new_uid() -> str:
    return uuid4().hex


class Message(ScopedModel):
    """One mail. Addresses are stored as a list; ``pending`` are those that the server has not taken yet.

    ``key`` not empty: at most one mail of that key, ever; sending it again answers the first. ``uid`` names the mail
    in its Message-ID and in its return address, so that what comes back finds it. ``wait_until`` is the next try.
    ``confidential``: the text is encrypted, never shown, and forgotten once the mail has left.
    """

    access = Access(area=AREA, owner="owner")

    uid = models.CharField(max_length=32, unique=True, default=new_uid, editable=False)
    message_id = models.CharField(_("Message-ID"), max_length=255, editable=False, db_index=True)
    key = models.CharField(_("unique key"), max_length=200, blank=True)
    to = models.JSONField(pgettext_lazy("mail", "to"), default=list)
    cc = models.JSONField(pgettext_lazy("mail", "copy to"), default=list, blank=True)
    to_text = models.CharField(_("recipients"), max_length=500, blank=True)
    sender = models.CharField(pgettext_lazy("mail", "from"), max_length=320, blank=True)
    reply_to = models.CharField(_("reply to"), max_length=320, blank=True)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("text with layout"), blank=True)
    confidential = models.BooleanField(_("confidential"), default=False)
    sealed = EncryptedTextField(blank=True, default="", editable=False)

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    pending = models.JSONField(default=list, blank=True, editable=False)
    refused = models.JSONField(_("refused addresses"), default=dict, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    wait_until = models.DateTimeField(_("next attempt"), null=True, blank=True)
    answer = models.TextField(_("answer of the server"), blank=True)
    claim = models.CharField(max_length=32, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)

    created = models.DateTimeField(pgettext_lazy("mail", "written"), default=timezone.now)
    sent = models.DateTimeField(pgettext_lazy("mail", "sent"), null=True, blank=True)
    ended = models.DateTimeField(pgettext_lazy("mail", "ended"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    owner = models.ForeignKey(
        settings.CHAPPE_ORGANISATION_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("operator"),
    )
    about_type = models.ForeignKey(
        ContentType, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    about_pk = models.CharField(max_length=40, blank=True, editable=False)
    about_label = models.CharField(pgettext_lazy("mail", "about"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~models.Q(key=""), name="mail_one_per_key"),
        ]
        indexes = [
            models.Index(
                fields=["wait_until"], condition=models.Q(state__in=["queued", "sending"]), name="mail_to_leave"
            ),
            models.Index(fields=["state", "-id"], name="mail_state"),
            models.Index(fields=["about_type", "about_pk"], name="mail_about"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def recipients(self) -> list[str]:
        """Every address, visible copies last."""
        return [*self.to, *self.cc]

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    def about(self) -> Any:
        """The object it speaks of; None when there is none or it is gone. Ask the door before showing it."""
        model = self.about_type.model_class() if self.about_type_id else None
        return model._base_manager.filter(pk=self.about_pk).first() if model else None


class MessageFile(ScopedModel):
    """One attachment, under the name that the reader sees."""

    access = Access(area=AREA, owner="message__owner")

    message = models.ForeignKey(Message, models.CASCADE, related_name="files", verbose_name=_("mail"))
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name=_("stored file"))
    name = models.CharField(_("name"), max_length=255)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name


class Report(ScopedModel):
    """What a mail server told afterwards about one recipient (RFC 3464). ``uid`` makes a second reading a no-op.

    ``message`` None: no mail of ours was recognised; such a report is the house's alone.
    """

    access = Access(area=AREA, owner="message__owner")

    class Action(models.TextChoices):
        FAILED = "failed", pgettext_lazy("mail", "not delivered")
        DELAYED = "delayed", pgettext_lazy("mail", "late")
        DELIVERED = "delivered", pgettext_lazy("mail", "delivered")
        RELAYED = "relayed", pgettext_lazy("mail", "passed on")
        OTHER = "other", pgettext_lazy("mail", "unknown")

    uid = models.CharField(max_length=64, unique=True, editable=False)
    message = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="reports", verbose_name=_("mail")
    )
    at = models.DateTimeField(pgettext_lazy("mail", "read"), default=timezone.now)
    recipient = models.CharField(_("recipient"), max_length=320, blank=True)
    action = models.CharField(_("outcome"), max_length=10, choices=Action.choices, default=Action.OTHER)
    status = models.CharField(_("code"), max_length=20, blank=True)
    told = models.TextField(_("answer of the server"), blank=True)
    raw = models.ForeignKey(
        StoredFile, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("report as it came")
    )

    class Meta:
        verbose_name = _("delivery report")
        verbose_name_plural = _("delivery reports")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.recipient} {self.status}".strip()
