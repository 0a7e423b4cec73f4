"""Screens of IPE and CPN files received: quality, layouts; pages of a file's anomalies and plan, of the comparison."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chappe.apps.ipe import compare_pages, layout_pages, layouts, pages
from chappe.apps.ipe.access import AREA
from chappe.apps.ipe.models import LayoutCopy, QualityScore
from chappe.kit.access.door import Level
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Action, Column, FilterKind, Kind, Menu, Page, Panel, Scope, Screen, Tone

SECTION = "ipe"
registry.menu_section(SECTION, _("IPE and CPN"), 15)
LAYOUT_TONES = {"draft": Tone.NEW, "active": Tone.OK, "retired": Tone.WAIT}


def compare_link(_user: Any) -> tuple[Any, str, str] | None:
    """From the quality to the comparison."""
    return _("Compare two files or two days"), registry.url("ipe.compare"), "git-compare"


registry.register(
    Screen(
        slug="ipe.quality",
        model=QualityScore,
        label=_("Quality of the IPE"),
        label_one=_("Quality score"),
        area=AREA,
        menu=Menu(section=SECTION, icon="checkup-list", order=130),
        intro=_("Every check of the IPE over every building, each night: the worst first, with the rows to mend."),
        empty=_("Nothing has been checked yet. It is done each night; “Check again” does it now."),
        scopes=(
            Scope(name="commune", label=_("By commune"), where=Q(kind="commune")),
            Scope(name="pm", label=_("By PM"), where=Q(kind="pm")),
            Scope(name="mend", label=_("To mend"), where=Q(faulty__gt=0)),
            Scope(name="all", label=_("See all")),
        ),
        columns=(
            Column(name="reference", label=_("Reference"), kind=Kind.REF, second="name"),
            Column(name="score", label=_("Score"), kind=Kind.NUMBER, template="ipe/cells/score.html"),
            Column(name="faulty", label=_("To mend"), kind=Kind.NUMBER),
            Column(name="buildings", label=_("Buildings"), kind=Kind.NUMBER),
            Column(name="worst", label=_("Most often"), sortable=False),
            Column(name="kind", label=_("What"), filter=FilterKind.CHOICE, shown=False),
            Column(name="name", label=_("Name"), shown=False),
            Column(name="look", label=_("Looked at"), filter=FilterKind.NONE, shown=False, source="look__at", kind=Kind.DATETIME),
        ),
        search=("reference", "name"),
        ordering=("score", "-faulty", "reference"),
        rows=lambda rows, _user: rows.select_related("look", "look__faults"),
        page_links=(compare_pages.look_link, compare_link),
        panels=(
            Panel(title=_("Rows to mend"), icon="tool", template="ipe/mend.html", context=compare_pages.mend),
            Panel(title=_("Score"), icon="gauge", columns=("reference", "name", "score", "buildings", "faulty", "look"), aside=True),
        ),
        history=False,
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="ipe.layout",
        model=LayoutCopy,
        label=_("IPE and CPN layouts"),
        label_one=_("Layout"),
        area=AREA,
        menu=Menu(section=SECTION, icon="table-options", order=150),
        intro=_("Columns, spellings and versions of the files are data. Correct a copy, try it on a file, then activate it."),
        empty=_("The packaged layouts are in force. Add a copy to correct a name, an order, a length or a list of values."),
        columns=(
            Column(name="note", label=_("What was corrected")),
            Column(name="flow", label=_("Flow"), filter=FilterKind.CHOICE),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=LAYOUT_TONES),
            Column(name="created_at", label=_("Written"), kind=Kind.DATETIME),
            Column(name="created_by", label=_("By"), kind=Kind.LINK),
            Column(name="activated_at", label=_("Activated"), kind=Kind.DATETIME),
        ),
        search=("note",),
        ordering=("-created_at",),
        state="state",
        form=layout_pages.LayoutForm,
        fields=("flow", "note", "text"),
        create=layouts.COPIES.create,
        update=layouts.COPIES.update,
        delete=layouts.COPIES.delete,
        panels=(
            Panel(title=_("What is not as packaged"), icon="git-compare", template="ipe/layout.html", context=layout_pages.differences),
            Panel(title=_("Layout"), icon="table-options", columns=("flow", "state", "created_at", "created_by", "activated_at"), aside=True),
        ),
        actions=(
            Action(
                name="activate", label=_("Activate"), perform=layout_pages.activate, level=Level.ADMIN, icon="check", primary=True,
                confirm=_("Files that come from now on are read with this layout. Have you tried it on a file?"),
                why_not=layouts.COPIES.why_not_activate, offered=lambda copy, _user: copy.state != "active",
            ),
            Action(
                name="retire", label=_("Back to the packaged layout"), perform=layout_pages.retire, level=Level.ADMIN, icon="arrow-back-up",
                confirm=_("Files that come from now on are read with the packaged layout."),
                why_not=layouts.COPIES.why_not_retire, offered=lambda copy, _user: copy.state == "active",
            ),
        ),
    )
)  # fmt: skip

_PAGES = (
    ("ipe.anomalies", "ipe/file/<int:pk>/anomalies/", pages.anomalies, _("Anomalies of an IPE or CPN file"), Level.READ),
    ("ipe.anomalies-csv", "ipe/file/<int:pk>/anomalies.csv", pages.anomalies_csv, _("Anomalies of an IPE or CPN file as CSV"), Level.READ),
    ("ipe.plan", "ipe/file/<int:pk>/plan/", pages.plan, _("Plan of an IPE or CPN file"), Level.READ),
    ("ipe.compare-csv", "ipe/compare.csv", compare_pages.compare_csv, _("Comparison as CSV"), Level.READ),
    ("ipe.look", "ipe/look/", compare_pages.look, _("Check the quality again"), Level.WRITE),
    ("ipe.mend", "ipe/quality/<int:pk>/mend.csv", compare_pages.mend_csv, _("Rows to mend as CSV"), Level.READ),
    ("ipe.preview", "ipe/layout/<int:pk>/preview/", layout_pages.preview, _("Preview of a layout"), Level.READ),
)  # fmt: skip
for _slug, _path, _view, _label, _level in _PAGES:
    registry.page(Page(slug=_slug, path=_path, view=_view, label=_label, area=AREA, level=_level))
registry.page(
    Page(
        slug="ipe.compare", path="ipe/compare/", view=compare_pages.compare, label=_("Compare IPE or CPN"), area=AREA,
        menu=Menu(section=SECTION, icon="git-compare", order=140),
    )
)  # fmt: skip
