"""Statements that a bank gives as tables (CSV): which named columns fit a file, and the only writers of named columns.

Exports of a bank's site overlap: what an earlier table of the same account gave is left aside, so that it counts once.
"""

from collections import Counter
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from chappe.apps.payments.access import AREA
from chappe.apps.payments.accounts import fingerprints
from chappe.apps.payments.models import BankLayout, BankStatement, Movement
from chappe.core.base.issue import Issue, Severity
from chappe.core.sepa import table
from chappe.core.sepa.statement import Reading, Statement
from chappe.core.sepa.values import check_iban
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, require, require_on
from chappe.kit.audit.services import created, deleted, saved

is_table = table.is_table
#: What a table has for a number of the bank: its first and last day.
TABLES = r"^[0-9]{8}-[0-9]{8}$"
FIELDS = ("name", *BankLayout.NAMES, "dates", "decimal")


class UnknownColumns(ValidationError):  # noqa: N818 - says what it is
    """A table whose columns nobody has named yet: the page asks for them."""


def fitting(data: bytes, owner: Any) -> list[BankLayout]:
    """The named columns of an owner that a file has; those that read most of it first."""
    found = []
    for layout in BankLayout.objects.filter(owner=owner).order_by("-pk"):
        cut = table.cut(data, layout.columns().named())
        if cut is not None:
            found.append((len(layout.columns().named()), layout))
    best = max((count for count, _layout in found), default=0)
    return [layout for count, layout in found if count == best]


def _statement_like(data: bytes) -> None:
    """Raises ValidationError for what nobody can name columns of."""
    found = table.cut(data)
    if found is None:
        raise ValidationError(_("No line of this file names a date and an amount: it is no statement."))
    if found.fault is not None:
        raise ValidationError(found.fault.sentence((translation.get_language() or "fr")[:2]))


def read(data: bytes, owner: Any, layout: BankLayout | None = None) -> Reading:
    """A table as a statement, without what came before, in the transaction that keeps it. Raises UnknownColumns, or ValidationError when several fit."""
    if layout is None:
        fits = fitting(data, owner)
        if len(fits) > 1:
            names = ", ".join(one.name for one in fits)
            raise ValidationError(_("Several columns fit this file (%(names)s): say which.") % {"names": names})
        if not fits:
            _statement_like(data)
            raise UnknownColumns(_("Nobody has said yet what is where in the tables of this bank."))
        layout = fits[0]
    # One file of an account after another: what the first one gives is known to the next.
    layout = BankLayout.objects.select_for_update(of=("self",)).get(pk=layout.pk)
    reading = table.read(data, layout.columns(), iban=layout.iban)
    reading.statements = [_without_known(one, owner, reading) for one in reading.statements]
    return reading


def _without_known(one: Statement, owner: Any, reading: Reading) -> Statement:
    """The movements that are new, numbered anew. As many twins as came before are left aside, not one more."""
    rows = Movement.objects.filter(statement__owner=owner, statement__iban_key__in=fingerprints(one.iban))
    rows = rows.filter(statement__identity__regex=TABLES)  # what another kind of file tells is for a person: twins.py
    rows = rows.filter(day__range=(one.first_day, one.last_day)).exclude(statement__state=BankStatement.State.UNDONE)
    known = Counter(rows.values_list("day", "amount", "text", "name"))
    fresh = []
    for move in one.movements:
        told = move.booked, move.amount, (move.text or move.reference)[:300], move.name[:140]
        if known[told] > 0:
            known[told] -= 1
            continue
        fresh.append(replace(move, position=len(fresh) + 1))
    left = len(one.movements) - len(fresh)
    if left and not fresh:
        raise ValidationError(_("All the movements of this file are here already: they would count twice."))
    if left:
        reading.issues.append(Issue("bank-known", Severity.WARNING, params={"number": left}))
    return replace(one, movements=tuple(fresh))


def create(*, actor: Actor, data: dict[str, Any], owner: Any = None) -> BankLayout:
    """Name the columns of a bank. ``data``: FIELDS and ``iban``, our account."""
    row = BankLayout(owner=owner, **{name: data[name] for name in FIELDS if name in data})
    if actor.user is not None:
        require(actor.user, AREA, Level.WRITE)
        claim(actor.user, row)
    _set_account(row, data.get("iban", ""))
    row.full_clean()
    with transaction.atomic():
        row.save()
        created(actor, row)
    return row


def update(*, actor: Actor, object: BankLayout, data: dict[str, Any]) -> BankLayout:
    """Correct named columns: the next files are read with them. An empty account keeps the one that is there."""
    if actor.user is not None:
        require_on(actor.user, object, Level.WRITE)
    if data.get("iban"):
        _set_account(object, data["iban"])
    with transaction.atomic():
        saved(actor, object, {name: data[name] for name in FIELDS if name in data})
    return object


def delete(*, actor: Actor, object: BankLayout) -> None:
    """Forget named columns; statements that they read stay."""
    if actor.user is not None:
        require_on(actor.user, object, Level.WRITE)
    with transaction.atomic():
        deleted(actor, object)
        object.delete()


def _set_account(row: BankLayout, iban: Any) -> None:
    language = (translation.get_language() or "fr")[:2]
    if faults := [issue.sentence(language) for issue in check_iban(str(iban))]:
        raise ValidationError({"iban": faults})
    row.set_iban(str(iban))
