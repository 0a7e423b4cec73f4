"""What the demonstration publishes: two operators, the last full files, three days of deltas and the history of the month.

The premises are dated as if they had come weeks ago, and a handful of them change on each of the last days: files of days on
which nothing happened would show nothing. Then everything goes through the verbs.
"""

import datetime as dt

from chappe.apps.network.models import Building, Change
from chappe.apps.parties.models import Operator
from chappe.apps.publication import handing, making
from chappe.apps.publication.models import PublishedFile, Recipient
from chappe.apps.publication.services import create_recipient
from chappe.apps.publication.sheets import period
from chappe.kit.access.actor import Actor

OI = "TELE"  # of the premises of the demonstration
ARRIVAL = 45  # days ago
CHANGED = 40  # premises a day
#: operator → what differs from the usual; Boréal has an old version and one PM alone
RECIPIENTS = {
    "Altitel": {"place": "39", "ztd": False},
    "Boréal": {"place": "DOLE", "ztd": False, "communes": "39198", "encoding": "cp1252", "hour": 8},
}
VERSIONS = {"Boréal": "3.0"}


def build(*, actor: Actor, today: dt.date) -> None:
    """Make what is missing; does nothing where files were published."""
    if PublishedFile.objects.exists():
        return
    recipients = [_recipient(actor, name) for name in RECIPIENTS]
    days = [today - dt.timedelta(days=n) for n in (3, 2, 1)]
    _past(today - dt.timedelta(days=ARRIVAL), days)
    first = days[0] - dt.timedelta(days=1)
    making.make(actor=actor, of=period("full", first), recipients=recipients)
    for day in days:
        making.make(actor=actor, of=period("delta", day), recipients=recipients)
    making.make(actor=actor, of=period("histo", days[-1]), recipients=recipients)
    _handed(recipients)


def _recipient(actor: Actor, name: str) -> Recipient:
    operator = Operator.objects.get(name=name)
    if name in VERSIONS:
        for flow in ("ipe", "cpn"):
            operator.protocols.get_or_create(flow=flow, defaults={"version": VERSIONS[name]})
    known = Recipient.objects.filter(operator=operator).first()
    return known or create_recipient(actor=actor, data={"operator": operator, "oi_code": OI, **RECIPIENTS[name]})


def _past(arrival: dt.date, days: list[dt.date]) -> None:
    """The network came on ``arrival``; on each of ``days`` some premises of Dole were deployed or counted anew."""
    Change.objects.filter(day__gt=arrival).update(day=arrival)
    Building.objects.filter(modified_on__gt=arrival).update(modified_on=arrival)
    rows = list(Building.objects.filter(insee="39198").exclude(state="ABANDONNE").order_by("pk")[: CHANGED * len(days)])
    told = []
    for rank, row in enumerate(rows):
        day, before = days[rank // CHANGED], (row.state, row.dwellings)
        if rank % 3:
            row.state = "DEPLOYE" if row.state != "DEPLOYE" else "RACCORDABLE DEMANDE"
        else:
            row.dwellings = (row.dwellings or 0) + 1
        row.modified_on = day
        for field, old in zip(("state", "dwellings"), before, strict=True):
            if getattr(row, field) != old:
                told.append(Change(thing="building", reference=row.reference, day=day, event="MODIFICATION", field=field, old=str(old or ""),
                                   new=str(getattr(row, field)), by="Démonstration"))  # fmt: skip
    Building.objects.bulk_update(rows, ["state", "dwellings", "modified_on"])
    Change.objects.bulk_create(told)


def _handed(recipients: list[Recipient]) -> None:
    """All of it is over there already, but the last files, which wait for their hour."""
    for recipient in recipients:
        rows = PublishedFile.objects.filter(operator=recipient.operator).exclude(kind="histo").select_related("stored")
        for row in rows.order_by("day", "pk"):
            handing.hand_over(row, recipient)
