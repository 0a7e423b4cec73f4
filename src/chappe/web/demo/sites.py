"""Three sources that do not go as they should: one sends fewer calls than usual, one is silent, one delivers a file twice.

Tickets go through the spool and the folder, as from a PBX and a file server, so that alarms, raw lines and files are real.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils import timezone

from chappe.apps.collect import alarms, fetching, intake
from chappe.apps.collect.models import Source
from chappe.apps.collect.queries import spool
from chappe.apps.collect.services import create_source
from chappe.apps.customers.models import Customer
from chappe.apps.parties.models import Operator
from chappe.connectors.pbx.simulators import ip_office, threecx
from chappe.connectors.pbx.simulators.calls import PEOPLE, Call
from chappe.connectors.pbx.spool import Arrival, Spool
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.runner import run_pending
from chappe.kit.ops.config import value
from chappe.web.demo import tickets

HOTEL, HOME, AGENCY = "ipo-hotel", "3cx-residence", "depot-agence"
HOTEL_PORT, HOME_PORT = 10_801, 10_802
USUAL_DAYS, USUAL = 15, 6  # an hour of the hotel, day and night: enough weeks to know what is usual
FEW_HOURS, SILENT = 6, dt.timedelta(hours=5)
ZONE = ZoneInfo("Europe/Paris")


def build(*, actor: Actor, operator: Operator, now: dt.datetime | None = None) -> None:
    """A second run adds nothing."""
    if Source.objects.filter(owner=operator, slug=HOTEL).exists():
        return
    now = now or timezone.now()
    home, hotel, agency = _sources(actor, operator)
    _live(hotel, _hotel(now), ip_office.tickets)
    _live(home, _calls(now - dt.timedelta(days=1), now - SILENT, 40), threecx.tickets)
    _files(agency, now)
    run_pending()
    for source in (home, hotel):
        source.refresh_from_db()
        alarms.watch(source, now)


def _sources(actor: Actor, operator: Operator) -> list[Source]:
    """They are open at any hour, so that the demonstration has its alarms at night and on Sundays too."""
    customer = Customer.objects.filter(owner=operator, name="Gîtes du Piton").first()
    folder = _folder()
    shared = {
        "owner": operator, "customer": customer, "opens_at": dt.time(0), "closes_at": dt.time(23, 59), "open_days": "1234567",
        "silence_minutes": 120, "alarm_emails": "exploitation@altitel.example",
    }  # fmt: skip
    rows = (
        {"slug": HOME, "name": "PBX de la résidence (3CX)", "way": "listen", "host": "127.0.0.1", "port": HOME_PORT, "profile": "3cx"},
        {
            "slug": HOTEL, "name": "PBX de l’hôtel (IP Office)", "way": "listen", "host": "127.0.0.1", "port": HOTEL_PORT,
            "profile": "avaya-ip-office", "outside_prefix": "0",
        },
        {"slug": AGENCY, "name": "Dépôt de l’agence (dossier)", "way": "folder", "folder": str(folder), "pattern": "*.csv", "profile": "asterisk"},
    )  # fmt: skip
    return [create_source(actor=actor, data={**shared, **row}) for row in rows]


def _folder() -> Path:
    folder = Path(value("DATA")) / "demo" / "agence"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _call(number: int, moment: dt.datetime) -> Call:
    """A call from outside: it costs the demonstration's customers nothing."""
    extension, name = PEOPLE[number % len(PEOPLE)]
    start = moment.astimezone(ZONE).replace(tzinfo=None, microsecond=0)
    return Call(
        number,
        start,
        "in",
        extension,
        name,
        f"0639980{number % 1000:03d}",
        4 + number % 9,
        20 + number % 140,
        1 + number % 4,
    )


def _calls(begin: dt.datetime, end: dt.datetime, count: int, first: int = 5_000_000) -> list[Call]:
    step = (end - begin) / count
    return [_call(first + rank, begin + step * rank) for rank in range(count)]


def _hotel(now: dt.datetime) -> list[Call]:
    """As many calls in every hour of two weeks, then hardly any in the last ones: three of its four lines are down."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    fewer = hour - dt.timedelta(hours=FEW_HOURS)
    begin = hour - dt.timedelta(days=USUAL_DAYS)
    hours = round((fewer - begin) / dt.timedelta(hours=1))
    return [
        *_calls(begin, fewer, hours * USUAL),
        *(_call(6_000_000 + rank, fewer + dt.timedelta(hours=rank, minutes=12)) for rank in range(FEW_HOURS)),
    ]


def _live(source: Source, calls: Iterable[Call], lines: Callable[[Call], Sequence[bytes]]) -> None:
    """Into the spool, each ticket at the end of its call, as the collector would have kept it."""
    arrivals = []
    for call in calls:
        ended = call.end.replace(tzinfo=ZONE)
        arrivals += [Arrival(int(ended.timestamp() * 1_000_000), 1, line.rstrip()) for line in lines(call)]

    async def write() -> None:
        taker = Spool(spool().folder)
        await taker.append(source.slug, arrivals)
        await taker.close()

    asyncio.run(write())
    intake.take_spool(source)
    intake.queue_reading(source)


def _files(source: Source, now: dt.datetime) -> None:
    """Two days delivered, one of them with a line cut short; then the first comes again with other bytes, and waits."""
    folder = Path(source.folder)
    days = [(now - dt.timedelta(days=back)).date() for back in (2, 1)]
    names = [folder / f"cdr_{day:%Y%m%d}.csv" for day in days]
    for rank, (day, path) in enumerate(zip(days, names, strict=True)):
        begin = dt.datetime.combine(day, dt.time(9), ZONE)
        made = [
            tickets.asterisk(call) for call in _calls(begin, begin + dt.timedelta(hours=8), 12, 7_000_000 + 100 * rank)
        ]
        cut = [made[0][:60] + "\n"] if rank else []
        path.write_text("".join([*made, *cut]), encoding="utf-8")
    fetching.fetch(source, settle=0)
    names[0].write_text(names[0].read_text(encoding="utf-8").replace("ANSWERED", "FAILED", 1), encoding="utf-8")
    fetching.fetch(source, settle=0)
    intake.queue_reading(source)
