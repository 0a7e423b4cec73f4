"""Reports, their versions, schedules and what each run gave. The SQL is a person's: only ``engine.py`` runs it, elsewhere."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from chappe.apps.reports.access import AREA
from chappe.kit.access.door import EVERYONE, Access, ScopedModel

_slug = RegexValidator(r"^[a-z0-9][a-z0-9-]*\Z", _("Small letters, digits and hyphens."))


class Section(models.TextChoices):
    """Where a report stands on the page of reports."""

    BILLING = "billing", _("Billing")
    CALLS = "calls", _("Communications")
    TOTALS = "totals", _("Cumulative views")
    CUSTOMERS = "customers", _("Customers")
    CONTROL = "control", _("Controls")


class Report(ScopedModel):
    """A title, a query and how its columns are written. Everybody with the right runs it, each over their own rows.

    ``columns``: name → {label, label_en, kind, decimals, total, width}. ``parameters``: names among params.KNOWN.
    ``months``: how many months of calls, up to the month asked, the table ``calls`` holds.
    ``packed`` is the fingerprint of the packaged report as installed last; "" for a report of the house.
    """

    access = Access(area=AREA, owner=EVERYONE)

    slug = models.CharField(_("code"), max_length=60, unique=True, validators=[_slug])
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    menu_title = models.CharField(_("title in the menu"), max_length=60, blank=True, help_text=_("Empty: the title."))
    section = models.CharField(_("section"), max_length=10, choices=Section.choices, default=Section.BILLING)
    description = models.CharField(_("description"), max_length=300, blank=True)
    description_en = models.CharField(_("description in English"), max_length=300, blank=True)
    sql = models.TextField(_("query"))
    columns = models.JSONField(_("columns"), default=dict, blank=True)
    parameters = models.JSONField(_("parameters"), default=list, blank=True)
    months = models.PositiveSmallIntegerField(
        _("months of calls"), default=1, validators=[MinValueValidator(0), MaxValueValidator(36)]
    )
    is_landscape = models.BooleanField(_("landscape"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    packed = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["section", "position", "title"]

    def __str__(self) -> str:
        return self.shown_title

    @property
    def shown_title(self) -> str:
        """The title in the reader's language."""
        return self.title_en if self.title_en and _english() else self.title

    @property
    def shown_menu(self) -> str:
        """What the page of reports calls it."""
        return self.menu_title or self.shown_title

    @property
    def shown_description(self) -> str:
        return self.description_en if self.description_en and _english() else self.description

    @property
    def is_packaged(self) -> bool:
        """Whether it came with Chappe."""
        return bool(self.packed)

    def clean(self) -> None:
        from chappe.apps.reports import params, present

        if not isinstance(self.parameters, list) or set(self.parameters) - set(params.KNOWN):
            raise ValidationError(
                {"parameters": _("Parameters are among: %(names)s.") % {"names": ", ".join(params.KNOWN)}}
            )
        present.check(self.columns)


def _english() -> bool:
    return (get_language() or "fr").startswith("en")


class ReportVersion(ScopedModel):
    """A report as it stood once: kept at each change, so that any of them can be taken back."""

    access = Access(area=AREA, owner=EVERYONE)

    report = models.ForeignKey(Report, models.CASCADE, related_name="versions", verbose_name=_("report"))
    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"), default=dict)
    note = models.CharField(_("note"), max_length=200, blank=True)
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    made_by = models.CharField(_("by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("version of a report")
        verbose_name_plural = _("versions of reports")
        ordering = ["report", "-number"]
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="reports_version_number")]

    def __str__(self) -> str:
        return f"{self.report} v{self.number}"

    @property
    def sql(self) -> str:
        """Its query."""
        return str(self.content.get("sql", ""))


class ReportSchedule(ScopedModel):
    """A report run by the clock and mailed. It runs with the rights of ``runs_as``, over that person's rows."""

    class Cadence(models.TextChoices):
        DAILY = "daily", _("every day")
        WEEKLY = "weekly", _("every week")
        MONTHLY = "monthly", _("every month")

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        XLSX = "xlsx", "XLSX"
        CSV = "csv", "CSV"

    access = Access(area=AREA, owner="owner")

    owner = models.ForeignKey(
        "parties.Operator", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("operator")
    )
    report = models.ForeignKey(Report, models.PROTECT, related_name="schedules", verbose_name=_("report"))
    cadence = models.CharField(_("how often"), max_length=8, choices=Cadence.choices, default=Cadence.MONTHLY)
    weekday = models.PositiveSmallIntegerField(
        _("day of the week"), default=0, choices=[
            (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday")),
            (5, _("Saturday")), (6, _("Sunday")),
        ],
    )  # fmt: skip
    day = models.PositiveSmallIntegerField(
        _("day of the month"), default=1, validators=[MinValueValidator(1), MaxValueValidator(28)],
        help_text=_("1 to 28. The report then speaks of the month before."),
    )  # fmt: skip
    hour = models.PositiveSmallIntegerField(_("hour"), default=7, validators=[MaxValueValidator(23)])
    format = models.CharField(_("as"), max_length=4, choices=Format.choices, default=Format.PDF)
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("customer"),
        help_text=_("For a report that asks for one."),
    )  # fmt: skip
    recipients = models.TextField(_("recipients"), help_text=_("One address a line."))
    subject = models.CharField(_("subject"), max_length=150, blank=True, help_text=_("Empty: the title and the month."))
    only_if_rows = models.BooleanField(_("only when there are rows"), default=False)
    active = models.BooleanField(_("active"), default=True)
    runs_as = models.ForeignKey(
        "access.User", models.PROTECT, related_name="+", editable=False, verbose_name=_("with the rights of")
    )
    next_due = models.DateTimeField(_("next"), null=True, blank=True, editable=False, db_index=True)
    last_state = models.CharField(
        _("last time"), max_length=8, blank=True, editable=False,
        choices=[("sent", pgettext_lazy("a report", "Sent")), ("empty", pgettext_lazy("a report", "No row")), ("failed", pgettext_lazy("a report", "Failed"))],
    )  # fmt: skip
    last_at = models.DateTimeField(_("last run"), null=True, blank=True, editable=False)
    problem = models.TextField(_("problem"), blank=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("scheduled report")
        verbose_name_plural = _("scheduled reports")
        ordering = ["report__title", "pk"]

    def __str__(self) -> str:
        return f"{self.report} · {self.get_cadence_display()}"

    @property
    def addresses(self) -> list[str]:
        """The recipients, one by one."""
        return [word for word in self.recipients.replace(",", " ").replace(";", " ").split() if word]


class ReportRun(ScopedModel):
    """A run that was kept: who asked, with what, how long it took, the file that it gave."""

    access = Access(area=AREA, owner="owner")

    owner = models.ForeignKey(
        "parties.Operator", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("operator")
    )
    report = models.ForeignKey(Report, models.CASCADE, related_name="runs", verbose_name=_("report"))
    version = models.PositiveIntegerField(_("version"))
    schedule = models.ForeignKey(
        ReportSchedule, models.SET_NULL, null=True, blank=True, related_name="runs", verbose_name=_("schedule")
    )
    asked_by = models.CharField(_("asked by"), max_length=200, blank=True)
    parameters = models.JSONField(_("parameters"), default=dict)
    state = models.CharField(
        _("state"), max_length=8, default="done",
        choices=[("done", pgettext_lazy("a report", "Done")), ("failed", pgettext_lazy("a report", "Failed"))],
    )  # fmt: skip
    rows = models.PositiveIntegerField(_("rows"), default=0)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)
    problem = models.TextField(_("problem"), blank=True)
    file = models.ForeignKey(
        "documents.StoredFile", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("file")
    )
    message = models.ForeignKey(
        "mail.Message", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("mail")
    )
    made_at = models.DateTimeField(_("made"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("run of a report")
        verbose_name_plural = _("runs of reports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.report} {self.made_at:%Y-%m-%d}"

    def told_parameters(self) -> Any:
        """The parameters in one line: the month, the customer, the source by their names."""
        from chappe.apps.reports.params import is_month, month_label
        from chappe.apps.usage import labels

        month = str(self.parameters.get("month") or "")
        told = [month_label(month) if is_month(month) else month]
        for kind in ("customer", "source"):
            told += labels.names_of(kind, [self.parameters.get(kind)]).values()
        return " · ".join(word for word in told if word)
