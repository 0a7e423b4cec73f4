"""How a source is doing: one word and one tone, from its alarms, its connection and its silence. Decides nothing."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.collect import words
from chappe.apps.collect.models import LIVE_WAYS, Source, SourceState
from chappe.kit.screens.declare import Tone


class Health(models.TextChoices):
    """What the badge of a source says."""

    OK = "ok", _("In order")
    QUIET = "quiet", _("No ticket yet")
    OFF = "off", pgettext_lazy("a source", "Stopped")
    WAITING = "waiting", _("Reconnecting")
    STARTING = "starting", _("Starting")
    ALARM = "alarm", _("Alarm")
    ERROR = "error", _("In error")


TONES = {
    Health.OK: Tone.OK, Health.QUIET: Tone.NEW, Health.OFF: Tone.NEW, Health.WAITING: Tone.WAIT, Health.STARTING: Tone.RUN, Health.ALARM: Tone.WARN,
    Health.ERROR: Tone.BAD,
}  # fmt: skip
GRAVE = frozenset({"disk", "failed", "connection"})
STALE = dt.timedelta(minutes=3)
FRESH = dt.timedelta(minutes=1)  # the collector looks at the sources every ten seconds


@dataclass(frozen=True)
class Verdict:
    """``code`` is a Health; ``why`` a sentence or ""."""

    code: str
    why: Any = ""

    @property
    def label(self) -> Any:
        return Health(self.code).label

    @property
    def tone(self) -> Tone:
        return TONES[Health(self.code)]


def health_of(source: Source) -> Verdict:
    """Worst first. ``open_alarms`` prefetched by the queries is used when it is there."""
    if not source.active:
        return Verdict(Health.OFF)
    alarms = getattr(source, "open_alarms", None)
    if alarms is None:
        alarms = list(source.alarms.filter(until=None))
    grave = next((alarm for alarm in alarms if alarm.code in GRAVE), None)
    if grave is not None:
        return Verdict(Health.ERROR, grave.sentence())
    if alarms:
        return Verdict(Health.ALARM, alarms[0].sentence())
    told = source.told
    if source.way in LIVE_WAYS:
        if told.state in {SourceState.State.ERROR, SourceState.State.FULL}:
            return Verdict(Health.ERROR, why(told))
        if told.state == SourceState.State.WAITING:
            return Verdict(Health.WAITING, why(told))
        if told.state == SourceState.State.UNKNOWN or (told.told_at and timezone.now() - told.told_at > STALE):
            if is_fresh(source):
                return Verdict(Health.STARTING, _("The collector takes it up within ten seconds."))
            return Verdict(
                Health.WAITING, _("The collector does not run: start it with “chappe serve” or “chappe collect”.")
            )
    if told.last_ticket is None:
        return Verdict(Health.QUIET)
    return Verdict(Health.OK)


def why(told: SourceState) -> str:
    """What the collector says of it, in the reader's language."""
    return words.collector_sentence(*told.fault) if told.fault else told.detail


def is_fresh(source: Source) -> bool:
    """Whether it was saved or started a moment ago, so that the collector may not know of it yet."""
    return timezone.now() - source.updated_at < FRESH
