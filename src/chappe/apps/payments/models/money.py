"""Payments and what they pay: append-only, sealed by the database. A mistake is undone by a second row, never by a change."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.payments.access import AREA
from chappe.apps.payments.models.words import owner_field
from chappe.kit.access.door import Access, ScopedModel
from chappe.kit.ui import formats


class Payment(ScopedModel):
    """Money of a customer. ``amount``: nano, whole cents; positive came in, negative went back.

    ``key`` not empty: the same fact once (a movement of a statement, a reversal). ``entry`` is its line in the journal.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("payment")
        TOP_UP = "top_up", _("top-up")
        REFUND = "refund", _("refund")
        REJECTION = "rejection", _("rejected payment")
        REVERSAL = "reversal", pgettext_lazy("a payment", "cancellation")

    class Means(models.TextChoices):
        TRANSFER = "transfer", _("transfer")
        DEBIT = "debit", _("direct debit")
        CHEQUE = "cheque", _("cheque")
        CARD = "card", _("card")
        CASH = "cash", _("cash")
        OTHER = "other", pgettext_lazy("means of payment", "other")

    access = Access(area=AREA, owner="owner")

    owner = owner_field()
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="payments", verbose_name=_("customer")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.PAYMENT)
    means = models.CharField(_("means"), max_length=10, choices=Means.choices, default=Means.TRANSFER)
    day = models.DateField(_("day"), db_index=True)
    amount = models.BigIntegerField(_("amount"))
    reference = models.CharField(_("reference"), max_length=60, blank=True)
    label = models.CharField(_("label"), max_length=200, blank=True)
    key = models.CharField(max_length=80, blank=True, editable=False)
    cancels = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="cancelled_by", verbose_name=_("cancels")
    )
    entry = models.ForeignKey(
        "billing.JournalEntry", models.PROTECT, null=True, related_name="+", verbose_name=_("entry of the journal")
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-day", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="payments_key_once"),
            models.UniqueConstraint(fields=["cancels"], name="payments_cancelled_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="payments_amount_not_zero"),
        ]
        indexes = [models.Index(fields=["customer", "-day"], name="payments_of")]

    def __str__(self) -> str:
        return self.reference or f"{self.get_means_display()} {formats.day(self.day)}"


class Allocation(ScopedModel):
    """A part of a payment that pays an invoice. Negative rows take earlier ones back."""

    access = Access(area=AREA, owner="payment__owner")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations", verbose_name=_("payment"))
    invoice = models.ForeignKey(
        "billing.Invoice", models.PROTECT, related_name="allocations", verbose_name=_("invoice")
    )
    amount = models.BigIntegerField(_("amount"))
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="payments_allocation_not_zero")]
        indexes = [models.Index(fields=["invoice"], name="payments_allocation_of")]

    def __str__(self) -> str:
        return f"{self.payment} → {self.invoice}"
