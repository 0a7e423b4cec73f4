"""A small network with every kind of row that a file may carry, and two recipients."""

import datetime as dt

import pytest

from chappe.apps.network import services as network
from chappe.apps.network.models import Building, Change, Pm, PmLink, Prdm
from chappe.apps.parties.models import OperatorProtocol
from chappe.apps.publication.models import Recipient
from chappe.kit.access.actor import Actor
from tests.support import people

SYSTEM = Actor.system("test")
D = dt.date
ARRIVAL = D(2026, 10, 1)


@pytest.fixture
def net(db):
    """Two PMs (one under a grouping PM), two premises in each zone, a link a PM; all arrived on the first of October."""
    prdm = make(Prdm, reference="PRDM-DOL", kind="PON-PTP", state="DEPLOYE", insee="39198", city="Dole", projection="RGF93", x=889_500.0, y=6_649_000.5,
                min_dwellings=300)  # fmt: skip
    pm = make(Pm, reference="FI-39198-0001", state="DEPLOYE", installed_on=D(2025, 1, 10), location_type="PME-Armoire de rue", capacity=800,
              insee="39198", postal_code="39100", city="Dole", street="PASTEUR", number=1, opened_on=D(2025, 4, 10), first_handover_on=D(2025, 1, 10),
              active_space=True, address_quality="précise", projection="RGF93", x=890_000.25, y=6_650_000.0, comment="Au pied du mur")  # fmt: skip
    group = make(Pm, reference="FI-39198-0002", kind="PMR", state="EN COURS DE DEPLOIEMENT", insee="39198", projection="RGF93", x=890_100.0, y=6_650_100.0)  # fmt: skip
    technical = make(Pm, reference="FI-39198-0002-A", kind="PMT", parent=group, state="DEPLOYE")
    make(
        PmLink,
        pm=pm,
        prdm=prdm,
        reference="L-1",
        state="DEPLOYE",
        installed_on=D(2025, 1, 5),
        length=1250.5,
        fibres_free=12,
    )
    make(PmLink, pm=group, prdm=prdm, reference="L-2", state="PLANIFIE")
    for number, (zone, of) in enumerate([("1", pm), ("2", technical), ("3", pm), ("3", technical)], 1):
        make(Building, reference=f"IMB/39198/X/{number:04d}", oi_code="FIBJ", zone=zone, pm=of, state="DEPLOYE", insee="39198", postal_code="39100",
             city="Dole", street_type="RUE", street="DES TANNEURS", number=number, number_suffix="B" if number == 2 else "", dwellings=number,
             cabled_on=D(2026, 2, 3), kind="IMMEUBLE", agreement_needed=True, agreement_on=D(2026, 1, 2), manager="Syndic Été",
             projection="RGF93", x=890_000.0 + number / 8, y=6_650_000.0, dedicated_fibre_free=number % 2 == 0)  # fmt: skip
    arrived(ARRIVAL)
    return prdm


def make(model, **data):
    data = {**data, "modified_on": ARRIVAL}
    return network.create(model, actor=SYSTEM, data=data)


def arrived(day: D) -> None:
    """What was just done is dated ``day``."""
    Change.objects.filter(day__gt=day).update(day=day)


def change(row, day: D, **data):
    """Change a row of the network on a day of the past."""
    known = set(Change.objects.values_list("pk", flat=True))
    network.update(actor=SYSTEM, object=row, data=data)
    Change.objects.exclude(pk__in=known).update(day=day)
    if hasattr(row, "modified_on"):
        type(row).objects.filter(pk=row.pk).update(modified_on=day)
    row.refresh_from_db()


def delete(row, day: D) -> None:
    """Delete a row of the network on a day of the past."""
    known = set(Change.objects.values_list("pk", flat=True))
    network.delete(actor=SYSTEM, object=row)
    Change.objects.exclude(pk__in=known).update(day=day)


def recipient(name: str, code: str, version: str = "3.1", **data) -> Recipient:
    operator = people.OperatorFactory(name=name, tenant=name.lower())
    operator.code_interop = code
    operator.save()
    for flow in ("ipe", "cpn"):
        if version:
            OperatorProtocol.objects.create(operator=operator, flow=flow, version=version)
    return Recipient.objects.create(operator=operator, **{"oi_code": "FIBJ", "place": "39", **data})


@pytest.fixture
def altitel(net):
    return recipient("Altitel", "ALTI")


@pytest.fixture
def boreal(net):
    return recipient("Boréal", "BORL", "3.0")
