"""What was found in an IPE or CPN file received, layouts corrected by an operator, the last look at the quality.

Rows by the million never stand here: they are in Parquet files of the documents, named by the rows below.
"""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.ipe.access import AREA
from chappe.kit.access.door import HOUSE, Access, ScopedModel
from chappe.kit.documents.copies import CorrectedCopy


class Flow(models.TextChoices):
    IPE = "ipe", "IPE"
    CPN = "cpn", "CPN"


class Form(models.TextChoices):
    FULL = "full", pgettext_lazy("kind of IPE file", "full")
    DELTA = "delta", pgettext_lazy("kind of IPE file", "delta")
    HISTO = "histo", pgettext_lazy("kind of IPE file", "history")


class Intake(ScopedModel):
    """One reading of a received file: its tables aside, and what undoing it needs once it is applied."""

    access = Access(area=AREA, owner="file__owner")

    file = models.OneToOneField("exchange.ReceivedFile", models.CASCADE, related_name="intake", verbose_name=_("file"))
    flow = models.CharField(_("flow"), max_length=3, choices=Flow.choices)
    form = models.CharField(_("kind"), max_length=5, choices=Form.choices, default=Form.FULL)
    oi_code = models.CharField(_("OI"), max_length=5, blank=True)
    version = models.CharField(_("version"), max_length=8, blank=True)
    day = models.DateField(_("day of the file"), null=True, blank=True)
    sequence = models.CharField(_("sequence"), max_length=2, blank=True)
    fields = models.JSONField(default=list, editable=False)
    rows = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name=_("rows")
    )
    issues = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name=_("anomalies")
    )
    plan = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name=_("plan")
    )
    changes = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name=_("changes")
    )
    before = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name=_("as it was before")
    )
    counts = models.JSONField(default=dict, editable=False)
    last_change = models.BigIntegerField(null=True, editable=False)
    applied = models.BooleanField(_("applied"), default=False)
    ever_applied = models.BooleanField(_("was applied once"), default=False)

    class Meta:
        verbose_name = _("IPE or CPN file received")
        verbose_name_plural = _("IPE and CPN files received")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["flow", "oi_code", "applied"], name="ipe_intake_order")]

    def __str__(self) -> str:
        return str(self.file)


class IssueCount(ScopedModel):
    """How many times one fault stands in a file, and where first."""

    access = Access(area=AREA, owner="intake__file__owner")

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="issue_counts", verbose_name=_("file"))
    code = models.CharField(_("code"), max_length=60)
    severity = models.CharField(_("severity"), max_length=8)
    number = models.PositiveBigIntegerField(_("how many"))
    first = models.PositiveBigIntegerField(_("first line"), default=0)
    sample = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("count of anomalies")
        verbose_name_plural = _("counts of anomalies")
        ordering = ["intake", "-number"]

    def __str__(self) -> str:
        return f"{self.code}: {self.number}"


class LayoutCopy(CorrectedCopy):
    """A layout as an operator corrected it. One a flow is active; without one the packaged layout counts."""

    access = Access(area=AREA, owner=HOUSE)

    flow = models.CharField(_("flow"), max_length=3, choices=Flow.choices, default=Flow.IPE)

    class Meta:
        verbose_name = _("layout")
        verbose_name_plural = _("layouts")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["flow"], condition=models.Q(state="active"), name="ipe_one_active_layout")
        ]

    def __str__(self) -> str:
        return f"{self.get_flow_display()} · {self.note}"


class QualityLook(ScopedModel):
    """The last time everything was checked; its rows to mend stand in a Parquet file."""

    access = Access(area=AREA, owner=HOUSE)

    at = models.DateTimeField(_("looked at"), auto_now_add=True)
    buildings = models.PositiveBigIntegerField(_("buildings"), default=0)
    faulty = models.PositiveBigIntegerField(_("buildings to mend"), default=0)
    faults = models.ForeignKey(
        "documents.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name=_("rows to mend")
    )

    class Meta:
        verbose_name = _("look at the quality")
        verbose_name_plural = _("looks at the quality")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class QualityScore(ScopedModel):
    """The share of the buildings of a commune or of a PM about which no check has anything to say, in percent."""

    access = Access(area=AREA, owner=HOUSE)

    class Kind(models.TextChoices):
        COMMUNE = "commune", _("commune")
        PM = "pm", "PM"

    look = models.ForeignKey(QualityLook, models.CASCADE, related_name="scores", verbose_name=_("looked at"))
    kind = models.CharField(_("what"), max_length=8, choices=Kind.choices)
    reference = models.CharField(_("reference"), max_length=60)
    name = models.CharField(_("name"), max_length=120, blank=True)
    buildings = models.PositiveBigIntegerField(_("buildings"))
    faulty = models.PositiveBigIntegerField(_("to mend"))
    score = models.FloatField(_("score"), db_index=True)
    codes = models.JSONField(_("by check"), default=dict)

    class Meta:
        verbose_name = _("quality score")
        verbose_name_plural = _("quality scores")
        ordering = ["score", "-faulty", "reference"]
        indexes = [models.Index(fields=["kind", "score"], name="ipe_quality_worst")]

    def __str__(self) -> str:
        return f"{self.name} ({self.reference})" if self.name else self.reference

    @property
    def worst(self) -> Any:
        """The check that speaks most often, as a sentence without its holes."""
        from chappe.apps.ipe.words import check_label

        if not self.codes:
            return ""
        code, number = max(self.codes.items(), key=lambda pair: pair[1])
        return f"{check_label(code)} ({number})"
