"""Levels of reminder as data, and the reminders themselves."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.payments.access import AREA
from chappe.apps.payments.models.words import owner_field
from chappe.core.billing.document import CENT
from chappe.kit.access.door import Access, ScopedModel

#: Fixed recovery fee between companies (code de commerce, D441-5).
FEE = 4000 * CENT
HOLES = ("customer", "number", "invoices", "total", "fee", "days", "seller", "iban", "phone")


class ReminderLevel(ScopedModel):
    """A step of recovery. Texts have holes: {customer}, {number}, {invoices}, {total}, {fee}, {days}, {seller}, {iban}, {phone}."""

    access = Access(area=AREA, owner="owner")

    owner = owner_field()
    rank = models.PositiveSmallIntegerField(_("rank"), validators=[MinValueValidator(1)])
    name = models.CharField(_("name"), max_length=80)
    days = models.PositiveSmallIntegerField(_("days after the due date"))
    subject_fr = models.CharField(_("subject in French"), max_length=150)
    text_fr = models.TextField(_("text in French"))
    subject_en = models.CharField(_("subject in English"), max_length=150, blank=True)
    text_en = models.TextField(_("text in English"), blank=True)
    fee = models.BigIntegerField(
        _("fee"), default=0, help_text=_("Claimed from companies and public bodies only: 40 € by law.")
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("level of reminder")
        verbose_name_plural = _("levels of reminder")
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "rank"], name="payments_rank_owner", violation_error_message=_("This rank is taken.")
            ),
            models.UniqueConstraint(
                fields=["rank"], condition=Q(owner=None), name="payments_rank_house",
                violation_error_message=_("This rank is taken."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a hole that nothing fills: the customer would read it as it stands."""
        for name in ("subject_fr", "text_fr", "subject_en", "text_en"):
            try:
                getattr(self, name).format(**dict.fromkeys(HOLES, ""))
            except (KeyError, IndexError, ValueError, AttributeError) as error:
                raise ValidationError(
                    {name: _("The holes are: %(holes)s.") % {"holes": ", ".join(f"{{{hole}}}" for hole in HOLES)}}
                ) from error


class Reminder(ScopedModel):
    """A letter to a customer about its overdue invoices: proposed, then sent or dropped by a person.

    ``invoices``: [{"invoice": pk, "number", "due", "open": nano, "days"}] as they were when it was proposed.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", pgettext_lazy("a reminder", "Proposed")
        SENT = "sent", pgettext_lazy("a reminder", "Sent")
        DROPPED = "dropped", pgettext_lazy("a reminder", "Dropped")

    access = Access(area=AREA, owner="owner")

    owner = owner_field()
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="reminders", verbose_name=_("customer")
    )
    level = models.ForeignKey(ReminderLevel, models.PROTECT, related_name="+", verbose_name=_("level"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROPOSED, db_index=True)
    proposed_on = models.DateField(_("proposed on"))
    invoices = models.JSONField(default=list, editable=False)
    total = models.BigIntegerField(_("overdue"), default=0)
    fee = models.BigIntegerField(_("fee"), default=0)
    problem = models.CharField(_("what prevents it"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    mail = models.ForeignKey(
        "mail.Message", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("mail")
    )

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state="proposed"), name="payments_one_proposal_a_customer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.level} · {self.customer.name}"
