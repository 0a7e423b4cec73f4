"""Payments by the clock: mandates that lapse, top-ups that pay, reminders proposed. Thin, safe to repeat."""

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.customers.models import Customer
from chappe.apps.parties.models import Operator
from chappe.apps.payments import mandates, reminding, services
from chappe.apps.payments.access import AREA
from chappe.apps.payments.models import Mandate
from chappe.kit.jobs.context import JobContext
from chappe.kit.jobs.registry import job, schedule
from chappe.kit.screens import registry


@schedule("10 4 * * *")
@job("payments.lapse", label=_("End mandates unused for 36 months"), area=AREA)
def lapse(ctx: JobContext) -> None:
    """A mandate that was not used for 36 months may not be used any more."""
    ended = 0
    for mandate in mandates.lapsed(timezone.localdate()):
        ctx.check()
        try:
            mandates.move(actor=ctx.actor, mandate=mandate, state=Mandate.State.LAPSED, why=_g("unused for 36 months"))
            ended += 1
        except ValidationError:  # it was used or ended meanwhile
            continue
    ctx.result(ended=ended)


@job("payments.use-top-ups", label=_("Pay an invoice with what was topped up"), area=AREA)
def use_top_ups(ctx: JobContext, *, customer: int) -> None:
    """What a customer paid in advance pays its open invoices, the oldest first."""
    row = Customer.objects.filter(pk=customer).first()
    ctx.result(paid_nano=services.use_top_ups(actor=ctx.actor, customer=row) if row is not None else 0)


@schedule("30 6 * * 1-5")
@job("payments.remind", label=_("Propose reminders"), area=AREA)
def remind(ctx: JobContext) -> None:
    """Propose; a person sends. Nothing leaves by itself."""
    made = 0
    for owner in [None, *Operator.objects.order_by("pk")]:
        ctx.check()
        made += len(reminding.propose(actor=ctx.actor, owner=owner))
    ctx.result(made=made, url=registry.url("payments.reminder", "list"), label=_g("Reminders"))
    ctx.log(_g("Reminders proposed: %(n)s.") % {"n": made})
