"""Screens of customers: customers, lines, assignments, cost centres, requests for digits, brands; the tree."""

from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.customers import actions, forms, holding, pages, panels, places, services
from chappe.apps.customers.models import Assignment, Brand, CostCentre, Customer, DetailConsent, Line
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

AREA, SECTION = "clients", "clients"
registry.menu_section(SECTION, _("Customers"), 50)

ACTIVE = {
    "choices": [(True, _("active")), (False, _("archived"))],
    "tones": {True: Tone.OK, False: Tone.NEW},
    "kind": Kind.STATE,
    "filter": FilterKind.CHOICE,
}
IN_USE = ACTIVE | {"choices": [(True, _("in use")), (False, _("out of use"))]}
STANDING = (
    Scope(name="active", label=_("Active"), where=Q(active=True)),
    Scope(name="archived", label=_("Archived"), where=Q(active=False)),
    Scope(name="all", label=_("All")),
)


def _with_holder(rows: QuerySet, _user: Any) -> QuerySet:
    """Lines with who holds them today."""
    today = timezone.localdate()
    held = Assignment.objects.filter(line=OuterRef("pk"), starts_on__lte=today)
    held = held.filter(Q(ends_on=None) | Q(ends_on__gte=today)).order_by("-starts_on")
    return rows.annotate(
        held_pk=Subquery(held.values("customer")[:1]),
        held_by=Subquery(held.values("customer__name")[:1]),
        held_number=Subquery(held.values("customer__number")[:1]),
        held_centre=Subquery(held.values("cost_centre__code")[:1]),
    )


registry.register(
    Screen(
        slug="customers.customer",
        model=Customer,
        label=_("Customers"),
        label_one=_("Customer"),
        area=AREA,
        menu=Menu(section=SECTION, icon="building", order=10),
        intro=_("Who is billed: companies, private persons, operators, public bodies, and their services."),
        columns=(
            Column(name="number", label=_("Number"), kind=Kind.REF),
            Column(name="name", label=_("Name")),
            Column(name="kind", label=_("Kind"), kind=Kind.STATE, tones=dict.fromkeys(Customer.Kind, Tone.NEW)),
            Column(name="city", label=_("City")),
            Column(name="postal_code", label=_("Postal code"), shown=False),
            Column(name="line1", label=_("Address"), shown=False),
            Column(name="line2", label=_("Address, continued"), shown=False),
            Column(name="country", label=_("Country"), filter=FilterKind.EXACT, shown=False),
            Column(name="territory", label=_("Territory"), choices=places.CHOICES, filter=FilterKind.CHOICE, shown=False),
            Column(name="service_line1", label=_("Service address"), shown=False),
            Column(name="service_line2", label=_("Service address, continued"), shown=False),
            Column(name="service_postal_code", label=_("Service postal code"), shown=False),
            Column(name="service_city", label=_("Service city"), shown=False),
            Column(name="parent", label=_("Belongs to"), kind=Kind.LINK, shown=False),
            Column(name="siren", label=_("SIREN"), shown=False),
            Column(name="siret", label=_("SIRET"), shown=False),
            Column(name="vat_number", label=_("VAT number"), shown=False),
            Column(name="electronic_address", label=_("Electronic address"), shown=False),
            Column(name="billable", label=_("Billable"), kind=Kind.BOOL),
            Column(name="vat_case", label=_("VAT"), filter=FilterKind.CHOICE, shown=False),
            Column(name="vat_reason", label=_("Why exempt"), shown=False),
            Column(name="reseller", label=_("Resells communications"), kind=Kind.BOOL, shown=False),
            Column(name="arcep_declaration", label=_("ARCEP declaration"), shown=False),
            Column(name="reseller_since", label=_("Reseller since"), kind=Kind.DATE, shown=False),
            Column(name="payment_days", label=_("Days to pay"), kind=Kind.NUMBER, shown=False),
            Column(name="end_of_month", label=_("Then the end of the month"), kind=Kind.BOOL, shown=False),
            Column(name="payment_means", label=_("Paid by"), filter=FilterKind.CHOICE, shown=False),
            Column(name="delivery", label=_("Invoices go"), filter=FilterKind.CHOICE, shown=False),
            Column(name="invoice_emails", label=_("E-mails for invoices"), shown=False),
            Column(name="phone", label=_("Phone"), shown=False),
            Column(name="language", label=_("Language"), filter=FilterKind.CHOICE, shown=False),
            Column(name="timezone", label=_("Time zone"), shown=False),
            Column(name="brand", label=_("Brand"), kind=Kind.LINK, shown=False),
            Column(name="sell_plan", label=_("Tariff plan"), kind=Kind.LINK),
            Column(name="call_detail", label=_("Detail of calls"), kind=Kind.BOOL, shown=False),
            Column(name="order_reference", label=_("Order number"), shown=False),
            Column(name="buyer_reference", label=_("Buyer reference"), shown=False),
            Column(name="service_code", label=_("Service code"), shown=False),
            Column(name="contract", label=_("Contract"), shown=False),
            Column(name="contract_end", label=_("End of contract"), kind=Kind.DATE, shown=False),
            Column(name="blocking_count", label=_("To correct"), kind=Kind.NUMBER, filter=FilterKind.NONE, template="customers/cells/remarks.html", help=_("Remarks that keep an invoice from leaving.")),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
            Column(name="active", label=_("State"), **ACTIVE),
            Column(name="notes", label=_("Notes"), shown=False),
            Column(name="updated_at", label=_("Changed"), kind=Kind.DATETIME, shown=False),
        ),
        scopes=STANDING,
        chips=(
            Chip(name="to-correct", label=_("To correct"), where=lambda user: Q(blocking_count__gt=0, billable=True)),
            Chip(name="not-billed", label=_("Not billed"), where=lambda user: Q(billable=False)),
            Chip(name="resellers", label=_("Resellers"), where=lambda user: Q(reseller=True)),
            Chip(name="no-plan", label=_("Without tariff plan"), where=lambda user: Q(sell_plan=None)),
            Chip(name="overseas", label=_("Outside metropolitan France"), where=lambda user: ~Q(territory="FR")),
            Chip(name="sepa", label=_("By direct debit"), where=lambda user: Q(payment_means="sepa")),
        ),
        search=("number", "name", "city", "siren", "vat_number", "contract"),
        ordering=("name", "number"),
        head="name",
        state="active",
        subtitle=lambda customer: " · ".join(filter(None, [customer.number, str(customer.get_kind_display()), customer.city])),
        panels=panels.Live(
            (
                Panel(title=_("Remarks"), icon="clipboard-check", template="customers/remarks.html", context=pages.remarks),
                Panel(title=_("Identity"), icon="id", columns=("number", "name", "kind", "parent", "siren", "siret", "vat_number", "electronic_address", "phone", "contract", "contract_end")),
                Panel(title=_("Family"), icon="sitemap", aside=True, template="customers/family.html", context=pages.family),
                Panel(title=_("Addresses"), icon="map-pin", columns=("line1", "line2", "postal_code", "city", "country", "territory", "timezone", "service_line1", "service_line2", "service_postal_code", "service_city")),
                Panel(title=_("Billing"), icon="file-invoice", aside=True, columns=("billable", "vat_case", "vat_reason", "reseller", "arcep_declaration", "reseller_since", "brand", "sell_plan", "language", "call_detail")),
                Panel(title=_("Payment and sending"), icon="credit-card", aside=True, columns=("payment_means", "payment_days", "end_of_month", "delivery", "invoice_emails", "order_reference", "buyer_reference", "service_code")),
                Panel(title=_("Notes"), icon="note", aside=True, columns=("notes", "updated_at")),
            ),
            "customer", "panels",
        ),
        related=panels.Live(
            (
                Related(screen="customers.assignment", path="customer", label=_("Lines")),
                Related(screen="customers.customer", path="parent", label=_("Customers that belong to it")),
                Related(screen="customers.cost-centre", path="customer", label=_("Cost centres")),
                Related(screen="customers.consent", path="customer", label=_("Requests for digits")),
            ),
            "customer", "related",
        ),
        fields=(
            "owner", "number", "name", "kind", "parent", "siren", "siret", "vat_number", "electronic_address", "line1", "line2",
            "postal_code", "city", "country", "service_line1", "service_line2", "service_postal_code", "service_city",
            "service_country", "territory_forced", "timezone", "billable", "vat_case", "vat_reason", "reseller", "arcep_declaration",
            "reseller_since", "sell_plan", "brand", "payment_means", "payment_days", "end_of_month", "delivery", "invoice_emails",
            "phone", "language", "call_detail", "order_reference", "buyer_reference", "service_code", "contract", "contract_end",
            "active", "notes",
        ),
        bulk_fields=(
            "kind", "parent", "billable", "vat_case", "sell_plan", "brand", "payment_means", "payment_days", "end_of_month",
            "delivery", "language", "call_detail",
        ),
        create=services.create_customer,
        update=services.update_customer,
        delete=services.delete_customer,
        actions=(
            Action(
                name="end-lines", label=_("End its lines"), perform=actions.end_lines, icon="plug-connected-x", form=forms.LastDayForm,
                why_not=actions.why_not_end,
            ),
            Action(name="proof", label=_("Add a reseller’s proof"), perform=actions.add_reseller_proof, icon="paperclip", form=forms.ProofForm, offered=lambda customer, user: customer.reseller),
            Action(
                name="archive", label=_("Archive"), perform=actions.archive, icon="archive", bulk=True, why_not=actions.why_not_archive,
                confirm=_("It leaves the usual list; its history stays."),
            ),
            Action(
                name="restore", label=_("Restore"), perform=actions.restore, icon="archive-off", bulk=True,
                why_not=actions.why_not_restore, offered=lambda customer, user: not customer.active,
            ),
        ),
        empty=_("No customer yet. Add the first one, or send a file of customers."),
        page_links=(pages.tree_link, pages.import_link),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="customers.line",
        model=Line,
        label=_("Lines"),
        label_one=_("Line"),
        area=AREA,
        menu=Menu(section=SECTION, icon="phone", order=20),
        intro=_("Extensions and numbers, and who holds each of them."),
        rows=_with_holder,
        columns=(
            Column(name="number", label=_("Number"), kind=Kind.REF, second="user_name"),
            Column(name="kind", label=_("Kind"), kind=Kind.STATE, tones=dict.fromkeys(Line.Kind, Tone.NEW)),
            Column(name="held_by", label=_("Customer"), template="customers/cells/holder.html"),
            Column(name="held_number", label=_("Number of the customer"), shown=False),
            Column(name="held_centre", label=_("Cost centre")),
            Column(name="source", label=_("Source"), filter=FilterKind.EXACT),
            Column(name="user_name", label=_("User"), shown=False),
            Column(name="alias", label=_("Fixed DDI (alias)")),
            Column(name="hide_detail", label=_("Never detailed"), kind=Kind.BOOL, shown=False),
            Column(name="active", label=_("State"), **IN_USE),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
            Column(name="notes", label=_("Notes"), shown=False),
            Column(name="updated_at", label=_("Changed"), kind=Kind.DATETIME, shown=False),
        ),
        scopes=(
            Scope(name="active", label=_("In use"), where=Q(active=True)),
            Scope(name="retired", label=_("Out of use"), where=Q(active=False)),
            Scope(name="all", label=_("All")),
        ),
        chips=(
            Chip(name="free", label=_("Held by nobody"), where=lambda user: Q(active=True, held_pk=None)),
            Chip(name="alias", label=_("With an alias"), where=lambda user: ~Q(alias="")),
            Chip(name="hidden", label=_("Never detailed"), where=lambda user: Q(hide_detail=True)),
        ),
        search=("number", "user_name", "alias"),
        ordering=("number", "source"),
        state="active",
        panels=panels.Live(
            (
                Panel(title=_("Who holds it"), icon="users", template="customers/holders.html", context=pages.holders),
                Panel(title=_("Identity"), icon="phone", aside=True, columns=("number", "kind", "user_name", "source", "alias", "hide_detail", "owner")),
                Panel(title=_("Notes"), icon="note", aside=True, columns=("notes", "updated_at")),
            ),
            "line", "panels",
        ),
        related=panels.Live((Related(screen="customers.consent", path="line", label=_("Requests for digits")),), "line", "related"),
        fields=("owner", "number", "kind", "source", "user_name", "alias", "hide_detail", "active", "notes"),
        form=forms.LineForm,
        bulk_fields=("kind", "source", "hide_detail"),
        create=services.create_line,
        update=services.update_line,
        delete=services.delete_line,
        actions=(
            Action(name="move", label=_("Give or move"), perform=actions.move, icon="arrows-exchange", form=forms.MoveForm, bulk=True, primary=True),
            Action(name="close", label=_("Close"), perform=actions.close, icon="calendar-off", form=forms.LastDayForm, why_not=actions.why_not_close),
            Action(
                name="take-back", label=_("Take back"), perform=actions.take_back, icon="arrow-back-up", why_not=actions.why_not_take_back,
                confirm=_("The last assignment is removed and the line returns to who held it before."),
            ),
            Action(name="retire", label=_("Put out of use"), perform=actions.retire, icon="plug-connected-x", form=forms.LastDayForm, bulk=True, why_not=actions.why_not_retire),
            Action(
                name="restore", label=_("Put in use again"), perform=actions.restore_lines, icon="plug-connected", bulk=True,
                why_not=actions.why_not_back, offered=lambda line, user: not line.active,
            ),
        ),
        empty=_("No line yet. Add the first one, or send a file of lines with their customers."),
        page_links=(pages.import_link,),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="customers.assignment",
        model=Assignment,
        label=_("Assignments"),
        label_one=_("Assignment"),
        area=AREA,
        menu=Menu(section=SECTION, icon="calendar-user", order=30),
        intro=_("Who holds which line from which day to which day, both included."),
        columns=(
            Column(name="line", label=_("Line"), kind=Kind.LINK),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="cost_centre", label=_("Cost centre"), kind=Kind.LINK),
            Column(name="starts_on", label=_("From"), kind=Kind.DATE),
            Column(name="ends_on", label=_("Until"), kind=Kind.DATE),
            Column(name="user", source="line__user_name", label=_("User")),
        ),
        scopes=(
            Scope(name="open", label=_("Without end"), where=Q(ends_on=None)),
            Scope(name="closed", label=_("Closed"), where=Q(ends_on__isnull=False)),
            Scope(name="all", label=_("All")),
        ),
        search=("line__number", "line__user_name", "customer__name", "customer__number"),
        ordering=("line__number", "-starts_on"),
        fields=("line", "customer", "cost_centre", "starts_on", "ends_on"),
        create=holding.create_assignment,
        update=holding.update_assignment,
        delete=holding.delete_assignment,
        empty=_("No line is held yet. Open a line and give it to a customer."),
    )
)

registry.register(
    Screen(
        slug="customers.cost-centre",
        model=CostCentre,
        label=_("Cost centres"),
        label_one=_("Cost centre"),
        area=AREA,
        menu=Menu(section=SECTION, icon="chart-treemap", order=40),
        columns=(
            Column(name="code", label=_("Code"), kind=Kind.REF),
            Column(name="name", label=_("Name")),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="active", label=_("State"), **ACTIVE),
        ),
        scopes=STANDING,
        search=("code", "name", "customer__name"),
        ordering=("customer__name", "code"),
        state="active",
        subtitle=lambda centre: centre.customer.name,
        related=(Related(screen="customers.assignment", path="cost_centre", label=_("Lines")),),
        fields=("customer", "code", "name", "active"),
        bulk_fields=("active",),
        create=services.create_cost_centre,
        update=services.update_cost_centre,
        delete=services.delete_cost_centre,
        empty=_("No cost centre yet. They split the cost of a customer by department, site or project."),
    )
)

registry.register(
    Screen(
        slug="customers.consent",
        model=DetailConsent,
        label=_("Requests for digits"),
        label_one=_("Request for digits"),
        area=AREA,
        menu=Menu(section=SECTION, icon="eye-check", order=50),
        intro=_("The last four digits of the numbers called are hidden unless the holder expressly asks: who asked, when, for which line."),
        columns=(
            Column(name="asked_on", label=_("Asked on"), kind=Kind.DATE),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK),
            Column(name="line", label=_("Line"), kind=Kind.LINK),
            Column(name="asked_by", label=_("Asked by")),
            Column(name="withdrawn_on", label=_("Withdrawn on"), kind=Kind.DATE),
            Column(name="proof", label=_("Proof"), kind=Kind.LINK, shown=False),
            Column(name="note", label=_("Note"), shown=False),
            Column(name="recorded_by", label=_("Recorded by"), kind=Kind.LINK, shown=False),
            Column(name="recorded_at", label=_("Recorded"), kind=Kind.DATETIME, shown=False),
        ),
        scopes=(
            Scope(name="open", label=_("In force"), where=Q(withdrawn_on=None)),
            Scope(name="withdrawn", label=_("Withdrawn"), where=Q(withdrawn_on__isnull=False)),
            Scope(name="all", label=_("All")),
        ),
        search=("asked_by", "customer__name", "line__number"),
        ordering=("-asked_on",),
        fields=("customer", "line", "asked_by", "asked_on", "note"),
        create=services.record_consent,
        actions=(
            Action(name="proof", label=_("Add a proof"), perform=actions.add_consent_proof, icon="paperclip", form=forms.ProofForm),
            Action(name="withdraw", label=_("Withdraw"), perform=actions.withdraw, icon="eye-off", form=forms.WithdrawForm, why_not=actions.why_not_withdraw),
        ),
        empty=_("Nobody has asked for the last digits: they are hidden on every document."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="customers.brand",
        model=Brand,
        label=_("Brands"),
        label_one=_("Brand"),
        area=AREA,
        menu=Menu(section=SECTION, icon="brand-abstract", order=60),
        intro=_("The seller as customers see it: identity, bank, colours and texts of the documents."),
        columns=(
            Column(name="name", label=_("Trade name")),
            Column(name="slug", label=_("Code")),
            Column(name="legal_name", label=_("Legal name")),
            Column(name="is_default", label=_("For customers without a brand"), kind=Kind.BOOL),
            *(
                Column(name=name, label=Brand._meta.get_field(name).verbose_name, shown=False)
                for name in (
                    "legal_form", "rcs", "siren", "siret", "vat_number", "electronic_address", "line1", "line2", "postal_code", "city",
                    "country", "email", "phone", "website", "support", "iban", "bic", "ics", "late_rate", "discount_text",
                    "recovery_text", "header_text", "footer_text", "mail_subject", "mail_text", "colour", "accent",
                )
            ),
            Column(name="franchise", label=_("No VAT (CGI 293 B)"), kind=Kind.BOOL, shown=False),
            Column(name="debits_since", label=_("VAT on débits since"), kind=Kind.DATE, shown=False),
            Column(name="vat_regime", label=_("VAT regime"), filter=FilterKind.CHOICE, shown=False),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
            Column(name="active", label=_("State"), **ACTIVE),
        ),
        scopes=STANDING,
        search=("name", "slug", "legal_name", "siren"),
        ordering=("name",),
        state="active",
        panels=(
            Panel(title=_("Remarks"), icon="clipboard-check", template="customers/remarks.html", context=pages.brand_remarks),
            Panel(title=_("Identity"), icon="id", columns=("legal_name", "legal_form", "rcs", "siren", "siret", "vat_number", "electronic_address", "franchise", "debits_since", "vat_regime")),
            Panel(title=_("Address"), icon="map-pin", columns=("line1", "line2", "postal_code", "city", "country", "email", "phone", "website", "support")),
            Panel(title=_("Texts"), icon="note", columns=("late_rate", "discount_text", "recovery_text", "header_text", "footer_text", "mail_subject", "mail_text")),
            Panel(title=_("Look"), icon="palette", aside=True, template="customers/look.html", context=pages.logo),
            Panel(title=_("Bank"), icon="building-bank", aside=True, columns=("iban", "bic", "ics")),
        ),
        fields=(
            "owner", "name", "slug", "is_default", "legal_name", "legal_form", "rcs", "siren", "siret", "vat_number",
            "electronic_address", "line1", "line2", "postal_code", "city", "country", "email", "phone", "website", "support", "iban",
            "bic", "ics", "franchise", "debits_since", "vat_regime", "late_rate", "discount_text", "recovery_text", "header_text", "footer_text",
            "mail_subject", "mail_text", "colour", "accent", "active",
        ),
        bulk_fields=("active",),
        create=services.create_brand,
        update=services.update_brand,
        delete=services.delete_brand,
        actions=(Action(name="logo", label=_("Set the logo"), perform=actions.set_logo, icon="photo", form=forms.LogoForm),),
        empty=_("No brand yet. Invoices need one: who sells, where it is, how it is paid."),
    )
)  # fmt: skip

registry.page(
    Page(
        slug="customers.tree",
        path="customers/tree/",
        view=pages.tree,
        label=_("Hierarchy of customers"),
        area=AREA,
        level=Level.READ,
        menu=Menu(section=SECTION, icon="sitemap", order=70),
    )
)
