"""Reads of the collection: sources with what is said of them, the collector's specification, what is to handle. Writes nothing."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.utils import timezone

from chappe.apps.collect import profiles
from chappe.apps.collect.models import (
    LIVE_WAYS,
    Source,
    SourceAlarm,
    SourceHour,
    TicketIssue,
    TicketProfile,
    Way,
)
from chappe.apps.collect.services import _words
from chappe.connectors.pbx.framing import FRAMINGS
from chappe.connectors.pbx.source import SourceSpec
from chappe.connectors.pbx.spool import Spool
from chappe.kit.access.door import visible_to


def spool() -> Spool:
    """Where the collector keeps what comes; shared with ``chappe collect``."""
    return Spool(Path(settings.DATA) / "spool")


def specs() -> list[SourceSpec]:
    """What the collector must hold open: one SourceSpec for each active source of a live way."""
    return [
        SourceSpec(
            slug=source.slug, way=source.way, host=source.host, port=source.port or 0, framing=framing_of(source),
            login=source.login, password=source.password, allowed_peers=tuple(_words(source.allowed_peers)),
            profile_slug=source.profile,
        )
        for source in Source.objects.filter(active=True, way__in=LIVE_WAYS)
    ]  # fmt: skip


def framing_of(source: Source) -> str:
    """How the bytes of its socket are cut into records, by the hints of its profile."""
    profile = profiles.find(source.profile)
    hint = str(profile.transport.get("framing", "")) if profile else ""
    if source.way == Way.HTTP:
        return "document"
    if profile is not None and "panasonic" in profile.decoder and source.way == Way.CONNECT and source.login:
        return "panasonic"
    return hint if hint in FRAMINGS else "lines"


def with_health(rows: QuerySet[Source], _user: Any = None) -> QuerySet[Source]:
    """Sources with their state, their lasting alarms and the calls of today (``today``, from midnight of the house)."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    hours = SourceHour.objects.filter(source=OuterRef("pk"), hour__gte=midnight).order_by().values("source")
    today = Subquery(hours.annotate(sum=Sum("calls")).values("sum"))
    alarms = Prefetch(
        "alarms", queryset=SourceAlarm.objects.filter(until=None).order_by("since"), to_attr="open_alarms"
    )
    return rows.select_related("owner", "live").prefetch_related(alarms).annotate(today=today)


def issues_to_handle(user: Any) -> QuerySet[TicketIssue]:
    """Refused lines that nobody has dealt with."""
    rows = TicketIssue.objects.filter(severity=TicketIssue.Severity.ERROR, state=TicketIssue.State.OPEN)
    return visible_to(user, rows)


def issue_groups(source: Source) -> list[dict[str, Any]]:
    """What is to handle on a source, by kind: code, severity, number and an example."""
    rows = TicketIssue.objects.filter(source=source, state__in=[TicketIssue.State.OPEN, TicketIssue.State.NOTED])
    counted = rows.values("code", "severity").annotate(number=Count("pk")).order_by("severity", "-number")[:12]
    made = []
    for row in counted:
        example = rows.filter(code=row["code"], severity=row["severity"]).order_by("-pk").first()
        if example is not None:
            made.append({**row, "example": example})
    return made


def profile_row(user: Any, slug: str) -> TicketProfile | None:
    """A saved profile that ``user`` sees, by its code."""
    return visible_to(user, TicketProfile).filter(slug=slug).first() if slug else None
