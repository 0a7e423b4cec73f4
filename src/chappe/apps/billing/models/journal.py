"""The append-only journal, the archives of its periods, and what people ticked on the checklist."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models.words import AREA, once
from chappe.kit.access.door import Access, ScopedModel
from chappe.kit.ui import formats


class JournalHead(ScopedModel):
    """The end of a chain: its row is locked while an entry is appended. One chain a seller ("0" is the house)."""

    no_access = "the lock of a chain; the entries are what people read"

    chain = models.CharField(max_length=20, unique=True)
    position = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        verbose_name = _("head of the journal")
        verbose_name_plural = _("heads of the journal")

    def __str__(self) -> str:
        return self.chain


class JournalEntry(ScopedModel):
    """One fact that can never change: an invoice, a credit note, a payment. Chained by hash, sealed by the database.

    ``sha256`` = SHA-256 of the canonical JSON of all other fields, ``previous`` included. Written by journal.append only.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("invoice")
        CREDIT_NOTE = "credit_note", _("credit note")
        PAYMENT = "payment", _("payment")
        REFUND = "refund", _("refund")
        REJECTION = "rejection", _("rejected payment")
        ALLOCATION = "allocation", _("allocation of a payment")
        TOP_UP = "top_up", _("top-up")
        CORRECTION = "correction", _("correction")
        WRITE_OFF = "write_off", _("write-off")
        ARCHIVE = "archive", _("archive of a period")
        EVENT = "event", _("event")

    access = Access(area=AREA, owner="owner")

    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("operator"),
    )
    chain = models.CharField(max_length=20)
    position = models.PositiveBigIntegerField(_("position"))
    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    reference = models.CharField(_("reference"), max_length=60, blank=True, db_index=True)
    customer_number = models.CharField(_("customer"), max_length=40, blank=True, db_index=True)
    amount = models.BigIntegerField(_("amount"), default=0)  # nano, incl. VAT, signed
    currency = models.CharField(max_length=3, default="EUR")
    actor = models.ForeignKey(
        "access.User", null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("account")
    )
    actor_label = models.CharField(_("who"), max_length=200, blank=True)
    data = models.JSONField(_("content"), default=dict)
    previous = models.CharField(_("fingerprint before"), max_length=64)
    sha256 = models.CharField(_("fingerprint"), max_length=64)

    class Meta:
        verbose_name = _("entry of the journal")
        verbose_name_plural = _("journal of billing")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["chain", "position"], name="billing_journal_position")]

    def __str__(self) -> str:
        return f"{self.position} · {self.reference}"


class Archive(ScopedModel):
    """A period of the journal put in a file that an inspector can read: JSON lines, hashes, a page of explanations."""

    access = Access(area=AREA, owner="owner")

    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("operator"),
    )
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"))
    first_position = models.PositiveBigIntegerField(_("first entry"), default=0)
    last_position = models.PositiveBigIntegerField(_("last entry"), default=0)
    entries = models.PositiveBigIntegerField(_("entries"), default=0)
    last_sha256 = models.CharField(_("fingerprint of the last entry"), max_length=64, blank=True)
    stored = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    job = models.ForeignKey(
        "jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("job")
    )

    class Meta:
        verbose_name = _("archive of the journal")
        verbose_name_plural = _("archives of the journal")
        ordering = ["-last_day", "-pk"]

    def __str__(self) -> str:
        return f"{formats.day(self.first_day)} – {formats.day(self.last_day)}"


class CheckTick(ScopedModel):
    """A step of the control procedure that a person has looked at, for a month."""

    access = Access(area=AREA, owner="owner")

    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("operator"),
    )
    month = models.DateField(_("month"))
    step = models.CharField(_("step"), max_length=20)
    done_by = models.ForeignKey(
        "access.User", null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("who")
    )
    done_at = models.DateTimeField(_("at"), auto_now=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("step checked")
        verbose_name_plural = _("steps checked")
        ordering = ["-month", "step"]
        constraints = [*once("billing_tick_once", "month", "step")]

    def __str__(self) -> str:
        return self.step
