"""The document put together: lines ordered by section, VAT rows, totals. One place, so that draft and issued agree."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from chappe.core.billing.document import CENT, CREDIT_NOTE, Document, Line
from chappe.core.billing.frames import frame_of
from chappe.core.billing.vat import Decision, is_allowed, rows

#: Order of the sections of a telephone bill (arrêté of 31 December 2013): the operator's own first, third parties last.
SECTIONS = ("subscriptions", "options", "communications", "one_off", "services", "third_party")
NOT_DEFINED = "1"


class NegativeTotalError(ValueError):
    """A document would ask for less than nothing: it must be a credit note."""


def with_totals(document: Document, lines: Sequence[Line], decisions: Sequence[Decision]) -> Document:
    """``document`` with these lines in the order of sections, its VAT rows, totals and frame.

    Raises NegativeTotalError when the total would be negative, with or without VAT: a credit note has positive amounts and ``kind`` 381.
    """
    ordered = tuple(sorted(lines, key=lambda line: SECTIONS.index(line.section)))
    vat = rows(ordered, decisions)
    net, tax = sum(row.base for row in vat), sum(row.tax for row in vat)
    gross = net + tax
    if net < 0 or gross < 0:
        raise NegativeTotalError("negative total")
    frame = frame_of(ordered, gross=gross, paid=document.paid)
    return replace(
        document, lines=ordered, vat=vat, net=net, tax=tax, gross=gross, due=gross - document.paid, frame=frame
    )


def with_paid(document: Document, paid: int, *, day: dt.date, terms: str) -> Document:
    """``document`` of which ``paid`` (nano) came in before it was issued: what is left to pay, and its frame.

    Paid whole, it asks for no money any more: neither account nor mandate, and ``terms`` says so; it is due on the ``day``
    of its payment (BR-FR-CO-09). Its means is then 1 (UNTDID 4461, not defined: the money has come already). Raises ValueError when more is paid than the total.
    """
    if not 0 <= paid <= document.gross:
        raise ValueError("paid out of bounds")
    left = document.gross - paid
    frame = frame_of(document.lines, gross=document.gross, paid=paid)
    made = replace(document, paid=paid, due=left, frame=frame)
    if left or not paid:
        return made
    made = replace(made, due_date=day, terms=terms)
    return replace(made, payment_means=NOT_DEFINED, iban="", bic="", mandate="", creditor_id="")


def reversed_line(line: Line) -> Line:
    """The line with the opposite sign: a credit note made of amounts to give back has positive lines."""
    quantity = line.quantity.removeprefix("-") if line.quantity.startswith("-") else f"-{line.quantity}"
    return replace(line, net=-line.net, quantity=quantity)


def check(document: Document) -> list[str]:
    """Codes of what is not right in a document: sums that do not meet, amounts that are not whole cents.

    A last look before the number is taken; every code names a fault of ours, not of a person.
    """
    faults = []
    if (
        sum(line.net for line in document.lines) != document.net
        or sum(row.base for row in document.vat) != document.net
    ):
        faults.append("sum_of_lines")
    if sum(row.tax for row in document.vat) != document.tax or document.net + document.tax != document.gross:
        faults.append("sum_of_vat")
    if document.due != document.gross - document.paid:
        faults.append("due")
    if not 0 <= document.paid <= max(0, document.gross) or document.paid % CENT:
        faults.append("paid")
    amounts = [document.net, document.tax, document.gross, *(line.net for line in document.lines)]
    if any(amount % CENT for amount in amounts):
        faults.append("cents")
    if document.kind == CREDIT_NOTE and not (document.preceding_number and document.preceding_date):
        faults.append("preceding")
    if not all(is_allowed(row.rate) for row in document.vat):
        faults.append("rate")
    return faults
