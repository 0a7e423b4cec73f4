"""What machines tell of a source: the collector its connections, the jobs its last ticket. The only writer of SourceState.

By UPDATE and without audit: these lines change every minute. Never raises for a source that is gone.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from chappe.apps.collect import alarms
from chappe.apps.collect.models import Source, SourceAlarm, SourceState

MOST_CONNECTIONS = 20


def tell(
    slug: str,
    *,
    state: str,
    detail: str = "",
    connections: Sequence[dict[str, Any]] = (),
    last: dt.datetime | None = None,
    fault: tuple[str, dict[str, Any]] | None = None,
) -> None:
    """The collector's word: ``state`` is a SourceState.State, ``connections`` dicts of peer, since, records, last.

    ``detail`` is a sentence in the language of the house; ``fault``, its code and params, lets each reader have it in his own.
    """
    source = Source.objects.filter(slug=slug).first()
    if source is None:
        return
    ensure(source)
    values: dict[str, Any] = {
        "state": state, "detail": detail[:500], "fault": list(fault or ()), "told_at": timezone.now(), "connections": list(connections)[:MOST_CONNECTIONS],
    }  # fmt: skip
    if last is not None:
        values["last_ticket"] = last
    SourceState.objects.filter(source=source).update(**values)
    params = {"reason": detail} | ({"fault": list(fault)} if fault else {})
    _alarms(source, state, params)


def tell_status(status: Any, language: str = "") -> None:
    """What the engine says of a source (``connectors.pbx.source.SourceStatus``), its problem as a sentence of the house."""
    detail, fault = "", None
    if status.problem is not None:
        from chappe.connectors.pbx.words import sentence

        detail = sentence(status.problem, language or settings.LANGUAGE_CODE[:2])
        fault = (status.problem.code, dict(status.problem.params))
    tell(
        status.slug, state=str(status.state), detail=detail, last=status.last,
        connections=[connection.as_dict() for connection in status.connections], fault=fault,
    )  # fmt: skip


def _alarms(source: Source, state: str, params: dict[str, Any]) -> None:
    if state == SourceState.State.FULL:
        alarms.raise_alarm(source, SourceAlarm.Code.DISK, **params)
    else:
        alarms.end(source, SourceAlarm.Code.DISK)
    if state == SourceState.State.ERROR:
        alarms.raise_alarm(source, SourceAlarm.Code.CONNECTION, **params)
    elif state in {SourceState.State.CONNECTED, SourceState.State.LISTENING}:
        alarms.end(source, SourceAlarm.Code.CONNECTION)


def ensure(source: Source) -> None:
    """A row for the state of a source, whoever comes first."""
    SourceState.objects.get_or_create(source=source)


def received(source: Source, moment: dt.datetime | None) -> None:
    """Tickets came until ``moment``: never goes back."""
    ensure(source)
    if moment is not None:
        rows = SourceState.objects.filter(source=source)
        rows.exclude(last_ticket__gte=moment).update(last_ticket=moment)


def called(source: Source, moment: dt.datetime | None) -> None:
    """A call began at ``moment``: never goes back."""
    if moment is not None:
        rows = SourceState.objects.filter(source=source)
        rows.exclude(last_call__gte=moment).update(last_call=moment)
