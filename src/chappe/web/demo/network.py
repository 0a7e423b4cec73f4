"""A small network on real communes of the Jura: made-up streets around their centres, PMs, PBOs, premises, two PMs to the last fibre.

Everything is drawn from one seed, so that two demonstrations are the same. Made in bulk, then walked like any other network.
"""

import datetime as dt
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from chappe.apps.network import changes, walking
from chappe.apps.network.cells import cell_of
from chappe.apps.network.models import (
    Building,
    Cable,
    Change,
    Fibre,
    Module,
    Pbo,
    Pm,
    PmLink,
    Position,
    Prdm,
    Pto,
    Splice,
)
from chappe.apps.parties.communes import load_communes
from chappe.apps.parties.models import Commune, Operator
from chappe.core.network.geo import from_degrees
from chappe.kit.access.actor import Actor

SEED = 1793
SIZE = 20_000
#: INSEE code → (metres from the centre to each PM: east, north). Poligny and Arbois hang on the PRDM of Lons.
PLACES: tuple[tuple[str, str, float, float], ...] = (
    ("39198", "PM", 0, 0), ("39198", "PMR", -1300, 500), ("39198", "PM", 1200, -700), ("39198", "PM", 300, 1500),
    ("39300", "PM", 0, 0), ("39300", "PM", 1300, 600), ("39300", "PM", -1100, -900), ("39013", "PM", 0, 0),
    ("39434", "PM", 0, 0), ("39097", "PM", 0, 0), ("39097", "PM", 1200, 500), ("39478", "PM", 0, 0),
)  # fmt: skip
NORTH = {"39198", "39013", "39434"}  # their links go to Dole
TYPES = ("RUE", "AVENUE", "CHEMIN", "IMPASSE")
NAMES = (
    "DES TANNEURS", "PASTEUR", "DE LA LOUE", "DU VAL D AMOUR", "DES VIGNERONS", "DE L EGLISE", "DES SALINES", "DU COMTE", "DES HORLOGERS",
    "DE LA GARE", "DES PRES", "VICTOR HUGO", "DU MOULIN", "DES LUNETIERS", "DU TELEGRAPHE", "CLAUDE CHAPPE", "DES FORGES", "DU REVERMONT",
    "DES ECOLES", "DE LA FONTAINE", "DU TRULY", "DES TILLEULS", "DE LA CROIX", "DES SAPINS", "DU LAVOIR", "DES NOYERS", "DE L ABBAYE",
    "DU PONT", "DES GENTIANES", "DE BELLEVUE", "DU CHATEAU", "DES JARDINS", "DE LA COMBE", "DES ACACIAS", "DU MARCHE", "DE VERDUN",
)  # fmt: skip
STREET, SPACING = 48, 13.0  # premises a street, metres between two of them
PER_PBO = 6
SOCKETS = 0.62  # of the premises of the two whole PMs have their socket
STATES = (
    ("DEPLOYE", 62),
    ("RACCORDABLE DEMANDE", 9),
    ("EN COURS DE DEPLOIEMENT", 14),
    ("SIGNE", 4),
    ("CIBLE", 10),
    ("ABANDONNE", 1),
)
WHOLE = (0, 7)  # Dole centre and Arbois, to the last fibre


@dataclass
class Spot:
    """A point of the made-up map."""

    longitude: float
    latitude: float

    def moved(self, east: float, north: float) -> "Spot":
        return Spot(
            self.longitude + east / (111_320 * math.cos(math.radians(self.latitude))), self.latitude + north / 110_574
        )

    def fields(self) -> dict[str, object]:
        """As a row keeps it."""
        x, y = from_degrees(self.longitude, self.latitude, "RGF93")
        cell = cell_of(self.longitude, self.latitude)
        return {"projection": "RGF93", "x": round(x, 2), "y": round(y, 2), "longitude": self.longitude,
                "latitude": self.latitude, "cell": cell}  # fmt: skip


@transaction.atomic
def build(*, actor: Actor, operator: Operator, today: dt.date, size: int = SIZE) -> None:
    """Make the network once; ``operator`` holds some positions. About ``size`` premises. Does nothing where there is a network."""
    if Pm.objects.exists():
        return
    load_communes(actor=actor)
    chance = random.Random(SEED)  # noqa: S311 - a demonstration, the same each time
    towns = Commune.objects.in_bulk({place[0] for place in PLACES}, field_name="insee")
    prdms = [_prdm(towns["39198"], "DOL"), _prdm(towns["39300"], "LON")]
    made: list[object] = [*prdms]
    for rank, (insee, kind, east, north) in enumerate(PLACES):
        town = towns[insee]
        centre = Spot(town.longitude or 5.5, town.latitude or 47.0).moved(east, north)
        pm = _pm(town, (rank, kind), centre, chance, today)
        made.append(pm)
        made.append(_link(pm, prdms[0 if insee in NORTH else 1], chance, today))
        _premises(pm, rank, list(_spots(centre, size // len(PLACES))), chance, today)
    for rank in WHOLE:
        pm = Pm.objects.get(reference=_reference(PLACES[rank][0], rank))
        _inside(pm, operator, chance)
        walking.rewalk(pm)
    _tell(actor, made)


def _reference(insee: str, rank: int) -> str:
    return f"FI-{insee}-{rank + 1:04d}"


def _address(town: Commune) -> dict[str, str]:
    return {"insee": town.insee, "city": town.name, "postal_code": town.postal_codes.split()[0]}


def _prdm(town: Commune, code: str) -> Prdm:
    spot = Spot(town.longitude or 5.5, town.latitude or 47.0).moved(-350, -420)
    return Prdm.objects.create(
        reference=f"PRDM-{code}", kind="PON-PTP", state="DEPLOYE", min_dwellings=300, street_type="RUE", street="DU TELEGRAPHE",
        number=1, **_address(town), **spot.fields(),
    )  # fmt: skip


def _pm(town: Commune, place: tuple[int, str], centre: Spot, chance: random.Random, today: dt.date) -> Pm:
    rank, kind = place
    since = today - dt.timedelta(days=chance.randint(200, 1500))
    common = {
        "state": "DEPLOYE", "installed_on": since, "location_type": chance.choice(("ARMOIRE DE RUE", "SHELTER", "LOCAL TECHNIQUE")),
        "engineering": "MONO", "opened_on": since + dt.timedelta(days=90), "first_handover_on": since, "capacity": 2000,
        "grouping": f"ZA-{town.insee}", "active_space": True, "patching_by_oi": False, "modified_on": today,
        **_address(town),
    }  # fmt: skip
    pm = Pm.objects.create(
        reference=_reference(town.insee, rank), kind=kind, comment="Au pied du transformateur", access_note="Code 1794A, clé triangle",
        street_type="RUE", street=NAMES[rank % len(NAMES)], number=1 + rank, **common, **centre.fields(),
    )  # fmt: skip
    if kind == "PMR":
        for letter, east in (("A", -60), ("B", 70)):
            spot = centre.moved(east, 25)
            Pm.objects.create(reference=f"{pm.reference}-{letter}", kind="PMT", parent=pm, **common, **spot.fields())
        Pm.objects.filter(pk=pm.pk).update(technical_count=2)
    return pm


def _link(pm: Pm, prdm: Prdm, chance: random.Random, today: dt.date) -> PmLink:
    return PmLink.objects.create(
        pm=pm, prdm=prdm, reference=f"L-{prdm.reference[5:]}-{pm.reference[3:]}"[:30], state="DEPLOYE", installed_on=pm.installed_on,
        length=float(chance.randint(900, 9000)), fibres_free=chance.randint(2, 30), modified_on=today,
    )  # fmt: skip


def _spots(centre: Spot, count: int) -> Iterator[tuple[int, int, Spot]]:
    """(street, number, point): parallel streets around the centre, houses on both sides."""
    streets = math.ceil(count / STREET)
    for index in range(count):
        street, place = divmod(index, STREET)
        north = (street - streets / 2) * 34.0
        along = (place // 2 - STREET / 4) * SPACING * 2
        side = 9.0 if place % 2 else -9.0
        turn = 0.35 + 0.02 * (street % 5)
        east, up = along + 5 * (street % 3), north + side
        yield (
            street,
            place + 1,
            centre.moved(east * math.cos(turn) - up * math.sin(turn), east * math.sin(turn) + up * math.cos(turn)),
        )


def _premises(pm: Pm, rank: int, spots: list[tuple[int, int, Spot]], chance: random.Random, today: dt.date) -> None:
    """Buildings along the streets and one PBO for each handful of them."""
    count, town = len(spots), {"insee": pm.insee, "city": pm.city, "postal_code": pm.postal_code}
    boxes = [
        Pbo(reference=f"PB-{pm.insee}-{rank + 1:02d}-{n + 1:04d}", pm=pm, placing="POTEAU", drop_type="AERIEN", capacity=12,
            **town, **spots[n * PER_PBO][2].moved(3, 3).fields())
        for n in range(math.ceil(count / PER_PBO))
    ]  # fmt: skip
    boxes = Pbo.objects.bulk_create(boxes, batch_size=500)
    words, weights = zip(*STATES, strict=True)
    states = chance.choices(words, weights, k=count) if rank not in WHOLE else ["DEPLOYE"] * count
    rows = []
    for index, (street, number, spot) in enumerate(spots):
        block = chance.random() < 0.12
        named = rank * 31 + street
        row = Building(
            oi_code="TELE", reference=f"IMB/{pm.insee}/X/{rank + 1:02d}{index + 1:04d}", state=states[index],
            kind="IMMEUBLE" if block else "PAVILLON", dwellings=chance.randint(4, 24) if block else 1, pm=pm,
            pbo=boxes[index // PER_PBO], zone="3", street_type=TYPES[named // len(NAMES) % len(TYPES)], street=NAMES[named % len(NAMES)],
            number=number, modified_on=today, line_length=float(chance.randint(120, 2400)),
            cabled_on=pm.installed_on if states[index] == "DEPLOYE" else None, **town, **spot.fields(),
        )  # fmt: skip
        row.fold()
        rows.append(row)
    Building.objects.bulk_create(rows, batch_size=1000)
    Pm.objects.filter(pk=pm.pk).update(dwellings=sum(row.dwellings or 0 for row in rows))


def _inside(pm: Pm, operator: Operator, chance: random.Random) -> None:
    """Drawers, cables, splices and sockets of one PM: 144 fibres to a closure, 12 to each PBO, one to each socket."""
    boxes = list(Pbo.objects.filter(pm=pm, kind="PBO").order_by("reference"))
    groups = [boxes[start : start + 12] for start in range(0, len(boxes), 12)]
    code = pm.reference[3:]
    homes: dict[int, list[Building]] = {}
    for row in Building.objects.filter(pm=pm).order_by("pk"):
        homes.setdefault(row.pbo_id or 0, []).append(row)
    for rank, group in enumerate(groups, 1):
        spot = {"projection": group[0].projection, "x": group[0].x, "y": group[0].y, "longitude": group[0].longitude,
                "latitude": group[0].latitude, "cell": group[0].cell}  # fmt: skip
        closure = Pbo.objects.create(
            reference=f"BPE-{code}-{rank:03d}", kind="BPE", pm=pm, placing="CHAMBRE", insee=pm.insee, **spot
        )
        trunk = Cable.objects.create(
            reference=f"CDI-{code}-{rank:03d}", pm=pm, capacity=144, per_tube=12, start=pm.reference, end=closure.reference,
            length=float(chance.randint(150, 1400)), scheme="orange" if rank % 4 else "tia-598",
        )  # fmt: skip
        module = Module.objects.create(pm=pm, name=f"TIROIR {rank:02d}", rank=rank)
        fibres = Fibre.objects.bulk_create(Fibre(cable=trunk, number=n) for n in range(1, 145))
        _boxes(group, trunk, (closure, fibres), homes, chance)
        held = {fibre.pk for fibre in fibres if chance.random() < 0.35}
        Position.objects.bulk_create(
            Position(module=module, number=n, fibre=fibre if n <= 12 * len(group) else None,
                     operator=operator if fibre.pk in held and (n - 1) % 12 < 3 else None)
            for n, fibre in enumerate(fibres, 1)
        )  # fmt: skip


def _boxes(
    group: list[Pbo], trunk: Cable, behind: tuple[Pbo, list[Fibre]], homes: dict[int, list[Building]], chance: random.Random
) -> None:  # fmt: skip
    """From a closure to its PBOs and to the sockets behind them."""
    closure, fibres = behind
    pm = trunk.pm
    code = trunk.reference[4:-4]
    for place, box in enumerate(group):
        number = box.reference[-4:]
        cable = Cable.objects.create(
            reference=f"{trunk.reference}-{number}", pm=pm, capacity=12, start=closure.reference, end=box.reference,
            length=float(chance.randint(20, 300)),
        )  # fmt: skip
        inner = Fibre.objects.bulk_create(Fibre(cable=cable, number=n) for n in range(1, 13))
        splices = [
            Splice(a=fibres[place * 12 + n], b=inner[n], box=closure, cassette=str(place + 1), place=n + 1)
            for n in range(12)
        ]
        lodged = [row for row in homes.get(box.pk, []) if chance.random() < SOCKETS]
        drops = Cable.objects.bulk_create(
            Cable(reference=f"RA-{code}-{number}-{n + 1:02d}", kind="RA", pm=pm, capacity=1, start=box.reference, length=float(chance.randint(15, 90)))
            for n in range(len(lodged))
        )  # fmt: skip
        ends = Fibre.objects.bulk_create(Fibre(cable=drop, number=1) for drop in drops)
        sockets = Pto.objects.bulk_create(
            Pto(reference=f"FI-{code[-4:]}-{number}{n + 1:02d}"[:50], building=row, pbo=box, floor="0", state="active" if n % 2 else "built")
            for n, row in enumerate(lodged)
        )  # fmt: skip
        for n, (end, socket) in enumerate(zip(ends, sockets, strict=True)):
            splices.append(Splice(a=inner[n], b=end, box=box, cassette="1", place=n + 1))
            splices.append(Splice(a=end, pto=socket, connector=1))
        Splice.objects.bulk_create(splices)


def _tell(actor: Actor, made: list[object]) -> None:
    """What came, for the delta files: the points by their rows, the premises by their references."""
    rows = [row for thing in made for row in changes.rows_for(actor, thing, Change.Event.CREATION)]  # type: ignore[arg-type]
    day = rows[0].day
    rows += [
        Change(thing="building", reference=reference, day=day, event="CREATION", by=actor.label[:150])
        for reference in Building.objects.order_by("pk").values_list("reference", flat=True)
    ]
    changes.record_all(rows)
