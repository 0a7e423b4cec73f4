"""Screens of payments: mandates, collections, payments, bank statements, reminders; and the pages beside them."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.payments import (
    actions,
    bank_screens,
    forms,
    mandates,
    pages,
    panels,
    services,
    splitting,
    table_pages,
    topping,
)
from chappe.apps.payments.access import AREA
from chappe.apps.payments.models import Allocation, Collection, Debit, Mandate, MandateVersion, Payment
from chappe.kit.access.door import Level
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Action, Chip, Column, Kind, Menu, Page, Panel, Related, Scope, Screen, Tone

SECTION = "payments"
registry.menu_section(SECTION, _("Payments"), 65)

MANDATES = {"draft": Tone.NEW, "active": Tone.OK, "suspended": Tone.WAIT, "revoked": Tone.BAD, "lapsed": Tone.BAD}
COLLECTIONS = {
    "draft": Tone.NEW, "file": Tone.WAIT, "sent": Tone.RUN, "settled": Tone.OK, "refused": Tone.BAD, "cancelled": Tone.WARN,
}  # fmt: skip
DEBITS = {
    "planned": Tone.NEW,
    "sent": Tone.RUN,
    "paid": Tone.OK,
    "rejected": Tone.BAD,
    "returned": Tone.BAD,
    "removed": Tone.WARN,
}
KINDS = {"payment": Tone.OK, "top_up": Tone.OK, "refund": Tone.WARN, "rejection": Tone.BAD, "reversal": Tone.WARN}


def _not_from(state: str) -> Any:
    return lambda mandate, _user: mandates.why_not(mandate, state)


def _from(*states: str) -> Any:
    return lambda row, _user: row.state in states


registry.register(
    Screen(
        slug="payments.payment",
        model=Payment,
        label=_("Payments"),
        label_one=_("Payment"),
        area=AREA,
        menu=Menu(section=SECTION, icon="cash", order=60),
        intro=_("Money that came in and went back. A row never changes: a mistake is cancelled by an opposite one."),
        empty=_("No payment yet. Record one, or send a statement of the bank in: its movements become payments."),
        rows=lambda rows, _user: rows.select_related("customer", "owner", "recorded_by"),
        columns=(
            Column(name="reference", label=_("Reference"), kind=Kind.REF, source="reference", second="label"),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="day", label=_("Day"), kind=Kind.DATE),
            Column(name="amount", label=_("Amount"), kind=Kind.MONEY),
            Column(name="kind", label=_("Kind"), kind=Kind.STATE, choices=Payment.Kind.choices, tones=KINDS),
            Column(name="means", label=_("Means"), kind=Kind.STATE, choices=Payment.Means.choices, tones=dict.fromkeys(Payment.Means.values, Tone.NEW)),
            Column(name="recorded_at", label=_("Recorded"), kind=Kind.DATETIME, shown=False),
            Column(name="recorded_by", label=_("By"), source="recorded_by__username", shown=False),
            Column(name="label", label=_("Label"), shown=False),
            Column(name="owner", label=_("Operator"), source="owner__name", shown=False),
        ),
        chips=(
            Chip(name="top-ups", label=_("Top-ups"), where=lambda user: Q(kind="top_up")),
            Chip(name="came", label=_("Came in"), where=lambda user: Q(amount__gt=0)),
            Chip(name="back", label=_("Went back"), where=lambda user: Q(amount__lt=0)),
        ),
        search=("reference", "label", "customer__name", "customer__number"),
        ordering=("-day", "-pk"),
        head="__str__",
        state="kind",
        subtitle=lambda payment: payment.customer.name,
        panels=(
            Panel(title=_("What it pays"), icon="file-invoice", template="payments/parts.html", context=panels.parts),
            Panel(title=_("Course"), icon="clock", aside=True, columns=("customer", "day", "amount", "means", "reference", "label", "recorded_at", "recorded_by")),
        ),
        fields=("customer", "day", "amount", "means", "reference", "label"),
        create=actions.create_payment,
        actions=(
            Action(
                name="cancel", label=_("Cancel the payment"), perform=actions.cancel_payment, icon="arrow-back-up", danger=True, level=Level.ADMIN,
                form=forms.WhyForm, why_not=lambda payment, _user: services.why_not_cancel(payment),
                confirm=_("An opposite row is written, and the journal keeps both. Cancel it?"),
                offered=lambda payment, _user: services.why_not_cancel(payment) is None,
            ),
            Action(name="free", label=_("Take back from an invoice"), perform=actions.free, icon="unlink", form=forms.NumberForm,
                   offered=lambda payment, _user: payment.allocations.exists()),
            Action(name="allocate", label=_("Allocate to an invoice"), perform=actions.allocate, icon="link", form=forms.InvoiceForm, primary=True,
                   offered=lambda payment, _user: panels.left_of(payment) > 0),
        ),
        page_links=(pages.upload_link,),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="payments.allocation",
        model=Allocation,
        label=_("Allocations"),
        label_one=_("Allocation"),
        area=AREA,
        columns=(
            Column(name="payment", label=_("Payment"), kind=Kind.LINK),
            Column(name="invoice", label=_("Invoice"), kind=Kind.LINK),
            Column(name="amount", label=_("Amount"), kind=Kind.MONEY),
            Column(name="recorded_at", label=_("Recorded"), kind=Kind.DATETIME),
        ),
        search=("invoice__number", "payment__reference"),
        rows=lambda rows, _user: rows.select_related("payment", "invoice"),
        empty=_("No payment was allocated yet."),
        history=False,
    )
)

registry.register(
    Screen(
        slug="payments.mandate",
        model=Mandate,
        label=_("SEPA mandates"),
        label_one=_("SEPA mandate"),
        area=AREA,
        menu=Menu(section=SECTION, icon="signature", order=70),
        intro=_("The right to debit a customer’s account. A change of account or of reference is told to the bank with the next debit."),
        empty=_("No mandate yet. Open one for a customer who chose to be debited."),
        rows=lambda rows, _user: rows.select_related("customer", "owner", "proof"),
        columns=(
            Column(name="rum", label=_("Reference (RUM)"), kind=Kind.REF),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="iban_masked", label=_("Account")),
            Column(name="state", label=_("State"), kind=Kind.STATE, choices=Mandate.State.choices, tones=MANDATES),
            Column(name="scheme", label=_("Scheme")),
            Column(name="signed_on", label=_("Signed on"), kind=Kind.DATE),
            Column(name="last_used", label=_("Last debit"), kind=Kind.DATE),
            Column(name="iban", label=_("IBAN"), kind=Kind.SECRET, shown=False),
            Column(name="bic", label=_("BIC"), shown=False),
            Column(name="holder", label=_("Holder of the account"), shown=False),
            Column(name="signed_at_place", label=_("Signed at"), shown=False),
            Column(name="notice_days", label=_("Days of notice"), kind=Kind.NUMBER, shown=False),
            Column(name="is_one_off", label=_("For one debit only"), kind=Kind.BOOL, shown=False),
            Column(name="version", label=_("Version"), kind=Kind.NUMBER, shown=False),
            Column(name="first_used", label=_("First debit"), kind=Kind.DATE, shown=False),
            Column(name="ended_on", label=_("Ended on"), kind=Kind.DATE, shown=False),
            Column(name="end_reason", label=_("Why it ended"), shown=False),
            Column(name="owner", label=_("Operator"), source="owner__name", shown=False),
        ),
        scopes=(
            Scope(name="active", label=pgettext_lazy("mandates", "Active"), where=Q(state="active")),
            Scope(name="waiting", label=pgettext_lazy("mandates", "To sign or suspended"), where=Q(state__in=["draft", "suspended"])),
            Scope(name="ended", label=pgettext_lazy("mandates", "Ended"), where=Q(state__in=["revoked", "lapsed"])),
            Scope(name="all", label=_("All")),
        ),
        search=("rum", "customer__name", "customer__number", "holder"),
        state="state",
        subtitle=lambda mandate: mandate.customer.name,
        panels=(
            Panel(title=_("Account"), icon="building-bank", columns=("iban_masked", "iban", "bic", "holder", "customer")),
            Panel(title=_("Signature"), icon="signature", template="payments/mandate.html", context=panels.mandate),
            Panel(title=_("Course"), icon="clock", aside=True, columns=("scheme", "signed_on", "signed_at_place", "notice_days", "is_one_off", "version", "first_used", "last_used", "ended_on", "end_reason")),
        ),
        related=(
            Related(screen="payments.debit", path="mandate", label=_("Debits")),
            Related(screen="payments.version", path="mandate", label=_("Earlier versions")),
        ),
        fields=("customer", "iban", "bic", "holder", "scheme", "rum", "signed_on", "signed_at_place", "notice_days", "is_one_off"),
        form=forms.MandateForm,
        create=mandates.create,
        update=mandates.update,
        actions=(
            Action(name="revoke", label=_("Revoke"), perform=actions.mover("revoked", _("The mandate is revoked: it debits no more.")), icon="ban", danger=True,
                   form=forms.WhyForm, why_not=_not_from("revoked"), offered=_from("draft", "active", "suspended")),
            Action(name="suspend", label=_("Suspend"), perform=actions.mover("suspended", _("The mandate is suspended.")), icon="player-pause",
                   form=forms.WhyForm, why_not=_not_from("suspended"), offered=_from("active")),
            Action(name="resume", label=_("Resume"), perform=actions.mover("active", _("The mandate is active again.")), icon="player-play",
                   why_not=_not_from("active"), offered=_from("suspended")),
            Action(name="sign", label=_("Signed"), perform=actions.sign, icon="signature", primary=True, form=forms.SignForm, offered=_from("draft")),
        ),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="payments.version",
        model=MandateVersion,
        label=_("Versions of mandates"),
        label_one=_("Version of a mandate"),
        area=AREA,
        columns=(
            Column(name="rum", label=_("Reference (RUM)"), kind=Kind.REF),
            Column(name="mandate", label=_("SEPA mandate"), kind=Kind.LINK),
            Column(name="version", label=_("Version"), kind=Kind.NUMBER),
            Column(name="iban_masked", label=_("Account")),
            Column(name="iban", label=_("IBAN"), kind=Kind.SECRET, shown=False),
            Column(name="signed_on", label=_("Signed on"), kind=Kind.DATE),
            Column(name="until", label=_("Until"), kind=Kind.DATETIME),
        ),
        search=("rum",),
        rows=lambda rows, _user: rows.select_related("mandate"),
        empty=_("No mandate has changed since it was first used."),
        history=False,
    )
)

registry.register(
    Screen(
        slug="payments.collection",
        model=Collection,
        label=_("SEPA collections"),
        label_one=_("SEPA collection"),
        area=AREA,
        menu=Menu(section=SECTION, icon="building-bank", order=72),
        intro=_("Debits given to the bank together. Draft, file, sent, settled; what the bank rejects opens its invoice again."),
        empty=_("No collection yet. Propose one: every open invoice of customers paid by direct debit is gathered."),
        rows=lambda rows, _user: rows.select_related("brand", "owner", "stored"),
        columns=(
            Column(name="message_id", label=_("Message"), kind=Kind.REF),
            Column(name="collect_on", label=_("Day of the debit"), kind=Kind.DATE),
            Column(name="state", label=_("State"), kind=Kind.STATE, choices=Collection.State.choices, tones=COLLECTIONS),
            Column(name="brand", label=_("Creditor"), kind=Kind.LINK),
            Column(name="scheme", label=_("Scheme")),
            Column(name="number", label=_("Debits"), kind=Kind.NUMBER),
            Column(name="total", label=_("Total"), kind=Kind.MONEY),
            Column(name="created_at", label=_("Created"), kind=Kind.DATETIME, shown=False),
            Column(name="made_at", label=_("File made"), kind=Kind.DATETIME, shown=False),
            Column(name="sent_at", label=_("Sent"), kind=Kind.DATETIME, shown=False),
            Column(name="owner", label=_("Operator"), source="owner__name", shown=False),
        ),
        scopes=(
            Scope(name="open", label=_("In progress"), where=Q(state__in=["draft", "file", "sent"])),
            Scope(name="done", label=_("Ended"), where=Q(state__in=["settled", "refused", "cancelled"])),
            Scope(name="all", label=_("All")),
        ),
        search=("message_id",),
        head="__str__",
        state="state",
        panels=(
            Panel(title=_("What to do now"), icon="flag", template="payments/collection.html", context=panels.collection),
            Panel(title=_("Course"), icon="clock", aside=True, columns=("brand", "scheme", "collect_on", "number", "total", "created_at", "made_at", "sent_at")),
        ),
        related=(Related(screen="payments.debit", path="collection", label=_("Debits"), limit=20),),
        fields=("brand", "collect_on", "scheme"),
        create=actions.create_collection,
        actions=(
            Action(name="undo", label=pgettext_lazy("a collection", "Undo"), perform=actions.undo_collection, icon="arrow-back-up", danger=True, form=forms.WhyForm, offered=_from("draft", "file")),
            Action(name="settle", label=_("The bank paid"), perform=actions.settle, icon="check", primary=True, form=forms.SettleForm, offered=_from("sent")),
            Action(name="sent", label=_("Given to the bank"), perform=actions.mark_sent, icon="send", primary=True, offered=_from("file"),
                   confirm=_("Did you give the file to the bank? From then on its debits are under way.")),
            Action(name="file", label=_("Make the file"), perform=actions.make_file, icon="file-code", primary=True, offered=_from("draft")),
        ),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="payments.debit",
        model=Debit,
        label=_("Debits"),
        label_one=_("Debit"),
        area=AREA,
        columns=(
            Column(name="end_to_end", label=_("Reference"), kind=Kind.REF),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="invoice", label=_("Invoice"), kind=Kind.LINK),
            Column(name="amount", label=_("Amount"), kind=Kind.MONEY),
            Column(name="sequence", label=_("Sequence")),
            Column(name="state", label=_("State"), kind=Kind.STATE, choices=Debit.State.choices, tones=DEBITS),
            Column(name="reason_words", label=_("Reason of the bank"), sortable=False),
            Column(name="reason", label=_("Code"), shown=False),
            Column(name="mandate", label=_("SEPA mandate"), kind=Kind.LINK, shown=False),
            Column(name="collection", label=_("SEPA collection"), kind=Kind.LINK, shown=False),
        ),
        scopes=(
            Scope(name="all", label=_("All")),
            Scope(name="trouble", label=_("Rejected or returned"), where=Q(state__in=["rejected", "returned"])),
        ),
        search=("end_to_end", "customer__name"),
        rows=lambda rows, _user: rows.select_related("customer", "invoice", "mandate", "collection"),
        state="state",
        empty=_("No debit yet: propose a collection."),
        actions=(
            Action(name="remove", label=_("Take out"), perform=actions.remove_debit, icon="x", bulk=True, danger=True,
                   offered=lambda debit, _user: debit.state == "planned" and debit.collection.state == "draft"),
            Action(name="back", label=_("The bank did not pay"), perform=actions.take_back, icon="arrow-back-up", danger=True, form=forms.ReturnForm,
                   offered=_from("sent", "paid")),
        ),
    )
)  # fmt: skip

_PAGES = (
    ("payments.upload", "payments/upload/", pages.upload, _("Send a file of the bank in"), Level.WRITE, None),
    (
        "payments.unpaid",
        "payments/unpaid/",
        pages.unpaid,
        _("Unpaid invoices"),
        Level.READ,
        Menu(section=SECTION, icon="alarm", order=58),
    ),
    ("payments.unpaid-csv", "payments/unpaid.csv", pages.unpaid_csv, _("Unpaid invoices"), Level.READ, None),
    ("payments.account", "payments/account/<int:pk>/", pages.account, _("Account of a customer"), Level.READ, None),
    ("payments.refund", "payments/account/<int:pk>/refund/", pages.refund, _("Refund a customer"), Level.ADMIN, None),
    ("payments.top-up", "payments/account/<int:pk>/top-up/", topping.top_up, _("Top-up"), Level.WRITE, None),
    ("payments.receipt", "payments/payment/<int:pk>/receipt/", topping.receipt, _("Receipt"), Level.READ, None),
    ("payments.columns", "payments/columns/", table_pages.columns, _("Columns of a bank"), Level.WRITE, None),
    (
        "payments.split",
        "payments/payment/<int:pk>/split/",
        splitting.split_payment,
        _("Share a payment"),
        Level.WRITE,
        None,
    ),
    (
        "payments.split-movement",
        "payments/movement/<int:pk>/split/",
        splitting.split_movement,
        _("Share a movement"),
        Level.WRITE,
        None,
    ),
    ("payments.propose", "payments/reminders/propose/", pages.propose, _("Propose reminders"), Level.WRITE, None),
    (
        "payments.file",
        "payments/collection/<int:pk>/file/",
        pages.collection_file,
        _("File of a collection"),
        Level.WRITE,
        None,
    ),
    ("payments.proof", "payments/mandate/<int:pk>/proof/", pages.proof, _("Signed mandate"), Level.READ, None),
)
for _slug, _path, _view, _label, _level, _menu in _PAGES:
    registry.page(Page(slug=_slug, path=_path, view=_view, label=_label, area=AREA, level=_level, menu=_menu))

bank_screens.register()
panels.hang()
