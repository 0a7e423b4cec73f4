"""Background work of invoicing: thin, safe to run twice."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models import Invoice
from chappe.apps.customers.models import Customer
from chappe.apps.invoicing import depositing, mailing, producing, reporting
from chappe.apps.invoicing.access import AREA
from chappe.apps.invoicing.models import Production
from chappe.kit.jobs.registry import BULK, job, schedule


def _whole(keys: list[int]) -> Any:
    return Invoice.objects.filter(pk__in=keys).select_related("customer__brand", "owner", "run").order_by("pk")


@job("invoicing.produce", label=_("Make the files of an invoice"), area=AREA)
def produce(ctx: Any, *, invoice: int) -> None:
    """One invoice, then what the customer asked for: a mail, or the platform."""
    for row in _whole([invoice]):
        made = producing.produce(actor=ctx.actor, invoice=row)
        ctx.result(state=made.state)
        _let_go(ctx, row, made)


@job("invoicing.produce_many", label=_("Make the files of invoices"), area=AREA, queue=BULK)
def produce_many(ctx: Any, *, invoices: list[int]) -> None:
    """A chunk of a run; one that fails is told and the others go on."""
    counts: dict[str, int] = {}
    for done, row in enumerate(_whole(invoices), 1):
        made = producing.produce(actor=ctx.actor, invoice=row)
        counts[made.state] = counts.get(made.state, 0) + 1
        if not made.is_ready:
            ctx.log(f"{row}: {made.first_sentence()}", "warning")
        _let_go(ctx, row, made)
        ctx.progress(done, len(invoices), str(row))
    ctx.result(**counts)


def _let_go(ctx: Any, invoice: Invoice, made: Production) -> None:
    """Send by itself what may leave, the way the customer wants it; once, whatever is run again."""
    if not made.is_ready:
        return
    customer = invoice.customer
    try:
        if customer.delivery == Customer.Delivery.MAIL and customer.emails and made.mail_id is None:
            mailing.send(actor=ctx.actor, invoice=invoice, key=mailing.automatic_key(invoice))
        elif customer.delivery == Customer.Delivery.PORTAL and made.deposit_id is None:
            depositing.deposit(actor=ctx.actor, invoice=invoice)
    except ValidationError as error:
        ctx.log(f"{invoice}: {' '.join(error.messages)}", "warning")


@schedule("*/15 * * * *")
@job("invoicing.poll", label=_("Ask the platform for statuses"), area=AREA)
def poll(ctx: Any) -> None:
    """Every quarter of an hour, for the deposits that are not over; then what money came in is told (212)."""
    rows = depositing.still_open()
    new = 0
    for done, row in enumerate(rows, 1):
        new += depositing.poll(actor=ctx.actor, deposit=row)
        ctx.progress(done, len(rows))
    paid = sum(depositing.tell_money(actor=ctx.actor, deposit=row) for row in depositing.to_tell())
    ctx.result(asked=len(rows), new=new, paid=paid)


@schedule("30 5 * * *")
@job("invoicing.report", label=_("Prepare the e-reporting"), area=AREA)
def report(ctx: Any) -> None:
    """Every morning: the periods that are over get their row and their files, made anew until a person deposits them."""
    today = timezone.localdate()
    for owner in _owners():
        new = reporting.open_periods(owner=owner, today=today)
        waiting = [row for row in reporting.unfinished(owner=owner, today=today) if row not in new]
        for row in new + waiting:
            try:
                reporting.make(actor=ctx.actor, report=row)
            except ValidationError as error:
                ctx.log(f"{row}: {' '.join(error.messages)}", "warning")


def _owners() -> list[Any]:
    from chappe.apps.parties.models import Operator  # sellers, by what they have issued

    keys = set(Invoice.objects.exclude(number=None).order_by().values_list("owner", flat=True).distinct())
    sellers: list[Any] = list(Operator.objects.filter(pk__in=[key for key in keys if key is not None]).order_by("pk"))
    return ([None] if None in keys else []) + sellers
