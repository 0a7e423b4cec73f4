"""Three sources of tickets and five months of calls: two PBXs and the file of an operator, one of them late.

Every file goes through the door that people use (send, say what it is, read), so that raw lines, anomalies and calls are real.
"""

import datetime as dt
import io
import random
from collections.abc import Iterable, Iterator

from chappe.apps.collect import intake
from chappe.apps.collect.models import Chunk, Source
from chappe.apps.collect.services import create_profile, create_source
from chappe.apps.parties.models import Operator
from chappe.apps.tariffs.models import TariffPlan
from chappe.connectors.pbx.simulators import ip_office
from chappe.connectors.pbx.simulators.calls import Call
from chappe.connectors.pbx.simulators.calls import calls as made_calls
from chappe.core.tickets.mapping import propose
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.runner import run_pending
from chappe.web.demo import clients

SEED = 1794
LIVE_PORT = 10_800  # where the demonstration listens for an IP Office, real or simulated
LATE_DAYS = 3  # the file of the operator stops so many days before the end of last month: an anomaly to find
HEADER = "Date de l'appel;Heure;Sens;Numéro appelant;Numéro appelé;Durée"
HEAD = f"{HEADER}\n".encode()
WEEKLY = 8  # the last weeks come in a file each
OUTSIDE = (
    (22, "019900", 4), (9, "026191", 4), (9, "035301", 4), (8, "046571", 4), (26, "063998", 4), (6, "07559", 5), (3, "00262692", 6),
    (2, "0032470", 6), (2, "0041791", 6), (2, "0044207", 7), (1, "0800", 6), (1, "0825", 6), (1, "0899", 6),
)  # fmt: skip


def build(
    *,
    actor: Actor,
    operator: Operator,
    plan: TariffPlan,
    buy_plan: TariffPlan,
    mondays: list[dt.date],
    until: dt.datetime,
) -> None:
    """Sources, then a file a month and source for the weeks long past, a file a week for the last ones.

    A second run adds nothing: the same bytes are the same file.
    """
    sources = _sources(actor, operator, plan, buy_plan)
    for weeks in bundled(mondays):
        joined: dict[str, bytes] = {}
        for monday in weeks:
            for slug, content in _files(monday, until):
                joined[slug] = joined.get(slug, b"") + (content.removeprefix(HEAD) if joined.get(slug) else content)
        for slug, content in joined.items():
            if content:
                _send(actor, sources[slug], f"{slug}_{weeks[0]:%Y%m%d}", content)
        run_pending()


def bundled(mondays: list[dt.date]) -> list[list[dt.date]]:
    """The weeks of each month together, the last ``WEEKLY`` alone: as many files as a person wants to see."""
    old, last = mondays[:-WEEKLY], mondays[-WEEKLY:]
    months: dict[str, list[dt.date]] = {}
    for monday in old:
        months.setdefault(f"{monday:%Y-%m}", []).append(monday)
    return [*months.values(), *([monday] for monday in last)]


def _sources(actor: Actor, operator: Operator, plan: TariffPlan, buy_plan: TariffPlan) -> dict[str, Source]:
    known = {source.slug: source for source in Source.objects.filter(owner=operator)}
    if known:
        return known
    sample = [HEADER.encode(), *_operator_file([(_at(dt.date(2026, 3, 9)), "0353010110", "0639980112", 151)])]
    learnt = propose(sample).to_profile("", "")
    profile = create_profile(
        actor=actor,
        data={
            "owner": operator, "label": "Fichier Centrex d’Altitel", "decoder": "mapped", "options": dict(learnt.options), "columns": list(learnt.columns),
            "sample": b"\n".join(sample).decode(),
        },
    )  # fmt: skip
    shared = {"owner": operator, "sell_plan": plan, "buy_plan": buy_plan, "silence_minutes": 120}
    rows = (
        {
            "slug": clients.CLINIC, "name": "PBX de la clinique (IP Office)", "way": "listen", "port": LIVE_PORT, "host": "127.0.0.1",
            "profile": "avaya-ip-office", "outside_prefix": "0",
        },
        {"slug": clients.TOWN, "name": "PBX de la mairie (Asterisk)", "way": "upload", "profile": "asterisk", "outside_prefix": "0"},
        {"slug": clients.CENTREX, "name": "Fichier Centrex", "way": "upload", "profile": profile.slug},
    )  # fmt: skip
    return {row["slug"]: create_source(actor=actor, data={**shared, **row}) for row in rows}


def _send(actor: Actor, source: Source, name: str, content: bytes) -> None:
    chunk, is_new = intake.receive(actor=actor, source=source, file=io.BytesIO(content), name=f"{name}.csv")
    if is_new and chunk.state == Chunk.State.TO_CONFIRM:
        intake.confirm(actor=actor, chunk=chunk, profile=source.profile)


def _files(monday: dt.date, until: dt.datetime) -> Iterator[tuple[str, bytes]]:
    """(source, content) of a week, none of its calls after ``until``."""
    local = until.astimezone().replace(tzinfo=None)
    first = 1_000_000 + monday.toordinal() * 1_000
    pbx = _until(
        made_calls(420, start=_at(monday), seed=SEED + monday.toordinal(), first=first, per_hour=8.0), monday, local
    )
    yield clients.CLINIC, b"".join(line for call in pbx for line in ip_office.tickets(call))
    town = _until(
        made_calls(260, start=_at(monday), seed=SEED * 2 + monday.toordinal(), first=first, per_hour=5.0), monday, local
    )
    yield clients.TOWN, "".join(asterisk(call) for call in town).encode()
    rows = [row for row in _centrex(monday, until) if row[0] <= local and not _is_late(row[0], until)]
    yield clients.CENTREX, b"\n".join([HEADER.encode(), *_operator_file(rows)]) + b"\n" if rows else b""


def _at(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(8))


def _until(calls: Iterable[Call], monday: dt.date, until: dt.datetime) -> list[Call]:
    sunday = _at(monday + dt.timedelta(days=7))
    return [call for call in calls if call.end < min(until, sunday)]


def _is_late(start: dt.datetime, until: dt.datetime) -> bool:
    """The last days of last month are missing from the operator's file."""
    this_month = until.astimezone().date().replace(day=1)
    return this_month - dt.timedelta(days=LATE_DAYS) <= start.date() < this_month


def asterisk(call: Call) -> str:
    """A line of Master.csv: 17 columns, everything but numbers between quotes."""
    to = {"out": ip_office.OUTSIDE_PREFIX + call.outside, "in": call.extension, "int": call.to}[call.way]
    caller = call.outside if call.way == "in" else call.extension
    name = "" if call.way == "in" else call.name.replace('"', "")
    begin, answer = call.start, call.start + dt.timedelta(seconds=call.ring)
    here, trunk = f"PJSIP/{call.extension}-{call.number:08x}", f"PJSIP/trunk-{call.number:08x}"
    channel, other = (
        (trunk, here)
        if call.way == "in"
        else (here, trunk if call.way == "out" else f"PJSIP/{call.to}-{call.number:08x}")
    )
    answered = f"{answer:%Y-%m-%d %H:%M:%S}" if call.talk else ""
    cells = (
        "", caller, to, "from-trunk" if call.way == "in" else "internal", f'""{name}"" <{caller}>', channel, other, "Dial", "",
        f"{begin:%Y-%m-%d %H:%M:%S}", answered, f"{call.end:%Y-%m-%d %H:%M:%S}", call.ring + call.talk, call.talk,
        "ANSWERED" if call.talk else "NO ANSWER", "DOCUMENTATION", f"{begin.timestamp():.0f}.{call.number}",
    )  # fmt: skip
    return ",".join(str(cell) if isinstance(cell, int) else f'"{cell}"' for cell in cells) + "\n"


def _centrex(monday: dt.date, until: dt.datetime) -> list[tuple[dt.datetime, str, str, int]]:
    """(start, caller, called, seconds) of the firms without a PBX of their own, in order of time."""
    last = (until.astimezone().date().replace(day=1) - dt.timedelta(days=1)).replace(day=1)  # the month to control
    dice = random.Random(f"{SEED}-{monday.isoformat()}")  # noqa: S311 - made-up calls, not secrets
    rows = []
    weights = [share for share, _prefix, _digits in OUTSIDE]
    for firm in clients.FIRMS:
        if firm.source != clients.CENTREX:
            continue
        for day in (monday + dt.timedelta(days=n) for n in range(6 if firm.kind == "private" else 5)):
            for _ in range(round(len(firm.lines) * dice.uniform(4, 9))):
                start = dt.datetime.combine(day, dt.time(dice.randrange(8, 19), dice.randrange(60), dice.randrange(60)))
                _share, prefix, digits = dice.choices(OUTSIDE, weights)[0]
                called = prefix + "".join(dice.choices("0123456789", k=digits))
                rows.append(
                    (start, dice.choice(firm.lines), called, max(3, min(5400, round(dice.expovariate(1 / 190)))))
                )
    rows += [
        (dt.datetime.combine(day, dt.time(11, 20)), "0353010140", "3631", 95)  # a number without a price: to be found
        for day in (monday + dt.timedelta(days=n) for n in range(5))
        if day.day in {14, 15} and day >= last
    ]
    return sorted(rows)


def _operator_file(rows: Iterable[tuple[dt.datetime, str, str, int]]) -> list[bytes]:
    return [
        f"{start:%d/%m/%Y};{start:%H:%M:%S};Sortant;{caller};{called};{dt.timedelta(seconds=seconds)!s:0>8}".encode()
        for start, caller, called, seconds in rows
    ]
