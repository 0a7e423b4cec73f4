"""What invoicing hangs on the page of an invoice: its files, its mails, its life on the platform."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext_lazy as _

from chappe.apps.billing import panels
from chappe.apps.billing.models import Invoice
from chappe.apps.invoicing import mailing, queries
from chappe.apps.invoicing.access import AREA
from chappe.apps.invoicing.models import Deposit, IssuedFile, Production
from chappe.connectors.einvoice.production import PDF, UBL, XLSX
from chappe.core.einvoice.statuses import REFUSED, REJECTED
from chappe.kit.access.door import Level, may_touch, visible_to
from chappe.kit.mail.models import Message
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Panel

TONES = {"waiting": "run", "ready": "ok", "blocked": "bad", "failed": "bad"}
MAIL_TONES = {
    "held": "wait",
    "queued": "run",
    "sending": "run",
    "sent": "ok",
    "failed": "bad",
    "bounced": "bad",
    "cancelled": "new",
}


def url(name: str, invoice: Invoice, **more: Any) -> str:
    return registry.url(f"invoicing.{name}", pk=invoice.pk, **more)


def files(invoice: Invoice, user: Any) -> dict[str, Any]:
    """The files with their downloads, what the rules said, and the mails that left."""
    row = queries.production_of(invoice)
    kept = queries.files_of(invoice)
    has = {file.kind for file in kept}
    extra = [kind for kind in (UBL, XLSX) if kind not in has and row is not None and row.is_ready]
    if not invoice.document.get("calls_total"):
        extra = [kind for kind in extra if kind != XLSX]
    return {
        "invoice": invoice,
        "row": row,
        "tone": TONES[row.state] if row else "new",
        "sentences": row.sentences() if row else [],
        "files": [(file, url("file", invoice, kind=file.kind)) for file in kept],
        "extra": [(IssuedFile.Kind(kind).label, url("file", invoice, kind=kind)) for kind in extra],
        "preview": url("preview", invoice),
        "may_write": may_touch(user, invoice, Level.WRITE),
        "produce": url("act", invoice, verb="produce"),
        "running": row is not None and row.state == Production.State.WAITING,
        "here": registry.object_url(invoice),
        "issued": bool(invoice.number),
    }


def mails(invoice: Invoice, user: Any) -> dict[str, Any]:
    """Mails about the invoice, the last first, and the button to send it."""
    about = ContentType.objects.get_for_model(Invoice)
    rows = Message.objects.filter(about_type=about, about_pk=str(invoice.pk)).order_by("-pk")[:10]
    return {
        "mails": [(mail, MAIL_TONES.get(mail.state, "new"), mail.get_state_display()) for mail in rows],
        "send": url("send", invoice) if may_touch(user, invoice, Level.WRITE) else "",
        "why_not": mailing.why_not(invoice),
    }


def platform(invoice: Invoice, user: Any) -> dict[str, Any]:
    """The deposits with every status told, and the verbs."""
    rows = visible_to(user, Deposit).filter(invoice=invoice).prefetch_related("statuses").order_by("-pk")
    last = rows.first()
    is_company = bool(invoice.document.get("buyer", {}).get("siren"))
    return {
        "deposits": rows,
        "may_write": may_touch(user, invoice, Level.WRITE),
        "deposit": url("act", invoice, verb="deposit") if last is None or last.status in {REFUSED, REJECTED} else "",
        "poll": url("act", invoice, verb="poll") if last is not None and not last.is_over else "",
        "why_not": mailing.why_not(invoice),
        "is_company": is_company,
    }


def preview_button(invoice: Invoice, user: Any) -> tuple[Any, str, str] | None:
    """See the PDF, of a draft too."""
    if not invoice.document:
        return None
    return (_("See the PDF"), url("preview", invoice), "file-text")


def download_button(invoice: Invoice, user: Any) -> tuple[Any, str, str] | None:
    row = queries.production_of(invoice)
    return (_("Download"), url("file", invoice, kind=PDF), "download") if row is not None and row.is_ready else None


def hang() -> None:
    """Put the cards and buttons on the page of an invoice. Twice is once."""
    for panel in CARDS:
        panels.add(panel)
    panels.button(preview_button)
    panels.button(download_button)


CARDS = (
    Panel(title=_("Files"), icon="files", template="invoicing/panel_files.html", context=files),
    Panel(title=_("Mails"), icon="mail", template="invoicing/panel_mails.html", context=mails, aside=True),
    Panel(
        title=_("Platform"),
        icon="building-broadcast-tower",
        template="invoicing/panel_platform.html",
        context=platform,
        aside=True,
    ),
)
__all__ = ["AREA", "CARDS", "hang"]
hang()
