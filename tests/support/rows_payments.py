"""Rows of the payments app for the contract tests, and the small world of its own tests: customers who owe, an account, a mandate."""

import datetime as dt
import io
import itertools
from typing import Any

from chappe.apps.billing.models import Invoice
from chappe.apps.customers.models import Brand, Customer
from chappe.apps.invoicing.models import IssuedFile, Production
from chappe.apps.payments import mandates, services
from chappe.apps.payments.models import (
    Allocation,
    BankLayout,
    BankStatement,
    Collection,
    Debit,
    Mandate,
    MandateVersion,
    Movement,
    Payment,
    Reminder,
    ReminderLevel,
)
from chappe.core.base.money import to_nano
from chappe.kit.access.actor import Actor
from chappe.kit.documents.models import StoredFile
from chappe.kit.documents.services import store
from tests.support import rows_billing as billing
from tests.support import rows_customers as people

SYSTEM = Actor.system("test")
DAY = dt.date(2026, 11, 20)
IBAN = "FR7630006000011234567890189"
OTHER_IBAN = "DE89370400440532013000"
OUR_IBAN = "FR1420041010050500013M02606"
ICS = "FR72ZZZ123456"
_serial = itertools.count(1)


def euros(text: str) -> int:
    return to_nano(text)


def issued(customer: Customer, gross: str, number: str = "", **more: Any) -> Invoice:
    """An issued invoice, its VAT left aside."""
    values = {
        "series": billing.series(customer.owner, "s"), "issue_date": dt.date(2026, 10, 1), "due_date": dt.date(2026, 10, 31),
        "number": number or f"F2026-{next(_serial):06d}" if "state" not in more else None, "state": Invoice.State.ISSUED, "net": euros(gross), "gross": euros(gross),
    }  # fmt: skip
    return Invoice.objects.create(owner=customer.owner, customer=customer, **(values | more))


def stored_pdf(invoice: Invoice) -> StoredFile:
    """A checked PDF of an issued invoice."""
    stored = store(io.BytesIO(b"%PDF-1.7"), name=f"{invoice.number}.pdf", actor=SYSTEM, owner=invoice.owner)
    Production.objects.create(invoice=invoice, state=Production.State.READY)
    IssuedFile.objects.create(invoice=invoice, kind=IssuedFile.Kind.PDF, stored=stored)
    return stored


def creditor(owner: Any = None, **more: Any) -> Brand:
    values = {"iban": OUR_IBAN, "bic": "", "ics": ICS, "phone": "01 99 00 11 22"} | more
    return billing.seller(owner, **values)


def mandate(owner: Any, mark: str, **more: Any) -> Mandate:
    held = more.pop("customer", None) or people.customer(owner, mark, payment_means="sepa")
    values = {"customer": held, "iban": IBAN, "signed_on": dt.date(2026, 1, 15), "holder": mark} | more
    return mandates.create(actor=SYSTEM, data=values)


def version(owner: Any, mark: str) -> MandateVersion:
    made = MandateVersion(mandate=mandate(owner, mark), version=1, rum=mark)
    made.set_iban(IBAN)
    made.save()
    return made


def payment(owner: Any, mark: str) -> Payment:
    return services.record(
        actor=SYSTEM, customer=people.customer(owner, mark), amount=euros("10"), day=DAY, reference=mark, label=mark
    )


def allocation(owner: Any, mark: str) -> Allocation:
    customer = people.customer(owner, mark)
    invoice = issued(customer, "10")
    made = services.record(
        actor=SYSTEM, customer=customer, amount=euros("10"), day=DAY, reference=mark, parts=[(invoice, euros("10"))]
    )
    return made.allocations.get()


def collection(owner: Any, mark: str) -> Collection:
    return Collection.objects.create(
        owner=owner, brand=people.brand(owner, f"{mark}-{next(_serial)}"), collect_on=DAY, message_id=mark
    )


def debit(owner: Any, mark: str) -> Debit:
    held = mandate(owner, mark)
    return Debit.objects.create(
        collection=collection(owner, f"c{next(_serial)}"), mandate=held, customer=held.customer,
        invoice=issued(held.customer, "10"), amount=euros("10"), end_to_end=mark,
    )  # fmt: skip


def bank_statement(owner: Any, mark: str) -> BankStatement:
    stored = store(io.BytesIO(mark.encode()), name=f"{mark}.xml", actor=SYSTEM, owner=owner)
    made = BankStatement(owner=owner, stored=stored, name=mark, identity=mark, last_day=DAY)
    made.set_iban(OUR_IBAN)
    made.save()
    return made


def bank_layout(owner: Any, mark: str) -> BankLayout:
    made = BankLayout(owner=owner, name=mark, day="Date", amount="Montant", text="Libellé")
    made.set_iban(OUR_IBAN)
    made.save()
    return made


def movement(owner: Any, mark: str) -> Movement:
    return Movement.objects.create(
        statement=bank_statement(owner, f"s{mark}"), position=1, day=DAY, amount=euros("10"), name=mark, text=mark
    )


def level(owner: Any, mark: str) -> ReminderLevel:
    return ReminderLevel.objects.create(
        owner=owner, rank=next(_serial) + 10, name=mark, days=5, subject_fr=mark, text_fr="{invoices}"
    )


def reminder(owner: Any, mark: str) -> Reminder:
    return Reminder.objects.create(
        owner=owner, customer=people.customer(owner, mark), level=level(owner, mark), proposed_on=DAY, problem=mark
    )


FACTORIES = {
    Allocation: allocation,
    BankLayout: bank_layout,
    BankStatement: bank_statement,
    Collection: collection,
    Debit: debit,
    Mandate: mandate,
    MandateVersion: version,
    Movement: movement,
    Payment: payment,
    Reminder: reminder,
    ReminderLevel: level,
}
