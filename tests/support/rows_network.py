"""A row of every table of the network. All of it is the house's own: a partner sees none of it here."""

import itertools
from typing import Any

from django.utils import timezone

from chappe.apps.network.models import (
    Building,
    Cable,
    Change,
    Fibre,
    Module,
    OpticalRoute,
    Pbo,
    Pm,
    PmLink,
    Position,
    Prdm,
    Pto,
    Splice,
)

_serial = itertools.count(1)


def prdm(_owner: Any, mark: str) -> Prdm:
    return Prdm.objects.create(reference=f"PRDM-{mark}", insee="39198", city="Dole")


def pm(_owner: Any, mark: str) -> Pm:
    row = Pm(reference=f"PM-{mark}", state="DEPLOYE", projection="RGF93", x=890_000.5, y=6_650_000.25)
    row.place()
    row.save()
    return row


def link(owner: Any, mark: str) -> PmLink:
    return PmLink.objects.create(pm=pm(owner, mark), prdm=prdm(owner, mark), reference=f"LIEN-{mark}")


def pbo(owner: Any, mark: str) -> Pbo:
    return Pbo.objects.create(reference=f"{mark}-PBO", pm=pm(owner, mark))


def building(owner: Any, mark: str) -> Building:
    row = Building(reference=f"{mark}-IMB", pm=pm(owner, mark), street="DES TANNEURS", number=12, city="Dole")
    row.fold()
    row.save()
    return row


def pto(owner: Any, mark: str) -> Pto:
    return Pto.objects.create(reference=f"{mark}-PTO", building=building(owner, mark))


def cable(owner: Any, mark: str) -> Cable:
    return Cable.objects.create(reference=f"{mark}-CDI", capacity=144, pm=pm(owner, mark))


def fibre(owner: Any, mark: str) -> Fibre:
    return Fibre.objects.create(cable=cable(owner, mark), number=next(_serial))


def module(owner: Any, mark: str) -> Module:
    return Module.objects.create(pm=pm(owner, mark), name=f"M-{mark}")


def position(owner: Any, mark: str) -> Position:
    return Position.objects.create(module=module(owner, mark), number=1, note=mark)


def splice(owner: Any, mark: str) -> Splice:
    joined = cable(owner, mark)
    first, second = (Fibre.objects.create(cable=joined, number=number) for number in (1, 2))
    return Splice.objects.create(a=first, b=second, cassette=mark)


def route(owner: Any, mark: str) -> OpticalRoute:
    place = position(owner, mark)
    return OpticalRoute.objects.create(pm=place.module.pm, position=place, name=f"R-{mark}")


def change(_owner: Any, mark: str) -> Change:
    return Change.objects.create(
        thing="building", reference=f"{mark}-IMB", day=timezone.localdate(), event="CREATION", by="essai"
    )


FACTORIES = {
    Prdm: prdm,
    Pm: pm,
    PmLink: link,
    Pbo: pbo,
    Building: building,
    Pto: pto,
    Cable: cable,
    Fibre: fibre,
    Module: module,
    Position: position,
    Splice: splice,
    OpticalRoute: route,
    Change: change,
}
