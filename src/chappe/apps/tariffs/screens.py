"""Screens of tariffs: plans, their versions, prices on their lines, faults; and the pages beside them."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.tariffs import actions, explain_page, forms, pages, panels, queries, services
from chappe.apps.tariffs.access import AREA
from chappe.apps.tariffs.models import TariffFault, TariffPlan, TariffRow, TariffVersion
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

SECTION = "traffic"
registry.menu_section(SECTION, _("Traffic and billing"), 30)

STATE_TONES = {"faulty": Tone.BAD, "checked": Tone.WAIT, "active": Tone.OK, "withdrawn": Tone.NEW}
SEVERITY_TONES = {"error": Tone.BAD, "warning": Tone.WARN, "info": Tone.NEW}


def _plans(rows: QuerySet, user: object) -> QuerySet:
    return queries.with_faults(queries.with_current(rows))


def _with_plan(rows: QuerySet, user: object) -> QuerySet:
    return rows.select_related("plan__owner", "content")


def _with_version(rows: QuerySet, user: object) -> QuerySet:
    return rows.select_related("version__plan")


registry.register(
    Screen(
        slug="tariffs.plan",
        model=TariffPlan,
        label=_("Tariff plans"),
        label_one=_("Tariff plan"),
        area=AREA,
        menu=Menu(section=SECTION, icon="tags", order=30),
        intro=_("A plan is a line of versions. The one in force prices the calls; none is ever edited in place."),
        scopes=(
            Scope(name="all", label=_("See all")),
            Scope(name="in-force", label=_("In force"), where=Q(current__isnull=False)),
            Scope(name="coming", label=_("About to change"), where=Q(next_from__isnull=False)),
            Scope(name="idle", label=_("Not in use"), where=Q(current__isnull=True)),
            Scope(name="faulty", label=_("With errors"), where=Q(faults__gt=0)),
        ),
        columns=(
            Column(name="code", label=_("Code"), kind=Kind.REF, filter=FilterKind.STARTS),
            Column(name="name", label=_("Name")),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, template="tariffs/cells/owner.html"),
            Column(name="current", label=_("Version in force"), kind=Kind.NUMBER, template="tariffs/cells/current.html", filter=FilterKind.NONE),
            Column(name="since", label=_("In force since"), kind=Kind.DATETIME, filter=FilterKind.NONE),
            Column(name="next_from", label=_("Next change"), kind=Kind.DATETIME, filter=FilterKind.NONE),
            Column(name="faults", label=_("Errors in the last version"), kind=Kind.NUMBER, template="tariffs/cells/faults.html", filter=FilterKind.NONE),
            Column(name="created_at", label=_("Created"), kind=Kind.DATETIME, shown=False),
            Column(name="updated_at", label=_("Changed"), kind=Kind.DATETIME, shown=False),
            Column(name="notes", label=_("Notes"), shown=False),
        ),
        search=("code", "name"),
        ordering=("code",),
        rows=_plans,
        panels=(
            Panel(title=_("Versions"), icon="versions", template="tariffs/line.html", context=panels.line),
            Panel(title=_("Identity"), icon="tags", aside=True, columns=("code", "name", "owner", "since", "next_from", "created_at", "notes")),
        ),
        fields=("code", "name", "owner", "notes"),
        create=services.create_plan,
        update=services.update_plan,
        delete=services.delete_plan,
        actions=(
            Action(name="load", label=_("Load a version"), icon="upload", perform=actions.load_into, level=Level.WRITE, primary=True),
        ),
        empty=_("No tariff plan yet. Load one: its faults are told before anything is kept."),
        page_links=(actions.load_link, actions.versions_link),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="tariffs.version",
        model=TariffVersion,
        label=_("Tariff versions"),
        label_one=_("Tariff version"),
        area=AREA,
        scopes=(
            Scope(name="all", label=_("See all")),
            Scope(name="checked", label=_("To activate"), where=Q(state="checked")),
            Scope(name="active", label=_("Activated"), where=Q(state="active")),
            Scope(name="faulty", label=_("Faulty"), where=Q(state="faulty")),
            Scope(name="withdrawn", label=_("Withdrawn"), where=Q(state="withdrawn")),
        ),
        columns=(
            Column(name="version", source="__str__", order_by="plan__code", label=_("Version"), kind=Kind.REF, filter=FilterKind.NONE, second="content__name"),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=STATE_TONES),
            Column(name="plan", label=_("Tariff plan"), kind=Kind.LINK),
            Column(name="active_from", label=_("Active from"), kind=Kind.DATETIME),
            Column(name="prices", label=_("Prices"), kind=Kind.NUMBER),
            Column(name="errors", label=_("Errors"), kind=Kind.NUMBER),
            Column(name="warnings", label=_("Warnings"), kind=Kind.NUMBER),
            Column(name="created_at", label=_("Loaded"), kind=Kind.DATETIME),
            Column(name="number", label=_("Number"), kind=Kind.NUMBER, shown=False),
            Column(name="owner", source="plan__owner", label=_("Operator"), kind=Kind.LINK, shown=False),
            Column(name="kind", source="format", label=_("Format"), filter=FilterKind.EXACT, template="tariffs/cells/format.html", shown=False),
            Column(name="timezone", label=_("Time zone"), filter=FilterKind.EXACT, template="tariffs/cells/zone.html", shown=False),
            Column(name="currency", label=_("Currency"), filter=FilterKind.EXACT, shown=False),
            Column(name="profiles", label=_("Profiles"), kind=Kind.NUMBER, shown=False),
            Column(name="destinations", label=_("Destinations"), kind=Kind.NUMBER, shown=False),
            Column(name="prefixes", label=pgettext_lazy("tariff", "Prefixes"), kind=Kind.NUMBER, shown=False),
            Column(name="fingerprint", label=_("Fingerprint"), kind=Kind.REF, filter=FilterKind.STARTS, shown=False),
            Column(name="file", source="content", label=_("File"), filter=FilterKind.NONE, template="tariffs/cells/content.html", shown=False),
        ),
        search=("plan__code", "plan__name", "fingerprint", "content__name"),
        ordering=("-created_at",),
        rows=_with_plan,
        state="state",
        subtitle=panels.turn,
        panels=(
            Panel(title=_("What it holds"), icon="table", template="tariffs/holds.html", context=panels.holds),
            Panel(title=_("Faults"), icon="alert-triangle", template="tariffs/faults.html", context=panels.faults),
            Panel(title=_("Its week"), icon="calendar-week", template="tariffs/inside_later.html", context=panels.inside),
            Panel(title=_("Versions of the plan"), icon="versions", aside=True, template="tariffs/line.html", context=panels.siblings),
            Panel(
                title=_("Identity"), icon="file", aside=True,
                columns=("plan", "owner", "active_from", "kind", "timezone", "currency", "fingerprint", "created_at", "file"),
            ),
        ),
        related=(
            Related(screen="tariffs.row", path="version", label=_("Prices"), limit=10),
        ),
        actions=(
            Action(
                name="activate", label=_("Activate…"), icon="player-play", perform=actions.activate, form=forms.ActivateForm,
                level=Level.WRITE, primary=True, why_not=actions.why_not_activate,
            ),
            Action(
                name="withdraw", label=_("Withdraw"), icon="arrow-back-up", perform=actions.withdraw, level=Level.WRITE, danger=True,
                confirm=_("A withdrawn version prices nothing any more. It stays readable, and may be loaded again."),
                why_not=actions.why_not_withdraw,
            ),
            Action(name="compare", label=_("Compare"), icon="arrows-diff", perform=actions.compare, level=Level.READ),
            Action(name="explain", label=_("Explain a price"), icon="list-details", perform=actions.explain, level=Level.READ),
            Action(name="export-list", label=_("Price list (CSV)"), icon="file-spreadsheet", perform=actions.export_list, level=Level.READ),
            Action(name="export-v091", label=_("Tables v0.9.1 (zip)"), icon="file-zip", perform=actions.export_v091, level=Level.READ),
            Action(name="export-rows", label=_("Prices (CSV)"), icon="file-export", perform=actions.export_rows, level=Level.READ),
        ),
        empty=_("No version yet. Load a file: it is read, checked and compared before it is kept."),
        page_links=(actions.load_link,),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="tariffs.row",
        model=TariffRow,
        label=_("Prices"),
        label_one=pgettext_lazy("tariff", "Price"),
        area=AREA,
        menu=Menu(section=SECTION, icon="coin-euro", order=32),
        intro=_("Every price of every version on its line: look for a destination, a prefix, the dearest."),
        scopes=(
            Scope(name="all", label=_("See all")),
            Scope(name="active", label=_("Of activated versions"), where=Q(version__state="active")),
        ),
        chips=(
            Chip(name="free", label=pgettext_lazy("tariff", "Free"), where=lambda user: Q(price_nano=0, connect_fee="0")),
            Chip(name="fee", label=_("With a connect fee"), where=lambda user: ~Q(connect_fee="0")),
            Chip(name="service", label=_("With a service part"), where=lambda user: ~Q(service="")),
        ),
        columns=(
            Column(name="destination", label=_("Destination"), kind=Kind.REF),
            Column(name="prefix", label=_("Prefix"), filter=FilterKind.STARTS),
            Column(name="plan_tag", label=pgettext_lazy("tariff", "Plan"), filter=FilterKind.EXACT),
            Column(name="timing", label=pgettext_lazy("tariff", "Timing"), template="tariffs/cells/timing.html"),
            Column(name="price_nano", label=pgettext_lazy("tariff", "Price"), kind=Kind.MONEY, template="tariffs/cells/price.html"),
            Column(name="increment", label=pgettext_lazy("tariff", "Step"), kind=Kind.NUMBER, template="tariffs/cells/step.html", filter=FilterKind.NONE),
            Column(name="connect_fee", label=_("Connect fee"), template="tariffs/cells/fee.html", filter=FilterKind.EXACT),
            Column(name="version", label=_("Version"), kind=Kind.LINK),
            Column(name="price", label=_("Exact price"), filter=FilterKind.EXACT, shown=False),
            Column(name="unit", label=_("Unit, millionths"), kind=Kind.NUMBER, shown=False),
            Column(name="start", label=_("From, in the call"), kind=Kind.NUMBER, template="tariffs/cells/start.html", shown=False),
            Column(name="measure", label=_("Counts"), shown=False),
            Column(name="kind", label=_("Charged"), shown=False),
            Column(name="zone", label=_("Zone"), filter=FilterKind.EXACT, shown=False),
            Column(name="vat", label=_("VAT"), filter=FilterKind.EXACT, shown=False),
            Column(name="service", label=_("Service part (S)"), filter=FilterKind.EXACT, shown=False),
            Column(name="minimum", label=_("Minimum"), filter=FilterKind.EXACT, shown=False),
            Column(name="rounding", label=_("Rounding"), filter=FilterKind.EXACT, shown=False),
            Column(name="weight", label=_("Weight, thousandths"), kind=Kind.NUMBER, shown=False),
            Column(name="prefix_count", label=_("Prefixes of the destination"), kind=Kind.NUMBER, shown=False),
            Column(name="valid_from", label=_("Valid from"), kind=Kind.DATETIME, shown=False),
            Column(name="valid_to", label=_("Valid until"), kind=Kind.DATETIME, shown=False),
            Column(name="file", label=_("File"), filter=FilterKind.EXACT, shown=False),
            Column(name="line", label=_("Line"), kind=Kind.NUMBER, shown=False),
        ),
        search=("destination", "prefix"),
        ordering=("pk",),
        rows=_with_version,
        panels=(
            Panel(title=_("The price"), icon="coin-euro", columns=("price_nano", "connect_fee", "increment", "start", "kind", "measure", "service", "minimum", "rounding", "vat")),
            Panel(title=_("For what"), icon="world", columns=("destination", "prefix", "prefix_count", "plan_tag", "timing", "weight", "zone", "valid_from", "valid_to")),
            Panel(title=pgettext_lazy("tariff", "Where it comes from"), icon="file", aside=True, columns=("version", "file", "line")),
        ),
        history=False,
        empty=_("Prices appear here when a version of a plan is loaded."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="tariffs.fault",
        model=TariffFault,
        label=_("Faults of tariffs"),
        label_one=_("Fault of a tariff"),
        area=AREA,
        rows=_with_version,
        scopes=(
            Scope(name="all", label=_("See all")),
            Scope(name="errors", label=_("Errors"), where=Q(severity="error")),
            Scope(name="warnings", label=_("Warnings"), where=Q(severity="warning")),
        ),
        columns=(
            Column(name="code", label=_("Code"), kind=Kind.REF, filter=FilterKind.EXACT),
            Column(name="severity", label=_("Severity"), kind=Kind.STATE, tones=SEVERITY_TONES),
            Column(name="sentence", label=_("What is wrong"), sortable=False, filter=FilterKind.NONE, template="tariffs/cells/sentence.html"),
            Column(name="file", label=_("File"), filter=FilterKind.CONTAINS),
            Column(name="line", label=_("Line"), kind=Kind.NUMBER, filter=FilterKind.NONE, template="tariffs/cells/position.html"),
            Column(name="column", label=_("Column"), kind=Kind.NUMBER, filter=FilterKind.NONE, template="tariffs/cells/position.html"),
            Column(name="field", label=_("Field"), filter=FilterKind.EXACT, shown=False),
            Column(name="version", label=_("Version"), kind=Kind.LINK),
        ),
        search=("code", "file"),
        ordering=("-version", "file", "line"),
        state="severity",
        panels=(
            Panel(title=_("What is wrong"), icon="alert-triangle", columns=("sentence", "file", "line", "column", "field", "version")),
        ),
        history=False,
        empty=_("No fault: every version loaded so far reads without a remark."),
    )
)  # fmt: skip

registry.page(
    Page(
        slug="tariffs.load",
        path="tariffs/load/",
        view=pages.load,
        label=_("Load a version"),
        area=AREA,
        level=Level.WRITE,
    )
)
registry.page(
    Page(slug="tariffs.preview", path="tariffs/load/preview/", view=pages.preview, label=_("Before it is kept"), area=AREA, level=Level.WRITE)
)  # fmt: skip
registry.page(
    Page(slug="tariffs.inside", path="tariffs/inside/", view=pages.inside, label=_("Inside a version"), area=AREA)
)
registry.page(
    Page(
        slug="tariffs.search", path="tariffs/search/", view=pages.search, label=_("Search a number"), area=AREA,
        menu=Menu(section=SECTION, icon="zoom-money", order=33),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="tariffs.compare", path="tariffs/compare/", view=pages.compare, label=_("Compare two versions"), area=AREA,
        menu=Menu(section=SECTION, icon="arrows-diff", order=34),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="tariffs.explain", path="tariffs/explain/", view=explain_page.explain, label=_("Explain a price"), area=AREA,
        menu=Menu(section=SECTION, icon="list-details", order=35),
    )
)  # fmt: skip
