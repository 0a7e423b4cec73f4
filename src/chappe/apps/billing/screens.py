"""Screens of billing: runs, invoices, the journal. Those of the catalogue stand in catalogue.py."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.billing import actions, catalogue, crediting, forms, live, pages, services  # noqa: F401 - catalogue registers its own
from chappe.apps.billing import panels as billing_panels
from chappe.apps.billing.access import AREA
from chappe.apps.billing.models import Archive, BilledLine, Invoice, JournalEntry, Parked, Run
from chappe.apps.customers import panels as customer_panels
from chappe.kit.access.door import Level
from chappe.kit.screens import registry
from chappe.kit.screens.declare import (
    Action,
    Chip,
    Column,
    FilterKind,
    Kind,
    Menu,
    Page,
    Panel,
    Related,
    Scope,
    Screen,
    Tone,
)

SECTION = "billing"
registry.menu_section(SECTION, _("Billing"), 60)

RUN_TONES = {
    "draft": Tone.NEW, "computing": Tone.RUN, "ready": Tone.WAIT, "checked": Tone.OK, "freezing": Tone.RUN, "frozen": Tone.OK,
    "sent": Tone.OK, "cancelled": Tone.NEW, "failed": Tone.BAD,
}  # fmt: skip
INVOICE_TONES = {"draft": Tone.WAIT, "excluded": Tone.NEW, "issued": Tone.OK}
KIND_TONES = {"380": Tone.NEW, "381": Tone.WARN, "384": Tone.RUN}
ADMIN = int(Level.ADMIN)


def _light(rows: QuerySet, _user: Any) -> QuerySet:
    """A list does not read the documents."""
    return rows.defer("document").select_related("customer", "run", "series")


registry.register(
    Screen(
        slug="billing.run",
        model=Run,
        label=_("Billing runs"),
        label_one=_("Billing run"),
        area=AREA,
        menu=Menu(section=SECTION, icon="player-play", order=10),
        intro=_("The invoices of a month, prepared together: computed, looked at, then issued."),
        scopes=(
            Scope(name="open", label=_("In hand"), where=~Q(state__in=["frozen", "sent", "cancelled"])),
            Scope(name="issued", label=pgettext_lazy("runs", "Issued"), where=Q(state__in=["frozen", "sent"])),
            Scope(name="all", label=_("See all")),
        ),
        columns=(
            Column(name="name", label=_("Run"), kind=Kind.REF),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=RUN_TONES),
            Column(name="month", label=_("Month"), kind=Kind.DATE),
            Column(name="issue_date", label=_("Date of the invoices"), kind=Kind.DATE),
            Column(name="invoices_count", label=_("Invoices"), kind=Kind.NUMBER),
            Column(name="parked_count", label=pgettext_lazy("customers", "Parked"), kind=Kind.NUMBER),
            Column(name="net", label=_("Excl. VAT"), kind=Kind.MONEY),
            Column(name="gross", label=_("Incl. VAT"), kind=Kind.MONEY),
            Column(name="lookback", label=_("Months looked back"), kind=Kind.NUMBER, shown=False),
            Column(name="computed_at", label=_("Computed"), kind=Kind.DATETIME, shown=False),
            Column(name="checked_at", label=_("Checked at"), kind=Kind.DATETIME, shown=False),
            Column(name="frozen_at", label=_("Issued at"), kind=Kind.DATETIME, shown=False),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
        ),
        search=("name",),
        state="state",
        panels=(
            Panel(title=_("Where it stands"), icon="progress", template="billing/run_state.html", context=pages.state),
            Panel(title=_("To look at first"), icon="alert-triangle", template="billing/findings.html", context=pages.findings),
            Panel(title=_("Parked customers"), icon="player-pause", aside=True, template="billing/waiting.html", context=pages.waiting),
            Panel(title=_("The run"), icon="calendar", aside=True, columns=("month", "issue_date", "lookback", "computed_at", "checked_at", "frozen_at")),
        ),
        related=(Related(screen="billing.invoice", path="run", label=_("Invoices"), limit=25),),
        actions=(
            Action(name="check", label=_("Declare checked"), perform=actions.check, icon="checks", why_not=actions.why_not_check, primary=True, confirm=_("You have looked at the anomalies and at some drafts.")),
            Action(
                name="freeze", label=_("Issue the invoices"), perform=actions.freeze, icon="lock", level=ADMIN, why_not=actions.why_not_freeze,
                confirm=_("Every draft takes its number and can no longer change. There is no way back."),
            ),
            Action(name="compute", label=_("Compute again"), perform=actions.compute, icon="refresh", why_not=actions.why_not_compute),
            Action(name="undo", label=_("Undo the run"), perform=actions.undo, icon="arrow-back-up", danger=True, why_not=actions.why_not_undo, confirm=_("Its drafts are thrown away; nothing was billed.")),
        ),
        empty=_("No run yet. Prepare the one of last month: nothing is issued before you say so."),
        page_links=(pages.run_link, pages.control_link),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="billing.invoice",
        model=Invoice,
        label=_("Invoices"),
        label_one=_("Invoice"),
        area=AREA,
        rows=_light,
        menu=Menu(section=SECTION, icon="file-invoice", order=20),
        scopes=(
            Scope(name="issued", label=pgettext_lazy("invoices", "Issued"), where=Q(state="issued")),
            Scope(name="draft", label=_("Drafts"), where=Q(state="draft")),
            Scope(name="excluded", label=_("Left out"), where=Q(state="excluded")),
            Scope(name="all", label=_("See all")),
        ),
        chips=(
            Chip(name="credit", label=_("Credit notes"), where=lambda user: Q(kind="381")),
            Chip(name="dear", label=_("Over 1,000 €"), where=lambda user: Q(gross__gte=1_000_000_000_000)),
            Chip(name="no-calls", label=_("Without communications"), where=lambda user: Q(communications=0)),
            Chip(name="no-subscription", label=_("Without subscription"), where=lambda user: Q(subscriptions=0)),
        ),
        columns=(
            Column(name="number", label=_("Number"), kind=Kind.REF, source="__str__", order_by="number"),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=INVOICE_TONES),
            Column(name="kind", label=_("Kind"), kind=Kind.STATE, tones=KIND_TONES),
            Column(name="issue_date", label=_("Date"), kind=Kind.DATE),
            Column(name="due_date", label=_("Due date"), kind=Kind.DATE),
            Column(name="net", label=_("Excl. VAT"), kind=Kind.MONEY),
            Column(name="tax", label=_("VAT"), kind=Kind.MONEY, shown=False),
            Column(name="gross", label=_("Incl. VAT"), kind=Kind.MONEY),
            Column(name="subscriptions", label=_("Subscriptions"), kind=Kind.MONEY, shown=False),
            Column(name="communications", label=_("Communications"), kind=Kind.MONEY, shown=False),
            Column(name="others", label=_("Other amounts"), kind=Kind.MONEY, shown=False),
            Column(name="calls", label=_("Calls"), kind=Kind.NUMBER, shown=False),
            Column(name="seconds", label=_("Duration"), kind=Kind.DURATION, shown=False),
            Column(name="month", label=_("Month"), kind=Kind.DATE, shown=False),
            Column(name="run", label=_("Run"), kind=Kind.LINK, shown=False),
            Column(name="series", label=_("Series of numbers"), kind=Kind.LINK, shown=False),
            Column(name="reason", label=_("Reason"), shown=False),
            Column(name="issued_at", label=_("Issued at"), kind=Kind.DATETIME, shown=False),
            Column(name="sha256", label=_("Fingerprint"), kind=Kind.REF, filter=FilterKind.EXACT, shown=False),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
        ),
        search=("number", "customer__name", "customer__number"),
        ordering=("-issue_date", "-pk"),
        state="state",
        subtitle=lambda invoice: f"{invoice.get_kind_display()} · {invoice.customer.name}",
        panels=live.Live(
            (
                Panel(title=_("Document"), icon="file-invoice", template="billing/face.html", context=pages.face),
                Panel(title=_("To pay"), icon="coin-euro", aside=True, template="billing/totals.html", context=pages.totals),
                Panel(title=_("Communications"), icon="phone", template="billing/communications.html", context=pages.communications),
                Panel(title=_("Last twelve months"), icon="chart-bar", aside=True, template="billing/year.html", context=pages.year),
                Panel(title=_("Journal"), icon="shield-check", aside=True, template="billing/entry.html", context=pages.entry),
            )
        ),
        related=(Related(screen="billing.invoice", path="preceding", label=_("Corrections")),),
        actions=(
            Action(name="issue", label=_("Issue"), perform=actions.issue, icon="lock", level=ADMIN, primary=True, offered=actions.is_single, why_not=actions.why_not_issue, confirm=_("It takes its number and can no longer change.")),
            Action(name="add-line", label=_("Add a line"), perform=actions.add_line, icon="plus", form=forms.LineOfInvoiceForm, offered=actions.is_draft),
            Action(name="note", label=_("Write a note"), perform=actions.set_note, icon="note", form=forms.NoteForm, offered=actions.is_draft),
            Action(name="exclude", label=_("Leave out"), perform=actions.exclude, icon="square-x", bulk=True, offered=actions.is_of_run),
            Action(name="include", label=_("Take back"), perform=actions.include, icon="square-check", bulk=True, offered=actions.is_left_out),
            Action(name="park", label=_("Put aside"), perform=actions.park, icon="player-pause", form=forms.ParkForm, offered=actions.is_of_run),
            Action(name="credit", label=_("Credit the whole"), perform=actions.credit, icon="receipt-refund", level=ADMIN, form=forms.CreditForm, offered=actions.may_credit),
            Action(name="correct", label=_("Corrected invoice"), perform=actions.correct, icon="pencil", level=ADMIN, form=forms.AmendForm, offered=actions.may_credit),
            Action(name="throw-away", label=_("Throw away"), perform=actions.throw_away, icon="trash", danger=True, offered=actions.is_single, confirm=_("The draft goes for good.")),
        ),
        empty=_("No invoice yet. Prepare a run, or make one by hand."),
        page_links=(pages.invoice_link, pages.control_link),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="billing.line",
        model=BilledLine,
        label=_("Lines of invoices"),
        label_one=_("Line of an invoice"),
        area=AREA,
        rows=lambda rows, user: rows.select_related("invoice", "customer"),
        columns=(
            Column(name="label", label=_("Label"), kind=Kind.REF),
            Column(name="invoice", label=_("Invoice"), kind=Kind.LINK),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="section", label=_("Section"), kind=Kind.STATE, tones=dict.fromkeys(BilledLine.Section, Tone.NEW)),
            Column(name="quantity", label=_("Quantity"), kind=Kind.NUMBER),
            Column(name="price", label=_("Price"), kind=Kind.MONEY),
            Column(name="net", label=_("Excl. VAT"), kind=Kind.MONEY),
            Column(name="vat_rate", label=_("Rate of VAT"), shown=False),
            Column(name="vat_category", label=_("VAT category"), shown=False),
            Column(name="period_from", label=_("From"), kind=Kind.DATE),
            Column(name="period_to", label=_("Until"), kind=Kind.DATE),
            Column(name="line_number", label=_("Line")),
            Column(name="calls", label=_("Calls"), kind=Kind.NUMBER, shown=False),
            Column(name="seconds", label=_("Duration"), kind=Kind.DURATION, shown=False),
            Column(name="is_manual", label=_("By hand"), kind=Kind.BOOL),
            Column(name="is_removed", label=_("Taken out"), kind=Kind.BOOL),
            Column(name="note", label=_("Note"), shown=False),
            Column(name="key", label=_("Key"), kind=Kind.REF, filter=FilterKind.STARTS, shown=False),
        ),
        search=("label", "line_number", "key"),
        ordering=("-invoice", "position"),
        panels=(Panel(title=_("The line"), icon="list", columns=("label", "section", "quantity", "price", "net", "vat_rate", "period_from", "period_to", "line_number", "note", "key")),),
        actions=(
            Action(name="remove", label=_("Take out"), perform=actions.remove_lines, icon="minus", bulk=True, why_not=actions.why_not_remove, confirm=_("A computed line stays due and comes back in the next run; one by hand goes.")),
            Action(name="restore", label=_("Put back"), perform=actions.restore_lines, icon="plus", offered=actions.is_removed, why_not=actions.why_not_restore),
        ),
        empty=_("No line yet: lines come with invoices."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="billing.parked",
        model=Parked,
        label=_("Parked customers"),
        label_one=_("Parked customer"),
        area=AREA,
        rows=lambda rows, user: rows.select_related("run", "customer"),
        columns=(
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="run", label=_("Run"), kind=Kind.LINK),
            Column(name="sentence", label=_("Why")),
            Column(name="net", label=_("Excl. VAT"), kind=Kind.MONEY),
            Column(name="code", label=_("Code"), kind=Kind.REF, filter=FilterKind.EXACT, shown=False),
        ),
        search=("customer__name", "customer__number"),
        ordering=("-run", "-net"),
        empty=_("Nobody is parked."),
        history=False,
    )
)

registry.register(
    Screen(
        slug="billing.journal",
        model=JournalEntry,
        label=_("Journal of billing"),
        label_one=_("Entry of the journal"),
        area=AREA,
        menu=Menu(section=SECTION, icon="shield-check", order=80),
        intro=_(
            "Invoices, credit notes and payments, each tied to the one before by its fingerprint. The database refuses any change."
        ),
        columns=(
            Column(name="position", label=_("Entry"), kind=Kind.NUMBER),
            Column(name="at", label=_("At"), kind=Kind.DATETIME),
            Column(name="kind", label=_("Kind"), kind=Kind.STATE, tones=dict.fromkeys(JournalEntry.Kind, Tone.NEW)),
            Column(name="reference", label=_("Reference"), kind=Kind.REF, filter=FilterKind.STARTS),
            Column(name="customer_number", label=_("Customer"), filter=FilterKind.EXACT),
            Column(name="amount", label=_("Amount"), kind=Kind.MONEY),
            Column(name="actor_label", label=_("Who")),
            Column(name="sha256", label=_("Fingerprint"), kind=Kind.REF, filter=FilterKind.STARTS, shown=False),
            Column(
                name="previous", label=_("Fingerprint before"), kind=Kind.REF, filter=FilterKind.STARTS, shown=False
            ),
        ),
        search=("reference", "customer_number"),
        ordering=("-pk",),
        head="reference",
        panels=(
            Panel(title=_("Content"), icon="braces", template="billing/content.html"),
            Panel(
                title=_("Chain"),
                icon="link",
                aside=True,
                columns=("position", "at", "actor_label", "previous", "sha256"),
            ),
        ),
        empty=_("The journal is empty: it begins with the first invoice issued."),
        history=False,
        page_links=(pages.verify_link,),
    )
)

registry.register(
    Screen(
        slug="billing.archive",
        model=Archive,
        label=_("Archives of the journal"),
        label_one=_("Archive of the journal"),
        area=AREA,
        menu=Menu(section=SECTION, icon="archive", order=90),
        intro=_("Periods of the journal in files that an inspector can read without Chappe."),
        columns=(
            Column(name="first_day", label=_("From"), kind=Kind.DATE),
            Column(name="last_day", label=_("Until"), kind=Kind.DATE),
            Column(name="entries", label=_("Entries"), kind=Kind.NUMBER),
            Column(name="first_position", label=_("First entry"), kind=Kind.NUMBER, shown=False),
            Column(name="last_position", label=_("Last entry"), kind=Kind.NUMBER, shown=False),
            Column(name="stored", label=_("File"), kind=Kind.LINK),
            Column(name="created_at", label=_("Created"), kind=Kind.DATETIME),
            Column(name="last_sha256", label=_("Fingerprint of the last entry"), kind=Kind.REF, shown=False),
        ),
        panels=(
            Panel(
                title=_("Details"), icon="info-circle",
                columns=("first_day", "last_day", "entries", "first_position", "last_position", "created_at", "last_sha256"),
            ),
            Panel(title=_("The file"), icon="archive", template="billing/archive.html", context=pages.archive_panel, aside=True),
        ),
        ordering=("-last_day", "-pk"),
        empty=_("No archive yet. Archive a month once it is over."),
        page_links=(pages.archive_link,),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="billing.archive-file",
        path="billing/archive/<int:pk>/file/",
        view=pages.archive_file,
        label=_("Archive of the journal"),
        area=AREA,
    )
)

registry.page(
    Page(
        slug="billing.new-run",
        path="billing/prepare/",
        view=pages.new_run,
        label=_("Prepare a run"),
        area=AREA,
        level=2,
    )
)
registry.page(
    Page(
        slug="billing.new-invoice",
        path="billing/new/",
        view=pages.new_invoice,
        label=_("New invoice"),
        area=AREA,
        level=2,
    )
)
registry.page(
    Page(
        slug="billing.new-archive",
        path="billing/archive-period/",
        view=pages.new_archive,
        label=_("Archive a period"),
        area=AREA,
        level=3,
    )
)
registry.page(
    Page(
        slug="billing.invoice-calls",
        path="billing/invoice/<int:pk>/calls/",
        view=pages.invoice_calls,
        label=_("Calls of an invoice"),
        area=AREA,
    )
)
registry.page(
    Page(
        slug="billing.credit-lines", path="billing/invoice/<int:pk>/credit/", view=crediting.credit_lines, label=_("Credit some lines"),
        area=AREA, level=ADMIN,
    )
)  # fmt: skip
billing_panels.button(crediting.credit_button)
registry.page(
    Page(
        slug="billing.checklist", path="billing/control/", view=pages.control, label=_("Control"), area=AREA,
        menu=Menu(section=SECTION, icon="checklist", order=5),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="billing.margin", path="billing/margin/", view=pages.margins, label=_("Margin"), area=AREA,
        menu=Menu(section=SECTION, icon="scale", order=70),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="billing.law", path="billing/law/", view=pages.rules, label=_("VAT and mentions"), area=AREA,
        menu=Menu(section=SECTION, icon="gavel", order=95),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="billing.verify",
        path="billing/verify/",
        view=pages.verified,
        label=_("Verification of the journal"),
        area=AREA,
    )
)

customer_panels.register(
    "billing.year",
    Panel(
        title=_("Invoiced in twelve months"),
        icon="chart-bar",
        aside=True,
        template="billing/year.html",
        context=pages.of_customer,
    ),
    order=20,
)
customer_panels.related(Related(screen="billing.invoice", path="customer", label=_("Invoices")), order=10)
customer_panels.related(Related(screen="billing.purchase", path="customer", label=_("Purchases")), order=20)
customer_panels.related(Related(screen="billing.discount", path="customer", label=_("Discounts")), order=30)
customer_panels.related(Related(screen="billing.purchase", path="line", label=_("Purchases")), order=10, on="line")
