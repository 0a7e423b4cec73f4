"""Networks made up: for the measurements, and for the demonstration at the size one asks for. Both by the insertion of many rows at once."""

import datetime as dt

import polars as pl
import pytest
from benchmarks import network as made
from django.db import IntegrityError, connection, transaction

from chappe.apps.network.cells import cell_of
from chappe.apps.network.models import Building, Cable, Change, OpticalRoute, Pbo, Pm, PmLink, Position, Prdm, Pto
from chappe.apps.parties.models import Commune, Operator
from chappe.core.interop.checks import Whole, check_rows
from chappe.core.interop.layout import packaged
from chappe.core.interop.reader import Reader
from chappe.kit import bulk
from chappe.kit.access.actor import Actor
from chappe.web.demo import network as demo

pytestmark = pytest.mark.django_db


@pytest.fixture
def few_communes(monkeypatch):
    """The communes that the networks stand on, instead of all of France."""
    rows = {"39198": ("Dole", "39100"), "39300": ("Lons-le-Saunier", "39000"), "39013": ("Arbois", "39600"), "39434": ("Poligny", "39800"),
            "39097": ("Champagnole", "39300"), "39478": ("Saint-Claude", "39200")}  # fmt: skip

    def load(*, actor):
        for n, (insee, (name, code)) in enumerate(rows.items()):
            Commune.objects.create(insee=insee, name=name, postal_codes=code, longitude=5.5 + n / 20, latitude=46.9)
        return len(rows)

    monkeypatch.setattr(demo, "load_communes", load)
    monkeypatch.setattr("chappe.apps.parties.communes.load_communes", load)


def test_a_network_for_the_measurements_is_whole_and_the_same_each_time(few_communes):
    made.load(700)
    assert (Building.objects.count(), PmLink.objects.count(), Prdm.objects.count()) == (700, Pm.objects.count(), 1)
    assert Pbo.objects.count() >= 700 / made.PER_PBO
    assert 0 < Pto.objects.count() < 700
    for model in (Prdm, Pm, PmLink, Pbo, Building, Pto):
        row = model.objects.order_by("pk").last()
        row.full_clean()
    house = Building.objects.get(pk=350)
    assert house.cell == cell_of(house.longitude, house.latitude)
    known = house.search
    house.fold()
    assert house.search == known
    assert made.plan(700).part(0, 700).equals(made.plan(700).part(0, 700))
    with connection.cursor() as cursor:
        assert any(
            "search" in columns["columns"]
            for columns in connection.introspection.get_constraints(cursor, "network_building").values()
            if columns["index"]
        )
    assert Building.objects.create(reference="after").pk > 700


def test_its_ipe_file_has_no_fault(tmp_path):
    made.ipe_file(tmp_path / "ipe.csv", 1200)
    reader = Reader(packaged("ipe"), tmp_path / "ipe.csv")
    assert (reader.open(), reader.head) == (True, [])
    whole, rows = Whole(reader.layout), 0
    for part in reader.parts():
        rows += len(part.rows)
        whole.add(part.rows)
        assert (len(part.issues), len(check_rows(part.rows, reader.layout, made.TODAY))) == (0, 0)
    assert (rows, len(whole.remarks()[0])) == (1200, 0)


@pytest.mark.parametrize("size", [240, 600])
def test_the_demonstration_has_the_size_one_asks_for(few_communes, size):
    operator = Operator.objects.create(name="Opérateur A", kind="OC")
    demo.build(actor=Actor.system("test"), operator=operator, today=dt.date(2026, 11, 1), size=size)
    count = size // len(demo.PLACES) * len(demo.PLACES)
    assert (Building.objects.count(), Change.objects.filter(thing="building", event="CREATION").count()) == (
        count,
        count,
    )
    assert OpticalRoute.objects.filter(fault="").count() == Pto.objects.count() > 0
    assert Position.objects.filter(operator=operator).exists()
    assert Cable.objects.filter(kind="RA").count() == Pto.objects.count()
    demo.build(actor=Actor.system("test"), operator=operator, today=dt.date(2026, 11, 1), size=size)
    assert Building.objects.count() == count


def test_many_rows_take_the_defaults_of_their_fields_and_refuse_what_one_would():
    bulk.insert(Pm, pl.DataFrame({"reference": ["A", 'B";\\N'], "installed_on": [dt.date(2026, 1, 2), None]}))
    first, second = Pm.objects.order_by("pk")
    assert (first.reference, first.installed_on, first.kind, first.access_note, first.parent_id) == (
        "A",
        dt.date(2026, 1, 2),
        "PM",
        "",
        None,
    )
    assert (second.reference, second.installed_on) == ('B";\\N', None)
    with pytest.raises(ValueError, match="no column colour"):
        bulk.insert(Pm, pl.DataFrame({"reference": ["C"], "colour": ["red"]}))
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Pm, pl.DataFrame({"reference": ["D", "A"]}))
    assert Pm.objects.count() == 2
    made_up = bulk.create(
        [Building(reference="X", extra={"Couleur": "bleu"}), Building(reference="Y", pm=first, number=0)]
    )
    assert [row.pk for row in made_up] == list(Building.objects.order_by("pk").values_list("pk", flat=True))
    assert list(Building.objects.order_by("pk").values_list("extra", "number", "pm")) == [
        ({"Couleur": "bleu"}, None, None),
        ({}, 0, first.pk),
    ]


def test_a_load_without_indexes_checks_its_keys_and_makes_the_indexes_again():
    def names() -> set[str]:
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, Building._meta.db_table)
        return {name for name, what in found.items() if what["index"] or what["foreign_key"]}

    before = names()
    pm = Pm.objects.create(reference="A")
    with bulk.without_indexes(Building):
        assert names() < before
        bulk.insert(Building, pl.DataFrame({"reference": ["X", "Y"], "pm_id": [pm.pk, pm.pk]}))
    assert (names(), Building.objects.filter(pm=pm).count()) == (before, 2)
    with pytest.raises(ValueError, match="stop"), bulk.without_indexes(Building):
        bulk.insert(Building, pl.DataFrame({"reference": ["Z"], "pm_id": [pm.pk]}))
        raise ValueError("stop")
    assert (names(), Building.objects.count()) == (before, 2)
    with pytest.raises(IntegrityError), transaction.atomic(), bulk.without_indexes(Building):
        bulk.insert(Building, pl.DataFrame({"reference": ["Z"], "pm_id": [pm.pk + 1]}))
        connection.check_constraints()  # SQLite looks when the transaction ends, and that of a test never does
    assert (names(), Building.objects.count()) == (before, 2)
