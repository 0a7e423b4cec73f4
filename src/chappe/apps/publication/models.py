"""Who receives IPE and CPN files, and every file that was made. Data only: ``services``, ``making`` and ``handing`` write.

A file belongs to the operator that it was made for. Its bytes stand in the store of documents and are never changed.
"""

import re
from pathlib import PurePosixPath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.publication.access import AREA
from chappe.kit.access.door import HOUSE, Access, ScopedModel

_code = RegexValidator(r"^[A-Z][A-Z0-9]{3,4}\Z", _("Four or five capital letters or digits, such as FIBJ."))
_place = RegexValidator(r"^[A-Za-z0-9-]*\Z", _("Letters, digits and “-” only."))
_INSEE = re.compile(r"(\d{2}|2[AB])\d{3}\Z")


class Flow(models.TextChoices):
    IPE = "ipe", "IPE"
    CPN = "cpn", "CPN"


class Kind(models.TextChoices):
    FULL = "full", pgettext_lazy("a kind of file", "full")
    DELTA = "delta", "delta"
    HISTO = "histo", "histo"


class Zone(models.TextChoices):
    ZTD = "ztd", "ZTD"
    ZMD = "zmd", "ZMD"
    NONE = "", _("all zones")


class Recipient(ScopedModel):
    """What one operator receives, how its files are written and where they are handed over."""

    access = Access(area=AREA, owner=HOUSE)

    class Encoding(models.TextChoices):
        UTF8 = "utf-8", "UTF-8"
        CP1252 = "cp1252", "Windows-1252"

    class Decimal(models.TextChoices):
        DOT = ".", _("dot")
        COMMA = ",", _("comma")

    operator = models.OneToOneField(
        "parties.Operator", models.PROTECT, related_name="publication", verbose_name=_("operator")
    )
    active = models.BooleanField(_("active"), default=True, help_text=_("Stopped: nothing is made nor handed over."))
    oi_code = models.CharField(
        _("our code"),
        max_length=5,
        validators=[_code],
        help_text=_("Interop’Fibre code of the OI whose premises are published: the first word of the names of files."),
    )
    place = models.CharField(
        _("territory in the names"), max_length=20, blank=True, validators=[_place], help_text=_("Such as 39, or JURA.")
    )
    ipe = models.BooleanField("IPE", default=True)
    cpn = models.BooleanField("CPN", default=True)
    full = models.BooleanField(_("full, each month"), default=True)
    delta = models.BooleanField(_("delta, each day"), default=True)
    histo = models.BooleanField(_("histo, each month"), default=True)
    ztd = models.BooleanField(_("very dense zones (ZTD)"), default=True)
    zmd = models.BooleanField(_("less dense zones (ZMD)"), default=True)
    communes = models.TextField(
        _("communes"), blank=True, help_text=_("INSEE codes, separated by spaces. Empty: all of them.")
    )
    pms = models.TextField("PM", blank=True, help_text=_("References, one a line. Empty: all of them."))
    encoding = models.CharField(_("encoding"), max_length=8, choices=Encoding.choices, default=Encoding.UTF8)
    decimal = models.CharField(_("decimal mark"), max_length=1, choices=Decimal.choices, default=Decimal.DOT)
    filler = models.CharField(
        _("written for “unknown”"),
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"^[^;\r\n]*\Z", _("No “;” and no line end: this goes into files."))],
        help_text=_("Empty as a rule; some operators want _NA_."),
    )
    hand_over = models.BooleanField(
        _("hand over"), default=True, help_text=_("Otherwise the files wait in the archive.")
    )
    folder = models.CharField(
        _("exchange folder"),
        max_length=100,
        blank=True,
        help_text=_("Under the folder “exchange” of the data. Empty: the Interop’Fibre code of the operator."),
    )
    hour = models.PositiveSmallIntegerField(
        _("handed over from (hour)"), default=6, validators=[MinValueValidator(0), MaxValueValidator(23)]
    )
    keep_months = models.PositiveSmallIntegerField(
        _("kept for (months)"), default=24, validators=[MinValueValidator(1), MaxValueValidator(240)]
    )

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["operator__name"]

    def __str__(self) -> str:
        return str(self.operator)

    def clean(self) -> None:
        """Something is received; communes are communes; the folder stays inside of ours."""
        super().clean()
        self.oi_code = self.oi_code.strip().upper()
        self.communes = " ".join(self.commune_codes())
        self.pms = "\n".join(self.pm_references())
        if not (self.ipe or self.cpn):
            raise ValidationError({"ipe": _("Choose at least one of IPE and CPN.")})
        if not (self.full or self.delta or self.histo):
            raise ValidationError({"full": _("Choose at least one kind of file.")})
        if self.ipe and not (self.ztd or self.zmd):
            raise ValidationError({"ztd": _("The IPE is published by zone: choose at least one.")})
        wrong = [code for code in self.commune_codes() if not _INSEE.match(code)]
        if wrong:
            raise ValidationError({"communes": _("“%(code)s” is not an INSEE code.") % {"code": wrong[0]}})
        way = PurePosixPath(self.folder)
        if way.is_absolute() or ".." in way.parts or "\\" in self.folder or "\0" in self.folder:
            raise ValidationError({"folder": _("A folder under “exchange”, such as BORL or partenaires/BORL.")})

    def commune_codes(self) -> list[str]:
        """INSEE codes, in order; empty for all."""
        return sorted(set(self.communes.replace(",", " ").replace(";", " ").upper().split()))

    def pm_references(self) -> list[str]:
        """References of PMs, in order; empty for all."""
        return sorted({line.strip() for line in self.pms.splitlines() if line.strip()})

    def folder_name(self) -> str:
        """Where its files go, under the folder of exchanges."""
        return self.folder or self.operator.code_interop or f"operator-{self.operator_id}"

    def zones(self) -> list[str]:
        """Of the IPE: a file each."""
        return [zone for zone, wanted in ((Zone.ZTD, self.ztd), (Zone.ZMD, self.zmd)) if wanted]

    def flows(self) -> list[str]:
        return [flow for flow, wanted in ((Flow.IPE, self.ipe), (Flow.CPN, self.cpn)) if wanted]

    def kinds(self) -> list[str]:
        return [kind for kind in Kind.values if getattr(self, kind)]

    def receives(self) -> str:
        """``IPE, CPN – complet, delta``, for a list."""
        flows = ", ".join(str(Flow(flow).label) for flow in self.flows())
        return f"{flows} – {', '.join(str(Kind(kind).label) for kind in self.kinds())}"


class PublishedFile(ScopedModel):
    """One file made for one operator, and how far its hand-over is. ``first`` to ``day`` is what it tells about."""

    access = Access(area=AREA, owner="operator")

    class State(models.TextChoices):
        NOT_MADE = "not-made", _("not made")
        WAITING = "waiting", _("to hand over")
        HANDED = "handed", _("handed over")
        FAILED = "failed", _("to be tried again")
        STOPPED = "stopped", _("given up")
        KEPT = "kept", _("in the archive")

    operator = models.ForeignKey(
        "parties.Operator", models.PROTECT, related_name="published_files", verbose_name=_("operator")
    )
    flow = models.CharField(_("flow"), max_length=3, choices=Flow.choices)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices)
    zone = models.CharField(_("zone"), max_length=3, choices=Zone.choices, blank=True)
    version = models.CharField(_("version"), max_length=8)
    first = models.DateField(_("from"))
    day = models.DateField(_("until"), db_index=True)
    sequence = models.PositiveSmallIntegerField(_("sequence"), default=1)
    name = models.CharField(_("name"), max_length=120, db_index=True)
    stored = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )
    rows = models.PositiveIntegerField(_("rows"), default=0)
    size = models.BigIntegerField(_("size"), default=0)
    sha256 = models.CharField(_("SHA-256 fingerprint"), max_length=64, blank=True)
    made_at = models.DateTimeField(pgettext_lazy("a file", "made"), auto_now_add=True, db_index=True)
    reason = models.CharField(_("made again because"), max_length=250, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING, db_index=True)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    handed_at = models.DateTimeField(pgettext_lazy("a file", "handed over"), null=True, blank=True)

    class Meta:
        verbose_name = _("published file")
        verbose_name_plural = _("published files")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "flow", "kind", "zone", "day", "sequence"], name="publication_file_once"
            )
        ]
        indexes = [models.Index(fields=["operator", "day"], name="publication_file_operator")]

    def __str__(self) -> str:
        return self.name

    def key(self) -> tuple[Any, ...]:
        """What makes it the same file, made again or not."""
        return (self.operator_id, self.flow, self.kind, self.zone, self.day)
