"""Bank statements and their movements, each with what it is believed to be; what the tables of each bank are made of."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.payments.access import AREA
from chappe.apps.payments.models.words import WithAccount, owner_field
from chappe.core.sepa.table import DATES, Columns
from chappe.kit.access.door import Access

# As a reader spells them: day, month and year have other first letters in other languages.
NOTATIONS = {
    "dd/mm/yyyy": _("dd/mm/yyyy"),
    "dd/mm/yy": _("dd/mm/yy"),
    "dd-mm-yyyy": _("dd-mm-yyyy"),
    "dd.mm.yyyy": _("dd.mm.yyyy"),
    "yyyy-mm-dd": _("yyyy-mm-dd"),
    "yyyymmdd": _("yyyymmdd"),
    "mm/dd/yyyy": _("mm/dd/yyyy"),
}


class BankStatement(WithAccount):
    """One statement of one account, as the bank sent it. ``iban`` is our account."""

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("a bank statement", "To apply")
        APPLIED = "applied", pgettext_lazy("a bank statement", "Applied")
        UNDONE = "undone", pgettext_lazy("a bank statement", "Undone")

    access = Access(area=AREA, owner="owner")

    owner = owner_field()
    stored = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, related_name="+", verbose_name=_("file"), editable=False
    )
    name = models.CharField(_("name"), max_length=120)
    identity = models.CharField(_("number of the bank"), max_length=60, blank=True)
    first_day = models.DateField(_("from"), null=True, blank=True)
    last_day = models.DateField(_("until"), null=True, blank=True)
    opening = models.BigIntegerField(_("opening balance"), null=True, blank=True)
    closing = models.BigIntegerField(_("closing balance"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PLANNED, db_index=True)
    movements_count = models.PositiveIntegerField(_("movements"), default=0)
    issues = models.JSONField(default=list, editable=False)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("applied by")
    )

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class Movement(WithAccount):
    """A line of a statement. ``plan``: [{"invoice": pk, "amount": nano}], proposed, then corrected by the clerk.

    ``confidence`` 0–100; from 80 on it is accepted by itself, below it waits for a person. ``why`` is a frozen code.
    """

    class Means(models.TextChoices):
        IN = "in", _("customer’s payment")
        DEBIT = "debit", _("direct debit paid")
        COLLECTION = "collection", _("collection paid")
        RETURN = "return", _("direct debit returned")
        NONE = "none", _("none of our customers")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("a movement", "To decide")
        ACCEPTED = "accepted", pgettext_lazy("a movement", "Accepted")
        IGNORED = "ignored", pgettext_lazy("a movement", "Left aside")
        APPLIED = "applied", pgettext_lazy("a movement", "Applied")
        UNDONE = "undone", pgettext_lazy("a movement", "Undone")

    access = Access(area=AREA, owner="statement__owner")
    audit_personal = ("name", "text")
    audit_ignore = ("iban_key",)

    statement = models.ForeignKey(BankStatement, models.CASCADE, related_name="movements", verbose_name=_("statement"))
    position = models.PositiveIntegerField(_("No."))
    day = models.DateField(_("day"))
    amount = models.BigIntegerField(_("amount"))
    name = models.CharField(_("payer"), max_length=140, blank=True)
    text = models.CharField(_("text"), max_length=300, blank=True)
    end_to_end = models.CharField(_("reference"), max_length=60, blank=True)
    reason = models.CharField(_("reason of the bank"), max_length=10, blank=True)
    batch = models.CharField(max_length=60, blank=True, editable=False)
    kind = models.CharField(_("what it is"), max_length=10, choices=Means.choices, default=Means.NONE)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("customer")
    )
    collection = models.ForeignKey(
        "payments.Collection", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("collection")
    )
    debit = models.ForeignKey(
        "payments.Debit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("debit")
    )
    plan = models.JSONField(default=list, editable=False)
    confidence = models.PositiveSmallIntegerField(_("confidence"), default=0)
    why = models.CharField(_("because"), max_length=30, blank=True)
    #: Of another statement of the account: probably the same money, until a person has said so or not.
    twin = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="twins", verbose_name=_("probably the same as")
    )

    class Meta:
        verbose_name = _("movement")
        verbose_name_plural = _("movements")
        ordering = ["statement", "position"]
        constraints = [models.UniqueConstraint(fields=["statement", "position"], name="payments_position_once")]

    def __str__(self) -> str:
        return f"{self.position} · {self.name or self.text[:40]}"

    def because(self) -> Any:
        """Why it was believed to be that, in the reader's language."""
        from chappe.apps.payments.matching import WHYS

        return WHYS.get(self.why, "")


class BankLayout(WithAccount):
    """What is where in the statements that a bank gives as a table (CSV): names of its columns. ``iban``: our account there."""

    class Decimal(models.TextChoices):
        COMMA = ",", _("comma: 1 234,56")
        POINT = ".", _("point: 1,234.56")

    access = Access(area=AREA, owner="owner")
    audit_ignore = ("iban_key",)
    #: the fields that name a column of the file
    NAMES = ("day", "amount", "debit", "credit", "text", "more", "payer", "reference", "account")

    owner = owner_field()
    name = models.CharField(_("name"), max_length=80, help_text=_("Such as the bank and the account."))
    day = models.CharField(_("day"), max_length=80)
    amount = models.CharField(_("signed amount"), max_length=80, blank=True)
    debit = models.CharField(pgettext_lazy("column of a bank", "debit"), max_length=80, blank=True)
    credit = models.CharField(pgettext_lazy("column of a bank", "credit"), max_length=80, blank=True)
    text = models.CharField(_("text"), max_length=80, blank=True)
    more = models.CharField(_("more text"), max_length=80, blank=True)
    payer = models.CharField(_("payer"), max_length=80, blank=True)
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    account = models.CharField(_("payer’s IBAN"), max_length=80, blank=True)
    dates = models.CharField(
        _("dates"), max_length=10, choices=[(name, NOTATIONS[name]) for name in DATES], default=next(iter(DATES))
    )
    decimal = models.CharField(_("decimals"), max_length=1, choices=Decimal.choices, default=Decimal.COMMA)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("columns of a bank")
        verbose_name_plural = _("columns of banks")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """One signed amount, or a debit and a credit; no column twice."""
        if bool(self.amount) == bool(self.debit or self.credit):
            raise ValidationError({"amount": _("Name one column of signed amounts, or those of debit and credit.")})
        named = [value for name in self.NAMES if (value := getattr(self, name))]
        if len(named) != len(set(named)):
            raise ValidationError(_("A column says one thing only: one is named twice."))

    def columns(self) -> Columns:
        """For the reader of tables."""
        return Columns(
            day=self.day, amount=self.amount, debit=self.debit, credit=self.credit, text=self.text, more=self.more,
            name=self.payer, reference=self.reference, iban=self.account, date=self.dates, decimal=self.decimal,
        )  # fmt: skip
