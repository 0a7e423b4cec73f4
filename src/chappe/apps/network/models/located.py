"""What every thing on the map has: an address, a point as it was given, the same in degrees, and its cell."""

import unicodedata
from collections.abc import Iterable

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chappe.apps.network.cells import cell_of
from chappe.core.network.geo import EPSG, to_degrees
from chappe.kit.access.door import ScopedModel

insee_code = RegexValidator(r"^(\d{2}|2[AB])\d{3}\Z", _("Five characters, such as 39198 or 2A004."))
postal_code = RegexValidator(r"^\d{5}\Z", _("Five digits."))
no_separator = RegexValidator(r"^[^;\r\n]*\Z", _("No “;” and no line end: this goes into files."))


class State(models.TextChoices):
    """Of a PM, a PRDM or a link, as written in the files."""

    PLANNED = "PLANIFIE", _("planned")
    DEPLOYING = "EN COURS DE DEPLOIEMENT", _("being deployed")
    DEPLOYED = "DEPLOYE", _("deployed")
    ABANDONED = "ABANDONNE", _("abandoned")


def folded(*parts: object) -> str:
    """Address as people look it up: no accent, no capital, single spaces."""
    text = " ".join(str(part) for part in parts if part not in (None, ""))
    spaced = "".join(c if c.isalnum() else " " for c in unicodedata.normalize("NFC", text))
    return " ".join(unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode().lower().split())


def folded_all(texts: Iterable[str]) -> list[str]:
    """:func:`folded` of each, many times faster for many: each letter is worked out once."""
    lines = [unicodedata.normalize("NFC", text).replace("\n", " ") for text in texts]
    if not lines:
        return []
    joined = "\n".join(lines)
    letters = {ord(c): folded(c) if c.isalnum() else " " for c in set(joined) - {"\n"}}
    return [" ".join(line.split()) for line in joined.translate(letters).split("\n")]


#: The fields of :class:`Addressed`, in the order of a form.
ADDRESS = (
    "street_type",
    "street",
    "number",
    "number_suffix",
    "building",
    "postal_code",
    "city",
    "insee",
    "rivoli",
    "hexacle",
)


class Addressed(ScopedModel):
    """A postal address as the files write it. Everything is text: zeros count."""

    rivoli = models.CharField(_("Rivoli code"), max_length=4, blank=True)
    insee = models.CharField(_("INSEE code"), max_length=5, blank=True, validators=[insee_code], db_index=True)
    postal_code = models.CharField(_("postal code"), max_length=5, blank=True, validators=[postal_code])
    city = models.CharField(_("commune"), max_length=120, blank=True, validators=[no_separator])
    hexacle = models.CharField(_("hexaclé"), max_length=10, blank=True)
    street_type = models.CharField(_("street type"), max_length=30, blank=True, validators=[no_separator])
    street = models.CharField(_("street"), max_length=120, blank=True, validators=[no_separator])
    number = models.PositiveIntegerField(
        _("street number"), null=True, blank=True, help_text=_("0: the street has no numbers. Empty: not known.")
    )
    number_suffix = models.CharField(_("suffix"), max_length=1, blank=True, help_text=_("B for bis, T for ter…"))
    building = models.CharField(_("building name"), max_length=60, blank=True, validators=[no_separator])

    class Meta:
        abstract = True

    @property
    def street_line(self) -> str:
        """``12B RUE DES TANNEURS``."""
        number = f"{self.number}{self.number_suffix}" if self.number else ""
        return " ".join(part for part in (number, self.street_type, self.street) if part)

    @property
    def address(self) -> str:
        """On one line."""
        return ", ".join(part for part in (self.street_line, f"{self.postal_code} {self.city}".strip()) if part)


class Located(models.Model):
    """A point: as given (``projection``, ``x``, ``y``), in degrees, and as a cell that the map looks up."""

    projection = models.CharField(
        _("projection"), max_length=8, blank=True, choices=[(name, name) for name in EPSG if name != "MERCATOR"]
    )
    x = models.FloatField(_("X"), null=True, blank=True)
    y = models.FloatField(_("Y"), null=True, blank=True)
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    cell = models.BigIntegerField(null=True, editable=False, db_index=True)

    class Meta:
        abstract = True

    def place(self) -> None:
        """Degrees and cell from the point as given; a point moved by hand in degrees keeps its degrees."""
        if self.x is not None and self.y is not None:
            self.longitude, self.latitude = to_degrees(self.x, self.y, self.projection or None)
        self.cell = cell_of(self.longitude, self.latitude)
