"""Screens of publication: the archive of files, their recipients, the overview, files made by hand."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.publication import actions, handing, pages, services
from chappe.apps.publication.access import AREA
from chappe.apps.publication.forms import AgainForm, RecipientForm
from chappe.apps.publication.models import PublishedFile, Recipient
from chappe.kit.access.door import Level, is_house, may
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
    Scope,
    Screen,
    Tone,
)

SECTION = "ipe"
registry.menu_section(SECTION, _("IPE and CPN"), 15)

TONES = {
    "not-made": Tone.BAD,
    "waiting": Tone.WAIT,
    "handed": Tone.OK,
    "failed": Tone.WARN,
    "stopped": Tone.BAD,
    "kept": Tone.NEW,
}
OPEN = ["waiting", "failed"]


def _whole(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("operator", "stored")


def _with_operator(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("operator")


def _file(row: PublishedFile, _user: Any) -> dict[str, Any]:
    return {"row": row, "take_url": registry.url("publication.take", pk=row.pk) if row.stored_id else ""}


def _home_link(user: Any) -> tuple[Any, str, str] | None:
    return (_("Overview"), registry.url("publication.home"), "layout-dashboard") if is_house(user) else None


def _make_link(user: Any) -> tuple[Any, str, str] | None:
    may_make = is_house(user) and may(user, AREA, Level.WRITE)
    return (_("Make files"), registry.url("publication.make"), "file-plus") if may_make else None


registry.register(
    Screen(
        slug="publication.file",
        model=PublishedFile,
        label=_("Published files"),
        label_one=_("Published file"),
        area=AREA,
        rows=_whole,
        menu=Menu(section=SECTION, icon="archive", order=122),
        intro=_("IPE and CPN files made for each operator, whole and unchanged since."),
        empty=_("No file has been made yet. Open a recipient, then make its first full file."),
        page_links=(_home_link, _make_link),
        scopes=(
            Scope(name="all", label=_("See all")),
            Scope(name="open", label=_("To hand over"), where=Q(state__in=OPEN)),
            Scope(name="troubled", label=_("In trouble"), where=Q(state__in=["not-made", "failed", "stopped"])),
        ),
        chips=(Chip(name="late", label=_("Late"), where=lambda user: handing.late()),),
        columns=(
            Column(name="name", label=_("File"), kind=Kind.REF),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=TONES),
            Column(name="operator", label=_("Operator"), kind=Kind.LINK),
            Column(name="flow", label=_("Flow"), filter=FilterKind.CHOICE),
            Column(name="kind", label=_("Kind"), filter=FilterKind.CHOICE),
            Column(name="zone", label=_("Zone"), filter=FilterKind.CHOICE, shown=False),
            Column(name="version", label=_("Version"), filter=FilterKind.EXACT, shown=False),
            Column(name="first", label=_("From"), kind=Kind.DATE, shown=False),
            Column(name="day", label=_("Until"), kind=Kind.DATE),
            Column(name="rows", label=_("Rows"), kind=Kind.NUMBER),
            Column(name="size", label=_("Size"), kind=Kind.SIZE, shown=False),
            Column(name="problem", label=_("Problem"), shown=False),
            Column(name="made_at", label=pgettext_lazy("a published file", "Made"), kind=Kind.DATETIME, shown=False),
            Column(name="handed_at", label=pgettext_lazy("a published file", "Handed over"), kind=Kind.DATETIME, shown=False),
            Column(name="due_at", label=_("Next attempt"), kind=Kind.DATETIME, shown=False),
            Column(name="attempts", label=_("Attempts"), kind=Kind.NUMBER, shown=False),
            Column(name="sequence", label=_("Sequence"), kind=Kind.NUMBER, shown=False),
            Column(name="reason", label=_("Made again because"), shown=False),
            Column(name="sha256", label=_("SHA-256 fingerprint"), filter=FilterKind.STARTS, shown=False),
        ),
        search=("name", "sha256"),
        ordering=("-day", "-pk"),
        state="state",
        panels=(
            Panel(title=_("File"), icon="file-text", template="publication/file.html", context=_file),
            Panel(title=_("Content"), icon="table", columns=("operator", "flow", "kind", "zone", "version", "first", "day", "sequence", "rows", "size", "sha256")),
            Panel(title=_("Hand-over"), icon="send", aside=True, columns=("state", "made_at", "due_at", "attempts", "handed_at", "problem", "reason")),
        ),
        actions=(
            Action(name="hand-over", label=_("Hand over now"), icon="send", perform=actions.hand_over, bulk=True, primary=True,
                   why_not=actions.why_not_hand_over, offered=actions.for_the_house),
            Action(name="again", label=_("Make again"), icon="refresh", perform=actions.again, form=AgainForm, level=Level.ADMIN,
                   why_not=actions.why_not_again, offered=actions.for_the_house),
        ),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="publication.recipient",
        model=Recipient,
        label=_("IPE and CPN recipients"),
        label_one=_("Recipient"),
        area=AREA,
        rows=_with_operator,
        menu=Menu(section=SECTION, icon="users-group", order=124),
        intro=_("What each operator receives, how its files are written and where they are handed over."),
        empty=_("Nobody receives files yet. Open a recipient: its first files are made tonight, or at once by hand."),
        page_links=(_home_link,),
        columns=(
            Column(name="operator", label=_("Operator"), source="operator__name", order_by="operator__name"),
            Column(name="active", label=pgettext_lazy("a recipient", "Active"), kind=Kind.BOOL),
            Column(name="receives", label=_("Receives"), source="receives", sortable=False),
            Column(name="oi_code", label=_("Our code")),
            Column(name="place", label=_("Territory")),
            Column(name="ipe", label=_("IPE"), kind=Kind.BOOL, shown=False),
            Column(name="cpn", label=_("CPN"), kind=Kind.BOOL, shown=False),
            Column(name="full", label=_("Full"), kind=Kind.BOOL, shown=False),
            Column(name="delta", label=_("Delta"), kind=Kind.BOOL, shown=False),
            Column(name="histo", label=_("Histo"), kind=Kind.BOOL, shown=False),
            Column(name="ztd", label=_("ZTD"), kind=Kind.BOOL),
            Column(name="zmd", label=_("ZMD"), kind=Kind.BOOL),
            Column(name="communes", label=_("Communes")),
            Column(name="pms", label=_("PM"), shown=False),
            Column(name="encoding", label=_("Encoding"), filter=FilterKind.CHOICE, shown=False),
            Column(name="decimal", label=_("Decimal mark"), filter=FilterKind.CHOICE, shown=False),
            Column(name="filler", label=_("Written for “unknown”"), shown=False),
            Column(name="hand_over", label=_("Handed over"), kind=Kind.BOOL),
            Column(name="folder", label=_("Folder"), source="folder_name", sortable=False),
            Column(name="hour", label=_("From (hour)"), kind=Kind.NUMBER, shown=False),
            Column(name="keep_months", label=_("Kept (months)"), kind=Kind.NUMBER, shown=False),
        ),
        search=("operator__name", "oi_code", "place"),
        ordering=("operator__name",),
        form=RecipientForm,
        fields=RecipientForm.Meta.fields,
        bulk_fields=("active", "delta", "hour"),
        create=services.create_recipient,
        update=services.update_recipient,
        delete=services.delete_recipient,
        panels=(
            Panel(title=_("What it receives"), icon="file-check", columns=("receives", "ztd", "zmd", "communes", "pms", "oi_code", "place", "keep_months")),
            Panel(title=_("How and where"), icon="send", aside=True, columns=("active", "hand_over", "folder", "hour", "encoding", "decimal", "filler")),
        ),
    )
)  # fmt: skip

for page in (
    Page(slug="publication.home", path="publication/", view=pages.home, label=_("Publication"), area=AREA, menu=Menu(section=SECTION, icon="broadcast", order=120)),
    Page(slug="publication.make", path="publication/make/", view=pages.make, label=_("Make IPE and CPN files"), area=AREA, level=Level.WRITE),
    Page(slug="publication.take", path="publication/file/<int:pk>/take/", view=pages.take, label=_("A published file"), area=AREA),
):  # fmt: skip
    registry.page(page)
