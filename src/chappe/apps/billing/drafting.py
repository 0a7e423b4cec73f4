"""Compute a run: what each customer owes, minus what was billed, as drafts. May be repeated: what people edited is kept.

Works by parts of customers, each in one transaction, with a bounded memory whatever the month. Numbers nothing.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone, translation

from chappe.apps.billing import anomalies
from chappe.apps.billing.documents import Calls, build
from chappe.apps.billing.due import store
from chappe.apps.billing.due.calls import Reader
from chappe.apps.billing.due.charge import Trouble, Window
from chappe.apps.billing.due.difference import Before, billed_before, differences
from chappe.apps.billing.due.gather import Gathered, gather, months_with_calls
from chappe.apps.billing.history import history_of
from chappe.apps.billing.models import BilledLine, Invoice, Parked, Run
from chappe.apps.customers.checks import blocking, brand_remarks
from chappe.apps.customers.models import Brand, Customer
from chappe.apps.usage import policies
from chappe.core.base.issue import Severity
from chappe.core.billing.document import Month
from chappe.core.billing.totals import NegativeTotalError
from chappe.core.billing.vat import VatUnknownError

CALLS_A_PART = 1_000_000
CUSTOMERS_A_PART = 1000

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Edits:
    """What people did to the drafts of a run, to be done again to the new ones."""

    manual: dict[int, list[BilledLine]] = of(default_factory=lambda: defaultdict(list))
    removed: dict[int, set[str]] = of(default_factory=lambda: defaultdict(set))
    excluded: set[int] = of(default_factory=set)
    notes: dict[int, str] = of(default_factory=dict)
    parked: set[int] = of(default_factory=set)


@dataclass(slots=True)
class About:
    """What a document tells beside its lines: communications, months before, what was billed before by key."""

    calls: Calls = of(default_factory=Calls)
    history: Sequence[Month] = ()
    before: dict[str, Before] = of(default_factory=dict)


def customers_of(run: Run) -> list[Customer]:
    """Whom the run bills: billable customers of its owner (or those chosen), by rising key."""
    rows = Customer.objects.filter(owner=run.owner_id, billable=True).select_related("brand")
    if chosen := list(run.only.values_list("pk", flat=True)):
        rows = rows.filter(pk__in=chosen)
    return list(rows.order_by("pk"))


def compute(run: Run, progress: Progress = lambda done, total: None) -> None:
    """Make the drafts anew. The run must be in state COMPUTING; it ends READY."""
    edits = edits_of(run)
    Run.objects.filter(pk=run.pk).update(attempt=run.attempt + 1)
    run.refresh_from_db()
    window = Window(run.month, run.lookback)
    people = customers_of(run)
    reader = Reader(run, people, policies.current().printed)
    try:
        counts = {month: reader.counts(month) for month in window.months}
        reader.standing([customer.pk for customer in people])
        worker = _Worker(run, window, reader, edits, counts)
        _forget(run, people)
        for number, part in enumerate(parts(people, months_with_calls(counts))):
            worker.part(number, part)
            progress(part[-1].pk, people[-1].pk)
    finally:
        reader.close()
    _close(run)


def _forget(run: Run, people: Sequence[Customer]) -> None:
    """Drafts of customers who are no longer of the run, and the reasons of the computation before."""
    with transaction.atomic():
        drafts = Invoice.objects.filter(run=run).exclude(state=Invoice.State.ISSUED)
        drafts.exclude(customer__in=[customer.pk for customer in people]).delete()
        Parked.objects.filter(run=run).exclude(code="by_hand").delete()


def parts(people: Sequence[Customer], calls: dict[int, int]) -> Iterator[list[Customer]]:
    """Customers in their order, cut so that a part has a bounded number of calls and of customers."""
    part: list[Customer] = []
    held = 0
    for customer in people:
        count = calls.get(customer.pk, 0)
        if part and (held + count > CALLS_A_PART or len(part) >= CUSTOMERS_A_PART):
            yield part
            part, held = [], 0
        part.append(customer)
        held += count
    if part:
        yield part


class _Worker:
    """The drafts of one part after another."""

    def __init__(self, run: Run, window: Window, reader: Reader, edits: Edits, counts: Any) -> None:
        self.run, self.window, self.reader, self.edits, self.counts = run, window, reader, edits, counts
        self.default = Brand.objects.filter(owner=run.owner_id, is_default=True, active=True).first()
        self._brand_faults: dict[int, list[Trouble]] = {}

    def part(self, number: int, people: list[Customer]) -> None:
        ids = [customer.pk for customer in people]
        months = [month for month in self.window.months if self._has_calls(month, ids)]
        found = gather(self.reader, people, self.window, months, number)
        before = billed_before(ids, self.window)
        history = history_of(ids, self.run.month)
        invoices: list[Invoice] = []
        lines: list[list[BilledLine]] = []
        parked: list[Parked] = []
        for pk in ids:
            made = self._one(found[pk], before.get(pk, {}), history.get(pk, []))
            if isinstance(made, list):
                parked += made
            elif made is not None:
                invoices.append(made[0])
                lines.append(made[1])
        with transaction.atomic():
            Invoice.objects.filter(run=self.run, customer__in=ids).exclude(state=Invoice.State.ISSUED).delete()
            Invoice.objects.bulk_create(invoices)
            for invoice, own in zip(invoices, lines, strict=True):
                for place, line in enumerate(own, start=1):
                    line.invoice, line.customer_id, line.position = invoice, invoice.customer_id, place
            BilledLine.objects.bulk_create([line for own in lines for line in own], batch_size=500)
            Parked.objects.bulk_create(parked, ignore_conflicts=True)

    def _has_calls(self, month: dt.date, ids: list[int]) -> bool:
        counted = self.counts[month]
        return bool(store.files_of(month, self.reader.standing_runs)) or any(pk in counted for pk in ids)

    def _one(
        self, given: Gathered, before: dict[str, Before], history: list[Month]
    ) -> list[Parked] | tuple[Invoice, list[BilledLine]] | None:
        customer = given.customer
        with translation.override(customer.language):
            lines = differences(given.dues, before)
        lines += [_again(line) for line in self.edits.manual.get(customer.pk, ())]
        for line in lines:
            line.is_removed = line.key in self.edits.removed.get(customer.pk, ())
        brand = customer.brand or self.default
        troubles = given.troubles + self._unrated(customer)
        if not lines and not troubles:
            return None
        troubles += self._faults(customer, brand)
        invoice, trouble = self._draft(customer, brand, lines, About(calls_of(given, lines), history, before))
        troubles += trouble
        if not troubles:
            return invoice, lines
        net = sum(line.net for line in lines if not line.is_removed)
        return [
            Parked(run=self.run, customer=customer, code=one.code, params=dict(one.params), net=net) for one in troubles
        ]

    def _unrated(self, customer: Customer) -> list[Trouble]:
        count = sum(self.counts[month].get(customer.pk, (0, 0))[1] for month in self.window.months)
        return [Trouble("unrated_calls", {"count": count})] if count else []

    def _faults(self, customer: Customer, brand: Brand | None) -> list[Trouble]:
        found = [Trouble(one.code, _plain(one.params)) for one in blocking(customer)]
        if brand is None:
            return [*found, Trouble("no_brand")]
        if brand.pk not in self._brand_faults:
            faults = [one for one in brand_remarks(brand) if one.severity is Severity.ERROR]
            self._brand_faults[brand.pk] = [Trouble(_of_brand(one.code), _plain(one.params)) for one in faults]
        return found + self._brand_faults[brand.pk]

    def _draft(
        self, customer: Customer, brand: Brand | None, lines: list[BilledLine], about: About
    ) -> tuple[Invoice, list[Trouble]]:
        invoice = Invoice(
            owner_id=self.run.owner_id,
            customer=customer,
            run=self.run,
            series=self.run.series,
            month=self.run.month,
            issue_date=self.run.issue_date,
            state=Invoice.State.EXCLUDED if customer.pk in self.edits.excluded else Invoice.State.DRAFT,
            note=self.edits.notes.get(customer.pk, ""),
        )
        if brand is None or not lines:
            return invoice, []
        try:
            fill(invoice, lines, brand, about)
        except VatUnknownError as error:
            return invoice, [Trouble(f"vat_{error.code}", {"what": error.what})]
        except NegativeTotalError:
            return invoice, [Trouble("negative_total")]
        return invoice, []


def fill(invoice: Invoice, lines: Sequence[BilledLine], brand: Brand, about: About) -> None:
    """Write the kind, the document and the totals of a draft. A total below zero makes it a credit note."""
    kept = [line for line in lines if not line.is_removed]
    net = sum(line.net for line in kept)
    preceding = None
    invoice.kind, invoice.preceding = Invoice.Kind.INVOICE, None
    if net < 0:
        known = about.before
        last = max((known[line.key].last for line in kept if line.key in known), key=lambda line: line.pk, default=None)
        if last is not None:
            invoice.kind, invoice.preceding = Invoice.Kind.CREDIT_NOTE, last.invoice
            preceding = last.invoice.read_document()
    document = build(invoice, lines, brand=brand, calls=about.calls, history=about.history, preceding=preceding)
    invoice.net, invoice.tax, invoice.gross, invoice.due_date = (
        document.net,
        document.tax,
        document.gross,
        document.due_date,
    )
    invoice.document = document.as_data()
    own = [line for line in kept if line.key.startswith("calls:")]
    invoice.subscriptions = sum(line.net for line in kept if line.section in {"subscriptions", "options"})
    invoice.communications = sum(line.net for line in kept if line.section in {"communications", "third_party"})
    invoice.others = net - invoice.subscriptions - invoice.communications
    invoice.calls, invoice.seconds = sum(line.calls for line in own), sum(line.seconds for line in own)


def calls_of(given: Gathered, lines: Sequence[BilledLine]) -> Calls:
    """Communications of the document: not those of a line taken out, which stay due."""
    out = {line.key.rpartition(":")[2] for line in lines if line.is_removed and line.key.startswith("calls:")}
    if not out:
        return Calls(given.groups, given.detail, given.listed)
    detail = [row for row in given.detail if row["family"] not in out]
    return Calls([row for row in given.groups if row["family"] not in out], detail, len(detail))


def edits_of(run: Run) -> Edits:
    """What people did to the drafts so far."""
    edits = Edits()
    drafts = Invoice.objects.filter(run=run).exclude(state=Invoice.State.ISSUED)
    for pk, state, note in drafts.values_list("customer_id", "state", "note"):
        if state == Invoice.State.EXCLUDED:
            edits.excluded.add(pk)
        if note:
            edits.notes[pk] = note
    touched = BilledLine.objects.filter(invoice__in=drafts).filter(Q(is_manual=True) | Q(is_removed=True))
    for line in touched:
        if line.is_manual:
            edits.manual[line.customer_id].append(line)
        if line.is_removed:
            edits.removed[line.customer_id].add(line.key)
    by_hand = Parked.objects.filter(run=run, code="by_hand")
    edits.parked = set(by_hand.values_list("customer_id", flat=True))
    edits.excluded |= edits.parked
    return edits


def _again(line: BilledLine) -> BilledLine:
    line.pk, line._state.adding = None, True
    return line


def _plain(params: Any) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


def _of_brand(code: str) -> str:
    """A fault of the seller's identity has the words of the same fault of a customer, but is said to be the seller's."""
    return code if code.startswith("brand.") else f"seller:{code}"


def total(run: Run) -> None:
    """Write the totals of a run: what its drafts (or invoices) sum up to."""
    rows = Invoice.objects.filter(run=run).exclude(state=Invoice.State.EXCLUDED)
    sums = {"net": 0, "gross": 0}
    for kind, net, gross in (
        rows.values_list("kind").annotate(n=Sum("net"), g=Sum("gross")).values_list("kind", "n", "g")
    ):
        sign = -1 if kind == Invoice.Kind.CREDIT_NOTE else 1
        sums["net"] += sign * net
        sums["gross"] += sign * gross
    run.net, run.gross = sums["net"], sums["gross"]
    run.invoices_count = rows.count()
    run.parked_count = Parked.objects.filter(run=run).values("customer").distinct().count()


def _close(run: Run) -> None:
    total(run)
    run.state, run.computed_at, run.problem = Run.State.READY, timezone.now(), ""
    run.checked_at = run.checked_by = None
    run.findings = anomalies.findings_of(run)
    run.save()
    store.drop(run, keep_attempt=run.attempt)
