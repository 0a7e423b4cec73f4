"""Inside and between: modules and positions of a PM, cables, fibres, splices, and the routes found by walking them.

Tube and colour of a fibre are not stored: they follow from its number in the cable, the cable's fibres a tube and its scheme.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.network.cells import around, cell_of
from chappe.apps.network.models.buildings import Pto
from chappe.apps.network.models.located import no_separator
from chappe.apps.network.models.points import Pbo, Pm
from chappe.core.network.colours import MAX_RINGS, ORANGE, SCHEMES, colour_of, in_cable
from chappe.core.network.lines import read_path
from chappe.kit.access.door import HOUSE, Access, ScopedModel

COLOURED = 12 * (MAX_RINGS + 1)  # beyond, no colour is agreed
SEAT_GAP = "\x1f"


class Seated:
    """What lists tell of the positions between a cable and a module; rows come from ``network.seats``, which finds both ends."""

    def seat_names(self) -> str:
        """“TI-1”, “TI-1 – TI-2”: the modules of a cable, the cables of a module."""
        return self._seats(0, " – ")

    def seat_numbers(self) -> str:
        """“1–72”."""
        return self._seats(1, "–")

    def _seats(self, part: int, between: str) -> str:
        ends = [(getattr(self, name, "") or "").split(SEAT_GAP) for name in ("seat_first", "seat_last")]
        return between.join(dict.fromkeys(end[part] for end in ends if len(end) == 2))


class Cable(Seated, ScopedModel):
    """A cable: transport (TR), distribution (DI) or drop (RA)."""

    access = Access(area="reseau", owner=HOUSE)
    audit_ignore = ("path", "cell")

    class Kind(models.TextChoices):
        TRANSPORT = "TR", _("transport")
        DISTRIBUTION = "DI", _("distribution")
        DROP = "RA", _("drop")

    reference = models.CharField(_("reference"), max_length=100, unique=True, validators=[no_separator])
    kind = models.CharField(_("type"), max_length=2, choices=Kind.choices, default=Kind.DISTRIBUTION)
    pm = models.ForeignKey(Pm, models.PROTECT, null=True, blank=True, related_name="cables", verbose_name="PM")
    capacity = models.PositiveIntegerField(_("fibres"), validators=[MinValueValidator(1), MaxValueValidator(864)])
    per_tube = models.PositiveIntegerField(
        _("fibres a tube"), default=12, validators=[MinValueValidator(1), MaxValueValidator(72)]
    )
    scheme = models.CharField(_("colours"), max_length=10, choices=[(name, name) for name in SCHEMES], default=ORANGE)
    start = models.CharField(_("from"), max_length=100, blank=True)
    end = models.CharField(_("to"), max_length=100, blank=True)
    length = models.FloatField(_("length (m)"), null=True, blank=True)
    # Where it runs, when a file said so: “5.49521,47.09102 5.49533,47.09110”, parts of it parted by “;” (core.network.lines).
    path = models.TextField(_("course"), blank=True, editable=False, default="")
    cell = models.BigIntegerField(
        null=True, editable=False, db_index=True
    )  # the smallest map tile that holds all of it

    class Meta:
        verbose_name = _("cable")
        verbose_name_plural = _("cables")
        ordering = ["reference"]
        indexes = [models.Index(fields=["pm", "kind"], name="network_cable_pm")]

    def __str__(self) -> str:
        return self.reference

    def place(self) -> None:
        """The tile that it is looked up by, from its course."""
        self.cell = around([cell_of(*point) or 0 for part in read_path(self.path) for point in part])

    def audit_extra(self) -> dict[str, int]:
        """Of a course, the journal tells how many points it has."""
        return {"course": sum(len(part) for part in read_path(self.path))}

    @staticmethod
    def audit_words(_name: str, before: Any, after: Any) -> tuple[str, str, str]:
        """The same, for people."""
        return str(_("points of the course")), str(before or 0), str(after or 0)


class Fibre(ScopedModel):
    """One fibre, by its number in its cable (from 1)."""

    access = Access(area="reseau", owner=HOUSE)

    class State(models.TextChoices):
        FREE = "free", pgettext_lazy("a fibre", "free")
        USED = "used", _("used")
        RESERVED = "reserved", _("reserved")
        BROKEN = "broken", _("out of order")

    cable = models.ForeignKey(Cable, models.CASCADE, related_name="fibres", verbose_name=_("cable"))
    number = models.PositiveIntegerField(_("number"), validators=[MinValueValidator(1)])
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.FREE)

    class Meta:
        verbose_name = _("fibre")
        verbose_name_plural = _("fibres")
        ordering = ["cable", "number"]
        constraints = [models.UniqueConstraint(fields=["cable", "number"], name="network_one_fibre")]

    def __str__(self) -> str:
        return f"{self.cable} · {self.number}"

    def in_words(self) -> str:
        """``tube 3 vert · fibre 5 violet``, in the colours of its cable."""
        tube, place = in_cable(self.number, self.cable.per_tube)
        if tube > COLOURED:
            return f"{tube} · {place}"
        shade = (colour_of(tube, self.cable.scheme).label, colour_of(place, self.cable.scheme).label)
        return _("tube %(tube)d %(shade)s · fibre %(fibre)d %(inside)s") % {
            "tube": tube, "shade": shade[0], "fibre": place, "inside": shade[1],
        }  # fmt: skip


class Module(Seated, ScopedModel):
    """A module (tiroir, tête) of a PM, with its positions in a grid."""

    access = Access(area="reseau", owner=HOUSE)

    pm = models.ForeignKey(Pm, models.CASCADE, related_name="modules", verbose_name="PM")
    name = models.CharField(_("name"), max_length=60, validators=[no_separator])
    rank = models.PositiveIntegerField(_("place in the PM"), default=1)
    capacity = models.PositiveIntegerField(_("positions"), default=144, validators=[MaxValueValidator(1152)])
    columns = models.PositiveIntegerField(_("positions a row"), default=12, validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("module")
        verbose_name_plural = _("modules")
        ordering = ["pm", "rank", "name"]
        constraints = [models.UniqueConstraint(fields=["pm", "name"], name="network_one_module")]

    def __str__(self) -> str:
        return f"{self.pm} · {self.name}"


class Position(ScopedModel):
    """A connector of a module, the fibre behind it, and the operator patched there."""

    access = Access(area="reseau", owner=HOUSE)

    module = models.ForeignKey(Module, models.CASCADE, related_name="positions", verbose_name=_("module"))
    number = models.PositiveIntegerField(_("position"), validators=[MinValueValidator(1)])
    fibre = models.OneToOneField(
        Fibre, models.PROTECT, null=True, blank=True, related_name="position", verbose_name=_("fibre")
    )
    operator = models.ForeignKey(
        "parties.Operator", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("operator")
    )
    note = models.CharField(_("note"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ["module", "number"]
        constraints = [models.UniqueConstraint(fields=["module", "number"], name="network_one_position")]

    def __str__(self) -> str:
        return f"{self.module} · {self.number}"


class Splice(ScopedModel):
    """Fibre ``a`` joined with ``b`` in a box, or ending on a connector of a socket."""

    access = Access(area="reseau", owner=HOUSE)

    a = models.ForeignKey(Fibre, models.CASCADE, related_name="+", verbose_name=_("fibre"))
    b = models.ForeignKey(Fibre, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("joined with"))
    box = models.ForeignKey(Pbo, models.PROTECT, null=True, blank=True, related_name="splices", verbose_name=_("box"))
    pto = models.ForeignKey(Pto, models.PROTECT, null=True, blank=True, related_name="splices", verbose_name=_("PTO"))
    connector = models.PositiveIntegerField(
        _("connector"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(4)]
    )
    cassette = models.CharField(_("cassette"), max_length=30, blank=True)
    place = models.PositiveIntegerField(_("place in the cassette"), null=True, blank=True)

    class Meta:
        verbose_name = _("splice")
        verbose_name_plural = _("splices")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(b__isnull=True, pto__isnull=False) | models.Q(b__isnull=False, pto__isnull=True),
                name="network_splice_fibre_or_socket",
                violation_error_message=_("A splice joins two fibres, or ends on a socket."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.a} – {self.b or self.pto}"

    def clean(self) -> None:
        """A fibre has two ends: it is not joined with itself, nor a third time; a connector takes one fibre."""
        super().clean()
        if self.a_id is None:
            return
        if self.a_id == self.b_id:
            raise ValidationError({"b": _("A fibre is not joined with itself.")})
        others = Splice.objects.exclude(pk=self.pk)
        for name, key in (("a", self.a_id), ("b", self.b_id)):
            ends = others.filter(models.Q(a=key) | models.Q(b=key)).count() if key is not None else 0
            if ends + Position.objects.filter(fibre=key).count() > 1 and key is not None:
                raise ValidationError({name: _("Both ends of this fibre are joined already.")})
        if (
            self.pto_id is not None
            and self.connector
            and others.filter(pto=self.pto_id, connector=self.connector).exists()
        ):
            raise ValidationError({"connector": _("This connector of the socket is taken.")})


class OpticalRoute(ScopedModel):
    """A route as last walked from its position. A cache: ``core.network.routes`` says how it is found."""

    access = Access(area="reseau", owner=HOUSE)

    class Fault(models.TextChoices):
        NONE = "", _("reaches a socket")
        OPEN = "open", _("in stock")
        FORK = "fork", _("fork")
        LONG = "long", _("endless")
        TOO_MANY = "too-many", _("too many routes to the socket")

    pm = models.ForeignKey(Pm, models.CASCADE, related_name="routes", verbose_name="PM")
    position = models.OneToOneField(Position, models.CASCADE, related_name="route", verbose_name=_("position"))
    pto = models.ForeignKey(Pto, models.SET_NULL, null=True, blank=True, related_name="routes", verbose_name=_("PTO"))
    connector = models.PositiveIntegerField(_("connector"), null=True, blank=True)
    pbo = models.ForeignKey(Pbo, models.SET_NULL, null=True, blank=True, related_name="routes", verbose_name=_("PBO"))
    fault = models.CharField(_("fault"), max_length=10, blank=True, choices=Fault.choices, db_index=True)
    # What lists are filtered by: the fibre behind the connector, then the last one of the distribution, before the drop.
    name = models.CharField(_("name"), max_length=120, blank=True)
    cable = models.CharField(_("cable at the PM"), max_length=100, blank=True, db_index=True)
    tube = models.PositiveIntegerField(_("tube at the PM"), null=True, blank=True)
    fibre = models.PositiveIntegerField(_("fibre at the PM"), null=True, blank=True)
    end_cable = models.CharField(_("cable at the PBO"), max_length=100, blank=True, db_index=True)
    end_tube = models.PositiveIntegerField(_("tube at the PBO"), null=True, blank=True)
    end_fibre = models.PositiveIntegerField(_("fibre at the PBO"), null=True, blank=True)
    used = models.BooleanField(_("used"), default=False, db_index=True)
    # [{"fibre": pk, "cable": reference, "number": n, "tube": n, "in_tube": n, "scheme": s, "box": reference}, …] from the PM
    steps = models.JSONField(default=list, editable=False)
    walked_at = models.DateTimeField(_("walked"), auto_now=True)

    class Meta:
        verbose_name = _("optical route")
        verbose_name_plural = _("optical routes")
        ordering = ["pm", "position"]

    def __str__(self) -> str:
        return self.name or str(self.position)
