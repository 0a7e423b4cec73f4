"""The card of the home page: mail in trouble. Silent when there is none."""

from typing import Any

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.kit.mail import queries
from chappe.kit.mail.access import AREA
from chappe.kit.mail.models import State
from chappe.kit.screens import registry
from chappe.kit.ui.dashboard import DashboardCard, Size, register

SHOWN = 5


def trouble(user: Any) -> dict[str, Any] | None:
    """Refused and returned mails, then those that should have left, then those that are kept."""
    rows = [
        {
            "title": message.subject,
            "url": registry.object_url(message),
            "second": f"{message.to_text} · {message.answer}"[:160],
            "state": message.get_state_display(),
            "tone": "bad",
        }
        for message in queries.troubled(user)[:SHOWN]
    ]
    late, kept = queries.stuck(user), queries.held(user)
    where = registry.url("mail.message", "list")
    for found, title, second, tone in (
        (late, _g("Mails that should have left"), late.values_list("answer", flat=True).first() or "", "warn"),
        (kept, _g("Mails kept, no mail server being set"), "", "wait"),
    ):
        number = found.count()
        if number:
            rows.append({"title": title, "url": where, "second": second[:160], "value": str(number), "tone": tone})
    return {"rows": rows} if rows else None


register(
    DashboardCard(
        slug="mail.trouble", area=AREA, context=trouble, order=36, size=Size.HALF, title=_("Mail that did not arrive"),
        icon="mail-x", url=f"/mail/message/?state={State.FAILED}",
    )
)  # fmt: skip
