"""What was made of an issued invoice and where it went: files, checks, mails, deposits with a platform, e-reporting.

Data only; ``producing``, ``mailing``, ``depositing`` and ``reporting`` are the writers. The invoice itself is in billing
and is never touched here.
"""

import datetime as dt
from typing import Any

from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from chappe.apps.invoicing.access import AREA
from chappe.connectors.einvoice.production import CII, CSV, PDF, UBL, XLSX
from chappe.core.base.issue import Issue, Severity
from chappe.core.base.lang import translate
from chappe.core.einvoice.collected import collected_from
from chappe.core.einvoice.reporting import PAYMENTS, TRANSACTIONS
from chappe.core.einvoice.statuses import FINAL, STATUSES
from chappe.core.einvoice.wording import rate
from chappe.kit.access.door import HOUSE, Access, ScopedModel
from chappe.kit.documents.copies import CorrectedCopy


class Production(ScopedModel):
    """How far the files of one invoice are. BLOCKED: the rules refuse it, nothing of it may leave."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Being made")
        READY = "ready", pgettext_lazy("files of an invoice", "Checked")
        BLOCKED = "blocked", pgettext_lazy("files of an invoice", "Blocked")
        FAILED = "failed", pgettext_lazy("files of an invoice", "Failed")

    access = Access(area=AREA, owner="invoice__owner")

    invoice = models.OneToOneField(
        "billing.Invoice", models.PROTECT, related_name="production", verbose_name=_("invoice")
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING, db_index=True)
    issues = models.JSONField(default=list, editable=False)  # [{code, severity, file, field, params}]
    problem = models.TextField(_("problem"), blank=True)
    attempt = models.PositiveIntegerField(_("attempts"), default=0)
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    mail = models.ForeignKey(
        "mail.Message", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("last mail")
    )
    deposit = models.ForeignKey(
        "invoicing.Deposit", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("last deposit")
    )

    class Meta:
        verbose_name = _("files of an invoice")
        verbose_name_plural = _("files of invoices")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return str(self.invoice)

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    def sentences(self) -> list[str]:
        """Why it is blocked, or what to look at, in the reader's language."""
        language = "fr" if (get_language() or "fr").startswith("fr") else "en"
        return [issue.sentence(language) for issue in read_issues(self.issues)]

    def first_sentence(self) -> str:
        """The first reason, for a list."""
        return self.problem or next(iter(self.sentences()), "")

    def customer(self) -> str:
        return str(self.invoice.customer)

    def mail_state(self) -> str:
        """How far the last mail has come, in words."""
        return str(self.mail.get_state_display()) if self.mail else ""

    def platform_state(self) -> str:
        """The last status of the last deposit, in words."""
        return self.deposit.status_label() if self.deposit else ""


def read_issues(rows: list[dict[str, Any]]) -> list[Issue]:
    """Issues back from their JSON, without the ones that only inform."""
    return [
        Issue(
            row["code"],
            Severity(row["severity"]),
            file=row.get("file", ""),
            field=row.get("field", ""),
            params=row["params"],
        )
        for row in rows
        if row["severity"] != Severity.INFO
    ]


class IssuedFile(ScopedModel):
    """One file of an invoice as it may leave: made once, replaced only while the rules had refused it."""

    class Kind(models.TextChoices):
        PDF = PDF, _("Invoice (Factur-X PDF)")
        CII = CII, _("CII (XML)")
        UBL = UBL, _("UBL (XML)")
        ANNEX_CSV = CSV, _("Detail of calls (CSV)")
        ANNEX_XLSX = XLSX, _("Detail of calls (XLSX)")

    access = Access(area=AREA, owner="invoice__owner")

    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="files", verbose_name=_("invoice"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    stored = models.ForeignKey("documents.StoredFile", models.PROTECT, related_name="+", verbose_name=_("file"))
    made_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("file of an invoice")
        verbose_name_plural = _("files of an invoice")
        ordering = ["invoice", "pk"]
        constraints = [models.UniqueConstraint(fields=["invoice", "kind"], name="invoicing_file_once")]

    def __str__(self) -> str:
        return f"{self.invoice} – {self.get_kind_display()}"


#: words of the platforms that come with Chappe
PLATFORMS = {"folder": _("local folder")}


class Deposit(ScopedModel):
    """An invoice handed to a platform, with the last status that it told."""

    access = Access(area=AREA, owner="invoice__owner")

    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="deposits", verbose_name=_("invoice"))
    platform = models.CharField(_("platform"), max_length=40)
    reference = models.CharField(_("reference"), max_length=120)
    address = models.CharField(_("electronic address"), max_length=125, blank=True)
    status = models.PositiveSmallIntegerField(
        _("status"), choices=[(code, row.label) for code, row in STATUSES.items()], default=200
    )
    problem = models.TextField(_("problem"), blank=True)
    deposited_at = models.DateTimeField(_("deposited"), auto_now_add=True)
    asked_at = models.DateTimeField(_("last asked"), null=True, blank=True)
    #: How many movements of money on the invoice the platform has been told of, or need not be.
    encashments = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("deposit")
        verbose_name_plural = _("deposits")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["platform", "reference"], name="invoicing_deposit_once")]

    def __str__(self) -> str:
        return f"{self.invoice} → {self.platform_label()}"

    def platform_label(self) -> str:
        """The platform in words."""
        return str(PLATFORMS.get(self.platform, self.platform))

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected from the platform. A payment (212) may be followed by others, or taken back."""
        return self.status in FINAL

    def status_label(self) -> str:
        """``203 Mise à disposition``, in the reader's language."""
        return f"{self.status} {said(STATUSES[self.status].label)}"

    def tone(self) -> str:
        return STATUSES[self.status].tone


def said(text: str) -> str:
    """A text of the core in the reader's language."""
    return translate(text, "fr" if (get_language() or "fr").startswith("fr") else "en")


class DepositStatus(ScopedModel):
    """One status that a platform has told. Never changed."""

    access = Access(area=AREA, owner="deposit__invoice__owner")

    deposit = models.ForeignKey(Deposit, models.CASCADE, related_name="statuses", verbose_name=_("deposit"))
    code = models.PositiveSmallIntegerField(_("status"))
    at = models.DateTimeField(_("at"))
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    collected = models.JSONField(null=True, blank=True, editable=False)  # of a 212: Collected.as_data()

    class Meta:
        verbose_name = _("status of a deposit")
        verbose_name_plural = _("statuses of a deposit")
        ordering = ["at", "code"]
        constraints = [models.UniqueConstraint(fields=["deposit", "code", "at"], name="invoicing_status_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.at:%Y-%m-%d %H:%M}"

    def label(self) -> str:
        if self.collected and collected_from(self.collected).amount < 0:
            return str(_("Payment taken back"))
        return said(STATUSES[self.code].label) if self.code in STATUSES else ""

    def money(self) -> list[tuple[str, int]]:
        """Rate in words and amount (nano, VAT included) of what a 212 says was received."""
        language = "fr" if (get_language() or "fr").startswith("fr") else "en"
        shares = collected_from(self.collected).shares if self.collected else ()
        return [(rate(row.rate, language), row.amount) for row in shares]

    def received_on(self) -> dt.date | None:
        """Day of the money of a 212."""
        return collected_from(self.collected).day if self.collected else None

    def meaning(self) -> str:
        return said(STATUSES[self.code].meaning) if self.code in STATUSES else ""

    def tone(self) -> str:
        return STATUSES[self.code].tone if self.code in STATUSES else "new"

    def is_compulsory(self) -> bool:
        return self.code in STATUSES and STATUSES[self.code].compulsory


class Report(ScopedModel):
    """An e-reporting file: sales or payments of a period that no electronic invoice tells."""

    class What(models.TextChoices):
        TRANSACTIONS = TRANSACTIONS, _("Sales")
        PAYMENTS = PAYMENTS, _("Payments")

    class State(models.TextChoices):
        DUE = "due", _("To make")
        MADE = "made", pgettext_lazy("a report", "Made")
        DEPOSITED = "deposited", pgettext_lazy("a report", "Deposited")
        EMPTY = "empty", _("Nothing to tell")

    access = Access(area=AREA, owner="owner")

    owner = models.ForeignKey(
        "parties.Operator", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("operator")
    )
    what = models.CharField(_("kind"), max_length=12, choices=What.choices)
    first = models.DateField(_("from"))
    last = models.DateField(_("until"))
    due = models.DateField(_("to deposit by"), db_index=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.DUE)
    rows = models.PositiveIntegerField(_("lines"), default=0)
    base = models.BigIntegerField(_("excl. VAT"), default=0)
    tax = models.BigIntegerField(_("VAT"), default=0)
    xml = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("XML file")
    )
    table = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("CSV file")
    )
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    deposited_at = models.DateTimeField(_("deposited"), null=True, blank=True)

    class Meta:
        verbose_name = _("e-reporting")
        verbose_name_plural = _("e-reporting")
        ordering = ["-first", "what"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "what", "first"], name="invoicing_report_once"),
            models.UniqueConstraint(
                fields=["what", "first"], condition=models.Q(owner=None), name="invoicing_report_house_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.first:%d/%m/%Y} – {self.last:%d/%m/%Y}"


class ReportLayout(CorrectedCopy):
    """The layout of the e-reporting files as an operator corrected it. One is active; without one the packaged layout counts."""

    access = Access(area=AREA, owner=HOUSE)

    class Meta:
        verbose_name = _("layout of the e-reporting")
        verbose_name_plural = _("layouts of the e-reporting")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="active"), name="invoicing_one_active_layout"
            )
        ]

    def __str__(self) -> str:
        return self.note
