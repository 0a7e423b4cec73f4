"""Reads on money: what is open on each invoice, what each customer owes, how old it is. Every figure is computed from rows
that never change, none is kept beside them.

Open on an invoice = incl. VAT − credit notes that amend it − what payments were allocated to it; negative: it was overpaid.
Balance of a customer = invoices − credit notes − payments, whatever they were allocated to; negative: we owe.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models import Invoice
from chappe.apps.customers.models import Customer
from chappe.apps.payments.models import Allocation, Mandate, Payment
from chappe.kit.access.door import visible_to

ISSUED = Invoice.State.ISSUED
CREDIT = Invoice.Kind.CREDIT_NOTE
#: Bands of age, by days after the due date: (slug, label, first day, last day).
BANDS: tuple[tuple[str, Any, int, int], ...] = (
    ("coming", _("Not due yet"), -100_000, 0),
    ("d30", _("0–30 days"), 1, 30),
    ("d60", _("31–60 days"), 31, 60),
    ("d90", _("61–90 days"), 61, 90),
    ("old", _("Over 90 days"), 91, 100_000),
)


def _sum(rows: QuerySet, by: str, of: str) -> Coalesce:
    total = rows.order_by().values(by).annotate(total=Sum(of)).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), Value(0), output_field=BigIntegerField())


def _corrected() -> QuerySet[Invoice]:
    """The issued corrected invoice that stands in the place of another."""
    return Invoice.objects.filter(preceding=OuterRef("pk"), kind=Invoice.Kind.CORRECTED, state=ISSUED)


def with_open(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Issued invoices with ``paid``, ``credited`` and ``open`` in nano. A credit note that amends an invoice is open for nothing,
    and so is an invoice in whose place a corrected one stands.
    """
    credits = Invoice.objects.filter(preceding=OuterRef("pk"), kind=CREDIT, state=ISSUED)
    annotated = rows.filter(state=ISSUED).annotate(
        paid=_sum(Allocation.objects.filter(invoice=OuterRef("pk")), "invoice", "amount"),
        credited=_sum(credits, "preceding", "gross"),
    )
    return annotated.annotate(
        open=Case(
            When(Q(kind=CREDIT, preceding__isnull=False), then=-F("paid")),
            When(kind=CREDIT, then=-F("gross") - F("paid")),
            When(Exists(_corrected()), then=-F("paid")),
            default=F("gross") - F("credited") - F("paid"),
            output_field=BigIntegerField(),
        )
    )


def open_of(invoice: Invoice) -> int:
    """What is still open on one invoice."""
    return with_open(Invoice.objects.filter(pk=invoice.pk)).values_list("open", flat=True).first() or 0


def open_invoices(customers: Iterable[int] | None = None, owner: Any = None) -> QuerySet[Invoice]:
    """Invoices on which something is open, the oldest first. ``customers``: their pks, else those of ``owner``."""
    rows = (
        Invoice.objects.filter(owner=owner)
        if customers is None
        else Invoice.objects.filter(customer__in=list(customers))
    )
    return with_open(rows).filter(open__gt=0).order_by("due_date", "issue_date", "pk")


def unpaid(user: Any) -> QuerySet[Invoice]:
    """Invoices on which something is open and that ``user`` may see, by customer."""
    rows = with_open(visible_to(user, Invoice)).filter(open__gt=0)
    return rows.select_related("customer").order_by("customer__name", "customer", "due_date", "pk")


def unallocated(payment: Payment) -> int:
    """What of a payment pays no invoice yet (negative for a refund)."""
    used = payment.allocations.aggregate(total=Sum("amount"))["total"] or 0
    return payment.amount - used


def credit_of(customer: Customer) -> int:
    """What came in from a customer and pays no invoice yet."""
    came = Payment.objects.filter(customer=customer).aggregate(total=Sum("amount"))["total"] or 0
    used = Allocation.objects.filter(payment__customer=customer).aggregate(total=Sum("amount"))["total"] or 0
    return came - used


def top_ups_of(customer: Customer) -> list[Payment]:
    """What a customer paid in advance and was not cancelled, the oldest first."""
    rows = Payment.objects.filter(customer=customer, kind=Payment.Kind.TOP_UP, cancelled_by=None)
    return list(rows.order_by("day", "pk"))


def spendable(customer: Customer, drafts: Sequence[int]) -> int:
    """Nano of top-ups that the next invoice may use: what is left of them once the open invoices are paid.

    A corrected invoice, alone of its customer among ``drafts``, also has what they paid of the one it replaces.
    """
    topped = top_ups_of(customer)
    left = min(sum(max(0, unallocated(payment)) for payment in topped), credit_of(customer))
    mine = list(Invoice.objects.filter(pk__in=drafts, customer=customer).select_related("preceding"))
    older = open_invoices([customer.pk])
    if len(mine) == 1 and mine[0].kind == Invoice.Kind.CORRECTED and mine[0].preceding is not None:
        held = Allocation.objects.filter(payment__in=topped, invoice=mine[0].preceding)
        left += held.aggregate(total=Sum("amount"))["total"] or 0
        older = older.exclude(pk=mine[0].preceding.pk)
    return max(0, left - sum(invoice.open for invoice in older))


def balance_of(customer: Customer) -> int:
    """What a customer owes; negative when we owe."""
    rows = Invoice.objects.filter(customer=customer, state=ISSUED)
    billed = rows.exclude(kind=CREDIT).exclude(Exists(_corrected())).aggregate(total=Sum("gross"))["total"] or 0
    given = rows.filter(kind=CREDIT).aggregate(total=Sum("gross"))["total"] or 0
    came = Payment.objects.filter(customer=customer).aggregate(total=Sum("amount"))["total"] or 0
    return billed - given - came


def band_of(due: dt.date | None, today: dt.date) -> str:
    """The band of age of an invoice; without a due date it is not due yet."""
    late = (today - due).days if due else 0
    return next(slug for slug, _label, first, last in BANDS if first <= late <= last)


@dataclass
class Owed:
    """What a customer owes, by band."""

    customer: Customer
    invoices: list[Any] = field(default_factory=list)
    bands: dict[str, int] = field(default_factory=lambda: {slug: 0 for slug, *_rest in BANDS})
    total: int = 0
    late: int = 0
    oldest: int = 0

    @property
    def cells(self) -> list[int]:
        return list(self.bands.values())


def ageing(invoices: Iterable[Any], today: dt.date | None = None) -> tuple[list[Owed], Owed | None]:
    """Invoices (from :func:`unpaid`) gathered by customer, the most overdue amount first, and their sum."""
    day = today or timezone.localdate()
    by: dict[int, Owed] = {}
    whole: Owed | None = None
    for invoice in invoices:
        row = by.setdefault(invoice.customer_id, Owed(invoice.customer))
        whole = whole or Owed(invoice.customer)
        band = band_of(invoice.due_date, day)
        invoice.days_late = max(0, (day - invoice.due_date).days) if invoice.due_date else 0
        row.invoices.append(invoice)
        for each in (row, whole):
            each.bands[band] += invoice.open
            each.total += invoice.open
            each.late += invoice.open if invoice.days_late else 0
            each.oldest = max(each.oldest, invoice.days_late)
    return sorted(by.values(), key=lambda owed: (-owed.late, -owed.total, owed.customer.name)), whole


@dataclass(frozen=True)
class Step:
    """One line of a customer's account. ``balance`` after it."""

    day: dt.date
    what: Any
    debit: int
    credit: int
    balance: int
    url: str = ""
    second: str = ""


def account(customer: Customer, url: Any) -> list[Step]:
    """Every invoice, credit note and payment of a customer in the order of days, with the running balance, newest last."""
    facts: list[tuple[dt.date, int, Any, int, int, str, str]] = []
    for invoice in Invoice.objects.filter(customer=customer, state=ISSUED).select_related("preceding"):
        amount = -invoice.gross if invoice.kind == CREDIT else invoice.gross
        if invoice.kind == Invoice.Kind.CORRECTED and invoice.preceding is not None:
            amount -= invoice.preceding.gross  # it takes its place, as in the journal
        sides = (max(0, amount), max(0, -amount))
        facts.append((invoice.issue_date, 0, invoice, *sides, url(invoice), str(invoice.get_kind_display())))
    for payment in Payment.objects.filter(customer=customer):
        sides = (0, payment.amount) if payment.amount > 0 else (-payment.amount, 0)
        told = f"{payment.get_kind_display()} · {payment.get_means_display()}"
        facts.append((payment.day, 1, payment, *sides, url(payment), told))
    steps, balance = [], 0
    for day, _order, what, debit, credit, where, told in sorted(facts, key=lambda fact: (fact[0], fact[1], fact[2].pk)):
        balance += debit - credit
        steps.append(Step(day, what, debit, credit, balance, where, told))
    return steps


def mandate_of(customer: Customer) -> Mandate | None:
    """The active mandate of a customer."""
    return Mandate.objects.filter(customer=customer, state=Mandate.State.ACTIVE).select_related("customer").first()
