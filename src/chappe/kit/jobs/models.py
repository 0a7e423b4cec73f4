"""Jobs: the one truth about background work. State, lease, progress, log and files, all in our database.

Rows are written by ``services.py`` (what people ask), ``queue.py`` (what workers do) and ``scheduler.py``
alone; each change of state is a conditional UPDATE, so that two writers cannot both win.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import HOUSE, Access, ScopedModel
from chappe.kit.documents.models import StoredFile
from chappe.kit.jobs import registry


class State(models.TextChoices):
    """The life of a job. A retry goes back to QUEUED; the last three are ends."""

    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


OPEN_STATES = (State.QUEUED, State.RUNNING)


class Job(ScopedModel):
    """One piece of background work.

    ``token`` is drawn anew at each claim: whoever lost the lease holds an old one and can write no more.
    ``unique`` not empty: at most one queued job of that key. ``attempt`` counts the runs, this one included.
    """

    access = Access(area="taches", owner="owner")

    name = models.CharField(_("kind"), max_length=100)
    label = models.CharField(_("job"), max_length=250, blank=True)
    queue = models.CharField(_("queue"), max_length=20, default=registry.QUICK)
    priority = models.IntegerField(_("priority"), default=0)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.QUEUED)
    unique = models.CharField(_("unique key"), max_length=200, blank=True)
    params = models.JSONField(_("parameters"), default=dict, blank=True)
    result = models.JSONField(_("result"), default=dict, blank=True)
    not_before = models.DateTimeField(_("not before"), default=timezone.now)

    attempt = models.PositiveIntegerField(_("attempt"), default=0)
    retries = models.PositiveIntegerField(_("retries"), default=3)
    progress_done = models.BigIntegerField(_("done so far"), default=0)
    progress_total = models.BigIntegerField(_("of"), default=0)
    message = models.CharField(_("message"), max_length=250, blank=True)
    error = models.TextField(_("error"), blank=True)
    trace = models.TextField(_("technical detail"), blank=True)
    cancel_asked = models.BooleanField(_("cancellation asked"), default=False)

    token = models.CharField(max_length=32, blank=True, editable=False)
    worker = models.CharField(_("worker"), max_length=120, blank=True)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True, editable=False)

    created = models.DateTimeField(_("asked"), default=timezone.now)
    started = models.DateTimeField(_("started"), null=True, blank=True)
    ended = models.DateTimeField(_("ended"), null=True, blank=True)
    via = models.CharField(_("asked by way of"), max_length=10, default="page")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by"),
    )
    owner = models.ForeignKey(
        settings.CHAPPE_ORGANISATION_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("operator"),
    )

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["unique"],
                condition=models.Q(state="queued") & ~models.Q(unique=""),
                name="jobs_one_queued_per_key",
            )
        ]
        indexes = [
            models.Index(
                fields=["-priority", "id"],
                condition=models.Q(state__in=["queued", "running"]),
                name="jobs_open",
            ),
            models.Index(fields=["state", "-id"], name="jobs_state"),
            models.Index(fields=["name", "-id"], name="jobs_name"),
        ]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def title(self) -> Any:
        """The label given by whoever asked, else that of its kind, in the reader's language."""
        if self.label:
            return self.label
        spec = registry.jobs().get(self.name)
        return spec.label if spec else self.name

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def percent(self) -> int | None:
        """0 to 100, None while the job has not said how much there is to do."""
        if self.state == State.DONE:
            return 100
        if self.progress_total <= 0:
            return None
        return min(100, 100 * self.progress_done // self.progress_total)

    @property
    def bar_tone(self) -> str:
        return {State.DONE: "ok", State.FAILED: "bad", State.CANCELLED: "bad"}.get(State(self.state), "run")

    @property
    def last_lines(self) -> list["JobLog"]:
        """The last 200 lines of the log, oldest first."""
        return list(self.lines.order_by("-pk")[:200])[::-1]

    def get_absolute_url(self) -> str:
        from chappe.kit.screens import registry as screens  # screens import jobs' models at start

        return screens.object_url(self)


class JobLog(ScopedModel):
    """One line of the log of one attempt."""

    access = Access(area="taches", owner="job__owner")

    job = models.ForeignKey(Job, models.CASCADE, related_name="lines")
    at = models.DateTimeField(default=timezone.now)
    attempt = models.PositiveIntegerField(default=1)
    level = models.CharField(max_length=10, default="info")
    message = models.TextField()

    class Meta:
        verbose_name = _("log line")
        verbose_name_plural = _("log lines")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.message


class JobFile(ScopedModel):
    """A file that a job reads (role "in") or has made (role "out")."""

    access = Access(area="taches", owner="job__owner")

    job = models.ForeignKey(Job, models.CASCADE, related_name="files")
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    role = models.CharField(max_length=3, choices=[("in", _("read")), ("out", _("made"))], default="in")

    class Meta:
        verbose_name = _("file of a job")
        verbose_name_plural = _("files of jobs")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.stored.name


class Schedule(ScopedModel):
    """A job that starts by the clock. The declaration stands in code; the house may stop it here."""

    access = Access(area="taches", owner=HOUSE)

    name = models.CharField(_("schedule"), max_length=150, unique=True)
    label = models.CharField(_("label"), max_length=250, blank=True)
    job = models.CharField(_("kind of job"), max_length=100)
    cron = models.CharField(_("cron"), max_length=100)
    params = models.JSONField(_("parameters"), default=dict, blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    next_due = models.DateTimeField(_("next start"), null=True, blank=True, db_index=True)
    last_due = models.DateTimeField(_("last start"), null=True, blank=True)
    last_job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("last job")
    )

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ("name",)

    def __str__(self) -> str:
        return str(self.title)

    @property
    def title(self) -> Any:
        spec = registry.jobs().get(self.job)
        return self.label or (spec.label if spec else self.name)


class ScheduleSlot(ScopedModel):
    """One due time of one schedule: the database refuses a second row, hence a second start."""

    access = Access(area="taches", owner=HOUSE)

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="slots")
    due = models.DateTimeField()
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="slot")

    class Meta:
        verbose_name = _("slot of a schedule")
        verbose_name_plural = _("slots of schedules")
        ordering = ("-due",)
        constraints = [models.UniqueConstraint(fields=["schedule", "due"], name="jobs_one_start_per_slot")]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.due.isoformat()}"


class Worker(ScopedModel):
    """A process that runs jobs, and when it was last seen. For /readyz and the page; decides nothing."""

    access = Access(area="taches", owner=HOUSE)

    name = models.CharField(_("worker"), max_length=120, primary_key=True)
    queues = models.CharField(_("queues"), max_length=60)
    started = models.DateTimeField(_("started"), default=timezone.now)
    seen = models.DateTimeField(_("last seen"), default=timezone.now)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job"))

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
