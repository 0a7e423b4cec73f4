"""Screens of the points of the network: PRDM, PM, links, PBO, buildings, sockets. What is inside stands in ``inside``."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from chappe.apps.network import actions, areas, cards, queries, services
from chappe.apps.network.access import AREA
from chappe.apps.network.forms import (
    AttachForm,
    BuildingForm,
    LinkForm,
    PboForm,
    PhotoForm,
    PmForm,
    PrdmForm,
    PtoForm,
    StateForm,
)
from chappe.apps.network.models import Building, Pbo, Pm, PmLink, Prdm, Pto
from chappe.apps.network.panels import Live
from chappe.kit.access.door import Level
from chappe.kit.screens import registry
from chappe.kit.screens.declare import (
    Action,
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

SECTION = "network"
registry.menu_section(SECTION, _("Network"), 10)

TONES = {"PLANIFIE": Tone.NEW, "EN COURS DE DEPLOIEMENT": Tone.RUN, "DEPLOYE": Tone.OK, "ABANDONNE": Tone.BAD}
BUILDING_TONES = TONES | {"CIBLE": Tone.NEW, "SIGNE": Tone.WAIT, "RACCORDABLE DEMANDE": Tone.WARN}
PTO_TONES = {"planned": Tone.NEW, "built": Tone.OK, "active": Tone.OK, "broken": Tone.BAD, "removed": Tone.NEW}
ALL = Scope(name="all", label=_("See all"))
FEW = 10_000  # counts beyond are not worth waiting for


def pointing(path: str, model: Any) -> Any:
    """A filter of a row by the beginning of the reference of what it points to."""
    begins = queries.reference()
    return lambda text: Q(**{f"{path}__in": model.objects.filter(begins(text)).values("pk")})


def in_commune(text: str) -> Q:
    """A filter by the name of a commune, whole or in part, or by what is written in the row.

    A text that few communes hold is asked of indexes; one that many hold (“saint”) soon finds enough rows by itself.
    """
    codes, _rest = queries.commune(text)
    if codes:
        return Q(insee__in=codes)
    some = queries.communes_like(text)
    if some is None:
        return Q(city__icontains=text)
    return Q(insee__in=some) | queries.begins("city", text) | queries.begins("city", text.upper())


def filled(name: str, lookup: str = "exact") -> Any:
    """A filter of a text that few rows have: said so that the index of those rows answers."""
    return lambda text: Q(**{f"{name}__gt": "", f"{name}__{lookup}": text})


def postal(text: str) -> Q:
    """A filter by postal code, through the communes that have it."""
    return Q(insee__in=queries.insees(text), postal_code=text)


def verbs(model: Any) -> dict[str, Any]:
    """The three verbs of a table."""
    return {"create": partial(services.create, model), "update": services.update, "delete": services.delete}


def joined(*paths: str) -> Any:
    """Rows with what their titles and cells name."""

    def rows(found: QuerySet, _user: Any) -> QuerySet:
        return found.select_related(*paths)

    return rows


PLACE = (
    Column(name="city", label=_("Commune"), where=in_commune),
    Column(name="insee", label=_("INSEE code"), filter=FilterKind.EXACT, shown=False),
    Column(name="postal_code", label=_("Postal code"), where=postal, filter=FilterKind.EXACT, shown=False),
    Column(name="street_type", label=_("Street type"), shown=False, filter=FilterKind.NONE),
    Column(name="street", label=_("Street"), shown=False, filter=FilterKind.NONE),
    Column(name="number", label=_("Street number"), kind=Kind.NUMBER, shown=False, filter=FilterKind.NONE),
    Column(name="number_suffix", label=_("Suffix"), shown=False, filter=FilterKind.NONE),
    Column(name="building", label=_("Building name"), shown=False, filter=FilterKind.NONE),
    Column(name="rivoli", label=_("Rivoli code"), shown=False, filter=FilterKind.NONE),
    Column(name="hexacle", label=_("Hexaclé"), shown=False, filter=FilterKind.EXACT),
    Column(name="projection", label=_("Projection"), shown=False, filter=FilterKind.NONE),
    Column(name="x", label="X", kind=Kind.NUMBER, shown=False, filter=FilterKind.NONE),
    Column(name="y", label="Y", kind=Kind.NUMBER, shown=False, filter=FilterKind.NONE),
    Column(name="longitude", label=_("Longitude"), kind=Kind.NUMBER, shown=False, filter=FilterKind.NONE),
    Column(name="latitude", label=_("Latitude"), kind=Kind.NUMBER, shown=False, filter=FilterKind.NONE),
    Column(name="area", label=_("Area of the map"), source="cell", shown=False, exported=False, in_api=False, where=areas.inside),
)  # fmt: skip
WHERE = ("street_type", "street", "number", "number_suffix", "building", "postal_code", "city", "insee", "rivoli", "hexacle",
         "projection", "x", "y", "longitude", "latitude")  # fmt: skip


DELETE_MANY = Action(
    name="delete-many", label=_("Delete"), icon="trash", perform=actions.delete_many, level=Level.ADMIN, bulk=True, single=False, danger=True,
    confirm=_("What something hangs on stays, and you are told what. Delete the others?"),
)  # fmt: skip


def unsorted(columns: tuple[Column, ...], *sortable: str) -> tuple[Column, ...]:
    """The columns of a list of millions: it is put in order by those that an index has in order."""
    return tuple(column if column.name in sortable else replace(column, sortable=False) for column in columns)


def _reference(label: Any = None, **more: Any) -> Column:
    return Column(
        name="reference",
        label=label or _("Reference"),
        kind=Kind.REF,
        where=queries.reference(),
        filter=FilterKind.STARTS,
        **more,
    )


registry.register(
    Screen(
        slug="network.prdm",
        model=Prdm,
        label=_("PRDM"),
        label_one=_("PRDM"),
        area=AREA,
        menu=Menu(section=SECTION, icon="building-broadcast-tower", order=10),
        intro=_("The distant points where the links of several PMs arrive."),
        empty=_("No PRDM yet. Add one, or import a CPN file: its PRDM come with it."),
        columns=(
            _reference(),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=TONES),
            Column(name="kind", label=_("Type"), filter=FilterKind.CHOICE),
            Column(name="min_dwellings", label=_("Least dwellings of a PM"), kind=Kind.NUMBER),
            *PLACE,
            Column(name="modified_on", label=_("Last changed"), kind=Kind.DATE, shown=False),
        ),
        search=("reference", "city"),
        ordering=("reference",),
        state="state",
        panels=(
            Panel(title=_("PRDM"), icon="building-broadcast-tower", columns=("kind", "min_dwellings", "modified_on"),
                  template="network/prdm.html", context=cards.prdm_pms),
            Panel(title=_("Where"), icon="map-pin", aside=True, columns=WHERE),
        ),
        related=(Related(screen="network.link", path="prdm", label=_("Links to its PMs")),),
        form=PrdmForm,
        fields=PrdmForm.Meta.fields,
        bulk_fields=("state", "kind"),
        **verbs(Prdm),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="network.pm",
        model=Pm,
        label="PM",
        label_one="PM",
        area=AREA,
        menu=Menu(section=SECTION, icon="server-2", order=20),
        intro=_("Concentration points. A PMR groups its technical PMs; its own modules, cables and routes are on its page."),
        empty=_("No PM yet. Add one, or import an IPE file: its PMs come with it."),
        rows=joined("parent"),
        scopes=(
            ALL,
            Scope(name="published", label=_("PM and PMR"), where=~Q(kind="PMT")),
            Scope(name="technical", label=_("PMT"), where=Q(kind="PMT")),
        ),
        columns=(
            _reference(),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=TONES),
            Column(name="kind", label=_("Type"), filter=FilterKind.CHOICE),
            Column(name="parent", label=_("Grouped under"), kind=Kind.LINK, where=pointing("parent", Pm), filter=FilterKind.STARTS),
            *PLACE,
            Column(name="capacity", label=_("Capacity"), kind=Kind.NUMBER),
            Column(name="dwellings", label=_("Dwellings"), kind=Kind.NUMBER),
            Column(name="agreement_needed", label=_("Authorisation"), kind=Kind.BOOL),
            Column(name="installed_on", label=_("Installed"), kind=Kind.DATE, shown=False),
            Column(name="location_type", label=_("Kind of place"), shown=False),
            Column(name="comment", label=_("Where it is"), shown=False),
            Column(name="access_note", label=_("How to get in"), kind=Kind.SECRET, shown=False, exported=False, in_api=False),
            Column(name="engineering", label=_("Engineering"), shown=False),
            Column(name="risers", label=_("Risers"), kind=Kind.NUMBER, shown=False),
            Column(name="opened_on", label=_("Commercial opening"), kind=Kind.DATE, shown=False),
            Column(name="consultation", label=_("Consultation"), shown=False),
            Column(name="grouping", label=_("Co-investment zone"), shown=False),
            Column(name="technical_count", label=_("Technical PMs"), kind=Kind.NUMBER, shown=False),
            Column(name="active_space", label=_("Room for active gear"), kind=Kind.BOOL, shown=False),
            Column(name="address_quality", label=_("Quality of the address"), shown=False),
            Column(name="first_handover_on", label=_("First hand-over"), kind=Kind.DATE, shown=False),
            Column(name="patching_by_oi", label=_("Patched by the OI alone"), kind=Kind.BOOL, shown=False),
            Column(name="modified_on", label=_("Last changed"), kind=Kind.DATE, shown=False),
        ),
        search=("reference", "city"),
        ordering=("reference",),
        state="state",
        subtitle=lambda pm: pm.address,
        panels=Live("panels", "pm", (
            Panel(title=_("At the cabinet"), icon="camera", template="network/pm.html", context=cards.summary),
            Panel(title=_("Positions"), icon="grid-dots", template="network/positions.html", context=cards.positions),
            Panel(title=_("Routes by colour"), icon="route", template="network/routes.html", context=cards.routes),
            Panel(title=_("Getting in"), icon="key", aside=True, columns=("location_type", "comment", "access_note", "agreement_needed", "patching_by_oi")),
            Panel(title="PM", icon="server-2", aside=True, columns=(
                "kind", "parent", "technical_count", "capacity", "dwellings", "risers", "engineering", "active_space", "installed_on",
                "opened_on", "first_handover_on", "grouping", "consultation", "modified_on")),
            Panel(title=_("Where"), icon="map-pin", aside=True, columns=(*WHERE, "address_quality")),
        )),
        related=Live("related", "pm", (
            Related(screen="network.pm", path="parent", label=_("Its technical PMs"), limit=8),
            Related(screen="network.building", path="pm", label=_("Buildings served"), limit=8),
            Related(screen="network.pbo", path="pm", label=_("Its PBO"), limit=6),
            Related(screen="network.cable", path="pm", label=_("Its cables"), limit=6),
            Related(screen="network.link", path="pm", label=_("Links to PRDM"), limit=4),
        )),
        form=PmForm,
        fields=PmForm.Meta.fields,
        bulk_fields=("state", "engineering", "grouping", "consultation", "patching_by_oi", "agreement_needed"),
        actions=(
            Action(name="photo", label=_("Photo"), icon="camera", perform=actions.send_photo, form=PhotoForm),
            Action(name="remove-photo", label=_("Take the photo away"), icon="camera-off", perform=actions.remove_photo,
                   confirm=_("The page of this PM will show no photo. The file stays among the kept files."),
                   offered=lambda pm, _user: pm.photo_id is not None),
            Action(name="walk", label=_("Walk its routes"), icon="route", perform=actions.walk, bulk=True),
            Action(name="walk-all", label=_("Walk the whole network"), icon="topology-star", perform=actions.walk_all, single=False, bulk=True),
        ),
        **verbs(Pm),
    )
)  # fmt: skip
registry.page(
    Page(slug="network.photo", path="network/pm/<int:pk>/photo/image/", view=actions.photo, label=_("Photo"), area=AREA)
)

registry.register(
    Screen(
        slug="network.link",
        model=PmLink,
        label=_("PM–PRDM links"),
        label_one=_("PM–PRDM link"),
        area=AREA,
        menu=Menu(section=SECTION, icon="link", order=30),
        empty=_("No link yet. Add one, or import a CPN file."),
        rows=joined("pm", "prdm"),
        columns=(
            _reference(source="__str__", order_by="reference"),
            Column(name="pm", label="PM", kind=Kind.LINK, where=pointing("pm", Pm), filter=FilterKind.STARTS),
            Column(name="prdm", label=_("PRDM"), kind=Kind.LINK, where=pointing("prdm", Prdm), filter=FilterKind.STARTS),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=TONES),
            Column(name="length", label=_("Length (m)"), kind=Kind.NUMBER),
            Column(name="fibres_free", label=_("Free fibres"), kind=Kind.NUMBER),
            Column(name="installed_on", label=_("Installed"), kind=Kind.DATE, shown=False),
            Column(name="modified_on", label=_("Last changed"), kind=Kind.DATE, shown=False),
        ),
        search=("reference", "pm__reference", "prdm__reference"),
        ordering=("pm__reference", "prdm__reference"),
        state="state",
        panels=(Panel(title=_("Link"), icon="link", columns=("pm", "prdm", "length", "fibres_free", "installed_on", "modified_on")),),
        form=LinkForm,
        fields=LinkForm.Meta.fields,
        bulk_fields=("state",),
        **verbs(PmLink),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="network.pbo",
        model=Pbo,
        label=_("PBO"),
        label_one=_("PBO"),
        area=AREA,
        menu=Menu(section=SECTION, icon="box", order=40),
        intro=_("Branching points, and the closures on the way."),
        empty=_("No PBO yet. Add one, or import an IPE file: its PBOs come with it."),
        rows=joined("pm"),
        scopes=(ALL, Scope(name="pbo", label=_("PBO"), where=Q(kind="PBO")), Scope(name="bpe", label=_("Closures"), where=Q(kind="BPE"))),
        columns=(
            _reference(),
            Column(name="kind", label=_("Type"), filter=FilterKind.CHOICE),
            Column(name="placing", label=_("Kind of place"), filter=FilterKind.EXACT),
            Column(name="drop_type", label=_("Kind of drop"), filter=FilterKind.EXACT),
            Column(name="pm", label="PM", kind=Kind.LINK, where=pointing("pm", Pm), filter=FilterKind.STARTS),
            Column(name="capacity", label=_("Capacity"), kind=Kind.NUMBER),
            *PLACE,
            Column(name="floor", label=_("Floor"), shown=False),
            Column(name="installed_on", label=_("Installed"), kind=Kind.DATE, shown=False),
        ),
        search=("reference",),
        seek=queries.reference(),
        ordering=("reference",),
        subtitle=lambda pbo: pbo.address,
        estimate=FEW,
        panels=Live("panels", "pbo", (
            Panel(title=_("Fibres that come out here"), icon="route", template="network/trace.html", context=cards.trace_pbo),
            Panel(title=_("PBO"), icon="box", aside=True, columns=("kind", "pm", "placing", "drop_type", "capacity", "floor", "installed_on")),
            Panel(title=_("Where"), icon="map-pin", aside=True, columns=WHERE),
        )),
        related=Live("related", "pbo", (
            Related(screen="network.building", path="pbo", label=_("Buildings served"), limit=8),
            Related(screen="network.pto", path="pbo", label=_("Its PTO"), limit=8),
        )),
        form=PboForm,
        fields=PboForm.Meta.fields,
        bulk_fields=("placing", "drop_type"),
        actions=(DELETE_MANY,),
        **verbs(Pbo),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="network.building",
        model=Building,
        label=_("Buildings"),
        label_one=_("Building"),
        area=AREA,
        menu=Menu(section=SECTION, icon="building", order=50),
        intro=_("Blocks and houses. Search an address as you would write it: “12 rue des Tanneurs, Dole”, or an identifier."),
        empty=_("No building yet. Add one, or import an IPE file."),
        rows=joined("pm", "pbo"),
        scopes=(
            ALL,
            Scope(name="block", label=_("Blocks"), where=Q(kind="IMMEUBLE")),
            Scope(name="house", label=_("Houses"), where=Q(kind="PAVILLON")),
        ),
        columns=unsorted((
            _reference(_("Identifier")),
            Column(name="address", label=_("Address"), source="street_line", order_by="search", where=queries.address),
            *PLACE,
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=BUILDING_TONES),
            Column(name="kind", label=_("Type"), filter=FilterKind.CHOICE),
            Column(name="dwellings", label=_("Dwellings"), kind=Kind.NUMBER),
            Column(name="pm", label="PM", kind=Kind.LINK, where=pointing("pm", Pm), filter=FilterKind.STARTS, order_by="pm_id"),
            Column(name="pbo", label=_("PBO"), kind=Kind.LINK, where=pointing("pbo", Pbo), filter=FilterKind.STARTS, order_by="pbo_id", shown=False),
            Column(name="oi_code", label=_("OI"), filter=FilterKind.EXACT, shown=False),
            Column(name="zone", label=_("Zone"), filter=FilterKind.CHOICE, shown=False),
            Column(name="cabled_on", label=_("Cabled"), kind=Kind.DATE, shown=False),
            Column(name="opened_on", label=_("Commercial opening"), kind=Kind.DATE, shown=False),
            Column(name="orders_from", label=_("Orders accepted from"), kind=Kind.DATE, shown=False),
            Column(name="on_demand", label=_("Connectable on demand"), kind=Kind.BOOL, shown=False),
            Column(name="agreement_needed", label=_("Agreement needed"), kind=Kind.BOOL, shown=False),
            Column(name="agreement_on", label=_("Agreement signed"), kind=Kind.DATE, shown=False),
            Column(name="manager", label=_("Manager"), where=filled("manager", "icontains"), shown=False),
            Column(name="manager_siret", label=_("SIRET of the manager"), where=filled("manager_siret"), filter=FilterKind.EXACT, shown=False),
            Column(name="is_new", label=_("New building"), kind=Kind.BOOL, shown=False),
            Column(name="new_delivery_on", label=_("Delivery"), kind=Kind.DATE, shown=False),
            Column(name="line_length", label=_("Length of the line (m)"), kind=Kind.NUMBER, shown=False),
            Column(name="pbo_type", label=_("Kind of PBO"), filter=FilterKind.EXACT, shown=False),
            Column(name="drop_type", label=_("Kind of drop"), filter=FilterKind.EXACT, shown=False),
            Column(name="dedicated_fibre_free", label=_("Dedicated fibre free"), kind=Kind.BOOL, shown=False),
            Column(name="ban", label=_("BAN key"), filter=FilterKind.EXACT, shown=False),
            Column(name="rnb", label=_("RNB identifier"), where=filled("rnb"), filter=FilterKind.EXACT, shown=False),
            Column(name="modified_on", label=_("Last changed"), kind=Kind.DATE, shown=False),
        ), "reference", "address", "state", "kind", "dwellings", "pm", "pbo", "modified_on", "insee", "oi_code"),
        search=("reference",),
        seek=queries.building,
        ordering=("reference",),
        state="state",
        subtitle=lambda building: building.address,
        estimate=FEW,
        panels=Live("panels", "building", (
            Panel(title=_("Building"), icon="building", columns=(
                "kind", "dwellings", "pm", "pbo", "oi_code", "zone", "cabled_on", "opened_on", "orders_from", "on_demand", "line_length",
                "pbo_type", "drop_type", "dedicated_fibre_free", "is_new", "new_delivery_on", "modified_on")),
            Panel(title=_("Optical routes"), icon="route", template="network/trace.html", context=cards.trace_building),
            Panel(title=_("Manager"), icon="user", aside=True, columns=("agreement_needed", "agreement_on", "manager", "manager_siret")),
            Panel(title=_("Where"), icon="map-pin", aside=True, columns=(*WHERE, "ban", "rnb")),
        )),
        related=Live("related", "building", (Related(screen="network.pto", path="building", label=_("Its PTO"), limit=12),)),
        form=BuildingForm,
        fields=BuildingForm.Meta.fields,
        bulk_fields=("state", "zone", "cabled_on", "opened_on", "orders_from"),
        actions=(
            Action(name="set-state", label=_("Change the state"), icon="progress-check", perform=actions.set_state, form=StateForm, bulk=True, single=False),
            Action(name="attach", label=_("Attach to a PM or a PBO"), icon="link", perform=actions.attach, form=AttachForm, bulk=True, single=False),
            DELETE_MANY,
        ),
        **verbs(Building),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="network.pto",
        model=Pto,
        label=_("PTO"),
        label_one=_("PTO"),
        area=AREA,
        menu=Menu(section=SECTION, icon="plug", order=60),
        intro=_("Optical sockets in the dwellings, and the routes that reach them."),
        empty=_("No PTO yet. Add one to a building."),
        rows=joined("building", "pbo"),
        columns=(
            _reference(),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=PTO_TONES),
            Column(name="building", label=_("Building"), kind=Kind.LINK, where=pointing("building", Building), filter=FilterKind.STARTS),
            Column(name="pbo", label=_("PBO"), kind=Kind.LINK, where=pointing("pbo", Pbo), filter=FilterKind.STARTS),
            Column(name="stairs", label=_("Stairs")),
            Column(name="floor", label=_("Floor")),
            Column(name="place", label=_("Dwelling")),
            Column(name="built_on", label=_("Built"), kind=Kind.DATE, shown=False),
        ),
        search=("reference",),
        seek=queries.reference(),
        ordering=("reference",),
        state="state",
        subtitle=lambda pto: pto.building.address,
        estimate=FEW,
        panels=Live("panels", "pto", (
            Panel(title=_("Optical routes"), icon="route", template="network/trace.html", context=cards.trace_pto),
            Panel(title=_("PTO"), icon="plug", aside=True, columns=("building", "pbo", "stairs", "floor", "place", "built_on")),
        )),
        related=Live("related", "pto", ()),
        form=PtoForm,
        fields=PtoForm.Meta.fields,
        bulk_fields=("state",),
        actions=(DELETE_MANY,),
        **verbs(Pto),
    )
)  # fmt: skip

from chappe.apps.network import inside  # noqa: E402, F401 - the menu stands in the order of declaration
