"""Screens of invoicing: files and sending of invoices, deposits with the platform, e-reporting, the layout page."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.invoicing import actions, pages, report_layouts
from chappe.apps.invoicing import panels as cards  # noqa: F401 - hangs the cards on the page of an invoice
from chappe.apps.invoicing.access import AREA
from chappe.apps.invoicing.models import Deposit, Production, Report, ReportLayout
from chappe.core.einvoice.statuses import STATUSES
from chappe.kit.access.door import Level
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Action, Chip, Column, Kind, Menu, Page, Panel, Scope, Screen, Tone

SECTION = "billing"
registry.menu_section(SECTION, _("Billing"), 60)

STATE_TONES = {"waiting": Tone.RUN, "ready": Tone.OK, "blocked": Tone.BAD, "failed": Tone.BAD}
STATUS_TONES = {code: Tone(row.tone) for code, row in STATUSES.items()}
REPORT_TONES = {"due": Tone.WAIT, "made": Tone.RUN, "deposited": Tone.OK, "empty": Tone.NEW}


def _whole(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("invoice__customer", "mail", "deposit")


def _with_invoice(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("invoice__customer")


def why(row: Production, _user: Any) -> dict[str, Any]:
    """Every sentence of the rules, with the rule's own words."""
    return {
        "row": row,
        "sentences": row.sentences(),
        "issues": row.issues,
        "invoice_url": registry.object_url(row.invoice),
    }


def life(row: Deposit, _user: Any) -> dict[str, Any]:
    """Every status told, oldest first."""
    return {"statuses": row.statuses.all(), "deposit": row, "invoice_url": registry.object_url(row.invoice)}


def report_files(row: Report, _user: Any) -> dict[str, Any]:
    return {"row": row}


registry.register(
    Screen(
        slug="invoicing.production",
        model=Production,
        label=_("Invoices to send"),
        label_one=_("Files and sending of an invoice"),
        area=AREA,
        rows=_whole,
        menu=Menu(section=SECTION, icon="send", order=22),
        intro=_("Files of each invoice, checked by the official rules, and where they went. What the rules refuse does not leave."),
        scopes=(
            Scope(name="to-send", label=_("To send"), where=Q(state="ready", mail=None, deposit=None)),
            Scope(name="blocked", label=_("Blocked"), where=Q(state__in=["blocked", "failed"])),
            Scope(name="troubled", label=_("Mail came back"), where=Q(mail__state__in=["failed", "bounced"])),
            Scope(name="all", label=_("See all")),
        ),
        chips=(Chip(name="waiting", label=_("Being made"), where=lambda user: Q(state="waiting")),),
        columns=(
            Column(name="invoice", label=_("Invoice"), kind=Kind.REF, source="invoice__number", order_by="invoice__number"),
            Column(name="customer", label=_("Customer"), source="invoice__customer__name"),
            Column(name="issue_date", label=_("Date"), source="invoice__issue_date", kind=Kind.DATE),
            Column(name="gross", label=_("Incl. VAT"), source="invoice__gross", kind=Kind.MONEY),
            Column(name="state", label=_("Files"), kind=Kind.STATE, tones=STATE_TONES),
            Column(name="reason", label=_("Reason"), source="first_sentence", sortable=False),
            Column(name="mail_state", label=_("Mail"), source="mail_state", sortable=False),
            Column(name="platform_state", label=_("Platform"), source="platform_state", sortable=False),
            Column(name="made_at", label=pgettext_lazy("files", "Made"), kind=Kind.DATETIME, shown=False),
            Column(name="attempt", label=_("Attempts"), kind=Kind.NUMBER, shown=False),
        ),
        search=("invoice__number", "invoice__customer__name"),
        ordering=("-invoice__issue_date", "-pk"),
        state="state",
        panels=(
            Panel(title=_("What the rules say"), icon="shield-check", template="invoicing/production_why.html", context=why),
            Panel(title=_("Where it went"), icon="send", aside=True, columns=("customer", "issue_date", "gross", "mail_state", "platform_state", "made_at", "attempt")),
        ),
        actions=(
            Action(name="send", label=_("Send by mail"), icon="mail", perform=actions.send, bulk=True, primary=True, why_not=actions.why_not_send),
            Action(name="deposit", label=_("Deposit with the platform"), icon="building-broadcast-tower", perform=actions.deposit, bulk=True, why_not=actions.why_not_send),
            Action(name="again", label=_("Make again"), icon="refresh", perform=actions.make_again, bulk=True, why_not=actions.why_not_make),
        ),
        empty=_("No invoice has been issued yet. Issue a run: the files appear here by themselves."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="invoicing.deposit",
        model=Deposit,
        label=_("Deposits with the platform"),
        label_one=_("Deposit with the platform"),
        area=AREA,
        rows=_with_invoice,
        menu=Menu(section=SECTION, icon="building-broadcast-tower", order=24),
        scopes=(
            Scope(name="all", label=_("All")),
            Scope(name="open", label=_("Under way"), where=~Q(status__in=[210, 212, 213])),
            Scope(name="troubled", label=_("Refused or rejected"), where=Q(status__in=[207, 208, 210, 213])),
        ),
        columns=(
            Column(name="invoice", label=_("Invoice"), kind=Kind.REF, source="invoice__number", order_by="invoice__number"),
            Column(name="customer", label=_("Customer"), source="invoice__customer__name"),
            Column(name="status", label=_("Status"), kind=Kind.STATE, tones=STATUS_TONES, choices=[(code, _(row.label)) for code, row in STATUSES.items()]),
            Column(name="address", label=_("Electronic address")),
            Column(name="deposited_at", label=pgettext_lazy("a report", "Deposited"), kind=Kind.DATETIME),
            Column(name="asked_at", label=_("Last asked"), kind=Kind.DATETIME, shown=False),
            Column(name="platform", label=_("Platform"), source="platform_label", order_by="platform", shown=False),
            Column(name="reference", label=_("Reference"), shown=False),
            Column(name="problem", label=_("Problem"), shown=False),
        ),
        search=("invoice__number", "invoice__customer__name", "reference"),
        state="status",
        panels=(
            Panel(title=_("Life of the invoice"), icon="timeline", template="invoicing/deposit_life.html", context=life),
            Panel(title=_("Deposit"), icon="building-broadcast-tower", aside=True, columns=("customer", "platform", "reference", "address", "deposited_at", "asked_at", "problem")),
        ),
        actions=(
            Action(name="poll", label=_("Ask for statuses"), icon="refresh", perform=actions.poll, bulk=True, primary=True, why_not=actions.why_not_poll),
        ),
        empty=_("No invoice has been deposited yet. Open an invoice and deposit it with the platform."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="invoicing.report",
        model=Report,
        label=_("E-reporting"),
        label_one=_("E-reporting file"),
        area=AREA,
        menu=Menu(section=SECTION, icon="report", order=26),
        intro=_("Sales to private persons and abroad, and payments of services, told to the tax office period by period. The layout of the file is proposed, not official: it is corrected on its own page."),
        scopes=(
            Scope(name="open", label=_("To do"), where=Q(state__in=["due", "made"])),
            Scope(name="done", label=pgettext_lazy("reports", "Deposited"), where=Q(state="deposited")),
            Scope(name="all", label=_("See all")),
        ),
        chips=(Chip(name="late", label=_("Late"), where=lambda user: Q(due__lt=timezone.localdate(), state__in=["due", "made"])),),
        columns=(
            Column(name="first", label=_("From"), kind=Kind.DATE),
            Column(name="last", label=_("Until"), kind=Kind.DATE),
            Column(name="what", label=_("Kind"), kind=Kind.STATE, tones={"transactions": Tone.NEW, "payments": Tone.NEW}),
            Column(name="due", label=_("Deposit by"), kind=Kind.DATE),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=REPORT_TONES),
            Column(name="rows", label=_("Lines"), kind=Kind.NUMBER),
            Column(name="base", label=_("Excl. VAT"), kind=Kind.MONEY),
            Column(name="tax", label=_("VAT"), kind=Kind.MONEY),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
            Column(name="reference", label=_("Reference")),
            Column(name="deposited_at", label=pgettext_lazy("a report", "Deposited"), kind=Kind.DATETIME, shown=False),
        ),
        search=("reference",),
        ordering=("-first", "what"),
        state="state",
        panels=(
            Panel(title=_("Files"), icon="files", template="invoicing/report_files.html", context=report_files),
            Panel(title=_("Period"), icon="calendar", aside=True, columns=("what", "first", "last", "due", "rows", "base", "tax", "reference", "deposited_at", "owner")),
        ),
        actions=(
            Action(name="make", label=_("Gather again"), icon="refresh", perform=actions.make_report, why_not=actions.why_not_make_report),
            Action(name="deposit", label=_("Deposit"), icon="upload", perform=actions.deposit_report, primary=True, level=Level.ADMIN, why_not=actions.why_not_deposit_report),
        ),
        empty=_("No period is over yet. Rows appear every morning, once the first invoice has been issued."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="invoicing.report-layout",
        model=ReportLayout,
        label=_("Layouts of the e-reporting"),
        label_one=_("Layout of the e-reporting"),
        area=AREA,
        menu=Menu(section=SECTION, icon="table-options", order=27),
        intro=_("Names of elements, codes and days of deposit of the e-reporting files are data. Correct a copy, look at what it gives, then activate it."),
        empty=_("The packaged layout is in force. Add a copy to correct a name, a code, an order or a day of deposit."),
        columns=(
            Column(name="note", label=_("What was corrected")),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones={"draft": Tone.NEW, "active": Tone.OK, "retired": Tone.WAIT}),
            Column(name="created_at", label=_("Written"), kind=Kind.DATETIME),
            Column(name="created_by", label=_("By"), kind=Kind.LINK),
            Column(name="activated_at", label=_("Activated"), kind=Kind.DATETIME),
        ),
        search=("note",),
        ordering=("-created_at",),
        rows=lambda rows, _user: rows.select_related("created_by"),
        state="state",
        form=report_layouts.LayoutForm,
        fields=("note", "text"),
        create=report_layouts.COPIES.create,
        update=report_layouts.COPIES.update,
        delete=report_layouts.COPIES.delete,
        panels=(
            Panel(title=_("A file of this layout"), icon="file-code", template="invoicing/report_layout.html", context=report_layouts.example),
            Panel(title=_("Layout"), icon="table-options", columns=("state", "created_at", "created_by", "activated_at"), aside=True),
        ),
        actions=(
            Action(name="activate", label=_("Activate"), perform=report_layouts.activate, level=Level.ADMIN, icon="check", primary=True,
                   confirm=_("The files made from now on have this layout. Have you looked at its example?"),
                   why_not=report_layouts.COPIES.why_not_activate, offered=lambda row, _user: row.state != "active"),
            Action(name="retire", label=_("Back to the packaged layout"), perform=report_layouts.retire, level=Level.ADMIN, icon="arrow-back-up",
                   confirm=_("The files made from now on have the packaged layout."), why_not=report_layouts.COPIES.why_not_retire, offered=lambda row, _user: row.state == "active"),
        ),
    )
)  # fmt: skip

for page in (
    Page(slug="invoicing.layout", path="invoicing/layout/", view=pages.layout, label=_("Layout of invoices"), area=AREA, menu=Menu(section=SECTION, icon="palette", order=90)),
    Page(slug="invoicing.picture", path="invoicing/layout/picture/", view=pages.picture, label=_("Preview of a layout"), area=AREA),
    Page(slug="invoicing.preview", path="invoicing/invoice/<int:pk>/preview/", view=pages.preview, label=_("Invoice (PDF)"), area=AREA),
    Page(slug="invoicing.file", path="invoicing/invoice/<int:pk>/file/<str:kind>/", view=pages.file, label=_("File of an invoice"), area=AREA),
    Page(slug="invoicing.send", path="invoicing/invoice/<int:pk>/send/", view=pages.send, label=_("Send an invoice"), area=AREA, level=Level.WRITE),
    Page(slug="invoicing.act", path="invoicing/invoice/<int:pk>/act/<str:verb>/", view=pages.act, label=_("Act on an invoice"), area=AREA, level=Level.WRITE),
):  # fmt: skip
    registry.page(page)
