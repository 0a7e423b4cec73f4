"""Cards of the home page: what is overdue, what the bank brought that waits for somebody."""

from typing import Any

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chappe.apps.payments import queries
from chappe.apps.payments.access import AREA
from chappe.apps.payments.models import BankStatement, Debit, Movement, Reminder
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry
from chappe.kit.ui.dashboard import DashboardCard, Size, register
from chappe.kit.ui.formats import money


def overdue(user: Any) -> dict[str, Any] | None:
    """The overdue amount; nothing when nothing was ever billed."""
    _rows, whole = queries.ageing(queries.unpaid(user))
    if whole is None:
        return None
    return {
        "label": _g("Overdue"), "value": money(whole.late), "tone": "bad" if whole.late else "ok", "icon": "alarm",
        "hint": _g("%(total)s open") % {"total": money(whole.total)}, "url": registry.url("payments.unpaid"),
    }  # fmt: skip


def to_do(user: Any) -> dict[str, Any] | None:
    """Statements, movements, rejected debits and reminders that wait for a decision."""
    waiting = visible_to(user, Movement).filter(state="waiting", statement__state__in=["planned", "applied"]).count()
    statements = visible_to(user, BankStatement).filter(state="planned").count()
    reminders = visible_to(user, Reminder).filter(state="proposed").count()
    rejected = visible_to(user, Debit).filter(
        state__in=["rejected", "returned"], collection__state__in=["sent", "settled", "refused"]
    )
    facts = (
        (statements, ngettext("%(n)d statement to apply", "%(n)d statements to apply", statements), "payments.statement", "wait"),
        (waiting, ngettext("%(n)d movement to decide", "%(n)d movements to decide", waiting), "payments.movement", "wait"),
        (reminders, ngettext("%(n)d reminder to send", "%(n)d reminders to send", reminders), "payments.reminder", "wait"),
    )  # fmt: skip
    rows = [
        {"title": text % {"n": number}, "url": registry.url(slug, "list"), "tone": tone}
        for number, text, slug, tone in facts
        if number
    ]
    rows += [
        {
            "title": f"{debit} · {money(debit.amount)}", "second": f"{debit.customer.name} · {debit.reason_words()}",
            "url": registry.object_url(debit), "state": debit.get_state_display(), "tone": "bad",
        }
        for debit in rejected.select_related("customer").order_by("-pk")[:4]
    ]  # fmt: skip
    return {"rows": rows} if rows else None


register(DashboardCard(slug="payments.overdue", area=AREA, context=overdue, order=16, size=Size.TILE))
register(
    DashboardCard(
        slug="payments.todo", area=AREA, context=to_do, order=34, size=Size.HALF, title=_("Payments to handle"), icon="cash",
        url="/payments/unpaid/",
    )
)  # fmt: skip
