"""The list of stored files, for administrators: what stands in the store, how large, whose."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.documents.models import StoredFile
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Column, Kind, Menu, Panel, Screen

SECTION = "administration"
registry.menu_section(SECTION, _("Administration"), 900)

registry.register(
    Screen(
        slug="documents.file",
        model=StoredFile,
        label=_("Stored files"),
        label_one=_("Stored file"),
        area="documents",
        menu=Menu(section=SECTION, icon="files", order=70),
        intro=_("Every file received or made, whole, as it was. The same bytes take their place once."),
        empty=_("No file yet. Files appear here when somebody imports or exports one."),
        rows=lambda rows, _user: rows.select_related("owner", "created_by"),
        columns=(
            Column(name="name", label=_("Name"), kind=Kind.REF),
            Column(name="size", label=_("Size"), kind=Kind.SIZE),
            Column(name="content_type", label=_("Type")),
            Column(name="created_at", label=_("Received"), kind=Kind.DATETIME),
            Column(name="owner", label=_("Operator"), source="owner__name"),
            Column(name="created_by", label=_("By"), source="created_by__username"),
            Column(name="sha256", label=_("SHA-256 fingerprint"), shown=False),
        ),
        search=("name", "sha256"),
        panels=(
            Panel(
                title=_("File"), icon="file",
                columns=("name", "size", "content_type", "created_at", "owner", "created_by", "sha256"),
            ),
            Panel(title=_("Download"), icon="download", template="documents/download.html", aside=True),
        ),
        history=False,  # a stored file never changes
    )
)  # fmt: skip
