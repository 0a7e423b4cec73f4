"""PRDM, PM, the links between them, and PBO. Columns of a PM are those of the IPE layout, without their prefix."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from chappe.apps.network.models.located import Addressed, Located, State, no_separator
from chappe.kit.access.door import HOUSE, Access, ScopedModel
from chappe.kit.access.secrets import EncryptedTextField


class Prdm(Addressed, Located):
    """Point de raccordement distant mutualisé (or NRO): where the links of several PMs arrive."""

    access = Access(area="reseau", owner=HOUSE)

    class Kind(models.TextChoices):
        PON = "PON", "PON"
        PTP = "PTP", "PTP"
        BOTH = "PON-PTP", "PON-PTP"

    reference = models.CharField(_("reference"), max_length=20, unique=True, validators=[no_separator])
    kind = models.CharField(_("type"), max_length=8, choices=Kind.choices, default=Kind.PON)
    state = models.CharField(_("state"), max_length=24, choices=State.choices, default=State.DEPLOYING, db_index=True)
    min_dwellings = models.PositiveIntegerField(_("least dwellings of a PM"), null=True, blank=True)
    modified_on = models.DateField(_("last changed"), null=True, blank=True)

    class Meta:
        verbose_name = _("PRDM")
        verbose_name_plural = _("PRDM")
        ordering = ["reference"]

    def __str__(self) -> str:
        return self.reference


class Pm(Addressed, Located):
    """Point de mutualisation. A PMT (technical) belongs to a PMR (grouping), whose reference the IPE publishes."""

    access = Access(area="reseau", owner=HOUSE)

    class Kind(models.TextChoices):
        PM = "PM", "PM"
        PMR = "PMR", "PMR"
        PMT = "PMT", "PMT"

    reference = models.CharField(_("reference"), max_length=50, unique=True, validators=[no_separator])
    kind = models.CharField(_("type"), max_length=3, choices=Kind.choices, default=Kind.PM)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="technical", verbose_name=_("grouped under")
    )
    state = models.CharField(_("state"), max_length=24, choices=State.choices, blank=True, db_index=True)
    installed_on = models.DateField(_("installed"), null=True, blank=True)
    location_type = models.CharField(_("kind of place"), max_length=40, blank=True)
    comment = models.CharField(_("where it is"), max_length=255, blank=True, validators=[no_separator])
    capacity = models.PositiveIntegerField(_("capacity"), null=True, blank=True)
    engineering = models.CharField(_("engineering"), max_length=30, blank=True)
    dwellings = models.PositiveIntegerField(_("dwellings"), null=True, blank=True)
    risers = models.PositiveIntegerField(_("risers"), null=True, blank=True)
    opened_on = models.DateField(_("commercial opening"), null=True, blank=True)
    consultation = models.CharField(_("consultation"), max_length=50, blank=True)
    grouping = models.CharField(_("co-investment zone"), max_length=50, blank=True, db_index=True)
    technical_count = models.PositiveIntegerField(_("technical PMs"), null=True, blank=True)
    active_space = models.BooleanField(_("room for active gear"), null=True, blank=True)
    address_quality = models.CharField(_("quality of the address"), max_length=20, blank=True)
    first_handover_on = models.DateField(_("first hand-over"), null=True, blank=True)
    patching_by_oi = models.BooleanField(_("patched by the OI alone"), null=True, blank=True)
    agreement_needed = models.BooleanField(_("authorisation needed to get in"), null=True, blank=True)
    modified_on = models.DateField(_("last changed"), null=True, blank=True, db_index=True)
    photo = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("photo")
    )
    photo_small = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    access_note = EncryptedTextField(_("how to get in"), blank=True, default="")

    class Meta:
        verbose_name = "PM"
        verbose_name_plural = "PM"
        ordering = ["reference"]

    def clean(self) -> None:
        """A PMT stands under a PMR, nothing else stands under anything."""
        super().clean()
        if self.kind == self.Kind.PMT and (self.parent is None or self.parent.kind != self.Kind.PMR):
            raise ValidationError({"parent": _("A PMT stands under a PMR: choose which.")})
        if self.kind != self.Kind.PMT and self.parent is not None:
            raise ValidationError({"parent": _("Only a PMT stands under a PMR.")})

    def __str__(self) -> str:
        return self.reference


class PmLink(ScopedModel):
    """The link of a PM to its PRDM."""

    access = Access(area="reseau", owner=HOUSE)

    pm = models.ForeignKey(Pm, models.PROTECT, related_name="links", verbose_name="PM")
    prdm = models.ForeignKey(Prdm, models.PROTECT, related_name="links", verbose_name=_("PRDM"))
    reference = models.CharField(_("reference"), max_length=30, blank=True, validators=[no_separator])
    state = models.CharField(_("state"), max_length=24, choices=State.choices, default=State.PLANNED, db_index=True)
    installed_on = models.DateField(_("installed"), null=True, blank=True)
    length = models.FloatField(_("length (m)"), null=True, blank=True)
    fibres_free = models.PositiveIntegerField(_("free fibres"), null=True, blank=True)
    modified_on = models.DateField(_("last changed"), null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("PM–PRDM link")
        verbose_name_plural = _("PM–PRDM links")
        ordering = ["pm__reference", "prdm__reference"]
        constraints = [models.UniqueConstraint(fields=["pm", "prdm"], name="network_one_link")]

    def __str__(self) -> str:
        return self.reference or f"{self.pm} – {self.prdm}"


class Pbo(Addressed, Located):
    """Point de branchement optique: where drops leave the distribution cable. Also closures on the way (``kind``)."""

    access = Access(area="reseau", owner=HOUSE)

    class Kind(models.TextChoices):
        PBO = "PBO", "PBO"
        BPE = "BPE", "BPE"

    reference = models.CharField(_("reference"), max_length=100, unique=True, validators=[no_separator])
    kind = models.CharField(_("type"), max_length=3, choices=Kind.choices, default=Kind.PBO)
    pm = models.ForeignKey(Pm, models.PROTECT, null=True, blank=True, related_name="pbos", verbose_name="PM")
    placing = models.CharField(_("kind of place"), max_length=40, blank=True)
    drop_type = models.CharField(_("kind of drop"), max_length=40, blank=True, validators=[no_separator])
    capacity = models.PositiveIntegerField(_("capacity"), null=True, blank=True)
    floor = models.CharField(_("floor"), max_length=20, blank=True)
    installed_on = models.DateField(_("installed"), null=True, blank=True)

    class Meta:
        verbose_name = _("PBO")
        verbose_name_plural = _("PBO")
        ordering = ["reference"]
        indexes = [models.Index(fields=["kind", "reference"], name="network_pbo_kind")]

    def __str__(self) -> str:
        return self.reference
