"""What the overview says: for each recipient, what was made, what failed, what comes next."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max, Q
from django.utils import timezone

from chappe.apps.parties.queries import protocol_version
from chappe.apps.publication import handing
from chappe.apps.publication.models import Flow, Kind, PublishedFile, Recipient, Zone
from chappe.apps.publication.sheets import LATEST
from chappe.kit.jobs.models import Job, Schedule


@dataclass
class Cell:
    """The last file of a kind for one recipient, in words of the page."""

    kind: str
    subscribed: bool
    last: list[PublishedFile] = field(default_factory=list)

    @property
    def day(self) -> dt.date | None:
        return self.last[0].day if self.last else None

    @property
    def rows(self) -> int:
        return sum(row.rows for row in self.last)


@dataclass
class Line:
    """One recipient on the overview."""

    recipient: Recipient
    versions: str
    cells: list[Cell]
    made_this_month: int
    troubles: list[PublishedFile]
    waiting: int


def overview(today: dt.date | None = None) -> list[Line]:
    """Every recipient, the active ones first."""
    day = today or timezone.localdate()
    rows = Recipient.objects.select_related("operator").order_by("-active", "operator__name")
    return [_line(recipient, day.replace(day=1)) for recipient in rows]


def _line(recipient: Recipient, month: dt.date) -> Line:
    files = PublishedFile.objects.filter(operator=recipient.operator)
    begin = dt.datetime.combine(month, dt.time(), timezone.get_current_timezone())
    troubles = files.filter(Q(state=PublishedFile.State.NOT_MADE) | handing.late()).order_by("-pk")
    return Line(
        recipient,
        ", ".join(
            f"{Flow(flow).label} {protocol_version(recipient.operator, flow, LATEST)}" for flow in recipient.flows()
        ),
        [Cell(kind, kind in recipient.kinds(), _last(files, kind)) for kind in Kind.values],
        files.filter(made_at__gte=begin).exclude(stored=None).count(),
        list(troubles[:3]),
        files.filter(state__in=handing.PENDING).count(),
    )


def _last(files: Any, kind: str) -> list[PublishedFile]:
    """The newest of each flow and zone, of the last day of that kind."""
    made = files.filter(kind=kind).exclude(stored=None)
    day = made.aggregate(day=Max("day"))["day"]
    newest: dict[tuple[str, str], PublishedFile] = {}
    for row in made.filter(day=day).order_by("flow", "zone", "sequence") if day else ():
        newest[row.flow, row.zone] = row
    return list(newest.values())


def slots() -> list[Schedule]:
    """What starts by the clock, soonest first."""
    rows = Schedule.objects.filter(job__startswith="publication.", enabled=True)
    return list(rows.exclude(job="publication.purge").order_by("next_due", "name"))


def running() -> list[Job]:
    """Files being made, or about to be."""
    return list(Job.objects.filter(name="publication.make", state__in=["queued", "running"]).order_by("pk"))


def failed() -> list[Job]:
    """The last job, when it failed."""
    last = Job.objects.filter(name="publication.make", state__in=["done", "failed"]).order_by("-pk").first()
    return [last] if last is not None and last.state == "failed" else []


def zone_of(row: PublishedFile) -> str:
    """``ZMD``; nothing for the CPN, which has all of them."""
    return str(Zone(row.zone).label) if row.zone else ""
