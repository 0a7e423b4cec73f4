"""Tariff plans and their versions, as the house keeps them. What a version holds is in its stored file."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import Access, ScopedManager, ScopedModel


class TariffPlan(ScopedModel):
    """A line of versions under one code. ``owner`` None: the house's own plan, which only the house sees."""

    access = Access(area="tarifs", owner="owner")

    code = models.CharField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    owner = models.ForeignKey(
        "parties.Operator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tariff_plans",
        verbose_name=_("operator"),
    )
    notes = models.TextField(_("notes"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("tariff plan")
        verbose_name_plural = _("tariff plans")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class VersionManager(ScopedManager):
    """Versions with their plan: no version is ever named without it, in a list, a choice or a form."""

    use_in_migrations = False

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().select_related("plan")


class TariffVersion(ScopedModel):
    """One content of a plan, never edited: a change is a new version.

    ``active_from`` makes it the plan's price from that instant until the next active version's. ``fingerprint`` is
    Tariff.version: it stands in every call priced with it.
    """

    class State(models.TextChoices):
        FAULTY = "faulty", _("Faulty")
        CHECKED = "checked", _("Checked")
        ACTIVE = "active", _("Activated")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    access = Access(area="tarifs", owner="plan__owner")

    plan = models.ForeignKey(TariffPlan, on_delete=models.PROTECT, related_name="versions", verbose_name=_("plan"))
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.CHECKED, db_index=True)
    active_from = models.DateTimeField(_("active from"), null=True, blank=True, db_index=True)
    content = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", verbose_name=_("content")
    )
    fingerprint = models.CharField(_("fingerprint"), max_length=64, db_index=True)
    format = models.CharField(_("format"), max_length=30)
    timezone = models.CharField(_("time zone"), max_length=60, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    profiles = models.PositiveIntegerField(_("profiles"), default=0)
    destinations = models.PositiveIntegerField(_("destinations"), default=0)
    prefixes = models.PositiveIntegerField(_("prefixes"), default=0)
    prices = models.PositiveIntegerField(_("prices"), default=0)
    errors = models.PositiveIntegerField(_("errors"), default=0)
    warnings = models.PositiveIntegerField(_("warnings"), default=0)
    created_at = models.DateTimeField(_("loaded"), auto_now_add=True)

    objects = VersionManager()

    class Meta:
        verbose_name = _("tariff version")
        verbose_name_plural = _("tariff versions")
        ordering = ["plan__code", "-number"]
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="tariffs_version_number")]

    def __str__(self) -> str:
        return f"{self.plan.code} v{self.number}"

    @property
    def in_force(self) -> bool:
        """Whether it prices the calls of now."""
        from chappe.apps.tariffs.queries import version_at

        return version_at(self.plan, timezone.now()) == self


class TariffFault(ScopedModel):
    """A fault found in a version's files, kept as it was told at loading."""

    access = Access(area="tarifs", owner="version__plan__owner")

    version = models.ForeignKey(TariffVersion, on_delete=models.CASCADE, related_name="faults")
    file = models.CharField(_("file"), max_length=255, blank=True)
    line = models.PositiveIntegerField(_("line"), default=0)
    column = models.PositiveIntegerField(_("column"), default=0)
    field = models.CharField(_("field"), max_length=100, blank=True)
    severity = models.CharField(
        _("severity"),
        max_length=8,
        choices=[("error", _("Error")), ("warning", _("Warning")), ("info", _("Information"))],
        db_index=True,
    )
    code = models.CharField(_("code"), max_length=60, db_index=True)
    params = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("fault of a tariff")
        verbose_name_plural = _("faults of tariffs")
        ordering = ["version", "file", "line", "pk"]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.code}"

    def sentence(self) -> str:
        """What is wrong, in the reader's language."""
        from django.utils.translation import get_language

        from chappe.core.base.issue import Issue

        return Issue(self.code, params=self.params).sentence((get_language() or "fr")[:2])


class TariffRow(ScopedModel):
    """One price of a version, flattened for browsing: a slot towards a destination during a timing.

    Amounts are text, exactly as the plan has them; units, steps and starts are millionths of the usage.
    """

    access = Access(area="tarifs", owner="version__plan__owner")

    version = models.ForeignKey(TariffVersion, on_delete=models.CASCADE, related_name="rows", verbose_name=_("version"))
    plan_tag = models.CharField(_("plan"), max_length=200)
    destination = models.CharField(_("destination"), max_length=200)
    prefix = models.CharField(_("prefix"), max_length=60, blank=True)
    prefix_count = models.PositiveIntegerField(_("prefixes"), default=0)
    timing = models.CharField(_("timing"), max_length=200)
    weight = models.BigIntegerField(_("weight"), default=0)
    rate = models.CharField(_("rate"), max_length=200, blank=True)
    connect_fee = models.CharField(_("connect fee"), max_length=40)
    price = models.CharField(_("price"), max_length=40)
    price_nano = models.BigIntegerField(_("price per unit"), default=0)
    unit = models.BigIntegerField(_("unit"))
    increment = models.BigIntegerField(_("step"))
    start = models.BigIntegerField(_("from"), default=0)
    kind = models.CharField(_("kind"), max_length=10, choices=[("usage", _("by usage")), ("call", _("per call"))])
    measure = models.CharField(
        _("counts"),
        max_length=6,
        choices=[("time", _("time")), ("volume", _("volume")), ("count", _("count"))],
        default="time",
    )
    rounding = models.CharField(_("rounding"), max_length=20)
    minimum = models.CharField(_("minimum"), max_length=40, blank=True)
    service = models.CharField(_("service part (S)"), max_length=40, blank=True)
    zone = models.CharField(_("zone"), max_length=100, blank=True)
    vat = models.CharField(_("VAT"), max_length=20, blank=True)
    valid_from = models.DateTimeField(_("valid from"), null=True)
    valid_to = models.DateTimeField(_("valid until"), null=True)
    file = models.CharField(_("file"), max_length=255, blank=True)
    line = models.PositiveIntegerField(_("line"), default=0)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["version", "pk"]
        indexes = [
            models.Index(fields=["version", "destination"]),
            models.Index(fields=["version", "prefix"]),
            models.Index(fields=["price_nano"], name="tariffs_row_price"),
            models.Index(fields=["version", "price_nano"], name="tariffs_row_version_price"),
        ]

    def __str__(self) -> str:
        return f"{self.destination} {self.timing}"
