"""Fill an empty house with the demonstration: people, operators, tariffs, months of calls and invoices, a simulation.

Everything goes through the verbs that people use, so that the audit trail, the jobs and the files are real.
Running it again adds nothing. Must never be run on a house that holds other data.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from chappe.apps.cartography import tallies
from chappe.apps.exchange.models import ReceivedFile
from chappe.apps.exchange.services import receive
from chappe.apps.parties.models import Operator
from chappe.apps.usage import services as usage
from chappe.apps.usage import simulations
from chappe.apps.usage.models import Simulation, UsageBatch
from chappe.core.base.lang import N_
from chappe.kit.access.actor import Actor
from chappe.kit.access.models import User
from chappe.kit.api.models import ApiKey
from chappe.kit.api.services import create_key
from chappe.kit.documents.services import store
from chappe.kit.jobs.runner import run_pending
from chappe.web.demo import (
    bills,
    clients,
    desk,
    ipe,
    network,
    people,
    photo,
    plans,
    publication,
    sites,
    tickets,
    traffic,
)

SEED = 1794
EXAMPLES = Path(__file__).resolve().parents[4] / "examples"
IMPORTS, GRACETHD = EXAMPLES / "imports", EXAMPLES / "gracethd"
MONTHS = 3  # of files of calls
BILLED = 4  # whole months of tickets: the last as drafts to control, those before issued
PASSWORD = "telegraphe-1794"  # noqa: S105 - printed on the terminal, for a demonstration on one's own machine


@dataclass(frozen=True)
class Login:
    """A person of the demonstration."""

    name: str
    role: str
    french: str


LOGINS = (
    Login("alice", "agent of the house, administrator", "agente de la maison, administratrice"),
    Login("bruno", "billing clerk of the operator Altitel", "facturier de l’opérateur Altitel"),
    Login("chloe", "staff of the operator Boréal", "agente de l’opérateur Boréal"),
)


def build(say: Callable[..., None], *, today: dt.date | None = None) -> None:
    """Make the whole demonstration; ``say`` receives a sentence a step."""
    day = today or timezone.localdate()
    actor = Actor.system("Démonstration")
    say(N_("people, roles, operators"))
    operators = people.build(actor=actor, password=PASSWORD)
    say(N_("a network of fibre in the Jura"))
    network.build(actor=actor, operator=operators["ALTITEL"], today=day)
    photo.build(actor=actor)
    tallies.refresh()  # the map shows its figures at once
    ipe.build(actor=actor, today=day)
    publication.build(actor=actor, today=day)
    say(N_("tariff plans"))
    versions = plans.build(actor=actor, today=day, operators=operators)
    weeks = mondays(day)
    for number, monday in enumerate(weeks, 1):
        say(N_("calls, week {number} of {count}"), number=number, count=len(weeks))
        _week(actor, operators, versions, monday, until=timezone.now())
    _clients(actor, operators["ALTITEL"], versions, weeks=mondays(day, months=BILLED + 1), today=day, say=say)
    say(N_("received files and a key"))
    _received_files()
    say(N_("a simulation"))
    _simulation(actor, versions)


def _clients(
    actor: Actor,
    operator: Operator,
    versions: plans.Versions,
    *,
    weeks: list[dt.date],
    today: dt.date,
    say: Callable[..., None],
) -> None:
    """Customers of the operator, the tickets of their PBXs, and what they pay."""
    since = (weeks[0] + dt.timedelta(days=6)).replace(day=1)  # the first month that is billed
    say(N_("customers and lines"))
    clients.build(actor=actor, operator=operator, plan=versions.retail.plan, since=since)
    say(N_("tickets of two PBXs and of an operator"))
    buy = versions.buying.plan
    tickets.build(
        actor=actor, operator=operator, plan=versions.retail.plan, buy_plan=buy, mondays=weeks, until=timezone.now()
    )
    sites.build(actor=actor, operator=operator)
    say(N_("products, invoices, payments"))
    month = (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    bills.build(actor=actor, operator=operator, since=since, month=month)
    say(N_("the bank, reminders, mail, reports"))
    clerk = Actor(user=User.objects.get(username=LOGINS[1].name))
    desk.build(actor=actor, clerk=clerk, operator=operator, today=today)


def mondays(today: dt.date, *, months: int = MONTHS) -> list[dt.date]:
    """Mondays of the weeks of the last ``months`` months, this one included, to now."""
    first = today.replace(day=1)
    for _ in range(months - 1):
        first = (first - dt.timedelta(days=1)).replace(day=1)
    monday = first - dt.timedelta(days=first.weekday())
    return [monday + dt.timedelta(weeks=n) for n in range((today - monday).days // 7 + 1)]


def _week(
    actor: Actor, operators: dict[str, Operator], versions: plans.Versions, monday: dt.date, *, until: dt.datetime
) -> None:
    """One file a week and operator, each seen by its operator only."""
    lines = list(traffic.week(monday, seed=SEED, until=until))
    messages = list(traffic.sms_and_data(monday, seed=SEED))[1:]
    header, rows = lines[0], lines[1:] + [line for line in messages if line.split(",")[8] <= until.isoformat()]
    for tenant, operator in operators.items():
        # The calls of Altitel come as tickets (see tickets.py); its messages and data come in files already rated elsewhere.
        mine = [row for row in rows if row.split(",")[1] == tenant and (tenant != "ALTITEL" or row in messages)]
        if mine:
            text = "\n".join([header, *mine]) + "\n"
            name = f"{tenant}_{monday:%Y%m%d}.csv"
            stored = store(io.BytesIO(text.encode()), name=name, actor=actor, owner=operator)
            usage.receive(actor=actor, stored=stored, version=versions.of(tenant), owner=operator)
    run_pending()


def _received_files() -> None:
    """Two files to look at, one of them damaged, as Alice would send them; and a key of the API in her name."""
    alice = Actor(user=User.objects.get(username=LOGINS[0].name))
    for path in sorted(IMPORTS.glob("operators*.csv")):
        if not ReceivedFile.objects.filter(name=path.name).exists():
            receive(actor=alice, source=path, name=path.name)
    _drawn_network(alice)
    if not ApiKey.objects.exists():
        create_key(actor=alice, data={"name": "Facturation du mois", "read_only": True})
    run_pending()


def _drawn_network(actor: Actor) -> None:
    """A PM of Dole drawn elsewhere: the tables of GraceTHD, planned and left for the reader to apply."""
    name = "gracethd_dole.zip"
    if ReceivedFile.objects.filter(name=name).exists():
        return
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in sorted(GRACETHD.glob("t_*.csv")):
            archive.write(table, table.name)
    options = {"oi_code": "TELE", "scheme": ""}
    receive(actor=actor, source=io.BytesIO(packed.getvalue()), name=name, kind="gracethd", options=options)


def _simulation(actor: Actor, versions: plans.Versions) -> None:
    months = sorted({month for batch in UsageBatch.objects.all() for month in batch.months})
    if Simulation.objects.exists() or len(months) < 2:
        return
    simulations.create(
        actor=actor,
        name="Passage à la grille de janvier",
        month=months[-2],
        first=versions.retail,
        second=versions.next_retail,
    )
    run_pending()
