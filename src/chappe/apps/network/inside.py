"""Screens of what is inside: modules, positions, cables, fibres, splices, routes; and the changes that files will tell."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.network import actions, cards, courses, queries, seats
from chappe.apps.network.access import AREA
from chappe.apps.network.forms import CableForm, CourseForm, ModuleForm, PatchForm, PositionForm, SpliceForm
from chappe.apps.network.models import (
    Building,
    Cable,
    Change,
    Fibre,
    Module,
    OpticalRoute,
    Pbo,
    Pm,
    Position,
    Pto,
    Splice,
)
from chappe.apps.network.panels import Live
from chappe.apps.network.screens import ALL, FEW, SECTION, joined, pointing, verbs
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Action, Column, FilterKind, Kind, Menu, Panel, Related, Scope, Screen, Tone

FAULT_TONES = {"": Tone.OK, "open": Tone.NEW, "fork": Tone.BAD, "long": Tone.BAD, "too-many": Tone.BAD}
FIBRE_TONES = {"free": Tone.NEW, "used": Tone.OK, "reserved": Tone.WAIT, "broken": Tone.BAD}
EVENT_TONES = {"CREATION": Tone.OK, "MODIFICATION": Tone.RUN, "SUPPRESSION": Tone.BAD}

registry.register(
    Screen(
        slug="network.module",
        model=Module,
        label=_("PM modules"),
        label_one=_("PM module"),
        area=AREA,
        menu=Menu(section=SECTION, icon="layout-grid", order=70),
        empty=_("No module yet. Add the drawers of a PM: their positions are made with them."),
        rows=seats.of_modules,
        columns=(
            Column(name="name", label=_("Name"), kind=Kind.REF),
            Column(name="pm", label="PM", kind=Kind.LINK, where=pointing("pm", Pm), filter=FilterKind.STARTS),
            Column(name="rank", label=_("Place in the PM"), kind=Kind.NUMBER),
            Column(name="capacity", label=_("Positions"), kind=Kind.NUMBER),
            Column(name="columns", label=_("Positions a row"), kind=Kind.NUMBER, shown=False),
            Column(name="fibred", label=_("Positions with a fibre"), source="seat_numbers", order_by="pk", sortable=False, where=seats.module_with_position),
            Column(name="cables", label=_("Cables"), source="seat_names", order_by="pk", sortable=False, where=seats.module_of_cable),
        ),
        search=("name", "pm__reference"),
        ordering=("pm__reference", "rank", "name"),
        head="name",
        subtitle=lambda module: str(module.pm),
        panels=(Panel(title=_("Module"), icon="layout-grid", columns=("pm", "rank", "capacity", "columns")),),
        related=(Related(screen="network.position", path="module", label=_("Its positions"), limit=48),),
        form=ModuleForm,
        fields=ModuleForm.Meta.fields,
        **verbs(Module),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="network.position",
        model=Position,
        label=_("Positions"),
        label_one=_("Position"),
        area=AREA,
        menu=Menu(section=SECTION, icon="grid-dots", order=75),
        intro=_("Connectors of the modules: the fibre behind each, and the operator that holds it."),
        empty=_("No position yet: they are made with the modules of a PM."),
        rows=joined("module__pm", "fibre__cable", "operator"),
        scopes=(
            ALL,
            Scope(name="free", label=pgettext_lazy("positions", "Free"), where=Q(operator=None, fibre__isnull=False)),
            Scope(name="used", label=_("Used"), where=Q(operator__isnull=False)),
            Scope(name="empty", label=_("Without a fibre"), where=Q(fibre=None)),
        ),
        columns=(
            Column(name="number", label=_("Position"), kind=Kind.NUMBER),
            Column(name="module", label=_("Module"), source="module__name", where=lambda text: Q(module__name__icontains=text)),
            Column(name="pm", label="PM", source="module__pm", kind=Kind.LINK, where=pointing("module__pm", Pm), filter=FilterKind.STARTS),
            Column(name="cable", label=_("Cable"), source="fibre__cable", kind=Kind.LINK, where=pointing("fibre__cable", Cable), filter=FilterKind.STARTS),
            Column(name="fibre", label=_("Fibre"), source="fibre__number", kind=Kind.NUMBER),
            Column(name="operator", label=_("Operator"), kind=Kind.LINK),
            Column(name="note", label=_("Note")),
        ),
        search=("module__name", "note"),
        ordering=("pk",),
        head="number",
        subtitle=str,
        estimate=FEW,
        panels=(
            Panel(title=_("Route"), icon="route", template="network/route.html", context=cards.position_route),
            Panel(title=_("Position"), icon="grid-dots", aside=True, columns=("number", "module", "pm", "cable", "fibre", "operator", "note")),
        ),
        form=PositionForm,
        fields=PositionForm.Meta.fields,
        update=verbs(Position)["update"],
        actions=(
            Action(name="give", label=_("Give to an operator"), icon="plug-connected", perform=actions.patch, form=PatchForm, bulk=True, primary=True,
                   offered=lambda position, _user: position.operator_id is None),
            Action(name="free", label=pgettext_lazy("verb", "Free"), icon="plug-connected-x", perform=actions.free, bulk=True,
                   confirm=_("The operator loses this position. Free it?"),
                   offered=lambda position, _user: position.operator_id is not None),
        ),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="network.cable",
        model=Cable,
        label=_("Cables"),
        label_one=_("Cable"),
        area=AREA,
        menu=Menu(section=SECTION, icon="line", order=80),
        intro=_("Transport, distribution and drop cables, with the colours of their maker."),
        empty=_("No cable yet. Add one: its fibres are made with it, in its colours."),
        rows=seats.of_cables,
        scopes=(
            Scope(name="distribution", label=_("Distribution"), where=Q(kind="DI")),
            Scope(name="transport", label=_("Transport"), where=Q(kind="TR")),
            Scope(name="drop", label=_("Drops"), where=Q(kind="RA")),
            ALL,
        ),
        columns=(
            Column(name="reference", label=_("Reference"), kind=Kind.REF, where=queries.reference(), filter=FilterKind.STARTS),
            Column(name="kind", label=_("Type"), filter=FilterKind.CHOICE),
            Column(name="pm", label="PM", kind=Kind.LINK, where=pointing("pm", Pm), filter=FilterKind.STARTS),
            Column(name="module", label=_("Module"), source="seat_names", order_by="pk", sortable=False, where=seats.cable_in_module),
            Column(name="positions", label=_("Positions"), source="seat_numbers", order_by="pk", sortable=False, where=seats.cable_at_position),
            Column(name="capacity", label=_("Fibres"), kind=Kind.NUMBER),
            Column(name="per_tube", label=_("Fibres a tube"), kind=Kind.NUMBER, shown=False),
            Column(name="scheme", label=_("Colours"), filter=FilterKind.CHOICE, shown=False),
            Column(name="start", kind=Kind.REF, label=pgettext_lazy("an end of a cable", "From"), where=queries.reference("start")),
            Column(name="end", kind=Kind.REF, label=pgettext_lazy("an end of a cable", "To"), where=lambda text: Q(end__istartswith=text)),
            Column(name="length", label=_("Length (m)"), kind=Kind.NUMBER, shown=False),
        ),
        search=("reference",),
        seek=queries.reference(),
        ordering=("reference",),
        subtitle=lambda cable: " → ".join(part for part in (cable.start, cable.end) if part),
        estimate=FEW,
        panels=Live("panels", "cable", (
            Panel(title=_("Tubes and fibres"), icon="palette", template="network/cable.html", context=cards.cable_opened),
            Panel(title=_("Cable"), icon="line", aside=True, columns=("kind", "pm", "capacity", "per_tube", "scheme", "start", "end", "length")),
        )),
        form=CableForm,
        fields=CableForm.Meta.fields,
        bulk_fields=("scheme",),
        actions=(
            Action(name="course", label=_("Its course"), icon="route-alt-left", perform=actions.set_course, form=CourseForm),
            Action(name="course-back", label=_("Put the course before back"), icon="arrow-back-up", perform=actions.put_course_back,
                   confirm=_("The course as it was before the last change by hand."),
                   offered=lambda cable, _user: courses.before(cable) is not None),
        ),
        **verbs(Cable),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="network.fibre",
        model=Fibre,
        label=_("Fibres"),
        label_one=_("Fibre"),
        area=AREA,
        empty=_("No fibre yet: they are made with their cable."),
        rows=joined("cable"),
        columns=(
            Column(name="number", label=_("Number"), kind=Kind.NUMBER),
            Column(name="cable", label=_("Cable"), kind=Kind.LINK, where=pointing("cable", Cable), filter=FilterKind.STARTS),
            Column(name="colours", label=_("Tube and colour"), source="in_words", sortable=False),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=FIBRE_TONES),
        ),
        ordering=("pk",),
        head="__str__",
        state="state",
        estimate=FEW,
        subtitle=lambda fibre: fibre.in_words(),
        panels=(
            Panel(title=_("Routes through this fibre"), icon="route", template="network/trace.html", context=cards.trace_fibre),
            Panel(title=_("Fibre"), icon="line", aside=True, columns=("cable", "number", "colours", "state")),
        ),
        fields=("state",),
        bulk_fields=("state",),
        update=verbs(Fibre)["update"],
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="network.splice",
        model=Splice,
        label=_("Splices"),
        label_one=_("Splice"),
        area=AREA,
        menu=Menu(section=SECTION, icon="git-merge", order=85),
        intro=_("Two fibres joined in a box, or a fibre that ends on a connector of a socket."),
        empty=_("No splice yet. Join two fibres in a box."),
        rows=joined("a__cable", "b__cable", "box", "pto"),
        columns=(
            Column(name="a", label=_("Fibre"), kind=Kind.LINK, where=pointing("a__cable", Cable), filter=FilterKind.STARTS),
            Column(name="b", label=_("Joined with"), kind=Kind.LINK, where=pointing("b__cable", Cable), filter=FilterKind.STARTS),
            Column(name="box", label=_("Box"), kind=Kind.LINK, where=pointing("box", Pbo), filter=FilterKind.STARTS),
            Column(name="pto", label=_("PTO"), kind=Kind.LINK, where=pointing("pto", Pto), filter=FilterKind.STARTS),
            Column(name="connector", label=_("Connector"), kind=Kind.NUMBER),
            Column(name="cassette", label=_("Cassette")),
            Column(name="place", label=_("Place"), kind=Kind.NUMBER),
        ),
        ordering=("pk",),
        estimate=FEW,
        panels=(Panel(title=_("Splice"), icon="git-merge", columns=("a", "b", "pto", "connector", "box", "cassette", "place")),),
        form=SpliceForm,
        fields=SpliceForm.Meta.fields,
        **verbs(Splice),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="network.route",
        model=OpticalRoute,
        label=_("Optical routes"),
        label_one=_("Optical route"),
        area=AREA,
        menu=Menu(section=SECTION, icon="route", order=90),
        intro=_("From the connector of the PM to the socket, fibre by fibre: found by following the splices, again at each change."),
        empty=_("No route yet: they appear when positions of a PM have a fibre behind them."),
        rows=joined("pm", "pto__building", "pbo", "position__module__pm", "position__operator"),
        scopes=(
            ALL,
            Scope(name="through", label=_("To a socket"), where=Q(fault="")),
            Scope(name="stock", label=_("In stock"), where=Q(fault="open")),
            Scope(name="faulty", label=_("Faulty"), where=Q(fault__in=["fork", "long", "too-many"])),
        ),
        columns=(
            Column(name="name", label=_("Name"), source="__str__", kind=Kind.REF, order_by="name"),
            Column(name="fault", label=_("State"), kind=Kind.STATE, tones=FAULT_TONES),
            Column(name="pm", label="PM", kind=Kind.LINK, where=pointing("pm", Pm), filter=FilterKind.STARTS),
            Column(name="position", label=_("Position"), source="position__number", kind=Kind.NUMBER, shown=False),
            Column(name="cable", label=_("Cable at the PM"), kind=Kind.REF, where=queries.reference("cable"), shown=False),
            Column(name="tube", label=_("Tube at the PM"), kind=Kind.NUMBER, shown=False),
            Column(name="fibre", label=_("Fibre at the PM"), kind=Kind.NUMBER, shown=False),
            Column(name="pbo", label=_("PBO"), kind=Kind.LINK, where=pointing("pbo", Pbo), filter=FilterKind.STARTS),
            Column(name="end_cable", label=_("Cable at the PBO"), kind=Kind.REF, where=queries.reference("end_cable")),
            Column(name="end_tube", label=_("Tube"), kind=Kind.NUMBER, filter=FilterKind.EXACT),
            Column(name="end_fibre", label=_("Fibre"), kind=Kind.NUMBER, filter=FilterKind.EXACT),
            Column(name="pto", label=_("PTO"), kind=Kind.LINK, where=pointing("pto", Pto), filter=FilterKind.STARTS),
            Column(name="building", label=_("Building"), source="pto__building", kind=Kind.LINK, where=pointing("pto__building", Building), filter=FilterKind.STARTS, shown=False),
            Column(name="used", label=_("Used"), kind=Kind.BOOL),
            Column(name="operator", label=_("Operator"), source="position__operator", kind=Kind.LINK, shown=False),
        ),
        ordering=("pk",),
        search=("name", "cable", "end_cable"),
        state="fault",
        estimate=FEW,
        panels=(
            Panel(title=_("From end to end"), icon="route", template="network/route.html", context=cards.route_drawn),
            Panel(title=_("Route"), icon="list-details", aside=True, columns=(
                "pm", "position", "operator", "cable", "tube", "fibre", "end_cable", "end_tube", "end_fibre", "pbo", "pto", "building", "used")),
        ),
        history=False,
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="network.change",
        model=Change,
        label=_("Changes of the network"),
        label_one=_("Change of the network"),
        area=AREA,
        menu=Menu(section=SECTION, icon="history", order=95),
        intro=_("Field by field, what came, changed and went: the delta and the history files are made of it."),
        empty=_("Nothing has changed yet."),
        columns=(
            Column(name="reference", label=_("Reference"), kind=Kind.REF, where=queries.reference(), filter=FilterKind.STARTS),
            Column(name="thing", label=_("What"), filter=FilterKind.CHOICE),
            Column(name="event", label=_("Event"), kind=Kind.STATE, tones=EVENT_TONES),
            Column(name="field", label=_("Field"), filter=FilterKind.EXACT),
            Column(name="old", label=_("Before"), filter=FilterKind.NONE),
            Column(name="new", label=_("After"), filter=FilterKind.NONE),
            Column(name="day", label=_("Day"), kind=Kind.DATE),
            Column(name="by", label=_("By")),
            Column(name="at", label=_("At"), kind=Kind.DATETIME, shown=False),
        ),
        search=("reference",),
        seek=queries.reference(),
        ordering=("-pk",),
        state="event",
        head="reference",
        estimate=FEW,
        panels=(Panel(title=_("Change"), icon="history", columns=("thing", "field", "old", "new", "day", "by", "at")),),
        history=False,
    )
)  # fmt: skip
