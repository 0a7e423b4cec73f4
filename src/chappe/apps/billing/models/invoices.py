"""Runs, invoices and their lines, the series of numbers.

An issued invoice never changes: triggers of the database refuse it (see the migration), and its document is
hashed into the journal.
"""

import uuid
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.billing.models.words import AREA, Nature, RateClass, Section, once
from chappe.core.billing.document import CORRECTED, CREDIT_NOTE, INVOICE, Document, from_data
from chappe.kit.access.door import Access, ScopedModel

_prefix = RegexValidator(r"^[A-Za-z0-9+_/-]{0,16}\Z", _("Letters, digits and + - _ / only, 16 characters at most."))


class Series(ScopedModel):
    """A continuous sequence of numbers a year. ``pattern`` has {prefix}, {year} and {number:06d}."""

    access = Access(area=AREA, owner="owner")

    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("operator"),
    )
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("prefix"), max_length=16, blank=True, default="F", validators=[_prefix])
    pattern = models.CharField(_("pattern"), max_length=60, default="{prefix}{year}-{number:06d}")
    is_default = models.BooleanField(_("used by default"), default=False)
    for_credit_notes = models.BooleanField(_("used for credit notes"), default=False)

    class Meta:
        verbose_name = _("series of numbers")
        verbose_name_plural = _("series of numbers")
        ordering = ["code"]
        constraints = [
            *once("billing_series_code", "code", message=_("Another series has this code.")),
            *once(
                "billing_series_prefix",
                "prefix",
                "pattern",
                message=_("Another series gives the same numbers: choose another prefix."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SeriesYear(ScopedModel):
    """The last number given in a series and year. Its row is locked while a number is taken."""

    access = Access(area=AREA, owner="series__owner")

    series = models.ForeignKey(Series, models.PROTECT, related_name="years", verbose_name=_("series"))
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveBigIntegerField(_("last number"), default=0)
    #: Numbers follow the dates: an invoice dated before the last one of its series is refused.
    last_date = models.DateField(_("date of the last"), null=True, blank=True)

    class Meta:
        verbose_name = _("year of a series")
        verbose_name_plural = _("years of the series")
        ordering = ["series", "-year"]
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="billing_series_year")]

    def __str__(self) -> str:
        return f"{self.series} {self.year}"


class Run(ScopedModel):
    """The invoices of a month, prepared together: computed, looked at, corrected, then frozen.

    ``uid`` names the folder of the calls it bills. ``attempt`` counts computations: the folder of an older one is void.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("a run", "To be computed")
        COMPUTING = "computing", pgettext_lazy("a run", "Being computed")
        READY = "ready", pgettext_lazy("a run", "Draft to check")
        CHECKED = "checked", pgettext_lazy("a run", "Checked")
        FREEZING = "freezing", pgettext_lazy("a run", "Being issued")
        FROZEN = "frozen", pgettext_lazy("a run", "Issued")
        SENT = "sent", pgettext_lazy("a run", "Sent")
        CANCELLED = "cancelled", pgettext_lazy("a run", "Undone")
        FAILED = "failed", pgettext_lazy("a run", "Failed")

    access = Access(area=AREA, owner="owner")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("operator"),
    )
    name = models.CharField(_("name"), max_length=120)
    month = models.DateField(_("month"), help_text=_("First day of the month whose communications are billed."))
    issue_date = models.DateField(_("date of the invoices"))
    series = models.ForeignKey(Series, models.PROTECT, related_name="+", verbose_name=_("series"))
    only = models.ManyToManyField(
        "customers.Customer", blank=True, related_name="+", verbose_name=_("only these customers")
    )
    lookback = models.PositiveSmallIntegerField(
        _("months looked back"), default=3, help_text=_("How far late calls and corrections are searched, 0 to 12.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, db_index=True)
    attempt = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    computed_at = models.DateTimeField(_("computed"), null=True, blank=True)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    checked_by = models.ForeignKey(
        "access.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("checked by")
    )
    frozen_at = models.DateTimeField(_("issued at"), null=True, blank=True)
    invoices_count = models.PositiveIntegerField(_("invoices"), default=0)
    parked_count = models.PositiveIntegerField(_("parked"), default=0)
    net = models.BigIntegerField(_("excl. VAT"), default=0)
    gross = models.BigIntegerField(_("incl. VAT"), default=0)
    findings = models.JSONField(default=list, editable=False)  # ranked anomalies: see anomalies.py
    problem = models.TextField(_("problem"), blank=True)
    job = models.ForeignKey(
        "jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("job")
    )

    class Meta:
        verbose_name = _("billing run")
        verbose_name_plural = _("billing runs")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class Invoice(ScopedModel):
    """An invoice or a credit note. A draft has no number; an issued one has ``number`` and its frozen ``document``.

    ``net``, ``tax`` and ``gross`` are nano, whole cents, positive also for a credit note (``kind`` 381 says the sign).
    ``document`` is Document.as_data(); ``sha256`` is that of its canonical JSON and stands in the journal.
    """

    class Kind(models.TextChoices):
        INVOICE = INVOICE, _("invoice")
        CREDIT_NOTE = CREDIT_NOTE, _("credit note")
        CORRECTED = CORRECTED, _("corrected invoice")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("an invoice", "Draft")
        EXCLUDED = "excluded", pgettext_lazy("an invoice", "Left out")
        ISSUED = "issued", pgettext_lazy("an invoice", "Issued")

    access = Access(area=AREA, owner="owner")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("operator"),
    )
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="invoices", verbose_name=_("customer")
    )
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="invoices", verbose_name=_("run"))
    series = models.ForeignKey(Series, models.PROTECT, related_name="invoices", verbose_name=_("series"))
    number = models.CharField(_("number"), max_length=35, null=True, blank=True, editable=False)
    kind = models.CharField(_("kind"), max_length=3, choices=Kind.choices, default=Kind.INVOICE)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT, db_index=True)
    month = models.DateField(_("month"), null=True, blank=True, db_index=True)
    issue_date = models.DateField(_("date"), db_index=True)
    due_date = models.DateField(_("due date"), null=True, blank=True)
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True)
    net = models.BigIntegerField(_("excl. VAT"), default=0)
    tax = models.BigIntegerField(_("VAT"), default=0)
    gross = models.BigIntegerField(_("incl. VAT"), default=0)
    subscriptions = models.BigIntegerField(_("subscriptions"), default=0)
    communications = models.BigIntegerField(_("communications"), default=0)
    others = models.BigIntegerField(_("other amounts"), default=0)
    calls = models.PositiveBigIntegerField(_("calls"), default=0)
    seconds = models.PositiveBigIntegerField(_("duration"), default=0)
    document = models.JSONField(default=dict, editable=False)
    sha256 = models.CharField(_("fingerprint"), max_length=64, blank=True, editable=False)
    preceding = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="amended_by", verbose_name=_("amends")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    #: A credit note that gives the lines back to billing: the next run bills them anew.
    is_rebilled = models.BooleanField(_("billed again"), default=False, editable=False)
    note = models.TextField(_("note"), blank=True, help_text=_("Printed on the invoice."))

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-issue_date", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="billing_number_once"),
            models.UniqueConstraint(
                fields=["run", "customer"], condition=Q(run__isnull=False), name="billing_once_a_run"
            ),
            models.CheckConstraint(
                condition=Q(state="issued", number__isnull=False) | (~Q(state="issued") & Q(number=None)),
                name="billing_number_when_issued",
            ),
        ]
        indexes = [models.Index(fields=["customer", "-issue_date"], name="billing_invoice_of")]

    def __str__(self) -> str:
        return self.number or str(_("Draft %(pk)s")) % {"pk": self.pk}

    @property
    def sign(self) -> int:
        """−1 for a credit note."""
        return -1 if self.kind == CREDIT_NOTE else 1

    def read_document(self) -> Document:
        """The document as it was frozen (or, of a draft, as it would be)."""
        return from_data(self.document)


class BilledLine(ScopedModel):
    """A line of an invoice. Lines of issued invoices are what was billed: the next run posts only the difference.

    ``key`` names what is due ("purchase:12:2026-11-01", "calls:2026-10:mobile"); a manual line has "manual:…".
    ``net`` is nano, whole cents, negative when it gives back (its quantity then is negative too).
    """

    Section, Nature, RateClass = Section, Nature, RateClass
    access = Access(area=AREA, owner="invoice__owner")

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines", verbose_name=_("invoice"))
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+", verbose_name=_("customer"))
    key = models.CharField(max_length=120, db_index=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    label = models.CharField(_("label"), max_length=250)
    section = models.CharField(_("section"), max_length=14, choices=Section.choices, default=Section.SERVICES)
    quantity = models.DecimalField(_("quantity"), max_digits=16, decimal_places=4, default=1)
    unit = models.CharField(_("unit"), max_length=3, default="C62")
    price = models.BigIntegerField(_("price"), default=0)
    net = models.BigIntegerField(_("excl. VAT"), default=0)
    nature = models.CharField(max_length=9, choices=Nature.choices, default=Nature.RETAIL)
    rate_class = models.CharField(_("VAT rate"), max_length=13, choices=RateClass.choices, default=RateClass.STANDARD)
    vat_category = models.CharField(_("VAT category"), max_length=2, blank=True)
    vat_rate = models.CharField(_("rate of VAT"), max_length=6, blank=True)
    period_from = models.DateField(_("from"), null=True, blank=True)
    period_to = models.DateField(_("until"), null=True, blank=True)
    month = models.DateField(_("month"), null=True, blank=True)
    #: End of what the key covers: how far back a run must look to compare.
    until = models.DateField(null=True, blank=True)
    line_number = models.CharField(_("line"), max_length=40, blank=True)
    product = models.ForeignKey("billing.Product", models.PROTECT, null=True, blank=True, related_name="+")
    calls = models.BigIntegerField(_("calls"), default=0)
    seconds = models.BigIntegerField(_("duration"), default=0)
    note = models.CharField(_("note"), max_length=200, blank=True)
    params = models.JSONField(default=dict, blank=True)  # what the label was made of
    is_manual = models.BooleanField(_("added by hand"), default=False)
    is_removed = models.BooleanField(_("taken out"), default=False)

    class Meta:
        verbose_name = _("line of an invoice")
        verbose_name_plural = _("lines of invoices")
        ordering = ["invoice", "position", "pk"]
        indexes = [models.Index(fields=["customer", "until"], name="billing_line_of")]

    def __str__(self) -> str:
        return self.label


class Parked(ScopedModel):
    """A customer whom a run does not bill, with the reason. Found by the computation or put aside by a person."""

    access = Access(area=AREA, owner="run__owner")

    run = models.ForeignKey(Run, models.CASCADE, related_name="parked", verbose_name=_("run"))
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", verbose_name=_("customer"))
    code = models.CharField(_("reason"), max_length=40)
    params = models.JSONField(default=dict, blank=True)
    sentence_by_hand = models.CharField(_("sentence"), max_length=300, blank=True)
    net = models.BigIntegerField(_("excl. VAT"), default=0)  # what waits

    class Meta:
        verbose_name = _("parked customer")
        verbose_name_plural = _("parked customers")
        ordering = ["run", "-net", "pk"]
        constraints = [models.UniqueConstraint(fields=["run", "customer", "code"], name="billing_parked_once")]

    def __str__(self) -> str:
        return f"{self.customer} · {self.sentence}"

    @property
    def sentence(self) -> str:
        """Why, in the reader's language."""
        from chappe.apps.billing.parking import sentence_of  # the words come after the tables

        told: Any = self.sentence_by_hand or sentence_of(self.code, self.params)
        return str(told)
