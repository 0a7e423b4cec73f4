"""Verbs on mandates: open, sign, change (the bank is told with the next debit), suspend, revoke, lapse.

Rules of the SEPA rulebooks: the reference and the signature date travel with each debit; a change of account or of reference
is an amendment; a mandate not used for 36 months lapses and must be signed anew.
"""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.customers.models import Customer
from chappe.apps.payments.access import AREA
from chappe.apps.payments.models import Debit, Mandate, MandateVersion
from chappe.core.base.issue import Issue
from chappe.core.sepa.values import bic_of, check_bic, check_iban, check_rum
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, require, require_on
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence

register_sentence("payments.mandate_signed", gettext_noop("{actor} activated {object}, signed on {day}"))
register_sentence("payments.mandate_state", gettext_noop("{actor} changed the state of {object}: {why}"))
register_sentence("payments.mandate_amended", gettext_noop("{actor} amended {object}: {why}"))

LAPSE_MONTHS = 36
FIELDS = (
    "customer",
    "rum",
    "scheme",
    "holder",
    "bic",
    "signed_on",
    "signed_at_place",
    "proof",
    "notice_days",
    "is_one_off",
)
State = Mandate.State


def create(*, actor: Actor, data: dict[str, Any]) -> Mandate:
    """A mandate to be signed, or already signed when ``signed_on`` is given. ``data``: FIELDS and ``iban``."""
    mandate = Mandate(**{name: data[name] for name in FIELDS if name in data})
    mandate.owner = mandate.customer.owner
    if actor.user is not None:
        require(actor.user, AREA, Level.WRITE)
        claim(actor.user, mandate)
        require_on(actor.user, mandate.customer, Level.READ)
    mandate.set_iban(str(data.get("iban", "")))
    _check(mandate)
    with transaction.atomic():
        mandate.rum = mandate.rum or _next_rum(mandate.customer)
        mandate.state = State.ACTIVE if mandate.signed_on and mandate.iban else State.DRAFT
        mandate.full_clean()
        mandate.save()
        audit.created(actor, mandate)
    return mandate


def update(*, actor: Actor, object: Mandate, data: dict[str, Any]) -> Mandate:
    """Change a mandate. Its account or reference, once used, makes a version: the next debit tells the bank."""
    iban = data.get("iban")
    changes = {name: data[name] for name in FIELDS if name in data and name != "customer"}
    with transaction.atomic():
        mandate = Mandate.objects.select_for_update(of=("self",)).select_related("customer").get(pk=object.pk)
        if mandate.state in {State.REVOKED, State.LAPSED}:
            raise ValidationError(_("This mandate has ended: open a new one."))
        before = audit.snapshot(mandate)
        old = Mandate.objects.get(pk=mandate.pk)
        for name, value in changes.items():
            setattr(mandate, name, value)
        mandate.rum = mandate.rum or old.rum
        if iban:  # a form leaves it empty to keep the present one
            mandate.set_iban(str(iban))
        _check(mandate)
        if mandate.scheme != old.scheme and old.first_used:
            raise ValidationError({"scheme": _("A used mandate keeps its scheme: open a new one.")})
        if old.first_used and (mandate.rum != old.rum or mandate.iban != old.iban):
            _keep_version(old, actor)
            mandate.version = old.version + 1
        if mandate.state == State.DRAFT and mandate.signed_on and mandate.iban:
            mandate.state = State.ACTIVE
        mandate.full_clean()
        mandate.save()
        audit.changed(actor, mandate, before)
    return mandate


def _check(mandate: Mandate) -> None:
    """Refuse with the sentences of core/sepa. An account may be missing until the signature."""
    found: dict[str, list[Issue]] = {
        "iban": list(check_iban(mandate.iban)) if mandate.iban else [],
        "bic": list(check_bic(mandate.bic)),
        "rum": list(check_rum(mandate.rum)) if mandate.rum else [],
    }
    if mandate.signed_on and mandate.signed_on > timezone.localdate():
        raise ValidationError({"signed_on": _("A mandate is not signed in the future.")})
    language = (translation.get_language() or "fr")[:2]
    errors = {name: [issue.sentence(language) for issue in issues] for name, issues in found.items() if issues}
    if errors:
        raise ValidationError(errors)
    mandate.bic = mandate.bic or (bic_of(mandate.iban) if mandate.iban else "")


def _next_rum(customer: Customer) -> str:
    """C000001-1, C000001-2…: the customer's number and a rank. Two operators may have the same numbers: the rank goes on."""
    Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    stem = (customer.number or f"C{customer.pk}")[:28]
    rank = Mandate.objects.filter(customer=customer).count() + 1
    while Mandate.objects.filter(rum=f"{stem}-{rank}").exists():
        rank += 1
    return f"{stem}-{rank}"


def _keep_version(old: Mandate, actor: Actor) -> None:
    kept = MandateVersion(
        mandate=old, version=old.version, rum=old.rum, bic=old.bic, signed_on=old.signed_on, proof=old.proof
    )
    kept.set_iban(old.iban)
    kept.save()
    audit.event(actor, old, "payments.mandate_amended", why=_("version %(n)s is kept") % {"n": old.version})


def activate(*, actor: Actor, mandate: Mandate, signed_on: dt.date, place: str = "", proof: Any = None) -> Mandate:
    """The customer has signed. Raises ValidationError without an account, or when another mandate is active."""
    with transaction.atomic():
        row = _held(mandate, actor)
        if row.state not in {State.DRAFT, State.SUSPENDED}:
            raise ValidationError(_("Only a mandate to be signed or a suspended one can be activated."))
        if not row.iban:
            raise ValidationError({"iban": _("The account is missing.")})
        row.signed_on, row.signed_at_place, row.proof = signed_on, place or row.signed_at_place, proof or row.proof
        _check(row)
        row.state = State.ACTIVE
        row.full_clean()
        row.save()
        audit.event(actor, row, "payments.mandate_signed", day=signed_on.isoformat())
    return row


def why_not(mandate: Mandate, state: str) -> Any:
    """Why a mandate cannot pass to ``state``; None when it can."""
    allowed = {
        State.SUSPENDED: {State.ACTIVE},
        State.ACTIVE: {State.SUSPENDED},
        State.REVOKED: {State.DRAFT, State.ACTIVE, State.SUSPENDED},
        State.LAPSED: {State.ACTIVE, State.SUSPENDED},
    }
    if mandate.state in allowed.get(State(state), set()):
        return None
    return _("Not from the state “%(state)s”.") % {"state": mandate.get_state_display()}


def move(*, actor: Actor, mandate: Mandate, state: str, why: str) -> Mandate:
    """Suspend, resume, revoke or let lapse. Debits not yet sent are taken out of their drafts when it ends."""
    try:
        with transaction.atomic():
            row = _held(mandate, actor)
            reason = why_not(row, state)
            if reason:
                raise ValidationError(reason)
            row.state = state
            if state in {State.REVOKED, State.LAPSED}:
                row.ended_on, row.end_reason = timezone.localdate(), why[:200]
            row.save()
            if state != State.ACTIVE:
                Debit.objects.filter(mandate=row, state=Debit.State.PLANNED, collection__state="draft").update(
                    state=Debit.State.REMOVED
                )
            audit.event(actor, row, "payments.mandate_state", why=why or str(row.get_state_display()))
    except IntegrityError as error:
        raise ValidationError(_("This customer already has an active mandate: revoke it first.")) from error
    return row


def _held(mandate: Mandate, actor: Actor) -> Mandate:
    row = Mandate.objects.select_for_update(of=("self",)).select_related("customer").get(pk=mandate.pk)
    if actor.user is not None:
        require_on(actor.user, row, Level.WRITE)
    return row


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier, or the last of that month."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))


def lapsed(day: dt.date) -> QuerySet[Mandate]:
    """Active mandates unused for 36 months on ``day``: since their last debit, else since their signature."""
    limit = months_before(day, LAPSE_MONTHS)
    unused = Q(last_used__lt=limit) | Q(last_used=None, signed_on__lt=limit)
    return Mandate.objects.filter(unused, state__in=[State.ACTIVE, State.SUSPENDED])


def is_lapsed(mandate: Mandate, day: dt.date) -> bool:
    """Whether a mandate will have lapsed on ``day``."""
    last = mandate.last_used or mandate.signed_on
    return last is not None and last < months_before(day, LAPSE_MONTHS)
