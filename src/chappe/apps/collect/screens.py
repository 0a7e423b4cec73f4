"""Screens of the collection: sources, batches of tickets, anomalies, alarms, profiles; and the pages beside them."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.collect import actions, live, pages, panels, queries, services, withdrawing, wizard
from chappe.apps.collect.access import AREA
from chappe.apps.collect.forms import ProfileForm, SourceForm
from chappe.apps.collect.health import TONES as HEALTH_TONES
from chappe.apps.collect.health import Health
from chappe.apps.collect.models import Chunk, FetchedFile, OpenGroup, Source, SourceAlarm, TicketIssue, TicketProfile
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

SECTION = "collect"
registry.menu_section(SECTION, _("Collection"), 25)

CHUNK_TONES = {
    "confirm": Tone.WAIT,
    "waiting": Tone.NEW,
    "reading": Tone.RUN,
    "done": Tone.OK,
    "failed": Tone.BAD,
    "aside": Tone.NEW,
    "undoing": Tone.RUN,
    "undone": Tone.NEW,
}
ISSUE_TONES = {"open": Tone.WAIT, "noted": Tone.NEW, "replayed": Tone.OK, "left": Tone.NEW}
SEVERITIES = {"error": Tone.BAD, "warning": Tone.WARN, "info": Tone.NEW}
FETCHED_TONES = {"taken": Tone.OK, "same": Tone.NEW, "quarantined": Tone.WARN, "failed": Tone.BAD}


def _chunks(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("source", "stored", "created_by", "job")


def _issues(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("source", "chunk", "replay").defer("raw")


def _of_source(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("source", "source__owner")


registry.register(
    Screen(
        slug="collect.source",
        model=Source,
        label=_("Sources"),
        label_one=_("Source"),
        area=AREA,
        menu=Menu(section=SECTION, icon="building-broadcast-tower", order=10),
        intro=_("Every PBX and every operator that sends tickets, how it is doing, and what it sent today."),
        empty=_("No source yet. Add your PBX: the page of the source then says what to set up on it, and you see its tickets live."),
        rows=queries.with_health,
        page_links=(pages.live_link, pages.upload_link, pages.test_link),
        scopes=(
            Scope(name="active", label=pgettext_lazy("sources", "Active"), where=Q(active=True)),
            Scope(name="alarm", label=_("With an alarm"), where=Q(alarms__until=None, alarms__pk__isnull=False)),
            Scope(name="stopped", label=pgettext_lazy("sources", "Stopped"), where=Q(active=False)),
            Scope(name="all", label=_("See all")),
        ),
        columns=(
            Column(name="name", label=_("Source"), second="profile_label"),
            Column(name="health", label=_("Health"), kind=Kind.STATE, tones=HEALTH_TONES, choices=Health.choices,
                   template="collect/cells/health.html", sortable=False, filter=FilterKind.NONE),
            Column(name="last_ticket", label=_("Last ticket"), source="live__last_ticket", kind=Kind.DATETIME),
            Column(name="today", label=_("Calls today"), kind=Kind.NUMBER, filter=FilterKind.NONE, sortable=False),
            Column(name="way", label=_("How tickets come"), filter=FilterKind.CHOICE),
            Column(name="port", label=_("Port"), kind=Kind.TEXT),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK),
            Column(name="slug", label=_("Code"), shown=False),
            Column(name="profile", label=_("Profile"), filter=FilterKind.EXACT, shown=False),
            Column(name="host", label=_("Host"), shown=False),
            Column(name="login", label=_("Login"), shown=False, exported=False),
            Column(name="password", label=_("Password"), kind=Kind.SECRET, shown=False, exported=False, in_api=False),
            Column(name="private_key", label=_("Private key"), kind=Kind.SECRET, shown=False, exported=False, in_api=False),
            Column(name="allowed_peers", label=_("Accepted addresses"), shown=False),
            Column(name="folder", label=_("Folder"), shown=False),
            Column(name="pattern", label=_("Names of files"), shown=False),
            Column(name="timezone", label=_("Clock of the PBX"), shown=False),
            Column(name="outside_prefix", label=_("Outside prefix"), shown=False),
            Column(name="area", label=_("Area code"), shown=False),
            Column(name="own_ranges", label=_("Own numbers"), shown=False),
            Column(name="pays", label=_("Who bears a call that changes hands"), shown=False),
            Column(name="customer", label=_("Default customer"), kind=Kind.LINK, shown=False),
            Column(name="sell_plan", label=_("Sell tariff"), kind=Kind.LINK, shown=False),
            Column(name="buy_plan", label=_("Buy tariff"), kind=Kind.LINK, shown=False),
            Column(name="silence_minutes", label=_("Silence alarm (min)"), kind=Kind.NUMBER, shown=False),
            Column(name="alarm_emails", label=_("Alarms by mail to"), shown=False),
            Column(name="last_call", label=_("Last call"), source="live__last_call", kind=Kind.DATETIME, shown=False),
            Column(name="active", label=pgettext_lazy("a source", "Active"), kind=Kind.BOOL, shown=False),
            Column(name="notes", label=_("Notes"), shown=False),
        ),
        search=("name", "slug", "host", "owner__name"),
        ordering=("name",),
        state="health",
        subtitle=lambda source: f"{source.profile_label()} · {source.get_way_display()}",
        panels=(
            Panel(title=_("State"), icon="activity", template="collect/health.html", context=panels.health),
            Panel(title=_("Calls per hour"), icon="chart-bar", template="collect/hours.html", context=panels.per_hour),
            Panel(title=_("What could not be read"), icon="alert-triangle", template="collect/to_handle.html", context=panels.to_handle),
            Panel(title=_("How to set the other side up"), icon="plug-connected", template="collect/setup.html", context=panels.setup, aside=True),
            Panel(title=_("Settings"), icon="settings", template="collect/settings.html", context=panels.settings, aside=True),
        ),
        related=(
            Related(screen="collect.chunk", path="source", label=_("Batches of tickets"), limit=8),
            Related(screen="collect.open-group", path="source", label=_("Calls in the making"), limit=5),
            Related(screen="collect.fetched", path="source", label=_("Fetched files"), limit=5),
            Related(screen="collect.alarm", path="source", label=_("Alarms"), limit=5),
        ),
        form=SourceForm,
        fields=SourceForm.Meta.fields,
        bulk_fields=("silence_minutes", "alarm_emails", "open_days", "sell_plan", "buy_plan"),
        create=services.create_source,
        update=services.update_source,
        delete=services.delete_source,
        actions=(
            Action(name="try", label=_("Test the connection"), icon="plug-connected", perform=actions.try_connection, offered=actions.can_try),
            Action(name="fetch", label=_("Look for files now"), icon="refresh", perform=actions.fetch_now, offered=actions.fetches),
            Action(name="stop", label=pgettext_lazy("a source", "Stop"), icon="player-pause", perform=actions.stop, bulk=True,
                   confirm=_("Tickets of this source are not taken in any more until it is started again. Stop it?"),
                   offered=lambda source, _user: source.active),
            Action(name="start", label=pgettext_lazy("a source", "Start"), icon="player-play", perform=actions.start, bulk=True, primary=True,
                   offered=lambda source, _user: not source.active),
        ),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="collect.chunk",
        model=Chunk,
        label=_("Batches of tickets"),
        label_one=_("Batch of tickets"),
        area=AREA,
        menu=Menu(section=SECTION, icon="packages", order=30),
        intro=_("What came in, piece by piece: each line is decoded, refused, skipped or a duplicate, and the sum is shown."),
        empty=_("Nothing came in yet. Live tickets are grouped here every minute; files you send stand here too."),
        rows=_chunks,
        page_links=(pages.upload_link,),
        scopes=(
            Scope(name="todo", label=_("To handle"), where=Q(state__in=["confirm", "failed"])),
            Scope(name="refused", label=_("With refused lines"), where=Q(refused__gt=0)),
            Scope(name="files", label=_("Files"), where=Q(kind__in=["upload", "fetch"])),
            Scope(name="all", label=_("See all")),
        ),
        columns=(
            Column(name="name", label=_("Batch"), source="title", kind=Kind.REF, second="source__name", order_by="pk"),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=CHUNK_TONES),
            Column(name="kind", label=_("Kind"), kind=Kind.STATE, shown=False),
            Column(name="source", label=_("Source"), kind=Kind.LINK, shown=False),
            Column(name="created_at", label=_("Taken in"), kind=Kind.DATETIME),
            Column(name="records", label=_("Lines"), kind=Kind.NUMBER),
            Column(name="decoded", label=_("Decoded"), kind=Kind.NUMBER),
            Column(name="refused", label=_("Refused"), kind=Kind.NUMBER),
            Column(name="skipped", label=_("Skipped"), kind=Kind.NUMBER),
            Column(name="duplicates", label=_("Duplicates"), kind=Kind.NUMBER),
            Column(name="calls", label=_("Calls"), kind=Kind.NUMBER),
            Column(name="unattached", label=_("Calls of nobody"), kind=Kind.NUMBER, shown=False),
            Column(name="segments", label=_("Segments"), kind=Kind.NUMBER, shown=False),
            Column(name="warnings", label=_("Remarks"), kind=Kind.NUMBER, shown=False),
            Column(name="received_from", label=_("First received"), kind=Kind.DATETIME, shown=False),
            Column(name="received_to", label=_("Last received"), kind=Kind.DATETIME, shown=False),
            Column(name="ended_at", label=_("Counted"), kind=Kind.DATETIME, shown=False),
            Column(name="profile", label=_("Profile"), filter=FilterKind.EXACT, shown=False),
            Column(name="size", label=_("Size"), kind=Kind.SIZE, shown=False),
            Column(name="sha256", label=_("SHA-256 fingerprint"), filter=FilterKind.EXACT, shown=False),
            Column(name="created_by", label=_("Sent by"), kind=Kind.LINK, shown=False),
            Column(name="stored", label=_("Stored file"), kind=Kind.LINK, shown=False),
            Column(name="problem", label=_("Problem"), shown=False),
        ),
        search=("name", "source__name", "sha256"),
        ordering=("-pk",),
        state="state",
        head="title",
        subtitle=lambda chunk: f"{chunk.get_kind_display()} · {chunk.source}",
        panels=(
            Panel(title=_("What became of each line"), icon="sum", template="collect/fates.html", context=panels.fates),
            Panel(title=_("Identity"), icon="file", aside=True, columns=(
                "source", "kind", "created_at", "created_by", "received_from", "received_to", "ended_at", "size", "stored", "sha256")),
        ),
        related=(Related(screen="collect.issue", path="chunk", label=_("Anomalies"), limit=15),),
        actions=(
            Action(name="aside", label=_("Set aside"), icon="arrow-bar-right", perform=actions.set_aside, bulk=True, why_not=actions.why_not_aside,
                   confirm=_("Its tickets are not counted, and those behind it go on. It can be tried again later. Set it aside?"),
                   offered=lambda chunk, _user: chunk.state in {"failed", "confirm"}),
            Action(name="again", label=_("Try again"), icon="refresh", perform=actions.try_again, bulk=True, primary=True,
                   why_not=actions.why_not_again, offered=lambda chunk, _user: chunk.state in {"failed", "aside", "undone"}),
            Action(name="withdraw", label=pgettext_lazy("tickets", "Withdraw"), icon="arrow-back-up", perform=actions.withdraw, level=Level.ADMIN,
                   why_not=actions.why_not_withdraw,
                   confirm=_("Its calls leave the lists and the totals, and what was billed of them is given back on the next invoice. The file is kept and can be read again. Withdraw it?"),
                   offered=lambda chunk, _user: withdrawing.why_not(chunk) is None),
        ),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="collect.issue",
        model=TicketIssue,
        label=_("Anomalies of tickets"),
        label_one=_("Anomaly of a ticket"),
        area=AREA,
        menu=Menu(section=SECTION, icon="alert-triangle", order=40),
        intro=_("Lines that could not be read, and remarks on those that could. Correct the profile or mend the lines, then have them read again."),
        empty=_("No anomaly: every line received so far could be read."),
        rows=_issues,
        scopes=(
            Scope(name="todo", label=_("To handle"), where=Q(severity="error", state="open")),
            Scope(name="warnings", label=_("Remarks"), where=Q(severity__in=["warning", "info"])),
            Scope(name="all", label=_("See all")),
        ),
        page_links=(pages.mend_link, pages.export_link),
        columns=(
            Column(name="sentence", label=_("What is wrong"), sortable=False, template="collect/cells/sentence.html"),
            Column(name="severity", label=_("Severity"), kind=Kind.STATE, tones=SEVERITIES),
            Column(name="excerpt", label=_("Raw line"), source="shown", sortable=False, template="collect/cells/raw.html"),
            Column(name="received", label=_("Received"), kind=Kind.DATETIME),
            Column(name="source", label=_("Source"), kind=Kind.LINK),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=ISSUE_TONES),
            Column(name="number", label=_("Line"), kind=Kind.NUMBER, shown=False),
            Column(name="chunk", label=_("Batch"), kind=Kind.LINK, shown=False),
            Column(name="field", label=_("Field"), shown=False),
            Column(name="code", label=_("Code"), filter=FilterKind.EXACT, shown=False),
            Column(name="replay", label=_("Read again in"), kind=Kind.LINK, shown=False),
        ),
        search=("excerpt", "code", "field"),
        ordering=("-pk",),
        state="state",
        head="sentence",
        panels=(
            Panel(title=_("Raw line"), icon="terminal-2", template="collect/issue.html", context=panels.issue_line),
            Panel(title=_("Where"), icon="map-pin", aside=True, columns=("source", "chunk", "number", "received", "severity", "field", "code", "replay")),
        ),
        actions=(
            Action(name="leave", label=_("Leave aside"), icon="arrow-bar-right", perform=actions.leave, bulk=True, why_not=actions.why_not_leave,
                   offered=lambda issue, _user: issue.state == "open"),
            Action(name="read", label=_("Read again"), icon="refresh", perform=actions.read_again, bulk=True, primary=True,
                   why_not=actions.why_not_read, offered=lambda issue, _user: issue.severity == "error"),
        ),
        history=False,
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="collect.profile",
        model=TicketProfile,
        label=_("Ticket profiles"),
        label_one=_("Ticket profile"),
        area=AREA,
        menu=Menu(section=SECTION, icon="file-settings", order=50),
        intro=_("Your own ways of reading tickets: a packaged profile that you corrected, or a layout that the wizard learnt."),
        empty=_("No profile of your own yet. Copy one that comes with Chappe and correct it, or teach a new layout with the mapping wizard."),
        page_links=(wizard.link, pages.packaged_link, pages.test_link),
        rows=lambda rows, _user: rows.select_related("owner"),
        columns=(
            Column(name="label", label=_("Name"), second="slug"),
            Column(name="decoder_label", label=_("Format"), source="decoder_label", order_by="decoder", filter=FilterKind.NONE),
            Column(name="timezone", label=_("Clock")),
            Column(name="base_label", label=_("Copied from"), source="base_label", order_by="base", filter=FilterKind.NONE),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK),
            Column(name="updated_at", label=_("Changed"), kind=Kind.DATETIME),
            Column(name="slug", label=_("Code"), shown=False),
            Column(name="decoder", label=_("Decoder"), filter=FilterKind.EXACT, shown=False),
            Column(name="base", label=_("Code of the profile copied"), filter=FilterKind.EXACT, shown=False),
            Column(name="encoding", label=_("Encoding"), shown=False),
            Column(name="notes", label=_("Notes"), shown=False),
        ),
        search=("label", "slug", "notes"),
        ordering=("label",),
        panels=(
            Panel(title=_("How it reads"), icon="list-details", template="collect/profile.html", context=panels.profile_said),
            Panel(title=_("Identity"), icon="id", aside=True, columns=("slug", "decoder", "timezone", "encoding", "base", "owner", "updated_at", "notes")),
        ),
        form=ProfileForm,
        fields=("label", "owner", "timezone", "encoding", "setup", "sample", "notes"),
        update=services.update_profile,
        delete=services.delete_profile,
        actions=(
            Action(name="copy", label=_("Copy"), icon="copy", perform=actions.copy_of),
            Action(name="toml", label=_("As a text file"), icon="file-download", perform=actions.export_toml, level=Level.READ),
        ),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="collect.alarm",
        model=SourceAlarm,
        label=_("Alarms of sources"),
        label_one=_("Alarm of a source"),
        area=AREA,
        menu=Menu(section=SECTION, icon="bell-ringing", order=60),
        intro=_("Silence, gaps, lost links, unknown formats: raised by themselves, over by themselves, mailed once."),
        empty=_("No alarm so far."),
        rows=_of_source,
        scopes=(
            Scope(name="now", label=_("Lasting"), where=Q(until=None)),
            Scope(name="all", label=_("See all")),
        ),
        chips=(Chip(name="unseen", label=_("Not seen by anybody"), where=lambda _user: Q(seen_by=None, until=None)),),
        columns=(
            Column(name="code", label=_("Alarm"), kind=Kind.STATE, second="source__name", tones={
                "silence": Tone.WARN, "gap": Tone.WARN, "disk": Tone.BAD, "format": Tone.WARN, "connection": Tone.BAD,
                "fetch": Tone.WARN, "failed": Tone.BAD}),
            Column(name="sentence", label=_("What happened"), sortable=False),
            Column(name="source", label=_("Source"), kind=Kind.LINK),
            Column(name="since", label=_("Since"), kind=Kind.DATETIME),
            Column(name="until", label=_("Until"), kind=Kind.DATETIME),
            Column(name="mailed_at", label=_("Mailed"), kind=Kind.DATETIME, shown=False),
            Column(name="seen_by", label=_("Seen by"), kind=Kind.LINK),
        ),
        search=("source__name", "code"),
        ordering=("-since",),
        subtitle=lambda alarm: f"{alarm.source} · {alarm.standing()}",
        actions=(
            Action(name="seen", label=_("I have seen it"), icon="eye-check", perform=actions.seen, bulk=True, primary=True,
                   why_not=actions.why_not_seen),
        ),
        history=False,
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="collect.fetched",
        model=FetchedFile,
        label=_("Fetched files"),
        label_one=_("Fetched file"),
        area=AREA,
        intro=_(
            "Each file found in a folder or on a server, once. One that changed since waits until somebody confirms its batch."
        ),
        rows=lambda rows, _user: rows.select_related("source", "chunk"),
        columns=(
            Column(name="name", label=_("File"), kind=Kind.REF),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=FETCHED_TONES),
            Column(name="seen_at", label=_("Seen"), kind=Kind.DATETIME),
            Column(name="size", label=_("Size"), kind=Kind.SIZE),
            Column(name="chunk", label=_("Batch"), kind=Kind.LINK),
            Column(name="problem", label=_("Problem")),
            Column(name="source", label=_("Source"), kind=Kind.LINK),
            Column(name="sha256", label=_("SHA-256 fingerprint"), shown=False),
        ),
        search=("name", "sha256"),
        empty=_("No file was fetched yet."),
        history=False,
    )
)

registry.register(
    Screen(
        slug="collect.open-group",
        model=OpenGroup,
        label=_("Calls in the making"),
        label_one=_("Call in the making"),
        area=AREA,
        intro=_("Calls whose last ticket has not come yet; without it they are closed by themselves after a while."),
        rows=lambda rows, _user: rows.filter(segments__gt=0).select_related("source"),
        columns=(
            Column(name="key", label=_("Call"), source="number", kind=Kind.REF, order_by="key"),
            Column(name="segments", label=_("Segments"), kind=Kind.NUMBER),
            Column(name="since", label=_("Last ticket"), kind=Kind.DATETIME),
            Column(name="source", label=_("Source"), kind=Kind.LINK),
        ),
        search=("key",),
        ordering=("source", "rank"),
        empty=_("Every call is whole: none waits for another ticket."),
        history=False,
    )
)

registry.page(
    Page(
        slug="collect.live", path="collect/live/", view=live.page, label=_("Live tickets"), area=AREA,
        menu=Menu(section=SECTION, icon="broadcast", order=20),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="collect.raw", path="collect/raw/", view=pages.raw, label=_("Raw lines"), area=AREA,
        menu=Menu(section=SECTION, icon="terminal-2", order=35),
    )
)  # fmt: skip
_PAGES = (
    ("collect.stream", "collect/live/stream/", live.stream, _("Stream of tickets"), Level.READ),
    ("collect.raw-line", "collect/raw/line/", pages.raw_line, _("A raw line"), Level.READ),
    ("collect.upload", "collect/upload/", pages.upload, _("Send a file of tickets"), Level.WRITE),
    ("collect.confirm", "collect/chunk/<int:pk>/confirm/", pages.confirm, _("Say what a file of tickets is"), Level.WRITE),
    ("collect.test", "collect/test/", pages.test, _("Try a profile"), Level.READ),
    ("collect.mend", "collect/mend/", pages.mend, _("Mend refused lines"), Level.WRITE),
    ("collect.issues-export", "collect/issues/export/", pages.export_issues, _("Export of refused lines"), Level.WRITE),
    ("collect.packaged", "collect/packaged/", pages.packaged, _("Profiles that come with Chappe"), Level.READ),
    ("collect.copy", "collect/packaged/<slug:profile>/copy/", pages.copy, _("Copy a profile"), Level.WRITE),
    ("collect.wizard", "collect/mapping/", wizard.page, _("Learn a layout"), Level.WRITE),
)  # fmt: skip
for _slug, _path, _view, _label, _level in _PAGES:
    registry.page(Page(slug=_slug, path=_path, view=_view, label=_label, area=AREA, level=_level))
