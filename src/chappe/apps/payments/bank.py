"""Verbs on bank files: receive a statement and plan it, decide a movement, apply what is accepted, undo it; take rejections in.

Nothing of a statement touches the accounts before it is applied; what was applied is undone by opposite rows. The same file twice,
or the same statement in another file, is refused; of a table (CSV), movements that an earlier table gave are left aside; what another
file of the account probably told already (``twins.py``) waits for a person.
"""

import io
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.customers.models import Customer
from chappe.apps.payments import collections, matching, services, tables, twins
from chappe.apps.payments.access import AREA
from chappe.apps.payments.models import BankLayout, BankStatement, Collection, Debit, Movement, Payment
from chappe.core.base.issue import Issue, Severity
from chappe.core.sepa import returns, statement
from chappe.core.sepa.values import masked
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, require, require_on
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.documents.services import store

register_sentence("payments.statement_received", gettext_noop("{actor} received {object}: {number} movements"))
register_sentence("payments.statement_applied", gettext_noop("{actor} applied {object}: {number} movements"))
register_sentence("payments.statement_undone", gettext_noop("{actor} undid {object}: {number} movements"))
register_sentence("payments.movement_decided", gettext_noop("{actor} decided {object}"))

State, Of, Kind = BankStatement.State, Movement.State, Movement.Means


@dataclass
class Received:
    """What a file brought: statements, or rejections taken in."""

    statements: list[BankStatement] = field(default_factory=list)
    rejected: int = 0
    unknown: list[str] = field(default_factory=list)


def receive(*, actor: Actor, data: bytes, name: str, owner: Any = None, layout: BankLayout | None = None) -> Received:
    """A file of the bank: camt.05x and tables are planned, pain.002 is taken in at once.

    ``layout``: the columns of a table; None: those of the owner that fit. Raises ValidationError when it is none of these or
    came before, :class:`tables.UnknownColumns` for a table whose columns nobody has named yet.
    """
    shell = BankStatement(owner=owner)
    if actor.user is not None:
        require(actor.user, AREA, Level.WRITE)
        claim(actor.user, shell)
    with transaction.atomic():
        return _received(actor, data, name, shell.owner, layout)


def _received(actor: Actor, data: bytes, name: str, owner: Any, layout: BankLayout | None) -> Received:
    language = (translation.get_language() or "fr")[:2]
    is_table = layout is not None or tables.is_table(data)
    reading = tables.read(data, owner, layout) if is_table else statement.read(data)
    if [issue.code for issue in reading.issues] == ["bank-kind"]:
        report = returns.read(data)
        if [issue.code for issue in report.issues] != ["bank-kind"]:
            return _rejections(actor, report, owner)
    errors = [issue for issue in reading.issues if issue.severity is Severity.ERROR]
    if not reading.statements:
        raise ValidationError([issue.sentence(language) for issue in errors] or [_("The file holds no statement.")])
    received = Received()
    stored = store(io.BytesIO(data), name=name, actor=actor, owner=owner)
    matcher = matching.Matcher(owner)
    for one in reading.statements:
        made = _planned(one, stored, name, owner, matcher)
        same = made.movements.filter(twin__isnull=False).count()
        more = [Issue("bank-twins", Severity.WARNING, params={"number": same})] if same else []
        made.issues = [issue.as_dict(language) for issue in [*reading.issues, *more]]
        made.save()
        audit.event(actor, made, "payments.statement_received", number=made.movements_count)
        received.statements.append(made)
    return received


def _planned(read: statement.Statement, stored: Any, name: str, owner: Any, matcher: matching.Matcher) -> BankStatement:
    row = BankStatement(
        owner=owner, stored=stored, identity=read.identity[:60], first_day=read.first_day, last_day=read.last_day,
        opening=read.opening, closing=read.closing, movements_count=len(read.movements),
        name=_title(read)[:120] or name[:120],
    )  # fmt: skip
    row.set_iban(read.iban)
    there = BankStatement.objects.filter(owner=owner, iban_key=row.iban_key, identity=row.identity).exclude(
        state=State.UNDONE
    )
    same = there.filter(stored__sha256=stored.sha256) | there.filter(
        last_day=row.last_day, movements_count=row.movements_count
    )
    if same.exists():
        raise ValidationError(
            _("The statement “%(name)s” is here already: its movements would count twice.") % {"name": row.name}
        )
    row.save()
    known = twins.Twins(row, read)
    rows = [_movement(row, move, matcher.match(move), known.of(move)) for move in read.movements]
    Movement.objects.bulk_create(rows, batch_size=500)
    return row


def _title(read: statement.Statement) -> str:
    """Account, days and, where the bank gave one, its own number. Kept once for all readers: days as in France."""
    days = [f"{day:%d/%m/%Y}" for day in (read.first_day, read.last_day) if day is not None]
    number = "" if read.identity.replace("-", "").isdigit() and len(read.identity) == 17 else read.identity
    return " · ".join(filter(None, (masked(read.iban), " – ".join(dict.fromkeys(days)), number)))


def _movement(
    row: BankStatement, move: statement.Movement, found: matching.Proposal, twin: Movement | None = None
) -> Movement:
    sure = found.confidence >= matching.SURE and twin is None
    nothing = move.amount < 0 and found.kind == Kind.NONE
    made = Movement(
        statement=row, position=move.position, day=move.booked, amount=move.amount, name=move.name[:140],
        text=(move.text or move.reference)[:300], end_to_end=move.end_to_end[:60], reason=move.reason[:10],
        batch=move.batch[:60], kind=found.kind, customer_id=found.customer, collection_id=found.collection,
        debit_id=found.debit, plan=[{"invoice": pk, "amount": amount} for pk, amount in found.plan],
        confidence=found.confidence, why=found.why, twin=twin, state=Of.ACCEPTED if sure else Of.IGNORED if nothing else Of.WAITING,
    )  # fmt: skip
    made.set_iban(move.iban)
    return made


def _rejections(actor: Actor, report: returns.Report, owner: Any) -> Received:
    received = Received()
    today = timezone.localdate()
    with transaction.atomic():
        refs = {one.end_to_end: one for one in report.rejected}
        rows = Debit.objects.filter(collection__owner=owner)
        if report.whole == "RJCT":
            found = list(rows.filter(collection__message_id=report.message_id, state=Debit.State.SENT))
        else:
            found = list(rows.filter(end_to_end__in=refs, state__in=[Debit.State.SENT, Debit.State.PAID]))
        for debit in found:
            told = refs.get(debit.end_to_end)
            collections.take_back(actor=actor, debit=debit, reason=told.reason if told else report.reason, day=today)
            received.rejected += 1
        if report.whole == "RJCT" and found:
            Collection.objects.filter(pk__in={debit.collection_id for debit in found}).update(
                state=Collection.State.REFUSED
            )
        received.unknown = sorted(set(refs) - {debit.end_to_end for debit in found})
        if not found:
            raise ValidationError(
                _("None of these rejections is about a debit of ours that is under way: nothing was changed.")
            )
    return received


def accept(*, actor: Actor, movement: Movement) -> Movement:
    """The clerk agrees with the proposal. Raises ValidationError when there is none."""
    with transaction.atomic():
        row = _waiting(movement, actor)
        if row.kind == Kind.NONE:
            raise ValidationError(_("Nothing is proposed: choose the customer first."))
        return _decided(row, Of.ACCEPTED, actor)


def accept_from(*, actor: Actor, bank_statement: BankStatement, confidence: int) -> int:
    """Accept every proposal of a statement that is at least so sure; answers how many.

    What nobody was found for waits on, and what another file probably told already.
    """
    with transaction.atomic():
        row = _held(bank_statement, actor)
        rows = row.movements.filter(state__in=[Of.WAITING, Of.UNDONE], confidence__gte=max(1, confidence), twin=None)
        chosen = list(rows.exclude(kind=Kind.NONE).order_by("position"))
        for movement in chosen:
            accept(actor=actor, movement=movement)
    return len(chosen)


def ignore(*, actor: Actor, movement: Movement) -> Movement:
    """The movement is none of our customers' (a supplier, a bank charge)."""
    with transaction.atomic():
        return _decided(_waiting(movement, actor), Of.IGNORED, actor)


def choose(
    *, actor: Actor, movement: Movement, customer: Customer, plan: list[tuple[Any, int]] | None = None
) -> Movement:
    """The clerk says whose money it is and what it pays; no plan: the oldest invoices first, the rest in credit."""
    with transaction.atomic():
        row = _waiting(movement, actor)
        if row.amount <= 0:
            raise ValidationError(_("Money that goes out is no payment of a customer: record a refund instead."))
        if customer.owner_id != row.statement.owner_id:
            raise ValidationError({"customer": _("This belongs to another operator.")})
        parts = (
            services._oldest_first(customer, row.amount)
            if plan is None
            else services._checked(customer, row.amount, plan)
        )
        row.kind, row.customer, row.debit, row.collection = Kind.IN, customer, None, None
        row.plan = [{"invoice": invoice.pk, "amount": amount} for invoice, amount in parts]
        row.confidence, row.why = 100, "hand"
        return _decided(row, Of.ACCEPTED, actor)


def _waiting(movement: Movement, actor: Actor) -> Movement:
    row = Movement.objects.select_for_update(of=("self",)).select_related("statement").get(pk=movement.pk)
    if actor.user is not None:
        require_on(actor.user, row, Level.WRITE)
    if row.state == Of.APPLIED:
        raise ValidationError(_("It is applied: undo the statement first."))
    return row


def _decided(row: Movement, state: str, actor: Actor) -> Movement:
    row.state = state
    row.save()
    audit.event(actor, row, "payments.movement_decided")
    return row


def apply(*, actor: Actor, bank_statement: BankStatement) -> tuple[int, list[str]]:
    """Make what is accepted: (how many, refusals as sentences). A movement that fails waits again; the others are made."""
    done, refusals = 0, []
    with transaction.atomic():
        row = _held(bank_statement, actor)
        rows = list(row.movements.filter(state=Of.ACCEPTED).select_related("customer", "debit", "collection"))
        if not rows:
            raise ValidationError(_("No movement is accepted: decide them first."))
        for movement in rows:
            try:
                with transaction.atomic():
                    _make(movement, actor)
                movement.state, done = Of.APPLIED, done + 1
            except ValidationError as error:
                movement.state = Of.WAITING
                refusals.append(f"{movement}: {' '.join(error.messages)}")
            movement.save()
        row.state, row.applied_at, row.applied_by = State.APPLIED, timezone.now(), actor.user
        row.save()
        audit.event(actor, row, "payments.statement_applied", number=done)
    return done, refusals


def _make(movement: Movement, actor: Actor) -> None:
    match movement.kind:
        case Kind.IN:
            assert movement.customer is not None
            rounds = Payment.objects.filter(key__startswith=f"movement:{movement.pk}:").count()
            services.record(
                actor=actor, customer=movement.customer, amount=movement.amount, day=movement.day,
                reference=movement.end_to_end, label=movement.text[:200] or movement.name,
                parts=matching.invoices_of(movement), key=f"movement:{movement.pk}:{rounds}",
            )  # fmt: skip
        case Kind.DEBIT:
            collections.pay(actor=actor, debit=movement.debit, day=movement.day)
            _close_if_done(movement.debit.collection)
        case Kind.COLLECTION:
            collections.settle(actor=actor, collection=movement.collection, day=movement.day)
        case Kind.RETURN:
            collections.take_back(actor=actor, debit=movement.debit, reason=movement.reason or "MS03", day=movement.day)
        case _:
            raise ValidationError(_("Nothing is proposed: choose the customer first."))


def _close_if_done(collection: Collection) -> None:
    if not collection.debits.filter(state=Debit.State.SENT).exists():
        Collection.objects.filter(pk=collection.pk, state=Collection.State.SENT).update(state=Collection.State.SETTLED)


def undo(*, actor: Actor, bank_statement: BankStatement) -> int:
    """Put back everything that the statement did, by opposite rows. Raises ValidationError when something later depends on it."""
    with transaction.atomic():
        row = _held(bank_statement, actor)
        rows = list(row.movements.filter(state=Of.APPLIED).order_by("-position"))
        if not rows and row.state != State.PLANNED:
            raise ValidationError(_("It changed nothing: there is nothing to undo."))
        why = _("statement undone: %(name)s") % {"name": row.name}
        for movement in rows:
            _unmake(movement, actor, why)
            movement.state = Of.UNDONE
            movement.save()
        row.state = State.UNDONE
        row.save()
        audit.event(actor, row, "payments.statement_undone", number=len(rows))
    return len(rows)


def _unmake(movement: Movement, actor: Actor, why: str) -> None:
    match movement.kind:
        case Kind.IN:
            made = Payment.objects.filter(key__startswith=f"movement:{movement.pk}:", cancelled_by=None).first()
            if made is not None:
                services.undo(actor=actor, payment=made, why=why)
        case Kind.DEBIT:
            _unpay(actor, movement.debit, why)
        case Kind.COLLECTION:
            for debit in movement.collection.debits.filter(state=Debit.State.PAID):
                _unpay(actor, debit, why)
        case Kind.RETURN:
            _unreturn(actor, movement.debit, why)


def _unpay(actor: Actor, debit: Debit, why: str) -> None:
    if debit.state != Debit.State.PAID:
        raise ValidationError(_("%(debit)s was returned since: undo that statement first.") % {"debit": debit})
    services.undo(actor=actor, payment=debit.payment, why=why)
    Debit.objects.filter(pk=debit.pk).update(state=Debit.State.SENT, payment=None)
    Collection.objects.filter(pk=debit.collection_id).update(state=Collection.State.SENT)


def _unreturn(actor: Actor, debit: Debit, why: str) -> None:
    """The return was none: a debit rejected before payment is under way again, a returned one is paid anew."""
    if debit.state not in {Debit.State.REJECTED, Debit.State.RETURNED}:
        raise ValidationError(_("%(debit)s is not a returned debit any more.") % {"debit": debit})
    was_paid = debit.state == Debit.State.RETURNED
    Debit.objects.filter(pk=debit.pk).update(state=Debit.State.SENT, payment=None, reason="")
    if was_paid and debit.payment is not None:
        collections.pay(actor=actor, debit=debit, day=debit.payment.day)


def _held(bank_statement: BankStatement, actor: Actor) -> BankStatement:
    row = BankStatement.objects.select_for_update(of=("self",)).select_related("owner").get(pk=bank_statement.pk)
    if actor.user is not None:
        require_on(actor.user, row, Level.WRITE)
    return row
