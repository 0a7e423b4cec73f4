"""Screens of usage: calls, files of calls, simulations."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.usage import actions, call_panels, cells, labels, pages, privacy, seeking, totals_page, traffic_page
from chappe.apps.usage.access import AREA
from chappe.apps.usage.choices import KINDS, WAY_TONES, WAYS, WEEKDAYS
from chappe.apps.usage.conditions import LATEST
from chappe.apps.usage.models import Call, MaskingPolicy, RetentionRule, Simulation, SimulationRow, UsageBatch
from chappe.kit.access.door import Level, may
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

STATUS_TONES = {"RATED": Tone.OK, "UNRATED": Tone.WARN, "REJECTED": Tone.BAD, "UNCHARGED": Tone.NEW}
BATCH_TONES = {"ready": Tone.OK, "failed": Tone.BAD, "replaced": Tone.NEW, "rating": Tone.RUN, "waiting": Tone.WAIT}


def _with_plan(rows: QuerySet, _user: Any) -> QuerySet:
    """Files with the plan of their version, which the name of a version tells."""
    return rows.select_related("version__plan")


def _with_plans(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("first__plan", "second__plan")


#: What only calls of a source say: hidden until the reader asks for them.
OF_SOURCES = (
    Column(name="asked", label=_("Extension asked for"), filter=FilterKind.STARTS, shown=False),
    Column(name="reached", label=_("Extension reached"), filter=FilterKind.STARTS, shown=False),
    Column(name="caller", label=_("Calling number"), filter=FilterKind.STARTS, shown=False),
    Column(name="answered", label=_("Answered"), kind=Kind.BOOL, shown=False),
    Column(name="lost", label=_("Lost"), kind=Kind.BOOL, shown=False),
    Column(name="transferred", label=_("Transferred"), kind=Kind.BOOL, shown=False),
    Column(name="ring", label=_("Ring time"), kind=Kind.DURATION, shown=False),
    Column(name="talk", label=_("Talk time"), kind=Kind.DURATION, shown=False),
    Column(name="hold", label=_("Hold and park"), kind=Kind.DURATION, shown=False),
    Column(name="kind", label=_("Kind of number"), choices=KINDS, filter=FilterKind.CHOICE, shown=False),
    Column(name="source", source="source_name", label=_("Source"), filter=FilterKind.CONTAINS, said=labels.told("source"), sortable=False, shown=False),
    Column(name="customer_line", source="line_name", label=_("Line of the customer"), filter=FilterKind.CONTAINS, said=labels.told("line_id"), sortable=False, shown=False),
    Column(name="cost_centre", source="cost_centre_name", label=_("Cost centre"), filter=FilterKind.CONTAINS, said=labels.told("cost_centre"), sortable=False, shown=False),
    Column(name="trunk", label=_("Trunk"), filter=FilterKind.STARTS, shown=False),
    Column(name="account_code", label=_("Account code"), filter=FilterKind.EXACT, shown=False),
    Column(name="user_name", label=_("User"), filter=FilterKind.CONTAINS, shown=False),
    Column(name="weekday", label=_("Day of the week"), kind=Kind.NUMBER, choices=WEEKDAYS, filter=FilterKind.CHOICE, shown=False),
    Column(name="hour", label=_("Hour of the day"), kind=Kind.NUMBER, shown=False),
    Column(name="buy", label=_("Purchase cost"), kind=Kind.MONEY, shown=False),
    Column(name="margin", label=_("Margin"), kind=Kind.MONEY, shown=False),
    Column(name="buy_reason", label=_("Why no purchase cost"), filter=FilterKind.EXACT, shown=False),
)  # fmt: skip


def cumul_link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Totals” of the list."""
    return (_("Totals"), registry.url("usage.totals"), "chart-bar") if may(user, AREA, Level.READ) else None


registry.register(
    Screen(
        slug="usage.call",
        model=Call,
        label=_("Calls"),
        label_one=_("Call"),
        area=AREA,
        menu=Menu(section=SECTION, icon="phone", order=10),
        intro=_("Every call received, with its price or the reason why it has none."),
        scopes=(
            Scope(name="month", label=_("Last month"), where=Q(month=LATEST)),
            Scope(name="unrated", label=_("Unrated"), where=Q(status="UNRATED")),
            Scope(name="rejected", label=pgettext_lazy("calls", "Rejected"), where=Q(status="REJECTED")),
            Scope(name="all", label=_("See all")),
        ),
        chips=(
            Chip(name="out", label=_("Outgoing"), where=lambda user: Q(way="out")),
            Chip(name="in", label=_("Incoming"), where=lambda user: Q(way="in")),
            Chip(name="lost", label=_("Lost"), where=lambda user: Q(way="in", answered=False)),
            Chip(name="transferred", label=_("Transferred"), where=lambda user: Q(transferred=True)),
            Chip(name="dear", label=_("Over 5 €"), where=lambda user: Q(total__gte=5_000_000_000)),
            Chip(name="long", label=_("Over one hour"), where=lambda user: Q(usage__gte=3600, tor__in=["0", "*voice"])),
            Chip(name="free", label=_("Free"), where=lambda user: Q(status="RATED", total=0, usage__gt=0)),
            Chip(name="service", label=_("With a service part"), where=lambda user: Q(service__gt=0)),
        ),
        columns=(
            Column(name="call_id", label=_("Call"), kind=Kind.REF, draw=cells.call, second="subject", filter=FilterKind.STARTS),
            Column(name="start", label=_("Start"), kind=Kind.DATETIME),
            Column(name="status", label=_("Status"), kind=Kind.STATE, tones=STATUS_TONES),
            Column(name="way", label=_("Way"), kind=Kind.STATE, choices=WAYS, tones=WAY_TONES),
            Column(name="ext", label=_("Extension"), second="user_name", filter=FilterKind.STARTS),
            Column(name="customer", source="customer_name", label=_("Customer"), filter=FilterKind.CONTAINS, said=labels.told("customer"), sortable=False),
            Column(name="subject", label=_("Subject"), filter=FilterKind.STARTS, shown=False),
            Column(name="destination", label=_("Number called"), second="matched_destination", filter=FilterKind.STARTS),
            Column(name="matched_destination", label=_("Destination"), shown=False),
            Column(name="usage", label=_("Usage"), kind=Kind.NUMBER, draw=cells.usage),
            Column(name="total", label=_("Amount"), kind=Kind.MONEY),
            Column(name="reason", label=_("Reason"), filter=FilterKind.EXACT, draw=cells.reason),
            Column(name="account", label=_("Account"), filter=FilterKind.STARTS, shown=False),
            *OF_SOURCES,
            Column(name="connect_fee", label=_("Connect fee"), kind=Kind.MONEY, shown=False),
            Column(name="cost", label=_("Usage cost"), kind=Kind.MONEY, shown=False),
            Column(name="service", label=_("Service part (S)"), kind=Kind.MONEY, shown=False),
            Column(name="billed", label=_("Billed"), kind=Kind.NUMBER, draw=cells.billed, shown=False),
            Column(name="pieces", label=_("Pieces"), kind=Kind.NUMBER, shown=False),
            Column(name="rate", label=_("Rate"), shown=False),
            Column(name="matched_prefix", label=_("Prefix"), filter=FilterKind.STARTS, shown=False),
            Column(name="tenant", label=_("Tenant"), filter=FilterKind.EXACT, shown=False),
            Column(name="category", label=_("Category"), filter=FilterKind.EXACT, shown=False),
            Column(name="tor", label=_("Type of record"), filter=FilterKind.EXACT, shown=False),
            Column(name="direction", label=_("Direction"), filter=FilterKind.EXACT, shown=False),
            Column(name="plan_version", label=_("Tariff version"), kind=Kind.REF, filter=FilterKind.STARTS, shown=False),
            Column(name="month", label=_("Month"), filter=FilterKind.EXACT, shown=False),
            Column(name="batch", label=_("File"), kind=Kind.LINK, shown=False),
            Column(name="line", label=_("Line"), kind=Kind.NUMBER, shown=False),
        ),
        search=("call_id", "subject", "destination"),
        seek=seeking.calls,
        ordering=("-start",),
        state="status",
        panels=(
            Panel(title=_("Why this price?"), icon="list-details", template="usage/call_explanation.html", context=pages.explanation),
            Panel(title=_("Its ratings"), icon="history", template="usage/call_ratings.html", context=pages.ratings),
            Panel(
                title=_("The call"), icon="phone", aside=True,
                columns=("subject", "account", "destination", "start", "usage", "tenant", "category", "tor", "direction"),
            ),
            Panel(
                title=_("On the PBX"), icon="plug", aside=True, template="usage/call_pbx.html", context=call_panels.pbx,
            ),
            Panel(title=_("The price"), icon="coin-euro", aside=True, columns=("total", "cost", "connect_fee", "service", "billed", "rate", "matched_prefix", "matched_destination")),
            Panel(title=_("Where it comes from"), icon="file", aside=True, template="usage/call_source.html", context=pages.source),
        ),
        actions=(
            Action(
                name="reveal", label=_("Show the whole number"), icon="eye", perform=call_panels.reveal, level=Level.WRITE,
                offered=call_panels.is_masked, confirm=_("The journal keeps who looked at this number, and when."),
            ),
        ),
        empty=_("No call yet. Drop a file of calls: it will be priced and listed here."),
        page_links=(pages.upload_link, cumul_link),
        history=False,
        estimate=20_000_000,
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="usage.batch",
        model=UsageBatch,
        label=_("Files of calls"),
        label_one=_("File of calls"),
        area=AREA,
        rows=_with_plan,
        menu=Menu(section=SECTION, icon="files", order=20),
        scopes=(
            Scope(name="now", label=_("Now"), where=~Q(state="replaced")),
            Scope(name="troubled", label=_("With anomalies"), where=Q(state="failed") | Q(rejected__gt=0) | Q(unrated__gt=0)),
            Scope(name="replaced", label=pgettext_lazy("files", "Replaced"), where=Q(state="replaced")),
            Scope(name="all", label=_("See all")),
        ),
        columns=(
            Column(name="name", label=_("File"), kind=Kind.REF),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=BATCH_TONES),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK),
            Column(name="version", label=_("Tariff version"), kind=Kind.LINK),
            Column(name="created_at", label=_("Received"), kind=Kind.DATETIME),
            Column(name="calls", label=_("Calls"), kind=Kind.NUMBER),
            Column(name="rated", label=_("Rated"), kind=Kind.NUMBER, shown=False),
            Column(name="unrated", label=_("Unrated"), kind=Kind.NUMBER),
            Column(name="uncharged", label=_("Not charged"), kind=Kind.NUMBER, shown=False),
            Column(name="rejected", label=_("Rejected"), kind=Kind.NUMBER),
            Column(name="total", label=_("Amount"), kind=Kind.MONEY),
            Column(name="buy", label=_("Purchase cost"), kind=Kind.MONEY, shown=False),
            Column(name="first_call", label=_("First call"), kind=Kind.DATETIME, shown=False),
            Column(name="last_call", label=_("Last call"), kind=Kind.DATETIME, shown=False),
            Column(name="ended_at", label=_("Rated at"), kind=Kind.DATETIME, shown=False),
            Column(name="generation", label=_("Rating number"), kind=Kind.NUMBER, shown=False),
            Column(name="problem", label=_("Problem"), shown=False),
        ),
        search=("name", "version__plan__code"),
        state="state",
        panels=(
            Panel(title=_("What came out"), icon="chart-pie", template="usage/batch_result.html", context=pages.batch_result),
            Panel(title=_("Identity"), icon="file", aside=True, columns=("owner", "version", "generation", "created_at", "ended_at", "first_call", "last_call", "total")),
            Panel(title=_("Other ratings"), icon="history", aside=True, template="usage/batch_chain.html", context=pages.chain),
        ),
        actions=(
            Action(
                name="rate-again", label=_("Rate again"), icon="refresh", perform=actions.rate_again, form=actions.RateAgainForm,
                level=Level.WRITE, primary=True, why_not=actions.why_not_again, offered=actions.is_file,
            ),
            Action(
                name="rate-stream-again", label=_("Rate again"), icon="refresh", perform=actions.rate_stream_again,
                level=Level.WRITE, primary=True, why_not=actions.why_not_again, offered=actions.is_stream,
                confirm=_("Each call is attached and priced as of today: line, customer, tariff of the day of the call."),
            ),
            Action(
                name="rejects", label=_("Export what was refused"), icon="file-export", perform=actions.export_rejects,
                level=Level.READ, why_not=actions.why_no_rejects, offered=actions.is_file,
            ),
        ),
        empty=_("No file of calls yet. Drop one: it is priced in the background and you follow it here."),
        page_links=(pages.upload_link,),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="usage.simulation",
        model=Simulation,
        label=_("Simulations"),
        label_one=_("Simulation"),
        area=AREA,
        rows=_with_plans,
        menu=Menu(section=SECTION, icon="scale", order=40),
        intro=_("Two tariffs over the same stored calls: who would pay more, who would pay less."),
        columns=(
            Column(name="name", label=_("Name"), kind=Kind.REF),
            Column(
                name="state",
                label=_("State"),
                kind=Kind.STATE,
                tones={"ready": Tone.OK, "waiting": Tone.RUN, "failed": Tone.BAD},
            ),
            Column(name="month", label=_("Month"), filter=FilterKind.EXACT),
            Column(name="first", label=_("First tariff"), kind=Kind.LINK),
            Column(name="second", label=_("Second tariff"), kind=Kind.LINK),
            Column(name="calls", label=_("Calls"), kind=Kind.NUMBER),
            Column(name="first_total", label=_("First total"), kind=Kind.MONEY),
            Column(name="second_total", label=_("Second total"), kind=Kind.MONEY),
            Column(name="difference", label=_("Difference"), kind=Kind.MONEY, sortable=False),
            Column(name="created_at", label=_("Created"), kind=Kind.DATETIME, shown=False),
        ),
        search=("name",),
        state="state",
        panels=(
            Panel(
                title=_("Who pays what"),
                icon="scale",
                template="usage/simulation_result.html",
                context=pages.simulation_result,
            ),
        ),
        related=(Related(screen="usage.simulation-row", path="simulation", label=_("Customer by customer"), limit=20),),
        fields=("name", "month", "first", "second"),
        form=actions.SimulationForm,
        create=actions.create_simulation,
        delete=actions.delete_simulation,
        empty=_("No simulation yet. Choose two tariffs and a month of calls."),
    )
)
registry.register(
    Screen(
        slug="usage.simulation-row",
        model=SimulationRow,
        label=_("Rows of simulations"),
        label_one=_("Row of a simulation"),
        area=AREA,
        columns=(
            Column(name="subject", label=_("Subject"), kind=Kind.REF),
            Column(name="destination", label=_("Destination")),
            Column(name="calls", label=_("Calls"), kind=Kind.NUMBER),
            Column(name="first_total", label=_("First tariff"), kind=Kind.MONEY),
            Column(name="second_total", label=_("Second tariff"), kind=Kind.MONEY),
            Column(name="difference", label=_("Difference"), kind=Kind.MONEY),
            Column(name="first_unrated", label=_("Unrated by the first"), kind=Kind.NUMBER, shown=False),
            Column(name="second_unrated", label=_("Unrated by the second"), kind=Kind.NUMBER, shown=False),
            Column(name="simulation", label=_("Simulation"), kind=Kind.LINK),
        ),
        search=("subject", "destination"),
        ordering=("-difference",),
        history=False,
        empty=_("Rows appear when a simulation has run."),
    )
)

registry.page(
    Page(
        slug="usage.upload",
        path="usage/upload/",
        view=pages.upload,
        label=_("Drop a file of calls"),
        area=AREA,
        level=Level.WRITE,
    )
)
registry.register(
    Screen(
        slug="usage.masking",
        model=MaskingPolicy,
        label=_("Masking of numbers"),
        label_one=_("Masking of numbers"),
        area=AREA,
        columns=(
            Column(name="name", source="__str__", label=_("Policy"), kind=Kind.REF),
            Column(name="screen_digits", label=_("Digits hidden on screen"), kind=Kind.NUMBER),
            Column(name="print_digits", label=_("Digits hidden in print"), kind=Kind.NUMBER),
            Column(name="store_digits", label=_("Digits never stored"), kind=Kind.NUMBER),
            Column(name="hides_files", label=_("Also calls of files"), kind=Kind.BOOL),
            Column(name="notes", label=_("Why")),
        ),
        fields=("screen_digits", "print_digits", "store_digits", "hides_files", "notes"),
        update=privacy.update,
        empty=_("The usual rules: four digits on screen and in print, none in store."),
    )
)
registry.register(
    Screen(
        slug="usage.retention-rule",
        model=RetentionRule,
        label=_("Retention rules"),
        label_one=_("Retention rule"),
        area=AREA,
        columns=(
            Column(name="kind", label=_("Class"), filter=FilterKind.CHOICE, choices=RetentionRule.Kind.choices),
            Column(name="months", label=_("Months kept"), kind=Kind.NUMBER),
            Column(name="is_active", label=_("Applied every night"), kind=Kind.BOOL),
            Column(name="last_run", label=_("Last purge"), kind=Kind.DATETIME),
            Column(name="basis", label=_("Legal basis")),
        ),
        ordering=("months",),
        fields=("months", "is_active", "basis"),
        update=privacy.update,
        empty=_("No rule: everything is kept."),
    )
)
registry.page(
    Page(
        slug="usage.privacy", path="usage/privacy/", view=privacy.page, label=_("Privacy of calls"), area=AREA, level=Level.ADMIN,
        menu=Menu(section="administration", icon="eye-off", order=60),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="usage.totals", path="usage/totals/", view=totals_page.page, label=_("Totals of calls"), area=AREA,
        menu=Menu(section=SECTION, icon="chart-bar", order=12),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="usage.traffic", path="usage/traffic/", view=traffic_page.page, label=_("Traffic of lines"), area=AREA,
        menu=Menu(section=SECTION, icon="activity", order=14),
    )
)  # fmt: skip
