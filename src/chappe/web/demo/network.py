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
from chappe.kit import bulk
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
        inside(pm, operator, chance)
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
        "engineering": "MONO", "opened_on": since + dt.timedelta(days=92), "first_handover_on": since, "capacity": 5000,
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
    boxes = bulk.create(boxes)
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
    bulk.create(rows)
    Pm.objects.filter(pk=pm.pk).update(dwellings=sum(row.dwellings or 0 for row in rows))


def _fibres(cables: list[Cable]) -> dict[int, list[Fibre]]:
    """The fibres of each cable, made at once."""
    rows = [Fibre(cable=cable, number=n) for cable in cables for n in range(1, cable.capacity + 1)]
    found: dict[int, list[Fibre]] = {}
    for row in bulk.create(rows):
        found.setdefault(row.cable_id, []).append(row)
    return found


def inside(pm: Pm, operator: Operator, chance: random.Random) -> None:
    """Drawers, cables, splices and sockets of one PM: 144 fibres to a closure, 12 to each PBO, one to each socket."""
    boxes = list(Pbo.objects.filter(pm=pm, kind="PBO").order_by("reference"))
    groups = [boxes[start : start + 12] for start in range(0, len(boxes), 12)]
    code = pm.reference[3:]
    closures = Pbo.objects.bulk_create(
        Pbo(reference=f"BPE-{code}-{rank:03d}", kind="BPE", pm=pm, placing="CHAMBRE", insee=pm.insee, city=pm.city,
            **Spot(group[0].longitude or 0.0, group[0].latitude or 0.0).moved(6, 6).fields())
        for rank, group in enumerate(groups, 1)
    )  # fmt: skip
    trunks = Cable.objects.bulk_create(
        Cable(reference=f"CDI-{code}-{rank:03d}", pm=pm, capacity=144, start=pm.reference, end=closure.reference,
              length=float(chance.randint(150, 1400)), scheme="orange" if rank % 4 else "tia-598")
        for rank, closure in enumerate(closures, 1)
    )  # fmt: skip
    modules = Module.objects.bulk_create(
        Module(pm=pm, name=f"TIROIR {rank:02d}", rank=rank) for rank in range(1, len(groups) + 1)
    )
    behind = _fibres(trunks)
    positions = []
    for module, trunk, group in zip(modules, trunks, groups, strict=True):
        for n, fibre in enumerate(behind[trunk.pk], 1):
            held = (n - 1) % 12 < 3 and n <= 12 * len(group) and chance.random() < 0.5
            positions.append(
                Position(
                    module=module,
                    number=n,
                    fibre=fibre if n <= 12 * len(group) else None,
                    operator=operator if held else None,
                )
            )
    bulk.create(positions)
    _boxes(boxes, list(zip(closures, trunks, strict=True)), behind, chance)


def _boxes(
    boxes: list[Pbo], heads: list[tuple[Pbo, Cable]], behind: dict[int, list[Fibre]], chance: random.Random
) -> None:
    """From the closures to the PBOs and to the sockets behind them."""
    homes: dict[int, list[Building]] = {}
    for row in Building.objects.filter(pbo__in=[box.pk for box in boxes]).order_by("pk"):
        homes.setdefault(row.pbo_id or 0, []).append(row)
    cables = bulk.create(
        [
            Cable(reference=f"{heads[n // 12][1].reference}-{box.reference[-4:]}", pm=box.pm, capacity=12, start=heads[n // 12][0].reference,
                  end=box.reference, length=float(chance.randint(20, 300)))
            for n, box in enumerate(boxes)
        ]
    )  # fmt: skip
    inner = _fibres(cables)
    lodged = [[row for row in homes.get(box.pk, []) if chance.random() < SOCKETS] for box in boxes]
    drops, sockets = _sockets(boxes, lodged, chance)
    ends = _fibres(drops)
    last = iter(zip(drops, sockets, strict=True))
    splices = []
    for index, (box, cable) in enumerate(zip(boxes, cables, strict=True)):
        closure, trunk = heads[index // 12]
        place = index % 12
        for n, fibre in enumerate(inner[cable.pk]):
            splices.append(
                Splice(a=behind[trunk.pk][place * 12 + n], b=fibre, box=closure, cassette=str(place + 1), place=n + 1)
            )
        for n in range(len(lodged[index])):
            drop, socket = next(last)
            splices.append(Splice(a=inner[cable.pk][n], b=ends[drop.pk][0], box=box, cassette="1", place=n + 1))
            splices.append(Splice(a=ends[drop.pk][0], pto=socket, connector=1))
    bulk.create(splices)


def _sockets(boxes: list[Pbo], lodged: list[list[Building]], chance: random.Random) -> tuple[list[Cable], list[Pto]]:
    """A drop and a socket for each premises that has one."""
    drops = bulk.create(
        [
            Cable(reference=f"RA{box.reference[2:]}-{n + 1:02d}", kind="RA", pm=box.pm, capacity=1, start=box.reference,
                  length=float(chance.randint(15, 90)))
            for box, rows in zip(boxes, lodged, strict=True) for n in range(len(rows))
        ]
    )  # fmt: skip
    sockets = bulk.create(
        [
            Pto(reference=f"FI-{box.reference[6:].replace('-', '')}{n + 1:02d}", building=row, pbo=box, floor="0", state="active" if n % 2 else "built")
            for box, rows in zip(boxes, lodged, strict=True) for n, row in enumerate(rows)
        ]
    )  # fmt: skip
    return drops, sockets


def _tell(actor: Actor, made: list[object]) -> None:
    """What came, for the delta files: the points by their rows, the premises by their references."""
    rows = [row for thing in made for row in changes.rows_for(actor, thing, Change.Event.CREATION)]  # type: ignore[arg-type]
    day = rows[0].day
    rows += [
        Change(thing="building", reference=reference, day=day, event="CREATION", by=actor.label[:150])
        for reference in Building.objects.order_by("pk").values_list("reference", flat=True)
    ]
    bulk.create(rows)
