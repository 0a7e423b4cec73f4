"""Mandates, their versions, collections and their debits."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.payments.access import AREA
from chappe.apps.payments.models.words import WithAccount, owner_field
from chappe.kit.access.door import Access, ScopedModel
from chappe.kit.access.secrets import EncryptedTextField
from chappe.kit.ui import formats


class Scheme(models.TextChoices):
    CORE = "CORE", _("CORE (everybody)")
    B2B = "B2B", _("B2B (companies)")


class Mandate(WithAccount):
    """The right to debit an account. ``first_used`` empty: the next collection is its first (FRST).

    ``sent_*`` are the values that the last collection carried: what differs travels as an amendment with the next one.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("a mandate", "To be signed")
        ACTIVE = "active", pgettext_lazy("a mandate", "Active")
        SUSPENDED = "suspended", pgettext_lazy("a mandate", "Suspended")
        REVOKED = "revoked", pgettext_lazy("a mandate", "Revoked")
        LAPSED = "lapsed", pgettext_lazy("a mandate", "Lapsed")

    access = Access(area=AREA, owner="owner")
    audit_personal = ("holder",)
    audit_ignore = ("iban_key", "sent_iban", "sent_rum", "sent_ics", "sent_creditor")

    owner = owner_field()
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="mandates", verbose_name=_("customer")
    )
    rum = models.CharField(
        _("mandate reference (RUM)"), max_length=35, blank=True, help_text=_("Given by itself when left empty.")
    )
    scheme = models.CharField(_("scheme"), max_length=4, choices=Scheme.choices, default=Scheme.CORE)
    holder = models.CharField(
        _("holder of the account"), max_length=70, blank=True, help_text=_("Empty: the customer.")
    )
    bic = models.CharField(_("BIC"), max_length=11, blank=True, help_text=_("Empty: found from the IBAN."))
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    signed_at_place = models.CharField(_("signed at"), max_length=60, blank=True)
    proof = models.ForeignKey(
        "documents.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("signed mandate"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, db_index=True)
    notice_days = models.PositiveSmallIntegerField(
        _("days of notice"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text=_("Between the invoice and its debit: 14, unless the customer agreed on fewer."),
    )
    is_one_off = models.BooleanField(_("for one debit only"), default=False)
    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    first_used = models.DateField(_("first debit"), null=True, blank=True, editable=False)
    last_used = models.DateField(_("last debit"), null=True, blank=True, editable=False)
    ended_on = models.DateField(_("ended on"), null=True, blank=True, editable=False)
    end_reason = models.CharField(_("why it ended"), max_length=200, blank=True, editable=False)
    sent_rum = models.CharField(max_length=35, blank=True, editable=False)
    sent_iban = EncryptedTextField(blank=True, default="", editable=False)
    sent_ics = models.CharField(max_length=35, blank=True, editable=False)
    sent_creditor = models.CharField(max_length=70, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rum"],
                condition=~Q(rum=""),
                name="payments_rum_once",
                violation_error_message=_("Another mandate has this reference."),
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(state="active"),
                name="payments_one_active_mandate",
                violation_error_message=_("This customer already has an active mandate: revoke it first."),
            ),
        ]

    def __str__(self) -> str:
        return self.rum or str(_("Mandate"))

    @property
    def name(self) -> str:
        """Who holds the account."""
        return self.holder or self.customer.name


class MandateVersion(WithAccount):
    """A mandate as it was before a change that the bank must be told: reference or account."""

    access = Access(area=AREA, owner="mandate__owner")

    mandate = models.ForeignKey(Mandate, models.CASCADE, related_name="versions", verbose_name=_("mandate"))
    version = models.PositiveSmallIntegerField(_("version"))
    rum = models.CharField(_("mandate reference (RUM)"), max_length=35)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    proof = models.ForeignKey(
        "documents.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("signed mandate"),
    )
    until = models.DateTimeField(_("until"), default=timezone.now)
    why = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("version of a mandate")
        verbose_name_plural = _("versions of mandates")
        ordering = ["mandate", "-version"]
        constraints = [models.UniqueConstraint(fields=["mandate", "version"], name="payments_version_once")]

    def __str__(self) -> str:
        return f"{self.rum} · {self.version}"


class Collection(ScopedModel):
    """Debits sent to the bank together: one creditor account, one scheme, one day."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("a collection", "Draft")
        FILE = "file", pgettext_lazy("a collection", "File made")
        SENT = "sent", pgettext_lazy("a collection", "Sent to the bank")
        SETTLED = "settled", pgettext_lazy("a collection", "Settled")
        REFUSED = "refused", pgettext_lazy("a collection", "Refused by the bank")
        CANCELLED = "cancelled", pgettext_lazy("a collection", "Undone")

    access = Access(area=AREA, owner="owner")

    owner = owner_field()
    brand = models.ForeignKey("customers.Brand", models.PROTECT, related_name="+", verbose_name=_("creditor"))
    scheme = models.CharField(_("scheme"), max_length=4, choices=Scheme.choices, default=Scheme.CORE)
    collect_on = models.DateField(_("day of the debit"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, db_index=True)
    message_id = models.CharField(_("message"), max_length=35, blank=True, editable=False, db_index=True)
    stored = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )
    number = models.PositiveIntegerField(_("debits"), default=0, editable=False)
    total = models.BigIntegerField(_("total"), default=0, editable=False)
    left_out = models.JSONField(default=list, editable=False)  # [{"customer": pk, "name": …, "why": sentence}]
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    made_at = models.DateTimeField(_("file made"), null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.message_id or f"{self.scheme} {formats.day(self.collect_on)}"


class Debit(ScopedModel):
    """One debit of one invoice. ``end_to_end`` comes back in the statements and rejections of the bank."""

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("a debit", "Planned")
        SENT = "sent", pgettext_lazy("a debit", "Sent")
        PAID = "paid", pgettext_lazy("a debit", "Paid")
        REJECTED = "rejected", pgettext_lazy("a debit", "Rejected")
        RETURNED = "returned", pgettext_lazy("a debit", "Returned")
        REMOVED = "removed", pgettext_lazy("a debit", "Taken out")

    access = Access(area=AREA, owner="collection__owner")

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="debits", verbose_name=_("collection"))
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="debits", verbose_name=_("mandate"))
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+", verbose_name=_("customer"))
    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="debits", verbose_name=_("invoice"))
    amount = models.BigIntegerField(_("amount"))
    end_to_end = models.CharField(_("reference"), max_length=35, db_index=True)
    sequence = models.CharField(_("sequence"), max_length=4, default="RCUR")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PLANNED, db_index=True)
    reason = models.CharField(_("reason of the bank"), max_length=10, blank=True)
    payment = models.ForeignKey(
        "payments.Payment", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("payment")
    )

    class Meta:
        verbose_name = _("debit")
        verbose_name_plural = _("debits")
        ordering = ["collection", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["end_to_end"], name="payments_end_to_end_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payments_debit_above_zero"),
        ]

    def __str__(self) -> str:
        return self.end_to_end

    def reason_words(self) -> str:
        """Why the bank did not pay, in the reader's language."""
        from django.utils.translation import get_language

        from chappe.core.sepa.returns import words

        return words(self.reason, (get_language() or "fr")[:2]) if self.reason else ""
