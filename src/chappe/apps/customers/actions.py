"""The acts of the screens of customers, lines, requests and brands: thin, the verbs are in services and holding."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chappe.apps.customers import holding, services
from chappe.apps.customers.models import Brand, Customer, DetailConsent, Line
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.documents.services import store
from chappe.kit.screens.declare import Done
from chappe.kit.ui import formats


def archive(*, actor: Actor, objects: list[Customer]) -> Done:
    count = services.archive_customers(actor=actor, objects=objects)
    return Done(ngettext("%(n)d customer is archived.", "%(n)d customers are archived.", count) % {"n": count})


def restore(*, actor: Actor, objects: list[Customer]) -> Done:
    count = services.restore_customers(actor=actor, objects=objects)
    return Done(ngettext("%(n)d customer is restored.", "%(n)d customers are restored.", count) % {"n": count})


def end_lines(*, actor: Actor, objects: list[Customer], day: dt.date) -> Done:
    count = sum(holding.end_customer(actor=actor, customer=customer, day=day) for customer in objects)
    return Done(
        ngettext("%(n)d line ends on %(day)s.", "%(n)d lines end on %(day)s.", count)
        % {"n": count, "day": formats.day(day)}
    )


def move(*, actor: Actor, objects: list[Line], customer: Customer, day: dt.date, cost_centre: Any = None) -> Done:
    for line in objects:
        holding.move(actor=actor, line=line, customer=customer, day=day, cost_centre=cost_centre)
    return Done(
        ngettext(
            "%(n)d line goes to %(customer)s from %(day)s.",
            "%(n)d lines go to %(customer)s from %(day)s.",
            len(objects),
        )
        % {"n": len(objects), "customer": customer.name, "day": formats.day(day)}
    )


def close(*, actor: Actor, objects: list[Line], day: dt.date) -> Done:
    for line in objects:
        holding.close(actor=actor, line=line, day=day)
    return Done(_("Its last day is %(day)s.") % {"day": formats.day(day)})


def take_back(*, actor: Actor, objects: list[Line]) -> Done:
    for line in objects:
        holding.take_back(actor=actor, line=line)
    return Done(_("The last assignment is taken back: the line is as it was before."))


def retire(*, actor: Actor, objects: list[Line], day: dt.date) -> Done:
    for line in objects:
        services.retire_line(actor=actor, line=line, day=day)
    return Done(ngettext("%(n)d line is out of use after %(day)s.", "%(n)d lines are out of use after %(day)s.", len(objects))
                % {"n": len(objects), "day": formats.day(day)})  # fmt: skip


def restore_lines(*, actor: Actor, objects: list[Line]) -> Done:
    count = services.restore_lines(actor=actor, objects=objects)
    return Done(ngettext("%(n)d line is in use again.", "%(n)d lines are in use again.", count) % {"n": count})


def withdraw(*, actor: Actor, objects: list[DetailConsent], day: dt.date) -> Done:
    for consent in objects:
        services.withdraw_consent(actor=actor, consent=consent, day=day)
    return Done(_("The last digits are hidden again from %(day)s.") % {"day": formats.day(day)})


def add_reseller_proof(*, actor: Actor, objects: list[Customer], file: Any) -> Done:
    for customer in objects:
        kept = store(file.file, name=file.name, actor=actor, owner=customer.owner)
        services.update_customer(actor=actor, object=customer, data={"reseller_proof": kept})
    return Done(_("The proof is kept with the customer."))


def add_consent_proof(*, actor: Actor, objects: list[DetailConsent], file: Any) -> Done:
    for consent in objects:
        kept = store(file.file, name=file.name, actor=actor, owner=consent.customer.owner)
        audit.saved(actor, DetailConsent.objects.get(pk=consent.pk), {"proof": kept})
    return Done(_("The proof is kept with the request."))


def set_logo(*, actor: Actor, objects: list[Brand], file: Any) -> Done:
    for brand in objects:
        kept = store(file.file, name=file.name, actor=actor, owner=brand.owner, content_type=file.content_type)
        services.update_brand(actor=actor, object=brand, data={"logo": kept})
    return Done(_("The logo stands on the next documents."))


def why_not_archive(customer: Customer, _user: Any) -> Any:
    return None if customer.active else _("It is archived already.")


def why_not_restore(customer: Customer, _user: Any) -> Any:
    return _("It is not archived.") if customer.active else None


def why_not_end(customer: Customer, _user: Any) -> Any:
    return None if customer.assignments.filter(ends_on=None).exists() else _("It holds no line.")


def why_not_close(line: Line, _user: Any) -> Any:
    return None if line.assignments.filter(ends_on=None).exists() else _("Nobody holds this line.")


def why_not_take_back(line: Line, _user: Any) -> Any:
    return None if line.assignments.exists() else _("Nobody has ever held this line.")


def why_not_retire(line: Line, _user: Any) -> Any:
    return None if line.active else _("It is out of use already.")


def why_not_back(line: Line, _user: Any) -> Any:
    return _("It is in use.") if line.active else None


def why_not_withdraw(consent: DetailConsent, _user: Any) -> Any:
    return None if consent.withdrawn_on is None else _("It is withdrawn already.")
