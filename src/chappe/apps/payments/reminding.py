"""Reminders: proposed by a job from the levels, then sent or dropped by a person. One letter a customer, about all it owes late.

A customer goes up one level at a time, and never twice through one for the same invoice. Whoever disputes, is debited, or has no
address is not written to; the reason is told on the proposal.
"""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.billing.models import Invoice
from chappe.apps.customers import queries as customers
from chappe.apps.customers.models import Customer
from chappe.apps.payments import queries
from chappe.apps.payments.access import AREA
from chappe.apps.payments.models import Debit, Reminder, ReminderLevel
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, require, require_on
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.documents.models import StoredFile
from chappe.kit.mail import services as mail
from chappe.kit.ui.formats import money

register_sentence("payments.reminder_sent", gettext_noop("{actor} sent the reminder {object}"))
register_sentence("payments.reminder_dropped", gettext_noop("{actor} dropped the reminder {object}: {why}"))

State = Reminder.State
WEEK = dt.timedelta(days=7)
FIELDS = ("rank", "name", "days", "subject_fr", "text_fr", "subject_en", "text_en", "fee", "active", "owner")
#: Apps above may tell what to attach to a reminder (the invoices as PDF): ``attach_with(fn)``, fn(invoice) → StoredFile or None.
_attachments: list[Any] = []


def attach_with(function: Any) -> Any:
    if function not in _attachments:
        _attachments.append(function)
    return function


def create_level(*, actor: Actor, data: dict[str, Any]) -> ReminderLevel:
    level = ReminderLevel(**{name: data[name] for name in FIELDS if name in data})
    if actor.user is not None:
        require(actor.user, AREA, Level.WRITE)
        claim(actor.user, level)
    level.full_clean()
    with transaction.atomic():
        level.save()
        audit.created(actor, level)
    return level


def update_level(*, actor: Actor, object: ReminderLevel, data: dict[str, Any]) -> ReminderLevel:
    audit.saved(actor, object, {name: data[name] for name in FIELDS if name in data and name != "owner"})
    return object


def levels_of(owner: Any) -> list[ReminderLevel]:
    """The levels of an owner, else those of the house, by rank."""
    rows = ReminderLevel.objects.filter(active=True).filter(Q(owner=owner) | Q(owner=None)).order_by("rank")
    own = [row for row in rows if owner is not None and row.owner_id == owner.pk]
    return own or [row for row in rows if row.owner_id is None]


def propose(*, actor: Actor, owner: Any = None, today: dt.date | None = None) -> list[Reminder]:
    """Proposals for every customer of ``owner`` that is late, none for one who has a proposal already. May be run again."""
    day = today or timezone.localdate()
    levels = levels_of(owner)
    rows = queries.open_invoices(owner=owner).filter(due_date__lt=day).exclude(kind=queries.CREDIT)
    rows = rows.exclude(debits__state__in=[Debit.State.PLANNED, Debit.State.SENT]).select_related("customer")
    lately = Q(state=State.PROPOSED) | Q(state=State.DROPPED, proposed_on__gt=day - WEEK)
    waiting = set(Reminder.objects.filter(lately, owner=owner).values_list("customer", flat=True))
    by: dict[int, list[Any]] = {}
    for invoice in rows:
        if invoice.customer_id not in waiting:
            by.setdefault(invoice.customer_id, []).append(invoice)
    reached = _reached(by)
    made = []
    for invoices in by.values():
        reminder = _proposal(invoices, levels, reached, day)
        if reminder is not None and queries.credit_of(reminder.customer) < reminder.total:
            reminder.owner = owner
            reminder.save()
            audit.created(actor, reminder)
            made.append(reminder)
    return made


def _reached(by: dict[int, list[Any]]) -> dict[int, int]:
    """invoice → the highest rank already sent about it."""
    reached: dict[int, int] = {}
    for reminder in Reminder.objects.filter(customer__in=by, state=State.SENT).select_related("level"):
        for row in reminder.invoices:
            reached[row["invoice"]] = max(reached.get(row["invoice"], 0), reminder.level.rank)
    return reached


def _proposal(
    invoices: list[Any], levels: list[ReminderLevel], reached: dict[int, int], day: dt.date
) -> Reminder | None:
    """The highest next level of the customer's late invoices; None when none has waited long enough."""
    chosen: ReminderLevel | None = None
    for invoice in invoices:
        late = (day - invoice.due_date).days
        following = next((level for level in levels if level.rank > reached.get(invoice.pk, 0)), None)
        if following is not None and late >= following.days and (chosen is None or following.rank > chosen.rank):
            chosen = following
    if chosen is None:
        return None
    customer = invoices[0].customer
    told = [
        {
            "invoice": one.pk,
            "number": one.number,
            "due": one.due_date.isoformat(),
            "open": one.open,
            "days": (day - one.due_date).days,
        }
        for one in invoices
    ]
    return Reminder(
        customer=customer, level=chosen, proposed_on=day, invoices=told, total=sum(one.open for one in invoices),
        fee=chosen.fee * len(told) if customer.kind != Customer.Kind.PRIVATE else 0,
        problem="" if customer.emails else _("the customer has no e-mail address"),
    )  # fmt: skip


def text_of(reminder: Reminder) -> tuple[str, str]:
    """(subject, text) in the customer's language."""
    customer, level = reminder.customer, reminder.level
    language = customer.language if customer.language != "en" or level.text_en else "fr"
    with translation.override(language):
        brand = customers.brand_of(customer)
        lines = "\n".join(
            _("- invoice %(number)s, due on %(due)s: %(open)s")
            % {
                "number": row["number"],
                "due": date_format(dt.date.fromisoformat(row["due"]), "SHORT_DATE_FORMAT"),
                "open": money(row["open"]),
            }
            for row in reminder.invoices
        )
        holes = {
            "customer": customer.name, "number": customer.number, "invoices": lines, "total": money(reminder.total),
            "fee": money(reminder.fee), "days": max((row["days"] for row in reminder.invoices), default=0),
            "seller": (brand.legal_name or brand.name) if brand else "", "iban": brand.iban if brand else "",
            "phone": (brand.support or brand.phone) if brand else "",
        }  # fmt: skip
        subject = level.subject_en if language == "en" else level.subject_fr
        text = level.text_en if language == "en" else level.text_fr
        return subject.format(**holes), text.format(**holes)


def why_not_send(reminder: Reminder) -> Any:
    """Why a reminder cannot be sent; None when it can."""
    if reminder.state != State.PROPOSED:
        return _("Only a proposed reminder can be sent.")
    if not reminder.customer.emails:
        return _("The customer has no e-mail address: add one, or write to it by post and drop this reminder.")
    return None


def send(*, actor: Actor, reminder: Reminder) -> Reminder:
    """Mail it, unless its invoices were paid meanwhile: then it is dropped. Raises ValidationError when it cannot be."""
    with transaction.atomic():
        row = _held(reminder, actor)
        reason = why_not_send(row)
        if reason:
            raise ValidationError(reason)
        _refresh(row)
        if not row.invoices:
            return _drop(row, actor, _("paid meanwhile"))
        subject, text = text_of(row)
        row.mail = mail.send(
            actor=actor, to=row.customer.emails, subject=subject, text=text, owner=row.owner, about=row,
            attachments=_files(row), key=f"reminder:{row.pk}",
        )  # fmt: skip
        row.state, row.sent_at = State.SENT, timezone.now()
        row.save()
        audit.event(actor, row, "payments.reminder_sent")
    return row


def _refresh(row: Reminder) -> None:
    """What is open now, not when it was proposed."""
    pks = [one["invoice"] for one in row.invoices]
    now = {invoice.pk: invoice.open for invoice in queries.with_open(Invoice.objects.filter(pk__in=pks))}
    per_invoice = row.fee // len(row.invoices) if row.invoices else 0
    row.invoices = [one | {"open": now[one["invoice"]]} for one in row.invoices if now.get(one["invoice"], 0) > 0]
    row.total = sum(one["open"] for one in row.invoices)
    row.fee = per_invoice * len(row.invoices)


def _files(row: Reminder) -> list[StoredFile]:
    invoices = Invoice.objects.in_bulk([one["invoice"] for one in row.invoices])
    found = [ask(invoice) for ask in _attachments for invoice in invoices.values()]
    return [stored for stored in found if stored is not None]


def drop(*, actor: Actor, reminder: Reminder, why: str) -> Reminder:
    """Do not write this time: a dispute, an agreement on the telephone. It is not proposed again at this level for a week."""
    with transaction.atomic():
        row = _held(reminder, actor)
        if row.state != State.PROPOSED:
            raise ValidationError(_("Only a proposed reminder can be dropped."))
        return _drop(row, actor, why)


def _drop(row: Reminder, actor: Actor, why: str) -> Reminder:
    row.state, row.problem = State.DROPPED, why[:200]
    row.save()
    audit.event(actor, row, "payments.reminder_dropped", why=why)
    return row


def _held(reminder: Reminder, actor: Actor) -> Reminder:
    row = (
        Reminder.objects.select_for_update(of=("self",))
        .select_related("customer", "level", "owner")
        .get(pk=reminder.pk)
    )
    if actor.user is not None:
        require_on(actor.user, row, Level.WRITE)
    return row
